//! Base 64.

use super::{ascii_of, bytes_of, failed};
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::object;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `a2b_base64(data, /, *, strict_mode=False)`.
pub(super) fn decode(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "a2b_base64",
        names: &["data", "strict_mode"],
        positional_only: 1,
        keyword_only: 1,
        required: 1,
    };
    let [data, strict] = SIGNATURE.bind(thread, arguments, keywords)?;
    let data = ascii_of(thread, data.unwrap_or(none_object()))?;
    let strict = strict.map_or(Ok(false), |strict| object::is_truthy(thread, strict))?;
    if strict && data.first() == Some(&b'=') {
        return Err(failed(thread, "Leading padding not allowed"));
    }
    let (mut out, mut place, mut left, mut pads) = (Vec::with_capacity(data.len() / 4 * 3), 0, 0u8, 0);
    for (index, &byte) in data.iter().enumerate() {
        if byte == b'=' {
            // Before the third character it pads nothing.
            pads += usize::from(place >= 2);
            if place >= 2 && place + pads >= 4 {
                // The padding is whole: what follows counts for nothing.
                if strict && index + 1 < data.len() {
                    return Err(failed(thread, "Excess data after padding"));
                }
                return Ok(PyBytes::new(out).upcast());
            }
            continue;
        }
        let Some(digit) = ALPHABET.iter().position(|&letter| letter == byte) else {
            if strict {
                return Err(failed(thread, "Only base64 data is allowed"));
            }
            continue;
        };
        if strict && pads > 0 {
            return Err(failed(thread, "Discontinuous padding not allowed"));
        }
        pads = 0;
        let digit = digit as u8;
        match place {
            0 => left = digit,
            1 => {
                out.push(left << 2 | digit >> 4);
                left = digit & 0x0F;
            }
            2 => {
                out.push(left << 4 | digit >> 2);
                left = digit & 0x03;
            }
            _ => out.push(left << 6 | digit),
        }
        place = (place + 1) % 4;
    }
    match place {
        0 => Ok(PyBytes::new(out).upcast()),
        1 => {
            let count = out.len() / 3 * 4 + 1;
            Err(failed(
                thread,
                format_args!(
                    "Invalid base64-encoded string: number of data characters ({count}) cannot be 1 more than a multiple of 4"
                ),
            ))
        }
        _ => Err(failed(thread, "Incorrect padding")),
    }
}

/// `b2a_base64(data, /, *, newline=True)`.
pub(super) fn encode(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "b2a_base64",
        names: &["data", "newline"],
        positional_only: 1,
        keyword_only: 1,
        required: 1,
    };
    let [data, newline] = SIGNATURE.bind(thread, arguments, keywords)?;
    let data = bytes_of(thread, data.unwrap_or(none_object()))?;
    let newline = newline.map_or(Ok(true), |newline| object::is_truthy(thread, newline))?;
    let mut out = Vec::with_capacity(data.len() / 3 * 4 + 5);
    for part in data.chunks(3) {
        let word = part.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - part.len()));
        for place in 0..4 {
            let digit = (word >> (18 - 6 * place) & 63) as usize;
            out.push(if place <= part.len() { ALPHABET[digit] } else { b'=' });
        }
    }
    if newline {
        out.push(b'\n');
    }
    Ok(PyBytes::new(out).upcast())
}
