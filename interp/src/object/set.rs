//! Sets: open addressing with short linear runs, probed and grown as CPython does (`Objects/setobject.c`), so that the
//! items come in the same order.

use super::header::PyObject;
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::slots::Result;
use super::str::PyStr;
use super::thread::Thread;
use super::types::PyType;
use crate::runtime::{object, types};
use std::cell::{Cell, RefCell};

/// Slots of an empty set.
const SMALLEST: usize = 8;
/// Slots that are tried after the first of a probe.
const RUN: usize = 9;
const PERTURB_SHIFT: u32 = 5;
/// The hash that marks a slot whose item is gone; no object has it.
const GONE: isize = -1;

/// A set or frozenset.
#[repr(C)]
pub(crate) struct PySet {
    ob: PyObject,
    /// Of a frozenset, -1 until it is asked for.
    pub(crate) hash: Cell<isize>,
    /// Where `pop` looks first.
    finger: Cell<usize>,
    // Borrowed for moments only: comparisons and destructors, which can run code, happen outside.
    table: RefCell<Table>,
}

static SET: Layout = Layout::fixed::<PySet>("PySet", Some(&layout::OBJECT));

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PySet {
    const LAYOUT: &'static Layout = &SET;
}

#[derive(Clone, Default)]
struct Slot {
    key: Option<Owned>,
    hash: isize,
}

struct Table {
    slots: Vec<Slot>,
    /// Slots that were ever filled since the last rebuild.
    fill: usize,
    used: usize,
    /// Changes with every rebuild, so that a probe sees that its slots are stale.
    generation: usize,
}

/// The slots at which an item with some hash may lie, in order.
struct Probe {
    mask: usize,
    base: usize,
    perturb: usize,
    run: usize,
}

impl Probe {
    fn new(mask: usize, hash: isize) -> Probe {
        Probe { mask, base: hash as usize & mask, perturb: hash as usize, run: 0 }
    }

    fn slot(&self) -> usize {
        self.base + self.run
    }

    fn advance(&mut self) {
        if self.run < RUN && self.base + RUN <= self.mask {
            self.run += 1;
            return;
        }
        self.run = 0;
        self.perturb >>= PERTURB_SHIFT;
        self.base = (self.base.wrapping_mul(5).wrapping_add(1).wrapping_add(self.perturb)) & self.mask;
    }
}

/// What lies at a slot of a probe.
enum Found {
    Unused,
    Same,
    /// Equal hash: a comparison has to tell.
    Perhaps(Owned),
    Other,
}

impl Table {
    fn new(size: usize) -> Table {
        Table { slots: vec![Slot::default(); size], fill: 0, used: 0, generation: 0 }
    }

    fn mask(&self) -> usize {
        self.slots.len() - 1
    }

    fn look(&self, at: usize, key: Ref, hash: isize) -> Found {
        let slot = &self.slots[at];
        match &slot.key {
            None if slot.hash == GONE => Found::Other,
            None => Found::Unused,
            Some(_) if slot.hash != hash => Found::Other,
            Some(found) if found.borrow().is(key) || same_text(found.borrow(), key) => Found::Same,
            Some(found) => Found::Perhaps(found.clone()),
        }
    }

    fn is_at(&self, at: usize, key: Ref) -> bool {
        self.slots[at].key.as_ref().is_some_and(|found| found.borrow().is(key))
    }

    /// Puts an item that is not there into a table without gone items.
    fn insert_clean(&mut self, key: Owned, hash: isize) {
        let mut probe = Probe::new(self.mask(), hash);
        while self.slots[probe.slot()].key.is_some() {
            probe.advance();
        }
        self.slots[probe.slot()] = Slot { key: Some(key), hash };
    }

    /// Rebuilds with room for more than `used` items.
    fn resize(&mut self, used: usize) {
        let mut size = SMALLEST;
        while size <= used {
            size <<= 1;
        }
        if size == SMALLEST && self.slots.len() == SMALLEST && self.fill == self.used {
            return;
        }
        let old = std::mem::replace(&mut self.slots, vec![Slot::default(); size]);
        self.fill = self.used;
        self.generation += 1;
        for slot in old {
            if let Some(key) = slot.key {
                self.insert_clean(key, slot.hash);
            }
        }
    }

    fn fill_slot(&mut self, at: usize, gone: Option<usize>, key: Owned, hash: isize) {
        self.used += 1;
        self.slots[gone.unwrap_or(at)] = Slot { key: Some(key), hash };
        if gone.is_some() {
            return;
        }
        self.fill += 1;
        if self.fill * 5 >= self.mask() * 3 {
            self.resize(if self.used > 50_000 { self.used * 2 } else { self.used * 4 });
        }
    }
}

/// Whether both are exact strings of the same text, which no code has to tell.
fn same_text(a: Ref, b: Ref) -> bool {
    a.is_exact(types::str()) && b.is_exact(types::str()) && a.cast::<PyStr>().same_text(b.cast())
}

impl PySet {
    /// An empty set of the given type.
    pub(crate) fn new(ty: Ref<PyType>) -> Owned<PySet> {
        let table = RefCell::new(Table::new(SMALLEST));
        layout::make_of(ty, PySet { ob: PyObject::new(ty), hash: Cell::new(-1), finger: Cell::new(0), table })
    }

    pub(crate) fn len(&self) -> usize {
        self.table.borrow().used
    }

    /// The item at or after `position` in the table, which is moved past it.
    pub(crate) fn next(&self, position: &mut usize) -> Option<(Owned, isize)> {
        let table = self.table.borrow();
        while let Some(slot) = table.slots.get(*position) {
            *position += 1;
            if let Some(key) = &slot.key {
                return Some((key.clone(), slot.hash));
            }
        }
        None
    }

    /// The items with their hashes, in the table's order.
    pub(crate) fn items(&self) -> Vec<(Owned, isize)> {
        let table = self.table.borrow();
        table.slots.iter().filter_map(|slot| Some((slot.key.clone()?, slot.hash))).collect()
    }

    pub(crate) fn clear(&self) {
        self.finger.set(0);
        let old = self.table.replace(Table::new(SMALLEST));
        drop(old);
    }

    /// Makes room for `more` further items, as before a merge.
    pub(crate) fn reserve(&self, more: usize) {
        let mut table = self.table.borrow_mut();
        if (table.fill + more) * 5 >= table.mask() * 3 {
            let used = (table.used + more) * 2;
            table.resize(used);
        }
    }

    /// Takes over the items of another set into this empty one, in their places where the tables are alike. False if
    /// this set is not empty, and nothing was done.
    pub(crate) fn copy_from(&self, other: &PySet) -> bool {
        let other = other.table.borrow();
        let mut table = self.table.borrow_mut();
        if table.fill != 0 {
            return false;
        }
        if table.mask() == other.mask() && other.fill == other.used {
            table.slots.clone_from(&other.slots);
        } else {
            for slot in &other.slots {
                if let Some(key) = &slot.key {
                    table.insert_clean(key.clone(), slot.hash);
                }
            }
        }
        table.fill = other.used;
        table.used = other.used;
        table.generation += 1;
        true
    }

    /// Takes over the contents of another set, which is left with this one's.
    pub(crate) fn swap(&self, other: &PySet) {
        if !std::ptr::eq(self, other) {
            self.table.swap(&other.table);
        }
    }
}

impl Ref<PySet> {
    /// Where the key lies, `None` if it is absent.
    fn find(self, thread: &Thread, key: Ref, hash: isize) -> Result<Option<usize>> {
        'again: loop {
            let (mut probe, generation) = {
                let table = self.table.borrow();
                (Probe::new(table.mask(), hash), table.generation)
            };
            loop {
                let at = probe.slot();
                let found = self.table.borrow().look(at, key, hash);
                match found {
                    Found::Unused => return Ok(None),
                    Found::Same => return Ok(Some(at)),
                    Found::Perhaps(item) => {
                        let equal = object::is_equal(thread, item.borrow(), key)?;
                        let table = self.table.borrow();
                        if table.generation != generation || !table.is_at(at, item.borrow()) {
                            continue 'again;
                        }
                        if equal {
                            return Ok(Some(at));
                        }
                    }
                    Found::Other => {}
                }
                probe.advance();
            }
        }
    }

    pub(crate) fn contains_hashed(self, thread: &Thread, key: Ref, hash: isize) -> Result<bool> {
        Ok(self.find(thread, key, hash)?.is_some())
    }

    /// Adds a key; one that is there already stays.
    pub(crate) fn add_hashed(self, thread: &Thread, key: Owned, hash: isize) -> Result<()> {
        'again: loop {
            let (mut probe, generation) = {
                let table = self.table.borrow();
                (Probe::new(table.mask(), hash), table.generation)
            };
            let mut gone = None;
            loop {
                let at = probe.slot();
                let found = self.table.borrow().look(at, key.borrow(), hash);
                match found {
                    Found::Unused => {
                        self.table.borrow_mut().fill_slot(at, gone, key, hash);
                        return Ok(());
                    }
                    Found::Same => return Ok(()),
                    Found::Perhaps(item) => {
                        let equal = object::is_equal(thread, item.borrow(), key.borrow())?;
                        if equal {
                            return Ok(());
                        }
                        let table = self.table.borrow();
                        if table.generation != generation || !table.is_at(at, item.borrow()) {
                            continue 'again;
                        }
                    }
                    Found::Other if self.table.borrow().slots[at].key.is_none() => gone = Some(at),
                    Found::Other => {}
                }
                probe.advance();
            }
        }
    }

    /// Takes a key out; false if it was absent.
    pub(crate) fn discard_hashed(self, thread: &Thread, key: Ref, hash: isize) -> Result<bool> {
        let Some(at) = self.find(thread, key, hash)? else { return Ok(false) };
        let old = {
            let mut table = self.table.borrow_mut();
            table.used -= 1;
            std::mem::replace(&mut table.slots[at], Slot { key: None, hash: GONE })
        };
        drop(old);
        Ok(true)
    }

    /// Takes some item; `None` from an empty set.
    pub(crate) fn pop(self) -> Option<Owned> {
        let mut table = self.table.borrow_mut();
        if table.used == 0 {
            return None;
        }
        let mut at = self.finger.get() & table.mask();
        while table.slots[at].key.is_none() {
            at = (at + 1) & table.mask();
        }
        table.used -= 1;
        self.finger.set(at + 1);
        std::mem::replace(&mut table.slots[at], Slot { key: None, hash: GONE }).key
    }
}
