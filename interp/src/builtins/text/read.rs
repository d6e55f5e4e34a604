//! Numbers read from text, as `int()` and `float()` take them (`PyLong_FromUnicodeObject`, `PyFloat_FromString`).

use num_bigint::BigInt;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Digits above which conversions between int and decimal text are refused, 0 for none.
static MAX_STR_DIGITS: AtomicUsize = AtomicUsize::new(4300);

/// The least limit that can be set, but for 0.
pub(crate) const LEAST_MAX_STR_DIGITS: usize = 640;

/// `sys.get_int_max_str_digits()`.
pub(crate) fn max_str_digits() -> usize {
    MAX_STR_DIGITS.load(Ordering::Relaxed)
}

/// `sys.set_int_max_str_digits(digits)`; the number is 0 or at least `LEAST_MAX_STR_DIGITS`.
pub(crate) fn set_max_str_digits(digits: usize) {
    MAX_STR_DIGITS.store(digits, Ordering::Relaxed);
}

/// Whether so many digits are too many.
pub(crate) fn too_many_digits(count: usize) -> bool {
    let most = max_str_digits();
    most != 0 && count > most
}

/// Why text is not an int.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum IntError {
    Invalid,
    /// More decimal digits than allowed: this many.
    TooLong(usize),
}

/// Whether `str.strip` and the number readers skip the character.
pub(crate) fn is_space(point: u32) -> bool {
    matches!(point, 0x1C..=0x1F) || char::from_u32(point).is_some_and(char::is_whitespace)
}

fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| is_space(c.into()))
}

/// An int in `base` (2 to 36, or 0 for the base that a prefix gives).
pub(crate) fn int(text: &str, base: u32) -> Result<BigInt, IntError> {
    let text = strip(text);
    let (negative, unsigned) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let (base, digits, prefixed) = split_prefix(unsigned, base)?;
    let digits = without_underscores(digits, prefixed).ok_or(IntError::Invalid)?;
    let plain = ascii_digits(&digits);
    let count = plain.len();
    if !base.is_power_of_two() && too_many_digits(count) {
        return Err(IntError::TooLong(count));
    }
    let value = BigInt::parse_bytes(plain.as_bytes(), base).ok_or(IntError::Invalid)?;
    if !plain.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(IntError::Invalid);
    }
    Ok(if negative { -value } else { value })
}

/// The base in effect, the digits, and whether a prefix came before them.
fn split_prefix(text: &str, base: u32) -> Result<(u32, &str, bool), IntError> {
    let mut chars = text.chars();
    let marked = match (chars.next(), chars.next()) {
        (Some('0'), Some('x' | 'X')) => 16,
        (Some('0'), Some('o' | 'O')) => 8,
        (Some('0'), Some('b' | 'B')) => 2,
        _ => 0,
    };
    if marked != 0 && (base == 0 || base == marked) {
        return Ok((marked, &text[2..], true));
    }
    if base != 0 {
        return Ok((base, text, false));
    }
    // Without a prefix, a number in base 0 has no leading zeros unless it is zero.
    let leading_zero = text.starts_with('0') && text.chars().any(|c| c != '0' && c != '_');
    if leading_zero { Err(IntError::Invalid) } else { Ok((10, text, false)) }
}

/// The digits alone; underscores may stand singly between digits, and after a prefix.
fn without_underscores(digits: &str, prefixed: bool) -> Option<String> {
    let inner = if prefixed { digits.strip_prefix('_').unwrap_or(digits) } else { digits };
    let bad = inner.is_empty() || inner.starts_with('_') || inner.ends_with('_') || inner.contains("__");
    (!bad).then(|| inner.replace('_', ""))
}

/// Decimal digits of other scripts as ASCII; what is no digit stays.
fn ascii_digits(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() { c } else { decimal_digit(c).unwrap_or(c) }).collect()
}

fn decimal_digit(c: char) -> Option<char> {
    super::unicode::decimal_value(c.into()).and_then(|value| char::from_digit(value, 10))
}

/// A float; `None` if the text is not one.
pub(crate) fn float(text: &str) -> Option<f64> {
    let text = ascii_digits(strip(text));
    let mut plain = String::with_capacity(text.len());
    let bytes = text.as_bytes();
    for (index, c) in text.char_indices() {
        if c != '_' {
            plain.push(c);
            continue;
        }
        let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        if !digit(index.checked_sub(1)) || !digit(Some(index + 1)) {
            return None;
        }
    }
    // Rust reads the same grammar: digits with a point and an exponent, inf, infinity and nan in any case.
    plain.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ints_are_read_with_prefixes_underscores_and_spaces() {
        let read = |text, base| int(text, base).ok().map(|value| value.to_string());
        assert_eq!(read(" 12\n", 10).as_deref(), Some("12"));
        assert_eq!(read("-0x1F", 16).as_deref(), Some("-31"));
        assert_eq!(read("0b1_01", 0).as_deref(), Some("5"));
        assert_eq!(read("0x_f", 0).as_deref(), Some("15"));
        assert_eq!(read("0b1", 16).as_deref(), Some("177"));
        assert_eq!(read("zz", 36).as_deref(), Some("1295"));
        assert_eq!(read("٣٤", 10).as_deref(), Some("34"));
        for (text, base) in
            [("", 10), ("-", 10), ("1__0", 10), ("_1", 10), ("1_", 10), ("010", 0), ("12a", 10), ("--1", 10)]
        {
            assert_eq!(int(text, base), Err(IntError::Invalid), "{text}");
        }
        assert_eq!(int(&"1".repeat(4301), 10), Err(IntError::TooLong(4301)));
    }

    #[test]
    fn floats_are_read_as_cpython_does() {
        assert_eq!(float(" 1_0.5e-1 "), Some(1.05));
        assert_eq!(float("-Infinity"), Some(f64::NEG_INFINITY));
        assert_eq!(float(".5"), Some(0.5));
        assert_eq!(float("5."), Some(5.0));
        for text in ["", ".", "1__0", "_1", "1_", "e5", "0x1", "1 2"] {
            assert_eq!(float(text), None, "{text}");
        }
    }
}
