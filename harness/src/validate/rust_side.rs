//! The Rust side of the recording world: a crate of its own with the surface that bodies are compiled against.

use super::domain::{domain, rust_number, rust_value};
use super::model::{Field, Model, POOLS};
use super::plan::Plan;
use super::rust_functions::callable;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use translator::lower::kind::Kind;

const WORLD: &str = include_str!("world/world.rs");
const SURFACE: &str = include_str!("world/surface.rs");
const DRIVE: &str = include_str!("world/drive.rs");
const MEMORY: &str = include_str!("world/memory.rs");
const TABLES: &str = include_str!("world/tables.rs");
const EXIT: &str = include_str!("../../../interp/src/exit.rs");

/// The files of the crate, by name. `generated` gives interp's own, which are taken unchanged.
pub(super) fn files<'a>(
    model: &Model,
    plan: &Plan,
    generated: impl Fn(&str) -> &'a str,
) -> Vec<(&'static str, String)> {
    vec![
        ("main.rs", main(plan)),
        ("world.rs", WORLD.to_owned()),
        ("drive.rs", DRIVE.to_owned()),
        ("surface.rs", SURFACE.to_owned()),
        ("memory.rs", MEMORY.to_owned()),
        ("tables.rs", TABLES.to_owned()),
        ("exit.rs", EXIT.to_owned()),
        ("fields.rs", fields(model)),
        ("runtime.rs", runtime(model)),
        ("bodies.rs", generated("bodies.rs").to_owned()),
        ("labels.rs", generated("labels.rs").to_owned()),
        ("opcode.rs", format!("{}\npub const BODY_OPCODE: u8 = 0;\n", generated("opcode.rs"))),
    ]
}

fn main(plan: &Plan) -> String {
    let mut out = String::from(
        "#![allow(warnings)]\nmod bodies;\nmod drive;\nmod exit;\nmod fields;\nmod labels;\nmod memory;\nmod opcode;\nmod runtime;\nmod surface;\nmod tables;\nmod world;\n\
         mod prelude { pub(crate) use crate::surface::*; }\n\
         use prelude::*;\nuse drive::main as run_all;\nuse world::{Body, Registers};\n\n\
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
        out += &setter(field, set, &initial);
    }
    Some(out)
}

/// The method that stores to a member.
fn setter(field: &Field, set: &str, initial: &str) -> String {
    let rule = &field.rule;
    let name = &rule.c;
    let (self_, id) = if field.rust == "Thread" { ("&self", "0") } else { ("self", "self.at()") };
    let (type_, kind) = match &rule.kind {
        Kind::Ref(t) => (format!("Owned<{t}>"), Kind::Owned(t.clone())),
        Kind::OptRef(t) | Kind::OptOwned(t) => (format!("Option<Owned<{t}>>"), Kind::OptOwned(t.clone())),
        other => (field_type(other), other.clone()),
    };
    let value = rust_number(&kind, "value");
    // These release what they replace, as the C does beside them.
    let (before, after) = if matches!(rule.kind, Kind::OptOwned(_)) || name == "func_qualname" {
        (
            format!("let old = with(|w| w.get(\"{name}\", at, {initial}));\n        "),
            "\n        if old != 0 { with(|w| w.release(old)); }",
        )
    } else {
        (String::new(), "")
    };
    format!(
        "    pub fn {set}({self_}, value: {type_}) {{\n        let at = {id};\n        {before}let value = {value};\n        \
         with(|w| w.set(\"{name}\", at, value, {initial}));{after}\n    }}\n"
    )
}

pub(super) fn field_type(kind: &Kind) -> String {
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
