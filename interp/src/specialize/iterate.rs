//! FOR_ITER and SEND.

use super::settle;
use crate::frame::InstrPtr;
use crate::generated::opcode;
use crate::object::{StackRef, Thread};
use crate::runtime::types;

/// `_Py_Specialize_ForIter`.
#[inline(never)]
pub(crate) fn for_iter(_: &Thread, iterator: &StackRef, instr: InstrPtr, oparg: i32) {
    let iterator = iterator.as_object();
    let form = if iterator.is_exact(types::list_iterator()) {
        Some(opcode::FOR_ITER_LIST)
    } else if iterator.is_exact(types::tuple_iterator()) {
        Some(opcode::FOR_ITER_TUPLE)
    } else if iterator.is_exact(types::range_iterator()) {
        Some(opcode::FOR_ITER_RANGE)
    } else if iterator.is_exact(types::generator()) && oparg <= i32::from(i16::MAX) {
        Some(opcode::FOR_ITER_GEN)
    } else {
        None
    };
    settle(instr, form);
}

/// `_Py_Specialize_Send`. Only generators and coroutines have a fast form.
#[inline(never)]
pub(crate) fn send(_: &Thread, receiver: &StackRef, instr: InstrPtr) {
    let receiver = receiver.as_object();
    let resumes = receiver.is_exact(types::generator()) || receiver.is_exact(types::coroutine());
    settle(instr, resumes.then_some(opcode::SEND_GEN));
}
