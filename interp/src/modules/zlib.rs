//! `zlib` (`Modules/zlibmodule.c`), by a well-kept crate. The bytes that compression gives differ from those of the C
//! library, as those of its own releases do; what they decompress to does not.

mod objects;
mod wrapper;

use super::{NativeModule, buffer, exception_class, put};
use crate::exit::Raised;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, exceptions, number};
use std::cell::RefCell;
use wrapper::{Packer, Unpacker};

pub(super) static MODULE: NativeModule = NativeModule {
    name: "zlib",
    functions: &[
        MethodDef::keywords("compress", |thread, _, a, k| {
            static SIGNATURE: Signature = Signature {
                function: "compress",
                names: &["data", "level", "wbits"],
                positional_only: 1,
                keyword_only: 0,
                required: 1,
            };
            let [data, level, wbits] = SIGNATURE.bind(thread, a, k)?;
            let data = bytes_of(thread, data.unwrap_or(none_object()))?;
            let mut packer = Packer::new(level_of(thread, level)?, word(thread, wbits, 15)?)
                .ok_or_else(|| error::value_error(thread, "Invalid initialization option"))?;
            let mut out = packer.write(&data);
            out.extend(packer.finish());
            Ok(PyBytes::new(out).upcast())
        }),
        MethodDef::keywords("decompress", |thread, _, a, k| {
            static SIGNATURE: Signature = Signature {
                function: "decompress",
                names: &["data", "wbits", "bufsize"],
                positional_only: 1,
                keyword_only: 0,
                required: 1,
            };
            let [data, wbits, _] = SIGNATURE.bind(thread, a, k)?;
            let data = bytes_of(thread, data.unwrap_or(none_object()))?;
            let mut unpacker = Unpacker::new(word(thread, wbits, 15)?)
                .ok_or_else(|| error::value_error(thread, "Invalid initialization option"))?;
            let mut out = Vec::new();
            unpacker
                .read(&data, None, &mut out)
                .map_err(|why| failed(thread, &format!("Error -3 while decompressing data: {why}")))?;
            if !unpacker.is_done() {
                return Err(failed(thread, "Error -5 while decompressing data: incomplete or truncated stream"));
            }
            Ok(PyBytes::new(out).upcast())
        }),
        MethodDef::keywords("compressobj", objects::compressor),
        MethodDef::keywords("decompressobj", objects::decompressor),
        MethodDef::fast("crc32", |thread, _, a| {
            call::check_count(thread, "crc32", a.len(), 1, 2)?;
            let data = bytes_of(thread, a[0])?;
            let mut state = crc32fast::Hasher::new_with_initial(start_of(thread, a.get(1).copied(), 0)?);
            state.update(&data);
            Ok(PyInt::from_i64(state.finalize().into()).upcast())
        }),
        MethodDef::fast("adler32", |thread, _, a| {
            call::check_count(thread, "adler32", a.len(), 1, 2)?;
            let data = bytes_of(thread, a[0])?;
            let sum = wrapper::adler32(start_of(thread, a.get(1).copied(), 1)?, &data);
            Ok(PyInt::from_i64(sum.into()).upcast())
        }),
    ],
    types: &[&objects::STREAM],
    fill: |thread, dict| {
        put(dict, "_ZlibDecompressor", Ref::from_static(&objects::STREAM).to_owned().upcast());
        put(dict, "error", class(thread)?);
        put(dict, "ZLIB_VERSION", PyStr::new("1.3.1").upcast());
        put(dict, "ZLIB_RUNTIME_VERSION", PyStr::new("1.3.1").upcast());
        for (name, value) in NUMBERS {
            put(dict, name, PyInt::from_i64(*value).upcast());
        }
        Ok(())
    },
};

static NUMBERS: &[(&str, i64)] = &[
    ("DEFLATED", 8),
    ("DEF_BUF_SIZE", 16384),
    ("DEF_MEM_LEVEL", 8),
    ("MAX_WBITS", 15),
    ("Z_BEST_COMPRESSION", 9),
    ("Z_BEST_SPEED", 1),
    ("Z_BLOCK", 5),
    ("Z_DEFAULT_COMPRESSION", -1),
    ("Z_DEFAULT_STRATEGY", 0),
    ("Z_FILTERED", 1),
    ("Z_FINISH", 4),
    ("Z_FIXED", 4),
    ("Z_FULL_FLUSH", 3),
    ("Z_HUFFMAN_ONLY", 2),
    ("Z_NO_COMPRESSION", 0),
    ("Z_NO_FLUSH", 0),
    ("Z_PARTIAL_FLUSH", 1),
    ("Z_RLE", 3),
    ("Z_SYNC_FLUSH", 2),
    ("Z_TREES", 6),
];

thread_local! {
    static ERROR: RefCell<Option<Owned>> = const { RefCell::new(None) };
}

/// Forgets the exception class: it belongs to the interpreter that ends.
pub(crate) fn forget() {
    drop(ERROR.take());
}

fn class(thread: &Thread) -> Result {
    let class = exception_class(thread, "zlib", "error", &[exceptions::exception().upcast()])?;
    ERROR.set(Some(class.clone()));
    Ok(class)
}

/// Raises `zlib.error`.
#[cold]
fn failed(thread: &Thread, text: &str) -> Raised {
    let class = ERROR.with_borrow(Option::clone).unwrap_or_else(|| exceptions::exception().to_owned().upcast());
    error::set(thread, class.borrow().cast(), text)
}

fn bytes_of(thread: &Thread, value: Ref) -> Result<Vec<u8>> {
    buffer(thread, value, &format!("a bytes-like object is required, not '{}'", value.ty().name()))
}

fn word(thread: &Thread, value: Option<Ref>, default: i64) -> Result<i64> {
    value.map_or(Ok(default), |value| number::as_i64(thread, value))
}

fn start_of(thread: &Thread, value: Option<Ref>, default: u32) -> Result<u32> {
    let Some(value) = value else { return Ok(default) };
    let value = number::index(thread, value)?.to_big() & num_bigint::BigInt::from(u32::MAX);
    Ok(u32::try_from(value).unwrap_or(default))
}

fn level_of(thread: &Thread, level: Option<Ref>) -> Result<u32> {
    match word(thread, level, -1)? {
        -1 => Ok(6),
        level @ 0..=9 => Ok(level as u32),
        _ => Err(failed(thread, "Bad compression level")),
    }
}
