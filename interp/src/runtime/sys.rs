//! The module `sys`: what programs ask of the interpreter itself (`Python/sysmodule.c`).

use super::{attr, error, eval, exceptions, frame, module, names, number, object, types};
use crate::object::*;

/// The version that programs see: the one whose bytecode is run.
const VERSION: (i64, i64, i64) = (3, 14, 0);

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
            Some(own) => Ok(own.to_owned().upcast()),
            None => Err(error::value_error(thread, "call stack is not deep enough")),
        }
    }),
    MethodDef::no_args("getdefaultencoding", |_, _| Ok(PyStr::new("utf-8").upcast())),
    MethodDef::no_args("getfilesystemencoding", |_, _| Ok(PyStr::new("utf-8").upcast())),
    MethodDef::no_args("is_finalizing", |_, _| Ok(object::new_bool(false))),
];

/// `sys.exit([status])`.
fn exit(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    super::call::check_count(thread, "exit", arguments.len(), 0, 1)?;
    let args = PyTuple::from_refs(arguments);
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

/// Makes the module. `arguments` are the program and its arguments.
pub(crate) fn make(thread: &Thread, arguments: &[String]) -> Owned<PyModule> {
    let module = module::with_functions(thread, "sys", FUNCTIONS);
    let dict = module.dict();
    let intern = |text: &str| thread.state.interned.intern(PyStr::new(text));
    let text = |value: &str| PyStr::new(value).upcast();
    let argv = PyList::new(arguments.iter().map(|argument| text(argument)).collect());
    let (major, minor, micro) = VERSION;
    let version_info = PyTuple::from_array([
        PyInt::from_i64(major).upcast(),
        PyInt::from_i64(minor).upcast(),
        PyInt::from_i64(micro).upcast(),
        text("final"),
        PyInt::from_i64(0).upcast(),
    ]);
    let entries: [(&str, Owned); 13] = [
        ("argv", argv.upcast()),
        ("orig_argv", PyList::new(arguments.iter().map(|argument| text(argument)).collect()).upcast()),
        ("version", text(&format!("{major}.{minor}.{micro} (bodywork)"))),
        ("version_info", version_info.upcast()),
        ("hexversion", PyInt::from_i64(major << 24 | minor << 16 | micro << 8 | 0xF0).upcast()),
        ("maxsize", PyInt::from_i64(i64::MAX).upcast()),
        ("maxunicode", PyInt::from_i64(0x10_FFFF).upcast()),
        ("byteorder", text(if cfg!(target_endian = "little") { "little" } else { "big" })),
        ("platform", text(std::env::consts::OS)),
        ("executable", text("")),
        ("path", PyList::new(Vec::new()).upcast()),
        ("modules", thread.state.modules.get().known().to_owned().upcast()),
        ("dont_write_bytecode", object::new_bool(true)),
    ];
    for (name, value) in entries {
        dict.set_str(intern(name), value);
    }
    module
}
