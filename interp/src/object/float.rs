//! Floats.

use super::header::PyObject;
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::types::PyType;
use crate::runtime::types;
use std::cell::Cell;

/// A float object. The value is in a cell because arithmetic reuses an operand that nobody else holds.
#[repr(C)]
pub(crate) struct PyFloat {
    ob: PyObject,
    value: Cell<f64>,
}

static LAYOUT: Layout = Layout::fixed::<PyFloat>("PyFloat", Some(&layout::OBJECT));

// SAFETY: header first; the value is in a cell.
unsafe impl Object for PyFloat {
    const LAYOUT: &'static Layout = &LAYOUT;
}

impl PyFloat {
    #[inline(always)]
    pub(crate) fn new(value: f64) -> Owned<PyFloat> {
        layout::make(PyFloat { ob: PyObject::new(types::float()), value: Cell::new(value) })
    }

    /// A float of a class that extends `float`.
    pub(crate) fn of_class(class: Ref<PyType>, value: f64) -> Owned<PyFloat> {
        super::instance::make_of(class, PyFloat { ob: PyObject::new(class), value: Cell::new(value) })
    }

    #[inline(always)]
    pub(crate) fn value(&self) -> f64 {
        self.value.get()
    }

    /// Whether only one reference exists, so that the object may be reused for a result.
    #[inline(always)]
    pub(crate) fn is_unshared(&self) -> bool {
        self.ob.refcnt() == 1
    }

    /// Gives an unshared float another value.
    #[inline(always)]
    pub(crate) fn reuse(&self, value: f64) {
        debug_assert!(self.is_unshared());
        self.value.set(value);
    }
}

/// A complex object.
#[repr(C)]
pub(crate) struct PyComplex {
    ob: PyObject,
    pub(crate) real: f64,
    pub(crate) imag: f64,
}

static COMPLEX_LAYOUT: Layout = Layout::fixed::<PyComplex>("PyComplex", Some(&layout::OBJECT));

// SAFETY: header first; the value never changes.
unsafe impl Object for PyComplex {
    const LAYOUT: &'static Layout = &COMPLEX_LAYOUT;
}

impl PyComplex {
    pub(crate) fn new(real: f64, imag: f64) -> Owned<PyComplex> {
        PyComplex::of_class(types::complex(), real, imag)
    }

    /// A complex of `complex` or a class that extends it.
    pub(crate) fn of_class(class: Ref<PyType>, real: f64, imag: f64) -> Owned<PyComplex> {
        super::instance::make_of(class, PyComplex { ob: PyObject::new(class), real, imag })
    }
}
