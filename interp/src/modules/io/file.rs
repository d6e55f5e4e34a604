//! Streams of bytes (`Modules/_io/fileio.c`, `bufferedio.c`): files by their descriptors, and buffered streams over any
//! raw one. What is written is gathered, what is read is read ahead.

mod device;
mod methods;

use super::base::{closed_error, unsupported};
use crate::modules::{native_dict, put, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{error, object};
pub(super) use device::Device;
pub(in crate::modules) use methods::store;
use std::cell::{Cell, RefCell};

/// Bytes that are gathered before they are written.
const FULL: usize = 64 * 1024;
/// Bytes that are read at once.
const PART: usize = 32 * 1024;
/// The mode of a stream that gave away what was below.
const DETACHED: &str = "detached";

/// A stream of bytes.
pub(super) struct ByteFile {
    device: RefCell<Option<Device>>,
    /// Read ahead: the bytes, and how many were taken.
    ahead: RefCell<(Vec<u8>, usize)>,
    gathered: RefCell<Vec<u8>>,
    readable: Cell<bool>,
    writable: Cell<bool>,
    /// Raw streams pass everything on at once.
    buffered: bool,
    mode: Cell<&'static str>,
    /// What a closed stream was laid over.
    below: RefCell<Option<Owned>>,
}
impl Native for ByteFile {}

impl ByteFile {
    pub(super) fn new(device: Device, mode: &'static str, buffered: bool) -> ByteFile {
        ByteFile {
            device: RefCell::new(Some(device)),
            ahead: RefCell::default(),
            gathered: RefCell::default(),
            readable: Cell::new(mode.contains(['r', '+'])),
            writable: Cell::new(mode.contains(['w', 'a', 'x', '+'])),
            buffered,
            mode: Cell::new(mode),
            below: RefCell::default(),
        }
    }

    fn closed(buffered: bool) -> ByteFile {
        let file = ByteFile::new(Device::Input, "", buffered);
        file.device.take();
        file
    }

    /// A stream that is closed keeps what it was laid over: its name is still to be seen.
    fn end(&self) -> Option<Device> {
        let device = self.device.take();
        if let Some(Device::Raw(raw)) = &device {
            self.below.replace(Some(raw.clone()));
        }
        device
    }

    pub(super) fn is_output(&self) -> bool {
        matches!(*self.device.borrow(), Some(Device::Output))
    }

    /// The device, for as long as a call takes: what it calls may close the stream.
    fn device(&self, thread: &Thread) -> Result<Device> {
        match &*self.device.borrow() {
            Some(device) => Ok(device.clone()),
            None => Err(closed_error(thread)),
        }
    }

    /// Reads once from below; nothing at the end, `None` where there is nothing yet.
    fn fill(&self, thread: &Thread, count: usize) -> Result<Option<usize>> {
        let Some(part) = self.device(thread)?.read(thread, count)? else { return Ok(None) };
        let mut ahead = self.ahead.borrow_mut();
        let taken = ahead.1;
        ahead.0.drain(..taken);
        ahead.1 = 0;
        ahead.0.extend_from_slice(&part);
        Ok(Some(part.len()))
    }

    fn left(&self) -> usize {
        let ahead = self.ahead.borrow();
        ahead.0.len() - ahead.1
    }

    fn take_ahead(&self, count: usize) -> Vec<u8> {
        let mut ahead = self.ahead.borrow_mut();
        let start = ahead.1;
        ahead.1 = start + count;
        ahead.0[start..start + count].to_vec()
    }

    /// Whether it takes bytes; a closed one says so itself.
    pub(super) fn is_writable(&self) -> bool {
        self.writable.get() || self.device.borrow().is_none()
    }

    /// Raises ValueError for a buffered stream that is closed, as what was asked of it.
    fn check_open(&self, thread: &Thread, closed: &str) -> Result<()> {
        if self.buffered && self.device.borrow().is_none() {
            let detached = self.below.borrow().is_none() && self.mode.get() == DETACHED;
            let text = if detached { "raw stream has been detached" } else { closed };
            return Err(error::value_error(thread, text));
        }
        Ok(())
    }

    fn check_readable(&self, thread: &Thread) -> Result<()> {
        self.check_open(thread, "read of closed file")?;
        let device = self.device(thread)?;
        if self.readable.get() {
            return Ok(());
        }
        let raw = matches!(device, Device::Number { .. });
        Err(unsupported(thread, if raw { "File not open for reading" } else { "read" }))
    }

    fn check_writable(&self, thread: &Thread) -> Result<()> {
        self.check_open(thread, "write to closed file")?;
        let device = self.device(thread)?;
        if self.writable.get() {
            return Ok(());
        }
        let raw = matches!(device, Device::Number { .. });
        Err(unsupported(thread, if raw { "File not open for writing" } else { "write" }))
    }

    /// Takes bytes up to a number of them, or to the end of a line; `None` where there is nothing yet.
    fn take(&self, thread: &Thread, most: Option<usize>, line: bool) -> Result<Option<Vec<u8>>> {
        self.check_readable(thread)?;
        self.write_out(thread)?;
        if let Some(most) = most.filter(|_| !self.buffered && !line) {
            return self.device(thread)?.read(thread, most);
        }
        let mut looked = 0;
        loop {
            let end = {
                let ahead = self.ahead.borrow();
                let rest = &ahead.0[ahead.1..];
                let found = if line { rest[looked..].iter().position(|&byte| byte == b'\n') } else { None };
                let end = found.map(|at| looked + at + 1);
                looked = rest.len();
                match (end, most) {
                    (Some(end), Some(most)) => Some(end.min(most)),
                    (None, Some(most)) if rest.len() >= most => Some(most),
                    (end, _) => end,
                }
            };
            if let Some(end) = end {
                return Ok(Some(self.take_ahead(end)));
            }
            match self.fill(thread, PART)? {
                Some(0) => return Ok(Some(self.take_ahead(self.left()))),
                None if self.left() == 0 => return Ok(None),
                None => return Ok(Some(self.take_ahead(self.left()))),
                Some(_) => {}
            }
        }
    }

    /// What is there with at most one read from below.
    fn take_once(&self, thread: &Thread, most: usize) -> Result<Vec<u8>> {
        self.check_readable(thread)?;
        self.write_out(thread)?;
        if self.left() == 0 && most > 0 {
            self.fill(thread, PART)?;
        }
        Ok(self.take_ahead(most.min(self.left())))
    }

    fn write_out(&self, thread: &Thread) -> Result<()> {
        let bytes = self.gathered.take();
        match &*self.device.borrow() {
            Some(Device::Output) => {
                return crate::builtins::io::flush()
                    .map_err(|problem| crate::modules::os_error(thread, &problem, None));
            }
            _ if bytes.is_empty() => return Ok(()),
            _ => {}
        }
        let device = self.device(thread)?;
        let mut done = 0;
        while done < bytes.len() {
            match device.write(thread, &bytes[done..])? {
                Some(count) => done += count,
                None => {
                    self.gathered.replace(bytes[done..].to_vec());
                    let (number, text) =
                        (PyInt::from_i64(libc::EAGAIN.into()), PyStr::new("write could not complete without blocking"));
                    let count = PyInt::from_i64(0);
                    let arguments = [number.borrow().upcast(), text.borrow().upcast(), count.borrow().upcast()];
                    let class = crate::runtime::exceptions::blocking_io_error().upcast();
                    let exception = crate::runtime::call::with(thread, class, &arguments)?;
                    return Err(error::set_object(thread, exception.cast()));
                }
            }
        }
        Ok(())
    }

    /// Writes; gives how many bytes were taken, `None` where none could be.
    pub(super) fn write(&self, thread: &Thread, bytes: &[u8]) -> Result<Option<usize>> {
        self.check_writable(thread)?;
        if self.is_output() {
            return crate::builtins::io::write_bytes(thread, bytes).map(|()| Some(bytes.len()));
        }
        if !self.buffered {
            return self.device(thread)?.write(thread, bytes);
        }
        self.forget_ahead(thread)?;
        self.gathered.borrow_mut().extend_from_slice(bytes);
        let now = matches!(*self.device.borrow(), Some(Device::Error));
        if now {
            // What was printed before an error comes before it.
            let _ = crate::builtins::io::flush();
        }
        if now || self.gathered.borrow().len() >= FULL {
            self.write_out(thread)?;
        }
        Ok(Some(bytes.len()))
    }

    /// The position below is put where reading has come to.
    fn forget_ahead(&self, thread: &Thread) -> Result<()> {
        let left = self.left() as i64;
        self.ahead.take();
        if left > 0 {
            self.device(thread)?.seek(thread, -left, 1)?;
        }
        Ok(())
    }

    fn seek(&self, thread: &Thread, offset: i64, whence: i64) -> Result<i64> {
        self.write_out(thread)?;
        self.forget_ahead(thread)?;
        self.device(thread)?.seek(thread, offset, whence)
    }

    fn tell(&self, thread: &Thread) -> Result<i64> {
        let below = self.device(thread)?.seek(thread, 0, 1)?;
        Ok(below - self.left() as i64 + self.gathered.borrow().len() as i64)
    }

    fn close(&self, thread: &Thread) -> Result<()> {
        if self.device.borrow().is_none() {
            return Ok(());
        }
        let written = self.write_out(thread);
        let pending = thread.take_exception();
        let device = self.end();
        let closed = device.map_or(Ok(()), |device| device.close(thread));
        match pending {
            Some(pending) => {
                thread.clear_exception();
                Err(thread.set_exception(pending))
            }
            None => written.and(closed),
        }
    }
}

impl Drop for ByteFile {
    fn drop(&mut self) {
        let Some(thread) = Thread::try_current() else { return };
        if self.device.borrow().is_none() {
            return;
        }
        let pending = thread.take_exception();
        // Nobody is there any more to hear of a failure.
        let device = self.device.borrow().clone();
        if self.write_out(thread).is_err() {
            thread.clear_exception();
        }
        if let Some(device @ Device::Number { .. }) = device
            && device.close(thread).is_err()
        {
            thread.clear_exception();
        }
        if let Some(pending) = pending {
            thread.set_exception(pending);
        }
    }
}

macro_rules! file_type {
    ($name:literal, $base:ident, $buffered:literal, $init:expr) => {
        PyType::container::<PyNative>(TypeSpec {
            name: $name,
            flags: flags::HAVE_GC | flags::BASETYPE,
            base: Some(&super::base::$base),
            slots: Slots {
                new: slot(|_, class, _, _| Ok(PyNative::new(class, ByteFile::closed($buffered)).upcast())),
                init: slot($init),
                repr: slot(methods::repr),
                dict_of: slot(native_dict),
                ..Slots::NONE
            },
            methods: methods::METHODS,
            getset: methods::GETSET,
            ..TypeSpec::EMPTY
        })
    };
}

pub(super) static FILE_IO: PyType = file_type!("_io.FileIO", RAW_BASE, false, init_file);
pub(super) static READER: PyType =
    file_type!("_io.BufferedReader", BUFFERED_BASE, true, |t, o, a, k| init_buffered(t, o, "BufferedReader", a, k));
pub(super) static WRITER: PyType =
    file_type!("_io.BufferedWriter", BUFFERED_BASE, true, |t, o, a, k| init_buffered(t, o, "BufferedWriter", a, k));
pub(super) static RANDOM: PyType =
    file_type!("_io.BufferedRandom", BUFFERED_BASE, true, |t, o, a, k| init_buffered(t, o, "BufferedRandom", a, k));

fn of<'a>(thread: &Thread, own: &'a Ref<PyNative>) -> Result<&'a ByteFile> {
    receiver::<ByteFile>(thread, own)
}

/// `FileIO(file, mode='r', closefd=True, opener=None)`.
fn init_file(thread: &Thread, own: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    static SIGNATURE: Signature = Signature {
        function: "FileIO",
        names: &["file", "mode", "closefd", "opener"],
        positional_only: 0,
        keyword_only: 0,
        required: 1,
    };
    let [path, mode, closefd, opener] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let mode = mode.and_then(|mode| mode.downcast::<PyStr>()).map_or("r".to_owned(), Ref::to_string_lossy);
    let mode = super::open::Mode::of_raw(thread, &mode)?;
    let closefd = closefd.map_or(Ok(true), |closefd| object::is_truthy(thread, closefd))?;
    let path = path.unwrap_or(none_object());
    of(thread, &own.cast())?.close(thread)?;
    let device = super::open::device(thread, path, &mode, closefd, opener)?;
    start_file(thread, own, device, mode.shown(), path)
}

fn start_file(thread: &Thread, own: Ref, device: Device, mode: &'static str, name: Ref) -> Result<()> {
    {
        let known: Ref<PyNative> = own.cast();
        let file = of(thread, &known)?;
        file.device.replace(Some(device));
        file.mode.set(mode);
        file.readable.set(mode.contains(['r', '+']));
        file.writable.set(mode.contains(['w', 'a', 'x', '+']));
    }
    if let Some(dict) = native_dict(own, true) {
        put(dict, "name", name.to_owned());
    }
    Ok(())
}

/// A `FileIO` over an open device.
pub(super) fn raw(thread: &Thread, device: Device, mode: &'static str, name: Ref) -> Result {
    let made = PyNative::new(Ref::from_static(&FILE_IO), ByteFile::closed(false)).upcast();
    start_file(thread, made.borrow(), device, mode, name)?;
    Ok(made)
}

/// A buffered stream of a class over a raw one.
pub(super) fn over(thread: &Thread, class: &'static PyType, raw: Owned) -> Result {
    let (function, mode) = match () {
        () if std::ptr::eq(class, &READER) => ("BufferedReader", "rb"),
        () if std::ptr::eq(class, &WRITER) => ("BufferedWriter", "wb"),
        () => ("BufferedRandom", "rb+"),
    };
    check_raw(thread, function, raw.borrow())?;
    Ok(PyNative::new(Ref::from_static(class), ByteFile::new(Device::Raw(raw), mode, true)).upcast())
}

fn check_raw(thread: &Thread, function: &str, raw: Ref) -> Result<()> {
    let asked: &[(&str, &str)] = match function {
        "BufferedReader" => &[("readable", "File or stream is not readable.")],
        "BufferedWriter" => &[("writable", "File or stream is not writable.")],
        _ => &[
            ("seekable", "File or stream is not seekable."),
            ("readable", "File or stream is not readable."),
            ("writable", "File or stream is not writable."),
        ],
    };
    for (method, message) in asked {
        let answer = object::call_method(thread, raw, PyStr::new(method).borrow(), &[])?;
        if !object::is_truthy(thread, answer.borrow())? {
            return Err(unsupported(thread, message));
        }
    }
    Ok(())
}

/// `BufferedReader(raw, buffer_size=DEFAULT_BUFFER_SIZE)` and its kin.
fn init_buffered(
    thread: &Thread,
    own: Ref,
    function: &'static str,
    args: Ref<PyTuple>,
    kwargs: Option<Ref<PyDict>>,
) -> Result<()> {
    let signature =
        Signature { function, names: &["raw", "buffer_size"], positional_only: 0, keyword_only: 0, required: 1 };
    let [raw, size] = signature.bind_tuple(thread, args, kwargs)?;
    let raw = raw.unwrap_or(none_object());
    if let Some(size) = size
        && crate::runtime::number::as_i64(thread, size)? <= 0
    {
        return Err(error::value_error(thread, "buffer size must be strictly positive"));
    }
    check_raw(thread, function, raw)?;
    let known: Ref<PyNative> = own.cast();
    let file = of(thread, &known)?;
    file.ahead.take();
    file.gathered.take();
    file.readable.set(function != "BufferedWriter");
    file.writable.set(function != "BufferedReader");
    file.device.replace(Some(Device::Raw(raw.to_owned())));
    Ok(())
}
