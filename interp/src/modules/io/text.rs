//! `TextIOWrapper`: text over a stream of bytes (`Modules/_io/textio.c`).

use super::base::{closed_error, limit, unsupported};
use super::file::ByteFile;
use super::stringio;
use crate::builtins::codec::{self, Codec};
use crate::modules::{buffer, native_dict, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{error, number, object};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// What a stream of text is told about its bytes.
struct Format {
    encoding: String,
    errors: String,
    /// `None` reads all line ends as `\n` and writes `\n`.
    newline: Option<String>,
    /// The codec, if it is one of the built-in ones.
    codec: Option<Codec>,
}

/// Text over bytes.
pub(super) struct Text {
    bytes: RefCell<Option<Owned>>,
    format: RefCell<Format>,
    line_buffering: Cell<bool>,
    write_through: Cell<bool>,
    /// Decoded and not yet taken.
    ahead: RefCell<VecDeque<u32>>,
    /// Which line ends were seen: 1 for `\r`, 2 for `\n`, 4 for both together.
    seen: Cell<u8>,
}
native_fields!(Text: bytes);

pub(super) static TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_io.TextIOWrapper",
    flags: flags::HAVE_GC | flags::BASETYPE,
    base: Some(&super::base::TEXT_BASE),
    slots: Slots {
        new: slot(|_, class, _, _| Ok(PyNative::new(class, empty()).upcast())),
        init: slot(init),
        repr: slot(repr),
        dict_of: slot(native_dict),
        ..Slots::NONE
    },
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::EMPTY
});

fn given(value: Option<Ref>) -> Option<Ref> {
    value.filter(|value| !object::is_none(*value))
}

/// `TextIOWrapper(buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False)`.
fn init(thread: &Thread, own: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    static SIGNATURE: Signature = Signature {
        function: "TextIOWrapper",
        names: &["buffer", "encoding", "errors", "newline", "line_buffering", "write_through"],
        positional_only: 0,
        keyword_only: 0,
        required: 1,
    };
    let [bytes, encoding, errors, newline, line, through] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let format = format_of(thread, given(encoding), given(errors), given(newline))?;
    let known: Ref<PyNative> = own.cast();
    let text = receiver::<Text>(thread, &known)?;
    text.format.replace(format);
    text.line_buffering.set(line.map_or(Ok(false), |line| object::is_truthy(thread, line))?);
    text.write_through.set(through.map_or(Ok(false), |through| object::is_truthy(thread, through))?);
    text.bytes.replace(Some(bytes.unwrap_or(none_object()).to_owned()));
    Ok(())
}

fn empty() -> Text {
    let format = Format { encoding: "utf-8".into(), errors: "strict".into(), newline: None, codec: Some(Codec::Utf8) };
    Text {
        bytes: RefCell::new(None),
        format: RefCell::new(format),
        line_buffering: Cell::new(false),
        write_through: Cell::new(false),
        ahead: RefCell::default(),
        seen: Cell::new(0),
    }
}

fn format_of(thread: &Thread, encoding: Option<Ref>, errors: Option<Ref>, newline: Option<Ref>) -> Result<Format> {
    let option = |name: &str, value: Option<Ref>, default: &str| match value {
        None => Ok(default.to_owned()),
        Some(value) => match value.downcast::<PyStr>() {
            Some(text) => Ok(text.to_string_lossy()),
            None => {
                let text = format!("TextIOWrapper() argument '{name}' must be str or None, not {}", value.ty().name());
                Err(error::type_error(thread, text))
            }
        },
    };
    let encoding = match option("encoding", encoding, "locale")?.as_str() {
        // As the C library names it.
        "locale" => "UTF-8".to_owned(),
        other => other.to_owned(),
    };
    let codec = Codec::find(&encoding);
    if codec.is_none() {
        // The registry says whether there is such a one, and refuses it.
        let name = PyStr::new(&encoding);
        let lookup = crate::modules::imported(thread, "codecs", "lookup")?;
        let info = crate::runtime::call::with(thread, lookup.borrow(), &[name.borrow().upcast()])?;
        let is_text = object::get_optional_attr(thread, info.borrow(), PyStr::new("_is_text_encoding").borrow())?;
        if is_text.is_some_and(|is_text| object::is_false(is_text.borrow())) {
            let text = format!("'{encoding}' is not a text encoding; use codecs.open() to handle arbitrary codecs");
            return Err(error::set(thread, crate::runtime::exceptions::lookup_error(), text));
        }
    }
    let newline = newline.map(|newline| option("newline", Some(newline), "")).transpose()?;
    if let Some(newline) = &newline
        && !matches!(newline.as_str(), "" | "\n" | "\r" | "\r\n")
    {
        return Err(error::value_error(thread, format_args!("illegal newline value: {newline}")));
    }
    Ok(Format { encoding, errors: option("errors", errors, "strict")?, newline, codec })
}

/// A text stream over bytes.
pub(super) fn over(
    thread: &Thread,
    bytes: Owned,
    encoding: Option<Ref>,
    errors: Option<Ref>,
    newline: Option<Ref>,
    mode: &str,
    line: bool,
) -> Result {
    let text = Text { format: RefCell::new(format_of(thread, encoding, errors, newline)?), ..empty() };
    text.bytes.replace(Some(bytes));
    text.line_buffering.set(line);
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
    let bytes = of(thread, &own.cast())?.bytes(thread)?;
    object::call_method(thread, bytes.borrow(), PyStr::new(method).borrow(), arguments)
}

impl Text {
    /// The stream of bytes.
    pub(super) fn bytes(&self, thread: &Thread) -> Result {
        match &*self.bytes.borrow() {
            Some(bytes) => Ok(bytes.clone()),
            None => Err(error::value_error(thread, "underlying buffer has been detached")),
        }
    }

    /// The stream of bytes, if there is one.
    pub(super) fn has_bytes(&self) -> Option<Owned> {
        self.bytes.borrow().clone()
    }

    /// Decodes what the stream of bytes gives to a method; false at the end.
    fn more(&self, thread: &Thread, line: bool) -> Result<bool> {
        // A line of bytes is a line of text where a byte of a line end is nothing else.
        let by_line = line
            && matches!(self.format.borrow().codec, Some(Codec::Utf8 | Codec::Ascii | Codec::Latin1))
            && self.format.borrow().newline.as_deref().is_none_or(|newline| newline != "\r");
        let method = PyStr::new(if by_line { "readline" } else { "read" });
        let part = object::call_method(thread, self.bytes(thread)?.borrow(), method.borrow(), &[])?;
        if object::is_none(part.borrow()) {
            return Ok(false);
        }
        let part = match crate::builtins::bytes::buffer(thread, part.borrow())? {
            Some(part) => part.into_vec(),
            None => {
                let text = format!(
                    "underlying {}() should have returned a bytes-like object, not '{}'",
                    if by_line { "readline" } else { "read" },
                    part.borrow().ty().name()
                );
                return Err(error::type_error(thread, text));
            }
        };
        if part.is_empty() {
            return Ok(false);
        }
        let text = self.decode(thread, part)?;
        let points: Vec<u32> = text.borrow().points().collect();
        self.seen.set(self.seen.get() | stringio::line_ends(&points));
        let points = if self.format.borrow().newline.is_none() { stringio::universal(&points) } else { points };
        self.ahead.borrow_mut().extend(points);
        Ok(true)
    }

    fn decode(&self, thread: &Thread, part: Vec<u8>) -> Result<Owned<PyStr>> {
        let format = self.format.borrow();
        let (encoding, errors) = (format.encoding.clone(), format.errors.clone());
        if format.codec.is_some() {
            drop(format);
            return codec::decode(thread, &part, &encoding, &errors);
        }
        drop(format);
        let converted = by_registry(thread, "decode", PyBytes::new(part).borrow().upcast(), &encoding, &errors)?;
        converted.downcast::<PyStr>().map_err(|_| error::type_error(thread, "decoder should return a string result"))
    }

    fn encode(&self, thread: &Thread, text: Ref<PyStr>) -> Result<Vec<u8>> {
        let format = self.format.borrow();
        let (encoding, errors) = (format.encoding.clone(), format.errors.clone());
        if format.codec.is_some() {
            drop(format);
            return codec::encode(thread, text, &encoding, &errors);
        }
        drop(format);
        let converted = by_registry(thread, "encode", text.upcast(), &encoding, &errors)?;
        buffer(thread, converted.borrow(), "encoder should return a bytes object")
    }

    /// Where the first line that was decoded ends.
    fn line_end(&self, from: usize) -> Option<usize> {
        let ahead = self.ahead.borrow();
        let newline = self.format.borrow().newline.clone();
        let at = |index: usize| ahead.get(index).copied();
        (from..ahead.len()).find_map(|index| match newline.as_deref() {
            None | Some("\n") => (at(index) == Some(10)).then_some(index + 1),
            Some("\r") => (at(index) == Some(13)).then_some(index + 1),
            Some("\r\n") => (at(index) == Some(13) && at(index + 1) == Some(10)).then_some(index + 2),
            Some(_) => match at(index) {
                Some(10) => Some(index + 1),
                Some(13) if at(index + 1) == Some(10) => Some(index + 2),
                Some(13) => Some(index + 1),
                _ => None,
            },
        })
    }

    fn take(&self, count: usize) -> Owned {
        let mut ahead = self.ahead.borrow_mut();
        let count = count.min(ahead.len());
        let taken: Vec<u32> = ahead.drain(..count).collect();
        stringio::text(&taken)
    }
}

/// Conversion by a codec that is written in Python.
fn by_registry(thread: &Thread, function: &str, value: Ref, encoding: &str, errors: &str) -> Result {
    let convert = crate::modules::imported(thread, "codecs", function)?;
    let (encoding, errors) = (PyStr::new(encoding), PyStr::new(errors));
    let arguments = [value, encoding.borrow().upcast(), errors.borrow().upcast()];
    crate::runtime::call::with(thread, convert.borrow(), &arguments)
}

static METHODS: &[MethodDef] = &[
    MethodDef::one("write", write),
    MethodDef::fast("read", |thread, own, arguments| {
        let own: Ref<PyNative> = own.cast();
        let text = of(thread, &own)?;
        check_open(thread, text)?;
        let most = limit(thread, arguments)?;
        while most.is_none_or(|most| text.ahead.borrow().len() < most) && text.more(thread, most.is_some())? {}
        Ok(text.take(most.unwrap_or(usize::MAX)))
    }),
    MethodDef::fast("readline", |thread, own, arguments| {
        let own: Ref<PyNative> = own.cast();
        let text = of(thread, &own)?;
        check_open(thread, text)?;
        let most = limit(thread, arguments)?.unwrap_or(usize::MAX);
        let mut looked = 0;
        loop {
            if let Some(end) = text.line_end(looked) {
                return Ok(text.take(most.min(end)));
            }
            // The last one may be the first half of a line end.
            let length = text.ahead.borrow().len();
            looked = length.saturating_sub(1);
            if length >= most || !text.more(thread, true)? {
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
        let text = of(thread, &known)?;
        let whence = arguments.get(1).map_or(Ok(0), |whence| number::as_i64(thread, *whence))?;
        let zero = arguments.first().is_some_and(|at| at.downcast::<PyInt>().is_some_and(|at| at.is_zero()));
        if matches!(whence, 1 | 2) && !zero {
            let which = if whence == 1 { "cur" } else { "end" };
            return Err(unsupported(thread, &format!("can't do nonzero {which}-relative seeks")));
        }
        if whence == 1 {
            return tell(thread, own);
        }
        text.ahead.take();
        on_bytes(thread, own, "seek", arguments)
    }),
    MethodDef::no_args("tell", tell),
    MethodDef::fast("truncate", |thread, own, arguments| {
        on_bytes(thread, own, "flush", &[])?;
        if arguments.is_empty() {
            let at = tell(thread, own)?;
            return on_bytes(thread, own, "truncate", &[at.borrow()]);
        }
        on_bytes(thread, own, "truncate", arguments)
    }),
    MethodDef::no_args("detach", |thread, own| {
        on_bytes(thread, own, "flush", &[])?;
        let known: Ref<PyNative> = own.cast();
        let text = of(thread, &known)?;
        let bytes = text.bytes(thread)?;
        text.bytes.take();
        Ok(bytes)
    }),
    MethodDef::keywords("reconfigure", reconfigure),
];

static GETSET: &[GetSetDef] = &[
    GetSetDef::read_only("closed", |thread, own| {
        let bytes = of(thread, &own.cast())?.bytes(thread)?;
        object::get_attr(thread, bytes.borrow(), PyStr::new("closed").borrow())
    }),
    GetSetDef::read_only("buffer", |thread, own| of(thread, &own.cast())?.bytes(thread)),
    GetSetDef::read_only("name", |thread, own| {
        let bytes = of(thread, &own.cast())?.bytes(thread)?;
        object::get_attr(thread, bytes.borrow(), PyStr::new("name").borrow())
    }),
    GetSetDef::read_only("encoding", |thread, own| {
        of(thread, &own.cast()).map(|text| PyStr::new(&text.format.borrow().encoding).upcast())
    }),
    GetSetDef::read_only("errors", |thread, own| {
        of(thread, &own.cast()).map(|text| PyStr::new(&text.format.borrow().errors).upcast())
    }),
    GetSetDef::read_only("newlines", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        Ok(stringio::newlines(of(thread, &own)?.seen.get()))
    }),
    GetSetDef::read_only("line_buffering", |thread, own| {
        of(thread, &own.cast()).map(|text| object::new_bool(text.line_buffering.get()))
    }),
    GetSetDef::read_only("write_through", |thread, own| {
        of(thread, &own.cast()).map(|text| object::new_bool(text.write_through.get()))
    }),
];

fn check_open(thread: &Thread, text: &Text) -> Result<()> {
    let bytes = text.bytes(thread)?;
    let closed = object::get_attr(thread, bytes.borrow(), PyStr::new("closed").borrow())?;
    if object::is_truthy(thread, closed.borrow())? { Err(closed_error(thread)) } else { Ok(()) }
}

/// The position in bytes: that of the stream below, less what was decoded and not yet taken.
fn tell(thread: &Thread, own: Ref) -> Result {
    on_bytes(thread, own, "flush", &[])?;
    let known: Ref<PyNative> = own.cast();
    let text = of(thread, &known)?;
    let below = on_bytes(thread, own, "tell", &[])?;
    if text.ahead.borrow().is_empty() {
        return Ok(below);
    }
    if text.format.borrow().newline.is_none() && text.seen.get() & 4 != 0 {
        return Err(unsupported(thread, "tell within text whose line ends were translated"));
    }
    let rest: Vec<u32> = text.ahead.borrow().iter().copied().collect();
    let left = text.encode(thread, stringio::text(&rest).borrow().cast())?.len() as i64;
    Ok(PyInt::from_i64(number::as_i64(thread, below.borrow())? - left).upcast())
}

/// `reconfigure(*, encoding, errors, newline, line_buffering, write_through)`.
fn reconfigure(thread: &Thread, own: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "reconfigure",
        names: &["encoding", "errors", "newline", "line_buffering", "write_through"],
        positional_only: 0,
        keyword_only: 5,
        required: 0,
    };
    let [encoding, errors, newline, line, through] = SIGNATURE.bind(thread, arguments, keywords)?;
    let known: Ref<PyNative> = own.cast();
    let text = of(thread, &known)?;
    let reading = !text.ahead.borrow().is_empty();
    if reading && (given(encoding).is_some() || given(errors).is_some() || newline.is_some()) {
        let text = "It is not possible to set the encoding or newline of stream after the first read";
        return Err(unsupported(thread, text));
    }
    on_bytes(thread, own, "flush", &[])?;
    let old_errors = PyStr::new(&text.format.borrow().errors);
    let old_encoding = PyStr::new(&text.format.borrow().encoding);
    // Another encoding starts with strict errors.
    let errors = match (given(errors), given(encoding)) {
        (Some(errors), _) => Some(errors),
        (None, Some(_)) => None,
        (None, None) => Some(old_errors.borrow().upcast()),
    };
    let encoding = given(encoding).unwrap_or(old_encoding.borrow().upcast());
    let old_newline = text.format.borrow().newline.clone();
    let mut format = format_of(thread, Some(encoding), errors, newline.and_then(|newline| given(Some(newline))))?;
    if newline.is_none() {
        format.newline = old_newline;
    }
    text.format.replace(format);
    if let Some(line) = given(line) {
        text.line_buffering.set(object::is_truthy(thread, line)?);
    }
    if let Some(through) = given(through) {
        text.write_through.set(object::is_truthy(thread, through)?);
    }
    Ok(object::new_none())
}

fn write(thread: &Thread, own: Ref, value: Ref) -> Result {
    let own: Ref<PyNative> = own.cast();
    let text = of(thread, &own)?;
    let Some(string) = value.downcast::<PyStr>() else {
        let text = format!("write() argument must be str, not {}", value.ty().name());
        return Err(error::type_error(thread, text));
    };
    let stream = text.bytes(thread)?;
    let target: Option<Ref<PyNative>> = stream.borrow().downcast();
    let target = target.filter(|_| crate::modules::io::is_byte_file(stream.borrow()));
    if target.is_none() {
        check_open(thread, text)?;
    }
    let writable = match target.as_ref().and_then(|target| target.value::<ByteFile>()) {
        Some(file) => file.is_writable(),
        None => {
            let answer = object::call_method(thread, stream.borrow(), PyStr::new("writable").borrow(), &[])?;
            object::is_truthy(thread, answer.borrow())?
        }
    };
    if !writable {
        return Err(unsupported(thread, "not writable"));
    }
    text.ahead.take();
    let newline = text.format.borrow().newline.clone();
    let bytes = match newline.as_deref() {
        Some(newline @ ("\r" | "\r\n")) => {
            let end: Vec<u32> = newline.chars().map(u32::from).collect();
            let points = string.points().flat_map(|point| if point == 10 { end.clone() } else { vec![point] });
            text.encode(thread, stringio::text(&points.collect::<Vec<u32>>()).borrow().cast())?
        }
        _ => text.encode(thread, string)?,
    };
    match target.as_ref().and_then(|target| target.value::<ByteFile>()) {
        Some(file) => drop(file.write(thread, &bytes)?),
        None => {
            let data = PyBytes::new(bytes);
            let name = PyStr::new("write");
            object::call_method(thread, stream.borrow(), name.borrow(), &[data.borrow().upcast()])?;
        }
    }
    let ends = |point: u32| point == 10 || point == 13;
    if text.write_through.get() || text.line_buffering.get() && string.points().any(ends) {
        object::call_method(thread, stream.borrow(), PyStr::new("flush").borrow(), &[])?;
    }
    Ok(PyInt::from_i64(string.len() as i64).upcast())
}

fn repr(thread: &Thread, own: Ref) -> Result {
    let known: Ref<PyNative> = own.cast();
    let text = of(thread, &known)?;
    let name = object::get_optional_attr(thread, text.bytes(thread)?.borrow(), PyStr::new("name").borrow())?;
    let name = match name {
        Some(name) => format!(" name={}", object::repr_checked(thread, name.borrow())?),
        None => String::new(),
    };
    let mode = match object::get_optional_attr(thread, own, PyStr::new("mode").borrow())? {
        Some(mode) => format!(" mode={}", object::repr_checked(thread, mode.borrow())?),
        None => String::new(),
    };
    let shown = format!("<_io.TextIOWrapper{name}{mode} encoding='{}'>", text.format.borrow().encoding);
    Ok(PyStr::new(&shown).upcast())
}
