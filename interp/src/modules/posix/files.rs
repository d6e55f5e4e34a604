//! Open files, by their numbers.

use super::arg::{self, number_of, open_file, system};
use crate::modules::{buffer, fd, os_error, structseq};
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, number, object};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::FdFlags;
use std::io::{Read, Write};
use structseq::field;

pub(super) static FUNCTIONS: &[MethodDef] = &[
    MethodDef::keywords("open", open),
    MethodDef::keywords("close", |thread, _, arguments, keywords| {
        static SIGNATURE: Signature =
            Signature { function: "close", names: &["fd"], positional_only: 0, keyword_only: 0, required: 1 };
        let [number] = SIGNATURE.bind(thread, arguments, keywords)?;
        let number = number_of(thread, number.unwrap_or(none_object()))?;
        system(thread, fd::close(number)).map(|()| object::new_none())
    }),
    MethodDef::fast("closerange", |thread, _, a| {
        call::check_count(thread, "closerange", a.len(), 2, 2)?;
        for number in number_of(thread, a[0])?..number_of(thread, a[1])? {
            // What is not open need not be closed.
            let _ = fd::close(number);
        }
        Ok(object::new_none())
    }),
    MethodDef::fast("read", |thread, _, a| {
        call::check_count(thread, "read", a.len(), 2, 2)?;
        let number = number_of(thread, a[0])?;
        let count = usize::try_from(number::as_i64(thread, a[1])?)
            .map_err(|_| os_error(thread, &std::io::Error::from_raw_os_error(libc::EINVAL), None))?;
        let file = system(thread, fd::get(number))?;
        error::check_room(thread, count, 1)?;
        let mut bytes = vec![0; count];
        let got = system(thread, (&*file).read(&mut bytes))?;
        bytes.truncate(got);
        Ok(PyBytes::new(bytes).upcast())
    }),
    MethodDef::fast("write", |thread, _, a| {
        call::check_count(thread, "write", a.len(), 2, 2)?;
        let number = number_of(thread, a[0])?;
        let text = format!("a bytes-like object is required, not '{}'", a[1].ty().name());
        let bytes = buffer(thread, a[1], &text)?;
        let file = system(thread, fd::get(number))?;
        if (0..3).contains(&number) {
            // What was printed before comes before.
            let _ = crate::builtins::io::flush();
        }
        system(thread, (&*file).write(&bytes)).map(|count| PyInt::from_i64(count as i64).upcast())
    }),
    MethodDef::fast("pread", |thread, _, a| {
        use std::os::unix::fs::FileExt;
        call::check_count(thread, "pread", a.len(), 3, 3)?;
        let file = open_file(thread, a[0])?;
        let mut bytes = vec![0; number::as_i64(thread, a[1])?.max(0) as usize];
        let got = system(thread, file.read_at(&mut bytes, number::as_i64(thread, a[2])? as u64))?;
        bytes.truncate(got);
        Ok(PyBytes::new(bytes).upcast())
    }),
    MethodDef::fast("pwrite", |thread, _, a| {
        use std::os::unix::fs::FileExt;
        call::check_count(thread, "pwrite", a.len(), 3, 3)?;
        let file = open_file(thread, a[0])?;
        let bytes = buffer(thread, a[1], "a bytes-like object is required")?;
        let put = system(thread, file.write_at(&bytes, number::as_i64(thread, a[2])? as u64))?;
        Ok(PyInt::from_i64(put as i64).upcast())
    }),
    MethodDef::fast("lseek", |thread, _, a| {
        use rustix::fs::SeekFrom;
        call::check_count(thread, "lseek", a.len(), 3, 3)?;
        let (file, at) = (open_file(thread, a[0])?, number::as_i64(thread, a[1])?);
        let to = match number::as_i64(thread, a[2])? {
            0 => SeekFrom::Start(at as u64),
            1 => SeekFrom::Current(at),
            2 => SeekFrom::End(at),
            _ => return Err(os_error(thread, &std::io::Error::from_raw_os_error(libc::EINVAL), None)),
        };
        system(thread, rustix::fs::seek(&*file, to)).map(|at| PyInt::from_i64(at as i64).upcast())
    }),
    MethodDef::fast("ftruncate", |thread, _, a| {
        call::check_count(thread, "ftruncate", a.len(), 2, 2)?;
        let (file, size) = (open_file(thread, a[0])?, number::as_i64(thread, a[1])?);
        system(thread, rustix::fs::ftruncate(&*file, size as u64)).map(|()| object::new_none())
    }),
    MethodDef::one("fsync", |thread, _, value| {
        let file = system(thread, fd::get(arg::descriptor(thread, value)?))?;
        system(thread, file.sync_all()).map(|()| object::new_none())
    }),
    MethodDef::one("fdatasync", |thread, _, value| {
        let file = system(thread, fd::get(arg::descriptor(thread, value)?))?;
        system(thread, file.sync_data()).map(|()| object::new_none())
    }),
    MethodDef::one("fchdir", |thread, _, value| {
        let file = system(thread, fd::get(arg::descriptor(thread, value)?))?;
        system(thread, rustix::process::fchdir(&*file)).map(|()| object::new_none())
    }),
    MethodDef::fast("fchmod", |thread, _, a| {
        call::check_count(thread, "fchmod", a.len(), 2, 2)?;
        let (file, mode) = (open_file(thread, a[0])?, number::as_i64(thread, a[1])?);
        system(thread, rustix::fs::fchmod(&*file, Mode::from_raw_mode(mode as u32))).map(|()| object::new_none())
    }),
    MethodDef::one("dup", |thread, _, value| {
        let file = open_file(thread, value)?;
        let copy = system(thread, rustix::io::fcntl_dupfd_cloexec(&*file, 0))?;
        Ok(PyInt::from_i64(fd::adopt(copy).into()).upcast())
    }),
    MethodDef::keywords("dup2", |thread, _, arguments, keywords| {
        static SIGNATURE: Signature = Signature {
            function: "dup2",
            names: &["fd", "fd2", "inheritable"],
            positional_only: 0,
            keyword_only: 0,
            required: 2,
        };
        let [from, to, inheritable] = SIGNATURE.bind(thread, arguments, keywords)?;
        let (from, to) = (number_of(thread, from.unwrap_or(none_object()))?, to.unwrap_or(none_object()));
        let inheritable = inheritable.map_or(Ok(true), |value| object::is_truthy(thread, value))?;
        let (file, to) = (system(thread, fd::get(from))?, number_of(thread, to)?);
        if from != to {
            let _ = crate::builtins::io::flush();
            system(thread, fd::replace(&file, to, inheritable))?;
        }
        Ok(PyInt::from_i64(to.into()).upcast())
    }),
    MethodDef::no_args("pipe", |thread, _| {
        let (read, write) = system(thread, rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC))?;
        Ok(pair(fd::adopt(read), fd::adopt(write)))
    }),
    MethodDef::one("pipe2", |thread, _, flags| {
        let flags = rustix::pipe::PipeFlags::from_bits_retain(number::as_i64(thread, flags)? as u32);
        let (read, write) = system(thread, rustix::pipe::pipe_with(flags))?;
        Ok(pair(fd::adopt(read), fd::adopt(write)))
    }),
    MethodDef::one("isatty", |thread, _, value| {
        let file = fd::get(number_of(thread, value)?);
        Ok(object::new_bool(file.is_ok_and(|file| std::io::IsTerminal::is_terminal(&*file))))
    }),
    MethodDef::one("get_inheritable", |thread, _, value| {
        let flags = system(thread, rustix::io::fcntl_getfd(&*open_file(thread, value)?))?;
        Ok(object::new_bool(!flags.contains(FdFlags::CLOEXEC)))
    }),
    MethodDef::fast("set_inheritable", |thread, _, a| {
        call::check_count(thread, "set_inheritable", a.len(), 2, 2)?;
        let flags = if object::is_truthy(thread, a[1])? { FdFlags::empty() } else { FdFlags::CLOEXEC };
        system(thread, rustix::io::fcntl_setfd(&*open_file(thread, a[0])?, flags)).map(|()| object::new_none())
    }),
    MethodDef::one("get_blocking", |thread, _, value| {
        let flags = system(thread, rustix::fs::fcntl_getfl(&*open_file(thread, value)?))?;
        Ok(object::new_bool(!flags.contains(OFlags::NONBLOCK)))
    }),
    MethodDef::fast("set_blocking", |thread, _, a| {
        call::check_count(thread, "set_blocking", a.len(), 2, 2)?;
        let file = open_file(thread, a[0])?;
        let mut flags = system(thread, rustix::fs::fcntl_getfl(&*file))?;
        flags.set(OFlags::NONBLOCK, !object::is_truthy(thread, a[1])?);
        system(thread, rustix::fs::fcntl_setfl(&*file, flags)).map(|()| object::new_none())
    }),
    MethodDef::fast("get_terminal_size", |thread, _, a| {
        call::check_count(thread, "get_terminal_size", a.len(), 0, 1)?;
        let number = a.first().map_or(Ok(1), |value| number_of(thread, *value))?;
        let file = system(thread, fd::get(number))?;
        let size = system(thread, rustix::termios::tcgetwinsize(&*file))?;
        let items = [size.ws_col, size.ws_row].map(|count| PyInt::from_i64(count.into()).upcast());
        Ok(structseq::make(&TERMINAL_SIZE, items.into()))
    }),
    MethodDef::one("device_encoding", |thread, _, value| {
        let file = fd::get(number_of(thread, value)?);
        let terminal = file.is_ok_and(|file| std::io::IsTerminal::is_terminal(&*file));
        Ok(if terminal { PyStr::new("utf-8").upcast() } else { object::new_none() })
    }),
];

pub(super) static TERMINAL_SIZE: PyType =
    structseq::of("os.terminal_size", &[field::<0>("columns"), field::<1>("lines")]);

fn pair(first: i32, second: i32) -> Owned {
    PyTuple::from_array([first, second].map(|number| PyInt::from_i64(number.into()).upcast())).upcast()
}

/// `open(path, flags, mode=0o777, *, dir_fd=None)`. The new descriptor is not inherited.
fn open(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "open",
        names: &["path", "flags", "mode", "dir_fd"],
        positional_only: 0,
        keyword_only: 1,
        required: 2,
    };
    let [path, flags, mode, folder] = SIGNATURE.bind(thread, arguments, keywords)?;
    arg::no_folder(thread, folder)?;
    let path = arg::path(thread, "open", path.unwrap_or(none_object()))?;
    let flags = number::as_i64(thread, flags.unwrap_or(none_object()))?;
    let mode = mode.map_or(Ok(0o777), |mode| number::as_i64(thread, mode))?;
    let flags = OFlags::from_bits_retain(flags as u32) | OFlags::CLOEXEC;
    match rustix::fs::open(path.path(), flags, Mode::from_raw_mode(mode as u32)) {
        Ok(opened) => Ok(PyInt::from_i64(fd::adopt(opened).into()).upcast()),
        Err(problem) => Err(path.failed(thread, &problem.into())),
    }
}

/// Whether a descriptor is that of a folder.
pub(super) fn is_folder(file: &std::fs::File) -> bool {
    rustix::fs::fstat(file).is_ok_and(|about| FileType::from_raw_mode(about.st_mode) == FileType::Directory)
}
