//! Complex numbers as text, and what `complex()` takes.

use super::args::Parameters;
use super::format;
use super::support::{special, text, type_error, type_name, value_error};
use super::text::float::{self, Float, Style};
use super::text::read;
use super::text::spec::{self, Spec};
use crate::object::*;
use crate::runtime::complex::{Complex, is_complex, value_of};
use crate::runtime::{number, types, warn};

pub(crate) static METHODS: &[MethodDef] = &[
    MethodDef::no_args("conjugate", |_, value| {
        let own = value_of(value);
        Ok(PyComplex::new(own.real, -own.imag).upcast())
    }),
    MethodDef::no_args("__complex__", |_, value| {
        if value.is_exact(types::complex()) {
            return Ok(value.to_owned());
        }
        let own = value_of(value);
        Ok(PyComplex::new(own.real, own.imag).upcast())
    }),
    MethodDef::no_args("__getnewargs__", |_, value| {
        let own = value_of(value);
        Ok(PyTuple::from_array([own.real, own.imag].map(|part| PyFloat::new(part).upcast())).upcast())
    }),
    MethodDef::one("__format__", format_complex),
    MethodDef::one("from_number", from_number).of_class(),
];

/// `repr` of a complex number: in parentheses unless the real part is a positive zero.
pub(crate) fn repr(value: Complex) -> String {
    if value.real == 0.0 && value.real.is_sign_positive() {
        return format!("{}j", part_text(value.imag, false));
    }
    format!("({}{}j)", part_text(value.real, false), part_text(value.imag, true))
}

/// A part without `.0` at its end, with a sign if one has to be.
fn part_text(value: f64, signed: bool) -> String {
    let text = float::unsigned(value, Float { style: Style::Repr, precision: 0, alternate: false, add_dot_0: false });
    match (value.is_sign_negative() && !value.is_nan(), signed) {
        (true, _) => format!("-{text}"),
        (false, true) => format!("+{text}"),
        (false, false) => text,
    }
}

/// `complex(real=0, imag=0)`.
pub(crate) fn new(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "complex", names: &["real", "imag"], required: 0, positional: 2 };
    let [real, imag] = PARAMETERS.bind_dict::<2>(thread, args, kwargs)?;
    let by_name = args.is_empty();
    if let (Some(real), None, false) = (real, imag, by_name) {
        if real.is_exact(types::complex()) && class.is(types::complex()) {
            return Ok(real.to_owned());
        }
        let value = match real.downcast::<PyStr>() {
            Some(source) => match parse(&source.to_string_lossy()) {
                Some(value) => value,
                None => return Err(value_error(thread, "complex() arg is a malformed string")),
            },
            None => of_number(thread, real)?,
        };
        return Ok(PyComplex::of_class(class, value.real, value.imag).upcast());
    }
    let (a, b) = (part(thread, real, "real")?, part(thread, imag, "imag")?);
    let (mut re, mut im) = (a.map_or(0.0, |a| a.real), b.map_or(0.0, |b| b.real));
    // A complex part is taken as it is written: real + imag * 1j.
    if let Some(b) = b.filter(|b| b.imag != 0.0) {
        re -= b.imag;
    }
    if let Some(a) = a.filter(|a| a.imag != 0.0) {
        im += a.imag;
    }
    Ok(PyComplex::of_class(class, re, im).upcast())
}

fn part(thread: &Thread, given: Option<Ref>, name: &str) -> Result<Option<Complex>> {
    let Some(given) = given else { return Ok(None) };
    if is_complex(given) {
        let text = format!("complex() argument '{name}' must be a real number, not {}", type_name(given));
        warn::deprecated(thread, &text)?;
        return Ok(Some(value_of(given)));
    }
    let slots = &given.ty().slots;
    if slots.nb_float.get().is_none() && slots.nb_index.get().is_none() {
        let message = format!("complex() argument '{name}' must be a real number, not {}", type_name(given));
        return Err(type_error(thread, &message));
    }
    Ok(Some(Complex { real: number::as_f64(thread, given)?, imag: 0.0 }))
}

/// The value of a number: by `__complex__`, else as a float.
fn of_number(thread: &Thread, given: Ref) -> Result<Complex> {
    match try_number(thread, given)? {
        Some(value) => Ok(value),
        None => {
            let kind = type_name(given);
            Err(type_error(thread, &format!("complex() argument must be a string or a number, not {kind}")))
        }
    }
}

fn try_number(thread: &Thread, given: Ref) -> Result<Option<Complex>> {
    if is_complex(given) {
        return Ok(Some(value_of(given)));
    }
    if let Some(made) = special(thread, given, "__complex__", &[])? {
        if !is_complex(made.borrow()) {
            let message = format!("__complex__ returned non-complex (type {})", type_name(made.borrow()));
            return Err(type_error(thread, &message));
        }
        warn::if_subclass(thread, made.borrow(), types::complex(), "__complex__")?;
        return Ok(Some(value_of(made.borrow())));
    }
    let slots = &given.ty().slots;
    if slots.nb_float.get().is_none() && slots.nb_index.get().is_none() {
        return Ok(None);
    }
    Ok(Some(Complex { real: number::as_f64(thread, given)?, imag: 0.0 }))
}

/// `complex.from_number(number)`.
fn from_number(thread: &Thread, class: Ref, given: Ref) -> Result {
    if given.is_exact(types::complex()) && class.is(types::complex()) {
        return Ok(given.to_owned());
    }
    let Some(value) = try_number(thread, given)? else {
        return Err(type_error(thread, &format!("must be real number, not {}", type_name(given))));
    };
    let class: Ref<PyType> = class.cast();
    let made = PyComplex::new(value.real, value.imag).upcast();
    if class.is(types::complex()) {
        return Ok(made);
    }
    super::support::call(thread, class.upcast(), &[made.borrow()])
}

/// A complex number from text: `1`, `2j`, `1+2j`, in parentheses or not.
fn parse(source: &str) -> Option<Complex> {
    let space = |c: char| read::is_space(c.into());
    let mut rest = source.trim_matches(space);
    if let Some(inner) = rest.strip_prefix('(') {
        rest = inner.strip_suffix(')')?.trim_matches(space);
    }
    let Some(body) = rest.strip_suffix(['j', 'J']) else {
        return read::float(rest).filter(|_| !rest.contains(space)).map(|real| Complex { real, imag: 0.0 });
    };
    if body.contains(space) {
        return None;
    }
    // The sign of the imaginary part: the last one that does not belong to an exponent.
    let bytes = body.as_bytes();
    let split = (1..bytes.len())
        .rev()
        .find(|&at| matches!(bytes[at], b'+' | b'-') && !matches!(bytes[at - 1], b'e' | b'E' | b'+' | b'-'));
    let imaginary = |part: &str| match part {
        "" | "+" => Some(1.0),
        "-" => Some(-1.0),
        _ => read::float(part),
    };
    match split {
        Some(at) => Some(Complex { real: read::float(&body[..at])?, imag: imaginary(&body[at..])? }),
        None => Some(Complex { real: 0.0, imag: imaginary(body)? }),
    }
}

/// `complex.__format__`.
fn format_complex(thread: &Thread, value: Ref, wanted: Ref) -> Result {
    let own = value_of(value);
    let wanted = format::spec_text(thread, wanted)?;
    if wanted.is_empty() {
        return super::support::str(thread, value).map(Owned::upcast);
    }
    let spec = format::parse(thread, value, &wanted, '>')?;
    if spec.fill == '0' && spec.align == Some('=') {
        return Err(value_error(thread, "Zero padding is not allowed in complex format specifier"));
    }
    if spec.align == Some('=') {
        return Err(value_error(thread, "'=' alignment flag is not allowed in complex format specifier"));
    }
    if let Some(kind) = spec.kind.filter(|kind| !matches!(kind, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n')) {
        return Err(format::unknown_code(thread, kind, value));
    }
    // Without a type, as repr shows it: parentheses, and no real part that is a positive zero.
    let plain = spec.kind.is_none();
    let only_imaginary = plain && own.real == 0.0 && own.real.is_sign_positive();
    let imaginary_sign = if only_imaginary { spec.sign } else { Some('+') };
    let imaginary = part_by_spec(&spec, own.imag, imaginary_sign);
    let body = if only_imaginary {
        format!("{imaginary}j")
    } else {
        let real = part_by_spec(&spec, own.real, spec.sign);
        if plain { format!("({real}{imaginary}j)") } else { format!("{real}{imaginary}j") }
    };
    Ok(text(&spec::pad(&spec, '>', "", &body)))
}

fn part_by_spec(spec: &Spec, value: f64, sign: Option<char>) -> String {
    let kind = spec.kind.or(spec.precision.map(|_| 'g'));
    let part = Spec { fill: ' ', align: None, width: 0, sign, kind, ..spec.clone() };
    if kind.is_none() {
        let own = part_text(value, sign == Some('+'));
        return if sign == Some(' ') && !own.starts_with('-') { format!(" {own}") } else { own };
    }
    spec::float(&part, value).unwrap_or_default()
}
