//! The definition language of `bytecodes.c`: tokens, syntax tree, parser.

pub mod ast;
pub mod lexer;
mod parser;
pub mod token;

pub use parser::{Dialect, parse};

use crate::source::Sources;
use token::Token;

/// The text of a run of tokens as it stands in the source, blanks and line breaks between them kept
/// (`lexer.py`, `to_text`).
pub fn to_text(sources: &Sources, tokens: &[Token]) -> String {
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return String::new() };
    let mut out = String::new();
    let mut end = first.span.start;
    for token in tokens {
        let between = &sources.get(token.span.file).text[end as usize..token.span.start as usize];
        // Comments between tokens are not part of the run; their room is kept.
        out.extend(between.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        out.push_str(sources.text(token.span));
        end = token.span.end;
    }
    debug_assert_eq!(end, last.span.end);
    out
}
