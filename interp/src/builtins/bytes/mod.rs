//! What bytes and bytearray have in common: reading the bytes of any bytes-like object, and the methods that both have.

pub(crate) mod array;
pub(crate) mod convert;
pub(crate) mod percent;
mod search;
mod split;
mod strip;
mod text;
pub(crate) mod view;

pub(crate) use search::contains;

use super::support::{special, type_error, type_name};
use crate::object::*;
use std::ops::Deref;

/// The bytes of a bytes-like object.
pub(crate) enum Data {
    Shared(Owned<PyBytes>),
    Copied(Vec<u8>),
}

impl Deref for Data {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Data::Shared(bytes) => bytes.data(),
            Data::Copied(bytes) => bytes,
        }
    }
}

impl Data {
    /// The bytes of an object that is bytes, bytearray or a view that is not released.
    pub(crate) fn of(object: Ref) -> Option<Data> {
        if let Some(bytes) = object.downcast::<PyBytes>() {
            return Some(Data::Shared(bytes.to_owned()));
        }
        if let Some(array) = object.downcast::<PyByteArray>() {
            return Some(Data::Copied(array.to_vec()));
        }
        object.downcast::<PyMemoryView>().and_then(|view| view::bytes_of(&view)).map(Data::Copied)
    }

    pub(crate) fn into_vec(self) -> Vec<u8> {
        match self {
            Data::Shared(bytes) => bytes.data().to_vec(),
            Data::Copied(bytes) => bytes,
        }
    }
}

/// The bytes of an object, by `__buffer__` where it is none of the built-in ones; `None` if it has no buffer.
pub(crate) fn buffer(thread: &Thread, object: Ref) -> Result<Option<Data>> {
    if let Some(data) = Data::of(object) {
        return Ok(Some(data));
    }
    if let Some(view) = object.downcast::<PyMemoryView>() {
        return view::check(thread, &view).map(|()| None);
    }
    if object.downcast::<PyInt>().is_some() || object.downcast::<PyStr>().is_some() {
        return Ok(None);
    }
    match special(thread, object, "__buffer__", &[PyInt::from_i64(0).borrow().upcast()])? {
        Some(view) if view.borrow().downcast::<PyMemoryView>().is_some() => Ok(Data::of(view.borrow())),
        Some(_) => Err(type_error(thread, "__buffer__ returned non-memoryview object")),
        None => Ok(None),
    }
}

/// The bytes of an object that has to be bytes-like.
pub(crate) fn bytes_like(thread: &Thread, object: Ref) -> Result<Data> {
    match buffer(thread, object)? {
        Some(data) => Ok(data),
        None => Err(type_error(thread, &format!("a bytes-like object is required, not '{}'", type_name(object)))),
    }
}

/// The receiver's bytes.
fn own(receiver: Ref) -> Data {
    Data::of(receiver).expect("methods of bytes and bytearray are called on them")
}

/// Bytes or a bytearray, as the receiver is.
fn like(receiver: Ref, data: Vec<u8>) -> Owned {
    match receiver.downcast::<PyByteArray>() {
        Some(_) => PyByteArray::new(data).upcast(),
        None => PyBytes::new(data).upcast(),
    }
}

/// What a method gives that changes nothing: bytes themselves, or a copy of a bytearray.
fn same_or(receiver: Ref, data: &[u8], changed: Option<Vec<u8>>) -> Owned {
    match changed {
        Some(changed) => like(receiver, changed),
        None if receiver.is_exact(crate::runtime::types::bytes()) => receiver.to_owned(),
        None => like(receiver, data.to_vec()),
    }
}

macro_rules! table {
    ($name:ident, $doc:literal, $($extra:expr,)*) => {
        #[doc = $doc]
        pub(crate) static $name: &[MethodDef] = &[
            MethodDef::no_args("capitalize", text::capitalize),
            MethodDef::fast("center", text::center),
            MethodDef::fast("count", search::count),
            MethodDef::keywords("decode", convert::decode),
            MethodDef::fast("endswith", search::endswith),
            MethodDef::keywords("expandtabs", text::expandtabs),
            MethodDef::fast("find", search::find),
            MethodDef::one("fromhex", convert::fromhex).of_class(),
            MethodDef::keywords("hex", convert::hex),
            MethodDef::fast("index", search::index_of),
            MethodDef::no_args("isalnum", text::isalnum),
            MethodDef::no_args("isalpha", text::isalpha),
            MethodDef::no_args("isascii", text::isascii),
            MethodDef::no_args("isdigit", text::isdigit),
            MethodDef::no_args("islower", text::islower),
            MethodDef::no_args("isspace", text::isspace),
            MethodDef::no_args("istitle", text::istitle),
            MethodDef::no_args("isupper", text::isupper),
            MethodDef::one("join", split::join),
            MethodDef::fast("ljust", text::ljust),
            MethodDef::no_args("lower", text::lower),
            MethodDef::fast("lstrip", strip::lstrip),
            MethodDef::fast("maketrans", convert::maketrans).of_nobody(),
            MethodDef::one("partition", split::partition),
            MethodDef::one("removeprefix", strip::removeprefix),
            MethodDef::one("removesuffix", strip::removesuffix),
            MethodDef::fast("replace", search::replace),
            MethodDef::fast("rfind", search::rfind),
            MethodDef::fast("rindex", search::rindex),
            MethodDef::fast("rjust", text::rjust),
            MethodDef::one("rpartition", split::rpartition),
            MethodDef::keywords("rsplit", split::rsplit),
            MethodDef::fast("rstrip", strip::rstrip),
            MethodDef::keywords("split", split::split),
            MethodDef::keywords("splitlines", split::splitlines),
            MethodDef::fast("startswith", search::startswith),
            MethodDef::fast("strip", strip::strip),
            MethodDef::no_args("swapcase", text::swapcase),
            MethodDef::no_args("title", text::title),
            MethodDef::keywords("translate", convert::translate),
            MethodDef::no_args("upper", text::upper),
            MethodDef::fast("zfill", text::zfill),
            $($extra,)*
        ];
    };
}

table! {
    BYTES_METHODS, "Methods of bytes.",
    MethodDef::no_args("__bytes__", convert::bytes_of_bytes),
    MethodDef::one("__buffer__", view::buffer_of),
    MethodDef::no_args("__getnewargs__", |_, bytes| {
        let plain = PyBytes::new(own(bytes).to_vec());
        Ok(PyTuple::from_array([plain.upcast()]).upcast())
    }),
}

table! {
    BYTEARRAY_METHODS, "Methods of bytearray.",
    MethodDef::one("__buffer__", view::buffer_of),
    MethodDef::one("__release_buffer__", |_, _, _| Ok(none_object().to_owned())),
    MethodDef::no_args("__alloc__", array::alloc),
    MethodDef::no_args("__reduce__", array::reduce),
    MethodDef::fast("__reduce_ex__", array::reduce_ex),
    MethodDef::no_args("__sizeof__", array::size),
    MethodDef::one("append", array::append),
    MethodDef::no_args("clear", array::clear),
    MethodDef::no_args("copy", array::copy),
    MethodDef::one("extend", array::extend),
    MethodDef::fast("insert", array::insert),
    MethodDef::fast("pop", array::pop),
    MethodDef::one("remove", array::remove),
    MethodDef::one("resize", array::resize),
    MethodDef::no_args("reverse", array::reverse),
}
