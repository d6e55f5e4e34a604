//! `_weakref`: references and proxies that do not keep their object alive (`Objects/weakrefobject.c`).

use super::{NativeModule, put, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{attr, call, error, exceptions, iter, number, object, types};
use std::cell::Cell;
use std::rc::Rc;

pub(super) static MODULE: NativeModule = NativeModule {
    name: "_weakref",
    functions: &[
        MethodDef::one("getweakrefcount", |_, _, object| {
            Ok(PyInt::from_i64(weak_references(object).len() as i64).upcast())
        }),
        MethodDef::one("getweakrefs", |_, _, object| {
            Ok(PyList::new(weak_references(object).into_iter().map(Owned::upcast).collect()).upcast())
        }),
        MethodDef::fast("_remove_dead_weakref", |thread, _, arguments| {
            call::check_count(thread, "_remove_dead_weakref", arguments.len(), 2, 2)?;
            let Some(dict) = arguments[0].downcast::<PyDict>() else {
                return Err(error::type_error(thread, "_remove_dead_weakref() argument 1 must be dict"));
            };
            let dead = match dict.get(thread, arguments[1])?.and_then(|found| found.downcast::<PyNative>()) {
                Some(reference) => reference.value::<Weak>().is_some_and(|weak| weak.slot.get().is_none()),
                None => false,
            };
            if dead {
                drop(dict.pop(thread, arguments[1])?);
            }
            Ok(object::new_none())
        }),
        MethodDef::fast("proxy", proxy),
    ],
    types: &[&REFERENCE_TYPE, &PROXY_TYPE, &CALLABLE_PROXY_TYPE],
    fill: |_, dict| {
        put(dict, "ref", Ref::from_static(&REFERENCE_TYPE).to_owned().upcast());
        put(dict, "ReferenceType", Ref::from_static(&REFERENCE_TYPE).to_owned().upcast());
        put(dict, "ProxyType", Ref::from_static(&PROXY_TYPE).to_owned().upcast());
        put(dict, "CallableProxyType", Ref::from_static(&CALLABLE_PROXY_TYPE).to_owned().upcast());
        Ok(())
    },
};

struct Weak {
    slot: Rc<WeakSlot>,
    hash: Cell<Option<isize>>,
}
impl Native for Weak {}

static REFERENCE_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "weakref.ReferenceType",
    flags: flags::HAVE_GC | flags::BASETYPE,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        new: slot(new_reference),
        init: slot(|thread, _, args, kwargs| {
            call::no_keywords(thread, "ref", kwargs)?;
            call::check_count(thread, "__init__", args.len(), 1, 2)
        }),
        call: slot(|thread, own, args, kwargs| {
            call::no_keywords(thread, "weakref", kwargs)?;
            call::check_count(thread, "weakref", args.len(), 0, 0)?;
            Ok(target(thread, own)?.unwrap_or_else(object::new_none))
        }),
        hash: slot(hash),
        richcompare: slot(rich_compare),
        repr: slot(repr),
        ..Slots::NONE
    },
    methods: &[MethodDef::one("__class_getitem__", super::generic_alias).of_class()],
    getset: &[GetSetDef::read_only("__callback__", |thread, own| {
        let callback = receiver::<Weak>(thread, &own.cast())?.slot.callback.get();
        Ok(callback.unwrap_or(none_object()).to_owned())
    })],
    ..TypeSpec::EMPTY
});

fn target(thread: &Thread, own: Ref) -> Result<Option<Owned>> {
    receiver::<Weak>(thread, &own.cast()).map(|weak| weak.slot.get())
}

/// Whether instances of a type can be referred to weakly.
fn is_referable(ty: Ref<PyType>) -> bool {
    let own = [
        types::function(),
        types::method(),
        types::builtin_function(),
        types::type_(),
        types::set(),
        types::frozenset(),
        types::generator(),
        types::coroutine(),
        types::async_generator(),
        types::module(),
        types::code(),
        types::memoryview(),
    ];
    ty.has_feature(flags::MANAGED_WEAKREF)
        || own.iter().any(|other| ty.is_subtype(*other))
        || (!ty.has_feature(flags::HEAPTYPE) && std::ptr::eq(ty.layout(), Ref::from_static(&REFERENCE_TYPE).layout()))
}

fn slot_for(thread: &Thread, object: Ref, callback: Option<Ref>) -> Result<Rc<WeakSlot>> {
    if !is_referable(object.ty()) {
        let text = format!("cannot create weak reference to '{}' object", object.ty().name());
        return Err(error::type_error(thread, text));
    }
    let callback = callback.filter(|callback| !object::is_none(*callback));
    Ok(WeakSlot::new(object, callback.map(Ref::to_owned)))
}

fn make(class: Ref<PyType>, slot: Rc<WeakSlot>) -> Owned {
    let own = PyNative::new(class, Weak { slot: Rc::clone(&slot), hash: Cell::new(None) });
    slot.belongs_to(own.borrow());
    own.upcast()
}

/// A reference without a callback is shared.
fn shared(class: Ref<PyType>, object: Ref) -> Option<Owned> {
    let found = weak_references(object).into_iter().find(|reference| {
        reference.borrow().upcast().is_exact(class)
            && reference.value::<Weak>().is_some_and(|weak| weak.slot.callback.get().is_none())
    });
    found.map(Owned::upcast)
}

fn new_reference(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, _: Option<Ref<PyDict>>) -> Result {
    call::check_count(thread, "__new__", args.len(), 1, 2)?;
    let callback = args.get(1).filter(|callback| !object::is_none(*callback));
    if callback.is_none()
        && class.is(Ref::from_static(&REFERENCE_TYPE))
        && let Some(known) = shared(class, args.item(0))
    {
        return Ok(known);
    }
    Ok(make(class, slot_for(thread, args.item(0), callback)?))
}

fn hash(thread: &Thread, own: Ref) -> Result<isize> {
    let own: Ref<PyNative> = own.cast();
    let weak = receiver::<Weak>(thread, &own)?;
    if let Some(hash) = weak.hash.get() {
        return Ok(hash);
    }
    match weak.slot.get() {
        Some(target) => {
            let hash = object::hash(thread, target.borrow())?;
            weak.hash.set(Some(hash));
            Ok(hash)
        }
        None => Err(error::type_error(thread, "weak object has gone away")),
    }
}

fn rich_compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let own = Ref::from_static(&REFERENCE_TYPE);
    let compares = matches!(op, CompareOp::Eq | CompareOp::Ne);
    if !compares || !left.ty().is_subtype(own) || !right.ty().is_subtype(own) {
        return Ok(not_implemented().to_owned());
    }
    match (target(thread, left)?, target(thread, right)?) {
        (Some(left), Some(right)) => object::compare(thread, left.borrow(), right.borrow(), op),
        _ => Ok(object::new_bool(left.is(right) == (op == CompareOp::Eq))),
    }
}

fn repr(thread: &Thread, own: Ref) -> Result {
    let text = match target(thread, own)? {
        None => format!("<weakref at {:#x}; dead>", own.addr()),
        Some(target) => {
            let target = target.borrow();
            let name = object::get_optional_attr(thread, target, PyStr::new("__name__").borrow())?;
            let name = name.and_then(|name| name.borrow().downcast::<PyStr>().map(Ref::to_string_lossy));
            let name = name.map_or(String::new(), |name| format!(" ({name})"));
            format!("<weakref at {:#x}; to '{}' at {:#x}{name}>", own.addr(), target.ty().name(), target.addr())
        }
    };
    Ok(PyStr::new(&text).upcast())
}

/// `proxy(object[, callback])`.
fn proxy(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "proxy", arguments.len(), 1, 2)?;
    let class: &'static PyType = if types::is_callable(arguments[0]) { &CALLABLE_PROXY_TYPE } else { &PROXY_TYPE };
    let class = Ref::from_static(class);
    let callback = arguments.get(1).copied().filter(|callback| !object::is_none(*callback));
    if callback.is_none()
        && let Some(known) = shared(class, arguments[0])
    {
        return Ok(known);
    }
    Ok(make(class, slot_for(thread, arguments[0], callback)?))
}

/// The object behind a proxy; other objects stand for themselves.
fn behind(thread: &Thread, object: Ref) -> Result {
    let Some(own) = object.downcast::<PyNative>() else { return Ok(object.to_owned()) };
    if !object.is_exact(Ref::from_static(&PROXY_TYPE)) && !object.is_exact(Ref::from_static(&CALLABLE_PROXY_TYPE)) {
        return Ok(object.to_owned());
    }
    match own.value::<Weak>().and_then(|weak| weak.slot.get()) {
        Some(target) => Ok(target),
        None => {
            Err(error::set_string(thread, exceptions::reference_error(), "weakly-referenced object no longer exists"))
        }
    }
}

macro_rules! unary {
    ($function:path) => {
        slot(|thread, own| {
            let target = behind(thread, own)?;
            $function(thread, target.borrow())
        })
    };
}

macro_rules! binary {
    ($function:path) => {
        slot(|thread, left, right| {
            let (left, right) = (behind(thread, left)?, behind(thread, right)?);
            $function(thread, left.borrow(), right.borrow())
        })
    };
}

#[allow(clippy::declare_interior_mutable_const)]
const PROXY_SLOTS: Slots = Slots {
    getattro: slot(|thread, own, name| {
        let target = behind(thread, own)?;
        object::get_attr(thread, target.borrow(), name.cast())
    }),
    setattro: slot(|thread, own, name, value| {
        let target = behind(thread, own)?;
        match value {
            Some(value) => attr::set_attr(thread, target.borrow(), name.cast(), value),
            None => attr::del_attr(thread, target.borrow(), name.cast()),
        }
    }),
    hash: slot(object::no_hash),
    str: unary!(object::str),
    repr: slot(|thread, own| {
        let target = behind(thread, own)?;
        let target = target.borrow();
        let text = format!("<weakproxy at {:#x} to {} at {:#x}>", own.addr(), target.ty().name(), target.addr());
        Ok(PyStr::new(&text).upcast())
    }),
    richcompare: slot(|thread, left, right, op| {
        let (left, right) = (behind(thread, left)?, behind(thread, right)?);
        object::compare(thread, left.borrow(), right.borrow(), op)
    }),
    iter: unary!(object::get_iter),
    iternext: slot(|thread, own| {
        let target = behind(thread, own).ok()?;
        iter::step(thread, target.borrow()).ok().flatten()
    }),
    nb_bool: slot(|thread, own| object::is_truthy(thread, behind(thread, own)?.borrow())),
    mp_length: slot(|thread, own| object::length(thread, behind(thread, own)?.borrow())),
    mp_subscript: binary!(object::get_item),
    mp_ass_subscript: slot(|thread, own, key, value| {
        let target = behind(thread, own)?;
        match value {
            Some(value) => object::set_item(thread, target.borrow(), key, value),
            None => object::del_item(thread, target.borrow(), key),
        }
    }),
    sq_contains: slot(|thread, own, item| object::contains(thread, behind(thread, own)?.borrow(), item)),
    nb_add: binary!(number::add),
    nb_multiply: binary!(number::multiply),
    nb_negative: unary!(number::negative),
    nb_positive: unary!(number::positive),
    nb_absolute: unary!(number::absolute),
    nb_invert: unary!(number::invert),
    ..Slots::NONE
};

static PROXY_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "weakref.ProxyType",
    flags: flags::HAVE_GC,
    base: Some(&crate::runtime::object::TYPE),
    slots: PROXY_SLOTS,
    ..TypeSpec::EMPTY
});

static CALLABLE_PROXY_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "weakref.CallableProxyType",
    flags: flags::HAVE_GC,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        call: slot(|thread, own, args, kwargs| call::call(thread, behind(thread, own)?.borrow(), args, kwargs)),
        ..PROXY_SLOTS
    },
    ..TypeSpec::EMPTY
});
