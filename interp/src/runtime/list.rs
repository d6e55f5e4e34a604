//! Lists (`Objects/listobject.c`).

use super::sequence::{self, Subscript};
use super::{error, iter, object, slice, types};
use crate::frame::SlotPtr;
use crate::object::types::flags;
use crate::object::*;

/// `list`.
pub(crate) static TYPE: PyType = PyType::container::<PyList>(TypeSpec {
    name: "list",
    flags: flags::BASETYPE | flags::HAVE_GC | flags::LIST_SUBCLASS | flags::SEQUENCE | flags::MATCH_SELF,
    base: Some(&super::object::TYPE),
    slots: Slots {
        hash: slot(object::no_hash),
        richcompare: slot(rich_compare),
        iter: slot(iterate),
        sq_length: slot(length),
        sq_concat: slot(concat),
        sq_repeat: slot(repeat),
        sq_item: slot(item_at),
        sq_ass_item: slot(set_item_at),
        sq_contains: slot(contains),
        sq_inplace_concat: slot(concat_in_place),
        sq_inplace_repeat: slot(repeat_in_place),
        mp_length: slot(length),
        mp_subscript: slot(subscript),
        mp_ass_subscript: slot(set_subscript),
        ..Slots::NONE
    },
    ..TypeSpec::EMPTY
});

/// `list_iterator`.
pub(crate) static ITERATOR_TYPE: PyType = PyType::container::<PyListIter>(TypeSpec {
    name: "list_iterator",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots { iter: slot(iter::itself), iternext: slot(next), ..Slots::NONE },
    methods: &[MethodDef::no_args("__length_hint__", |_, iterator| {
        let iterator: Ref<PyListIter> = iterator.cast();
        let left = iterator.sequence().map_or(0, |list| list.len() as i64 - iterator.index() as i64);
        Ok(PyInt::from_i64(left.max(0)).upcast())
    })],
    ..TypeSpec::EMPTY
});

/// `list_reverseiterator`.
pub(crate) static REVERSE_ITERATOR_TYPE: PyType = PyType::container::<PyListIter>(TypeSpec {
    name: "list_reverseiterator",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots { iter: slot(iter::itself), iternext: slot(previous), ..Slots::NONE },
    methods: &[MethodDef::no_args("__length_hint__", |_, iterator| {
        let iterator: Ref<PyListIter> = iterator.cast();
        let length = iterator.sequence().map_or(0, |list| list.len() as i64);
        let left = iterator.index() as i64 + 1;
        Ok(PyInt::from_i64(if left > length { 0 } else { left }).upcast())
    })],
    ..TypeSpec::EMPTY
});

// ---- what bodies call

/// `_PyList_FromStackRefStealOnSuccess`: a list of `count` slots, which it empties.
#[inline]
pub(crate) fn from_stack(slots: SlotPtr, count: isize) -> Owned<PyList> {
    PyList::new((0..count).map(|index| slots.read(index).into_owned()).collect())
}

/// `PySequence_List`.
pub(crate) fn from_iterable(thread: &Thread, iterable: Ref) -> Result<Owned<PyList>> {
    Ok(PyList::new(iter::collect(thread, iterable)?))
}

/// `_PyList_AppendTakeRef`.
#[inline]
pub(crate) fn append_owned(list: Ref<PyList>, item: Owned) -> Result<()> {
    list.push(item);
    Ok(())
}

/// `PyList_Append`.
#[inline]
pub(crate) fn append(list: Ref<PyList>, item: Ref) -> Result<()> {
    append_owned(list, item.to_owned())
}

/// `_PyList_Extend`; gives None.
pub(crate) fn extend(thread: &Thread, list: Ref<PyList>, iterable: Ref) -> Result<Ref> {
    if iterable.is_exact(types::list()) || iterable.is_exact(types::tuple()) {
        let items = iter::collect(thread, iterable)?;
        let end = list.len();
        drop(list.splice(end, end, items));
    } else {
        // One by one: what came before an error stays.
        let iterator = object::get_iter(thread, iterable)?;
        let hint = object::length_hint(thread, iterable)?;
        // A sum beyond all lists is not believed: what comes is taken.
        if hint.checked_add(list.len()).is_some_and(|sum| isize::try_from(sum).is_ok()) {
            error::check_room(thread, hint, size_of::<usize>())?;
        }
        while let Some(item) = iter::step(thread, iterator.borrow())? {
            append_owned(list, item)?;
        }
    }
    Ok(object::none())
}

/// `_PyList_SliceSubscript`.
pub(crate) fn slice(thread: &Thread, list: Ref<PyList>, key: Ref<PySlice>) -> Result {
    let span = slice::span(thread, key, || list.len())?;
    let items = if span.step == 1 {
        let start = span.start as usize;
        list.slice(start, start + span.count)
    } else {
        span.indices().map(|index| list.item(index).to_owned()).collect()
    };
    Ok(PyList::new(items).upcast())
}

// ---- slots

fn of(object: Ref) -> Ref<PyList> {
    object.cast()
}

fn item(list: Ref<PyList>) -> impl Fn(usize) -> Option<Owned> {
    move |at| list.get(at).map(Ref::to_owned)
}

fn rich_compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let (Some(left), Some(right)) = (left.downcast::<PyList>(), right.downcast::<PyList>()) else {
        return Ok(not_implemented().to_owned());
    };
    sequence::compare(thread, item(left), item(right), || (left.len(), right.len()), op)
}

fn iterate(_: &Thread, list: Ref) -> Result {
    Ok(PyListIter::with_type(types::list_iterator(), of(list).to_owned(), 0).upcast())
}

fn next(_: &Thread, iterator: Ref) -> Option<Owned> {
    let iterator: Ref<PyListIter> = iterator.cast();
    let list = iterator.sequence()?;
    let index = iterator.index();
    let found = list.get(index as usize).map(Ref::to_owned);
    match found {
        Some(_) => iterator.set_index(index + 1),
        None => iterator.set_sequence(None),
    }
    found
}

fn previous(_: &Thread, iterator: Ref) -> Option<Owned> {
    let iterator: Ref<PyListIter> = iterator.cast();
    let list = iterator.sequence()?;
    let index = iterator.index();
    let found = usize::try_from(index).ok().and_then(|index| list.get(index)).map(Ref::to_owned);
    match found {
        Some(_) => iterator.set_index(index - 1),
        None => {
            iterator.set_index(-1);
            iterator.set_sequence(None);
        }
    }
    found
}

fn length(_: &Thread, list: Ref) -> Result<isize> {
    Ok(of(list).len() as isize)
}

fn concat(thread: &Thread, left: Ref, right: Ref) -> Result {
    let Some(other) = right.downcast::<PyList>() else {
        let ty = right.ty();
        let text = format!("can only concatenate list (not \"{}\") to list", ty.name());
        return Err(error::type_error(thread, text));
    };
    let mut items = of(left).to_vec();
    items.extend(other.to_vec());
    Ok(PyList::new(items).upcast())
}

fn repeat(thread: &Thread, list: Ref, times: isize) -> Result {
    let items = of(list).to_vec();
    let times = sequence::repetitions(thread, items.len(), times)?;
    Ok(PyList::new((0..times).flat_map(|_| items.iter().cloned()).collect()).upcast())
}

fn concat_in_place(thread: &Thread, list: Ref, other: Ref) -> Result {
    extend(thread, of(list), other)?;
    Ok(list.to_owned())
}

fn repeat_in_place(thread: &Thread, list: Ref, times: isize) -> Result {
    let items = of(list).to_vec();
    let times = sequence::repetitions(thread, items.len(), times)?;
    let old = of(list).replace_all((0..times).flat_map(|_| items.iter().cloned()).collect());
    drop(old);
    Ok(list.to_owned())
}

fn item_at(thread: &Thread, list: Ref, index: isize) -> Result {
    let found = usize::try_from(index).ok().and_then(|index| of(list).get(index));
    found.map(Ref::to_owned).ok_or_else(|| sequence::out_of_range(thread, "list"))
}

fn set_item_at(thread: &Thread, list: Ref, index: isize, value: Option<Ref>) -> Result<()> {
    let list = of(list);
    match usize::try_from(index).ok().filter(|&index| index < list.len()) {
        Some(index) => put(list, index, value),
        None => return Err(sequence::out_of_range(thread, "list assignment")),
    }
    Ok(())
}

/// Replaces or deletes an item, which is in range.
fn put(list: Ref<PyList>, index: usize, value: Option<Ref>) {
    let old = match value {
        Some(value) => list.replace(index, value.to_owned()),
        None => list.remove(index),
    };
    drop(old);
}

fn contains(thread: &Thread, list: Ref, wanted: Ref) -> Result<bool> {
    sequence::contains(thread, item(of(list)), wanted)
}

fn subscript(thread: &Thread, list: Ref, key: Ref) -> Result {
    let list = of(list);
    match sequence::subscript(thread, "list", key, || list.len())? {
        Subscript::Index(Some(index)) => Ok(list.item(index).to_owned()),
        Subscript::Index(None) => Err(sequence::out_of_range(thread, "list")),
        Subscript::Slice(key) => slice(thread, list, key),
    }
}

fn set_subscript(thread: &Thread, list: Ref, key: Ref, value: Option<Ref>) -> Result<()> {
    let list = of(list);
    match sequence::subscript(thread, "list", key, || list.len())? {
        Subscript::Index(Some(index)) => {
            put(list, index, value);
            Ok(())
        }
        Subscript::Index(None) => Err(sequence::out_of_range(thread, "list assignment")),
        Subscript::Slice(key) => match value {
            Some(value) => assign_slice(thread, list, key, value),
            None => delete_slice(thread, list, key),
        },
    }
}

fn delete_slice(thread: &Thread, list: Ref<PyList>, key: Ref<PySlice>) -> Result<()> {
    let span = slice::span(thread, key, || list.len())?;
    if span.step == 1 {
        let start = span.start as usize;
        drop(list.splice(start, start + span.count, Vec::new()));
        return Ok(());
    }
    let mut indices: Vec<usize> = span.indices().collect();
    indices.sort_unstable();
    // From the end, so that the indices before stay right; the items die when the list is in order again.
    let gone: Vec<Owned> = indices.into_iter().rev().map(|index| list.remove(index)).collect();
    drop(gone);
    Ok(())
}

fn assign_slice(thread: &Thread, list: Ref<PyList>, key: Ref<PySlice>, value: Ref) -> Result<()> {
    let items = iter::collect(thread, value).map_err(|raised| {
        if value.ty().slots.iter.get().is_some() || types::is_sequence(value) {
            return raised;
        }
        let must = "must assign iterable to extended slice";
        error::type_error(thread, must)
    })?;
    let span = slice::span(thread, key, || list.len())?;
    if span.step == 1 {
        let start = span.start as usize;
        drop(list.splice(start, start.max(span.stop.max(0) as usize), items));
        return Ok(());
    }
    if items.len() != span.count {
        let text =
            format!("attempt to assign sequence of size {} to extended slice of size {}", items.len(), span.count);
        return Err(error::value_error(thread, text));
    }
    let old: Vec<Owned> = span.indices().zip(items).map(|(index, item)| list.replace(index, item)).collect();
    drop(old);
    Ok(())
}
