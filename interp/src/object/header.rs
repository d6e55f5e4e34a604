//! The two words in front of every object: reference count with flags, and type.

use super::refs::Ref;
use super::types::PyType;
use std::cell::Cell;

/// The count of an immortal object: negative as `i32`, and far from both ends.
pub(crate) const IMMORTAL: u32 = 0xC000_0000;

/// `flags`: the object is immortal (kept beside the count so that a `StackRef` gets its tag with one `and`).
pub(crate) const FLAG_IMMORTAL: u32 = 1;
/// `flags`: the finaliser has run.
pub(crate) const FLAG_FINALIZED: u32 = 2;
/// `flags`: the cycle collector is looking at the object.
pub(crate) const FLAG_SUSPECT: u32 = 4;
/// `flags`: the cycle collector has found that the object can be reached.
pub(crate) const FLAG_REACHED: u32 = 8;
/// `flags`: there are weak references to the object.
pub(crate) const FLAG_WEAKREFS: u32 = 16;
/// First of the flag bits that belong to the object's own type (str kind, big int, …).
pub(crate) const FLAG_OWN: u32 = 1 << 8;

/// The header that every object starts with.
#[repr(C)]
pub(crate) struct PyObject {
    refcnt: Cell<u32>,
    flags: Cell<u32>,
    ty: Cell<Ref<PyType>>,
}

impl PyObject {
    /// A header with a count of one.
    #[inline(always)]
    pub(super) const fn new(ty: Ref<PyType>) -> PyObject {
        PyObject { refcnt: Cell::new(1), flags: Cell::new(0), ty: Cell::new(ty) }
    }

    /// A header with a count of one and some of the type's own flags.
    #[inline(always)]
    pub(super) const fn with_flags(ty: Ref<PyType>, flags: u32) -> PyObject {
        PyObject { refcnt: Cell::new(1), flags: Cell::new(flags), ty: Cell::new(ty) }
    }

    /// The header of an object that lives as long as the process.
    pub(super) const fn immortal(ty: Ref<PyType>, flags: u32) -> PyObject {
        PyObject { refcnt: Cell::new(IMMORTAL), flags: Cell::new(flags | FLAG_IMMORTAL), ty: Cell::new(ty) }
    }

    /// The reference count (`Py_REFCNT`); meaningless for immortal objects.
    #[inline(always)]
    pub(crate) fn refcnt(&self) -> u32 {
        self.refcnt.get()
    }

    #[inline(always)]
    pub(crate) fn is_immortal(&self) -> bool {
        self.flags.get() & FLAG_IMMORTAL != 0
    }

    #[inline(always)]
    pub(crate) fn flags(&self) -> u32 {
        self.flags.get()
    }

    #[inline(always)]
    pub(super) fn set_flags(&self, flags: u32) {
        self.flags.set(flags);
    }

    #[inline(always)]
    pub(super) fn type_ref(&self) -> Ref<PyType> {
        self.ty.get()
    }

    #[inline(always)]
    pub(super) fn set_type_ref(&self, ty: Ref<PyType>) {
        self.ty.set(ty);
    }

    /// Makes the object immortal: it is never freed from now on.
    pub(crate) fn make_immortal(&self) {
        self.refcnt.set(IMMORTAL);
        self.flags.set(self.flags.get() | FLAG_IMMORTAL);
    }

    /// Adds one reference. A count that reaches 2^31 stays there: the object leaks, which is sound.
    #[inline(always)]
    pub(super) fn incref(&self) {
        let count = self.refcnt.get();
        if (count as i32) >= 0 {
            self.refcnt.set(count + 1);
        }
    }

    /// Takes one reference away; true when it was the last.
    #[inline(always)]
    pub(super) fn decref(&self) -> bool {
        let count = self.refcnt.get();
        if (count as i32) < 0 {
            return false;
        }
        debug_assert!(count != 0, "a dead object was released again");
        self.refcnt.set(count - 1);
        count == 1
    }

    /// Adds to the count of a mortal object, or takes away from it, while the cycle collector reckons.
    pub(super) fn shift_count(&self, by: i32) {
        self.refcnt.set(self.refcnt.get().wrapping_add_signed(by));
    }

    /// Sets flag bits, or clears them.
    pub(super) fn change_flags(&self, set: u32, clear: u32) {
        self.flags.set(self.flags.get() & !clear | set);
    }

    /// Gives a dying object one reference, for a finaliser.
    pub(super) fn resurrect(&self) {
        self.refcnt.set(1);
    }
}
