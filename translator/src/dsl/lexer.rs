//! Text to tokens (`Tools/cases_generator/lexer.py`). Its patterns are matched by hand, to the letter: what they do on
//! malformed text decides where CPython's parser finds the error.

use super::Dialect;
use super::kind::Kind;
use super::scan;
use super::token::Token;
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Sources, Span, begins_character};

/// The tokens of a file, comments included, newlines not.
#[derive(Debug)]
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    /// One for each token.
    pub(crate) kinds: Vec<Kind>,
    /// `D-001` for every character that begins no token.
    pub(crate) errors: Vec<Diagnostic>,
}

/// The tokens of a whole file, comments included.
///
/// # Errors
/// `D-001` for every character that begins no token.
pub fn tokenize(sources: &Sources, file: FileId, dialect: Dialect) -> Result<Vec<Token>, Vec<Diagnostic>> {
    let lexed = lex(sources, file, dialect);
    if lexed.errors.is_empty() { Ok(lexed.tokens) } else { Err(lexed.errors) }
}

/// The line and the column that CPython's generator says for a place, which must be that of a token.
pub fn cpython_position(sources: &Sources, place: Span) -> Option<(u32, u32)> {
    let lexed = lex(sources, place.file, Dialect::Cpython314);
    let index = lexed.tokens.binary_search_by_key(&place.start, |token| token.span.start).ok()?;
    let token = lexed.tokens[index];
    // Its message about a bad token counts one column more than those about others.
    Some((token.line, token.column + u32::from(lexed.kinds[index] == Kind::Bad)))
}

pub(crate) fn lex(sources: &Sources, file: FileId, dialect: Dialect) -> Lexed {
    let text: &str = &sources.get(file).text;
    let capacity = text.len() / 5;
    let lexed = Lexed { tokens: Vec::with_capacity(capacity), kinds: Vec::with_capacity(capacity), errors: Vec::new() };
    let unclosed = scan::Unclosed::default();
    let mut lexer = Lexer {
        text,
        file,
        dialect,
        line: 1,
        line_start: -1,
        ascii: text.is_ascii(),
        counted: (0, 0),
        unclosed_comments: unclosed.clone(),
        unclosed_strings: unclosed,
        lexed,
    };
    let mut at = 0;
    while let Some(start) = lexer.skip_blanks(at) {
        at = lexer.token(start);
    }
    lexer.lexed
}

struct Lexer<'a> {
    text: &'a str,
    file: FileId,
    dialect: Dialect,
    line: u32,
    /// The character from which columns count: the newline before, as CPython has it.
    line_start: i64,
    ascii: bool,
    /// A byte offset and the characters before it.
    counted: (usize, i64),
    unclosed_comments: scan::Unclosed,
    unclosed_strings: scan::Unclosed,
    lexed: Lexed,
}

impl Lexer<'_> {
    /// The characters before a byte offset. Offsets never go back.
    fn characters(&mut self, offset: usize) -> i64 {
        if self.ascii {
            return offset as i64;
        }
        let (from, before) = self.counted;
        let between = &self.text.as_bytes()[from.min(offset)..offset];
        let count = before + between.iter().filter(|byte| begins_character(**byte)).count() as i64;
        self.counted = (offset, count);
        count
    }

    /// Where the next token begins.
    fn skip_blanks(&mut self, mut at: usize) -> Option<usize> {
        loop {
            let byte = *self.text.as_bytes().get(at)?;
            match byte {
                b'\n' => {
                    self.line_start = self.characters(at);
                    self.line += 1;
                    at += 1;
                }
                b' ' | b'\t' | 0x0B..=0x0D | 0x1C..=0x1F => at += 1,
                0..0x80 => return Some(at),
                _ => match self.text[at..].chars().next() {
                    Some(blank) if blank.is_whitespace() => at += blank.len_utf8(),
                    _ => return Some(at),
                },
            }
        }
    }

    /// Takes the token that begins at `start` and gives its end.
    fn token(&mut self, start: usize) -> usize {
        let (kind, end) = self.scan(start);
        let text = &self.text[start..end];
        let column = self.characters(start) - self.line_start;
        let span = Span { file: self.file, start: start as u32, end: end as u32 };
        let kind = self.in_dialect(kind, text, end);
        if kind == Kind::Bad {
            self.lexed.errors.push(Diagnostic::new("D-001", span, format!("Bad token: {text}")));
        }
        let column = u32::try_from(column).unwrap_or(0);
        self.lexed.tokens.push(Token { kind: kind.token_kind(), span, line: self.line, column });
        self.lexed.kinds.push(kind);
        match kind {
            Kind::Comment => {
                if let Some(last) = text.rfind('\n') {
                    self.line_start = self.characters(start + last);
                    self.line += text.matches('\n').count() as u32;
                }
            }
            // A directive ends with its newline, and the next line's columns count from the character after it:
            // they are one less than elsewhere. After `#` alone, CPython forgets to count the line.
            Kind::CMacroIf | Kind::CMacroElse | Kind::CMacroEndif | Kind::CMacroOther
                if !text[1..].trim().is_empty() =>
            {
                self.line_start = self.characters(end);
                self.line += 1;
            }
            _ => {}
        }
        end
    }

    fn scan(&mut self, start: usize) -> (Kind, usize) {
        let bytes = self.text.as_bytes();
        let rest = &bytes[start..];
        let next = rest.get(1).copied();
        match rest[0] {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let end = start + scan::word(rest);
                (Kind::of_word(&self.text[start..end]), end)
            }
            b'0'..=b'9' => (Kind::Number, start + scan::number(rest)),
            b'.' if next.is_some_and(|b| b.is_ascii_digit()) => (Kind::Number, start + scan::number(rest)),
            // What opens no string or character literal is one of a single quote, to CPython.
            b'"' => (Kind::String, self.unclosed_strings.end(bytes, start, 1, scan::in_string).unwrap_or(start + 1)),
            b'\'' => (Kind::Character, scan::character(&self.text[start..]).map_or(start + 1, |n| start + n)),
            b'#' => self.directive(start),
            b'/' if next == Some(b'/') => (Kind::Comment, line_end(bytes, start).unwrap_or(bytes.len())),
            b'/' if next == Some(b'*') => match self.unclosed_comments.end(bytes, start, 2, scan::in_comment) {
                Some(end) => (Kind::Comment, end),
                None => (Kind::Divide, start + 1),
            },
            _ => match Kind::of_operator(rest) {
                Some((kind, length)) => (kind, start + length),
                None => (Kind::Bad, start + self.text[start..].chars().next().map_or(1, char::len_utf8)),
            },
        }
    }

    /// A directive with its newline; without one it is a lone `#`.
    fn directive(&self, start: usize) -> (Kind, usize) {
        let Some(newline) = line_end(self.text.as_bytes(), start) else { return (Kind::CMacroOther, start + 1) };
        let body = self.text[start + 1..newline].trim();
        let kind = if body.starts_with("if") {
            Kind::CMacroIf
        } else if body.starts_with("else") {
            Kind::CMacroElse
        } else if body.starts_with("endif") {
            Kind::CMacroEndif
        } else {
            Kind::CMacroOther
        };
        (kind, newline + 1)
    }

    /// Releases before 3.13 know the definitions' keywords by their place, and 3.13 has one more annotation.
    fn in_dialect(&self, kind: Kind, text: &str, end: usize) -> Kind {
        if self.dialect == Dialect::Cpython314 {
            return kind;
        }
        let follows = |what: &str| self.text[end..].trim_start().starts_with(what);
        match kind {
            Kind::Inst | Kind::Op | Kind::Macro | Kind::Label if !follows("(") => Kind::Identifier,
            Kind::Spilled if !follows("label") => Kind::Identifier,
            Kind::Identifier if text == "split" && (follows("inst") || follows("op")) => Kind::Annotation,
            _ => kind,
        }
    }
}

fn line_end(bytes: &[u8], start: usize) -> Option<usize> {
    bytes[start..].iter().position(|byte| *byte == b'\n').map(|length| start + length)
}
