//! The cycle collector: finds containers that only other such containers keep alive, by trial deletion as CPython's
//! `gc.c` does. The counts themselves serve for the reckoning and are restored before any other code runs.
//!
//! A count that no `traverse` reports (of a running frame, a Rust value, an object that is not looked through) is one
//! from outside, so what is left out is kept, never freed.

use super::alloc;
use super::field::OptField;
use super::header::{FLAG_FINALIZED, FLAG_REACHED, FLAG_SUSPECT, PyObject};
use super::list::PyList;
use super::refs::{Owned, Ref};
use super::thread::Thread;
use super::types::{PyType, flags};
use super::{PyGenerator, instance, weakref};
use std::cell::Cell;
use std::ptr::NonNull;

/// The bit of the eval breaker that asks for a collection (`_PY_GC_SCHEDULED_BIT`).
pub(crate) const ASKED: usize = 1 << 4;

/// Added to every count while the collector reckons, so that none becomes zero, which means death elsewhere.
const BIAS: i32 = 1 << 29;

/// The collector's settings and what it has done.
pub(crate) struct Collector {
    pub(crate) enabled: Cell<bool>,
    pub(crate) running: Cell<bool>,
    pub(crate) threshold: Cell<usize>,
    pub(crate) debug: Cell<i32>,
    pub(crate) frozen: Cell<usize>,
    /// Collections, objects collected, and found but not collected.
    pub(crate) runs: Cell<usize>,
    pub(crate) collected: Cell<usize>,
    /// `gc.callbacks` and `gc.garbage`.
    pub(crate) callbacks: OptField<PyList>,
    pub(crate) garbage: OptField<PyList>,
}

/// `gc.DEBUG_SAVEALL`: what is unreachable is put into `gc.garbage` and lives on.
pub(crate) const SAVE_ALL: i32 = 32;

/// New containers after which a collection is due, as in CPython 3.14.
pub(crate) const THRESHOLD: usize = 2000;

impl Collector {
    pub(super) fn new() -> Collector {
        alloc::set_threshold(THRESHOLD);
        Collector {
            enabled: Cell::new(true),
            running: Cell::new(false),
            threshold: Cell::new(THRESHOLD),
            debug: Cell::new(0),
            frozen: Cell::new(0),
            runs: Cell::new(0),
            collected: Cell::new(0),
            callbacks: OptField::empty(),
            garbage: OptField::empty(),
        }
    }

    /// Sets when the next automatic collection is due, given how many containers there are: so that time spent in
    /// collections stays in proportion to the time spent in making objects.
    pub(crate) fn schedule(&self, live: usize) {
        let due = self.enabled.get() && self.threshold.get() > 0;
        alloc::set_threshold(if due { self.threshold.get().max(live / 4) } else { usize::MAX });
    }
}

/// How many containers were added since the last collection.
pub(crate) fn grown() -> usize {
    alloc::grown()
}

/// Asks the interpreter for a collection at its next check.
#[cold]
pub(super) fn ask() {
    if let Some(thread) = Thread::try_current() {
        thread.eval_breaker.set(thread.eval_breaker.get() | ASKED);
    }
}

/// New references to all containers.
pub(crate) fn tracked() -> Vec<Owned> {
    alloc::containers().into_iter().map(|object| Ref::from_ptr(object).to_owned()).collect()
}

/// Whether the collector looks through the object (`gc.is_tracked`).
pub(crate) fn is_tracked(object: Ref) -> bool {
    let ty = object.ty();
    !object.is_immortal() && (ty.has_feature(flags::HEAPTYPE) || ty.layout().pool() != alloc::Pool::Plain)
}

/// Whether the object's finaliser has run (`gc.is_finalized`).
pub(crate) fn is_finalized(object: Ref) -> bool {
    object.header().flags() & FLAG_FINALIZED != 0
}

/// Calls `visit` for each count that the object holds, as far as the collector knows.
pub(crate) fn referents(object: Ref, visit: &mut dyn FnMut(Ref)) {
    // SAFETY: a handle is to a live object.
    unsafe { traverse(NonNull::new_unchecked(object.as_ptr()), visit) };
}

/// # Safety
/// A live object.
unsafe fn traverse(object: NonNull<PyObject>, visit: &mut dyn FnMut(Ref)) {
    // SAFETY: passed on; the object holds its type, which is not looked at through a handle: see `instance::traverse`.
    unsafe {
        let ty = object.as_ref().type_ref().as_ptr();
        if (*ty).has_feature(flags::HEAPTYPE) {
            instance::traverse(object, visit);
        } else {
            (*ty).layout().traverse(object, visit);
        }
    }
}

/// Finds and frees unreachable cycles. Gives how many objects are freed.
pub(crate) fn collect(thread: &Thread) -> usize {
    let collector = &thread.state.collector;
    if collector.running.replace(true) {
        return 0;
    }
    let live = alloc::containers();
    let count = live.len();
    // Counted, so that nothing of it goes away while finalisers and callbacks run.
    let mut garbage: Vec<Owned> =
        unreachable(live, 0).into_iter().map(|object| Ref::from_ptr(object).to_owned()).collect();
    weakref::clear_all(thread, &garbage);
    for object in &garbage {
        finalize(thread, object.borrow());
    }
    // Those that the finalisers have ended die on their own.
    garbage.retain(|object| object.borrow().header().refcnt() > 1);
    // What a finaliser has made reachable lives on, with all that hangs on it.
    let suspects = garbage.iter().map(|object| pointer(object.borrow())).collect();
    let dead = unreachable(suspects, 1);
    let freed = dead.len();
    let dead: Vec<Owned> = dead.into_iter().map(|object| Ref::from_ptr(object).to_owned()).collect();
    drop(garbage);
    match collector.garbage.get().filter(|_| collector.debug.get() & SAVE_ALL != 0) {
        Some(garbage) => dead.iter().for_each(|object| garbage.push(object.clone())),
        None => dead.iter().for_each(|object| clear(object.borrow())),
    }
    drop(dead);
    collector.runs.set(collector.runs.get() + 1);
    collector.collected.set(collector.collected.get() + freed);
    collector.schedule(count - freed);
    collector.running.set(false);
    freed
}

fn pointer(object: Ref) -> NonNull<PyObject> {
    NonNull::new(object.as_ptr()).expect("handles are not null")
}

/// Those among the objects that nothing else keeps alive; `ours` is how many counts of each the collector itself holds.
/// Runs no other code.
fn unreachable(mut suspects: Vec<NonNull<PyObject>>, ours: i32) -> Vec<NonNull<PyObject>> {
    // SAFETY: here and below: the objects are live, and no code runs that could change that.
    let header = |object: NonNull<PyObject>| unsafe { &*object.as_ptr() };
    suspects.retain(|&object| !header(object).is_immortal() && header(object).refcnt() < BIAS as u32);
    for &object in &suspects {
        header(object).change_flags(FLAG_SUSPECT, FLAG_REACHED);
        header(object).shift_count(BIAS - ours);
    }
    shift_referents(&suspects, -1);
    let mut pending: Vec<NonNull<PyObject>> =
        suspects.iter().copied().filter(|&object| header(object).refcnt() > BIAS as u32).collect();
    pending.iter().for_each(|&object| header(object).change_flags(FLAG_REACHED, 0));
    while let Some(object) = pending.pop() {
        // SAFETY: the object is live.
        unsafe {
            traverse(object, &mut |found| {
                let found = NonNull::new_unchecked(found.as_ptr());
                if header(found).flags() & (FLAG_SUSPECT | FLAG_REACHED) == FLAG_SUSPECT {
                    header(found).change_flags(FLAG_REACHED, 0);
                    pending.push(found);
                }
            });
        }
    }
    shift_referents(&suspects, 1);
    suspects.retain(|&object| {
        let reached = header(object).flags() & FLAG_REACHED != 0;
        header(object).change_flags(0, FLAG_SUSPECT | FLAG_REACHED);
        header(object).shift_count(ours - BIAS);
        !reached
    });
    suspects
}

/// Adds to the counts of all suspects that suspects refer to.
fn shift_referents(suspects: &[NonNull<PyObject>], by: i32) {
    for &object in suspects {
        // SAFETY: as in `unreachable`; the closure touches counts and flags alone.
        unsafe {
            traverse(object, &mut |found| {
                let found = &*found.as_ptr();
                if found.flags() & FLAG_SUSPECT != 0 {
                    found.shift_count(by);
                }
            });
        }
    }
}

/// Calls an object's finaliser, once in its life (PEP 442).
fn finalize(thread: &Thread, object: Ref) {
    if let Some(generator) = object.downcast::<PyGenerator>() {
        return crate::runtime::generator::finalize(thread, generator);
    }
    let ty: Ref<PyType> = object.ty();
    if let Some(finalize) = ty.slots.finalize.get()
        && object.header().flags() & FLAG_FINALIZED == 0
    {
        object.header().change_flags(FLAG_FINALIZED, 0);
        finalize(thread, object);
    }
}

/// Makes an object give up what it can.
fn clear(object: Ref) {
    // SAFETY: the object is live: the collector holds a count.
    unsafe {
        if object.ty().has_feature(flags::HEAPTYPE) {
            instance::clear(pointer(object));
        } else {
            object.ty().layout().clear(pointer(object));
        }
    }
}
