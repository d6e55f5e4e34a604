//! Generators and coroutines: an object with an interpreter frame behind it, in one block.

use super::alloc::{self, Pool};
use super::code::PyCode;
use super::exception::{ExcInfo, ExcState};
use super::field::{Field, OptField};
use super::header::{FLAG_FINALIZED, PyObject};
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::str::PyStr;
use super::thread::Thread;
use super::types::{PyType, TypeSpec};
use crate::frame::Frame;
use crate::runtime::generator;
use std::cell::Cell;
use std::ptr::NonNull;

/// A generator, coroutine or asynchronous generator; its frame follows.
#[repr(C)]
pub(crate) struct PyGenerator {
    ob: PyObject,
    pub(crate) name: Field<PyStr>,
    pub(crate) qualname: Field<PyStr>,
    /// Kept beside the frame, which is emptied at the end.
    pub(crate) code: Field<PyCode>,
    exc_state: ExcState,
    frame_state: Cell<i32>,
    /// A step of an asynchronous generator is under way (`ag_running_async`).
    pub(crate) running_async: Cell<bool>,
    /// An asynchronous generator has ended or was told to.
    pub(crate) closed: Cell<bool>,
    /// Where a coroutine was made; who finalises an asynchronous generator (`gi_origin_or_finalizer`).
    pub(crate) origin_or_finalizer: OptField,
    /// An asynchronous generator was shown to the hooks (`ag_hooks_inited`).
    pub(crate) hooks_called: Cell<bool>,
    /// Words of the frame.
    words: usize,
}

static LAYOUT: Layout =
    Layout::variable::<PyGenerator>("PyGenerator", Some(&layout::OBJECT), size, drop_fields).traversed_by(traverse);

unsafe fn traverse(object: NonNull<PyObject>, visit: &mut dyn FnMut(Ref)) {
    let head = object.cast::<PyGenerator>();
    // SAFETY: a live generator. A running frame's slots are in use; otherwise its state says whether there is a frame behind
    // the head.
    unsafe {
        let own = head.as_ref();
        own.name.visit(visit);
        own.qualname.visit(visit);
        own.code.visit(visit);
        own.exc_state.value.visit(visit);
        own.origin_or_finalizer.visit(visit);
        if own.frame_state.get() < generator::EXECUTING {
            Frame::from_memory(head.add(1).cast()).traverse(visit);
        }
    }
}

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyGenerator {
    const LAYOUT: &'static Layout = &LAYOUT;
}

unsafe fn size(object: NonNull<PyObject>) -> usize {
    // SAFETY: a generator, live or dying.
    size_of::<PyGenerator>() + unsafe { object.cast::<PyGenerator>().as_ref() }.words * size_of::<usize>()
}

unsafe fn drop_fields(object: NonNull<PyObject>) {
    // SAFETY: a dying generator, whose frame has been cleared.
    unsafe { object.cast::<PyGenerator>().drop_in_place() };
}

/// `dealloc` of generators: a suspended one is closed first, which runs its `finally` blocks and may revive it.
unsafe fn dealloc(object: NonNull<PyObject>) {
    if !layout::enter_destruction(object) {
        return;
    }
    let generator: Ref<PyGenerator> = Ref::from_ptr(object.cast());
    // SAFETY: the object is dying but its header is live.
    let header = unsafe { object.as_ref() };
    layout::clear_weak_references(object);
    header.resurrect();
    generator::finalize(Thread::current(), generator);
    if !header.decref() {
        layout::leave_destruction();
        return;
    }
    // SAFETY: a generator made by `allocate`; its frame is empty now, and nobody else has a handle to it.
    unsafe { layout::free_by_layout(object) };
    layout::leave_destruction();
}

impl PyType {
    /// A static type of generators.
    pub(crate) const fn generator(spec: TypeSpec) -> PyType {
        PyType::with_dealloc::<PyGenerator>(spec, dealloc)
    }
}

impl PyGenerator {
    /// Whether this is the first time that the generator ends: what reports it may revive it.
    pub(crate) fn ends_first(&self) -> bool {
        let before = self.ob.flags() & FLAG_FINALIZED;
        self.ob.change_flags(FLAG_FINALIZED, 0);
        before == 0
    }

    /// A generator with room for a frame of the code, which the caller moves in.
    pub(crate) fn allocate(
        ty: Ref<PyType>,
        code: Ref<PyCode>,
        name: Owned<PyStr>,
        qualname: Owned<PyStr>,
    ) -> Owned<PyGenerator> {
        let words = code.framesize() as usize;
        let size = size_of::<PyGenerator>() + words * size_of::<usize>();
        let Some(memory) = alloc::allocate_in(Pool::Container, size) else { layout::out_of_memory() };
        let head = PyGenerator {
            ob: PyObject::new(ty),
            name: Field::new(name),
            qualname: Field::new(qualname),
            code: Field::new(code.to_owned()),
            exc_state: ExcState::new(),
            frame_state: Cell::new(generator::CLEARED),
            running_async: Cell::new(false),
            closed: Cell::new(false),
            origin_or_finalizer: OptField::empty(),
            hooks_called: Cell::new(false),
            words,
        };
        // SAFETY: the block has room for the head; the header's count of one becomes the handle's. The frame is not
        // looked at while the state says that it is cleared.
        unsafe {
            memory.cast::<PyGenerator>().write(head);
            Owned::from_ptr(memory.cast())
        }
    }

    /// One of `generator::CREATED` and its like.
    #[inline(always)]
    pub(crate) fn frame_state(&self) -> i32 {
        self.frame_state.get()
    }

    #[inline(always)]
    pub(crate) fn set_frame_state(&self, state: i32) {
        self.frame_state.set(state);
    }
}

impl Ref<PyGenerator> {
    /// The generator's own level of handled exceptions.
    #[inline(always)]
    pub(crate) fn exc_state(self) -> ExcInfo {
        // SAFETY: the handle is used while the generator runs or is alive, as `tstate->exc_info` is in C.
        unsafe { ExcInfo::new(&raw const (*self.as_ptr()).exc_state) }
    }

    /// The frame behind the object.
    #[inline(always)]
    pub(crate) fn frame(self) -> Frame {
        // SAFETY: `allocate` made room for it behind the head.
        unsafe { Frame::from_memory(NonNull::new_unchecked(self.as_ptr().add(1)).cast()) }
    }
}

impl Frame {
    /// The generator that owns the frame (`_PyGen_GetGeneratorFromFrame`).
    #[inline(always)]
    pub(crate) fn generator(self) -> Ref<PyGenerator> {
        debug_assert!(self.owner() == crate::frame::Owner::Generator);
        // SAFETY: a generator's frame lies right behind its head, in the same block.
        Ref::from_ptr(unsafe { self.memory().cast::<PyGenerator>().sub(1) })
    }
}
