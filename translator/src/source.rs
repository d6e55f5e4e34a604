//! Source files and places in them.

use std::sync::Arc;

/// One input file, held whole. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The name that diagnostics and generated citations print, as in CPython's tree: `bytecodes.c`.
    pub name: Arc<str>,
    pub text: Arc<str>,
    /// The byte offset at which each line begins.
    line_starts: Arc<[u32]>,
}

impl SourceFile {
    /// Line ends become `\n`, as when Python reads a file as text.
    pub fn new(name: &str, text: &str) -> Self {
        let text: Arc<str> = match text.contains('\r') {
            true => text.replace("\r\n", "\n").replace('\r', "\n").into(),
            false => text.into(),
        };
        let newlines = text.bytes().zip(1u32..).filter(|(byte, _)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(newlines.map(|(_, next)| next)).collect();
        Self { name: name.into(), text, line_starts }
    }

    /// The line (1-based) and the column (1-based, in characters) of a byte offset.
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let offset = offset.min(self.text.len() as u32);
        let line = self.line_starts.partition_point(|start| *start <= offset) as u32;
        let before = &self.text.as_bytes()[self.line_start(line) as usize..offset as usize];
        (line, before.iter().filter(|byte| begins_character(**byte)).count() as u32 + 1)
    }

    /// A line's text without its line end; the empty text where there is no such line.
    pub fn line_text(&self, line: u32) -> &str {
        let end = match self.line_starts.get(line as usize) {
            Some(next) => *next as usize - 1,
            None => self.text.len(),
        };
        self.text.get(self.line_start(line) as usize..end).unwrap_or("")
    }

    fn line_start(&self, line: u32) -> u32 {
        let index = (line as usize).saturating_sub(1);
        self.line_starts.get(index).copied().unwrap_or(self.text.len() as u32)
    }
}

/// Whether a byte of UTF-8 begins a character.
pub(crate) fn begins_character(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}

/// An index into the [`Sources`] of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u16);

/// A half-open range of bytes in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn to(self, last: Span) -> Span {
        debug_assert_eq!(self.file, last.file);
        Span { file: self.file, start: self.start, end: last.end }
    }
}

/// The files of a run, in the order in which they were given.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId(u16::try_from(self.files.len() - 1).expect("fewer than 65,536 input files"))
    }

    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[usize::from(id.0)]
    }

    pub fn text(&self, span: Span) -> &str {
        &self.get(span.file).text[span.start as usize..span.end as usize]
    }

    /// Every file with its id, in order.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(index as u16), file))
    }

    /// The line (1-based) on which a span starts.
    pub fn line(&self, span: Span) -> u32 {
        self.get(span.file).line_column(span.start).0
    }
}
