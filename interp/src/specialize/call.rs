//! CALL and CALL_KW.

use super::function::{self, Kind};
use super::{following, settle, version};
use crate::frame::InstrPtr;
use crate::generated::caches::CallCache;
use crate::generated::{opcode, tables};
use crate::object::types::flags;
use crate::object::{MethodFn, PyCFunction, PyFunction, PyMethod, PyMethodDescr, PyType, Ref, StackRef, Thread};
use crate::runtime::{names, types};

/// `_Py_Specialize_Call`; `nargs` counts a receiver that stands on the stack.
#[inline(never)]
pub(crate) fn call(thread: &Thread, callable: &StackRef, instr: InstrPtr, nargs: i32) {
    let callable = callable.as_object();
    let form = if callable.is_exact(types::builtin_function()) {
        builtin_call(thread, callable.cast(), instr, nargs)
    } else if callable.is_exact(types::function()) {
        let forms = (opcode::CALL_PY_EXACT_ARGS, opcode::CALL_PY_GENERAL);
        python_call(callable.cast(), instr, nargs, forms)
    } else if callable.ty().has_feature(flags::TYPE_SUBCLASS) {
        Some(class_call(thread, callable.cast(), instr, nargs))
    } else if callable.is_exact(types::method_descriptor()) {
        descriptor_call(thread, callable.cast(), instr, nargs)
    } else if callable.is_exact(types::method()) {
        let forms = (opcode::CALL_BOUND_METHOD_EXACT_ARGS, opcode::CALL_BOUND_METHOD_GENERAL);
        let function = callable.cast::<PyMethod>().function().downcast::<PyFunction>();
        function.and_then(|function| python_call(function, instr, nargs + 1, forms))
    } else {
        Some(opcode::CALL_NON_PY_GENERAL)
    };
    settle(instr, form);
}

/// A call of a Python function with `nargs` positional arguments: `forms` is for exactly those it takes, and for others.
fn python_call(function: Ref<PyFunction>, instr: InstrPtr, nargs: i32, forms: (u8, u8)) -> Option<u8> {
    let kind = function::kind(function.code());
    if kind == Kind::NotOptimized {
        return None;
    }
    instr.cache::<CallCache>().set(CallCache::FUNC_VERSION, function::version(function)?);
    let exact = kind == Kind::Simple && function.code().argcount() == nargs;
    Some(if exact { forms.0 } else { forms.1 })
}

fn builtin_call(thread: &Thread, callable: Ref<PyCFunction>, instr: InstrPtr, nargs: i32) -> Option<u8> {
    let cache = &thread.state.callable_cache;
    let is = |cached: Option<Ref<PyCFunction>>| cached.is_some_and(|cached| cached.is(callable));
    // Where the receiver stands on the stack too, the argument is less than `nargs`.
    let oparg = i32::from(instr.arg());
    match callable.def().function {
        MethodFn::O(_) if nargs != 1 => None,
        MethodFn::O(_) if oparg == 1 && is(cache.len.get()) => Some(opcode::CALL_LEN),
        MethodFn::O(_) => Some(opcode::CALL_BUILTIN_O),
        MethodFn::Fast(_) if nargs == 2 && oparg == 2 && is(cache.isinstance.get()) => Some(opcode::CALL_ISINSTANCE),
        MethodFn::Fast(_) => Some(opcode::CALL_BUILTIN_FAST),
        MethodFn::FastKeywords(_) => Some(opcode::CALL_BUILTIN_FAST_WITH_KEYWORDS),
        MethodFn::NoArgs(_) => Some(opcode::CALL_NON_PY_GENERAL),
    }
}

fn descriptor_call(thread: &Thread, callable: Ref<PyMethodDescr>, instr: InstrPtr, nargs: i32) -> Option<u8> {
    match callable.def().function {
        MethodFn::NoArgs(_) => (nargs == 1).then_some(opcode::CALL_METHOD_DESCRIPTOR_NOARGS),
        MethodFn::O(_) if nargs != 2 => None,
        MethodFn::O(_) if instr.arg() == 1 && appends(thread, callable, instr) => Some(opcode::CALL_LIST_APPEND),
        MethodFn::O(_) => Some(opcode::CALL_METHOD_DESCRIPTOR_O),
        MethodFn::Fast(_) => Some(opcode::CALL_METHOD_DESCRIPTOR_FAST),
        MethodFn::FastKeywords(_) => Some(opcode::CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS),
    }
}

/// `list.append` as a statement: the form swallows the POP_TOP behind it.
fn appends(thread: &Thread, callable: Ref<PyMethodDescr>, instr: InstrPtr) -> bool {
    let next = following(instr, tables::CACHES[usize::from(opcode::CALL)]);
    next.opcode() == opcode::POP_TOP
        && thread.state.callable_cache.list_append.get().is_some_and(|append| append.is(callable))
}

fn class_call(thread: &Thread, class: Ref<PyType>, instr: InstrPtr, nargs: i32) -> u8 {
    if class.has_feature(flags::IMMUTABLETYPE) {
        return builtin_class_call(class, instr, nargs);
    }
    let plain = class.is_exact(types::type_()) && makes_objects_as_object_does(class);
    match plain.then(|| entered_init(thread, class, instr)).flatten() {
        Some(opcode) => opcode,
        None => opcode::CALL_NON_PY_GENERAL,
    }
}

fn builtin_class_call(class: Ref<PyType>, instr: InstrPtr, nargs: i32) -> u8 {
    if nargs == 1 && instr.arg() == 1 {
        if class.is(types::str()) {
            return opcode::CALL_STR_1;
        }
        if class.is(types::type_()) {
            return opcode::CALL_TYPE_1;
        }
        if class.is(types::tuple()) {
            return opcode::CALL_TUPLE_1;
        }
    }
    if class.tp_vectorcall().is_some() { opcode::CALL_BUILTIN_CLASS } else { opcode::CALL_NON_PY_GENERAL }
}

fn makes_objects_as_object_does(class: Ref<PyType>) -> bool {
    match (class.slots.new.get(), types::object().slots.new.get()) {
        (Some(own), Some(object)) => std::ptr::fn_addr_eq(own, object),
        _ => false,
    }
}

/// A class whose `__init__` is a plain Python function: the object is made in place and the function entered. The class
/// remembers the function; the guard is the class's version.
fn entered_init(thread: &Thread, class: Ref<PyType>, instr: InstrPtr) -> Option<u8> {
    if !class.has_feature(flags::HEAPTYPE) || thread.state.init_cleanup.get().is_none() {
        return None;
    }
    let init = version::lookup(class, names::init())?.downcast::<PyFunction>()?;
    if function::kind(init.code()) != Kind::Simple {
        return None;
    }
    let class_version = version::of(thread, class)?;
    class.spec_cache.init.set(Some(init.to_owned()));
    instr.cache::<CallCache>().set(CallCache::FUNC_VERSION, class_version);
    Some(opcode::CALL_ALLOC_AND_ENTER_INIT)
}

/// `_Py_Specialize_CallKw`.
#[inline(never)]
pub(crate) fn call_kw(_: &Thread, callable: &StackRef, instr: InstrPtr, _nargs: i32) {
    let callable = callable.as_object();
    let form = if callable.is_exact(types::function()) {
        python_call_kw(callable, instr, opcode::CALL_KW_PY)
    } else if callable.is_exact(types::method()) {
        python_call_kw(callable.cast::<PyMethod>().function(), instr, opcode::CALL_KW_BOUND_METHOD)
    } else {
        Some(opcode::CALL_KW_NON_PY)
    };
    settle(instr, form);
}

fn python_call_kw(callable: Ref, instr: InstrPtr, form: u8) -> Option<u8> {
    let function = callable.downcast::<PyFunction>()?;
    if function::kind(function.code()) == Kind::NotOptimized {
        return None;
    }
    instr.cache::<CallCache>().set(CallCache::FUNC_VERSION, function::version(function)?);
    Some(form)
}
