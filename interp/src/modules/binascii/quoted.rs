//! Quoted-printable and uuencode.

use super::{ascii_of, bytes_of, failed};
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::object;

/// The longest line that is written, its soft line end included.
const LINE: usize = 76;

pub(super) fn decode_uu(thread: &Thread, _: Ref, line: Ref) -> Result {
    let line = ascii_of(thread, line)?;
    let Some((&first, rest)) = line.split_first() else { return Ok(PyBytes::new(Vec::new()).upcast()) };
    let length = usize::from(first.wrapping_sub(b' ') & 0o77);
    let (mut out, mut word, mut bits) = (Vec::with_capacity(length), 0u32, 0);
    let mut digits = rest.iter().copied();
    while out.len() < length {
        let digit = match digits.next() {
            // Spaces at the end may have been cut off.
            None | Some(b'\n' | b'\r') => 0,
            Some(byte) if (b' '..=b'`').contains(&byte) => u32::from((byte - b' ') & 0o77),
            Some(_) => return Err(failed(thread, "Illegal char")),
        };
        word = word << 6 | digit;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits) as u8);
            word &= (1 << bits) - 1;
        }
    }
    if digits.any(|byte| !matches!(byte, b' ' | b'`' | b'\n' | b'\r')) {
        return Err(failed(thread, "Trailing garbage"));
    }
    Ok(PyBytes::new(out).upcast())
}

/// `b2a_uu(data, /, *, backtick=False)`.
pub(super) fn encode_uu(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "b2a_uu",
        names: &["data", "backtick"],
        positional_only: 1,
        keyword_only: 1,
        required: 1,
    };
    let [data, backtick] = SIGNATURE.bind(thread, arguments, keywords)?;
    let data = bytes_of(thread, data.unwrap_or(none_object()))?;
    let backtick = backtick.map_or(Ok(false), |backtick| object::is_truthy(thread, backtick))?;
    if data.len() > 45 {
        return Err(failed(thread, "At most 45 bytes at once"));
    }
    let letter = |digit: u32| if digit == 0 && backtick { b'`' } else { digit as u8 + b' ' };
    let mut out = vec![letter(data.len() as u32)];
    for part in data.chunks(3) {
        let word = part.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - part.len()));
        out.extend((0..4).map(|place| letter(word >> (18 - 6 * place) & 63)));
    }
    out.push(b'\n');
    Ok(PyBytes::new(out).upcast())
}

/// `a2b_qp(data, header=False)`.
pub(super) fn decode(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature =
        Signature { function: "a2b_qp", names: &["data", "header"], positional_only: 0, keyword_only: 0, required: 1 };
    let [data, header] = SIGNATURE.bind(thread, arguments, keywords)?;
    let data = ascii_of(thread, data.unwrap_or(none_object()))?;
    let header = header.map_or(Ok(false), |header| object::is_truthy(thread, header))?;
    let (mut out, mut at) = (Vec::with_capacity(data.len()), 0);
    let digit = |byte: Option<&u8>| byte.and_then(|&byte| char::from(byte).to_digit(16));
    while let Some(&byte) = data.get(at) {
        at += 1;
        match byte {
            b'=' => match data.get(at) {
                None => break,
                // A soft line end.
                Some(b'\n' | b'\r') => {
                    while data.get(at).is_some_and(|&byte| byte != b'\n') {
                        at += 1;
                    }
                    at += 1;
                }
                Some(b'=') => {
                    out.push(b'=');
                    at += 1;
                }
                Some(_) => match (digit(data.get(at)), digit(data.get(at + 1))) {
                    (Some(high), Some(low)) => {
                        out.push((high << 4 | low) as u8);
                        at += 2;
                    }
                    _ => out.push(b'='),
                },
            },
            b'_' if header => out.push(b' '),
            other => out.push(other),
        }
    }
    Ok(PyBytes::new(out).upcast())
}

/// `b2a_qp(data, quotetabs=False, istext=True, header=False)`.
pub(super) fn encode(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "b2a_qp",
        names: &["data", "quotetabs", "istext", "header"],
        positional_only: 0,
        keyword_only: 0,
        required: 1,
    };
    let [data, tabs, text, header] = SIGNATURE.bind(thread, arguments, keywords)?;
    let data = bytes_of(thread, data.unwrap_or(none_object()))?;
    let flag = |value: Option<Ref>, default: bool| value.map_or(Ok(default), |value| object::is_truthy(thread, value));
    let (tabs, text, header) = (flag(tabs, false)?, flag(text, true)?, flag(header, false)?);
    // The first line end decides how soft ones look.
    let first = data.iter().position(|&byte| byte == b'\n');
    let end: &[u8] = if first.is_some_and(|at| at > 0 && data[at - 1] == b'\r') { b"\r\n" } else { b"\n" };
    let (mut out, mut column, mut at) = (Vec::with_capacity(data.len()), 0, 0);
    while let Some(&byte) = data.get(at) {
        let next = data.get(at + 1).copied();
        let line_end = byte == b'\n' || byte == b'\r' && next == Some(b'\n');
        let quoted = byte > 126
            || byte == b'='
            || header && byte == b'_'
            || byte == b'.' && column == 0 && matches!(next, None | Some(b'\n' | b'\r' | 0))
            || !text && matches!(byte, b'\r' | b'\n')
            || matches!(byte, b'\t' | b' ') && at + 1 == data.len()
            || byte < 33 && !matches!(byte, b'\r' | b'\n') && (tabs || !matches!(byte, b'\t' | b' '));
        if quoted {
            if column + 3 >= LINE {
                out.push(b'=');
                out.extend(end);
                column = 0;
            }
            out.extend(format!("={byte:02X}").bytes());
            column += 3;
            at += 1;
        } else if text && line_end {
            column = 0;
            // Blanks before a line end are hidden.
            if let Some(&last @ (b' ' | b'\t')) = out.last() {
                out.pop();
                out.extend(format!("={last:02X}").bytes());
            }
            out.extend(end);
            at += if byte == b'\r' { 2 } else { 1 };
        } else {
            if at + 1 != data.len() && next != Some(b'\n') && column + 1 >= LINE {
                out.push(b'=');
                out.extend(end);
                column = 0;
            }
            column += 1;
            out.push(if header && byte == b' ' { b'_' } else { byte });
            at += 1;
        }
    }
    Ok(PyBytes::new(out).upcast())
}
