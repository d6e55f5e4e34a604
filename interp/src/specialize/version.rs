//! Version tags of types, and the lookups that they guard.

use crate::object::{PyStr, PyType, Ref, Thread};

/// The version of a type as it is now, assigned if it has none; `None` when there are none left to give. Its bases get
/// one too, since a change is announced only through types that have one (`assign_version_tag`).
pub(super) fn of(thread: &Thread, ty: Ref<PyType>) -> Option<u32> {
    if ty.version() != 0 {
        return Some(ty.version());
    }
    for base in ty.mro.get()?.iter().skip(1) {
        let base = base.cast::<PyType>();
        if base.version() == 0 {
            base.set_version(Some(thread.next_type_version()).filter(|&version| version != 0)?);
        }
    }
    let fresh = Some(thread.next_type_version()).filter(|&version| version != 0)?;
    ty.set_version(fresh);
    Some(fresh)
}

/// What the type or the first of its bases that has the name has under it (`_PyType_Lookup`).
pub(super) fn lookup(ty: Ref<PyType>, name: Ref<PyStr>) -> Option<Ref> {
    ty.mro.get()?.iter().find_map(|ty| ty.cast::<PyType>().dict.get()?.get_str(name))
}

/// As `lookup`, by text.
pub(super) fn find(ty: Ref<PyType>, name: &str) -> Option<Ref> {
    lookup(ty, PyStr::new(name).borrow())
}
