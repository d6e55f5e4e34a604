//! UNPACK_SEQUENCE, CONTAINS_OP and STORE_SUBSCR.

use super::settle;
use crate::frame::InstrPtr;
use crate::generated::opcode;
use crate::object::{PyInt, PyList, PyTuple, Ref, StackRef, Thread};
use crate::runtime::types;

/// `_Py_Specialize_UnpackSequence`; `count` is the number of targets.
#[inline(never)]
pub(crate) fn unpack_sequence(_: &Thread, sequence: &StackRef, instr: InstrPtr, count: i32) {
    let sequence = sequence.as_object();
    let (len, form) = if sequence.is_exact(types::tuple()) {
        let form = if count == 2 { opcode::UNPACK_SEQUENCE_TWO_TUPLE } else { opcode::UNPACK_SEQUENCE_TUPLE };
        (Some(sequence.cast::<PyTuple>().len()), form)
    } else if sequence.is_exact(types::list()) {
        (Some(sequence.cast::<PyList>().len()), opcode::UNPACK_SEQUENCE_LIST)
    } else {
        (None, 0)
    };
    // A wrong length raises, whatever the form.
    settle(instr, (len.map(|len| len as i64) == Some(i64::from(count))).then_some(form));
}

/// `_Py_Specialize_ContainsOp`.
#[inline(never)]
pub(crate) fn contains_op(_: &Thread, container: &StackRef, instr: InstrPtr) {
    let container = container.as_object();
    let form = if container.is_exact(types::dict()) {
        Some(opcode::CONTAINS_OP_DICT)
    } else if container.is_exact(types::set()) || container.is_exact(types::frozenset()) {
        Some(opcode::CONTAINS_OP_SET)
    } else {
        None
    };
    settle(instr, form);
}

/// `_Py_Specialize_StoreSubscr`.
#[inline(never)]
pub(crate) fn store_subscr(_: &Thread, container: &StackRef, index: &StackRef, instr: InstrPtr) {
    let (container, index) = (container.as_object(), index.as_object());
    let form = if container.is_exact(types::list()) {
        is_index_of(index, container.cast()).then_some(opcode::STORE_SUBSCR_LIST_INT)
    } else {
        container.is_exact(types::dict()).then_some(opcode::STORE_SUBSCR_DICT)
    };
    settle(instr, form);
}

/// An int that counts from the start and lies within the list.
fn is_index_of(index: Ref, list: Ref<PyList>) -> bool {
    if !index.is_exact(types::int()) {
        return false;
    }
    let index = index.cast::<PyInt>();
    index.is_non_negative_compact() && (index.compact_value() as usize) < list.len()
}
