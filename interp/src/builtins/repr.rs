//! `repr` of the basic types and containers, as slots of their types.

use super::support::{repr, text};
use super::text::{float, quote};
use crate::object::*;
use crate::runtime::types;
use std::cell::RefCell;
use std::collections::HashSet;

thread_local! {
    /// Containers whose repr is being made, by address (`Py_ReprEnter`).
    static ACTIVE: RefCell<HashSet<usize>> = RefCell::new(HashSet::new());
}

/// Marks a container as being shown, until it is dropped.
pub(crate) struct Showing(usize);

impl Showing {
    /// `None` if the container is being shown already, further out.
    pub(crate) fn enter(object: Ref) -> Option<Showing> {
        ACTIVE.with_borrow_mut(|active| active.insert(object.addr())).then(|| Showing(object.addr()))
    }
}

impl Drop for Showing {
    fn drop(&mut self) {
        ACTIVE.with_borrow_mut(|active| active.remove(&self.0));
    }
}

/// Shows what `next` gives between brackets.
fn sequence(
    thread: &Thread,
    (open, close): (&str, &str),
    mut next: impl FnMut() -> Option<Owned>,
) -> Result<StrBuilder> {
    let mut out = StrBuilder::new();
    out.push_text(open);
    let mut first = true;
    while let Some(item) = next() {
        if !std::mem::take(&mut first) {
            out.push_text(", ");
        }
        out.push_str(repr(thread, item.borrow())?.borrow());
    }
    out.push_text(close);
    Ok(out)
}

fn finish(out: StrBuilder) -> Result {
    Ok(out.finish().upcast())
}

pub(crate) fn list(thread: &Thread, object: Ref) -> Result {
    let list = object.cast::<PyList>();
    if list.is_empty() {
        return Ok(text("[]"));
    }
    let Some(_showing) = Showing::enter(object) else { return Ok(text("[...]")) };
    // The list is read item by item: showing one may change it.
    let mut at = 0;
    let next = || {
        at += 1;
        list.get(at - 1).map(Ref::to_owned)
    };
    finish(sequence(thread, ("[", "]"), next)?)
}

pub(crate) fn tuple(thread: &Thread, object: Ref) -> Result {
    let tuple = object.cast::<PyTuple>();
    if tuple.is_empty() {
        return Ok(text("()"));
    }
    let Some(_showing) = Showing::enter(object) else { return Ok(text("(...)")) };
    let mut items = tuple.iter().map(Ref::to_owned);
    let close = if tuple.len() == 1 { ",)" } else { ")" };
    finish(sequence(thread, ("(", close), || items.next())?)
}

pub(crate) fn dict(thread: &Thread, object: Ref) -> Result {
    let dict = object.cast::<PyDict>();
    if dict.is_empty() {
        return Ok(text("{}"));
    }
    let Some(_showing) = Showing::enter(object) else { return Ok(text("{...}")) };
    let mut out = StrBuilder::new();
    out.push_text("{");
    let (mut position, mut first) = (0, true);
    while let Some((key, value)) = dict.next(&mut position) {
        let (key, value) = (key.to_owned(), value.to_owned());
        if !std::mem::take(&mut first) {
            out.push_text(", ");
        }
        out.push_str(repr(thread, key.borrow())?.borrow());
        out.push_text(": ");
        out.push_str(repr(thread, value.borrow())?.borrow());
    }
    out.push_text("}");
    finish(out)
}

/// `dict_keys([…])` and the like: the items, which the caller has collected, as a list behind a name.
pub(crate) fn named_list(thread: &Thread, object: Ref, name: &str, items: Vec<Owned>) -> Result {
    let Some(_showing) = Showing::enter(object) else { return Ok(text("...")) };
    let mut items = items.into_iter();
    finish(sequence(thread, (&format!("{name}(["), "])"), || items.next())?)
}

/// A set's items; `name` is the type's name unless it is `set` itself.
pub(crate) fn set(thread: &Thread, object: Ref, name: Option<&str>, items: Vec<Owned>) -> Result {
    let shown = name.unwrap_or("set");
    if items.is_empty() {
        return Ok(text(&format!("{shown}()")));
    }
    let Some(_showing) = Showing::enter(object) else { return Ok(text(&format!("{shown}(...)"))) };
    let mut items = items.into_iter();
    let open = name.map_or("{".to_owned(), |name| format!("{name}({{"));
    let close = if name.is_some() { "})" } else { "}" };
    finish(sequence(thread, (&open, close), || items.next())?)
}

pub(crate) fn str(_: &Thread, object: Ref) -> Result {
    let string = object.cast::<PyStr>();
    let mut out = StrBuilder::new();
    quote::string(Points { string, at: 0 }, quote::is_printable, |point| out.push(point));
    finish(out)
}

/// The code points of a string; unlike `PyStr::points` it can be cloned.
#[derive(Clone)]
struct Points {
    string: Ref<PyStr>,
    at: usize,
}

impl Iterator for Points {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let at = self.at;
        self.at += 1;
        (at < self.string.len()).then(|| self.string.char_at(at))
    }
}

pub(crate) fn bytes(_: &Thread, object: Ref) -> Result {
    Ok(text(&quote::bytes(object.cast::<PyBytes>().data())))
}

/// Decimal text of an int. Numbers with more digits than the limit raise ValueError, as they take quadratic time.
pub(crate) fn int_text(thread: &Thread, value: &PyInt) -> Result<String> {
    crate::runtime::int::decimal_of(thread, value)
}

pub(crate) fn int(thread: &Thread, object: Ref) -> Result {
    int_text(thread, &object.cast::<PyInt>()).map(|shown| text(&shown))
}

pub(crate) fn bool_(_: &Thread, object: Ref) -> Result {
    Ok(text(if object.is(true_object()) { "True" } else { "False" }))
}

pub(crate) fn float(_: &Thread, object: Ref) -> Result {
    Ok(text(&float::repr(object.cast::<PyFloat>().value())))
}

pub(crate) fn range(thread: &Thread, object: Ref) -> Result {
    let range = object.cast::<PyRange>();
    let mut out = StrBuilder::new();
    out.push_text("range(");
    out.push_str(repr(thread, range.start.get())?.borrow());
    out.push_text(", ");
    out.push_str(repr(thread, range.stop.get())?.borrow());
    let step = range.step.get();
    if step.downcast::<PyInt>().and_then(|step| step.as_i64()) != Some(1) {
        out.push_text(", ");
        out.push_str(repr(thread, step)?.borrow());
    }
    out.push_text(")");
    finish(out)
}

pub(crate) fn slice(thread: &Thread, object: Ref) -> Result {
    let slice = object.cast::<PySlice>();
    let mut parts = [slice.start.get(), slice.stop.get(), slice.step.get()].into_iter().map(Ref::to_owned);
    finish(sequence(thread, ("slice(", ")"), || parts.next())?)
}

pub(crate) fn singleton(_: &Thread, object: Ref) -> Result {
    let shown = if object.is(none_object()) {
        "None"
    } else if object.is(ellipsis()) {
        "Ellipsis"
    } else {
        "NotImplemented"
    };
    Ok(text(shown))
}

/// `str` of a string: itself, as a str proper.
pub(crate) fn str_of_str(_: &Thread, object: Ref) -> Result {
    if object.is_exact(types::str()) {
        return Ok(object.to_owned());
    }
    Ok(PyStr::from_units(object.cast::<PyStr>().units()).upcast())
}
