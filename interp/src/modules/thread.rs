//! `_thread`: locks of the one thread that there is (`Modules/_threadmodule.c`). A lock that cannot be had would be
//! waited for for ever, so that is an error.

use super::{NativeModule, native_dict, put, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{error, exceptions, object};
use std::cell::Cell;

/// What `get_ident` gives: there is one thread.
const IDENT: i64 = 1;

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
        MethodDef::keywords("start_joinable_thread", no_threads),
        MethodDef::no_args("exit", |thread, _| Err(error::set_string(thread, exceptions::system_exit(), ""))),
    ],
    types: &[&LOCK_TYPE, &RLOCK_TYPE, &LOCAL_TYPE],
    fill: |_, dict| {
        put(dict, "LockType", Ref::from_static(&LOCK_TYPE).to_owned().upcast());
        put(dict, "error", exceptions::runtime_error().to_owned().upcast());
        put(dict, "TIMEOUT_MAX", PyFloat::new(9_223_372_036.0).upcast());
        put(dict, "_local", Ref::from_static(&LOCAL_TYPE).to_owned().upcast());
        Ok(())
    },
};

fn no_threads(thread: &Thread, _: Ref, _: &[Ref], _: Option<Ref<PyTuple>>) -> Result {
    Err(error::runtime_error(thread, "can't start new thread: this interpreter has one"))
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
    let count = held(thread, lock)?;
    let is_free = count == 0 || !lock.is_exact(Ref::from_static(&LOCK_TYPE));
    if is_free {
        receiver::<Lock>(thread, &lock.cast())?.0.set(count + 1);
        return Ok(object::new_bool(true));
    }
    if blocking && timeout.is_none() {
        return Err(error::runtime_error(thread, "deadlock: the only thread waits for a lock that it holds"));
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
