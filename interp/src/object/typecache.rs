//! The cache of attribute lookups on types (`type_cache` in `typeobject.c`), by type version and interned name.

use super::refs::Ref;
use super::str::PyStr;
use std::cell::Cell;

const SIZE: usize = 4096;

#[derive(Clone, Copy)]
struct Entry {
    version: u32,
    name: usize,
    value: Option<Ref>,
}

/// Lookup results. A version is never given out twice, so an entry is either right or never asked for again.
pub(crate) struct TypeCache {
    entries: Box<[Cell<Entry>]>,
}

impl TypeCache {
    pub(crate) fn new() -> TypeCache {
        let empty = Entry { version: 0, name: 0, value: None };
        TypeCache { entries: vec![Cell::new(empty); SIZE].into() }
    }

    #[inline(always)]
    fn entry(&self, version: u32, name: Ref<PyStr>) -> &Cell<Entry> {
        &self.entries[(version as usize ^ name.addr() >> 4) % SIZE]
    }

    /// The remembered result, which may be "absent".
    #[inline(always)]
    pub(crate) fn get(&self, version: u32, name: Ref<PyStr>) -> Option<Option<Ref>> {
        let entry = self.entry(version, name).get();
        (entry.version == version && entry.name == name.addr()).then_some(entry.value)
    }

    pub(crate) fn put(&self, version: u32, name: Ref<PyStr>, value: Option<Ref>) {
        self.entry(version, name).set(Entry { version, name: name.addr(), value });
    }
}
