//! Encodings by escapes: those of string literals (`unicode_escape`, `raw_unicode_escape`, `escape_decode`).

use super::{buffer, text_argument};
use crate::exit::Raised;
use crate::object::*;
use crate::runtime::{call, error, exceptions, object};

pub(super) static FUNCTIONS: &[MethodDef] = &[
    MethodDef::fast("unicode_escape_encode", |thread, _, a| encode(thread, a, "unicode_escape_encode", true)),
    MethodDef::fast("raw_unicode_escape_encode", |thread, _, a| encode(thread, a, "raw_unicode_escape_encode", false)),
    MethodDef::fast("unicode_escape_decode", |thread, _, a| decode(thread, a, "unicodeescape")),
    MethodDef::fast("raw_unicode_escape_decode", |thread, _, a| decode(thread, a, "rawunicodeescape")),
    MethodDef::fast("escape_encode", |thread, _, a| {
        call::check_count(thread, "escape_encode", a.len(), 1, 2)?;
        let Some(bytes) = a[0].downcast::<PyBytes>() else {
            let text = format!("escape_encode() argument 1 must be bytes, not {}", a[0].ty().name());
            return Err(error::type_error(thread, text));
        };
        let mut out = Vec::new();
        for &byte in bytes.data() {
            match byte {
                b'\'' | b'\\' => out.extend([b'\\', byte]),
                b'\t' => out.extend(*b"\\t"),
                b'\n' => out.extend(*b"\\n"),
                b'\r' => out.extend(*b"\\r"),
                b' '..=b'~' => out.push(byte),
                _ => out.extend(format!("\\x{byte:02x}").bytes()),
            }
        }
        Ok(pair(PyBytes::new(out).upcast(), bytes.data().len()))
    }),
    MethodDef::fast("escape_decode", escape_decode),
];

fn pair(value: Owned, length: usize) -> Owned {
    PyTuple::from_array([value, PyInt::from_i64(length as i64).upcast()]).upcast()
}

/// Text as escapes; with `all`, of everything that is not printable ASCII, else of what is beyond Latin 1.
fn encode(thread: &Thread, arguments: &[Ref], function: &str, all: bool) -> Result {
    call::check_count(thread, function, arguments.len(), 1, 2)?;
    let Some(text) = arguments[0].downcast::<PyStr>() else {
        let text = format!("{function}() argument 1 must be str, not {}", arguments[0].ty().name());
        return Err(error::type_error(thread, text));
    };
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for point in text.points() {
        match point {
            9 if all => out.extend(*b"\\t"),
            10 if all => out.extend(*b"\\n"),
            13 if all => out.extend(*b"\\r"),
            0x5C if all => out.extend(*b"\\\\"),
            0x20..=0x7E => out.push(point as u8),
            0..=0xFF if all => out.extend(format!("\\x{point:02x}").bytes()),
            0..=0xFF => out.push(point as u8),
            0x100..=0xFFFF => out.extend(format!("\\u{point:04x}").bytes()),
            _ => out.extend(format!("\\U{point:08x}").bytes()),
        }
    }
    Ok(pair(PyBytes::new(out).upcast(), text.len()))
}

/// An escape that does not end well: where, and why.
struct Fault(usize, &'static str);

/// Reads `count` hexadecimal digits.
fn hex(data: &[u8], at: usize, count: usize) -> (u32, usize) {
    let digits = data[at..].iter().take(count).map_while(|&byte| char::from(byte).to_digit(16));
    digits.fold((0, 0), |(value, read), digit| (value << 4 | digit, read + 1))
}

fn hex_escape(data: &[u8], at: usize, count: usize, why: &'static str) -> std::result::Result<(u32, usize), Fault> {
    match hex(data, at, count) {
        (value, read) if read == count => Ok((value, at + count)),
        (_, read) => Err(Fault(at + read, why)),
    }
}

/// The code point of an escape whose letter is at `at`, and where it ends; `None` for what is no escape.
fn escape(data: &[u8], at: usize, all: bool) -> std::result::Result<Option<(u32, usize)>, Fault> {
    let Some(&letter) = data.get(at) else { return Ok(None) };
    let next = at + 1;
    let simple = |point: u8| Ok(Some((point.into(), next)));
    match letter {
        b'u' => hex_escape(data, next, 4, "truncated \\uXXXX escape").map(Some),
        b'U' => match hex_escape(data, next, 8, "truncated \\UXXXXXXXX escape")? {
            (point, end) if point > 0x10_FFFF => Err(Fault(end, "illegal Unicode character")),
            found => Ok(Some(found)),
        },
        _ if !all => Ok(None),
        b'x' => hex_escape(data, next, 2, "truncated \\xXX escape").map(Some),
        b'\\' | b'\'' | b'"' => simple(letter),
        b'b' => simple(8),
        b'f' => simple(12),
        b't' => simple(9),
        b'n' => simple(10),
        b'r' => simple(13),
        b'v' => simple(11),
        b'a' => simple(7),
        b'0'..=b'7' => {
            let digits = data[at..].iter().take(3).take_while(|byte| matches!(byte, b'0'..=b'7'));
            let (value, count) =
                digits.fold((0, 0), |(value, count), digit| (value << 3 | u32::from(digit - b'0'), count + 1));
            Ok(Some((value, at + count)))
        }
        b'N' => Err(Fault(next, "malformed \\N character escape")),
        _ => Ok(None),
    }
}

/// `unicode_escape_decode(data, errors=None, final=True)`, and the raw form, which knows `\\u` and `\\U` alone.
fn decode(thread: &Thread, arguments: &[Ref], encoding: &str) -> Result {
    call::check_count(thread, "decode", arguments.len(), 1, 3)?;
    let data = match arguments[0].downcast::<PyStr>() {
        Some(text) => text.to_string_lossy().into_bytes(),
        None => buffer(thread, arguments[0], "a bytes-like object is required")?,
    };
    let errors = match arguments.get(1).filter(|errors| !object::is_none(**errors)) {
        Some(errors) => text_argument(thread, "errors", *errors)?,
        None => "strict".to_owned(),
    };
    let all = encoding == "unicodeescape";
    let mut out = StrBuilder::new();
    let mut at = 0;
    while let Some(&byte) = data.get(at) {
        if byte != b'\\' {
            out.push(byte.into());
            at += 1;
            continue;
        }
        if data.get(at + 1) == Some(&b'\n') && all {
            at += 2;
            continue;
        }
        let found = if all && at + 1 == data.len() {
            Err(Fault(at + 1, "\\ at end of string"))
        } else {
            escape(&data, at + 1, all)
        };
        match found {
            Ok(Some((point, end))) => {
                out.push(point);
                at = end;
            }
            Ok(None) => {
                out.push(byte.into());
                at += 1;
                // What stands behind is no escape, a second backslash of the raw form included.
                if let Some(&next) = data.get(at) {
                    out.push(next.into());
                    at += 1;
                }
            }
            Err(Fault(end, why)) => {
                match errors.as_str() {
                    "ignore" => {}
                    "replace" => out.push(0xFFFD),
                    _ => return Err(refused(thread, encoding, &data, (at, end), why)),
                }
                at = end;
            }
        }
    }
    Ok(pair(out.finish().upcast(), data.len()))
}

#[cold]
fn refused(thread: &Thread, encoding: &str, data: &[u8], (start, end): (usize, usize), why: &str) -> Raised {
    let (encoding, why, object) = (PyStr::new(encoding), PyStr::new(why), PyBytes::new(data.to_vec()));
    let (start, end) = (PyInt::from_i64(start as i64), PyInt::from_i64(end as i64));
    let arguments = [
        encoding.borrow().upcast(),
        object.borrow().upcast(),
        start.borrow().upcast(),
        end.borrow().upcast(),
        why.borrow().upcast(),
    ];
    match call::with(thread, exceptions::unicode_decode_error().upcast(), &arguments) {
        Ok(exception) => error::set_object(thread, exception.cast()),
        Err(raised) => raised,
    }
}

/// `escape_decode(data, errors=None)`: escapes of bytes literals.
fn escape_decode(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "escape_decode", arguments.len(), 1, 2)?;
    let data = match arguments[0].downcast::<PyStr>() {
        Some(text) => text.to_string_lossy().into_bytes(),
        None => buffer(thread, arguments[0], "a bytes-like object is required")?,
    };
    let (mut out, mut at) = (Vec::with_capacity(data.len()), 0);
    while let Some(&byte) = data.get(at) {
        at += 1;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match data.get(at) {
            None => return Err(error::value_error(thread, "Trailing \\ in string")),
            Some(b'\n') => at += 1,
            Some(b'u' | b'U' | b'N') => out.push(byte),
            Some(_) => match escape(&data, at, true) {
                Ok(Some((value, end))) => {
                    out.push(value as u8);
                    at = end;
                }
                Ok(None) => out.push(byte),
                Err(_) => {
                    return Err(error::value_error(thread, format_args!("invalid \\x escape at position {}", at - 1)));
                }
            },
        }
    }
    Ok(pair(PyBytes::new(out).upcast(), data.len()))
}
