//! Lays out C text: our own strings by indent level, tokens of the input by their place in it
//! (`Tools/cases_generator/cwriter.py`).

use crate::dsl::token::{Token, TokenKind};
use crate::source::{Sources, Span};
use std::fmt::Write as _;

/// What the writer needs to know of the token that it wrote last.
#[derive(Clone, Copy, Debug)]
struct Last {
    line: u32,
    end_line: u32,
    end_column: i64,
    span: Span,
}

/// A spill or reload of the stack pointer that is due before the next text. An opposite request cancels it,
/// which is how neighbouring escaping calls come to share one spill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pending {
    Nothing,
    Spill,
    Reload,
}

/// The writer ran out of indents, or was asked for two spills in a row: the input is malformed in a way that the
/// original meets with an exception rather than with a refusal. Nothing is written after it.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub message: &'static str,
    pub span: Option<Span>,
}

#[derive(Debug)]
pub struct CWriter<'a> {
    sources: &'a Sources,
    text: String,
    /// Columns; the last is the current one.
    indents: Vec<i64>,
    line_directives: bool,
    last: Option<Last>,
    newline: bool,
    pending: Pending,
    discards: bool,
    fault: Option<Fault>,
    scratch: String,
}

impl<'a> CWriter<'a> {
    /// Continues `text` at `indent` levels of four columns.
    pub fn new(sources: &'a Sources, text: String, indent: u32, line_directives: bool) -> Self {
        Self {
            sources,
            text,
            indents: (0..=i64::from(indent)).map(|i| i * 4).collect(),
            line_directives,
            last: None,
            newline: true,
            pending: Pending::Nothing,
            discards: false,
            fault: None,
            scratch: String::new(),
        }
    }

    /// A writer for following a stack without writing anything.
    pub fn null(sources: &'a Sources) -> Self {
        Self { discards: true, ..Self::new(sources, String::new(), 0, false) }
    }

    pub fn sources(&self) -> &'a Sources {
        self.sources
    }

    /// The text so far, and what went wrong while it was written, if anything did.
    pub fn finish(self) -> (String, Option<Fault>) {
        (self.text, self.fault)
    }

    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    pub fn token_text(&self, token: &Token) -> &'a str {
        self.sources.text(token.span)
    }

    /// Appends text as it is, outside the layout.
    pub fn raw(&mut self, text: &str) {
        if self.fault.is_none() && !self.discards {
            self.text.push_str(text);
        }
    }

    /// Writes our own text, at the current indent where it starts a line.
    pub fn emit(&mut self, text: &str) {
        if self.discards {
            return;
        }
        self.write_pending();
        self.emit_str(text);
    }

    /// [`CWriter::emit`] of formatted text.
    pub fn emit_fmt(&mut self, text: std::fmt::Arguments<'_>) {
        if self.discards {
            return;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        let _ = scratch.write_fmt(text);
        self.emit(&scratch);
        self.scratch = scratch;
    }

    /// Writes a token of the input, as far from the token before it as it was there.
    pub fn emit_token(&mut self, token: &Token) {
        if self.discards {
            return;
        }
        self.write_pending();
        let text = self.token_text(token);
        if token.kind == TokenKind::Comment && text.contains('\n') {
            return self.emit_multiline_comment(token, text);
        }
        if matches!(token.kind, TokenKind::Identifier | TokenKind::Keyword | TokenKind::Number) {
            self.set_position(token, text);
            return self.raw(text);
        }
        let nesting = Nesting::of(text);
        self.dedent(&nesting);
        self.set_position(token, text);
        self.raw(text);
        if token.kind == TokenKind::Directive {
            self.newline = true;
        }
        self.indent(&nesting, text);
    }

    /// Writes `text` where `token` stood.
    pub fn emit_at(&mut self, text: &str, token: &Token) {
        self.write_pending();
        self.set_position(token, self.token_text(token));
        self.raw(text);
    }

    pub fn start_line(&mut self) {
        if !self.newline {
            self.raw("\n");
        }
        self.newline = true;
        self.last = None;
    }

    /// The stack pointer must be in the frame before the next text.
    pub fn emit_spill(&mut self) {
        match self.pending {
            Pending::Reload => self.pending = Pending::Nothing,
            Pending::Nothing => self.pending = Pending::Spill,
            Pending::Spill => self.fail("The stack pointer is spilled twice in a row"),
        }
    }

    /// The stack pointer must be back from the frame before the next text.
    pub fn emit_reload(&mut self) {
        match self.pending {
            Pending::Spill => self.pending = Pending::Nothing,
            Pending::Nothing => self.pending = Pending::Reload,
            Pending::Reload => self.fail("The stack pointer is reloaded twice in a row"),
        }
    }

    pub fn open_header_guard(&mut self, name: &str) {
        self.raw(&format!("\n#ifndef {name}\n#define {name}\n#ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n"));
    }

    pub fn close_header_guard(&mut self, name: &str) {
        self.raw(&format!("\n#ifdef __cplusplus\n}}\n#endif\n#endif /* !{name} */\n"));
    }

    fn write_pending(&mut self) {
        match std::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => {}
            Pending::Spill => self.emit_str("_PyFrame_SetStackPointer(frame, stack_pointer);\n"),
            Pending::Reload => self.emit_str("stack_pointer = _PyFrame_GetStackPointer(frame);\n"),
        }
    }

    fn emit_str(&mut self, text: &str) {
        let nesting = Nesting::of(text);
        self.dedent(&nesting);
        if self.newline && !text.is_empty() {
            if !text.starts_with('\n') {
                self.write_indent(0);
            }
            self.newline = false;
        }
        self.raw(text);
        if text.ends_with('\n') {
            self.newline = true;
        }
        self.indent(&nesting, text);
        self.last = None;
    }

    /// The lines of the comment keep their text; what is left of it follows the current indent.
    fn emit_multiline_comment(&mut self, token: &Token, text: &str) {
        self.set_position(token, text);
        for (index, line) in split_lines(text).enumerate() {
            let line = line.trim_start();
            if index > 0 {
                self.write_indent(if line.starts_with('*') { 1 } else { 3 });
            }
            self.raw(line);
        }
    }

    fn set_position(&mut self, token: &Token, text: &str) {
        if let Some(last) = self.last {
            if last.end_line < token.line {
                self.raw("\n");
            }
            if last.line < token.line {
                if self.line_directives && !self.discards && self.fault.is_none() {
                    let name = &self.sources.get(token.span.file).name;
                    let _ = writeln!(self.text, "#line {} \"{name}\"", token.line);
                }
                self.write_indent(0);
            } else {
                self.spaces(i64::from(token.column) - last.end_column);
            }
        } else if self.newline {
            self.write_indent(0);
        }
        let (end_line, end_column) = end_of(token, text);
        self.last = Some(Last { line: token.line, end_line, end_column, span: token.span });
        self.newline = false;
    }

    fn write_indent(&mut self, further: i64) {
        let indent = self.current_indent();
        self.spaces(indent + further);
    }

    fn spaces(&mut self, mut count: i64) {
        const BLANKS: &str = "                                                                ";
        while count > 0 {
            let now = count.min(BLANKS.len() as i64);
            self.raw(&BLANKS[..now as usize]);
            count -= now;
        }
    }

    fn current_indent(&mut self) -> i64 {
        match self.indents.last() {
            Some(indent) => *indent,
            None => {
                self.fail("More closing brackets than opening ones");
                0
            }
        }
    }

    fn pop_indent(&mut self) {
        if self.indents.pop().is_none() {
            self.fail("More closing brackets than opening ones");
        }
    }

    fn dedent(&mut self, nesting: &Nesting) {
        if nesting.parens < 0 {
            self.pop_indent();
        }
        if nesting.braces < 0 || nesting.label {
            self.pop_indent();
        }
    }

    fn indent(&mut self, nesting: &Nesting, text: &str) {
        if nesting.parens > 0 {
            let current = self.current_indent();
            let aligned = self.last.map(|last| last.end_column - 1).filter(|c| *c > current && *c <= 40);
            self.indents.push(aligned.unwrap_or(current + 4));
        }
        if nesting.label {
            let current = self.current_indent();
            self.indents.push(current + 4);
        } else if nesting.braces > 0 {
            if nesting.braces > 1 {
                self.fail("Several blocks are opened at once");
            }
            let current = self.current_indent();
            self.indents.push(if text.contains("extern \"C\"") { current } else { current + 4 });
        }
    }

    /// Only the first fault counts.
    fn fail(&mut self, message: &'static str) {
        if !self.discards {
            self.fault.get_or_insert(Fault { message, span: self.last.map(|last| last.span) });
        }
    }
}

/// What a text does to the indents.
struct Nesting {
    parens: i32,
    braces: i32,
    label: bool,
}

impl Nesting {
    fn of(text: &str) -> Self {
        let (mut parens, mut braces) = (0, 0);
        for byte in text.bytes() {
            match byte {
                b'(' => parens += 1,
                b')' => parens -= 1,
                b'{' => braces += 1,
                b'}' => braces -= 1,
                _ => {}
            }
        }
        Self { parens, braces, label: text.ends_with(':') && !text.starts_with("//") }
    }
}

/// The line and column just after a token, as the original counts them: a directive ends on the line after its own.
fn end_of(token: &Token, text: &str) -> (u32, i64) {
    match token.kind {
        TokenKind::Comment => {
            if let Some(newline) = text.rfind('\n') {
                let newlines = text.bytes().filter(|b| *b == b'\n').count() as u32;
                return (token.line + newlines, width(&text[newline..]));
            }
        }
        TokenKind::Directive if !text[1..].trim().is_empty() => return (token.line + 1, 0),
        _ => {}
    }
    (token.line, i64::from(token.column) + width(text))
}

/// In characters.
fn width(text: &str) -> i64 {
    if text.is_ascii() { text.len() as i64 } else { text.chars().count() as i64 }
}

/// Lines with their ends, at every character that ends a line for Python's `str.splitlines`.
fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['\n', '\x0b', '\x0c', '\x1c', '\x1d', '\x1e', '\u{85}', '\u{2028}', '\u{2029}'])
}
