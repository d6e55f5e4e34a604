//! `collections.defaultdict`: a class that extends dict, made when `_collections` is imported.

use super::put;
use crate::object::*;
use crate::runtime::{attr, call, error, names, object, types};

const FACTORY: &str = "default_factory";

static METHODS: &[MethodDef] = &[
    MethodDef::keywords("__init__", init),
    MethodDef::one("__missing__", missing),
    MethodDef::no_args("__repr__", repr),
    MethodDef::no_args("copy", copy),
    MethodDef::no_args("__copy__", copy),
    MethodDef::no_args("__reduce__", reduce),
    MethodDef::one("__or__", |thread, own, other| {
        if !types::is_dict(own) || !types::is_dict(other) {
            return Ok(not_implemented().to_owned());
        }
        let made = copy(thread, own)?;
        object::call_method(thread, made.borrow(), names::update(), &[other])?;
        Ok(made)
    }),
    MethodDef::one("__ror__", |thread, own, other| {
        if !types::is_dict(own) || !types::is_dict(other) {
            return Ok(not_implemented().to_owned());
        }
        let made = call::with(thread, own.ty().upcast(), &[factory(thread, own)?.borrow(), other])?;
        object::call_method(thread, made.borrow(), names::update(), &[own])?;
        Ok(made)
    }),
    MethodDef::one("__class_getitem__", super::generic_alias).of_class(),
];

/// Makes the class.
pub(super) fn class(thread: &Thread) -> Result {
    let namespace = PyDict::new();
    put(namespace.borrow(), "__module__", PyStr::new("collections").upcast());
    let slots = PyTuple::from_array([PyStr::new(FACTORY).upcast()]);
    put(namespace.borrow(), "__slots__", slots.upcast());
    let bases = PyTuple::from_refs(&[types::dict().upcast()]);
    let name = PyStr::new("defaultdict");
    let arguments = [name.borrow().upcast(), bases.borrow().upcast(), namespace.borrow().upcast()];
    let made = call::with(thread, types::type_().upcast(), &arguments)?;
    let class: Ref<PyType> = made.borrow().cast();
    let name = thread.state.interned.intern(PyStr::new(FACTORY));
    let slot = class.dict.get().and_then(|dict| dict.get_str(name)).and_then(|slot| slot.downcast::<PyMember>());
    if let Some(slot) = slot {
        put(class.dict.get().known(), FACTORY, slot.or_none().upcast());
    }
    for def in METHODS {
        let kind = match def.binding {
            Binding::Class => types::classmethod_descriptor(),
            _ => types::method_descriptor(),
        };
        let descriptor = PyMethodDescr::new(kind, class, def).upcast();
        attr::set_attr(thread, made.borrow(), thread.state.interned.intern(PyStr::new(def.name)), descriptor.borrow())?;
    }
    Ok(made)
}

/// The factory, None if there is none.
fn factory(thread: &Thread, own: Ref) -> Result {
    let found = object::get_optional_attr(thread, own, thread.state.interned.intern(PyStr::new(FACTORY)))?;
    Ok(found.unwrap_or_else(object::new_none))
}

fn init(thread: &Thread, own: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let positional = arguments.len() - keywords.map_or(0, Ref::<PyTuple>::len);
    let given = (positional > 0).then(|| arguments[0]);
    if let Some(given) = given
        && !object::is_none(given)
        && !types::is_callable(given)
    {
        return Err(error::type_error(thread, "first argument must be callable or None"));
    }
    let name = thread.state.interned.intern(PyStr::new(FACTORY));
    attr::set_attr(thread, own, name, given.unwrap_or(none_object()))?;
    let rest = if positional > 0 { &arguments[1..] } else { arguments };
    let base = object::get_attr(thread, types::dict().upcast(), names::init())?;
    let mut all = vec![own];
    all.extend_from_slice(rest);
    call::vector(thread, base.borrow(), &all, keywords)
}

fn missing(thread: &Thread, own: Ref, key: Ref) -> Result {
    let factory = factory(thread, own)?;
    if object::is_none(factory.borrow()) {
        return Err(error::key_error(thread, key));
    }
    let value = call::no_args(thread, factory.borrow())?;
    // What the factory itself has put there stays.
    own.cast::<PyDict>().set_default(thread, key, value).map(|(value, _)| value)
}

fn repr(thread: &Thread, own: Ref) -> Result {
    let base = object::get_attr(thread, types::dict().upcast(), PyStr::new("__repr__").borrow())?;
    let shown = call::with(thread, base.borrow(), &[own])?;
    let shown = object::str_text(thread, shown.borrow())?;
    let factory = factory(thread, own)?;
    let factory = match crate::builtins::repr::Showing::enter(factory.borrow()) {
        Some(_showing) => object::repr_checked(thread, factory.borrow())?,
        None => "...".to_owned(),
    };
    Ok(PyStr::new(&format!("{}({factory}, {shown})", types::short_name(own.ty()))).upcast())
}

fn copy(thread: &Thread, own: Ref) -> Result {
    call::with(thread, own.ty().upcast(), &[factory(thread, own)?.borrow(), own])
}

fn reduce(thread: &Thread, own: Ref) -> Result {
    let factory = factory(thread, own)?;
    let arguments =
        if object::is_none(factory.borrow()) { PyTuple::empty().to_owned() } else { PyTuple::from_array([factory]) };
    let items = object::call_method(thread, own, PyStr::new("items").borrow(), &[])?;
    let iterator = object::get_iter(thread, items.borrow())?;
    let parts = [own.ty().to_owned().upcast(), arguments.upcast(), object::new_none(), object::new_none(), iterator];
    Ok(PyTuple::from_array(parts).upcast())
}
