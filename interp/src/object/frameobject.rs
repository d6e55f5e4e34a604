//! Frame objects: what Python sees of a frame. The object outlives the frame by taking over its contents.

use super::dict::PyDict;
use super::field::OptField;
use super::header::PyObject;
use super::layout::{self, Layout, Object, Traverse};
use super::refs::{Owned, Ref};
use super::stackref::StackRef;
use crate::frame::{Frame, Owner};
use crate::runtime::types;
use std::cell::{Cell, RefCell, UnsafeCell};
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// A frame object.
#[repr(C)]
pub(crate) struct PyFrameObject {
    ob: PyObject,
    pub(crate) back: OptField<PyFrameObject>,
    frame: Cell<Frame>,
    /// The frame's contents once it has left the data stack.
    storage: UnsafeCell<Option<Box<[MaybeUninit<usize>]>>>,
    pub(crate) lineno: Cell<i32>,
    /// The function that traces this frame, and which events it gets (`f_trace`, `f_trace_lines`, `f_trace_opcodes`).
    pub(crate) trace: OptField,
    pub(crate) trace_lines: Cell<bool>,
    pub(crate) trace_opcodes: Cell<bool>,
    /// Names that are no variables of the code, set through `f_locals`.
    pub(crate) extra_locals: OptField<PyDict>,
    /// Values of variables that were replaced through `f_locals`, from which the stack may borrow.
    overwritten: RefCell<Vec<StackRef>>,
}

static LAYOUT: Layout =
    Layout::fixed::<PyFrameObject>("PyFrameObject", Some(&layout::OBJECT)).traversed::<PyFrameObject>();

impl Traverse for PyFrameObject {
    fn traverse(&self, visit: &mut dyn FnMut(Ref)) {
        self.back.visit(visit);
        self.extra_locals.visit(visit);
        self.trace.visit(visit);
        if self.owns_frame() {
            self.frame.get().traverse(visit);
        }
    }

    fn clear(&self) {
        if self.owns_frame() {
            let frame = self.frame.get();
            frame.locals_plus().close(frame.stack_depth_with_locals());
        }
    }
}

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyFrameObject {
    const LAYOUT: &'static Layout = &LAYOUT;
}

impl PyFrameObject {
    /// The object of a running frame.
    pub(crate) fn new(frame: Frame) -> Owned<PyFrameObject> {
        layout::make(PyFrameObject {
            ob: PyObject::new(types::frame()),
            back: OptField::empty(),
            frame: Cell::new(frame),
            storage: UnsafeCell::new(None),
            lineno: Cell::new(0),
            trace: OptField::empty(),
            trace_lines: Cell::new(true),
            trace_opcodes: Cell::new(false),
            extra_locals: OptField::empty(),
            overwritten: RefCell::new(Vec::new()),
        })
    }

    /// Whether the frame's contents are in this object.
    fn owns_frame(&self) -> bool {
        // SAFETY: no reference into the cell outlives this statement.
        unsafe { (*self.storage.get()).is_some() }
    }

    /// Keeps a value that a variable of the frame had.
    pub(crate) fn keep(&self, value: StackRef) {
        if !value.is_null() {
            self.overwritten.borrow_mut().push(value);
        }
    }

    /// The frame, on the data stack or in this object.
    pub(crate) fn frame(&self) -> Frame {
        self.frame.get()
    }
}

impl Ref<PyFrameObject> {
    /// Moves the frame's contents here, because it is about to leave the data stack (`take_ownership`). The frame's
    /// memory holds nothing afterwards.
    pub(crate) fn take_over(self) {
        let frame = self.frame.get();
        let words = frame.code().framesize() as usize;
        let storage: Box<[MaybeUninit<usize>]> = Box::new_uninit_slice(words);
        // SAFETY: no reference into the cell outlives this statement.
        let storage = unsafe { (*self.storage.get()).insert(storage) };
        let memory = NonNull::from_mut(&mut **storage).cast::<u8>();
        // SAFETY: the storage has as many words as the frame.
        let own = unsafe { Frame::from_memory(memory) };
        frame.move_to(own);
        own.set_owner(Owner::FrameObject);
        own.set_frame_object(None);
        self.frame.set(own);
    }
}

impl Drop for PyFrameObject {
    fn drop(&mut self) {
        if self.storage.get_mut().is_some() {
            let frame = self.frame.get();
            frame.locals_plus().close(frame.stack_depth_with_locals());
            frame.drop_specials();
        }
    }
}
