//! Methods and operators of set and frozenset.

use super::args::{no_keywords, positional};
use super::support::{boolean, each, none, raise, type_name};
use crate::object::*;
use crate::runtime::set::{add_owned, contains, item_hash, lookup_key, update};
use crate::runtime::{error, exceptions, types};

pub(crate) static METHODS: &[MethodDef] = &[
    MethodDef::one("add", add),
    MethodDef::no_args("clear", clear),
    MethodDef::no_args("copy", copy),
    MethodDef::fast("difference", difference),
    MethodDef::fast("difference_update", difference_update),
    MethodDef::one("discard", discard),
    MethodDef::fast("intersection", intersection),
    MethodDef::fast("intersection_update", intersection_update),
    MethodDef::one("isdisjoint", isdisjoint),
    MethodDef::one("issubset", issubset),
    MethodDef::one("issuperset", issuperset),
    MethodDef::no_args("pop", pop),
    MethodDef::one("remove", remove),
    MethodDef::one("symmetric_difference", symmetric_difference),
    MethodDef::one("symmetric_difference_update", symmetric_difference_update),
    MethodDef::fast("union", union),
    MethodDef::fast("update", update_all),
];

pub(crate) static FROZEN_METHODS: &[MethodDef] = &[
    MethodDef::no_args("copy", copy),
    MethodDef::fast("difference", difference),
    MethodDef::fast("intersection", intersection),
    MethodDef::one("isdisjoint", isdisjoint),
    MethodDef::one("issubset", issubset),
    MethodDef::one("issuperset", issuperset),
    MethodDef::one("symmetric_difference", symmetric_difference),
    MethodDef::fast("union", union),
];

type Keywords = Option<Ref<PyDict>>;

fn of(object: Ref) -> Ref<PySet> {
    object.cast()
}

/// Whether the object is a set or frozenset.
pub(crate) fn is_set(object: Ref) -> bool {
    object.downcast::<PySet>().is_some()
}

/// `set` or `frozenset`, whichever the object's type extends.
fn base_of(set: Ref) -> Ref<PyType> {
    if set.ty().is_subtype(types::frozenset()) { types::frozenset() } else { types::set() }
}

/// An empty set of the object's base type.
fn like(set: Ref) -> Owned<PySet> {
    PySet::new(base_of(set))
}

fn copied(set: Ref) -> Owned<PySet> {
    let fresh = like(set);
    fresh.begin_merge(&of(set));
    fresh
}

/// `set.__new__`, `frozenset.__new__`: only the latter takes its items here.
pub(crate) fn new(thread: &Thread, class: Ref<PyType>, arguments: Ref<PyTuple>, keywords: Keywords) -> Result {
    let set = PySet::new(class);
    if !class.is_subtype(types::frozenset()) {
        return Ok(set.upcast());
    }
    if super::construct::inherits_init(class, types::frozenset()) {
        no_keywords(thread, "frozenset", keywords)?;
    }
    positional(thread, "frozenset", arguments.len(), 0, 1)?;
    match arguments.get(0) {
        Some(iterable) if class.is(types::frozenset()) && iterable.is_exact(class) => Ok(iterable.to_owned()),
        Some(iterable) => update(thread, set.borrow().upcast(), iterable).map(|()| set.upcast()),
        None => Ok(set.upcast()),
    }
}

/// `set.__init__`.
pub(crate) fn init(thread: &Thread, set: Ref, arguments: Ref<PyTuple>, keywords: Keywords) -> Result<()> {
    no_keywords(thread, "set", keywords)?;
    positional(thread, "set", arguments.len(), 0, 1)?;
    of(set).clear();
    arguments.get(0).map_or(Ok(()), |iterable| update(thread, set, iterable))
}

pub(crate) fn repr(thread: &Thread, set: Ref) -> Result {
    let name = (!set.is_exact(types::set())).then(|| type_name(set));
    super::repr::set(thread, set, name.as_deref(), of(set).to_vec())
}

fn add(thread: &Thread, set: Ref, item: Ref) -> Result {
    add_owned(thread, of(set), item.to_owned())?;
    Ok(none())
}

fn clear(_: &Thread, set: Ref) -> Result {
    of(set).clear();
    Ok(none())
}

fn copy(_: &Thread, set: Ref) -> Result {
    if set.is_exact(types::frozenset()) { Ok(set.to_owned()) } else { Ok(copied(set).upcast()) }
}

/// Takes an item out; false if it was not there.
fn take_out(thread: &Thread, set: Ref<PySet>, item: Ref) -> Result<bool> {
    let (key, hash) = lookup_key(thread, item)?;
    set.discard(thread, key.borrow(), hash)
}

fn discard(thread: &Thread, set: Ref, item: Ref) -> Result {
    take_out(thread, of(set), item)?;
    Ok(none())
}

fn remove(thread: &Thread, set: Ref, item: Ref) -> Result {
    if take_out(thread, of(set), item)? { Ok(none()) } else { Err(error::key_error(thread, item)) }
}

fn pop(thread: &Thread, set: Ref) -> Result {
    of(set).pop().ok_or_else(|| raise(thread, exceptions::key_error(), "pop from an empty set"))
}

fn update_all(thread: &Thread, set: Ref, others: &[Ref]) -> Result {
    for &other in others {
        update(thread, set, other)?;
    }
    Ok(none())
}

fn union(thread: &Thread, set: Ref, others: &[Ref]) -> Result {
    let result = copied(set);
    update_all(thread, result.borrow().upcast(), others)?;
    Ok(result.upcast())
}

fn intersect(thread: &Thread, set: Ref, other: Ref) -> Result<Owned<PySet>> {
    let result = like(set);
    if let Some(sets) = other.downcast::<PySet>() {
        // The smaller one is walked.
        let (walked, asked) = if sets.len() > of(set).len() { (of(set), sets) } else { (sets, of(set)) };
        for (hash, item) in walked.items() {
            if asked.contains(thread, item.borrow(), hash)? {
                result.borrow().add(thread, item, hash)?;
            }
        }
        return Ok(result);
    }
    each(thread, other, |item| {
        let hash = item_hash(thread, item.borrow())?;
        if of(set).contains(thread, item.borrow(), hash)? {
            result.borrow().add(thread, item, hash)?;
        }
        Ok(true)
    })?;
    Ok(result)
}

fn intersection(thread: &Thread, set: Ref, others: &[Ref]) -> Result {
    let mut result = copied(set);
    for &other in others {
        result = intersect(thread, result.borrow().upcast(), other)?;
    }
    Ok(result.upcast())
}

fn intersection_update(thread: &Thread, set: Ref, others: &[Ref]) -> Result {
    let result = intersection(thread, set, others)?;
    of(set).swap(&of(result.borrow()));
    Ok(none())
}

fn subtract_from(thread: &Thread, set: Ref<PySet>, other: Ref) -> Result<()> {
    if set.is(other) {
        set.clear();
        return Ok(());
    }
    if let Some(other) = other.downcast::<PySet>() {
        for (hash, item) in other.items() {
            set.discard(thread, item.borrow(), hash)?;
        }
        return Ok(());
    }
    each(thread, other, |item| {
        let hash = item_hash(thread, item.borrow())?;
        set.discard(thread, item.borrow(), hash).map(|_| true)
    })
}

fn differ(thread: &Thread, set: Ref, other: Ref) -> Result<Owned<PySet>> {
    let from = of(set);
    if let Some(dict) = other.downcast::<PyDict>().filter(|dict| dict.is_exact(types::dict())) {
        return differ_from_dict(thread, set, dict);
    }
    let Some(sets) = other.downcast::<PySet>().filter(|sets| from.len() >> 2 <= sets.len()) else {
        let result = copied(set);
        subtract_from(thread, result.borrow(), other)?;
        return Ok(result);
    };
    let result = like(set);
    for (hash, item) in from.items() {
        if !sets.contains(thread, item.borrow(), hash)? {
            result.borrow().add(thread, item, hash)?;
        }
    }
    Ok(result)
}

/// As `differ`, where the other is a dict, which keeps the hashes too.
fn differ_from_dict(thread: &Thread, set: Ref, dict: Ref<PyDict>) -> Result<Owned<PySet>> {
    let result = like(set);
    for (hash, item) in of(set).items() {
        if dict.find(thread, item.borrow(), hash)?.is_none() {
            result.borrow().add(thread, item, hash)?;
        }
    }
    Ok(result)
}

fn difference(thread: &Thread, set: Ref, others: &[Ref]) -> Result {
    let Some((&first, rest)) = others.split_first() else { return Ok(copied(set).upcast()) };
    let result = differ(thread, set, first)?;
    for &other in rest {
        subtract_from(thread, result.borrow(), other)?;
    }
    Ok(result.upcast())
}

fn difference_update(thread: &Thread, set: Ref, others: &[Ref]) -> Result {
    for &other in others {
        subtract_from(thread, of(set), other)?;
    }
    Ok(none())
}

fn toggle(thread: &Thread, set: Ref<PySet>, items: Vec<(isize, Owned)>) -> Result<()> {
    for (hash, item) in items {
        if !set.discard(thread, item.borrow(), hash)? {
            set.add(thread, item, hash)?;
        }
    }
    Ok(())
}

/// A set of the base type of `like_set` with the items of any iterable.
fn as_set(thread: &Thread, like_set: Ref, iterable: Ref) -> Result<Owned<PySet>> {
    let set = like(like_set);
    update(thread, set.borrow().upcast(), iterable)?;
    Ok(set)
}

fn symmetric_difference(thread: &Thread, set: Ref, other: Ref) -> Result {
    let result = as_set(thread, set, other)?;
    toggle(thread, result.borrow(), of(set).items())?;
    Ok(result.upcast())
}

fn symmetric_difference_update(thread: &Thread, set: Ref, other: Ref) -> Result {
    if set.is(other) {
        return clear(thread, set);
    }
    let items = match other.downcast::<PySet>() {
        Some(other) => other.items(),
        None => as_set(thread, set, other)?.items(),
    };
    toggle(thread, of(set), items)?;
    Ok(none())
}

fn isdisjoint(thread: &Thread, set: Ref, other: Ref) -> Result {
    let mut disjoint = true;
    each(thread, other, |item| {
        let hash = item_hash(thread, item.borrow())?;
        disjoint = !of(set).contains(thread, item.borrow(), hash)?;
        Ok(disjoint)
    })?;
    Ok(boolean(disjoint))
}

fn within(thread: &Thread, inner: Ref<PySet>, outer: Ref<PySet>) -> Result<bool> {
    if inner.len() > outer.len() {
        return Ok(false);
    }
    for (hash, item) in inner.items() {
        if !outer.contains(thread, item.borrow(), hash)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn issubset(thread: &Thread, set: Ref, other: Ref) -> Result {
    let other = as_set(thread, set, other)?;
    within(thread, of(set), other.borrow()).map(boolean)
}

fn issuperset(thread: &Thread, set: Ref, other: Ref) -> Result {
    let mut all = true;
    each(thread, other, |item| {
        all = contains(thread, of(set), item.borrow())?;
        Ok(all)
    })?;
    Ok(boolean(all))
}

/// Sets compare by inclusion.
pub(crate) fn compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let Some(other) = right.downcast::<PySet>() else { return Ok(not_implemented().to_owned()) };
    let set = of(left);
    let result = match op {
        CompareOp::Eq => set.len() == other.len() && within(thread, set, other)?,
        CompareOp::Ne => set.len() != other.len() || !within(thread, set, other)?,
        CompareOp::Le => within(thread, set, other)?,
        CompareOp::Lt => set.len() < other.len() && within(thread, set, other)?,
        CompareOp::Ge => within(thread, other, set)?,
        CompareOp::Gt => other.len() < set.len() && within(thread, other, set)?,
    };
    Ok(boolean(result))
}

macro_rules! operators {
    ($($name:ident, $inplace:ident: $method:expr, $update:expr;)*) => {
        $(pub(crate) fn $name(thread: &Thread, left: Ref, right: Ref) -> Result {
            if is_set(left) && is_set(right) { $method(thread, left, right) } else { Ok(not_implemented().to_owned()) }
        }

        pub(crate) fn $inplace(thread: &Thread, left: Ref, right: Ref) -> Result {
            if !is_set(right) {
                return Ok(not_implemented().to_owned());
            }
            $update(thread, left, right)?;
            Ok(left.to_owned())
        })*
    };
}

operators! {
    subtract, inplace_subtract:
        |thread, left, right| differ(thread, left, right).map(Owned::upcast),
        |thread, left, right| subtract_from(thread, of(left), right);
    and, inplace_and:
        |thread, left, right| intersect(thread, left, right).map(Owned::upcast),
        |thread, left, right: Ref| intersection_update(thread, left, &[right]);
    xor, inplace_xor: symmetric_difference, symmetric_difference_update;
    or, inplace_or:
        |thread, left, right: Ref| union(thread, left, &[right]),
        update;
}
