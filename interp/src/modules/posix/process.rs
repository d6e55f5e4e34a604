//! The process: who it is, its environment, its children.

use super::arg::{name_object, system};
use super::paths::bind;
use crate::builtins::codec;
use crate::modules::os_error;
use crate::modules::structseq::{self, field};
use crate::object::*;
use crate::runtime::{call, error, number, object};
use rustix::process::{Pid, WaitOptions};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

thread_local! {
    /// What the program made of the environment: a process with threads must not write into its own, so children are
    /// given this one.
    static ENVIRONMENT: RefCell<Option<BTreeMap<OsString, OsString>>> = const { RefCell::new(None) };
}

/// The environment as it is for the program and its children.
pub(crate) fn environment() -> BTreeMap<OsString, OsString> {
    ENVIRONMENT.with_borrow(|own| own.clone().unwrap_or_else(|| std::env::vars_os().collect()))
}

/// A variable of that environment.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    ENVIRONMENT.with_borrow(|own| match own {
        Some(own) => own.get(OsStr::new(name)).cloned(),
        None => std::env::var_os(name),
    })
}

fn change(name: OsString, value: Option<OsString>) {
    let mut all = environment();
    match value {
        Some(value) => drop(all.insert(name, value)),
        None => drop(all.remove(&name)),
    }
    ENVIRONMENT.set(Some(all));
}

pub(super) static UNAME_RESULT: PyType = structseq::of(
    "posix.uname_result",
    &[
        field::<0>("sysname"),
        field::<1>("nodename"),
        field::<2>("release"),
        field::<3>("version"),
        field::<4>("machine"),
    ],
);

pub(super) static TIMES_RESULT: PyType = structseq::of(
    "posix.times_result",
    &[
        field::<0>("user"),
        field::<1>("system"),
        field::<2>("children_user"),
        field::<3>("children_system"),
        field::<4>("elapsed"),
    ],
);

fn int(value: impl Into<i64>) -> Result {
    Ok(PyInt::from_i64(value.into()).upcast())
}

/// The raw number of a process or group; 0 for none.
fn raw(pid: Option<Pid>) -> i64 {
    pid.map_or(0, |pid| pid.as_raw_nonzero().get().into())
}

fn pid_argument(thread: &Thread, value: Ref) -> Result<i32> {
    i32::try_from(number::as_i64(thread, value)?)
        .map_err(|_| error::overflow_error(thread, "signed integer is greater than maximum"))
}

pub(super) static FUNCTIONS: &[MethodDef] = &[
    MethodDef::no_args("getpid", |_, _| int(std::process::id())),
    MethodDef::no_args("getppid", |_, _| int(raw(rustix::process::getppid()))),
    MethodDef::no_args("getuid", |_, _| int(rustix::process::getuid().as_raw())),
    MethodDef::no_args("geteuid", |_, _| int(rustix::process::geteuid().as_raw())),
    MethodDef::no_args("getgid", |_, _| int(rustix::process::getgid().as_raw())),
    MethodDef::no_args("getegid", |_, _| int(rustix::process::getegid().as_raw())),
    MethodDef::no_args("getpgrp", |_, _| int(raw(Some(rustix::process::getpgrp())))),
    MethodDef::no_args("getgroups", |thread, _| {
        let groups = system(thread, rustix::process::getgroups())?;
        let groups = groups.into_iter().map(|group| PyInt::from_i64(group.as_raw().into()).upcast());
        Ok(PyList::new(groups.collect()).upcast())
    }),
    MethodDef::one("getpgid", |thread, _, pid| {
        let group = system(thread, rustix::process::getpgid(Pid::from_raw(pid_argument(thread, pid)?)))?;
        int(raw(Some(group)))
    }),
    MethodDef::one("getsid", |thread, _, pid| {
        let session = system(thread, rustix::process::getsid(Pid::from_raw(pid_argument(thread, pid)?)))?;
        int(raw(Some(session)))
    }),
    MethodDef::no_args("setsid", |thread, _| system(thread, rustix::process::setsid()).map(|_| object::new_none())),
    MethodDef::one("umask", |thread, _, mask| {
        let mask = number::as_i64(thread, mask)? as u32;
        int(rustix::process::umask(rustix::fs::Mode::from_raw_mode(mask)).as_raw_mode())
    }),
    MethodDef::one("nice", |thread, _, more| {
        let more = number::as_i64(thread, more)? as i32;
        system(thread, rustix::process::nice(more)).and_then(int)
    }),
    MethodDef::fast("kill", |thread, _, a| {
        call::check_count(thread, "kill", a.len(), 2, 2)?;
        let (pid, signal) = (pid_argument(thread, a[0])?, number::as_i64(thread, a[1])? as i32);
        crate::modules::signal::send(thread, pid, signal)
    }),
    MethodDef::fast("waitpid", |thread, _, a| {
        call::check_count(thread, "waitpid", a.len(), 2, 2)?;
        let (pid, options) = (pid_argument(thread, a[0])?, number::as_i64(thread, a[1])?);
        wait(thread, pid, options as u32)
    }),
    MethodDef::no_args("wait", |thread, _| wait(thread, -1, 0)),
    MethodDef::one("WIFEXITED", |thread, _, status| Ok(object::new_bool(libc::WIFEXITED(word(thread, status)?)))),
    MethodDef::one("WIFSIGNALED", |thread, _, status| Ok(object::new_bool(libc::WIFSIGNALED(word(thread, status)?)))),
    MethodDef::one("WIFSTOPPED", |thread, _, status| Ok(object::new_bool(libc::WIFSTOPPED(word(thread, status)?)))),
    MethodDef::one("WIFCONTINUED", |thread, _, status| Ok(object::new_bool(libc::WIFCONTINUED(word(thread, status)?)))),
    MethodDef::one("WCOREDUMP", |thread, _, status| Ok(object::new_bool(libc::WCOREDUMP(word(thread, status)?)))),
    MethodDef::one("WEXITSTATUS", |thread, _, status| int(libc::WEXITSTATUS(word(thread, status)?))),
    MethodDef::one("WTERMSIG", |thread, _, status| int(libc::WTERMSIG(word(thread, status)?))),
    MethodDef::one("WSTOPSIG", |thread, _, status| int(libc::WSTOPSIG(word(thread, status)?))),
    MethodDef::keywords("waitstatus_to_exitcode", |thread, _, a, k| {
        let [status] = bind(thread, "waitstatus_to_exitcode", &["status"], 0, 1, a, k)?;
        let status = word(thread, status.unwrap_or(none_object()))?;
        if libc::WIFEXITED(status) {
            return int(libc::WEXITSTATUS(status));
        }
        if libc::WIFSIGNALED(status) {
            return int(-libc::WTERMSIG(status));
        }
        if libc::WIFSTOPPED(status) {
            let text = format!("process stopped by delivery of signal {}", libc::WSTOPSIG(status));
            return Err(error::value_error(thread, text));
        }
        Err(error::value_error(thread, format_args!("invalid wait status: {status}")))
    }),
    MethodDef::keywords("_exit", |thread, _, a, k| {
        let [status] = bind(thread, "_exit", &["status"], 0, 1, a, k)?;
        let status = number::as_i64(thread, status.unwrap_or(none_object()))?;
        std::process::exit(status as i32)
    }),
    MethodDef::no_args("abort", |_, _| std::process::abort()),
    MethodDef::one("system", |thread, _, command| {
        let command = crate::runtime::source::path_text(thread, command)?;
        let _ = crate::builtins::io::flush();
        let mut shell = std::process::Command::new("/bin/sh");
        shell.arg("-c").arg(command).env_clear().envs(environment());
        use std::os::unix::process::ExitStatusExt;
        system(thread, shell.status()).and_then(|status| int(status.into_raw()))
    }),
    MethodDef::no_args("uname", |_, _| {
        let name = rustix::system::uname();
        let parts = [name.sysname(), name.nodename(), name.release(), name.version(), name.machine()];
        let texts = parts.map(|part| PyStr::new(&part.to_string_lossy()).upcast());
        Ok(structseq::make(&UNAME_RESULT, texts.into()))
    }),
    MethodDef::no_args("times", |_, _| {
        let (own, elapsed) = (crate::modules::time::processor_times(), crate::modules::time::since_start());
        let mut items: Vec<Owned> = own.map(|seconds| PyFloat::new(seconds).upcast()).into();
        items.push(PyFloat::new(elapsed.as_secs_f64()).upcast());
        Ok(structseq::make(&TIMES_RESULT, items))
    }),
    MethodDef::no_args("getloadavg", |thread, _| {
        let text = system(thread, std::fs::read_to_string("/proc/loadavg"))?;
        let numbers: Vec<Owned> = text
            .split(' ')
            .take(3)
            .filter_map(|part| part.parse().ok())
            .map(|load| PyFloat::new(load).upcast())
            .collect();
        Ok(PyTuple::from_vec(numbers).upcast())
    }),
    MethodDef::no_args("getlogin", |thread, _| match variable("LOGNAME").or_else(|| variable("USER")) {
        Some(name) => name_object(thread, &name, false),
        None => Err(os_error(thread, &std::io::Error::from_raw_os_error(libc::ENXIO), None)),
    }),
    MethodDef::no_args("cpu_count", |_, _| {
        Ok(std::thread::available_parallelism()
            .map_or_else(|_| object::new_none(), |count| PyInt::from_i64(count.get() as i64).upcast()))
    }),
    MethodDef::no_args("sched_yield", |_, _| {
        std::thread::yield_now();
        Ok(object::new_none())
    }),
    MethodDef::one("sched_getaffinity", |thread, _, pid| {
        let set = system(thread, rustix::thread::sched_getaffinity(Pid::from_raw(pid_argument(thread, pid)?)))?;
        let found = PySet::new(crate::runtime::types::set());
        for cpu in (0..rustix::thread::CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu)) {
            // A small int is its own hash.
            found.borrow().add(thread, PyInt::from_i64(cpu as i64).upcast(), cpu as isize)?;
        }
        Ok(found.upcast())
    }),
    MethodDef::one("urandom", |thread, _, count| {
        let count = usize::try_from(number::as_i64(thread, count)?)
            .map_err(|_| error::value_error(thread, "negative argument not allowed"))?;
        error::check_room(thread, count, 1)?;
        let mut bytes = vec![0; count];
        use std::io::Read;
        let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
        system(thread, read).map(|()| PyBytes::new(bytes).upcast())
    }),
    MethodDef::fast("putenv", |thread, _, a| {
        call::check_count(thread, "putenv", a.len(), 2, 2)?;
        let (name, value) = (environment_text(thread, a[0])?, environment_text(thread, a[1])?);
        if name.as_bytes().contains(&b'=') {
            return Err(error::value_error(thread, "illegal environment variable name"));
        }
        change(name, Some(value));
        Ok(object::new_none())
    }),
    MethodDef::one("unsetenv", |thread, _, name| {
        change(environment_text(thread, name)?, None);
        Ok(object::new_none())
    }),
    MethodDef::no_args("_create_environ", |thread, _| environ(thread)),
    MethodDef::keywords("register_at_fork", |_, _, _, _| Ok(object::new_none())),
];

/// The environment as a dict of bytes.
pub(super) fn environ(thread: &Thread) -> Result {
    let found = PyDict::new();
    for (name, value) in environment() {
        let name = PyBytes::new(name.as_bytes());
        found.borrow().set(thread, name.borrow().upcast(), PyBytes::new(value.as_bytes()).upcast())?;
    }
    Ok(found.upcast())
}

fn environment_text(thread: &Thread, value: Ref) -> Result<OsString> {
    let bytes = match value.downcast::<PyStr>() {
        Some(text) => codec::encode(thread, text, "utf-8", "surrogateescape")?,
        None => crate::modules::buffer(thread, value, "str or bytes expected")?,
    };
    if bytes.contains(&0) {
        return Err(error::value_error(thread, "embedded null byte"));
    }
    Ok(OsString::from_vec(bytes))
}

fn word(thread: &Thread, value: Ref) -> Result<i32> {
    number::as_i64(thread, value).map(|value| value as i32)
}

fn wait(thread: &Thread, pid: i32, options: u32) -> Result {
    let options = WaitOptions::from_bits_retain(options);
    let _ = crate::builtins::io::flush();
    let ended = match pid {
        -1 => rustix::process::wait(options),
        0 => rustix::process::waitpgid(rustix::process::getpgrp(), options),
        ..-1 => {
            Pid::from_raw(-pid).map_or(Err(rustix::io::Errno::CHILD), |group| rustix::process::waitpgid(group, options))
        }
        _ => rustix::process::waitpid(Pid::from_raw(pid), options),
    };
    let (pid, status) = match system(thread, ended)? {
        Some((pid, status)) => (raw(Some(pid)), status.as_raw()),
        None => (0, 0),
    };
    let parts = [PyInt::from_i64(pid).upcast(), PyInt::from_i64(status.into()).upcast()];
    Ok(PyTuple::from_array(parts).upcast())
}
