//! Starting the interpreter and running a module.

use super::{eval, exceptions, names, types};
use crate::exit::Raised;
use crate::object::*;
use std::result::Result;

/// Native stack that calls may use. The program runs on a thread with more than that: see `vm`.
pub(crate) const NATIVE_STACK: usize = 48 * 1024 * 1024;

/// A thread with types, built-ins and the code that the interpreter itself runs; `None` when one is running already.
pub(crate) fn start(dispatch: eval::Dispatch) -> Option<Box<Thread>> {
    let thread = Thread::new()?;
    let here = 0u8;
    thread.native_stack_limit.set((&raw const here).addr().saturating_sub(NATIVE_STACK));
    names::all().into_iter().for_each(|name| drop(thread.state.interned.intern(name.to_owned())));
    eval::make_own_code(&thread);
    exceptions::make_exception_group(&thread);
    thread.state.dispatch.set(Some(dispatch));
    crate::builtins::install(&thread);
    Some(thread)
}

/// Runs a module's code as `__main__`. On failure the exception is set.
pub(crate) fn run_main(thread: &Thread, tree: &crate::pyc::Code) -> Result<(), Raised> {
    let code = super::load::code(thread, tree)?;
    let globals = PyDict::new();
    let intern = |text: &str| thread.state.interned.intern(PyStr::new(text));
    globals.borrow().set_str(intern("__name__"), intern("__main__").to_owned().upcast());
    globals.borrow().set_str(intern("__file__"), code.borrow().filename().to_owned().upcast());
    for name in ["__doc__", "__package__", "__loader__", "__spec__", "__cached__"] {
        globals.borrow().set_str(intern(name), none_object().to_owned());
    }
    eval::run_code(thread, code.borrow(), globals.borrow(), None)?;
    Ok(())
}
