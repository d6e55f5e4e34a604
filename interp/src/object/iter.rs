//! Ranges, slices and the iterators that have specialised forms.

use super::dict::PyDict;
use super::field::{Field, OptField};
use super::header::PyObject;
use super::layout::{self, Layout, Object, Traverse};
use super::list::PyList;
use super::refs::{Owned, Ref};
use super::singletons;
use super::tuple::PyTuple;
use super::types::PyType;
use crate::runtime::types;
use std::cell::Cell;

/// A range: start, stop, step and length are ints of any size.
#[repr(C)]
pub(crate) struct PyRange {
    ob: PyObject,
    pub(crate) start: Field,
    pub(crate) stop: Field,
    pub(crate) step: Field,
    pub(crate) length: Field,
}

static RANGE: Layout = Layout::fixed::<PyRange>("PyRange", Some(&layout::OBJECT));

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyRange {
    const LAYOUT: &'static Layout = &RANGE;
}

impl PyRange {
    pub(crate) fn new(start: Owned, stop: Owned, step: Owned, length: Owned) -> Owned<PyRange> {
        layout::make(PyRange {
            ob: PyObject::new(types::range()),
            start: Field::new(start),
            stop: Field::new(stop),
            step: Field::new(step),
            length: Field::new(length),
        })
    }
}

/// An iterator over a range of machine words.
#[repr(C)]
pub(crate) struct PyRangeIter {
    ob: PyObject,
    start: Cell<i64>,
    step: i64,
    len: Cell<i64>,
}

static RANGE_ITER: Layout = Layout::fixed::<PyRangeIter>("PyRangeIter", Some(&layout::OBJECT));

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyRangeIter {
    const LAYOUT: &'static Layout = &RANGE_ITER;
}

impl PyRangeIter {
    pub(crate) fn new(start: i64, step: i64, len: i64) -> Owned<PyRangeIter> {
        let ob = PyObject::new(types::range_iterator());
        layout::make(PyRangeIter { ob, start: Cell::new(start), step, len: Cell::new(len) })
    }

    #[inline(always)]
    pub(crate) fn start(&self) -> i64 {
        self.start.get()
    }

    #[inline(always)]
    pub(crate) fn set_start(&self, start: i64) {
        self.start.set(start);
    }

    #[inline(always)]
    pub(crate) fn step(&self) -> i64 {
        self.step
    }

    /// Items left.
    #[inline(always)]
    pub(crate) fn len(&self) -> i64 {
        self.len.get()
    }

    #[inline(always)]
    pub(crate) fn set_len(&self, len: i64) {
        self.len.set(len);
    }
}

/// An iterator over a sequence by index; the sequence is gone once it is exhausted.
#[repr(C)]
pub(crate) struct PySeqIter<T> {
    ob: PyObject,
    sequence: OptField<T>,
    index: Cell<isize>,
}

/// Iterator over a list.
pub(crate) type PyListIter = PySeqIter<PyList>;
/// Iterator over a tuple.
pub(crate) type PyTupleIter = PySeqIter<PyTuple>;
/// Iterator over anything with `__getitem__`.
pub(crate) type PyAnySeqIter = PySeqIter<PyObject>;

static LIST_ITER: Layout = Layout::fixed::<PyListIter>("PyListIter", Some(&layout::OBJECT)).traversed::<PyListIter>();

static TUPLE_ITER: Layout =
    Layout::fixed::<PyTupleIter>("PyTupleIter", Some(&layout::OBJECT)).traversed::<PyTupleIter>();

static ANY_ITER: Layout = Layout::fixed::<PyAnySeqIter>("PySeqIter", Some(&layout::OBJECT)).traversed::<PyAnySeqIter>();

impl<T: Object> Traverse for PySeqIter<T>
where
    PySeqIter<T>: Object,
{
    fn traverse(&self, visit: &mut dyn FnMut(Ref)) {
        self.sequence.visit(visit);
    }

    fn clear(&self) {
        self.sequence.set(None);
    }
}

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyListIter {
    const LAYOUT: &'static Layout = &LIST_ITER;
}
// SAFETY: as above.
unsafe impl Object for PyTupleIter {
    const LAYOUT: &'static Layout = &TUPLE_ITER;
}
// SAFETY: as above.
unsafe impl Object for PyAnySeqIter {
    const LAYOUT: &'static Layout = &ANY_ITER;
}

impl<T: Object> PySeqIter<T>
where
    PySeqIter<T>: Object,
{
    /// An iterator of the given type (there is one per sequence type, and some for reversed ones).
    pub(crate) fn with_type(ty: Ref<PyType>, sequence: Owned<T>, index: isize) -> Owned<PySeqIter<T>> {
        layout::make(PySeqIter {
            ob: PyObject::new(ty),
            sequence: OptField::new(Some(sequence)),
            index: Cell::new(index),
        })
    }

    /// The same, where the type may be a class.
    pub(crate) fn of_class(ty: Ref<PyType>, sequence: Owned<T>, index: isize) -> Owned<PySeqIter<T>> {
        let ob = PyObject::new(ty);
        let iterator = PySeqIter { ob, sequence: OptField::new(Some(sequence)), index: Cell::new(index) };
        super::instance::make_of(ty, iterator)
    }

    #[inline(always)]
    pub(crate) fn sequence(&self) -> Option<Ref<T>> {
        self.sequence.get()
    }

    #[inline(always)]
    pub(crate) fn set_sequence(&self, sequence: Option<Owned<T>>) {
        self.sequence.set(sequence);
    }

    /// Lets go of the sequence without dropping it: for bodies that drop it themselves.
    pub(crate) fn take_sequence(&self) -> Option<Owned<T>> {
        self.sequence.take()
    }

    #[inline(always)]
    pub(crate) fn index(&self) -> isize {
        self.index.get()
    }

    #[inline(always)]
    pub(crate) fn set_index(&self, index: isize) {
        self.index.set(index);
    }
}

/// An iterator over a dict's entries, in either direction; the dict is gone once it is exhausted.
#[repr(C)]
pub(crate) struct PyDictIter {
    ob: PyObject,
    pub(crate) dict: OptField<PyDict>,
    /// How many entries the dict had at the start (`di_used`); `None` once that has changed.
    pub(crate) expected: Cell<Option<usize>>,
    /// Where the next entry is looked for.
    pub(crate) position: Cell<usize>,
    /// Entries still to come (`len`).
    pub(crate) left: Cell<usize>,
}

static DICT_ITER: Layout = Layout::fixed::<PyDictIter>("PyDictIter", Some(&layout::OBJECT)).traversed::<PyDictIter>();

layout::traverse_fields!(PyDictIter, keeps: [], gives: [dict]);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyDictIter {
    const LAYOUT: &'static Layout = &DICT_ITER;
}

impl PyDictIter {
    /// An iterator of the given type, from `position` on.
    pub(crate) fn with_type(ty: Ref<PyType>, dict: Ref<PyDict>, position: usize) -> Owned<PyDictIter> {
        layout::make(PyDictIter {
            ob: PyObject::new(ty),
            dict: OptField::new(Some(dict.to_owned())),
            expected: Cell::new(Some(dict.len())),
            position: Cell::new(position),
            left: Cell::new(dict.len()),
        })
    }
}

/// A slice.
#[repr(C)]
pub(crate) struct PySlice {
    ob: PyObject,
    pub(crate) start: Field,
    pub(crate) stop: Field,
    pub(crate) step: Field,
}

static SLICE: Layout = Layout::fixed::<PySlice>("PySlice", Some(&layout::OBJECT)).traversed::<PySlice>();

layout::traverse_fields!(PySlice, keeps: [start, stop, step], gives: []);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PySlice {
    const LAYOUT: &'static Layout = &SLICE;
}

impl PySlice {
    /// A slice; what is absent is None.
    pub(crate) fn new(start: Option<Owned>, stop: Option<Owned>, step: Option<Owned>) -> Owned<PySlice> {
        let field = |value: Option<Owned>| Field::new(value.unwrap_or_else(|| singletons::none_object().to_owned()));
        layout::make(PySlice {
            ob: PyObject::new(types::slice()),
            start: field(start),
            stop: field(stop),
            step: field(step),
        })
    }
}

/// An iterator that calls until a value comes.
#[repr(C)]
pub(crate) struct PyCallableIter {
    ob: PyObject,
    pub(crate) callable: OptField,
    pub(crate) sentinel: OptField,
}

static CALLABLE_ITER: Layout =
    Layout::fixed::<PyCallableIter>("PyCallableIter", Some(&layout::OBJECT)).traversed::<PyCallableIter>();

layout::traverse_fields!(PyCallableIter, keeps: [], gives: [callable, sentinel]);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyCallableIter {
    const LAYOUT: &'static Layout = &CALLABLE_ITER;
}

impl PyCallableIter {
    pub(crate) fn new(callable: Owned, sentinel: Owned) -> Owned<PyCallableIter> {
        layout::make(PyCallableIter {
            ob: PyObject::new(types::callable_iterator()),
            callable: OptField::new(Some(callable)),
            sentinel: OptField::new(Some(sentinel)),
        })
    }

    /// Lets go of both.
    pub(crate) fn exhaust(&self) {
        self.callable.set(None);
        self.sentinel.set(None);
    }
}
