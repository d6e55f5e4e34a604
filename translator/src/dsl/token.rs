//! Tokens of the definition language, which are C's tokens plus the annotation keywords.

use crate::source::Span;

/// The kinds of `Tools/cases_generator/lexer.py`. The text of a token is found through its span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    Identifier,
    /// A C keyword, or one of the language's own (`inst`, `op`, `macro`, ...).
    Keyword,
    Annotation,
    Number,
    String,
    Character,
    Comment,
    /// A whole preprocessor directive, continuation lines included.
    Directive,
    /// Operators and punctuation.
    Punctuation,
    Newline,
    Backslash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    pub kind: TokenKind,
    pub span: Span,
    /// 1-based.
    pub line: u32,
    /// 0-based, in characters, as CPython's tokens count.
    pub column: u32,
}
