//! The functions of `sys` that are about hooks and settings of the interpreter.

use crate::builtins::text::read;
use crate::modules::structseq;
use crate::object::*;
use crate::runtime::instrument::legacy;
use crate::runtime::{call, error, eval, exceptions, hooks, number, object, traceback_text, types, warn};

fn none(_: &Thread, _: Ref) -> Result {
    Ok(object::new_none())
}

/// Functions that programs replace, and that keep a second name.
pub(super) static REPLACEABLE: &[&MethodDef] = &[&DISPLAY, &EXCEPT, &BREAKPOINT, &super::unraisable::HOOK];

static DISPLAY: MethodDef = MethodDef::one("displayhook", display);
static BREAKPOINT: MethodDef = MethodDef::keywords("breakpointhook", super::breakpoint::hook);
/// What shows an uncaught exception, unless the program sets another function.
pub(super) static EXCEPT: MethodDef = MethodDef::fast("excepthook", report);

pub(super) static FUNCTIONS: &[MethodDef] = &[
    MethodDef::fast("audit", audit),
    MethodDef::keywords("addaudithook", add_audit_hook),
    MethodDef::keywords("set_asyncgen_hooks", set_asyncgen_hooks),
    MethodDef::no_args("get_asyncgen_hooks", get_asyncgen_hooks),
    MethodDef::no_args("gettrace", |thread, _| Ok(legacy::function(thread, true))),
    MethodDef::no_args("getprofile", |thread, _| Ok(legacy::function(thread, false))),
    MethodDef::one("settrace", set_trace),
    MethodDef::one("setprofile", set_profile),
    // There is one thread.
    MethodDef::one("_settraceallthreads", set_trace),
    MethodDef::one("_setprofileallthreads", set_profile),
    MethodDef::no_args("getswitchinterval", |thread, _| {
        Ok(PyFloat::new(thread.state.hooks.switch_interval.get()).upcast())
    }),
    MethodDef::one("setswitchinterval", set_switch_interval),
    MethodDef::no_args("getdlopenflags", |thread, _| {
        Ok(PyInt::from_i64(thread.state.hooks.dlopen_flags.get()).upcast())
    }),
    MethodDef::one("setdlopenflags", |thread, _, flags| {
        thread.state.hooks.dlopen_flags.set(number::as_i64(thread, flags)?);
        Ok(object::new_none())
    }),
    MethodDef::no_args("getfilesystemencodeerrors", |_, _| Ok(PyStr::new("surrogateescape").upcast())),
    MethodDef::no_args("get_int_max_str_digits", |_, _| Ok(PyInt::from_i64(read::max_str_digits() as i64).upcast())),
    MethodDef::one("set_int_max_str_digits", set_max_str_digits),
    MethodDef::no_args("get_coroutine_origin_tracking_depth", |thread, _| {
        Ok(PyInt::from_i64(thread.state.hooks.origin_depth.get() as i64).upcast())
    }),
    MethodDef::keywords("set_coroutine_origin_tracking_depth", set_origin_depth),
    MethodDef::fast("call_tracing", call_tracing),
    MethodDef::no_args("_current_frames", current_frames),
    MethodDef::no_args("_current_exceptions", current_exceptions),
    MethodDef::one("_is_immortal", |_, _, value| Ok(object::new_bool(value.is_immortal()))),
    MethodDef::no_args("_get_cpu_count_config", |_, _| Ok(PyInt::from_i64(-1).upcast())),
    MethodDef::keywords("getunicodeinternedsize", |thread, _, _, _| {
        Ok(PyInt::from_i64(thread.state.interned.len() as i64).upcast())
    }),
    MethodDef::no_args("is_remote_debug_enabled", |_, _| Ok(object::new_bool(false))),
    // As on a platform without perf.
    MethodDef::one("activate_stack_trampoline", |thread, _, _| {
        Err(error::value_error(thread, "perf trampoline not available"))
    }),
    MethodDef::no_args("deactivate_stack_trampoline", none),
    MethodDef::no_args("is_stack_trampoline_active", |_, _| Ok(object::new_bool(false))),
    MethodDef::no_args("_is_gil_enabled", |_, _| Ok(object::new_bool(true))),
    MethodDef::no_args("_clear_type_cache", |thread, _| {
        let text = "sys._clear_type_cache() is deprecated and scheduled for removal in a future version. \
                    Use sys._clear_internal_caches() instead.";
        warn::deprecated(thread, text)?;
        Ok(object::new_none())
    }),
    MethodDef::no_args("_clear_internal_caches", none),
    MethodDef::no_args("getallocatedblocks", |_, _| Ok(PyInt::from_i64(0).upcast())),
    MethodDef::one("_is_interned", |_, _, string| {
        Ok(object::new_bool(string.downcast::<PyStr>().is_some_and(Ref::is_interned)))
    }),
    MethodDef::fast("_getframemodulename", frame_module_name),
    MethodDef::one("_clear_type_descriptors", clear_type_descriptors),
    // No number of processors was asked for.
    MethodDef::no_args("_get_cpu_count_config", |_, _| Ok(PyInt::from_i64(-1).upcast())),
];

fn given(function: Ref) -> Option<Owned> {
    (!object::is_none(function)).then(|| function.to_owned())
}

fn set_trace(thread: &Thread, _: Ref, function: Ref) -> Result {
    legacy::set_trace(thread, given(function))?;
    Ok(object::new_none())
}

fn set_profile(thread: &Thread, _: Ref, function: Ref) -> Result {
    legacy::set_profile(thread, given(function))?;
    Ok(object::new_none())
}

/// `sys.set_int_max_str_digits(maxdigits)`.
fn set_max_str_digits(thread: &Thread, _: Ref, digits: Ref) -> Result {
    let digits = number::index_isize(thread, digits, Some(exceptions::overflow_error()))?;
    match usize::try_from(digits).ok().filter(|&digits| digits == 0 || digits >= read::LEAST_MAX_STR_DIGITS) {
        Some(digits) => {
            read::set_max_str_digits(digits);
            Ok(object::new_none())
        }
        None => {
            let least = read::LEAST_MAX_STR_DIGITS;
            Err(error::value_error(thread, format_args!("maxdigits must be >= {least} or 0 for unlimited")))
        }
    }
}

/// `sys.displayhook(value)`: what the prompt does with a value.
fn display(thread: &Thread, _: Ref, value: Ref) -> Result {
    if object::is_none(value) {
        return Ok(object::new_none());
    }
    let builtins = thread.state.builtins.get().expect("builtins are made at the start");
    let underscore = thread.state.interned.intern(PyStr::new("_"));
    builtins.set_str(underscore, object::new_none());
    let shown = object::repr(thread, value)?;
    crate::builtins::io::write_line(thread, shown.borrow().cast())?;
    builtins.set_str(underscore, value.to_owned());
    Ok(object::new_none())
}

/// `sys.excepthook(type, value, traceback)`.
fn report(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "excepthook", arguments.len(), 3, 3)?;
    warn::write_stderr(thread, &traceback_text::render(thread, arguments[1]));
    Ok(object::new_none())
}

/// `sys._getframemodulename(depth=0)`: the `__name__` of the globals of the function of a frame.
fn frame_module_name(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "_getframemodulename", arguments.len(), 0, 1)?;
    let depth = match arguments.first() {
        Some(&depth) => number::index_isize(thread, depth, Some(exceptions::overflow_error()))?,
        None => 0,
    };
    let mut frame = eval::current_frame(thread);
    for _ in 0..depth.max(0) {
        frame = frame.and_then(|own| crate::runtime::frame::first_complete(own.previous()));
    }
    let function = frame.map(|frame| frame.function());
    Ok(function.and_then(|function| function.module.get()).map_or_else(object::new_none, Ref::to_owned))
}

/// `sys._clear_type_descriptors(type)`: takes `__dict__` and `__weakref__` out of a class that is to be made anew.
fn clear_type_descriptors(thread: &Thread, _: Ref, class: Ref) -> Result {
    let Some(class) = class.downcast::<PyType>() else {
        return Err(error::type_error(thread, "_clear_type_descriptors() argument must be a type"));
    };
    if !class.has_feature(types::HEAPTYPE) {
        return Err(error::type_error(thread, "argument is immutable"));
    }
    for name in ["__dict__", "__weakref__"] {
        drop(class.dict.get().and_then(|dict| dict.remove_str(PyStr::new(name).borrow())));
    }
    types::modified(class);
    Ok(object::new_none())
}

/// `sys.audit(event, *args)`.
fn audit(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    let Some((&event, rest)) = arguments.split_first() else {
        return Err(error::type_error(thread, "audit expected at least 1 argument, got 0"));
    };
    if !types::is_str(event) {
        let text = format!("audit() argument 1 must be str, not {}", event.ty().name());
        return Err(error::type_error(thread, text));
    }
    hooks::tell(thread, event, PyTuple::from_refs(rest).borrow())?;
    Ok(object::new_none())
}

/// `sys.addaudithook(hook)`. A hook that is there already can refuse the new one by an exception.
fn add_audit_hook(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: call::Signature = call::Signature {
        function: "addaudithook",
        names: &["hook"],
        positional_only: 0,
        keyword_only: 0,
        required: 1,
    };
    let [hook] = SIGNATURE.bind(thread, arguments, keywords)?;
    match hooks::audit(thread, "sys.addaudithook", Vec::new) {
        Ok(()) => thread.state.hooks.add_audit(hook.known().to_owned()),
        Err(raised) if !error::matches(thread, exceptions::exception().upcast()) => return Err(raised),
        Err(_) => thread.clear_exception(),
    }
    Ok(object::new_none())
}

static ASYNCGEN_HOOKS: PyType =
    structseq::of("asyncgen_hooks", &[structseq::field::<0>("firstiter"), structseq::field::<1>("finalizer")]);

/// `sys.set_asyncgen_hooks(firstiter=..., finalizer=...)`; `None` takes a hook away.
fn set_asyncgen_hooks(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: call::Signature = call::Signature {
        function: "set_asyncgen_hooks",
        names: &["firstiter", "finalizer"],
        positional_only: 0,
        keyword_only: 0,
        required: 0,
    };
    let [first, finalizer] = SIGNATURE.bind(thread, arguments, keywords)?;
    let checked = |hook: Option<Ref>, name: &str| match hook {
        Some(hook) if !object::is_none(hook) && !types::is_callable(hook) => {
            Err(error::type_error(thread, format_args!("callable {name} expected, got {}", hook.ty().name())))
        }
        other => Ok(other.map(|hook| (!object::is_none(hook)).then(|| hook.to_owned()))),
    };
    let finalizer = checked(finalizer, "finalizer")?;
    let first = checked(first, "firstiter")?;
    let hooks = &thread.state.hooks;
    if let Some(finalizer) = finalizer {
        hooks::audit(thread, "sys.set_asyncgen_hooks_finalizer", Vec::new)?;
        hooks.finalizer.set(finalizer);
    }
    if let Some(first) = first {
        hooks::audit(thread, "sys.set_asyncgen_hooks_firstiter", Vec::new)?;
        hooks.first_iteration.set(first);
    }
    Ok(object::new_none())
}

fn get_asyncgen_hooks(thread: &Thread, _: Ref) -> Result {
    types::ready(thread, Ref::from_static(&ASYNCGEN_HOOKS));
    let hooks = &thread.state.hooks;
    let shown = |hook: &OptField| hook.get().map_or_else(object::new_none, Ref::to_owned);
    Ok(structseq::make(&ASYNCGEN_HOOKS, vec![shown(&hooks.first_iteration), shown(&hooks.finalizer)]))
}

fn set_switch_interval(thread: &Thread, _: Ref, interval: Ref) -> Result {
    let seconds = number::as_f64(thread, interval)?;
    if seconds <= 0.0 {
        return Err(error::value_error(thread, "switch interval must be strictly positive"));
    }
    // It is kept in microseconds.
    thread.state.hooks.switch_interval.set((seconds * 1e6).trunc() * 1e-6);
    Ok(object::new_none())
}

fn set_origin_depth(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: call::Signature = call::Signature {
        function: "set_coroutine_origin_tracking_depth",
        names: &["depth"],
        positional_only: 0,
        keyword_only: 0,
        required: 1,
    };
    let [depth] = SIGNATURE.bind(thread, arguments, keywords)?;
    let depth = number::index_isize(thread, depth.known(), Some(exceptions::overflow_error()))?;
    let Ok(depth) = usize::try_from(depth) else {
        return Err(error::value_error(thread, "depth must be >= 0"));
    };
    thread.state.hooks.origin_depth.set(depth);
    Ok(object::new_none())
}

/// `sys.call_tracing(func, args)`: calls the function as if no trace function were running.
fn call_tracing(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "call_tracing", arguments.len(), 2, 2)?;
    let Some(args) = arguments[1].downcast::<PyTuple>() else {
        let text = format!("call_tracing() argument 2 must be tuple, not {}", arguments[1].ty().name());
        return Err(error::type_error(thread, text));
    };
    let depth = thread.tracing.replace(0);
    let result = call::call(thread, arguments[0], args, None);
    thread.tracing.set(depth);
    result
}

/// A dict with an entry for the one thread.
fn by_thread(thread: &Thread, value: Owned) -> Result {
    let dict = PyDict::new();
    dict.borrow().set(thread, PyInt::from_i64(crate::modules::THREAD_IDENT).borrow().upcast(), value)?;
    Ok(dict.upcast())
}

fn current_frames(thread: &Thread, _: Ref) -> Result {
    hooks::audit(thread, "sys._current_frames", Vec::new)?;
    let frame = eval::current_frame(thread).and_then(|frame| crate::runtime::frame::object(thread, frame));
    by_thread(thread, frame.map_or_else(object::new_none, |frame| frame.to_owned().upcast()))
}

fn current_exceptions(thread: &Thread, _: Ref) -> Result {
    hooks::audit(thread, "sys._current_exceptions", Vec::new)?;
    let handled = error::topmost_handled(thread);
    by_thread(thread, handled.map_or_else(object::new_none, |handled| handled.to_owned().upcast()))
}
