//! Objects that exist once, in statics: None, True, False, NotImplemented, Ellipsis, small ints, one-character strings.

use super::header::PyObject;
use super::int::PyInt;
use super::layout::{self, Layout, Object};
use super::refs::Ref;
use super::str::{PyStr, StaticStr};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// None, NotImplemented and Ellipsis: nothing but a type.
#[repr(C)]
pub(crate) struct PySingleton {
    ob: PyObject,
}

// SAFETY: immortal, and its header is only read.
unsafe impl Sync for PySingleton {}

static SINGLETON: Layout = Layout::fixed::<PySingleton>("PySingleton", Some(&layout::OBJECT));

// SAFETY: only a header.
unsafe impl Object for PySingleton {
    const LAYOUT: &'static Layout = &SINGLETON;
}

const fn singleton(ty: &'static super::types::PyType) -> PySingleton {
    PySingleton { ob: PyObject::immortal(Ref::from_static(ty), 0) }
}

static NONE: PySingleton = singleton(&crate::runtime::none::TYPE);
static NOT_IMPLEMENTED: PySingleton = singleton(&crate::runtime::none::NOT_IMPLEMENTED_TYPE);
static ELLIPSIS: PySingleton = singleton(&crate::runtime::none::ELLIPSIS_TYPE);
static TRUE: PyInt = PyInt::fixed(&crate::runtime::bool_::TYPE, 1);
static FALSE: PyInt = PyInt::fixed(&crate::runtime::bool_::TYPE, 0);

/// Least and greatest int that exists once.
pub(crate) const SMALL_MIN: i64 = -5;
pub(crate) const SMALL_MAX: i64 = 256;
const SMALL_COUNT: usize = (SMALL_MAX - SMALL_MIN + 1) as usize;

// `ManuallyDrop` because a static initialiser may not run destructors when it overwrites an element.
static SMALL_INTS: [ManuallyDrop<PyInt>; SMALL_COUNT] = {
    let mut ints = [const { ManuallyDrop::new(PyInt::fixed(&crate::runtime::int::TYPE, 0)) }; SMALL_COUNT];
    let mut i = 0;
    while i < SMALL_COUNT {
        ints[i] = ManuallyDrop::new(PyInt::fixed(&crate::runtime::int::TYPE, i as i64 + SMALL_MIN));
        i += 1;
    }
    ints
};

static EMPTY_STR: StaticStr<0> = StaticStr::new([]);

static LATIN1: [StaticStr<1>; 256] = {
    let mut strings = [const { StaticStr::new([0]) }; 256];
    let mut i = 0;
    while i < 256 {
        strings[i] = StaticStr::new([i as u8]);
        i += 1;
    }
    strings
};

const fn object<T: Object>(object: &'static T) -> Ref {
    Ref::from_ptr(NonNull::from_ref(object).cast())
}

pub(crate) const fn none_object() -> Ref {
    object(&NONE)
}

pub(crate) const fn true_object() -> Ref {
    object(&TRUE)
}

pub(crate) const fn false_object() -> Ref {
    object(&FALSE)
}

pub(crate) const fn not_implemented() -> Ref {
    object(&NOT_IMPLEMENTED)
}

pub(crate) const fn ellipsis() -> Ref {
    object(&ELLIPSIS)
}

/// `True` or `False`.
#[inline(always)]
pub(crate) fn bool_object(value: bool) -> Ref {
    if value { true_object() } else { false_object() }
}

/// The one int object of a small value; `value` is in range.
#[inline(always)]
pub(crate) fn small_int(value: i64) -> Ref<PyInt> {
    Ref::from_static(&*SMALL_INTS[(value - SMALL_MIN) as usize])
}

/// `&_PyLong_SMALL_INTS[index]`: the first is -5.
#[inline(always)]
pub(crate) fn small_int_at(index: usize) -> Ref<PyInt> {
    Ref::from_static(&*SMALL_INTS[index])
}

pub(crate) const fn empty_str() -> Ref<PyStr> {
    EMPTY_STR.object()
}

/// The one-character string of a Latin-1 code point.
#[inline(always)]
pub(crate) fn latin1_str(byte: u8) -> Ref<PyStr> {
    LATIN1[byte as usize].object()
}
