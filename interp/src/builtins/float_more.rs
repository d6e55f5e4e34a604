//! Methods of float: exact ratios, hexadecimal text, rounding to ints.

use super::number::float_to_int;
use super::support::{call, int, overflow_error, text, type_error, type_name, value_error};
use super::text::read::is_space;
use crate::object::*;
use crate::runtime::{number, types};
use num_bigint::BigInt;
use num_traits::{One, ToPrimitive, Zero};

fn value(float: Ref) -> f64 {
    float.cast::<PyFloat>().value()
}

pub(super) fn conjugate(_: &Thread, float: Ref) -> Result {
    if float.is_exact(types::float()) { Ok(float.to_owned()) } else { Ok(PyFloat::new(value(float)).upcast()) }
}

pub(super) fn trunc(thread: &Thread, float: Ref) -> Result {
    float_to_int(thread, value(float).trunc())
}

pub(super) fn floor(thread: &Thread, float: Ref) -> Result {
    float_to_int(thread, value(float).floor())
}

pub(super) fn ceil(thread: &Thread, float: Ref) -> Result {
    float_to_int(thread, value(float).ceil())
}

pub(super) fn getnewargs(_: &Thread, float: Ref) -> Result {
    Ok(PyTuple::from_array([PyFloat::new(value(float)).upcast()]).upcast())
}

/// The mantissa as an int and the exponent of two.
fn decode(value: f64) -> (BigInt, i32) {
    let raw = value.abs().to_bits();
    let (fraction, scale) = (raw & ((1 << 52) - 1), (raw >> 52) as i32);
    let (mantissa, exponent) = if scale == 0 { (fraction, -1074) } else { (fraction | 1 << 52, scale - 1075) };
    let mantissa = BigInt::from(mantissa);
    (if value.is_sign_negative() { -mantissa } else { mantissa }, exponent)
}

pub(super) fn as_integer_ratio(thread: &Thread, float: Ref) -> Result {
    let value = value(float);
    if !value.is_finite() {
        return Err(super::int_more::no_ratio(thread, value));
    }
    let (mut mantissa, mut exponent) = decode(value);
    if mantissa.is_zero() {
        return Ok(PyTuple::from_array([int(0), int(1)]).upcast());
    }
    let zeros = mantissa.trailing_zeros().unwrap_or(0) as i32;
    mantissa >>= zeros;
    exponent += zeros;
    let (top, bottom) = if exponent >= 0 {
        (mantissa << exponent, BigInt::one())
    } else {
        (mantissa, BigInt::one() << exponent.unsigned_abs())
    };
    Ok(PyTuple::from_array([PyInt::from_big(top).upcast(), PyInt::from_big(bottom).upcast()]).upcast())
}

pub(super) fn hex(thread: &Thread, float: Ref) -> Result {
    let value = value(float);
    if !value.is_finite() {
        return super::support::repr(thread, float).map(Owned::upcast);
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return Ok(text(&format!("{sign}0x0.0p+0")));
    }
    let raw = value.to_bits();
    let (fraction, scale) = (raw & ((1 << 52) - 1), (raw >> 52 & 0x7FF) as i32);
    let (lead, exponent) = if scale == 0 { (0, -1022) } else { (1, scale - 1023) };
    Ok(text(&format!("{sign}0x{lead}.{fraction:013x}p{exponent:+}")))
}

/// `float.fromhex(text)`.
pub(super) fn fromhex(thread: &Thread, class: Ref, source: Ref) -> Result {
    let Some(string) = source.downcast::<PyStr>() else {
        return Err(type_error(thread, "bad argument type for built-in operation"));
    };
    let Some(parsed) = parse_hex(string.to_string_lossy().trim_matches(|c: char| is_space(c.into()))) else {
        return Err(value_error(thread, "invalid hexadecimal floating-point string"));
    };
    let Some(value) = parsed.value() else {
        return Err(overflow_error(thread, "hexadecimal value too large to represent as a float"));
    };
    of_class(thread, class, value)
}

fn of_class(thread: &Thread, class: Ref, value: f64) -> Result {
    let made = PyFloat::new(value).upcast();
    if class.is(types::float()) { Ok(made) } else { call(thread, class, &[made.borrow()]) }
}

/// A number as `digits * 2 ** exponent`, or one that has a name.
enum Parsed {
    Named(f64),
    Digits { negative: bool, digits: BigInt, exponent: i64 },
}

fn parse_hex(source: &str) -> Option<Parsed> {
    let (negative, rest) = match source.strip_prefix(['-', '+']) {
        Some(rest) => (source.starts_with('-'), rest),
        None => (false, source),
    };
    let signed = |value: f64| if negative { -value } else { value };
    match rest.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => return Some(Parsed::Named(signed(f64::INFINITY))),
        "nan" => return Some(Parsed::Named(signed(f64::NAN))),
        _ => {}
    }
    let rest = rest.strip_prefix("0x").or(rest.strip_prefix("0X")).unwrap_or(rest);
    let (mantissa, exponent) = match rest.find(['p', 'P']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let exponent = match exponent {
        None => 0,
        Some(text) => {
            let plain = text.strip_prefix(['-', '+']).unwrap_or(text);
            if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let size = plain.parse::<i64>().unwrap_or(i64::MAX / 8).min(i64::MAX / 8);
            if text.starts_with('-') { -size } else { size }
        }
    };
    let digits = BigInt::parse_bytes(digits.as_bytes(), 16)?;
    Some(Parsed::Digits { negative, digits, exponent: exponent - 4 * fraction.len() as i64 })
}

impl Parsed {
    /// The nearest float, ties to even; `None` if it is too large.
    fn value(self) -> Option<f64> {
        let (negative, mut digits, mut exponent) = match self {
            Parsed::Named(value) => return Some(value),
            Parsed::Digits { negative, digits, exponent } => (negative, digits, exponent),
        };
        let signed = |value: f64| if negative { -value } else { value };
        if digits.is_zero() {
            return Some(signed(0.0));
        }
        let bits = digits.bits() as i64;
        if bits + exponent > 1024 {
            return None;
        }
        if bits + exponent < -1076 {
            return Some(signed(0.0));
        }
        // Bits beyond the 53 of a float, or below the least exponent, are rounded away.
        let drop = (bits - 53).max(-1074 - exponent);
        if drop > 0 {
            let half = BigInt::one() << (drop - 1);
            let rest = &digits & ((BigInt::one() << drop) - 1);
            digits >>= drop;
            exponent += drop;
            if rest > half || (rest == half && digits.bit(0)) {
                digits += 1;
            }
        }
        let mantissa = digits.to_f64()?;
        // In two steps, because one power of two may be beyond what a float holds; neither rounds.
        let first = exponent.clamp(-1000, 1000) as i32;
        let second = (exponent - i64::from(first)) as i32;
        let value = mantissa * 2f64.powi(first) * 2f64.powi(second);
        value.is_finite().then(|| signed(value))
    }
}

/// `float.from_number(number)`.
pub(super) fn from_number(thread: &Thread, class: Ref, given: Ref) -> Result {
    if given.is_exact(types::float()) && class.is(types::float()) {
        return Ok(given.to_owned());
    }
    let value = number::as_f64(thread, given)?;
    of_class(thread, class, value)
}

/// `float.__getformat__(kind)`.
pub(super) fn getformat(thread: &Thread, _: Ref, kind: Ref) -> Result {
    let Some(name) = kind.downcast::<PyStr>() else {
        let message = format!("__getformat__() argument must be str, not {}", type_name(kind));
        return Err(type_error(thread, &message));
    };
    if name.eq_text("double") || name.eq_text("float") {
        return Ok(text(if cfg!(target_endian = "little") { "IEEE, little-endian" } else { "IEEE, big-endian" }));
    }
    Err(value_error(thread, "__getformat__() argument 1 must be 'double' or 'float'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_text_is_rounded_to_even() {
        let read = |text: &str| parse_hex(text).map(Parsed::value);
        assert_eq!(read("0x1.8p1"), Some(Some(3.0)));
        assert_eq!(read("-0x.1p4"), Some(Some(-1.0)));
        assert_eq!(read("0x1.fffffffffffff8p0"), Some(Some(2.0)));
        assert_eq!(read("0x0.0000000000001p-1022"), Some(Some(5e-324)));
        assert_eq!(read("0x1p-1075"), Some(Some(0.0)));
        assert_eq!(read("0x1.8p-1075"), Some(Some(5e-324)));
        assert_eq!(read("0x1p1024"), Some(None));
        assert!(read("0xg").is_none() && read("").is_none() && read("0x1p").is_none());
    }
}
