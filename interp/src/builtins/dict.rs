//! Methods of dict.

use super::args::positional;
use super::support::{call, collect, each, iter, none, raise, type_error, type_name, value_error};
use super::views;
use crate::object::*;
use crate::runtime::{error, exceptions, object};

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
    crate::runtime::dict::key_hash(thread, arguments[0])?;
    match of(dict).get(thread, arguments[0])? {
        Some(value) => Ok(value.to_owned()),
        None => Ok(arguments.get(1).map_or_else(none, |&default| default.to_owned())),
    }
}

fn setdefault(thread: &Thread, dict: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "setdefault", arguments.len(), 1, 2)?;
    crate::runtime::dict::key_hash(thread, arguments[0])?;
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
    each(thread, arguments[0], |key| {
        object::set_item(thread, dict.borrow(), key.borrow(), value.borrow())?;
        Ok(true)
    })?;
    Ok(dict)
}

fn update(thread: &Thread, dict: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    let count = arguments.len() - names.map_or(0, |names| names.len());
    positional(thread, "update", count, 0, 1)?;
    if count == 1 {
        merge(thread, of(dict), arguments[0])?;
    }
    for (name, &value) in names.into_iter().flat_map(|names| names.iter()).zip(&arguments[count..]) {
        of(dict).set(thread, name, value.to_owned())?;
    }
    Ok(none())
}

/// Adds the entries of a mapping, or the pairs of an iterable (`dict_update_arg`).
pub(crate) fn merge(thread: &Thread, dict: Ref<PyDict>, from: Ref) -> Result<()> {
    if let Some(other) = from.downcast::<PyDict>() {
        if dict.fill_from(other) {
            return Ok(());
        }
        for (key, value) in other.items() {
            dict.set(thread, key.borrow(), value)?;
        }
        return Ok(());
    }
    let Some(keys) = object::get_optional_attr(thread, from, PyStr::new("keys").borrow())? else {
        return merge_pairs(thread, dict, from);
    };
    let keys = call(thread, keys.borrow(), &[])?;
    each(thread, keys.borrow(), |key| {
        let value = object::get_item(thread, from, key.borrow())?;
        dict.set(thread, key.borrow(), value)?;
        Ok(true)
    })
}

fn merge_pairs(thread: &Thread, dict: Ref<PyDict>, pairs: Ref) -> Result<()> {
    let mut at = 0;
    each(thread, pairs, |pair| {
        if pair.borrow().ty().slots.iter.get().is_none() && iter(thread, pair.borrow()).is_err() {
            thread.clear_exception();
            return Err(type_error(thread, "object is not iterable"));
        }
        let items = collect(thread, pair.borrow())?;
        let [key, value] = items.as_slice() else {
            let message = format!("dictionary update sequence element #{at} has length {}; 2 is required", items.len());
            return Err(value_error(thread, &message));
        };
        dict.set(thread, key.borrow(), value.clone())?;
        at += 1;
        Ok(true)
    })
}

/// `dict.__init__`.
pub(crate) fn init(thread: &Thread, dict: Ref, arguments: Ref<PyTuple>, keywords: Option<Ref<PyDict>>) -> Result<()> {
    positional(thread, &type_name(dict), arguments.len(), 0, 1)?;
    if let Some(from) = arguments.get(0) {
        merge(thread, of(dict), from)?;
    }
    match keywords {
        Some(keywords) => merge(thread, of(dict), keywords.upcast()),
        None => Ok(()),
    }
}
