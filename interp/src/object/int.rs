//! Integers: a machine word, or a `BigInt` where that does not fit. Bools are ints of another type.

use super::header::{FLAG_OWN, PyObject};
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::singletons::{self, SMALL_MAX, SMALL_MIN};
use super::types::PyType;
use crate::runtime::types;
use num_bigint::BigInt;
use std::mem::ManuallyDrop;

const BIG: u32 = FLAG_OWN;

union Value {
    word: i64,
    big: ManuallyDrop<Box<BigInt>>,
}

/// An int object. Its value never changes; `BIG` in the header says which field of the union it is, and a value that
/// fits a word is never big.
#[repr(C)]
pub(crate) struct PyInt {
    ob: PyObject,
    value: Value,
}

// SAFETY: the static ints are immortal and their values are only read.
unsafe impl Sync for PyInt {}

static LAYOUT: Layout = Layout::fixed::<PyInt>("PyInt", Some(&layout::OBJECT));

// SAFETY: header first; the value never changes.
unsafe impl Object for PyInt {
    const LAYOUT: &'static Layout = &LAYOUT;
}

/// An int's value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum IntValue<'a> {
    Word(i64),
    Big(&'a BigInt),
}

impl PyInt {
    /// An int or bool in a static.
    pub(super) const fn fixed(ty: &'static PyType, value: i64) -> PyInt {
        PyInt { ob: PyObject::immortal(Ref::from_static(ty), 0), value: Value { word: value } }
    }

    /// An int of a machine word.
    #[inline(always)]
    pub(crate) fn from_i64(value: i64) -> Owned<PyInt> {
        if (SMALL_MIN..=SMALL_MAX).contains(&value) {
            return singletons::small_int(value).to_owned();
        }
        layout::make(PyInt { ob: PyObject::new(types::int()), value: Value { word: value } })
    }

    /// An int of any size.
    pub(crate) fn from_big(value: BigInt) -> Owned<PyInt> {
        match i64::try_from(&value) {
            Ok(word) => PyInt::from_i64(word),
            Err(_) => layout::make(PyInt {
                ob: PyObject::with_flags(types::int(), BIG),
                value: Value { big: ManuallyDrop::new(Box::new(value)) },
            }),
        }
    }

    /// An int of a class that extends `int`, with the value of another.
    pub(crate) fn of_class(class: Ref<PyType>, value: &PyInt) -> Owned<PyInt> {
        let int = match value.value() {
            IntValue::Word(word) => PyInt { ob: PyObject::new(class), value: Value { word } },
            IntValue::Big(big) => PyInt {
                ob: PyObject::with_flags(class, BIG),
                value: Value { big: ManuallyDrop::new(Box::new(big.clone())) },
            },
        };
        super::instance::make_of(class, int)
    }

    #[inline(always)]
    fn is_big(&self) -> bool {
        self.ob.flags() & BIG != 0
    }

    /// The value as a machine word, if it fits.
    #[inline(always)]
    pub(crate) fn as_i64(&self) -> Option<i64> {
        // SAFETY: not BIG, so the word is the field that was written.
        if self.is_big() { None } else { Some(unsafe { self.value.word }) }
    }

    /// The value.
    #[inline(always)]
    pub(crate) fn value(&self) -> IntValue<'_> {
        // SAFETY: the flag says which field was written.
        unsafe { if self.is_big() { IntValue::Big(&self.value.big) } else { IntValue::Word(self.value.word) } }
    }

    /// The value as a big integer.
    pub(crate) fn to_big(&self) -> BigInt {
        match self.value() {
            IntValue::Word(word) => BigInt::from(word),
            IntValue::Big(big) => big.clone(),
        }
    }

    /// `_PyLong_IsCompact`: the value is a machine word.
    #[inline(always)]
    pub(crate) fn is_compact(&self) -> bool {
        !self.is_big()
    }

    /// `_PyLong_CompactValue`; the int is compact.
    #[inline(always)]
    pub(crate) fn compact_value(&self) -> isize {
        debug_assert!(self.is_compact());
        // SAFETY: every bit pattern is an i64; of a big int it would be the box's address, which debug builds refuse.
        (unsafe { self.value.word }) as isize
    }

    /// `_PyLong_IsNonNegativeCompact`.
    #[inline(always)]
    pub(crate) fn is_non_negative_compact(&self) -> bool {
        self.as_i64().is_some_and(|word| word >= 0)
    }

    #[inline(always)]
    pub(crate) fn is_zero(&self) -> bool {
        self.as_i64() == Some(0)
    }

    pub(crate) fn is_negative(&self) -> bool {
        match self.value() {
            IntValue::Word(word) => word < 0,
            IntValue::Big(big) => big.sign() == num_bigint::Sign::Minus,
        }
    }
}

impl Drop for PyInt {
    #[inline]
    fn drop(&mut self) {
        if self.is_big() {
            // SAFETY: BIG, so the box was written; the int is dying, so nobody reads it again.
            unsafe { ManuallyDrop::drop(&mut self.value.big) };
        }
    }
}
