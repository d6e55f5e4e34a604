//! The C of one body as a typed tree with spans. tree-sitter's types stay inside [`parse`].

mod parse;
mod preprocess;

pub use parse::parse_body;
pub use preprocess::{Configuration, preprocess};

use crate::source::Span;

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    Identifier(String),
    /// As written: `0xFF`, `8`.
    Number(String),
    /// Adjacent literals are joined; escapes stay as written.
    String(String),
    Char(String),
    Null,
    Bool(bool),
    Call {
        callee: Box<Expr>,
        arguments: Vec<Expr>,
    },
    /// `base.name` or `base->name`.
    Field {
        base: Box<Expr>,
        name: String,
    },
    Index {
        base: Box<Expr>,
        index: Box<Expr>,
    },
    Deref(Box<Expr>),
    AddressOf(Box<Expr>),
    /// `!`, `-`, `~`, `+`.
    Unary {
        op: &'static str,
        operand: Box<Expr>,
    },
    Binary {
        op: &'static str,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `op` is empty for `=`, else the operator of `+=` and the like.
    Assign {
        op: &'static str,
        place: Box<Expr>,
        value: Box<Expr>,
    },
    /// `x++`, `--x`.
    Update {
        increment: bool,
        prefix: bool,
        place: Box<Expr>,
    },
    Cast {
        type_: CType,
        operand: Box<Expr>,
    },
    Conditional {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    InitializerList(Vec<Expr>),
}

/// A type name with its pointers: `PyObject **` is `("PyObject", 2)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CType {
    pub name: String,
    pub pointers: u8,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Declarator {
    pub name: String,
    pub type_: CType,
    pub array: bool,
    pub init: Option<Expr>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    Declare(Vec<Declarator>),
    Expression(Expr),
    If { condition: Expr, then: Vec<Stmt>, otherwise: Option<Vec<Stmt>> },
    While { condition: Expr, body: Vec<Stmt> },
    For { init: Option<Box<Stmt>>, condition: Option<Expr>, step: Option<Expr>, body: Vec<Stmt> },
    Block(Vec<Stmt>),
    Return(Option<Expr>),
    Goto(String),
    Break,
    Continue,
    Empty,
}
