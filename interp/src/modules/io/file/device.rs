//! What lies below a stream of bytes.

use super::ByteFile;
use crate::modules::{fd, os_error};
use crate::object::*;
use crate::runtime::{error, exceptions, number, object};
use std::io::{ErrorKind, Read, Write};

/// Where the bytes come from and go to.
#[derive(Clone)]
pub(in crate::modules::io) enum Device {
    /// A descriptor, and whether it is closed with the stream.
    Number {
        fd: i32,
        close: bool,
    },
    Input,
    Output,
    Error,
    /// Another stream.
    Raw(Owned),
}

/// A result of the system; `None` where it would have to wait.
fn settled(thread: &Thread, result: std::io::Result<usize>) -> Result<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(problem) if problem.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(problem) => Err(os_error(thread, &problem, None)),
    }
}

fn call(thread: &Thread, raw: Ref, method: &str, arguments: &[Ref]) -> Result {
    object::call_method(thread, raw, PyStr::new(method).borrow(), arguments)
}

impl Device {
    /// The stream below, if it is one of ours.
    fn native(raw: Ref) -> Option<Ref<PyNative>> {
        let exact = raw.is_exact(Ref::from_static(&super::FILE_IO));
        if exact { raw.downcast::<PyNative>() } else { None }
    }

    pub(super) fn read(&self, thread: &Thread, count: usize) -> Result<Option<Vec<u8>>> {
        if let Device::Raw(raw) = self {
            return match Device::native(raw.borrow()) {
                Some(own) => super::of(thread, &own)?.take(thread, Some(count), false),
                None => read_raw(thread, raw.borrow(), count),
            };
        }
        error::check_room(thread, count, 1)?;
        let mut part = vec![0; count];
        let got = match self {
            Device::Number { fd, .. } => fd::get(*fd).and_then(|file| (&*file).read(&mut part)),
            Device::Input => std::io::stdin().lock().read(&mut part),
            _ => Ok(0),
        };
        let Some(got) = settled(thread, got)? else { return Ok(None) };
        part.truncate(got);
        Ok(Some(part))
    }

    pub(super) fn write(&self, thread: &Thread, bytes: &[u8]) -> Result<Option<usize>> {
        if let Device::Raw(raw) = self {
            if let Some(own) = Device::native(raw.borrow()) {
                return super::of(thread, &own)?.write(thread, bytes);
            }
            let data = PyBytes::new(bytes.to_vec());
            let count = call(thread, raw.borrow(), "write", &[data.borrow().upcast()])?;
            if object::is_none(count.borrow()) {
                return Ok(None);
            }
            let count = number::as_i64(thread, count.borrow())?;
            return match usize::try_from(count) {
                Ok(count) if count <= bytes.len() => Ok(Some(count)),
                _ => {
                    let text = format!(
                        "raw write() returned invalid length {count} (should have been between 0 and {})",
                        bytes.len()
                    );
                    Err(error::set_string(thread, exceptions::os_error(), &text))
                }
            };
        }
        let done = match self {
            Device::Number { fd, .. } => {
                if (1..3).contains(fd) {
                    // What was printed before comes before.
                    let _ = crate::builtins::io::flush();
                }
                fd::get(*fd).and_then(|file| (&*file).write(bytes))
            }
            Device::Error => std::io::stderr().write(bytes),
            Device::Output => return crate::builtins::io::write_bytes(thread, bytes).map(|()| Some(bytes.len())),
            _ => Err(std::io::Error::from_raw_os_error(libc::EBADF)),
        };
        settled(thread, done)
    }

    pub(super) fn seek(&self, thread: &Thread, offset: i64, whence: i64) -> Result<i64> {
        let number = match self {
            Device::Raw(raw) => {
                let (offset, whence) = (PyInt::from_i64(offset), PyInt::from_i64(whence));
                let at = call(thread, raw.borrow(), "seek", &[offset.borrow().upcast(), whence.borrow().upcast()])?;
                return number::as_i64(thread, at.borrow());
            }
            other => other.number().unwrap_or(-1),
        };
        use rustix::fs::SeekFrom;
        let to = match whence {
            0 => SeekFrom::Start(offset as u64),
            1 => SeekFrom::Current(offset),
            2 => SeekFrom::End(offset),
            3 => SeekFrom::Data(offset as u64),
            4 => SeekFrom::Hole(offset as u64),
            _ => return Err(os_error(thread, &std::io::Error::from_raw_os_error(libc::EINVAL), None)),
        };
        let invalid = whence == 0 && offset < 0;
        let at = fd::get(number).and_then(|file| match invalid {
            true => Err(std::io::Error::from_raw_os_error(libc::EINVAL)),
            false => Ok(rustix::fs::seek(&*file, to)?),
        });
        at.map(|at| at as i64).map_err(|problem| os_error(thread, &problem, None))
    }

    /// The descriptor, where there is one of our own.
    pub(super) fn number(&self) -> Option<i32> {
        match self {
            Device::Number { fd, .. } => Some(*fd),
            Device::Input => Some(0),
            Device::Output => Some(1),
            Device::Error => Some(2),
            Device::Raw(_) => None,
        }
    }

    pub(super) fn is_seekable(&self, thread: &Thread) -> Result<bool> {
        if let Device::Raw(raw) = self {
            let answer = call(thread, raw.borrow(), "seekable", &[])?;
            return object::is_truthy(thread, answer.borrow());
        }
        let number = self.number().unwrap_or(-1);
        Ok(fd::get(number).is_ok_and(|file| rustix::fs::seek(&*file, rustix::fs::SeekFrom::Current(0)).is_ok()))
    }

    pub(super) fn close(&self, thread: &Thread) -> Result<()> {
        match self {
            Device::Number { fd, close: true } => fd::close(*fd).map_err(|problem| os_error(thread, &problem, None)),
            Device::Raw(raw) => match Device::native(raw.borrow()) {
                Some(own) => own.value::<ByteFile>().map_or(Ok(()), |file| file.close(thread)),
                None => call(thread, raw.borrow(), "close", &[]).map(drop),
            },
            _ => Ok(()),
        }
    }
}

/// Reads by `readinto` of a stream that is written in Python.
fn read_raw(thread: &Thread, raw: Ref, count: usize) -> Result<Option<Vec<u8>>> {
    error::check_room(thread, count, 1)?;
    let room = PyByteArray::new(vec![0; count]);
    let view = crate::builtins::bytes::view::make(thread, room.borrow().upcast())?;
    let got = call(thread, raw, "readinto", &[view.borrow().upcast()])?;
    crate::builtins::bytes::view::release(thread, view.borrow().upcast())?;
    if object::is_none(got.borrow()) {
        return Ok(None);
    }
    let got = number::as_i64(thread, got.borrow())?;
    let mut bytes = room.borrow().to_vec();
    match usize::try_from(got) {
        Ok(got) if got <= count => bytes.truncate(got),
        _ => {
            let text = format!("raw readinto() returned invalid length {got} (should have been between 0 and {count})");
            return Err(error::set_string(thread, exceptions::os_error(), &text));
        }
    }
    Ok(Some(bytes))
}
