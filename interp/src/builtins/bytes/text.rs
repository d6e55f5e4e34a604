//! Methods that take bytes for ASCII text: case, tests, padding.

use super::super::args::{Parameters, positional};
use super::super::support::{boolean, index_isize, type_error, type_name};
use super::{Data, like, own, same_or};
use crate::object::*;

fn mapped(receiver: Ref, map: impl Fn(u8) -> u8) -> Result {
    let data: Vec<u8> = own(receiver).iter().map(|&byte| map(byte)).collect();
    Ok(like(receiver, data))
}

pub(super) fn lower(_: &Thread, receiver: Ref) -> Result {
    mapped(receiver, |byte| byte.to_ascii_lowercase())
}

pub(super) fn upper(_: &Thread, receiver: Ref) -> Result {
    mapped(receiver, |byte| byte.to_ascii_uppercase())
}

pub(super) fn swapcase(_: &Thread, receiver: Ref) -> Result {
    mapped(receiver, |byte| if byte.is_ascii_alphabetic() { byte ^ 0x20 } else { byte })
}

pub(super) fn capitalize(_: &Thread, receiver: Ref) -> Result {
    let mut data = own(receiver).to_ascii_lowercase();
    if let Some(first) = data.first_mut() {
        first.make_ascii_uppercase();
    }
    Ok(like(receiver, data))
}

pub(super) fn title(_: &Thread, receiver: Ref) -> Result {
    let mut data = own(receiver).to_ascii_lowercase();
    let mut inside = false;
    for byte in &mut data {
        if !inside {
            byte.make_ascii_uppercase();
        }
        inside = byte.is_ascii_alphabetic();
    }
    Ok(like(receiver, data))
}

fn every(receiver: Ref, test: impl Fn(&u8) -> bool) -> Result {
    let data = own(receiver);
    Ok(boolean(!data.is_empty() && data.iter().all(test)))
}

pub(super) fn isalnum(_: &Thread, receiver: Ref) -> Result {
    every(receiver, u8::is_ascii_alphanumeric)
}

pub(super) fn isalpha(_: &Thread, receiver: Ref) -> Result {
    every(receiver, u8::is_ascii_alphabetic)
}

pub(super) fn isascii(_: &Thread, receiver: Ref) -> Result {
    Ok(boolean(own(receiver).is_ascii()))
}

pub(super) fn isdigit(_: &Thread, receiver: Ref) -> Result {
    every(receiver, u8::is_ascii_digit)
}

pub(super) fn isspace(_: &Thread, receiver: Ref) -> Result {
    every(receiver, |byte| matches!(byte, b'\t'..=b'\r' | b' '))
}

pub(super) fn islower(_: &Thread, receiver: Ref) -> Result {
    let data = own(receiver);
    Ok(boolean(data.iter().any(u8::is_ascii_lowercase) && !data.iter().any(u8::is_ascii_uppercase)))
}

pub(super) fn isupper(_: &Thread, receiver: Ref) -> Result {
    let data = own(receiver);
    Ok(boolean(data.iter().any(u8::is_ascii_uppercase) && !data.iter().any(u8::is_ascii_lowercase)))
}

pub(super) fn istitle(_: &Thread, receiver: Ref) -> Result {
    let (mut cased, mut inside) = (false, false);
    for byte in own(receiver).iter() {
        if byte.is_ascii_alphabetic() {
            if byte.is_ascii_uppercase() == inside {
                return Ok(boolean(false));
            }
            cased = true;
        }
        inside = byte.is_ascii_alphabetic();
    }
    Ok(boolean(cased))
}

/// Pads to a width; `left` says how much of what is missing goes in front.
fn padded(
    thread: &Thread,
    name: &str,
    receiver: Ref,
    arguments: &[Ref],
    left: impl Fn(usize, usize) -> usize,
) -> Result {
    positional(thread, name, arguments.len(), 1, 2)?;
    let width = usize::try_from(index_isize(thread, arguments[0])?).unwrap_or(0);
    let fill = match arguments.get(1) {
        None => b' ',
        Some(&fill) => match fill_byte(fill) {
            Ok(byte) => byte,
            Err(what) => {
                let colon = if what.contains(" of length ") { ":" } else { "" };
                let message = format!("{name}(){colon} argument 2 must be a byte string of length 1, not {what}");
                return Err(type_error(thread, &message));
            }
        },
    };
    let data = own(receiver);
    let missing = width.saturating_sub(data.len());
    if missing == 0 {
        return Ok(same_or(receiver, &data, None));
    }
    let before = left(missing, width);
    let mut out = vec![fill; before];
    out.extend_from_slice(&data);
    out.resize(width, fill);
    Ok(like(receiver, out))
}

fn fill_byte(fill: Ref) -> std::result::Result<u8, String> {
    if fill.downcast::<PyMemoryView>().is_some() {
        return Err("memoryview".to_owned());
    }
    match Data::of(fill).as_deref() {
        Some([byte]) => Ok(*byte),
        Some(other) => Err(format!("a {} object of length {}", type_name(fill), other.len())),
        None => Err(type_name(fill)),
    }
}

pub(super) fn ljust(thread: &Thread, receiver: Ref, arguments: &[Ref]) -> Result {
    padded(thread, "ljust", receiver, arguments, |_, _| 0)
}

pub(super) fn rjust(thread: &Thread, receiver: Ref, arguments: &[Ref]) -> Result {
    padded(thread, "rjust", receiver, arguments, |missing, _| missing)
}

pub(super) fn center(thread: &Thread, receiver: Ref, arguments: &[Ref]) -> Result {
    padded(thread, "center", receiver, arguments, |missing, width| missing / 2 + (missing & width & 1))
}

pub(super) fn zfill(thread: &Thread, receiver: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "zfill", arguments.len(), 1, 1)?;
    let width = usize::try_from(index_isize(thread, arguments[0])?).unwrap_or(0);
    let data = own(receiver);
    let missing = width.saturating_sub(data.len());
    if missing == 0 {
        return Ok(same_or(receiver, &data, None));
    }
    let signed = usize::from(matches!(data.first(), Some(b'+' | b'-')));
    let mut out = data[..signed].to_vec();
    out.resize(signed + missing, b'0');
    out.extend_from_slice(&data[signed..]);
    Ok(like(receiver, out))
}

pub(super) fn expandtabs(thread: &Thread, receiver: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "expandtabs", names: &["tabsize"], required: 0, positional: 1 };
    let [size] = PARAMETERS.bind::<1>(thread, arguments, names)?;
    let size = size.map_or(Ok(8), |size| index_isize(thread, size))?;
    let size = usize::try_from(size).unwrap_or(0);
    let (mut out, mut column) = (Vec::new(), 0);
    for &byte in own(receiver).iter() {
        match byte {
            b'\t' => {
                let fill = if size == 0 { 0 } else { size - column % size };
                column += fill;
                out.resize(out.len() + fill, b' ');
            }
            _ => {
                column = if matches!(byte, b'\n' | b'\r') { 0 } else { column + 1 };
                out.push(byte);
            }
        }
    }
    Ok(like(receiver, out))
}
