//! Bytes: length, items, equality, hash.

use super::{error, exceptions, number, object};
use crate::object::types::flags;
use crate::object::*;

/// `bytes`.
pub(crate) static TYPE: PyType = PyType::plain::<PyBytes>(TypeSpec {
    name: "bytes",
    itemsize: 1,
    flags: flags::BASETYPE | flags::BYTES_SUBCLASS,
    base: Some(&super::object::TYPE),
    slots: Slots {
        hash: slot(|_, bytes| Ok(own(bytes).hash())),
        sq_length: slot(|_, bytes| Ok(own(bytes).data().len() as isize)),
        sq_item: slot(item),
        mp_subscript: slot(|thread, bytes, key| {
            let index = number::index_isize(thread, key, Some(exceptions::index_error()))?;
            let index = if index < 0 { index + own(bytes).data().len() as isize } else { index };
            item(thread, bytes, index)
        }),
        sq_contains: slot(|thread, bytes, part| match part.downcast::<PyBytes>() {
            Some(part) => {
                let part = part.data();
                Ok(part.is_empty() || own(bytes).data().windows(part.len()).any(|window| window == part))
            }
            None => {
                let value = number::index_isize(thread, part, Some(exceptions::value_error()))?;
                match u8::try_from(value) {
                    Ok(byte) => Ok(own(bytes).data().contains(&byte)),
                    Err(_) => Err(error::value_error(thread, "byte must be in range(0, 256)")),
                }
            }
        }),
        sq_concat: slot(|thread, left, right| match right.downcast::<PyBytes>() {
            Some(right) => Ok(PyBytes::new([own(left).data(), right.data()].concat()).upcast()),
            None => Err(error::type_error(
                thread,
                format_args!("can't concat {} to {}", right.ty().name(), left.ty().name()),
            )),
        }),
        richcompare: slot(|_, left, right, op| match (left.downcast::<PyBytes>(), right.downcast::<PyBytes>()) {
            (Some(left), Some(right)) => Ok(object::new_bool(op.holds(left.data().cmp(right.data())))),
            _ => Ok(not_implemented().to_owned()),
        }),
        ..Slots::NONE
    },
    ..TypeSpec::EMPTY
});

fn own(bytes: Ref) -> Ref<PyBytes> {
    bytes.cast()
}

fn item(thread: &Thread, bytes: Ref, index: isize) -> Result {
    match usize::try_from(index).ok().and_then(|index| own(bytes).data().get(index).copied()) {
        Some(byte) => Ok(PyInt::from_i64(byte.into()).upcast()),
        None => Err(error::index_error(thread, "index out of range")),
    }
}
