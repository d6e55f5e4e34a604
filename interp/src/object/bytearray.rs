//! Bytearrays, and views of the memory of bytes and bytearrays.

use super::field::OptField;
use super::header::PyObject;
use super::instance;
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::types::PyType;
use crate::runtime::types;
use std::cell::{Cell, RefCell};

/// A bytearray object. The bytes are borrowed within one method at a time, never while foreign code can run.
#[repr(C)]
pub(crate) struct PyByteArray {
    ob: PyObject,
    data: RefCell<Vec<u8>>,
    /// Views of the bytes: while there are any, the length stays.
    pub(crate) exports: Cell<usize>,
}

static BYTEARRAY: Layout = Layout::fixed::<PyByteArray>("PyByteArray", Some(&layout::OBJECT));

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyByteArray {
    const LAYOUT: &'static Layout = &BYTEARRAY;
}

impl PyByteArray {
    pub(crate) fn new(data: Vec<u8>) -> Owned<PyByteArray> {
        PyByteArray::of_class(types::bytearray(), data)
    }

    /// A bytearray of `bytearray` or a class that extends it.
    pub(crate) fn of_class(class: Ref<PyType>, data: Vec<u8>) -> Owned<PyByteArray> {
        let array = PyByteArray { ob: PyObject::new(class), data: RefCell::new(data), exports: Cell::new(0) };
        instance::make_of(class, array)
    }

    pub(crate) fn len(&self) -> usize {
        self.data.borrow().len()
    }

    /// A copy of the bytes.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        self.data.borrow().clone()
    }

    /// Reads the bytes. `read` runs no foreign code.
    pub(crate) fn with<T>(&self, read: impl FnOnce(&[u8]) -> T) -> T {
        read(&self.data.borrow())
    }

    /// Changes the bytes; a change of the length needs `exports` to be 0. `change` runs no foreign code.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        change(&mut self.data.borrow_mut())
    }
}

/// How a view reads its bytes: items of some size at regular places of the exporter's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Strided {
    /// Byte of the first item.
    pub(crate) start: isize,
    /// Bytes from one item to the next.
    pub(crate) stride: isize,
    /// Items.
    pub(crate) count: usize,
    /// Bytes of an item.
    pub(crate) itemsize: usize,
    /// One format character of the struct module.
    pub(crate) format: char,
    /// The format was written with an `@` in front.
    pub(crate) marked: bool,
}

/// A memoryview of one dimension.
#[repr(C)]
pub(crate) struct PyMemoryView {
    ob: PyObject,
    /// The bytes or bytearray; empty once the view is released.
    exporter: OptField,
    /// The object that the view was made of (`obj`).
    origin: OptField,
    pub(crate) strided: Strided,
    pub(crate) readonly: bool,
    pub(crate) hash: Cell<isize>,
}

static MEMORYVIEW: Layout = Layout::fixed::<PyMemoryView>("PyMemoryView", Some(&layout::OBJECT));

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyMemoryView {
    const LAYOUT: &'static Layout = &MEMORYVIEW;
}

impl PyMemoryView {
    /// A view of a bytes or bytearray object, made of `origin`.
    pub(crate) fn new(exporter: Owned, origin: Owned, strided: Strided, readonly: bool) -> Owned<PyMemoryView> {
        if let Some(array) = exporter.borrow().downcast::<PyByteArray>() {
            array.exports.set(array.exports.get() + 1);
        }
        layout::make(PyMemoryView {
            ob: PyObject::new(types::memoryview()),
            exporter: OptField::new(Some(exporter)),
            origin: OptField::new(Some(origin)),
            strided,
            readonly,
            hash: Cell::new(-1),
        })
    }

    /// The bytes or bytearray, unless the view is released.
    pub(crate) fn exporter(&self) -> Option<Ref> {
        self.exporter.get()
    }

    /// What the view was made of.
    pub(crate) fn origin(&self) -> Option<Ref> {
        self.origin.get()
    }

    /// Lets go of the exporter.
    pub(crate) fn let_go(&self) {
        if let Some(exporter) = self.exporter.take() {
            if let Some(array) = exporter.borrow().downcast::<PyByteArray>() {
                array.exports.set(array.exports.get() - 1);
            }
            self.origin.set(None);
        }
    }
}

impl Drop for PyMemoryView {
    fn drop(&mut self) {
        self.let_go();
    }
}
