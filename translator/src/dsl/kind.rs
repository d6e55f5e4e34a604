//! What the parser tells apart among tokens, finer than [`TokenKind`] (`Tools/cases_generator/lexer.py`).

use super::token::TokenKind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Identifier,
    Annotation,
    Number,
    String,
    Character,
    Comment,
    If,
    Else,
    For,
    While,
    Do,
    Switch,
    Inst,
    Op,
    Macro,
    Label,
    Spilled,
    /// A keyword that means nothing to the parser.
    Keyword,
    /// `#if`, `#ifdef`, `#ifndef`.
    CMacroIf,
    CMacroElse,
    CMacroEndif,
    /// Any other directive, `#elif` too.
    CMacroOther,
    LParen,
    RParen,
    LBracket,
    RBracket,
    LBrace,
    RBrace,
    Comma,
    Semi,
    Colon,
    Equals,
    Plus,
    Minus,
    MinusMinus,
    Times,
    Divide,
    Backslash,
    Operator,
    /// A character that begins no token. It is reported once, by the lexer.
    Bad,
}

impl Kind {
    pub(crate) fn token_kind(self) -> TokenKind {
        match self {
            Self::Identifier => TokenKind::Identifier,
            Self::Annotation => TokenKind::Annotation,
            Self::Number => TokenKind::Number,
            Self::String => TokenKind::String,
            Self::Character => TokenKind::Character,
            Self::Comment => TokenKind::Comment,
            Self::If
            | Self::Else
            | Self::For
            | Self::While
            | Self::Do
            | Self::Switch
            | Self::Inst
            | Self::Op
            | Self::Macro
            | Self::Label
            | Self::Spilled
            | Self::Keyword => TokenKind::Keyword,
            Self::CMacroIf | Self::CMacroElse | Self::CMacroEndif | Self::CMacroOther => TokenKind::Directive,
            Self::Backslash => TokenKind::Backslash,
            _ => TokenKind::Punctuation,
        }
    }

    /// CPython's name of the kind, which its messages quote.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Identifier => "IDENTIFIER",
            Self::Number => "NUMBER",
            Self::LParen => "LPAREN",
            Self::RParen => "RPAREN",
            Self::LBracket => "LBRACKET",
            Self::RBracket => "RBRACKET",
            Self::LBrace => "LBRACE",
            Self::RBrace => "RBRACE",
            Self::Semi => "SEMI",
            _ => "TOKEN",
        }
    }

    /// What a reader would write for it.
    pub(crate) fn spelling(self) -> &'static str {
        match self {
            Self::Identifier => "a name",
            Self::Number => "a number",
            Self::Inst => "`inst`",
            Self::Op => "`op`",
            Self::Macro => "`macro`",
            Self::Label => "`label`",
            Self::LParen => "`(`",
            Self::RParen => "`)`",
            Self::LBracket => "`[`",
            Self::RBracket => "`]`",
            Self::LBrace => "`{`",
            Self::RBrace => "`}`",
            Self::Comma => "`,`",
            Self::Semi => "`;`",
            Self::Equals => "`=`",
            _ => "something else",
        }
    }

    pub(crate) fn of_word(word: &str) -> Self {
        match word {
            "if" => Self::If,
            "else" => Self::Else,
            "for" => Self::For,
            "while" => Self::While,
            "do" => Self::Do,
            "switch" => Self::Switch,
            "inst" => Self::Inst,
            "op" => Self::Op,
            "macro" => Self::Macro,
            "label" => Self::Label,
            "spilled" => Self::Spilled,
            "auto" | "break" | "case" | "char" | "const" | "continue" | "default" | "double" | "enum" | "extern"
            | "float" | "goto" | "inline" | "int" | "long" | "offsetof" | "restrict" | "return" | "short"
            | "signed" | "sizeof" | "static" | "struct" | "typedef" | "union" | "unsigned" | "void" | "volatile" => {
                Self::Keyword
            }
            "specializing" | "override" | "register" | "replaced" | "pure" | "replicate" | "tier1" | "tier2"
            | "no_save_ip" => Self::Annotation,
            _ => Self::Identifier,
        }
    }

    /// The operator or delimiter at the start of `rest`, the longest that fits, and its length.
    pub(crate) fn of_operator(rest: &[u8]) -> Option<(Self, usize)> {
        if rest.starts_with(b"...") || rest.starts_with(b"<<=") || rest.starts_with(b">>=") {
            return Some((Self::Operator, 3));
        }
        let pair = [*rest.first()?, rest.get(1).copied().unwrap_or(0)];
        match &pair {
            b"--" => return Some((Self::MinusMinus, 2)),
            b"++" | b"->" | b"*=" | b"/=" | b"%=" | b"+=" | b"-=" | b"&=" | b"|=" | b"^=" | b"||" | b"&&" | b"<<"
            | b">>" | b"<=" | b">=" | b"==" | b"!=" => return Some((Self::Operator, 2)),
            _ => {}
        }
        let kind = match pair[0] {
            b'(' => Self::LParen,
            b')' => Self::RParen,
            b'[' => Self::LBracket,
            b']' => Self::RBracket,
            b'{' => Self::LBrace,
            b'}' => Self::RBrace,
            b',' => Self::Comma,
            b';' => Self::Semi,
            b':' => Self::Colon,
            b'=' => Self::Equals,
            b'+' => Self::Plus,
            b'-' => Self::Minus,
            b'*' => Self::Times,
            b'/' => Self::Divide,
            b'\\' => Self::Backslash,
            b'%' | b'~' | b'^' | b'<' | b'>' | b'!' | b'|' | b'&' | b'?' | b'.' => Self::Operator,
            _ => return None,
        };
        Some((kind, 1))
    }
}
