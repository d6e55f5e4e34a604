//! TO_BOOL.

use super::{settle, version};
use crate::frame::InstrPtr;
use crate::generated::caches::ToBoolCache;
use crate::generated::opcode;
use crate::object::types::flags;
use crate::object::{PyType, Ref, StackRef, Thread};
use crate::runtime::types;

/// `_Py_Specialize_ToBool`.
#[inline(never)]
pub(crate) fn to_bool(thread: &Thread, value: &StackRef, instr: InstrPtr) {
    let ty = value.as_object().ty();
    let form = if ty.is(types::bool_()) {
        Some(opcode::TO_BOOL_BOOL)
    } else if ty.is(types::int()) {
        Some(opcode::TO_BOOL_INT)
    } else if ty.is(types::list()) {
        Some(opcode::TO_BOOL_LIST)
    } else if value.is_none() {
        Some(opcode::TO_BOOL_NONE)
    } else if ty.is(types::str()) {
        Some(opcode::TO_BOOL_STR)
    } else if ty.has_feature(flags::HEAPTYPE) {
        always_true(thread, ty, instr)
    } else {
        None
    };
    settle(instr, form);
}

/// A class that says nothing about truth or length: all its instances are true.
fn always_true(thread: &Thread, ty: Ref<PyType>, instr: InstrPtr) -> Option<u8> {
    let slots = &ty.slots;
    if slots.nb_bool.get().is_some() || slots.mp_length.get().is_some() || slots.sq_length.get().is_some() {
        return None;
    }
    instr.cache::<ToBoolCache>().set(ToBoolCache::VERSION, version::of(thread, ty)?);
    Some(opcode::TO_BOOL_ALWAYS_TRUE)
}
