//! `text % arguments` (`unicode_format.c`).

use super::{error, float, int, number, object};
use crate::builtins::text::float::{Float, Style, unsigned};
use crate::exit::Raised;
use crate::object::types::flags;
use crate::object::*;

/// `%[(key)][flags][width][.precision]type`
#[derive(Default)]
struct Directive {
    left: bool,
    sign: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

/// The values, in turn or by name.
struct Values<'a> {
    thread: &'a Thread,
    /// The tuple, or the one value that is not a tuple.
    given: Ref,
    is_tuple: bool,
    used: usize,
    by_name: bool,
    /// The format is bytes.
    bytes: bool,
}

impl Values<'_> {
    fn next(&mut self) -> Result {
        let index = self.used;
        self.used += 1;
        let value = if self.is_tuple { self.given.cast::<PyTuple>().get(index) } else { Some(self.given) };
        match value {
            Some(value) if self.is_tuple || index == 0 => Ok(value.to_owned()),
            _ => Err(error::type_error(self.thread, "not enough arguments for format string")),
        }
    }

    fn named(&mut self, name: Owned<PyStr>) -> Result {
        if !is_mapping(self.given) {
            return Err(error::type_error(self.thread, "format requires a mapping"));
        }
        self.by_name = true;
        if self.bytes {
            let name: Vec<u8> = name.borrow().points().map(|point| point as u8).collect();
            return object::get_item(self.thread, self.given, PyBytes::new(name).borrow().upcast());
        }
        object::get_item(self.thread, self.given, name.borrow().upcast())
    }

    /// A width or precision that a `*` stands for.
    fn number(&mut self) -> Result<isize> {
        if self.by_name {
            return Err(error::type_error(self.thread, "not enough arguments for format string"));
        }
        let value = self.next()?;
        if !value.borrow().ty().has_feature(flags::LONG_SUBCLASS) {
            return Err(error::type_error(self.thread, "* wants int"));
        }
        number::index_isize(self.thread, value.borrow(), Some(super::exceptions::overflow_error()))
    }

    fn check_all_used(&self) -> Result<()> {
        let all = match self.is_tuple {
            true => self.used >= self.given.cast::<PyTuple>().len(),
            false => self.used > 0 || self.by_name || is_mapping(self.given),
        };
        if all {
            return Ok(());
        }
        let kind = if self.bytes { "bytes" } else { "string" };
        Err(error::type_error(self.thread, format_args!("not all arguments converted during {kind} formatting")))
    }
}

fn is_mapping(object: Ref) -> bool {
    let ty = object.ty();
    ty.slots.mp_subscript.get().is_some() && !ty.has_feature(flags::TUPLE_SUBCLASS | flags::UNICODE_SUBCLASS)
}

/// What is left of the format.
struct Format<'a> {
    points: std::iter::Peekable<Box<dyn Iterator<Item = u32> + 'a>>,
    at: usize,
}

impl Format<'_> {
    fn take(&mut self) -> Option<u32> {
        self.at += 1;
        self.points.next()
    }

    fn peek(&mut self) -> Option<char> {
        self.points.peek().copied().and_then(char::from_u32)
    }

    fn digits(&mut self) -> Option<usize> {
        let mut number: usize = 0;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            number = number.checked_mul(10)?.checked_add(digit as usize).filter(|&n| n <= isize::MAX as usize)?;
            self.take();
        }
        Some(number)
    }
}

/// `str.__mod__`.
pub(crate) fn format(thread: &Thread, format: Ref<PyStr>, given: Ref) -> Result {
    let out = formatted(thread, Box::new(format.points()), given, false)?;
    Ok(out.finish().upcast())
}

/// `bytes.__mod__`.
pub(crate) fn format_bytes(thread: &Thread, format: &[u8], given: Ref) -> Result<Vec<u8>> {
    let out = formatted(thread, Box::new(format.iter().map(|&byte| byte.into())), given, true)?;
    Ok(out.finish().borrow().points().map(|point| point as u8).collect())
}

fn formatted(
    thread: &Thread,
    points: Box<dyn Iterator<Item = u32> + '_>,
    given: Ref,
    bytes: bool,
) -> Result<StrBuilder> {
    let is_tuple = given.ty().has_feature(flags::TUPLE_SUBCLASS);
    let mut values = Values { thread, given, is_tuple, used: 0, by_name: false, bytes };
    let mut rest = Format { points: points.peekable(), at: 0 };
    let mut out = StrBuilder::new();
    while let Some(point) = rest.take() {
        if point == u32::from('%') {
            directive(thread, &mut rest, &mut values, &mut out)?;
        } else {
            out.push(point);
        }
    }
    values.check_all_used()?;
    Ok(out)
}

fn incomplete(thread: &Thread) -> Raised {
    error::value_error(thread, "incomplete format")
}

fn directive(thread: &Thread, format: &mut Format<'_>, values: &mut Values<'_>, out: &mut StrBuilder) -> Result<()> {
    let mut named = None;
    let plain = format.peek() == Some('%');
    if format.peek() == Some('(') {
        named = Some(values.named(key(thread, format)?)?);
    }
    let spec = read(thread, format, values)?;
    let point = format.take().ok_or_else(|| incomplete(thread))?;
    let kind = char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER);
    // `%%` is the one directive without a value, and takes nothing between.
    if kind == '%' && plain {
        out.push(point);
        return Ok(());
    }
    let value = match named {
        Some(value) => value,
        None => values.next()?,
    };
    let known = kind == 'b' && values.bytes;
    if !known
        && !matches!(
            kind,
            'a' | 'r' | 's' | 'c' | 'd' | 'i' | 'u' | 'o' | 'x' | 'X' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G'
        )
    {
        let text = format!("unsupported format character '{kind}' (0x{point:x}) at index {}", format.at - 1);
        return Err(error::value_error(thread, text));
    }
    let value = value.borrow();
    match kind {
        'b' | 's' if values.bytes => {
            let data = bytes_value(thread, value)?;
            let length = spec.precision.map_or(data.len(), |most| data.len().min(most));
            pad(out, &spec, length, |out| data[..length].iter().for_each(|&byte| out.push(byte.into())));
        }
        'a' | 'r' | 's' => {
            let text = match kind {
                's' => object::str(thread, value)?,
                'r' if !values.bytes => object::repr(thread, value)?,
                _ => object::ascii(thread, value)?,
            };
            let text: Ref<PyStr> = text.borrow().cast();
            let length = spec.precision.map_or(text.len(), |most| text.len().min(most));
            pad(out, &spec, length, |out| text.points().take(length).for_each(|point| out.push(point)));
        }
        'c' => {
            let point = if values.bytes { single_byte(thread, value)? } else { character(thread, value)? };
            pad(out, &spec, 1, |out| out.push(point));
        }
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => push_float(out, &spec, kind, number::as_f64(thread, value)?),
        _ => push_int(thread, out, &spec, kind, value)?,
    }
    Ok(())
}

/// The name in parentheses; they nest.
fn key(thread: &Thread, format: &mut Format<'_>) -> Result<Owned<PyStr>> {
    format.take();
    let (mut depth, mut name) = (1, StrBuilder::new());
    while let Some(point) = format.take() {
        match char::from_u32(point) {
            Some('(') => depth += 1,
            Some(')') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok(name.finish());
        }
        name.push(point);
    }
    Err(error::value_error(thread, "incomplete format key"))
}

fn read(thread: &Thread, format: &mut Format<'_>, values: &mut Values<'_>) -> Result<Directive> {
    let mut spec = Directive::default();
    loop {
        match format.peek() {
            Some('-') => spec.left = true,
            Some('+') => spec.sign = true,
            Some(' ') => spec.space = true,
            Some('#') => spec.alternate = true,
            Some('0') => spec.zero = true,
            _ => break,
        }
        format.take();
    }
    if format.peek() == Some('*') {
        format.take();
        let width = values.number()?;
        spec.left |= width < 0;
        spec.width = width.unsigned_abs();
    } else {
        spec.width = format.digits().ok_or_else(|| error::value_error(thread, "width too big"))?;
    }
    if format.peek() == Some('.') {
        format.take();
        spec.precision = Some(if format.peek() == Some('*') {
            format.take();
            values.number()?.max(0) as usize
        } else {
            format.digits().ok_or_else(|| error::value_error(thread, "precision too big"))?
        });
    }
    error::check_room(thread, spec.width.max(spec.precision.unwrap_or(0)), 4)?;
    // Sizes as in C mean nothing.
    if matches!(format.peek(), Some('h' | 'l' | 'L')) {
        format.take();
    }
    Ok(spec)
}

fn pad(out: &mut StrBuilder, spec: &Directive, length: usize, body: impl FnOnce(&mut StrBuilder)) {
    let fill = spec.width.saturating_sub(length);
    let blanks = |out: &mut StrBuilder| (0..fill).for_each(|_| out.push(u32::from(' ')));
    if !spec.left {
        blanks(out);
    }
    body(out);
    if spec.left {
        blanks(out);
    }
}

/// A number: sign and prefix in front of padding with zeros.
fn push_number(out: &mut StrBuilder, spec: &Directive, negative: bool, prefix: &str, digits: &str) {
    let sign = match negative {
        true => "-",
        false if spec.sign => "+",
        false if spec.space => " ",
        false => "",
    };
    let length = sign.len() + prefix.len() + digits.len();
    let fill = if spec.zero && !spec.left { spec.width.saturating_sub(length) } else { 0 };
    pad(out, spec, length + fill, |out| {
        out.push_text(sign);
        out.push_text(prefix);
        (0..fill).for_each(|_| out.push(u32::from('0')));
        out.push_text(digits);
    });
}

fn push_float(out: &mut StrBuilder, spec: &Directive, kind: char, value: f64) {
    let style = match kind {
        'e' | 'E' => Style::Exponent,
        'f' | 'F' => Style::Fixed,
        _ => Style::General,
    };
    let precision = spec.precision.unwrap_or(6);
    let mut digits = unsigned(value, Float { style, precision, alternate: spec.alternate, add_dot_0: false });
    if kind.is_ascii_uppercase() {
        digits.make_ascii_uppercase();
    }
    let negative = value.is_sign_negative() && !value.is_nan();
    push_number(out, spec, negative, "", &digits);
}

fn push_int(thread: &Thread, out: &mut StrBuilder, spec: &Directive, kind: char, value: Ref) -> Result<()> {
    let number = integer(thread, kind, value)?;
    let number = number.borrow();
    let (prefix, digits) = match kind {
        'o' => ("0o", number.to_big().magnitude().to_str_radix(8)),
        'x' => ("0x", number.to_big().magnitude().to_str_radix(16)),
        'X' => ("0X", number.to_big().magnitude().to_str_radix(16).to_ascii_uppercase()),
        _ => ("", int::decimal(thread, number)?.trim_start_matches('-').to_owned()),
    };
    let missing = spec.precision.unwrap_or(0).saturating_sub(digits.len());
    let digits = "0".repeat(missing) + &digits;
    let prefix = if spec.alternate { prefix } else { "" };
    push_number(out, spec, number.is_negative(), prefix, &digits);
    Ok(())
}

/// The value as an int: floats lose their fraction for `%d`, but `%x` and `%o` want integers.
fn integer(thread: &Thread, kind: char, value: Ref) -> Result<Owned<PyInt>> {
    if value.ty().has_feature(flags::LONG_SUBCLASS) {
        return Ok(value.to_owned().cast());
    }
    let slots = &value.ty().slots;
    let decimal = matches!(kind, 'd' | 'i' | 'u');
    if slots.nb_index.get().is_some() && !(decimal && slots.nb_int.get().is_some()) {
        match number::index(thread, value) {
            Ok(index) => return Ok(index),
            Err(raised) if !error::is_set_to(thread, super::exceptions::type_error()) => return Err(raised),
            // Said below in the format's own words.
            Err(_) => thread.clear_exception(),
        }
        return Err(not_a_number(thread, kind, value));
    }
    if decimal && float::is_float(value) {
        return float::to_int(thread, value.cast::<PyFloat>().value());
    }
    if decimal && let Some(slot) = slots.nb_int.get() {
        let made = slot(thread, value)?;
        if made.borrow().ty().has_feature(flags::LONG_SUBCLASS) {
            return Ok(made.cast());
        }
    }
    Err(not_a_number(thread, kind, value))
}

#[cold]
fn not_a_number(thread: &Thread, kind: char, value: Ref) -> Raised {
    let what = if matches!(kind, 'd' | 'i' | 'u') { "a real number" } else { "an integer" };
    let name = value.ty().name().to_owned();
    error::type_error(thread, format_args!("%{kind} format: {what} is required, not {name}"))
}

fn character(thread: &Thread, value: Ref) -> Result<u32> {
    if value.ty().has_feature(flags::UNICODE_SUBCLASS) {
        let text: Ref<PyStr> = value.cast();
        if text.len() == 1 {
            return Ok(text.char_at(0));
        }
        let message = format!("%c requires an int or a unicode character, not a string of length {}", text.len());
        return Err(error::type_error(thread, message));
    }
    if value.ty().slots.nb_index.get().is_none() {
        let message = format!("%c requires an int or a unicode character, not {}", super::types::full_name(value.ty()));
        return Err(error::type_error(thread, message));
    }
    let point = number::index(thread, value)?.borrow().as_i64().and_then(|point| u32::try_from(point).ok());
    point
        .filter(|&point| point < 0x11_0000)
        .ok_or_else(|| error::overflow_error(thread, "%c arg not in range(0x110000)"))
}

/// What `%b` and `%s` put into bytes.
fn bytes_value(thread: &Thread, value: Ref) -> Result<Vec<u8>> {
    use crate::builtins::{bytes, special};
    if let Some(data) = bytes::Data::of(value) {
        return Ok(data.into_vec());
    }
    if let Some(made) = special(thread, value, "__bytes__", &[])? {
        return match made.borrow().downcast::<PyBytes>() {
            Some(made) => Ok(made.data().to_vec()),
            None => {
                let name = made.borrow().ty().name().to_owned();
                Err(error::type_error(thread, format_args!("__bytes__ returned non-bytes (type {name})")))
            }
        };
    }
    match bytes::buffer(thread, value)? {
        Some(data) => Ok(data.into_vec()),
        None => Err(error::type_error(
            thread,
            format_args!(
                "%b requires a bytes-like object, or an object that implements __bytes__, not '{}'",
                value.ty().name()
            ),
        )),
    }
}

/// What `%c` puts into bytes.
fn single_byte(thread: &Thread, value: Ref) -> Result<u32> {
    let is_buffer = value.downcast::<PyBytes>().is_some() || value.downcast::<PyByteArray>().is_some();
    if is_buffer && let Some(data) = crate::builtins::bytes::Data::of(value) {
        return match data[..] {
            [byte] => Ok(byte.into()),
            _ => Err(error::type_error(
                thread,
                format_args!(
                    "%c requires an integer in range(256) or a single byte, not a {} object of length {}",
                    value.ty().name(),
                    data.len()
                ),
            )),
        };
    }
    if value.ty().slots.nb_index.get().is_none() {
        let message = format!("%c requires an integer in range(256) or a single byte, not {}", value.ty().name());
        return Err(error::type_error(thread, message));
    }
    let byte = number::index(thread, value)?.borrow().as_i64().and_then(|value| u8::try_from(value).ok());
    byte.map(u32::from).ok_or_else(|| error::overflow_error(thread, "%c arg not in range(256)"))
}
