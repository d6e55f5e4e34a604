//! `str`: its slots, and the helpers that bodies call. Methods, repr and formatting are the builtins'.

use super::args::Args;
use super::error::{self, FormatArg};
use super::{iter, number, slice, types};
use crate::builtins;
use crate::object::slots::CompareOp;
use crate::object::types::flags;
use crate::object::*;
use std::cmp::Ordering;

/// `str`.
pub(crate) static TYPE: PyType = PyType::string::<PyStr>(TypeSpec {
    name: "str",
    flags: flags::BASETYPE | flags::UNICODE_SUBCLASS | flags::MATCH_SELF,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(builtins::repr::str),
        str: slot(builtins::repr::str_of_str),
        new: slot(builtins::construct::str_new),
        hash: slot(hash),
        richcompare: slot(rich_compare),
        iter: slot(iterate),
        nb_remainder: slot(percent),
        sq_length: slot(length),
        sq_concat: slot(concat),
        sq_repeat: slot(repeat),
        sq_item: slot(item),
        sq_contains: slot(contains),
        mp_length: slot(length),
        mp_subscript: slot(subscript),
        ..Slots::NONE
    },
    methods: builtins::str::METHODS,
    ..TypeSpec::EMPTY
});

/// The iterator over the characters.
pub(crate) static ITERATOR_TYPE: PyType = PyType::container::<PyAnySeqIter>(TypeSpec {
    name: "str_iterator",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots { iter: slot(iter::itself), iternext: slot(next), ..Slots::NONE },
    ..TypeSpec::EMPTY
});

/// The iterator over the characters of ASCII text.
pub(crate) static ASCII_ITERATOR_TYPE: PyType = PyType::container::<PyAnySeqIter>(TypeSpec {
    name: "str_ascii_iterator",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots { iter: slot(iter::itself), iternext: slot(next), ..Slots::NONE },
    ..TypeSpec::EMPTY
});

fn of(object: Ref) -> Ref<PyStr> {
    object.cast()
}

fn is_str(object: Ref) -> bool {
    object.ty().has_feature(flags::UNICODE_SUBCLASS)
}

fn or_no_memory(thread: &Thread, made: Option<Owned<PyStr>>) -> Result {
    made.map(Owned::upcast).ok_or_else(|| error::no_memory(thread))
}

/// `PyUnicode_Concat`.
#[inline]
pub(crate) fn concat(thread: &Thread, left: Ref, right: Ref) -> Result {
    if !is_str(right) {
        let text = format!("can only concatenate str (not \"{}\") to str", right.ty().name());
        return Err(error::type_error(thread, text));
    }
    or_no_memory(thread, str::concat(of(left), of(right)))
}

/// `PyUnicode_Append`: the left string grows in place where nobody else holds it.
#[inline]
pub(crate) fn append(thread: &Thread, left: Owned, right: Ref) -> Result {
    or_no_memory(thread, PyStr::append(left.cast(), of(right)))
}

/// `_PyUnicode_Equal`.
#[inline(always)]
pub(crate) fn equal(left: Ref<PyStr>, right: Ref<PyStr>) -> bool {
    left.is(right) || left.same_text(right)
}

/// `_PyUnicode_JoinArray`, for strings that the definition has made itself.
pub(crate) fn join(thread: &Thread, separator: Ref<PyStr>, items: Args, count: isize) -> Result {
    items.with_slice(count as usize, |items| {
        if let [only] = items
            && only.is_exact(types::str())
        {
            return Ok(Ref::to_owned(*only));
        }
        if let Some((place, item)) = items.iter().enumerate().find(|(_, item)| !is_str(**item)) {
            let text = format!("sequence item {place}: expected str instance, {} found", item.ty().name());
            return Err(error::type_error(thread, text));
        }
        let pieces = (0..(2 * items.len()).saturating_sub(1)).map(|n| match n % 2 {
            0 => of(items[n / 2]),
            _ => separator,
        });
        or_no_memory(thread, str::join(pieces))
    })
}

/// `PyUnicode_FromFormat`.
pub(crate) fn format(thread: &Thread, format: &str, arguments: &[FormatArg<'_>]) -> Result<Owned<PyStr>> {
    error::format_text(thread, format, arguments)
}

/// The string of one character.
pub(crate) fn of_point(point: u32) -> Owned {
    match u8::try_from(point) {
        Ok(byte) => latin1_str(byte).to_owned().upcast(),
        Err(_) => PyStr::from_point(point).upcast(),
    }
}

fn hash(_: &Thread, string: Ref) -> Result<isize> {
    Ok(of(string).hash())
}

fn order(left: Ref<PyStr>, right: Ref<PyStr>) -> Ordering {
    match (left.units(), right.units()) {
        (Units::One(left), Units::One(right)) => left.cmp(right),
        _ => left.points().cmp(right.points()),
    }
}

fn rich_compare(_: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    if !is_str(left) || !is_str(right) {
        return Ok(not_implemented().to_owned());
    }
    let (left, right) = (of(left), of(right));
    let holds = match op {
        CompareOp::Eq => equal(left, right),
        CompareOp::Ne => !equal(left, right),
        _ => op.holds(order(left, right)),
    };
    Ok(bool_object(holds).to_owned())
}

fn length(_: &Thread, string: Ref) -> Result<isize> {
    Ok(of(string).len() as isize)
}

fn iterate(_: &Thread, string: Ref) -> Result {
    let ty = if of(string).is_ascii() { types::str_ascii_iterator() } else { types::str_iterator() };
    Ok(PyAnySeqIter::with_type(ty, string.to_owned(), 0).upcast())
}

fn next(_: &Thread, iterator: Ref) -> Option<Owned> {
    let iterator: Ref<PyAnySeqIter> = iterator.cast();
    let string = of(iterator.sequence()?);
    let index = iterator.index() as usize;
    if index < string.len() {
        iterator.set_index(index as isize + 1);
        return Some(of_point(string.char_at(index)));
    }
    iterator.set_sequence(None);
    None
}

fn repeat(thread: &Thread, string: Ref, count: isize) -> Result {
    let count = count.max(0) as usize;
    let string = of(string);
    if count == 1 && string.is_exact(types::str()) {
        return Ok(string.to_owned().upcast());
    }
    if string.len().checked_mul(count).is_none_or(|length| length > isize::MAX as usize) {
        return Err(error::overflow_error(thread, "repeated string is too long"));
    }
    error::check_room(thread, string.len() * count, string.kind() as usize)?;
    or_no_memory(thread, str::join(std::iter::repeat_n(string, count)))
}

fn item(thread: &Thread, string: Ref, index: isize) -> Result {
    let string = of(string);
    match usize::try_from(index).ok().filter(|&index| index < string.len()) {
        Some(index) => Ok(of_point(string.char_at(index))),
        None => Err(error::index_error(thread, "string index out of range")),
    }
}

fn subscript(thread: &Thread, string: Ref, index: Ref) -> Result {
    let length = of(string).len();
    if index.ty().slots.nb_index.get().is_some() {
        let place = number::index_isize(thread, index, Some(super::exceptions::index_error()))?;
        return item(thread, string, if place < 0 { place + length as isize } else { place });
    }
    if !index.is_exact(types::slice()) {
        let text = format!("string indices must be integers, not '{}'", index.ty().name());
        return Err(error::type_error(thread, text));
    }
    let selected = slice::span(thread, index.cast(), || length)?;
    let string = of(string);
    if selected.step == 1 {
        let start = selected.start as usize;
        return Ok(string.slice(start, start + selected.count).upcast());
    }
    if let Units::One(cells) = string.units() {
        let place = |index: usize| (selected.start + index as isize * selected.step) as usize;
        return Ok(PyStr::from_bytes_with(selected.count, |index| cells[place(index)]).upcast());
    }
    let mut out = StrBuilder::new();
    selected.indices().for_each(|index| out.push(string.char_at(index)));
    Ok(out.finish().upcast())
}

fn contains(thread: &Thread, string: Ref, part: Ref) -> Result<bool> {
    if !is_str(part) {
        let text = format!("'in <string>' requires string as left operand, not {}", part.ty().name());
        return Err(error::type_error(thread, text));
    }
    Ok(builtins::str_holds(of(string), of(part)))
}

fn percent(thread: &Thread, left: Ref, right: Ref) -> Result {
    if !is_str(left) {
        return Ok(not_implemented().to_owned());
    }
    super::percent::format(thread, of(left), right)
}
