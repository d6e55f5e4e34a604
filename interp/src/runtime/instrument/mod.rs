//! Monitoring (PEP 669), the interpreter's side (`Python/instrumentation.c`): what bodies tell of, and to whom it is passed on.
//! Nothing is instrumented, and nothing costs, until some tool listens.

pub(crate) mod code;
pub(crate) mod events;
pub(crate) mod legacy;
pub(crate) mod tools;

pub(crate) use events::*;
pub(crate) use tools::Tools;

use super::{error, exceptions};
use crate::frame::{Frame, InstrPtr};
use crate::generated::opcode;
use crate::object::*;

/// What a tool is told where a call has no argument.
#[inline]
pub(crate) fn missing() -> Ref {
    Thread::current().state.tools.missing()
}

/// Brings a code object up to the thread's instrumentation version.
#[cold]
pub(crate) fn instrument(thread: &Thread, code: Ref<PyCode>) -> Result<()> {
    tools::instrument(thread, code);
    Ok(())
}

fn unit_of(frame: Frame, instr: InstrPtr) -> usize {
    usize::try_from(instr.offset_from(frame.bytecode())).unwrap_or(0)
}

fn offset(unit: usize) -> Owned {
    PyInt::from_i64(unit as i64 * 2).upcast()
}

/// Tells of an event: code and place, then the arguments.
#[cold]
fn pass_on(thread: &Thread, event: i32, frame: Frame, instr: InstrPtr, arguments: &[Ref]) -> Result<()> {
    if thread.tracing.get() != 0 {
        return Ok(());
    }
    let (code, unit) = (frame.code(), unit_of(frame, instr));
    let tools = tools::tools_at(thread, code, unit, event);
    if tools == 0 {
        return Ok(());
    }
    let place = offset(unit);
    let mut all = vec![code.upcast(), place.borrow()];
    all.extend(arguments);
    tools::tell(thread, frame, unit, event, tools, &all)
}

/// The same with the exception that is set, which stays set unless a tool raises another.
#[cold]
fn pass_on_exception(thread: &Thread, event: i32, frame: Frame, instr: InstrPtr, arguments: &[Ref]) {
    let Some(exception) = thread.take_exception() else { return };
    if pass_on(thread, event, frame, instr, arguments).is_ok() {
        thread.set_exception(exception);
    }
}

/// An event about the exception that is set.
#[cold]
fn about_exception(thread: &Thread, event: i32, frame: Frame, instr: InstrPtr) {
    let Some(exception) = thread.exception().map(Ref::to_owned) else { return };
    pass_on_exception(thread, event, frame, instr, &[exception.borrow()]);
}

/// An event without arguments.
#[inline]
pub(crate) fn fire(thread: &Thread, event: i32, frame: Frame, instr: InstrPtr) -> Result<()> {
    pass_on(thread, event, frame, instr, &[])
}

/// An event with one argument.
#[inline]
pub(crate) fn fire_arg(thread: &Thread, event: i32, frame: Frame, instr: InstrPtr, argument: Ref) -> Result<()> {
    pass_on(thread, event, frame, instr, &[argument])
}

/// An event with two arguments.
#[inline]
pub(crate) fn fire_args(
    thread: &Thread,
    event: i32,
    frame: Frame,
    instr: InstrPtr,
    first: Ref,
    second: Ref,
) -> Result<()> {
    pass_on(thread, event, frame, instr, &[first, second])
}

/// An event while an exception is set, which stays set.
#[inline]
pub(crate) fn fire_exception(thread: &Thread, event: i32, frame: Frame, instr: InstrPtr, first: Ref, second: Ref) {
    pass_on_exception(thread, event, frame, instr, &[first, second]);
}

/// A jump or branch: tools get where it comes from and where it goes.
#[cold]
pub(crate) fn jump(
    thread: &Thread,
    frame: Frame,
    instr: InstrPtr,
    event: i32,
    source: InstrPtr,
    target: InstrPtr,
) -> Result<InstrPtr> {
    if thread.tracing.get() != 0 {
        return Ok(target);
    }
    let (code, unit) = (frame.code(), unit_of(frame, instr));
    let tools = tools::tools_at(thread, code, unit, event);
    if tools != 0 {
        let (from, to) = (offset(unit_of(frame, source)), offset(unit_of(frame, target)));
        tools::tell(thread, frame, unit, event, tools, &[code.upcast(), from.borrow(), to.borrow()])?;
    }
    Ok(target)
}

/// A line begins: gives the opcode under INSTRUMENTED_LINE, or -1 with an exception.
#[cold]
pub(crate) fn line(thread: &Thread, frame: Frame, instr: InstrPtr, previous: InstrPtr) -> i32 {
    let (code, unit) = (frame.code(), unit_of(frame, instr));
    let (opcode, line, same_line) = {
        let own = code.instruments().borrow();
        let own = own.as_ref().known();
        let before = unit_of(frame, previous);
        let line = own.line(unit);
        // RESUME never has a line event itself, so it does not stand for one. RESUME_CHECK does, as in CPython: a function
        // of one line has no line event unless its start is listened to.
        let resumed = matches!(previous.opcode(), opcode::RESUME | opcode::INSTRUMENTED_RESUME);
        (i32::from(own.opcode_under_line(unit)), line, own.line(before) == line && !resumed)
    };
    if thread.tracing.get() != 0 || same_line {
        return opcode;
    }
    let tools = tools::tools_at(thread, code, unit, LINE);
    let number = PyInt::from_i64(line.into());
    let arguments = [code.upcast(), number.borrow().upcast()];
    match tools::tell(thread, frame, unit, LINE, tools, &arguments) {
        Ok(()) => opcode,
        Err(_) => -1,
    }
}

/// An instruction begins: gives the opcode under INSTRUMENTED_INSTRUCTION.
#[cold]
pub(crate) fn instruction(thread: &Thread, frame: Frame, instr: InstrPtr) -> Result<i32> {
    let unit = unit_of(frame, instr);
    let opcode = frame.code().instruments().borrow().as_ref().known().opcode_under_instruction(unit);
    pass_on(thread, INSTRUCTION, frame, instr, &[])?;
    Ok(opcode.into())
}

/// An exception was raised here.
#[inline]
pub(crate) fn raise(thread: &Thread, frame: Frame, instr: InstrPtr) {
    if thread.state.tools.hears(RAISE) {
        about_exception(thread, RAISE, frame, instr);
    }
}

/// An exception is raised again here.
#[inline]
pub(crate) fn reraise(thread: &Thread, frame: Frame, instr: InstrPtr) {
    if thread.state.tools.hears(RERAISE) {
        about_exception(thread, RERAISE, frame, instr);
    }
}

/// A generator that a loop runs has ended with a value: it raised no StopIteration, but tools are told of one.
#[inline]
pub(crate) fn stop_iteration(thread: &Thread, frame: Frame, instr: InstrPtr, value: Ref) -> Result<()> {
    if tools::tools_at(thread, frame.code(), unit_of(frame, instr), STOP_ITERATION) == 0 {
        return Ok(());
    }
    let args = PyTuple::from_array([value.to_owned()]);
    let stop = super::call::call(thread, exceptions::stop_iteration().upcast(), args.borrow(), None)?;
    pass_on(thread, STOP_ITERATION, frame, instr, &[stop.borrow()])
}

/// A frame is left by an exception.
#[inline]
pub(crate) fn unwind(thread: &Thread, frame: Frame, instr: InstrPtr) {
    if thread.state.tools.hears(PY_UNWIND) {
        about_exception(thread, PY_UNWIND, frame, instr);
    }
}

/// Whether some tool wants to know of frames that are left by an exception.
pub(crate) fn hears_unwinding(thread: &Thread) -> bool {
    thread.state.tools.hears(PY_UNWIND)
}

/// A generator goes on with an exception that was thrown into it. It passes no RESUME, so it is brought up to date here.
#[cold]
pub(crate) fn throw(thread: &Thread, frame: Frame) {
    if frame.code().instrumentation_version() != thread.eval_breaker.get() & !EVAL_EVENTS_MASK {
        tools::instrument(thread, frame.code());
    }
    if thread.state.tools.hears(PY_THROW) {
        about_exception(thread, PY_THROW, frame, frame.instr_ptr());
    }
}

/// An exception reached its handler.
#[inline]
pub(crate) fn handled(thread: &Thread, frame: Frame, instr: InstrPtr, exception: Ref) -> Result<()> {
    if thread.state.tools.hears(EXCEPTION_HANDLED) {
        return pass_on(thread, EXCEPTION_HANDLED, frame, instr, &[exception]);
    }
    Ok(())
}

/// What is kept beside instrumented code (`co->_co_monitoring`).
#[derive(Clone, Copy)]
pub(crate) struct Monitoring(Ref<PyCode>);

/// Opcodes under INSTRUMENTED_LINE.
#[derive(Clone, Copy)]
pub(crate) struct LineData(Ref<PyCode>);

impl Ref<PyCode> {
    #[cold]
    pub(crate) fn monitoring(self) -> Monitoring {
        Monitoring(self)
    }
}

impl Monitoring {
    pub(crate) fn lines(self) -> LineData {
        LineData(self.0)
    }
}

impl LineData {
    /// One byte, the opcode, for each unit.
    pub(crate) fn bytes_per_entry(self) -> i32 {
        1
    }

    pub(crate) fn get(self, index: isize) -> u8 {
        self.0
            .instruments()
            .borrow()
            .as_ref()
            .map_or_else(|| error::unreachable(), |own| own.opcode_under_line(index as usize))
    }
}

/// `_PyOpcode_Caches` and `_PyOpcode_Deopt`, as bodies index them.
#[derive(Clone, Copy)]
pub(crate) struct OpcodeTable(&'static [u8; 256]);

pub(crate) const CACHES: OpcodeTable = OpcodeTable(&crate::generated::tables::CACHES);

impl OpcodeTable {
    #[inline(always)]
    pub(crate) fn get(self, opcode: isize) -> u8 {
        self.0[opcode as usize]
    }
}
