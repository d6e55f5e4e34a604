//! `open` (`Modules/_io/_iomodule.c`).

use super::file::{self, Device};
use super::text;
use crate::modules::posix::arg;
use crate::modules::{fd, os_error};
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, object};
use rustix::fs::OFlags;
use std::fs::File;

/// A mode, taken apart.
pub(super) struct Mode {
    reading: bool,
    writing: bool,
    appending: bool,
    creating: bool,
    updating: bool,
    binary: bool,
}

impl Mode {
    fn of(thread: &Thread, mode: &str) -> Result<Mode> {
        let has = |c: char| mode.contains(c);
        let repeated = mode.chars().enumerate().any(|(index, c)| mode[..index].contains(c));
        if repeated || mode.chars().any(|c| !"axrwb+t".contains(c)) {
            return Err(error::value_error(thread, format_args!("invalid mode: '{mode}'")));
        }
        if has('t') && has('b') {
            return Err(error::value_error(thread, "can't have text and binary mode at once"));
        }
        let count = ['r', 'w', 'a', 'x'].into_iter().filter(|c| has(*c)).count();
        if count == 0 {
            let text = "Must have exactly one of create/read/write/append mode and at most one plus";
            return Err(error::value_error(thread, text));
        }
        if count > 1 {
            return Err(error::value_error(thread, "must have exactly one of create/read/write/append mode"));
        }
        Ok(Mode {
            reading: has('r'),
            writing: has('w'),
            appending: has('a'),
            creating: has('x'),
            updating: has('+'),
            binary: has('b'),
        })
    }

    pub(super) fn shown(&self) -> &'static str {
        match (self.creating, self.appending, self.reading, self.updating) {
            (true, _, _, true) => "xb+",
            (true, _, _, false) => "xb",
            (_, true, _, true) => "ab+",
            (_, true, _, false) => "ab",
            (_, _, true, true) | (_, _, false, true) => "rb+",
            (_, _, true, false) => "rb",
            (_, _, false, false) => "wb",
        }
    }

    /// The mode of a raw stream: no text, and every letter known.
    pub(super) fn of_raw(thread: &Thread, mode: &str) -> Result<Mode> {
        if mode.contains(|c: char| !"rwxab+".contains(c)) {
            return Err(error::value_error(thread, format_args!("invalid mode: {mode}")));
        }
        let count = mode.chars().filter(|c| "rwxa".contains(*c)).count();
        if count != 1 || mode.matches('+').count() > 1 {
            let text = "Must have exactly one of create/read/write/append mode and at most one plus";
            return Err(error::value_error(thread, text));
        }
        Mode::of(thread, mode)
    }

    fn flags(&self) -> OFlags {
        let access = match (self.updating, self.reading) {
            (true, _) => OFlags::RDWR,
            (false, true) => OFlags::RDONLY,
            (false, false) => OFlags::WRONLY,
        };
        let mut flags = access | OFlags::CLOEXEC;
        flags.set(OFlags::CREATE, self.writing || self.appending || self.creating);
        flags.set(OFlags::TRUNC, self.writing);
        flags.set(OFlags::APPEND, self.appending);
        flags.set(OFlags::EXCL, self.creating);
        flags
    }
}

/// What a file argument names, opened: a path, a descriptor, or what the opener makes of it.
pub(super) fn device(thread: &Thread, file: Ref, mode: &Mode, close: bool, opener: Option<Ref>) -> Result<Device> {
    if file.downcast::<PyInt>().is_some() {
        let number = arg::number_of(thread, file)?;
        if number < 0 {
            return Err(error::value_error(thread, "negative file descriptor"));
        }
        let opened = fd::get(number).map_err(|problem| os_error(thread, &problem, None))?;
        refuse_folder(thread, &opened, file)?;
        return Ok(Device::Number { fd: number, close });
    }
    if !close {
        return Err(error::value_error(thread, "Cannot use closefd=False with file name"));
    }
    if let Some(opener) = opener.filter(|opener| !object::is_none(*opener)) {
        let flags = PyInt::from_i64(mode.flags().bits().into());
        let number = call::with(thread, opener, &[file, flags.borrow().upcast()])?;
        if number.borrow().downcast::<PyInt>().is_none() {
            return Err(error::type_error(thread, "expected integer from opener"));
        }
        let number = arg::number_of(thread, number.borrow())?;
        if number < 0 {
            return Err(error::value_error(thread, format_args!("opener returned {number}")));
        }
        return Ok(Device::Number { fd: number, close });
    }
    let Some((name, _, object)) = arg::file_name(thread, file)? else {
        let text = format!("expected str, bytes or os.PathLike object, not {}", file.ty().name());
        return Err(error::type_error(thread, text));
    };
    if name.contains(&0) {
        return Err(error::value_error(thread, "embedded null byte"));
    }
    let opened = rustix::fs::open(name, mode.flags(), rustix::fs::Mode::from_raw_mode(0o666));
    let opened = opened.map_err(|problem| arg::os_error_about(thread, &problem.into(), &[object.borrow()]))?;
    let number = fd::adopt(opened);
    let opened = fd::get(number).map_err(|problem| os_error(thread, &problem, None))?;
    if let Err(raised) = refuse_folder(thread, &opened, object.borrow()) {
        let _ = fd::close(number);
        return Err(raised);
    }
    if mode.appending {
        let _ = rustix::fs::seek(&*opened, rustix::fs::SeekFrom::End(0));
    }
    Ok(Device::Number { fd: number, close })
}

/// A folder opens for reading, and is refused here as in CPython.
fn refuse_folder(thread: &Thread, file: &File, name: Ref) -> Result<()> {
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        let problem = std::io::Error::from_raw_os_error(libc::EISDIR);
        return Err(arg::os_error_about(thread, &problem, &[name]));
    }
    Ok(())
}

/// `open(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)`.
pub(crate) fn open(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "open",
        names: &["file", "mode", "buffering", "encoding", "errors", "newline", "closefd", "opener"],
        positional_only: 0,
        keyword_only: 0,
        required: 1,
    };
    let [path, mode, buffering, encoding, errors, newline, closefd, opener] =
        SIGNATURE.bind(thread, arguments, keywords)?;
    let path = path.unwrap_or(none_object());
    let text = mode.map_or(Ok("r".to_owned()), |mode| match mode.downcast::<PyStr>() {
        Some(mode) => Ok(mode.to_string_lossy()),
        None => {
            let text = format!("open() argument 'mode' must be str, not {}", mode.ty().name());
            Err(error::type_error(thread, text))
        }
    })?;
    let mode = Mode::of(thread, &text)?;
    let given = |value: Option<Ref>| value.filter(|value| !object::is_none(*value));
    for (name, value) in [("encoding", encoding), ("errors", errors), ("newline", newline)] {
        if mode.binary && given(value).is_some() {
            let text = match name {
                "newline" => "binary mode doesn't take a newline argument".to_owned(),
                other => format!("binary mode doesn't take an {other} argument"),
            };
            return Err(error::value_error(thread, text));
        }
    }
    let unbuffered = buffering
        .and_then(|buffering| buffering.downcast::<PyInt>())
        .is_some_and(|buffering| buffering.as_i64() == Some(0));
    if unbuffered && !mode.binary {
        return Err(error::value_error(thread, "can't have unbuffered text I/O"));
    }
    let closefd = closefd.map_or(Ok(true), |closefd| object::is_truthy(thread, closefd))?;
    super::ready(thread);
    let device = device(thread, path, &mode, closefd, opener)?;
    let named = match path.downcast::<PyInt>() {
        Some(_) => path.to_owned(),
        None => arg::file_name(thread, path)?.map_or_else(object::new_none, |(_, _, object)| object),
    };
    let raw = file::raw(thread, device, mode.shown(), named.borrow())?;
    if unbuffered {
        return Ok(raw);
    }
    let class: &'static PyType = match () {
        () if mode.updating => &file::RANDOM,
        () if mode.reading => &file::READER,
        () => &file::WRITER,
    };
    let bytes = file::over(thread, class, raw)?;
    if mode.binary {
        return Ok(bytes);
    }
    let line = buffering
        .and_then(|buffering| buffering.downcast::<PyInt>())
        .is_some_and(|buffering| buffering.as_i64() == Some(1));
    text::over(thread, bytes, given(encoding), given(errors), given(newline), &text, line)
}
