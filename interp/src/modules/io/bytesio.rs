//! `BytesIO`: bytes in memory (`Modules/_io/bytesio.c`).

use super::base::{closed_error, limit};
use crate::modules::{buffer, native_dict, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{call, error, exceptions, number, object};
use std::cell::{Cell, RefCell};

struct Memory {
    /// A bytearray, so that views of the bytes can be had.
    data: RefCell<Owned<PyByteArray>>,
    at: Cell<usize>,
    closed: Cell<bool>,
}
impl Native for Memory {}

impl Memory {
    fn new() -> Memory {
        Memory { data: RefCell::new(PyByteArray::new(Vec::new())), at: Cell::new(0), closed: Cell::new(false) }
    }

    fn array(&self) -> Owned<PyByteArray> {
        self.data.borrow().clone()
    }

    /// The bytes, to be changed: not while there are views of them.
    fn resizable(&self, thread: &Thread) -> Result<Owned<PyByteArray>> {
        let array = self.array();
        if array.exports.get() > 0 {
            let text = "Existing exports of data: object cannot be re-sized";
            return Err(error::set_string(thread, exceptions::buffer_error(), text));
        }
        Ok(array)
    }
}

pub(super) static TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_io.BytesIO",
    flags: flags::HAVE_GC | flags::BASETYPE,
    base: Some(&super::base::BUFFERED_BASE),
    slots: Slots {
        new: slot(|_, class, _, _| Ok(PyNative::new(class, Memory::new()).upcast())),
        init: slot(|thread, own, args, kwargs| {
            call::no_keywords(thread, "BytesIO", kwargs.filter(|kwargs| kwargs.len() > 1))?;
            let first = kwargs.and_then(|kwargs| kwargs.get_str(PyStr::new("initial_bytes").borrow()));
            let initial = args.get(0).or(first).filter(|initial| !object::is_none(*initial));
            let data = match initial {
                Some(initial) => {
                    buffer(thread, initial, &format!("a bytes-like object is required, not '{}'", initial.ty().name()))?
                }
                None => Vec::new(),
            };
            let own: Ref<PyNative> = own.cast();
            let memory = receiver::<Memory>(thread, &own)?;
            memory.resizable(thread)?;
            memory.data.replace(PyByteArray::new(data));
            memory.at.set(0);
            Ok(())
        }),
        dict_of: slot(native_dict),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::one("write", |thread, own, value| {
            let new = buffer(thread, value, &format!("a bytes-like object is required, not '{}'", value.ty().name()))?;
            let own: Ref<PyNative> = own.cast();
            let memory = open(thread, &own)?;
            let (at, count) = (memory.at.get(), new.len());
            memory.resizable(thread)?.change(|data| {
                if at > data.len() {
                    data.resize(at, 0);
                }
                let stop = data.len().min(at + count);
                data.splice(at..stop, new);
            });
            memory.at.set(at + count);
            Ok(PyInt::from_i64(count as i64).upcast())
        }),
        MethodDef::fast("read", read),
        MethodDef::fast("read1", read),
        MethodDef::one("readinto", |thread, own, room| {
            let length = object::length(thread, room)?;
            let length = PyInt::from_i64(length as i64);
            let data = read(thread, own, &[length.borrow().upcast()])?;
            let count = object::length(thread, data.borrow())?;
            let (start, stop) = (PyInt::from_i64(0).upcast(), PyInt::from_i64(count as i64).upcast());
            let slice = PySlice::new(Some(start), Some(stop), None);
            object::set_item(thread, room, slice.borrow().upcast(), data.borrow())?;
            Ok(PyInt::from_i64(count as i64).upcast())
        }),
        MethodDef::fast("readline", |thread, own, arguments| {
            let own: Ref<PyNative> = own.cast();
            let memory = open(thread, &own)?;
            let most = limit(thread, arguments)?;
            memory.array().with(|data| {
                let start = memory.at.get().min(data.len());
                let line = data[start..].iter().position(|&byte| byte == b'\n').map_or(data.len(), |n| start + n + 1);
                let stop = most.map_or(line, |most| line.min(start.saturating_add(most)));
                memory.at.set(stop);
                Ok(PyBytes::new(&data[start..stop]).upcast())
            })
        }),
        MethodDef::no_args("getbuffer", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            let array = open(thread, &own)?.array();
            crate::builtins::bytes::view::make(thread, array.borrow().upcast()).map(Owned::upcast)
        }),
        MethodDef::no_args("getvalue", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            Ok(PyBytes::new(open(thread, &own)?.array().to_vec()).upcast())
        }),
        MethodDef::fast("seek", |thread, own, arguments| {
            call::check_count(thread, "seek", arguments.len(), 1, 2)?;
            let own: Ref<PyNative> = own.cast();
            let memory = open(thread, &own)?;
            let offset = number::index_isize(thread, arguments[0], Some(exceptions::overflow_error()))?;
            let whence = arguments.get(1).map_or(Ok(0), |whence| number::as_i64(thread, *whence))?;
            let from = match whence {
                0 if offset < 0 => {
                    return Err(error::value_error(thread, format_args!("negative seek value {offset}")));
                }
                0 => 0,
                1 => memory.at.get(),
                2 => memory.array().len(),
                _ => {
                    let text = format!("invalid whence ({whence}, should be 0, 1 or 2)");
                    return Err(error::value_error(thread, text));
                }
            };
            let at = usize::try_from(from as isize + offset).unwrap_or(0);
            memory.at.set(at);
            Ok(PyInt::from_i64(at as i64).upcast())
        }),
        MethodDef::no_args("tell", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            Ok(PyInt::from_i64(open(thread, &own)?.at.get() as i64).upcast())
        }),
        MethodDef::fast("truncate", |thread, own, arguments| {
            let own: Ref<PyNative> = own.cast();
            let memory = open(thread, &own)?;
            let size = limit(thread, arguments)?.unwrap_or(memory.at.get());
            memory.resizable(thread)?.change(|data| data.truncate(size));
            Ok(PyInt::from_i64(size as i64).upcast())
        }),
        MethodDef::no_args("close", |thread, own| {
            receiver::<Memory>(thread, &own.cast())?.closed.set(true);
            Ok(object::new_none())
        }),
        MethodDef::no_args("flush", |thread, own| open(thread, &own.cast()).map(|_| object::new_none())),
        MethodDef::no_args("readable", |thread, own| open(thread, &own.cast()).map(|_| object::new_bool(true))),
        MethodDef::no_args("writable", |thread, own| open(thread, &own.cast()).map(|_| object::new_bool(true))),
        MethodDef::no_args("seekable", |thread, own| open(thread, &own.cast()).map(|_| object::new_bool(true))),
    ],
    getset: &[GetSetDef::read_only("closed", |thread, own| {
        receiver::<Memory>(thread, &own.cast()).map(|memory| object::new_bool(memory.closed.get()))
    })],
    ..TypeSpec::EMPTY
});

fn open<'a>(thread: &Thread, own: &'a Ref<PyNative>) -> Result<&'a Memory> {
    let memory = receiver::<Memory>(thread, own)?;
    if memory.closed.get() { Err(closed_error(thread)) } else { Ok(memory) }
}

fn read(thread: &Thread, own: Ref, arguments: &[Ref]) -> Result {
    let own: Ref<PyNative> = own.cast();
    let memory = open(thread, &own)?;
    let most = limit(thread, arguments)?;
    memory.array().with(|data| {
        let start = memory.at.get().min(data.len());
        let stop = most.map_or(data.len(), |most| data.len().min(start.saturating_add(most)));
        memory.at.set(stop);
        Ok(PyBytes::new(&data[start..stop]).upcast())
    })
}
