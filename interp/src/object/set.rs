//! Sets: CPython's open-addressing table (`Objects/setobject.c`), probe for probe, so that sets of equal history iterate
//! in CPython's order.

use super::header::PyObject;
use super::instance::make_of;
use super::layout::{self, Layout, Object, Traverse};
use super::refs::{Owned, Ref};
use super::slots::Result;
use super::thread::Thread;
use super::types::PyType;
use crate::runtime::object;
use std::cell::{Cell, RefCell};

const MIN_SIZE: usize = 8;
/// Entries looked at next to the first, before the probe jumps.
const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;
/// Entries above which the table doubles instead of quadrupling.
const LARGE: usize = 50_000;

/// A set or frozenset object.
///
/// The table is borrowed within one method at a time, never while foreign code can run: what is taken out is dropped
/// afterwards.
#[repr(C)]
pub(crate) struct PySet {
    ob: PyObject,
    table: RefCell<Table>,
    /// A frozenset's hash, -1 until it is computed.
    hash: Cell<isize>,
}

static LAYOUT: Layout = Layout::fixed::<PySet>("PySet", Some(&layout::OBJECT)).traversed::<PySet>();

impl Traverse for PySet {
    fn traverse(&self, visit: &mut dyn FnMut(Ref)) {
        self.table.borrow().items().for_each(|(_, item)| visit(item.borrow()));
    }

    fn clear(&self) {
        let old = self.table.replace(Table::new());
        drop(old);
    }
}

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PySet {
    const LAYOUT: &'static Layout = &LAYOUT;
}

#[derive(Clone)]
enum Entry {
    Empty,
    /// An item was here: probes go on.
    Removed,
    Item(isize, Owned),
}

#[derive(Clone)]
struct Table {
    entries: Vec<Entry>,
    /// Items and removed ones.
    fill: usize,
    used: usize,
    /// Where `pop` goes on.
    finger: usize,
}

/// The indices that a hash leads to, in order. It does not end.
fn probes(hash: isize, mask: usize) -> impl Iterator<Item = usize> {
    let mut perturb = hash as usize;
    let mut start = hash as usize & mask;
    let mut step = 0;
    std::iter::from_fn(move || {
        let last = if start + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
        if step > last {
            perturb >>= PERTURB_SHIFT;
            start = start.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
            step = 0;
        }
        step += 1;
        Some(start + step - 1)
    })
}

impl Table {
    fn new() -> Table {
        Table { entries: vec![Entry::Empty; MIN_SIZE], fill: 0, used: 0, finger: 0 }
    }

    fn mask(&self) -> usize {
        self.entries.len() - 1
    }

    /// Adds an item that is not there, to a table without removed entries on its way.
    fn insert_clean(&mut self, hash: isize, item: Owned) {
        let free = probes(hash, self.mask()).find(|&at| matches!(self.entries[at], Entry::Empty));
        if let Some(at) = free {
            self.entries[at] = Entry::Item(hash, item);
        }
    }

    /// Makes a table for more than `least` items and moves the items.
    fn resize(&mut self, least: usize) {
        let mut size = MIN_SIZE;
        while size <= least {
            size *= 2;
        }
        let old = std::mem::replace(&mut self.entries, vec![Entry::Empty; size]);
        self.fill = self.used;
        for entry in old {
            if let Entry::Item(hash, item) = entry {
                self.insert_clean(hash, item);
            }
        }
    }

    fn is_full(&self, more: usize) -> bool {
        (self.fill + more) * 5 >= self.mask() * 3
    }

    fn items(&self) -> impl Iterator<Item = (isize, &Owned)> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Item(hash, item) => Some((*hash, item)),
            _ => None,
        })
    }
}

/// What a probe ended at.
enum Found {
    Item(usize),
    Free(usize),
}

impl PySet {
    /// An empty set or frozenset.
    pub(crate) fn new(ty: Ref<PyType>) -> Owned<PySet> {
        make_of(ty, PySet::blank(PyObject::new(ty)))
    }

    pub(super) fn blank(ob: PyObject) -> PySet {
        PySet { ob, table: RefCell::new(Table::new()), hash: Cell::new(-1) }
    }

    pub(crate) fn len(&self) -> usize {
        self.table.borrow().used
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at or after `position`, which moves behind it.
    pub(crate) fn next(&self, position: &mut usize) -> Option<Owned> {
        let table = self.table.borrow();
        while let Some(entry) = table.entries.get(*position) {
            *position += 1;
            if let Entry::Item(_, item) = entry {
                return Some(item.clone());
            }
        }
        None
    }

    /// All items with their hashes, in order.
    pub(crate) fn items(&self) -> Vec<(isize, Owned)> {
        self.table.borrow().items().map(|(hash, item)| (hash, item.clone())).collect()
    }

    pub(crate) fn to_vec(&self) -> Vec<Owned> {
        self.table.borrow().items().map(|(_, item)| item.clone()).collect()
    }

    /// Takes out some item.
    pub(crate) fn pop(&self) -> Option<Owned> {
        let mut table = self.table.borrow_mut();
        if table.used == 0 {
            return None;
        }
        let mask = table.mask();
        let mut at = table.finger & mask;
        while !matches!(table.entries[at], Entry::Item(..)) {
            at = (at + 1) & mask;
        }
        table.used -= 1;
        table.finger = at + 1;
        match std::mem::replace(&mut table.entries[at], Entry::Removed) {
            Entry::Item(_, item) => Some(item),
            _ => None,
        }
    }

    pub(crate) fn clear(&self) {
        let old = self.table.replace(Table::new());
        drop(old);
    }

    /// The frozenset's hash if it was computed.
    pub(crate) fn cached_hash(&self) -> Option<isize> {
        Some(self.hash.get()).filter(|&hash| hash != -1)
    }

    pub(crate) fn cache_hash(&self, hash: isize) {
        self.hash.set(hash);
    }

    /// Makes the items those of the other set, and gives those that were there to be dropped.
    pub(crate) fn swap(&self, other: &PySet) {
        self.table.swap(&other.table);
    }

    /// Makes room for the items of another set; an empty set takes them over as they lie. True if that was all.
    pub(crate) fn begin_merge(&self, other: &PySet) -> bool {
        let from = other.table.borrow();
        let mut table = self.table.borrow_mut();
        if table.is_full(from.used) {
            let least = (table.used + from.used) * 2;
            table.resize(least);
        }
        if table.fill != 0 {
            return false;
        }
        if table.mask() == from.mask() && from.fill == from.used {
            table.entries = from.entries.clone();
        } else {
            for (hash, item) in from.items() {
                table.insert_clean(hash, item.clone());
            }
        }
        (table.fill, table.used) = (from.used, from.used);
        true
    }

    /// Makes room for the keys of a dict of `len` entries.
    pub(crate) fn reserve_for_dict(&self, len: usize) {
        let mut table = self.table.borrow_mut();
        if table.is_full(len) {
            let least = (table.used + len) * 2;
            table.resize(least);
        }
    }
}

impl Ref<PySet> {
    fn probe(self, thread: &Thread, key: Ref, hash: isize) -> Result<Found> {
        'again: loop {
            let (size, mask) = {
                let table = self.table.borrow();
                (table.entries.len(), table.mask())
            };
            for at in probes(hash, mask) {
                let held = match &self.table.borrow().entries[at] {
                    Entry::Empty => return Ok(Found::Free(at)),
                    Entry::Item(other, item) if *other == hash => item.clone(),
                    _ => continue,
                };
                if held.borrow().is(key) {
                    return Ok(Found::Item(at));
                }
                let equal = object::is_equal(thread, held.borrow(), key)?;
                let table = self.table.borrow();
                let unchanged = table.entries.len() == size
                    && matches!(&table.entries[at], Entry::Item(_, item) if item.borrow().is(held.borrow()));
                if !unchanged {
                    continue 'again;
                }
                if equal {
                    return Ok(Found::Item(at));
                }
            }
        }
    }

    /// Adds an item with its hash; false if an equal one was there.
    pub(crate) fn add(self, thread: &Thread, item: Owned, hash: isize) -> Result<bool> {
        let Found::Free(at) = self.probe(thread, item.borrow(), hash)? else { return Ok(false) };
        let mut table = self.table.borrow_mut();
        table.entries[at] = Entry::Item(hash, item);
        table.fill += 1;
        table.used += 1;
        if table.is_full(0) {
            let least = if table.used > LARGE { table.used * 2 } else { table.used * 4 };
            table.resize(least);
        }
        Ok(true)
    }

    pub(crate) fn contains(self, thread: &Thread, item: Ref, hash: isize) -> Result<bool> {
        Ok(matches!(self.probe(thread, item, hash)?, Found::Item(_)))
    }

    /// Removes an item; false if it was not there.
    pub(crate) fn discard(self, thread: &Thread, item: Ref, hash: isize) -> Result<bool> {
        let Found::Item(at) = self.probe(thread, item, hash)? else { return Ok(false) };
        let removed = {
            let mut table = self.table.borrow_mut();
            table.used -= 1;
            std::mem::replace(&mut table.entries[at], Entry::Removed)
        };
        drop(removed);
        Ok(true)
    }
}
