//! How CPython's tools write tokens.

use super::token::{Token, TokenKind};
use crate::source::Sources;

/// The text of a run of tokens with the blanks that their places say (`lexer.py`, `to_text`).
pub fn to_text(sources: &Sources, tokens: &[Token]) -> String {
    let mut out = String::new();
    let (mut line, mut column) = (tokens.first().map_or(0, |token| token.line), 1);
    for token in tokens {
        while token.line > line {
            line += 1;
            out.push('\n');
            column = 1;
        }
        out.extend(std::iter::repeat_n(' ', token.column.saturating_sub(column) as usize));
        let text = sources.text(token.span);
        out.push_str(text);
        (line, column) = end(token, text);
    }
    out
}

/// The line and the column at which CPython has a token end.
fn end(token: &Token, text: &str) -> (u32, u32) {
    let characters = |text: &str| text.chars().count() as u32;
    match token.kind {
        TokenKind::Comment => match text.rfind('\n') {
            Some(last) => (token.line + text.matches('\n').count() as u32, characters(&text[last..])),
            None => (token.line, token.column + characters(text)),
        },
        TokenKind::Directive if !text[1..].trim().is_empty() => (token.line + 1, 0),
        _ => (token.line, token.column + characters(text)),
    }
}

/// Python's `repr` of a text.
pub(crate) fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() && c < '\u{100}' => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}
