//! Strings and bytes in quotes (`Objects/unicodeobject.c`, `unicode_repr`; `Objects/bytesobject.c`, `PyBytes_Repr`).

use std::fmt::Write;

pub(crate) use super::unicode::is_printable;

/// `'` unless the text has `'` and no `"`.
fn quote(points: impl Iterator<Item = u32>) -> char {
    let (mut single, mut double) = (false, false);
    for point in points {
        single |= point == u32::from('\'');
        double |= point == u32::from('"');
    }
    if single && !double { '"' } else { '\'' }
}

/// Calls `out` with each code point of the quoted text. What `keep` refuses is escaped; `repr` keeps what prints, `ascii`
/// only ASCII.
pub(crate) fn string(points: impl Iterator<Item = u32> + Clone, keep: impl Fn(u32) -> bool, mut out: impl FnMut(u32)) {
    let quote = u32::from(quote(points.clone()));
    out(quote);
    for point in points {
        let mut text = |text: &str| text.chars().for_each(|c| out(c.into()));
        match point {
            0x5C => text("\\\\"),
            0x09 => text("\\t"),
            0x0A => text("\\n"),
            0x0D => text("\\r"),
            _ if point == quote => {
                text("\\");
                out(point);
            }
            _ if keep(point) => out(point),
            0..=0xFF => text(&format!("\\x{point:02x}")),
            0x100..=0xFFFF => text(&format!("\\u{point:04x}")),
            _ => text(&format!("\\U{point:08x}")),
        }
    }
    out(quote);
}

/// `repr` of bytes.
pub(crate) fn bytes(data: &[u8]) -> String {
    let quote = quote(data.iter().map(|&byte| byte.into()));
    let mut text = format!("b{quote}");
    for &byte in data {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b'\t' => text.push_str("\\t"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            _ if char::from(byte) == quote => text.extend(['\\', quote]),
            0x20..=0x7E => text.push(byte.into()),
            _ => write!(text, "\\x{byte:02x}").expect("strings take all text"),
        }
    }
    text.push(quote);
    text
}

/// `repr` of bytes, as bytearray shows them.
pub(crate) fn bytes_in(data: &[u8]) -> String {
    let text = bytes(data);
    // A single quote is escaped within double quotes too.
    if text.starts_with("b\"") { text.replace('\'', "\\'") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repr(text: &str) -> String {
        let mut quoted = String::new();
        string(text.chars().map(u32::from), is_printable, |point| quoted.push(char::from_u32(point).unwrap()));
        quoted
    }

    #[test]
    fn strings_are_quoted_as_cpython_does() {
        assert_eq!(repr("plain"), "'plain'");
        assert_eq!(repr("it's"), "\"it's\"");
        assert_eq!(repr("it's \"so\""), "'it\\'s \"so\"'");
        assert_eq!(repr("a\tb\n\\\x00\x7f"), "'a\\tb\\n\\\\\\x00\\x7f'");
        assert_eq!(repr("é\u{a0}\u{ad}\u{301}\u{200b}\u{1F600}"), "'é\\xa0\\xad\u{301}\\u200b\u{1F600}'");
        assert_eq!(repr("\u{E000}\u{10FFFF}"), "'\\ue000\\U0010ffff'");
    }

    #[test]
    fn bytes_are_quoted_as_cpython_does() {
        assert_eq!(bytes(b"a'b\xff\n"), "b\"a'b\\xff\\n\"");
    }
}
