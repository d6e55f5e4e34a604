//! Reads and checks the rule files.

use super::words;
use super::{Argument, CallRule, ConstantRule, FieldRule, Machine, Returns, TypeRule};
use crate::lower::kind::Kind;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    call: Vec<CallRow>,
    #[serde(default)]
    noop: Vec<NoopRow>,
    #[serde(default, rename = "type")]
    type_: Vec<TypeRow>,
    #[serde(default)]
    field: Vec<FieldRow>,
    #[serde(default)]
    constant: Vec<ConstantRow>,
    #[serde(default)]
    global: Vec<ConstantRow>,
    #[serde(default)]
    variable: Vec<VariableRow>,
    surface: Option<Surface>,
    #[serde(default)]
    indirect: Vec<IndirectRow>,
    /// C names (`Struct.field` for fields) whose Rust side the runtime does not have yet.
    #[serde(default)]
    unbound: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallRow {
    c: String,
    rust: String,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default = "void")]
    ret: String,
    #[serde(default)]
    thread: bool,
    #[serde(default)]
    escapes: bool,
    /// Beside another row for the name, not instead of it: what a release calls it with is another number of arguments.
    #[serde(default)]
    also: bool,
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader of the rule file and for SUBSET.md")]
    note: Option<String>,
}

fn void() -> String {
    "void".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IndirectRow {
    callee: Option<String>,
    callee_field: Option<String>,
    callee_table: Option<String>,
    rust: String,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default = "void")]
    ret: String,
    #[serde(default)]
    thread: bool,
    #[serde(default)]
    escapes: bool,
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader of the rule file and for SUBSET.md")]
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoopRow {
    c: String,
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader of the rule file and for SUBSET.md")]
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeRow {
    c: String,
    rust: String,
    #[serde(default)]
    handle: bool,
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader of the rule file and for SUBSET.md")]
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldRow {
    of: String,
    c: String,
    ty: String,
    #[serde(default)]
    get: String,
    set: Option<String>,
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader of the rule file and for SUBSET.md")]
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConstantRow {
    c: String,
    rust: String,
    ty: String,
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader of the rule file and for SUBSET.md")]
    note: Option<String>,
}

/// A variable of the machine around a body, or an operand, whose kind is another than in the interpreter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VariableRow {
    c: String,
    ty: String,
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader of the rule file and for SUBSET.md")]
    note: Option<String>,
}

/// What bodies work on, where it is not the interpreter's stack.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Surface {
    /// The kind of one stack item, and of several in a row.
    item: String,
    items: String,
    /// The Rust that gives the frame's local variables, and the variable that it asks.
    locals: String,
    locals_of: String,
}

/// A rule file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    pub file: String,
    pub message: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.message)
    }
}

impl std::error::Error for RuleError {}

/// All rules, by C name.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    calls: BTreeMap<String, CallRule>,
    /// Rows for another number of arguments than the one in `calls`.
    overloads: BTreeMap<(String, usize), CallRule>,
    noops: BTreeMap<String, ()>,
    types: BTreeMap<String, TypeRule>,
    fields: BTreeMap<(String, String), FieldRule>,
    constants: BTreeMap<String, ConstantRule>,
    globals: BTreeMap<String, ConstantRule>,
    indirect_by_type: BTreeMap<String, CallRule>,
    indirect_by_field: BTreeMap<String, CallRule>,
    indirect_by_table: BTreeMap<String, CallRule>,
    unbound: BTreeSet<String>,
    variables: BTreeMap<String, Kind>,
    machine: Option<Machine>,
}

impl Rules {
    /// Reads rule files, given as name and text; a later file's row replaces an earlier file's for the same C name,
    /// so that a VM's own rules can be laid over ours.
    ///
    /// # Errors
    /// TOML errors, unknown words, and two rows for one name in one file.
    pub fn load<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, RuleError> {
        let mut rules = Self::default();
        for (name, text) in files {
            let file: File =
                toml::from_str(text).map_err(|e| RuleError { file: name.to_owned(), message: e.to_string() })?;
            rules.add(name, file)?;
        }
        Ok(rules)
    }

    fn add(&mut self, name: &str, file: File) -> Result<(), RuleError> {
        let fail = |message: String| RuleError { file: name.to_owned(), message };
        let mut seen = BTreeMap::new();
        let mut once = |what: &str| match seen.insert(what.to_owned(), ()) {
            None => Ok(()),
            Some(()) => Err(fail(format!("two rows for `{what}`"))),
        };
        for row in file.call {
            let key = if row.also { format!("{} with {} arguments", row.c, row.args.len()) } else { row.c.clone() };
            once(&key)?;
            let also = row.also;
            let rule = call_rule(row.c, row.rust, &row.args, &row.ret, row.thread, row.escapes).map_err(fail)?;
            if also {
                self.overloads.insert((rule.c.clone(), rule.arguments.len()), rule);
                continue;
            }
            self.calls.insert(rule.c.clone(), rule);
        }
        for row in file.indirect {
            let key = row.callee.as_ref().or(row.callee_field.as_ref()).or(row.callee_table.as_ref());
            let key = key.ok_or_else(|| fail("an [[indirect]] row names no callee".to_owned()))?.clone();
            once(&format!("indirect {key}"))?;
            let rule = call_rule(key.clone(), row.rust, &row.args, &row.ret, row.thread, row.escapes).map_err(fail)?;
            let table = if row.callee.is_some() {
                &mut self.indirect_by_type
            } else if row.callee_field.is_some() {
                &mut self.indirect_by_field
            } else {
                &mut self.indirect_by_table
            };
            table.insert(key, rule);
        }
        self.unbound.extend(file.unbound);
        let kind_of =
            |what: &str, word: &str| words::value(word).ok_or_else(|| fail(format!("{what}: unknown word `{word}`")));
        for row in file.variable {
            once(&format!("variable {}", row.c))?;
            let kind = kind_of(&row.c, &row.ty)?;
            self.variables.insert(row.c, kind);
        }
        if let Some(surface) = file.surface {
            self.machine = Some(Machine {
                item: kind_of("surface", &surface.item)?,
                items: kind_of("surface", &surface.items)?,
                locals: surface.locals,
                locals_of: surface.locals_of,
            });
        }
        for row in file.noop {
            once(&row.c)?;
            self.noops.insert(row.c, ());
        }
        for row in file.type_ {
            once(&row.c)?;
            self.types.insert(row.c.clone(), TypeRule { c: row.c, rust: row.rust, handle: row.handle });
        }
        for row in file.field {
            once(&format!("{}.{}", row.of, row.c))?;
            let kind = words::value(&row.ty)
                .ok_or_else(|| fail(format!("{}.{}: unknown word `{}`", row.of, row.c, row.ty)))?;
            let get = row.get.trim_end_matches("()").to_owned();
            let set = row.set.map(|s| s.trim_end_matches("()").to_owned());
            self.fields.insert((row.of.clone(), row.c.clone()), FieldRule { of: row.of, c: row.c, kind, get, set });
        }
        for (rows, table) in [(file.constant, &mut self.constants), (file.global, &mut self.globals)] {
            for row in rows {
                once(&row.c)?;
                let kind =
                    words::value(&row.ty).ok_or_else(|| fail(format!("{}: unknown word `{}`", row.c, row.ty)))?;
                table.insert(row.c.clone(), ConstantRule { c: row.c, rust: row.rust, kind });
            }
        }
        Ok(())
    }

    /// The kind of a variable of the machine, where it is not the interpreter's.
    pub fn variable(&self, name: &str) -> Option<&Kind> {
        self.variables.get(name)
    }

    pub fn variables(&self) -> impl Iterator<Item = (&str, &Kind)> {
        self.variables.iter().map(|(name, kind)| (name.as_str(), kind))
    }

    /// Whether stack items are objects: before 3.14 there were no stack references.
    pub fn objects(&self) -> bool {
        self.machine.as_ref().is_some_and(|m| matches!(m.item, Kind::Ref(_)))
    }

    /// What bodies work on, where it is not the interpreter's stack.
    pub fn machine(&self) -> Option<&Machine> {
        self.machine.as_ref()
    }

    /// Whether the rule for a C name is there but the runtime's side of it is not.
    pub fn is_unbound(&self, name: &str) -> bool {
        self.unbound.contains(name)
    }

    /// The C names whose Rust side is missing, sorted.
    pub fn unbound(&self) -> impl Iterator<Item = &str> {
        self.unbound.iter().map(String::as_str)
    }

    pub fn call(&self, name: &str) -> Option<&CallRule> {
        self.calls.get(name)
    }

    /// The rule for a call with so many arguments.
    pub fn call_with(&self, name: &str, arguments: usize) -> Option<&CallRule> {
        self.overloads.get(&(name.to_owned(), arguments)).or_else(|| self.calls.get(name))
    }

    pub fn is_noop(&self, name: &str) -> bool {
        self.noops.contains_key(name)
    }

    pub fn type_(&self, name: &str) -> Option<&TypeRule> {
        self.types.get(name)
    }

    pub fn field(&self, of: &str, name: &str) -> Option<&FieldRule> {
        self.fields.get(&(of.to_owned(), name.to_owned()))
    }

    pub fn constant(&self, name: &str) -> Option<&ConstantRule> {
        self.constants.get(name)
    }

    pub fn global(&self, name: &str) -> Option<&ConstantRule> {
        self.globals.get(name)
    }

    pub fn indirect_type(&self, c_type: &str) -> Option<&CallRule> {
        self.indirect_by_type.get(c_type)
    }

    pub fn indirect_field(&self, field: &str) -> Option<&CallRule> {
        self.indirect_by_field.get(field)
    }

    pub fn indirect_table(&self, table: &str) -> Option<&CallRule> {
        self.indirect_by_table.get(table)
    }

    /// Calls through a pointer of a C type.
    pub fn indirects_by_type(&self) -> impl Iterator<Item = &CallRule> {
        self.indirect_by_type.values()
    }

    /// Calls through a pointer in a member.
    pub fn indirects_by_field(&self) -> impl Iterator<Item = &CallRule> {
        self.indirect_by_field.values()
    }

    /// Calls through a table that is indexed in the call.
    pub fn indirects_by_table(&self) -> impl Iterator<Item = &CallRule> {
        self.indirect_by_table.values()
    }

    /// The types, in the order of their C names.
    pub fn types(&self) -> impl Iterator<Item = &TypeRule> {
        self.types.values()
    }

    pub fn fields(&self) -> impl Iterator<Item = &FieldRule> {
        self.fields.values()
    }

    /// The rows for another number of arguments, by the name under which bodies record them.
    pub fn overloads(&self) -> impl Iterator<Item = (String, &CallRule)> {
        self.overloads.iter().map(|((name, count), rule)| (format!("{name}/{count}"), rule))
    }

    /// Constants that are no objects.
    pub fn plain_constants(&self) -> impl Iterator<Item = &ConstantRule> {
        self.constants.values()
    }

    pub fn globals(&self) -> impl Iterator<Item = &ConstantRule> {
        self.globals.values()
    }

    /// The id of a rule, from the name under which bodies record it: `call.PyObject_GetItem`, `field.PyTypeObject.tp_flags`.
    pub fn id(&self, recorded: &str) -> Option<String> {
        let overload = || self.overloads.keys().any(|(name, count)| format!("{name}/{count}") == recorded);
        let indirect = [&self.indirect_by_type, &self.indirect_by_field, &self.indirect_by_table];
        let field = || self.fields.keys().any(|(of, name)| format!("{of}.{name}") == recorded);
        let kind = if self.calls.contains_key(recorded) || overload() {
            "call"
        } else if indirect.into_iter().any(|table| table.contains_key(recorded)) {
            "via"
        } else if self.noops.contains_key(recorded) {
            "noop"
        } else if self.constants.contains_key(recorded) {
            "const"
        } else if self.globals.contains_key(recorded) {
            "global"
        } else if self.types.contains_key(recorded) {
            "type"
        } else if self.variables.contains_key(recorded) {
            "variable"
        } else if field() {
            "field"
        } else {
            return None;
        };
        Some(format!("{kind}.{}", recorded.trim_start_matches('.')))
    }

    /// Constants and global objects.
    pub fn constants(&self) -> impl Iterator<Item = &ConstantRule> {
        self.constants.values().chain(self.globals.values())
    }

    /// Names whose calls have no effect for us.
    pub fn noops(&self) -> impl Iterator<Item = &str> {
        self.noops.keys().map(String::as_str)
    }

    /// Every row for a call, by the name under which bodies record it: also those through pointers, and those for another
    /// number of arguments.
    pub fn all_calls(&self) -> impl Iterator<Item = (String, &CallRule)> {
        let indirect = [&self.indirect_by_type, &self.indirect_by_field, &self.indirect_by_table];
        let plain = self.calls.iter().chain(indirect.into_iter().flatten()).map(|(name, rule)| (name.clone(), rule));
        plain.chain(self.overloads.iter().map(|((name, count), rule)| (format!("{name}/{count}"), rule)))
    }

    /// The names of all rows, as the bodies that use them record them.
    pub fn rows(&self) -> impl Iterator<Item = String> {
        let calls = self.calls.keys().chain(self.noops.keys()).cloned();
        let named = self.constants.keys().chain(self.globals.keys()).cloned();
        let overloads = self.overloads.keys().map(|(name, arguments)| format!("{name}/{arguments}"));
        let indirect = [&self.indirect_by_type, &self.indirect_by_field, &self.indirect_by_table];
        let indirect = indirect.into_iter().flat_map(|table| table.keys().cloned());
        let fields = self.fields.keys().map(|(of, name)| format!("{of}.{name}"));
        calls.chain(named).chain(overloads).chain(indirect).chain(fields).chain(self.variables.keys().cloned())
    }

    /// The kind of a pointer to a C type.
    pub fn pointer(&self, c_type: &str) -> Option<Kind> {
        let rule = self.types.get(c_type)?;
        Some(if rule.handle { Kind::Handle(rule.rust.clone()) } else { Kind::Ref(rule.rust.clone()) })
    }

    /// The C names that stand for a Rust type.
    pub fn c_types(&self, rust: &str) -> Vec<String> {
        self.types.values().filter(|t| t.rust == rust).map(|t| t.c.clone()).collect()
    }

    /// Every rule for a call, in the order of C names.
    pub fn calls(&self) -> impl Iterator<Item = &CallRule> {
        self.calls.values()
    }
}

fn call_rule(
    c: String,
    rust: String,
    args: &[String],
    ret: &str,
    thread: bool,
    escapes: bool,
) -> Result<CallRule, String> {
    let parse = |word: &String| Argument::parse(word).ok_or_else(|| format!("{c}: unknown argument word `{word}`"));
    let arguments = args.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let returns = Returns::parse(ret).ok_or_else(|| format!("{c}: unknown return word `{ret}`"))?;
    Ok(CallRule { c, rust, arguments, returns, thread, escapes })
}
