//! The Rust side of the recording world: a crate of its own with the surface that bodies are compiled against.

use super::domain::{domain, rust_number, rust_value};
use super::model::{Field, Function, Model, POOLS, status};
use super::plan::Plan;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use translator::lower::kind::{Kind, Status};
use translator::subset::Argument;

const WORLD: &str = include_str!("world/world.rs");
const SURFACE: &str = include_str!("world/surface.rs");
const EXIT: &str = include_str!("../../../interp/src/exit.rs");

/// The files of the crate, by name. `bodies` and `opcode` are interp's own, unchanged.
pub(super) fn files(model: &Model, plan: &Plan, bodies: &str, opcode: &str) -> Vec<(&'static str, String)> {
    vec![
        ("main.rs", main(plan)),
        ("world.rs", WORLD.to_owned()),
        ("surface.rs", SURFACE.to_owned()),
        ("exit.rs", EXIT.to_owned()),
        ("fields.rs", fields(model)),
        ("runtime.rs", runtime(model)),
        ("bodies.rs", bodies.to_owned()),
        ("opcode.rs", format!("{opcode}\npub const BODY_OPCODE: u8 = 0;\n")),
    ]
}

fn main(plan: &Plan) -> String {
    let mut out = String::from(
        "#![allow(warnings)]\nmod bodies;\nmod exit;\nmod fields;\nmod opcode;\nmod runtime;\nmod surface;\nmod world;\n\
         mod prelude { pub(crate) use crate::surface::*; }\n\
         use prelude::*;\nuse world::{Body, Registers, main as run_all};\n\n\
         fn main() { run_all() }\n\n\
         fn exit_name(exit: Exit) -> &'static str {\n    match exit {\n        Exit::Error | Exit::ErrorNoPop => \"error\",\n        \
         Exit::Deopt => \"deopt\",\n        Exit::Dispatch => \"dispatch\",\n        Exit::DispatchGoto => \"dispatch_goto\",\n        \
         Exit::DispatchSameOparg => \"dispatch_same_oparg\",\n        Exit::StartFrame => \"start_frame\",\n        \
         Exit::ExceptionUnwind => \"exception_unwind\",\n        Exit::ExitUnwind => \"exit_unwind\",\n        \
         Exit::Return => \"return\",\n        Exit::Untranslated => \"untranslated\",\n    }\n}\n\n",
    );
    for body in &plan.bodies {
        out += &body.rust_function;
    }
    out + &plan.rust_table()
}

/// Object structs, handles, enumerations, and their members.
fn fields(model: &Model) -> String {
    let mut out = String::from(
        "use crate::surface::*;\nuse crate::world::*;\npub use crate::surface::stackpointer;\n\
         pub const TEXTS: [&str; 4] = [\"t0\", \"t1\", \"t2\", \"t3\"];\n\
         pub fn optional_handle(n: i64) -> Option<i64> { (n >= 0).then_some(n) }\n\
         pub fn frame_or_none(w: &mut World, _: i64) -> i64 { if w.null() { -1 } else { 2 + (w.draw() % 4) as i64 } }\n",
    );
    let structs: BTreeSet<&str> =
        model.object_types.iter().map(|t| t.1.as_str()).filter(|t| *t != "PyObject").collect();
    for name in structs {
        let _ = writeln!(out, "pub struct {name};\nimpl Object for {name} {{}}");
    }
    for (name, ..) in POOLS {
        handle(&mut out, name);
    }
    handle(&mut out, "BinaryOpExtend");
    let enums: BTreeSet<&str> = model
        .constants
        .iter()
        .filter_map(|c| match &c.2 {
            Kind::Enum(n) | Kind::Function(n) if !n.is_empty() => Some(n.as_str()),
            _ => None,
        })
        .collect();
    for name in enums {
        handle(&mut out, name);
        let mut items = String::new();
        for (_, path, kind, value) in &model.constants {
            if let (Some(member), true) = (path.strip_prefix(&format!("{name}::")), kind_name(kind) == Some(name)) {
                let _ = writeln!(items, "    pub const {member}: {name} = {name}({value});");
            }
        }
        let _ = writeln!(out, "impl {name} {{\n{items}}}");
    }
    let mut impls: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for field in &model.fields {
        if let Some(items) = accessors(model, field) {
            impls.entry(receiver(model, &field.rust)).or_default().push(items);
        }
    }
    for (type_, items) in impls {
        let _ = writeln!(out, "impl {type_} {{\n{}}}", items.join(""));
    }
    out
}

fn kind_name(kind: &Kind) -> Option<&str> {
    match kind {
        Kind::Enum(n) | Kind::Function(n) => Some(n),
        _ => None,
    }
}

fn handle(out: &mut String, name: &str) {
    let _ = writeln!(
        out,
        "#[derive(Clone, Copy, PartialEq)]\npub struct {name}(pub i64);\nimpl {name} {{ pub fn at(self) -> i64 {{ self.0 }} }}"
    );
}

fn receiver(model: &Model, rust: &str) -> String {
    if model.object_types.iter().any(|t| t.1 == rust) { format!("Ref<{rust}>") } else { rust.to_owned() }
}

/// What the surface has by hand.
fn by_hand(field: &Field) -> bool {
    matches!(
        field.rule.c.as_str(),
        "localsplus"
            | "stackpointer"
            | "f_funcobj"
            | "eval_breaker"
            | "interp"
            | "common_consts"
            | "gi_iframe"
            | "gi_exc_state"
            | "data"
    ) || field.rule.get == "self"
}

fn accessors(model: &Model, field: &Field) -> Option<String> {
    if by_hand(field) {
        return None;
    }
    let rule = &field.rule;
    let name = &rule.c;
    let d = domain(model, name, &rule.kind)?;
    let narrow = match &rule.kind {
        Kind::Int(i) => format!("(({}) as {}) as i64", d.rust, i.rust()),
        _ => d.rust.clone(),
    };
    let mut fixed = String::new();
    for (member, global, value) in &model.fixed {
        if member == name
            && let Some(global) = model.globals.iter().find(|g| g.0 == *global)
        {
            let _ = write!(fixed, "if id == {} {{ return {value} }} ", global.3);
        }
    }
    let initial = format!("|w, id| {{ {fixed}{narrow} }}");
    let id = if field.rust == "Thread" { "0" } else { "self.at()" };
    let self_ = if field.rust == "Thread" { "&self" } else { "self" };
    let mut out = String::new();
    if !rule.get.is_empty() {
        if let Kind::OptOwned(type_) = &rule.kind {
            let _ = writeln!(
                out,
                "    pub fn {}({self_}) -> Option<Owned<{type_}>> {{\n        let at = {id};\n        let id = with(|w| w.get(\"{name}\", at, {initial}));\n        \
                 (id != 0).then(|| {{ with(|w| {{ w.take(id); w.lent[id as usize] += 1 }}); Owned::of(id) }})\n    }}",
                rule.get
            );
        } else {
            let value = rust_value(&rule.kind, &format!("with(|w| w.get(\"{name}\", at, {initial}))"));
            let _ = writeln!(
                out,
                "    pub fn {}({self_}) -> {} {{\n        let at = {id};\n        {value}\n    }}",
                rule.get,
                field_type(&rule.kind)
            );
        }
    }
    if let Some(set) = rule.set.as_deref().filter(|s| *s != "set_current_frame") {
        let (type_, kind) = match &rule.kind {
            Kind::Ref(t) => (format!("Owned<{t}>"), Kind::Owned(t.clone())),
            Kind::OptRef(t) | Kind::OptOwned(t) => (format!("Option<Owned<{t}>>"), Kind::OptOwned(t.clone())),
            other => (field_type(other), other.clone()),
        };
        // These release what they replace, as the C does beside them.
        let releases = matches!(rule.kind, Kind::OptOwned(_)) || name == "func_qualname";
        let (before, after) = if releases {
            (
                format!("let old = with(|w| w.get(\"{name}\", at, {initial}));\n        "),
                "\n        if old != 0 { with(|w| w.release(old)); }",
            )
        } else {
            (String::new(), "")
        };
        let _ = writeln!(
            out,
            "    pub fn {set}({self_}, value: {type_}) {{\n        let at = {id};\n        {before}let value = {};\n        \
             with(|w| w.set(\"{name}\", at, value, {initial}));{after}\n    }}",
            rust_number(&kind, "value")
        );
    }
    Some(out)
}

fn field_type(kind: &Kind) -> String {
    match kind {
        Kind::Ref(t) => format!("Ref<{t}>"),
        Kind::OptRef(t) => format!("Option<Ref<{t}>>"),
        other => other.rust(),
    }
}

/// The modules of the runtime.
fn runtime(model: &Model) -> String {
    let mut modules: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut methods: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut done = BTreeSet::new();
    for function in &model.functions {
        let path = &function.rule.rust;
        if !done.insert(function.name.clone()) || model.field_of(function).is_some() {
            continue;
        }
        let Some(text) = callable(model, function) else { continue };
        match (path.strip_prefix('.'), path.rsplit_once("::")) {
            (Some(method), _) => {
                let type_ = function.name.split('.').next().unwrap_or_default();
                methods.entry(receiver(model, type_)).or_default().insert(method.to_owned(), text);
            }
            (None, Some((module, _))) => modules.entry(module.to_owned()).or_default().push(text),
            _ => {}
        }
    }
    for (_, path, kind, value) in &model.constants {
        let Some((module, name)) = path.rsplit_once("::") else { continue };
        if !module.starts_with(|c: char| c.is_ascii_lowercase()) {
            continue;
        }
        let item = match kind {
            Kind::Int(i) => format!("pub const {name}: {} = {value};\n", i.rust()),
            Kind::Str => {
                let c = model.constants.iter().find(|c| c.1 == *path).map_or("", |c| c.0.as_str());
                format!("pub const {name}: &str = \"{c}\";\n")
            }
            Kind::Enum(t) | Kind::Function(t) => format!("pub const {name}: {t} = {t}({value});\n"),
            _ => continue,
        };
        modules.entry(module.to_owned()).or_default().push(item);
    }
    for (_, path, type_, id) in &model.globals {
        let Some((module, name)) = path.rsplit_once("::") else { continue };
        let item = format!("pub fn {name}() -> Ref<{type_}> {{ Ref::new({id}) }}\n");
        modules.entry(module.to_owned()).or_default().push(item);
    }
    for (module, text) in BY_HAND {
        modules.entry((*module).to_owned()).or_default().push((*text).to_owned());
    }
    let mut out = String::from("use crate::prelude::*;\nuse crate::world::*;\n");
    for (type_, items) in methods {
        let items: Vec<String> = items.into_values().collect();
        let _ = writeln!(out, "impl {type_} {{\n{}}}", items.join(""));
    }
    for (module, items) in modules {
        let items: BTreeSet<String> = items.into_iter().collect();
        let items: Vec<String> = items.into_iter().collect();
        let _ =
            writeln!(out, "pub mod {module} {{\nuse crate::prelude::*;\nuse crate::world::*;\n{}}}", items.join(""));
    }
    out
}

/// Functions that the rules do not name, or that stand for several.
const BY_HAND: &[(&str, &str)] = &[
    (
        "instrument",
        "pub fn jump(thread: &Thread, f: Frame, this_instr: InstrPtr, event: i32, from: InstrPtr, to: InstrPtr) -> Result<InstrPtr, Raised> {\n\
         with(|w| { w.event(\"instrument::jump\").f(f.0).i(this_instr.0).n(event.into()).i(from.0).i(to.0); w.log();\n\
         if w.null() { Err(Raised) } else { Ok(InstrPtr(THIS_INSTR + (w.draw() % 16) as i64)) } })\n}\n",
    ),
    (
        "instrument",
        "pub const CACHES: OpcodeTable = OpcodeTable(\"opcode_caches\");\npub const DEOPT: OpcodeTable = OpcodeTable(\"opcode_deopt\");\n",
    ),
    (
        "specialize",
        "pub fn advance_counter(i: InstrPtr) { with(|w| { w.event(\"specialize::advance_counter\").i(i.0); w.log() }) }\n",
    ),
    (
        "specialize",
        "pub fn pause_counter(i: InstrPtr) { with(|w| { w.event(\"specialize::pause_counter\").i(i.0); w.log() }) }\n",
    ),
    (
        "error",
        "pub fn fatal(text: &str) -> ! { with(|w| { w.event(\"error::fatal\").s(text); w.log() }); std::panic::resume_unwind(Box::new(Never)) }\n",
    ),
    (
        "error",
        "pub fn unreachable() -> ! { with(|w| { w.event(\"error::unreachable\"); w.log() }); std::panic::resume_unwind(Box::new(Never)) }\n",
    ),
    ("compare", "pub fn bit(a: impl Number, b: impl Number) -> i32 { compare_bit(a, b) }\n"),
    (
        "constants",
        "pub const COMMON: CommonConstants = CommonConstants;\npub const SMALL_INTS: SmallInts = SmallInts;\npub const SPECIAL_METHODS: SpecialMethods = SpecialMethods;\npub const CONVERSIONS: Conversions = Conversions;\npub const FUNCTION_ATTRIBUTES: AttributeOffsets = AttributeOffsets;\npub fn strings() -> StrSingletons { StrSingletons }\n",
    ),
    (
        "object",
        "pub fn is_none(o: Ref) -> bool { o.0 == NONE_ID }\npub fn is_true(o: Ref) -> bool { o.0 == TRUE_ID }\npub fn is_false(o: Ref) -> bool { o.0 == FALSE_ID }\n",
    ),
    ("object", "pub fn inline_values(o: Ref) -> InlineValues { InlineValues(o.0) }\n"),
    ("object", "pub fn to_owned(o: Option<Ref>) -> Option<Owned> { o.map(Ref::to_owned) }\n"),
    (
        "call",
        "pub fn unary(thread: &Thread, function: impl UnaryFunction, a: Ref) -> Result<Owned, Raised> {\n\
        fn name<F: UnaryFunction>(_: &F) -> &'static str { F::NAME }\n\
        let name = name(&function); let h = function.handle();\n\
        with(|w| { w.event(name).h(h).o(a.0); let r = if w.null() { Err(Raised) } else { Ok(Owned::of(w.give())) }; w.log(); r })\n}\n",
    ),
    (
        "call",
        "pub fn type_iternext(thread: &Thread, ty: Ref<PyType>, a: Ref) -> Option<Owned> { iternext(thread, ty.tp_iternext().known(), a) }\n",
    ),
    (
        "call",
        "pub fn type_vectorcall(thread: &Thread, ty: Ref, args: Args, n: usize, names: Option<Ref<PyTuple>>) -> Result<Owned, Raised> {\n\
        let h = ty.cast::<PyType>().tp_vectorcall().known().0;\n\
        with(|w| { w.event(\"call::type_vectorcall\").h(h).o(ty.0).args(args.ids(), n as i64).n(n as i64).o(names.map_or(0, |o| o.0));\n\
        let r = if w.null() { Err(Raised) } else { Ok(Owned::of(w.give())) }; w.log(); r })\n}\n",
    ),
];

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

fn callable(model: &Model, function: &Function) -> Option<String> {
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
    let mut types = vec![type_];
    let mut names = vec!["v".to_owned()];
    for (i, (kind, wanted)) in outs.iter().enumerate() {
        names.push(format!("o{i}"));
        match kind {
            Kind::OptOwned(t) => {
                types.push(format!("Option<Owned<{t}>>"));
                let _ = write!(made, " let o{i} = if good {{ Some(Owned::of(w.give())) }} else {{ None }};");
            }
            other => {
                types.push(other.rust());
                let _ = match wanted {
                    // Where it is not wanted, the variable keeps its zero.
                    Some(at) => write!(
                        made,
                        " let o{i} = if a{at} {{ (w.draw() % 2) as {} }} else {{ w.draw(); 0 }};",
                        other.rust()
                    ),
                    None => write!(made, " let o{i} = (w.draw() % 4) as {};", other.rust()),
                };
            }
        }
    }
    let _ = write!(made, " let v = ({});", names.join(", "));
    Some((format!("({})", types.join(", ")), made))
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
