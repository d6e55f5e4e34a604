//! Slot wrappers: the functions in type slots as callables in type dicts (`wrapper_descriptor`, `method-wrapper`).

use super::slotdefs::{SlotDef, SlotFn};
use super::{error, object, signatures, types};
use crate::object::types::flags;
use crate::object::*;

/// `wrapper_descriptor`.
pub(crate) static TYPE: PyType = PyType::container::<PyWrapperDescr>(TypeSpec {
    name: "wrapper_descriptor",
    flags: flags::HAVE_GC | flags::METHOD_DESCRIPTOR,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(|_, w| {
            let own = w.cast::<PyWrapperDescr>();
            let text = format!("<slot wrapper '{}' of '{}' objects>", own.def().name_text(), own.owner().name());
            Ok(PyStr::new(&text).upcast())
        }),
        vectorcall: slot(descriptor_call),
        call: slot(super::call::through_vectorcall),
        descr_get: slot(|_, w, instance, _| match instance {
            None => Ok(w.to_owned()),
            Some(instance) => {
                Ok(PyMethodWrapper::new(w.cast::<PyWrapperDescr>().to_owned(), instance.to_owned()).upcast())
            }
        }),
        ..Slots::NONE
    },
    getset: &[
        GetSetDef::read_only("__name__", |_, w| Ok(name(w.cast::<PyWrapperDescr>().def()))),
        GetSetDef::read_only("__qualname__", |_, w| {
            let own = w.cast::<PyWrapperDescr>();
            let text = format!("{}.{}", types::short_name(own.owner()), own.def().name_text());
            Ok(PyStr::new(&text).upcast())
        }),
        GetSetDef::field("__objclass__", |_, w| Ok(w.cast::<PyWrapperDescr>().owner().to_owned().upcast())),
        GetSetDef::read_only("__text_signature__", |_, w| {
            let own = w.cast::<PyWrapperDescr>();
            Ok(signatures::of_method(own.owner(), &own.def().name_text()))
        }),
        GetSetDef::read_only("__doc__", |_, _| Ok(object::new_none())),
    ],
    ..TypeSpec::EMPTY
});

/// `method-wrapper`.
pub(crate) static METHOD_WRAPPER_TYPE: PyType = PyType::container::<PyMethodWrapper>(TypeSpec {
    name: "method-wrapper",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(|_, w| {
            let own = w.cast::<PyMethodWrapper>();
            let text = format!(
                "<method-wrapper '{}' of {} object at {:#x}>",
                own.descriptor().def().name_text(),
                own.receiver().ty().name(),
                own.receiver().addr()
            );
            Ok(PyStr::new(&text).upcast())
        }),
        vectorcall: slot(|thread, w, arguments, keywords| {
            let own = w.cast::<PyMethodWrapper>();
            own.descriptor().function().call(thread, own.descriptor().def(), own.receiver(), arguments, keywords)
        }),
        call: slot(super::call::through_vectorcall),
        richcompare: slot(|thread, a, b, op| {
            let (Some(left), Some(right)) = (a.downcast::<PyMethodWrapper>(), b.downcast::<PyMethodWrapper>()) else {
                return Ok(not_implemented().to_owned());
            };
            let same = left.descriptor().is(right.descriptor()) && left.receiver().is(right.receiver());
            let _ = thread;
            match op {
                CompareOp::Eq => Ok(object::new_bool(same)),
                CompareOp::Ne => Ok(object::new_bool(!same)),
                _ => Ok(not_implemented().to_owned()),
            }
        }),
        hash: slot(|_, w| {
            let own = w.cast::<PyMethodWrapper>();
            Ok(object::hash_of_address(own.receiver()) ^ object::hash_of_address(own.descriptor().upcast()))
        }),
        ..Slots::NONE
    },
    getset: &[
        GetSetDef::read_only("__name__", |_, w| Ok(name(w.cast::<PyMethodWrapper>().descriptor().def()))),
        GetSetDef::field("__self__", |_, w| Ok(w.cast::<PyMethodWrapper>().receiver().to_owned())),
        GetSetDef::read_only("__objclass__", |_, w| {
            Ok(w.cast::<PyMethodWrapper>().descriptor().owner().to_owned().upcast())
        }),
        GetSetDef::read_only("__text_signature__", |_, w| {
            let own = w.cast::<PyMethodWrapper>().descriptor();
            Ok(signatures::of_method(own.owner(), &own.def().name_text()))
        }),
        GetSetDef::read_only("__doc__", |_, _| Ok(object::new_none())),
        GetSetDef::read_only("__qualname__", |_, w| {
            let own = w.cast::<PyMethodWrapper>().descriptor();
            let text = format!("{}.{}", types::short_name(own.owner()), own.def().name_text());
            Ok(PyStr::new(&text).upcast())
        }),
    ],
    ..TypeSpec::EMPTY
});

fn name(def: &'static SlotDef) -> Owned {
    (def.name)().to_owned().upcast()
}

fn descriptor_call(thread: &Thread, wrapper: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let own = wrapper.cast::<PyWrapperDescr>();
    let name = own.def().name_text();
    let positional = arguments.len() - keywords.map_or(0, Ref::<PyTuple>::len);
    let Some((&receiver, rest)) = arguments.split_first().filter(|_| positional > 0) else {
        return Err(error::type_error(
            thread,
            format_args!("descriptor '{name}' of '{}' object needs an argument", own.owner().name()),
        ));
    };
    if !receiver.ty().is_subtype(own.owner()) {
        return Err(error::type_error(
            thread,
            format_args!(
                "descriptor '{name}' requires a '{}' object but received a '{}'",
                own.owner().name(),
                receiver.ty().name()
            ),
        ));
    }
    own.function().call(thread, own.def(), receiver, rest, keywords)
}

/// The slot function of a wrapper, if the object is one for this slot definition.
pub(crate) fn function_for(object: Ref, def: &'static SlotDef) -> Option<(Ref<PyType>, SlotFn)> {
    let wrapper = object.downcast::<PyWrapperDescr>()?;
    std::ptr::eq(wrapper.def(), def).then(|| (wrapper.owner(), wrapper.function()))
}
