//! `float`: its slots (`floatobject.c` for special cases and what raises).

use super::complex::Complex;
use super::{error, int, types};
use crate::object::slots::CompareOp;
use crate::object::types::flags;
use crate::object::*;
use num_bigint::BigInt;
use num_traits::FromPrimitive;
use std::cmp::Ordering;

/// `float`.
pub(crate) static TYPE: PyType = PyType::plain::<PyFloat>(TypeSpec {
    name: "float",
    flags: flags::BASETYPE | flags::MATCH_SELF,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(repr),
        new: slot(crate::builtins::construct::float_new),
        hash: slot(hash),
        richcompare: slot(rich_compare),
        nb_add: slot(nb_add),
        nb_subtract: slot(nb_subtract),
        nb_multiply: slot(nb_multiply),
        nb_remainder: slot(nb_remainder),
        nb_divmod: slot(nb_divmod),
        nb_power: slot(nb_power),
        nb_negative: slot(nb_negative),
        nb_positive: slot(exact),
        nb_absolute: slot(nb_absolute),
        nb_bool: slot(nb_bool),
        nb_int: slot(nb_int),
        nb_float: slot(exact),
        nb_floor_divide: slot(nb_floor_divide),
        nb_true_divide: slot(nb_true_divide),
        ..Slots::NONE
    },
    methods: crate::builtins::number::FLOAT_METHODS,
    getset: &[GetSetDef::read_only("real", exact), GetSetDef::read_only("imag", zero)],
    ..TypeSpec::EMPTY
});

/// `_PyFloat_FromDouble_ConsumeInputs`: the result, in an operand's object where nobody else holds it.
#[inline(always)]
pub(crate) fn from_consumed(left: StackRef, right: StackRef, value: f64) -> Result<StackRef> {
    for operand in [&left, &right] {
        let float: Ref<PyFloat> = operand.as_object().cast();
        // A borrowed slot's only count is a variable's, which must not change.
        if operand.is_heap_safe() && float.is_unshared() {
            float.reuse(value);
            return Ok(operand.dup());
        }
    }
    Ok(StackRef::from_owned(PyFloat::new(value).upcast()))
}

/// Whether the object is a float, or of a class derived from it.
pub(crate) fn is_float(object: Ref) -> bool {
    object.is_exact(types::float()) || object.ty().is_subtype(types::float())
}

fn value(float: Ref) -> f64 {
    float.cast::<PyFloat>().value()
}

fn made(value: f64) -> Result {
    Ok(PyFloat::new(value).upcast())
}

fn no() -> Result {
    Ok(not_implemented().to_owned())
}

/// Both operands as floats, if both are floats or ints. An int that is too large raises.
fn both(thread: &Thread, left: Ref, right: Ref) -> Result<Option<(f64, f64)>> {
    let convert = |object: Ref| -> Result<Option<f64>> {
        if is_float(object) {
            Ok(Some(value(object)))
        } else if object.ty().has_feature(flags::LONG_SUBCLASS) {
            int::to_f64(thread, object.cast()).map(Some)
        } else {
            Ok(None)
        }
    };
    Ok(match (convert(left)?, convert(right)?) {
        (Some(l), Some(r)) => Some((l, r)),
        _ => None,
    })
}

fn zero_division(thread: &Thread) -> crate::exit::Raised {
    error::zero_division_error(thread, "division by zero")
}

macro_rules! simple {
    ($($slot:ident $operator:tt;)*) => {
        $(fn $slot(thread: &Thread, left: Ref, right: Ref) -> Result {
            match both(thread, left, right)? {
                Some((l, r)) => made(l $operator r),
                None => no(),
            }
        })*
    };
}

simple! {
    nb_add +;
    nb_subtract -;
    nb_multiply *;
}

macro_rules! dividing {
    ($($slot:ident $function:expr;)*) => {
        $(fn $slot(thread: &Thread, left: Ref, right: Ref) -> Result {
            match both(thread, left, right)? {
                Some((_, 0.0)) => Err(zero_division(thread)),
                Some((l, r)) => $function(l, r),
                None => no(),
            }
        })*
    };
}

dividing! {
    nb_true_divide |l: f64, r: f64| made(l / r);
    nb_floor_divide |l, r| made(floor_divmod(l, r).0);
    nb_remainder |l, r| made(floor_divmod(l, r).1);
    nb_divmod |l, r| {
        let (quotient, rest) = floor_divmod(l, r);
        Ok(PyTuple::from_array([PyFloat::new(quotient).upcast(), PyFloat::new(rest).upcast()]).upcast())
    };
}

/// Quotient, floored, and remainder, with the divisor's sign. The divisor is not zero.
pub(crate) fn floor_divmod(left: f64, right: f64) -> (f64, f64) {
    let mut rest = left % right;
    let mut quotient = (left - rest) / right;
    if rest == 0.0 {
        rest = 0.0f64.copysign(right);
    } else if (right < 0.0) != (rest < 0.0) {
        rest += right;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0.0f64.copysign(left / right), rest);
    }
    let floored = quotient.floor();
    (if quotient - floored > 0.5 { floored + 1.0 } else { floored }, rest)
}

/// `base ** exponent`, where the result is real.
pub(crate) fn power(thread: &Thread, base: f64, exponent: f64) -> Result<f64> {
    if base == 0.0 && exponent < 0.0 && exponent.is_finite() {
        return Err(error::zero_division_error(thread, "zero to a negative power"));
    }
    let result = base.powf(exponent);
    if result.is_infinite() && base.is_finite() && exponent.is_finite() {
        let text = PyStr::new("Numerical result out of range").upcast();
        let arguments = PyTuple::from_array([PyInt::from_i64(34).upcast(), text]);
        let exception = PyBaseException::new(super::exceptions::overflow_error(), arguments);
        return Err(error::set_object(thread, exception));
    }
    Ok(result)
}

fn nb_power(thread: &Thread, base: Ref, exponent: Ref, modulus: Ref) -> Result {
    if !modulus.is(none_object()) {
        let text = "pow() 3rd argument not allowed unless all arguments are integers";
        return Err(error::type_error(thread, text));
    }
    match both(thread, base, exponent)? {
        // A negative base with an exponent that is not whole has only a complex result.
        Some((base, exponent))
            if base < 0.0 && base.is_finite() && exponent.is_finite() && exponent.floor() != exponent =>
        {
            let whole = |real: f64| Complex { real, imag: 0.0 };
            let result = super::complex::raise(thread, whole(base), whole(exponent))?;
            Ok(PyComplex::new(result.real, result.imag).upcast())
        }
        Some((base, exponent)) => made(power(thread, base, exponent)?),
        None => no(),
    }
}

fn exact(_: &Thread, float: Ref) -> Result {
    if float.is_exact(types::float()) { Ok(float.to_owned()) } else { made(value(float)) }
}

fn zero(_: &Thread, _: Ref) -> Result {
    made(0.0)
}

fn nb_negative(_: &Thread, float: Ref) -> Result {
    made(-value(float))
}

fn nb_absolute(_: &Thread, float: Ref) -> Result {
    made(value(float).abs())
}

fn nb_bool(_: &Thread, float: Ref) -> Result<bool> {
    Ok(value(float) != 0.0)
}

fn nb_int(thread: &Thread, float: Ref) -> Result {
    to_int(thread, value(float)).map(Owned::upcast)
}

/// The float without its fraction, as an int.
pub(crate) fn to_int(thread: &Thread, float: f64) -> Result<Owned<PyInt>> {
    const WORD: f64 = 9_223_372_036_854_775_808.0;
    if (-WORD..WORD).contains(&float) {
        return Ok(PyInt::from_i64(float as i64));
    }
    match BigInt::from_f64(float) {
        Some(big) => Ok(PyInt::from_big(big)),
        None if float.is_nan() => Err(error::value_error(thread, "cannot convert float NaN to integer")),
        None => Err(error::overflow_error(thread, "cannot convert float infinity to integer")),
    }
}

/// The hash: equal to that of an int of the same value (`_Py_HashDouble`).
fn hash(_: &Thread, float: Ref) -> Result<isize> {
    let number = value(float);
    Ok(if number.is_nan() { super::object::hash_of_address(float) } else { hash_value(number) })
}

/// The hash of a number that is not nan.
pub(crate) fn hash_value(number: f64) -> isize {
    const BITS: u32 = 61;
    const MODULUS: u64 = (1 << BITS) - 1;
    if number.is_infinite() {
        return if number > 0.0 { 314_159 } else { -314_159 };
    }
    if number == 0.0 {
        return 0;
    }
    // number = mantissa * 2 ** exponent, and 2 ** 61 is 1 modulo the prime.
    let raw = number.abs().to_bits();
    let (fraction, scale) = (raw & ((1 << 52) - 1), (raw >> 52) as i32);
    let (mantissa, exponent) = if scale == 0 { (fraction, -1074) } else { (fraction | 1 << 52, scale - 1075) };
    let turn = exponent.rem_euclid(BITS as i32) as u32;
    let reduced = mantissa % MODULUS;
    let turned = if turn == 0 { reduced } else { (reduced << turn & MODULUS) | reduced >> (BITS - turn) };
    let hash = if number < 0.0 { -(turned as isize) } else { turned as isize };
    if hash == -1 { -2 } else { hash }
}

fn rich_compare(_: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let number = value(left);
    let order = if is_float(right) {
        number.partial_cmp(&value(right))
    } else if right.ty().has_feature(flags::LONG_SUBCLASS) {
        compare_to_int(number, right.cast())
    } else {
        return no();
    };
    let holds = match order {
        Some(order) => op.holds(order),
        None => op == CompareOp::Ne,
    };
    Ok(bool_object(holds).to_owned())
}

/// The exact order of a float and an int.
pub(crate) fn compare_to_int(float: f64, int: Ref<PyInt>) -> Option<Ordering> {
    if !float.is_finite() {
        return float.partial_cmp(&0.0);
    }
    // A double holds these exactly.
    if let Some(word) = int.as_i64().filter(|word| word.unsigned_abs() <= 1 << 53) {
        return float.partial_cmp(&(word as f64));
    }
    let whole = BigInt::from_f64(float.floor())?;
    // A fraction makes the float larger than its floor, hence larger than an int that equals it.
    Some(whole.cmp(&int.to_big()).then(if float > float.floor() { Ordering::Greater } else { Ordering::Equal }))
}

fn repr(_: &Thread, float: Ref) -> Result {
    Ok(PyStr::new(&text(value(float))).upcast())
}

/// The shortest digits that give the float back, as `repr` writes them.
pub(crate) fn text(float: f64) -> String {
    if float.is_nan() {
        return "nan".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { "inf".to_owned() } else { "-inf".to_owned() };
    }
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{float}");
        return if plain.contains('.') { plain } else { format!("{plain}.0") };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_repr_writes() {
        for (float, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e16, "1e+16"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (1e15, "1000000000000000.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(text(float), expected);
        }
    }

    #[test]
    fn division_floors() {
        assert_eq!(floor_divmod(7.0, 2.0), (3.0, 1.0));
        assert_eq!(floor_divmod(-7.0, 2.0), (-4.0, 1.0));
        assert_eq!(floor_divmod(7.0, -2.0), (-4.0, -1.0));
        assert_eq!(floor_divmod(1.0, f64::INFINITY), (0.0, 1.0));
        assert!(floor_divmod(-0.0, 1.0).0.is_sign_negative());
    }
}
