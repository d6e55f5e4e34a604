//! `binascii` (`Modules/binascii.c`).

mod base64;
mod quoted;

use super::{NativeModule, buffer, exception_class, put};
use crate::exit::Raised;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, exceptions, number, object};
use std::cell::RefCell;

pub(super) static MODULE: NativeModule = NativeModule {
    name: "binascii",
    functions: &[
        MethodDef::keywords("a2b_base64", base64::decode),
        MethodDef::keywords("b2a_base64", base64::encode),
        MethodDef::keywords("hexlify", hexlify),
        MethodDef::keywords("b2a_hex", hexlify),
        MethodDef::one("unhexlify", unhexlify),
        MethodDef::one("a2b_hex", unhexlify),
        MethodDef::fast("crc32", |thread, _, a| {
            call::check_count(thread, "crc32", a.len(), 1, 2)?;
            let data = bytes_of(thread, a[0])?;
            let start = a.get(1).map_or(Ok(0), |start| word(thread, *start))?;
            let mut state = crc32fast::Hasher::new_with_initial(start);
            state.update(&data);
            Ok(PyInt::from_i64(state.finalize().into()).upcast())
        }),
        MethodDef::fast("crc_hqx", |thread, _, a| {
            call::check_count(thread, "crc_hqx", a.len(), 2, 2)?;
            let data = bytes_of(thread, a[0])?;
            let start = word(thread, a[1])? & 0xFFFF;
            let crc = data.iter().fold(start, |crc, &byte| {
                (0..8).fold(crc ^ u32::from(byte) << 8, |crc, _| {
                    let next = crc << 1;
                    (if crc & 0x8000 != 0 { next ^ 0x1021 } else { next }) & 0xFFFF
                })
            });
            Ok(PyInt::from_i64(crc.into()).upcast())
        }),
        MethodDef::one("a2b_uu", quoted::decode_uu),
        MethodDef::keywords("b2a_uu", quoted::encode_uu),
        MethodDef::keywords("a2b_qp", quoted::decode),
        MethodDef::keywords("b2a_qp", quoted::encode),
    ],
    types: &[],
    fill: |thread, dict| {
        put(dict, "Error", class(thread, "Error", exceptions::value_error())?);
        put(dict, "Incomplete", class(thread, "Incomplete", exceptions::exception())?);
        Ok(())
    },
};

thread_local! {
    static ERROR: RefCell<Option<Owned>> = const { RefCell::new(None) };
}

/// Forgets the exception class: it belongs to the interpreter that ends.
pub(crate) fn forget() {
    drop(ERROR.take());
}

fn class(thread: &Thread, name: &str, base: Ref<PyType>) -> Result {
    let class = exception_class(thread, "binascii", name, &[base.upcast()])?;
    if name == "Error" {
        ERROR.set(Some(class.clone()));
    }
    Ok(class)
}

/// Raises `binascii.Error`.
#[cold]
fn failed(thread: &Thread, text: impl std::fmt::Display) -> Raised {
    let class = ERROR.with_borrow(Option::clone).unwrap_or_else(|| exceptions::value_error().to_owned().upcast());
    error::set(thread, class.borrow().cast(), text)
}

fn bytes_of(thread: &Thread, value: Ref) -> Result<Vec<u8>> {
    buffer(thread, value, &format!("a bytes-like object is required, not '{}'", value.ty().name()))
}

/// Bytes, or a str of ASCII characters.
fn ascii_of(thread: &Thread, value: Ref) -> Result<Vec<u8>> {
    if let Some(text) = value.downcast::<PyStr>() {
        return match text.as_ascii() {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => Err(error::value_error(thread, "string argument should contain only ASCII characters")),
        };
    }
    let text = format!("argument should be bytes, buffer or ASCII string, not '{}'", value.ty().name());
    buffer(thread, value, &text)
}

fn word(thread: &Thread, value: Ref) -> Result<u32> {
    let value = number::index(thread, value)?.to_big() & num_bigint::BigInt::from(u32::MAX);
    Ok(u32::try_from(value).unwrap_or(0))
}

/// `hexlify(data, sep=<unrepresentable>, bytes_per_sep=1)`: as the method of bytes.
fn hexlify(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "hexlify",
        names: &["data", "sep", "bytes_per_sep"],
        positional_only: 0,
        keyword_only: 0,
        required: 1,
    };
    let [data, separator, group] = SIGNATURE.bind(thread, arguments, keywords)?;
    let data = PyBytes::new(bytes_of(thread, data.unwrap_or(none_object()))?);
    let mut rest: Vec<Ref> = separator.into_iter().collect();
    if separator.is_some() {
        rest.extend(group);
    }
    let text = object::call_method(thread, data.borrow().upcast(), PyStr::new("hex").borrow(), &rest)?;
    Ok(PyBytes::new(object::str_text(thread, text.borrow())?.into_bytes()).upcast())
}

fn unhexlify(thread: &Thread, _: Ref, text: Ref) -> Result {
    let text = ascii_of(thread, text)?;
    if text.len() % 2 != 0 {
        return Err(failed(thread, "Odd-length string"));
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let bytes: Option<Vec<u8>> =
        text.chunks(2).map(|pair| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8)).collect();
    match bytes {
        Some(bytes) => Ok(PyBytes::new(bytes).upcast()),
        None => Err(failed(thread, "Non-hexadecimal digit found")),
    }
}
