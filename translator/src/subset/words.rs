//! The words by which a rule says what an argument or a result is: `ref PyInt`, `steal`, `owned!`.

use crate::lower::kind::{Int, Kind, Status};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Converted to this kind and passed.
    Value(Kind),
    /// Ownership moves to the callee (`steal`, `stackref`): the kind that it takes.
    Consumed(Kind),
    /// The thread, which C passes as `tstate` or `interp`.
    Thread,
    /// Not passed, and without effect.
    Skip,
    /// C passes `&variable`; the value comes back with the result.
    Out(Kind),
    /// As `Out`, but the C may pass NULL: the function is told whether the value is wanted.
    Wanted(Kind),
    /// C passes `&variable`, whose value is consumed; the new one comes back with the result.
    InOut(Kind),
    /// A named constant, passed by its own path.
    Constant,
    /// The remaining arguments, as a slice for the message formatter.
    Rest,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returns(pub Kind);

impl Argument {
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.trim();
        if let Some(rest) = word.strip_prefix("out ") {
            return Some(Self::Out(value(rest)?));
        }
        if let Some(rest) = word.strip_prefix("out? ") {
            return Some(Self::Wanted(value(rest)?));
        }
        if let Some(rest) = word.strip_prefix("inout ") {
            return Some(Self::InOut(Returns::parse(rest)?.0));
        }
        if let Some(rest) = word.strip_prefix("place ") {
            return Some(Self::Out(value(rest)?));
        }
        Some(match word {
            "thread" | "interp" => Self::Thread,
            "skip" => Self::Skip,
            "enum" => Self::Constant,
            "..." => Self::Rest,
            "stackref" => Self::Consumed(Kind::StackRef),
            "&stackref" => Self::Value(Kind::Peek),
            _ => {
                if let Some(rest) = word.strip_prefix("steal?") {
                    Self::Consumed(Kind::OptOwned(object(rest)))
                } else if let Some(rest) = word.strip_prefix("steal") {
                    Self::Consumed(Kind::Owned(object(rest)))
                } else {
                    Self::Value(value(word)?)
                }
            }
        })
    }
}

impl Returns {
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.trim();
        let fallible = |kind: Kind, status| Some(Self(Kind::Fallible(Box::new(kind), status)));
        let (head, tail) = word.split_once('!').unwrap_or((word, ""));
        if !word.contains('!') {
            return Some(Self(value(word)?));
        }
        match head {
            "status" => fallible(Kind::Void, Status::MinusOne),
            "ok" => fallible(Kind::Void, Status::Zero),
            "bool" => fallible(Kind::Bool, Status::Negative),
            "stackref" => fallible(Kind::StackRef, Status::Null),
            "owned" => fallible(Kind::Owned(object(tail)), Status::Null),
            "ref" => fallible(Kind::Ref(object(tail)), Status::Null),
            _ => match value(&format!("{head}{tail}"))? {
                Kind::Int(i) => fallible(Kind::Int(i), Status::Negative),
                kind @ (Kind::Owned(_) | Kind::Ref(_) | Kind::Frame | Kind::Handle(_) | Kind::Instr) => {
                    fallible(kind, Status::Null)
                }
                _ => None,
            },
        }
    }
}

fn object(rest: &str) -> String {
    let rest = rest.trim();
    if rest.is_empty() { Kind::object() } else { rest.to_owned() }
}

/// A kind by its word.
pub(crate) fn value(word: &str) -> Option<Kind> {
    let word = word.trim();
    Some(match word {
        "void" => Kind::Void,
        "never" => Kind::Never,
        "bool" => Kind::Bool,
        "i32" => Kind::Int(Int::I32),
        "i64" => Kind::Int(Int::I64),
        "isize" => Kind::Int(Int::Isize),
        "usize" => Kind::Int(Int::Usize),
        "u8" => Kind::Int(Int::U8),
        "u16" => Kind::Int(Int::U16),
        "u32" => Kind::Int(Int::U32),
        "u64" => Kind::Int(Int::U64),
        "f64" => Kind::F64,
        "str" => Kind::Str,
        "stackref" => Kind::StackRef,
        "&stackref" => Kind::Peek,
        "slots" => Kind::Slots,
        "frame" => Kind::Frame,
        "frame?" => Kind::OptFrame,
        "instr" => Kind::Instr,
        "instr?" => Kind::OptHandle("InstrPtr".into()),
        "thread" => Kind::Thread,
        "interp" => Kind::Interp,
        "args" => Kind::Array,
        "fn" => Kind::Function(String::new()),
        _ => {
            type Make = fn(String) -> Kind;
            let named: [(&str, Make); 4] =
                [("handle?", Kind::OptHandle), ("handle", Kind::Handle), ("enum", Kind::Enum), ("fn", Kind::Function)];
            for (prefix, make) in named {
                if let Some(rest) = word.strip_prefix(prefix) {
                    return Some(make(rest.trim().to_owned()));
                }
            }
            let objects: [(&str, Make); 4] =
                [("ref?", Kind::OptRef), ("ref", Kind::Ref), ("owned?", Kind::OptOwned), ("owned", Kind::Owned)];
            for (prefix, make) in objects {
                if let Some(rest) = word.strip_prefix(prefix) {
                    return Some(make(object(rest)));
                }
            }
            return None;
        }
    })
}
