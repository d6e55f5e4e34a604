//! `sys.settrace` and `sys.setprofile`, as two more tools (`Python/legacy_tracing.c`).

use super::events::*;
use super::tools::{self, PROFILE, TRACE};
use crate::object::*;
use crate::runtime::{call, eval, exceptions, frame, hooks, object, traceback, types};

const fn bit(event: i32) -> u32 {
    1 << event
}

/// What a trace function hears.
const TRACED: u32 = bit(PY_START)
    | bit(PY_RESUME)
    | bit(PY_RETURN)
    | bit(PY_YIELD)
    | bit(RAISE)
    | bit(LINE)
    | bit(JUMP)
    | bit(PY_UNWIND)
    | bit(PY_THROW)
    | bit(STOP_ITERATION);

/// What a profile function hears.
const PROFILED: u32 =
    bit(PY_START) | bit(PY_RESUME) | bit(PY_RETURN) | bit(PY_YIELD) | bit(CALL) | bit(PY_UNWIND) | bit(PY_THROW);

/// `sys.settrace(function)`; `None` ends it.
pub(crate) fn set_trace(thread: &Thread, function: Option<Owned>) -> Result<()> {
    hooks::audit(thread, "sys.settrace", Vec::new)?;
    put_trace(thread, function);
    Ok(())
}

fn put_trace(thread: &Thread, function: Option<Owned>) {
    let wanted = if function.is_some() { TRACED } else { 0 };
    thread.state.tools.trace.set(function);
    tools::set_events(thread, TRACE, wanted);
}

/// `sys.setprofile(function)`; `None` ends it.
pub(crate) fn set_profile(thread: &Thread, function: Option<Owned>) -> Result<()> {
    hooks::audit(thread, "sys.setprofile", Vec::new)?;
    put_profile(thread, function);
    Ok(())
}

fn put_profile(thread: &Thread, function: Option<Owned>) {
    let wanted = if function.is_some() { PROFILED } else { 0 };
    thread.state.tools.profile.set(function);
    tools::set_events(thread, PROFILE, wanted);
}

/// The trace or the profile function.
pub(crate) fn function(thread: &Thread, traces: bool) -> Owned {
    let tools = &thread.state.tools;
    let field = if traces { &tools.trace } else { &tools.profile };
    field.get().map_or_else(object::new_none, Ref::to_owned)
}

/// A frame asks for an event at each of its instructions (`f_trace_opcodes`).
pub(crate) fn trace_opcodes(thread: &Thread, code: Ref<PyCode>) {
    let wanted = tools::local_events(code, TRACE) | bit(INSTRUCTION);
    tools::set_local_events(thread, code, TRACE, wanted);
}

/// Tells the trace or the profile function of an event; true if no more of it is wanted at this instruction.
pub(super) fn tell(thread: &Thread, tool: usize, event: i32, arguments: &[Ref]) -> Result<bool> {
    let Some(own) = eval::current_frame(thread).and_then(|frame| frame::object(thread, frame)).map(Ref::to_owned)
    else {
        return Ok(false);
    };
    if tool == PROFILE {
        tell_profile(thread, own.borrow(), event, arguments)
    } else {
        tell_trace(thread, own.borrow(), event, arguments)
    }
}

fn tell_trace(thread: &Thread, own: Ref<PyFrameObject>, event: i32, arguments: &[Ref]) -> Result<bool> {
    let (what, argument) = match event {
        PY_START | PY_RESUME | PY_THROW => ("call", object::new_none()),
        PY_RETURN | PY_YIELD => ("return", arguments[2].to_owned()),
        PY_UNWIND => ("return", object::new_none()),
        RAISE | STOP_ITERATION => ("exception", described(arguments[2])),
        LINE if own.trace_lines.get() => ("line", object::new_none()),
        INSTRUCTION if own.trace_opcodes.get() => ("opcode", object::new_none()),
        JUMP => match jumps_within_line(own, arguments) {
            // Another line says so itself.
            false => return Ok(true),
            true if own.trace_lines.get() => ("line", object::new_none()),
            true => return Ok(false),
        },
        _ => return Ok(false),
    };
    trace(thread, own, what, argument.borrow())?;
    Ok(false)
}

/// Type, exception and traceback.
fn described(exception: Ref) -> Owned {
    let traceback = exceptions::of(exception).traceback.get();
    let traceback = traceback.map_or_else(object::new_none, |traceback| traceback.to_owned().upcast());
    PyTuple::from_array([exception.ty().to_owned().upcast(), exception.to_owned(), traceback]).upcast()
}

/// Whether a jump goes back to the line that it comes from.
fn jumps_within_line(own: Ref<PyFrameObject>, arguments: &[Ref]) -> bool {
    let unit = |place: Ref| place.downcast::<PyInt>().and_then(|place| place.as_i64()).unwrap_or(0) as usize / 2;
    let (from, to) = (unit(arguments[1]), unit(arguments[2]));
    let line = |unit| traceback::line_of(own.frame().code(), unit);
    to < from && line(from) == line(to)
}

/// Calls the trace function (for a call) or the frame's own. What it gives traces the frame from then on.
fn trace(thread: &Thread, own: Ref<PyFrameObject>, what: &str, argument: Ref) -> Result<()> {
    let tools = &thread.state.tools;
    let callback = if what == "call" { tools.trace.get() } else { tools.trace.get().and(own.trace.get()) };
    let Some(callback) = callback.map(Ref::to_owned) else { return Ok(()) };
    match notify(thread, callback.borrow(), own, what, argument) {
        Ok(result) => {
            if !object::is_none(result.borrow()) {
                own.trace.set(Some(result));
            }
            Ok(())
        }
        Err(raised) => {
            put_trace(thread, None);
            own.trace.set(None);
            Err(raised)
        }
    }
}

fn notify(thread: &Thread, callback: Ref, own: Ref<PyFrameObject>, what: &str, argument: Ref) -> Result {
    let what = thread.state.interned.intern(PyStr::new(what));
    thread.tracing.set(thread.tracing.get() + 1);
    let result = call::with(thread, callback, &[own.upcast(), what.upcast(), argument]);
    thread.tracing.set(thread.tracing.get() - 1);
    if result.is_err() {
        traceback::here(thread, own)?;
    }
    result
}

fn tell_profile(thread: &Thread, own: Ref<PyFrameObject>, event: i32, arguments: &[Ref]) -> Result<bool> {
    let (what, argument) = match event {
        PY_START | PY_RESUME | PY_THROW => ("call", object::new_none()),
        PY_RETURN | PY_YIELD => ("return", arguments[2].to_owned()),
        PY_UNWIND => ("return", object::new_none()),
        CALL | C_RETURN | C_RAISE => {
            let Some(function) = native_function(thread, arguments[2], arguments[3])? else { return Ok(false) };
            (
                if event == CALL {
                    "c_call"
                } else if event == C_RETURN {
                    "c_return"
                } else {
                    "c_exception"
                },
                function,
            )
        }
        _ => return Ok(false),
    };
    let Some(callback) = thread.state.tools.profile.get().map(Ref::to_owned) else { return Ok(false) };
    match notify(thread, callback.borrow(), own, what, argument.borrow()) {
        Ok(_) => Ok(false),
        Err(raised) => {
            put_profile(thread, None);
            Err(raised)
        }
    }
}

/// The built-in function that is called; a method of a built-in type is bound to its first argument.
fn native_function(thread: &Thread, callable: Ref, first: Ref) -> Result<Option<Owned>> {
    if callable.downcast::<PyCFunction>().is_some() {
        return Ok(Some(callable.to_owned()));
    }
    if !callable.is_exact(types::method_descriptor()) || first.is(super::missing()) {
        return Ok(None);
    }
    match callable.ty().slots.descr_get.get() {
        Some(get) => get(thread, callable, Some(first), Some(first.ty().upcast())).map(Some),
        None => Ok(None),
    }
}
