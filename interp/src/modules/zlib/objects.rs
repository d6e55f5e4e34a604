//! Compression and decompression in parts.

use super::wrapper::{Packer, Unpacker};
use super::{bytes_of, failed, level_of, word};
use crate::modules::receiver;
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, number, object, types};
use std::cell::{Cell, RefCell};

struct Compressor(RefCell<Packer>);
impl Native for Compressor {}

struct Decompressor {
    state: RefCell<Unpacker>,
    unused: RefCell<Vec<u8>>,
    tail: RefCell<Vec<u8>>,
}
impl Native for Decompressor {}

static COMPRESS: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "zlib.Compress",
    flags: flags::DISALLOW_INSTANTIATION,
    base: Some(&crate::runtime::object::TYPE),
    methods: &[
        MethodDef::one("compress", |thread, own, data| {
            let data = bytes_of(thread, data)?;
            let own: Ref<PyNative> = own.cast();
            let out = receiver::<Compressor>(thread, &own)?.0.borrow_mut().write(&data);
            Ok(PyBytes::new(out).upcast())
        }),
        MethodDef::fast("flush", |thread, own, a| {
            call::check_count(thread, "flush", a.len(), 0, 1)?;
            let mode = word(thread, a.first().copied(), 4)?;
            let own: Ref<PyNative> = own.cast();
            let mut packer = receiver::<Compressor>(thread, &own)?.0.borrow_mut();
            let out = match mode {
                0 => Vec::new(),
                4 => packer.finish(),
                3 => packer.sync(true),
                _ => packer.sync(false),
            };
            Ok(PyBytes::new(out).upcast())
        }),
    ],
    ..TypeSpec::EMPTY
});

static DECOMPRESS: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "zlib.Decompress",
    flags: flags::DISALLOW_INSTANTIATION,
    base: Some(&crate::runtime::object::TYPE),
    methods: &[
        MethodDef::keywords("decompress", |thread, own, a, k| {
            static SIGNATURE: Signature = Signature {
                function: "decompress",
                names: &["data", "max_length"],
                positional_only: 1,
                keyword_only: 0,
                required: 1,
            };
            let [data, most] = SIGNATURE.bind(thread, a, k)?;
            let data = bytes_of(thread, data.unwrap_or(none_object()))?;
            let most = most.map_or(Ok(0), |most| number::as_i64(thread, most))?;
            let Ok(most) = usize::try_from(most) else {
                return Err(error::value_error(thread, "max_length must be non-negative"));
            };
            more(thread, own, &data, (most > 0).then_some(most))
        }),
        MethodDef::fast("flush", |thread, own, _| {
            let known: Ref<PyNative> = own.cast();
            let rest = receiver::<Decompressor>(thread, &known)?.tail.take();
            more(thread, own, &rest, None)
        }),
    ],
    getset: &[
        GetSetDef::field("unused_data", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            Ok(PyBytes::new(receiver::<Decompressor>(thread, &own)?.unused.borrow().clone()).upcast())
        }),
        GetSetDef::field("unconsumed_tail", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            Ok(PyBytes::new(receiver::<Decompressor>(thread, &own)?.tail.borrow().clone()).upcast())
        }),
        GetSetDef::field("eof", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            Ok(object::new_bool(receiver::<Decompressor>(thread, &own)?.state.borrow().is_done()))
        }),
    ],
    ..TypeSpec::EMPTY
});

fn more(thread: &Thread, own: Ref, data: &[u8], most: Option<usize>) -> Result {
    let own: Ref<PyNative> = own.cast();
    let it = receiver::<Decompressor>(thread, &own)?;
    let mut out = Vec::new();
    let taken = it.state.borrow_mut().read(data, most, &mut out);
    let taken = taken.map_err(|why| failed(thread, &format!("Error -3 while decompressing data: {why}")))?;
    let rest = data[taken..].to_vec();
    if it.state.borrow().is_done() {
        it.unused.borrow_mut().extend(rest);
        it.tail.take();
    } else {
        it.tail.replace(rest);
    }
    Ok(PyBytes::new(out).upcast())
}

/// `compressobj(level=-1, method=DEFLATED, wbits=MAX_WBITS, memLevel=8, strategy=0, zdict=None)`.
pub(super) fn compressor(thread: &Thread, _: Ref, a: &[Ref], k: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "compressobj",
        names: &["level", "method", "wbits", "memLevel", "strategy", "zdict"],
        positional_only: 0,
        keyword_only: 0,
        required: 0,
    };
    let [level, _, wbits, _, _, dictionary] = SIGNATURE.bind(thread, a, k)?;
    no_dictionary(thread, dictionary)?;
    let packer = Packer::new(level_of(thread, level)?, word(thread, wbits, 15)?)
        .ok_or_else(|| error::value_error(thread, "Invalid initialization option"))?;
    types::ready(thread, Ref::from_static(&COMPRESS));
    Ok(PyNative::new(Ref::from_static(&COMPRESS), Compressor(RefCell::new(packer))).upcast())
}

/// `decompressobj(wbits=MAX_WBITS, zdict=b'')`.
pub(super) fn decompressor(thread: &Thread, _: Ref, a: &[Ref], k: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "decompressobj",
        names: &["wbits", "zdict"],
        positional_only: 0,
        keyword_only: 0,
        required: 0,
    };
    let [wbits, dictionary] = SIGNATURE.bind(thread, a, k)?;
    no_dictionary(thread, dictionary)?;
    let state = Unpacker::new(word(thread, wbits, 15)?)
        .ok_or_else(|| error::value_error(thread, "Invalid initialization option"))?;
    types::ready(thread, Ref::from_static(&DECOMPRESS));
    let it = Decompressor { state: RefCell::new(state), unused: RefCell::default(), tail: RefCell::default() };
    Ok(PyNative::new(Ref::from_static(&DECOMPRESS), it).upcast())
}

fn no_dictionary(thread: &Thread, dictionary: Option<Ref>) -> Result<()> {
    match dictionary.filter(|dictionary| !object::is_none(*dictionary)) {
        None => Ok(()),
        Some(_) => {
            let text = "zdict is not supported by this interpreter";
            Err(error::set(thread, crate::runtime::exceptions::not_implemented_error(), text))
        }
    }
}

/// What `_ZlibDecompressor` holds: input that was not yet needed is kept inside.
pub(super) struct Stream {
    state: RefCell<Unpacker>,
    unused: RefCell<Vec<u8>>,
    held: RefCell<Vec<u8>>,
    hungry: Cell<bool>,
}
impl Native for Stream {}

pub(super) static STREAM: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "zlib._ZlibDecompressor",
    flags: 0,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        new: slot(|thread, class, args, kwargs| {
            static SIGNATURE: Signature = Signature {
                function: "_ZlibDecompressor",
                names: &["wbits", "zdict"],
                positional_only: 0,
                keyword_only: 0,
                required: 0,
            };
            let [wbits, dictionary] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
            no_dictionary(thread, dictionary)?;
            let state = Unpacker::new(word(thread, wbits, 15)?)
                .ok_or_else(|| error::value_error(thread, "Invalid initialization option"))?;
            let stream = Stream {
                state: RefCell::new(state),
                unused: RefCell::default(),
                held: RefCell::default(),
                hungry: Cell::new(true),
            };
            Ok(PyNative::new(class, stream).upcast())
        }),
        ..Slots::NONE
    },
    methods: &[MethodDef::keywords("decompress", |thread, own, a, k| {
        static SIGNATURE: Signature = Signature {
            function: "decompress",
            names: &["data", "max_length"],
            positional_only: 0,
            keyword_only: 0,
            required: 1,
        };
        let [data, most] = SIGNATURE.bind(thread, a, k)?;
        let data = bytes_of(thread, data.unwrap_or(none_object()))?;
        let most = usize::try_from(most.map_or(Ok(-1), |most| number::as_i64(thread, most))?).ok();
        let own: Ref<PyNative> = own.cast();
        let it = receiver::<Stream>(thread, &own)?;
        if it.state.borrow().is_done() {
            return Err(error::set_string(
                thread,
                crate::runtime::exceptions::eof_error(),
                "End of stream already reached",
            ));
        }
        let mut input = it.held.take();
        input.extend(data);
        let mut out = Vec::new();
        let taken = it.state.borrow_mut().read(&input, most, &mut out);
        let taken = taken.map_err(|why| failed(thread, &format!("Error -3 while decompressing data: {why}")))?;
        let rest = input[taken..].to_vec();
        if it.state.borrow().is_done() {
            it.unused.replace(rest);
            it.hungry.set(false);
        } else {
            // Output that was cut off may go on without more input.
            it.hungry.set(rest.is_empty() && most.is_none_or(|most| out.len() < most));
            it.held.replace(rest);
        }
        Ok(PyBytes::new(out).upcast())
    })],
    getset: &[
        GetSetDef::field("eof", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            Ok(object::new_bool(receiver::<Stream>(thread, &own)?.state.borrow().is_done()))
        }),
        GetSetDef::field("needs_input", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            Ok(object::new_bool(receiver::<Stream>(thread, &own)?.hungry.get()))
        }),
        GetSetDef::field("unused_data", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            Ok(PyBytes::new(receiver::<Stream>(thread, &own)?.unused.borrow().clone()).upcast())
        }),
    ],
    ..TypeSpec::EMPTY
});
