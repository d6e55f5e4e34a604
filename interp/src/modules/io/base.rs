//! The classes that streams extend (`Modules/_io/iobase.c`).

use crate::exit::Raised;
use crate::modules::{exception_class, imported, native_dict, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{call, error, exceptions, iter, number, object};
use std::cell::Cell;

/// A stream of a class that is written in Python.
#[derive(Default)]
struct Base {
    closed: Cell<bool>,
}
impl Native for Base {}

macro_rules! base_type {
    ($name:literal, $base:expr, $methods:expr, $getset:expr) => {
        PyType::container::<PyNative>(TypeSpec {
            name: $name,
            flags: flags::HAVE_GC | flags::BASETYPE,
            base: Some($base),
            slots: Slots {
                new: slot(|_, class, _, _| Ok(PyNative::new(class, Base::default()).upcast())),
                init: slot(|_, _, _, _| Ok(())),
                iter: slot(iterate),
                iternext: slot(next_line),
                dict_of: slot(native_dict),
                ..Slots::NONE
            },
            methods: $methods,
            getset: $getset,
            ..TypeSpec::EMPTY
        })
    };
}

pub(super) static IO_BASE: PyType = base_type!("_io._IOBase", &crate::runtime::object::TYPE, METHODS, CLOSED);
pub(super) static RAW_BASE: PyType = base_type!("_io._RawIOBase", &IO_BASE, RAW_METHODS, &[]);
pub(super) static BUFFERED_BASE: PyType = base_type!("_io._BufferedIOBase", &IO_BASE, BUFFERED_METHODS, &[]);
pub(super) static TEXT_BASE: PyType = base_type!("_io._TextIOBase", &IO_BASE, TEXT_METHODS, TEXT_GETSET);

static CLOSED: &[GetSetDef] =
    &[GetSetDef::read_only("closed", |thread, own| is_closed_base(thread, own).map(object::new_bool))];

static METHODS: &[MethodDef] = &[
    MethodDef::no_args("close", |thread, own| {
        if !is_closed_base(thread, own)? {
            object::call_method(thread, own, PyStr::new("flush").borrow(), &[])?;
            receiver::<Base>(thread, &own.cast())?.closed.set(true);
        }
        Ok(object::new_none())
    }),
    // What a class of Python calls from a `__del__` of its own; the end of a stream of ours closes it anyway.
    MethodDef::no_args("__del__", |thread, own| {
        object::call_method(thread, own, PyStr::new("close").borrow(), &[]).map(|_| object::new_none())
    }),
    MethodDef::no_args("flush", |thread, own| check_open(thread, own).map(|()| object::new_none())),
    MethodDef::no_args("__enter__", |thread, own| check_open(thread, own).map(|()| own.to_owned())),
    MethodDef::fast("__exit__", |thread, own, _| object::call_method(thread, own, PyStr::new("close").borrow(), &[])),
    MethodDef::no_args("readable", |_, _| Ok(object::new_bool(false))),
    MethodDef::no_args("writable", |_, _| Ok(object::new_bool(false))),
    MethodDef::no_args("seekable", |_, _| Ok(object::new_bool(false))),
    MethodDef::no_args("isatty", |_, _| Ok(object::new_bool(false))),
    MethodDef::fast("seek", |thread, _, _| Err(unsupported(thread, "seek"))),
    MethodDef::no_args("tell", |thread, own| {
        let (zero, one) = (PyInt::from_i64(0), PyInt::from_i64(1));
        object::call_method(thread, own, PyStr::new("seek").borrow(), &[zero.borrow().upcast(), one.borrow().upcast()])
    }),
    MethodDef::fast("truncate", |thread, _, _| Err(unsupported(thread, "truncate"))),
    MethodDef::no_args("fileno", |thread, _| Err(unsupported(thread, "fileno"))),
    MethodDef::fast("readline", read_line),
    MethodDef::fast("readlines", |thread, own, arguments| {
        let most = limit(thread, arguments)?;
        let (mut lines, mut size) = (Vec::new(), 0);
        while let Some(line) = iter::step(thread, own)? {
            size += object::length(thread, line.borrow())?;
            lines.push(line);
            if most.is_some_and(|most| size as usize >= most) {
                break;
            }
        }
        Ok(PyList::new(lines).upcast())
    }),
    MethodDef::one("writelines", |thread, own, lines| {
        check_open(thread, own)?;
        iter::each(thread, lines, |line| {
            object::call_method(thread, own, PyStr::new("write").borrow(), &[line.borrow()]).map(drop)
        })?;
        Ok(object::new_none())
    }),
    MethodDef::fast("_checkClosed", |thread, own, _| check_open(thread, own).map(|()| object::new_none())),
    MethodDef::fast("_checkReadable", |thread, own, _| {
        able(thread, own, "readable", "File or stream is not readable.")
    }),
    MethodDef::fast("_checkWritable", |thread, own, _| {
        able(thread, own, "writable", "File or stream is not writable.")
    }),
    MethodDef::fast("_checkSeekable", |thread, own, _| {
        able(thread, own, "seekable", "File or stream is not seekable.")
    }),
];

static RAW_METHODS: &[MethodDef] = &[
    MethodDef::fast("read", |thread, own, arguments| match limit(thread, arguments)? {
        None => object::call_method(thread, own, PyStr::new("readall").borrow(), &[]),
        Some(count) => {
            let room = crate::object::PyByteArray::new(vec![0; count]).upcast();
            let got = object::call_method(thread, own, PyStr::new("readinto").borrow(), &[room.borrow()])?;
            if object::is_none(got.borrow()) {
                return Ok(got);
            }
            let got = usize::try_from(number::as_i64(thread, got.borrow())?).unwrap_or(0);
            let mut data = crate::modules::buffer(thread, room.borrow(), "a bytes-like object is required")?;
            data.truncate(got);
            Ok(PyBytes::new(data).upcast())
        }
    }),
    MethodDef::no_args("readall", |thread, own| {
        let mut all = Vec::new();
        let size = PyInt::from_i64(8192);
        loop {
            let part = object::call_method(thread, own, PyStr::new("read").borrow(), &[size.borrow().upcast()])?;
            if object::is_none(part.borrow()) {
                break;
            }
            let part = crate::modules::buffer(thread, part.borrow(), "read() should return bytes")?;
            if part.is_empty() {
                break;
            }
            all.extend(part);
        }
        Ok(PyBytes::new(all).upcast())
    }),
];

static BUFFERED_METHODS: &[MethodDef] = &[
    MethodDef::fast("read", |thread, _, _| Err(unsupported(thread, "read"))),
    MethodDef::fast("read1", |thread, _, _| Err(unsupported(thread, "read1"))),
    MethodDef::one("write", |thread, _, _| Err(unsupported(thread, "write"))),
    MethodDef::no_args("detach", |thread, _| Err(unsupported(thread, "detach"))),
];

static TEXT_METHODS: &[MethodDef] = &[
    MethodDef::fast("read", |thread, _, _| Err(unsupported(thread, "read"))),
    MethodDef::one("write", |thread, _, _| Err(unsupported(thread, "write"))),
    MethodDef::no_args("detach", |thread, _| Err(unsupported(thread, "detach"))),
];

static TEXT_GETSET: &[GetSetDef] = &[
    GetSetDef::read_only("encoding", |_, _| Ok(object::new_none())),
    GetSetDef::read_only("errors", |_, _| Ok(object::new_none())),
    GetSetDef::read_only("newlines", |_, _| Ok(object::new_none())),
];

/// Raises UnsupportedOperation for a stream whose method does not answer True.
fn able(thread: &Thread, own: Ref, method: &str, otherwise: &str) -> Result {
    let answer = object::call_method(thread, own, PyStr::new(method).borrow(), &[])?;
    if object::is_true(answer.borrow()) { Ok(answer) } else { Err(unsupported(thread, otherwise)) }
}

fn is_closed_base(thread: &Thread, own: Ref) -> Result<bool> {
    receiver::<Base>(thread, &own.cast()).map(|base| base.closed.get())
}

/// Raises ValueError for a stream whose `closed` is true.
pub(super) fn check_open(thread: &Thread, own: Ref) -> Result<()> {
    let closed = object::get_attr(thread, own, PyStr::new("closed").borrow())?;
    if object::is_truthy(thread, closed.borrow())? { Err(closed_error(thread)) } else { Ok(()) }
}

#[cold]
pub(super) fn closed_error(thread: &Thread) -> Raised {
    error::value_error(thread, "I/O operation on closed file.")
}

/// `io.UnsupportedOperation`, which is both an OSError and a ValueError.
pub(super) fn unsupported_class(thread: &Thread) -> Result {
    let bases = [exceptions::os_error().upcast(), exceptions::value_error().upcast()];
    exception_class(thread, "io", "UnsupportedOperation", &bases)
}

#[cold]
pub(super) fn unsupported(thread: &Thread, what: &str) -> Raised {
    let class = match imported(thread, "_io", "UnsupportedOperation") {
        Ok(class) => class,
        Err(raised) => return raised,
    };
    let message = PyStr::new(what);
    match call::with(thread, class.borrow(), &[message.borrow().upcast()]) {
        Ok(exception) => error::set_object(thread, exception.cast()),
        Err(raised) => raised,
    }
}

/// A size argument; `None` for all.
pub(super) fn limit(thread: &Thread, arguments: &[Ref]) -> Result<Option<usize>> {
    match arguments.first().filter(|size| !object::is_none(**size)) {
        Some(size) => Ok(usize::try_from(number::index_isize(thread, *size, Some(exceptions::overflow_error()))?).ok()),
        None => Ok(None),
    }
}

/// `__iter__` of streams.
pub(super) fn iterate(thread: &Thread, own: Ref) -> Result {
    check_open(thread, own)?;
    Ok(own.to_owned())
}

/// `__next__`: the next line.
pub(super) fn next_line(thread: &Thread, own: Ref) -> Option<Owned> {
    let line = object::call_method(thread, own, PyStr::new("readline").borrow(), &[]).ok()?;
    let length = object::length(thread, line.borrow()).ok()?;
    (length > 0).then_some(line)
}

/// `readline` by reading byte for byte.
fn read_line(thread: &Thread, own: Ref, arguments: &[Ref]) -> Result {
    let most = limit(thread, arguments)?;
    let mut line = Vec::new();
    let one = PyInt::from_i64(1);
    while most.is_none_or(|most| line.len() < most) {
        let part = object::call_method(thread, own, PyStr::new("read").borrow(), &[one.borrow().upcast()])?;
        let part = crate::modules::buffer(thread, part.borrow(), "read() should have returned a bytes object")?;
        line.extend(&part);
        if part.is_empty() || part.ends_with(b"\n") {
            break;
        }
    }
    Ok(PyBytes::new(line).upcast())
}
