//! `IncrementalNewlineDecoder`: line ends of text that comes in parts.

use super::stringio;
use crate::modules::receiver;
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{error, number, object};
use std::cell::{Cell, RefCell};

#[derive(Default)]
struct Decoder {
    /// Decodes bytes; without one, text comes in.
    below: RefCell<Option<Owned>>,
    translate: Cell<bool>,
    /// A `\r` at the end of a part may be the first half of a line end.
    pending: Cell<bool>,
    /// Which line ends were seen: 1 for `\r`, 2 for `\n`, 4 for both together.
    seen: Cell<u8>,
}
impl Native for Decoder {}

pub(super) static TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_io.IncrementalNewlineDecoder",
    flags: flags::HAVE_GC | flags::BASETYPE,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        new: slot(|_, class, _, _| Ok(PyNative::new(class, Decoder::default()).upcast())),
        init: slot(init),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::keywords("decode", decode),
        MethodDef::no_args("getstate", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            let decoder = receiver::<Decoder>(thread, &own)?;
            let (buffered, flag) = match &*decoder.below.borrow() {
                None => (PyBytes::new(Vec::new()).upcast(), 0),
                Some(below) => {
                    let state = object::call_method(thread, below.borrow(), PyStr::new("getstate").borrow(), &[])?;
                    let Some(state) = state.borrow().downcast::<PyTuple>().filter(|state| state.len() == 2) else {
                        return Err(error::type_error(thread, "illegal decoder state"));
                    };
                    (state.item(0).to_owned(), number::as_i64(thread, state.item(1))?)
                }
            };
            let flag = flag << 1 | i64::from(decoder.pending.get());
            Ok(PyTuple::from_array([buffered, PyInt::from_i64(flag).upcast()]).upcast())
        }),
        MethodDef::one("setstate", |thread, own, state| {
            let own: Ref<PyNative> = own.cast();
            let decoder = receiver::<Decoder>(thread, &own)?;
            let Some(state) = state.downcast::<PyTuple>().filter(|state| state.len() == 2) else {
                return Err(error::type_error(thread, "state argument must be a tuple"));
            };
            let flag = number::as_i64(thread, state.item(1))?;
            decoder.pending.set(flag & 1 == 1);
            let below = decoder.below.borrow().clone();
            if let Some(below) = below {
                let flag = PyInt::from_i64(flag >> 1);
                let state = PyTuple::from_refs(&[state.item(0), flag.borrow().upcast()]);
                let name = PyStr::new("setstate");
                object::call_method(thread, below.borrow(), name.borrow(), &[state.borrow().upcast()])?;
            }
            Ok(object::new_none())
        }),
        MethodDef::no_args("reset", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            let decoder = receiver::<Decoder>(thread, &own)?;
            decoder.pending.set(false);
            decoder.seen.set(0);
            let below = decoder.below.borrow().clone();
            match below {
                Some(below) => object::call_method(thread, below.borrow(), PyStr::new("reset").borrow(), &[]),
                None => Ok(object::new_none()),
            }
        }),
    ],
    getset: &[GetSetDef::read_only("newlines", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        Ok(stringio::newlines(receiver::<Decoder>(thread, &own)?.seen.get()))
    })],
    ..TypeSpec::EMPTY
});

/// `IncrementalNewlineDecoder(decoder, translate, errors='strict')`.
fn init(thread: &Thread, own: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    static SIGNATURE: Signature = Signature {
        function: "IncrementalNewlineDecoder",
        names: &["decoder", "translate", "errors"],
        positional_only: 0,
        keyword_only: 0,
        required: 2,
    };
    let [below, translate, _] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let own: Ref<PyNative> = own.cast();
    let decoder = receiver::<Decoder>(thread, &own)?;
    decoder.below.replace(below.filter(|below| !object::is_none(*below)).map(Ref::to_owned));
    decoder.translate.set(object::is_truthy(thread, translate.unwrap_or(none_object()))?);
    decoder.pending.set(false);
    decoder.seen.set(0);
    Ok(())
}

/// `decode(input, final=False)`.
fn decode(thread: &Thread, own: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature =
        Signature { function: "decode", names: &["input", "final"], positional_only: 0, keyword_only: 0, required: 1 };
    let [input, last] = SIGNATURE.bind(thread, arguments, keywords)?;
    let (input, last) =
        (input.unwrap_or(none_object()), last.map_or(Ok(false), |last| object::is_truthy(thread, last))?);
    let own: Ref<PyNative> = own.cast();
    let decoder = receiver::<Decoder>(thread, &own)?;
    let below = decoder.below.borrow().clone();
    let text = match below {
        Some(below) => {
            let flag = object::new_bool(last);
            object::call_method(thread, below.borrow(), PyStr::new("decode").borrow(), &[input, flag.borrow()])?
        }
        None => input.to_owned(),
    };
    let Some(text) = text.borrow().downcast::<PyStr>() else {
        let text = format!("decoder should return a string result, not '{}'", text.borrow().ty().name());
        return Err(error::type_error(thread, text));
    };
    let mut points: Vec<u32> = Vec::new();
    if decoder.pending.get() && (last || !text.is_empty()) {
        points.push(13);
        decoder.pending.set(false);
    }
    points.extend(text.points());
    if !last && points.last() == Some(&13) {
        points.pop();
        decoder.pending.set(true);
    }
    decoder.seen.set(decoder.seen.get() | stringio::line_ends(&points));
    Ok(stringio::text(&if decoder.translate.get() { stringio::universal(&points) } else { points }))
}
