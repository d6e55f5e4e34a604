//! Which form is chosen for which operands, on a code array that no frame runs.

use super::*;
use crate::generated::caches::LoadGlobalCache;
use crate::generated::opcode;
use crate::object::testing::with_thread;
use crate::object::{PyDict, PyFloat, PyInt, PyList, PyStr, PyTuple, Ref, StackRef, Thread, none_object, true_object};
use std::cell::Cell;

/// An instruction whose counter has run out, with caches and what follows.
struct Code(Vec<Cell<u16>>);

impl Code {
    fn new(opcode: u8, oparg: u8) -> Code {
        let mut units = vec![Cell::new(0); 16];
        units[0] = Cell::new(u16::from(opcode) | u16::from(oparg) << 8);
        units[1] = Cell::new(1);
        Code(units)
    }

    fn instr(&self) -> InstrPtr {
        InstrPtr::first(&self.0)
    }

    fn opcode(&self) -> u8 {
        self.instr().opcode()
    }
}

fn int(value: i64) -> StackRef {
    StackRef::from_owned(PyInt::from_i64(value).upcast())
}

fn float(value: f64) -> StackRef {
    StackRef::from_owned(PyFloat::new(value).upcast())
}

fn text(value: &str) -> StackRef {
    StackRef::from_owned(PyStr::new(value).upcast())
}

fn compared(thread: &Thread, left: &StackRef, right: &StackRef, operator: i32) -> u8 {
    let code = Code::new(opcode::COMPARE_OP, 0);
    compare_op(thread, left, right, code.instr(), operator << 5 | 16);
    code.opcode()
}

fn truth_of(thread: &Thread, value: Ref) -> u8 {
    let code = Code::new(opcode::TO_BOOL, 0);
    to_bool(thread, &StackRef::from_new(value), code.instr());
    code.opcode()
}

#[test]
fn forms_follow_the_operands() {
    with_thread(|thread| {
        comparisons(thread);
        truths(thread);
        sequences(thread);
        globals(thread);
        extensions(thread);
        failures(thread);
    });
}

fn comparisons(thread: &Thread) {
    assert_eq!(compared(thread, &int(1), &int(1000), 0), opcode::COMPARE_OP_INT);
    assert_eq!(compared(thread, &float(1.0), &float(2.0), 4), opcode::COMPARE_OP_FLOAT);
    assert_eq!(compared(thread, &text("a"), &text("b"), 2), opcode::COMPARE_OP_STR);
    assert_eq!(compared(thread, &text("a"), &text("b"), 0), opcode::COMPARE_OP);
    assert_eq!(compared(thread, &int(1), &float(1.0), 2), opcode::COMPARE_OP);
}

fn truths(thread: &Thread) {
    assert_eq!(truth_of(thread, true_object()), opcode::TO_BOOL_BOOL);
    assert_eq!(truth_of(thread, none_object()), opcode::TO_BOOL_NONE);
    assert_eq!(truth_of(thread, PyInt::from_i64(7).upcast().borrow()), opcode::TO_BOOL_INT);
    assert_eq!(truth_of(thread, PyStr::new("x").upcast().borrow()), opcode::TO_BOOL_STR);
    assert_eq!(truth_of(thread, PyFloat::new(0.5).upcast().borrow()), opcode::TO_BOOL);
}

fn sequences(thread: &Thread) {
    let tuple = |n: i64| {
        StackRef::from_owned(PyTuple::from_vec((0..n).map(|i| PyInt::from_i64(i).upcast()).collect()).upcast())
    };
    let unpacked = |sequence: &StackRef, count| {
        let code = Code::new(opcode::UNPACK_SEQUENCE, count as u8);
        unpack_sequence(thread, sequence, code.instr(), count);
        code.opcode()
    };
    assert_eq!(unpacked(&tuple(2), 2), opcode::UNPACK_SEQUENCE_TWO_TUPLE);
    assert_eq!(unpacked(&tuple(3), 3), opcode::UNPACK_SEQUENCE_TUPLE);
    assert_eq!(unpacked(&tuple(3), 2), opcode::UNPACK_SEQUENCE);
    let list = StackRef::from_owned(PyList::new(vec![PyInt::from_i64(1).upcast()]).upcast());
    assert_eq!(unpacked(&list, 1), opcode::UNPACK_SEQUENCE_LIST);
    let stored = |index: i64| {
        let code = Code::new(opcode::STORE_SUBSCR, 0);
        store_subscr(thread, &list, &int(index), code.instr());
        code.opcode()
    };
    assert_eq!(stored(0), opcode::STORE_SUBSCR_LIST_INT);
    assert_eq!(stored(1), opcode::STORE_SUBSCR);
    assert_eq!(stored(-1), opcode::STORE_SUBSCR);
}

fn globals(thread: &Thread) {
    let (module, builtins) = (PyDict::new(), PyDict::new());
    let name = PyStr::new("x");
    let loaded = |code: &Code| {
        let (module, builtins) = (module.borrow().upcast(), builtins.borrow().upcast());
        load_global(thread, module, builtins, code.instr(), name.borrow());
    };
    let cache = |code: &Code| code.instr().cache::<LoadGlobalCache>();
    let code = Code::new(opcode::LOAD_GLOBAL, 0);
    module.borrow().set_str(PyStr::new("other").borrow(), none_object().to_owned());
    loaded(&code);
    assert_eq!(code.opcode(), opcode::LOAD_GLOBAL, "in neither dict");
    builtins.borrow().set_str(name.borrow(), none_object().to_owned());
    loaded(&code);
    assert_eq!(code.opcode(), opcode::LOAD_GLOBAL_BUILTIN);
    assert_eq!(u32::from(cache(&code).get(LoadGlobalCache::MODULE_KEYS_VERSION)), module.borrow().keys().version());
    assert_eq!(u32::from(cache(&code).get(LoadGlobalCache::BUILTIN_KEYS_VERSION)), builtins.borrow().keys().version());
    module.borrow().set_str(name.borrow(), none_object().to_owned());
    assert_eq!(module.borrow().keys().version(), 0, "the guard fails now");
    loaded(&code);
    assert_eq!(code.opcode(), opcode::LOAD_GLOBAL_MODULE);
    assert_eq!(cache(&code).get(LoadGlobalCache::INDEX), 1, "the second entry");
}

fn extensions(thread: &Thread) {
    let (left, right) = (float(1.5), int(2));
    let find = |operator| BinaryOpExtend::find(operator, left.as_object(), right.as_object());
    let product = find(binary::operator::MULTIPLY).expect("float * int is in the table");
    assert_eq!(BinaryOpExtend::from_object(product.as_object()), product);
    assert!(!product.guard(right.as_object(), left.as_object()));
    let result = product.action(thread, left.as_object(), right.as_object()).unwrap_or_else(|_| panic!("an exception"));
    assert_eq!(result.borrow().cast::<PyFloat>().value(), 3.0);
    assert_eq!(find(binary::operator::OR), None);
    assert_eq!(BinaryOpExtend::find(binary::operator::TRUE_DIVIDE, left.as_object(), int(0).as_object()), None);
}

fn failures(thread: &Thread) {
    let code = Code::new(opcode::SEND, 0);
    let before = counts(opcode::SEND);
    send(thread, &int(1), code.instr());
    assert_eq!(code.opcode(), opcode::SEND);
    assert_eq!(code.instr().counter(), 3 << 4 | 2, "from backoff 1 to 2");
    assert_eq!(counts(opcode::SEND).failure, before.failure + 1);
}
