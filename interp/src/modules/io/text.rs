//! `TextIOWrapper`: text over a stream of bytes (`Modules/_io/textio.c`).

use super::base::{closed_error, limit, unsupported};
use super::file::ByteFile;
use super::stringio;
use crate::builtins::codec;
use crate::modules::{buffer, native_dict, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{error, object};
use std::cell::{Cell, RefCell};

/// Text over bytes.
pub(super) struct Text {
    pub(super) bytes: Owned,
    encoding: String,
    errors: String,
    /// `None` reads all line ends as `\n` and writes them so.
    newline: Option<String>,
    line_buffering: Cell<bool>,
    /// Decoded and not yet taken.
    ahead: RefCell<Vec<u32>>,
}
native_fields!(Text: bytes);

pub(super) static TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_io.TextIOWrapper",
    flags: flags::HAVE_GC | flags::BASETYPE,
    base: Some(&super::base::TEXT_BASE),
    slots: Slots {
        new: slot(new),
        init: slot(|_, _, _, _| Ok(())),
        repr: slot(repr),
        dict_of: slot(native_dict),
        ..Slots::NONE
    },
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::EMPTY
});

/// The decoder of line ends, which nothing here makes: `io` has its name.
pub(super) static NEWLINE_DECODER: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_io.IncrementalNewlineDecoder",
    flags: flags::HAVE_GC,
    base: Some(&crate::runtime::object::TYPE),
    ..TypeSpec::EMPTY
});

fn new(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "TextIOWrapper",
        names: &["buffer", "encoding", "errors", "newline", "line_buffering", "write_through"],
        positional_only: 0,
        keyword_only: 0,
        required: 1,
    };
    let [bytes, encoding, errors, newline, line, _] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let given = |value: Option<Ref>| value.filter(|value| !object::is_none(*value));
    let bytes = bytes.unwrap_or(none_object()).to_owned();
    let text = make(thread, bytes, given(encoding), given(errors), given(newline))?;
    text.line_buffering.set(line.map_or(Ok(false), |line| object::is_truthy(thread, line))?);
    Ok(PyNative::new(class, text).upcast())
}

fn make(
    thread: &Thread,
    bytes: Owned,
    encoding: Option<Ref>,
    errors: Option<Ref>,
    newline: Option<Ref>,
) -> Result<Text> {
    let option = |name: &str, value: Option<Ref>, default: &str| match value {
        None => Ok(default.to_owned()),
        Some(value) => match value.downcast::<PyStr>() {
            Some(text) => Ok(text.to_string_lossy()),
            None => {
                let text = format!("open() argument '{name}' must be str or None, not {}", value.ty().name());
                Err(error::type_error(thread, text))
            }
        },
    };
    let encoding = match option("encoding", encoding, "utf-8")?.as_str() {
        "locale" => "utf-8".to_owned(),
        other => other.to_owned(),
    };
    if codec::Codec::find(&encoding).is_none() {
        let text = format!("unknown encoding: {encoding}");
        return Err(error::set(thread, crate::runtime::exceptions::lookup_error(), text));
    }
    let newline = newline.map(|newline| option("newline", Some(newline), "")).transpose()?;
    if let Some(newline) = &newline
        && !matches!(newline.as_str(), "" | "\n" | "\r" | "\r\n")
    {
        let shown = object::repr_text(thread, PyStr::new(newline).borrow().upcast());
        return Err(error::value_error(thread, format_args!("illegal newline value: {shown}")));
    }
    Ok(Text {
        bytes,
        encoding,
        errors: option("errors", errors, "strict")?,
        newline,
        line_buffering: Cell::new(false),
        ahead: RefCell::default(),
    })
}

/// A text stream over bytes.
pub(super) fn over(
    thread: &Thread,
    bytes: Owned,
    encoding: Option<Ref>,
    errors: Option<Ref>,
    newline: Option<Ref>,
    mode: &str,
) -> Result {
    let text = make(thread, bytes, encoding, errors, newline)?;
    let stream = PyNative::new(Ref::from_static(&TYPE), text).upcast();
    // An attribute like any other: who wraps a stream may set it.
    if let Some(own) = native_dict(stream.borrow(), true) {
        crate::modules::put(own, "mode", PyStr::new(mode).upcast());
    }
    Ok(stream)
}

fn of<'a>(thread: &Thread, own: &'a Ref<PyNative>) -> Result<&'a Text> {
    receiver::<Text>(thread, own)
}

fn on_bytes(thread: &Thread, own: Ref, method: &str, arguments: &[Ref]) -> Result {
    let bytes = of(thread, &own.cast())?.bytes.clone();
    object::call_method(thread, bytes.borrow(), PyStr::new(method).borrow(), arguments)
}

impl Text {
    /// Decodes what the stream of bytes gives to a method; false at the end.
    fn more(&self, thread: &Thread, method: &str) -> Result<bool> {
        let part = object::call_method(thread, self.bytes.borrow(), PyStr::new(method).borrow(), &[])?;
        let part = buffer(thread, part.borrow(), "underlying read() should have returned a bytes-like object")?;
        if part.is_empty() {
            return Ok(false);
        }
        let text = codec::decode(thread, &part, &self.encoding, &self.errors)?;
        let mut points: Vec<u32> = text.borrow().points().collect();
        if self.newline.is_none() {
            points = stringio::universal(&points);
        }
        self.ahead.borrow_mut().extend(points);
        Ok(true)
    }

    fn take(&self, count: usize) -> Owned {
        let mut ahead = self.ahead.borrow_mut();
        let count = count.min(ahead.len());
        let taken: Vec<u32> = ahead.drain(..count).collect();
        stringio::text(&taken)
    }
}

static METHODS: &[MethodDef] = &[
    MethodDef::one("write", write),
    MethodDef::fast("read", |thread, own, arguments| {
        let own: Ref<PyNative> = own.cast();
        let text = of(thread, &own)?;
        let most = limit(thread, arguments)?;
        while most.is_none_or(|most| text.ahead.borrow().len() < most) && text.more(thread, "read")? {}
        Ok(text.take(most.unwrap_or(usize::MAX)))
    }),
    MethodDef::fast("readline", |thread, own, arguments| {
        let own: Ref<PyNative> = own.cast();
        let text = of(thread, &own)?;
        let most = limit(thread, arguments)?.unwrap_or(usize::MAX);
        loop {
            let end = text.ahead.borrow().iter().position(|&point| point == 10);
            if let Some(end) = end {
                return Ok(text.take(most.min(end + 1)));
            }
            if text.ahead.borrow().len() >= most || !text.more(thread, "readline")? {
                return Ok(text.take(most));
            }
        }
    }),
    MethodDef::no_args("flush", |thread, own| on_bytes(thread, own, "flush", &[])),
    MethodDef::no_args("close", |thread, own| on_bytes(thread, own, "close", &[])),
    MethodDef::no_args("fileno", |thread, own| on_bytes(thread, own, "fileno", &[])),
    MethodDef::no_args("isatty", |thread, own| on_bytes(thread, own, "isatty", &[])),
    MethodDef::no_args("readable", |thread, own| on_bytes(thread, own, "readable", &[])),
    MethodDef::no_args("writable", |thread, own| on_bytes(thread, own, "writable", &[])),
    MethodDef::no_args("seekable", |thread, own| on_bytes(thread, own, "seekable", &[])),
    MethodDef::fast("seek", |thread, own, arguments| {
        let known: Ref<PyNative> = own.cast();
        of(thread, &known)?.ahead.take();
        on_bytes(thread, own, "seek", arguments)
    }),
    MethodDef::no_args("tell", |thread, own| {
        let known: Ref<PyNative> = own.cast();
        if !of(thread, &known)?.ahead.borrow().is_empty() {
            return Err(unsupported(thread, "tell within decoded text"));
        }
        on_bytes(thread, own, "tell", &[])
    }),
    MethodDef::fast("truncate", |thread, own, arguments| on_bytes(thread, own, "truncate", arguments)),
    MethodDef::no_args("detach", |thread, own| of(thread, &own.cast()).map(|text| text.bytes.clone())),
    MethodDef::keywords("reconfigure", |_, _, _, _| Ok(object::new_none())),
];

static GETSET: &[GetSetDef] = &[
    GetSetDef::read_only("closed", |thread, own| {
        let bytes = of(thread, &own.cast())?.bytes.clone();
        object::get_attr(thread, bytes.borrow(), PyStr::new("closed").borrow())
    }),
    GetSetDef::read_only("buffer", |thread, own| of(thread, &own.cast()).map(|text| text.bytes.clone())),
    GetSetDef::read_only("name", |thread, own| {
        let bytes = of(thread, &own.cast())?.bytes.clone();
        object::get_attr(thread, bytes.borrow(), PyStr::new("name").borrow())
    }),
    GetSetDef::read_only("encoding", |thread, own| {
        of(thread, &own.cast()).map(|text| PyStr::new(&text.encoding).upcast())
    }),
    GetSetDef::read_only("errors", |thread, own| of(thread, &own.cast()).map(|text| PyStr::new(&text.errors).upcast())),
    GetSetDef::read_only("line_buffering", |thread, own| {
        of(thread, &own.cast()).map(|text| object::new_bool(text.line_buffering.get()))
    }),
];

fn write(thread: &Thread, own: Ref, value: Ref) -> Result {
    let own: Ref<PyNative> = own.cast();
    let text = of(thread, &own)?;
    let Some(string) = value.downcast::<PyStr>() else {
        let text = format!("write() argument must be str, not {}", value.ty().name());
        return Err(error::type_error(thread, text));
    };
    let mut bytes = codec::encode(thread, string, &text.encoding, &text.errors)?;
    if let Some(newline @ ("\r" | "\r\n")) = text.newline.as_deref() {
        bytes = bytes
            .into_iter()
            .flat_map(|byte| if byte == b'\n' { newline.as_bytes().to_vec() } else { vec![byte] })
            .collect();
    }
    let target: Option<Ref<PyNative>> = text.bytes.borrow().downcast();
    match target.as_ref().and_then(|target| target.value::<ByteFile>()) {
        Some(file) => file.write(thread, &bytes)?,
        None => {
            let closed = object::get_attr(thread, text.bytes.borrow(), PyStr::new("closed").borrow())?;
            if object::is_truthy(thread, closed.borrow())? {
                return Err(closed_error(thread));
            }
            let data = PyBytes::new(bytes);
            let name = PyStr::new("write");
            object::call_method(thread, text.bytes.borrow(), name.borrow(), &[data.borrow().upcast()])?;
        }
    }
    Ok(PyInt::from_i64(string.len() as i64).upcast())
}

fn repr(thread: &Thread, own: Ref) -> Result {
    let known: Ref<PyNative> = own.cast();
    let text = of(thread, &known)?;
    let name = object::get_optional_attr(thread, text.bytes.borrow(), PyStr::new("name").borrow())?;
    let name = match name {
        Some(name) => format!(" name={}", object::repr_checked(thread, name.borrow())?),
        None => String::new(),
    };
    let mode = match object::get_optional_attr(thread, own, PyStr::new("mode").borrow())? {
        Some(mode) => format!(" mode={}", object::repr_checked(thread, mode.borrow())?),
        None => String::new(),
    };
    let shown = format!("<_io.TextIOWrapper{name}{mode} encoding='{}'>", text.encoding);
    Ok(PyStr::new(&shown).upcast())
}
