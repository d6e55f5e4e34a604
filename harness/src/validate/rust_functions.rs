//! The functions of the runtime on the Rust side: what a rule says of arguments and result, as a recorded function.

use super::domain::{domain, rust_value};
use super::model::{Function, Model, POOLS, status};
use super::rust_side::field_type;
use std::fmt::Write as _;
use translator::lower::kind::{Kind, Status};
use translator::subset::Argument;

/// What `rust_side` says by hand.
const REPLACED: &[&str] = &["call::unary", "call::type_iternext", "call::type_vectorcall"];

fn argument_type(argument: &Argument) -> Option<String> {
    Some(match argument {
        Argument::Value(kind) => match kind {
            Kind::Ref(t) => format!("Ref<{t}>"),
            Kind::OptRef(t) => format!("Option<Ref<{t}>>"),
            other => other.rust(),
        },
        Argument::Consumed(Kind::Owned(t)) => format!("Owned<{t}>"),
        Argument::Consumed(Kind::OptOwned(t)) => format!("Option<Owned<{t}>>"),
        Argument::Consumed(kind) => kind.rust(),
        Argument::InOut(kind) => kind.known().rust(),
        Argument::Wanted(_) => "bool".into(),
        Argument::Rest => "&[Arg]".into(),
        _ => return None,
    })
}

/// How an argument is logged; what is consumed was made a number before.
fn log(argument: &Argument, next: Option<&Argument>, index: usize) -> String {
    let count = match next {
        Some(Argument::Value(Kind::Int(_))) => Some(format!("((a{} as u64) & !(1 << 20)) as i64", index + 1)),
        _ => None,
    };
    match argument {
        Argument::Value(kind) => match kind {
            Kind::Ref(_) => format!(".o(a{index}.0)"),
            Kind::OptRef(_) => format!(".o(a{index}.map_or(0, |o| o.0))"),
            Kind::Peek => format!(".r(a{index}.0)"),
            Kind::Int(_) | Kind::Bool => format!(".n(a{index} as i64)"),
            Kind::F64 => format!(".d(a{index})"),
            Kind::Str => format!(".s(a{index})"),
            Kind::Frame => format!(".f(a{index}.0)"),
            Kind::OptFrame => format!(".f(a{index}.map_or(-1, |f| f.0))"),
            Kind::Instr => format!(".i(a{index}.0)"),
            Kind::Slots => match count {
                Some(n) => format!(".slots(a{index}.0, {n})"),
                None => format!(".p(a{index}.0)"),
            },
            Kind::Array => format!(".args(a{index}.ids(), {})", count.unwrap_or_else(|| "0".into())),
            Kind::Handle(n) if POOLS.iter().any(|p| p.0 == n) || n == "InlineValues" => format!(".h(a{index}.0)"),
            Kind::OptHandle(n) if POOLS.iter().any(|p| p.0 == n) => format!(".h(a{index}.map_or(-1, |h| h.0))"),
            Kind::Handle(n) if n == "BinaryOpExtend" => {
                format!(".h({{ a{index}.pool() }})")
            }
            _ => String::new(),
        },
        Argument::Consumed(Kind::StackRef) => format!(".r(a{index})"),
        Argument::Consumed(_) | Argument::InOut(_) => format!(".o(a{index})"),
        Argument::Wanted(_) => format!(".n(i64::from(a{index}))"),
        Argument::Rest => format!(".rest(a{index})"),
        _ => String::new(),
    }
}

pub(super) fn callable(model: &Model, function: &Function) -> Option<String> {
    let rule = &function.rule;
    if REPLACED.contains(&function.name.as_str()) {
        return None;
    }
    let method = rule.rust.starts_with('.');
    let thread = rule.thread || rule.arguments.contains(&Argument::Thread);
    let mut parameters = Vec::new();
    let mut before = String::new();
    let mut logs = String::new();
    for (i, argument) in rule.arguments.iter().enumerate() {
        let Some(type_) = argument_type(argument) else { continue };
        let is_self = method && i == 0;
        if is_self {
            let by_reference = matches!(argument, Argument::Value(Kind::Peek));
            parameters.insert(0, if by_reference { "&self".to_owned() } else { "self".to_owned() });
            let _ = writeln!(before, "        let a{i} = self;");
        } else {
            parameters.push(format!("a{i}: {type_}"));
        }
        let _ = match argument {
            Argument::Consumed(Kind::OptOwned(_)) => writeln!(before, "        let a{i} = steal_option(a{i});"),
            Argument::Consumed(_) | Argument::InOut(_) => writeln!(before, "        let a{i} = a{i}.steal();"),
            Argument::Value(Kind::Handle(n)) if n == "BinaryOpExtend" => {
                writeln!(before, "        let a{i}_pool = a{i}.pool();")
            }
            _ => Ok(()),
        };
        logs +=
            &log(argument, rule.arguments.get(i + 1), i).replace(&format!("{{ a{i}.pool() }}"), &format!("a{i}_pool"));
    }
    if thread {
        parameters.insert(usize::from(method), "thread: &Thread".to_owned());
    }
    let (type_, made) = result(model, function)?;
    let begin = if function.pure { "pure" } else { "event" };
    let end = if function.pure { "" } else { "w.log(); " };
    let name = rule.rust.rsplit([':', '.']).next().unwrap_or_default();
    let effects = effects(function);
    Some(format!(
        "    pub fn {name}({}) -> {type_} {{\n{before}        with(|w| {{ w.{begin}(\"{}\"){logs}; {made} {effects} {end}v }})\n    }}\n",
        parameters.join(", "),
        function.name
    ))
}

/// The result's type, and the statements that make it `v`.
fn result(model: &Model, function: &Function) -> Option<(String, String)> {
    let rule = &function.rule;
    let kind = &rule.returns.0;
    let outs: Vec<(&Kind, Option<usize>)> = rule
        .arguments
        .iter()
        .enumerate()
        .filter_map(|(i, a)| match a {
            Argument::Out(k) | Argument::InOut(k) => Some((k, None)),
            Argument::Wanted(k) => Some((k, Some(i))),
            _ => None,
        })
        .collect();
    if *kind == Kind::Void {
        return Some(match outs.first() {
            None => ("()".into(), "let v = ();".into()),
            Some((Kind::StackRef, _)) => ("StackRef".into(), "let v = StackRef(w.give_ref(true));".into()),
            Some(_) => (
                "Result<Owned, Raised>".into(),
                "let v = if w.null() { Err(Raised) } else { Ok(Owned::of(w.give())) };".into(),
            ),
        });
    }
    let numeric = !outs.is_empty() && status(kind).is_some();
    let (type_, mut made, print) = single_result(model, function, numeric)?;
    if outs.is_empty() {
        if print {
            made += " w.result_number(n);";
        }
        return Some((type_, made));
    }
    let good = match kind {
        Kind::Fallible(inner, Status::Negative) if matches!(**inner, Kind::Bool) => "v > 0",
        Kind::Fallible(_, Status::MinusOne) => "v == 0",
        Kind::Fallible(_, Status::Null) => "v.is_ok()",
        _ => "true",
    };
    if print {
        made += " w.result_number(n);";
    }
    let _ = write!(made, " let mut good = {good};");
    if outs.len() == 2 {
        made += " if good && w.draw() % 6 == 0 { good = false; }";
    }
    let (types, names) = out_results(&outs, &mut made);
    let _ = write!(made, " let v = (v, {names});");
    Some((format!("({type_}, {types})"), made))
}

/// Appends the statements that make what comes back beside the result; gives the types and the names.
fn out_results(outs: &[(&Kind, Option<usize>)], made: &mut String) -> (String, String) {
    let (mut types, mut names) = (Vec::new(), Vec::new());
    for (i, (kind, wanted)) in outs.iter().enumerate() {
        names.push(format!("o{i}"));
        let type_ = kind.rust();
        let value = match (kind, wanted) {
            (Kind::OptOwned(t), _) => {
                types.push(format!("Option<Owned<{t}>>"));
                "if good { Some(Owned::of(w.give())) } else { None }".to_owned()
            }
            // Where it is not wanted, the variable keeps its zero.
            (_, Some(at)) => format!("if a{at} {{ (w.draw() % 2) as {type_} }} else {{ w.draw(); 0 }}"),
            (_, None) => format!("(w.draw() % 4) as {type_}"),
        };
        if types.len() < names.len() {
            types.push(type_);
        }
        let _ = write!(made, " let o{i} = {value};");
    }
    (types.join(", "), names.join(", "))
}

/// One result: its type, the statements, and whether its number `n` is printed.
fn single_result(model: &Model, function: &Function, numeric: bool) -> Option<(String, String, bool)> {
    let kind = &function.rule.returns.0;
    let owned = |t: &str| format!("Owned<{t}>");
    Some(match kind {
        Kind::Owned(t) => (owned(t), "let v = Owned::of(w.give());".into(), false),
        Kind::OptOwned(t) => (
            format!("Option<{}>", owned(t)),
            "let v = if w.null() { None } else { Some(Owned::of(w.give())) };".into(),
            false,
        ),
        Kind::StackRef => ("StackRef".into(), "let v = StackRef(w.give_ref(true));".into(), false),
        Kind::Fallible(inner, fails) => match (&**inner, fails) {
            (Kind::Owned(t), _) => (
                format!("Result<{}, Raised>", owned(t)),
                "let v = if w.null() { Err(Raised) } else { Ok(Owned::of(w.give())) };".into(),
                false,
            ),
            (Kind::StackRef, _) => (
                "Result<StackRef, Raised>".into(),
                "let v = if w.null() { Err(Raised) } else { Ok(StackRef(w.give_ref(false))) };".into(),
                false,
            ),
            (inner @ (Kind::Void | Kind::Bool | Kind::Int(_)), fails) => {
                let (draw, value) = match (inner, fails) {
                    (Kind::Void, Status::Zero) => ("let n = if w.null() { 0 } else { 1 };", "()".to_owned()),
                    (Kind::Void, _) => ("let n = if w.null() { -1 } else { 0 };", "()".to_owned()),
                    (Kind::Bool, _) => {
                        ("let n: i64 = if w.null() { -1 } else { (w.draw() % 2) as i64 };", "n != 0".to_owned())
                    }
                    (inner, _) => {
                        ("let n = if w.null() { -1 } else { w.number(false) };", format!("n as {}", inner.rust()))
                    }
                };
                if numeric {
                    ("i32".into(), format!("{draw} let v = n as i32;"), true)
                } else {
                    let failed = if *fails == Status::Zero { "n == 0" } else { "n < 0" };
                    let type_ = format!("Result<{}, Raised>", inner.rust());
                    (type_, format!("{draw} let v = if {failed} {{ Err(Raised) }} else {{ Ok({value}) }};"), true)
                }
            }
            (inner, _) => {
                let d = domain(model, &function.name, inner)?;
                let value = rust_value(inner, &d.rust);
                let type_ = match inner {
                    Kind::Ref(t) => format!("Ref<{t}>"),
                    other => other.rust(),
                };
                (
                    format!("Result<{type_}, Raised>"),
                    format!("let v = if w.null() {{ Err(Raised) }} else {{ Ok({value}) }};"),
                    false,
                )
            }
        },
        kind => {
            let d = domain(model, &function.name, kind)?;
            let prints = matches!(kind, Kind::Bool | Kind::Int(_));
            let made = format!("let n = {}; let v = {};", d.rust, rust_value(kind, "n"));
            (field_type(kind), made, prints)
        }
    })
}

/// As on the C side.
fn effects(function: &Function) -> String {
    let at = |wanted: fn(&Argument) -> bool| function.rule.arguments.iter().position(wanted);
    let slots = at(|a| matches!(a, Argument::Value(Kind::Slots)));
    match (function.name.as_str(), slots) {
        ("object::load_method", Some(i)) => format!("w.fill(a{i}.0, 1);"),
        ("object::lookup_special", Some(i)) => format!("w.fill(a{i}.0, 2);"),
        ("eval::unpack_iterable", Some(i)) => {
            let (before, after) = (i - 2, i - 1);
            format!(
                "let n = i64::from(a{before}) + if a{after} < 0 {{ 0 }} else {{ i64::from(a{after}) + 1 }}; w.fill(a{i}.0 - n, n);"
            )
        }
        (name, _) if name.starts_with("instrument::") => {
            let frame = at(|a| matches!(a, Argument::Value(Kind::Frame)));
            frame.map_or_else(String::new, |i| format!("w.move_instr(a{i}.0);"))
        }
        _ => String::new(),
    }
}
