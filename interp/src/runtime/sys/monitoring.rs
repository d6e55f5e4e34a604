//! `sys.monitoring` (PEP 669): how programs listen to events.

use crate::modules::{self, put};
use crate::object::*;
use crate::runtime::instrument::{events, tools};
use crate::runtime::{call, error, exceptions, hooks, module, number, object};

const C_EVENTS: u32 = 1 << events::C_RETURN | 1 << events::C_RAISE;

static FUNCTIONS: &[MethodDef] = &[
    MethodDef::fast("use_tool_id", use_tool_id),
    MethodDef::one("clear_tool_id", |thread, _, tool| {
        let tool = tool_id(thread, tool)?;
        if thread.state.tools.names[tool].get().is_some() {
            tools::clear(thread, tool);
        }
        Ok(object::new_none())
    }),
    MethodDef::one("free_tool_id", |thread, _, tool| {
        let tool = tool_id(thread, tool)?;
        if thread.state.tools.names[tool].get().is_some() {
            tools::clear(thread, tool);
        }
        thread.state.tools.names[tool].set(None);
        Ok(object::new_none())
    }),
    MethodDef::one("get_tool", |thread, _, tool| {
        let tool = tool_id(thread, tool)?;
        Ok(thread.state.tools.names[tool].get().map_or_else(object::new_none, Ref::to_owned))
    }),
    MethodDef::fast("register_callback", register_callback),
    MethodDef::one("get_events", |thread, _, tool| {
        let tool = used_tool(thread, tool)?;
        Ok(event_set(thread.state.tools.events_of(tool)))
    }),
    MethodDef::fast("set_events", |thread, _, arguments| {
        call::check_count(thread, "set_events", arguments.len(), 2, 2)?;
        let tool = tool_id(thread, arguments[0])?;
        let wanted = int(thread, arguments[1])?;
        if !(0..1 << events::COUNT).contains(&wanted) {
            return Err(error::value_error(thread, format_args!("invalid event set 0x{:x}", wanted as i32)));
        }
        let wanted = ungrouped(thread, wanted as u32)?;
        check_used(thread, tool)?;
        tools::set_events(thread, tool, wanted);
        Ok(object::new_none())
    }),
    MethodDef::fast("get_local_events", |thread, _, arguments| {
        call::check_count(thread, "get_local_events", arguments.len(), 2, 2)?;
        let code = code_object(thread, arguments[1])?;
        let tool = used_tool(thread, arguments[0])?;
        Ok(event_set(tools::local_events(code, tool)))
    }),
    MethodDef::fast("set_local_events", |thread, _, arguments| {
        call::check_count(thread, "set_local_events", arguments.len(), 3, 3)?;
        let wanted = int(thread, arguments[2])?;
        let code = code_object(thread, arguments[1])?;
        let tool = tool_id(thread, arguments[0])?;
        let separate = ungrouped(thread, wanted as u32)?;
        if wanted < 0 || separate >= 1 << events::LOCAL {
            return Err(error::value_error(thread, format_args!("invalid local event set 0x{separate:x}")));
        }
        check_used(thread, tool)?;
        tools::set_local_events(thread, code, tool, separate);
        Ok(object::new_none())
    }),
    MethodDef::no_args("restart_events", |thread, _| {
        tools::restart(thread);
        Ok(object::new_none())
    }),
    MethodDef::no_args("_all_events", all_events),
];

fn int(thread: &Thread, value: Ref) -> Result<i64> {
    Ok(number::index_isize(thread, value, Some(exceptions::overflow_error()))? as i64)
}

fn event_set(events: u32) -> Owned {
    PyInt::from_i64(events.into()).upcast()
}

fn tool_id(thread: &Thread, tool: Ref) -> Result<usize> {
    let tool = int(thread, tool)?;
    match usize::try_from(tool).ok().filter(|tool| *tool < tools::OWN) {
        Some(tool) => Ok(tool),
        None => {
            let text = format!("invalid tool {tool} (must be between 0 and {})", tools::OWN - 1);
            Err(error::value_error(thread, text))
        }
    }
}

fn check_used(thread: &Thread, tool: usize) -> Result<()> {
    if thread.state.tools.names[tool].get().is_some() {
        return Ok(());
    }
    Err(error::value_error(thread, format_args!("tool {tool} is not in use")))
}

fn used_tool(thread: &Thread, tool: Ref) -> Result<usize> {
    let tool = tool_id(thread, tool)?;
    check_used(thread, tool)?;
    Ok(tool)
}

fn code_object(thread: &Thread, code: Ref) -> Result<Ref<PyCode>> {
    code.downcast::<PyCode>().ok_or_else(|| error::type_error(thread, "code must be a code object"))
}

/// Without events that come with others.
fn ungrouped(thread: &Thread, wanted: u32) -> Result<u32> {
    let with_calls = C_EVENTS | 1 << events::CALL;
    if wanted & C_EVENTS != 0 && wanted & with_calls != with_calls {
        return Err(error::value_error(thread, "cannot set C_RETURN or C_RAISE events independently"));
    }
    let both = 1 << events::BRANCH_LEFT | 1 << events::BRANCH_RIGHT;
    let branches = if wanted & 1 << events::BRANCH != 0 { both } else { 0 };
    Ok(wanted & !C_EVENTS & !(1 << events::BRANCH) | branches)
}

fn use_tool_id(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "use_tool_id", arguments.len(), 2, 2)?;
    let tool = tool_id(thread, arguments[0])?;
    if arguments[1].downcast::<PyStr>().is_none() {
        return Err(error::value_error(thread, "tool name must be a str"));
    }
    let name = &thread.state.tools.names[tool];
    if name.get().is_some() {
        return Err(error::value_error(thread, format_args!("tool {tool} is already in use")));
    }
    name.set(Some(arguments[1].to_owned()));
    Ok(object::new_none())
}

fn register_callback(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "register_callback", arguments.len(), 3, 3)?;
    let tool = tool_id(thread, arguments[0])?;
    let event = int(thread, arguments[1])?;
    if event <= 0 || event.count_ones() != 1 {
        return Err(error::value_error(thread, "The callback can only be set for one event at a time"));
    }
    let event = event.trailing_zeros() as i32;
    if event as usize >= events::COUNT {
        return Err(error::value_error(thread, format_args!("invalid event {event}")));
    }
    hooks::audit(thread, "sys.monitoring.register_callback", || vec![arguments[2].to_owned()])?;
    let callback = (!object::is_none(arguments[2])).then(|| arguments[2].to_owned());
    Ok(thread.state.tools.register(tool, event, callback).unwrap_or_else(object::new_none))
}

/// `{event name: tools}` of the events that somebody listens to.
fn all_events(thread: &Thread, _: Ref) -> Result {
    let dict = PyDict::new();
    for (event, name) in events::NAMES.iter().enumerate().take(events::UNGROUPED) {
        let listening = (0..tools::TOOLS).filter(|&tool| thread.state.tools.events_of(tool) >> event & 1 != 0);
        let listening: u32 = listening.map(|tool| 1 << tool).sum();
        if listening != 0 {
            put(dict.borrow(), name, event_set(listening));
        }
    }
    Ok(dict.upcast())
}

/// Makes `sys.monitoring`.
pub(super) fn make(thread: &Thread) -> Owned {
    let made = module::with_functions(thread, "monitoring", FUNCTIONS);
    let dict = made.dict();
    put(dict, "__name__", PyStr::new("sys.monitoring").upcast());
    put(dict, "DISABLE", thread.state.tools.disable().to_owned());
    put(dict, "MISSING", thread.state.tools.missing().to_owned());
    for (name, id) in [("DEBUGGER_ID", 0), ("COVERAGE_ID", 1), ("PROFILER_ID", 2), ("OPTIMIZER_ID", 5)] {
        put(dict, name, event_set(id));
    }
    let mut named: Vec<(&str, Owned)> =
        events::NAMES.iter().enumerate().map(|(event, name)| (*name, event_set(1 << event))).collect();
    named.push(("NO_EVENTS", event_set(0)));
    put(dict, "events", modules::namespace(&named));
    made.upcast()
}
