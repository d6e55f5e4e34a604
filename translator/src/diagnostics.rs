//! Errors as values: a stable code, a message, a primary place, further places and a next step.
//! Rendering them with the source line and a caret is the binaries' business ([`Diagnostic::render`] gives plain text).

use crate::source::{Sources, Span};

/// Labels a place that is there to compare with CPython, and not shown to readers.
const CPYTHON_PLACE: &str = "CPython's generator points here";

/// One finding. Codes are stable: `D-…` definition language, `A-…` analysis, `G-…` C back end, `S-…` subset refusals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: &'static str,
    pub message: String,
    pub primary: Option<Span>,
    pub secondary: Vec<(Span, String)>,
    /// What the reader can do about it.
    pub note: Option<String>,
}

impl Diagnostic {
    pub fn new(code: &'static str, primary: Span, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), primary: Some(primary), secondary: Vec::new(), note: None }
    }

    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    #[must_use]
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.secondary.push((span, label.into()));
        self
    }

    /// Says that CPython's generator reports this at another place than the primary one.
    #[must_use]
    pub fn cpython_points_at(self, span: Span) -> Self {
        if self.primary == Some(span) { self } else { self.also(span, CPYTHON_PLACE) }
    }

    /// The place that CPython's generator reports.
    pub fn cpython_place(&self) -> Option<Span> {
        let other = self.secondary.iter().find(|(_, label)| label == CPYTHON_PLACE);
        other.map(|(span, _)| *span).or(self.primary)
    }

    /// `file:line:column: error[CODE]: message`, the source line and carets under the span; no colours.
    pub fn render(&self, sources: &Sources) -> String {
        let mut out = String::new();
        match self.primary {
            Some(span) => {
                let (line, column) = sources.get(span.file).line_column(span.start);
                out += &format!(
                    "{}:{line}:{column}: error[{}]: {}\n",
                    sources.get(span.file).name,
                    self.code,
                    self.message
                );
                render_line(&mut out, sources, span, '^', "");
            }
            None => out += &format!("error[{}]: {}\n", self.code, self.message),
        }
        for (span, label) in self.secondary.iter().filter(|(_, label)| label != CPYTHON_PLACE) {
            if self.primary.is_some_and(|primary| primary.file != span.file) {
                let (line, column) = sources.get(span.file).line_column(span.start);
                out += &format!("  --> {}:{line}:{column}\n", sources.get(span.file).name);
            }
            render_line(&mut out, sources, *span, '-', label);
        }
        if let Some(note) = &self.note {
            out += &format!("  = note: {note}\n");
        }
        out
    }
}

fn render_line(out: &mut String, sources: &Sources, span: Span, mark: char, label: &str) {
    let file = sources.get(span.file);
    let (line, column) = file.line_column(span.start);
    let text = file.line_text(line).replace('\t', " ");
    let rest = text.chars().count() as u32 + 1 - column.min(text.chars().count() as u32 + 1);
    let width = (sources.text(span).chars().count() as u32).clamp(1, rest.max(1));
    let marks: String = std::iter::repeat_n(mark, width as usize).collect();
    let gutter = " ".repeat(line.to_string().len());
    *out += &format!("{gutter} |\n{line} | {text}\n{gutter} | {}{marks} {label}\n", " ".repeat(column as usize - 1));
    while out.ends_with(" \n") {
        out.truncate(out.len() - 2);
        out.push('\n');
    }
}
