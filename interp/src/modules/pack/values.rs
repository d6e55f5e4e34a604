//! Single values as bytes.

use super::format::{Format, Kind, Part};
use super::{bytes_of, failed};
use crate::builtins::bytes::view::half_to_f64;
use crate::object::*;
use crate::runtime::{error, number, object};
use num_bigint::BigInt;

/// The value of bytes.
pub(super) fn unpack(kind: Kind, data: &[u8], big: bool) -> Owned {
    let ordered = |data: &[u8]| {
        let mut bytes = [0u8; 8];
        bytes[..data.len()].copy_from_slice(data);
        if big {
            bytes[..data.len()].reverse();
        }
        bytes
    };
    let float = |data: &[u8]| match data.len() {
        2 => half_to_f64(u16::from_le_bytes([ordered(data)[0], ordered(data)[1]])),
        4 => f64::from(f32::from_bits(u64::from_le_bytes(ordered(data)) as u32)),
        _ => f64::from_bits(u64::from_le_bytes(ordered(data))),
    };
    match kind {
        Kind::Char | Kind::Text | Kind::Pad => PyBytes::new(data.to_vec()).upcast(),
        Kind::Pascal => {
            let length = data.first().map_or(0, |&length| usize::from(length).min(data.len() - 1));
            PyBytes::new(data.get(1..1 + length).unwrap_or_default().to_vec()).upcast()
        }
        Kind::Bool => object::new_bool(data[0] != 0),
        Kind::Int(size, signed) => {
            let word = u64::from_le_bytes(ordered(data));
            let spare = 64 - 8 * size as u32;
            if signed {
                PyInt::from_i64((word << spare) as i64 >> spare).upcast()
            } else {
                PyInt::from_big(word.into()).upcast()
            }
        }
        Kind::Half | Kind::Float | Kind::Double => PyFloat::new(float(data)).upcast(),
        Kind::Complex(size) => {
            let (real, imaginary) = data.split_at(size / 2);
            PyComplex::new(float(real), float(imaginary)).upcast()
        }
    }
}

/// Writes values to where the format says.
pub(super) fn pack(thread: &Thread, format: &Format, values: &[Ref], out: &mut [u8]) -> Result<()> {
    let mut values = values.iter().copied();
    for part in &format.parts {
        if matches!(part.kind, Kind::Text | Kind::Pascal) {
            let value = values.next().unwrap_or(none_object());
            text(thread, part, value, &mut out[part.offset..part.offset + part.count])?;
            continue;
        }
        for index in 0..part.count {
            let at = part.offset + index * part.size;
            let value = values.next().unwrap_or(none_object());
            single(thread, format, part, value, &mut out[at..at + part.size])?;
        }
    }
    Ok(())
}

fn text(thread: &Thread, part: &Part, value: Ref, out: &mut [u8]) -> Result<()> {
    if value.downcast::<PyBytes>().is_none() && value.downcast::<PyByteArray>().is_none() {
        return Err(failed(thread, format_args!("argument for '{}' must be a bytes object", part.letter)));
    }
    let bytes = bytes_of(thread, value)?;
    if part.kind == Kind::Text {
        let count = bytes.len().min(out.len());
        out[..count].copy_from_slice(&bytes[..count]);
    } else if let Some((length, room)) = out.split_first_mut() {
        let count = bytes.len().min(room.len()).min(255);
        room[..count].copy_from_slice(&bytes[..count]);
        *length = count as u8;
    }
    Ok(())
}

fn single(thread: &Thread, format: &Format, part: &Part, value: Ref, out: &mut [u8]) -> Result<()> {
    let put = |out: &mut [u8], bytes: &[u8]| {
        out.copy_from_slice(&bytes[..out.len()]);
        if format.big {
            out.reverse();
        }
    };
    match part.kind {
        Kind::Char => match value.downcast::<PyBytes>() {
            Some(bytes) if bytes.data().len() == 1 => out[0] = bytes.data()[0],
            _ => return Err(failed(thread, "char format requires a bytes object of length 1")),
        },
        Kind::Bool => out[0] = object::is_truthy(thread, value)?.into(),
        Kind::Int(size, signed) => {
            let word = integer(thread, part, value, size, signed)?;
            put(out, &word.to_le_bytes());
        }
        Kind::Half => put(out, &half_of(thread, real(thread, value)?)?.to_le_bytes()),
        Kind::Float => put(out, &single_of(thread, real(thread, value)?)?.to_le_bytes()),
        Kind::Double => put(out, &real(thread, value)?.to_le_bytes()),
        Kind::Complex(size) => {
            let (re, im) = match value.downcast::<PyComplex>() {
                Some(complex) => (complex.real, complex.imag),
                None if value.ty().slots.nb_float.get().is_some() || value.ty().slots.nb_index.get().is_some() => {
                    (number::as_f64(thread, value)?, 0.0)
                }
                None => return Err(failed(thread, "required argument is not a complex")),
            };
            let (first, second) = out.split_at_mut(size / 2);
            if size == 8 {
                put(first, &single_of(thread, re)?.to_le_bytes());
                put(second, &single_of(thread, im)?.to_le_bytes());
            } else {
                put(first, &re.to_le_bytes());
                put(second, &im.to_le_bytes());
            }
        }
        Kind::Pad | Kind::Text | Kind::Pascal => {}
    }
    Ok(())
}

fn integer(thread: &Thread, part: &Part, value: Ref, size: usize, signed: bool) -> Result<u64> {
    if value.downcast::<PyInt>().is_none() && value.ty().slots.nb_index.get().is_none() {
        return Err(failed(thread, "required argument is not an integer"));
    }
    let int = number::index(thread, value)?.to_big();
    // An address may be given as a negative number.
    if part.letter == 'P'
        && let Ok(word) = i64::try_from(&int)
    {
        return Ok(word as u64);
    }
    let bits = 8 * size as u32;
    let (least, most) = if signed {
        (-(BigInt::from(1) << (bits - 1)), (BigInt::from(1) << (bits - 1)) - 1)
    } else {
        (BigInt::from(0), (BigInt::from(1) << bits) - 1)
    };
    if int < least || int > most {
        let letter = part.letter;
        let text = format!("'{letter}' format requires {least} <= number <= {most}");
        return Err(failed(thread, text));
    }
    Ok(i64::try_from(&int).map_or_else(|_| u64::try_from(&int).unwrap_or(0), |word| word as u64))
}

fn real(thread: &Thread, value: Ref) -> Result<f64> {
    number::as_f64(thread, value).inspect_err(|_| {
        if error::is_set_to(thread, crate::runtime::exceptions::type_error()) {
            thread.clear_exception();
            failed(thread, "required argument is not a float");
        }
    })
}

fn single_of(thread: &Thread, value: f64) -> Result<f32> {
    let single = value as f32;
    if single.is_infinite() && value.is_finite() {
        return Err(error::overflow_error(thread, "float too large to pack with f format"));
    }
    Ok(single)
}

/// A half, rounded to the nearest, ties to even.
fn half_of(thread: &Thread, value: f64) -> Result<u16> {
    let sign = ((value.to_bits() >> 48) & 0x8000) as u16;
    let size = value.abs();
    if value.is_nan() {
        return Ok(sign | 0x7E00);
    }
    if value.is_infinite() {
        return Ok(sign | 0x7C00);
    }
    if size >= 65_520.0 {
        return Err(error::overflow_error(thread, "float too large to pack with e format"));
    }
    // Below 2^-14 the steps are all 2^-24.
    if size < 6.103_515_625e-5 {
        return Ok(sign | (size * 16_777_216.0).round_ties_even() as u16);
    }
    let exponent = (size.to_bits() >> 52) as i32 - 1023;
    let fraction = size / 2f64.powi(exponent) - 1.0;
    let units = (fraction * 1024.0).round_ties_even() as u16;
    Ok(sign | ((((exponent + 15) as u16) << 10) + units))
}
