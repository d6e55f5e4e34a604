//! Arithmetic on ints: machine words while results fit, `BigInt` beyond (`longobject.c` for what raises, and with what).

use crate::object::{IntValue, Owned, PyInt, Ref, Result, Thread};
use crate::runtime::error;
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;

/// More bits than CPython's largest number of digits has (`MAX_LONG_DIGITS`).
const MAX_BITS: u64 = (i64::MAX as u64 - 1) / 30 * 30;

fn both(left: Ref<PyInt>, right: Ref<PyInt>) -> Option<(i64, i64)> {
    Some((left.as_i64()?, right.as_i64()?))
}

fn big(value: BigInt) -> Result {
    Ok(PyInt::from_big(value).upcast())
}

#[inline(always)]
fn word(value: i64) -> Result {
    Ok(PyInt::from_i64(value).upcast())
}

macro_rules! ring {
    ($($(#[$doc:meta])* $name:ident $checked:ident $slow:ident $operator:tt;)*) => {
        $($(#[$doc])*
        #[inline(always)]
        pub(crate) fn $name(_: &Thread, left: Ref<PyInt>, right: Ref<PyInt>) -> Result {
            if let Some((l, r)) = both(left, right)
                && let Some(value) = l.$checked(r)
            {
                return word(value);
            }
            $slow(left, right)
        }

        #[cold]
        fn $slow(left: Ref<PyInt>, right: Ref<PyInt>) -> Result {
            big(left.to_big() $operator right.to_big())
        })*
    };
}

ring! {
    /// `left + right`
    add checked_add add_big +;
    /// `left - right`
    subtract checked_sub subtract_big -;
    /// `left * right`
    multiply checked_mul multiply_big *;
}

macro_rules! bitwise {
    ($($(#[$doc:meta])* $name:ident $operator:tt;)*) => {
        $($(#[$doc])*
        pub(crate) fn $name(left: Ref<PyInt>, right: Ref<PyInt>) -> Result {
            match both(left, right) {
                Some((l, r)) => word(l $operator r),
                None => big(left.to_big() $operator right.to_big()),
            }
        })*
    };
}

bitwise! {
    /// `left & right`
    and &;
    /// `left | right`
    or |;
    /// `left ^ right`
    xor ^;
}

fn zero_division(thread: &Thread) -> crate::exit::Raised {
    error::zero_division_error(thread, "division by zero")
}

/// `left // right`
pub(crate) fn floor_divide(thread: &Thread, left: Ref<PyInt>, right: Ref<PyInt>) -> Result {
    if right.is_zero() {
        return Err(zero_division(thread));
    }
    match both(left, right) {
        Some((l, r)) if r != -1 => word(Integer::div_floor(&l, &r)),
        _ => big(left.to_big().div_floor(&right.to_big())),
    }
}

/// `left % right`, with the divisor's sign.
pub(crate) fn remainder(thread: &Thread, left: Ref<PyInt>, right: Ref<PyInt>) -> Result {
    if right.is_zero() {
        return Err(zero_division(thread));
    }
    match both(left, right) {
        Some((_, -1)) => word(0),
        Some((l, r)) => word(Integer::mod_floor(&l, &r)),
        None => big(left.to_big().mod_floor(&right.to_big())),
    }
}

/// Quotient and remainder.
pub(crate) fn divmod(thread: &Thread, left: Ref<PyInt>, right: Ref<PyInt>) -> Result<(Owned, Owned)> {
    Ok((floor_divide(thread, left, right)?, remainder(thread, left, right)?))
}

/// `left / right`, rounded once.
pub(crate) fn true_divide(thread: &Thread, left: Ref<PyInt>, right: Ref<PyInt>) -> Result<f64> {
    const EXACT: u64 = 1 << 53;
    if right.is_zero() {
        return Err(zero_division(thread));
    }
    if let Some((l, r)) = both(left, right)
        && l.unsigned_abs() <= EXACT
        && r.unsigned_abs() <= EXACT
    {
        return Ok(l as f64 / r as f64);
    }
    let quotient = divide_rounded(&left.to_big(), &right.to_big());
    if quotient.is_infinite() {
        return Err(error::overflow_error(thread, "integer division result too large for a float"));
    }
    Ok(quotient)
}

/// The quotient to the nearest float, ties to even; infinite beyond the range. The divisor is not zero.
fn divide_rounded(left: &BigInt, right: &BigInt) -> f64 {
    let negative = (left.sign() == Sign::Minus) != (right.sign() == Sign::Minus);
    let (a, b) = (left.magnitude(), right.magnitude());
    if a.is_zero() {
        return if negative { -0.0 } else { 0.0 };
    }
    // So that the integer quotient has 56 or 57 bits; a rest only says that it is not exact.
    let shift = 56 - (a.bits() as i64 - b.bits() as i64);
    let (numerator, denominator) =
        if shift >= 0 { (a << shift as u64, b.clone()) } else { (a.clone(), b << (-shift) as u64) };
    let (quotient, rest) = numerator.div_rem(&denominator);
    let quotient = quotient.to_u64().unwrap_or(u64::MAX);
    let magnitude = scaled(quotient, !rest.is_zero(), -shift);
    if negative { -magnitude } else { magnitude }
}

/// `quotient * 2 ** exponent` to the nearest float; `inexact` says that the true value is a little more. The quotient
/// has more bits than a float.
fn scaled(quotient: u64, inexact: bool, exponent: i64) -> f64 {
    const LEAST: i64 = -1074;
    let bits = i64::from(64 - quotient.leading_zeros());
    // The exponent of the last bit that a float of this size keeps.
    let last = (exponent + bits - 53).max(LEAST);
    let drop = last - exponent;
    if drop > 63 {
        return 0.0;
    }
    let kept = quotient >> drop;
    let (rest, half) = (quotient & ((1 << drop) - 1), 1u64 << (drop - 1));
    let up = rest > half || rest == half && (inexact || kept & 1 == 1);
    let kept = kept + u64::from(up);
    if last > 1023 { f64::INFINITY } else { kept as f64 * power_of_two(last) }
}

fn power_of_two(exponent: i64) -> f64 {
    if exponent >= -1022 {
        f64::from_bits(((exponent + 1023) as u64) << 52)
    } else {
        f64::from_bits(1 << (exponent + 1074))
    }
}

/// The nearest float; one beyond the range raises.
pub(crate) fn to_f64(thread: &Thread, value: Ref<PyInt>) -> Result<f64> {
    match value.value() {
        IntValue::Word(word) => Ok(word as f64),
        IntValue::Big(big) => {
            let float = divide_rounded(big, &BigInt::one());
            if float.is_infinite() {
                return Err(error::overflow_error(thread, "int too large to convert to float"));
            }
            Ok(float)
        }
    }
}

/// The nearest float, infinite beyond the range; for comparisons.
pub(crate) fn to_f64_lossy(value: Ref<PyInt>) -> f64 {
    match value.value() {
        IntValue::Word(word) => word as f64,
        IntValue::Big(big) => divide_rounded(big, &BigInt::one()),
    }
}

/// `left << right`
pub(crate) fn shift_left(thread: &Thread, left: Ref<PyInt>, right: Ref<PyInt>) -> Result {
    if right.is_negative() {
        return Err(error::value_error(thread, "negative shift count"));
    }
    if left.is_zero() {
        return word(0);
    }
    let count = right.as_i64().map(|count| count as u64).filter(|&count| count < MAX_BITS);
    let Some(count) = count else { return Err(error::overflow_error(thread, "too many digits in integer")) };
    if let Some(value) = left.as_i64()
        && count < 63
        && value.unsigned_abs().leading_zeros() as u64 > count + 1
    {
        return word(value << count);
    }
    error::check_room(thread, (count / 8) as usize, 1)?;
    big(left.to_big() << count)
}

/// `left >> right`, towards minus infinity.
pub(crate) fn shift_right(thread: &Thread, left: Ref<PyInt>, right: Ref<PyInt>) -> Result {
    if right.is_negative() {
        return Err(error::value_error(thread, "negative shift count"));
    }
    let Some(count) = right.as_i64() else { return word(if left.is_negative() { -1 } else { 0 }) };
    match left.value() {
        IntValue::Word(value) => word(value >> count.min(63)),
        IntValue::Big(value) => big(value >> count as u64),
    }
}

/// `base ** exponent` for an exponent that is not negative.
pub(crate) fn power(thread: &Thread, base: Ref<PyInt>, exponent: Ref<PyInt>) -> Result {
    if let (Some(value), Some(times)) = (base.as_i64(), exponent.as_i64())
        && let Ok(times) = u32::try_from(times)
        && let Some(value) = value.checked_pow(times)
    {
        return word(value);
    }
    match base.as_i64() {
        Some(0 | 1) => return word(i64::from(exponent.is_zero() || base.as_i64() == Some(1))),
        Some(-1) => return word(if exponent.to_big().is_even() { 1 } else { -1 }),
        _ => {}
    }
    match exponent.as_i64().and_then(|times| u32::try_from(times).ok()) {
        Some(times) => big(base.to_big().pow(times)),
        None => Err(error::no_memory(thread)),
    }
}

/// `pow(base, exponent, modulus)`.
pub(crate) fn power_modulo(thread: &Thread, base: Ref<PyInt>, exponent: Ref<PyInt>, modulus: Ref<PyInt>) -> Result {
    if modulus.is_zero() {
        return Err(error::value_error(thread, "pow() 3rd argument cannot be 0"));
    }
    let (mut base, mut exponent, modulus) = (base.to_big(), exponent.to_big(), modulus.to_big());
    if exponent.is_negative() {
        let inverse = base.modinv(&modulus);
        let Some(inverse) = inverse else {
            return Err(error::value_error(thread, "base is not invertible for the given modulus"));
        };
        (base, exponent) = (inverse, -exponent);
    }
    big(base.modpow(&exponent, &modulus))
}

/// `-value`
pub(crate) fn negative(value: Ref<PyInt>) -> Result {
    match value.as_i64().and_then(i64::checked_neg) {
        Some(value) => word(value),
        None => big(-value.to_big()),
    }
}

/// `~value`
pub(crate) fn invert(value: Ref<PyInt>) -> Result {
    match value.as_i64() {
        Some(value) => word(!value),
        None => big(!value.to_big()),
    }
}

/// `abs(value)`
pub(crate) fn absolute(value: Ref<PyInt>) -> Result {
    if value.is_negative() { negative(value) } else { exact(value) }
}

/// The value as an int that is not of a subclass.
pub(crate) fn exact(value: Ref<PyInt>) -> Result {
    if value.is_exact(crate::runtime::types::int()) {
        return Ok(value.to_owned().upcast());
    }
    match value.as_i64() {
        Some(value) => word(value),
        None => big(value.to_big()),
    }
}

/// The order of two ints.
#[inline(always)]
pub(crate) fn compare(left: Ref<PyInt>, right: Ref<PyInt>) -> Ordering {
    match both(left, right) {
        Some((l, r)) => l.cmp(&r),
        None => compare_big(left, right),
    }
}

#[cold]
fn compare_big(left: Ref<PyInt>, right: Ref<PyInt>) -> Ordering {
    let sign = |value: &BigInt| if value.is_negative() { Ordering::Less } else { Ordering::Greater };
    match (left.value(), right.value()) {
        (IntValue::Big(left), IntValue::Big(right)) => left.cmp(right),
        // A big one lies beyond all words.
        (IntValue::Big(left), IntValue::Word(_)) => sign(left),
        (IntValue::Word(_), IntValue::Big(right)) => sign(right).reverse(),
        (IntValue::Word(left), IntValue::Word(right)) => left.cmp(&right),
    }
}

/// The hash: the value modulo the prime 2 ** 61 - 1, with the value's sign; -1 stands for errors in C, so it is -2.
pub(crate) fn hash(value: Ref<PyInt>) -> isize {
    const MODULUS: u64 = (1 << 61) - 1;
    let magnitude = match value.value() {
        IntValue::Word(word) if word.unsigned_abs() < MODULUS => word.unsigned_abs(),
        IntValue::Word(word) => word.unsigned_abs() % MODULUS,
        IntValue::Big(big) => (big.magnitude() % MODULUS).to_u64().unwrap_or(0),
    };
    match if value.is_negative() { -(magnitude as isize) } else { magnitude as isize } {
        -1 => -2,
        hash => hash,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn big_of(text: &str) -> BigInt {
        text.parse().expect("digits")
    }

    #[test]
    fn quotients_round_once() {
        let divide = |l: &str, r: &str| divide_rounded(&big_of(l), &big_of(r));
        assert_eq!(divide("9007199254740993", "1"), 9007199254740992.0);
        assert_eq!(divide("9007199254740995", "1"), 9007199254740996.0);
        assert_eq!(divide("1", "3"), 1.0 / 3.0);
        assert_eq!(divide("-10", "4"), -2.5);
        let (huge, tiny) = (BigInt::from(10).pow(400), BigInt::from(10).pow(320));
        assert_eq!(divide_rounded(&huge, &BigInt::one()), f64::INFINITY);
        assert_eq!(divide_rounded(&BigInt::one(), &tiny), 1e-320);
        assert_eq!(divide_rounded(&BigInt::one(), &huge), 0.0);
        assert_eq!(divide_rounded(&huge, &(BigInt::from(10).pow(399) * 3)), 10.0 / 3.0);
    }
}
