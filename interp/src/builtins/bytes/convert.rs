//! Making bytes and bytearrays: from numbers, iterables, text and hexadecimal digits; and text from them.

use super::super::args::Parameters;
use super::super::codec;
use super::super::support::{collect, index, index_isize, raise, special, type_error, type_name, value_error};
use super::{Data, buffer, bytes_like, like, own, same_or};
use crate::exit::Raised;
use crate::object::*;
use crate::runtime::{error, exceptions, types};

/// The arguments of `bytes` and `bytearray`.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    pub(crate) source: Option<Ref>,
    pub(crate) encoding: Option<Ref>,
    pub(crate) errors: Option<Ref>,
}

impl Source {
    pub(crate) fn read(
        thread: &Thread,
        function: &'static str,
        arguments: Ref<PyTuple>,
        keywords: Option<Ref<PyDict>>,
    ) -> Result<Source> {
        let names = &["source", "encoding", "errors"];
        let parameters = Parameters { function, names, required: 0, positional: 3 };
        let [source, encoding, errors] = parameters.bind_dict::<3>(thread, arguments, keywords)?;
        for (given, name) in [(encoding, "encoding"), (errors, "errors")] {
            codec::option(thread, function, name, given, "")?;
        }
        Ok(Source { source, encoding, errors })
    }

    /// The bytes that the arguments mean; `kind` is `bytes` or `bytearray`.
    pub(crate) fn data(self, thread: &Thread, kind: &str) -> Result<Data> {
        let explicit = self.encoding.is_some() || self.errors.is_some();
        let Some(source) = self.source else {
            return match (self.encoding, self.errors) {
                (None, None) => Ok(Data::Copied(Vec::new())),
                (Some(_), _) => Err(type_error(thread, "encoding without a string argument")),
                (None, Some(_)) => Err(type_error(thread, "errors without a string argument")),
            };
        };
        if let Some(text) = source.downcast::<PyStr>() {
            if self.encoding.is_none() {
                return Err(type_error(thread, "string argument without an encoding"));
            }
            let encoding = codec::option(thread, kind, "encoding", self.encoding, "utf-8")?;
            let errors = codec::option(thread, kind, "errors", self.errors, "strict")?;
            return codec::encode(thread, text, &encoding, &errors).map(Data::Copied);
        }
        if explicit {
            let what = if self.encoding.is_some() { "encoding" } else { "errors" };
            return Err(type_error(thread, &format!("{what} without a string argument")));
        }
        from_object(thread, kind, source)
    }
}

fn from_object(thread: &Thread, kind: &str, source: Ref) -> Result<Data> {
    if kind == "bytes"
        && source.downcast::<PyInt>().is_none()
        && !source.is_exact(types::bytes())
        && let Some(made) = special(thread, source, "__bytes__", &[])?
    {
        return match made.downcast::<PyBytes>() {
            Ok(made) => Ok(Data::Shared(made)),
            Err(other) => {
                let kind = type_name(other.borrow());
                Err(type_error(thread, &format!("__bytes__ returned non-bytes (type {kind})")))
            }
        };
    }
    if source.ty().slots.nb_index.get().is_some() {
        return zeros(thread, source).map(Data::Copied);
    }
    if let Some(data) = buffer(thread, source)? {
        return Ok(data);
    }
    if source.ty().slots.iter.get().is_none() && source.ty().slots.sq_item.get().is_none() {
        return Err(type_error(thread, &format!("cannot convert '{}' object to {kind}", type_name(source))));
    }
    items(thread, source, if kind == "bytes" { "bytes" } else { "byte" }).map(Data::Copied)
}

fn zeros(thread: &Thread, count: Ref) -> Result<Vec<u8>> {
    let count = index_isize(thread, count)?;
    let Ok(count) = usize::try_from(count) else { return Err(value_error(thread, "negative count")) };
    let mut out = Vec::new();
    if out.try_reserve_exact(count).is_err() {
        return Err(error::no_memory(thread));
    }
    out.resize(count, 0);
    Ok(out)
}

/// The bytes of an iterable of ints.
pub(crate) fn items(thread: &Thread, source: Ref, what: &str) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    for item in collect(thread, source)? {
        let byte = index(thread, item.borrow())?.as_i64().and_then(|value| u8::try_from(value).ok());
        out.push(byte.ok_or_else(|| value_error(thread, &format!("{what} must be in range(0, 256)")))?);
    }
    Ok(out)
}

/// `bytes.__new__`.
pub(crate) fn bytes_new(
    thread: &Thread,
    class: Ref<PyType>,
    arguments: Ref<PyTuple>,
    keywords: Option<Ref<PyDict>>,
) -> Result {
    let source = Source::read(thread, "bytes", arguments, keywords)?;
    if let Some(given) = source.source
        && source.encoding.is_none()
        && source.errors.is_none()
        && class.is(types::bytes())
        && given.is_exact(types::bytes())
    {
        return Ok(given.to_owned());
    }
    match source.data(thread, "bytes")? {
        Data::Shared(bytes) if class.is(types::bytes()) && bytes.borrow().is_exact(class) => Ok(bytes.upcast()),
        data => Ok(PyBytes::of_class(class, data.into_vec()).upcast()),
    }
}

/// `bytes.__bytes__`.
pub(super) fn bytes_of_bytes(_: &Thread, bytes: Ref) -> Result {
    if bytes.is_exact(types::bytes()) {
        return Ok(bytes.to_owned());
    }
    Ok(PyBytes::new(own(bytes).into_vec()).upcast())
}

pub(super) fn decode(thread: &Thread, receiver: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "decode", names: &["encoding", "errors"], required: 0, positional: 2 };
    let [encoding, errors] = PARAMETERS.bind::<2>(thread, arguments, names)?;
    if encoding.is_none_or(codec::is_utf8)
        && errors.is_none()
        && let Some(bytes) = receiver.downcast::<PyBytes>()
        && bytes.data().is_ascii()
    {
        return Ok(PyStr::from_units(Units::One(bytes.data())).upcast());
    }
    let encoding = codec::option(thread, "decode", "encoding", encoding, "utf-8")?;
    let errors = codec::option(thread, "decode", "errors", errors, "strict")?;
    codec::decode(thread, &own(receiver), &encoding, &errors).map(Owned::upcast)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

pub(super) fn fromhex(thread: &Thread, class: Ref, source: Ref) -> Result {
    let text = match (source.downcast::<PyStr>(), buffer(thread, source)?) {
        (Some(string), _) => {
            string.points().map(|point| u8::try_from(point).ok().filter(u8::is_ascii).unwrap_or(0xFF)).collect()
        }
        (None, Some(data)) => data.into_vec(),
        (None, None) => {
            let message = format!("fromhex() argument must be str or bytes-like, not {}", type_name(source));
            return Err(type_error(thread, &message));
        }
    };
    let bad =
        |at: usize| value_error(thread, &format!("non-hexadecimal number found in fromhex() arg at position {at}"));
    let (mut out, mut at) = (Vec::new(), 0);
    while at < text.len() {
        if matches!(text[at], b'\t'..=b'\r' | b' ') {
            at += 1;
            continue;
        }
        let high = digit(text[at]).ok_or_else(|| bad(at))?;
        let Some(&low) = text.get(at + 1) else {
            return Err(value_error(thread, "fromhex() arg must contain an even number of hexadecimal digits"));
        };
        let low = digit(low).ok_or_else(|| bad(at + 1))?;
        out.push(high << 4 | low);
        at += 2;
    }
    let class: Ref<PyType> = class.cast();
    if class.is(types::bytes()) {
        return Ok(PyBytes::new(out).upcast());
    }
    if class.is(types::bytearray()) {
        return Ok(PyByteArray::new(out).upcast());
    }
    let made = PyBytes::new(out).upcast();
    crate::runtime::call::with(thread, class.upcast(), &[made.borrow()])
}

/// `hex(sep, bytes_per_sep=1)`, of bytes, bytearray and memoryview.
pub(crate) fn hex(thread: &Thread, receiver: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "hex", names: &["sep", "bytes_per_sep"], required: 0, positional: 2 };
    let [separator, group] = PARAMETERS.bind::<2>(thread, arguments, names)?;
    let group = group.map_or(Ok(1), |group| index_isize(thread, group))?;
    let data = bytes_like(thread, receiver)?;
    let separator = match separator {
        None => None,
        Some(separator) => Some(hex_separator(thread, separator)?),
    };
    let digits = data.iter().map(|byte| format!("{byte:02x}"));
    let Some(separator) = separator.filter(|_| group != 0) else {
        return Ok(PyStr::new(&digits.collect::<String>()).upcast());
    };
    let size = group.unsigned_abs();
    // Groups are counted from the right unless the number is negative.
    let offset = if group > 0 { data.len() % size } else { 0 };
    let mut out = String::new();
    for (at, pair) in digits.enumerate() {
        if at > 0 && at % size == offset % size {
            out.push(separator);
        }
        out.push_str(&pair);
    }
    Ok(PyStr::new(&out).upcast())
}

fn hex_separator(thread: &Thread, separator: Ref) -> Result<char> {
    let points: Vec<u32> = match (separator.downcast::<PyStr>(), separator.downcast::<PyBytes>()) {
        (Some(text), _) => text.points().collect(),
        (None, Some(bytes)) => bytes.data().iter().map(|&byte| byte.into()).collect(),
        (None, None) => {
            return Err(if separator.ty().slots.sq_length.get().is_none() {
                type_error(thread, &format!("object of type '{}' has no len()", type_name(separator)))
            } else {
                type_error(thread, "sep must be str or bytes.")
            });
        }
    };
    match points.as_slice() {
        [point] => match char::from_u32(*point).filter(char::is_ascii) {
            Some(c) => Ok(c),
            None => Err(value_error(thread, "sep must be ASCII.")),
        },
        _ => Err(value_error(thread, "sep must be length 1.")),
    }
}

pub(super) fn maketrans(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    super::super::args::positional(thread, "maketrans", arguments.len(), 2, 2)?;
    let (from, to) = (bytes_like(thread, arguments[0])?, bytes_like(thread, arguments[1])?);
    if from.len() != to.len() {
        return Err(value_error(thread, "maketrans arguments must have same length"));
    }
    let mut table: Vec<u8> = (0..=255).collect();
    for (&from, &to) in from.iter().zip(to.iter()) {
        table[usize::from(from)] = to;
    }
    Ok(PyBytes::new(table).upcast())
}

pub(super) fn translate(thread: &Thread, receiver: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "translate", names: &["", "delete"], required: 1, positional: 2 };
    let [table, delete] = PARAMETERS.bind::<2>(thread, arguments, names)?;
    let table = match table.filter(|table| !table.is(none_object())) {
        None => None,
        Some(table) => Some(bytes_like(thread, table)?),
    };
    if table.as_ref().is_some_and(|table| table.len() != 256) {
        return Err(value_error(thread, "translation table must be 256 characters long"));
    }
    let delete = match delete {
        None => None,
        Some(delete) => Some(bytes_like(thread, delete)?),
    };
    let data = own(receiver);
    let out: Vec<u8> = data
        .iter()
        .filter(|byte| !delete.as_ref().is_some_and(|delete| delete.contains(byte)))
        .map(|&byte| table.as_ref().map_or(byte, |table| table[usize::from(byte)]))
        .collect();
    let changed = out[..] != data[..];
    Ok(if changed { like(receiver, out) } else { same_or(receiver, &data, None) })
}

/// OverflowError and the like for what has no room.
pub(crate) fn buffer_error(thread: &Thread, text: &str) -> Raised {
    raise(thread, exceptions::buffer_error(), text)
}
