//! The state of the one interpreter thread.

use super::dict::PyDict;
use super::exception::{ExcInfo, ExcState};
use super::field::OptField;
use super::gc::Collector;
use super::guard::Guard;
use super::interned::Interned;
use super::method::PyCFunction;
use super::refs::{Owned, Ref};
use super::typecache::TypeCache;
use crate::exit::Raised;
use crate::frame::{DataStack, Frame};
use std::cell::{Cell, OnceCell, RefCell, UnsafeCell};
use std::ops::Deref;
use std::ptr::{self, NonNull};

/// How deep Python calls may nest until a program asks for more (`sys.getrecursionlimit`).
const RECURSION_LIMIT: i32 = 1000;

/// Low bits of `eval_breaker` that ask for attention; the rest is the instrumentation version.
pub(crate) const EVAL_EVENTS_MASK: usize = 0xFF;

/// A thread state. All of it is interior-mutable: destructors reach it through `current` while others hold it.
pub(crate) struct Thread {
    pub(crate) current_frame: Cell<Option<Frame>>,
    /// Python calls that may still nest.
    pub(crate) py_recursion_remaining: Cell<i32>,
    pub(crate) py_recursion_limit: Cell<i32>,
    /// The lowest address of the native stack that calls may use.
    pub(crate) native_stack_limit: Cell<usize>,
    pub(crate) eval_breaker: Cell<usize>,
    pub(crate) tracing: Cell<i32>,
    exception: OptField,
    exc_info: Cell<ExcInfo>,
    pub(crate) data_stack: DataStack,
    result: OptField,
    pub(crate) state: InterpreterState,
    // Kept last: `exc_info` may point to it.
    _own_exc_state: NonNull<ExcState>,
    _guard: Guard,
}

/// Built-in functions that specialised calls compare with (`callable_cache`).
pub(crate) struct CallableCache {
    pub(crate) len: OptField<PyCFunction>,
    pub(crate) isinstance: OptField<PyCFunction>,
    pub(crate) list_append: OptField,
    pub(crate) object_getattribute: OptField,
}

/// What belongs to the interpreter rather than the thread.
pub(crate) struct InterpreterState {
    pub(crate) builtins: OptField<PyDict>,
    pub(crate) modules: OptField<PyDict>,
    /// What `atexit` calls in the end: tuples of function, arguments, keywords.
    pub(crate) at_exit: RefCell<Vec<Owned>>,
    /// The values of context variables, by variable.
    pub(crate) context: OptField<PyDict>,
    /// What the command line decided; set before any program runs.
    pub(crate) config: OnceCell<crate::runtime::config::Config>,
    pub(crate) hooks: crate::runtime::hooks::Hooks,
    pub(crate) tools: crate::runtime::instrument::Tools,
    pub(crate) callable_cache: CallableCache,
    pub(crate) common_consts: [OptField; 7],
    pub(crate) interned: &'static Interned,
    pub(crate) collector: Collector,
    pub(crate) type_cache: TypeCache,
    /// `ExceptionGroup`.
    pub(crate) exception_group: OptField<super::types::PyType>,
    /// The dispatch function that runs frames.
    pub(crate) dispatch: Cell<Option<crate::runtime::eval::Dispatch>>,
    /// The code that entry frames run: it leaves the dispatch function.
    pub(crate) exit_code: OptField<super::code::PyCode>,
    /// The code of the frame below an inlined `__init__`.
    pub(crate) init_cleanup: OptField<super::code::PyCode>,
}

/// Version numbers. Static types and interned strings outlive an interpreter, so no number is ever given out twice in a
/// process.
struct Versions {
    keys: Cell<u32>,
    types: Cell<u32>,
    functions: Cell<u32>,
}

// SAFETY: only the holder of the guard takes numbers.
unsafe impl Sync for Versions {}

static VERSIONS: Versions = Versions { keys: Cell::new(1), types: Cell::new(1), functions: Cell::new(1) };

struct Current(UnsafeCell<*const Thread>);

// SAFETY: written under the guard, read by its holder.
unsafe impl Sync for Current {}

static CURRENT: Current = Current(UnsafeCell::new(ptr::null()));

impl Thread {
    /// The state of this process's interpreter thread; `None` if there is one already. Types are not ready yet: see
    /// `crate::runtime::lifecycle`.
    pub(crate) fn start() -> Option<RunningThread> {
        let guard = Guard::acquire()?;
        let own = Box::leak(Box::new(ExcState::new()));
        // SAFETY: the state is freed with the thread.
        let info = unsafe { ExcInfo::new(own) };
        let thread = Box::new(Thread {
            current_frame: Cell::new(None),
            py_recursion_remaining: Cell::new(RECURSION_LIMIT),
            py_recursion_limit: Cell::new(RECURSION_LIMIT),
            native_stack_limit: Cell::new(0),
            eval_breaker: Cell::new(0),
            tracing: Cell::new(0),
            exception: OptField::empty(),
            exc_info: Cell::new(info),
            data_stack: DataStack::new(),
            result: OptField::empty(),
            state: InterpreterState {
                builtins: OptField::empty(),
                modules: OptField::empty(),
                at_exit: RefCell::new(Vec::new()),
                context: OptField::empty(),
                config: OnceCell::new(),
                hooks: crate::runtime::hooks::Hooks::new(),
                tools: crate::runtime::instrument::Tools::new(),
                callable_cache: CallableCache {
                    len: OptField::empty(),
                    isinstance: OptField::empty(),
                    list_append: OptField::empty(),
                    object_getattribute: OptField::empty(),
                },
                common_consts: [const { OptField::empty() }; 7],
                interned: Interned::global(),
                collector: Collector::new(),
                type_cache: TypeCache::new(),
                exception_group: OptField::empty(),
                dispatch: Cell::new(None),
                exit_code: OptField::empty(),
                init_cleanup: OptField::empty(),
            },
            _own_exc_state: NonNull::from_mut(own),
            _guard: guard,
        });
        let thread = NonNull::from_mut(Box::leak(thread));
        // SAFETY: the guard is held, so nobody else is here.
        unsafe { *CURRENT.0.get() = thread.as_ptr() };
        Some(RunningThread(thread))
    }

    /// The thread, for destructors.
    ///
    /// # Panics
    /// If there is none.
    pub(crate) fn current() -> &'static Thread {
        Thread::try_current().expect("an interpreter is running")
    }

    /// The thread, if there is one.
    pub(crate) fn try_current() -> Option<&'static Thread> {
        // SAFETY: set for as long as the thread exists; objects do not outlive it while they can still be destroyed.
        unsafe { (*CURRENT.0.get()).as_ref() }
    }

    /// Sets the exception; one that was set is dropped.
    pub(crate) fn set_exception(&self, exception: Owned) -> Raised {
        self.exception.set(Some(exception));
        Raised
    }

    /// The exception that is set (`_PyErr_Occurred` gives its type).
    #[inline(always)]
    pub(crate) fn exception(&self) -> Option<Ref> {
        self.exception.get()
    }

    /// Takes the exception (`_PyErr_GetRaisedException`).
    pub(crate) fn take_exception(&self) -> Option<Owned> {
        self.exception.take()
    }

    /// Drops the exception (`_PyErr_Clear`).
    pub(crate) fn clear_exception(&self) {
        self.exception.set(None);
    }

    /// The topmost state of handled exceptions.
    #[inline(always)]
    pub(crate) fn exc_info(&self) -> ExcInfo {
        self.exc_info.get()
    }

    #[inline(always)]
    pub(crate) fn set_exc_info(&self, info: ExcInfo) {
        self.exc_info.set(info);
    }

    /// Leaves what the dispatch function returns.
    #[inline(always)]
    pub(crate) fn set_result(&self, result: Owned) {
        self.result.set(Some(result));
    }

    /// What the dispatch function returns: `None` with an exception set.
    #[inline(always)]
    pub(crate) fn take_result(&self) -> Option<Owned> {
        self.result.take()
    }

    fn next(counter: &Cell<u32>) -> u32 {
        let version = counter.get();
        if version != 0 {
            counter.set(version.wrapping_add(1));
        }
        version
    }

    /// A fresh version for a dict's keys; 0 once they are used up.
    pub(crate) fn next_keys_version(&self) -> u32 {
        Thread::next(&VERSIONS.keys)
    }

    /// A fresh version for a type; 0 once they are used up.
    pub(crate) fn next_type_version(&self) -> u32 {
        Thread::next(&VERSIONS.types)
    }

    /// A fresh version for a function; 0 once they are used up.
    pub(crate) fn next_function_version(&self) -> u32 {
        Thread::next(&VERSIONS.functions)
    }
}

/// Owns a thread state. No `Box`, because that would be the only way to what it points to, and `Thread::current` is
/// another one.
pub(crate) struct RunningThread(NonNull<Thread>);

impl Deref for RunningThread {
    type Target = Thread;
    fn deref(&self) -> &Thread {
        // SAFETY: freed with this handle; all of it is interior-mutable.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for RunningThread {
    fn drop(&mut self) {
        // What the exception destroys may still ask for the thread.
        self.exception.set(None);
        // SAFETY: it was leaked by `new`, and nobody else can free it.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // SAFETY: the guard is still held.
        unsafe {
            *CURRENT.0.get() = ptr::null();
            drop(Box::from_raw(self._own_exc_state.as_ptr()));
        }
    }
}
