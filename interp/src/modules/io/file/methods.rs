//! Methods of streams of bytes.

use super::super::base::limit;
use super::{ByteFile, Device, of};
use crate::modules::{buffer, fd, os_error};
use crate::object::*;
use crate::runtime::{call, error, number, object};

pub(super) static GETSET: &[GetSetDef] = &[
    GetSetDef::read_only("closed", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        let device = of(thread, &own)?.device.borrow().clone();
        match device {
            None => Ok(object::new_bool(true)),
            Some(Device::Raw(raw)) => object::get_attr(thread, raw.borrow(), PyStr::new("closed").borrow()),
            Some(_) => Ok(object::new_bool(false)),
        }
    }),
    GetSetDef::read_only("mode", |thread, own| {
        let known: Ref<PyNative> = own.cast();
        let file = of(thread, &known)?;
        match below(file) {
            Some(raw) => object::get_attr(thread, raw.borrow(), PyStr::new("mode").borrow()),
            None => Ok(PyStr::new(file.mode.get()).upcast()),
        }
    }),
    GetSetDef::read_only("raw", |thread, own| {
        let known: Ref<PyNative> = own.cast();
        Ok(below(of(thread, &known)?).unwrap_or_else(|| own.to_owned()))
    }),
    GetSetDef::read_only("closefd", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        let device = of(thread, &own)?.device.borrow().clone();
        Ok(object::new_bool(!matches!(device, Some(Device::Number { close: false, .. }))))
    }),
    GetSetDef::new(
        "name",
        |thread, own| {
            let known: Ref<PyNative> = own.cast();
            let name = PyStr::new("name");
            let given = crate::modules::native_dict(own, false).and_then(|dict| dict.get_str(name.borrow()));
            if let Some(given) = given {
                return Ok(given.to_owned());
            }
            match below(of(thread, &known)?) {
                Some(raw) => object::get_attr(thread, raw.borrow(), name.borrow()),
                None => Err(crate::runtime::attr::no_attribute(thread, own, name.borrow())),
            }
        },
        |_, own, value| {
            if let (Some(dict), Some(value)) = (crate::modules::native_dict(own, true), value) {
                crate::modules::put(dict, "name", value.to_owned());
            }
            Ok(())
        },
    ),
];

/// The stream that one is laid over, also once it is closed.
fn below(file: &ByteFile) -> Option<Owned> {
    match &*file.device.borrow() {
        Some(Device::Raw(raw)) => Some(raw.clone()),
        Some(_) => None,
        None => file.below.borrow().clone(),
    }
}

pub(super) static METHODS: &[MethodDef] = &[
    MethodDef::fast("read", |thread, own, arguments| take(thread, own, arguments, false)),
    MethodDef::fast("read1", |thread, own, arguments| {
        let most = limit(thread, arguments)?.unwrap_or(super::PART);
        let own: Ref<PyNative> = own.cast();
        Ok(PyBytes::new(of(thread, &own)?.take_once(thread, most)?).upcast())
    }),
    MethodDef::fast("peek", |thread, own, _| {
        let own: Ref<PyNative> = own.cast();
        let file = of(thread, &own)?;
        file.check_readable(thread)?;
        file.write_out(thread)?;
        if file.left() == 0 {
            file.fill(thread, super::PART)?;
        }
        let ahead = file.ahead.borrow();
        Ok(PyBytes::new(ahead.0[ahead.1..].to_vec()).upcast())
    }),
    MethodDef::one("readinto", |thread, own, target| read_into(thread, own, target, false)),
    MethodDef::one("readinto1", |thread, own, target| read_into(thread, own, target, true)),
    MethodDef::no_args("readall", |thread, own| take(thread, own, &[], false)),
    MethodDef::fast("readline", |thread, own, arguments| take(thread, own, arguments, true)),
    MethodDef::one("write", |thread, own, value| {
        let text = format!("a bytes-like object is required, not '{}'", value.ty().name());
        let own: Ref<PyNative> = own.cast();
        let file = of(thread, &own)?;
        file.check_writable(thread)?;
        let bytes = buffer(thread, value, &text)?;
        Ok(match file.write(thread, &bytes)? {
            Some(count) => PyInt::from_i64(count as i64).upcast(),
            None => object::new_none(),
        })
    }),
    MethodDef::no_args("flush", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        let file = of(thread, &own)?;
        file.device(thread)?;
        file.write_out(thread).map(|()| object::new_none())
    }),
    MethodDef::no_args("close", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        of(thread, &own)?.close(thread).map(|()| object::new_none())
    }),
    MethodDef::no_args("detach", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        let file = of(thread, &own)?;
        file.write_out(thread)?;
        match file.device(thread)? {
            Device::Raw(raw) => {
                file.device.take();
                file.mode.set(super::DETACHED);
                Ok(raw)
            }
            _ => Err(super::unsupported(thread, "detach")),
        }
    }),
    MethodDef::fast("seek", |thread, own, arguments| {
        call::check_count(thread, "seek", arguments.len(), 1, 2)?;
        let offset = number::as_i64(thread, arguments[0])?;
        let whence = arguments.get(1).map_or(Ok(0), |whence| number::as_i64(thread, *whence))?;
        if !(0..=4).contains(&whence) {
            return Err(error::value_error(thread, format_args!("whence value {whence} unsupported")));
        }
        let own: Ref<PyNative> = own.cast();
        Ok(PyInt::from_i64(of(thread, &own)?.seek(thread, offset, whence)?).upcast())
    }),
    MethodDef::no_args("tell", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        Ok(PyInt::from_i64(of(thread, &own)?.tell(thread)?).upcast())
    }),
    MethodDef::fast("truncate", truncate),
    MethodDef::no_args("fileno", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        match of(thread, &own)?.device(thread)? {
            Device::Raw(raw) => object::call_method(thread, raw.borrow(), PyStr::new("fileno").borrow(), &[]),
            other => Ok(PyInt::from_i64(other.number().unwrap_or(-1).into()).upcast()),
        }
    }),
    MethodDef::no_args("readable", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        let file = of(thread, &own)?;
        file.device(thread).map(|_| object::new_bool(file.readable.get()))
    }),
    MethodDef::no_args("writable", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        let file = of(thread, &own)?;
        file.device(thread).map(|_| object::new_bool(file.writable.get()))
    }),
    MethodDef::no_args("seekable", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        of(thread, &own)?.device(thread)?.is_seekable(thread).map(object::new_bool)
    }),
    MethodDef::no_args("isatty", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        match of(thread, &own)?.device(thread)? {
            Device::Raw(raw) => object::call_method(thread, raw.borrow(), PyStr::new("isatty").borrow(), &[]),
            other => {
                let file = fd::get(other.number().unwrap_or(-1));
                Ok(object::new_bool(file.is_ok_and(|file| std::io::IsTerminal::is_terminal(&*file))))
            }
        }
    }),
];

fn take(thread: &Thread, own: Ref, arguments: &[Ref], line: bool) -> Result {
    let most = limit(thread, arguments)?;
    let own: Ref<PyNative> = own.cast();
    Ok(match of(thread, &own)?.take(thread, most, line)? {
        Some(bytes) => PyBytes::new(bytes).upcast(),
        None => object::new_none(),
    })
}

/// Reads into a bytearray or a view of one.
fn read_into(thread: &Thread, own: Ref, target: Ref, once: bool) -> Result {
    let text = format!("readinto() argument must be read-write bytes-like object, not {}", target.ty().name());
    let room = buffer(thread, target, &text)?.len();
    let own: Ref<PyNative> = own.cast();
    let file: &ByteFile = of(thread, &own)?;
    let bytes = if once { Some(file.take_once(thread, room)?) } else { file.take(thread, Some(room), false)? };
    let Some(bytes) = bytes else { return Ok(object::new_none()) };
    store(thread, target, &bytes, &text)?;
    Ok(PyInt::from_i64(bytes.len() as i64).upcast())
}

/// Writes over the first bytes of a buffer.
pub(in crate::modules) fn store(thread: &Thread, target: Ref, bytes: &[u8], otherwise: &str) -> Result<()> {
    if target.downcast::<PyBytes>().is_some() {
        return Err(error::type_error(thread, otherwise));
    }
    let view = crate::builtins::bytes::view::make(thread, target)?;
    let format = PyStr::new("B");
    let flat =
        object::call_method(thread, view.borrow().upcast(), PyStr::new("cast").borrow(), &[format.borrow().upcast()])?;
    let end = PyInt::from_i64(bytes.len() as i64);
    let range = PySlice::new(None, Some(end.upcast()), None);
    let data = PyBytes::new(bytes.to_vec());
    let done = object::set_item(thread, flat.borrow(), range.borrow().upcast(), data.borrow().upcast());
    crate::builtins::bytes::view::release(thread, flat.borrow())?;
    crate::builtins::bytes::view::release(thread, view.borrow().upcast())?;
    done
}

fn truncate(thread: &Thread, own: Ref, arguments: &[Ref]) -> Result {
    let own: Ref<PyNative> = own.cast();
    let file = of(thread, &own)?;
    file.check_writable(thread)?;
    file.write_out(thread)?;
    let size = match limit(thread, arguments)? {
        Some(size) => size as i64,
        None => file.tell(thread)?,
    };
    let shown = PyInt::from_i64(size);
    match file.device(thread)? {
        Device::Raw(raw) => {
            object::call_method(thread, raw.borrow(), PyStr::new("truncate").borrow(), &[shown.borrow().upcast()])
        }
        other => {
            let done = fd::get(other.number().unwrap_or(-1)).and_then(|file| file.set_len(size as u64));
            done.map_err(|problem| os_error(thread, &problem, None))?;
            Ok(shown.upcast())
        }
    }
}

pub(super) fn repr(thread: &Thread, own: Ref) -> Result {
    let known: Ref<PyNative> = own.cast();
    let file = of(thread, &known)?;
    let class = own.ty().name().to_owned();
    let device = file.device.borrow().clone();
    let name = object::get_optional_attr(thread, own, PyStr::new("name").borrow())?;
    let shown = match (&name, &device) {
        (_, None) if !file.buffered => " [closed]".to_owned(),
        (Some(name), _) => format!(" name={}", object::repr_checked(thread, name.borrow())?),
        (None, Some(Device::Number { fd, .. })) => format!(" fd={fd}"),
        (None, _) => String::new(),
    };
    let more = match device {
        Some(Device::Number { close, .. }) => {
            format!(" mode='{}' closefd={}", file.mode.get(), if close { "True" } else { "False" })
        }
        _ => String::new(),
    };
    Ok(PyStr::new(&format!("<{class}{shown}{more}>")).upcast())
}
