//! The module `sys`: what programs ask of the interpreter itself (`Python/sysmodule.c`).

mod attributes;
pub(crate) mod breakpoint;
mod hooks;
mod library_names;
mod monitoring;
pub(crate) mod unraisable;

use super::{attr, error, eval, exceptions, frame, module, names, number, object, types};
use crate::modules::put;
use crate::object::*;

static FUNCTIONS: &[MethodDef] = &[
    MethodDef::fast("exit", exit),
    MethodDef::no_args("getrecursionlimit", |thread, _| {
        Ok(PyInt::from_i64(thread.py_recursion_limit.get().into()).upcast())
    }),
    MethodDef::one("setrecursionlimit", set_recursion_limit),
    MethodDef::one("intern", |thread, _, string| {
        if !string.is_exact(types::str()) {
            let what = if types::is_str(string) { "can't intern" } else { "intern() argument must be str, not" };
            return Err(error::type_error(thread, format_args!("{what} {}", string.ty().name())));
        }
        let string: Ref<PyStr> = string.cast();
        Ok(thread.state.interned.intern(string.to_owned()).to_owned().upcast())
    }),
    MethodDef::one("getrefcount", |_, _, object| Ok(PyInt::from_i64(i64::from(object.refcnt()) + 1).upcast())),
    MethodDef::fast("getsizeof", |thread, _, arguments| {
        super::call::check_count(thread, "getsizeof", arguments.len(), 1, 2)?;
        let method = attr::call_optional_special(thread, arguments[0], names::sizeof(), &[])?;
        match (method, arguments.get(1)) {
            (Some(size), _) => Ok(size),
            (None, Some(default)) => Ok(Ref::to_owned(*default)),
            (None, None) => {
                let ty = arguments[0].ty();
                Err(error::type_error(thread, format_args!("Type {} doesn't define __sizeof__", ty.name())))
            }
        }
    }),
    MethodDef::no_args("exc_info", |thread, _| {
        let Some(handled) = error::topmost_handled(thread) else {
            return Ok(PyTuple::from_array([object::new_none(), object::new_none(), object::new_none()]).upcast());
        };
        let traceback =
            handled.traceback.get().map_or_else(object::new_none, |traceback| traceback.to_owned().upcast());
        let parts = [handled.upcast().ty().to_owned().upcast(), handled.to_owned().upcast(), traceback];
        Ok(PyTuple::from_array(parts).upcast())
    }),
    MethodDef::no_args("exception", |thread, _| {
        Ok(error::topmost_handled(thread).map_or_else(object::new_none, |handled| handled.to_owned().upcast()))
    }),
    MethodDef::fast("_getframe", |thread, _, arguments| {
        super::call::check_count(thread, "_getframe", arguments.len(), 0, 1)?;
        let depth = match arguments.first() {
            Some(&depth) => number::index_isize(thread, depth, Some(exceptions::overflow_error()))?,
            None => 0,
        };
        let mut found = eval::current_frame(thread);
        for _ in 0..depth.max(0) {
            found = found.and_then(|above| frame::first_complete(above.previous()));
        }
        match found.and_then(|found| frame::object(thread, found)) {
            Some(own) => {
                super::hooks::audit(thread, "sys._getframe", || vec![own.to_owned().upcast()])?;
                Ok(own.to_owned().upcast())
            }
            None => Err(error::value_error(thread, "call stack is not deep enough")),
        }
    }),
    MethodDef::no_args("getdefaultencoding", |_, _| Ok(PyStr::new("utf-8").upcast())),
    MethodDef::no_args("getfilesystemencoding", |_, _| Ok(PyStr::new("utf-8").upcast())),
    MethodDef::no_args("is_finalizing", |_, _| Ok(object::new_bool(false))),
];

/// `sys._jit`: there is no JIT.
static JIT: &[MethodDef] = &[
    MethodDef::no_args("is_available", |_, _| Ok(object::new_bool(false))),
    MethodDef::no_args("is_enabled", |_, _| Ok(object::new_bool(false))),
    MethodDef::no_args("is_active", |_, _| Ok(object::new_bool(false))),
];

/// `sys.exit([status])`.
fn exit(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    super::call::check_count(thread, "exit", arguments.len(), 0, 1)?;
    // As raising the class with this value does.
    let args = match arguments {
        [] => PyTuple::empty().to_owned(),
        [status, ..] if object::is_none(*status) => PyTuple::empty().to_owned(),
        [status, ..] => match status.downcast::<PyTuple>() {
            Some(several) => several.to_owned(),
            None => PyTuple::from_refs(&[*status]),
        },
    };
    let exception = super::call::call(thread, exceptions::system_exit().upcast(), args.borrow(), None)?;
    Err(error::set_object(thread, exception.cast()))
}

fn set_recursion_limit(thread: &Thread, _: Ref, limit: Ref) -> Result {
    let limit = number::index_isize(thread, limit, Some(exceptions::overflow_error()))?;
    let Ok(limit) = i32::try_from(limit) else {
        return Err(error::overflow_error(thread, "Python int too large to convert to C int"));
    };
    if limit < 1 {
        return Err(error::value_error(thread, "recursion limit must be greater or equal than 1"));
    }
    let depth = thread.py_recursion_limit.get() - thread.py_recursion_remaining.get();
    if depth >= limit {
        return Err(error::recursion_error(
            thread,
            format_args!(
                "cannot set the recursion limit to {limit} at the recursion depth {depth}: the limit is too low"
            ),
        ));
    }
    thread.py_recursion_limit.set(limit);
    thread.py_recursion_remaining.set(limit - depth);
    Ok(object::new_none())
}

/// Makes the module.
pub(crate) fn make(thread: &Thread) -> Owned<PyModule> {
    let module = module::with_functions(thread, "sys", FUNCTIONS);
    let dict = module.dict();
    for def in hooks::FUNCTIONS {
        let function = PyCFunction::new(def, Some(module.clone().upcast()), Some(PyStr::new("sys").upcast()));
        put(dict, def.name, function.upcast());
    }
    for def in hooks::REPLACEABLE {
        let function = PyCFunction::new(def, Some(module.clone().upcast()), Some(PyStr::new("sys").upcast())).upcast();
        put(dict, def.name, function.clone());
        put(dict, &format!("__{}__", def.name), function);
    }
    put(dict, "monitoring", monitoring::make(thread));
    let jit = module::with_functions(thread, "_jit", JIT);
    put(jit.dict(), "__name__", PyStr::new("sys._jit").upcast());
    put(dict, "_jit", jit.upcast());
    attributes::fill(thread, dict);
    crate::modules::io::install(thread, dict);
    module
}

/// Shows an uncaught exception the way the program wants it shown: what is left to write on stderr by the caller.
pub(crate) fn show_uncaught(thread: &Thread, exception: Owned) -> String {
    let shown = |exception: Ref| super::traceback_text::render(thread, exception);
    let Some(hook) = attribute(thread, "excepthook") else {
        return format!("sys.excepthook is missing\n{}", shown(exception.borrow()));
    };
    let plain = hook.borrow().downcast::<PyCFunction>().is_some_and(|own| std::ptr::eq(own.def(), &hooks::EXCEPT));
    if plain {
        return last_words(thread, &[&shown(exception.borrow())]);
    }
    let traceback = exceptions::of(exception.borrow()).traceback.get();
    let traceback = traceback.map_or_else(object::new_none, |traceback| traceback.to_owned().upcast());
    let class = exception.borrow().ty();
    let arguments = [class.upcast(), exception.borrow(), traceback.borrow()];
    let audited = super::hooks::audit(thread, "sys.excepthook", || {
        std::iter::once(hook.clone()).chain(arguments.map(Ref::to_owned)).collect()
    });
    if audited.and_then(|()| super::call::with(thread, hook.borrow(), &arguments)).is_ok() {
        return String::new();
    }
    let failure = error::take_raised(thread).upcast();
    let (failure, original) = (shown(failure.borrow()), shown(exception.borrow()));
    format!("Error in sys.excepthook:\n{failure}\nOriginal exception was:\n{original}")
}

/// What is left to write on stderr of a text that a program ends with: nothing if it went, part by part, to a `sys.stderr`
/// of the program's.
pub(crate) fn last_words(thread: &Thread, parts: &[&str]) -> String {
    if is_own_stderr(thread) {
        return parts.concat();
    }
    parts.iter().for_each(|part| super::warn::write_stderr(thread, part));
    String::new()
}

/// Whether `sys.stderr` is still the stream that it was at the start.
fn is_own_stderr(thread: &Thread) -> bool {
    match (attribute(thread, "stderr"), attribute(thread, "__stderr__")) {
        (Some(now), Some(first)) => now.borrow().is(first.borrow()),
        _ => false,
    }
}

/// An attribute of `sys` as it is now.
pub(crate) fn attribute(thread: &Thread, name: &str) -> Option<Owned> {
    let modules = thread.state.modules.get()?;
    let sys = modules.get_str(PyStr::new("sys").borrow())?.downcast::<PyModule>()?;
    sys.dict().get_str(PyStr::new(name).borrow()).map(Ref::to_owned)
}
