//! Tools that listen to events (PEP 669): who they are, what they listen to, and telling them.

use super::code::Instruments;
use super::events::{self, COUNT, LOCAL, UNGROUPED};
use super::legacy;
use crate::frame::{Frame, Owner};
use crate::object::*;
use crate::runtime::{call, error};
use std::cell::Cell;

/// Tools: six of programs, then `sys.setprofile` and `sys.settrace`.
pub(crate) const TOOLS: usize = 8;
/// Tools that programs can use.
pub(crate) const OWN: usize = 6;
pub(super) const PROFILE: usize = 6;
pub(super) const TRACE: usize = 7;

/// One step of the version that code objects are brought up to.
const VERSION_STEP: usize = EVAL_EVENTS_MASK + 1;

/// The interpreter's side of monitoring.
pub(crate) struct Tools {
    pub(crate) names: [OptField; TOOLS],
    callbacks: [[OptField; COUNT]; TOOLS],
    /// Tools by event.
    global: [Cell<u8>; UNGROUPED],
    /// When a tool was last cleared.
    versions: [Cell<usize>; TOOLS],
    /// Code of an older version hears disabled events again.
    last_restart: Cell<usize>,
    /// What `sys.settrace` and `sys.setprofile` were given.
    pub(super) trace: OptField,
    pub(super) profile: OptField,
    disable: OptField,
    missing: OptField,
}

impl Tools {
    pub(crate) fn new() -> Tools {
        Tools {
            names: [const { OptField::empty() }; TOOLS],
            callbacks: [const { [const { OptField::empty() }; COUNT] }; TOOLS],
            global: [const { Cell::new(0) }; UNGROUPED],
            versions: [const { Cell::new(0) }; TOOLS],
            last_restart: Cell::new(0),
            trace: OptField::empty(),
            profile: OptField::empty(),
            disable: OptField::empty(),
            missing: OptField::empty(),
        }
    }

    /// `sys.monitoring.DISABLE`.
    pub(crate) fn disable(&self) -> Ref {
        constant(&self.disable)
    }

    /// `sys.monitoring.MISSING`.
    pub(crate) fn missing(&self) -> Ref {
        constant(&self.missing)
    }

    /// Whether some tool listens to an event of the interpreter's.
    #[inline]
    pub(super) fn hears(&self, event: i32) -> bool {
        self.global[event as usize].get() != 0
    }

    /// Events that a tool listens to everywhere, a bit each.
    pub(crate) fn events_of(&self, tool: usize) -> u32 {
        (0..UNGROUPED).filter(|&event| self.global[event].get() >> tool & 1 != 0).map(|event| 1 << event).sum()
    }

    /// Puts a callback, and gives the one that was there.
    pub(crate) fn register(&self, tool: usize, event: i32, callback: Option<Owned>) -> Option<Owned> {
        if event == events::BRANCH {
            for side in [events::BRANCH_LEFT, events::BRANCH_RIGHT] {
                self.callbacks[tool][side as usize].set(callback.clone());
            }
        }
        self.callbacks[tool][event as usize].replace(callback)
    }
}

fn constant(field: &OptField) -> Ref {
    if field.get().is_none() {
        field.set(Some(new_instance(crate::runtime::types::object())));
    }
    field.get().known()
}

/// The version that code is brought up to.
fn version(thread: &Thread) -> usize {
    thread.eval_breaker.get() & !EVAL_EVENTS_MASK
}

fn set_version(thread: &Thread, version: usize) {
    thread.eval_breaker.set(version | thread.eval_breaker.get() & EVAL_EVENTS_MASK);
}

/// Sets what a tool listens to everywhere.
pub(crate) fn set_events(thread: &Thread, tool: usize, wanted: u32) {
    let tools = &thread.state.tools;
    if tools.events_of(tool) == wanted {
        return;
    }
    for event in 0..UNGROUPED {
        let others = tools.global[event].get() & !(1 << tool);
        tools.global[event].set(others | ((wanted >> event & 1) as u8) << tool);
    }
    set_version(thread, version(thread) + VERSION_STEP);
    instrument_running(thread);
}

/// Events that a tool listens to in a code object.
pub(crate) fn local_events(code: Ref<PyCode>, tool: usize) -> u32 {
    match &*code.instruments().borrow() {
        Some(own) => (0..LOCAL).filter(|&event| own.local[event] >> tool & 1 != 0).map(|event| 1 << event).sum(),
        None => 0,
    }
}

/// Sets what a tool listens to in a code object.
pub(crate) fn set_local_events(thread: &Thread, code: Ref<PyCode>, tool: usize, wanted: u32) {
    if local_events(code, tool) == wanted {
        return;
    }
    {
        let mut own = code.instruments().borrow_mut();
        let own = own.get_or_insert_with(|| Box::new(Instruments::new(code)));
        own.tool_versions[tool] = thread.state.tools.versions[tool].get();
        for event in 0..LOCAL {
            own.local[event] = own.local[event] & !(1 << tool) | ((wanted >> event & 1) as u8) << tool;
        }
    }
    instrument(thread, code);
}

/// Makes disabled events heard again (`sys.monitoring.restart_events`).
pub(crate) fn restart(thread: &Thread) {
    let restart = version(thread) + VERSION_STEP;
    thread.state.tools.last_restart.set(restart);
    set_version(thread, restart + VERSION_STEP);
    instrument_running(thread);
}

/// Takes away what a tool has registered and listens to, in code objects too.
pub(crate) fn clear(thread: &Thread, tool: usize) {
    let tools = &thread.state.tools;
    for callback in &tools.callbacks[tool] {
        callback.set(None);
    }
    set_events(thread, tool, 0);
    let next = version(thread) + VERSION_STEP;
    tools.versions[tool].set(next);
    set_version(thread, next);
    instrument_running(thread);
}

/// Brings a code object up to the interpreter's version.
pub(super) fn instrument(thread: &Thread, code: Ref<PyCode>) {
    let (tools, before) = (&thread.state.tools, code.instrumentation_version());
    let mut own = code.instruments().borrow_mut();
    let listened = tools.global[..LOCAL].iter().any(|tools| tools.get() != 0);
    if listened || own.is_some() {
        let own = own.get_or_insert_with(|| Box::new(Instruments::new(code)));
        for tool in 0..TOOLS {
            if own.tool_versions[tool] != tools.versions[tool].get() {
                own.local.iter_mut().for_each(|local| *local &= !(1 << tool));
                own.tool_versions[tool] = tools.versions[tool].get();
            }
        }
        let mut active = own.local;
        for (event, active) in active[..LOCAL].iter_mut().enumerate() {
            *active |= tools.global[event].get();
        }
        own.enable(before < tools.last_restart.get(), &active);
        own.write_all(code);
    }
    code.set_instrumentation_version(version(thread));
}

/// Instruments the code of all frames that run: they do not come past a RESUME before their next instruction.
fn instrument_running(thread: &Thread) {
    let frames = std::iter::successors(thread.current_frame.get(), |frame| frame.previous());
    for frame in frames.filter(|frame| frame.owner() != Owner::Interpreter) {
        instrument(thread, frame.code());
    }
}

/// Tools to tell of an event at an instruction.
pub(super) fn tools_at(thread: &Thread, code: Ref<PyCode>, unit: usize, event: i32) -> u8 {
    let event = if matches!(event, events::C_RETURN | events::C_RAISE) { events::CALL } else { event };
    if (event as usize) >= LOCAL {
        return thread.state.tools.global[event as usize].get();
    }
    code.instruments().borrow().as_ref().map_or(0, |own| own.tools_at(unit, event))
}

/// Tells tools, the highest first. The arguments are what callbacks of the event get.
pub(super) fn tell(thread: &Thread, frame: Frame, unit: usize, event: i32, tools: u8, arguments: &[Ref]) -> Result<()> {
    let code = frame.code().to_owned();
    let mut left = tools;
    while left != 0 {
        let tool = left.ilog2() as usize;
        left ^= 1 << tool;
        if !tell_one(thread, tool, event, arguments)? {
            continue;
        }
        if event as usize >= LOCAL {
            thread.state.tools.callbacks[tool][event as usize].set(None);
            let name = events::NAMES[event as usize];
            return Err(error::value_error(thread, format_args!("Cannot disable {name} events. Callback removed.")));
        }
        if let Some(own) = code.instruments().borrow_mut().as_mut() {
            own.disable(code.borrow(), unit, event, 1 << tool);
        }
    }
    Ok(())
}

/// Calls a tool's callback; true if it wants to hear no more of this.
fn tell_one(thread: &Thread, tool: usize, event: i32, arguments: &[Ref]) -> Result<bool> {
    if thread.tracing.get() != 0 {
        return Ok(false);
    }
    if tool >= OWN {
        return legacy::tell(thread, tool, event, arguments);
    }
    let Some(callback) = thread.state.tools.callbacks[tool][event as usize].get().map(Ref::to_owned) else {
        return Ok(false);
    };
    thread.tracing.set(thread.tracing.get() + 1);
    let result = call::with(thread, callback.borrow(), arguments);
    thread.tracing.set(thread.tracing.get() - 1);
    Ok(result?.borrow().is(thread.state.tools.disable()))
}
