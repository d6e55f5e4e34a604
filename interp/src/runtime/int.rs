//! `int`: its slots, and the arithmetic that bodies call.

mod arithmetic;

use super::{error, types};
use crate::builtins::text::read;
use crate::object::slots::CompareOp;
use crate::object::types::flags;
use crate::object::*;

pub(crate) use arithmetic::{add, compare, multiply, subtract, to_f64, true_divide};
pub(crate) use arithmetic::{exact, hash as hash_value, power_modulo};

/// `int`.
pub(crate) static TYPE: PyType = PyType::plain::<PyInt>(TypeSpec {
    name: "int",
    itemsize: 4,
    flags: flags::BASETYPE | flags::LONG_SUBCLASS | flags::MATCH_SELF,
    base: Some(&super::object::TYPE),
    slots: SLOTS,
    methods: crate::builtins::number::INT_METHODS,
    getset: &[
        GetSetDef::read_only("real", exact_slot),
        GetSetDef::read_only("imag", zero),
        GetSetDef::read_only("numerator", exact_slot),
        GetSetDef::read_only("denominator", one),
    ],
    ..TypeSpec::EMPTY
});

const SLOTS: Slots = Slots {
    repr: slot(repr),
    new: slot(crate::builtins::construct::int_new),
    hash: slot(hash),
    richcompare: slot(rich_compare),
    nb_add: slot(nb_add),
    nb_subtract: slot(nb_subtract),
    nb_multiply: slot(nb_multiply),
    nb_remainder: slot(nb_remainder),
    nb_divmod: slot(nb_divmod),
    nb_power: slot(nb_power),
    nb_negative: slot(nb_negative),
    nb_positive: slot(exact_slot),
    nb_absolute: slot(nb_absolute),
    nb_bool: slot(nb_bool),
    nb_invert: slot(nb_invert),
    nb_lshift: slot(nb_lshift),
    nb_rshift: slot(nb_rshift),
    nb_and: slot(nb_and),
    nb_xor: slot(nb_xor),
    nb_or: slot(nb_or),
    nb_int: slot(exact_slot),
    nb_float: slot(nb_float),
    nb_floor_divide: slot(nb_floor_divide),
    nb_true_divide: slot(nb_true_divide),
    nb_index: slot(exact_slot),
    ..Slots::NONE
};

/// `PyLong_FromLong`.
#[inline(always)]
pub(crate) fn from_i64(value: i64) -> Owned<PyInt> {
    PyInt::from_i64(value)
}

/// `PyLong_FromSsize_t`.
#[inline(always)]
pub(crate) fn from_isize(value: isize) -> Owned<PyInt> {
    PyInt::from_i64(value as i64)
}

/// The decimal digits of a word as a str.
pub(crate) fn decimal_str(word: i64) -> Owned<PyStr> {
    padded_decimal(word, 0, b' ')
}

/// The decimal digits of a word, filled up on the left: with zeros behind the sign, with others before it.
pub(crate) fn padded_decimal(word: i64, width: usize, fill: u8) -> Owned<PyStr> {
    // "-9223372036854775808"
    let mut text = [0; 20];
    let (mut first, mut rest) = (text.len(), word.unsigned_abs());
    loop {
        first -= 1;
        text[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let missing = width.saturating_sub(text.len() - first + usize::from(word < 0));
    if word < 0 {
        first -= 1;
        text[first] = b'-';
    }
    let shown = &text[first..];
    // With zeros, the sign comes before them.
    let sign = usize::from(word < 0 && fill == b'0');
    PyStr::from_bytes_with(shown.len() + missing, |at| match at {
        at if at < sign => shown[at],
        at if at < sign + missing => fill,
        at => shown[at - missing],
    })
}

/// The decimal digits, with a sign; more than the limit raise ValueError.
pub(crate) fn decimal(thread: &Thread, value: Ref<PyInt>) -> Result<String> {
    decimal_of(thread, &value)
}

/// The same of an int that is held otherwise.
pub(crate) fn decimal_of(thread: &Thread, value: &PyInt) -> Result<String> {
    let big = match value.value() {
        IntValue::Word(word) => return Ok(word.to_string()),
        IntValue::Big(big) => big,
    };
    // log10(2) is more than 0.301: a number with so many bits has at least so many digits.
    let least = (big.bits() as f64 * 0.301) as usize;
    let text = (!read::too_many_digits(least.saturating_sub(1))).then(|| big.to_string());
    text.filter(|text| !read::too_many_digits(text.trim_start_matches('-').len())).ok_or_else(|| {
        error::value_error(
            thread,
            format_args!(
                "Exceeds the limit ({} digits) for integer string conversion; use sys.set_int_max_str_digits() to \
                 increase the limit",
                read::max_str_digits()
            ),
        )
    })
}

fn repr(thread: &Thread, value: Ref) -> Result {
    if let Some(word) = value.cast::<PyInt>().as_i64() {
        return Ok(decimal_str(word).upcast());
    }
    Ok(PyStr::new(&decimal(thread, value.cast())?).upcast())
}

fn hash(_: &Thread, value: Ref) -> Result<isize> {
    Ok(hash_value(value.cast()))
}

fn exact_slot(_: &Thread, value: Ref) -> Result {
    exact(value.cast())
}

fn zero(_: &Thread, _: Ref) -> Result {
    Ok(from_i64(0).upcast())
}

fn one(_: &Thread, _: Ref) -> Result {
    Ok(from_i64(1).upcast())
}

/// Both operands, if both are ints; a slot is called with either as its own.
#[inline(always)]
fn both(left: Ref, right: Ref) -> Option<(Ref<PyInt>, Ref<PyInt>)> {
    let is_int = |object: Ref| object.ty().has_feature(flags::LONG_SUBCLASS);
    (is_int(left) && is_int(right)).then(|| (left.cast(), right.cast()))
}

fn no() -> Result {
    Ok(not_implemented().to_owned())
}

macro_rules! binary {
    ($($slot:ident $function:expr;)*) => {
        $(fn $slot(thread: &Thread, left: Ref, right: Ref) -> Result {
            match both(left, right) {
                Some((l, r)) => $function(thread, l, r),
                None => no(),
            }
        })*
    };
}

binary! {
    nb_add arithmetic::add;
    nb_subtract arithmetic::subtract;
    nb_multiply arithmetic::multiply;
    nb_remainder arithmetic::remainder;
    nb_floor_divide arithmetic::floor_divide;
    nb_lshift arithmetic::shift_left;
    nb_rshift arithmetic::shift_right;
    nb_and |_, l, r| arithmetic::and(l, r);
    nb_or |_, l, r| arithmetic::or(l, r);
    nb_xor |_, l, r| arithmetic::xor(l, r);
}

fn nb_true_divide(thread: &Thread, left: Ref, right: Ref) -> Result {
    let Some((l, r)) = both(left, right) else { return no() };
    Ok(PyFloat::new(true_divide(thread, l, r)?).upcast())
}

fn nb_divmod(thread: &Thread, left: Ref, right: Ref) -> Result {
    let Some((l, r)) = both(left, right) else { return no() };
    let (quotient, rest) = arithmetic::divmod(thread, l, r)?;
    Ok(PyTuple::from_array([quotient, rest]).upcast())
}

fn nb_power(thread: &Thread, base: Ref, exponent: Ref, modulus: Ref) -> Result {
    let Some((b, e)) = both(base, exponent) else { return no() };
    if !modulus.is(none_object()) {
        if !modulus.ty().has_feature(flags::LONG_SUBCLASS) {
            return no();
        }
        return power_modulo(thread, b, e, modulus.cast());
    }
    if e.is_negative() {
        let (b, e) = (to_f64(thread, b)?, to_f64(thread, e)?);
        return Ok(PyFloat::new(super::float::power(thread, b, e)?).upcast());
    }
    arithmetic::power(thread, b, e)
}

fn nb_negative(_: &Thread, value: Ref) -> Result {
    arithmetic::negative(value.cast())
}

fn nb_absolute(_: &Thread, value: Ref) -> Result {
    arithmetic::absolute(value.cast())
}

fn nb_invert(_: &Thread, value: Ref) -> Result {
    arithmetic::invert(value.cast())
}

fn nb_bool(_: &Thread, value: Ref) -> Result<bool> {
    Ok(!value.cast::<PyInt>().is_zero())
}

fn nb_float(thread: &Thread, value: Ref) -> Result {
    Ok(PyFloat::new(to_f64(thread, value.cast())?).upcast())
}

fn rich_compare(_: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let Some((l, r)) = both(left, right) else { return no() };
    Ok(bool_object(op.holds(compare(l, r))).to_owned())
}

/// Whether an object is exactly an int whose value is known to be a machine word.
#[inline]
pub(crate) fn word_of(object: Ref) -> Option<i64> {
    object.is_exact(types::int()).then(|| object.cast::<PyInt>().as_i64()).flatten()
}
