//! Tuples: a length and the items behind it, in one block.

use super::alloc;
use super::header::PyObject;
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::types::PyType;
use crate::runtime::types;
use std::cell::Cell;
use std::ptr::NonNull;

/// A tuple object; `len` items follow it. Items never change once the tuple is shared.
#[repr(C)]
pub(crate) struct PyTuple {
    ob: PyObject,
    len: usize,
    hash: Cell<isize>,
}

// SAFETY: the one static tuple is immortal and empty; its cached hash is touched by the guard's holder only.
unsafe impl Sync for PyTuple {}

static LAYOUT: Layout =
    Layout::variable::<PyTuple>("PyTuple", Some(&layout::OBJECT), tuple_size, drop_items).traversed_by(traverse);

unsafe fn traverse(object: NonNull<PyObject>, visit: &mut dyn FnMut(Ref)) {
    let tuple = object.cast::<PyTuple>();
    // SAFETY: a live tuple: its items are initialised. No handle is used, whose checks the collector's reckoning would upset.
    let items = unsafe { std::slice::from_raw_parts(tuple.add(1).cast::<Ref>().as_ptr(), tuple.as_ref().len) };
    items.iter().rev().for_each(|&item| visit(item));
}

// SAFETY: header first.
unsafe impl Object for PyTuple {
    const LAYOUT: &'static Layout = &LAYOUT;
}

static EMPTY: PyTuple =
    PyTuple { ob: PyObject::immortal(Ref::from_static(&crate::runtime::tuple::TYPE), 0), len: 0, hash: Cell::new(-1) };

unsafe fn tuple_size(object: NonNull<PyObject>) -> usize {
    // SAFETY: a tuple, live or dying.
    size_of::<PyTuple>() + unsafe { object.cast::<PyTuple>().as_ref() }.len * size_of::<Owned>()
}

unsafe fn drop_items(object: NonNull<PyObject>) {
    let tuple = object.cast::<PyTuple>();
    // SAFETY: a dying tuple: its items are initialised and nobody reads them again.
    unsafe {
        let len = tuple.as_ref().len;
        std::ptr::slice_from_raw_parts_mut(tuple.add(1).cast::<Owned>().as_ptr(), len).drop_in_place();
    }
}

impl PyTuple {
    /// `()`.
    pub(crate) fn empty() -> Ref<PyTuple> {
        Ref::from_static(&EMPTY)
    }

    /// A tuple of exactly `len` items; `None` when there is no memory.
    ///
    /// # Panics
    /// If the iterator ends early.
    #[inline]
    pub(crate) fn try_from_iter(len: usize, items: impl IntoIterator<Item = Owned>) -> Option<Owned<PyTuple>> {
        if len == 0 {
            return Some(PyTuple::empty().to_owned());
        }
        let size = len.checked_mul(size_of::<Owned>())?.checked_add(size_of::<PyTuple>())?;
        let memory = alloc::allocate_in(LAYOUT.pool(), size)?;
        let mut items = items.into_iter();
        // SAFETY: the block has room for the head and `len` items. If the iterator panics or ends early the block leaks,
        // with the items written so far.
        unsafe {
            let first = memory.cast::<PyTuple>().add(1).cast::<Owned>();
            for index in 0..len {
                first.add(index).write(items.next().expect("as many items as promised"));
            }
            let head = PyTuple { ob: PyObject::new(types::tuple()), len, hash: Cell::new(-1) };
            memory.cast::<PyTuple>().write(head);
            Some(Owned::from_ptr(memory.cast()))
        }
    }

    /// A tuple of the items.
    pub(crate) fn from_vec(items: Vec<Owned>) -> Owned<PyTuple> {
        PyTuple::try_from_iter(items.len(), items).unwrap_or_else(|| layout::out_of_memory())
    }

    /// A tuple of a class that extends `tuple`.
    pub(crate) fn of_class(class: Ref<PyType>, items: Vec<Owned>) -> Owned<PyTuple> {
        let head = PyTuple { ob: PyObject::new(class), len: items.len(), hash: Cell::new(-1) };
        super::instance::make_with_items(class, head, items).unwrap_or_else(|| layout::out_of_memory())
    }

    /// A tuple of new references to the items.
    pub(crate) fn from_refs(items: &[Ref]) -> Owned<PyTuple> {
        PyTuple::try_from_iter(items.len(), items.iter().map(|&item| item.to_owned()))
            .unwrap_or_else(|| layout::out_of_memory())
    }

    /// A tuple of a fixed number of items.
    pub(crate) fn from_array<const N: usize>(items: [Owned; N]) -> Owned<PyTuple> {
        PyTuple::try_from_iter(N, items).unwrap_or_else(|| layout::out_of_memory())
    }
}

impl Ref<PyTuple> {
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        self.len
    }

    #[inline(always)]
    pub(crate) fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The items.
    #[inline(always)]
    pub(crate) fn items(&self) -> &[Ref] {
        // SAFETY: `len` items follow the head, initialised, and never change; Owned and Ref are both one pointer.
        unsafe { std::slice::from_raw_parts(self.as_ptr().add(1).cast::<Ref>(), self.len) }
    }

    /// The item at `index`, which is in range.
    #[inline(always)]
    pub(crate) fn item(self, index: usize) -> Ref {
        debug_assert!(index < self.len(), "tuple index out of range");
        // SAFETY: callers have compared the index with the length, or it comes from verified code.
        unsafe { *self.as_ptr().add(1).cast::<Ref>().add(index) }
    }

    pub(crate) fn get(self, index: usize) -> Option<Ref> {
        self.items().get(index).copied()
    }

    pub(crate) fn iter(self) -> impl DoubleEndedIterator<Item = Ref> + ExactSizeIterator + Clone {
        (0..self.len()).map(move |index| self.item(index))
    }

    /// The cached hash, if it was computed.
    pub(crate) fn cached_hash(self) -> Option<isize> {
        Some(self.hash.get()).filter(|&hash| hash != -1)
    }

    pub(crate) fn cache_hash(self, hash: isize) {
        self.hash.set(hash);
    }

    /// Items `start..stop`, which are in range, as a tuple.
    pub(crate) fn slice(self, start: usize, stop: usize) -> Owned<PyTuple> {
        if start == 0 && stop == self.len() && self.is_exact(types::tuple()) {
            return self.to_owned();
        }
        PyTuple::from_refs(&self.items()[start..stop])
    }
}

/// A tuple that has fields besides its items (`PyStructSequence`): a tuple of those lies behind the items.
#[repr(C)]
pub(crate) struct PyStructSeq {
    tuple: PyTuple,
}

static STRUCT_SEQ: Layout =
    Layout::variable::<PyStructSeq>("PyStructSeq", Some(&LAYOUT), struct_seq_size, drop_struct_seq)
        .traversed_by(traverse_struct_seq);

unsafe fn struct_seq_size(object: NonNull<PyObject>) -> usize {
    // SAFETY: passed on; there is one reference more than the tuple counts.
    unsafe { tuple_size(object) + size_of::<Owned>() }
}

/// The reference behind the items.
unsafe fn rest_of(object: NonNull<PyObject>) -> NonNull<Owned> {
    let tuple = object.cast::<PyTuple>();
    // SAFETY: a struct sequence, live or dying: `of_class` wrote `len + 1` references.
    unsafe { tuple.add(1).cast::<Owned>().add(tuple.as_ref().len) }
}

unsafe fn traverse_struct_seq(object: NonNull<PyObject>, visit: &mut dyn FnMut(Ref)) {
    // SAFETY: a live struct sequence; Owned and Ref are both one pointer.
    unsafe {
        visit(*rest_of(object).cast::<Ref>().as_ref());
        traverse(object, visit);
    }
}

unsafe fn drop_struct_seq(object: NonNull<PyObject>) {
    // SAFETY: a dying struct sequence: nobody reads the references again.
    unsafe {
        rest_of(object).drop_in_place();
        drop_items(object);
    }
}

// SAFETY: header first; only `of_class` makes them.
unsafe impl Object for PyStructSeq {
    const LAYOUT: &'static Layout = &STRUCT_SEQ;
}

impl PyStructSeq {
    /// One of a type of this layout, with its items and the fields that are none.
    pub(crate) fn of_class(class: Ref<PyType>, mut items: Vec<Owned>, rest: Vec<Owned>) -> Owned<PyStructSeq> {
        let tuple = PyTuple { ob: PyObject::new(class), len: items.len(), hash: Cell::new(-1) };
        items.push(PyTuple::from_vec(rest).upcast());
        super::instance::make_with_items(class, PyStructSeq { tuple }, items).unwrap_or_else(|| layout::out_of_memory())
    }
}

impl Ref<PyStructSeq> {
    /// The fields that are no items.
    pub(crate) fn rest(self) -> Ref<PyTuple> {
        // SAFETY: one reference, to a tuple, follows the items.
        unsafe { *self.as_ptr().cast::<PyTuple>().add(1).cast::<Ref<PyTuple>>().add(self.tuple.len) }
    }
}
