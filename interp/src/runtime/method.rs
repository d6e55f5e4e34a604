//! Built-in functions and the descriptors of built-in types: how they are called, bound and shown.

use super::{attr, call, error, object, signatures, types};
use crate::object::method::flags as meth;
use crate::object::types::flags;
use crate::object::*;

/// Calls a definition with arguments of any form; `name` is how messages call it.
fn invoke(
    thread: &Thread,
    def: &'static MethodDef,
    receiver: Ref,
    arguments: &[Ref],
    keywords: Option<Ref<PyTuple>>,
    name: impl FnOnce() -> String,
) -> Result {
    let _depth = super::eval::native_call(thread, " while calling a Python object")?;
    if keywords.is_some() && def.flags() & meth::KEYWORDS == 0 {
        return Err(error::type_error(thread, format_args!("{} takes no keyword arguments", name())));
    }
    match def.function {
        MethodFn::Fast(function) => function(thread, receiver, arguments),
        MethodFn::FastKeywords(function) => function(thread, receiver, arguments, keywords),
        MethodFn::NoArgs(function) if arguments.is_empty() => function(thread, receiver),
        MethodFn::NoArgs(_) => {
            Err(error::type_error(thread, format_args!("{} takes no arguments ({} given)", name(), arguments.len())))
        }
        MethodFn::O(function) => match arguments {
            [argument] => function(thread, receiver, *argument),
            _ => Err(error::type_error(
                thread,
                format_args!("{} takes exactly one argument ({} given)", name(), arguments.len()),
            )),
        },
    }
}

/// `builtin_function_or_method`.
pub(crate) static BUILTIN_TYPE: PyType = PyType::container::<PyCFunction>(TypeSpec {
    name: "builtin_function_or_method",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        vectorcall: slot(|thread, function, arguments, keywords| {
            let own = function.cast::<PyCFunction>();
            invoke(thread, own.def(), own.receiver(), arguments, keywords, || {
                object::function_text(thread, function).unwrap_or_else(|_| {
                    thread.clear_exception();
                    format!("{}()", own.def().name)
                })
            })
        }),
        call: slot(call::through_vectorcall),
        repr: slot(|_, function| {
            let own = function.cast::<PyCFunction>();
            let name = own.def().name;
            let text = match own.bound_to() {
                None => format!("<built-in function {name}>"),
                Some(receiver) => format!(
                    "<built-in method {name} of {} object at {:#x}>",
                    types::qualified_name(receiver.ty()),
                    receiver.addr()
                ),
            };
            Ok(PyStr::new(&text).upcast())
        }),
        richcompare: slot(|_, a, b, op| {
            let (Some(left), Some(right)) = (a.downcast::<PyCFunction>(), b.downcast::<PyCFunction>()) else {
                return Ok(not_implemented().to_owned());
            };
            let same = left.receiver().is(right.receiver()) && std::ptr::eq(left.def(), right.def());
            match op {
                CompareOp::Eq => Ok(object::new_bool(same)),
                CompareOp::Ne => Ok(object::new_bool(!same)),
                _ => Ok(not_implemented().to_owned()),
            }
        }),
        hash: slot(|_, function| {
            let own = function.cast::<PyCFunction>();
            Ok((std::ptr::from_ref(own.def()).addr() >> 4) as isize ^ object::hash_of_address(own.receiver()))
        }),
        ..Slots::NONE
    },
    getset: &[
        GetSetDef::read_only("__name__", |_, f| Ok(PyStr::new(f.cast::<PyCFunction>().def().name).upcast())),
        GetSetDef::read_only("__qualname__", |_, f| {
            let own = f.cast::<PyCFunction>();
            let name = own.def().name;
            let text = match own.bound_to() {
                None => name.to_owned(),
                Some(receiver) => match receiver.downcast::<PyType>() {
                    Some(class) => format!("{}.{name}", types::short_name(class)),
                    None => format!("{}.{name}", types::short_name(receiver.ty())),
                },
            };
            Ok(PyStr::new(&text).upcast())
        }),
        GetSetDef::read_only("__self__", |_, f| Ok(f.cast::<PyCFunction>().receiver().to_owned())),
        GetSetDef::new(
            "__module__",
            |_, f| Ok(f.cast::<PyCFunction>().module.get().unwrap_or(none_object()).to_owned()),
            |_, f, value| {
                f.cast::<PyCFunction>().module.set(value.map(Ref::to_owned));
                Ok(())
            },
        ),
        GetSetDef::read_only("__doc__", |_, _| Ok(object::new_none())),
        GetSetDef::read_only("__text_signature__", |_, f| Ok(signatures::of_function(f.cast()))),
    ],
    ..TypeSpec::EMPTY
});

fn descriptor_repr(_: &Thread, descriptor: Ref) -> Result {
    let own = descriptor.cast::<PyMethodDescr>();
    let text = format!("<method '{}' of '{}' objects>", own.def().name, own.owner().name());
    Ok(PyStr::new(&text).upcast())
}

/// Checks what a descriptor is applied to (`descr_check`).
fn check_receiver(thread: &Thread, name: &str, owner: Ref<PyType>, receiver: Ref) -> Result<()> {
    if receiver.ty().is_subtype(owner) {
        return Ok(());
    }
    Err(error::type_error(
        thread,
        format_args!(
            "descriptor '{name}' for '{}' objects doesn't apply to a '{}' object",
            owner.name(),
            receiver.ty().name()
        ),
    ))
}

fn method_call(thread: &Thread, descriptor: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let own = descriptor.cast::<PyMethodDescr>();
    let (def, owner) = (own.def(), own.owner());
    let named = || format!("{}.{}()", types::short_name(owner), def.name);
    let positional = arguments.len() - keywords.map_or(0, Ref::<PyTuple>::len);
    let Some((&receiver, rest)) = arguments.split_first().filter(|_| positional > 0) else {
        return Err(error::type_error(thread, format_args!("unbound method {} needs an argument", named())));
    };
    check_receiver(thread, def.name, owner, receiver)?;
    invoke(thread, def, receiver, rest, keywords, named)
}

const METHOD_SIGNATURE: GetSetDef = GetSetDef::read_only("__text_signature__", |_, d| {
    let own = d.cast::<PyMethodDescr>();
    Ok(signatures::of_method(own.owner(), own.def().name))
});

macro_rules! descriptor_attributes {
    ($kind:ty, [$($more:expr),*]) => {
        &[
            GetSetDef::read_only("__name__", |_, d| Ok(PyStr::new(d.cast::<$kind>().def().name).upcast())),
            GetSetDef::read_only("__qualname__", |_, d| {
                let own = d.cast::<$kind>();
                Ok(PyStr::new(&format!("{}.{}", types::short_name(own.owner()), own.def().name)).upcast())
            }),
            GetSetDef::read_only("__objclass__", |_, d| Ok(d.cast::<$kind>().owner().to_owned().upcast())),
            GetSetDef::read_only("__doc__", |_, _| Ok(object::new_none())),
            $($more),*
        ]
    };
}

/// `method_descriptor`.
pub(crate) static METHOD_DESCRIPTOR_TYPE: PyType = PyType::container::<PyMethodDescr>(TypeSpec {
    name: "method_descriptor",
    flags: flags::HAVE_GC | flags::METHOD_DESCRIPTOR,
    base: Some(&super::object::TYPE),
    slots: Slots {
        vectorcall: slot(method_call),
        call: slot(call::through_vectorcall),
        repr: slot(descriptor_repr),
        descr_get: slot(|thread, descriptor, instance, _| {
            let own = descriptor.cast::<PyMethodDescr>();
            let Some(instance) = instance else { return Ok(descriptor.to_owned()) };
            check_receiver(thread, own.def().name, own.owner(), instance)?;
            Ok(PyCFunction::new(own.def(), Some(instance.to_owned()), None).upcast())
        }),
        ..Slots::NONE
    },
    getset: descriptor_attributes!(PyMethodDescr, [METHOD_SIGNATURE]),
    ..TypeSpec::EMPTY
});

/// `classmethod_descriptor`.
pub(crate) static CLASSMETHOD_DESCRIPTOR_TYPE: PyType = PyType::container::<PyMethodDescr>(TypeSpec {
    name: "classmethod_descriptor",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        vectorcall: slot(|thread, descriptor, arguments, keywords| {
            let own = descriptor.cast::<PyMethodDescr>();
            let Some((&class, rest)) = arguments.split_first() else {
                return Err(error::type_error(
                    thread,
                    format_args!(
                        "descriptor '{}' of '{}' object needs an argument",
                        own.def().name,
                        own.owner().name()
                    ),
                ));
            };
            let bound = bind_class(thread, descriptor, class)?;
            call::vector(thread, bound.borrow(), rest, keywords)
        }),
        call: slot(call::through_vectorcall),
        repr: slot(descriptor_repr),
        descr_get: slot(|thread, descriptor, instance, owner| {
            let class = owner.or(instance.map(|instance| instance.ty().upcast())).unwrap_or(none_object());
            bind_class(thread, descriptor, class)
        }),
        ..Slots::NONE
    },
    getset: descriptor_attributes!(PyMethodDescr, [METHOD_SIGNATURE]),
    ..TypeSpec::EMPTY
});

fn bind_class(thread: &Thread, descriptor: Ref, class: Ref) -> Result {
    let own = descriptor.cast::<PyMethodDescr>();
    let fits = class.downcast::<PyType>().is_some_and(|class| class.is_subtype(own.owner()));
    if !fits {
        return Err(error::type_error(
            thread,
            format_args!(
                "descriptor '{}' requires a subtype of '{}' but received '{}'",
                own.def().name,
                own.owner().name(),
                object::repr_text(thread, class)
            ),
        ));
    }
    Ok(PyCFunction::new(own.def(), Some(class.to_owned()), None).upcast())
}

/// `getset_descriptor`.
pub(crate) static GETSET_DESCRIPTOR_TYPE: PyType = PyType::container::<PyGetSetDescr>(TypeSpec {
    name: "getset_descriptor",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(|_, descriptor| {
            let own = descriptor.cast::<PyGetSetDescr>();
            let text = format!("<attribute '{}' of '{}' objects>", own.def().name, own.owner().name());
            Ok(PyStr::new(&text).upcast())
        }),
        descr_get: slot(|thread, descriptor, instance, _| {
            let own = descriptor.cast::<PyGetSetDescr>();
            let Some(instance) = instance else { return Ok(descriptor.to_owned()) };
            check_receiver(thread, own.def().name, own.owner(), instance)?;
            (own.def().get)(thread, instance)
        }),
        descr_set: slot(|thread, descriptor, instance, value| {
            let own = descriptor.cast::<PyGetSetDescr>();
            check_receiver(thread, own.def().name, own.owner(), instance)?;
            match own.def().set {
                Some(set) => set(thread, instance, value),
                None => {
                    let name = PyStr::new(own.def().name);
                    Err(attr::attribute_error(
                        thread,
                        instance,
                        name.borrow(),
                        format!("attribute '{}' of '{}' objects is not writable", own.def().name, own.owner().name()),
                    ))
                }
            }
        }),
        ..Slots::NONE
    },
    getset: descriptor_attributes!(PyGetSetDescr, []),
    ..TypeSpec::EMPTY
});
