//! `FrameLocalsProxy`: the variables of a function's frame as a mapping that writes through (PEP 667, `Objects/frameobject.c`).

use super::{call, error, exceptions, object, types};
use crate::object::code::kind;
use crate::object::types::flags;
use crate::object::*;

/// `FrameLocalsProxy`: a record of its frame object.
pub(crate) static TYPE: PyType = PyType::container::<PyRecord>(TypeSpec {
    name: "FrameLocalsProxy",
    flags: flags::HAVE_GC | flags::MAPPING,
    base: Some(&super::object::TYPE),
    slots: Slots {
        new: slot(construct),
        repr: slot(|thread, proxy| object::repr(thread, snapshot(thread, frame_of(proxy))?.borrow().upcast())),
        hash: slot(object::no_hash),
        iter: slot(|thread, proxy| object::get_iter(thread, keys(frame_of(proxy)).borrow().upcast())),
        richcompare: slot(compare),
        nb_or: slot(|thread, left, right| {
            let plain = |side: Ref| -> Result {
                match is_proxy(side) {
                    true => Ok(snapshot(thread, frame_of(side))?.upcast()),
                    false => Ok(side.to_owned()),
                }
            };
            super::number::or(thread, plain(left)?.borrow(), plain(right)?.borrow())
        }),
        nb_inplace_or: slot(|thread, proxy, other| {
            if other.downcast::<PyDict>().is_none() && !is_proxy(other) {
                return Ok(not_implemented().to_owned());
            }
            update(thread, proxy, other)?;
            Ok(proxy.to_owned())
        }),
        sq_contains: slot(|thread, proxy, key| Ok(find(thread, frame_of(proxy), key)?.is_some())),
        mp_length: slot(|_, proxy| Ok(keys(frame_of(proxy)).len() as isize)),
        mp_subscript: slot(|thread, proxy, key| match find(thread, frame_of(proxy), key)? {
            Some(value) => Ok(value),
            None => {
                let text = format!("local variable '{}' is not defined", object::repr_checked(thread, key)?);
                Err(error::set(thread, exceptions::key_error(), text))
            }
        }),
        mp_ass_subscript: slot(|thread, proxy, key, value| store(thread, frame_of(proxy), key, value)),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::no_args("keys", |_, proxy| Ok(keys(frame_of(proxy)).upcast())),
        MethodDef::no_args("values", |_, proxy| {
            Ok(PyList::new(items(frame_of(proxy)).into_iter().map(|(_, value)| value).collect()).upcast())
        }),
        MethodDef::no_args("items", |_, proxy| {
            let pairs =
                items(frame_of(proxy)).into_iter().map(|(key, value)| PyTuple::from_array([key, value]).upcast());
            Ok(PyList::new(pairs.collect()).upcast())
        }),
        MethodDef::no_args("copy", |thread, proxy| Ok(snapshot(thread, frame_of(proxy))?.upcast())),
        MethodDef::no_args("__reversed__", |thread, proxy| {
            let names = keys(frame_of(proxy));
            names.reverse();
            object::get_iter(thread, names.borrow().upcast())
        }),
        MethodDef::fast("get", |thread, proxy, arguments| {
            call::check_count(thread, "get", arguments.len(), 1, 2)?;
            let found = find(thread, frame_of(proxy), arguments[0])?;
            Ok(found
                .unwrap_or_else(|| arguments.get(1).map_or_else(object::new_none, |default| Ref::to_owned(*default))))
        }),
        MethodDef::fast("setdefault", |thread, proxy, arguments| {
            call::check_count(thread, "setdefault", arguments.len(), 1, 2)?;
            if let Some(found) = find(thread, frame_of(proxy), arguments[0])? {
                return Ok(found);
            }
            let default = arguments.get(1).copied().unwrap_or(none_object());
            store(thread, frame_of(proxy), arguments[0], Some(default))?;
            Ok(default.to_owned())
        }),
        MethodDef::fast("pop", pop),
        MethodDef::one("update", |thread, proxy, other| {
            update(thread, proxy, other)?;
            Ok(object::new_none())
        }),
    ],
    ..TypeSpec::EMPTY
});

const CANNOT_REMOVE: &str = "cannot remove local variables from FrameLocalsProxy";

/// A proxy of the frame.
pub(crate) fn new(frame: Ref<PyFrameObject>) -> Owned {
    PyRecord::new(Ref::from_static(&TYPE), [Some(frame.to_owned().upcast())]).upcast()
}

fn construct(thread: &Thread, _: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    call::no_keywords(thread, "FrameLocalsProxy", kwargs)?;
    if args.len() != 1 {
        let text = format!("FrameLocalsProxy expected 1 argument, got {}", args.len());
        return Err(error::type_error(thread, text));
    }
    match args.item(0).downcast::<PyFrameObject>() {
        Some(frame) => Ok(new(frame)),
        None => Err(error::type_error(thread, format_args!("expect frame, not {}", args.item(0).ty().name()))),
    }
}

fn is_proxy(object: Ref) -> bool {
    object.is_exact(Ref::from_static(&TYPE))
}

fn frame_of(proxy: Ref) -> Ref<PyFrameObject> {
    proxy.cast::<PyRecord>().field(0).get().known().cast()
}

/// The variable in a slot, looked for in its cell if it has one.
fn value_at(own: Ref<PyFrameObject>, index: usize) -> Option<Owned> {
    let frame = own.frame();
    let bits = frame.code().localspluskinds()[index];
    let value = frame.locals_plus().get(index as isize).as_option()?;
    match value.downcast::<PyCell>() {
        Some(cell) if bits & (kind::CELL | kind::FREE) != 0 => cell.contents().get().map(Ref::to_owned),
        _ => Some(value.to_owned()),
    }
}

/// The slot of a variable of this name. Of two of one name, a parameter and its cell, the one that is in use.
fn slot_of(own: Ref<PyFrameObject>, key: Ref) -> Option<usize> {
    let name = key.downcast::<PyStr>()?;
    let code = own.frame().code();
    let mut named = code.localsplusnames().iter().enumerate().filter(|(index, own)| {
        code.localspluskinds()[*index] & kind::HIDDEN == 0 && own.cast::<PyStr>().same_text(name)
    });
    named.next().map(|(index, _)| index)
}

fn check_key(thread: &Thread, key: Ref) -> Result<()> {
    object::hash(thread, key).map(drop)
}

/// The value of a variable, or of a name that was only ever set through a proxy.
fn find(thread: &Thread, own: Ref<PyFrameObject>, key: Ref) -> Result<Option<Owned>> {
    check_key(thread, key)?;
    if let Some(value) = slot_of(own, key).and_then(|index| value_at(own, index)) {
        return Ok(Some(value));
    }
    match own.extra_locals.get() {
        Some(extra) => object::optional_item(thread, extra.upcast(), key),
        None => Ok(None),
    }
}

fn store(thread: &Thread, own: Ref<PyFrameObject>, key: Ref, value: Option<Ref>) -> Result<()> {
    check_key(thread, key)?;
    if let Some(index) = slot_of(own, key) {
        return match value {
            Some(value) => {
                put(own, index, value);
                Ok(())
            }
            None => Err(error::value_error(thread, CANNOT_REMOVE)),
        };
    }
    let Some(value) = value else {
        return match own.extra_locals.get() {
            Some(extra) => object::del_item(thread, extra.upcast(), key),
            None => Err(error::key_error(thread, key)),
        };
    };
    if own.extra_locals.get().is_none() {
        own.extra_locals.set(Some(PyDict::new()));
    }
    own.extra_locals.get().known().set(thread, key, value.to_owned()).map(drop)
}

/// Sets a variable. The old value is kept with the frame object: the stack may borrow from the variable.
fn put(own: Ref<PyFrameObject>, index: usize, value: Ref) {
    let frame = own.frame();
    let bits = frame.code().localspluskinds()[index];
    let slots = frame.locals_plus();
    let held = slots.get(index as isize).as_option();
    if let Some(cell) = held.and_then(|held| held.downcast::<PyCell>())
        && bits & (kind::CELL | kind::FREE) != 0
    {
        cell.contents().set(Some(value.to_owned()));
        return;
    }
    let old = slots.replace(index as isize, StackRef::from_new(value));
    own.keep(old);
}

fn pop(thread: &Thread, proxy: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "pop", arguments.len(), 1, 2)?;
    let (own, key) = (frame_of(proxy), arguments[0]);
    if slot_of(own, key).is_some() {
        return Err(error::value_error(thread, CANNOT_REMOVE));
    }
    match (find(thread, own, key)?, arguments.get(1)) {
        (Some(found), _) => {
            store(thread, own, key, None)?;
            Ok(found)
        }
        (None, Some(default)) => Ok(Ref::to_owned(*default)),
        (None, None) => Err(error::key_error(thread, key)),
    }
}

/// Names and values of all variables that have one, then those that were added.
fn items(own: Ref<PyFrameObject>) -> Vec<(Owned, Owned)> {
    let code = own.frame().code();
    let mut found = Vec::new();
    for (index, name) in code.localsplusnames().iter().enumerate() {
        if code.localspluskinds()[index] & kind::HIDDEN == 0
            && let Some(value) = value_at(own, index)
        {
            found.push((name.to_owned(), value));
        }
    }
    found.extend(own.extra_locals.get().map(|extra| extra.items()).unwrap_or_default());
    found
}

fn keys(own: Ref<PyFrameObject>) -> Owned<PyList> {
    PyList::new(items(own).into_iter().map(|(key, _)| key).collect())
}

/// A dict of the variables as they are now.
pub(crate) fn snapshot(thread: &Thread, own: Ref<PyFrameObject>) -> Result<Owned<PyDict>> {
    let dict = PyDict::new();
    for (key, value) in items(own) {
        dict.borrow().set(thread, key.borrow(), value)?;
    }
    Ok(dict)
}

fn update(thread: &Thread, proxy: Ref, other: Ref) -> Result<()> {
    if !types::is_mapping(other) || (other.downcast::<PyDict>().is_none() && !is_proxy(other)) {
        return Err(error::type_error(thread, "update() argument must be dict or another FrameLocalsProxy"));
    }
    let pairs = match other.downcast::<PyDict>() {
        Some(dict) => dict.items(),
        None => items(frame_of(other)),
    };
    for (key, value) in pairs {
        store(thread, frame_of(proxy), key.borrow(), Some(value.borrow()))?;
    }
    Ok(())
}

/// Proxies are equal if they are of one frame; a dict with the same contents is equal, too.
fn compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(not_implemented().to_owned());
    }
    if is_proxy(right) {
        let same = frame_of(left).is(frame_of(right));
        return Ok(object::new_bool(same == matches!(op, CompareOp::Eq)));
    }
    if right.downcast::<PyDict>().is_none() {
        return Ok(not_implemented().to_owned());
    }
    let own = snapshot(thread, frame_of(left))?;
    object::compare(thread, own.borrow().upcast(), right, op)
}
