//! The names of C that have a rule: each with an example that comes from its row, and what the lowering makes of it.

use super::constructs::Construct;
use translator::diagnostics::Diagnostic;
use translator::lower::kind::{Int, Kind, Status};
use translator::lower::snippet::{Given, lower_snippet};
use translator::subset::{Argument, CallRule, ConstantRule, FieldRule, Rules, TypeRule};

/// The tables of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    Macros,
    Functions,
    Pointers,
    Noops,
    Types,
    Fields,
    Constants,
    Globals,
}

impl Section {
    pub const ALL: [Self; 8] = [
        Self::Macros,
        Self::Functions,
        Self::Pointers,
        Self::Noops,
        Self::Types,
        Self::Fields,
        Self::Constants,
        Self::Globals,
    ];

    /// Title and introduction.
    pub(super) fn about(self) -> (&'static str, &'static str) {
        match self {
            Self::Macros => (
                "Macros",
                "What the lowering itself knows: the definition language's own macros, and reference counts. Most mean something \
                 in a body only, so that the example is a construct's.",
            ),
            Self::Functions => {
                ("Functions", "C's functions and function-like macros: a path of the runtime, or a method.")
            }
            Self::Pointers => {
                ("Function pointers", "Calls through a variable, a member or a table that holds a function.")
            }
            Self::Noops => {
                ("Without effect", "What is nothing for us: assertions, statistics, other builds of CPython.")
            }
            Self::Types => ("Types", "The structs that casts and declarations name, and what points to them."),
            Self::Fields => ("Fields", "Members of C's structs: how they are read, and how they are written."),
            Self::Constants => ("Constants", "Numbers, enumerators and messages."),
            Self::Globals => ("Global objects", "Types, exceptions and singletons."),
        }
    }
}

/// A name with a rule.
#[derive(Clone, Debug)]
pub struct Named {
    /// `call.PyObject_GetItem`.
    pub id: String,
    pub section: Section,
    pub c: String,
    /// What the variables of the example are.
    pub given: Vec<Given>,
    /// What the lowering makes of it, or where an example is.
    pub rust: Result<String, String>,
    /// The Rust type of the value.
    pub gives: String,
    /// The names under which bodies record the rule.
    pub recorded: Vec<String>,
}

impl Named {
    /// The C for the reader: an expression without the semicolon.
    pub fn shown(&self) -> &str {
        let is_statement = self.rust.as_ref().is_ok_and(|rust| rust.is_empty() || rust.ends_with(['\n', ';', '}']));
        if is_statement { &self.c } else { self.c.trim_end_matches(';') }
    }
}

/// What stands where neither a row nor a construct shows a name: the test finds it.
pub const NO_EXAMPLE: &str = "no example";

/// Every name, by section and in the order of C names.
pub fn names(rules: &Rules, constructs: &[Construct]) -> Vec<Named> {
    let mut out = Vec::new();
    for rule in rules.calls() {
        out.push(if rule.rust.starts_with('@') {
            primitive(rules, rule, constructs)
        } else {
            call(rules, rule, &rule.c)
        });
    }
    out.extend(rules.overloads().map(|(name, rule)| call(rules, rule, &name)));
    out.extend(rules.indirects_by_type().map(|rule| through_a_type(rules, rule)));
    out.extend(rules.indirects_by_field().map(|rule| through_a_field(rules, rule)));
    out.extend(rules.indirects_by_table().map(|rule| through_a_table(rules, rule)));
    out.extend(rules.noops().map(|name| noop(rules, name)));
    out.extend(rules.types().map(|rule| type_(rules, rule)));
    out.extend(rules.fields().flat_map(|rule| field(rules, rule)));
    out.extend(rules.plain_constants().map(|rule| constant(rules, rule, Section::Constants)));
    out.extend(rules.globals().map(|rule| constant(rules, rule, Section::Globals)));
    out
}

/// Lowers a row's example anew.
///
/// # Errors
/// The refusals.
pub fn lower(rules: &Rules, c: &str, given: &[Given]) -> Result<String, Vec<Diagnostic>> {
    lower_snippet(&format!("{{ {c} }}"), given, rules)
}

/// Variables for an example, each name once.
#[derive(Default)]
struct Cast {
    given: Vec<Given>,
    /// Declarations of what out-parameters set.
    declared: String,
}

impl Cast {
    fn new(kind: Kind) -> (Self, String) {
        let mut cast = Self::default();
        let name = cast.variable(kind);
        (cast, name)
    }

    fn variable(&mut self, kind: Kind) -> String {
        let name = self.free_name(&kind);
        self.given.push((name.clone(), kind));
        name
    }

    fn free_name(&self, kind: &Kind) -> String {
        let base = variable_name(kind);
        let taken = |name: &str| self.given.iter().any(|(given, _)| given == name);
        let names = ["", "other_", "third_", "fourth_", "fifth_"].map(|prefix| format!("{prefix}{base}"));
        names.into_iter().find(|name| !taken(name)).unwrap_or(base)
    }

    /// The address of a variable that the call sets.
    fn out(&mut self, rules: &Rules, kind: &Kind) -> String {
        let base = if matches!(kind, Kind::Int(_)) { "number" } else { "found" };
        let names = ["", "other_", "third_"].map(|prefix| format!("{prefix}{base}"));
        let taken = |name: &String| self.declared.contains(&format!("{name};"));
        let name = names.into_iter().find(|name| !taken(&format!("*{name}")) && !taken(&format!(" {name}")));
        let name = name.unwrap_or_else(|| base.to_owned());
        self.declared += &format!("{}{name}; ", c_type(rules, kind).unwrap_or_else(|| "int ".to_owned()));
        format!("&{name}")
    }

    /// What C passes for an argument.
    fn argument(&mut self, rules: &Rules, argument: &Argument) -> String {
        match argument {
            Argument::Thread => "tstate".to_owned(),
            Argument::Value(Kind::Str) => "\"text\"".to_owned(),
            Argument::Value(kind @ Kind::OptRef(_)) => self.variable(kind.clone()),
            Argument::Value(Kind::Function(name)) => format!("&{}", name.to_lowercase()),
            Argument::Value(kind) | Argument::Consumed(kind) => self.variable(kind.clone()),
            Argument::Skip => "NULL".to_owned(),
            Argument::Out(kind) | Argument::Wanted(kind) => self.out(rules, kind),
            Argument::InOut(kind) => format!("&{}", self.variable(kind.known())),
            Argument::Constant => self.variable(Kind::Int(Int::I32)),
            Argument::Rest => self.variable(Kind::Ref(Kind::object())),
        }
    }

    fn arguments(&mut self, rules: &Rules, rule: &CallRule) -> String {
        rule.arguments.iter().map(|a| self.argument(rules, a)).collect::<Vec<_>>().join(", ")
    }
}

/// A name that says what it is.
fn variable_name(kind: &Kind) -> String {
    match kind {
        Kind::Ref(t) | Kind::OptRef(t) | Kind::Owned(t) | Kind::OptOwned(t) => match t.as_str() {
            "PyInt" => "number".to_owned(),
            "PyFloat" => "real".to_owned(),
            "PyStr" => "text".to_owned(),
            other => snake(other.trim_start_matches("Py")),
        },
        Kind::Bool => "flag".to_owned(),
        Kind::F64 => "x".to_owned(),
        Kind::Int(_) => "n".to_owned(),
        Kind::StackRef | Kind::Peek => "item".to_owned(),
        Kind::Slots => "items".to_owned(),
        Kind::Frame | Kind::OptFrame => "new_frame".to_owned(),
        Kind::Instr => "instr".to_owned(),
        Kind::Array => "args".to_owned(),
        Kind::Handle(name) | Kind::OptHandle(name) | Kind::Enum(name) | Kind::Function(name) => snake(name),
        Kind::Fallible(inner, _) => variable_name(inner),
        Kind::Str | Kind::Void | Kind::Never | Kind::Thread | Kind::Interp | Kind::Null => "value".to_owned(),
    }
}

/// `PyDictUnicodeEntry` as `py_dict_unicode_entry`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase().filter(char::is_ascii_alphanumeric));
    }
    out
}

/// The example lowered; the first refusal where it is none.
fn lowered(rules: &Rules, c: &str, given: &[Given]) -> Result<String, String> {
    lower(rules, c, given).map_err(|all| all.first().map_or_else(String::new, |d| format!("{}: {}", d.code, d.message)))
}

/// A macro of the lowering: by its own arguments where that is enough, else the constructs that use it.
fn primitive(rules: &Rules, rule: &CallRule, constructs: &[Construct]) -> Named {
    let arguments = match rule.rust.as_str() {
        "@identity" if rule.arguments.is_empty() => Some(("dict->ma_keys", vec![Kind::Ref("PyDict".to_owned())])),
        "@store" | "@setref" | "@xsetref" => {
            Some(("entry->me_value, object", vec![Kind::Handle("Entry".to_owned()), Kind::Owned(Kind::object())]))
        }
        _ => None,
    };
    let named = match arguments {
        None => call(rules, rule, &rule.c),
        Some((arguments, kinds)) => {
            let mut cast = Cast::default();
            for kind in kinds {
                cast.variable(kind);
            }
            of_call(rules, rule, cast, format!("{}({arguments})", rule.c), (Section::Macros, "call", &rule.c))
        }
    };
    let named = Named { section: Section::Macros, ..named };
    if named.rust.as_ref().is_ok_and(|rust| !rust.trim().is_empty()) {
        return named;
    }
    let using = constructs.iter().filter(|c| c.rust.is_ok() && c.rules.contains(&rule.c));
    let links: Vec<String> = using.map(|c| format!("`{}`", c.id)).take(3).collect();
    let rust = if links.is_empty() { NO_EXAMPLE.to_owned() } else { format!("see {}", links.join(", ")) };
    Named { c: rule.c.clone(), given: Vec::new(), rust: Err(rust), ..named }
}

/// A call by name; `recorded` is the name with the number of arguments where there is another row.
fn call(rules: &Rules, rule: &CallRule, recorded: &str) -> Named {
    let mut cast = Cast::default();
    let arguments = cast.arguments(rules, rule);
    of_call(rules, rule, cast, format!("{}({arguments})", rule.c), (Section::Functions, "call", recorded))
}

fn of_call(rules: &Rules, rule: &CallRule, cast: Cast, call: String, of: (Section, &str, &str)) -> Named {
    let (section, kind, recorded) = of;
    let outs = rule.arguments.iter().any(|a| matches!(a, Argument::Out(_) | Argument::Wanted(_) | Argument::InOut(_)));
    // Further results are bound beside the first one, which so needs a variable.
    let c = match c_type(rules, &rule.returns.0).filter(|_| outs) {
        Some(type_) => format!("{}{type_}result = {call};", cast.declared),
        None => format!("{}{call};", cast.declared),
    };
    let gives = gives(rule);
    let escapes = if rule.escapes { ", may run code" } else { "" };
    let gives = format!("{gives}{escapes}").trim_start_matches(", ").to_owned();
    Named {
        id: format!("{kind}.{recorded}"),
        section,
        rust: lowered(rules, &c, &cast.given),
        c,
        given: cast.given,
        gives,
        recorded: vec![recorded.to_owned()],
    }
}

/// The Rust type of the result; beside out-parameters a status is C's number.
fn gives(rule: &CallRule) -> String {
    let outs = rule.arguments.iter().filter_map(|a| match a {
        Argument::Out(kind) | Argument::Wanted(kind) | Argument::InOut(kind) => Some(kind.rust()),
        _ => None,
    });
    let outs: Vec<String> = outs.collect();
    let first = match &rule.returns.0 {
        Kind::Void => None,
        Kind::Fallible(_, status) if !outs.is_empty() && *status != Status::Null => Some("i32".to_owned()),
        kind => Some(kind.rust()),
    };
    let all: Vec<String> = first.into_iter().chain(outs).collect();
    match all.as_slice() {
        [] => String::new(),
        [one] => format!("`{one}`"),
        several => format!("`({})`", several.join(", ")),
    }
}

/// The type with which C declares a variable, with the blank or star after it.
fn c_type(rules: &Rules, kind: &Kind) -> Option<String> {
    Some(match kind {
        Kind::Void | Kind::Never => return None,
        Kind::Ref(t) | Kind::OptRef(t) | Kind::Owned(t) | Kind::OptOwned(t) => {
            format!("{} *", rules.c_types(t).first()?)
        }
        Kind::Fallible(inner, _) => return c_type(rules, if **inner == Kind::Void { &Kind::Bool } else { inner }),
        Kind::StackRef | Kind::Peek => "_PyStackRef ".to_owned(),
        Kind::Frame | Kind::OptFrame => "_PyInterpreterFrame *".to_owned(),
        Kind::Handle(name) => match rules.c_types(name).first() {
            Some(type_) => format!("{type_} *"),
            None => "int ".to_owned(),
        },
        _ => "int ".to_owned(),
    })
}

/// `function(…)` of a variable that holds a function.
fn through_a_type(rules: &Rules, rule: &CallRule) -> Named {
    let mut cast = Cast::default();
    let mut arguments = rule.arguments.iter();
    let function = arguments.next().map_or_else(|| "function".to_owned(), |a| cast.argument(rules, a));
    let rest: Vec<String> = arguments.map(|a| cast.argument(rules, a)).collect();
    let c = format!("{function}({})", rest.join(", "));
    of_call(rules, rule, cast, c, (Section::Pointers, "via", &rule.c))
}

/// `object->member(…)`.
fn through_a_field(rules: &Rules, rule: &CallRule) -> Named {
    let mut cast = Cast::default();
    let arguments: Vec<String> = rule.arguments.iter().map(|a| cast.argument(rules, a)).collect();
    let c = match arguments.split_first() {
        Some((base, rest)) => format!("{base}->{}({})", rule.c, rest.join(", ")),
        None => rule.c.clone(),
    };
    let direct = lowered(rules, &format!("{c};"), &cast.given);
    if direct.is_ok() {
        return of_call(rules, rule, cast, c, (Section::Pointers, "via", &rule.c));
    }
    // The member's function takes the object itself: `Py_TYPE(object)->member(object, …)`.
    let c = match arguments.first() {
        Some(object) => format!("Py_TYPE({object})->{}({})", rule.c, arguments.join(", ")),
        None => rule.c.clone(),
    };
    of_call(rules, rule, cast, c, (Section::Pointers, "via", &rule.c))
}

/// `table[i].member(…)` or `table[i](…)`.
fn through_a_table(rules: &Rules, rule: &CallRule) -> Named {
    let mut cast = Cast::default();
    let arguments: Vec<String> = rule.arguments.iter().map(|a| cast.argument(rules, a)).collect();
    let c = match arguments.split_first() {
        Some((index, rest)) => format!("{}[{index}]({})", rule.c, rest.join(", ")),
        None => rule.c.clone(),
    };
    of_call(rules, rule, cast, c, (Section::Pointers, "via", &rule.c))
}

fn noop(rules: &Rules, name: &str) -> Named {
    let (cast, flag) = Cast::new(Kind::Bool);
    let c = format!("{name}({flag});");
    Named {
        id: format!("noop.{name}"),
        section: Section::Noops,
        rust: lowered(rules, &c, &cast.given).map(|text| if text.trim() == "()" { String::new() } else { text }),
        c,
        given: cast.given,
        gives: String::new(),
        recorded: vec![name.to_owned()],
    }
}

/// A cast to the type, where objects are cast to it; else a variable of it.
fn type_(rules: &Rules, rule: &TypeRule) -> Named {
    let pointer = rules.pointer(&rule.c).unwrap_or(Kind::Null);
    let (cast, object) = Cast::new(Kind::Ref(Kind::object()));
    let cast_c = format!("({} *){object};", rule.c);
    let (c, given, rust) = match lowered(rules, &cast_c, &cast.given) {
        Ok(rust) if !rule.handle => (cast_c, cast.given, Ok(rust)),
        // What is no object comes from a member or a call: the variable that holds it.
        _ => {
            let name = variable_name(&pointer);
            // Some rows are for a table or a pointer to a pointer, which C does not name by a word.
            let plain = rule.c.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let function = rule.c.ends_with("func") || rule.c.contains("CFunction");
            let star = if plain && !function { " *" } else { "" };
            (format!("{}{star}", rule.c), Vec::new(), Err(format!("`{name}: {}`", pointer.rust())))
        }
    };
    Named {
        id: format!("type.{}", rule.c),
        section: Section::Types,
        c,
        given,
        rust,
        gives: format!("`{}`", pointer.rust()),
        recorded: vec![rule.c.clone()],
    }
}

/// What a member is read from: C's text, and the variables that it needs.
fn base_of(rules: &Rules, of: &str) -> (String, Vec<Given>) {
    match of {
        "_PyInterpreterFrame" => ("frame".to_owned(), Vec::new()),
        "_Py_CODEUNIT" => ("this_instr".to_owned(), Vec::new()),
        "PyThreadState" => ("tstate".to_owned(), Vec::new()),
        "PyInterpreterState" => ("tstate->interp".to_owned(), Vec::new()),
        _ => {
            let (cast, name) = Cast::new(rules.pointer(of).unwrap_or(Kind::Null));
            (name, cast.given)
        }
    }
}

/// Reading a member, and writing it.
fn field(rules: &Rules, rule: &FieldRule) -> Vec<Named> {
    let (base, given) = base_of(rules, &rule.of);
    let mut cast = Cast { given, ..Cast::default() };
    let place = match rule.c.as_str() {
        "[]" => format!("{base}[{}]", cast.variable(Kind::Int(Int::I32))),
        "+" => format!("{base} + {}", cast.variable(Kind::Int(Int::I32))),
        "*" => format!("*{base}"),
        _ if rule.of.is_empty() => rule.c.clone(),
        path => format!("{base}->{path}"),
    };
    let recorded = format!("{}.{}", rule.of, rule.c);
    let id = format!("field.{}", recorded.trim_start_matches('.'));
    let named = |id: String, c: String, given: Vec<Given>, gives: String| Named {
        id,
        section: Section::Fields,
        rust: lowered(rules, &c, &given),
        c,
        given,
        gives,
        recorded: vec![recorded.clone()],
    };
    let mut out = Vec::new();
    if !rule.get.is_empty() {
        out.push(named(id.clone(), format!("{place};"), cast.given.clone(), format!("`{}`", rule.kind.rust())));
    }
    if rule.set.is_some() {
        // A member that holds a count takes the one of what is stored.
        let value = match &rule.kind {
            Kind::Ref(t) => Kind::Owned(t.clone()),
            Kind::OptRef(t) => Kind::OptOwned(t.clone()),
            other => other.clone(),
        };
        let value = cast.variable(value);
        out.push(named(id, format!("{place} = {value};"), cast.given, String::new()));
    }
    out
}

fn constant(rules: &Rules, rule: &ConstantRule, section: Section) -> Named {
    let (kind, c) = match section {
        Section::Globals if rules.constant(&rule.c).is_none() => ("global", global_text(rules, rule)),
        _ => ("const", format!("{};", rule.c)),
    };
    Named {
        id: format!("{kind}.{}", rule.c),
        section,
        rust: lowered(rules, &c, &[]),
        c,
        given: Vec::new(),
        gives: format!("`{}`", rule.kind.rust()),
        recorded: vec![rule.c.clone()],
    }
}

/// A global by its address where it is a struct, by its name where it is a pointer; an interned name by the macro that gives it.
fn global_text(rules: &Rules, rule: &ConstantRule) -> String {
    if matches!(rule.kind, Kind::Ref(ref t) if t == "PyStr") && rules.call("_Py_ID").is_some() {
        let by = if rule.c == "empty" { "_Py_STR" } else { "_Py_ID" };
        return format!("&{by}({});", rule.c);
    }
    let address = if rule.c.ends_with("_Type") { "&" } else { "" };
    format!("{address}{};", rule.c)
}
