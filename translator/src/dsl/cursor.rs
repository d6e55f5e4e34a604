//! A place among tokens (`Tools/cases_generator/plexer.py`).
//!
//! CPython's moves have side effects that decide where its errors point: looking ahead passes comments for good, and
//! looking past the last token steps back. They are kept.

use super::Dialect;
use super::kind::Kind;
use super::lexer::Lexed;
use super::text::repr;
use super::token::Token;
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Sources, Span};
use std::sync::Arc;

pub(crate) type Parse<T> = Result<T, Box<Diagnostic>>;

pub(crate) struct Cursor<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) dialect: Dialect,
    pub(crate) file: FileId,
    pub(crate) tokens: Arc<[Token]>,
    kinds: Vec<Kind>,
    pos: usize,
    /// The furthest token that was not what the grammar wanted, and what that was.
    pub(crate) furthest: (usize, &'static [Kind]),
}

impl<'a> Cursor<'a> {
    /// `end` is the number of tokens that are read.
    pub(crate) fn new(sources: &'a Sources, dialect: Dialect, file: FileId, lexed: Lexed, end: usize) -> Self {
        let Lexed { mut tokens, mut kinds, .. } = lexed;
        tokens.truncate(end);
        kinds.truncate(end);
        Self { sources, dialect, file, tokens: tokens.into(), kinds, pos: 0, furthest: (0, &[]) }
    }

    pub(crate) fn strict(&self) -> bool {
        self.dialect == Dialect::Cpython314
    }

    pub(crate) fn pos(&self) -> usize {
        self.pos
    }

    pub(crate) fn set_pos(&mut self, pos: usize) {
        self.pos = pos;
    }

    pub(crate) fn at_end(&self) -> bool {
        self.pos >= self.kinds.len()
    }

    pub(crate) fn kind(&self, index: usize) -> Option<Kind> {
        self.kinds.get(index).copied()
    }

    pub(crate) fn text(&self, token: &Token) -> &'a str {
        self.sources.text(token.span)
    }

    pub(crate) fn next_raw(&mut self) -> Option<(Kind, Token)> {
        let kind = self.kind(self.pos)?;
        self.pos += 1;
        Some((kind, self.tokens[self.pos - 1]))
    }

    pub(crate) fn next(&mut self) -> Option<(Kind, Token)> {
        loop {
            let found = self.next_raw()?;
            if found.0 != Kind::Comment {
                return Some(found);
            }
        }
    }

    pub(crate) fn backup(&mut self) {
        self.pos = self.pos.saturating_sub(1);
    }

    pub(crate) fn peek(&mut self) -> Option<(Kind, Token)> {
        let found = self.next();
        self.backup();
        found
    }

    pub(crate) fn expect(&mut self, wanted: Kind) -> Option<Token> {
        self.expect_any(match wanted {
            Kind::LParen => &[Kind::LParen],
            Kind::RParen => &[Kind::RParen],
            Kind::LBrace => &[Kind::LBrace],
            Kind::RBrace => &[Kind::RBrace],
            Kind::RBracket => &[Kind::RBracket],
            Kind::Identifier => &[Kind::Identifier],
            Kind::Number => &[Kind::Number],
            Kind::Comma => &[Kind::Comma],
            Kind::Equals => &[Kind::Equals],
            Kind::Semi => &[Kind::Semi],
            // Alternatives that nobody misses.
            _ => return self.take(wanted),
        })
    }

    fn take(&mut self, wanted: Kind) -> Option<Token> {
        let (kind, token) = self.next()?;
        if kind == wanted {
            return Some(token);
        }
        self.backup();
        None
    }

    fn expect_any(&mut self, wanted: &'static [Kind]) -> Option<Token> {
        let found = self.next();
        if let Some((kind, token)) = found {
            if wanted.contains(&kind) {
                return Some(token);
            }
            self.backup();
        }
        self.missed(wanted);
        None
    }

    /// Notes that something else stands at the next token.
    pub(crate) fn missed(&mut self, wanted: &'static [Kind]) {
        if self.pos > self.furthest.0 {
            self.furthest = (self.pos, wanted);
        }
    }

    /// The first token from `index` on that is no comment.
    pub(crate) fn code_from(&self, index: usize) -> Option<usize> {
        (index..self.kinds.len()).find(|index| self.kinds[*index] != Kind::Comment)
    }

    /// Whether the keyword of a definition stands at `index`.
    pub(crate) fn begins_definition(&self, index: usize) -> bool {
        let opens = self.kind(index + 1) == Some(Kind::LParen);
        match self.kind(index) {
            Some(Kind::Inst | Kind::Op | Kind::Macro | Kind::Label) => opens,
            Some(Kind::Identifier) if opens => matches!(self.text(&self.tokens[index]), "family" | "pseudo" | "super"),
            _ => false,
        }
    }

    /// Whether a token can stand before the keyword of a definition: an annotation or a part of `replicate(4)`.
    pub(crate) fn is_annotation(&self, index: usize) -> bool {
        match self.kind(index) {
            Some(Kind::Annotation | Kind::Spilled) => true,
            Some(Kind::LParen) => index > 0 && self.kind(index - 1) == Some(Kind::Annotation),
            Some(Kind::Number) => index > 1 && self.kind(index - 2) == Some(Kind::Annotation),
            Some(Kind::RParen) => index > 2 && self.kind(index - 3) == Some(Kind::Annotation),
            _ => false,
        }
    }

    /// # Errors
    /// `D-010` when something else stands here.
    pub(crate) fn require(&mut self, wanted: Kind) -> Parse<Token> {
        let found = self.next();
        match found {
            Some((kind, token)) if kind == wanted => Ok(token),
            Some((_, token)) => {
                let message = format!("Expected '{}' but got {}", wanted.name(), repr(self.text(&token)));
                Err(Box::new(Diagnostic::new("D-010", token.span, message)))
            }
            None => Err(self.error("D-010", format!("Expected '{}' but got None", wanted.name()))),
        }
    }

    /// A refusal of a token that CPython reports at the token after it.
    pub(crate) fn error_at(
        &mut self,
        code: &'static str,
        token: &Token,
        message: impl Into<String>,
    ) -> Box<Diagnostic> {
        let after = self.error(code, message);
        let place = after.primary;
        let error = Diagnostic { primary: Some(token.span), ..*after };
        Box::new(place.map_or(error.clone(), |place| error.cpython_points_at(place)))
    }

    /// A refusal at the next token, or at the last one where there is no next.
    pub(crate) fn error(&mut self, code: &'static str, message: impl Into<String>) -> Box<Diagnostic> {
        let found = self.peek().map(|(_, token)| token.span);
        let span = found.unwrap_or_else(|| self.span_at(self.kinds.len()));
        Box::new(Diagnostic::new(code, span, message))
    }

    /// The place of a token; that of the last where there is none.
    pub(crate) fn span_at(&self, index: usize) -> Span {
        let token = self.tokens.get(index).or(self.tokens.last());
        token.map_or(Span { file: self.file, start: 0, end: 0 }, |token| token.span)
    }
}
