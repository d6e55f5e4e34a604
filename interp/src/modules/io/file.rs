//! Files of bytes (`Modules/_io/fileio.c`, `bufferedio.c`). Raw and buffered ones are the same here: what is written is
//! gathered, what is read is read ahead.

use super::base::{closed_error, limit, unsupported};
use crate::modules::{buffer, native_dict, os_error, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{call, error, number, object, types};
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

/// Bytes that are gathered before they are written.
const FULL: usize = 64 * 1024;

/// Where the bytes come from and go to.
pub(super) enum Device {
    File(File),
    Input,
    Output,
    Error,
}

/// A stream of bytes.
pub(super) struct ByteFile {
    device: RefCell<Option<Device>>,
    /// Read ahead: the bytes, and how many were taken.
    ahead: RefCell<(Vec<u8>, usize)>,
    gathered: RefCell<Vec<u8>>,
    readable: bool,
    writable: bool,
    pub(super) name: Owned,
    mode: &'static str,
    fd: Cell<i64>,
}
impl Native for ByteFile {}

impl ByteFile {
    pub(super) fn new(device: Device, name: Owned, mode: &'static str, readable: bool, writable: bool) -> ByteFile {
        use std::os::fd::AsRawFd;
        let fd = match &device {
            Device::Input => 0,
            Device::Output => 1,
            Device::Error => 2,
            Device::File(file) => file.as_raw_fd().into(),
        };
        ByteFile {
            device: RefCell::new(Some(device)),
            ahead: RefCell::default(),
            gathered: RefCell::default(),
            readable,
            writable,
            name,
            mode,
            fd: Cell::new(fd),
        }
    }

    pub(super) fn is_output(&self) -> bool {
        matches!(*self.device.borrow(), Some(Device::Output))
    }

    fn is_open(&self) -> bool {
        self.device.borrow().is_some()
    }

    fn fill(&self) -> std::io::Result<usize> {
        let mut part = vec![0; 8192];
        let count = match &mut *self.device.borrow_mut() {
            Some(Device::File(file)) => file.read(&mut part)?,
            Some(Device::Input) => std::io::stdin().lock().read(&mut part)?,
            _ => 0,
        };
        let mut ahead = self.ahead.borrow_mut();
        let taken = ahead.1;
        ahead.0.drain(..taken);
        ahead.1 = 0;
        ahead.0.extend_from_slice(&part[..count]);
        Ok(count)
    }

    /// Takes bytes up to a number of them, or to the end of a line.
    fn take(&self, most: Option<usize>, line: bool) -> std::io::Result<Vec<u8>> {
        self.write_out()?;
        loop {
            let end = {
                let ahead = self.ahead.borrow();
                let rest = &ahead.0[ahead.1..];
                let end = if line { rest.iter().position(|&byte| byte == b'\n').map(|at| at + 1) } else { None };
                match (end, most) {
                    (Some(end), Some(most)) => Some(end.min(most)),
                    (None, Some(most)) if rest.len() >= most => Some(most),
                    (end, _) => end,
                }
            };
            let end = match end {
                Some(end) => end,
                None if self.fill()? > 0 => continue,
                None => {
                    let ahead = self.ahead.borrow();
                    ahead.0.len() - ahead.1
                }
            };
            let mut ahead = self.ahead.borrow_mut();
            let start = ahead.1;
            ahead.1 = start + end;
            return Ok(ahead.0[start..start + end].to_vec());
        }
    }

    fn write_out(&self) -> std::io::Result<()> {
        let bytes = self.gathered.take();
        match &mut *self.device.borrow_mut() {
            Some(Device::File(file)) if !bytes.is_empty() => file.write_all(&bytes),
            Some(Device::Output) => crate::builtins::io::flush(),
            Some(Device::Error) => std::io::stderr().write_all(&bytes),
            _ => Ok(()),
        }
    }

    pub(super) fn write(&self, thread: &Thread, bytes: &[u8]) -> Result<()> {
        if !self.is_open() {
            return Err(closed_error(thread));
        }
        if !self.writable {
            return Err(unsupported(thread, "write"));
        }
        if self.is_output() {
            return crate::builtins::io::write_bytes(thread, bytes);
        }
        let result = self.forget_ahead().and_then(|()| {
            self.gathered.borrow_mut().extend_from_slice(bytes);
            let now = self.gathered.borrow().len() >= FULL || matches!(*self.device.borrow(), Some(Device::Error));
            if now {
                // What was printed before an error comes before it.
                let _ = crate::builtins::io::flush();
                self.write_out()
            } else {
                Ok(())
            }
        });
        result.map_err(|problem| os_error(thread, &problem, None))
    }

    /// The file's own position is put where reading has come to.
    fn forget_ahead(&self) -> std::io::Result<()> {
        let (bytes, taken) = self.ahead.take();
        let left = (bytes.len() - taken) as i64;
        if left > 0
            && let Some(Device::File(file)) = &mut *self.device.borrow_mut()
        {
            file.seek(SeekFrom::Current(-left))?;
        }
        Ok(())
    }

    fn seek(&self, to: SeekFrom) -> std::io::Result<u64> {
        self.write_out()?;
        self.forget_ahead()?;
        match &mut *self.device.borrow_mut() {
            Some(Device::File(file)) => file.seek(to),
            _ => Err(std::io::Error::from_raw_os_error(29)),
        }
    }
}

impl Drop for ByteFile {
    fn drop(&mut self) {
        // Nobody is there any more to hear of a failure.
        let _ = self.write_out();
    }
}

macro_rules! file_type {
    ($name:literal, $base:ident) => {
        PyType::container::<PyNative>(TypeSpec {
            name: $name,
            flags: flags::HAVE_GC | flags::BASETYPE,
            base: Some(&super::base::$base),
            slots: Slots {
                new: slot(|thread, class, args, _| new(thread, class, args)),
                init: slot(|_, _, _, _| Ok(())),
                repr: slot(repr),
                dict_of: slot(native_dict),
                ..Slots::NONE
            },
            methods: METHODS,
            getset: GETSET,
            ..TypeSpec::EMPTY
        })
    };
}

pub(super) static FILE_IO: PyType = file_type!("_io.FileIO", RAW_BASE);
pub(super) static READER: PyType = file_type!("_io.BufferedReader", BUFFERED_BASE);
pub(super) static WRITER: PyType = file_type!("_io.BufferedWriter", BUFFERED_BASE);
pub(super) static RANDOM: PyType = file_type!("_io.BufferedRandom", BUFFERED_BASE);
pub(super) static PAIR: PyType = file_type!("_io.BufferedRWPair", BUFFERED_BASE);

/// `FileIO(path, mode='r')`; buffered streams come from `open` alone.
fn new(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>) -> Result {
    if !class.is_subtype(Ref::from_static(&FILE_IO)) {
        let text = format!("{} objects are made by open() alone in this interpreter", types::short_name(class));
        return Err(error::type_error(thread, text));
    }
    call::check_count(thread, "FileIO", args.len(), 1, 2)?;
    let mode = args.get(1).and_then(|mode| mode.downcast::<PyStr>()).map_or("r".to_owned(), Ref::to_string_lossy);
    let file = super::open::open_bytes(thread, args.item(0), &mode)?;
    Ok(PyNative::new(class, file).upcast())
}

fn of<'a>(thread: &Thread, own: &'a Ref<PyNative>) -> Result<&'a ByteFile> {
    let file = receiver::<ByteFile>(thread, own)?;
    if file.is_open() { Ok(file) } else { Err(closed_error(thread)) }
}

static GETSET: &[GetSetDef] = &[
    GetSetDef::read_only("closed", |thread, own| {
        receiver::<ByteFile>(thread, &own.cast()).map(|file| object::new_bool(!file.is_open()))
    }),
    GetSetDef::read_only("name", |thread, own| receiver::<ByteFile>(thread, &own.cast()).map(|file| file.name.clone())),
    GetSetDef::read_only("mode", |thread, own| {
        receiver::<ByteFile>(thread, &own.cast()).map(|file| PyStr::new(file.mode).upcast())
    }),
    GetSetDef::read_only("raw", |_, own| Ok(own.to_owned())),
    GetSetDef::read_only("closefd", |_, _| Ok(object::new_bool(true))),
];

static METHODS: &[MethodDef] = &[
    MethodDef::fast("read", |thread, own, arguments| take(thread, own, arguments, false)),
    MethodDef::fast("read1", |thread, own, arguments| take(thread, own, arguments, false)),
    MethodDef::no_args("readall", |thread, own| take(thread, own, &[], false)),
    MethodDef::fast("readline", |thread, own, arguments| take(thread, own, arguments, true)),
    MethodDef::one("write", |thread, own, value| {
        let bytes = buffer(thread, value, "a bytes-like object is required, not 'str'")?;
        let own: Ref<PyNative> = own.cast();
        of(thread, &own)?.write(thread, &bytes)?;
        Ok(PyInt::from_i64(bytes.len() as i64).upcast())
    }),
    MethodDef::no_args("flush", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        match of(thread, &own)?.write_out() {
            Ok(()) => Ok(object::new_none()),
            Err(problem) => Err(os_error(thread, &problem, None)),
        }
    }),
    MethodDef::no_args("close", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        let file = receiver::<ByteFile>(thread, &own)?;
        let result = file.write_out();
        drop(file.device.take());
        match result {
            Ok(()) => Ok(object::new_none()),
            Err(problem) => Err(os_error(thread, &problem, None)),
        }
    }),
    MethodDef::fast("seek", |thread, own, arguments| {
        call::check_count(thread, "seek", arguments.len(), 1, 2)?;
        let offset = number::as_i64(thread, arguments[0])?;
        let whence = arguments.get(1).map_or(Ok(0), |whence| number::as_i64(thread, *whence))?;
        let to = match whence {
            0 => SeekFrom::Start(
                u64::try_from(offset).map_err(|_| os_error(thread, &std::io::Error::from_raw_os_error(22), None))?,
            ),
            1 => SeekFrom::Current(offset),
            2 => SeekFrom::End(offset),
            _ => return Err(error::value_error(thread, format_args!("whence value {whence} unsupported"))),
        };
        let own: Ref<PyNative> = own.cast();
        match of(thread, &own)?.seek(to) {
            Ok(at) => Ok(PyInt::from_i64(at as i64).upcast()),
            Err(problem) => Err(os_error(thread, &problem, None)),
        }
    }),
    MethodDef::no_args("tell", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        match of(thread, &own)?.seek(SeekFrom::Current(0)) {
            Ok(at) => Ok(PyInt::from_i64(at as i64).upcast()),
            Err(problem) => Err(os_error(thread, &problem, None)),
        }
    }),
    MethodDef::fast("truncate", |thread, own, arguments| {
        let own: Ref<PyNative> = own.cast();
        let file = of(thread, &own)?;
        let size = match limit(thread, arguments)? {
            Some(size) => Ok(size as u64),
            None => file.seek(SeekFrom::Current(0)),
        };
        let result = size.and_then(|size| match &mut *file.device.borrow_mut() {
            Some(Device::File(device)) => device.set_len(size).map(|()| size),
            _ => Err(std::io::Error::from_raw_os_error(22)),
        });
        match result {
            Ok(size) => Ok(PyInt::from_i64(size as i64).upcast()),
            Err(problem) => Err(os_error(thread, &problem, None)),
        }
    }),
    MethodDef::no_args("fileno", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        Ok(PyInt::from_i64(of(thread, &own)?.fd.get()).upcast())
    }),
    MethodDef::no_args("readable", |thread, own| of(thread, &own.cast()).map(|file| object::new_bool(file.readable))),
    MethodDef::no_args("writable", |thread, own| of(thread, &own.cast()).map(|file| object::new_bool(file.writable))),
    MethodDef::no_args("seekable", |thread, own| {
        of(thread, &own.cast()).map(|file| object::new_bool(file.fd.get() > 2))
    }),
    MethodDef::no_args("isatty", |thread, own| {
        use std::io::IsTerminal;
        let own: Ref<PyNative> = own.cast();
        let device = of(thread, &own)?.device.borrow();
        Ok(object::new_bool(match &*device {
            Some(Device::File(file)) => file.is_terminal(),
            Some(Device::Input) => std::io::stdin().is_terminal(),
            Some(Device::Output) => std::io::stdout().is_terminal(),
            Some(Device::Error) => std::io::stderr().is_terminal(),
            None => false,
        }))
    }),
];

fn take(thread: &Thread, own: Ref, arguments: &[Ref], line: bool) -> Result {
    let most = limit(thread, arguments)?;
    let own: Ref<PyNative> = own.cast();
    let file = of(thread, &own)?;
    if !file.readable {
        return Err(unsupported(thread, "read"));
    }
    match file.take(most, line) {
        Ok(bytes) => Ok(PyBytes::new(bytes).upcast()),
        Err(problem) => Err(os_error(thread, &problem, None)),
    }
}

fn repr(thread: &Thread, own: Ref) -> Result {
    let known: Ref<PyNative> = own.cast();
    let name = receiver::<ByteFile>(thread, &known)?.name.clone();
    let name = object::repr_checked(thread, name.borrow())?;
    Ok(PyStr::new(&format!("<{} name={name}>", own.ty().name())).upcast())
}
