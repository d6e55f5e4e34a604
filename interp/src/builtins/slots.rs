//! The slots of bool, bytes, dict and the singletons.

use super::support::{boolean, same};
use super::{construct, dict as methods, repr, views};
use crate::object::*;
use crate::runtime::{error, object, types};

/// `list`: what is not sequence protocol.
#[allow(clippy::declare_interior_mutable_const)]
const LIST: Slots =
    Slots { repr: slot(repr::list), init: slot(construct::list_init), new: slot(construct::list_new), ..Slots::NONE };

/// `tuple`, as above.
#[allow(clippy::declare_interior_mutable_const)]
const TUPLE: Slots = Slots { repr: slot(repr::tuple), new: slot(construct::tuple_new), ..Slots::NONE };

#[allow(clippy::declare_interior_mutable_const)]
const RANGE: Slots = Slots { repr: slot(repr::range), new: slot(construct::range_new), ..Slots::NONE };

#[allow(clippy::declare_interior_mutable_const)]
const SLICE: Slots = Slots { repr: slot(repr::slice), new: slot(construct::slice_new), ..Slots::NONE };

#[allow(clippy::declare_interior_mutable_const)]
const INT: Slots = Slots { repr: slot(repr::int), new: slot(construct::int_new), ..Slots::NONE };

#[allow(clippy::declare_interior_mutable_const)]
const FLOAT: Slots = Slots { repr: slot(repr::float), new: slot(construct::float_new), ..Slots::NONE };

#[allow(clippy::declare_interior_mutable_const)]
const STR: Slots =
    Slots { repr: slot(repr::str), str: slot(repr::str_of_str), new: slot(construct::str_new), ..Slots::NONE };

/// Gives the basic types what they do not have on their own yet: slots of this module and methods. Before the types are
/// made ready, so that what extends them inherits.
pub(crate) fn prepare() {
    let fill = |ty: Ref<PyType>, slots: Slots| ty.slots.inherit(&slots);
    fill(types::list(), LIST);
    fill(types::tuple(), TUPLE);
    fill(types::dict(), DICT);
    fill(types::range(), RANGE);
    fill(types::slice(), SLICE);
    fill(types::int(), INT);
    fill(types::float(), FLOAT);
    fill(types::str(), STR);
    fill(types::bool_(), BOOL);
    fill(none_object().ty(), NONE);
    fill(not_implemented().ty(), SINGLETON);
    fill(ellipsis().ty(), SINGLETON);
}

/// Puts the methods into the types' dicts, where they are not yet.
pub(crate) fn attach(thread: &Thread) {
    let tables = [
        (types::list(), super::list::METHODS),
        (types::tuple(), super::tuple::METHODS),
        (types::dict(), methods::METHODS),
        (types::str(), super::str::METHODS),
        (types::int(), super::number::INT_METHODS),
        (types::float(), super::number::FLOAT_METHODS),
        (types::object(), super::format::OBJECT_METHODS),
    ];
    for (ty, table) in tables.into_iter().chain(super::extras::tables()) {
        let Some(dict) = ty.dict.get() else { continue };
        for def in table {
            let name = thread.state.interned.intern(PyStr::new(def.name));
            if dict.get_str(name).is_some() {
                continue;
            }
            let descriptor = match def.binding {
                Binding::Class => types::classmethod_descriptor(),
                _ => types::method_descriptor(),
            };
            dict.set_str(name, PyMethodDescr::new(descriptor, ty, def).upcast());
        }
        types::modified(ty);
    }
}

/// `bool`: the rest is int's.
#[allow(clippy::declare_interior_mutable_const)]
pub(crate) const BOOL: Slots = Slots {
    repr: slot(repr::bool_),
    new: slot(construct::bool_new),
    nb_invert: slot(|thread, value| {
        crate::runtime::warn::deprecated(thread, INVERTED_BOOL)?;
        match types::int().slots.nb_invert.get() {
            Some(invert) => invert(thread, value),
            None => Ok(not_implemented().to_owned()),
        }
    }),
    nb_and: slot(|thread, a, b| logical(thread, a, b, |a, b| a & b, |slots| &slots.nb_and)),
    nb_or: slot(|thread, a, b| logical(thread, a, b, |a, b| a | b, |slots| &slots.nb_or)),
    nb_xor: slot(|thread, a, b| logical(thread, a, b, |a, b| a ^ b, |slots| &slots.nb_xor)),
    ..Slots::NONE
};

const INVERTED_BOOL: &str = "Bitwise inversion '~' on bool is deprecated and will be removed in Python 3.16. This returns the \
    bitwise inversion of the underlying int object and is usually not what you expect from negating a bool. Use the 'not' \
    operator for boolean negation or ~int(x) if you really want the bitwise inversion of the underlying int.";

type BinarySlot = std::cell::Cell<Option<crate::object::slots::Binary>>;

/// Two bools give a bool, else int's operator answers.
fn logical(
    thread: &Thread,
    left: Ref,
    right: Ref,
    of_bools: fn(bool, bool) -> bool,
    of_ints: fn(&Slots) -> &BinarySlot,
) -> Result {
    if left.is_exact(types::bool_()) && right.is_exact(types::bool_()) {
        return Ok(boolean(of_bools(left.is(true_object()), right.is(true_object()))));
    }
    match of_ints(&types::int().slots).get() {
        Some(operator) => operator(thread, left, right),
        None => Ok(not_implemented().to_owned()),
    }
}

/// `NotImplemented` and `Ellipsis`.
#[allow(clippy::declare_interior_mutable_const)]
pub(crate) const SINGLETON: Slots = Slots { repr: slot(repr::singleton), ..Slots::NONE };

/// `None`: false.
#[allow(clippy::declare_interior_mutable_const)]
pub(crate) const NONE: Slots = Slots { nb_bool: slot(never), ..SINGLETON };

fn never(_: &Thread, _: Ref) -> Result<bool> {
    Ok(false)
}

/// `dict`.
#[allow(clippy::declare_interior_mutable_const)]
pub(crate) const DICT: Slots = Slots {
    repr: slot(repr::dict),
    hash: slot(object::no_hash),
    richcompare: slot(compare),
    iter: slot(views::iterate_dict),
    init: slot(methods::init),
    new: slot(construct::dict_new),
    nb_or: slot(or),
    nb_inplace_or: slot(inplace_or),
    sq_length: slot(length),
    sq_contains: slot(contains),
    mp_length: slot(length),
    mp_subscript: slot(subscript),
    mp_ass_subscript: slot(set_subscript),
    ..Slots::NONE
};

fn of(object: Ref) -> Ref<PyDict> {
    object.cast()
}

fn length(_: &Thread, dict: Ref) -> Result<isize> {
    Ok(of(dict).len() as isize)
}

fn contains(thread: &Thread, dict: Ref, key: Ref) -> Result<bool> {
    of(dict).contains(thread, key)
}

fn subscript(thread: &Thread, dict: Ref, key: Ref) -> Result {
    if let Some(value) = of(dict).get(thread, key)? {
        return Ok(value.to_owned());
    }
    if !dict.is_exact(types::dict())
        && let Some(value) = crate::builtins::support::special(thread, dict, "__missing__", &[key])?
    {
        return Ok(value);
    }
    Err(error::key_error(thread, key))
}

fn set_subscript(thread: &Thread, dict: Ref, key: Ref, value: Option<Ref>) -> Result<()> {
    match value {
        Some(value) => of(dict).set(thread, key, value.to_owned()),
        None => of(dict).delete(thread, key),
    }
}

fn equal(thread: &Thread, left: Ref<PyDict>, right: Ref<PyDict>) -> Result<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (key, value) in left.items() {
        let Some(other) = right.get(thread, key.borrow())?.map(Ref::to_owned) else { return Ok(false) };
        if !same(thread, value.borrow(), other.borrow())? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    match (right.downcast::<PyDict>(), op) {
        (Some(right), CompareOp::Eq | CompareOp::Ne) => {
            equal(thread, of(left), right).map(|equal| boolean(equal == (op == CompareOp::Eq)))
        }
        _ => Ok(not_implemented().to_owned()),
    }
}

fn or(thread: &Thread, left: Ref, right: Ref) -> Result {
    if left.downcast::<PyDict>().is_none() || right.downcast::<PyDict>().is_none() {
        return Ok(not_implemented().to_owned());
    }
    let merged = of(left).copy();
    crate::runtime::dict::update_from(thread, merged.borrow(), right)?;
    Ok(merged.upcast())
}

fn inplace_or(thread: &Thread, dict: Ref, other: Ref) -> Result {
    crate::runtime::dict::update_from(thread, of(dict), other)?;
    Ok(dict.to_owned())
}
