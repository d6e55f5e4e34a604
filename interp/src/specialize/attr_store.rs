//! STORE_ATTR.

use super::settle;
use crate::frame::InstrPtr;
use crate::object::{PyStr, Ref, StackRef, Thread};

/// `_Py_Specialize_StoreAttr`. All its forms write an instance's storage by offset or by the index of a dict that the
/// instance manages; the object core has no such storage, so every attempt fails and the counter backs off.
#[inline(never)]
pub(crate) fn store_attr(_: &Thread, _owner: &StackRef, instr: InstrPtr, _name: Ref<PyStr>) {
    settle(instr, None);
}
