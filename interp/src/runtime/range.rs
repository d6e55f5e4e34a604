//! Ranges (`Objects/rangeobject.c`): over ints of any size; the iterator of machine words has its own type.

use super::{error, int, iter, number, object, slice, types};
use crate::object::types::flags;
use crate::object::*;

/// `range`.
pub(crate) static TYPE: PyType = PyType::container::<PyRange>(TypeSpec {
    name: "range",
    flags: flags::SEQUENCE,
    base: Some(&super::object::TYPE),
    slots: Slots {
        hash: slot(hash),
        richcompare: slot(rich_compare),
        iter: slot(iterate),
        nb_bool: slot(is_true),
        sq_length: slot(length),
        sq_item: slot(item_at),
        sq_contains: slot(contains),
        mp_length: slot(length),
        mp_subscript: slot(subscript),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::no_args("__reversed__", reversed),
        MethodDef::one("count", count),
        MethodDef::one("index", index),
    ],
    getset: &[
        GetSetDef::field("start", |_, range| Ok(of(range).start.get().to_owned())),
        GetSetDef::field("stop", |_, range| Ok(of(range).stop.get().to_owned())),
        GetSetDef::field("step", |_, range| Ok(of(range).step.get().to_owned())),
    ],
    ..TypeSpec::EMPTY
});

/// `range_iterator`.
pub(crate) static ITERATOR_TYPE: PyType = PyType::plain::<PyRangeIter>(TypeSpec {
    name: "range_iterator",
    flags: 0,
    base: Some(&super::object::TYPE),
    slots: Slots { iter: slot(iter::itself), iternext: slot(next), ..Slots::NONE },
    methods: &[MethodDef::no_args("__length_hint__", |_, iterator| {
        Ok(PyInt::from_i64(iterator.cast::<PyRangeIter>().len()).upcast())
    })],
    ..TypeSpec::EMPTY
});

/// `longrange_iterator`: over a range whose numbers do not fit machine words.
pub(crate) static LONG_ITERATOR_TYPE: PyType = PyType::container::<PyAnySeqIter>(TypeSpec {
    name: "longrange_iterator",
    flags: 0,
    base: Some(&super::object::TYPE),
    slots: Slots { iter: slot(iter::itself), iternext: slot(next_long), ..Slots::NONE },
    ..TypeSpec::EMPTY
});

fn of(object: Ref) -> Ref<PyRange> {
    object.cast()
}

fn as_int(field: Ref) -> Ref<PyInt> {
    field.cast()
}

/// Start, step and length, if all numbers of the range fit machine words.
fn words(range: Ref<PyRange>) -> Option<(i64, i64, i64)> {
    let word = |field: &Field| as_int(field.get()).as_i64();
    let (start, step, length) = (word(&range.start)?, word(&range.step)?, word(&range.length)?);
    // One step behind the last must fit too: the iterator goes there.
    step.checked_mul(length)?.checked_add(start)?;
    Some((start, step, length))
}

fn iterate(_: &Thread, range: Ref) -> Result {
    Ok(match words(of(range)) {
        Some((start, step, length)) => PyRangeIter::new(start, step, length).upcast(),
        None => PyAnySeqIter::with_type(types::long_range_iterator(), range.to_owned(), 0).upcast(),
    })
}

fn next(_: &Thread, iterator: Ref) -> Option<Owned> {
    let iterator: Ref<PyRangeIter> = iterator.cast();
    if iterator.len() <= 0 {
        return None;
    }
    let value = iterator.start();
    iterator.set_start(value.wrapping_add(iterator.step()));
    iterator.set_len(iterator.len() - 1);
    Some(PyInt::from_i64(value).upcast())
}

fn next_long(thread: &Thread, iterator: Ref) -> Option<Owned> {
    let iterator: Ref<PyAnySeqIter> = iterator.cast();
    let range: Owned<PyRange> = iterator.sequence()?.to_owned().cast();
    let index = PyInt::from_i64(iterator.index() as i64);
    let length = range.length.get();
    if !object::compare_bool(thread, index.borrow().upcast(), length, CompareOp::Lt).ok()? {
        iterator.set_sequence(None);
        return None;
    }
    iterator.set_index(iterator.index() + 1);
    nth(thread, range.borrow(), index.borrow()).ok()
}

/// `start + index * step`.
fn nth(thread: &Thread, range: Ref<PyRange>, index: Ref<PyInt>) -> Result {
    let offset = int::multiply(thread, index, as_int(range.step.get()))?;
    int::add(thread, as_int(range.start.get()), offset.borrow().cast())
}

fn length(thread: &Thread, range: Ref) -> Result<isize> {
    match as_int(of(range).length.get()).as_i64() {
        Some(length) => Ok(length as isize),
        None => Err(error::overflow_error(thread, "Python int too large to convert to C ssize_t")),
    }
}

fn is_true(_: &Thread, range: Ref) -> Result<bool> {
    Ok(!as_int(of(range).length.get()).is_zero())
}

fn out_of_range(thread: &Thread) -> crate::exit::Raised {
    error::index_error(thread, "range object index out of range")
}

fn item_at(thread: &Thread, range: Ref, index: isize) -> Result {
    let index = PyInt::from_i64(index as i64);
    item(thread, of(range), index.borrow(), false)
}

/// The item at an index of any size; negative ones count from the end if `wrap`.
fn item(thread: &Thread, range: Ref<PyRange>, index: Ref<PyInt>, wrap: bool) -> Result {
    let length = as_int(range.length.get());
    let index: Owned<PyInt> =
        if wrap && index.is_negative() { int::add(thread, index, length)?.cast() } else { index.to_owned() };
    let inside =
        !index.is_negative() && object::compare_bool(thread, index.borrow().upcast(), length.upcast(), CompareOp::Lt)?;
    if inside { nth(thread, range, index.borrow()) } else { Err(out_of_range(thread)) }
}

fn subscript(thread: &Thread, range: Ref, key: Ref) -> Result {
    if let Some(key) = key.downcast::<PySlice>() {
        return cut(thread, of(range), key);
    }
    if key.downcast::<PyInt>().is_none() && key.ty().slots.nb_index.get().is_none() {
        let ty = key.ty();
        let text = format!("range indices must be integers or slices, not {}", ty.name());
        return Err(error::type_error(thread, text));
    }
    let index = number::index(thread, key)?;
    item(thread, of(range), index.borrow(), true)
}

fn count(thread: &Thread, range: Ref, value: Ref) -> Result {
    if is_plain_int(value) {
        return Ok(PyInt::from_i64(contains(thread, range, value)?.into()).upcast());
    }
    let mut count = 0;
    iter::each(thread, range, |item| {
        count += i64::from(object::is_equal(thread, item.borrow(), value)?);
        Ok(())
    })?;
    Ok(PyInt::from_i64(count).upcast())
}

/// As `cut`, for numbers of any size.
fn cut_big(thread: &Thread, range: Ref<PyRange>, key: Ref<PySlice>) -> Result {
    let [start, stop, step] = slice::big_bounds(thread, key, &as_int(range.length.get()).to_big())?;
    let start = nth(thread, range, PyInt::from_big(start).borrow())?;
    let stop = nth(thread, range, PyInt::from_big(stop).borrow())?;
    let step = int::multiply(thread, as_int(range.step.get()), PyInt::from_big(step).borrow())?;
    object::call_type(thread, types::range().upcast(), &[start, stop, step])
}

fn cut(thread: &Thread, range: Ref<PyRange>, key: Ref<PySlice>) -> Result {
    if as_int(range.length.get()).as_i64().is_none() || !slice::is_small(key) {
        return cut_big(thread, range, key);
    }
    let length = length(thread, range.upcast())? as usize;
    let span = slice::span(thread, key, || length)?;
    let part = |value: isize| PyInt::from_i64(value as i64);
    let start = nth(thread, range, part(span.start).borrow())?;
    let stop = nth(thread, range, part(span.stop).borrow())?;
    let step = int::multiply(thread, as_int(range.step.get()), part(span.step).borrow())?;
    Ok(PyRange::new(start, stop, step, part(span.count as isize).upcast()).upcast())
}

fn reversed(thread: &Thread, range: Ref) -> Result {
    let range = of(range);
    if let Some((start, step, length)) = words(range)
        && let Some(back) = step.checked_neg()
        && start.checked_sub(step).is_some()
    {
        return Ok(PyRangeIter::new(start + step * (length - 1), back, length).upcast());
    }
    let (one, zero) = (PyInt::from_i64(1), PyInt::from_i64(0));
    let last = int::subtract(thread, as_int(range.length.get()), one.borrow())?;
    let start = nth(thread, range, last.borrow().cast())?;
    let stop = int::subtract(thread, as_int(range.start.get()), as_int(range.step.get()))?;
    let step = int::subtract(thread, zero.borrow(), as_int(range.step.get()))?;
    let back = PyRange::new(start, stop, step, range.length.get().to_owned());
    iterate(thread, back.borrow().upcast())
}

/// Where an int lies in the range; `None` if it does not.
fn find(thread: &Thread, range: Ref<PyRange>, value: Ref<PyInt>) -> Result<Option<Owned>> {
    let offset = int::subtract(thread, value, as_int(range.start.get()))?;
    let offset: Ref<PyInt> = offset.borrow().cast();
    let step = as_int(range.step.get());
    let rest = number::binary_op(thread, REMAINDER, offset.upcast(), step.upcast())?;
    if !rest.borrow().cast::<PyInt>().is_zero() {
        return Ok(None);
    }
    let index = number::binary_op(thread, FLOOR_DIVIDE, offset.upcast(), step.upcast())?;
    let number: Ref<PyInt> = index.borrow().cast();
    let below = object::compare_bool(thread, number.upcast(), range.length.get(), CompareOp::Lt)?;
    Ok((!number.is_negative() && below).then_some(index))
}

/// Operators as BINARY_OP numbers them.
const FLOOR_DIVIDE: i32 = 2;
const REMAINDER: i32 = 6;

fn is_plain_int(value: Ref) -> bool {
    value.is_exact(types::int()) || value.is_exact(types::bool_())
}

fn contains(thread: &Thread, range: Ref, value: Ref) -> Result<bool> {
    if is_plain_int(value) {
        return Ok(find(thread, of(range), value.cast())?.is_some());
    }
    let iterator = iterate(thread, range)?;
    while let Some(item) = iter::step(thread, iterator.borrow())? {
        if object::is_equal(thread, item.borrow(), value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn index(thread: &Thread, range: Ref, value: Ref) -> Result {
    if is_plain_int(value) {
        if let Some(index) = find(thread, of(range), value.cast())? {
            return Ok(index);
        }
        return Err(error::value_error(thread, "range.index(x): x not in range"));
    }
    let iterator = iterate(thread, range)?;
    let mut at = 0;
    while let Some(item) = iter::step(thread, iterator.borrow())? {
        if object::is_equal(thread, item.borrow(), value)? {
            return Ok(PyInt::from_i64(at).upcast());
        }
        at += 1;
    }
    Err(error::value_error(thread, "sequence.index(x): x not in sequence"))
}

/// What makes two ranges equal: length, then start if there is one, then step if there are two.
fn identity(range: Ref<PyRange>) -> Owned<PyTuple> {
    let none = none_object();
    let length = range.length.get();
    let known = as_int(length).as_i64();
    let start = if known == Some(0) { none } else { range.start.get() };
    let step = if matches!(known, Some(0 | 1)) { none } else { range.step.get() };
    PyTuple::from_refs(&[length, start, step])
}

fn rich_compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let (Some(left), Some(right)) = (left.downcast::<PyRange>(), right.downcast::<PyRange>()) else {
        return Ok(not_implemented().to_owned());
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(not_implemented().to_owned());
    }
    object::compare(thread, identity(left).borrow().upcast(), identity(right).borrow().upcast(), op)
}

fn hash(thread: &Thread, range: Ref) -> Result<isize> {
    object::hash(thread, identity(of(range)).borrow().upcast())
}
