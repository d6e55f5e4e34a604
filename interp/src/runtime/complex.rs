//! `complex`: its slots (`Objects/complexobject.c`). Constructor, formatting and methods are in
//! `crate::builtins::complex`.

use super::{error, float, int, object, types};
use crate::builtins::complex as methods;
use crate::object::types::flags;
use crate::object::*;

/// `complex`.
pub(crate) static TYPE: PyType = PyType::plain::<PyComplex>(TypeSpec {
    name: "complex",
    flags: flags::BASETYPE,
    base: Some(&super::object::TYPE),
    slots: Slots {
        new: slot(methods::new),
        repr: slot(|_, value| Ok(PyStr::new(&methods::repr(value_of(value))).upcast())),
        hash: slot(hash),
        richcompare: slot(compare),
        nb_add: slot(|thread, a, b| binary(thread, a, b, |x, y| Some(x.plus(y)))),
        nb_subtract: slot(|thread, a, b| binary(thread, a, b, |x, y| Some(x.minus(y)))),
        nb_multiply: slot(|thread, a, b| binary(thread, a, b, |x, y| Some(x.times(y)))),
        nb_true_divide: slot(|thread, a, b| binary(thread, a, b, Operand::over)),
        nb_power: slot(power),
        nb_negative: slot(|_, value| {
            let own = value_of(value);
            Ok(PyComplex::new(-own.real, -own.imag).upcast())
        }),
        nb_positive: slot(|_, value| {
            if value.is_exact(types::complex()) {
                return Ok(value.to_owned());
            }
            let own = value_of(value);
            Ok(PyComplex::new(own.real, own.imag).upcast())
        }),
        nb_absolute: slot(|thread, value| {
            let own = value_of(value);
            let result = own.real.hypot(own.imag);
            if result.is_infinite() && own.real.is_finite() && own.imag.is_finite() {
                return Err(error::overflow_error(thread, "absolute value too large"));
            }
            Ok(PyFloat::new(result).upcast())
        }),
        nb_bool: slot(|_, value| {
            let own = value_of(value);
            Ok(own.real != 0.0 || own.imag != 0.0)
        }),
        ..Slots::NONE
    },
    methods: methods::METHODS,
    getset: &[
        GetSetDef::field("real", |_, value| Ok(PyFloat::new(value_of(value).real).upcast())),
        GetSetDef::field("imag", |_, value| Ok(PyFloat::new(value_of(value).imag).upcast())),
    ],
    ..TypeSpec::EMPTY
});

/// A complex value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Complex {
    pub(crate) real: f64,
    pub(crate) imag: f64,
}

/// The value of a complex object.
pub(crate) fn value_of(object: Ref) -> Complex {
    let own = object.cast::<PyComplex>();
    Complex { real: own.real, imag: own.imag }
}

/// Whether an object is a complex, or of a class derived from it.
pub(crate) fn is_complex(object: Ref) -> bool {
    object.downcast::<PyComplex>().is_some()
}

/// An operand: real ones keep to the real part, as C99 has it, so that signed zeros and infinities survive.
#[derive(Clone, Copy)]
enum Operand {
    Real(f64),
    Complex(Complex),
}

fn operand(thread: &Thread, object: Ref) -> Result<Option<Operand>> {
    if is_complex(object) {
        return Ok(Some(Operand::Complex(value_of(object))));
    }
    if float::is_float(object) {
        return Ok(Some(Operand::Real(object.cast::<PyFloat>().value())));
    }
    if types::is_int(object) {
        return int::to_f64(thread, object.cast()).map(|value| Some(Operand::Real(value)));
    }
    Ok(None)
}

impl Operand {
    fn whole(self) -> Complex {
        match self {
            Operand::Real(real) => Complex { real, imag: 0.0 },
            Operand::Complex(value) => value,
        }
    }

    fn plus(self, other: Operand) -> Complex {
        match (self, other) {
            (Operand::Complex(a), Operand::Real(b)) | (Operand::Real(b), Operand::Complex(a)) => {
                Complex { real: a.real + b, imag: a.imag }
            }
            (a, b) => {
                let (a, b) = (a.whole(), b.whole());
                Complex { real: a.real + b.real, imag: a.imag + b.imag }
            }
        }
    }

    fn minus(self, other: Operand) -> Complex {
        match (self, other) {
            (Operand::Complex(a), Operand::Real(b)) => Complex { real: a.real - b, imag: a.imag },
            (Operand::Real(a), Operand::Complex(b)) => Complex { real: a - b.real, imag: -b.imag },
            (a, b) => {
                let (a, b) = (a.whole(), b.whole());
                Complex { real: a.real - b.real, imag: a.imag - b.imag }
            }
        }
    }

    fn times(self, other: Operand) -> Complex {
        match (self, other) {
            (Operand::Complex(a), Operand::Real(b)) | (Operand::Real(b), Operand::Complex(a)) => {
                Complex { real: a.real * b, imag: a.imag * b }
            }
            (a, b) => product(a.whole(), b.whole()),
        }
    }

    /// `None` for a division by zero.
    fn over(self, other: Operand) -> Option<Complex> {
        match (self, other) {
            (_, Operand::Real(0.0)) => None,
            (Operand::Complex(a), Operand::Real(b)) => Some(Complex { real: a.real / b, imag: a.imag / b }),
            (a, b) => quotient(a.whole(), b.whole()),
        }
    }
}

/// A product where infinities survive the nan of their parts (C11, annex G).
fn product(a: Complex, b: Complex) -> Complex {
    let result = Complex { real: a.real * b.real - a.imag * b.imag, imag: a.real * b.imag + a.imag * b.real };
    if !result.real.is_nan() || !result.imag.is_nan() {
        return result;
    }
    let unit = |x: f64| if x.is_infinite() { 1f64.copysign(x) } else { 0f64.copysign(x) };
    let zero = |x: f64| if x.is_nan() { 0f64.copysign(x) } else { x };
    let infinite = |z: Complex| z.real.is_infinite() || z.imag.is_infinite();
    let boxed = |z: Complex| Complex { real: unit(z.real), imag: unit(z.imag) };
    let cleaned = |z: Complex| Complex { real: zero(z.real), imag: zero(z.imag) };
    let parts = [a.real * b.real, a.imag * b.imag, a.real * b.imag, a.imag * b.real];
    let (a, b) = match (infinite(a), infinite(b)) {
        (true, true) => (boxed(a), boxed(b)),
        (true, false) => (boxed(a), cleaned(b)),
        (false, true) => (cleaned(a), boxed(b)),
        (false, false) if parts.iter().any(|part| part.is_infinite()) => (cleaned(a), cleaned(b)),
        (false, false) => return result,
    };
    Complex {
        real: f64::INFINITY * (a.real * b.real - a.imag * b.imag),
        imag: f64::INFINITY * (a.real * b.imag + a.imag * b.real),
    }
}

/// Smith's algorithm; `None` for a division by zero.
fn quotient(a: Complex, b: Complex) -> Option<Complex> {
    let result = if b.real.abs() >= b.imag.abs() {
        if b.real == 0.0 {
            return None;
        }
        let ratio = b.imag / b.real;
        let denominator = b.real + b.imag * ratio;
        Complex { real: (a.real + a.imag * ratio) / denominator, imag: (a.imag - a.real * ratio) / denominator }
    } else if b.imag.abs() >= b.real.abs() {
        let ratio = b.real / b.imag;
        let denominator = b.real * ratio + b.imag;
        Complex { real: (a.real * ratio + a.imag) / denominator, imag: (a.imag * ratio - a.real) / denominator }
    } else {
        Complex { real: f64::NAN, imag: f64::NAN }
    };
    let lost = result.real.is_nan() && result.imag.is_nan();
    Some(if lost { quotient_of_infinities(a, b).unwrap_or(result) } else { result })
}

/// What a quotient of nan is where one side is infinite and the other finite.
fn quotient_of_infinities(a: Complex, b: Complex) -> Option<Complex> {
    let infinite = |z: Complex| z.real.is_infinite() || z.imag.is_infinite();
    let finite = |z: Complex| z.real.is_finite() && z.imag.is_finite();
    let unit = |x: f64| if x.is_infinite() { 1f64.copysign(x) } else { 0f64.copysign(x) };
    if infinite(a) && finite(b) {
        let (x, y) = (unit(a.real), unit(a.imag));
        return Some(Complex {
            real: f64::INFINITY * (x * b.real + y * b.imag),
            imag: f64::INFINITY * (y * b.real - x * b.imag),
        });
    }
    if infinite(b) && finite(a) {
        let (x, y) = (unit(b.real), unit(b.imag));
        return Some(Complex { real: 0.0 * (a.real * x + a.imag * y), imag: 0.0 * (a.imag * x - a.real * y) });
    }
    None
}

fn binary(thread: &Thread, left: Ref, right: Ref, operation: fn(Operand, Operand) -> Option<Complex>) -> Result {
    let (Some(a), Some(b)) = (operand(thread, left)?, operand(thread, right)?) else {
        return Ok(not_implemented().to_owned());
    };
    match operation(a, b) {
        Some(result) => Ok(PyComplex::new(result.real, result.imag).upcast()),
        None => Err(error::zero_division_error(thread, "division by zero")),
    }
}

fn power(thread: &Thread, base: Ref, exponent: Ref, modulus: Ref) -> Result {
    let (Some(a), Some(b)) = (operand(thread, base)?, operand(thread, exponent)?) else {
        return Ok(not_implemented().to_owned());
    };
    if !object::is_none(modulus) {
        return Err(error::value_error(thread, "complex modulo"));
    }
    let result = raise(thread, a.whole(), b.whole())?;
    Ok(PyComplex::new(result.real, result.imag).upcast())
}

/// `base ** exponent`.
pub(crate) fn raise(thread: &Thread, base: Complex, exponent: Complex) -> Result<Complex> {
    let whole = exponent.imag == 0.0 && exponent.real == exponent.real.floor() && exponent.real.abs() <= 100.0;
    let result = if whole { integer_power(base, exponent.real as i64) } else { polar_power(base, exponent) };
    let Some(result) = result else {
        return Err(error::zero_division_error(thread, "zero to a negative or complex power"));
    };
    let finite = |z: Complex| z.real.is_finite() && z.imag.is_finite();
    let overflows = result.real.is_infinite() || result.imag.is_infinite();
    if overflows && finite(base) && finite(exponent) {
        return Err(error::overflow_error(thread, "complex exponentiation"));
    }
    Ok(result)
}

/// By squaring: more exact than polar form.
fn integer_power(base: Complex, exponent: i64) -> Option<Complex> {
    let one = Complex { real: 1.0, imag: 0.0 };
    let (mut result, mut square, mut left) = (one, base, exponent.unsigned_abs());
    while left > 0 {
        if left & 1 == 1 {
            result = product(result, square);
        }
        left >>= 1;
        if left > 0 {
            square = product(square, square);
        }
    }
    if exponent >= 0 { Some(result) } else { quotient(one, result) }
}

fn polar_power(base: Complex, exponent: Complex) -> Option<Complex> {
    if exponent.real == 0.0 && exponent.imag == 0.0 {
        return Some(Complex { real: 1.0, imag: 0.0 });
    }
    if base.real == 0.0 && base.imag == 0.0 {
        let possible = exponent.imag == 0.0 && exponent.real >= 0.0;
        return possible.then_some(Complex { real: 0.0, imag: 0.0 });
    }
    let size = base.real.hypot(base.imag);
    let mut length = size.powf(exponent.real);
    let angle = base.imag.atan2(base.real);
    let mut phase = angle * exponent.real;
    if exponent.imag != 0.0 {
        length *= (-angle * exponent.imag).exp();
        phase += exponent.imag * size.ln();
    }
    Some(Complex { real: length * phase.cos(), imag: length * phase.sin() })
}

fn hash(_: &Thread, value: Ref) -> Result<isize> {
    const IMAGINARY: isize = 1_000_003;
    let own = value_of(value);
    let part = |x: f64| if x.is_nan() { object::hash_of_address(value) } else { float::hash_value(x) };
    let hash = part(own.real).wrapping_add(IMAGINARY.wrapping_mul(part(own.imag)));
    Ok(if hash == -1 { -2 } else { hash })
}

fn compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) || !is_complex(left) {
        return Ok(not_implemented().to_owned());
    }
    let own = value_of(left);
    let equal = if is_complex(right) {
        own == value_of(right)
    } else if float::is_float(right) {
        own.imag == 0.0 && own.real == right.cast::<PyFloat>().value()
    } else if types::is_int(right) {
        own.imag == 0.0 && object::is_equal(thread, PyFloat::new(own.real).borrow().upcast(), right)?
    } else {
        return Ok(not_implemented().to_owned());
    };
    Ok(object::new_bool(equal == (op == CompareOp::Eq)))
}
