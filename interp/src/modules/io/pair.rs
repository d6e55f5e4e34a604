//! `BufferedRWPair`: one stream to read from and one to write to.

use crate::modules::{native_dict, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{call, error, object};
use std::cell::RefCell;

#[derive(Default)]
struct Pair(RefCell<Option<(Owned, Owned)>>);
impl Native for Pair {}

pub(super) static TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_io.BufferedRWPair",
    flags: flags::HAVE_GC | flags::BASETYPE,
    base: Some(&super::base::BUFFERED_BASE),
    slots: Slots {
        new: slot(|_, class, _, _| Ok(PyNative::new(class, Pair::default()).upcast())),
        init: slot(init),
        dict_of: slot(native_dict),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::fast("read", |thread, own, a| pass(thread, own, Side::Reader, "read", a)),
        MethodDef::fast("read1", |thread, own, a| pass(thread, own, Side::Reader, "read1", a)),
        MethodDef::fast("peek", |thread, own, a| pass(thread, own, Side::Reader, "peek", a)),
        MethodDef::fast("readinto", |thread, own, a| pass(thread, own, Side::Reader, "readinto", a)),
        MethodDef::fast("readinto1", |thread, own, a| pass(thread, own, Side::Reader, "readinto1", a)),
        MethodDef::no_args("readable", |thread, own| pass(thread, own, Side::Reader, "readable", &[])),
        MethodDef::fast("write", |thread, own, a| pass(thread, own, Side::Writer, "write", a)),
        MethodDef::no_args("flush", |thread, own| pass(thread, own, Side::Writer, "flush", &[])),
        MethodDef::no_args("writable", |thread, own| pass(thread, own, Side::Writer, "writable", &[])),
        MethodDef::no_args("isatty", |thread, own| {
            let writes = pass(thread, own, Side::Writer, "isatty", &[])?;
            if object::is_truthy(thread, writes.borrow())? {
                return Ok(writes);
            }
            pass(thread, own, Side::Reader, "isatty", &[])
        }),
        MethodDef::no_args("close", |thread, own| {
            let written = pass(thread, own, Side::Writer, "close", &[]);
            let pending = thread.take_exception();
            let read = pass(thread, own, Side::Reader, "close", &[]);
            match pending {
                Some(pending) => {
                    error::clear(thread);
                    Err(thread.set_exception(pending))
                }
                None => written.and(read),
            }
        }),
    ],
    getset: &[GetSetDef::read_only("closed", |thread, own| {
        let writer = side(thread, own, Side::Writer)?;
        object::get_attr(thread, writer.borrow(), PyStr::new("closed").borrow())
    })],
    ..TypeSpec::EMPTY
});

#[derive(Clone, Copy)]
enum Side {
    Reader,
    Writer,
}

/// `BufferedRWPair(reader, writer, buffer_size=DEFAULT_BUFFER_SIZE)`.
fn init(thread: &Thread, own: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    call::no_keywords(thread, "BufferedRWPair", kwargs)?;
    call::check_count(thread, "BufferedRWPair", args.len(), 2, 3)?;
    let streams = [(&super::file::READER, args.item(0)), (&super::file::WRITER, args.item(1))];
    let [reader, writer] = streams.map(|(class, raw)| call::with(thread, Ref::from_static(class).upcast(), &[raw]));
    receiver::<Pair>(thread, &own.cast())?.0.replace(Some((reader?, writer?)));
    Ok(())
}

fn side(thread: &Thread, own: Ref, side: Side) -> Result {
    let own: Ref<PyNative> = own.cast();
    let pair = receiver::<Pair>(thread, &own)?.0.borrow();
    match (&*pair, side) {
        (Some((reader, _)), Side::Reader) => Ok(reader.clone()),
        (Some((_, writer)), Side::Writer) => Ok(writer.clone()),
        (None, _) => Err(error::value_error(thread, "I/O operation on uninitialized object")),
    }
}

fn pass(thread: &Thread, own: Ref, which: Side, method: &str, arguments: &[Ref]) -> Result {
    let stream = side(thread, own, which)?;
    object::call_method(thread, stream.borrow(), PyStr::new(method).borrow(), arguments)
}
