//! `_struct`: values to bytes and back (`Modules/_struct.c`).

mod format;
mod values;

use super::{NativeModule, buffer, exception_class, put, receiver};
use crate::exit::Raised;
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, exceptions, number, object, types};
pub(crate) use format::Format;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

pub(super) static MODULE: NativeModule = NativeModule {
    name: "_struct",
    functions: &[
        MethodDef::one("calcsize", |thread, _, format| {
            Ok(PyInt::from_i64(parsed(thread, format)?.size as i64).upcast())
        }),
        MethodDef::fast("pack", |thread, _, a| {
            let Some((format, values)) = a.split_first() else {
                return Err(error::type_error(thread, "missing format argument"));
            };
            pack(thread, &*parsed(thread, *format)?, values, "pack")
        }),
        MethodDef::fast("pack_into", |thread, _, a| {
            let Some((format, rest)) = a.split_first() else {
                return Err(error::type_error(thread, "missing format argument"));
            };
            pack_into(thread, &*parsed(thread, *format)?, rest)
        }),
        MethodDef::fast("unpack", |thread, _, a| {
            call::check_count(thread, "unpack", a.len(), 2, 2)?;
            unpack(thread, &*parsed(thread, a[0])?, a[1])
        }),
        MethodDef::keywords("unpack_from", |thread, _, a, k| {
            let positional = a.len() - k.map_or(0, |names| names.len());
            let Some((format, rest)) = a.split_first().filter(|_| positional > 0) else {
                return Err(error::type_error(thread, "unpack_from() takes at least 1 positional argument (0 given)"));
            };
            unpack_from(thread, &*parsed(thread, *format)?, rest, k)
        }),
        MethodDef::fast("iter_unpack", |thread, _, a| {
            call::check_count(thread, "iter_unpack", a.len(), 2, 2)?;
            iter_unpack(thread, parsed(thread, a[0])?, a[1])
        }),
        MethodDef::no_args("_clearcache", |_, _| Ok(object::new_none())),
    ],
    types: &[&STRUCT_TYPE, &ITER_TYPE],
    fill: |thread, dict| {
        put(dict, "error", error_class(thread)?);
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

fn error_class(thread: &Thread) -> Result {
    if let Some(class) = ERROR.with_borrow(Option::clone) {
        return Ok(class);
    }
    let class = exception_class(thread, "struct", "error", &[exceptions::exception().upcast()])?;
    ERROR.set(Some(class.clone()));
    Ok(class)
}

/// Raises `struct.error`.
#[cold]
fn failed(thread: &Thread, text: impl std::fmt::Display) -> Raised {
    match error_class(thread) {
        Ok(class) => error::set(thread, class.borrow().cast(), text),
        Err(raised) => raised,
    }
}

fn parsed(thread: &Thread, format: Ref) -> Result<Rc<Format>> {
    let text = match (format.downcast::<PyStr>(), format.downcast::<PyBytes>()) {
        (Some(text), _) => text.to_string_lossy(),
        (_, Some(bytes)) => String::from_utf8_lossy(bytes.data()).into_owned(),
        _ => {
            let text = format!("Struct() argument 1 must be a str or bytes object, not {}", format.ty().name());
            return Err(error::type_error(thread, text));
        }
    };
    Format::parse(&text).map(Rc::new).map_err(|problem| failed(thread, problem))
}

/// A compiled format.
#[derive(Default)]
struct Struct(RefCell<Option<(Rc<Format>, String)>>);
impl Native for Struct {}

fn format_of(thread: &Thread, own: Ref) -> Result<Rc<Format>> {
    let own: Ref<PyNative> = own.cast();
    match &*receiver::<Struct>(thread, &own)?.0.borrow() {
        Some((format, _)) => Ok(Rc::clone(format)),
        None => Err(error::runtime_error(thread, "Struct object is not initialized")),
    }
}

static STRUCT_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_struct.Struct",
    flags: flags::BASETYPE,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        new: slot(|_, class, _, _| Ok(PyNative::new(class, Struct::default()).upcast())),
        init: slot(|thread, own, args, kwargs| {
            static SIGNATURE: Signature =
                Signature { function: "Struct", names: &["format"], positional_only: 0, keyword_only: 0, required: 1 };
            let [format] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
            let format = format.unwrap_or(none_object());
            let compiled = parsed(thread, format)?;
            let text = match format.downcast::<PyBytes>() {
                Some(bytes) => String::from_utf8_lossy(bytes.data()).into_owned(),
                None => object::str_text(thread, format)?,
            };
            receiver::<Struct>(thread, &own.cast())?.0.replace(Some((compiled, text)));
            Ok(())
        }),
        repr: slot(|thread, own| {
            let known: Ref<PyNative> = own.cast();
            let text = receiver::<Struct>(thread, &known)?.0.borrow().as_ref().map(|(_, text)| text.clone());
            let shown = object::repr_checked(thread, PyStr::new(&text.unwrap_or_default()).borrow().upcast())?;
            Ok(PyStr::new(&format!("{}({shown})", types::short_name(own.ty()))).upcast())
        }),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::fast("pack", |thread, own, a| pack(thread, &*format_of(thread, own)?, a, "pack")),
        MethodDef::fast("pack_into", |thread, own, a| pack_into(thread, &*format_of(thread, own)?, a)),
        MethodDef::one("unpack", |thread, own, data| unpack(thread, &*format_of(thread, own)?, data)),
        MethodDef::keywords("unpack_from", |thread, own, a, k| unpack_from(thread, &*format_of(thread, own)?, a, k)),
        MethodDef::one("iter_unpack", |thread, own, data| iter_unpack(thread, format_of(thread, own)?, data)),
    ],
    getset: &[
        GetSetDef::read_only("format", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            let text = receiver::<Struct>(thread, &own)?.0.borrow().as_ref().map(|(_, text)| text.clone());
            Ok(PyStr::new(&text.unwrap_or_default()).upcast())
        }),
        GetSetDef::read_only("size", |thread, own| Ok(PyInt::from_i64(format_of(thread, own)?.size as i64).upcast())),
    ],
    ..TypeSpec::EMPTY
});

/// What is left of an iteration over equal pieces.
struct Pieces {
    format: Rc<Format>,
    data: Vec<u8>,
    at: std::cell::Cell<usize>,
}
impl Native for Pieces {}

static ITER_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_struct.unpack_iterator",
    flags: flags::DISALLOW_INSTANTIATION,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        iter: slot(|_, own| Ok(own.to_owned())),
        iternext: slot(|thread, own| {
            let own: Ref<PyNative> = own.cast();
            let pieces = receiver::<Pieces>(thread, &own).ok()?;
            let (at, size) = (pieces.at.get(), pieces.format.size);
            let piece = pieces.data.get(at..at + size)?;
            pieces.at.set(at + size);
            Some(pieces.format.unpack(piece).upcast())
        }),
        ..Slots::NONE
    },
    methods: &[MethodDef::no_args("__length_hint__", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        let pieces = receiver::<Pieces>(thread, &own)?;
        Ok(PyInt::from_i64(((pieces.data.len() - pieces.at.get()) / pieces.format.size) as i64).upcast())
    })],
    ..TypeSpec::EMPTY
});

fn bytes_of(thread: &Thread, value: Ref) -> Result<Vec<u8>> {
    buffer(thread, value, &format!("a bytes-like object is required, not '{}'", value.ty().name()))
}

fn pack_vec(thread: &Thread, format: &Format, values: &[Ref], function: &str) -> Result<Vec<u8>> {
    let expected = format.count();
    if values.len() != expected {
        let text = format!("{function} expected {expected} items for packing (got {})", values.len());
        return Err(failed(thread, text));
    }
    let mut out = vec![0; format.size];
    values::pack(thread, format, values, &mut out)?;
    Ok(out)
}

fn pack(thread: &Thread, format: &Format, values: &[Ref], function: &str) -> Result {
    Ok(PyBytes::new(pack_vec(thread, format, values, function)?).upcast())
}

/// How the messages of a function with an offset go.
struct Wants {
    function: &'static str,
    lacks: &'static str,
    doing: &'static str,
}

/// The bytes of a buffer that an offset names; a negative one counts from the end.
fn range_at(thread: &Thread, format: &Format, given: i64, length: usize, wants: &Wants) -> Result<Range<usize>> {
    let (size, length) = (format.size as i64, length as i64);
    let mut offset = given;
    if offset < 0 {
        if offset + size > 0 {
            return Err(failed(thread, format_args!("{} {size} bytes at offset {given}", wants.lacks)));
        }
        if offset + length < 0 {
            return Err(failed(thread, format_args!("offset {given} out of range for {length}-byte buffer")));
        }
        offset += length;
    }
    if length - offset < size {
        let text = format!(
            "{} requires a buffer of at least {} bytes for {} {size} bytes at offset {offset} (actual buffer size is \
             {length})",
            wants.function,
            size.saturating_add(offset),
            wants.doing
        );
        return Err(failed(thread, text));
    }
    Ok(offset as usize..(offset + size) as usize)
}

/// `pack_into(buffer, offset, v1, v2, ...)`.
fn pack_into(thread: &Thread, format: &Format, arguments: &[Ref]) -> Result {
    if arguments.len() < 2 || arguments.len() - 2 != format.count() {
        let text = match arguments.len() {
            0 => "pack_into expected buffer argument".to_owned(),
            1 => "pack_into expected offset argument".to_owned(),
            given => format!("pack_into expected {} items for packing (got {})", format.count(), given - 2),
        };
        return Err(failed(thread, text));
    }
    let text = format!("argument must be read-write bytes-like object, not {}", arguments[0].ty().name());
    let mut target = buffer(thread, arguments[0], &text)?;
    let given = number::as_i64(thread, arguments[1])?;
    let wants = Wants { function: "pack_into", lacks: "no space to pack", doing: "packing" };
    let range = range_at(thread, format, given, target.len(), &wants)?;
    let packed = pack_vec(thread, format, &arguments[2..], "pack_into")?;
    target[range].copy_from_slice(&packed);
    super::io::file::store(thread, arguments[0], &target, &text)?;
    Ok(object::new_none())
}

fn unpack(thread: &Thread, format: &Format, data: Ref) -> Result {
    let data = bytes_of(thread, data)?;
    if data.len() != format.size {
        return Err(failed(thread, format_args!("unpack requires a buffer of {} bytes", format.size)));
    }
    Ok(format.unpack(&data).upcast())
}

/// `unpack_from(buffer, offset=0)`.
fn unpack_from(thread: &Thread, format: &Format, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "unpack_from",
        names: &["buffer", "offset"],
        positional_only: 0,
        keyword_only: 0,
        required: 1,
    };
    let [data, offset] = SIGNATURE.bind(thread, arguments, keywords)?;
    let data = bytes_of(thread, data.unwrap_or(none_object()))?;
    let given = offset.map_or(Ok(0), |offset| number::as_i64(thread, offset))?;
    let wants = Wants { function: "unpack_from", lacks: "not enough data to unpack", doing: "unpacking" };
    let range = range_at(thread, format, given, data.len(), &wants)?;
    Ok(format.unpack(&data[range]).upcast())
}

fn iter_unpack(thread: &Thread, format: Rc<Format>, data: Ref) -> Result {
    if format.size == 0 {
        return Err(failed(thread, "cannot iteratively unpack with a struct of length 0"));
    }
    let data = bytes_of(thread, data)?;
    if data.len() % format.size != 0 {
        let text = format!("iterative unpacking requires a buffer of a multiple of {} bytes", format.size);
        return Err(failed(thread, text));
    }
    types::ready(thread, Ref::from_static(&ITER_TYPE));
    let pieces = Pieces { format, data, at: std::cell::Cell::new(0) };
    Ok(PyNative::new(Ref::from_static(&ITER_TYPE), pieces).upcast())
}
