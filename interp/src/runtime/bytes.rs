//! `bytes` and `bytearray`: the types and their slots (`Objects/bytesobject.c`, `Objects/bytearrayobject.c`). Methods are
//! in `crate::builtins::bytes`.

use super::{object, types};
use crate::builtins::bytes as methods;
use crate::builtins::bytes::{array, convert, percent};
use crate::builtins::text::quote;
use crate::object::types::flags;
use crate::object::*;

/// `bytes`.
pub(crate) static TYPE: PyType = PyType::plain::<PyBytes>(TypeSpec {
    name: "bytes",
    itemsize: 1,
    flags: flags::BASETYPE | flags::BYTES_SUBCLASS | flags::MATCH_SELF,
    base: Some(&super::object::TYPE),
    slots: Slots {
        new: slot(convert::bytes_new),
        repr: slot(|_, bytes| Ok(PyStr::new(&quote::bytes(own(bytes).data())).upcast())),
        str: slot(|_, bytes| Ok(PyStr::new(&quote::bytes(own(bytes).data())).upcast())),
        hash: slot(|_, bytes| Ok(own(bytes).hash())),
        iter: slot(|_, bytes| Ok(PyAnySeqIter::with_type(types::bytes_iterator(), bytes.to_owned(), 0).upcast())),
        richcompare: slot(compare),
        nb_remainder: slot(percent::remainder),
        sq_length: slot(|_, bytes| Ok(own(bytes).data().len() as isize)),
        sq_item: slot(array::item),
        sq_concat: slot(array::concat),
        sq_repeat: slot(array::repeat),
        sq_contains: slot(methods::contains),
        mp_length: slot(|_, bytes| Ok(own(bytes).data().len() as isize)),
        mp_subscript: slot(array::subscript),
        ..Slots::NONE
    },
    methods: methods::BYTES_METHODS,
    ..TypeSpec::EMPTY
});

/// `bytearray`.
pub(crate) static ARRAY_TYPE: PyType = PyType::plain::<PyByteArray>(TypeSpec {
    name: "bytearray",
    flags: flags::BASETYPE | flags::MATCH_SELF,
    base: Some(&super::object::TYPE),
    slots: Slots {
        new: slot(|_, class, _, _| Ok(PyByteArray::of_class(class, Vec::new()).upcast())),
        init: slot(array::init),
        repr: slot(array_repr),
        str: slot(array_repr),
        hash: slot(object::no_hash),
        iter: slot(|_, array| Ok(PyAnySeqIter::with_type(types::bytearray_iterator(), array.to_owned(), 0).upcast())),
        richcompare: slot(compare),
        nb_remainder: slot(percent::remainder),
        sq_length: slot(array_length),
        sq_item: slot(array::item),
        sq_ass_item: slot(array::set_item),
        sq_concat: slot(array::concat),
        sq_repeat: slot(array::repeat),
        sq_contains: slot(methods::contains),
        sq_inplace_concat: slot(array::inplace_concat),
        sq_inplace_repeat: slot(array::inplace_repeat),
        mp_length: slot(array_length),
        mp_subscript: slot(array::subscript),
        mp_ass_subscript: slot(array::set_subscript),
        ..Slots::NONE
    },
    methods: methods::BYTEARRAY_METHODS,
    ..TypeSpec::EMPTY
});

/// `bytes_iterator`.
pub(crate) static ITERATOR_TYPE: PyType = super::iter::sequence_iterator("bytes_iterator");
/// `bytearray_iterator`.
pub(crate) static ARRAY_ITERATOR_TYPE: PyType = super::iter::sequence_iterator("bytearray_iterator");

fn own(bytes: Ref) -> Ref<PyBytes> {
    bytes.cast()
}

fn array_length(_: &Thread, array: Ref) -> Result<isize> {
    Ok(array.cast::<PyByteArray>().len() as isize)
}

fn array_repr(_: &Thread, array: Ref) -> Result {
    let shown = quote::bytes_in(&array.cast::<PyByteArray>().to_vec());
    let name = types::short_name(array.ty());
    Ok(PyStr::new(&format!("{name}({shown})")).upcast())
}

/// Bytes, bytearrays and other buffers compare by their bytes.
fn compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let exact = left.downcast::<PyBytes>().zip(right.downcast::<PyBytes>());
    if let Some((left, right)) = exact {
        return Ok(object::new_bool(op.holds(left.data().cmp(right.data()))));
    }
    let of_array = left.downcast::<PyByteArray>().is_some() || right.downcast::<PyByteArray>().is_some();
    if !of_array {
        return Ok(not_implemented().to_owned());
    }
    match (methods::buffer(thread, left)?, methods::buffer(thread, right)?) {
        (Some(left), Some(right)) => Ok(object::new_bool(op.holds(left[..].cmp(&right[..])))),
        _ => Ok(not_implemented().to_owned()),
    }
}
