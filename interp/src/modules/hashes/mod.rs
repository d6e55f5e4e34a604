//! `_md5`, `_sha1`, `_sha2`, `_sha3`, `_blake2`: hash functions, which well-kept crates compute. `hashlib` builds on them.

mod blake;

pub(super) use blake::BLAKE2;

use super::{NativeModule, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{error, number, object};
use digest::DynDigest;
use sha3::digest::{ExtendableOutput, Update, XofReader};
use std::cell::RefCell;

/// A hash function at work.
trait Hasher {
    fn update(&mut self, data: &[u8]);
    /// The hash so far; `length` bytes where that is up to the caller.
    fn finish(&self, length: usize) -> Vec<u8>;
    /// Bytes of the hash; 0 where that is up to the caller.
    fn size(&self) -> usize;
    fn copy(&self) -> Box<dyn Hasher>;
}

impl Hasher for Box<dyn DynDigest> {
    fn update(&mut self, data: &[u8]) {
        DynDigest::update(&mut **self, data);
    }

    fn finish(&self, _: usize) -> Vec<u8> {
        self.box_clone().finalize().into_vec()
    }

    fn size(&self) -> usize {
        self.output_size()
    }

    fn copy(&self) -> Box<dyn Hasher> {
        Box::new(self.box_clone())
    }
}

/// A function whose output is as long as asked for.
#[derive(Clone)]
struct Extendable<T>(T);

impl<T: ExtendableOutput + Update + Clone + 'static> Hasher for Extendable<T> {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finish(&self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.clone().finalize_xof().read(&mut bytes);
        bytes
    }

    fn size(&self) -> usize {
        0
    }

    fn copy(&self) -> Box<dyn Hasher> {
        Box::new(self.clone())
    }
}

/// A hash in the making.
struct Hash {
    state: RefCell<Box<dyn Hasher>>,
    name: &'static str,
    block: i64,
}
impl Native for Hash {}

macro_rules! functions {
    ($($module:ident $name:literal $ty:ident $type_name:literal: $($function:literal $state:ty, $block:literal;)*)*) => {
        $(pub(super) static $module: NativeModule = NativeModule {
            name: $name,
            functions: &[$(MethodDef::keywords($function, |thread, _, a, k| {
                let state: Box<dyn DynDigest> = Box::new(<$state>::default());
                new(thread, &$ty, $function, $block, Box::new(state), a, k)
            }),)*],
            types: &[&$ty],
            fill: |_, _| Ok(()),
        };

        static $ty: PyType = PyType::container::<PyNative>(TypeSpec {
            name: $type_name,
            flags: flags::DISALLOW_INSTANTIATION,
            base: Some(&crate::runtime::object::TYPE),
            slots: Slots { repr: slot(repr), ..Slots::NONE },
            methods: METHODS,
            getset: GETSET,
            ..TypeSpec::EMPTY
        });)*
    };
}

functions! {
    MD5 "_md5" MD5_TYPE "_md5.MD5Type":
        "md5" md5::Md5, 64;
    SHA1 "_sha1" SHA1_TYPE "_sha1.SHA1Type":
        "sha1" sha1::Sha1, 64;
    SHA2 "_sha2" SHA2_TYPE "_sha2.SHA2Type":
        "sha224" sha2::Sha224, 64;
        "sha256" sha2::Sha256, 64;
        "sha384" sha2::Sha384, 128;
        "sha512" sha2::Sha512, 128;
    SHA3_FIXED "_sha3" SHA3_TYPE "_sha3._Fixed":
        "sha3_224" sha3::Sha3_224, 144;
        "sha3_256" sha3::Sha3_256, 136;
        "sha3_384" sha3::Sha3_384, 104;
        "sha3_512" sha3::Sha3_512, 72;
}

pub(super) static SHA3: NativeModule = NativeModule {
    name: "_sha3",
    functions: &[
        MethodDef::keywords("shake_128", |thread, _, a, k| {
            let state = Box::new(Extendable(sha3::Shake128::default()));
            new(thread, &SHAKE_TYPE, "shake_128", 168, state, a, k)
        }),
        MethodDef::keywords("shake_256", |thread, _, a, k| {
            let state = Box::new(Extendable(sha3::Shake256::default()));
            new(thread, &SHAKE_TYPE, "shake_256", 136, state, a, k)
        }),
    ],
    types: &[&SHA3_TYPE, &SHAKE_TYPE],
    fill: |thread, dict| {
        super::add_functions(thread, dict, "_sha3", SHA3_FIXED.functions);
        Ok(())
    },
};

static SHAKE_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_sha3._Shake",
    flags: flags::DISALLOW_INSTANTIATION,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots { repr: slot(repr), ..Slots::NONE },
    methods: SHAKE_METHODS,
    getset: GETSET,
    ..TypeSpec::EMPTY
});

fn new(
    thread: &Thread,
    ty: &'static PyType,
    name: &'static str,
    block: i64,
    mut state: Box<dyn Hasher>,
    arguments: &[Ref],
    keywords: Option<Ref<PyTuple>>,
) -> Result {
    let signature = Signature {
        function: name,
        names: &["data", "usedforsecurity", "string"],
        positional_only: 0,
        keyword_only: 2,
        required: 0,
    };
    let [data, _, string] = signature.bind(thread, arguments, keywords)?;
    if let Some(data) = data.or(string) {
        state.update(&bytes_of(thread, data)?);
    }
    Ok(PyNative::new(Ref::from_static(ty), Hash { state: RefCell::new(state), name, block }).upcast())
}

fn bytes_of(thread: &Thread, data: Ref) -> Result<Vec<u8>> {
    if data.downcast::<PyStr>().is_some() {
        return Err(error::type_error(thread, "Strings must be encoded before hashing"));
    }
    super::buffer(thread, data, "object supporting the buffer API required")
}

fn of<'a>(thread: &Thread, own: &'a Ref<PyNative>) -> Result<&'a Hash> {
    receiver::<Hash>(thread, own)
}

fn finish(thread: &Thread, own: Ref, length: usize) -> Result<Vec<u8>> {
    let own: Ref<PyNative> = own.cast();
    Ok(of(thread, &own)?.state.borrow().finish(length))
}

fn hex(bytes: &[u8]) -> Owned {
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    PyStr::new(&text).upcast()
}

/// The length that is asked of a function whose output has none of its own.
fn length(thread: &Thread, function: &'static str, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result<usize> {
    let signature = Signature { function, names: &["length"], positional_only: 0, keyword_only: 0, required: 1 };
    let [length] = signature.bind(thread, arguments, keywords)?;
    let length = number::as_i64(thread, length.unwrap_or(none_object()))?;
    let Ok(length) = usize::try_from(length) else {
        return Err(error::value_error(thread, "Cannot convert negative int"));
    };
    if length >= 1 << 29 {
        return Err(error::value_error(thread, "length is too large"));
    }
    Ok(length)
}

const UPDATE: MethodDef = MethodDef::one("update", |thread, own, data| {
    let data = bytes_of(thread, data)?;
    let own: Ref<PyNative> = own.cast();
    of(thread, &own)?.state.borrow_mut().update(&data);
    Ok(object::new_none())
});

const COPY: MethodDef = MethodDef::no_args("copy", |thread, own| {
    let known: Ref<PyNative> = own.cast();
    let hash = of(thread, &known)?;
    let state = RefCell::new(hash.state.borrow().copy());
    let copy = Hash { state, name: hash.name, block: hash.block };
    Ok(PyNative::new(own.ty(), copy).upcast())
});

static METHODS: &[MethodDef] = &[
    UPDATE,
    COPY,
    MethodDef::no_args("digest", |thread, own| Ok(PyBytes::new(finish(thread, own, 0)?).upcast())),
    MethodDef::no_args("hexdigest", |thread, own| Ok(hex(&finish(thread, own, 0)?))),
];

static SHAKE_METHODS: &[MethodDef] = &[
    UPDATE,
    COPY,
    MethodDef::keywords("digest", |thread, own, a, k| {
        let length = length(thread, "digest", a, k)?;
        Ok(PyBytes::new(finish(thread, own, length)?).upcast())
    }),
    MethodDef::keywords("hexdigest", |thread, own, a, k| {
        let length = length(thread, "hexdigest", a, k)?;
        Ok(hex(&finish(thread, own, length)?))
    }),
];

static GETSET: &[GetSetDef] = &[
    GetSetDef::read_only("name", |thread, own| of(thread, &own.cast()).map(|hash| PyStr::new(hash.name).upcast())),
    GetSetDef::read_only("block_size", |thread, own| {
        of(thread, &own.cast()).map(|hash| PyInt::from_i64(hash.block).upcast())
    }),
    GetSetDef::read_only("digest_size", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        Ok(PyInt::from_i64(of(thread, &own)?.state.borrow().size() as i64).upcast())
    }),
];

fn repr(thread: &Thread, own: Ref) -> Result {
    of(thread, &own.cast())?;
    Ok(PyStr::new(&format!("<{} object at {:#x}>", own.ty().name(), own.addr())).upcast())
}
