//! Text to bytes and back: the encodings that CPython has in C, and their error handlers (`Objects/unicodeobject.c`,
//! `Python/codecs.c`).

mod decode;
mod encode;
mod handlers;

use super::support::{raise, type_error, type_name};
use crate::exit::Raised;
use crate::object::*;
use crate::runtime::{error, exceptions, types};

/// Order of the bytes in a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// By the mark in front; little and with a mark when encoding.
    Marked,
    Little,
    Big,
}

/// An encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    Utf8,
    /// UTF-8 with a mark in front.
    Utf8Sig,
    Ascii,
    Latin1,
    Utf16(Order),
    Utf32(Order),
}

impl Codec {
    /// The encoding of a name, by any of its aliases.
    pub(crate) fn find(name: &str) -> Option<Codec> {
        let plain = name.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        Some(match plain.as_str() {
            "utf-8" | "utf8" | "u8" | "utf" | "cp65001" => Codec::Utf8,
            "utf-8-sig" => Codec::Utf8Sig,
            "ascii" | "us-ascii" | "646" | "ansi-x3.4-1968" | "iso646-us" | "us" => Codec::Ascii,
            "latin-1" | "latin1" | "latin" | "l1" | "iso-8859-1" | "iso8859-1" | "8859" | "cp819" => Codec::Latin1,
            "utf-16" | "utf16" | "u16" => Codec::Utf16(Order::Marked),
            "utf-16-le" | "utf-16le" | "utf16-le" => Codec::Utf16(Order::Little),
            "utf-16-be" | "utf-16be" | "utf16-be" => Codec::Utf16(Order::Big),
            "utf-32" | "utf32" | "u32" => Codec::Utf32(Order::Marked),
            "utf-32-le" | "utf-32le" | "utf32-le" => Codec::Utf32(Order::Little),
            "utf-32-be" | "utf-32be" | "utf32-be" => Codec::Utf32(Order::Big),
            _ => return None,
        })
    }

    /// The name that exceptions show.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Codec::Utf8 | Codec::Utf8Sig => "utf-8",
            Codec::Ascii => "ascii",
            Codec::Latin1 => "latin-1",
            Codec::Utf16(Order::Marked) => "utf-16",
            Codec::Utf16(Order::Little) => "utf-16-le",
            Codec::Utf16(Order::Big) => "utf-16-be",
            Codec::Utf32(Order::Marked) => "utf-32",
            Codec::Utf32(Order::Little) => "utf-32-le",
            Codec::Utf32(Order::Big) => "utf-32-be",
        }
    }
}

/// Bytes as text.
pub(crate) fn decode(thread: &Thread, data: &[u8], encoding: &str, errors: &str) -> Result<Owned<PyStr>> {
    match Codec::find(encoding) {
        Some(codec) => decode::decode(thread, data, codec, errors),
        None => crate::modules::decode_by_registry(thread, data, encoding, errors),
    }
}

/// Text as bytes.
pub(crate) fn encode(thread: &Thread, text: Ref<PyStr>, encoding: &str, errors: &str) -> Result<Vec<u8>> {
    match Codec::find(encoding) {
        Some(codec) => encode::encode(thread, text, codec, errors),
        None => crate::modules::encode_by_registry(thread, text, encoding, errors),
    }
}

/// Whether an argument names UTF-8 as it is mostly written.
pub(crate) fn is_utf8(encoding: Ref) -> bool {
    encoding.downcast::<PyStr>().is_some_and(|name| name.eq_text("utf-8") || name.eq_text("utf8"))
}

/// The text of an `encoding` or `errors` argument.
pub(crate) fn option(thread: &Thread, function: &str, name: &str, given: Option<Ref>, default: &str) -> Result<String> {
    let Some(given) = given else { return Ok(default.to_owned()) };
    match given.downcast::<PyStr>() {
        Some(text) => Ok(text.to_string_lossy()),
        None => {
            let kind = if given.is(none_object()) { "None".to_owned() } else { type_name(given) };
            Err(type_error(thread, &format!("{function}() argument '{name}' must be str, not {kind}")))
        }
    }
}

/// Raises UnicodeEncodeError or UnicodeDecodeError about `start..end` of `object`.
#[cold]
fn refused(
    thread: &Thread,
    ty: Ref<PyType>,
    codec: Codec,
    object: Owned,
    (start, end): (usize, usize),
    why: &str,
) -> Raised {
    error::set_object(thread, fault(ty, codec, object, (start, end), why))
}

/// The exception that says what is wrong with `start..end` of `object`.
fn fault(
    ty: Ref<PyType>,
    codec: Codec,
    object: Owned,
    (start, end): (usize, usize),
    why: &str,
) -> Owned<PyBaseException> {
    let fields = [
        PyStr::new(codec.name()).upcast(),
        object,
        PyInt::from_i64(start as i64).upcast(),
        PyInt::from_i64(end as i64).upcast(),
        PyStr::new(why).upcast(),
    ];
    let exception = PyBaseException::new(ty, PyTuple::from_array(fields.clone()));
    for (index, field) in fields.into_iter().enumerate() {
        exception.extra(index).set(Some(field));
    }
    exception
}

/// Whether a name is that of an error handler; what is not is only looked up once it is needed.
fn unknown_handler(thread: &Thread, errors: &str) -> Raised {
    raise(thread, exceptions::lookup_error(), &format!("unknown error handler name '{errors}'"))
}

/// An exact str of an object that is one.
fn plain(text: Ref<PyStr>) -> Owned {
    if text.is_exact(types::str()) { text.to_owned().upcast() } else { PyStr::plain_copy(text).upcast() }
}
