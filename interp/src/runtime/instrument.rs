//! Monitoring (PEP 669), the interpreter's side. No tool can register here: there is no `sys.monitoring` and no
//! `sys.settrace` yet. So no event has a listener, and no code is ever instrumented; what the bodies call says so.

use super::error;
use crate::frame::{Frame, InstrPtr};
use crate::object::*;

/// Events, numbered as in `cpython/monitoring.h`.
pub(crate) const PY_START: i32 = 0;
pub(crate) const PY_RESUME: i32 = 1;
pub(crate) const PY_RETURN: i32 = 2;
pub(crate) const PY_YIELD: i32 = 3;
pub(crate) const CALL: i32 = 4;
pub(crate) const LINE: i32 = 5;
pub(crate) const INSTRUCTION: i32 = 6;
pub(crate) const JUMP: i32 = 7;
pub(crate) const BRANCH_LEFT: i32 = 8;
pub(crate) const BRANCH_RIGHT: i32 = 9;
pub(crate) const STOP_ITERATION: i32 = 10;
pub(crate) const RAISE: i32 = 11;
pub(crate) const EXCEPTION_HANDLED: i32 = 12;
pub(crate) const PY_UNWIND: i32 = 13;
pub(crate) const PY_THROW: i32 = 14;
pub(crate) const RERAISE: i32 = 15;
pub(crate) const C_RETURN: i32 = 16;
pub(crate) const C_RAISE: i32 = 17;
pub(crate) const BRANCH: i32 = 18;

/// What a tool is told where a call has no argument.
#[inline]
pub(crate) fn missing() -> Ref {
    none_object()
}

/// Brings a code object up to the thread's instrumentation version: with no tool there is nothing to rewrite.
#[cold]
pub(crate) fn instrument(thread: &Thread, code: Ref<PyCode>) -> Result<()> {
    code.set_instrumentation_version(thread.eval_breaker.get() & !super::numbers::EVAL_EVENTS_MASK);
    Ok(())
}

/// An event without arguments.
#[inline]
pub(crate) fn fire(_: &Thread, _event: i32, _: Frame, _: InstrPtr) -> Result<()> {
    Ok(())
}

/// An event with one argument.
#[inline]
pub(crate) fn fire_arg(_: &Thread, _event: i32, _: Frame, _: InstrPtr, _: Ref) -> Result<()> {
    Ok(())
}

/// An event with two arguments.
#[inline]
pub(crate) fn fire_args(_: &Thread, _event: i32, _: Frame, _: InstrPtr, _: Ref, _: Ref) -> Result<()> {
    Ok(())
}

/// An event while an exception is set, which stays set.
#[inline]
pub(crate) fn fire_exception(_: &Thread, _event: i32, _: Frame, _: InstrPtr, _: Ref, _: Ref) {}

/// A jump that a tool could redirect: it goes where it goes.
#[inline]
pub(crate) fn jump(
    _: &Thread,
    _: Frame,
    _: InstrPtr,
    _event: i32,
    _source: InstrPtr,
    target: InstrPtr,
) -> Result<InstrPtr> {
    Ok(target)
}

/// The opcode under INSTRUMENTED_LINE, which nothing writes into code.
#[cold]
pub(crate) fn line(_: &Thread, _: Frame, _: InstrPtr, _previous: InstrPtr) -> i32 {
    error::unreachable()
}

/// The opcode under INSTRUMENTED_INSTRUCTION, which nothing writes into code.
#[cold]
pub(crate) fn instruction(_: &Thread, _: Frame, _: InstrPtr) -> Result<i32> {
    error::unreachable()
}

/// An exception was raised here.
#[inline]
pub(crate) fn raise(_: &Thread, _: Frame, _: InstrPtr) {}

/// An exception is raised again here.
#[inline]
pub(crate) fn reraise(_: &Thread, _: Frame, _: InstrPtr) {}

/// A generator that a loop runs has ended with a value.
#[inline]
pub(crate) fn stop_iteration(_: &Thread, _: Frame, _: InstrPtr, _value: Ref) -> Result<()> {
    Ok(())
}

/// A frame is left by an exception.
#[inline]
pub(crate) fn unwind(_: &Thread, _: Frame, _: InstrPtr) {}

/// An exception reached its handler.
#[inline]
pub(crate) fn handled(_: &Thread, _: Frame, _: InstrPtr, _exception: Ref) -> Result<()> {
    Ok(())
}

/// Line instrumentation of a code object (`co->_co_monitoring`): there is none.
#[derive(Clone, Copy)]
pub(crate) struct Monitoring(());

/// Opcodes under INSTRUMENTED_LINE.
#[derive(Clone, Copy)]
pub(crate) struct LineData(());

impl PyCode {
    #[cold]
    pub(crate) fn monitoring(&self) -> Monitoring {
        error::unreachable()
    }
}

impl Monitoring {
    pub(crate) fn lines(self) -> LineData {
        LineData(())
    }
}

impl LineData {
    pub(crate) fn bytes_per_entry(self) -> i32 {
        1
    }

    pub(crate) fn get(self, _index: isize) -> u8 {
        error::unreachable()
    }
}

/// `_PyOpcode_Caches` and `_PyOpcode_Deopt`, as bodies index them.
#[derive(Clone, Copy)]
pub(crate) struct OpcodeTable(&'static [u8; 256]);

pub(crate) const CACHES: OpcodeTable = OpcodeTable(&crate::generated::tables::CACHES);
pub(crate) const DEOPT: OpcodeTable = OpcodeTable(&crate::generated::tables::DEOPT);

impl OpcodeTable {
    #[inline(always)]
    pub(crate) fn get(self, opcode: isize) -> u8 {
        self.0[opcode as usize]
    }
}
