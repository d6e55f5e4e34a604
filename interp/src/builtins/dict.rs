//! Methods of dict.

use super::args::positional;
use super::support::{call, each, none, raise, type_name};
use super::views;
use crate::object::*;
use crate::runtime::dict::{self, update_from};
use crate::runtime::{error, exceptions, object, types};

pub(crate) static METHODS: &[MethodDef] = &[
    MethodDef::fast("get", get),
    MethodDef::fast("setdefault", setdefault),
    MethodDef::fast("pop", pop),
    MethodDef::no_args("popitem", popitem),
    MethodDef::no_args("keys", views::keys),
    MethodDef::no_args("items", views::items),
    MethodDef::no_args("values", views::values),
    MethodDef::keywords("update", update),
    MethodDef::fast("fromkeys", fromkeys).of_class(),
    MethodDef::no_args("clear", clear),
    MethodDef::no_args("copy", copy),
    MethodDef::no_args("__reversed__", views::reversed_keys),
];

fn of(object: Ref) -> Ref<PyDict> {
    object.cast()
}

fn get(thread: &Thread, dict: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "get", arguments.len(), 1, 2)?;
    match of(dict).get(thread, arguments[0])? {
        Some(value) => Ok(value.to_owned()),
        None => Ok(arguments.get(1).map_or_else(none, |&default| default.to_owned())),
    }
}

fn setdefault(thread: &Thread, dict: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "setdefault", arguments.len(), 1, 2)?;
    let default = arguments.get(1).map_or_else(none, |&default| default.to_owned());
    of(dict).set_default(thread, arguments[0], default).map(|(value, _)| value)
}

fn pop(thread: &Thread, dict: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "pop", arguments.len(), 1, 2)?;
    match (of(dict).pop(thread, arguments[0])?, arguments.get(1)) {
        (Some(value), _) => Ok(value),
        (None, Some(&default)) => Ok(default.to_owned()),
        (None, None) => Err(error::key_error(thread, arguments[0])),
    }
}

fn popitem(thread: &Thread, dict: Ref) -> Result {
    match of(dict).pop_last() {
        Some((key, value)) => Ok(PyTuple::from_array([key, value]).upcast()),
        None => Err(raise(thread, exceptions::key_error(), "popitem(): dictionary is empty")),
    }
}

fn clear(_: &Thread, dict: Ref) -> Result {
    of(dict).clear();
    Ok(none())
}

fn copy(_: &Thread, dict: Ref) -> Result {
    Ok(of(dict).copy().upcast())
}

fn fromkeys(thread: &Thread, class: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "fromkeys", arguments.len(), 1, 2)?;
    let value = arguments.get(1).map_or_else(none, |&value| value.to_owned());
    let dict = call(thread, class, &[])?;
    if let Some(own) = dict.borrow().downcast::<PyDict>().filter(|own| own.is_exact(types::dict()) && own.is_empty()) {
        fill_keys(thread, own, arguments[0], value)?;
        return Ok(dict);
    }
    each(thread, arguments[0], |key| {
        object::set_item(thread, dict.borrow(), key.borrow(), value.borrow())?;
        Ok(true)
    })?;
    Ok(dict)
}

/// Puts the items of an iterable under a value into a new dict; the hashes that dicts and sets keep are not computed anew.
fn fill_keys(thread: &Thread, dict: Ref<PyDict>, keys: Ref, value: Owned) -> Result<()> {
    if let Some(other) = keys.downcast::<PyDict>().filter(|_| keys.is_exact(types::dict())) {
        return dict::each_entry(thread, other, |hash, key, _| dict.set_hashed(thread, key, hash, value.clone()));
    }
    if let Some(set) = keys.downcast::<PySet>() {
        return set.items().into_iter().try_for_each(|(hash, key)| dict.set_hashed(thread, key, hash, value.clone()));
    }
    each(thread, keys, |key| dict::set_item_owned(thread, dict, key, value.clone()).map(|()| true))
}

fn update(thread: &Thread, dict: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    let count = arguments.len() - names.map_or(0, |names| names.len());
    positional(thread, "update", count, 0, 1)?;
    if count == 1 {
        update_from(thread, of(dict), arguments[0])?;
    }
    for (name, &value) in names.into_iter().flat_map(|names| names.iter()).zip(&arguments[count..]) {
        of(dict).set(thread, name, value.to_owned())?;
    }
    Ok(none())
}

/// `dict.__init__`.
pub(crate) fn init(thread: &Thread, dict: Ref, arguments: Ref<PyTuple>, keywords: Option<Ref<PyDict>>) -> Result<()> {
    positional(thread, &type_name(dict), arguments.len(), 0, 1)?;
    if let Some(from) = arguments.get(0) {
        update_from(thread, of(dict), from)?;
    }
    match keywords {
        Some(keywords) => update_from(thread, of(dict), keywords.upcast()),
        None => Ok(()),
    }
}
