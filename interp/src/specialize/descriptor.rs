//! What an attribute lookup on a type finds, as far as the choice of a form depends on it.

use super::version;
use crate::object::types::flags;
use crate::object::{PyStr, PyType, Ref, Thread};
use crate::runtime::types;

/// Kinds of what a class has under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    Absent,
    /// Decides itself what loading and storing do.
    Overriding,
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
    let generic = match (ty.slots.getattro.get(), types::object().slots.getattro.get()) {
        (Some(own), Some(object)) => std::ptr::fn_addr_eq(own, object),
        _ => false,
    };
    found(thread, ty, name, generic)
}

/// What a type object, rather than its instances, finds along its own bases.
pub(super) fn on_class(thread: &Thread, ty: Ref<PyType>, name: Ref<PyStr>) -> Option<Found> {
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

/// Whether instances of the type can have attributes of their own. Some built-in types keep their dict in a field
/// without an offset.
pub(super) fn instances_have_dict(ty: Ref<PyType>) -> bool {
    ty.has_feature(flags::MANAGED_DICT)
        || ty.has_feature(flags::BASE_EXC_SUBCLASS)
        || ty.dictoffset.get() != 0
        || ty.is(types::function())
        || ty.is(types::module())
}
