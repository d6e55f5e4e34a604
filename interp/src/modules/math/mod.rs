//! `math` (`Modules/mathmodule.c`). Elementary functions are the system's, as CPython's are.

mod special;
mod sums;

use super::{NativeModule, put};
use crate::exit::Raised;
use crate::object::*;
use crate::runtime::{call, error, iter, number, object};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

pub(super) static MODULE: NativeModule = NativeModule {
    name: "math",
    functions: FUNCTIONS,
    types: &[],
    fill: |_, dict| {
        use std::f64::consts;
        let constants =
            [("pi", consts::PI), ("e", consts::E), ("tau", consts::TAU), ("inf", f64::INFINITY), ("nan", f64::NAN)];
        for (name, value) in constants {
            put(dict, name, PyFloat::new(value).upcast());
        }
        Ok(())
    },
};

/// A function of one float: where it has no value that is a ValueError, where its value is too large an OverflowError.
macro_rules! plain {
    ($name:literal, $function:expr) => {
        MethodDef::one($name, |thread, _, x| {
            let x = number::as_f64(thread, x)?;
            let function: fn(f64) -> f64 = $function;
            checked(thread, x, function(x), None).map(|value| PyFloat::new(value).upcast())
        })
    };
    ($name:literal, $function:expr, $expected:literal) => {
        MethodDef::one($name, |thread, _, x| {
            let x = number::as_f64(thread, x)?;
            let function: fn(f64) -> f64 = $function;
            checked(thread, x, function(x), Some($expected)).map(|value| PyFloat::new(value).upcast())
        })
    };
}

/// A test of one float.
macro_rules! test {
    ($name:literal, $function:expr) => {
        MethodDef::one($name, |thread, _, x| {
            let function: fn(f64) -> bool = $function;
            number::as_f64(thread, x).map(|x| object::new_bool(function(x)))
        })
    };
}

/// A function of two floats.
macro_rules! pair {
    ($name:literal, $function:expr) => {
        MethodDef::fast($name, |thread, _, arguments| {
            call::check_count(thread, $name, arguments.len(), 2, 2)?;
            let (x, y) = (number::as_f64(thread, arguments[0])?, number::as_f64(thread, arguments[1])?);
            let function: fn(f64, f64) -> f64 = $function;
            let value = function(x, y);
            if value.is_nan() && !x.is_nan() && !y.is_nan() {
                return Err(domain(thread));
            }
            if value.is_infinite() && x.is_finite() && y.is_finite() {
                return Err(range(thread));
            }
            Ok(PyFloat::new(value).upcast())
        })
    };
}

static FUNCTIONS: &[MethodDef] = &[
    plain!("sqrt", f64::sqrt, "a nonnegative input"),
    plain!("cbrt", f64::cbrt),
    plain!("exp", f64::exp),
    plain!("exp2", f64::exp2),
    plain!("expm1", f64::exp_m1),
    plain!("log1p", |x| if x <= -1.0 { f64::NAN } else { x.ln_1p() }, "argument value > -1"),
    plain!("sin", f64::sin, "a finite input"),
    plain!("cos", f64::cos, "a finite input"),
    plain!("tan", f64::tan, "a finite input"),
    plain!("asin", f64::asin, "a number in range from -1 up to 1"),
    plain!("acos", f64::acos, "a number in range from -1 up to 1"),
    plain!("atan", f64::atan),
    plain!("sinh", f64::sinh),
    plain!("cosh", f64::cosh),
    plain!("tanh", f64::tanh),
    plain!("asinh", libm::asinh),
    plain!("acosh", libm::acosh, "argument value not less than 1"),
    plain!("atanh", |x| if x.abs() >= 1.0 { f64::NAN } else { libm::atanh(x) }, "a number between -1 and 1"),
    plain!("erf", libm::erf),
    plain!("erfc", libm::erfc),
    plain!("gamma", special::gamma, "a noninteger or positive integer"),
    plain!(
        "lgamma",
        |x| if x <= 0.0 && x == x.floor() && x.is_finite() { f64::NAN } else { special::log_gamma(x) },
        "a noninteger or positive integer"
    ),
    MethodDef::fast("fma", |thread, _, arguments| {
        call::check_count(thread, "fma", arguments.len(), 3, 3)?;
        let (x, y) = (number::as_f64(thread, arguments[0])?, number::as_f64(thread, arguments[1])?);
        let z = number::as_f64(thread, arguments[2])?;
        let value = x.mul_add(y, z);
        if value.is_nan() && !x.is_nan() && !y.is_nan() && !z.is_nan() {
            return Err(error::value_error(thread, "invalid operation in fma"));
        }
        if value.is_infinite() && x.is_finite() && y.is_finite() && z.is_finite() {
            return Err(error::overflow_error(thread, "overflow in fma"));
        }
        Ok(PyFloat::new(value).upcast())
    }),
    MethodDef::fast("sumprod", |thread, _, arguments| {
        call::check_count(thread, "sumprod", arguments.len(), 2, 2)?;
        sums::sum_of_products(thread, arguments[0], arguments[1])
    }),
    plain!("fabs", f64::abs),
    plain!("degrees", |x| x * (180.0 / std::f64::consts::PI)),
    plain!("radians", |x| x * (std::f64::consts::PI / 180.0)),
    plain!("ulp", |x| if x.is_finite() { x.abs().next_up() - x.abs() } else { x.abs() }),
    test!("isnan", f64::is_nan),
    test!("isinf", f64::is_infinite),
    test!("isfinite", f64::is_finite),
    pair!("atan2", f64::atan2),
    pair!("copysign", f64::copysign),
    pair!("fmod", |x, y| x % y),
    pair!("remainder", remainder),
    pair!("pow", power),
    MethodDef::fast("log", |thread, _, arguments| {
        call::check_count(thread, "log", arguments.len(), 1, 2)?;
        let value = logarithm(thread, arguments[0], f64::ln)?;
        let Some(base) = arguments.get(1) else { return Ok(PyFloat::new(value).upcast()) };
        let base = logarithm(thread, *base, f64::ln)?;
        if base == 0.0 {
            return Err(error::zero_division_error(thread, "division by zero"));
        }
        Ok(PyFloat::new(value / base).upcast())
    }),
    MethodDef::one("log2", |thread, _, x| logarithm(thread, x, f64::log2).map(|x| PyFloat::new(x).upcast())),
    MethodDef::one("log10", |thread, _, x| logarithm(thread, x, f64::log10).map(|x| PyFloat::new(x).upcast())),
    MethodDef::one("floor", |thread, _, x| rounded(thread, x, "__floor__", f64::floor)),
    MethodDef::one("ceil", |thread, _, x| rounded(thread, x, "__ceil__", f64::ceil)),
    MethodDef::one("trunc", |thread, _, x| rounded(thread, x, "__trunc__", f64::trunc)),
    MethodDef::one("modf", |thread, _, x| {
        let x = number::as_f64(thread, x)?;
        let (fraction, whole) = if x.is_infinite() { (0.0f64.copysign(x), x) } else { (x.fract(), x.trunc()) };
        let parts = [PyFloat::new(fraction.copysign(x)).upcast(), PyFloat::new(whole).upcast()];
        Ok(PyTuple::from_array(parts).upcast())
    }),
    MethodDef::one("frexp", |thread, _, x| {
        let (fraction, exponent) = split(number::as_f64(thread, x)?);
        Ok(PyTuple::from_array([PyFloat::new(fraction).upcast(), PyInt::from_i64(exponent).upcast()]).upcast())
    }),
    MethodDef::fast("ldexp", |thread, _, arguments| {
        call::check_count(thread, "ldexp", arguments.len(), 2, 2)?;
        let x = number::as_f64(thread, arguments[0])?;
        let Some(exponent) = arguments[1].downcast::<PyInt>() else {
            return Err(error::type_error(thread, "Expected an int as second argument to ldexp."));
        };
        let far = if exponent.is_negative() { -3000 } else { 3000 };
        let exponent = exponent.as_i64().unwrap_or(far).clamp(-3000, 3000) as i32;
        let value = libm::scalbn(x, exponent);
        if value.is_infinite() && x.is_finite() { Err(range(thread)) } else { Ok(PyFloat::new(value).upcast()) }
    }),
    MethodDef::fast("hypot", |thread, _, arguments| {
        let values: Result<Vec<f64>> = arguments.iter().map(|x| number::as_f64(thread, *x)).collect();
        Ok(PyFloat::new(sums::norm(values?)).upcast())
    }),
    MethodDef::fast("dist", |thread, _, arguments| {
        call::check_count(thread, "dist", arguments.len(), 2, 2)?;
        let (p, q) = (iter::collect(thread, arguments[0])?, iter::collect(thread, arguments[1])?);
        if p.len() != q.len() {
            return Err(error::value_error(thread, "both points must have the same number of dimensions"));
        }
        let difference =
            |(p, q): (&Owned, &Owned)| Ok(number::as_f64(thread, p.borrow())? - number::as_f64(thread, q.borrow())?);
        let values: Result<Vec<f64>> = p.iter().zip(&q).map(difference).collect();
        Ok(PyFloat::new(sums::norm(values?)).upcast())
    }),
    MethodDef::keywords("isclose", is_close),
    MethodDef::one("fsum", |thread, _, items| sums::exact_sum(thread, items).map(|sum| PyFloat::new(sum).upcast())),
    MethodDef::keywords("prod", |thread, _, arguments, keywords| {
        static SIGNATURE: call::Signature = call::Signature {
            function: "prod",
            names: &["iterable", "start"],
            positional_only: 1,
            keyword_only: 1,
            required: 1,
        };
        let [items, start] = SIGNATURE.bind(thread, arguments, keywords)?;
        let mut product = start.map_or_else(|| PyInt::from_i64(1).upcast(), Ref::to_owned);
        iter::each(thread, items.unwrap_or(none_object()), |item| {
            product = number::multiply(thread, product.borrow(), item.borrow())?;
            Ok(())
        })?;
        Ok(product)
    }),
    MethodDef::fast("gcd", |thread, _, arguments| fold(thread, arguments, BigInt::zero(), |a, b| a.gcd(b))),
    MethodDef::fast("lcm", |thread, _, arguments| fold(thread, arguments, BigInt::one(), |a, b| a.lcm(b).abs())),
    MethodDef::one("isqrt", |thread, _, n| {
        let n = number::index(thread, n)?.to_big();
        if n.is_negative() {
            return Err(error::value_error(thread, "isqrt() argument must be nonnegative"));
        }
        Ok(PyInt::from_big(n.sqrt()).upcast())
    }),
    MethodDef::one("factorial", |thread, _, n| factorial(thread, n)),
    MethodDef::fast("comb", |thread, _, arguments| {
        call::check_count(thread, "comb", arguments.len(), 2, 2)?;
        let (n, k) = counts(thread, arguments)?;
        if k > n {
            return Ok(PyInt::from_i64(0).upcast());
        }
        let k = k.min(n - k);
        Ok(PyInt::from_big(product(n - k + 1, n) / product(1, k)).upcast())
    }),
    MethodDef::fast("perm", |thread, _, arguments| {
        call::check_count(thread, "perm", arguments.len(), 1, 2)?;
        if arguments.len() == 1 || object::is_none(arguments[1]) {
            return factorial(thread, arguments[0]);
        }
        let (n, k) = counts(thread, arguments)?;
        let value = if k > n { BigInt::zero() } else { product(n - k + 1, n) };
        Ok(PyInt::from_big(value).upcast())
    }),
    MethodDef::keywords("nextafter", next_after),
];

#[cold]
fn domain(thread: &Thread) -> Raised {
    error::value_error(thread, "math domain error")
}

#[cold]
fn range(thread: &Thread) -> Raised {
    error::overflow_error(thread, "math range error")
}

fn checked(thread: &Thread, x: f64, value: f64, expected: Option<&str>) -> Result<f64> {
    if value.is_nan() && !x.is_nan() {
        let Some(expected) = expected else { return Err(domain(thread)) };
        let shown = crate::builtins::text::float::repr(x);
        return Err(error::value_error(thread, format_args!("expected {expected}, got {shown}")));
    }
    if value.is_infinite() && x.is_finite() {
        return Err(range(thread));
    }
    Ok(value)
}

/// A power of two, within the exponents of floats that are not subnormal.
fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023).clamp(1, 2046) as u64) << 52)
}

fn power(x: f64, y: f64) -> f64 {
    if x == 0.0 && y < 0.0 && y.is_finite() { f64::NAN } else { x.powf(y) }
}

/// The rest of a division that rounds to the nearest even quotient.
fn remainder(x: f64, y: f64) -> f64 {
    if y.is_infinite() && x.is_finite() {
        return x;
    }
    let (x_abs, y_abs) = (x.abs(), y.abs());
    let rest = x_abs % y_abs;
    let complement = y_abs - rest;
    let value = match rest.partial_cmp(&complement) {
        Some(std::cmp::Ordering::Less) => rest,
        Some(std::cmp::Ordering::Greater) => -complement,
        Some(std::cmp::Ordering::Equal) => rest - 2.0 * ((0.5 * (x_abs - rest)) % y_abs),
        None => f64::NAN,
    };
    1f64.copysign(x) * value
}

/// Fraction and exponent of a float.
fn split(x: f64) -> (f64, i64) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    // Subnormal numbers are scaled first.
    let (scaled, shift) = if x.abs() < f64::MIN_POSITIVE { (x * 2f64.powi(64), 64) } else { (x, 0) };
    let bits = scaled.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as i64 - 1022;
    (f64::from_bits(bits & !(0x7FF << 52) | 1022 << 52), exponent - shift)
}

/// A logarithm, of ints beyond the range of floats too.
fn logarithm(thread: &Thread, x: Ref, function: fn(f64) -> f64) -> Result<f64> {
    if let Some(int) = x.downcast::<PyInt>() {
        let big = int.to_big();
        if !big.is_positive() {
            return Err(error::value_error(thread, "expected a positive input"));
        }
        let bits = big.bits();
        if bits > 1000 {
            let shift = bits - 900;
            let head: BigInt = big >> shift;
            let head = num_traits::ToPrimitive::to_f64(&head).unwrap_or(f64::INFINITY);
            return Ok(function(head) + function(2.0) * shift as f64);
        }
    }
    let x = number::as_f64(thread, x)?;
    if x <= 0.0 {
        let shown = crate::builtins::text::float::repr(x);
        return Err(error::value_error(thread, format_args!("expected a positive input, got {shown}")));
    }
    Ok(function(x))
}

/// By the type's own method, else by way of a float.
fn rounded(thread: &Thread, x: Ref, method: &str, function: fn(f64) -> f64) -> Result {
    if !x.is_exact(crate::runtime::types::float()) {
        let name = thread.state.interned.intern(PyStr::new(method));
        if let Some(found) = crate::runtime::attr::call_optional_special(thread, x, name, &[])? {
            return Ok(found);
        }
        if method == "__trunc__" {
            let text = format!("type {} doesn't define __trunc__ method", x.ty().name());
            return Err(error::type_error(thread, text));
        }
    }
    crate::builtins::number::float_to_int(thread, function(number::as_f64(thread, x)?))
}

fn fold(thread: &Thread, arguments: &[Ref], start: BigInt, join: fn(&BigInt, &BigInt) -> BigInt) -> Result {
    let mut value = start;
    for argument in arguments {
        value = join(&value, &number::index(thread, *argument)?.to_big());
    }
    Ok(PyInt::from_big(value.abs()).upcast())
}

/// The product of all numbers from one to another.
fn product(from: u64, to: u64) -> BigInt {
    if from > to {
        return BigInt::one();
    }
    if to - from < 8 {
        return (from..=to).fold(BigInt::one(), |product, factor| product * factor);
    }
    let middle = from + (to - from) / 2;
    product(from, middle) * product(middle + 1, to)
}

fn factorial(thread: &Thread, n: Ref) -> Result {
    let n = number::index(thread, n)?.to_big();
    if n.is_negative() {
        return Err(error::value_error(thread, "factorial() not defined for negative values"));
    }
    let Ok(n) = u32::try_from(n) else {
        let text = format!("factorial() argument should not exceed {}", i64::MAX);
        return Err(error::overflow_error(thread, text));
    };
    Ok(PyInt::from_big(product(1, n.into())).upcast())
}

fn counts(thread: &Thread, arguments: &[Ref]) -> Result<(u64, u64)> {
    let mut found = [0; 2];
    for ((place, argument), name) in found.iter_mut().zip(arguments).zip(["n", "k"]) {
        let value = number::index(thread, *argument)?.to_big();
        if value.is_negative() {
            return Err(error::value_error(thread, format_args!("{name} must be a non-negative integer")));
        }
        let Ok(value) = u64::try_from(value) else {
            return Err(error::overflow_error(thread, format_args!("{name} must not exceed {}", u64::MAX)));
        };
        *place = value;
    }
    Ok((found[0], found[1]))
}

fn is_close(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: call::Signature = call::Signature {
        function: "isclose",
        names: &["a", "b", "rel_tol", "abs_tol"],
        positional_only: 0,
        keyword_only: 2,
        required: 2,
    };
    let [a, b, relative, absolute] = SIGNATURE.bind(thread, arguments, keywords)?;
    let float = |value: Option<Ref>, default: f64| value.map_or(Ok(default), |value| number::as_f64(thread, value));
    let (a, b, relative, absolute) = (float(a, 0.0)?, float(b, 0.0)?, float(relative, 1e-9)?, float(absolute, 0.0)?);
    if relative < 0.0 || absolute < 0.0 {
        return Err(error::value_error(thread, "tolerances must be non-negative"));
    }
    let close = a == b
        || a.is_finite() && b.is_finite() && {
            let difference = (b - a).abs();
            difference <= (relative * b).abs() || difference <= (relative * a).abs() || difference <= absolute
        };
    Ok(object::new_bool(close))
}

/// `nextafter(x, y, *, steps=None)`.
fn next_after(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: call::Signature = call::Signature {
        function: "nextafter",
        names: &["x", "y", "steps"],
        positional_only: 2,
        keyword_only: 1,
        required: 2,
    };
    let [x, y, steps] = SIGNATURE.bind(thread, arguments, keywords)?;
    let float = |value: Option<Ref>| number::as_f64(thread, value.unwrap_or(none_object()));
    let (x, y) = (float(x)?, float(y)?);
    let steps = match steps.filter(|steps| !object::is_none(*steps)) {
        None => 1,
        Some(steps) => {
            let steps = number::index(thread, steps)?;
            if steps.is_negative() {
                return Err(error::value_error(thread, "steps must be a non-negative integer"));
            }
            steps.as_i64().map_or(u64::MAX, |steps| steps as u64)
        }
    };
    if steps == 0 || x.is_nan() {
        return Ok(PyFloat::new(x).upcast());
    }
    if y.is_nan() || x == y {
        return Ok(PyFloat::new(y).upcast());
    }
    // Floats of one sign are in the order of their bits; zero is between the signs.
    let place = |value: f64| {
        let size = (value.to_bits() & i64::MAX as u64) as i64;
        if value.is_sign_negative() { -size } else { size }
    };
    let (from, to) = (i128::from(place(x)), i128::from(place(y)));
    let distance = i128::from(steps).min((to - from).abs());
    let at = if to > from { from + distance } else { from - distance } as i64;
    let value = if i128::from(at) == to {
        y
    } else {
        let size = f64::from_bits(at.unsigned_abs());
        if at < 0 || at == 0 && x.is_sign_negative() { -size } else { size }
    };
    Ok(PyFloat::new(value).upcast())
}
