//! The Rust that a body becomes: statements as a tree, expressions as text with their precedence.

mod print;
mod tidy;

pub use print::{Writer, print_block};
pub use tidy::{assigned_in, mentioned_in, tidy};

/// Rust's precedence levels, loosest last, as far as bodies need them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precedence {
    Atom,
    Unary,
    Cast,
    Product,
    Sum,
    Shift,
    And,
    Xor,
    Or,
    Compare,
    LogicalAnd,
    LogicalOr,
    Statement,
}

/// An expression as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    pub precedence: Precedence,
}

impl Text {
    pub fn atom(text: impl Into<String>) -> Self {
        Self { text: text.into(), precedence: Precedence::Atom }
    }

    pub fn new(text: impl Into<String>, precedence: Precedence) -> Self {
        Self { text: text.into(), precedence }
    }

    /// The text, parenthesised where it binds looser than `at_most`.
    pub fn within(&self, at_most: Precedence) -> String {
        if self.precedence <= at_most { self.text.clone() } else { format!("({})", self.text) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stmt {
    /// `let name;`: assigned later.
    Declare {
        name: String,
        mutable: bool,
    },
    /// `let pattern = value;`
    Let {
        pattern: String,
        value: String,
    },
    /// `let pattern = if … { … } else { … };`: branches that end in [`Stmt::Tail`] or leave.
    LetBlock {
        pattern: String,
        value: Box<Stmt>,
    },
    /// `name = value;` for a variable that [`Stmt::Declare`] may stand for.
    Assign {
        name: String,
        value: String,
    },
    Expression(String),
    If {
        condition: String,
        then: Vec<Stmt>,
        otherwise: Vec<Stmt>,
    },
    /// `if let pattern = value { … } else { … }`
    IfLet {
        pattern: String,
        value: String,
        then: Vec<Stmt>,
        otherwise: Vec<Stmt>,
    },
    /// `let pattern = value else { … };`
    LetElse {
        pattern: String,
        value: String,
        otherwise: Vec<Stmt>,
    },
    While {
        condition: String,
        body: Vec<Stmt>,
    },
    For {
        pattern: String,
        iterator: String,
        body: Vec<Stmt>,
    },
    Block(Vec<Stmt>),
    Return(String),
    /// The value of the block.
    Tail(String),
}
