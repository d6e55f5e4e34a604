//! What programs may hook into the interpreter: audit hooks (PEP 578), the hooks of asynchronous generators (PEP 525),
//! and settings of `sys` that are kept for whoever asks.

use super::call;
use crate::object::*;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// The hooks that are set.
pub(crate) struct Hooks {
    audit: RefCell<Vec<Owned>>,
    /// Called with each asynchronous generator before its first step.
    pub(crate) first_iteration: OptField,
    /// Called with an asynchronous generator that dies before its end.
    pub(crate) finalizer: OptField,
    /// How many frames a new coroutine remembers (`sys.set_coroutine_origin_tracking_depth`).
    pub(crate) origin_depth: Cell<usize>,
    /// There is one thread, so nobody switches; but what is set is what is got.
    pub(crate) switch_interval: Cell<f64>,
    pub(crate) dlopen_flags: Cell<i64>,
    /// Warnings that were shown, each once for its place, where no library counts them.
    pub(crate) warned: RefCell<HashSet<String>>,
}

/// `sys.getswitchinterval()` of a fresh interpreter, in seconds.
const SWITCH_INTERVAL: f64 = 0.005;
/// `RTLD_NOW`.
const DLOPEN_FLAGS: i64 = 2;

impl Hooks {
    pub(crate) fn new() -> Hooks {
        Hooks {
            audit: RefCell::new(Vec::new()),
            first_iteration: OptField::empty(),
            finalizer: OptField::empty(),
            origin_depth: Cell::new(0),
            switch_interval: Cell::new(SWITCH_INTERVAL),
            dlopen_flags: Cell::new(DLOPEN_FLAGS),
            warned: RefCell::new(HashSet::new()),
        }
    }

    /// Adds an audit hook, which stays until the end.
    pub(crate) fn add_audit(&self, hook: Owned) {
        self.audit.borrow_mut().push(hook);
    }
}

/// Tells audit hooks of an event (`PySys_Audit`); the arguments are made only if there are any hooks.
#[inline]
pub(crate) fn audit(thread: &Thread, event: &str, arguments: impl FnOnce() -> Vec<Owned>) -> Result<()> {
    if thread.state.hooks.audit.borrow().is_empty() {
        return Ok(());
    }
    let arguments = PyTuple::from_vec(arguments());
    tell(thread, PyStr::new(event).borrow().upcast(), arguments.borrow())
}

/// Calls each audit hook with an event and its arguments; the first exception ends it.
#[cold]
pub(crate) fn tell(thread: &Thread, event: Ref, arguments: Ref<PyTuple>) -> Result<()> {
    let mut at = 0;
    loop {
        let hook = thread.state.hooks.audit.borrow().get(at).cloned();
        let Some(hook) = hook else { return Ok(()) };
        // What hooks do is not traced.
        thread.tracing.set(thread.tracing.get() + 1);
        let result = call::with(thread, hook.borrow(), &[event, arguments.upcast()]);
        thread.tracing.set(thread.tracing.get() - 1);
        result?;
        at += 1;
    }
}
