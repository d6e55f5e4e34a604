//! STORE_ATTR.

use super::descriptor::{self, Kind};
use super::{instance, settle};
use crate::frame::InstrPtr;
use crate::generated::caches::AttrCache;
use crate::generated::opcode;
use crate::object::{PyStr, Ref, StackRef, Thread};
use crate::runtime::types;

/// `_Py_Specialize_StoreAttr`.
#[inline(never)]
pub(crate) fn store_attr(thread: &Thread, owner: &StackRef, instr: InstrPtr, name: Ref<PyStr>) {
    settle(instr, form(thread, owner.as_object(), instr, name));
}

fn form(thread: &Thread, owner: Ref, instr: InstrPtr, name: Ref<PyStr>) -> Option<u8> {
    if owner.is_exact(types::module()) {
        return None;
    }
    let found = descriptor::for_store(thread, owner.ty(), name)?;
    match found.kind {
        Kind::Slot => instance::slot(owner, found, instr.cache::<AttrCache>()).then_some(opcode::STORE_ATTR_SLOT),
        Kind::Absent => {
            let forms = (opcode::STORE_ATTR_INSTANCE_VALUE, opcode::STORE_ATTR_WITH_HINT);
            instance::own_attribute(owner, name, found.version, instr.cache::<AttrCache>(), forms)
        }
        _ => None,
    }
}
