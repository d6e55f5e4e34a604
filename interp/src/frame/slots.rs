//! Handles to runs of `StackRef` slots: locals (`SlotPtr`) and the evaluation stack (`StackPtr`).

use crate::object::StackRef;
use std::ptr::NonNull;

/// A run of slots in a frame. Indices are relative, and may be negative.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SlotPtr(NonNull<StackRef>);

/// One past the top of a frame's evaluation stack. Offsets count from there, so the top is at -1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StackPtr(NonNull<StackRef>);

impl SlotPtr {
    #[inline(always)]
    pub(super) const fn from_ptr(slots: NonNull<StackRef>) -> SlotPtr {
        SlotPtr(slots)
    }

    /// Slots outside of a frame, valid until the slice is next touched.
    pub(crate) fn of(slots: &mut [StackRef]) -> SlotPtr {
        SlotPtr(NonNull::from(slots).cast())
    }

    /// The handle as a stack pointer that stands here.
    #[inline(always)]
    pub(crate) fn as_stack(self) -> StackPtr {
        StackPtr(self.0)
    }

    #[inline(always)]
    fn at(self, index: isize) -> *mut StackRef {
        // SAFETY: verified code only names slots of its own frame, so the result stays inside the data stack's block.
        unsafe { self.0.as_ptr().offset(index) }
    }

    /// Looks at a slot.
    #[inline(always)]
    pub(crate) fn get<'a>(self, index: isize) -> &'a StackRef {
        // SAFETY: the slot is initialised: frames start with all locals written, and stack slots are read below the top.
        // The word is in a cell, so that a later write through the handle does not invalidate the reference.
        unsafe { &*self.at(index) }
    }

    /// Reads a slot's word as an owned value. What stays in the slot is logically dead.
    #[inline(always)]
    pub(crate) fn read(&self, index: isize) -> StackRef {
        // SAFETY: as in `get`; the caller overwrites or abandons the slot, so that its count is given back once.
        unsafe { self.at(index).read() }
    }

    /// Moves a slot's value out, leaving NULL.
    #[inline(always)]
    pub(crate) fn take(&self, index: isize) -> StackRef {
        self.replace(index, StackRef::NULL)
    }

    /// Overwrites a slot without closing what it held, as C's assignment does.
    #[inline(always)]
    pub(crate) fn put(&self, index: isize, value: StackRef) {
        // SAFETY: as in `at`; nothing is read or dropped.
        unsafe { self.at(index).write(value) };
    }

    /// Puts a value and gives back the old one.
    #[inline(always)]
    pub(crate) fn replace(&self, index: isize, value: StackRef) -> StackRef {
        // SAFETY: as in `get`.
        unsafe { self.at(index).replace(value) }
    }

    #[inline(always)]
    #[must_use]
    pub(crate) fn add(self, count: isize) -> SlotPtr {
        // SAFETY: as in `at`; a pointer into the block is not null.
        SlotPtr(unsafe { NonNull::new_unchecked(self.at(count)) })
    }

    #[inline(always)]
    #[must_use]
    pub(crate) fn sub(self, count: isize) -> SlotPtr {
        self.add(-count)
    }

    /// Closes slots `count - 1` to 0, the last first, leaving NULL.
    #[inline(always)]
    pub(crate) fn close(self, count: isize) {
        for index in (0..count).rev() {
            drop(self.take(index));
        }
    }

    /// Slots from `other` to here.
    #[inline(always)]
    pub(crate) fn offset_from(self, other: SlotPtr) -> isize {
        // SAFETY: both handles are into the same frame.
        unsafe { self.0.as_ptr().offset_from(other.0.as_ptr()) }
    }
}

impl StackPtr {
    /// Looks at the slot `offset` from the top (negative).
    #[inline(always)]
    pub(crate) fn peek<'a>(self, offset: isize) -> &'a StackRef {
        // SAFETY: verified code only looks below its stack pointer; see `SlotPtr::get`.
        unsafe { &*self.at(offset) }
    }

    #[inline(always)]
    fn at(self, offset: isize) -> *mut StackRef {
        // SAFETY: verified code keeps within its stack size.
        unsafe { self.0.as_ptr().offset(offset) }
    }

    /// Reads the word `offset` from the top as an owned value; the slot is then logically dead.
    #[inline(always)]
    pub(crate) fn read(&self, offset: isize) -> StackRef {
        // SAFETY: as in `SlotPtr::read`.
        unsafe { self.at(offset).read() }
    }

    /// Writes a slot without closing what it held.
    #[inline(always)]
    pub(crate) fn write(&self, offset: isize, value: StackRef) {
        // SAFETY: as in `SlotPtr::put`.
        unsafe { self.at(offset).write(value) };
    }

    /// The slots from `offset` on.
    #[inline(always)]
    pub(crate) fn slots(self, offset: isize) -> SlotPtr {
        SlotPtr(self.0).add(offset)
    }

    #[inline(always)]
    #[must_use]
    pub(crate) fn offset(self, count: isize) -> StackPtr {
        SlotPtr(self.0).add(count).as_stack()
    }

    #[inline(always)]
    pub(crate) fn shrink(&mut self, count: usize) {
        *self = self.offset(-(count as isize));
    }

    #[inline(always)]
    pub(crate) fn grow(&mut self, count: usize) {
        *self = self.offset(count as isize);
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, value: StackRef) {
        self.write(0, value);
        self.grow(1);
    }

    #[inline(always)]
    pub(crate) fn pop(&mut self) -> StackRef {
        self.shrink(1);
        self.read(0)
    }
}
