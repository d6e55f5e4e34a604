//! set and frozenset: the types, and what bodies do with them (`Objects/setobject.c`). Methods are in
//! `crate::builtins::set`.

use super::{exceptions, object, types};
use crate::builtins;
use crate::exit::Raised;
use crate::object::types::flags;
use crate::object::*;

/// What set and frozenset have in common.
#[allow(clippy::declare_interior_mutable_const)]
const SHARED: Slots = Slots {
    repr: slot(builtins::set::repr),
    richcompare: slot(builtins::set::compare),
    iter: slot(iterate),
    new: slot(builtins::set::new),
    nb_subtract: slot(builtins::set::subtract),
    nb_and: slot(builtins::set::and),
    nb_xor: slot(builtins::set::xor),
    nb_or: slot(builtins::set::or),
    sq_length: slot(length),
    sq_contains: slot(has),
    ..Slots::NONE
};

/// `set`.
pub(crate) static TYPE: PyType = PyType::container::<PySet>(TypeSpec {
    name: "set",
    flags: flags::BASETYPE | flags::HAVE_GC | flags::MATCH_SELF,
    base: Some(&super::object::TYPE),
    slots: Slots {
        init: slot(builtins::set::init),
        nb_inplace_subtract: slot(builtins::set::inplace_subtract),
        nb_inplace_and: slot(builtins::set::inplace_and),
        nb_inplace_xor: slot(builtins::set::inplace_xor),
        nb_inplace_or: slot(builtins::set::inplace_or),
        ..SHARED
    },
    methods: builtins::set::METHODS,
    ..TypeSpec::EMPTY
});

/// `frozenset`.
pub(crate) static FROZEN_TYPE: PyType = PyType::container::<PySet>(TypeSpec {
    name: "frozenset",
    flags: flags::BASETYPE | flags::HAVE_GC | flags::MATCH_SELF,
    base: Some(&super::object::TYPE),
    slots: Slots { hash: slot(frozen_hash), ..SHARED },
    methods: builtins::set::FROZEN_METHODS,
    ..TypeSpec::EMPTY
});

/// Iterator over a set: the set with the number of its items, and a position in its table.
pub(crate) static ITERATOR_TYPE: PyType = PyType::container::<PyAnySeqIter>(TypeSpec {
    name: "set_iterator",
    flags: flags::HAVE_GC | flags::DISALLOW_INSTANTIATION,
    base: Some(&super::object::TYPE),
    slots: Slots { iter: slot(itself), iternext: slot(next), ..Slots::NONE },
    ..TypeSpec::EMPTY
});

fn of(object: Ref) -> Ref<PySet> {
    object.cast()
}

/// Whether the object is a set or frozenset.
pub(crate) fn is_any_set(object: Ref) -> bool {
    object.downcast::<PySet>().is_some()
}

/// The hash of what is to be an item or is looked for; the message of an unhashable one names the set.
pub(crate) fn item_hash(thread: &Thread, item: Ref) -> Result<isize> {
    object::hash(thread, item).map_err(|raised| {
        let unhashable = thread.exception().filter(|raised| raised.is_exact(exceptions::type_error()));
        let Some(exception) = unhashable.and_then(|raised| raised.downcast::<PyBaseException>()) else {
            return raised;
        };
        let why = exception.args.get().get(0).and_then(|why| why.downcast::<PyStr>());
        let why = why.map_or_else(String::new, |why| why.to_string_lossy());
        let message = format!("cannot use '{}' as a set element ({why})", item.ty().name());
        let cause = thread.take_exception();
        let error = super::error::set_string(thread, exceptions::type_error(), &message);
        drop(cause);
        error
    })
}

/// A set of the items of an iterable (`PySet_New`).
pub(crate) fn new(thread: &Thread, iterable: Option<Ref>) -> Result<Owned<PySet>> {
    let set = PySet::new(types::set());
    if let Some(iterable) = iterable {
        update(thread, set.borrow().upcast(), iterable)?;
    }
    Ok(set)
}

/// `_PySet_AddTakeRef`.
pub(crate) fn add_owned(thread: &Thread, set: Ref<PySet>, item: Owned) -> Result<()> {
    let hash = item_hash(thread, item.borrow())?;
    set.add(thread, item, hash).map(drop)
}

/// `_PySet_Contains`: a set without a hash is looked for as the frozenset that equals it.
pub(crate) fn contains(thread: &Thread, set: Ref<PySet>, item: Ref) -> Result<bool> {
    let (key, hash) = lookup_key(thread, item)?;
    set.contains(thread, key.borrow(), hash)
}

/// What an item is looked up by, and its hash: itself, or for a set without a hash a frozenset of its items.
pub(crate) fn lookup_key(thread: &Thread, item: Ref) -> Result<(Owned, isize)> {
    let Some(set) = item.downcast::<PySet>() else {
        return item_hash(thread, item).map(|hash| (item.to_owned(), hash));
    };
    match item_hash(thread, item) {
        Ok(hash) => Ok((item.to_owned(), hash)),
        Err(_) if super::error::is_set_to(thread, exceptions::type_error()) => {
            thread.clear_exception();
            let frozen = PySet::new(types::frozenset());
            frozen.begin_merge(&set);
            let hash = frozen_hash(thread, frozen.borrow().upcast())?;
            Ok((frozen.upcast(), hash))
        }
        Err(raised) => Err(raised),
    }
}

/// Adds all items of an iterable (`_PySet_Update`).
pub(crate) fn update(thread: &Thread, set: Ref, iterable: Ref) -> Result<()> {
    let set = of(set);
    if let Some(other) = iterable.downcast::<PySet>() {
        if other.is(set) || other.is_empty() || set.begin_merge(&other) {
            return Ok(());
        }
        for (hash, item) in other.items() {
            set.add(thread, item, hash)?;
        }
        return Ok(());
    }
    if let Some(dict) = iterable.downcast::<PyDict>().filter(|_| iterable.is_exact(types::dict())) {
        set.reserve_for_dict(dict.len());
        let mut position = 0;
        while let Some((hash, key, _)) = dict.next_hashed(&mut position) {
            set.add(thread, key.to_owned(), hash)?;
        }
        return Ok(());
    }
    builtins::each(thread, iterable, |item| add_owned(thread, set, item).map(|()| true))
}

fn itself(_: &Thread, iterator: Ref) -> Result {
    Ok(iterator.to_owned())
}

fn iterate(_: &Thread, set: Ref) -> Result {
    let over = PyTuple::from_array([set.to_owned(), PyInt::from_i64(of(set).len() as i64).upcast()]);
    Ok(PyAnySeqIter::with_type(types::set_iterator(), over.upcast(), 0).upcast())
}

fn next(thread: &Thread, iterator: Ref) -> Option<Owned> {
    let own = iterator.cast::<PyAnySeqIter>();
    let over: Owned<PyTuple> = own.sequence()?.to_owned().cast();
    let set = of(over.borrow().item(0));
    if over.borrow().item(1).cast::<PyInt>().as_i64() != Some(set.len() as i64) {
        let stuck = PyTuple::from_array([set.to_owned().upcast(), PyInt::from_i64(-1).upcast()]);
        own.set_sequence(Some(stuck.upcast()));
        let _: Raised =
            super::error::set_string(thread, exceptions::runtime_error(), "Set changed size during iteration");
        return None;
    }
    let mut position = own.index() as usize;
    let item = set.next(&mut position);
    own.set_index(position as isize);
    if item.is_none() {
        own.set_sequence(None);
    }
    item
}

fn length(_: &Thread, set: Ref) -> Result<isize> {
    Ok(of(set).len() as isize)
}

fn has(thread: &Thread, set: Ref, item: Ref) -> Result<bool> {
    contains(thread, of(set), item)
}

fn shuffle_bits(hash: u64) -> u64 {
    ((hash ^ 89_869_747) ^ (hash << 16)).wrapping_mul(3_644_798_167)
}

/// `frozenset_hash`: the same in whatever order the items lie.
fn frozen_hash(_: &Thread, set: Ref) -> Result<isize> {
    let set = of(set);
    if let Some(hash) = set.cached_hash() {
        return Ok(hash);
    }
    let mut hash = set.items().iter().fold(0, |hash, &(own, _)| hash ^ shuffle_bits(own as u64));
    hash ^= (set.len() as u64 + 1).wrapping_mul(1_927_868_237);
    hash ^= (hash >> 11) ^ (hash >> 25);
    let hash = match hash.wrapping_mul(69069).wrapping_add(907_133_923) as isize {
        -1 => 590_923_713,
        hash => hash,
    };
    set.cache_hash(hash);
    Ok(hash)
}
