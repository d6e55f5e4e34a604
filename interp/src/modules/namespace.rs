//! `types.SimpleNamespace` (`Objects/namespaceobject.c`).

use super::native_dict;
use crate::exit::Raised;
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{call, error, object, types};

struct Namespace;
impl Native for Namespace {}

pub(crate) static TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "types.SimpleNamespace",
    flags: flags::HAVE_GC | flags::BASETYPE,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        repr: slot(repr),
        richcompare: slot(rich_compare),
        hash: slot(object::no_hash),
        new: slot(|_, class, _, _| Ok(PyNative::new(class, Namespace).upcast())),
        init: slot(init),
        dict_of: slot(native_dict),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::keywords("__replace__", replace),
        MethodDef::no_args("__reduce__", |_, own| {
            let parts =
                [own.ty().to_owned().upcast(), PyTuple::empty().to_owned().upcast(), dict(own).to_owned().upcast()];
            Ok(PyTuple::from_array(parts).upcast())
        }),
    ],
    getset: &[GetSetDef::read_only("__dict__", |_, own| Ok(dict(own).to_owned().upcast()))],
    ..TypeSpec::EMPTY
});

/// A namespace with these names.
pub(crate) fn make(entries: &[(&str, Owned)]) -> Owned {
    types::ready(Thread::current(), Ref::from_static(&TYPE));
    let own = PyNative::new(Ref::from_static(&TYPE), Namespace).upcast();
    for (name, value) in entries {
        super::put(dict(own.borrow()), name, value.clone());
    }
    own
}

fn dict(own: Ref) -> Ref<PyDict> {
    native_dict(own, true).expect("a native object can always have a dict")
}

fn init(thread: &Thread, own: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    call::check_count(thread, &types::short_name(own.ty()), args.len(), 0, 1)?;
    let target = dict(own);
    if let Some(given) = args.get(0) {
        let made = call::with(thread, types::dict().upcast(), &[given])?;
        for (name, value) in made.cast::<PyDict>().items() {
            if !types::is_str(name.borrow()) {
                return Err(error::type_error(thread, "keywords must be strings"));
            }
            target.set(thread, name.borrow(), value)?;
        }
    }
    for (name, value) in kwargs.map(|kwargs| kwargs.items()).unwrap_or_default() {
        target.set(thread, name.borrow(), value)?;
    }
    Ok(())
}

fn repr(thread: &Thread, own: Ref) -> Result {
    let name = if own.is_exact(Ref::from_static(&TYPE)) { "namespace".to_owned() } else { types::short_name(own.ty()) };
    let Some(_showing) = crate::builtins::repr::Showing::enter(own) else {
        return Ok(PyStr::new(&format!("{name}(...)")).upcast());
    };
    let mut parts = Vec::new();
    for (key, value) in dict(own).items() {
        if let Some(key) = key.borrow().downcast::<PyStr>().filter(|key| !key.is_empty()) {
            parts.push(format!("{}={}", key.to_string_lossy(), object::repr_checked(thread, value.borrow())?));
        }
    }
    Ok(PyStr::new(&format!("{name}({})", parts.join(", "))).upcast())
}

fn rich_compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let ty = Ref::from_static(&TYPE);
    if !left.ty().is_subtype(ty) || !right.ty().is_subtype(ty) {
        return Ok(not_implemented().to_owned());
    }
    object::compare(thread, dict(left).upcast(), dict(right).upcast(), op)
}

fn replace(thread: &Thread, own: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    if arguments.len() > keywords.map_or(0, Ref::<PyTuple>::len) {
        return Err(error::type_error(thread, "__replace__() takes no positional arguments"));
    }
    let made = call::no_args(thread, own.ty().upcast())?;
    let Some(target) = native_dict(made.borrow(), true) else { return Err(Raised) };
    for (name, value) in dict(own).items() {
        target.set(thread, name.borrow(), value)?;
    }
    let (_, kwargs) = call::collect(thread, arguments, keywords)?;
    for (name, value) in kwargs.map(|kwargs| kwargs.items()).unwrap_or_default() {
        target.set(thread, name.borrow(), value)?;
    }
    Ok(made)
}
