//! `format`, the `__format__` methods of the basic types, and `str.format` (`Python/formatter_unicode.c`,
//! `Objects/stringlib/unicode_format.h`).

use super::args::positional;
use super::number::int_to_float;
use super::repr::int_text;
use super::support::{argument_str, raise, repr, str, text, type_error, type_name, value_error};
use super::text::spec::{self, Spec};
use crate::object::*;
use crate::runtime::{error, exceptions, object};

/// What every object has.
pub(crate) static OBJECT_METHODS: &[MethodDef] = &[MethodDef::one("__format__", format_object)];

/// `format(value, spec='')`.
pub(crate) fn format(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "format", arguments.len(), 1, 2)?;
    if let Some(&spec) = arguments.get(1) {
        argument_str(thread, spec, "format() argument 2 must be str, not ")?;
    }
    object::format(thread, arguments[0], arguments.get(1).copied())
}

pub(super) fn spec_text(thread: &Thread, spec: Ref) -> Result<String> {
    argument_str(thread, spec, "__format__() argument must be str, not ").map(|spec| spec.to_string_lossy())
}

pub(super) fn parse(thread: &Thread, value: Ref, text: &str, align: char) -> Result<Spec> {
    let spec = spec::parse(text, value.ty().name(), align).map_err(|message| value_error(thread, &message))?;
    error::check_room(thread, spec.width, 4)?;
    Ok(spec)
}

pub(super) fn unknown_code(thread: &Thread, kind: char, value: Ref) -> crate::exit::Raised {
    let shown = if (' '..='\u{7f}').contains(&kind) { kind.to_string() } else { format!("\\x{:x}", u32::from(kind)) };
    let message = format!("Unknown format code '{shown}' for object of type '{}'", type_name(value));
    value_error(thread, &message)
}

/// `str.__format__`.
pub(crate) fn format_str(thread: &Thread, value: Ref, spec: Ref) -> Result {
    let wanted = spec_text(thread, spec)?;
    if wanted.is_empty() {
        return str(thread, value).map(Owned::upcast);
    }
    let spec = parse(thread, value, &wanted, '<')?;
    if let Some(kind) = spec.kind.filter(|&kind| kind != 's') {
        return Err(unknown_code(thread, kind, value));
    }
    let refused = match (spec.sign, spec.no_negative_zero, spec.alternate, spec.grouping) {
        (Some(' '), ..) => Some("Space not allowed in string format specifier".to_owned()),
        (Some(_), ..) => Some("Sign not allowed in string format specifier".to_owned()),
        (_, true, ..) => Some("Negative zero coercion (z) not allowed in string format specifier".to_owned()),
        (_, _, true, _) => Some("Alternate form (#) not allowed in string format specifier".to_owned()),
        (.., Some(separator)) => Some(format!("Cannot specify '{separator}' with 's'.")),
        _ if spec.align == Some('=') => Some("'=' alignment not allowed in string format specifier".to_owned()),
        _ => None,
    };
    if let Some(message) = refused {
        return Err(value_error(thread, &message));
    }
    let string = value.cast::<PyStr>();
    let shown = string.slice(0, spec.precision.unwrap_or(usize::MAX).min(string.len()));
    let missing = spec.width.saturating_sub(shown.borrow().len());
    let before = match spec.align.unwrap_or('<') {
        '>' => missing,
        '^' => missing / 2,
        _ => 0,
    };
    let mut out = StrBuilder::new();
    out.push_repeated(spec.fill.into(), before);
    out.push_str(shown.borrow());
    out.push_repeated(spec.fill.into(), missing - before);
    Ok(out.finish().upcast())
}

/// What a short specification such as `5`, `05d` or `d` asks of an int: a width, and what fills it.
fn plain_width(spec: Ref<PyStr>) -> Option<(usize, u8)> {
    let text = spec.as_ascii()?;
    let digits = text.strip_suffix('d').unwrap_or(text);
    let plain = digits.len() <= 3 && !text.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let width = if digits.is_empty() { Ok(0) } else { digits.parse() };
    let fill = if digits.starts_with('0') { b'0' } else { b' ' };
    plain.then_some((width.ok()?, fill))
}

/// `int.__format__`.
pub(crate) fn format_int(thread: &Thread, value: Ref, spec: Ref) -> Result {
    if let (Some(word), Some(spec)) = (crate::runtime::int::word_of(value), spec.downcast::<PyStr>())
        && let Some((width, fill)) = plain_width(spec)
    {
        return Ok(crate::runtime::int::padded_decimal(word, width, fill).upcast());
    }
    let wanted = spec_text(thread, spec)?;
    if wanted.is_empty() {
        return str(thread, value).map(Owned::upcast);
    }
    let spec = parse(thread, value, &wanted, '>')?;
    let own = value.cast::<PyInt>();
    let (prefix, base, size) = match spec.kind.unwrap_or('d') {
        'b' => ("0b", 2, 4),
        'o' => ("0o", 8, 4),
        'x' => ("0x", 16, 4),
        'X' => ("0X", 16, 4),
        'd' | 'n' => ("", 10, 3),
        'c' => return format_char(thread, value, &spec),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' => {
            let float = int_to_float(thread, &own)?;
            return shown_float(thread, &spec, float);
        }
        kind => return Err(unknown_code(thread, kind, value)),
    };
    if spec.precision.is_some() {
        return Err(value_error(thread, "Precision not allowed in integer format specifier"));
    }
    if spec.no_negative_zero {
        return Err(value_error(thread, "Negative zero coercion (z) not allowed in integer format specifier"));
    }
    let mut digits = match base {
        10 => int_text(thread, &own)?.trim_start_matches('-').to_owned(),
        _ => own.to_big().magnitude().to_str_radix(base),
    };
    if spec.kind == Some('X') {
        digits.make_ascii_uppercase();
    }
    let prefix = if spec.alternate { prefix } else { "" };
    let head = format!("{}{prefix}", spec::sign_text(&spec, own.is_negative()));
    Ok(text(&spec::number_text(&spec, &head, &digits, size)))
}

/// `c`: the character with the number.
fn format_char(thread: &Thread, value: Ref, spec: &Spec) -> Result {
    if spec.sign.is_some() {
        return Err(value_error(thread, "Sign not allowed with integer format specifier 'c'"));
    }
    if spec.alternate {
        return Err(value_error(thread, "Alternate form (#) not allowed with integer format specifier 'c'"));
    }
    if spec.precision.is_some() {
        return Err(value_error(thread, "Precision not allowed in integer format specifier"));
    }
    let point = value.cast::<PyInt>().as_i64().and_then(|point| u32::try_from(point).ok());
    match point.filter(|&point| point < 0x11_0000) {
        Some(point) => {
            let shown = char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER).to_string();
            Ok(text(&spec::pad(spec, '>', "", &shown)))
        }
        None => Err(raise(thread, exceptions::overflow_error(), "%c arg not in range(0x110000)")),
    }
}

fn shown_float(thread: &Thread, spec: &Spec, value: f64) -> Result {
    spec::float(spec, value).map(|shown| text(&shown)).map_err(|message| value_error(thread, &message))
}

/// `float.__format__`.
pub(crate) fn format_float(thread: &Thread, value: Ref, spec: Ref) -> Result {
    let wanted = spec_text(thread, spec)?;
    if wanted.is_empty() {
        return str(thread, value).map(Owned::upcast);
    }
    let spec = parse(thread, value, &wanted, '>')?;
    shown_float(thread, &spec, value.cast::<PyFloat>().value())
}

/// `object.__format__`.
pub(crate) fn format_object(thread: &Thread, value: Ref, spec: Ref) -> Result {
    if !spec_text(thread, spec)?.is_empty() {
        let message = format!("unsupported format string passed to {}.__format__", type_name(value));
        return Err(type_error(thread, &message));
    }
    str(thread, value).map(Owned::upcast)
}

/// `str.format(*args, **kwargs)`.
pub(crate) fn str_format(thread: &Thread, string: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    let count = arguments.len() - names.map_or(0, |names| names.len());
    let fields = Fields { thread, arguments: &arguments[..count], named: &arguments[count..], names, mapping: None };
    let template: Vec<u32> = string.cast::<PyStr>().points().collect();
    let mut numbering = Numbering::Unknown;
    fields.expand(&template, 2, &mut numbering).map(|out| out.finish().upcast())
}

/// `str.format_map(mapping)`.
pub(crate) fn format_map(thread: &Thread, string: Ref, mapping: Ref) -> Result {
    let fields = Fields { thread, arguments: &[], named: &[], names: None, mapping: Some(mapping) };
    let template: Vec<u32> = string.cast::<PyStr>().points().collect();
    let mut numbering = Numbering::Unknown;
    fields.expand(&template, 2, &mut numbering).map(|out| out.finish().upcast())
}

/// Whether fields without a number count up, or all have numbers.
#[derive(Clone, Copy)]
enum Numbering {
    Unknown,
    Automatic(usize),
    Manual,
}

struct Fields<'a> {
    thread: &'a Thread,
    arguments: &'a [Ref],
    named: &'a [Ref],
    names: Option<Ref<PyTuple>>,
    /// What names are looked up in, in place of keywords (`format_map`).
    mapping: Option<Ref>,
}

const OPEN: u32 = '{' as u32;
const CLOSE: u32 = '}' as u32;

fn string_of(points: &[u32]) -> Owned<PyStr> {
    PyStr::from_units(Units::Four(points))
}

impl Fields<'_> {
    fn error(&self, message: &str) -> crate::exit::Raised {
        value_error(self.thread, message)
    }

    fn expand(&self, template: &[u32], depth: u32, numbering: &mut Numbering) -> Result<StrBuilder> {
        if depth == 0 {
            return Err(self.error("Max string recursion exceeded"));
        }
        let mut out = StrBuilder::new();
        let mut at = 0;
        while at < template.len() {
            let point = template[at];
            at += 1;
            if point != OPEN && point != CLOSE {
                out.push(point);
                continue;
            }
            if template.get(at) == Some(&point) {
                out.push(point);
                at += 1;
                continue;
            }
            if point == CLOSE {
                return Err(self.error("Single '}' encountered in format string"));
            }
            if at == template.len() {
                return Err(self.error("Single '{' encountered in format string"));
            }
            let length = self.field_length(&template[at..])?;
            let shown = self.field(&template[at..at + length], depth, numbering)?;
            out.push_str(shown.borrow());
            at += length + 1;
        }
        Ok(out)
    }

    /// Code points up to the brace that closes the field.
    fn field_length(&self, rest: &[u32]) -> Result<usize> {
        let (mut open, mut bracket) = (1, false);
        let mut named = true;
        for (at, &point) in rest.iter().enumerate() {
            match char::from_u32(point) {
                Some('[') if named => bracket = true,
                Some(']') => bracket = false,
                _ if bracket => {}
                Some(':' | '!') => named = false,
                Some('{') => open += 1,
                Some('}') => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Ok(at);
            }
        }
        let mark = rest.iter().position(|&point| point == u32::from('!'));
        let plain = !rest.iter().any(|&point| point == u32::from('[') || point == u32::from(':'));
        Err(self.error(match mark.filter(|_| plain).map(|at| rest.len() - at - 1) {
            Some(0) => "end of string while looking for conversion specifier",
            Some(1) => "unmatched '{' in format spec",
            _ => "expected '}' before end of string",
        }))
    }

    /// One field: `name[!conversion][:spec]`.
    fn field(&self, field: &[u32], depth: u32, numbering: &mut Numbering) -> Result<Owned<PyStr>> {
        let mut bracket = false;
        let end = field.iter().position(|&point| {
            match char::from_u32(point) {
                Some('[') => bracket = true,
                Some(']') => bracket = false,
                _ => {}
            }
            !bracket && (point == u32::from(':') || point == u32::from('!'))
        });
        let (name, mut rest) = field.split_at(end.unwrap_or(field.len()));
        let mut conversion = None;
        if rest.first() == Some(&u32::from('!')) {
            match rest {
                [_, wanted] => (conversion, rest) = (Some(*wanted), &[]),
                [_, wanted, colon, ..] if *colon == u32::from(':') => (conversion, rest) = (Some(*wanted), &rest[2..]),
                [_] => return Err(self.error("unmatched '{' in format spec")),
                _ => return Err(self.error("expected ':' after conversion specifier")),
            }
        }
        let mut value = self.value(name, numbering)?;
        if let Some(conversion) = conversion {
            value = self.convert(value.borrow(), conversion)?;
        }
        let spec = rest.strip_prefix(&[u32::from(':')]).unwrap_or(rest);
        let spec = if spec.contains(&OPEN) || spec.contains(&CLOSE) {
            self.expand(spec, depth - 1, numbering)?.finish()
        } else {
            string_of(spec)
        };
        object::format(self.thread, value.borrow(), Some(spec.borrow().upcast())).map(Owned::cast)
    }

    fn convert(&self, value: Ref, conversion: u32) -> Result {
        match char::from_u32(conversion) {
            Some('s') => str(self.thread, value).map(Owned::upcast),
            Some('r') => repr(self.thread, value).map(Owned::upcast),
            Some('a') => super::io::ascii(self.thread, none_object(), value),
            other => {
                let shown = other.unwrap_or(char::REPLACEMENT_CHARACTER);
                Err(self.error(&format!("Unknown conversion specifier {shown}")))
            }
        }
    }

    /// The value that `first.attribute[item]…` names.
    fn value(&self, name: &[u32], numbering: &mut Numbering) -> Result {
        let stop = |point: &u32| *point == u32::from('.') || *point == u32::from('[');
        let end = name.iter().position(stop).unwrap_or(name.len());
        let mut value = self.first(&name[..end], numbering)?;
        let mut rest = &name[end..];
        while let Some((&mark, after)) = rest.split_first() {
            let attribute = mark == u32::from('.');
            let end = if attribute {
                after.iter().position(stop).unwrap_or(after.len())
            } else {
                let close = after.iter().position(|&point| point == u32::from(']'));
                close.ok_or_else(|| self.error("Missing ']' in format string"))?
            };
            let key = &after[..end];
            if key.is_empty() {
                return Err(self.error("Empty attribute in format string"));
            }
            value = if attribute {
                object::get_attr(self.thread, value.borrow(), string_of(key).borrow())?
            } else {
                let key = number_of(key).map_or_else(|| string_of(key).upcast(), |n| super::support::int(n as i64));
                object::get_item(self.thread, value.borrow(), key.borrow())?
            };
            rest = if attribute { &after[end..] } else { &after[end + 1..] };
            if !attribute && rest.first().is_some_and(|point| !stop(point)) {
                return Err(self.error("Only '.' or '[' may follow ']' in format field specifier"));
            }
        }
        Ok(value)
    }

    fn first(&self, name: &[u32], numbering: &mut Numbering) -> Result {
        let digits = !name.is_empty() && name.iter().all(|&point| (0x30..0x3A).contains(&point));
        if digits && number_of(name).is_none_or(|number| isize::try_from(number).is_err()) {
            return Err(self.error("Too many decimal digits in format string"));
        }
        let number = match (name.is_empty(), number_of(name), *numbering) {
            (true, _, Numbering::Manual) => {
                return Err(self.error("cannot switch from manual field specification to automatic field numbering"));
            }
            (true, _, Numbering::Unknown) => {
                *numbering = Numbering::Automatic(1);
                0
            }
            (true, _, Numbering::Automatic(next)) => {
                *numbering = Numbering::Automatic(next + 1);
                next
            }
            (false, Some(_), Numbering::Automatic(_)) => {
                return Err(self.error("cannot switch from automatic field numbering to manual field specification"));
            }
            (false, Some(number), _) => {
                *numbering = Numbering::Manual;
                number
            }
            (false, None, _) => return self.keyword(name),
        };
        if self.mapping.is_some() {
            return Err(self.error("Format string contains positional fields"));
        }
        self.arguments.get(number).map(|&argument| argument.to_owned()).ok_or_else(|| {
            let message = format!("Replacement index {number} out of range for positional args tuple");
            super::support::index_error(self.thread, &message)
        })
    }

    fn keyword(&self, name: &[u32]) -> Result {
        let key = string_of(name);
        if let Some(mapping) = self.mapping {
            return object::get_item(self.thread, mapping, key.borrow().upcast());
        }
        let found = self
            .names
            .into_iter()
            .flat_map(|names| names.iter())
            .zip(self.named)
            .find(|(own, _)| own.downcast::<PyStr>().is_some_and(|own| own.same_text(key.borrow())));
        match found {
            Some((_, &value)) => Ok(value.to_owned()),
            None => Err(error::key_error(self.thread, key.borrow().upcast())),
        }
    }
}

fn number_of(points: &[u32]) -> Option<usize> {
    let digits: Option<String> =
        points.iter().map(|&point| char::from_u32(point).filter(char::is_ascii_digit)).collect();
    digits?.parse().ok()
}
