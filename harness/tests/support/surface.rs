//! A runtime of types alone, made from the rules that bodies use: each helper has the signature that its row says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use translator::lower::kind::{Int, Kind, Status};
use translator::subset::{Argument, CallRule, ConstantRule, FieldRule, Rules};

/// Names that the core text defines: no rule's type may define them again.
const OF_CORE: [&str; 12] = [
    "Ref",
    "Owned",
    "StackRef",
    "SlotPtr",
    "Args",
    "StackPtr",
    "Frame",
    "InstrPtr",
    "Thread",
    "Exit",
    "Argument",
    "Conversion",
];

pub(crate) struct Surface<'a> {
    rules: &'a Rules,
    used: BTreeSet<&'a str>,
    /// By module, functions and constants by name.
    modules: BTreeMap<String, BTreeMap<String, String>>,
    /// By type, methods by name.
    methods: BTreeMap<String, BTreeMap<String, String>>,
}

impl<'a> Surface<'a> {
    pub(crate) fn new(rules: &'a Rules, used: BTreeSet<&'a str>) -> Self {
        Self { rules, used, modules: BTreeMap::new(), methods: BTreeMap::new() }
    }

    /// One crate: the core, the runtime, and a generated file in the place where it expects them.
    pub(crate) fn crate_text(mut self, core: &str, generated: &str) -> String {
        self.collect(core);
        self.views();
        let mut out = String::from("pub mod prelude {\n");
        out += core;
        out += &self.types();
        for (type_, methods) in &self.methods {
            let _ = writeln!(out, "impl {type_} {{");
            methods.values().for_each(|method| out += method);
            out += "}\n";
        }
        out += "}\npub mod runtime {\n";
        let modules = words_before(generated, "crate::runtime::{", "}");
        for module in modules.iter().filter(|m| !self.modules.contains_key(*m)) {
            let _ = writeln!(out, "pub mod {module} {{}}");
        }
        for (module, items) in &self.modules {
            let _ = writeln!(out, "pub mod {module} {{ use crate::prelude::*;");
            items.values().for_each(|item| out += item);
            out += "}\n";
        }
        out += "}\npub mod generated {\n";
        for (module, type_) in [("opcode", "u8"), ("uop", "u16")] {
            let _ = writeln!(out, "pub mod {module} {{");
            for (number, name) in names_after(generated, &format!("{module}::")).into_iter().enumerate() {
                let _ = writeln!(out, "pub const {name}: {type_} = {number};");
            }
            out += "}\n";
        }
        // Doc comments of the file itself cannot stand inside a module.
        let body: Vec<&str> = generated.lines().filter(|l| !l.starts_with("//!")).collect();
        let _ = writeln!(out, "pub mod bodies {{\n{}\n}}\n}}", body.join("\n"));
        out
    }

    fn collect(&mut self, core: &str) {
        let (rules, used) = (self.rules, self.used.clone());
        let is_used = |name: &str| used.contains(name);
        for (name, rule) in rules.all_calls() {
            match rule.rust.strip_prefix("@frame.") {
                _ if !is_used(&name) => {}
                Some(method) => self.method("Frame", method, Vec::new(), &rule.returns.0.rust(), core),
                None if rule.rust.starts_with('@') => {}
                None => self.call(rule, core),
            }
        }
        for rule in rules.constants().filter(|r| is_used(&r.c)) {
            self.constant(rule);
        }
        for rule in rules.fields() {
            if used.contains(format!("{}.{}", rule.of, rule.c).as_str()) {
                self.field(rule, core);
            }
        }
        if let Some(machine) = rules.machine()
            && let Some(of) = rules.variable(&machine.locals_of)
            && let Some(method) = machine.locals.trim_end_matches("()").rsplit('.').next()
        {
            self.method(&of.rust(), method, Vec::new(), &machine.items.rust(), core);
            let (item, items) = (machine.item.rust(), machine.items.rust());
            self.method(&items, "get", vec!["isize".into()], &item, core);
            self.method(&items, "put", vec!["isize".into(), item], "()", core);
            let shrink = "pub fn shrink(&mut self, _: usize) {}\n".to_owned();
            self.methods.entry(items).or_default().insert("shrink".into(), shrink);
        }
        // What primitives of the lowering call, whichever rule names them.
        for (module, name, text) in [
            ("eval", "handle_breaker", "pub fn handle_breaker(_: &Thread) -> Result<(), Raised> { nothing() }\n"),
            (
                "instrument",
                "jump",
                "pub fn jump(_: &Thread, _: Frame, _: InstrPtr, _: i32, _: InstrPtr, _: InstrPtr) -> Result<InstrPtr, Raised> { nothing() }\n",
            ),
        ] {
            self.modules.entry(module.into()).or_default().entry(name.into()).or_insert_with(|| text.to_owned());
        }
    }

    /// The views that a handle can be made from: the lowering asks for them by kind.
    fn views(&mut self) {
        let handles: Vec<String> =
            self.rules.types().filter(|rule| rule.handle).map(|rule| rule.rust.clone()).collect();
        for handle in handles.into_iter().filter(|h| h.chars().all(char::is_alphanumeric)) {
            if OF_CORE.contains(&handle.as_str()) {
                continue;
            }
            let methods = self.methods.entry(handle).or_default();
            for (name, from) in [("of", "Ref"), ("from_object", "Ref"), ("at", "InstrPtr")] {
                let text = format!("pub fn {name}(_: {from}) -> Self {{ nothing() }}\n");
                methods.entry(name.to_owned()).or_insert(text);
            }
            let slot = "pub fn object_slot(self) -> ObjectSlot { nothing() }\n".to_owned();
            methods.entry("object_slot".to_owned()).or_insert(slot);
            let offset = "pub fn offset_from(self, _: Self) -> isize { nothing() }\n".to_owned();
            methods.entry("offset_from".to_owned()).or_insert(offset);
        }
    }

    fn types(&self) -> String {
        let mut names: BTreeSet<(String, bool)> =
            self.rules.types().map(|rule| (rule.rust.clone(), rule.handle)).collect();
        names.insert(("PyObject".into(), false));
        names.insert(("PyType".into(), false));
        // Enumerations and functions, of which constants name the values.
        let kinds = self.rules.constants().map(|r| &r.kind).chain(self.rules.fields().map(|r| &r.kind));
        let arguments =
            self.rules.all_calls().flat_map(|(_, rule)| &rule.arguments).filter_map(|argument| match argument {
                Argument::Value(kind) | Argument::Consumed(kind) => Some(kind),
                _ => None,
            });
        for kind in kinds.chain(arguments) {
            if let Kind::Enum(name) | Kind::Function(name) | Kind::Handle(name) | Kind::OptHandle(name) = kind {
                names.insert((name.clone(), false));
            }
        }
        names.extend(self.methods.keys().map(|name| (name.clone(), false)));
        let mut seen = BTreeSet::new();
        let mut out = String::new();
        for (name, _) in names {
            let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
            if plain && !OF_CORE.contains(&name.as_str()) && seen.insert(name.clone()) {
                let _ = writeln!(out, "#[derive(Clone, Copy, PartialEq, PartialOrd)] pub struct {name};");
            }
        }
        out
    }

    fn call(&mut self, rule: &CallRule, core: &str) {
        let (mut parameters, mut outs) = (Vec::new(), Vec::new());
        let mut thread = rule.thread;
        for argument in &rule.arguments {
            match argument {
                Argument::Thread => thread = true,
                Argument::Skip => {}
                Argument::Value(kind) | Argument::Consumed(kind) => parameters.push(kind.rust()),
                Argument::Out(kind) => outs.push(kind.rust()),
                Argument::Wanted(kind) => {
                    parameters.push("bool".into());
                    outs.push(kind.rust());
                }
                Argument::InOut(kind) => {
                    parameters.push(kind.known().rust());
                    outs.push(kind.rust());
                }
                Argument::Constant => parameters.push("impl Copy".into()),
                Argument::Rest => parameters.push("&[Argument]".into()),
            }
        }
        let result = result(&rule.returns.0, outs);
        if let Some(method) = rule.rust.strip_prefix('.') {
            let receiver = if parameters.is_empty() { "&Thread".to_owned() } else { parameters.remove(0) };
            if thread && receiver != "&Thread" {
                parameters.insert(0, "&Thread".into());
            }
            self.method(&receiver, method, parameters, &result, core);
            return;
        }
        if thread {
            parameters.insert(0, "&Thread".into());
        }
        let Some((module, name)) = rule.rust.rsplit_once("::") else { return };
        let parameters: Vec<String> = parameters.iter().map(|p| format!("_: {p}")).collect();
        let text = format!("pub fn {name}({}) -> {result} {{ nothing() }}\n", parameters.join(", "));
        if module.starts_with(|c: char| c.is_ascii_uppercase()) {
            if !OF_CORE.contains(&module) || !core.contains(&format!("fn {name}(")) {
                self.methods.entry(module.into()).or_default().insert(name.into(), text);
            }
        } else {
            self.modules.entry(module.into()).or_default().insert(name.into(), text);
        }
    }

    fn method(&mut self, receiver: &str, name: &str, parameters: Vec<String>, result: &str, core: &str) {
        let (type_, this) = match receiver.strip_prefix('&') {
            Some(type_) => (type_, "&self"),
            None => (receiver, "self"),
        };
        let type_ = type_.strip_prefix("Option<").and_then(|t| t.strip_suffix('>')).unwrap_or(type_);
        let base = type_.split('<').next().unwrap_or(type_);
        if OF_CORE.contains(&base) && defines(core, base, name) {
            return;
        }
        let parameters: String = parameters.iter().map(|p| format!(", _: {p}")).collect();
        let result = if this == "self" { result.replace("&StackRef", "&'static StackRef") } else { result.to_owned() };
        let text = format!("pub fn {name}({this}{parameters}) -> {result} {{ nothing() }}\n");
        self.methods.entry(type_.to_owned()).or_default().insert(name.to_owned(), text);
    }

    fn constant(&mut self, rule: &ConstantRule) {
        let Some((module, name)) = rule.rust.trim_end_matches("()").rsplit_once("::") else { return };
        if matches!(module, "i32" | "StackRef") {
            return;
        }
        let type_ = rule.kind.rust();
        let function = !name.chars().any(|c| c.is_ascii_uppercase());
        let text = match &rule.kind {
            _ if function => format!("pub fn {name}() -> {type_} {{ nothing() }}\n"),
            Kind::Int(_) => format!("pub const {name}: {type_} = 0;\n"),
            Kind::Bool => format!("pub const {name}: bool = false;\n"),
            Kind::Str => format!("pub const {name}: &str = \"\";\n"),
            // Compared or passed on by its path.
            _ if type_.is_empty() => format!("pub const {name}: () = ();\n"),
            _ => format!("pub const {name}: {type_} = {type_};\n"),
        };
        if module.starts_with(|c: char| c.is_ascii_uppercase()) {
            self.methods.entry(module.into()).or_default().insert(name.into(), text);
        } else {
            self.modules.entry(module.into()).or_default().insert(name.into(), text);
        }
    }

    fn field(&mut self, rule: &FieldRule, core: &str) {
        let receiver = match rule.of.as_str() {
            "_PyInterpreterFrame" => "Frame".to_owned(),
            "_Py_CODEUNIT" => "InstrPtr".to_owned(),
            "PyThreadState" | "_PyThreadStateImpl" | "_ts" | "PyInterpreterState" | "_is" => "&Thread".to_owned(),
            "" => {
                let kind = rule.kind.clone();
                return self.constant(&ConstantRule { c: rule.c.clone(), rust: rule.get.clone(), kind });
            }
            of => match self.rules.pointer(of) {
                Some(kind) => kind.rust(),
                None => return,
            },
        };
        let index = matches!(rule.c.as_str(), "[]" | "+");
        let at: Vec<String> = if index { vec!["isize".into()] } else { Vec::new() };
        if !rule.get.is_empty() && rule.get != "self" {
            self.method(&receiver, &rule.get, at.clone(), &rule.kind.rust(), core);
        }
        if let Some(set) = &rule.set {
            let value = match &rule.kind {
                Kind::Ref(_) | Kind::OptRef(_) => "impl Sized".to_owned(),
                other => other.rust(),
            };
            let at = at.into_iter().chain([value]).collect();
            self.method(&receiver, set, at, "()", core);
        }
    }
}

/// What a call gives: beside out-parameters a status is a number.
fn result(kind: &Kind, outs: Vec<String>) -> String {
    if outs.is_empty() {
        return kind.rust();
    }
    let kind = match kind {
        Kind::Fallible(inner, Status::MinusOne | Status::Zero | Status::Negative)
            if matches!(**inner, Kind::Void | Kind::Bool | Kind::Int(_)) =>
        {
            Kind::Int(Int::I32)
        }
        other => other.clone(),
    };
    let first = (kind != Kind::Void).then(|| kind.rust());
    let all: Vec<String> = first.into_iter().chain(outs).collect();
    if all.len() == 1 { all[0].clone() } else { format!("({})", all.join(", ")) }
}

/// Whether the core text has the method on the type.
fn defines(core: &str, type_: &str, method: &str) -> bool {
    let blocks = core.split("\nimpl").filter(|block| {
        let head = block.split('{').next().unwrap_or("");
        head.trim_end().ends_with(type_) || head.contains(&format!(" {type_}<T>"))
    });
    blocks.into_iter().any(|block| {
        let end = block.find("\n}\n").unwrap_or(block.len());
        block[..end].contains(&format!("fn {method}(")) || block[..end].contains(&format!("fn {method}<"))
    })
}

/// The names in a list that stands between two marks.
fn words_before(text: &str, before: &str, after: &str) -> Vec<String> {
    let Some(at) = text.find(before) else { return Vec::new() };
    let rest = &text[at + before.len()..];
    let list = &rest[..rest.find(after).unwrap_or(0)];
    list.split(',').map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect()
}

/// The names that follow a mark, each once.
fn names_after(text: &str, mark: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let ends = text.match_indices(mark).map(|(at, _)| &text[at + mark.len()..]);
    ends.map(|rest| rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())].to_owned())
        .filter(|n| !n.is_empty())
        .collect()
}
