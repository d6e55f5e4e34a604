//! Places of nodes, as CPython counts: lines from 1, columns from 0 in bytes of UTF-8.

use rustpython_ruff_text_size::{TextRange, TextSize};

/// From and up to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) end_line: usize,
    pub(crate) end_column: usize,
}

/// Where the lines of a source start, in bytes.
pub(super) struct Places(Vec<usize>);

impl Places {
    pub(super) fn of_source(source: &str) -> Places {
        let breaks = source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Places(std::iter::once(0).chain(breaks).collect())
    }

    fn position(&self, source: &str, offset: usize) -> (usize, usize) {
        let line = self.0.partition_point(|start| *start <= offset);
        let start = self.0[line - 1];
        // A byte order mark is no column.
        let mark = if start == 0 && source.starts_with('\u{feff}') { 3 } else { 0 };
        (line, (offset - start).saturating_sub(mark))
    }

    pub(super) fn of(&self, source: &str, range: TextRange) -> Place {
        let (line, column) = self.position(source, usize::from(range.start()));
        let (end_line, end_column) = self.position(source, usize::from(range.end()));
        Place { line, column, end_line, end_column }
    }
}

/// The first token at or after an offset: behind blanks, line ends, continued lines and comments.
pub(super) fn next_token(source: &str, from: TextSize) -> TextSize {
    let bytes = source.as_bytes();
    let mut at = usize::from(from);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\x0c' | b'\n' | b'\r' | b'\\' => at += 1,
            b'#' => at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at),
            _ => break,
        }
    }
    TextSize::try_from(at).unwrap_or(from)
}
