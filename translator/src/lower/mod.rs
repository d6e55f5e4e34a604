//! From the C of a body to Rust: names resolved by the rules, reference counts turned into moves, borrows and drops,
//! NULL tests into `Option` and `Result`, control macros into exits.
//!
//! A body is lowered several times until nothing new is learned of its variables ([`facts::Facts`]): what kind each is,
//! which are consumed, which change. Only the last round's text counts.

mod arithmetic;
mod assign;
mod call;
mod cast;
mod control;
mod convert;
mod exit;
mod expr;
pub mod facts;
mod flow;
pub mod kind;
pub mod signature;
pub mod snippet;
mod stmt;

use crate::analysis::model::{CacheEntry, StackItem};
use crate::c_ast;
use crate::diagnostics::Diagnostic;
use crate::rust_ir::{self, Text, tidy};
use crate::source::Span;
use crate::subset::Rules;
use facts::{Facts, Key};
use kind::Kind;
pub use signature::{Input, InputMode, Output, Parameter, Signature};

/// One body to lower.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    pub name: &'a str,
    pub inputs: &'a [StackItem],
    pub outputs: &'a [StackItem],
    pub caches: &'a [CacheEntry],
    /// In code units, where the body asks for it.
    pub instruction_size: Option<u32>,
    pub is_label: bool,
    /// The whole definition: where a refusal without a better place points.
    pub span: Span,
}

/// A body in Rust.
#[derive(Clone, Debug)]
pub struct Lowered {
    pub signature: Signature,
    pub body: Vec<rust_ir::Stmt>,
    /// C names of the rules that were used, sorted.
    pub rules: Vec<String>,
}

/// Lowers one body.
///
/// # Errors
/// All refusals that were found, each with its place.
pub fn lower(item: Item<'_>, statements: &[c_ast::Stmt], rules: &Rules) -> Result<Lowered, Vec<Diagnostic>> {
    let mut facts = Facts::default();
    for _ in 0..6 {
        let mut round = Lowering::new(item, rules, facts.clone());
        round.run(statements);
        let learned = round.learned.clone();
        if learned == facts {
            return round.finish();
        }
        facts = learned;
    }
    Err(vec![Diagnostic::new("S-039", item.span, "what the variables hold does not settle")])
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Unset,
    Live,
    /// Holds nothing any more, by DEAD: forgotten where the paths part, or at the end.
    Dead,
    Moved,
    /// Moved on some paths only.
    Mixed,
}

#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) key: Key,
    pub(crate) kind: Kind,
    pub(crate) state: State,
    /// Depth of the block that declares it.
    pub(crate) depth: usize,
    pub(crate) role: Role,
    /// Borrowed from a slot, which may be NULL: so may this, should the body test it or pass it on as one that may be.
    pub(crate) from_slot: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Local,
    /// The index of the stack input.
    Input(usize),
    Output(usize),
    /// A bitwise copy of a stack or frame slot: it must be consumed, or left where it is.
    SlotCopy,
    Machine,
}

impl Variable {
    /// Dropping it gives a count back.
    pub(crate) fn holds_a_count(&self) -> bool {
        let item = matches!(self.role, Role::Input(_)) && matches!(self.kind, Kind::Owned(_) | Kind::OptOwned(_));
        self.kind == Kind::StackRef || item
    }
}

/// An expression on the Rust side.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) text: Text,
    pub(crate) kind: Kind,
    /// The variable that this is, if it is one.
    pub(crate) variable: Option<usize>,
    /// Where a slot is read: `(slots, index)`.
    pub(crate) slot: Option<(String, String)>,
}

impl Value {
    pub(crate) fn new(text: Text, kind: Kind) -> Self {
        Self { text, kind, variable: None, slot: None }
    }

    pub(crate) fn atom(text: impl Into<String>, kind: Kind) -> Self {
        Self::new(Text::atom(text), kind)
    }
}

#[derive(Clone)]
pub(crate) struct Lowering<'a> {
    pub(crate) item: Item<'a>,
    pub(crate) rules: &'a Rules,
    /// What the round before learned.
    pub(crate) facts: Facts,
    pub(crate) learned: Facts,
    pub(crate) variables: Vec<Variable>,
    pub(crate) scopes: Vec<Vec<usize>>,
    pub(crate) blocks: Vec<Vec<rust_ir::Stmt>>,
    pub(crate) errors: Vec<Diagnostic>,
    /// The consumed inputs have been popped from the stack pointer by the body itself.
    pub(crate) synced: bool,
    /// Control does not reach the next statement.
    pub(crate) diverged: bool,
    /// How many loops are around the statement.
    pub(crate) loops: usize,
    pub(crate) used_rules: std::collections::BTreeSet<String>,
    /// Where the value of a moved variable is now: `T x = y;` of the C makes `y` readable still.
    pub(crate) aliases: std::collections::BTreeMap<usize, usize>,
    /// Sized inputs of which an item was given away: for CPython's analysis the whole input is dead then.
    pub(crate) given: std::collections::BTreeSet<usize>,
}

pub(crate) type Lower<T> = Result<T, Diagnostic>;

impl<'a> Lowering<'a> {
    fn new(item: Item<'a>, rules: &'a Rules, facts: Facts) -> Self {
        let learned = facts.next_round();
        Self {
            item,
            rules,
            facts,
            learned,
            variables: Vec::new(),
            scopes: vec![Vec::new()],
            blocks: vec![Vec::new()],
            errors: Vec::new(),
            synced: false,
            diverged: false,
            loops: 0,
            used_rules: std::collections::BTreeSet::new(),
            aliases: std::collections::BTreeMap::new(),
            given: std::collections::BTreeSet::new(),
        }
    }

    fn run(&mut self, statements: &[c_ast::Stmt]) {
        self.declare_stack();
        self.statements(statements);
        if !self.diverged {
            self.end_of_body();
        }
    }

    /// Inputs and outputs as variables of the outermost scope.
    fn declare_stack(&mut self) {
        for (index, input) in self.item.inputs.iter().enumerate() {
            if input.name == "unused" {
                continue;
            }
            let mode = self.input_mode(index);
            let kind = match &mode {
                InputMode::Slots => self.items_kind(),
                InputMode::Typed(kind) => kind.clone(),
                InputMode::Peek => Kind::Peek,
                InputMode::Value => Kind::StackRef,
            };
            let id = self.declare(&input.name, Key::stack(&input.name), kind, State::Live, Role::Input(index));
            self.variables[id].from_slot = self.rules.objects();
        }
        for (index, output) in self.item.outputs.iter().enumerate() {
            let known = self.item.inputs.iter().any(|i| i.name == output.name);
            if output.name == "unused" || known {
                continue;
            }
            if output.size.is_some() {
                let kind = self.items_kind();
                self.declare(&output.name, Key::stack(&output.name), kind, State::Live, Role::Output(index));
            } else {
                let kind = self.output_kind(output);
                self.declare(&output.name, Key::stack(&output.name), kind, State::Unset, Role::Output(index));
                let name = self.rust_name(&output.name);
                let mutable = self.facts.mutable(&Key::stack(&output.name));
                let only_null = self.facts.kind(&Key::stack(&output.name)) == Some(&Kind::Null);
                if !only_null || !self.rules.objects() {
                    self.emit(rust_ir::Stmt::Declare { name, mutable });
                }
            }
        }
        for cache in self.item.caches {
            if cache.name == "unused" {
                continue;
            }
            let kind = match (self.rules.variable(&cache.name), cache.size) {
                (Some(kind), _) => kind.clone(),
                (None, 1) => Kind::Int(kind::Int::U16),
                (None, 2) => Kind::Int(kind::Int::U32),
                (None, _) => Kind::Ref(Kind::object()),
            };
            if self.rules.variable(&cache.name).is_some() {
                self.used_rules.insert(cache.name.clone());
            }
            self.declare(&cache.name, Key::stack(&cache.name), kind, State::Live, Role::Machine);
        }
    }

    /// An item with a C type is no object: it travels between the parts of one instruction as a Rust value.
    pub(crate) fn typed_item(&self, item: &StackItem) -> Option<Kind> {
        let Some(type_) = item.type_.as_deref() else { return self.rules.machine().map(|m| m.item.clone()) };
        let name = type_.trim_end_matches(['*', ' ']);
        Some(if name == "_PyInterpreterFrame" {
            Kind::Frame
        } else {
            self.rules.pointer(name).unwrap_or_else(|| Kind::Handle(name.to_owned()))
        })
    }

    /// An input that is an object: a count of it if the body consumes it, else a look at it.
    fn object_item(&self, key: &Key) -> Kind {
        let owned = self.facts.consumed(key) || self.facts.assigned(key);
        let kind = if owned { Kind::Owned(Kind::object()) } else { Kind::Ref(Kind::object()) };
        if self.facts.kind(key).is_some_and(Kind::nullable) { kind.optional() } else { kind }
    }

    /// What several stack items in a row are.
    pub(crate) fn items_kind(&self) -> Kind {
        self.rules.machine().map_or(Kind::Slots, |m| m.items.clone())
    }

    /// What an output is: NULL may stand for nothing where the body says so of an item that is no object.
    pub(crate) fn output_kind(&self, output: &StackItem) -> Kind {
        if output.type_.is_none() && self.rules.objects() {
            let nothing = self.facts.kind(&Key::stack(&output.name)).is_some_and(Kind::nullable);
            let fallible = matches!(self.facts.kind(&Key::stack(&output.name)), Some(Kind::Fallible(..)));
            let kind = Kind::Owned(Kind::object());
            return if nothing && !fallible { kind.optional() } else { kind };
        }
        let kind = self.typed_item(output).unwrap_or(Kind::StackRef);
        let nothing = self.facts.kind(&Key::stack(&output.name)).is_some_and(Kind::nullable);
        if nothing && matches!(kind, Kind::Handle(_)) { kind.optional() } else { kind }
    }

    pub(crate) fn input_mode(&self, index: usize) -> InputMode {
        let input = &self.item.inputs[index];
        if input.size.is_some() {
            match self.rules.machine() {
                Some(machine) if !self.rules.objects() => InputMode::Typed(machine.items.clone()),
                _ => InputMode::Slots,
            }
        } else if input.type_.is_none() && self.rules.objects() {
            InputMode::Typed(self.object_item(&Key::stack(&input.name)))
        } else if let Some(kind) = self.typed_item(input) {
            InputMode::Typed(kind)
        } else if self.facts.consumed(&Key::stack(&input.name)) || self.facts.assigned(&Key::stack(&input.name)) {
            InputMode::Value
        } else {
            InputMode::Peek
        }
    }

    /// Whether an input is also the output at the same depth: it stays there, looked at or replaced.
    pub(crate) fn is_kept(&self, index: usize) -> bool {
        let same = |i: usize| {
            self.item
                .outputs
                .get(i)
                .is_some_and(|o| o.name == self.item.inputs[i].name && o.size == self.item.inputs[i].size)
        };
        (0..=index).all(same)
    }

    pub(crate) fn declare(&mut self, name: &str, key: Key, kind: Kind, state: State, role: Role) -> usize {
        let rust = self.rust_name(name);
        let depth = self.blocks.len();
        self.variables.push(Variable { name: rust, key, kind, state, depth, role, from_slot: false });
        let id = self.variables.len() - 1;
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(id);
        }
        id
    }

    pub(crate) fn lookup(&self, name: &str) -> Option<usize> {
        let rust = self.rust_name(name);
        self.scopes
            .iter()
            .rev()
            .find_map(|scope| scope.iter().rev().copied().find(|id| self.variables[*id].name == rust))
    }

    /// C names that are Rust keywords get an underscore.
    pub(crate) fn rust_name(&self, name: &str) -> String {
        const KEYWORDS: [&str; 28] = [
            "as", "async", "await", "box", "crate", "dyn", "final", "fn", "gen", "impl", "in", "let", "loop", "macro",
            "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "self", "super", "trait", "try", "type",
            "yield",
        ];
        if KEYWORDS.contains(&name)
            || matches!(name, "use" | "where" | "virtual" | "abstract" | "become" | "thread" | "frame_")
        {
            format!("{name}_")
        } else {
            name.to_owned()
        }
    }

    pub(crate) fn emit(&mut self, statement: rust_ir::Stmt) {
        if let Some(block) = self.blocks.last_mut() {
            block.push(statement);
        }
    }

    pub(crate) fn refuse<T>(&self, code: &'static str, span: Span, message: impl Into<String>) -> Lower<T> {
        Err(Diagnostic::new(code, span, message))
    }

    fn finish(self) -> Result<Lowered, Vec<Diagnostic>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        let mut signature = self.signature();
        let mut body = tidy(self.blocks.into_iter().next().unwrap_or_default());
        signature.keep_what_is_used(&mut body);
        Ok(Lowered { signature, body, rules: self.used_rules.into_iter().collect() })
    }
}
