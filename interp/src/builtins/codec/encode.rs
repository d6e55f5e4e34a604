//! Text to bytes.

use super::handlers::{self, Instead};
use super::{Codec, Order, plain, refused};
use crate::object::*;
use crate::runtime::exceptions;

pub(super) fn encode(thread: &Thread, text: Ref<PyStr>, codec: Codec, errors: &str) -> Result<Vec<u8>> {
    let mut out = match codec {
        Codec::Utf8Sig => vec![0xEF, 0xBB, 0xBF],
        Codec::Utf16(Order::Marked) => vec![0xFF, 0xFE],
        Codec::Utf32(Order::Marked) => vec![0xFF, 0xFE, 0, 0],
        _ => Vec::new(),
    };
    if let Some(ascii) = text.as_ascii()
        && matches!(codec, Codec::Utf8 | Codec::Utf8Sig | Codec::Ascii | Codec::Latin1)
    {
        out.extend_from_slice(ascii.as_bytes());
        return Ok(out);
    }
    let mut at = 0;
    while at < text.len() {
        if put(codec, text.char_at(at), &mut out) {
            at += 1;
            continue;
        }
        let wide = unit(codec) > 1;
        let run = (at..text.len()).find(|&next| fits(codec, text.char_at(next))).unwrap_or(text.len());
        let end = if wide { at + 1 } else { run };
        let (instead, next) = handlers::encoding(thread, codec, text, (at, end), why(codec), errors)?;
        match instead {
            Instead::Bytes(bytes) if bytes.len().is_multiple_of(unit(codec)) => out.extend(bytes),
            Instead::Bytes(_) => {
                let ty = exceptions::unicode_encode_error();
                return Err(refused(thread, ty, codec, plain(text), (at, end), why(codec)));
            }
            Instead::Text(points) => {
                for point in points {
                    if !put(codec, point, &mut out) {
                        let ty = exceptions::unicode_encode_error();
                        return Err(refused(thread, ty, codec, plain(text), (at, end), why(codec)));
                    }
                }
            }
        }
        at = next;
    }
    Ok(out)
}

/// Bytes of a unit, of which what a handler gives has to be a multiple.
fn unit(codec: Codec) -> usize {
    match codec {
        Codec::Utf16(_) => 2,
        Codec::Utf32(_) => 4,
        _ => 1,
    }
}

fn why(codec: Codec) -> &'static str {
    match codec {
        Codec::Ascii => "ordinal not in range(128)",
        Codec::Latin1 => "ordinal not in range(256)",
        _ => "surrogates not allowed",
    }
}

fn fits(codec: Codec, point: u32) -> bool {
    match codec {
        Codec::Ascii => point < 0x80,
        Codec::Latin1 => point < 0x100,
        _ => char::from_u32(point).is_some(),
    }
}

/// Adds a code point, if the encoding has it.
fn put(codec: Codec, point: u32, out: &mut Vec<u8>) -> bool {
    if !fits(codec, point) {
        return false;
    }
    let Some(c) = char::from_u32(point) else { return false };
    match codec {
        Codec::Ascii | Codec::Latin1 => out.push(point as u8),
        Codec::Utf8 | Codec::Utf8Sig => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        Codec::Utf16(order) => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.extend(if order == Order::Big { unit.to_be_bytes() } else { unit.to_le_bytes() });
            }
        }
        Codec::Utf32(order) => out.extend(if order == Order::Big { point.to_be_bytes() } else { point.to_le_bytes() }),
    }
    true
}
