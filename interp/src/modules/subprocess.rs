//! `_posixsubprocess`: children, by the standard library of Rust (`Modules/_posixsubprocess.c`).

use super::posix::arg::{file_name, number_of};
use super::posix::process::environment;
use super::{NativeModule, fd};
use crate::exit::Raised;
use crate::object::*;
use crate::runtime::{call, error, exceptions, iter, number, object};
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

pub(super) static MODULE: NativeModule =
    NativeModule::of_functions("_posixsubprocess", &[MethodDef::fast("fork_exec", fork_exec)]);

/// The number of a child that never was: waiting for it says so.
const NOBODY: i64 = i32::MAX as i64;

fn names(thread: &Thread, list: Ref) -> Result<Vec<OsString>> {
    let mut found = Vec::new();
    for item in iter::collect(thread, list)? {
        match file_name(thread, item.borrow())? {
            Some((name, _, _)) if name.contains(&0) => return Err(error::value_error(thread, "embedded null byte")),
            Some((name, _, _)) => found.push(OsString::from_vec(name)),
            None => {
                let text = format!("expected str, bytes or os.PathLike object, not {}", item.borrow().ty().name());
                return Err(error::type_error(thread, text));
            }
        }
    }
    Ok(found)
}

/// A stream of the child: the file of a number, or what the process itself has.
fn stream(thread: &Thread, number: Ref) -> Result<Option<Stdio>> {
    let number = number_of(thread, number)?;
    if number < 0 {
        return Ok(None);
    }
    let copy = fd::get(number).and_then(|file| file.try_clone());
    copy.map(|file| Some(Stdio::from(file))).map_err(|problem| super::os_error(thread, &problem, None))
}

/// What the child of `fork_exec` is to be: its 22 arguments by name.
struct Wanted<'a> {
    args: &'a [OsString],
    environment: Option<Vec<(OsString, OsString)>>,
    folder: Option<OsString>,
    group: i64,
}

fn command(thread: &Thread, program: &OsStr, wanted: &Wanted<'_>, streams: &[Ref]) -> Result<Command> {
    let mut command = Command::new(program);
    if let Some((name, rest)) = wanted.args.split_first() {
        command.arg0(name).args(rest);
    }
    command.env_clear();
    match &wanted.environment {
        Some(own) => command.envs(own.iter().map(|(name, value)| (name, value))),
        None => command.envs(environment()),
    };
    if let Some(folder) = &wanted.folder {
        command.current_dir(folder);
    }
    if wanted.group >= 0 {
        command.process_group(wanted.group as i32);
    }
    for (place, number) in streams.iter().enumerate() {
        let Some(stream) = stream(thread, *number)? else { continue };
        match place {
            0 => command.stdin(stream),
            1 => command.stdout(stream),
            _ => command.stderr(stream),
        };
    }
    Ok(command)
}

/// What needs code of ours between `fork` and `exec`, or rights.
#[cold]
fn unsupported(thread: &Thread, what: &str) -> Raised {
    let text = format!("{what} of a child process is not supported by this interpreter");
    error::set(thread, exceptions::not_implemented_error(), text)
}

/// `fork_exec(args, executable_list, close_fds, pass_fds, cwd, env, p2cread, p2cwrite, c2pread, c2pwrite, errread,
/// errwrite, errpipe_read, errpipe_write, restore_signals, start_new_session, process_group, gid, groups, uid, umask,
/// preexec_fn)`.
fn fork_exec(thread: &Thread, _: Ref, a: &[Ref]) -> Result {
    call::check_count(thread, "fork_exec", a.len(), 22, 22)?;
    if !object::is_none(a[21]) {
        return Err(unsupported(thread, "preexec_fn"));
    }
    for (place, name) in [(17, "group"), (18, "extra_groups"), (19, "user")] {
        if !object::is_none(a[place]) {
            return Err(unsupported(thread, name));
        }
    }
    if object::is_truthy(thread, a[15])? {
        return Err(unsupported(thread, "start_new_session"));
    }
    let pipe = number_of(thread, a[13])?;
    for kept in iter::collect(thread, a[3])? {
        if number_of(thread, kept.borrow())? != pipe {
            return Err(unsupported(thread, "pass_fds"));
        }
    }
    let (args, programs) = (names(thread, a[0])?, names(thread, a[1])?);
    let environment = match object::is_none(a[5]) {
        true => None,
        false => {
            let pairs = names(thread, a[5])?.into_iter().filter_map(|entry| {
                let bytes = entry.as_bytes();
                let at = bytes.iter().skip(1).position(|&byte| byte == b'=')? + 1;
                Some((OsStr::from_bytes(&bytes[..at]).to_owned(), OsStr::from_bytes(&bytes[at + 1..]).to_owned()))
            });
            Some(pairs.collect())
        }
    };
    let folder = match object::is_none(a[4]) {
        true => None,
        false => file_name(thread, a[4])?.map(|(name, _, _)| OsString::from_vec(name)),
    };
    let missing = folder.as_ref().and_then(|folder| std::fs::metadata(folder).err());
    let wanted = Wanted { args: &args, environment, folder, group: number::as_i64(thread, a[16])? };
    // What was printed before the child comes before what it prints.
    let _ = crate::builtins::io::flush();
    let mut problem = missing.as_ref().map_or(libc::ENOENT, |problem| problem.raw_os_error().unwrap_or(libc::ENOENT));
    if missing.is_none() {
        for program in &programs {
            match command(thread, program, &wanted, &[a[6], a[9], a[11]])?.spawn() {
                Ok(child) => return Ok(PyInt::from_i64(child.id().into()).upcast()),
                Err(failed) => {
                    let number = failed.raw_os_error().unwrap_or(libc::ENOENT);
                    // The next folder of PATH may have it.
                    if !matches!(number, libc::ENOENT | libc::ENOTDIR) || problem == libc::ENOENT {
                        problem = number;
                    }
                }
            }
        }
    }
    let report = format!("OSError:{problem:X}:{}", if missing.is_some() { "noexec:chdir" } else { "" });
    let errors = fd::get(pipe).map_err(|failed| super::os_error(thread, &failed, None))?;
    (&*errors).write_all(report.as_bytes()).map_err(|failed| super::os_error(thread, &failed, None))?;
    Ok(PyInt::from_i64(NOBODY).upcast())
}
