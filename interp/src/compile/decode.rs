//! Bytes of a source file as text: byte order mark, coding cookie (PEP 263), line ends.

use super::{Class, SyntaxError};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The text of a source file.
pub(crate) fn decode(bytes: &[u8], filename: &str) -> Result<String, SyntaxError> {
    let marked = bytes.strip_prefix(BOM);
    let body = marked.unwrap_or(bytes);
    if body.contains(&0) {
        return Err(error("source code cannot contain null bytes".into(), 0));
    }
    let cookie = cookie(body);
    let encoding = match (&cookie, marked) {
        (Some((name, line)), Some(_)) if name != "utf-8" => {
            return Err(error(format!("encoding problem: {name} with BOM"), *line));
        }
        (Some((name, _)), _) => name.as_str(),
        (None, _) => "utf-8",
    };
    let text = match encoding {
        "utf-8" => match std::str::from_utf8(body) {
            Ok(text) => text.to_owned(),
            Err(problem) => return Err(not_utf8(body, problem.valid_up_to(), filename)),
        },
        "iso-8859-1" => body.iter().map(|&byte| char::from(byte)).collect(),
        "ascii" if body.is_ascii() => body.iter().map(|&byte| char::from(byte)).collect(),
        other => return Err(error(format!("unknown encoding: {other}"), 0)),
    };
    Ok(normalize(&text))
}

/// With `\n` for every line end.
pub(crate) fn normalize(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

fn error(message: String, line: usize) -> SyntaxError {
    SyntaxError { class: Class::Syntax, message, line, column: 0, end_line: 0, end_column: 0, text: None }
}

fn not_utf8(body: &[u8], at: usize, filename: &str) -> SyntaxError {
    let line = body[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
    let message = format!(
        "(unicode error) 'utf-8' codec can't decode byte 0x{:02x} in position {at} of {filename}: invalid start byte",
        body[at]
    );
    error(message, line)
}

/// The encoding that a comment in the first two lines names, under its common name, and the line.
fn cookie(body: &[u8]) -> Option<(String, usize)> {
    for (index, line) in body.split(|&byte| byte == b'\n').take(2).enumerate() {
        let line = String::from_utf8_lossy(line);
        let trimmed = line.trim_start_matches([' ', '\t', '\x0c']);
        if !trimmed.starts_with('#') {
            // A second line counts only below an empty one or a comment.
            if trimmed.trim_end().is_empty() {
                continue;
            }
            return None;
        }
        let Some(at) = trimmed.find("coding") else { continue };
        let after = &trimmed[at + "coding".len()..];
        let Some(name) = after.strip_prefix([':', '=']) else { continue };
        let name: String = name
            .trim_start_matches([' ', '\t'])
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            .collect();
        if !name.is_empty() {
            return Some((common_name(&name), index + 1));
        }
    }
    None
}

fn common_name(name: &str) -> String {
    let lower = name.to_ascii_lowercase().replace('_', "-");
    if lower == "utf8" || lower == "utf-8" || lower.starts_with("utf-8-") {
        return "utf-8".into();
    }
    match lower.as_str() {
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "iso-latin-1" => "iso-8859-1".into(),
        "ascii" | "us-ascii" => "ascii".into(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_counts_in_the_first_two_lines_alone() {
        assert_eq!(cookie(b"# -*- coding: latin-1 -*-\n"), Some(("iso-8859-1".into(), 1)));
        assert_eq!(cookie(b"#!/bin/x\n# vim: set fileencoding=utf8 :\n"), Some(("utf-8".into(), 2)));
        assert_eq!(cookie(b"x = 1\n# coding: latin-1\n"), None);
        assert_eq!(cookie(b"\n\n# coding: latin-1\n"), None);
    }

    #[test]
    fn text_is_what_python_reads() {
        assert_eq!(decode(b"\xEF\xBB\xBFx\r\ny\rz", "f").as_deref(), Ok("x\ny\nz"));
        assert_eq!(decode(b"# coding: latin-1\n\xE4", "f").as_deref(), Ok("# coding: latin-1\n\u{E4}"));
        let refused = decode(b"x\n\xFF", "f").expect_err("no UTF-8");
        assert_eq!(refused.line, 2);
        assert!(decode(b"\0", "f").is_err());
        assert_eq!(decode(b"# coding: nowhere\n", "f").expect_err("unknown").message, "unknown encoding: nowhere");
    }
}
