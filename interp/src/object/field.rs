//! Cells that hold a count: an object's references to other objects.

use super::layout::Object;
use super::refs::{Owned, Ref};
use std::cell::UnsafeCell;

/// A reference that is always there.
pub(crate) struct Field<T = super::header::PyObject>(UnsafeCell<Owned<T>>);

impl<T: Object> Field<T> {
    pub(crate) const fn new(value: Owned<T>) -> Field<T> {
        Field(UnsafeCell::new(value))
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> Ref<T> {
        // SAFETY: no reference into the cell outlives a statement of this module.
        unsafe { (*self.0.get()).borrow() }
    }

    /// Shows the cycle collector the reference.
    pub(crate) fn visit(&self, visit: &mut dyn FnMut(Ref)) {
        visit(self.get().upcast());
    }

    /// Stores a value; the old one is dropped after the new one is in place, because that may run code.
    #[inline(always)]
    pub(crate) fn set(&self, value: Owned<T>) {
        drop(self.replace(value));
    }

    #[inline(always)]
    pub(crate) fn replace(&self, value: Owned<T>) -> Owned<T> {
        // SAFETY: as in `get`.
        unsafe { std::mem::replace(&mut *self.0.get(), value) }
    }
}

/// A reference that may be absent (a pointer that C may have as NULL).
pub(crate) struct OptField<T = super::header::PyObject>(UnsafeCell<Option<Owned<T>>>);

impl<T: Object> OptField<T> {
    pub(crate) const fn new(value: Option<Owned<T>>) -> OptField<T> {
        OptField(UnsafeCell::new(value))
    }

    pub(crate) const fn empty() -> OptField<T> {
        OptField(UnsafeCell::new(None))
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> Option<Ref<T>> {
        // SAFETY: as in `Field::get`.
        unsafe { (*self.0.get()).as_ref().map(Owned::borrow) }
    }

    /// Shows the cycle collector the reference.
    pub(crate) fn visit(&self, visit: &mut dyn FnMut(Ref)) {
        if let Some(value) = self.get() {
            visit(value.upcast());
        }
    }

    #[inline(always)]
    pub(crate) fn is_some(&self) -> bool {
        self.get().is_some()
    }

    /// As `Field::set`.
    #[inline(always)]
    pub(crate) fn set(&self, value: Option<Owned<T>>) {
        drop(self.replace(value));
    }

    #[inline(always)]
    pub(crate) fn replace(&self, value: Option<Owned<T>>) -> Option<Owned<T>> {
        // SAFETY: as in `Field::get`.
        unsafe { std::mem::replace(&mut *self.0.get(), value) }
    }

    #[inline(always)]
    pub(crate) fn take(&self) -> Option<Owned<T>> {
        self.replace(None)
    }
}
