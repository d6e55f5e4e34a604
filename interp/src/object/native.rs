//! Objects of native modules: a header, a dict for attributes, and a Rust value. One struct for all of them, so that a
//! module adds types without `unsafe`.

use super::dict::PyDict;
use super::field::OptField;
use super::header::PyObject;
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::types::PyType;
use std::any::Any;

/// What a native object holds. Its fields that change are in cells.
pub(crate) trait Native: Any {}

/// An object of a native module's type.
#[repr(C)]
pub(crate) struct PyNative {
    ob: PyObject,
    pub(crate) dict: OptField<PyDict>,
    value: Box<dyn Any>,
}

static LAYOUT: Layout = Layout::fixed::<PyNative>("PyNative", Some(&layout::OBJECT));

// SAFETY: header first; what changes is in cells, the value's own included, as its trait asks.
unsafe impl Object for PyNative {
    const LAYOUT: &'static Layout = &LAYOUT;
}

impl PyNative {
    /// An object of `ty`, which may be a class that extends a native type.
    pub(crate) fn new<T: Native>(ty: Ref<PyType>, value: T) -> Owned<PyNative> {
        let value = Box::new(value);
        super::instance::make_of(ty, PyNative { ob: PyObject::new(ty), dict: OptField::empty(), value })
    }

    /// The value, if it is a `T`: a class may mix native types, so a method's receiver is not known by its type alone.
    pub(crate) fn value<T: Native>(&self) -> Option<&T> {
        self.value.downcast_ref()
    }
}
