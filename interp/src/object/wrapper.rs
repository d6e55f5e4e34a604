//! Slot wrappers: a type's slot function as an object.

use super::field::Field;
use super::header::PyObject;
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::types::PyType;
use crate::runtime::slotdefs::{SlotDef, SlotFn};
use crate::runtime::types;

/// A slot function in its type's dict.
#[repr(C)]
pub(crate) struct PyWrapperDescr {
    ob: PyObject,
    owner: Field<PyType>,
    def: &'static SlotDef,
    function: SlotFn,
}

static WRAPPER: Layout =
    Layout::fixed::<PyWrapperDescr>("PyWrapperDescr", Some(&layout::OBJECT)).traversed::<PyWrapperDescr>();

layout::traverse_fields!(PyWrapperDescr, keeps: [owner], gives: []);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyWrapperDescr {
    const LAYOUT: &'static Layout = &WRAPPER;
}

impl PyWrapperDescr {
    pub(crate) fn new(owner: Ref<PyType>, def: &'static SlotDef, function: SlotFn) -> Owned<PyWrapperDescr> {
        let ob = PyObject::new(types::wrapper_descriptor());
        layout::make(PyWrapperDescr { ob, owner: Field::new(owner.to_owned()), def, function })
    }

    pub(crate) fn owner(&self) -> Ref<PyType> {
        self.owner.get()
    }

    pub(crate) fn def(&self) -> &'static SlotDef {
        self.def
    }

    pub(crate) fn function(&self) -> SlotFn {
        self.function
    }
}

/// A slot wrapper bound to an object.
#[repr(C)]
pub(crate) struct PyMethodWrapper {
    ob: PyObject,
    descriptor: Field<PyWrapperDescr>,
    receiver: Field,
}

static METHOD_WRAPPER: Layout =
    Layout::fixed::<PyMethodWrapper>("PyMethodWrapper", Some(&layout::OBJECT)).traversed::<PyMethodWrapper>();

layout::traverse_fields!(PyMethodWrapper, keeps: [descriptor, receiver], gives: []);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyMethodWrapper {
    const LAYOUT: &'static Layout = &METHOD_WRAPPER;
}

impl PyMethodWrapper {
    pub(crate) fn new(descriptor: Owned<PyWrapperDescr>, receiver: Owned) -> Owned<PyMethodWrapper> {
        layout::make(PyMethodWrapper {
            ob: PyObject::new(types::method_wrapper()),
            descriptor: Field::new(descriptor),
            receiver: Field::new(receiver),
        })
    }

    pub(crate) fn descriptor(&self) -> Ref<PyWrapperDescr> {
        self.descriptor.get()
    }

    pub(crate) fn receiver(&self) -> Ref {
        self.receiver.get()
    }
}
