//! Starting the interpreter and running a module.

use super::config::Config;
use super::{classes, error, eval, exceptions, importer, modules, names, source, template, types};
use crate::object::*;

/// Native stack that calls may use. The program runs on a thread with more than that: see `vm`.
pub(crate) const NATIVE_STACK: usize = 48 * 1024 * 1024;

/// A thread with types, built-ins and the code that the interpreter itself runs; `None` when one is running already.
///
/// `config` is what the command line decided.
pub(crate) fn start(dispatch: eval::Dispatch, config: Config) -> Option<RunningThread> {
    let thread = Thread::start()?;
    assert!(thread.state.config.set(config).is_ok(), "a fresh thread has no configuration");
    let here = 0u8;
    thread.native_stack_limit.set((&raw const here).addr().saturating_sub(NATIVE_STACK));
    for name in names::all() {
        thread.state.interned.intern(name.to_owned());
    }
    crate::builtins::prepare();
    types::ready_all(&thread);
    template::complete(&thread);
    eval::make_own_code(&thread);
    thread.state.dispatch.set(Some(dispatch));
    crate::builtins::install(&thread);
    exceptions::make_exception_group(&thread);
    add_builtins(&thread);
    fill_common_constants(&thread);
    modules::start(&thread);
    Some(thread)
}

/// Functions of `builtins` that are about classes and frames.
static FUNCTIONS: &[MethodDef] = &[
    MethodDef::keywords("__build_class__", classes::build_class),
    MethodDef::keywords("__import__", importer::resolve::import),
    MethodDef::keywords("compile", source::compile),
    MethodDef::keywords("exec", source::exec),
    MethodDef::keywords("eval", source::eval),
    MethodDef::one("aiter", |thread, _, iterable| match iterable.ty().slots.am_aiter.get() {
        Some(slot) => {
            let iterator = slot(thread, iterable)?;
            if iterator.ty().slots.am_anext.get().is_none() {
                let text = format!("aiter() returned not an async iterator of type '{}'", iterator.ty().name());
                return Err(error::type_error(thread, text));
            }
            Ok(iterator)
        }
        None => {
            let text = format!("'{}' object is not an async iterable", iterable.ty().name());
            Err(error::type_error(thread, text))
        }
    }),
    MethodDef::keywords("breakpoint", super::sys::breakpoint::breakpoint),
    MethodDef::keywords("open", crate::modules::io::open_builtin),
    MethodDef::fast("input", crate::modules::io::input),
    MethodDef::no_args("locals", |thread, _| match eval::current_frame(thread) {
        Some(frame) => eval::frame_locals(thread, frame),
        None => Err(error::system_error(thread, "frame does not exist")),
    }),
];

/// Puts types and functions of the runtime itself beside what `crate::builtins` has installed.
fn add_builtins(thread: &Thread) {
    let dict = thread.state.builtins.get().known();
    let intern = |text: &str| thread.state.interned.intern(PyStr::new(text));
    // CPython's texts are its own; there is no text, but a name for one.
    dict.set_str(intern("__doc__"), super::object::new_none());
    let module = intern("builtins");
    for def in FUNCTIONS {
        let function = PyCFunction::new(def, None, Some(module.to_owned().upcast()));
        dict.set_str(intern(def.name), function.upcast());
    }
    let named = [
        types::property(),
        types::staticmethod(),
        types::classmethod(),
        types::super_type(),
        exceptions::exception_group(thread),
    ];
    for ty in named {
        dict.set_str(intern(ty.name()), ty.to_owned().upcast());
    }
}

/// What LOAD_COMMON_CONSTANT loads, in the order of its argument.
fn fill_common_constants(thread: &Thread) {
    let dict = thread.state.builtins.get().known();
    let constants = &thread.state.common_consts;
    for (index, name) in ["AssertionError", "NotImplementedError", "tuple", "all", "any"].into_iter().enumerate() {
        let name = thread.state.interned.intern(PyStr::new(name));
        constants[index].set(dict.get_str(name).map(Ref::to_owned));
    }
}

/// Ends a program: what is left of the output is written, and an uncaught exception says how the process ends.
pub(crate) fn finish(thread: &Thread, failed: bool) -> (u8, String) {
    let ending = if failed { uncaught(thread) } else { (0, String::new()) };
    crate::modules::run_at_exit(thread);
    // What an exception that is still being handled destroys may ask for the thread.
    thread.exc_info().set_value(None);
    crate::modules::forget_codecs();
    crate::modules::forget_struct_error();
    crate::modules::binascii::forget();
    crate::modules::zlib::forget();
    crate::modules::signal::forget();
    crate::modules::fd::close_all();
    // A reader that went away is no failure of the program.
    let _ = crate::builtins::io::flush();
    ending
}

/// How an uncaught exception ends the process: its exit code, and what is written to stderr.
pub(crate) fn uncaught(thread: &Thread) -> (u8, String) {
    let Some(exception) = thread.exception() else { return (0, String::new()) };
    if !exception.ty().is_subtype(exceptions::system_exit()) {
        let exception = thread.take_exception().known();
        return (1, super::sys::show_uncaught(thread, exception));
    }
    let exception = thread.take_exception().known();
    let code = exceptions::of(exception.borrow()).extra(0).get().unwrap_or(none_object());
    if code.is(none_object()) {
        return (0, String::new());
    }
    match code.downcast::<PyInt>() {
        Some(number) => (number.as_i64().map_or(u8::MAX, |number| number as u8), String::new()),
        None => {
            let text = super::object::str_text(thread, code).unwrap_or_default();
            (1, super::sys::last_words(thread, &[&text, "\n"]))
        }
    }
}
