//! Modules and namespaces.

use super::dict::PyDict;
use super::field::Field;
use super::header::PyObject;
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use crate::runtime::types;

/// A module: a dict of names.
#[repr(C)]
pub(crate) struct PyModule {
    ob: PyObject,
    dict: Field<PyDict>,
}

static LAYOUT: Layout = Layout::fixed::<PyModule>("PyModule", Some(&layout::OBJECT)).traversed::<PyModule>();

layout::traverse_fields!(PyModule, keeps: [dict], gives: []);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyModule {
    const LAYOUT: &'static Layout = &LAYOUT;
}

impl PyModule {
    pub(crate) fn new(dict: Owned<PyDict>) -> Owned<PyModule> {
        layout::make(PyModule { ob: PyObject::new(types::module()), dict: Field::new(dict) })
    }

    /// A module of a type that extends `module`.
    pub(crate) fn of_type(ty: Ref<super::types::PyType>, dict: Owned<PyDict>) -> Owned<PyModule> {
        super::instance::make_of(ty, PyModule { ob: PyObject::new(ty), dict: Field::new(dict) })
    }

    /// `md_dict`.
    #[inline(always)]
    pub(crate) fn dict(&self) -> Ref<PyDict> {
        self.dict.get()
    }
}
