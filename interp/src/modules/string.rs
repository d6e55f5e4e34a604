//! `_string`: the parts of format strings (`Objects/stringlib/unicode_format.h`).

use super::NativeModule;
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{error, iter, object};
use std::cell::{Cell, RefCell};

pub(super) static MODULE: NativeModule = NativeModule {
    name: "_string",
    functions: &[MethodDef::one("formatter_parser", parser), MethodDef::one("formatter_field_name_split", split)],
    types: &[&ITERATOR_TYPE],
    fill: |_, _| Ok(()),
};

/// Items made beforehand, given one by one.
#[derive(Default)]
struct Items {
    items: RefCell<Vec<Owned>>,
    next: Cell<usize>,
    /// What is wrong with the text behind the items.
    failure: Cell<Option<&'static str>>,
}
native_fields!(Items: items);

static ITERATOR_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_string._items",
    flags: flags::HAVE_GC,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        iter: slot(iter::itself),
        iternext: slot(|thread, own| {
            let own: Ref<PyNative> = own.cast();
            let items = own.value::<Items>()?;
            let found = items.items.borrow().get(items.next.get()).cloned();
            items.next.set(items.next.get() + 1);
            if found.is_none()
                && let Some(failure) = items.failure.take()
            {
                error::value_error(thread, failure);
            }
            found
        }),
        ..Slots::NONE
    },
    ..TypeSpec::EMPTY
});

fn items(items: Vec<Owned>, failure: Option<&'static str>) -> Owned {
    let value = Items { items: RefCell::new(items), next: Cell::new(0), failure: Cell::new(failure) };
    PyNative::new(Ref::from_static(&ITERATOR_TYPE), value).upcast()
}

fn string_argument(thread: &Thread, value: Ref) -> Result<Vec<u32>> {
    match value.downcast::<PyStr>() {
        Some(text) => Ok(text.points().collect()),
        None => Err(error::type_error(thread, format_args!("expected str, got {}", value.ty().name()))),
    }
}

fn text(points: &[u32]) -> Owned {
    let mut out = StrBuilder::new();
    points.iter().for_each(|&point| out.push(point));
    out.finish().upcast()
}

const OPEN: u32 = '{' as u32;
const CLOSE: u32 = '}' as u32;

/// `formatter_parser(text)`: literal text, field name, format spec and conversion of each field.
fn parser(thread: &Thread, _: Ref, value: Ref) -> Result {
    let points = string_argument(thread, value)?;
    let mut found = Vec::new();
    let mut at = 0;
    let failure = loop {
        if at >= points.len() {
            break None;
        }
        match step(&points, &mut at) {
            Ok(item) => found.push(item),
            Err(message) => break Some(message),
        }
    };
    Ok(items(found, failure))
}

/// One literal with the field behind it (`MarkupIterator_next`).
fn step(points: &[u32], at: &mut usize) -> std::result::Result<Owned, &'static str> {
    let start = *at;
    let mut end = start;
    while end < points.len() && points[end] != OPEN && points[end] != CLOSE {
        end += 1;
    }
    let none = object::new_none;
    if end == points.len() {
        *at = end;
        return Ok(PyTuple::from_array([text(&points[start..]), none(), none(), none()]).upcast());
    }
    let brace = points[end];
    if points.get(end + 1) == Some(&brace) {
        // A doubled brace stands for itself and ends the literal.
        *at = end + 2;
        return Ok(PyTuple::from_array([text(&points[start..=end]), none(), none(), none()]).upcast());
    }
    if brace == CLOSE {
        return Err("Single '}' encountered in format string");
    }
    if end + 1 == points.len() {
        return Err("Single '{' encountered in format string");
    }
    let literal = text(&points[start..end]);
    let field = field_end(points, end + 1).ok_or("expected '}' before end of string")?;
    *at = field + 1;
    let (name, conversion, spec) = field_parts(&points[end + 1..field])?;
    Ok(PyTuple::from_array([literal, text(name), text(spec), conversion.map_or_else(none, |c| text(&[c]))]).upcast())
}

fn field_end(points: &[u32], start: usize) -> Option<usize> {
    let mut depth = 1;
    for (index, &point) in points.iter().enumerate().skip(start) {
        match point {
            OPEN => depth += 1,
            CLOSE => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(index);
        }
    }
    None
}

type Parts<'a> = (&'a [u32], Option<u32>, &'a [u32]);

fn field_parts(field: &[u32]) -> std::result::Result<Parts<'_>, &'static str> {
    let mut brackets = false;
    let mut end = 0;
    while end < field.len() {
        match char::from_u32(field[end]) {
            Some('{') => return Err("unexpected '{' in field name"),
            Some('[') => brackets = true,
            Some(']') => brackets = false,
            Some(':' | '!') if !brackets => break,
            _ => {}
        }
        end += 1;
    }
    let name = &field[..end];
    match field.get(end).and_then(|&point| char::from_u32(point)) {
        None => Ok((name, None, &[])),
        Some(':') => Ok((name, None, &field[end + 1..])),
        Some(_) => {
            let Some(&conversion) = field.get(end + 1) else {
                return Err("end of string while looking for conversion specifier");
            };
            match field.get(end + 2).and_then(|&point| char::from_u32(point)) {
                None => Ok((name, Some(conversion), &[])),
                Some(':') => Ok((name, Some(conversion), &field[end + 3..])),
                Some(_) => Err("expected ':' after conversion specifier"),
            }
        }
    }
}

fn number_or_text(points: &[u32]) -> Owned {
    let digits: Option<String> =
        points.iter().map(|&point| char::from_u32(point).filter(char::is_ascii_digit)).collect();
    match digits.filter(|digits| !digits.is_empty()).and_then(|digits| digits.parse::<i64>().ok()) {
        Some(number) => PyInt::from_i64(number).upcast(),
        None => text(points),
    }
}

/// `formatter_field_name_split(name)`: the first part, and the attributes and items behind it.
fn split(thread: &Thread, _: Ref, value: Ref) -> Result {
    let points = string_argument(thread, value)?;
    let is = |point: u32, c: char| point == c as u32;
    let end = points.iter().position(|&p| is(p, '.') || is(p, '[')).unwrap_or(points.len());
    let first = number_or_text(&points[..end]);
    let mut rest = Vec::new();
    let mut at = end;
    while at < points.len() {
        let is_attribute = is(points[at], '.');
        if !is_attribute && !is(points[at], '[') {
            return Err(error::value_error(thread, "Only '.' or '[' may follow ']' in format field specifier"));
        }
        at += 1;
        let start = at;
        let stop = if is_attribute {
            points[at..].iter().position(|&p| is(p, '.') || is(p, '[')).map_or(points.len(), |n| at + n)
        } else {
            match points[at..].iter().position(|&p| is(p, ']')) {
                Some(n) => at + n,
                None => return Err(error::value_error(thread, "Missing ']' in format string")),
            }
        };
        if stop == start {
            return Err(error::value_error(thread, "Empty attribute in format string"));
        }
        let part = if is_attribute { text(&points[start..stop]) } else { number_or_text(&points[start..stop]) };
        rest.push(PyTuple::from_array([object::new_bool(is_attribute), part]).upcast());
        at = if is_attribute { stop } else { stop + 1 };
    }
    Ok(PyTuple::from_array([first, items(rest, None)]).upcast())
}
