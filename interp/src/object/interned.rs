//! The table of interned strings. They are immortal, so the table only grows, and there is one in a process.

use super::refs::{Owned, Ref};
use super::str::PyStr;
use std::cell::RefCell;

/// Interned strings by text.
pub(crate) struct Interned {
    table: RefCell<Table>,
}

struct Table {
    slots: Vec<Option<Ref<PyStr>>>,
    used: usize,
}

// SAFETY: only the holder of the interpreter guard touches it.
unsafe impl Sync for Interned {}

static GLOBAL: Interned = Interned { table: RefCell::new(Table { slots: Vec::new(), used: 0 }) };

impl Interned {
    pub(crate) fn global() -> &'static Interned {
        &GLOBAL
    }

    /// How many strings there are.
    pub(crate) fn len(&self) -> usize {
        self.table.borrow().used
    }

    /// The one string with this text.
    pub(crate) fn intern(&self, string: Owned<PyStr>) -> Ref<PyStr> {
        let mut table = self.table.borrow_mut();
        if table.slots.is_empty() {
            table.slots = vec![None; 1024];
        }
        let at = table.find(string.borrow());
        if let Some(found) = table.slots[at] {
            return found;
        }
        if string.borrow().is_interned() {
            // A static one: it is its own canonical string from now on.
            let string = string.borrow();
            table.insert(at, string);
            return string;
        }
        let string = string.leak_immortal();
        string.set_interned();
        table.insert(at, string);
        string
    }
}

impl Table {
    fn find(&self, string: Ref<PyStr>) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = string.hash() as usize & mask;
        while self.slots[at].is_some_and(|found| !found.same_text(string)) {
            at = (at + 1) & mask;
        }
        at
    }

    fn insert(&mut self, at: usize, string: Ref<PyStr>) {
        self.slots[at] = Some(string);
        self.used += 1;
        if self.used * 2 > self.slots.len() {
            let old = std::mem::take(&mut self.slots);
            self.slots = vec![None; old.len() * 2];
            for string in old.into_iter().flatten() {
                let at = self.find(string);
                self.slots[at] = Some(string);
            }
        }
    }
}
