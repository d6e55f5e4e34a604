//! Bytes.

use super::header::PyObject;
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::types::PyType;
use crate::runtime::types;
use std::cell::Cell;

/// A bytes object.
#[repr(C)]
pub(crate) struct PyBytes {
    ob: PyObject,
    data: Box<[u8]>,
    hash: Cell<isize>,
}

static LAYOUT: Layout = Layout::fixed::<PyBytes>("PyBytes", Some(&layout::OBJECT));

// SAFETY: header first; what changes is in a cell.
unsafe impl Object for PyBytes {
    const LAYOUT: &'static Layout = &LAYOUT;
}

impl PyBytes {
    pub(crate) fn new(data: impl Into<Box<[u8]>>) -> Owned<PyBytes> {
        layout::make(PyBytes { ob: PyObject::new(types::bytes()), data: data.into(), hash: Cell::new(-1) })
    }

    /// A bytes object of `bytes` or a class that extends it.
    pub(crate) fn of_class(class: Ref<PyType>, data: impl Into<Box<[u8]>>) -> Owned<PyBytes> {
        let bytes = PyBytes { ob: PyObject::new(class), data: data.into(), hash: Cell::new(-1) };
        super::instance::make_of(class, bytes)
    }

    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }

    /// The hash, computed once.
    pub(crate) fn hash(&self) -> isize {
        if self.hash.get() == -1 {
            self.hash.set(super::str::hash_bytes(&self.data));
        }
        self.hash.get()
    }
}
