//! The C side of the recording world, generated from the rules around the static headers.

use super::c_pointers::{pointer_calls, pools, table_calls};
use super::domain::{c_number, c_type, c_value, domain};
use super::model::{Field, Function, Model, POOLS, Via, status};
use super::plan::Plan;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use translator::lower::kind::{Kind, Status};
use translator::subset::Argument;

const WORLD: &str = include_str!("world/world.h");
const MACHINE: &str = include_str!("world/machine.h");
const MAIN: &str = include_str!("world/main.h");
/// Arrays and what else has no field rule.
const HAND_FIELDS: &str = include_str!("world/fields.h");
const WORLD_LOOPS: &str = include_str!("world/loops.h");

const POINTER_TYPES: &str = "
typedef PyObject *(*PyCFunction)(PyObject *, PyObject *);
typedef PyObject *(*PyCFunctionFast)(PyObject *, PyObject **, Py_ssize_t);
typedef PyObject *(*PyCFunctionFastWithKeywords)(PyObject *, PyObject **, Py_ssize_t, PyObject *);
typedef PyObject *(*iternextfunc)(PyObject *);
typedef PyObject *(*getiterfunc)(PyObject *);
typedef PyObject *(*unaryfunc)(PyObject *);
typedef PyObject *(*vectorcallfunc)(PyObject *, PyObject **, size_t, PyObject *);
typedef PyObject *(*conversion_func)(PyObject *);
typedef int (*w_guard)(PyObject *, PyObject *);
typedef PyObject *(*w_action)(PyObject *, PyObject *);
typedef struct { int nothing; } w_EvalFrame;
";

/// The whole file.
pub(super) fn file(model: &Model, plan: &Plan) -> String {
    let mut out = String::from(WORLD);
    types(&mut out, model);
    constants(&mut out, model);
    out += MACHINE;
    let hand = defined(MACHINE);
    macros(&mut out, model, &hand);
    pools(&mut out);
    for function in &model.functions {
        if function.via == Via::Name && !hand.contains(&function.rule.c) {
            helper(&mut out, model, function);
        }
    }
    pointer_calls(&mut out, model);
    table_calls(&mut out, model);
    fields(&mut out, model);
    out += plan.c_opcodes.as_str();
    for body in &plan.bodies {
        out += &body.c_function;
    }
    out += &plan.c_table();
    out += MAIN;
    out
}

/// Names that the static part defines.
fn defined(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in text.lines() {
        let rest = line.strip_prefix("#define ").or_else(|| {
            let rest = line.strip_prefix("static ")?;
            let open = rest.find('(')?;
            rest[..open].rfind([' ', '*']).map(|at| &rest[at + 1..])
        });
        let name = rest.map(|r| r.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(""));
        names.extend(name.filter(|n| !n.is_empty()).map(str::to_owned));
    }
    names
}

fn types(out: &mut String, model: &Model) {
    for (c, _) in model.object_types.iter().filter(|t| t.0 != "PyObject") {
        let _ = writeln!(out, "typedef struct object {c};");
    }
    *out += "typedef struct object PyASCIIObject;\ntypedef struct object _PyBinaryOpSpecializationDescr;\n";
    *out += POINTER_TYPES;
    let holders = [
        "_PyInterpreterFrame",
        "PyThreadState",
        "PyInterpreterState",
        "_PyErr_StackItem",
        "PyDictKeysObject",
        "PyMethodDef",
        "PyAsyncMethods",
        "_PyCoMonitoringData",
        "_PyCoLineInstrumentationData",
    ];
    for holder in holders {
        let _ = writeln!(out, "typedef struct {holder} {holder};");
    }
    *out += "typedef struct { PyObject *me_key, *me_value; } PyDictUnicodeEntry;\n";
    *out += "typedef struct { PyObject *name; const char *error, *error_suggestion; } _Py_SpecialMethod;\n";
    for holder in holders {
        let extra = match holder {
            "_PyInterpreterFrame" => "_PyStackRef localsplus[SLOTS]; _PyStackRef *stackpointer;",
            "PyThreadState" => "PyInterpreterState *interp; uintptr_t eval_breaker;",
            "PyInterpreterState" => "PyObject *common_consts[256];",
            "PyDictKeysObject" => "PyDictUnicodeEntry entries[ENTRIES];",
            "_PyCoLineInstrumentationData" => "uint8_t data[1024];",
            _ => "",
        };
        let _ = writeln!(out, "struct {holder} {{ {extra} {} }};", members(model, holder));
    }
    *out += "#define gi_iframe gi_iframe_at[0]\n#define gi_exc_state gi_exc_state_at[0]\n";
    let _ = writeln!(
        out,
        "struct object {{ PyDictValues inline_values; PyObject *ob_type, *list_items[ITEMS], *tuple_items[ITEMS];\n\
         _PyInterpreterFrame *gi_iframe_at; _PyErr_StackItem *gi_exc_state_at; w_guard guard; w_action action;\n{} }};",
        members(model, "PyObject")
    );
}

/// Fields whose C shape is written by hand.
fn is_special(field: &Field) -> bool {
    matches!(
        field.rule.c.as_str(),
        "localsplus"
            | "stackpointer"
            | "eval_breaker"
            | "interp"
            | "common_consts"
            | "gi_iframe"
            | "gi_exc_state"
            | "data"
    )
}

fn members(model: &Model, holder: &str) -> String {
    let mut out = String::new();
    let mut seen = BTreeSet::new();
    let mine: Vec<&Field> = model.fields.iter().filter(|f| f.holder == holder && !is_special(f)).collect();
    let mut nested: Vec<&str> = Vec::new();
    for field in &mine {
        if !seen.insert(field.rule.c.as_str()) {
            continue;
        }
        match field.rule.c.split_once('.') {
            None => {
                let _ = writeln!(out, "    {} {};", c_type(&field.rule.kind), field.rule.c);
            }
            Some((head, _)) if nested.contains(&head) => {}
            Some((head, _)) => {
                nested.push(head);
                let inner = mine.iter().filter_map(|f| Some((f, f.rule.c.strip_prefix(head)?.strip_prefix('.')?)));
                let inner: BTreeSet<String> = inner
                    .map(|(f, rest)| format!("{} {};", c_type(&f.rule.kind), rest.replace("[0]", "[1]")))
                    .collect();
                let inner: Vec<String> = inner.into_iter().collect();
                let _ = writeln!(out, "    struct {{ {} }} {head};", inner.join(" "));
            }
        }
    }
    out
}

fn constants(out: &mut String, model: &Model) {
    for (c, _, kind, value) in model.constants.iter().filter(|c| !c.0.is_empty() && c.0 != "MANAGED_DICT_OFFSET") {
        let _ = match kind {
            Kind::Str => writeln!(out, "#define {c} \"{c}\""),
            _ => writeln!(out, "#define {c} ({value})"),
        };
    }
    for (c, rust, _, id) in &model.globals {
        let name = if rust.starts_with("names::") { format!("w_name_{c}") } else { c.clone() };
        let pointer =
            c.starts_with("PyExc_") || matches!(c.as_str(), "Py_None" | "Py_True" | "Py_False" | "Py_NotImplemented");
        let _ = writeln!(out, "#define {name} ({}w_objects[{id}])", if pointer { "&" } else { "" });
    }
}

fn macros(out: &mut String, model: &Model, hand: &BTreeSet<String>) {
    for name in model.noops.iter().filter(|n| !hand.contains(*n)) {
        let _ = writeln!(out, "#define {name}(...) ((void)0)");
    }
    for name in model.same.iter().filter(|n| !hand.contains(*n)) {
        let _ = writeln!(out, "#define {name}(x) W_SAME(x)");
    }
    for name in model.stores.iter().filter(|n| !hand.contains(*n)) {
        let _ = writeln!(out, "#define {name}(place, value) W_STORE(place, value)");
    }
    *out += "static const char *const w_texts[] = {\"t0\", \"t1\", \"t2\", \"t3\"};\n\
        static int64_t w_text_id(const char *t) { return t[1] - '0'; }\n\
        static _PyInterpreterFrame *w_frame_at(int64_t n) { return n < 0 ? NULL : w_frames + n; }\n";
}

/// How an argument is logged.
fn log(argument: &Argument, next: Option<&Argument>, index: usize) -> String {
    let count = |next: Option<&Argument>| match next {
        Some(Argument::Value(Kind::Int(_))) => Some(format!("(int64_t)(a{} & ~((uint64_t)1 << 20))", index + 1)),
        _ => None,
    };
    match argument {
        Argument::Value(kind) => match kind {
            Kind::Ref(_) | Kind::OptRef(_) => format!("w_o(a{index});"),
            Kind::Peek => format!("w_r(a{index});"),
            Kind::Int(_) | Kind::Bool => format!("w_n((int64_t)a{index});"),
            Kind::F64 => format!("w_d(a{index});"),
            Kind::Str => format!("w_s(a{index});"),
            Kind::Frame | Kind::OptFrame => format!("w_f(a{index});"),
            Kind::Instr => format!("w_i(a{index});"),
            Kind::Slots => match count(next) {
                Some(n) => format!("w_slots(a{index}, {n});"),
                None => format!("w_p(a{index});"),
            },
            Kind::Array => format!("w_args(a{index}, {});", count(next).unwrap_or_else(|| "0".into())),
            Kind::Handle(n) | Kind::OptHandle(n) if POOLS.iter().any(|p| p.0 == n) => {
                format!("w_h(w_id_{n}(a{index}));")
            }
            Kind::Handle(n) if n == "InlineValues" => format!("w_h(w_id(a{index}));"),
            _ => String::new(),
        },
        Argument::Consumed(Kind::StackRef) => {
            format!("w_r(a{index}); if (a{index}.tag == TAG_OWNED) w_refs[a{index}.id]--;")
        }
        Argument::Consumed(_) => format!("w_o(a{index}); w_refs[w_id(a{index})]--;"),
        Argument::InOut(_) => format!("w_o(*a{index}); w_refs[w_id(*a{index})]--;"),
        Argument::Wanted(_) => format!("w_n(a{index} != NULL);"),
        _ => String::new(),
    }
}

fn parameter(argument: &Argument, index: usize) -> String {
    let type_ = match argument {
        Argument::Value(Kind::Ref(_) | Kind::OptRef(_)) | Argument::Thread => "const void *".to_owned(),
        Argument::Consumed(Kind::StackRef) => "_PyStackRef ".to_owned(),
        Argument::Consumed(_) => "const void *".to_owned(),
        Argument::Value(kind) => c_type(kind) + " ",
        Argument::Out(kind) | Argument::Wanted(kind) | Argument::InOut(kind) => c_type(kind) + " *",
        _ => "int64_t ".to_owned(),
    };
    format!("{type_}a{index}")
}

fn helper(out: &mut String, model: &Model, function: &Function) {
    let rule = &function.rule;
    if let Some(field) = model.field_of(function) {
        let member = &field.rule.c;
        let _ = writeln!(out, "#define {}(o) ((o)->{member})", rule.c);
        return;
    }
    let variadic = rule.arguments.last() == Some(&Argument::Rest);
    let fixed = &rule.arguments[..rule.arguments.len() - usize::from(variadic)];
    let parameters: Vec<String> = fixed.iter().enumerate().map(|(i, a)| parameter(a, i)).collect();
    let parameters = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
    let logs: Vec<String> =
        fixed.iter().enumerate().map(|(i, a)| log(a, fixed.get(i + 1), i)).filter(|l| !l.is_empty()).collect();
    let begin = if function.pure { "w_pure" } else { "w_event" };
    let Some(result) = result(model, function) else {
        let _ = writeln!(out, "// {}: no script for its result", rule.c);
        return;
    };
    let type_ = match status(&rule.returns.0) {
        Some(_) => "int64_t".to_owned(),
        None => c_type(&rule.returns.0),
    };
    let (c, name, logs) = (&rule.c, &function.name, logs.join(" "));
    if variadic {
        let names: Vec<String> = (0..fixed.len()).map(|i| format!("a{i}")).collect();
        let names = names.join(", ");
        let _ = writeln!(
            out,
            "static void w_begin_{c}({parameters}) {{ {begin}(\"{name}\"); {logs} }}\n\
             static {type_} w_end_{c}(void) {{ {result} }}\n\
             #define {c}({names}, ...) ({{ w_begin_{c}({names}); W_REST(__VA_ARGS__) w_end_{c}(); }})"
        );
    } else {
        let _ = writeln!(out, "static {type_} {c}({parameters}) {{ {begin}(\"{name}\"); {logs} {result} }}");
    }
}

/// The statements that give a function's scripted result.
fn result(model: &Model, function: &Function) -> Option<String> {
    let rule = &function.rule;
    let kind = &rule.returns.0;
    let end = if function.pure { "" } else { "w_log();" };
    let after = effects(function);
    if *kind == Kind::Void {
        let places = rule.arguments.iter().enumerate().fold(String::new(), |s, (i, a)| match a {
            Argument::InOut(_) => s + &format!("*a{i} = w_null() ? NULL : w_give(); "),
            Argument::Out(Kind::StackRef) => s + &format!("*a{i} = w_give_ref(true); "),
            _ => s,
        });
        return Some(format!("{places}{after} {end}"));
    }
    let mut text = returned(model, function)?;
    if matches!(kind, Kind::Bool | Kind::Int(_)) || status(kind).is_some() {
        text += " w_print(\" -> %lld\", (long long)v);";
    }
    let (outs, unwanted) = out_results(function);
    Some(format!("{text}{outs} {after} {end} {unwanted}return v;"))
}

/// The statement that makes what a function returns, `v`.
fn returned(model: &Model, function: &Function) -> Option<String> {
    Some(match &function.rule.returns.0 {
        Kind::Owned(_) => "PyObject *v = w_give();".to_owned(),
        Kind::OptOwned(_) => "PyObject *v = w_null() ? NULL : w_give();".to_owned(),
        Kind::StackRef => "_PyStackRef v = w_give_ref(true);".to_owned(),
        Kind::Fallible(inner, fails) => match (&**inner, fails) {
            (Kind::Owned(_), _) => "PyObject *v = w_null() ? NULL : w_give();".to_owned(),
            (Kind::StackRef, _) => "_PyStackRef v = w_null() ? PyStackRef_NULL : w_give_ref(false);".to_owned(),
            (Kind::Void, Status::Zero) => "int64_t v = w_null() ? 0 : 1;".to_owned(),
            (Kind::Void, _) => "int64_t v = w_null() ? -1 : 0;".to_owned(),
            (Kind::Bool, _) => "int64_t v = w_null() ? -1 : (int64_t)(w_draw() % 2);".to_owned(),
            (Kind::Int(_), _) => "int64_t v = w_null() ? -1 : w_number(false);".to_owned(),
            (inner, _) => {
                let d = domain(model, &function.name, inner)?;
                let type_ = c_type(inner);
                format!("{type_} v = w_null() ? NULL : {};", c_value(inner, &d.c))
            }
        },
        kind => {
            let d = domain(model, &function.name, kind)?;
            format!("{} v = {};", c_type(kind), c_value(kind, &d.c))
        }
    })
}

/// What comes back through out-parameters, and the release of what nobody wants.
fn out_results(function: &Function) -> (String, String) {
    let rule = &function.rule;
    let is_out = |a: &Argument| matches!(a, Argument::Out(_) | Argument::Wanted(_));
    let outs: Vec<(usize, &Argument)> = rule.arguments.iter().enumerate().filter(|(_, a)| is_out(a)).collect();
    let (mut text, mut unwanted) = (String::new(), String::new());
    if outs.is_empty() {
        return (text, unwanted);
    }
    let good = match &rule.returns.0 {
        Kind::Fallible(inner, Status::Negative) if matches!(**inner, Kind::Bool) => "v > 0",
        Kind::Fallible(_, Status::MinusOne) => "v == 0",
        Kind::Fallible(_, Status::Null) => "v != NULL",
        _ => "true",
    };
    let _ = write!(text, " bool good = {good};");
    if outs.len() == 2 {
        text += " if (good && w_draw() % 6 == 0) good = false;";
    }
    for (i, argument) in outs {
        text += &match argument {
            Argument::Out(Kind::OptOwned(_)) => {
                let _ = write!(unwanted, "if (!a{i}) Py_XDECREF(o{i}); ");
                format!(" PyObject *o{i} = good ? w_give() : NULL; if (a{i}) *a{i} = o{i};")
            }
            Argument::Wanted(_) => format!(" int o{i} = (int)(w_draw() % 2); if (a{i}) *a{i} = o{i};"),
            _ => format!(" *a{i} = (int)(w_draw() % 4);"),
        };
    }
    (text, unwanted)
}

/// What a helper leaves behind that bodies look at.
fn effects(function: &Function) -> String {
    let slots = |text: fn(usize) -> String| {
        let at = function.rule.arguments.iter().position(|a| matches!(a, Argument::Value(Kind::Slots)));
        at.map(text).unwrap_or_default()
    };
    match function.name.as_str() {
        "object::load_method" => slots(|i| format!("w_fill(a{i}, 1);")),
        "object::lookup_special" => slots(|i| format!("w_fill(a{i}, 2);")),
        "eval::unpack_iterable" => slots(|i| {
            let (before, after) = (i - 2, i - 1);
            format!("int64_t n = a{before} + (a{after} < 0 ? 0 : a{after} + 1); w_fill(a{i} - n, n);")
        }),
        name if name.starts_with("instrument::") => {
            let at = function.rule.arguments.iter().position(|a| matches!(a, Argument::Value(Kind::Frame)));
            at.map(|i| format!("w_move_instr(a{i});")).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// The values of all members at the start, and those that changed at the end.
fn fields(out: &mut String, model: &Model) {
    let mut init: Vec<(&str, String)> = Vec::new();
    let mut dump: Vec<(&str, String)> = Vec::new();
    let mut seen = BTreeSet::new();
    for (n, field) in model.fields.iter().enumerate() {
        let name = &field.rule.c;
        if is_special(field) || !seen.insert((field.holder, name.clone())) {
            continue;
        }
        let Some(d) = domain(model, name, &field.rule.kind) else { continue };
        let mut fixed = String::new();
        for (member, global, value) in &model.fixed {
            let id = model.globals.iter().find(|g| g.0 == *global).map_or(-1, |g| g.3);
            if member == name {
                let _ = write!(fixed, "if (id == {id}) return {value}; ");
            }
        }
        let kind = &field.rule.kind;
        let narrowed = c_number(kind, &c_value(kind, &d.c));
        let value = if matches!(kind, Kind::Int(_) | Kind::Bool) { narrowed } else { d.c };
        let _ = writeln!(
            out,
            "static int64_t w_field_{n}(int64_t id) {{ {fixed}w_start(\"{name}\"); w_mix(id); return {value}; }}"
        );
        let place = format!("o->{name}");
        init.push((field.holder, format!("{place} = {};", c_value(kind, &format!("w_field_{n}(id)")))));
        dump.push((field.holder, format!("w_diff(\"{name}\", id, w_field_{n}(id), {});", c_number(kind, &place))));
    }
    *out += "static void w_diff(const char *name, int64_t id, int64_t before, int64_t now) { if (before != now) fprintf(w_out, \"~ %s[%lld] = %lld\\n\", name, (long long)id, (long long)now); }\n";
    *out += HAND_FIELDS;
    for (which, list) in [("init", &init), ("dump", &dump)] {
        for (holder, function) in HOLDERS {
            let text: Vec<&str> = list.iter().filter(|l| l.0 == *holder).map(|l| l.1.as_str()).collect();
            let _ = writeln!(
                out,
                "static void w_{which}_{function}({holder} *o, int64_t id) {{ (void)o; (void)id;\n    {}\n}}",
                text.join("\n    ")
            );
        }
    }
    *out += WORLD_LOOPS;
}

const HOLDERS: &[(&str, &str)] = &[
    ("PyObject", "object"),
    ("_PyInterpreterFrame", "frame"),
    ("PyThreadState", "thread"),
    ("PyInterpreterState", "interp"),
    ("_PyErr_StackItem", "ExcInfo"),
    ("PyDictKeysObject", "Keys"),
    ("PyMethodDef", "MethodDef"),
    ("PyAsyncMethods", "AsyncMethods"),
    ("_PyCoMonitoringData", "Monitoring"),
    ("_PyCoLineInstrumentationData", "LineData"),
];
