//! Builtins about numbers: `abs`, `divmod`, `pow`, `round`, `sum`, `bin`, `oct`, `hex`, `chr`, `ord`.

use super::args::{Parameters, positional};
use super::support::{each, index, int, overflow_error, special, text, type_error, type_name, value_error};
use super::{float_more, int_more};
use crate::object::*;
use crate::runtime::{number, types};
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{FromPrimitive, Signed, ToPrimitive};

pub(crate) static INT_METHODS: &[MethodDef] = &[
    MethodDef::fast("__round__", int_round),
    MethodDef::one("__format__", super::format::format_int),
    MethodDef::no_args("bit_length", bit_length),
    MethodDef::no_args("bit_count", bit_count),
    MethodDef::no_args("__trunc__", int_more::itself),
    MethodDef::no_args("__floor__", int_more::itself),
    MethodDef::no_args("__ceil__", int_more::itself),
    MethodDef::no_args("__getnewargs__", int_more::getnewargs),
    MethodDef::no_args("__sizeof__", int_more::size),
    MethodDef::no_args("as_integer_ratio", int_more::as_integer_ratio),
    MethodDef::no_args("conjugate", int_more::itself),
    MethodDef::no_args("is_integer", int_more::is_integer),
    MethodDef::keywords("to_bytes", int_more::to_bytes),
    MethodDef::keywords("from_bytes", int_more::from_bytes).of_class(),
];

pub(crate) static FLOAT_METHODS: &[MethodDef] = &[
    MethodDef::fast("__round__", float_round),
    MethodDef::one("__format__", super::format::format_float),
    MethodDef::no_args("is_integer", is_integer),
    MethodDef::no_args("__trunc__", float_more::trunc),
    MethodDef::no_args("__floor__", float_more::floor),
    MethodDef::no_args("__ceil__", float_more::ceil),
    MethodDef::no_args("__getnewargs__", float_more::getnewargs),
    MethodDef::no_args("as_integer_ratio", float_more::as_integer_ratio),
    MethodDef::no_args("conjugate", float_more::conjugate),
    MethodDef::no_args("hex", float_more::hex),
    MethodDef::one("fromhex", float_more::fromhex).of_class(),
    MethodDef::one("from_number", float_more::from_number).of_class(),
    MethodDef::one("__getformat__", float_more::getformat).of_class(),
];

fn bit_length(_: &Thread, value: Ref) -> Result {
    Ok(int(value.cast::<PyInt>().to_big().bits() as i64))
}

fn bit_count(_: &Thread, value: Ref) -> Result {
    Ok(int(value.cast::<PyInt>().to_big().magnitude().count_ones() as i64))
}

fn is_integer(_: &Thread, value: Ref) -> Result {
    let value = value.cast::<PyFloat>().value();
    Ok(super::support::boolean(value.is_finite() && value.fract() == 0.0))
}

/// `abs(x)`.
pub(crate) fn abs(thread: &Thread, _: Ref, value: Ref) -> Result {
    match value.ty().slots.nb_absolute.get() {
        Some(slot) => slot(thread, value),
        None => Err(type_error(thread, &format!("bad operand type for abs(): '{}'", type_name(value)))),
    }
}

/// `divmod(x, y)`.
pub(crate) fn divmod(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "divmod", arguments.len(), 2, 2)?;
    number::divmod(thread, arguments[0], arguments[1])
}

/// `pow(base, exp, mod=None)`.
pub(crate) fn pow(thread: &Thread, _: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "pow", names: &["base", "exp", "mod"], required: 2, positional: 3 };
    let [base, exponent, modulus] = PARAMETERS.bind::<3>(thread, arguments, names)?;
    let none = none_object();
    number::power(thread, base.unwrap_or(none), exponent.unwrap_or(none), modulus.unwrap_or(none))
}

/// `round(number, ndigits=None)`.
pub(crate) fn round(thread: &Thread, _: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "round", names: &["number", "ndigits"], required: 1, positional: 2 };
    let [value, digits] = PARAMETERS.bind::<2>(thread, arguments, names)?;
    let Some(value) = value else { return Err(crate::exit::Raised) };
    let digits = digits.filter(|digits| !digits.is(none_object()));
    match special(thread, value, "__round__", digits.as_slice())? {
        Some(rounded) => Ok(rounded),
        None => {
            let message = format!("type {} doesn't define __round__ method", type_name(value));
            Err(type_error(thread, &message))
        }
    }
}

/// `int.__round__`: half to even at a power of ten for negative digits.
pub(crate) fn int_round(thread: &Thread, value: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "__round__", arguments.len(), 0, 1)?;
    let value = index(thread, value)?;
    let Some(&digits) = arguments.first().filter(|digits| !digits.is(none_object())) else {
        return Ok(exact(&value));
    };
    let digits = crate::runtime::number::index_isize(thread, digits, None)?;
    if digits >= 0 {
        return Ok(exact(&value));
    }
    let big = value.to_big();
    // A power of ten beyond the number's own size rounds it to zero.
    if digits.unsigned_abs() > big.bits() as usize {
        return Ok(int(0));
    }
    let unit = BigInt::from(10).pow(digits.unsigned_abs() as u32);
    Ok(PyInt::from_big(round_half_even(&big, &unit) * unit).upcast())
}

/// The value as an int proper: a bool or an instance of a subclass becomes one.
fn exact(value: &Owned<PyInt>) -> Owned {
    if value.borrow().is_exact(types::int()) {
        return value.clone().upcast();
    }
    PyInt::from_big(value.to_big()).upcast()
}

fn round_half_even(value: &BigInt, unit: &BigInt) -> BigInt {
    let (quotient, rest) = value.div_mod_floor(unit);
    let twice: BigInt = rest * 2;
    let up = match twice.cmp(unit) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => quotient.is_odd(),
        std::cmp::Ordering::Less => false,
    };
    if up { quotient + 1 } else { quotient }
}

/// `float.__round__` (`Objects/floatobject.c`, `float___round___impl`).
pub(crate) fn float_round(thread: &Thread, value: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "__round__", arguments.len(), 0, 1)?;
    let value = value.cast::<PyFloat>().value();
    let Some(&digits) = arguments.first().filter(|digits| !digits.is(none_object())) else {
        return float_to_int(thread, value.round_ties_even());
    };
    let digits = crate::runtime::number::index_isize(thread, digits, None)?;
    if !value.is_finite() || digits > 323 || value == 0.0 {
        return Ok(PyFloat::new(value).upcast());
    }
    if digits < -308 {
        return Ok(PyFloat::new(0.0_f64.copysign(value)).upcast());
    }
    let rounded: f64 = if digits >= 0 {
        format!("{value:.*}", digits as usize).parse().expect("a formatted float reads back")
    } else {
        round_to_tens(value, digits.unsigned_abs() as u32)
    };
    if rounded.is_infinite() {
        return Err(overflow_error(thread, "rounded value too large to represent"));
    }
    Ok(PyFloat::new(rounded.copysign(value)).upcast())
}

fn round_to_tens(value: f64, places: u32) -> f64 {
    let unit = BigInt::from(10).pow(places);
    let whole = BigInt::from_f64(value.abs().trunc()).unwrap_or_default();
    let (quotient, rest) = whole.div_mod_floor(&unit);
    let twice: BigInt = rest * 2;
    let fraction = value.fract() != 0.0;
    let up = twice > unit || (twice == unit && (fraction || quotient.is_odd()));
    let rounded = if up { quotient + 1 } else { quotient } * unit;
    rounded.to_string().parse().expect("an integer reads as a float")
}

/// The int of a float without fraction; nan and infinities have none.
pub(crate) fn float_to_int(thread: &Thread, value: f64) -> Result {
    if value.is_nan() {
        return Err(value_error(thread, "cannot convert float NaN to integer"));
    }
    match BigInt::from_f64(value) {
        Some(big) => Ok(PyInt::from_big(big).upcast()),
        None => Err(overflow_error(thread, "cannot convert float infinity to integer")),
    }
}

/// An int as a float; too large a one raises OverflowError.
pub(crate) fn int_to_float(thread: &Thread, value: &PyInt) -> Result<f64> {
    let float = match value.value() {
        IntValue::Word(word) => return Ok(word as f64),
        IntValue::Big(big) => big_to_float(big),
    };
    if float.is_infinite() { Err(overflow_error(thread, "int too large to convert to float")) } else { Ok(float) }
}

/// The nearest float, ties to even.
fn big_to_float(big: &BigInt) -> f64 {
    let magnitude = big.magnitude();
    let extra = magnitude.bits().saturating_sub(64);
    let top = (magnitude >> extra).to_u64().unwrap_or(u64::MAX);
    // The bits that are cut off count as one sticky bit, far below the 53 that stay.
    let cut = extra > 0 && magnitude.trailing_zeros().is_some_and(|zeros| zeros < extra);
    let float = (top | u64::from(cut)) as f64 * 2.0_f64.powi(i32::try_from(extra).unwrap_or(i32::MAX).min(2000));
    if big.sign() == Sign::Minus { -float } else { float }
}

/// A running sum that carries the rounding error along (Neumaier), as `sum` adds floats.
struct Compensated {
    high: f64,
    low: f64,
}

impl Compensated {
    fn add(&mut self, value: f64) {
        let total = self.high + value;
        self.low +=
            if self.high.abs() >= value.abs() { (self.high - total) + value } else { (value - total) + self.high };
        self.high = total;
    }

    fn value(&self) -> f64 {
        if self.low != 0.0 && self.low.is_finite() { self.high + self.low } else { self.high }
    }
}

enum Sum {
    Word(i64),
    Float(Compensated),
    Any(Owned),
}

impl Sum {
    fn from(start: Owned) -> Sum {
        let object = start.borrow();
        if object.is_exact(types::int())
            && let Some(word) = object.cast::<PyInt>().as_i64()
        {
            Sum::Word(word)
        } else if object.is_exact(types::float()) {
            Sum::Float(Compensated { high: object.cast::<PyFloat>().value(), low: 0.0 })
        } else {
            Sum::Any(start)
        }
    }

    fn finish(self) -> Owned {
        match self {
            Sum::Word(word) => int(word),
            Sum::Float(sum) => PyFloat::new(sum.value()).upcast(),
            Sum::Any(object) => object,
        }
    }

    fn add(self, thread: &Thread, item: &Owned) -> Result<Sum> {
        let item = item.borrow();
        let whole = item.is_exact(types::int()) || item.is_exact(types::bool_());
        match self {
            Sum::Word(word)
                if whole && let Some(sum) = item.cast::<PyInt>().as_i64().and_then(|other| word.checked_add(other)) =>
            {
                Ok(Sum::Word(sum))
            }
            Sum::Float(mut sum) if item.is_exact(types::float()) => {
                sum.add(item.cast::<PyFloat>().value());
                Ok(Sum::Float(sum))
            }
            Sum::Float(mut sum) if let Some(other) = item.downcast::<PyInt>() => {
                sum.add(int_to_float(thread, &other)?);
                Ok(Sum::Float(sum))
            }
            other => {
                let left = other.finish();
                let total = number::add(thread, left.borrow(), item)?;
                // Only an exact float starts the compensated sum anew; ints have overflowed a word for good.
                Ok(if total.borrow().is_exact(types::float()) { Sum::from(total) } else { Sum::Any(total) })
            }
        }
    }
}

/// `sum(iterable, /, start=0)`.
pub(crate) fn sum(thread: &Thread, _: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters = Parameters { function: "sum", names: &["", "start"], required: 1, positional: 2 };
    let [iterable, start] = PARAMETERS.bind::<2>(thread, arguments, names)?;
    let Some(iterable) = iterable else { return Err(crate::exit::Raised) };
    if start.is_some_and(|start| start.downcast::<PyStr>().is_some()) {
        return Err(type_error(thread, "sum() can't sum strings [use ''.join(seq) instead]"));
    }
    if start.is_some_and(|start| start.downcast::<PyBytes>().is_some()) {
        return Err(type_error(thread, "sum() can't sum bytes [use b''.join(seq) instead]"));
    }
    if start.is_some_and(|start| start.downcast::<PyByteArray>().is_some()) {
        return Err(type_error(thread, "sum() can't sum bytearray [use b''.join(seq) instead]"));
    }
    let mut total = Some(Sum::from(start.map_or_else(|| int(0), Ref::to_owned)));
    each(thread, iterable, |item| {
        if let Some(sum) = total.take() {
            total = Some(sum.add(thread, &item)?);
        }
        Ok(true)
    })?;
    Ok(total.map_or_else(|| int(0), Sum::finish))
}

fn in_base(thread: &Thread, value: Ref, base: u32, prefix: &str) -> Result {
    let value = index(thread, value)?.to_big();
    let sign = if value.is_negative() { "-" } else { "" };
    Ok(text(&format!("{sign}{prefix}{}", value.magnitude().to_str_radix(base))))
}

/// `bin(number)`.
pub(crate) fn bin(thread: &Thread, _: Ref, value: Ref) -> Result {
    in_base(thread, value, 2, "0b")
}

/// `oct(number)`.
pub(crate) fn oct(thread: &Thread, _: Ref, value: Ref) -> Result {
    in_base(thread, value, 8, "0o")
}

/// `hex(number)`.
pub(crate) fn hex(thread: &Thread, _: Ref, value: Ref) -> Result {
    in_base(thread, value, 16, "0x")
}

/// `chr(i)`.
pub(crate) fn chr(thread: &Thread, _: Ref, value: Ref) -> Result {
    let value = index(thread, value)?;
    match value.as_i64() {
        Some(point @ 0..=0x10_FFFF) => Ok(PyStr::from_point(point as u32).upcast()),
        _ => Err(value_error(thread, "chr() arg not in range(0x110000)")),
    }
}

/// `ord(c)`.
pub(crate) fn ord(thread: &Thread, _: Ref, value: Ref) -> Result {
    let wrong =
        |length: usize| type_error(thread, &format!("ord() expected a character, but string of length {length} found"));
    if let Some(string) = value.downcast::<PyStr>() {
        return if string.len() == 1 { Ok(int(string.char_at(0).into())) } else { Err(wrong(string.len())) };
    }
    if value.downcast::<PyMemoryView>().is_none()
        && let Some(bytes) = super::bytes::Data::of(value)
    {
        return match &bytes[..] {
            [byte] => Ok(int((*byte).into())),
            data => Err(wrong(data.len())),
        };
    }
    Err(type_error(thread, &format!("ord() expected string of length 1, but {} found", type_name(value))))
}
