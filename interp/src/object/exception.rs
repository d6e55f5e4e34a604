//! Exceptions, tracebacks, and the per-frame state of handled exceptions.

use super::dict::PyDict;
use super::field::{Field, OptField};
use super::frameobject::PyFrameObject;
use super::header::PyObject;
use super::layout::{self, Layout, Object, Traverse};
use super::refs::{Owned, Ref};
use super::tuple::PyTuple;
use super::types::PyType;
use crate::runtime::types;
use std::cell::Cell;
use std::ptr::NonNull;

/// Fields that some exception types have of their own: `StopIteration.value`, `OSError.errno` and so on.
pub(crate) const EXTRAS: usize = 9;

/// An exception of any type.
#[repr(C)]
pub(crate) struct PyBaseException {
    ob: PyObject,
    pub(crate) dict: OptField<PyDict>,
    pub(crate) args: Field<PyTuple>,
    pub(crate) notes: OptField,
    pub(crate) traceback: OptField<PyTraceback>,
    pub(crate) context: OptField,
    pub(crate) cause: OptField,
    pub(crate) suppress_context: Cell<bool>,
    extra: [OptField; EXTRAS],
}

static EXCEPTION: Layout =
    Layout::fixed::<PyBaseException>("PyBaseException", Some(&layout::OBJECT)).traversed::<PyBaseException>();

impl Traverse for PyBaseException {
    fn traverse(&self, visit: &mut dyn FnMut(Ref)) {
        self.dict.visit(visit);
        self.args.visit(visit);
        self.notes.visit(visit);
        self.traceback.visit(visit);
        self.context.visit(visit);
        self.cause.visit(visit);
        self.extra.iter().for_each(|field| field.visit(visit));
    }

    fn clear(&self) {
        self.dict.set(None);
        self.notes.set(None);
        self.traceback.set(None);
        self.context.set(None);
        self.cause.set(None);
    }
}

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyBaseException {
    const LAYOUT: &'static Layout = &EXCEPTION;
}

impl PyBaseException {
    pub(crate) fn new(ty: Ref<PyType>, args: Owned<PyTuple>) -> Owned<PyBaseException> {
        super::instance::make_of(ty, PyBaseException::blank(PyObject::new(ty), args))
    }

    pub(super) fn blank(ob: PyObject, args: Owned<PyTuple>) -> PyBaseException {
        PyBaseException {
            ob,
            dict: OptField::empty(),
            args: Field::new(args),
            notes: OptField::empty(),
            traceback: OptField::empty(),
            context: OptField::empty(),
            cause: OptField::empty(),
            suppress_context: Cell::new(false),
            extra: [const { OptField::empty() }; EXTRAS],
        }
    }

    /// The type's own field number `index`.
    pub(crate) fn extra(&self, index: usize) -> &OptField {
        &self.extra[index]
    }

    /// `StopIteration.value` (None if unset).
    pub(crate) fn value(&self) -> Ref {
        self.extra[0].get().unwrap_or(super::singletons::none_object())
    }
}

/// One level of a traceback.
#[repr(C)]
pub(crate) struct PyTraceback {
    ob: PyObject,
    pub(crate) next: OptField<PyTraceback>,
    pub(crate) frame: Field<PyFrameObject>,
    /// Bytes from the start of the code, -1 if unknown.
    pub(crate) lasti: i32,
    pub(crate) lineno: Cell<i32>,
}

static TRACEBACK: Layout =
    Layout::fixed::<PyTraceback>("PyTraceback", Some(&layout::OBJECT)).traversed::<PyTraceback>();

layout::traverse_fields!(PyTraceback, keeps: [frame], gives: [next]);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyTraceback {
    const LAYOUT: &'static Layout = &TRACEBACK;
}

impl PyTraceback {
    pub(crate) fn new(
        next: Option<Owned<PyTraceback>>,
        frame: Owned<PyFrameObject>,
        lasti: i32,
        lineno: i32,
    ) -> Owned<PyTraceback> {
        layout::make(PyTraceback {
            ob: PyObject::new(types::traceback()),
            next: OptField::new(next),
            frame: Field::new(frame),
            lasti,
            lineno: Cell::new(lineno),
        })
    }
}

/// The exception that is being handled (`_PyErr_StackItem`): one in the thread, one in each generator.
pub(crate) struct ExcState {
    pub(crate) value: OptField,
    previous: Cell<Option<ExcInfo>>,
}

impl ExcState {
    pub(crate) const fn new() -> ExcState {
        ExcState { value: OptField::empty(), previous: Cell::new(None) }
    }
}

/// A handle to an `ExcState`, as `tstate->exc_info` is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ExcInfo(NonNull<ExcState>);

impl ExcInfo {
    /// # Safety
    /// The state outlives every use of the handle: the thread's own does, and a generator's while it runs.
    pub(super) const unsafe fn new(state: *const ExcState) -> ExcInfo {
        // SAFETY: passed on.
        ExcInfo(unsafe { NonNull::new_unchecked(state.cast_mut()) })
    }

    fn state(&self) -> &ExcState {
        // SAFETY: see `new`.
        unsafe { self.0.as_ref() }
    }

    /// `exc_value`.
    #[inline(always)]
    pub(crate) fn value(&self) -> Option<Ref> {
        self.state().value.get()
    }

    #[inline(always)]
    pub(crate) fn take_value(&self) -> Option<Owned> {
        self.state().value.take()
    }

    /// Stores the value and drops the old one after.
    #[inline(always)]
    pub(crate) fn set_value(&self, value: Option<Owned>) {
        self.state().value.set(value);
    }

    /// `previous_item`.
    #[inline(always)]
    pub(crate) fn previous(&self) -> Option<ExcInfo> {
        self.state().previous.get()
    }

    #[inline(always)]
    pub(crate) fn set_previous(&self, previous: Option<ExcInfo>) {
        self.state().previous.set(previous);
    }
}
