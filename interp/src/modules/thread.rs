//! `_thread`: locks of the one thread that there is (`Modules/_threadmodule.c`). A lock that cannot be had would be
//! waited for for ever, so that is an error.

use super::structseq::{self, field};
use super::{NativeModule, native_dict, put, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, exceptions, number, object};
use std::cell::Cell;
use std::time::Duration;

/// What `get_ident` gives: there is one thread.
pub(crate) const IDENT: i64 = 1;

pub(super) static MODULE: NativeModule = NativeModule {
    name: "_thread",
    functions: &[
        MethodDef::no_args("allocate_lock", |_, _| Ok(new_lock())),
        MethodDef::no_args("allocate", |_, _| Ok(new_lock())),
        MethodDef::no_args("get_ident", |_, _| Ok(PyInt::from_i64(IDENT).upcast())),
        MethodDef::no_args("get_native_id", |_, _| Ok(PyInt::from_i64(std::process::id().into()).upcast())),
        MethodDef::no_args("_get_main_thread_ident", |_, _| Ok(PyInt::from_i64(IDENT).upcast())),
        MethodDef::no_args("_count", |_, _| Ok(PyInt::from_i64(0).upcast())),
        MethodDef::no_args("daemon_threads_allowed", |_, _| Ok(object::new_bool(false))),
        MethodDef::no_args("_is_main_interpreter", |_, _| Ok(object::new_bool(true))),
        MethodDef::fast("stack_size", |_, _, _| Ok(PyInt::from_i64(0).upcast())),
        MethodDef::fast("interrupt_main", |thread, _, _| {
            Err(error::set_string(thread, exceptions::keyboard_interrupt(), ""))
        }),
        MethodDef::keywords("start_new_thread", no_threads),
        MethodDef::keywords("start_new", no_threads),
        MethodDef::keywords("start_joinable_thread", no_threads),
        MethodDef::one("_make_thread_handle", |thread, _, ident| {
            let handle = Handle { ident: Cell::new(number::as_i64(thread, ident)?), state: Cell::new(State::Running) };
            Ok(PyNative::new(Ref::from_static(&HANDLE_TYPE), handle).upcast())
        }),
        // There are no other threads to wait for.
        MethodDef::no_args("_shutdown", |_, _| Ok(object::new_none())),
        MethodDef::one("_excepthook", report),
        MethodDef::one("set_name", |thread, _, name| {
            super::text_argument(thread, "set_name", name).map(|_| object::new_none())
        }),
        MethodDef::fast("_get_name", |_, _, _| Ok(PyStr::new("python").upcast())),
        MethodDef::no_args("exit_thread", |thread, _| Err(error::set_string(thread, exceptions::system_exit(), ""))),
        MethodDef::no_args("exit", |thread, _| Err(error::set_string(thread, exceptions::system_exit(), ""))),
    ],
    types: &[&LOCK_TYPE, &RLOCK_TYPE, &LOCAL_TYPE, &HANDLE_TYPE, &HOOK_ARGS],
    fill: |_, dict| {
        put(dict, "LockType", Ref::from_static(&LOCK_TYPE).to_owned().upcast());
        put(dict, "error", exceptions::runtime_error().to_owned().upcast());
        put(dict, "TIMEOUT_MAX", PyFloat::new(9_223_372_036.0).upcast());
        put(dict, "_ThreadHandle", Ref::from_static(&HANDLE_TYPE).to_owned().upcast());
        put(dict, "_ExceptHookArgs", Ref::from_static(&HOOK_ARGS).to_owned().upcast());
        put(dict, "_NAME_MAXLEN", PyInt::from_i64(15).upcast());
        put(dict, "_local", Ref::from_static(&LOCAL_TYPE).to_owned().upcast());
        Ok(())
    },
};

fn no_threads(thread: &Thread, _: Ref, _: &[Ref], _: Option<Ref<PyTuple>>) -> Result {
    Err(error::runtime_error(thread, "can't start new thread"))
}

/// Where a thread is in its life.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    NotStarted,
    Running,
    Done,
}

/// A handle to a thread: to the main one, or to one that never starts.
struct Handle {
    ident: Cell<i64>,
    state: Cell<State>,
}
impl Native for Handle {}

static HANDLE_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_thread._ThreadHandle",
    flags: 0,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        new: slot(|_, class, _, _| {
            let handle = Handle { ident: Cell::new(0), state: Cell::new(State::NotStarted) };
            Ok(PyNative::new(class, handle).upcast())
        }),
        repr: slot(|thread, own| {
            let ident = handle(thread, &own.cast())?.ident.get();
            Ok(PyStr::new(&format!("<_ThreadHandle object: ident={ident}>")).upcast())
        }),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::fast("join", |thread, own, _| match handle(thread, &own.cast())?.state.get() {
            State::NotStarted => Err(error::runtime_error(thread, "thread not started")),
            State::Running => Err(error::runtime_error(thread, "Cannot join current thread")),
            State::Done => Ok(object::new_none()),
        }),
        MethodDef::no_args("is_done", |thread, own| {
            handle(thread, &own.cast()).map(|handle| object::new_bool(handle.state.get() == State::Done))
        }),
        MethodDef::no_args("_set_done", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            let handle = handle(thread, &own)?;
            if handle.state.get() == State::NotStarted {
                return Err(error::runtime_error(thread, "thread not started"));
            }
            handle.state.set(State::Done);
            Ok(object::new_none())
        }),
    ],
    getset: &[GetSetDef::read_only("ident", |thread, own| {
        handle(thread, &own.cast()).map(|handle| PyInt::from_i64(handle.ident.get()).upcast())
    })],
    ..TypeSpec::EMPTY
});

fn handle<'a>(thread: &Thread, own: &'a Ref<PyNative>) -> Result<&'a Handle> {
    receiver::<Handle>(thread, own)
}

static HOOK_ARGS: PyType = structseq::of(
    "_thread._ExceptHookArgs",
    &[field::<0>("exc_type"), field::<1>("exc_value"), field::<2>("exc_traceback"), field::<3>("thread")],
);

/// `threading.excepthook`: what ends a thread is shown, unless it is SystemExit.
fn report(thread: &Thread, _: Ref, args: Ref) -> Result {
    let Some(args) = args.downcast::<PyTuple>().filter(|args| args.len() == 4) else {
        return Err(error::type_error(thread, "_thread._excepthook argument type must be ExceptHookArgs"));
    };
    if args.item(0).is(exceptions::system_exit()) {
        return Ok(object::new_none());
    }
    let name = match object::is_none(args.item(3)) {
        true => IDENT.to_string(),
        false => {
            let name = object::get_attr(thread, args.item(3), PyStr::new("_name").borrow())?;
            object::str_text(thread, name.borrow())?
        }
    };
    let stderr = super::imported(thread, "sys", "stderr")?;
    let head = PyStr::new(&format!("Exception in thread {name}:\n"));
    object::call_method(thread, stderr.borrow(), PyStr::new("write").borrow(), &[head.borrow().upcast()])?;
    let print = super::imported(thread, "traceback", "print_exception")?;
    call::with(thread, print.borrow(), &args.items()[..3])
}

/// How often a lock is held; a plain one at most once.
#[derive(Default)]
struct Lock(Cell<usize>);
impl Native for Lock {}

fn new_lock() -> Owned {
    PyNative::new(Ref::from_static(&LOCK_TYPE), Lock::default()).upcast()
}

const LOCK_METHODS: &[MethodDef] = &[
    MethodDef::keywords("acquire", acquire),
    MethodDef::keywords("acquire_lock", acquire),
    MethodDef::no_args("release", release),
    MethodDef::no_args("release_lock", release),
    MethodDef::no_args("locked", |thread, lock| held(thread, lock).map(|count| object::new_bool(count > 0))),
    MethodDef::no_args("__enter__", |thread, lock| acquire(thread, lock, &[], None)),
    MethodDef::fast("__exit__", |thread, lock, _| release(thread, lock)),
    MethodDef::no_args("_at_fork_reinit", |thread, lock| {
        receiver::<Lock>(thread, &lock.cast())?.0.set(0);
        Ok(object::new_none())
    }),
];

static LOCK_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_thread.lock",
    flags: 0,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots { repr: slot(repr), new: slot(|_, _, _, _| Ok(new_lock())), ..Slots::NONE },
    methods: LOCK_METHODS,
    ..TypeSpec::EMPTY
});

static RLOCK_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_thread.RLock",
    flags: flags::BASETYPE,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        repr: slot(repr),
        new: slot(|_, class, _, _| Ok(PyNative::new(class, Lock::default()).upcast())),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::keywords("acquire", acquire),
        MethodDef::no_args("release", release),
        MethodDef::no_args("locked", |thread, lock| held(thread, lock).map(|count| object::new_bool(count > 0))),
        MethodDef::no_args("__enter__", |thread, lock| acquire(thread, lock, &[], None)),
        MethodDef::fast("__exit__", |thread, lock, _| release(thread, lock)),
        MethodDef::no_args("_at_fork_reinit", |thread, lock| {
            receiver::<Lock>(thread, &lock.cast())?.0.set(0);
            Ok(object::new_none())
        }),
        MethodDef::no_args("_release_save", |thread, lock| {
            let count = held(thread, lock)?;
            if count == 0 {
                return Err(error::runtime_error(thread, "cannot release un-acquired lock"));
            }
            receiver::<Lock>(thread, &lock.cast())?.0.set(0);
            let parts = [count as i64, IDENT].map(|number| PyInt::from_i64(number).upcast());
            Ok(PyTuple::from_array(parts).upcast())
        }),
        MethodDef::one("_acquire_restore", |thread, lock, saved| {
            let count = saved.downcast::<PyTuple>().and_then(|saved| saved.get(0));
            let count = number::as_i64(thread, count.unwrap_or(saved))?;
            receiver::<Lock>(thread, &lock.cast())?.0.set(usize::try_from(count).unwrap_or(0));
            Ok(object::new_none())
        }),
        MethodDef::no_args("_is_owned", |thread, lock| held(thread, lock).map(|count| object::new_bool(count > 0))),
        MethodDef::no_args("_recursion_count", |thread, lock| {
            held(thread, lock).map(|count| PyInt::from_i64(count as i64).upcast())
        }),
    ],
    ..TypeSpec::EMPTY
});

/// Attributes that each thread has of its own: here simply attributes.
struct Local;
impl Native for Local {}

static LOCAL_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_thread._local",
    flags: flags::BASETYPE | flags::HAVE_GC,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        new: slot(|_, class, _, _| Ok(PyNative::new(class, Local).upcast())),
        init: slot(|_, _, _, _| Ok(())),
        dict_of: slot(native_dict),
        ..Slots::NONE
    },
    ..TypeSpec::EMPTY
});

fn held(thread: &Thread, lock: Ref) -> Result<usize> {
    receiver::<Lock>(thread, &lock.cast()).map(|lock| lock.0.get())
}

fn acquire(thread: &Thread, lock: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "acquire",
        names: &["blocking", "timeout"],
        positional_only: 0,
        keyword_only: 0,
        required: 0,
    };
    let [blocking, timeout] = SIGNATURE.bind(thread, arguments, keywords)?;
    let blocking = blocking.map_or(Ok(true), |value| object::is_truthy(thread, value))?;
    let timeout = timeout.map_or(Ok(-1.0), |value| number::as_f64(thread, value))?;
    if !blocking && timeout != -1.0 {
        return Err(error::value_error(thread, "can't specify a timeout for a non-blocking call"));
    }
    if timeout < 0.0 && timeout != -1.0 {
        return Err(error::value_error(thread, "timeout value must be a non-negative number"));
    }
    let count = held(thread, lock)?;
    let is_free = count == 0 || !lock.is_exact(Ref::from_static(&LOCK_TYPE));
    if is_free {
        receiver::<Lock>(thread, &lock.cast())?.0.set(count + 1);
        return Ok(object::new_bool(true));
    }
    if blocking && timeout < 0.0 {
        return Err(error::runtime_error(thread, "deadlock: the only thread waits for a lock that it holds"));
    }
    if blocking && timeout > 0.0 {
        // Nobody can release it meanwhile, but the time passes.
        match Duration::try_from_secs_f64(timeout) {
            Ok(duration) => std::thread::sleep(duration),
            Err(_) => return Err(error::overflow_error(thread, "timeout value is too large")),
        }
    }
    Ok(object::new_bool(false))
}

fn release(thread: &Thread, lock: Ref) -> Result {
    let count = held(thread, lock)?;
    if count == 0 {
        let plain = lock.is_exact(Ref::from_static(&LOCK_TYPE));
        let message = if plain { "release unlocked lock" } else { "cannot release un-acquired lock" };
        return Err(error::runtime_error(thread, message));
    }
    receiver::<Lock>(thread, &lock.cast())?.0.set(count - 1);
    Ok(object::new_none())
}

fn repr(thread: &Thread, lock: Ref) -> Result {
    let count = held(thread, lock)?;
    let state = if count > 0 { "locked" } else { "unlocked" };
    let name = lock.ty().name().to_owned();
    let text = if lock.is_exact(Ref::from_static(&LOCK_TYPE)) {
        format!("<{state} {name} object at {:#x}>", lock.addr())
    } else {
        let owner = if count > 0 { IDENT } else { 0 };
        format!("<{state} {name} object owner={owner} count={count} at {:#x}>", lock.addr())
    };
    Ok(PyStr::new(&text).upcast())
}
