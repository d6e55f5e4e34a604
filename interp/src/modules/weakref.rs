//! Weak references as Python sees them: the types of `weakref` and the module `_weakref` (`Objects/weakrefobject.c`).

use super::{NativeModule, proxy, put};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{attr, call, error, exceptions, genericalias, names, object, types};

/// `weakref.ReferenceType`.
pub(crate) static REFERENCE: PyType = PyType::container::<PyWeakRef>(TypeSpec {
    name: "weakref.ReferenceType",
    flags: flags::BASETYPE | flags::HAVE_GC,
    base: Some(&object::TYPE),
    slots: Slots {
        new: slot(new),
        init: slot(init),
        repr: slot(repr),
        hash: slot(hash),
        call: slot(|thread, reference, args, kwargs| {
            call::no_keywords(thread, "weakref", kwargs)?;
            call::check_count(thread, "weakref", args.len(), 0, 0)?;
            Ok(target_or_none(reference))
        }),
        richcompare: slot(compare),
        ..Slots::NONE
    },
    methods: &[MethodDef::one("__class_getitem__", genericalias::make).of_class()],
    getset: &[GetSetDef::read_only("__callback__", |_, reference| {
        Ok(of(reference).callback.get().map_or_else(object::new_none, Ref::to_owned))
    })],
    ..TypeSpec::EMPTY
});

pub(super) static MODULE: NativeModule = NativeModule { name: "_weakref", functions: FUNCTIONS, types: &[], fill };

fn fill(_: &Thread, dict: Ref<PyDict>) -> Result<()> {
    let named = [
        ("ref", &REFERENCE),
        ("ReferenceType", &REFERENCE),
        ("ProxyType", &proxy::PROXY),
        ("CallableProxyType", &proxy::CALLABLE),
    ];
    for (name, ty) in named {
        put(dict, name, Ref::from_static(ty).to_owned().upcast());
    }
    Ok(())
}

static FUNCTIONS: &[MethodDef] = &[
    MethodDef::one("getweakrefcount", |_, _, object| Ok(PyInt::from_i64(weakref::all(object).len() as i64).upcast())),
    MethodDef::one("getweakrefs", |_, _, object| {
        Ok(PyList::new(weakref::all(object).into_iter().map(Owned::upcast).collect()).upcast())
    }),
    MethodDef::fast("proxy", |thread, _, arguments| {
        call::check_count(thread, "proxy", arguments.len(), 1, 2)?;
        let ty = proxy::type_for(arguments[0]);
        Ok(make_reference(thread, ty, arguments[0], arguments.get(1).copied())?.upcast())
    }),
    // A key whose value is alive again was put anew in the meantime.
    MethodDef::fast("_remove_dead_weakref", |thread, _, arguments| {
        call::check_count(thread, "_remove_dead_weakref", arguments.len(), 2, 2)?;
        let Some(dict) = arguments[0].downcast::<PyDict>() else {
            return Err(error::type_error(thread, "_remove_dead_weakref() argument 1 must be dict"));
        };
        let dead = match dict.get(thread, arguments[1])? {
            None => false,
            Some(value) => match value.downcast::<PyWeakRef>() {
                Some(reference) => reference.target().is_none(),
                None => return Err(error::type_error(thread, "not a weakref")),
            },
        };
        if dead {
            object::del_item(thread, arguments[0], arguments[1])?;
        }
        Ok(object::new_none())
    }),
];

pub(super) fn of(reference: Ref) -> Ref<PyWeakRef> {
    reference.cast()
}

fn target_or_none(reference: Ref) -> Owned {
    of(reference).target().map_or_else(object::new_none, Ref::to_owned)
}

/// Whether instances can be weakly referenced: those of classes unless `__slots__` leaves it out, and of the built-in
/// types that CPython gives a list for it.
fn can_be_referenced(ty: Ref<PyType>) -> bool {
    if ty.has_feature(flags::HEAPTYPE) {
        return ty.has_feature(flags::MANAGED_WEAKREF) || ty.base.get().is_some_and(can_be_referenced);
    }
    const NAMES: &[&str] = &[
        "type",
        "function",
        "method",
        "builtin_function_or_method",
        "generator",
        "coroutine",
        "async_generator",
        "set",
        "frozenset",
        "module",
        "code",
        "memoryview",
        "types.GenericAlias",
        "typing.Union",
        "collections.deque",
        "array.array",
        "functools.partial",
        "_io.TextIOWrapper",
        "_io.BufferedReader",
        "_io.BufferedWriter",
        "_io.FileIO",
        "_io.StringIO",
        "_io.BytesIO",
        "re.Pattern",
        "_thread.lock",
        "_thread.RLock",
    ];
    NAMES.contains(&ty.name())
}

/// A reference or proxy, if the object can have one; `None` as callback is none.
fn make_reference(thread: &Thread, ty: Ref<PyType>, target: Ref, callback: Option<Ref>) -> Result<Owned<PyWeakRef>> {
    if !can_be_referenced(target.ty()) {
        let text = format!("cannot create weak reference to '{}' object", target.ty().name());
        return Err(error::type_error(thread, text));
    }
    let callback = callback.filter(|callback| !object::is_none(*callback)).map(Ref::to_owned);
    Ok(PyWeakRef::new(ty, target, callback))
}

fn new(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    if class.is(Ref::from_static(&REFERENCE)) {
        call::no_keywords(thread, "ref", kwargs)?;
    }
    call::check_count(thread, "__new__", args.len(), 1, 2)?;
    Ok(make_reference(thread, class, args.item(0), args.get(1))?.upcast())
}

fn init(thread: &Thread, reference: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    if reference.is_exact(Ref::from_static(&REFERENCE)) {
        call::no_keywords(thread, "ref", kwargs)?;
    }
    call::check_count(thread, "__init__", args.len(), 1, 2)
}

fn repr(thread: &Thread, reference: Ref) -> Result {
    let Some(target) = of(reference).target().map(Ref::to_owned) else {
        return Ok(PyStr::new(&format!("<weakref at {:#x}; dead>", reference.addr())).upcast());
    };
    let ty = types::qualified_name(target.ty());
    let mut text = format!("<weakref at {:#x}; to '{ty}' at {:#x}", reference.addr(), target.borrow().addr());
    if let Some(name) = attr::get_optional_attr(thread, target.borrow(), names::name())?
        && let Some(name) = name.borrow().downcast::<PyStr>()
    {
        text += &format!(" ({})", name.to_string_lossy());
    }
    Ok(PyStr::new(&(text + ">")).upcast())
}

/// The target's hash, remembered beyond its death.
fn hash(thread: &Thread, reference: Ref) -> Result<isize> {
    let own = of(reference);
    if own.hash.get() == -1 {
        let Some(target) = own.target().map(Ref::to_owned) else {
            return Err(error::type_error(thread, "weak object has gone away"));
        };
        own.hash.set(object::hash(thread, target.borrow())?);
    }
    Ok(own.hash.get())
}

/// Living targets compare; dead references are equal to themselves alone.
fn compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let (Some(a), Some(b)) = (left.downcast::<PyWeakRef>(), right.downcast::<PyWeakRef>()) else {
        return Ok(object::not_implemented().to_owned());
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(object::not_implemented().to_owned());
    }
    match (a.target().map(Ref::to_owned), b.target().map(Ref::to_owned)) {
        (Some(a), Some(b)) => object::compare(thread, a.borrow(), b.borrow(), op),
        _ => Ok(object::new_bool(left.is(right) == (op == CompareOp::Eq))),
    }
}

/// `__weakref__` of an instance: the first reference to it.
pub(crate) fn first(object: Ref) -> Owned {
    weakref::all(object).into_iter().next().map_or_else(object::new_none, Owned::upcast)
}

/// Raises ReferenceError for a proxy whose object is gone.
#[cold]
pub(super) fn gone(thread: &Thread) -> crate::exit::Raised {
    error::set_string(thread, exceptions::reference_error(), "weakly-referenced object no longer exists")
}
