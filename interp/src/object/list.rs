//! Lists.

use super::header::PyObject;
use super::layout::{self, Layout, Object, Traverse};
use super::refs::{Owned, Ref};
use crate::runtime::types;
use std::cell::UnsafeCell;

/// A list object.
///
/// No method keeps a reference into the vector while foreign code can run: what is taken out is dropped by the caller or
/// after the vector is whole again.
#[repr(C)]
pub(crate) struct PyList {
    ob: PyObject,
    items: UnsafeCell<Vec<Owned>>,
}

static LAYOUT: Layout = Layout::fixed::<PyList>("PyList", Some(&layout::OBJECT)).traversed::<PyList>();

impl Traverse for PyList {
    fn traverse(&self, visit: &mut dyn FnMut(Ref)) {
        self.vec().iter().rev().for_each(|item| visit(item.borrow()));
    }

    fn clear(&self) {
        drop(self.take_all());
    }
}

// SAFETY: header first; the items are in a cell.
unsafe impl Object for PyList {
    const LAYOUT: &'static Layout = &LAYOUT;
}

impl PyList {
    pub(crate) fn new(items: Vec<Owned>) -> Owned<PyList> {
        layout::make(PyList { ob: PyObject::new(types::list()), items: UnsafeCell::new(items) })
    }

    /// A list object of a subclass is made from this value.
    pub(super) fn blank(ob: PyObject) -> PyList {
        PyList { ob, items: UnsafeCell::new(Vec::new()) }
    }

    #[inline(always)]
    fn vec(&self) -> &Vec<Owned> {
        // SAFETY: used within one method of this module at a time, none of which runs foreign code meanwhile.
        unsafe { &*self.items.get() }
    }

    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    fn vec_mut(&self) -> &mut Vec<Owned> {
        // SAFETY: as in `vec`; no other reference to the vector is live.
        unsafe { &mut *self.items.get() }
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.vec().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `index`, if it is in range.
    #[inline(always)]
    pub(crate) fn get(&self, index: usize) -> Option<Ref> {
        self.vec().get(index).map(Owned::borrow)
    }

    /// The item at `index`, which is in range.
    #[inline(always)]
    pub(crate) fn item(&self, index: usize) -> Ref {
        debug_assert!(index < self.len(), "list index out of range");
        // SAFETY: callers have compared the index with the length.
        unsafe { self.vec().get_unchecked(index) }.borrow()
    }

    /// Puts a value at `index`, which is in range, and gives back the old one.
    #[inline(always)]
    pub(crate) fn replace(&self, index: usize, value: Owned) -> Owned {
        std::mem::replace(&mut self.vec_mut()[index], value)
    }

    #[inline(always)]
    pub(crate) fn push(&self, value: Owned) {
        self.vec_mut().push(value);
    }

    /// Makes room for `more` items; false when there is no memory.
    pub(crate) fn reserve(&self, more: usize) -> bool {
        self.vec_mut().try_reserve(more).is_ok()
    }

    pub(crate) fn insert(&self, index: usize, value: Owned) {
        self.vec_mut().insert(index, value);
    }

    pub(crate) fn remove(&self, index: usize) -> Owned {
        self.vec_mut().remove(index)
    }

    pub(crate) fn pop(&self) -> Option<Owned> {
        self.vec_mut().pop()
    }

    /// New references to all items.
    pub(crate) fn to_vec(&self) -> Vec<Owned> {
        self.vec().clone()
    }

    /// New references to the items of a range, which is clamped to the length.
    pub(crate) fn slice(&self, start: usize, stop: usize) -> Vec<Owned> {
        let len = self.len();
        let stop = stop.min(len);
        self.vec()[start.min(stop)..stop].to_vec()
    }

    /// Replaces the items of a range (clamped) and gives back the old ones, which the caller drops.
    pub(crate) fn splice(&self, start: usize, stop: usize, items: Vec<Owned>) -> Vec<Owned> {
        let vec = self.vec_mut();
        let stop = stop.min(vec.len());
        let start = start.min(stop);
        if stop - start == items.len() {
            let mut items = items;
            vec[start..stop].swap_with_slice(&mut items);
            return items;
        }
        vec.splice(start..stop, items).collect()
    }

    /// Takes all items out.
    pub(crate) fn take_all(&self) -> Vec<Owned> {
        std::mem::take(self.vec_mut())
    }

    /// Makes these the items and gives back the old ones.
    pub(crate) fn replace_all(&self, items: Vec<Owned>) -> Vec<Owned> {
        std::mem::replace(self.vec_mut(), items)
    }

    pub(crate) fn reverse(&self) {
        self.vec_mut().reverse();
    }

    /// Room for items without another allocation, as `sys.getsizeof` counts it.
    pub(crate) fn capacity(&self) -> usize {
        self.vec().capacity()
    }
}
