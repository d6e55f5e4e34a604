//! `_blake2`: BLAKE2 with all its parameters.

use super::{GETSET, Hash, Hasher, METHODS, bytes_of, repr};
use crate::modules::{NativeModule, buffer, put};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{error, number, object};
use num_traits::ToPrimitive;
use std::cell::RefCell;

pub(in crate::modules) static BLAKE2: NativeModule = NativeModule {
    name: "_blake2",
    functions: &[],
    types: &[&B_TYPE, &S_TYPE],
    fill: |_, dict| {
        for (ty, letter, sizes) in [(&B_TYPE, "B", [64, 64, 16, 16]), (&S_TYPE, "S", [32, 32, 8, 8])] {
            for (name, size) in ["MAX_DIGEST_SIZE", "MAX_KEY_SIZE", "SALT_SIZE", "PERSON_SIZE"].into_iter().zip(sizes) {
                let size = PyInt::from_i64(size).upcast();
                put(dict, &format!("BLAKE2{letter}_{name}"), size.clone());
                if let Some(own) = ty.dict.get() {
                    put(own, name, size);
                }
            }
        }
        Ok(())
    },
};

macro_rules! blake {
    ($ty:ident, $type_name:literal, $name:literal, $shown:literal, $krate:ident, $size:literal, $part:literal, $most_offset:expr) => {
        impl Hasher for $krate::State {
            fn update(&mut self, data: &[u8]) {
                $krate::State::update(self, data);
            }

            fn finish(&self, _: usize) -> Vec<u8> {
                self.finalize().as_bytes().to_vec()
            }

            fn size(&self) -> usize {
                self.finalize().as_bytes().len()
            }

            fn copy(&self) -> Box<dyn Hasher> {
                Box::new(self.clone())
            }
        }

        static $ty: PyType = PyType::container::<PyNative>(TypeSpec {
            name: $type_name,
            flags: flags::BASETYPE,
            base: Some(&crate::runtime::object::TYPE),
            slots: Slots {
                repr: slot(repr),
                new: slot(|thread, class, args, kwargs| {
                    let given = parameters(thread, $name, $shown, $size, $part, $most_offset, args, kwargs)?;
                    let mut own = $krate::Params::new();
                    own.hash_length(given.size)
                        .key(&given.key)
                        .salt(&given.salt)
                        .personal(&given.person)
                        .fanout(given.fanout)
                        .max_depth(given.depth)
                        .max_leaf_length(given.leaf)
                        .node_offset(given.offset)
                        .node_depth(given.node_depth)
                        .inner_hash_length(given.inner)
                        .last_node(given.last);
                    let mut state = own.to_state();
                    state.update(&given.data);
                    let hash = Hash { state: RefCell::new(Box::new(state)), name: $name, block: $size * 2 };
                    Ok(PyNative::new(class, hash).upcast())
                }),
                ..Slots::NONE
            },
            methods: METHODS,
            getset: GETSET,
            ..TypeSpec::EMPTY
        });
    };
}

blake!(B_TYPE, "_blake2.blake2b", "blake2b", "Blake2b", blake2b_simd, 64, 16, u64::MAX);
blake!(S_TYPE, "_blake2.blake2s", "blake2s", "Blake2s", blake2s_simd, 32, 8, (1 << 48) - 1);

/// What a hash is made from.
struct Given {
    data: Vec<u8>,
    size: usize,
    key: Vec<u8>,
    salt: Vec<u8>,
    person: Vec<u8>,
    fanout: u8,
    depth: u8,
    leaf: u32,
    offset: u64,
    node_depth: u8,
    inner: usize,
    last: bool,
}

fn parameters(
    thread: &Thread,
    function: &'static str,
    shown: &str,
    most: usize,
    part: usize,
    most_offset: u64,
    args: Ref<PyTuple>,
    kwargs: Option<Ref<PyDict>>,
) -> Result<Given> {
    let signature = Signature {
        function,
        names: &[
            "data",
            "digest_size",
            "key",
            "salt",
            "person",
            "fanout",
            "depth",
            "leaf_size",
            "node_offset",
            "node_depth",
            "inner_size",
            "last_node",
            "usedforsecurity",
            "string",
        ],
        positional_only: 0,
        keyword_only: 13,
        required: 0,
    };
    let [data, size, key, salt, person, fanout, depth, leaf, offset, node_depth, inner, last, _, string] =
        signature.bind_tuple(thread, args, kwargs)?;
    let word = |value: Option<Ref>, default: i64| value.map_or(Ok(default), |value| number::as_i64(thread, value));
    let bytes = |value: Option<Ref>, name: &str, most: usize| {
        let bytes = value.map_or(Ok(Vec::new()), |value| buffer(thread, value, "a bytes-like object is required"))?;
        if bytes.len() > most {
            return Err(error::value_error(thread, format_args!("maximum {name} length is {most} bytes")));
        }
        Ok(bytes)
    };
    let small = |value: Option<Ref>, default: i64, name: &str, least: i64, most: i64| {
        let value = word(value, default)?;
        if (least..=most).contains(&value) {
            return Ok(value);
        }
        let text = if name == "inner_size" {
            format!("{name} must be between {least} and is {most}")
        } else {
            format!("{name} must be between {least} and {most}")
        };
        Err(error::value_error(thread, text))
    };
    let size = word(size, most as i64)?;
    if size < 1 || size > most as i64 {
        let text = format!("digest_size for {shown} must be between 1 and {most} bytes, here it is {size}");
        return Err(error::value_error(thread, text));
    }
    let unsigned = |value: Option<Ref>, name: &str, most: u64| {
        let Some(value) = value else { return Ok(0) };
        let value = number::index(thread, value)?;
        if value.is_negative() {
            return Err(error::value_error(thread, "Cannot convert negative int"));
        }
        match value.to_big().to_u64() {
            Some(value) if value <= most => Ok(value),
            Some(_) => Err(error::overflow_error(thread, format_args!("{name} is too large"))),
            None => Err(error::overflow_error(thread, "Python int too large for C unsigned long long")),
        }
    };
    Ok(Given {
        size: size as usize,
        salt: bytes(salt, "salt", part)?,
        person: bytes(person, "person", part)?,
        fanout: small(fanout, 1, "fanout", 0, 255)? as u8,
        depth: small(depth, 1, "depth", 1, 255)? as u8,
        leaf: unsigned(leaf, "leaf_size", u32::MAX.into())? as u32,
        offset: unsigned(offset, "node_offset", most_offset)?,
        node_depth: small(node_depth, 0, "node_depth", 0, 255)? as u8,
        inner: small(inner, 0, "inner_size", 0, most as i64)? as usize,
        last: last.map_or(Ok(false), |last| object::is_truthy(thread, last))?,
        key: bytes(key, "key", most)?,
        data: data.or(string).map_or(Ok(Vec::new()), |data| bytes_of(thread, data))?,
    })
}
