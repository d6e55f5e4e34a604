//! `_codecs`: the registry of encodings and error handlers (`Python/codecs.c`, `Modules/_codecsmodule.c`).

use super::{NativeModule, buffer, imported, text_argument};
use crate::builtins::codec;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, exceptions, iter, object};
use std::cell::RefCell;

pub(super) static MODULE: NativeModule = NativeModule {
    name: "_codecs",
    functions: &[
        MethodDef::one("register", |_, _, search| {
            SEARCHES.with_borrow_mut(|searches| searches.push(search.to_owned()));
            Ok(object::new_none())
        }),
        MethodDef::one("unregister", |_, _, search| {
            SEARCHES.with_borrow_mut(|searches| searches.retain(|known| !known.borrow().is(search)));
            Ok(object::new_none())
        }),
        MethodDef::one("lookup", lookup),
        MethodDef::one("lookup_error", lookup_error),
        MethodDef::fast("register_error", |thread, _, arguments| {
            call::check_count(thread, "register_error", arguments.len(), 2, 2)?;
            let name = text_argument(thread, "register_error", arguments[0])?;
            HANDLERS.with_borrow_mut(|handlers| handlers.push((name, arguments[1].to_owned())));
            Ok(object::new_none())
        }),
        MethodDef::keywords("encode", |thread, _, a, k| convert(thread, a, k, "encode")),
        MethodDef::keywords("decode", |thread, _, a, k| convert(thread, a, k, "decode")),
        MethodDef::fast("utf_8_encode", |thread, _, a| encode(thread, a, "utf-8")),
        MethodDef::fast("utf_8_decode", |thread, _, a| decode_utf8(thread, a)),
        MethodDef::fast("ascii_encode", |thread, _, a| encode(thread, a, "ascii")),
        MethodDef::fast("ascii_decode", |thread, _, a| decode(thread, a, "ascii")),
        MethodDef::fast("latin_1_encode", |thread, _, a| encode(thread, a, "latin-1")),
        MethodDef::fast("latin_1_decode", |thread, _, a| decode(thread, a, "latin-1")),
        MethodDef::fast("utf_16_encode", |thread, _, a| encode(thread, a, "utf-16")),
        MethodDef::fast("utf_16_decode", |thread, _, a| decode_units(thread, a, "utf-16")),
        MethodDef::fast("utf_32_encode", |thread, _, a| encode(thread, a, "utf-32")),
        MethodDef::fast("utf_32_decode", |thread, _, a| decode_units(thread, a, "utf-32")),
        MethodDef::fast("utf_16_le_encode", |thread, _, a| encode(thread, a, "utf-16-le")),
        MethodDef::fast("utf_16_le_decode", |thread, _, a| decode_units(thread, a, "utf-16-le")),
        MethodDef::fast("utf_16_be_encode", |thread, _, a| encode(thread, a, "utf-16-be")),
        MethodDef::fast("utf_16_be_decode", |thread, _, a| decode_units(thread, a, "utf-16-be")),
        MethodDef::fast("utf_32_le_encode", |thread, _, a| encode(thread, a, "utf-32-le")),
        MethodDef::fast("utf_32_le_decode", |thread, _, a| decode_units(thread, a, "utf-32-le")),
        MethodDef::fast("utf_32_be_encode", |thread, _, a| encode(thread, a, "utf-32-be")),
        MethodDef::fast("utf_32_be_decode", |thread, _, a| decode_units(thread, a, "utf-32-be")),
        MethodDef::fast("readbuffer_encode", |thread, _, a| {
            call::check_count(thread, "readbuffer_encode", a.len(), 1, 2)?;
            let data = match a[0].downcast::<PyStr>() {
                Some(text) => codec::encode(thread, text, "utf-8", "strict")?,
                None => buffer(thread, a[0], "a bytes-like object is required")?,
            };
            let length = data.len();
            Ok(pair(PyBytes::new(data).upcast(), length))
        }),
    ],
    types: &[],
    fill: |thread, dict| {
        super::add_functions(thread, dict, "_codecs", super::charmap::FUNCTIONS);
        super::add_functions(thread, dict, "_codecs", super::escapes::FUNCTIONS);
        for def in STANDARD {
            let function = PyCFunction::new(def, None, Some(PyStr::new("codecs").upcast()));
            let name = def.name.trim_end_matches("_errors").to_owned();
            HANDLERS.with_borrow_mut(|handlers| handlers.push((name, function.upcast())));
        }
        Ok(())
    },
};

thread_local! {
    static SEARCHES: RefCell<Vec<Owned>> = const { RefCell::new(Vec::new()) };
    static HANDLERS: RefCell<Vec<(String, Owned)>> = const { RefCell::new(Vec::new()) };
}

/// Forgets the registry: its objects belong to the interpreter that ends.
pub(crate) fn forget() {
    drop(SEARCHES.take());
    drop(HANDLERS.take());
}

static STANDARD: &[MethodDef] = &[
    MethodDef::one("strict_errors", |thread, _, problem| match problem.downcast::<PyBaseException>() {
        Some(problem) => Err(error::set_object(thread, problem.to_owned())),
        None => Err(error::type_error(thread, "codec must pass exception instance")),
    }),
    MethodDef::one("ignore_errors", |thread, _, problem| replaced(thread, problem, |_| String::new())),
    MethodDef::one("replace_errors", |thread, _, problem| {
        let decodes = problem.ty().is_subtype(exceptions::unicode_decode_error());
        let encodes = problem.ty().is_subtype(exceptions::unicode_encode_error());
        let count = if decodes { 1 } else { span(thread, problem)?.len() };
        let put = if encodes { "?" } else { "\u{FFFD}" };
        replaced(thread, problem, |_| put.repeat(count))
    }),
    MethodDef::one("backslashreplace_errors", |thread, _, problem| {
        replaced(thread, problem, |points| {
            points
                .iter()
                .map(|&point| match point {
                    0..=0xFF => format!("\\x{point:02x}"),
                    0x100..=0xFFFF => format!("\\u{point:04x}"),
                    _ => format!("\\U{point:08x}"),
                })
                .collect()
        })
    }),
    MethodDef::one("xmlcharrefreplace_errors", |thread, _, problem| {
        replaced(thread, problem, |points| points.iter().map(|point| format!("&#{point};")).collect())
    }),
    MethodDef::one("namereplace_errors", |thread, _, problem| {
        replaced(thread, problem, |points| points.iter().map(|point| format!("\\u{point:04x}")).collect())
    }),
];

fn position(thread: &Thread, problem: Ref, name: &str) -> Result<usize> {
    let value = object::get_attr(thread, problem, PyStr::new(name).borrow())?;
    crate::runtime::number::as_i64(thread, value.borrow()).map(|value| usize::try_from(value).unwrap_or(0))
}

/// The code points (or bytes) that could not be converted.
fn span(thread: &Thread, problem: Ref) -> Result<Vec<u32>> {
    let object = object::get_attr(thread, problem, PyStr::new("object").borrow())?;
    let (start, end) = (position(thread, problem, "start")?, position(thread, problem, "end")?);
    let all: Vec<u32> = match object.borrow().downcast::<PyStr>() {
        Some(text) => text.points().collect(),
        None => buffer(thread, object.borrow(), "object attribute must be bytes")?.into_iter().map(u32::from).collect(),
    };
    Ok(all.get(start..end.min(all.len())).map(<[u32]>::to_vec).unwrap_or_default())
}

fn replaced(thread: &Thread, problem: Ref, by: impl FnOnce(&[u32]) -> String) -> Result {
    let text = by(&span(thread, problem)?);
    let end = position(thread, problem, "end")?;
    Ok(PyTuple::from_array([PyStr::new(&text).upcast(), PyInt::from_i64(end as i64).upcast()]).upcast())
}

fn lookup(thread: &Thread, _: Ref, encoding: Ref) -> Result {
    let name = text_argument(thread, "lookup", encoding)?.to_ascii_lowercase().replace(' ', "-");
    // The package registers its search function when it is imported.
    if SEARCHES.with_borrow(Vec::is_empty) {
        imported(thread, "encodings", "search_function")?;
    }
    let normal = PyStr::new(&name);
    for search in SEARCHES.with_borrow(Vec::clone) {
        let found = call::with(thread, search.borrow(), &[normal.borrow().upcast()])?;
        if !object::is_none(found.borrow()) {
            return Ok(found);
        }
    }
    Err(error::set(thread, exceptions::lookup_error(), format!("unknown encoding: {name}")))
}

fn lookup_error(thread: &Thread, _: Ref, name: Ref) -> Result {
    let name = text_argument(thread, "lookup_error", name)?;
    let found = HANDLERS.with_borrow(|handlers| {
        handlers.iter().rev().find(|(known, _)| *known == name).map(|(_, handler)| handler.clone())
    });
    found.ok_or_else(|| error::set(thread, exceptions::lookup_error(), format!("unknown error handler name '{name}'")))
}

/// `encode(obj, encoding='utf-8', errors='strict')`, and `decode`.
fn convert(thread: &Thread, arguments: &[Ref], keywords: Option<Ref<PyTuple>>, function: &'static str) -> Result {
    let signature =
        Signature { function, names: &["obj", "encoding", "errors"], positional_only: 0, keyword_only: 0, required: 1 };
    let [value, encoding, errors] = signature.bind(thread, arguments, keywords)?;
    let value = value.unwrap_or(none_object());
    let errors = errors.map_or(Ok("strict".to_owned()), |errors| text_argument(thread, function, errors))?;
    let name = encoding.map_or(Ok("utf-8".to_owned()), |encoding| text_argument(thread, function, encoding))?;
    if codec::Codec::find(&name).is_some() {
        return match (function, value.downcast::<PyStr>()) {
            ("encode", Some(text)) => Ok(PyBytes::new(codec::encode(thread, text, &name, &errors)?).upcast()),
            ("encode", None) => Err(error::type_error(thread, "utf_8_encode() argument 1 must be str")),
            _ => {
                let data = buffer(thread, value, "a bytes-like object is required")?;
                codec::decode(thread, &data, &name, &errors).map(Owned::upcast)
            }
        };
    }
    let info = lookup(thread, none_object(), PyStr::new(&name).borrow().upcast())?;
    let convert = object::get_attr(thread, info.borrow(), PyStr::new(function).borrow())?;
    let errors = PyStr::new(&errors);
    let pair = call::with(thread, convert.borrow(), &[value, errors.borrow().upcast()])?;
    match iter::collect(thread, pair.borrow())?.into_iter().next() {
        Some(converted) => Ok(converted),
        None => Err(error::type_error(thread, format_args!("{function}r must return a tuple (object, integer)"))),
    }
}

fn errors_of(thread: &Thread, arguments: &[Ref]) -> Result<String> {
    match arguments.get(1).filter(|errors| !object::is_none(**errors)) {
        Some(errors) => text_argument(thread, "errors", *errors),
        None => Ok("strict".to_owned()),
    }
}

fn pair(value: Owned, length: usize) -> Owned {
    PyTuple::from_array([value, PyInt::from_i64(length as i64).upcast()]).upcast()
}

fn encode(thread: &Thread, arguments: &[Ref], encoding: &str) -> Result {
    call::check_count(thread, "encode", arguments.len(), 1, 3)?;
    let Some(text) = arguments[0].downcast::<PyStr>() else {
        let text = format!("encode() argument 1 must be str, not {}", arguments[0].ty().name());
        return Err(error::type_error(thread, text));
    };
    let bytes = codec::encode(thread, text, encoding, &errors_of(thread, arguments)?)?;
    Ok(pair(PyBytes::new(bytes).upcast(), text.len()))
}

fn decode(thread: &Thread, arguments: &[Ref], encoding: &str) -> Result {
    call::check_count(thread, "decode", arguments.len(), 1, 3)?;
    let data = buffer(thread, arguments[0], "a bytes-like object is required")?;
    let text = codec::decode(thread, &data, encoding, &errors_of(thread, arguments)?)?;
    Ok(pair(text.upcast(), data.len()))
}

/// Without `final`, a character that is not whole at the end is left for the next time.
fn decode_utf8(thread: &Thread, arguments: &[Ref]) -> Result {
    call::check_count(thread, "utf_8_decode", arguments.len(), 1, 3)?;
    let data = buffer(thread, arguments[0], "a bytes-like object is required")?;
    let last = arguments.get(2).map_or(Ok(false), |last| object::is_truthy(thread, *last))?;
    let whole = match std::str::from_utf8(&data) {
        Err(problem) if !last && problem.error_len().is_none() => problem.valid_up_to(),
        _ => data.len(),
    };
    let text = codec::decode(thread, &data[..whole], "utf-8", &errors_of(thread, arguments)?)?;
    Ok(pair(text.upcast(), whole))
}

/// As `decode`, of units of two or four bytes: without `final`, a character that is not whole at the end is left.
fn decode_units(thread: &Thread, arguments: &[Ref], encoding: &str) -> Result {
    call::check_count(thread, "decode", arguments.len(), 1, 3)?;
    let data = buffer(thread, arguments[0], "a bytes-like object is required")?;
    let last = arguments.get(2).map_or(Ok(false), |last| object::is_truthy(thread, *last))?;
    let unit = if encoding.starts_with("utf-16") { 2 } else { 4 };
    let mut whole = data.len();
    if !last {
        whole -= whole % unit;
        let big = encoding.ends_with("be") || unit == 2 && data.starts_with(&[0xFE, 0xFF]);
        let high = |at: usize| data[if big { at } else { at + 1 }];
        // The first half of a pair.
        if unit == 2 && whole >= 2 && (0xD8..0xDC).contains(&high(whole - 2)) {
            whole -= 2;
        }
    }
    let text = codec::decode(thread, &data[..whole], encoding, &errors_of(thread, arguments)?)?;
    Ok(pair(text.upcast(), whole))
}

/// The codec of a name, which has to be one between text and bytes; `function` is what is asked of it.
fn text_codec(thread: &Thread, encoding: &str, function: &str) -> Result {
    let info = lookup(thread, none_object(), PyStr::new(encoding).borrow().upcast())?;
    let is_text = object::get_optional_attr(thread, info.borrow(), PyStr::new("_is_text_encoding").borrow())?;
    if is_text.is_some_and(|is_text| object::is_false(is_text.borrow())) {
        let text = format!("'{encoding}' is not a text encoding; use codecs.{function}() to handle arbitrary codecs");
        return Err(error::set(thread, exceptions::lookup_error(), text));
    }
    object::get_attr(thread, info.borrow(), PyStr::new(function).borrow())
}

fn first_of_pair(thread: &Thread, pair: Owned, function: &str) -> Result {
    match pair.borrow().downcast::<PyTuple>().filter(|pair| pair.len() == 2) {
        Some(pair) => Ok(pair.item(0).to_owned()),
        None => Err(error::type_error(thread, format_args!("{function}r must return a tuple (object, integer)"))),
    }
}

/// Decodes with a codec of the registry.
pub(crate) fn decode_by_registry(thread: &Thread, data: &[u8], encoding: &str, errors: &str) -> Result<Owned<PyStr>> {
    let convert = text_codec(thread, encoding, "decode")?;
    let (data, errors) = (PyBytes::new(data.to_vec()), PyStr::new(errors));
    let pair = call::with(thread, convert.borrow(), &[data.borrow().upcast(), errors.borrow().upcast()])?;
    first_of_pair(thread, pair, "decode")?.downcast::<PyStr>().map_err(|other| {
        let text = format!(
            "'{encoding}' decoder returned '{}' instead of 'str'; use codecs.decode() to decode to arbitrary types",
            other.borrow().ty().name()
        );
        error::type_error(thread, text)
    })
}

/// Encodes with a codec of the registry.
pub(crate) fn encode_by_registry(thread: &Thread, text: Ref<PyStr>, encoding: &str, errors: &str) -> Result<Vec<u8>> {
    let convert = text_codec(thread, encoding, "encode")?;
    let errors = PyStr::new(errors);
    let pair = call::with(thread, convert.borrow(), &[text.upcast(), errors.borrow().upcast()])?;
    let bytes = first_of_pair(thread, pair, "encode")?;
    let text = format!(
        "'{encoding}' encoder returned '{}' instead of 'bytes'; use codecs.encode() to encode to arbitrary types",
        bytes.borrow().ty().name()
    );
    buffer(thread, bytes.borrow(), &text)
}
