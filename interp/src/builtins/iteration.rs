//! Builtins about iteration and order: `len`, `iter`, `next`, `all`, `any`, `min`, `max`, `sorted`.

use super::args::{Parameters, positional};
use super::support::{boolean, call, collect, compare, each, int, iter, type_error, type_name, value_error};
use crate::object::*;
use crate::runtime::{exceptions, object};

/// `len(obj)`.
pub(crate) fn len(thread: &Thread, _: Ref, object: Ref) -> Result {
    object::length(thread, object).map(|length| int(length as i64))
}

/// `iter(object)` and `iter(callable, sentinel)`.
pub(crate) fn iter_of(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "iter", arguments.len(), 1, 2)?;
    let Some(&sentinel) = arguments.get(1) else { return iter(thread, arguments[0]) };
    if !is_callable(arguments[0]) {
        return Err(type_error(thread, "iter(v, w): v must be callable"));
    }
    Ok(PyCallableIter::new(arguments[0].to_owned(), sentinel.to_owned()).upcast())
}

pub(crate) fn is_callable(object: Ref) -> bool {
    let slots = &object.ty().slots;
    slots.call.get().is_some() || slots.vectorcall.get().is_some()
}

/// `callable(obj)`.
pub(crate) fn callable(_: &Thread, _: Ref, object: Ref) -> Result {
    Ok(boolean(is_callable(object)))
}

/// `next(iterator[, default])`.
pub(crate) fn next_of(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "next", arguments.len(), 1, 2)?;
    let iterator = arguments[0];
    let Some(iternext) = iterator.ty().slots.iternext.get() else {
        return Err(type_error(thread, &format!("'{}' object is not an iterator", type_name(iterator))));
    };
    if let Some(item) = iternext(thread, iterator) {
        return Ok(item);
    }
    // A StopIteration that is set already (with a generator's value) is the one to raise.
    let raised = thread.exception();
    let ended = raised.is_none_or(|raised| raised.ty().is_subtype(exceptions::stop_iteration()));
    match arguments.get(1) {
        Some(&default) if ended => {
            thread.clear_exception();
            Ok(default.to_owned())
        }
        _ if raised.is_some() => Err(crate::exit::Raised),
        _ => Err(crate::runtime::error::stop_iteration(thread, None)),
    }
}

/// `all(iterable)`.
pub(crate) fn all(thread: &Thread, _: Ref, iterable: Ref) -> Result {
    let mut result = true;
    each(thread, iterable, |item| {
        result = object::is_truthy(thread, item.borrow())?;
        Ok(result)
    })?;
    Ok(boolean(result))
}

/// `any(iterable)`.
pub(crate) fn any(thread: &Thread, _: Ref, iterable: Ref) -> Result {
    let mut result = false;
    each(thread, iterable, |item| {
        result = object::is_truthy(thread, item.borrow())?;
        Ok(!result)
    })?;
    Ok(boolean(result))
}

/// `min`.
pub(crate) fn min(thread: &Thread, _: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    extreme(thread, "min", CompareOp::Lt, arguments, names)
}

/// `max`.
pub(crate) fn max(thread: &Thread, _: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    extreme(thread, "max", CompareOp::Gt, arguments, names)
}

fn extreme(
    thread: &Thread,
    name: &'static str,
    op: CompareOp,
    arguments: &[Ref],
    names: Option<Ref<PyTuple>>,
) -> Result {
    let count = arguments.len() - names.map_or(0, |names| names.len());
    let (values, named) = arguments.split_at(count);
    if values.is_empty() {
        positional(thread, name, 0, 1, usize::MAX)?;
    }
    let parameters = Parameters { function: name, names: &["key", "default"], required: 0, positional: 0 };
    let [key, default] = parameters.bind::<2>(thread, named, names)?;
    let key = key.filter(|key| !key.is(none_object()));
    if values.len() > 1 && default.is_some() {
        let message = format!("Cannot specify a default for {name}() with multiple positional arguments");
        return Err(type_error(thread, &message));
    }
    let mut best: Option<(Owned, Owned)> = None;
    let mut offer = |item: Owned| {
        let rank = match key {
            Some(key) => call(thread, key, &[item.borrow()])?,
            None => item.clone(),
        };
        let better = match &best {
            None => true,
            Some((_, top)) => compare(thread, rank.borrow(), top.borrow(), op)?,
        };
        if better {
            drop(best.replace((item, rank)));
        }
        Ok(true)
    };
    if let [iterable] = values {
        each(thread, *iterable, offer)?;
    } else {
        for &value in values {
            offer(value.to_owned())?;
        }
    }
    match (best, default) {
        (Some((item, _)), _) => Ok(item),
        (None, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(value_error(thread, &format!("{name}() iterable argument is empty"))),
    }
}

/// `sorted(iterable, /, *, key=None, reverse=False)`.
pub(crate) fn sorted(thread: &Thread, _: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    let count = arguments.len() - names.map_or(0, |names| names.len());
    let (values, named) = arguments.split_at(count);
    positional(thread, "sorted", values.len(), 1, 1)?;
    let list = PyList::new(collect(thread, values[0])?);
    super::list::sort(thread, list.borrow().upcast(), named, names)?;
    Ok(list.upcast())
}
