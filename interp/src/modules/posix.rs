//! `posix`: files, folders and the process, as far as the standard library of Rust has them (`Modules/posixmodule.c`).

use super::{NativeModule, os_error, put, structseq};
use crate::object::*;
use crate::runtime::source::path_text;
use crate::runtime::{call, error, exceptions, object};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use structseq::field;

pub(super) static MODULE: NativeModule = NativeModule {
    name: "posix",
    functions: &[
        MethodDef::no_args("getcwd", |thread, _| match std::env::current_dir() {
            Ok(path) => Ok(text(&path.to_string_lossy())),
            Err(problem) => Err(os_error(thread, &problem, None)),
        }),
        MethodDef::one("chdir", |thread, _, path| on_path(thread, path, |path| std::env::set_current_dir(path))),
        MethodDef::keywords("stat", |thread, _, a, k| stat(thread, a, k, true)),
        MethodDef::keywords("lstat", |thread, _, a, k| stat(thread, a, k, false)),
        MethodDef::fast("listdir", listdir),
        MethodDef::fast("scandir", |thread, _, _| {
            Err(error::set(
                thread,
                exceptions::not_implemented_error(),
                "os.scandir is not supported by this interpreter",
            ))
        }),
        MethodDef::fast("mkdir", |thread, _, a| on_first(thread, a, "mkdir", |path| std::fs::create_dir(path))),
        MethodDef::fast("rmdir", |thread, _, a| on_first(thread, a, "rmdir", |path| std::fs::remove_dir(path))),
        MethodDef::fast("remove", |thread, _, a| on_first(thread, a, "remove", |path| std::fs::remove_file(path))),
        MethodDef::fast("unlink", |thread, _, a| on_first(thread, a, "unlink", |path| std::fs::remove_file(path))),
        MethodDef::fast("rename", rename),
        MethodDef::fast("replace", rename),
        MethodDef::fast("readlink", |thread, _, a| {
            call::check_count(thread, "readlink", a.len(), 1, 1)?;
            let path = path_text(thread, a[0])?;
            match std::fs::read_link(&path) {
                Ok(target) => Ok(text(&target.to_string_lossy())),
                Err(problem) => Err(os_error(thread, &problem, Some(&path))),
            }
        }),
        MethodDef::fast("chmod", |thread, _, a| {
            call::check_count(thread, "chmod", a.len(), 2, 2)?;
            let mode = crate::runtime::number::as_i64(thread, a[1])? as u32;
            on_path(thread, a[0], |path| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)))
        }),
        MethodDef::fast("access", |thread, _, a| {
            call::check_count(thread, "access", a.len(), 2, 2)?;
            let path = path_text(thread, a[0])?;
            let mode = crate::runtime::number::as_i64(thread, a[1])? as u32;
            let found = std::fs::metadata(&path).is_ok_and(|about| (about.mode() >> 6 & mode) == mode || mode == 0);
            Ok(object::new_bool(found))
        }),
        MethodDef::one("fspath", |thread, _, path| {
            if path.downcast::<PyStr>().is_some() || path.downcast::<PyBytes>().is_some() {
                return Ok(path.to_owned());
            }
            path_text(thread, path).map(|path| text(&path))
        }),
        MethodDef::no_args("getpid", |_, _| Ok(PyInt::from_i64(std::process::id().into()).upcast())),
        MethodDef::no_args("cpu_count", |_, _| {
            Ok(std::thread::available_parallelism()
                .map_or_else(|_| object::new_none(), |count| PyInt::from_i64(count.get() as i64).upcast()))
        }),
        MethodDef::one("isatty", |thread, _, fd| {
            use std::io::IsTerminal;
            Ok(object::new_bool(match crate::runtime::number::as_i64(thread, fd)? {
                0 => std::io::stdin().is_terminal(),
                1 => std::io::stdout().is_terminal(),
                2 => std::io::stderr().is_terminal(),
                _ => false,
            }))
        }),
        MethodDef::one("strerror", |thread, _, number| {
            let number = crate::runtime::number::as_i64(thread, number)?;
            let shown = std::io::Error::from_raw_os_error(number as i32).to_string();
            Ok(text(shown.split(" (os error").next().unwrap_or_default()))
        }),
        MethodDef::one("_exit", |thread, _, code| {
            let code = crate::runtime::number::as_i64(thread, code)?;
            std::process::exit(code as i32)
        }),
        MethodDef::one("urandom", |thread, _, count| {
            let count = usize::try_from(crate::runtime::number::as_i64(thread, count)?)
                .map_err(|_| error::value_error(thread, "negative argument not allowed"))?;
            let mut bytes = vec![0; count];
            use std::io::Read;
            let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
            match read {
                Ok(()) => Ok(PyBytes::new(bytes).upcast()),
                Err(problem) => Err(os_error(thread, &problem, None)),
            }
        }),
        // The process's own environment stays as it is: what reads it is `os.environ`.
        MethodDef::fast("putenv", |_, _, _| Ok(object::new_none())),
        MethodDef::fast("unsetenv", |_, _, _| Ok(object::new_none())),
    ],
    types: &[&STAT_RESULT, &TERMINAL_SIZE],
    fill,
};

static TERMINAL_SIZE: PyType = structseq::of("os.terminal_size", &[field::<0>("columns"), field::<1>("lines")]);

static STAT_RESULT: PyType = structseq::of(
    "os.stat_result",
    &[
        field::<0>("st_mode"),
        field::<1>("st_ino"),
        field::<2>("st_dev"),
        field::<3>("st_nlink"),
        field::<4>("st_uid"),
        field::<5>("st_gid"),
        field::<6>("st_size"),
        field::<7>("st_atime"),
        field::<8>("st_mtime"),
        field::<9>("st_ctime"),
    ],
);

fn text(value: &str) -> Owned {
    PyStr::new(value).upcast()
}

fn fill(thread: &Thread, dict: Ref<PyDict>) -> Result<()> {
    let environment = PyDict::new();
    for (name, value) in std::env::vars_os() {
        use std::os::unix::ffi::OsStrExt;
        let name = PyBytes::new(name.as_bytes());
        environment.borrow().set(thread, name.borrow().upcast(), PyBytes::new(value.as_bytes()).upcast())?;
    }
    put(dict, "environ", environment.upcast());
    // No function here takes descriptors of folders and the like.
    put(dict, "_have_functions", PyList::new(Vec::new()).upcast());
    put(dict, "error", exceptions::os_error().to_owned().upcast());
    let numbers = [
        ("F_OK", 0),
        ("R_OK", 4),
        ("W_OK", 2),
        ("X_OK", 1),
        ("O_RDONLY", 0),
        ("O_WRONLY", 1),
        ("O_RDWR", 2),
        ("O_CREAT", 0o100),
        ("O_EXCL", 0o200),
        ("O_TRUNC", 0o1000),
        ("O_APPEND", 0o2000),
        ("O_CLOEXEC", 0o2_000_000),
        ("EX_OK", 0),
    ];
    for (name, value) in numbers {
        put(dict, name, PyInt::from_i64(value).upcast());
    }
    Ok(())
}

fn on_path(thread: &Thread, path: Ref, body: impl FnOnce(&str) -> std::io::Result<()>) -> Result {
    let path = path_text(thread, path)?;
    match body(&path) {
        Ok(()) => Ok(object::new_none()),
        Err(problem) => Err(os_error(thread, &problem, Some(&path))),
    }
}

fn on_first(
    thread: &Thread,
    arguments: &[Ref],
    function: &str,
    body: impl FnOnce(&str) -> std::io::Result<()>,
) -> Result {
    call::check_count(thread, function, arguments.len(), 1, 2)?;
    on_path(thread, arguments[0], body)
}

fn rename(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "rename", arguments.len(), 2, 2)?;
    let to = path_text(thread, arguments[1])?;
    on_path(thread, arguments[0], |from| std::fs::rename(from, &to))
}

fn listdir(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "listdir", arguments.len(), 0, 1)?;
    let path = match arguments.first().filter(|path| !object::is_none(**path)) {
        Some(path) => path_text(thread, *path)?,
        None => ".".to_owned(),
    };
    let listed = std::fs::read_dir(&path).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| text(&entry.file_name().to_string_lossy()))).collect()
    });
    match listed {
        Ok(names) => Ok(PyList::new(names).upcast()),
        Err(problem) => Err(os_error(thread, &problem, Some(&path))),
    }
}

fn stat(thread: &Thread, arguments: &[Ref], keywords: Option<Ref<PyTuple>>, follow: bool) -> Result {
    static SIGNATURE: call::Signature = call::Signature {
        function: "stat",
        names: &["path", "dir_fd", "follow_symlinks"],
        positional_only: 0,
        keyword_only: 2,
        required: 1,
    };
    let [path, _, follows] = SIGNATURE.bind(thread, arguments, keywords)?;
    let follow = follow && follows.is_none_or(|follows| !object::is_false(follows));
    let path = path_text(thread, path.unwrap_or(none_object()))?;
    let about = if follow { std::fs::metadata(&path) } else { std::fs::symlink_metadata(&path) };
    let about = about.map_err(|problem| os_error(thread, &problem, Some(&path)))?;
    let number = |value: u64| PyInt::from_big(value.into()).upcast();
    let seconds = |whole: i64, nanoseconds: i64| PyFloat::new(whole as f64 + nanoseconds as f64 * 1e-9).upcast();
    let values = vec![
        number(about.mode().into()),
        number(about.ino()),
        number(about.dev()),
        number(about.nlink()),
        number(about.uid().into()),
        number(about.gid().into()),
        number(about.len()),
        seconds(about.atime(), about.atime_nsec()),
        seconds(about.mtime(), about.mtime_nsec()),
        seconds(about.ctime(), about.ctime_nsec()),
    ];
    Ok(structseq::make(&STAT_RESULT, values))
}
