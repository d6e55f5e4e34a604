//! Attributes at an offset from an object, as the specialised attribute instructions address them.

use super::header::PyObject;
use super::refs::{Owned, Ref};
use std::ptr::{self, NonNull};

/// A place in an object's memory (`(char *)object + offset`).
#[derive(Clone, Copy)]
pub(crate) struct Memory(NonNull<u8>);

/// A nullable reference at a place in an object's memory (`PyObject **`).
#[derive(Clone, Copy)]
pub(crate) struct ObjectSlot(NonNull<*mut PyObject>);

impl Memory {
    #[inline(always)]
    pub(crate) fn of(object: Ref) -> Memory {
        // SAFETY: a handle's pointer is not null.
        Memory(unsafe { NonNull::new_unchecked(object.as_ptr().cast()) })
    }

    #[inline(always)]
    #[must_use]
    pub(crate) fn offset(self, bytes: isize) -> Memory {
        // SAFETY: the specialiser computed the offset for the object's type, whose version the instruction has checked;
        // it stays inside the object's block.
        Memory(unsafe { self.0.offset(bytes) })
    }

    #[inline(always)]
    pub(crate) fn object_slot(self) -> ObjectSlot {
        ObjectSlot(self.0.cast())
    }
}

impl ObjectSlot {
    #[inline(always)]
    pub(super) fn at(place: NonNull<*mut PyObject>) -> ObjectSlot {
        ObjectSlot(place)
    }

    #[inline(always)]
    pub(crate) fn get(self) -> Option<Ref> {
        // SAFETY: see `Memory::offset`: a reference or null lies here.
        NonNull::new(unsafe { *self.0.as_ptr() }).map(Ref::from_ptr)
    }

    /// Stores a reference without releasing the old one.
    #[inline(always)]
    pub(crate) fn set(self, value: Option<Owned>) {
        let word = value.map_or(ptr::null_mut(), |value| value.into_ptr().as_ptr());
        // SAFETY: as in `get`.
        unsafe { self.0.as_ptr().write(word) };
    }

    /// Stores a reference and gives back the old one.
    pub(crate) fn replace(self, value: Option<Owned>) -> Option<Owned> {
        let old = self.get().map(Ref::as_ptr);
        self.set(value);
        // SAFETY: the slot owned the count of what it held.
        old.and_then(NonNull::new).map(|old| unsafe { Owned::from_ptr(old) })
    }

    /// Slots from `other` to here.
    #[inline(always)]
    pub(crate) fn offset_from(self, other: ObjectSlot) -> isize {
        // SAFETY: both lie in the same object.
        unsafe { self.0.offset_from(other.0) }
    }
}
