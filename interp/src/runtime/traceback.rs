//! Tracebacks: the frames that an exception has passed (`Python/traceback.c`).

use crate::frame::Frame;
use crate::object::*;
use crate::pyc::locations;

/// `PyTraceBack_Here`: the frame joins the traceback of the exception that is set.
pub(crate) fn here(thread: &Thread, frame: Ref<PyFrameObject>) -> Result<()> {
    let Some(exception) = thread.exception() else { return Ok(()) };
    let exception: Ref<PyBaseException> = exception.cast();
    let next = exception.traceback.get().map(Ref::to_owned);
    let lasti = frame.frame().instruction_index() * 2;
    exception.traceback.set(Some(PyTraceback::new(next, frame.to_owned(), lasti as i32, UNKNOWN)));
    Ok(())
}

/// A line number that is looked up when it is asked for.
const UNKNOWN: i32 = -1;

/// The line of an entry; `None` where the code has none for the instruction.
pub(crate) fn line(entry: Ref<PyTraceback>) -> Option<i32> {
    if entry.lineno.get() != UNKNOWN {
        return Some(entry.lineno.get());
    }
    line_of(entry.frame.get().frame().code(), (entry.lasti / 2) as usize)
}

/// The source line of a code unit.
pub(crate) fn line_of(code: Ref<PyCode>, unit: usize) -> Option<i32> {
    locations::at(code.linetable(), code.firstlineno(), unit).line
}

/// The line that a frame executes.
pub(crate) fn frame_line(frame: Frame) -> Option<i32> {
    line_of(frame.code(), frame.instruction_index().max(0) as usize)
}
