//! The small objects behind asynchronous generators: a yielded value, and steps that are awaited.

use super::field::{Field, OptField};
use super::header::PyObject;
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::types::PyType;
use std::cell::Cell;

/// How far an awaited step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    New,
    Running,
    Closed,
}

/// One step of an asynchronous generator, or another awaitable with an object beside it.
#[repr(C)]
pub(crate) struct PyAsyncStep {
    ob: PyObject,
    /// The generator, or what is awaited.
    pub(crate) target: Field,
    /// What is sent or thrown, or the default.
    pub(crate) value: OptField,
    pub(crate) progress: Cell<Progress>,
}

static STEP: Layout = Layout::fixed::<PyAsyncStep>("PyAsyncStep", Some(&layout::OBJECT)).traversed::<PyAsyncStep>();

layout::traverse_fields!(PyAsyncStep, keeps: [target], gives: [value]);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyAsyncStep {
    const LAYOUT: &'static Layout = &STEP;
}

impl Drop for PyAsyncStep {
    fn drop(&mut self) {
        if self.progress.get() == Progress::New {
            crate::runtime::asyncgen::never_awaited(self.ob.type_ref(), self.target.get(), self.value.get().is_some());
        }
    }
}

impl PyAsyncStep {
    pub(crate) fn new(ty: Ref<PyType>, target: Owned, value: Option<Owned>) -> Owned<PyAsyncStep> {
        layout::make(PyAsyncStep {
            ob: PyObject::new(ty),
            target: Field::new(target),
            value: OptField::new(value),
            progress: Cell::new(Progress::New),
        })
    }
}
