//! `typing.Generic`: the base of classes with type parameters.

use super::super::{call, typeobject};
use crate::builtins::reduce::import_module;
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{object, types};

/// `typing.Generic`.
pub(crate) static TYPE: PyType = PyType::plain::<PyObject>(TypeSpec {
    name: "typing.Generic",
    flags: flags::BASETYPE | flags::HAVE_GC,
    base: Some(&super::super::object::TYPE),
    slots: Slots { new: slot(typeobject::object_new), ..Slots::NONE },
    methods: &[
        MethodDef::keywords("__class_getitem__", |thread, class, arguments, names| {
            forward(thread, "_generic_class_getitem", class, arguments, names)
        })
        .of_class(),
        MethodDef::keywords("__init_subclass__", |thread, class, arguments, names| {
            forward(thread, "_generic_init_subclass", class, arguments, names)
        })
        .of_class(),
    ],
    ..TypeSpec::EMPTY
});

/// Calls a function of `typing` with the class in front.
fn forward(thread: &Thread, function: &str, class: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    let typing = import_module(thread, "typing")?;
    let function = object::get_attr(thread, typing.borrow(), PyStr::new(function).borrow())?;
    let mut all = vec![class];
    all.extend_from_slice(arguments);
    call::vector(thread, function.borrow(), &all, names)
}

/// `Generic[parameters]` as the base of a class that is written with them.
pub(crate) fn subscript(thread: &Thread, parameters: Ref) -> Result {
    let parameters = super::params::unpack_all(thread, parameters)?;
    super::typing(thread, "_GenericAlias", &[types::generic().upcast(), parameters.borrow().upcast()])
}
