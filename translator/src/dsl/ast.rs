//! The syntax tree of a definitions file, with spans (`Tools/cases_generator/parsing.py`).

use crate::dsl::token::Token;
use crate::source::Span;
use std::sync::Arc;

/// Where CPython's parser was when it read a definition: the tokens of the file, and which of them are the
/// definition's, the comments before it included. Some properties are read off these tokens rather than off the tree.
#[derive(Clone)]
pub struct Context {
    file: Arc<[Token]>,
    begin: usize,
    end: usize,
}

impl Context {
    pub(crate) fn new(file: Arc<[Token]>, begin: usize, end: usize) -> Self {
        Self { file, begin, end }
    }

    pub fn tokens(&self) -> &[Token] {
        self.file.get(self.begin..self.end).unwrap_or(&[])
    }

    /// Positions in the token list of the file.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.begin..self.end
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.begin, self.end)
    }
}

/// `name`, `name: type`, `name[size]`, and 3.12's `name if (condition)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackEffect {
    pub name: String,
    pub type_: Option<String>,
    /// The size expression as printed by CPython's lexer (`oparg`, `oparg & 1`).
    pub size: Option<String>,
    /// 3.12 and 3.13: the item is there only if this holds.
    pub condition: Option<String>,
    pub span: Span,
    /// The first token, a comment before the name included: where CPython's messages point.
    pub first: Span,
}

/// `name/size`, in code units. As a part of a macro it may be negative: the next part reads those entries again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheEffect {
    pub name: String,
    pub size: i32,
    pub span: Span,
    /// As in [`StackEffect`].
    pub first: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputEffect {
    Stack(StackEffect),
    Cache(CacheEffect),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    Inst,
    Op,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// `pure`, `tier1`, `replicate(2:4)`: as written, without blanks.
    pub text: String,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct InstDef {
    pub annotations: Vec<Annotation>,
    pub kind: BodyKind,
    pub name: String,
    pub inputs: Vec<InputEffect>,
    pub outputs: Vec<StackEffect>,
    /// Shared with the uops that are made from it.
    pub block: Arc<Block>,
    /// From the first annotation or keyword to the closing brace.
    pub span: Span,
    pub name_span: Span,
    pub context: Context,
}

#[derive(Clone, Debug)]
pub enum MacroPart {
    Op { name: String, span: Span },
    Cache(CacheEffect),
}

#[derive(Clone, Debug)]
pub struct Macro {
    pub name: String,
    pub parts: Vec<MacroPart>,
    pub span: Span,
    pub name_span: Span,
    pub context: Context,
}

/// 3.12's `super(NAME) = A + B;`.
#[derive(Clone, Debug)]
pub struct Super {
    pub name: String,
    pub parts: Vec<(String, Span)>,
    pub span: Span,
    pub name_span: Span,
    pub context: Context,
}

#[derive(Clone, Debug)]
pub struct Family {
    pub name: String,
    /// The name or literal that gives the cache size in code units; empty where it is left out.
    pub size: String,
    pub members: Vec<(String, Span)>,
    pub span: Span,
    pub name_span: Span,
    pub context: Context,
}

#[derive(Clone, Debug)]
pub struct Pseudo {
    pub name: String,
    pub inputs: Vec<InputEffect>,
    pub outputs: Vec<StackEffect>,
    pub flags: Vec<String>,
    pub targets: Vec<(String, Span)>,
    /// `[A, B]` (a sequence) rather than `{A, B}` (alternatives).
    pub as_sequence: bool,
    pub span: Span,
    pub name_span: Span,
    pub context: Context,
}

#[derive(Clone, Debug)]
pub struct LabelDef {
    pub name: String,
    pub spilled: bool,
    /// Shared with the uops that are made from it.
    pub block: Arc<Block>,
    pub span: Span,
    pub name_span: Span,
    pub context: Context,
}

#[derive(Clone, Debug)]
pub enum Definition {
    Inst(InstDef),
    Macro(Macro),
    Super(Super),
    Family(Family),
    Pseudo(Pseudo),
    Label(LabelDef),
}

impl Definition {
    pub fn name(&self) -> &str {
        match self {
            Self::Inst(def) => &def.name,
            Self::Macro(def) => &def.name,
            Self::Super(def) => &def.name,
            Self::Family(def) => &def.name,
            Self::Pseudo(def) => &def.name,
            Self::Label(def) => &def.name,
        }
    }

    pub fn context(&self) -> &Context {
        match self {
            Self::Inst(def) => &def.context,
            Self::Macro(def) => &def.context,
            Self::Super(def) => &def.context,
            Self::Family(def) => &def.context,
            Self::Pseudo(def) => &def.context,
            Self::Label(def) => &def.context,
        }
    }

    /// From the first annotation or keyword to the end.
    pub fn span(&self) -> Span {
        match self {
            Self::Inst(def) => def.span,
            Self::Macro(def) => def.span,
            Self::Super(def) => def.span,
            Self::Family(def) => def.span,
            Self::Pseudo(def) => def.span,
            Self::Label(def) => def.span,
        }
    }
}

/// `{ … }` with its braces. The statement tree is only as deep as the generator needs it:
/// control flow is structured, the rest stays tokens.
#[derive(Clone, Debug)]
pub struct Block {
    pub open: Token,
    pub body: Vec<Stmt>,
    pub close: Token,
}

#[derive(Clone, Debug)]
pub enum Stmt {
    If { if_: Token, condition: Vec<Token>, body: Box<Stmt>, else_: Option<(Token, Box<Stmt>)> },
    For { for_: Token, header: Vec<Token>, body: Box<Stmt> },
    While { while_: Token, condition: Vec<Token>, body: Box<Stmt> },
    MacroIf { condition: Token, body: Vec<Stmt>, else_: Option<(Token, Vec<Stmt>)>, endif: Token },
    Block(Block),
    Simple(Vec<Token>),
}
