//! Tuples (`Objects/tupleobject.c`).

use super::sequence::{self, Subscript};
use super::{error, iter, object, slice, types};
use crate::frame::SlotPtr;
use crate::object::types::flags;
use crate::object::*;

/// `tuple`.
pub(crate) static TYPE: PyType = PyType::container::<PyTuple>(TypeSpec {
    name: "tuple",
    itemsize: 8,
    flags: flags::BASETYPE | flags::TUPLE_SUBCLASS | flags::SEQUENCE | flags::HAVE_GC | flags::MATCH_SELF,
    base: Some(&super::object::TYPE),
    slots: Slots {
        hash: slot(hash),
        richcompare: slot(rich_compare),
        iter: slot(iterate),
        sq_length: slot(length),
        sq_concat: slot(concat),
        sq_repeat: slot(repeat),
        sq_item: slot(item_at),
        sq_contains: slot(contains),
        mp_length: slot(length),
        mp_subscript: slot(subscript),
        ..Slots::NONE
    },
    ..TypeSpec::EMPTY
});

/// `tuple_iterator`.
pub(crate) static ITERATOR_TYPE: PyType = PyType::container::<PyTupleIter>(TypeSpec {
    name: "tuple_iterator",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots { iter: slot(iter::itself), iternext: slot(next), ..Slots::NONE },
    methods: &[MethodDef::no_args("__length_hint__", |_, iterator| {
        let iterator: Ref<PyTupleIter> = iterator.cast();
        let left = iterator.sequence().map_or(0, |tuple| tuple.len() as i64 - iterator.index() as i64);
        Ok(PyInt::from_i64(left).upcast())
    })],
    ..TypeSpec::EMPTY
});

/// `_PyTuple_FromStackRefStealOnSuccess`: a tuple of `count` slots, which it empties.
#[inline]
pub(crate) fn from_stack(slots: SlotPtr, count: isize) -> Owned<PyTuple> {
    if count == 0 {
        return PyTuple::empty().to_owned();
    }
    let items = (0..count).map(|index| slots.read(index).into_owned());
    match PyTuple::try_from_iter(count as usize, items) {
        Some(tuple) => tuple,
        None => error::fatal("out of memory"),
    }
}

/// `PySequence_Tuple`.
pub(crate) fn from_iterable(thread: &Thread, iterable: Ref) -> Result<Owned<PyTuple>> {
    if iterable.is_exact(types::tuple()) {
        return Ok(iterable.to_owned().cast());
    }
    Ok(PyTuple::from_vec(iter::collect(thread, iterable)?))
}

fn of(object: Ref) -> Ref<PyTuple> {
    object.cast()
}

fn item(tuple: Ref<PyTuple>) -> impl Fn(usize) -> Option<Owned> {
    move |at| tuple.get(at).map(Ref::to_owned)
}

/// xxHash's mixing of the items' hashes, so that permutations differ.
fn hash(thread: &Thread, object: Ref) -> Result<isize> {
    const PRIME_1: usize = 11_400_714_785_074_694_791;
    const PRIME_2: usize = 14_029_467_366_897_019_727;
    const PRIME_5: usize = 2_870_177_450_012_600_261;
    let tuple = of(object);
    if let Some(hash) = tuple.cached_hash() {
        return Ok(hash);
    }
    let mut mixed = PRIME_5;
    for item in tuple.iter() {
        let lane = object::hash(thread, item)? as usize;
        mixed = mixed.wrapping_add(lane.wrapping_mul(PRIME_2)).rotate_left(31).wrapping_mul(PRIME_1);
    }
    mixed = mixed.wrapping_add(tuple.len() ^ (PRIME_5 ^ 3_527_539));
    let hash = if mixed == usize::MAX { 1_546_275_796 } else { mixed as isize };
    tuple.cache_hash(hash);
    Ok(hash)
}

fn rich_compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let (Some(left), Some(right)) = (left.downcast::<PyTuple>(), right.downcast::<PyTuple>()) else {
        return Ok(not_implemented().to_owned());
    };
    sequence::compare(thread, item(left), item(right), || (left.len(), right.len()), op)
}

fn iterate(_: &Thread, tuple: Ref) -> Result {
    Ok(PyTupleIter::with_type(types::tuple_iterator(), of(tuple).to_owned(), 0).upcast())
}

fn next(_: &Thread, iterator: Ref) -> Option<Owned> {
    let iterator: Ref<PyTupleIter> = iterator.cast();
    let tuple = iterator.sequence()?;
    let index = iterator.index();
    let found = tuple.get(index as usize).map(Ref::to_owned);
    match found {
        Some(_) => iterator.set_index(index + 1),
        None => iterator.set_sequence(None),
    }
    found
}

fn length(_: &Thread, tuple: Ref) -> Result<isize> {
    Ok(of(tuple).len() as isize)
}

fn concat(thread: &Thread, left: Ref, right: Ref) -> Result {
    let Some(other) = right.downcast::<PyTuple>() else {
        let ty = right.ty();
        let text = format!("can only concatenate tuple (not \"{}\") to tuple", ty.name());
        return Err(error::type_error(thread, text));
    };
    if left.is_exact(types::tuple()) && other.is_empty() {
        return Ok(left.to_owned());
    }
    Ok(PyTuple::from_vec(of(left).iter().chain(other.iter()).map(Ref::to_owned).collect()).upcast())
}

fn repeat(thread: &Thread, tuple: Ref, times: isize) -> Result {
    let items = of(tuple);
    let times = sequence::repetitions(thread, items.len(), times)?;
    if times == 1 && tuple.is_exact(types::tuple()) {
        return Ok(tuple.to_owned());
    }
    Ok(PyTuple::from_vec((0..times).flat_map(|_| items.iter()).map(Ref::to_owned).collect()).upcast())
}

fn item_at(thread: &Thread, tuple: Ref, index: isize) -> Result {
    let found = usize::try_from(index).ok().and_then(|index| of(tuple).get(index));
    found.map(Ref::to_owned).ok_or_else(|| sequence::out_of_range(thread, "tuple"))
}

fn contains(thread: &Thread, tuple: Ref, wanted: Ref) -> Result<bool> {
    sequence::contains(thread, item(of(tuple)), wanted)
}

fn subscript(thread: &Thread, tuple: Ref, key: Ref) -> Result {
    let items = of(tuple);
    match sequence::subscript(thread, "tuple", key, || items.len())? {
        Subscript::Index(Some(index)) => Ok(items.item(index).to_owned()),
        Subscript::Index(None) => Err(sequence::out_of_range(thread, "tuple")),
        Subscript::Slice(key) => {
            let span = slice::span(thread, key, || items.len())?;
            if span.count == items.len() && span.step == 1 && tuple.is_exact(types::tuple()) {
                return Ok(tuple.to_owned());
            }
            Ok(PyTuple::from_vec(span.indices().map(|index| items.item(index).to_owned()).collect()).upcast())
        }
    }
}
