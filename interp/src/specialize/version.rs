//! Version tags of types, and the lookups that they guard.

use crate::object::{PyStr, PyType, Ref, Thread};
use crate::runtime::types;

/// The version of a type as it is now, assigned if it has none; `None` when there are none left to give.
pub(super) fn of(thread: &Thread, ty: Ref<PyType>) -> Option<u32> {
    types::assign_version(thread, ty).then(|| ty.version())
}

/// What the type or the first of its bases that has the name has under it (`_PyType_Lookup`).
pub(super) fn lookup(ty: Ref<PyType>, name: Ref<PyStr>) -> Option<Ref> {
    types::lookup(ty, name)
}
