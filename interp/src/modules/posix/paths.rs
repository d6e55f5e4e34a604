//! Files and folders, by path.

use super::arg::{self, Target, name_object, no_folder, os_error_about, path_or_fd};
use crate::modules::{fd, os_error};
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{error, number, object};
use rustix::fs::{CWD, Timespec, Timestamps};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

pub(super) static FUNCTIONS: &[MethodDef] = &[
    MethodDef::no_args("getcwd", |thread, _| folder(thread, false)),
    MethodDef::no_args("getcwdb", |thread, _| folder(thread, true)),
    MethodDef::keywords("chdir", |thread, _, a, k| {
        let [path] = bind(thread, "chdir", &["path"], 0, 1, a, k)?;
        let path = path_or_fd(thread, "chdir", path.unwrap_or(none_object()), true)?;
        let done = match &path.target {
            Target::Path(path) => std::env::set_current_dir(path),
            Target::Descriptor(number) => fd::get(*number).and_then(|file| Ok(rustix::process::fchdir(&*file)?)),
        };
        done.map_or_else(|problem| Err(path.failed(thread, &problem)), |()| Ok(object::new_none()))
    }),
    MethodDef::keywords("mkdir", |thread, _, a, k| {
        let [path, mode, folder] = bind(thread, "mkdir", &["path", "mode", "dir_fd"], 1, 1, a, k)?;
        no_folder(thread, folder)?;
        let mode = mode.map_or(Ok(0o777), |mode| number::as_i64(thread, mode))?;
        on_path(thread, "mkdir", path, |path| {
            Ok(rustix::fs::mkdir(path, rustix::fs::Mode::from_raw_mode(mode as u32))?)
        })
    }),
    MethodDef::keywords("rmdir", |thread, _, a, k| single(thread, "rmdir", a, k, |path| std::fs::remove_dir(path))),
    MethodDef::keywords("remove", |thread, _, a, k| single(thread, "remove", a, k, |path| std::fs::remove_file(path))),
    MethodDef::keywords("unlink", |thread, _, a, k| single(thread, "unlink", a, k, |path| std::fs::remove_file(path))),
    MethodDef::keywords("rename", |thread, _, a, k| two(thread, "rename", a, k, |from, to| std::fs::rename(from, to))),
    MethodDef::keywords("replace", |thread, _, a, k| {
        two(thread, "replace", a, k, |from, to| std::fs::rename(from, to))
    }),
    MethodDef::keywords("link", |thread, _, a, k| {
        let names = &["src", "dst", "src_dir_fd", "dst_dir_fd", "follow_symlinks"];
        let [from, to, of_from, of_to, _] = bind(thread, "link", names, 3, 2, a, k)?;
        no_folder(thread, of_from)?;
        no_folder(thread, of_to)?;
        on_two(thread, "link", from, to, |from, to| std::fs::hard_link(from, to))
    }),
    MethodDef::keywords("symlink", |thread, _, a, k| {
        let names = &["src", "dst", "target_is_directory", "dir_fd"];
        let [from, to, _, folder] = bind(thread, "symlink", names, 1, 2, a, k)?;
        no_folder(thread, folder)?;
        on_two(thread, "symlink", from, to, |from, to| std::os::unix::fs::symlink(from, to))
    }),
    MethodDef::keywords("readlink", |thread, _, a, k| {
        let [path, folder] = bind(thread, "readlink", &["path", "dir_fd"], 1, 1, a, k)?;
        no_folder(thread, folder)?;
        let path = arg::path(thread, "readlink", path.unwrap_or(none_object()))?;
        match std::fs::read_link(path.path()) {
            Ok(target) => name_object(thread, target.as_os_str(), path.bytes),
            Err(problem) => Err(path.failed(thread, &problem)),
        }
    }),
    MethodDef::keywords("chmod", |thread, _, a, k| {
        let [path, mode, folder, _] =
            bind(thread, "chmod", &["path", "mode", "dir_fd", "follow_symlinks"], 2, 2, a, k)?;
        no_folder(thread, folder)?;
        let mode = number::as_i64(thread, mode.unwrap_or(none_object()))? as u32;
        let path = path_or_fd(thread, "chmod", path.unwrap_or(none_object()), true)?;
        let done = match &path.target {
            Target::Path(path) => std::fs::set_permissions(path, Permissions::from_mode(mode)),
            Target::Descriptor(number) => {
                fd::get(*number).and_then(|file| file.set_permissions(Permissions::from_mode(mode)))
            }
        };
        done.map_or_else(|problem| Err(path.failed(thread, &problem)), |()| Ok(object::new_none()))
    }),
    MethodDef::keywords("chown", |thread, _, a, k| {
        let names = &["path", "uid", "gid", "dir_fd", "follow_symlinks"];
        let [path, uid, gid, folder, follow] = bind(thread, "chown", names, 2, 3, a, k)?;
        no_folder(thread, folder)?;
        let follow = follow.map_or(Ok(true), |follow| object::is_truthy(thread, follow))?;
        let id = |value: Option<Ref>| number::as_i64(thread, value.unwrap_or(none_object()));
        let ids = (u32::try_from(id(uid)?).ok(), u32::try_from(id(gid)?).ok());
        on_path(thread, "chown", path, |path| match follow {
            true => std::os::unix::fs::chown(path, ids.0, ids.1),
            false => std::os::unix::fs::lchown(path, ids.0, ids.1),
        })
    }),
    MethodDef::keywords("access", |thread, _, a, k| {
        let names = &["path", "mode", "dir_fd", "effective_ids", "follow_symlinks"];
        let [path, mode, folder, _, _] = bind(thread, "access", names, 3, 2, a, k)?;
        no_folder(thread, folder)?;
        let path = arg::path(thread, "access", path.unwrap_or(none_object()))?;
        let mode = number::as_i64(thread, mode.unwrap_or(none_object()))?;
        // The type of the bits is the back end's: under Miri it is another one.
        let asked = rustix::fs::Access::all().iter().filter(|flag| mode & i64::from(flag.bits()) != 0);
        let mode = asked.collect::<rustix::fs::Access>();
        Ok(object::new_bool(rustix::fs::access(path.path(), mode).is_ok()))
    }),
    MethodDef::keywords("truncate", |thread, _, a, k| {
        let [path, length] = bind(thread, "truncate", &["path", "length"], 0, 2, a, k)?;
        let length = number::as_i64(thread, length.unwrap_or(none_object()))? as u64;
        let path = path_or_fd(thread, "truncate", path.unwrap_or(none_object()), true)?;
        let done = match &path.target {
            Target::Path(path) => std::fs::OpenOptions::new().write(true).open(path).and_then(|f| f.set_len(length)),
            Target::Descriptor(number) => fd::get(*number).and_then(|file| file.set_len(length)),
        };
        done.map_or_else(|problem| Err(path.failed(thread, &problem)), |()| Ok(object::new_none()))
    }),
    MethodDef::keywords("mkfifo", |thread, _, a, k| {
        let [path, mode, folder] = bind(thread, "mkfifo", &["path", "mode", "dir_fd"], 1, 1, a, k)?;
        no_folder(thread, folder)?;
        let mode = mode.map_or(Ok(0o666), |mode| number::as_i64(thread, mode))?;
        on_path(thread, "mkfifo", path, |path| {
            let mode = rustix::fs::Mode::from_raw_mode(mode as u32);
            Ok(rustix::fs::mknodat(CWD, path, rustix::fs::FileType::Fifo, mode, 0)?)
        })
    }),
    MethodDef::keywords("utime", utime),
    MethodDef::keywords("listdir", listdir),
    MethodDef::keywords("fspath", |thread, _, a, k| {
        let [path] = bind(thread, "fspath", &["path"], 0, 1, a, k)?;
        let path = path.unwrap_or(none_object());
        match arg::file_name(thread, path)? {
            Some((_, _, object)) => Ok(object),
            None => {
                let text = format!("expected str, bytes or os.PathLike object, not {}", path.ty().name());
                Err(error::type_error(thread, text))
            }
        }
    }),
    MethodDef::one("strerror", |thread, _, number| {
        let number = number::as_i64(thread, number)?;
        Ok(PyStr::new(&arg::strerror(&std::io::Error::from_raw_os_error(number as i32))).upcast())
    }),
];

/// Arguments by parameter; the last `keyword_only` ones by keyword alone.
pub(super) fn bind<const N: usize>(
    thread: &Thread,
    function: &'static str,
    names: &'static [&'static str; N],
    keyword_only: usize,
    required: usize,
    arguments: &[Ref],
    keywords: Option<Ref<PyTuple>>,
) -> Result<[Option<Ref>; N]> {
    Signature { function, names, positional_only: 0, keyword_only, required }.bind(thread, arguments, keywords)
}

fn folder(thread: &Thread, bytes: bool) -> Result {
    match std::env::current_dir() {
        Ok(path) => name_object(thread, path.as_os_str(), bytes),
        Err(problem) => Err(os_error(thread, &problem, None)),
    }
}

fn on_path(
    thread: &Thread,
    function: &str,
    path: Option<Ref>,
    body: impl FnOnce(&Path) -> std::io::Result<()>,
) -> Result {
    let path = arg::path(thread, function, path.unwrap_or(none_object()))?;
    match body(path.path()) {
        Ok(()) => Ok(object::new_none()),
        Err(problem) => Err(path.failed(thread, &problem)),
    }
}

/// `function(path, *, dir_fd=None)`.
fn single(
    thread: &Thread,
    function: &'static str,
    arguments: &[Ref],
    keywords: Option<Ref<PyTuple>>,
    body: impl FnOnce(&Path) -> std::io::Result<()>,
) -> Result {
    let [path, folder] = bind(thread, function, &["path", "dir_fd"], 1, 1, arguments, keywords)?;
    no_folder(thread, folder)?;
    on_path(thread, function, path, body)
}

fn on_two(
    thread: &Thread,
    function: &str,
    from: Option<Ref>,
    to: Option<Ref>,
    body: impl FnOnce(&Path, &Path) -> std::io::Result<()>,
) -> Result {
    let from = arg::path(thread, function, from.unwrap_or(none_object()))?;
    let to = arg::path(thread, function, to.unwrap_or(none_object()))?;
    match body(from.path(), to.path()) {
        Ok(()) => Ok(object::new_none()),
        Err(problem) => Err(os_error_about(thread, &problem, &[from.object.borrow(), to.object.borrow()])),
    }
}

/// `function(src, dst, *, src_dir_fd=None, dst_dir_fd=None)`.
fn two(
    thread: &Thread,
    function: &'static str,
    arguments: &[Ref],
    keywords: Option<Ref<PyTuple>>,
    body: impl FnOnce(&Path, &Path) -> std::io::Result<()>,
) -> Result {
    let names = &["src", "dst", "src_dir_fd", "dst_dir_fd"];
    let [from, to, of_from, of_to] = bind(thread, function, names, 2, 2, arguments, keywords)?;
    no_folder(thread, of_from)?;
    no_folder(thread, of_to)?;
    on_two(thread, function, from, to, body)
}

fn listdir(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let [path] = bind(thread, "listdir", &["path"], 0, 0, arguments, keywords)?;
    let here = PyStr::new(".");
    let path = path.filter(|path| !object::is_none(*path)).unwrap_or(here.borrow().upcast());
    let path = path_or_fd(thread, "listdir", path, true)?;
    let mut names = Vec::new();
    match &path.target {
        Target::Path(folder) => {
            let entries = std::fs::read_dir(folder).map_err(|problem| path.failed(thread, &problem))?;
            for entry in entries {
                let entry = entry.map_err(|problem| path.failed(thread, &problem))?;
                names.push(name_object(thread, &entry.file_name(), path.bytes)?);
            }
        }
        Target::Descriptor(number) => {
            let opened = fd::get(*number).and_then(|file| Ok(rustix::fs::Dir::read_from(&*file)?));
            for entry in opened.map_err(|problem| path.failed(thread, &problem))? {
                let entry = arg::system(thread, entry)?;
                let name = entry.file_name().to_bytes();
                if name != b"." && name != b".." {
                    use std::os::unix::ffi::OsStrExt;
                    names.push(name_object(thread, std::ffi::OsStr::from_bytes(name), false)?);
                }
            }
        }
    }
    Ok(PyList::new(names).upcast())
}

/// Seconds as an int or a float.
fn time_of(thread: &Thread, value: Ref) -> Result<Timespec> {
    if value.downcast::<PyInt>().is_some() {
        return Ok(Timespec { tv_sec: number::as_i64(thread, value)?, tv_nsec: 0 });
    }
    let seconds = number::as_f64(thread, value)?;
    let whole = seconds.floor();
    Ok(Timespec { tv_sec: whole as i64, tv_nsec: ((seconds - whole) * 1e9) as i64 })
}

/// `utime(path, times=None, *, ns=None, dir_fd=None, follow_symlinks=True)`.
fn utime(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let names = &["path", "times", "ns", "dir_fd", "follow_symlinks"];
    let [path, times, exact, folder, follow] = bind(thread, "utime", names, 3, 1, arguments, keywords)?;
    no_folder(thread, folder)?;
    let path = path_or_fd(thread, "utime", path.unwrap_or(none_object()), true)?;
    let times = times.filter(|times| !object::is_none(*times));
    let pair = |value: Ref, name: &str| match value.downcast::<PyTuple>().filter(|pair| pair.len() == 2) {
        Some(pair) => Ok((pair.item(0), pair.item(1))),
        None if name == "times" => {
            Err(error::type_error(thread, "utime: 'times' must be either a tuple of two ints or None"))
        }
        None => Err(error::type_error(thread, "utime: 'ns' must be a tuple of two ints")),
    };
    let now = Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
    let (last_access, last_modification) = match (times, exact) {
        (Some(_), Some(_)) => {
            return Err(error::value_error(thread, "utime: you may specify either 'times' or 'ns' but not both"));
        }
        (Some(times), None) => {
            let (access, modification) = pair(times, "times")?;
            (time_of(thread, access)?, time_of(thread, modification)?)
        }
        (None, Some(exact)) => {
            let (access, modification) = pair(exact, "ns")?;
            let split = |value: Ref| {
                let whole = number::as_i64(thread, value)?;
                Ok(Timespec { tv_sec: whole.div_euclid(1_000_000_000), tv_nsec: whole.rem_euclid(1_000_000_000) })
            };
            (split(access)?, split(modification)?)
        }
        (None, None) => (now, now),
    };
    let times = Timestamps { last_access, last_modification };
    let follow = follow.map_or(Ok(true), |follow| object::is_truthy(thread, follow))?;
    let done = match &path.target {
        Target::Path(path) => {
            let flags = if follow { rustix::fs::AtFlags::empty() } else { rustix::fs::AtFlags::SYMLINK_NOFOLLOW };
            rustix::fs::utimensat(CWD, path, &times, flags).map_err(Into::into)
        }
        Target::Descriptor(number) => fd::get(*number).and_then(|file| Ok(rustix::fs::futimens(&*file, &times)?)),
    };
    done.map_or_else(|problem| Err(path.failed(thread, &problem)), |()| Ok(object::new_none()))
}
