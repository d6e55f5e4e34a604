//! The memory of an object by byte offsets, for the attributes that inline caches address so: `__slots__` members, inline
//! values, the attributes of functions.

use super::layout::Object;
use super::refs::{Owned, Ref};
use std::ptr::NonNull;

/// A place in (or just in front of) an object: C's `char *`.
#[derive(Clone, Copy)]
pub(crate) struct Memory(NonNull<u8>);

impl Memory {
    #[inline(always)]
    pub(crate) fn of(object: Ref) -> Memory {
        // SAFETY: a Ref points to a live object.
        Memory(unsafe { NonNull::new_unchecked(object.as_ptr().cast()) })
    }

    #[inline(always)]
    #[must_use]
    pub(crate) fn offset(self, bytes: isize) -> Memory {
        // SAFETY: offsets come from the type (`dictoffset`, member descriptors, `offset_of!`) or from a cache that the
        // specialiser filled from it, behind a guard on the type's version; they stay inside the object's allocation.
        Memory(unsafe { self.0.byte_offset(bytes) })
    }

    /// The reference that lies here: C's cast to `PyObject **`.
    #[inline(always)]
    pub(crate) fn object_slot(self) -> ObjectSlot {
        debug_assert!(self.0.cast::<Option<Owned>>().is_aligned(), "a reference at an odd address");
        ObjectSlot(self.0.cast())
    }
}

/// A reference in an object's memory, NULL if absent. It owns its count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ObjectSlot(NonNull<Option<Owned>>);

impl ObjectSlot {
    #[inline(always)]
    pub(crate) fn get(self) -> Option<Ref> {
        // SAFETY: the slot lies in a live object, see `Memory::offset`; it holds NULL or a counted pointer, which is what
        // Option<Owned> is, and no reference into it outlives this statement.
        unsafe { (*self.0.as_ptr()).as_ref().map(Owned::borrow) }
    }

    /// C's plain store: takes over the value's count; the old value's count goes to whoever read it before.
    #[inline(always)]
    pub(crate) fn store(self, value: Option<Owned>) {
        // SAFETY: as in `get`; nothing is dropped.
        unsafe { self.0.write(value) };
    }

    /// Slots from `first` to here.
    #[inline(always)]
    pub(crate) fn offset_from(self, first: ObjectSlot) -> isize {
        // SAFETY: both lie in the inline values of one object.
        unsafe { self.0.offset_from(first.0) }
    }
}

impl<T: Object> Ref<T> {
    /// Gives back a count that a member held and that a plain store has overwritten since.
    #[inline(always)]
    pub(crate) fn release(self) {
        self.check_alive();
        // SAFETY: the definitions read the member into a variable, store over it, and release the variable: the count
        // that the member owned is given back here, once.
        drop(unsafe { Owned::<T>::from_ptr(NonNull::new_unchecked(self.as_ptr().cast())) });
    }
}
