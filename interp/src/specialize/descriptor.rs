//! What an attribute lookup on a type finds, as far as the choice of a form depends on it.

use super::version;
use crate::object::types::flags;
use crate::object::{PyMember, PyStr, PyType, Ref, Thread, slots};
use crate::runtime::{names, trampolines, types};

/// Kinds of what a class has under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    Absent,
    /// Decides itself what loading and storing do.
    Overriding,
    /// A property.
    Property,
    /// An attribute at a fixed place of the instance.
    Slot,
    /// A function, or what binds as one.
    Method,
    /// Binds in another way, unless the instance has the name.
    NonOverriding,
    /// Not a descriptor, and its class cannot become one.
    Plain,
    /// Its class can change, so nothing is known for long.
    Mutable,
    /// The class itself answers for attributes.
    Overridden,
    /// The class answers by this Python function.
    Getattribute,
}

/// A class's answer for a name, valid while it has this version.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) descriptor: Option<Ref>,
    pub(super) version: u32,
}

/// `classify_descriptor`.
pub(super) fn classify(descriptor: Option<Ref>) -> Kind {
    let Some(descriptor) = descriptor else { return Kind::Absent };
    let ty = descriptor.ty();
    if !ty.has_feature(flags::IMMUTABLETYPE) {
        Kind::Mutable
    } else if ty.is(types::property()) {
        Kind::Property
    } else if ty.is(types::member_descriptor()) {
        if descriptor.cast::<PyMember>().field().is_some() { Kind::Overriding } else { Kind::Slot }
    } else if ty.slots.descr_set.get().is_some() {
        Kind::Overriding
    } else if ty.slots.descr_get.get().is_none() {
        Kind::Plain
    } else if ty.has_feature(flags::METHOD_DESCRIPTOR) {
        Kind::Method
    } else {
        Kind::NonOverriding
    }
}

/// What loading `name` from an instance of the type finds on the type; `None` when there are no versions left.
pub(super) fn for_load(thread: &Thread, ty: Ref<PyType>, name: Ref<PyStr>) -> Option<Found> {
    let slot = ty.slots.getattro.get()?;
    if std::ptr::fn_addr_eq(slot, types::object().slots.getattro.get()?) {
        return found(thread, ty, name, true);
    }
    if !std::ptr::fn_addr_eq(slot, trampolines::getattr_hook as slots::Binary) {
        return found(thread, ty, name, false);
    }
    // `__getattribute__` or `__getattr__` was defined, or both.
    let version = version::of(thread, ty)?;
    let getattribute = version::lookup(ty, names::getattribute());
    let usual = version::lookup(types::object(), names::getattribute());
    let fallback = version::lookup(ty, names::getattr()).is_some();
    if getattribute.map(Ref::addr) != usual.map(Ref::addr) {
        let plain = !fallback && getattribute.is_some_and(|function| function.is_exact(types::function()));
        let (kind, descriptor) = if plain { (Kind::Getattribute, getattribute) } else { (Kind::Overridden, None) };
        return Some(Found { kind, descriptor, version });
    }
    // An AttributeError of a property would have to lead to `__getattr__`.
    let found = found(thread, ty, name, true)?;
    Some(if found.kind == Kind::Property { Found { kind: Kind::Overridden, ..found } } else { found })
}

/// As `for_load`, for storing.
pub(super) fn for_store(thread: &Thread, ty: Ref<PyType>, name: Ref<PyStr>) -> Option<Found> {
    let generic = match (ty.slots.setattro.get(), types::object().slots.setattro.get()) {
        (Some(own), Some(object)) => std::ptr::fn_addr_eq(own, object),
        _ => false,
    };
    found(thread, ty, name, generic)
}

/// What a type has under a name, whoever asks.
pub(super) fn on_type(thread: &Thread, ty: Ref<PyType>, name: Ref<PyStr>) -> Option<Found> {
    found(thread, ty, name, true)
}

fn found(thread: &Thread, ty: Ref<PyType>, name: Ref<PyStr>, generic: bool) -> Option<Found> {
    let version = version::of(thread, ty)?;
    if !generic {
        return Some(Found { kind: Kind::Overridden, descriptor: None, version });
    }
    let descriptor = version::lookup(ty, name);
    Some(Found { kind: classify(descriptor), descriptor, version })
}
