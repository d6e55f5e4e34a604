//! BINARY_OP and COMPARE_OP.

use super::extend::BinaryOpExtend;
use super::{following, function, settle, version};
use crate::frame::{InstrPtr, SlotPtr};
use crate::generated::caches::BinaryOpCache;
use crate::generated::{opcode, tables};
use crate::object::types::flags;
use crate::object::{CompareOp, PyFunction, PyInt, Ref, StackRef, Thread};
use crate::runtime::{names, types};

/// Arguments of BINARY_OP, numbered as CPython's `NB_*`.
pub(crate) mod operator {
    pub(crate) const ADD: i32 = 0;
    pub(crate) const AND: i32 = 1;
    pub(crate) const MULTIPLY: i32 = 5;
    pub(crate) const OR: i32 = 7;
    pub(crate) const SUBTRACT: i32 = 10;
    pub(crate) const TRUE_DIVIDE: i32 = 11;
    pub(crate) const XOR: i32 = 12;
    pub(crate) const INPLACE_ADD: i32 = 13;
    pub(crate) const INPLACE_AND: i32 = 14;
    pub(crate) const INPLACE_MULTIPLY: i32 = 18;
    pub(crate) const INPLACE_OR: i32 = 20;
    pub(crate) const INPLACE_SUBTRACT: i32 = 23;
    pub(crate) const INPLACE_XOR: i32 = 25;
    pub(crate) const SUBSCR: i32 = 26;
}

/// `_Py_Specialize_BinaryOp`; `locals` are those of the running frame.
#[inline(never)]
pub(crate) fn binary_op(
    thread: &Thread,
    left: &StackRef,
    right: &StackRef,
    instr: InstrPtr,
    oparg: i32,
    locals: SlotPtr,
) {
    let (left, right) = (left.as_object(), right.as_object());
    let form = match oparg {
        operator::SUBSCR => subscript(thread, left, right),
        _ if left.ty().is(right.ty()) => arithmetic(left, instr, oparg, locals),
        _ => None,
    };
    settle(instr, form.or_else(|| extended(left, right, instr, oparg)));
}

fn arithmetic(left: Ref, instr: InstrPtr, oparg: i32, locals: SlotPtr) -> Option<u8> {
    use operator as op;
    let pick = |int, float| {
        if left.is_exact(types::int()) {
            Some(int)
        } else if left.is_exact(types::float()) {
            Some(float)
        } else {
            None
        }
    };
    match oparg {
        op::ADD | op::INPLACE_ADD if left.is_exact(types::str()) => Some(concatenation(left, instr, locals)),
        op::ADD | op::INPLACE_ADD => pick(opcode::BINARY_OP_ADD_INT, opcode::BINARY_OP_ADD_FLOAT),
        op::SUBTRACT | op::INPLACE_SUBTRACT => pick(opcode::BINARY_OP_SUBTRACT_INT, opcode::BINARY_OP_SUBTRACT_FLOAT),
        op::MULTIPLY | op::INPLACE_MULTIPLY => pick(opcode::BINARY_OP_MULTIPLY_INT, opcode::BINARY_OP_MULTIPLY_FLOAT),
        _ => None,
    }
}

/// A sum that goes back into the variable it came from can grow the string in place.
fn concatenation(left: Ref, instr: InstrPtr, locals: SlotPtr) -> u8 {
    let next = following(instr, tables::CACHES[usize::from(opcode::BINARY_OP)]);
    let goes_back = next.opcode() == opcode::STORE_FAST
        && locals.get(isize::from(next.arg())).as_option().is_some_and(|local| local.is(left));
    if goes_back { opcode::BINARY_OP_INPLACE_ADD_UNICODE } else { opcode::BINARY_OP_ADD_UNICODE }
}

fn subscript(thread: &Thread, container: Ref, index: Ref) -> Option<u8> {
    if index.is_exact(types::int()) && index.cast::<PyInt>().is_non_negative_compact() {
        if container.is_exact(types::list()) {
            return Some(opcode::BINARY_OP_SUBSCR_LIST_INT);
        }
        if container.is_exact(types::tuple()) {
            return Some(opcode::BINARY_OP_SUBSCR_TUPLE_INT);
        }
        if container.is_exact(types::str()) {
            return Some(opcode::BINARY_OP_SUBSCR_STR_INT);
        }
    }
    if container.is_exact(types::dict()) {
        return Some(opcode::BINARY_OP_SUBSCR_DICT);
    }
    if container.is_exact(types::list()) && index.is_exact(types::slice()) {
        return Some(opcode::BINARY_OP_SUBSCR_LIST_SLICE);
    }
    getitem(thread, container)
}

/// A class whose `__getitem__` is a plain Python function of two arguments, which is then entered without a call. The
/// class remembers it, and the function's version, until it is modified.
fn getitem(thread: &Thread, container: Ref) -> Option<u8> {
    let ty = container.ty();
    if !ty.has_feature(flags::HEAPTYPE) {
        return None;
    }
    let method = version::lookup(ty, names::getitem())?.downcast::<PyFunction>()?;
    if !function::takes_exactly(method, 2) {
        return None;
    }
    let function_version = function::version(method)?;
    version::of(thread, ty)?;
    ty.spec_cache.getitem_version.set(function_version);
    ty.spec_cache.getitem.set(Some(method.to_owned()));
    Some(opcode::BINARY_OP_SUBSCR_GETITEM)
}

fn extended(left: Ref, right: Ref, instr: InstrPtr, oparg: i32) -> Option<u8> {
    let entry = BinaryOpExtend::find(oparg, left, right)?;
    instr.cache::<BinaryOpCache>().set(BinaryOpCache::EXTERNAL_CACHE, entry.as_object());
    Some(opcode::BINARY_OP_EXTEND)
}

/// `_Py_Specialize_CompareOp`. All forms give a bool, so the argument's bit that asks for one does not matter.
#[inline(never)]
pub(crate) fn compare_op(_: &Thread, left: &StackRef, right: &StackRef, instr: InstrPtr, oparg: i32) {
    let (left, right) = (left.as_object(), right.as_object());
    settle(instr, if left.ty().is(right.ty()) { comparison(left, right, oparg >> 5) } else { None });
}

fn comparison(left: Ref, right: Ref, operator: i32) -> Option<u8> {
    let compact = |object: Ref| object.cast::<PyInt>().is_compact();
    if left.is_exact(types::float()) {
        Some(opcode::COMPARE_OP_FLOAT)
    } else if left.is_exact(types::int()) && compact(left) && compact(right) {
        Some(opcode::COMPARE_OP_INT)
    } else if left.is_exact(types::str()) && matches!(CompareOp::from_number(operator), CompareOp::Eq | CompareOp::Ne) {
        Some(opcode::COMPARE_OP_STR)
    } else {
        None
    }
}
