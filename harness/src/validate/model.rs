//! What the rules say, in the terms of the recording world: the fields, functions, constants and globals that both
//! sides are generated from, each under the one name by which traces call it.

use std::collections::BTreeMap;
use translator::lower::kind::{Int, Kind, Status};
use translator::subset::{Argument, CallRule, FieldRule, Rules};

/// A scripted or recorded function.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) rule: CallRule,
    /// How traces call it: the Rust path, or `Type.method`.
    pub(super) name: String,
    /// Without effect: it is not logged, and equal arguments give equal results.
    pub(super) pure: bool,
    pub(super) via: Via,
}

/// How the C reaches a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Via {
    Name,
    /// A pointer of this C type, held in a variable.
    Pointer,
    /// A pointer in a field of an object.
    Field,
    /// A table that is indexed in the call.
    Table,
}

/// A member of a C struct.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) rule: FieldRule,
    /// The struct that holds it on the C side: all objects are one.
    pub(super) holder: &'static str,
    /// The Rust type of the handle.
    pub(super) rust: String,
}

/// Handles by Rust name, with how many there are and what a C pointer to one is.
pub(super) const POOLS: &[(&str, i64, &str)] = &[
    ("ExcInfo", 9, "_PyErr_StackItem *"),
    ("Keys", 4, "PyDictKeysObject *"),
    ("MethodDef", 4, "PyMethodDef *"),
    ("AsyncMethods", 3, "PyAsyncMethods *"),
    ("Monitoring", 1, "_PyCoMonitoringData *"),
    ("LineData", 1, "_PyCoLineInstrumentationData *"),
    ("EvalFrame", 1, "w_EvalFrame *"),
    ("MethodFn", 3, "PyCFunction"),
    ("FastFn", 3, "PyCFunctionFast"),
    ("FastKeywordsFn", 3, "PyCFunctionFastWithKeywords"),
    ("IterNext", 3, "iternextfunc"),
    ("GetIter", 3, "getiterfunc"),
    ("Unary", 3, "unaryfunc"),
    ("VectorCall", 3, "vectorcallfunc"),
    ("Conversion", 3, "conversion_func"),
];

/// What the static part of both sides says by hand, by trace name. Each has a reason beside it there.
const BY_HAND: &[&str] = &[
    "PyObject.ty",
    "PyObject.is",
    "PyObject.is_exact",
    "PyObject.to_owned",
    "PyList.item",
    "PyTuple.item",
    "PyGenerator.exc_state",
    "PyGenerator.frame",
    "ListItems::of",
    "TupleItems::of",
    "Entries::of",
    "object::inline_values",
    "constants::strings",
    "compare::bit",
    "AsciiStrings.size",
    "EvalBreaker.load",
    "Frame.push",
    "Frame.pop",
    "Frame.set_stack_pointer",
    "Frame.stack_base",
    "PyTuple.get",
    "specialize::advance_counter",
    "specialize::pause_counter",
    "error::fatal",
    "error::unreachable",
    "object::is_none",
    "object::is_true",
    "object::is_false",
    "object::to_owned",
];

/// Escaping by the generator's list, but without an effect that a body could see: C calls them as parts of arguments.
const PURE_THOUGH_ESCAPING: &[&str] =
    &["call::as_fast", "call::as_fast_keywords", "types::is_subtype", "Frame.function", "Frame.instruction_index"];

/// All that is generated.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) functions: Vec<Function>,
    pub(super) fields: Vec<Field>,
    /// C name, Rust path, kind, value.
    pub(super) constants: Vec<(String, String, Kind, i64)>,
    /// C name, Rust path, the object's type, its id.
    pub(super) globals: Vec<(String, String, String, i64)>,
    pub(super) noops: Vec<String>,
    /// Object types on the C side, and other Rust object types.
    pub(super) object_types: Vec<(String, String)>,
    /// `@identity` and `@store`: one argument, two arguments.
    pub(super) same: Vec<String>,
    pub(super) stores: Vec<String>,
    /// Fields of globals that Rust has as constants: C member, global, value.
    pub(super) fixed: Vec<(String, String, i64)>,
}

pub(super) const FIRST_GLOBAL: i64 = 12;

impl Model {
    pub(super) fn of(rules: &Rules) -> Model {
        let mut model = Model { noops: rules.noops().map(str::to_owned).collect(), ..Model::default() };
        for rule in rules.calls() {
            match rule.rust.as_str() {
                "@identity" if !rule.c.starts_with("_Py_ID") && !rule.c.starts_with("_Py_STR") => {
                    model.same.push(rule.c.clone());
                }
                "@store" => model.stores.push(rule.c.clone()),
                _ => {}
            }
            model.add_function(rule, Via::Name);
        }
        for rule in rules.indirects_by_type() {
            model.add_function(rule, Via::Pointer);
        }
        for rule in rules.indirects_by_field() {
            model.add_function(rule, Via::Field);
        }
        for rule in rules.indirects_by_table() {
            model.add_function(rule, Via::Table);
        }
        for type_ in rules.types().filter(|t| !t.handle) {
            model.object_types.push((type_.c.clone(), type_.rust.clone()));
        }
        model.add_fields(rules);
        model.add_frame_members(rules);
        model.add_constants(rules);
        model
    }

    fn add_function(&mut self, rule: &CallRule, via: Via) {
        if rule.rust.starts_with('@') || rule.arguments.iter().any(|a| matches!(a, Argument::Skip)) {
            return;
        }
        let name = trace_name(rule);
        let by_hand = name.starts_with("StackRef") && !matches!(rule.returns.0, Kind::Bool);
        let checks = ["is_null", "is_true", "is_false", "is_none", "is_heap_safe", "is_bool", "is_tagged_int"];
        let by_hand = by_hand || checks.iter().any(|c| name == format!("StackRef.{c}"));
        if by_hand || BY_HAND.contains(&name.as_str()) {
            return;
        }
        let pure = is_pure(rule, &name);
        self.functions.push(Function { rule: rule.clone(), name, pure, via });
    }

    fn add_fields(&mut self, rules: &Rules) {
        let mut seen: BTreeMap<(String, String), ()> = BTreeMap::new();
        for rule in rules.fields() {
            if rule.of.is_empty() {
                continue;
            }
            let Some(type_) = rules.type_(&rule.of) else {
                let holder = match rule.of.as_str() {
                    "_PyInterpreterFrame" => ("_PyInterpreterFrame", "Frame"),
                    "PyThreadState" => ("PyThreadState", "Thread"),
                    "PyInterpreterState" => ("PyInterpreterState", "Thread"),
                    _ => continue,
                };
                self.fields.push(Field { rule: rule.clone(), holder: holder.0, rust: holder.1.to_owned() });
                continue;
            };
            let holder = match (type_.handle, rule.of.as_str()) {
                (false, _) => "PyObject",
                (true, "_PyErr_StackItem") => "_PyErr_StackItem",
                (true, "PyDictKeysObject") => "PyDictKeysObject",
                (true, "PyMethodDef") => "PyMethodDef",
                (true, "PyAsyncMethods") => "PyAsyncMethods",
                (true, "_PyCoMonitoringData") => "_PyCoMonitoringData",
                (true, "_PyCoLineInstrumentationData") => "_PyCoLineInstrumentationData",
                _ => continue,
            };
            if rule.get == "self" || !rule.c.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                continue;
            }
            seen.insert((holder.to_owned(), rule.c.clone()), ());
            self.fields.push(Field { rule: rule.clone(), holder, rust: type_.rust.clone() });
        }
    }

    /// `GLOBALS()` and its like: members of the frame that have no row of their own.
    fn add_frame_members(&mut self, rules: &Rules) {
        for rule in rules.calls() {
            let Some(get) = rule.rust.strip_prefix("@frame.") else { continue };
            let plain = matches!(rule.returns.0, Kind::Ref(_) | Kind::OptRef(_)) && !matches!(get, "names" | "consts");
            if plain && self.fields.iter().all(|f| f.rust != "Frame" || f.rule.get != get) {
                let rule = FieldRule {
                    of: "_PyInterpreterFrame".to_owned(),
                    c: format!("f_{get}"),
                    kind: rule.returns.0.clone(),
                    get: get.to_owned(),
                    set: None,
                };
                self.fields.push(Field { rule, holder: "_PyInterpreterFrame", rust: "Frame".to_owned() });
            }
        }
    }

    fn add_constants(&mut self, rules: &Rules) {
        let mut next = FIRST_GLOBAL;
        let mut enums: BTreeMap<String, i64> = BTreeMap::new();
        let mut bit = 0;
        for rule in rules.constants() {
            if let Kind::Ref(type_) = &rule.kind {
                let id = match rule.c.as_str() {
                    "Py_None" => 9,
                    "Py_True" => 10,
                    "Py_False" => 11,
                    _ => {
                        next += 1;
                        next - 1
                    }
                };
                self.globals.push((rule.c.clone(), rule.rust.clone(), type_.clone(), id));
                continue;
            }
            let value = match &rule.kind {
                Kind::Enum(name) | Kind::Function(name) if !name.is_empty() => {
                    let next = enums.entry(name.clone()).or_default();
                    *next += 1;
                    *next
                }
                Kind::Int(_) => number(&rule.c, &mut bit),
                Kind::Str => 0,
                _ => continue,
            };
            self.constants.push((rule.c.clone(), rule.rust.clone(), rule.kind.clone(), value));
        }
        // Members of globals that the Rust side has as constants.
        for rule in rules.fields().filter(|f| f.of.is_empty()) {
            if let Some((global, member)) = rule.c.split_once('.') {
                self.constants.push((String::new(), rule.get.clone(), rule.kind.clone(), 3));
                self.fixed.push((member.to_owned(), global.to_owned(), 3));
                // Rust may know the object by that member alone.
                if self.globals.iter().all(|g| g.0 != global) {
                    self.globals.push((global.to_owned(), String::new(), "PyType".to_owned(), next));
                    next += 1;
                }
            }
        }
    }

    /// Whether a rule says beforehand how a condition comes out: `x == NULL` of what a helper that never fails gave.
    pub(super) fn decides(&self, condition: &str, block: &str) -> bool {
        let Some(name) = condition.strip_suffix(" == NULL") else { return false };
        let never_fails = |f: &Function| {
            matches!(f.rule.returns.0, Kind::Owned(_)) && block.contains(&format!("{name} = {}(", f.rule.c))
        };
        self.functions.iter().any(never_fails)
    }

    /// The values that a field of an enumeration or a comparable function can have.
    pub(super) fn values_of(&self, kind: &Kind) -> Vec<i64> {
        let mut values: Vec<i64> = self.constants.iter().filter(|c| c.2 == *kind).map(|c| c.3).collect();
        values.sort_unstable();
        values.dedup();
        values.push(9);
        values
    }

    /// The field that a method without arguments reads, where it is one.
    pub(super) fn field_of(&self, function: &Function) -> Option<&Field> {
        let (type_, method) = function.name.split_once('.')?;
        if function.rule.arguments.len() != 1 {
            return None;
        }
        self.fields.iter().find(|f| f.rust == type_ && f.rule.get == method)
    }
}

/// Values that bodies compute with are CPython's where a relation between them matters; others are distinct bits.
fn number(c: &str, bit: &mut u32) -> i64 {
    const FACTS: &[(&str, i64)] = &[
        ("COMPARISON_UNORDERED", 1),
        ("COMPARISON_LESS_THAN", 2),
        ("COMPARISON_GREATER_THAN", 4),
        ("COMPARISON_EQUALS", 8),
        ("COMPARISON_NOT_EQUALS", 7),
        ("FRAME_CREATED", -3),
        ("FRAME_SUSPENDED", -2),
        ("FRAME_SUSPENDED_YIELD_FROM", -1),
        ("FRAME_EXECUTING", 0),
        ("FRAME_COMPLETED", 1),
        ("FRAME_CLEARED", 4),
        ("PY_VECTORCALL_ARGUMENTS_OFFSET", 1 << 20),
        ("MANAGED_DICT_OFFSET", 8),
        ("INLINE_CACHE_ENTRIES_CALL", 3),
        ("INLINE_CACHE_ENTRIES_CALL_KW", 3),
        ("INLINE_CACHE_ENTRIES_SEND", 1),
        ("INLINE_CACHE_ENTRIES_FOR_ITER", 1),
        ("RESUME_OPARG_LOCATION_MASK", 3),
        ("RESUME_AFTER_YIELD_FROM", 2),
        ("MAKE_FUNCTION_ANNOTATE", 16),
        ("_PY_EVAL_EVENTS_MASK", 3),
        ("_PY_NSMALLNEGINTS", 5),
        ("_PY_NSMALLPOSINTS", 257),
    ];
    if let Some((_, value)) = FACTS.iter().find(|(name, _)| *name == c) {
        return *value;
    }
    *bit += 1;
    if c.starts_with("PY_MONITORING") { i64::from(*bit) } else { 1 << (*bit % 6) }
}

fn trace_name(rule: &CallRule) -> String {
    let Some(method) = rule.rust.strip_prefix('.') else { return rule.rust.clone() };
    let type_ = match rule.arguments.first() {
        Some(Argument::Value(Kind::Ref(t) | Kind::OptRef(t))) => t.clone(),
        Some(Argument::Value(Kind::Peek) | Argument::Consumed(Kind::StackRef)) => "StackRef".to_owned(),
        Some(Argument::Value(Kind::Frame)) => "Frame".to_owned(),
        Some(Argument::Value(Kind::Handle(n))) => n.clone(),
        _ => "Thread".to_owned(),
    };
    format!("{type_}.{method}")
}

fn is_pure(rule: &CallRule, name: &str) -> bool {
    let plain = rule.arguments.iter().all(|a| matches!(a, Argument::Value(_) | Argument::Thread));
    let result = !matches!(
        rule.returns.0,
        Kind::Void | Kind::Never | Kind::Owned(_) | Kind::OptOwned(_) | Kind::StackRef | Kind::Fallible(..)
    );
    plain && result && (!rule.escapes || PURE_THOUGH_ESCAPING.contains(&name))
}

/// Whether C's integer type for this is signed.
pub(super) fn is_signed(int: Int) -> bool {
    matches!(int, Int::I32 | Int::I64 | Int::Isize)
}

/// A status that is a plain number beside out-parameters.
pub(super) fn status(kind: &Kind) -> Option<Status> {
    match kind {
        Kind::Fallible(inner, status) if matches!(**inner, Kind::Void | Kind::Bool | Kind::Int(_)) => Some(*status),
        _ => None,
    }
}
