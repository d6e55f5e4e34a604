//! Attributes: the generic lookup through descriptors, inline values and dicts (`Objects/object.c`,
//! `_PyObject_GenericGetAttrWithDict`), and how methods are loaded for a call.

use super::access::GetAttr;
use super::{call, error, exceptions, names, types};
use crate::exit::Raised;
use crate::frame::SlotPtr;
use crate::object::types::flags;
use crate::object::*;

pub(crate) use crate::object::MANAGED_DICT_OFFSET;
pub(crate) use crate::object::{inline_values, managed_dict};

/// `PyObject_GenericGetAttr`.
pub(crate) const GENERIC_GETATTR: GetAttr = GetAttr(Some(generic_getattr));
/// `PyModule_Type.tp_getattro`.
pub(crate) const MODULE_GETATTR: GetAttr = GetAttr(Some(super::module::getattr));

/// `PyObject_GetAttr`.
#[inline]
pub(crate) fn get_attr(thread: &Thread, object: Ref, name: Ref<PyStr>) -> Result {
    match object.ty().slots.getattro.get() {
        Some(slot) => slot(thread, object, name.upcast()),
        None => Err(no_attribute(thread, object, name)),
    }
}

/// `PyObject_GetOptionalAttr`: `None` for an AttributeError.
pub(crate) fn get_optional_attr(thread: &Thread, object: Ref, name: Ref<PyStr>) -> Result<Option<Owned>> {
    if let Some(slot) = object.ty().slots.getattro.get()
        && GetAttr(Some(slot)) == GENERIC_GETATTR
    {
        return find_generic(thread, object, name);
    }
    match get_attr(thread, object, name) {
        Ok(value) => Ok(Some(value)),
        Err(_) if error::is_set_to(thread, exceptions::attribute_error()) => {
            thread.clear_exception();
            Ok(None)
        }
        Err(raised) => Err(raised),
    }
}

/// `PyObject_SetAttr`.
pub(crate) fn set_attr(thread: &Thread, object: Ref, name: Ref<PyStr>, value: Ref) -> Result<()> {
    assign_attr(thread, object, name, Some(value))
}

/// `PyObject_DelAttr`.
pub(crate) fn del_attr(thread: &Thread, object: Ref, name: Ref<PyStr>) -> Result<()> {
    assign_attr(thread, object, name, None)
}

fn assign_attr(thread: &Thread, object: Ref, name: Ref<PyStr>, value: Option<Ref>) -> Result<()> {
    match object.ty().slots.setattro.get() {
        Some(slot) => slot(thread, object, name.upcast(), value),
        None => Err(no_attribute(thread, object, name)),
    }
}

/// Raises AttributeError for an absent attribute.
#[cold]
pub(crate) fn no_attribute(thread: &Thread, object: Ref, name: Ref<PyStr>) -> Raised {
    let text = name.to_string_lossy();
    attribute_error(thread, object, name, format!("'{}' object has no attribute '{text}'", object.ty().name()))
}

/// Raises AttributeError that remembers object and name.
#[cold]
pub(crate) fn attribute_error(thread: &Thread, object: Ref, name: Ref<PyStr>, message: String) -> Raised {
    let exception =
        PyBaseException::new(exceptions::attribute_error(), PyTuple::from_array([PyStr::new(&message).upcast()]));
    exception.extra(0).set(Some(name.to_owned().upcast()));
    exception.extra(1).set(Some(object.to_owned()));
    error::set_object(thread, exception)
}

/// The dict of an object of any type that has one; with `make`, one that is not there yet is made.
pub(crate) fn dict_of(object: Ref, make: bool) -> Option<Ref<PyDict>> {
    let ty = object.ty();
    if ty.has_feature(flags::MANAGED_DICT) {
        if managed_dict(object).is_none() && make {
            materialize_dict(object);
        }
        return managed_dict(object);
    }
    ty.slots.dict_of.get().and_then(|slot| slot(object, make))
}

/// Makes the dict of an instance, over its inline values while they are valid.
fn materialize_dict(object: Ref) {
    let ty = object.ty();
    let over = ty.cached_keys.get().filter(|_| ty.has_feature(flags::INLINE_VALUES));
    let dict = match over {
        Some(keys) if inline_values(object).is_valid() => PyDict::over_values(keys, inline_values(object)),
        _ => PyDict::new(),
    };
    drop(set_managed_dict(object, Some(dict)));
}

/// The value of an attribute that lies in the instance itself.
fn find_in_instance(thread: &Thread, object: Ref, name: Ref<PyStr>) -> Result<Option<Owned>> {
    let ty = object.ty();
    if ty.has_feature(flags::INLINE_VALUES) {
        let values = inline_values(object);
        if values.is_valid() {
            let keys = ty.cached_keys.get().known();
            return Ok(keys.find_str(name, name.hash()).and_then(|index| values.get(index)).map(Ref::to_owned));
        }
    }
    match dict_of(object, false) {
        Some(dict) => Ok(dict.to_owned().borrow().get(thread, name.upcast())?.map(Ref::to_owned)),
        None => Ok(None),
    }
}

/// `_PyObject_GenericGetAttrWithDict` without an exception for an absent attribute.
pub(crate) fn find_generic(thread: &Thread, object: Ref, name: Ref<PyStr>) -> Result<Option<Owned>> {
    let descriptor = types::lookup(object.ty(), name).map(Ref::to_owned);
    let get = descriptor.as_ref().and_then(|d| d.borrow().ty().slots.descr_get.get());
    if let (Some(descriptor), Some(get)) = (&descriptor, get)
        && descriptor.borrow().ty().slots.descr_set.get().is_some()
    {
        return get(thread, descriptor.borrow(), Some(object), Some(object.ty().upcast()))
            .map(Some)
            .or_else(|raised| absent(thread, raised));
    }
    if let Some(value) = find_in_instance(thread, object, name)? {
        return Ok(Some(value));
    }
    match (descriptor, get) {
        (Some(descriptor), Some(get)) => get(thread, descriptor.borrow(), Some(object), Some(object.ty().upcast()))
            .map(Some)
            .or_else(|raised| absent(thread, raised)),
        (descriptor, _) => Ok(descriptor),
    }
}

/// An AttributeError that a descriptor raised means absence to those who ask for that; others raise it again.
fn absent(thread: &Thread, raised: Raised) -> Result<Option<Owned>> {
    if error::is_set_to(thread, exceptions::attribute_error()) {
        thread.clear_exception();
        return Ok(None);
    }
    Err(raised)
}

/// The setter of fields that are not to be set.
pub(crate) fn refuse_to_set(thread: &Thread, _: Ref, _: Option<Ref>) -> Result<()> {
    Err(error::attribute_error(thread, "readonly attribute"))
}

/// `PyObject_GenericGetAttr`.
pub(crate) fn generic_getattr(thread: &Thread, object: Ref, name: Ref) -> Result {
    let Some(name) = name.downcast::<PyStr>() else { return Err(bad_name(thread, name)) };
    let descriptor = types::lookup(object.ty(), name).map(Ref::to_owned);
    let get = descriptor.as_ref().and_then(|d| d.borrow().ty().slots.descr_get.get());
    if let (Some(descriptor), Some(get)) = (&descriptor, get)
        && descriptor.borrow().ty().slots.descr_set.get().is_some()
    {
        return get(thread, descriptor.borrow(), Some(object), Some(object.ty().upcast()));
    }
    if let Some(value) = find_in_instance(thread, object, name)? {
        return Ok(value);
    }
    match (descriptor, get) {
        (Some(descriptor), Some(get)) => get(thread, descriptor.borrow(), Some(object), Some(object.ty().upcast())),
        (Some(descriptor), None) => Ok(descriptor),
        (None, _) => Err(no_attribute(thread, object, name)),
    }
}

#[cold]
fn bad_name(thread: &Thread, name: Ref) -> Raised {
    error::type_error(thread, format_args!("attribute name must be string, not '{}'", name.ty().name()))
}

/// `PyObject_GenericSetAttr`; no value deletes.
pub(crate) fn generic_setattr(thread: &Thread, object: Ref, name: Ref, value: Option<Ref>) -> Result<()> {
    let Some(name) = name.downcast::<PyStr>() else { return Err(bad_name(thread, name)) };
    let ty = object.ty();
    let descriptor = types::lookup(ty, name).map(Ref::to_owned);
    if let Some(descriptor) = &descriptor
        && let Some(set) = descriptor.borrow().ty().slots.descr_set.get()
    {
        return set(thread, descriptor.borrow(), object, value);
    }
    if ty.has_feature(flags::INLINE_VALUES)
        && managed_dict(object).is_none()
        && inline_values(object).is_valid()
        && store_inline(thread, object, name, value)?
    {
        return Ok(());
    }
    let Some(dict) = dict_of(object, true) else {
        let text = name.to_string_lossy();
        let message = if descriptor.is_some() {
            format!("'{}' object attribute '{text}' is read-only", ty.name())
        } else if ty.slots.setattro.get().is_some_and(|f| std::ptr::fn_addr_eq(f, generic_setattr as slots::SetItem)) {
            format!("'{}' object has no attribute '{text}' and no __dict__ for setting new attributes", ty.name())
        } else {
            format!("'{}' object has no attribute '{text}'", ty.name())
        };
        return Err(attribute_error(thread, object, name, message));
    };
    let dict = dict.to_owned();
    match value {
        Some(value) => dict.borrow().set(thread, name.upcast(), value.to_owned()),
        None => match dict.borrow().pop(thread, name.upcast())? {
            Some(old) => Ok(drop(old)),
            None => Err(no_attribute(thread, object, name)),
        },
    }
}

/// Stores into the inline values; false if the attribute needs a dict.
fn store_inline(thread: &Thread, object: Ref, name: Ref<PyStr>, value: Option<Ref>) -> Result<bool> {
    let keys = object.ty().cached_keys.get().known();
    let values = inline_values(object);
    match value {
        Some(value) => {
            let Some(index) = keys.index_for_store(name) else { return Ok(false) };
            if index >= values.capacity() {
                return Ok(false);
            }
            drop(values.replace(index, Some(value.to_owned())));
        }
        None => {
            let old = keys.find_str(name, name.hash()).and_then(|index| values.replace(index, None));
            if old.is_none() {
                return Err(no_attribute(thread, object, name));
            }
        }
    }
    Ok(true)
}

/// Whether a descriptor is called with the instance as its first argument (`Py_TPFLAGS_METHOD_DESCRIPTOR`).
#[inline]
fn is_method(descriptor: Ref) -> bool {
    descriptor.ty().has_feature(flags::METHOD_DESCRIPTOR)
}

/// `_PyObject_GetMethod`: true with an unbound method, to be called with the object; false with the attribute, or with
/// nothing and an exception set.
pub(crate) fn get_method(thread: &Thread, object: Ref, name: Ref<PyStr>) -> (bool, Option<Owned>) {
    match find_method(thread, object, name) {
        Ok((unbound, found)) => (unbound, Some(found)),
        Err(Raised) => (false, None),
    }
}

fn find_method(thread: &Thread, object: Ref, name: Ref<PyStr>) -> Result<(bool, Owned)> {
    let ty = object.ty();
    let Some(slot) = ty.slots.getattro.get() else { return Err(no_attribute(thread, object, name)) };
    if GetAttr(Some(slot)) != GENERIC_GETATTR {
        return Ok((false, slot(thread, object, name.upcast())?));
    }
    let descriptor = types::lookup(ty, name).map(Ref::to_owned);
    let unbound = descriptor.as_ref().is_some_and(|d| is_method(d.borrow()));
    let get = descriptor.as_ref().and_then(|d| d.borrow().ty().slots.descr_get.get());
    if let (Some(descriptor), Some(get), false) = (&descriptor, get, unbound)
        && descriptor.borrow().ty().slots.descr_set.get().is_some()
    {
        return Ok((false, get(thread, descriptor.borrow(), Some(object), Some(ty.upcast()))?));
    }
    if let Some(value) = find_in_instance(thread, object, name)? {
        return Ok((false, value));
    }
    match (descriptor, get) {
        (Some(descriptor), _) if unbound => Ok((true, descriptor)),
        (Some(descriptor), Some(get)) => {
            Ok((false, get(thread, descriptor.borrow(), Some(object), Some(ty.upcast()))?))
        }
        (Some(descriptor), None) => Ok((false, descriptor)),
        (None, _) => Err(no_attribute(thread, object, name)),
    }
}

/// `_Py_LoadAttr_StackRefSteal`: the method, with the owner put behind it, or the attribute with NULL behind it.
pub(crate) fn load_method(
    thread: &Thread,
    owner: StackRef,
    name: Ref<PyStr>,
    self_or_null: SlotPtr,
) -> Result<StackRef> {
    match find_method(thread, owner.as_object(), name) {
        Ok((true, method)) => {
            self_or_null.put(0, owner);
            Ok(StackRef::from_owned(method))
        }
        Ok((false, attribute)) => {
            self_or_null.put(0, StackRef::NULL);
            drop(owner);
            Ok(StackRef::from_owned(attribute))
        }
        Err(raised) => {
            // The slot is the owner's own: closed here, it is read again by nobody.
            self_or_null.put(0, StackRef::NULL);
            drop(owner);
            Err(raised)
        }
    }
}

/// `_PyObject_LookupSpecialMethod`: slots hold NULL and an owner; on success method and self, or method and NULL.
pub(crate) fn lookup_special(thread: &Thread, name: Ref<PyStr>, slots: SlotPtr) -> Result<bool> {
    let owner = slots.get(1).as_object();
    let Some(method) = types::lookup(owner.ty(), name).map(Ref::to_owned) else { return Ok(false) };
    if is_method(method.borrow()) {
        slots.put(0, StackRef::from_owned(method));
        return Ok(true);
    }
    let bound = match method.borrow().ty().slots.descr_get.get() {
        Some(get) => get(thread, method.borrow(), Some(owner), Some(owner.ty().upcast()))?,
        None => method,
    };
    let owner = slots.replace(1, StackRef::NULL);
    slots.put(0, StackRef::from_owned(bound));
    drop(owner);
    Ok(true)
}

/// Calls a special method that was found on the type, bound to the object.
pub(crate) fn call_special(thread: &Thread, method: Ref, object: Ref, arguments: &[Ref]) -> Result {
    let method = method.to_owned();
    if is_method(method.borrow()) {
        let mut all = Vec::with_capacity(arguments.len() + 1);
        all.push(object);
        all.extend_from_slice(arguments);
        return call::with(thread, method.borrow(), &all);
    }
    let bound = match method.borrow().ty().slots.descr_get.get() {
        Some(get) => get(thread, method.borrow(), Some(object), Some(object.ty().upcast()))?,
        None => method,
    };
    call::with(thread, bound.borrow(), arguments)
}

/// A special method by name, called; `None` if the type has none.
pub(crate) fn call_optional_special(
    thread: &Thread,
    object: Ref,
    name: Ref<PyStr>,
    arguments: &[Ref],
) -> Result<Option<Owned>> {
    match types::lookup(object.ty(), name) {
        Some(method) => call_special(thread, method, object, arguments).map(Some),
        None => Ok(None),
    }
}

/// `object.__dict__` of an instance, for the getset of classes.
pub(crate) fn dict_getter(thread: &Thread, object: Ref) -> Result {
    let _ = names::dict();
    match dict_of(object, true) {
        Some(dict) => Ok(dict.to_owned().upcast()),
        None => Err(no_attribute(thread, object, names::dict())),
    }
}

/// Sets `object.__dict__`.
pub(crate) fn dict_setter(thread: &Thread, object: Ref, value: Option<Ref>) -> Result<()> {
    let dict = match value.map(|value| (value, value.downcast::<PyDict>())) {
        None => PyDict::new(),
        Some((_, Some(dict))) => dict.to_owned(),
        Some((value, None)) => {
            return Err(error::type_error(
                thread,
                format_args!("__dict__ must be set to a dictionary, not a '{}'", value.ty().name()),
            ));
        }
    };
    if !object.ty().has_feature(flags::MANAGED_DICT) {
        return Err(error::attribute_error(thread, "This object has no __dict__"));
    }
    if managed_dict(object).is_none() {
        materialize_dict(object);
    }
    let old = set_managed_dict(object, Some(dict));
    if let Some(old) = &old {
        // The inline values belong to the old dict now.
        old.detach_values();
    }
    Ok(())
}
