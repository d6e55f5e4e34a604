//! `_signal` (`Modules/signalmodule.c`). Handlers run in the one thread of Python code, between its instructions.

use super::posix::arg::system;
use super::{NativeModule, os_error, put};
use crate::object::*;
use crate::runtime::{call, error, exceptions, number, object, types};
use rustix::process::{Pid, Signal};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Signals are numbered below this.
const LIMIT: i32 = 65;
const DEFAULT: i64 = 0;
const IGNORE: i64 = 1;

thread_local! {
    static HANDLERS: RefCell<BTreeMap<i32, Owned>> = const { RefCell::new(BTreeMap::new()) };
}

/// Forgets the handlers: they belong to the interpreter that ends.
pub(crate) fn forget() {
    drop(HANDLERS.take());
}

pub(super) static MODULE: NativeModule = NativeModule {
    name: "_signal",
    functions: &[
        MethodDef::fast("signal", set_handler),
        MethodDef::one("getsignal", |thread, _, number| {
            let number = signal_number(thread, number)?;
            Ok(handler(number))
        }),
        MethodDef::one("raise_signal", |thread, _, number| {
            let number = number::as_i64(thread, number)? as i32;
            send(thread, std::process::id() as i32, number)
        }),
        MethodDef::fast("default_int_handler", |thread, _, _| {
            Err(error::set_object(
                thread,
                PyBaseException::new(exceptions::keyboard_interrupt(), PyTuple::empty().to_owned()),
            ))
        }),
        MethodDef::one("strsignal", |thread, _, number| {
            let number = signal_number(thread, number)?;
            Ok(match TEXTS.get(number as usize - 1) {
                Some(text) => PyStr::new(text).upcast(),
                None if number >= 34 => PyStr::new(&format!("Real-time signal {}", number - 34)).upcast(),
                None => object::new_none(),
            })
        }),
        MethodDef::no_args("valid_signals", |thread, _| {
            let found = PySet::new(types::set());
            for number in (1..LIMIT).filter(|number| !matches!(number, 32 | 33)) {
                // A small int is its own hash.
                found.borrow().add(thread, PyInt::from_i64(number.into()).upcast(), number as isize)?;
            }
            Ok(found.upcast())
        }),
        MethodDef::keywords("set_wakeup_fd", |_, _, _, _| Ok(PyInt::from_i64(-1).upcast())),
        MethodDef::fast("siginterrupt", |thread, _, a| {
            call::check_count(thread, "siginterrupt", a.len(), 2, 2)?;
            signal_number(thread, a[0]).map(|_| object::new_none())
        }),
    ],
    types: &[],
    fill: |_, dict| {
        for (name, value) in NUMBERS {
            put(dict, name, PyInt::from_i64(*value).upcast());
        }
        let own = PyStr::new("default_int_handler");
        if let Some(interrupt) = dict.get_str(own.borrow()) {
            HANDLERS.with_borrow_mut(|handlers| {
                handlers.entry(libc::SIGINT).or_insert_with(|| interrupt.to_owned());
            });
        }
        Ok(())
    },
};

/// What stands in for a handler until one is set: the runtime ignores broken pipes, the system's default is the rest.
fn handler(number: i32) -> Owned {
    let found = HANDLERS.with_borrow(|handlers| handlers.get(&number).cloned());
    found.unwrap_or_else(|| {
        let ignored = matches!(number, libc::SIGPIPE | libc::SIGXFSZ);
        PyInt::from_i64(if ignored { IGNORE } else { DEFAULT }).upcast()
    })
}

fn signal_number(thread: &Thread, number: Ref) -> Result<i32> {
    match number::as_i64(thread, number)? {
        number if (1..i64::from(LIMIT)).contains(&number) => Ok(number as i32),
        _ => Err(error::value_error(thread, "signal number out of range")),
    }
}

fn set_handler(thread: &Thread, _: Ref, a: &[Ref]) -> Result {
    call::check_count(thread, "signal", a.len(), 2, 2)?;
    let (number, new) = (signal_number(thread, a[0])?, a[1]);
    let word = new.downcast::<PyInt>().and_then(|word| word.as_i64());
    let known = matches!(word, Some(DEFAULT | IGNORE)) || types::is_callable(new);
    if !known {
        let text = "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object";
        return Err(error::type_error(thread, text));
    }
    if matches!(number, libc::SIGKILL | libc::SIGSTOP) {
        return Err(os_error(thread, &std::io::Error::from_raw_os_error(libc::EINVAL), None));
    }
    let old = handler(number);
    HANDLERS.with_borrow_mut(|handlers| handlers.insert(number, new.to_owned()));
    Ok(old)
}

/// Sends a signal. One to this very process whose handler is Python's runs it at once.
pub(crate) fn send(thread: &Thread, pid: i32, number: i32) -> Result {
    if pid == std::process::id() as i32 && (1..LIMIT).contains(&number) {
        let handler = handler(number);
        match handler.borrow().downcast::<PyInt>().and_then(|word| word.as_i64()) {
            Some(IGNORE) => return Ok(object::new_none()),
            Some(_) => {}
            None => {
                let number = PyInt::from_i64(number.into());
                let frame = crate::runtime::eval::current_frame(thread);
                let frame = frame.and_then(|frame| crate::runtime::frame::object(thread, frame));
                let frame = frame.map_or_else(object::new_none, |frame| frame.to_owned().upcast());
                call::with(thread, handler.borrow(), &[number.borrow().upcast(), frame.borrow()])?;
                return Ok(object::new_none());
            }
        }
    }
    let _ = crate::builtins::io::flush();
    let invalid = || os_error(thread, &std::io::Error::from_raw_os_error(libc::EINVAL), None);
    let target = |pid: i32| Pid::from_raw(pid).ok_or_else(invalid);
    if number == 0 {
        return system(thread, rustix::process::test_kill_process(target(pid)?)).map(|()| object::new_none());
    }
    let signal = Signal::from_named_raw(number).ok_or_else(invalid)?;
    let sent = match pid {
        0 => rustix::process::kill_current_process_group(signal),
        ..0 => rustix::process::kill_process_group(target(-pid)?, signal),
        _ => rustix::process::kill_process(target(pid)?, signal),
    };
    system(thread, sent).map(|()| object::new_none())
}

/// Constants, as Linux has them.
static NUMBERS: &[(&str, i64)] = &[
    ("ITIMER_PROF", 2),
    ("ITIMER_REAL", 0),
    ("ITIMER_VIRTUAL", 1),
    ("NSIG", 65),
    ("SIGABRT", 6),
    ("SIGALRM", 14),
    ("SIGBUS", 7),
    ("SIGCHLD", 17),
    ("SIGCLD", 17),
    ("SIGCONT", 18),
    ("SIGFPE", 8),
    ("SIGHUP", 1),
    ("SIGILL", 4),
    ("SIGINT", 2),
    ("SIGIO", 29),
    ("SIGIOT", 6),
    ("SIGKILL", 9),
    ("SIGPIPE", 13),
    ("SIGPOLL", 29),
    ("SIGPROF", 27),
    ("SIGPWR", 30),
    ("SIGQUIT", 3),
    ("SIGRTMAX", 64),
    ("SIGRTMIN", 34),
    ("SIGSEGV", 11),
    ("SIGSTKFLT", 16),
    ("SIGSTOP", 19),
    ("SIGSYS", 31),
    ("SIGTERM", 15),
    ("SIGTRAP", 5),
    ("SIGTSTP", 20),
    ("SIGTTIN", 21),
    ("SIGTTOU", 22),
    ("SIGURG", 23),
    ("SIGUSR1", 10),
    ("SIGUSR2", 12),
    ("SIGVTALRM", 26),
    ("SIGWINCH", 28),
    ("SIGXCPU", 24),
    ("SIGXFSZ", 25),
    ("SIG_BLOCK", 0),
    ("SIG_DFL", 0),
    ("SIG_IGN", 1),
    ("SIG_SETMASK", 2),
    ("SIG_UNBLOCK", 1),
];

/// What `strsignal` says, from signal 1 on.
static TEXTS: &[&str] = &[
    "Hangup",
    "Interrupt",
    "Quit",
    "Illegal instruction",
    "Trace/breakpoint trap",
    "Aborted",
    "Bus error",
    "Floating point exception",
    "Killed",
    "User defined signal 1",
    "Segmentation fault",
    "User defined signal 2",
    "Broken pipe",
    "Alarm clock",
    "Terminated",
    "Stack fault",
    "Child exited",
    "Continued",
    "Stopped (signal)",
    "Stopped",
    "Stopped (tty input)",
    "Stopped (tty output)",
    "Urgent I/O condition",
    "CPU time limit exceeded",
    "File size limit exceeded",
    "Virtual timer expired",
    "Profiling timer expired",
    "Window changed",
    "I/O possible",
    "Power failure",
    "Bad system call",
];
