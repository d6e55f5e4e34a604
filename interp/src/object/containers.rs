//! Empty containers of a type that may be a class.

use super::dict::PyDict;
use super::header::PyObject;
use super::instance::make_of;
use super::list::PyList;
use super::refs::{Owned, Ref};
use super::types::PyType;

impl PyList {
    /// An empty list of a type that is laid out as one.
    pub(crate) fn of_type(ty: Ref<PyType>) -> Owned<PyList> {
        make_of(ty, PyList::blank(PyObject::new(ty)))
    }
}

impl PyDict {
    /// An empty dict of a type that is laid out as one.
    pub(crate) fn of_type(ty: Ref<PyType>) -> Owned<PyDict> {
        make_of(ty, PyDict::blank(PyObject::new(ty)))
    }
}
