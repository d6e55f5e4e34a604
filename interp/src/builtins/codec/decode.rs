//! Bytes to text.

use super::{Codec, Order, handlers};
use crate::object::*;

/// A fault in the bytes: where, and why.
type Fault = (usize, usize, &'static str);

pub(super) fn decode(thread: &Thread, data: &[u8], codec: Codec, errors: &str) -> Result<Owned<PyStr>> {
    let (codec, skipped) = resolve(codec, data);
    if codec == Codec::Latin1 || (data.is_ascii() && matches!(codec, Codec::Utf8 | Codec::Ascii)) {
        return Ok(PyStr::from_units(Units::One(data)));
    }
    let mut out = StrBuilder::new();
    let mut at = skipped;
    while at < data.len() {
        let (next, fault) = run(codec, data, at, &mut out);
        let Some((start, end, why)) = fault else { break };
        debug_assert!(next <= start);
        let (instead, next) = handlers::decoding(thread, codec, data, (start, end), why, errors)?;
        instead.into_iter().for_each(|point| out.push(point));
        at = next;
    }
    Ok(out.finish())
}

/// The encoding that a mark in front says, and the bytes of the mark.
fn resolve(codec: Codec, data: &[u8]) -> (Codec, usize) {
    match codec {
        Codec::Utf8Sig => (Codec::Utf8, if data.starts_with(&[0xEF, 0xBB, 0xBF]) { 3 } else { 0 }),
        Codec::Utf16(Order::Marked) if data.starts_with(&[0xFF, 0xFE]) => (Codec::Utf16(Order::Little), 2),
        Codec::Utf16(Order::Marked) if data.starts_with(&[0xFE, 0xFF]) => (Codec::Utf16(Order::Big), 2),
        Codec::Utf32(Order::Marked) if data.starts_with(&[0xFF, 0xFE, 0, 0]) => (Codec::Utf32(Order::Little), 4),
        Codec::Utf32(Order::Marked) if data.starts_with(&[0, 0, 0xFE, 0xFF]) => (Codec::Utf32(Order::Big), 4),
        Codec::Utf16(Order::Marked) => (Codec::Utf16(Order::Little), 0),
        Codec::Utf32(Order::Marked) => (Codec::Utf32(Order::Little), 0),
        other => (other, 0),
    }
}

/// Decodes from `at` to the end or the next fault.
fn run(codec: Codec, data: &[u8], at: usize, out: &mut StrBuilder) -> (usize, Option<Fault>) {
    match codec {
        Codec::Utf8 | Codec::Utf8Sig => utf8(data, at, out),
        Codec::Ascii => ascii(data, at, out),
        Codec::Latin1 => {
            data[at..].iter().for_each(|&byte| out.push(byte.into()));
            (data.len(), None)
        }
        Codec::Utf16(order) => utf16(data, at, order, out),
        Codec::Utf32(order) => utf32(data, at, order, out),
    }
}

fn ascii(data: &[u8], at: usize, out: &mut StrBuilder) -> (usize, Option<Fault>) {
    let end = data[at..].iter().position(|byte| !byte.is_ascii()).map_or(data.len(), |found| at + found);
    data[at..end].iter().for_each(|&byte| out.push(byte.into()));
    (end, (end < data.len()).then_some((end, end + 1, "ordinal not in range(128)")))
}

fn utf8(data: &[u8], at: usize, out: &mut StrBuilder) -> (usize, Option<Fault>) {
    let rest = &data[at..];
    let fault = match std::str::from_utf8(rest) {
        Ok(text) => {
            out.push_text(text);
            return (data.len(), None);
        }
        Err(fault) => fault,
    };
    let start = at + fault.valid_up_to();
    out.push_text(&String::from_utf8_lossy(&data[at..start]));
    let (length, why) = match fault.error_len() {
        None => (data.len() - start, "unexpected end of data"),
        Some(length) if matches!(data[start], 0xC2..=0xF4) => (length, "invalid continuation byte"),
        Some(length) => (length, "invalid start byte"),
    };
    (start, Some((start, start + length, why)))
}

fn utf16(data: &[u8], mut at: usize, order: Order, out: &mut StrBuilder) -> (usize, Option<Fault>) {
    let unit = |at: usize| {
        let pair: [u8; 2] = data.get(at..at + 2)?.try_into().ok()?;
        Some(if order == Order::Big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    };
    while at < data.len() {
        let Some(first) = unit(at) else { return (at, Some((at, data.len(), "truncated data"))) };
        match first {
            0xD800..0xDC00 => match unit(at + 2) {
                Some(second @ 0xDC00..0xE000) => {
                    let point = 0x1_0000 + (u32::from(first & 0x3FF) << 10) + u32::from(second & 0x3FF);
                    out.push(point);
                    at += 4;
                }
                Some(_) => return (at, Some((at, at + 2, "illegal UTF-16 surrogate"))),
                None => return (at, Some((at, data.len(), "unexpected end of data"))),
            },
            0xDC00..0xE000 => return (at, Some((at, at + 2, "illegal encoding"))),
            _ => {
                out.push(first.into());
                at += 2;
            }
        }
    }
    (at, None)
}

fn utf32(data: &[u8], mut at: usize, order: Order, out: &mut StrBuilder) -> (usize, Option<Fault>) {
    while at < data.len() {
        let unit: Option<[u8; 4]> = data.get(at..at + 4).and_then(|unit| unit.try_into().ok());
        let Some(unit) = unit else { return (at, Some((at, data.len(), "truncated data"))) };
        let point = if order == Order::Big { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) };
        match point {
            0xD800..0xE000 => {
                return (at, Some((at, at + 4, "code point in surrogate code point range(0xd800, 0xe000)")));
            }
            0x11_0000.. => return (at, Some((at, at + 4, "code point not in range(0x110000)"))),
            _ => out.push(point),
        }
        at += 4;
    }
    (at, None)
}
