//! Text to tokens (`Tools/cases_generator/lexer.py`).

use super::token::{Token, TokenKind};
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Sources, Span};

/// Words that are keywords: C's, and the definition language's own.
const KEYWORDS: [&str; 38] = [
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float",
    "for", "goto", "if", "inline", "int", "long", "offsetof", "restrict", "return", "short", "signed", "sizeof",
    "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "inst", "op", "macro",
    "label",
];
const ANNOTATIONS: [&str; 9] =
    ["specializing", "override", "register", "replaced", "pure", "replicate", "tier1", "tier2", "no_save_ip"];

/// Operators and delimiters, longer ones first.
const OPERATORS: [&str; 47] = [
    "...", "<<=", ">>=", "++", "--", "->", "*=", "/=", "%=", "+=", "-=", "&=", "|=", "^=", "||", "&&", "<<", ">>",
    "<=", ">=", "==", "!=", "+", "-", "*", "/", "%", "~", "^", "<", ">", "!", "|", "&", "=", "?", "(", ")", "[", "]",
    "{", "}", ",", ".", ";", ":", "\\",
];

/// Tokens of a whole file, comments included, newlines not.
///
/// # Errors
/// `D-001` at the first character that begins no token.
pub fn tokenize(sources: &Sources, file: FileId) -> Result<Vec<Token>, Diagnostic> {
    let text: &str = &sources.get(file).text;
    let mut lexer = Lexer { text, file, at: 0, line: 1, line_start: -1, last_wide: 0, wide: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer<'a> {
    text: &'a str,
    file: FileId,
    at: usize,
    line: u32,
    /// Position, in characters, from which columns count: that of the newline before.
    line_start: i64,
    /// Bytes up to `last_wide` hold `wide` continuation bytes, which are no characters of their own.
    last_wide: usize,
    wide: usize,
}

impl Lexer<'_> {
    /// A byte offset in characters.
    fn characters(&mut self, offset: usize) -> i64 {
        if offset >= self.last_wide {
            let between = &self.text.as_bytes()[self.last_wide..offset];
            self.wide += between.iter().filter(|b| (**b & 0xC0) == 0x80).count();
            self.last_wide = offset;
        }
        (offset - self.wide) as i64
    }

    fn next(&mut self) -> Result<Option<Token>, Diagnostic> {
        loop {
            let rest = &self.text[self.at..];
            let Some(first) = rest.chars().next() else { return Ok(None) };
            if first == '\n' {
                self.line_start = self.characters(self.at);
                self.line += 1;
                self.at += 1;
            } else if first.is_whitespace() {
                self.at += first.len_utf8();
            } else {
                break;
            }
        }
        let rest = &self.text[self.at..];
        let start = self.at;
        let Some((kind, length)) = scan(rest) else {
            let end = start + rest.chars().next().map_or(1, char::len_utf8);
            let bad = &self.text[start..end];
            return Err(Diagnostic::new("D-001", self.span(start, end), format!("Bad token: {bad}")));
        };
        let end = start + length;
        let text = &self.text[start..end];
        let column = self.characters(start) - self.line_start;
        let token =
            Token { kind, span: self.span(start, end), line: self.line, column: u32::try_from(column).unwrap_or(0) };
        self.at = end;
        match kind {
            TokenKind::Comment => {
                if let Some(last) = text.rfind('\n') {
                    self.line_start = self.characters(start + last);
                    self.line += text.matches('\n').count() as u32;
                }
            }
            // A directive ends with its newline; CPython counts the next line's columns from the character after.
            TokenKind::Directive if text.len() > 1 => {
                self.line_start = self.characters(end);
                self.line += 1;
            }
            _ => {}
        }
        Ok(Some(token))
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { file: self.file, start: start as u32, end: end as u32 }
    }
}

/// The kind and the length in bytes of the token at the start of `rest`, which is not blank.
fn scan(rest: &str) -> Option<(TokenKind, usize)> {
    let bytes = rest.as_bytes();
    let first = *bytes.first()?;
    if first.is_ascii_alphabetic() || first == b'_' {
        let length = bytes.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        let word = &rest[..length];
        let kind = if KEYWORDS.contains(&word) || word == "spilled" {
            TokenKind::Keyword
        } else if ANNOTATIONS.contains(&word) {
            TokenKind::Annotation
        } else {
            TokenKind::Identifier
        };
        return Some((kind, length));
    }
    if rest.starts_with("/*") {
        return Some((TokenKind::Comment, rest.find("*/")? + 2));
    }
    if rest.starts_with("//") {
        return Some((TokenKind::Comment, rest.find('\n').unwrap_or(rest.len())));
    }
    if first == b'#' {
        return Some((TokenKind::Directive, rest.find('\n')? + 1));
    }
    if first.is_ascii_digit() || (first == b'.' && bytes.get(1).is_some_and(u8::is_ascii_digit)) {
        return Some((TokenKind::Number, number(bytes)));
    }
    if first == b'"' || first == b'\'' {
        let kind = if first == b'"' { TokenKind::String } else { TokenKind::Character };
        return quoted(bytes, first).map(|length| (kind, length));
    }
    let operator = OPERATORS.iter().find(|o| rest.starts_with(**o))?;
    let kind = if *operator == "\\" { TokenKind::Backslash } else { TokenKind::Punctuation };
    Some((kind, operator.len()))
}

fn number(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    if bytes.len() > 2 && bytes[0] == b'0' && matches!(bytes[1], b'x' | b'X') {
        let hex = bytes[2..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
        if hex > 0 {
            return 2 + hex;
        }
    }
    let mut end = digits(0);
    let mut float = false;
    if bytes.get(end) == Some(&b'.') {
        float = true;
        end += 1;
        end += digits(end);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits((end + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            float = true;
            end += 1 + sign + exponent;
        }
    }
    if float {
        return end + usize::from(matches!(bytes.get(end), Some(b'F' | b'f' | b'L' | b'l')));
    }
    let suffix = |set: &[u8], at: usize| usize::from(bytes.get(at).is_some_and(|b| set.contains(b)));
    for set in [b"uU", b"lL", b"lL"] {
        end += suffix(set, end);
    }
    end
}

fn quoted(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut at = 1;
    loop {
        match *bytes.get(at)? {
            b'\\' => at += 2,
            b'\n' => return None,
            b if b == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}
