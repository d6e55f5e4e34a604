//! The types that the analysis gives (`Tools/cases_generator/analyzer.py`). Maps keep the order of definition.

use crate::dsl::ast::Block;
use crate::dsl::token::Token;
use crate::source::Span;
use indexmap::IndexMap;
use std::sync::Arc;

/// A call after which the stack in memory must be up to date: it may run arbitrary code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscapingCall {
    /// The first token of the statement that holds the call: the key under which the writers look it up.
    pub statement: Token,
    pub call: Token,
    /// The stack variable that the call kills (`PyStackRef_CLOSE(x)`).
    pub kills: Option<Token>,
}

/// CPython's `Properties`, field for field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    pub escaping_calls: Vec<EscapingCall>,
    pub escapes: bool,
    pub error_with_pop: bool,
    pub error_without_pop: bool,
    pub deopts: bool,
    pub oparg: bool,
    pub jumps: bool,
    pub eval_breaker: bool,
    pub needs_this: bool,
    pub always_exits: bool,
    pub stores_sp: bool,
    pub uses_co_consts: bool,
    pub uses_co_names: bool,
    pub uses_locals: bool,
    pub has_free: bool,
    pub side_exit: bool,
    pub pure: bool,
    pub uses_opcode: bool,
    pub tier: Option<u8>,
    pub const_oparg: Option<u32>,
    pub needs_prev: bool,
    pub no_save_ip: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackItem {
    pub name: String,
    pub type_: Option<String>,
    /// `None` for one item; else the expression in `oparg` (or a number) that gives how many.
    pub size: Option<String>,
    /// An input that is also the output at the same place, and stays where it is.
    pub peek: bool,
    /// The body mentions it.
    pub used: bool,
    /// 3.12 and 3.13 only.
    pub condition: Option<String>,
    pub span: Span,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackEffect {
    /// Deepest first, top of stack last.
    pub inputs: Vec<StackItem>,
    pub outputs: Vec<StackItem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheEntry {
    pub name: String,
    /// In code units.
    pub size: u32,
}

#[derive(Clone, Debug)]
pub struct Uop {
    pub name: String,
    pub annotations: Vec<String>,
    pub stack: StackEffect,
    pub caches: Vec<CacheEntry>,
    /// Tokens at which an output variable is assigned.
    pub local_stores: Vec<Token>,
    pub body: Arc<Block>,
    pub properties: Properties,
    /// Made from an `inst` rather than written as an `op`.
    pub implicitly_created: bool,
    pub replicated: std::ops::Range<u32>,
    /// The uop that this one is a replica of.
    pub replicates: Option<String>,
    /// For uops that contain INSTRUCTION_SIZE: the size in code units of the instruction(s) that use them.
    pub instruction_size: Option<u32>,
    /// The whole definition, and its name in it.
    pub span: Span,
    pub name_span: Span,
}

impl Uop {
    /// In code units.
    pub fn size(&self) -> u32 {
        self.caches.iter().map(|c| c.size).sum()
    }
}

#[derive(Clone, Debug)]
pub enum Part {
    /// A key of [`Analysis::uops`].
    Uop(String),
    /// Unused cache entries, in code units; negative where the next part reads the entries before it again.
    Skip(i32),
    Flush,
}

#[derive(Clone, Debug)]
pub struct Instruction {
    pub name: String,
    pub parts: Vec<Part>,
    pub properties: Properties,
    /// Another body jumps to it.
    pub is_target: bool,
    pub family: Option<String>,
    pub opcode: u16,
    /// In code units, the instruction itself included.
    pub size: u32,
    pub span: Span,
    pub name_span: Span,
}

#[derive(Clone, Debug)]
pub struct PseudoInstruction {
    pub name: String,
    pub stack: StackEffect,
    pub targets: Vec<String>,
    pub as_sequence: bool,
    pub flags: Vec<String>,
    pub properties: Properties,
    pub opcode: u16,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Family {
    pub name: String,
    /// Name or literal of the cache size.
    pub size: String,
    pub members: Vec<String>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Label {
    pub name: String,
    pub spilled: bool,
    pub body: Arc<Block>,
    pub properties: Properties,
    pub span: Span,
}

#[derive(Clone, Debug, Default)]
pub struct Analysis {
    pub instructions: IndexMap<String, Instruction>,
    pub uops: IndexMap<String, Uop>,
    pub families: IndexMap<String, Family>,
    pub pseudos: IndexMap<String, PseudoInstruction>,
    pub labels: IndexMap<String, Label>,
    pub opmap: IndexMap<String, u16>,
    pub have_arg: u16,
    pub min_instrumented: u16,
}
