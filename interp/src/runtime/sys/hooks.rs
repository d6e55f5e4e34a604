//! The functions of `sys` that are about hooks and settings of the interpreter.

use crate::builtins::text::read;
use crate::object::*;
use crate::runtime::{call, error, eval, exceptions, number, object, traceback_text, types};

fn none(_: &Thread, _: Ref) -> Result {
    Ok(object::new_none())
}

/// A setting that only its default can be given to: the machinery behind it is not there.
fn only_none(thread: &Thread, what: &str, value: Ref) -> Result {
    if object::is_none(value) {
        return Ok(object::new_none());
    }
    let text = format!("{what} is not supported by this interpreter");
    Err(error::set(thread, exceptions::not_implemented_error(), text))
}

pub(super) static FUNCTIONS: &[MethodDef] = &[
    MethodDef::one("displayhook", display),
    MethodDef::one("__displayhook__", display),
    MethodDef::fast("excepthook", report),
    MethodDef::fast("__excepthook__", report),
    MethodDef::one("unraisablehook", |_, _, _| Ok(object::new_none())),
    MethodDef::one("__unraisablehook__", |_, _, _| Ok(object::new_none())),
    MethodDef::fast("audit", |_, _, _| Ok(object::new_none())),
    MethodDef::one("addaudithook", |_, _, _| Ok(object::new_none())),
    MethodDef::no_args("gettrace", none),
    MethodDef::no_args("getprofile", none),
    MethodDef::one("settrace", |thread, _, value| only_none(thread, "sys.settrace", value)),
    MethodDef::one("setprofile", |thread, _, value| only_none(thread, "sys.setprofile", value)),
    MethodDef::no_args("getswitchinterval", |_, _| Ok(PyFloat::new(0.005).upcast())),
    MethodDef::one("setswitchinterval", |_, _, _| Ok(object::new_none())),
    MethodDef::no_args("getfilesystemencodeerrors", |_, _| Ok(PyStr::new("surrogateescape").upcast())),
    MethodDef::no_args("get_int_max_str_digits", |_, _| Ok(PyInt::from_i64(read::max_str_digits() as i64).upcast())),
    MethodDef::one("set_int_max_str_digits", set_max_str_digits),
    MethodDef::no_args("get_coroutine_origin_tracking_depth", |_, _| Ok(PyInt::from_i64(0).upcast())),
    MethodDef::no_args("_is_gil_enabled", |_, _| Ok(object::new_bool(true))),
    MethodDef::no_args("_clear_type_cache", none),
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
    let text = traceback_text::render(thread, arguments[1]);
    crate::builtins::io::write_error(thread, &text)?;
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
