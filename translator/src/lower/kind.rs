//! What a C value is on the Rust side.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Int {
    I32,
    I64,
    Isize,
    U8,
    U16,
    U32,
    U64,
    Usize,
}

impl Int {
    pub fn rust(self) -> &'static str {
        match self {
            Int::I32 => "i32",
            Int::I64 => "i64",
            Int::Isize => "isize",
            Int::U8 => "u8",
            Int::U16 => "u16",
            Int::U32 => "u32",
            Int::U64 => "u64",
            Int::Usize => "usize",
        }
    }

    /// Whether Rust converts every value without loss (`From`).
    pub(crate) fn fits(self, to: Int) -> bool {
        match self {
            Int::U8 => !matches!(to, Int::U8),
            Int::U16 => matches!(to, Int::I32 | Int::I64 | Int::U32 | Int::U64 | Int::Usize),
            Int::U32 => matches!(to, Int::I64 | Int::U64),
            Int::I32 => to == Int::I64,
            Int::I64 | Int::Isize | Int::U64 | Int::Usize => false,
        }
    }

    /// C's integer conversion rank, signedness breaking ties upwards (6.3.1.8).
    fn rank(self) -> u8 {
        match self {
            Int::U8 | Int::U16 | Int::I32 => 0,
            Int::U32 => 1,
            Int::I64 | Int::Isize => 2,
            Int::U64 | Int::Usize => 3,
        }
    }

    /// The usual arithmetic conversions.
    pub fn common(self, other: Int) -> Int {
        if self == other && !matches!(self, Int::U8 | Int::U16) {
            return self;
        }
        let wide = if self.rank() >= other.rank() { self } else { other };
        if wide.rank() == 0 { Int::I32 } else { wide }
    }
}

/// The kind of a value. `T` is the Rust name of an object struct (`PyInt`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Void,
    Never,
    Bool,
    Int(Int),
    F64,
    Str,
    /// `Ref<T>`, `Option<Ref<T>>`.
    Ref(String),
    OptRef(String),
    /// `Owned<T>`, `Option<Owned<T>>`.
    Owned(String),
    OptOwned(String),
    /// A `StackRef` that its holder must consume.
    StackRef,
    /// `&StackRef`.
    Peek,
    /// `SlotPtr`.
    Slots,
    Frame,
    OptFrame,
    Instr,
    Thread,
    Interp,
    /// A `Copy` handle of the runtime, `Option` of it.
    Handle(String),
    OptHandle(String),
    /// `Result<K, Raised>`: C's NULL or negative number with an exception set.
    Fallible(Box<Kind>, Status),
    /// `NULL` before it is known of what.
    Null,
    /// An enumerator or macro constant that the callee knows, passed by path.
    Enum(String),
    /// `[Ref; N]`.
    Array,
    /// A function pointer compared, never called, by path.
    Function(String),
}

/// How C says "an exception is set" through a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// `NULL`.
    Null,
    /// `-1` (tests: `< 0`, `!= 0`, `== -1`, truth), success is 0.
    MinusOne,
    /// `0` is the error, success is 1.
    Zero,
    /// `-1` beside other values: only `< 0` and `== -1` test for it.
    Negative,
}

impl Kind {
    pub fn object() -> String {
        "PyObject".to_owned()
    }

    /// The Rust type, where one is written out.
    pub fn rust(&self) -> String {
        let object = |t: &str, wrap: &str| if t == "PyObject" { wrap.to_owned() } else { format!("{wrap}<{t}>") };
        match self {
            Kind::Void | Kind::Null => "()".into(),
            Kind::Never => "!".into(),
            Kind::Bool => "bool".into(),
            Kind::Int(i) => i.rust().into(),
            Kind::F64 => "f64".into(),
            Kind::Str => "&'static str".into(),
            Kind::Ref(t) => object(t, "Ref"),
            Kind::OptRef(t) => format!("Option<{}>", object(t, "Ref")),
            Kind::Owned(t) => object(t, "Owned"),
            Kind::OptOwned(t) => format!("Option<{}>", object(t, "Owned")),
            Kind::StackRef => "StackRef".into(),
            Kind::Peek => "&StackRef".into(),
            Kind::Slots => "SlotPtr".into(),
            Kind::Frame => "Frame".into(),
            Kind::OptFrame => "Option<Frame>".into(),
            Kind::Instr => "InstrPtr".into(),
            Kind::Thread | Kind::Interp => "&Thread".into(),
            Kind::Handle(n) | Kind::Enum(n) | Kind::Function(n) => n.clone(),
            Kind::OptHandle(n) => format!("Option<{n}>"),
            Kind::Fallible(k, _) => format!("Result<{}, Raised>", k.rust()),
            Kind::Array => "Args".into(),
        }
    }

    pub fn is_copy(&self) -> bool {
        match self {
            Kind::Owned(_) | Kind::OptOwned(_) | Kind::StackRef => false,
            Kind::Fallible(k, _) => k.is_copy(),
            _ => true,
        }
    }

    pub fn nullable(&self) -> bool {
        matches!(self, Kind::OptRef(_) | Kind::OptOwned(_) | Kind::OptFrame | Kind::OptHandle(_) | Kind::Null)
            || matches!(self, Kind::Fallible(_, Status::Null))
    }

    /// What is left once NULL and errors are ruled out.
    pub fn known(&self) -> Kind {
        match self {
            Kind::OptRef(t) => Kind::Ref(t.clone()),
            Kind::OptOwned(t) => Kind::Owned(t.clone()),
            Kind::OptFrame => Kind::Frame,
            Kind::OptHandle(n) => Kind::Handle(n.clone()),
            Kind::Fallible(k, _) => (**k).clone(),
            other => other.clone(),
        }
    }

    pub fn optional(&self) -> Kind {
        match self {
            Kind::Ref(t) => Kind::OptRef(t.clone()),
            Kind::Owned(t) => Kind::OptOwned(t.clone()),
            Kind::Frame => Kind::OptFrame,
            Kind::Handle(n) => Kind::OptHandle(n.clone()),
            Kind::Fallible(k, _) => k.optional(),
            other => other.clone(),
        }
    }

    /// The kind of a variable that is assigned both; `None` where the two do not go together.
    pub fn join(&self, other: &Kind) -> Option<Kind> {
        use Kind::{Bool, Fallible, Handle, Int as I, Never, Null, OptHandle, OptOwned, OptRef, Owned, Ref};
        if self == other {
            return Some(self.clone());
        }
        let object = |a: &str, b: &str| if a == b { a.to_owned() } else { Kind::object() };
        match (self, other) {
            (Never, k) | (k, Never) => Some(k.clone()),
            (Null, k) | (k, Null) => match k {
                Fallible(_, Status::Null) => Some(k.clone()),
                Ref(_) | Owned(_) | Kind::Frame | Handle(_) => Some(k.optional()),
                OptRef(_) | OptOwned(_) | Kind::OptFrame | OptHandle(_) => Some(k.clone()),
                _ => None,
            },
            (Fallible(a, s), Fallible(b, t)) if s == t => Some(Fallible(Box::new(a.join(b)?), *s)),
            (Fallible(a, Status::Null), b) | (b, Fallible(a, Status::Null)) => match b {
                Owned(_) | Ref(_) => Some(Fallible(Box::new(a.join(b)?), Status::Null)),
                OptOwned(_) | OptRef(_) => a.optional().join(b),
                _ => None,
            },
            // A status that is also set from plain numbers (`err = 1`) keeps to the status.
            (Fallible(_, Status::MinusOne), I(_)) => Some(self.clone()),
            (I(_), Fallible(_, Status::MinusOne)) => Some(other.clone()),
            (Ref(a), Ref(b)) => Some(Ref(object(a, b))),
            (OptRef(a), Ref(b) | OptRef(b)) | (Ref(a), OptRef(b)) => Some(OptRef(object(a, b))),
            (Owned(a), Owned(b)) => Some(Owned(object(a, b))),
            (OptOwned(a), Owned(b) | OptOwned(b)) | (Owned(a), OptOwned(b)) => Some(OptOwned(object(a, b))),
            (Kind::Frame, Kind::OptFrame) | (Kind::OptFrame, Kind::Frame) => Some(Kind::OptFrame),
            (Bool, I(_)) => Some(other.clone()),
            (I(_), Bool) => Some(self.clone()),
            (I(a), I(b)) => Some(I(a.common(*b))),
            (Handle(a), OptHandle(b)) | (OptHandle(a), Handle(b)) if a == b => Some(OptHandle(a.clone())),
            (Kind::Peek, Kind::StackRef) | (Kind::StackRef, Kind::Peek) => Some(Kind::StackRef),
            _ => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rust())
    }
}
