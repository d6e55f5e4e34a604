//! What is done about what cannot be encoded or decoded.

use super::{Codec, Order, fault, plain, refused, unknown_handler};
use crate::builtins::bytes::Data;
use crate::builtins::support::{call, index_error, type_error};
use crate::object::*;
use crate::runtime::{exceptions, object};
use std::fmt::Write;

/// What stands for what could not be encoded.
pub(super) enum Instead {
    Bytes(Vec<u8>),
    Text(Vec<u32>),
}

/// The replacement for `start..end` of `text`, and where to go on.
pub(super) fn encoding(
    thread: &Thread,
    codec: Codec,
    text: Ref<PyStr>,
    (start, end): (usize, usize),
    why: &str,
    errors: &str,
) -> Result<(Instead, usize)> {
    let points = (start..end).map(|at| text.char_at(at));
    let strict = || refused(thread, exceptions::unicode_encode_error(), codec, plain(text), (start, end), why);
    let ascii = |text: String| Instead::Text(text.chars().map(u32::from).collect());
    let instead = match errors {
        "strict" => return Err(strict()),
        "ignore" => Instead::Bytes(Vec::new()),
        "replace" => Instead::Text(vec!['?'.into(); end - start]),
        "backslashreplace" => ascii(points.map(escape).collect()),
        "xmlcharrefreplace" => ascii(points.fold(String::new(), |mut out, point| {
            let _ = write!(out, "&#{point};");
            out
        })),
        "surrogateescape" => {
            let bytes: Option<Vec<u8>> =
                points.map(|point| (0xDC80..0xDD00).contains(&point).then_some((point & 0xFF) as u8)).collect();
            Instead::Bytes(bytes.ok_or_else(strict)?)
        }
        "surrogatepass" => {
            let mut out = Vec::new();
            for point in points {
                if !(0xD800..0xE000).contains(&point) || !pass(codec, point, &mut out) {
                    return Err(strict());
                }
            }
            Instead::Bytes(out)
        }
        _ => return custom_encoding(thread, codec, text, (start, end), why, errors),
    };
    Ok((instead, end))
}

/// A surrogate as three bytes or as a unit; false for encodings that have no room for one.
fn pass(codec: Codec, point: u32, out: &mut Vec<u8>) -> bool {
    match codec {
        Codec::Utf8 | Codec::Utf8Sig => {
            out.extend([0xE0 | (point >> 12) as u8, 0x80 | (point >> 6 & 0x3F) as u8, 0x80 | (point & 0x3F) as u8]);
        }
        Codec::Utf16(Order::Big) => out.extend((point as u16).to_be_bytes()),
        Codec::Utf16(_) => out.extend((point as u16).to_le_bytes()),
        Codec::Utf32(Order::Big) => out.extend(point.to_be_bytes()),
        Codec::Utf32(_) => out.extend(point.to_le_bytes()),
        Codec::Ascii | Codec::Latin1 => return false,
    }
    true
}

fn escape(point: u32) -> String {
    match point {
        0..=0xFF => format!("\\x{point:02x}"),
        0x100..=0xFFFF => format!("\\u{point:04x}"),
        _ => format!("\\U{point:08x}"),
    }
}

/// The replacement for bytes `start..end`, and where to go on.
pub(super) fn decoding(
    thread: &Thread,
    codec: Codec,
    data: &[u8],
    (start, end): (usize, usize),
    why: &str,
    errors: &str,
) -> Result<(Vec<u32>, usize)> {
    let object = || PyBytes::new(data).upcast();
    let strict = || refused(thread, exceptions::unicode_decode_error(), codec, object(), (start, end), why);
    match errors {
        "strict" => Err(strict()),
        "ignore" => Ok((Vec::new(), end)),
        "replace" => Ok((vec![0xFFFD], end)),
        "backslashreplace" => Ok((
            data[start..end].iter().flat_map(|&byte| escape(byte.into()).into_bytes()).map(u32::from).collect(),
            end,
        )),
        "surrogateescape" => {
            let run: Vec<u32> = data[start..end]
                .iter()
                .take(4)
                .take_while(|byte| **byte >= 0x80)
                .map(|&byte| 0xDC00 + u32::from(byte))
                .collect();
            if run.is_empty() { Err(strict()) } else { Ok((run.clone(), start + run.len())) }
        }
        "surrogatepass" => match passed(codec, &data[start..]) {
            Some((point, length)) => Ok((vec![point], start + length)),
            None => Err(strict()),
        },
        _ => custom_decoding(thread, codec, data, (start, end), why, errors),
    }
}

/// A surrogate at the start of the bytes, and how many bytes it takes.
fn passed(codec: Codec, data: &[u8]) -> Option<(u32, usize)> {
    let (point, length) = match (codec, data) {
        (Codec::Utf8 | Codec::Utf8Sig, [a, b, c, ..]) if a & 0xF0 == 0xE0 && b & 0xC0 == 0x80 && c & 0xC0 == 0x80 => {
            (u32::from(a & 0x0F) << 12 | u32::from(b & 0x3F) << 6 | u32::from(c & 0x3F), 3)
        }
        (Codec::Utf16(Order::Big), [a, b, ..]) => (u32::from(u16::from_be_bytes([*a, *b])), 2),
        (Codec::Utf16(_), [a, b, ..]) => (u32::from(u16::from_le_bytes([*a, *b])), 2),
        (Codec::Utf32(Order::Big), [a, b, c, d, ..]) => (u32::from_be_bytes([*a, *b, *c, *d]), 4),
        (Codec::Utf32(_), [a, b, c, d, ..]) => (u32::from_le_bytes([*a, *b, *c, *d]), 4),
        _ => return None,
    };
    (0xD800..0xE000).contains(&point).then_some((point, length))
}

/// A handler that the program has registered (`codecs.lookup_error`).
fn registered(thread: &Thread, errors: &str) -> Result<Owned> {
    let modules = thread.state.modules.get();
    let codecs = modules.and_then(|modules| modules.get_str(PyStr::new("_codecs").borrow()));
    let Some(codecs) = codecs else { return Err(unknown_handler(thread, errors)) };
    let lookup = object::get_attr(thread, codecs, PyStr::new("lookup_error").borrow())?;
    call(thread, lookup.borrow(), &[PyStr::new(errors).borrow().upcast()])
}

/// Calls a registered handler; gives the replacement and where to go on in an input of `length` items.
fn ask(thread: &Thread, errors: &str, fault: Owned<PyBaseException>, length: usize) -> Result<(Owned, usize)> {
    let handler = registered(thread, errors)?;
    let answer = call(thread, handler.borrow(), &[fault.borrow().upcast()])?;
    let pair = answer.borrow().downcast::<PyTuple>().filter(|pair| pair.len() == 2);
    let next = pair.and_then(|pair| pair.item(1).downcast::<PyInt>()).and_then(|next| next.as_i64());
    let (Some(pair), Some(next)) = (pair, next) else {
        let kind = if fault.ty().is(exceptions::unicode_encode_error()) { "encoding" } else { "decoding" };
        let what = if kind == "encoding" { "(str/bytes, int) tuple" } else { "(str, int) tuple" };
        return Err(type_error(thread, &format!("{kind} error handler must return {what}")));
    };
    let at = if next < 0 { next + length as i64 } else { next };
    match usize::try_from(at).ok().filter(|&at| at <= length) {
        Some(at) => Ok((pair.item(0).to_owned(), at)),
        None => Err(index_error(thread, &format!("position {next} from error handler out of bounds"))),
    }
}

fn custom_encoding(
    thread: &Thread,
    codec: Codec,
    text: Ref<PyStr>,
    span: (usize, usize),
    why: &str,
    errors: &str,
) -> Result<(Instead, usize)> {
    let fault = fault(exceptions::unicode_encode_error(), codec, plain(text), span, why);
    let (instead, next) = ask(thread, errors, fault, text.len())?;
    let instead = match (instead.borrow().downcast::<PyStr>(), Data::of(instead.borrow())) {
        (Some(text), _) => Instead::Text(text.points().collect()),
        (None, Some(bytes)) => Instead::Bytes(bytes.into_vec()),
        (None, None) => return Err(type_error(thread, "encoding error handler must return (str/bytes, int) tuple")),
    };
    Ok((instead, next))
}

fn custom_decoding(
    thread: &Thread,
    codec: Codec,
    data: &[u8],
    span: (usize, usize),
    why: &str,
    errors: &str,
) -> Result<(Vec<u32>, usize)> {
    let object = PyBytes::new(data).upcast();
    let fault = fault(exceptions::unicode_decode_error(), codec, object, span, why);
    let (instead, next) = ask(thread, errors, fault, data.len())?;
    match instead.borrow().downcast::<PyStr>() {
        Some(text) => Ok((text.points().collect(), next)),
        None => Err(type_error(thread, "decoding error handler must return (str, int) tuple")),
    }
}
