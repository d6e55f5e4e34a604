//! How a SyntaxError is shown: the place, the line, and what is wrong.

use super::{exceptions, object};
use crate::object::*;

/// Fields of a SyntaxError, by their place among the exception's own.
pub(crate) const MSG: usize = 0;
pub(crate) const FILENAME: usize = 1;
pub(crate) const LINENO: usize = 2;
pub(crate) const OFFSET: usize = 3;
pub(crate) const TEXT: usize = 4;
pub(crate) const END_LINENO: usize = 5;
pub(crate) const END_OFFSET: usize = 6;

fn text_of(own: Ref, field: usize) -> Option<String> {
    exceptions::of(own).extra(field).get().and_then(|value| value.downcast::<PyStr>()).map(Ref::to_string_lossy)
}

fn number_of(own: Ref, field: usize) -> Option<i64> {
    exceptions::of(own).extra(field).get().and_then(|value| value.downcast::<PyInt>()).and_then(|value| value.as_i64())
}

/// The lines above the message: the place, the source line and the carets (`_format_syntax_error` in `traceback.py`);
/// with them what the message line says behind the class.
pub(crate) fn describe(thread: &Thread, own: Ref) -> (String, String) {
    let mut out = String::new();
    let file = text_of(own, FILENAME);
    let line = number_of(own, LINENO);
    let message = match exceptions::of(own).extra(MSG).get().filter(|value| !object::is_none(*value)) {
        Some(message) => object::str_text(thread, message).unwrap_or_default(),
        None => "<no detail available>".to_owned(),
    };
    let Some(line) = line else {
        let suffix = file.map_or(String::new(), |file| format!(" ({file})"));
        return (out, format!("{message}{suffix}"));
    };
    out.push_str(&format!("  File \"{}\", line {line}\n", file.as_deref().unwrap_or("<string>")));
    if let Some(text) = text_of(own, TEXT) {
        let shown = text.trim_end_matches('\n');
        let stripped = shown.trim_start_matches([' ', '\n', '\x0c']);
        out.push_str(&format!("    {stripped}\n"));
        if let Some(carets) = carets(own, line, &text, shown, stripped) {
            out.push_str(&format!("    {carets}\n"));
        }
    }
    (out, message)
}

fn carets(own: Ref, line: i64, text: &str, shown: &str, stripped: &str) -> Option<String> {
    let count = |text: &str| text.chars().count() as i64;
    let mut offset = number_of(own, OFFSET)?;
    let end_line = number_of(own, END_LINENO);
    let mut end = if end_line.is_none_or(|end_line| end_line == line) {
        number_of(own, END_OFFSET).filter(|end| *end != 0).unwrap_or(offset)
    } else {
        count(shown) + 1
    };
    offset = offset.min(count(text) + 1);
    if end < offset {
        end = count(text) + 1;
    }
    if end == offset || end == -1 {
        end = offset + 1;
    }
    let spaces = count(shown) - count(stripped);
    let (start, stop) = (offset - 1 - spaces, end - 1 - spaces);
    if start < 0 {
        return None;
    }
    let before = stripped.chars().chain(std::iter::repeat(' ')).take(start as usize);
    let before: String = before.map(|c| if c.is_whitespace() { c } else { ' ' }).collect();
    // No wider than the line, however far the end is said to be.
    let width = (stop - start).clamp(1, count(stripped).max(1) + 1);
    Some(before + &"^".repeat(width as usize))
}
