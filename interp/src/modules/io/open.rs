//! `open` (`Modules/_io/_iomodule.c`).

use super::file::{self, ByteFile, Device};
use super::text;
use crate::modules::os_error;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::source::path_text;
use crate::runtime::{error, object};
use std::fs::{File, OpenOptions};

/// A mode, taken apart.
struct Mode {
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
        if ['r', 'w', 'a', 'x'].into_iter().filter(|c| has(*c)).count() != 1 {
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

    fn shown(&self) -> &'static str {
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

    fn open(&self, path: &str) -> std::io::Result<File> {
        let file = OpenOptions::new()
            .read(self.reading || self.updating)
            .write(self.writing || self.creating || self.updating && self.reading)
            .append(self.appending)
            .truncate(self.writing)
            .create(self.writing || self.appending)
            .create_new(self.creating)
            .open(path)?;
        // A folder opens for reading, and is refused here as in CPython.
        if file.metadata()?.is_dir() { Err(std::io::Error::from_raw_os_error(21)) } else { Ok(file) }
    }
}

fn bytes_of(thread: &Thread, path: Ref, mode: &Mode) -> Result<ByteFile> {
    if path.downcast::<PyInt>().is_some() {
        return Err(error::set(
            thread,
            crate::runtime::exceptions::not_implemented_error(),
            "open() of a file descriptor is not supported by this interpreter",
        ));
    }
    let text = path_text(thread, path)?;
    match mode.open(&text) {
        Ok(file) => {
            let writable = mode.writing || mode.appending || mode.creating || mode.updating;
            let device = Device::File(file);
            Ok(ByteFile::new(device, path.to_owned(), mode.shown(), mode.reading || mode.updating, writable))
        }
        Err(problem) => Err(os_error(thread, &problem, Some(&text))),
    }
}

/// A stream of bytes over a path.
pub(super) fn open_bytes(thread: &Thread, path: Ref, mode: &str) -> Result<ByteFile> {
    bytes_of(thread, path, &Mode::of(thread, mode)?)
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
    let [path, mode, buffering, encoding, errors, newline, _, _] = SIGNATURE.bind(thread, arguments, keywords)?;
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
    let class: &'static PyType = match () {
        () if unbuffered => &file::FILE_IO,
        () if mode.updating => &file::RANDOM,
        () if mode.reading => &file::READER,
        () => &file::WRITER,
    };
    super::ready(thread);
    let bytes = PyNative::new(Ref::from_static(class), bytes_of(thread, path, &mode)?).upcast();
    if mode.binary {
        return Ok(bytes);
    }
    text::over(thread, bytes, given(encoding), given(errors), given(newline), &text)
}
