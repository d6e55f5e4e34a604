//! `_io`: streams. Text and bytes in memory, files, and the standard streams (`Modules/_io`).

mod base;
mod bytesio;
pub(crate) mod file;
mod newline;
mod open;
mod pair;
mod std_streams;
mod stringio;
mod text;

pub(crate) use open::open as open_builtin;
pub(crate) use std_streams::{input, install, print_target};

use super::{NativeModule, put};
use crate::object::*;
use crate::runtime::{call, exceptions, types};

pub(super) static MODULE: NativeModule = NativeModule {
    name: "_io",
    functions: &[
        MethodDef::keywords("open", open::open),
        MethodDef::one("open_code", |thread, _, path| {
            let mode = PyStr::new("rb");
            open::open(thread, none_object(), &[path, mode.borrow().upcast()], None)
        }),
        MethodDef::fast("text_encoding", |thread, _, arguments| {
            call::check_count(thread, "text_encoding", arguments.len(), 1, 2)?;
            let given = arguments[0];
            Ok(if given.is(none_object()) { PyStr::new("locale").upcast() } else { given.to_owned() })
        }),
    ],
    types: &[
        &base::IO_BASE,
        &base::RAW_BASE,
        &base::BUFFERED_BASE,
        &base::TEXT_BASE,
        &stringio::TYPE,
        &bytesio::TYPE,
        &file::FILE_IO,
        &file::READER,
        &file::WRITER,
        &file::RANDOM,
        &pair::TYPE,
        &text::TYPE,
        &newline::TYPE,
    ],
    fill: |thread, dict| {
        for (name, ty) in [
            ("_IOBase", &base::IO_BASE),
            ("_RawIOBase", &base::RAW_BASE),
            ("_BufferedIOBase", &base::BUFFERED_BASE),
            ("_TextIOBase", &base::TEXT_BASE),
        ] {
            put(dict, name, Ref::<PyType>::from_static(ty).to_owned().upcast());
        }
        put(dict, "DEFAULT_BUFFER_SIZE", PyInt::from_i64(128 * 1024).upcast());
        put(dict, "BlockingIOError", exceptions::blocking_io_error().to_owned().upcast());
        put(dict, "UnsupportedOperation", base::unsupported_class(thread)?);
        Ok(())
    },
};

/// Whether a stream of bytes is one of ours, whose methods no class replaces.
fn is_byte_file(stream: Ref) -> bool {
    [&file::READER, &file::WRITER, &file::RANDOM].iter().any(|ty| stream.is_exact(Ref::from_static(*ty)))
}

/// Makes the types ready that the standard streams need.
fn ready(thread: &Thread) {
    for ty in MODULE.types {
        types::ready(thread, Ref::from_static(*ty));
    }
}
