//! Mapping and class patterns (`_PyEval_MatchKeys`, `_PyEval_MatchClass`, `Python/ceval.c`).

use super::args::Args;
use super::{call, error, names, object, set, types};
use crate::object::types::flags;
use crate::object::*;

/// The values of a mapping pattern's keys as a tuple, or None where a key is absent.
///
/// `get` with a default is used, because it asks once and does not call `__missing__`.
pub(crate) fn keys(thread: &Thread, subject: Ref, keys: Ref) -> Result {
    let keys: Ref<PyTuple> = keys.cast();
    if keys.is_empty() {
        return Ok(PyTuple::empty().to_owned().upcast());
    }
    let get = object::get_attr(thread, subject, names::get_name())?;
    let seen = set::new(thread, None)?;
    let absent = call::call(thread, types::object().upcast(), PyTuple::empty(), None)?;
    let mut values = Vec::with_capacity(keys.len());
    for key in keys.iter() {
        if !first_time(thread, seen.borrow(), key)? {
            let raised = error::format(thread, super::exceptions::value_error(), DUPLICATE_KEY, &[key.into()]);
            return Err(raised);
        }
        let args = Args::of(&[key, absent.borrow()]);
        let value = call::vectorcall(thread, get.borrow(), args, 2, None)?;
        if value.borrow().is(absent.borrow()) {
            return Ok(object::new_none());
        }
        values.push(value);
    }
    Ok(PyTuple::from_vec(values).upcast())
}

const DUPLICATE_KEY: &str = "mapping pattern checks duplicate key (%R)";

/// The attributes that a class pattern's sub-patterns want, as a tuple; `None` where the subject does not match, or with
/// an exception set.
pub(crate) fn class(thread: &Thread, subject: Ref, class: Ref, count: isize, keywords: Ref) -> Option<Owned> {
    attributes(thread, subject, class, count as usize, keywords.cast()).ok().flatten()
}

fn attributes(
    thread: &Thread,
    subject: Ref,
    class: Ref,
    count: usize,
    keywords: Ref<PyTuple>,
) -> Result<Option<Owned>> {
    let Some(ty) = class.downcast::<PyType>() else {
        return Err(error::type_error(thread, "called match pattern must be a class"));
    };
    if !object::is_instance(thread, subject, class)? {
        return Ok(None);
    }
    let seen = set::new(thread, None)?;
    let mut found = Vec::with_capacity(count + keywords.len());
    if count > 0 {
        let names = object::get_optional_attr(thread, class, names::match_args())?;
        let match_self = names.is_none() && ty.has_feature(flags::MATCH_SELF);
        let names = positional_names(thread, ty, names)?;
        check_count(thread, ty, if match_self { 1 } else { names.borrow().len() }, count)?;
        if match_self {
            found.push(subject.to_owned());
        } else {
            for name in names.borrow().iter().take(count) {
                if !name.is_exact(types::str()) {
                    let ty = name.ty();
                    return Err(error::type_error(
                        thread,
                        format_args!("__match_args__ elements must be strings (got {})", ty.name()),
                    ));
                }
                let Some(value) = attribute(thread, subject, ty, name.cast(), seen.borrow())? else { return Ok(None) };
                found.push(value);
            }
        }
    }
    for name in keywords.iter() {
        let Some(value) = attribute(thread, subject, ty, name.cast(), seen.borrow())? else { return Ok(None) };
        found.push(value);
    }
    Ok(Some(PyTuple::from_vec(found).upcast()))
}

fn positional_names(thread: &Thread, ty: Ref<PyType>, names: Option<Owned>) -> Result<Owned<PyTuple>> {
    let Some(names) = names else { return Ok(PyTuple::empty().to_owned()) };
    if names.borrow().is_exact(types::tuple()) {
        return Ok(names.cast());
    }
    let got = names.borrow().ty();
    Err(error::type_error(thread, format_args!("{}.__match_args__ must be a tuple (got {})", ty.name(), got.name())))
}

fn check_count(thread: &Thread, ty: Ref<PyType>, allowed: usize, given: usize) -> Result<()> {
    if given <= allowed {
        return Ok(());
    }
    let plural = if allowed == 1 { "" } else { "s" };
    Err(error::type_error(
        thread,
        format_args!("{}() accepts {allowed} positional sub-pattern{plural} ({given} given)", ty.name()),
    ))
}

/// One attribute; `None` if the subject does not have it.
fn attribute(
    thread: &Thread,
    subject: Ref,
    ty: Ref<PyType>,
    name: Ref<PyStr>,
    seen: Ref<PySet>,
) -> Result<Option<Owned>> {
    if !first_time(thread, seen, name.upcast())? {
        let message = format!("{}() got multiple sub-patterns for attribute %R", ty.name());
        return Err(error::format(thread, super::exceptions::type_error(), &message, &[name.into()]));
    }
    object::get_optional_attr(thread, subject, name)
}

fn first_time(thread: &Thread, seen: Ref<PySet>, key: Ref) -> Result<bool> {
    if set::contains(thread, seen, key)? {
        return Ok(false);
    }
    set::add_owned(thread, seen, key.to_owned())?;
    Ok(true)
}
