//! Inline values: the attributes of an instance in an array behind it, under keys that the class's instances share
//! (CPython's `PyDictValues`).

use super::header::PyObject;
use super::memory::ObjectSlot;
use super::refs::{Owned, Ref};
use std::cell::Cell;
use std::ptr::{self, NonNull};

/// More attributes than this are kept in a dict.
pub(crate) const MOST_SHARED: usize = 30;

#[repr(C)]
struct Head {
    capacity: u8,
    size: Cell<u8>,
    valid: Cell<bool>,
    _reserved: [u8; 5],
}

/// A handle to an instance's inline values. Valid as long as the instance is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct InlineValues(NonNull<Head>);

impl InlineValues {
    /// Bytes that values of this capacity take: head, values, insertion order.
    pub(super) const fn bytes(capacity: usize) -> usize {
        size_of::<Head>() + capacity * size_of::<usize>() + capacity.next_multiple_of(8)
    }

    /// Writes empty values.
    ///
    /// # Safety
    /// The memory has `bytes(capacity)` bytes; they are the instance's for its life.
    pub(super) unsafe fn initialize(memory: NonNull<u8>, capacity: usize) {
        let head = Head { capacity: capacity as u8, size: Cell::new(0), valid: Cell::new(true), _reserved: [0; 5] };
        // SAFETY: passed on.
        unsafe {
            memory.cast::<Head>().write(head);
            ptr::write_bytes(memory.cast::<Head>().add(1).cast::<u8>().as_ptr(), 0, capacity * size_of::<usize>());
        }
    }

    /// # Safety
    /// `initialize` wrote the values there.
    #[inline(always)]
    pub(super) unsafe fn at(memory: NonNull<u8>) -> InlineValues {
        InlineValues(memory.cast())
    }

    #[inline(always)]
    fn head(&self) -> &Head {
        // SAFETY: the instance that holds the values is alive while its handle is used.
        unsafe { self.0.as_ref() }
    }

    #[inline(always)]
    pub(crate) fn capacity(self) -> usize {
        self.head().capacity.into()
    }

    /// How many attributes are set.
    pub(crate) fn size(self) -> usize {
        self.head().size.get().into()
    }

    /// Whether the instance still keeps its attributes here (`valid`).
    #[inline(always)]
    pub(crate) fn is_valid(self) -> bool {
        self.head().valid.get()
    }

    /// From now on the attributes are in a dict. The values are empty.
    pub(super) fn invalidate(self) {
        self.head().valid.set(false);
        self.head().size.set(0);
    }

    #[inline(always)]
    fn slot(self, index: usize) -> *mut *mut PyObject {
        debug_assert!(index < self.capacity());
        // SAFETY: the values follow the head; the index is below the capacity.
        unsafe { self.0.as_ptr().add(1).cast::<*mut PyObject>().add(index) }
    }

    fn order(self, position: usize) -> *mut u8 {
        debug_assert!(position < self.capacity());
        // SAFETY: the insertion order follows the values.
        unsafe { self.slot(0).add(self.capacity()).cast::<u8>().add(position) }
    }

    /// The value at an index of the shared keys.
    #[inline(always)]
    pub(crate) fn get(self, index: usize) -> Option<Ref> {
        // SAFETY: all values are initialised.
        NonNull::new(unsafe { *self.slot(index) }).map(Ref::from_ptr)
    }

    /// Puts a value and gives back the old one; a first value is noted in the insertion order.
    pub(crate) fn replace(self, index: usize, value: Option<Owned>) -> Option<Owned> {
        let new = value.map_or(ptr::null_mut(), |value| value.into_ptr().as_ptr());
        // SAFETY: the word owns its count, which moves to the caller.
        let old = unsafe { NonNull::new(ptr::replace(self.slot(index), new)).map(|old| Owned::from_ptr(old)) };
        match (&old, new.is_null()) {
            (None, false) => self.note_insertion(index),
            (Some(_), true) => self.forget_insertion(index),
            _ => {}
        }
        old
    }

    /// The place of the first value (`values->values`).
    #[inline(always)]
    pub(crate) fn first(self) -> ObjectSlot {
        // SAFETY: the values follow the head.
        ObjectSlot::at(unsafe { NonNull::new_unchecked(self.0.as_ptr().add(1).cast()) })
    }

    /// `_PyDictValues_AddToInsertionOrder`, with C's index.
    #[inline(always)]
    pub(crate) fn add_to_insertion_order(self, index: isize) {
        self.note_insertion(index as usize);
    }

    /// `_PyDictValues_AddToInsertionOrder`.
    #[inline]
    pub(crate) fn note_insertion(self, index: usize) {
        let size = self.size();
        // SAFETY: fewer attributes are set than there is room for.
        unsafe { *self.order(size) = index as u8 };
        self.head().size.set(size as u8 + 1);
    }

    fn forget_insertion(self, index: usize) {
        let size = self.size();
        let Some(at) = (0..size).find(|&position| self.index_of(position) == index) else { return };
        if at + 1 < size {
            // SAFETY: both positions are below the size.
            unsafe { ptr::copy(self.order(at + 1), self.order(at), size - at - 1) };
        }
        self.head().size.set(size as u8 - 1);
    }

    /// Which index was set in this place of the order.
    pub(crate) fn index_of(self, position: usize) -> usize {
        // SAFETY: positions below the size are written.
        usize::from(unsafe { *self.order(position) })
    }

    /// Bytes from an object to one of its values, for LOAD_ATTR_INSTANCE_VALUE.
    pub(crate) fn offset_from(self, object: Ref, index: usize) -> usize {
        self.slot(index).addr() - object.addr()
    }

    /// Takes all values out.
    pub(super) fn take_all(self) -> Vec<Owned> {
        (0..self.capacity()).filter_map(|index| self.replace(index, None)).collect()
    }
}
