//! The keys of a dict: an open-addressed table of indices over entries in insertion order (`dictobject.c`,
//! "compact dicts"). Entries are addressable by index, and the table has a version, for the inline caches.

use super::alloc;
use super::header::PyObject;
use super::layout;
use super::refs::{Owned, Ref};
use super::str::PyStr;
use super::values::MOST_SHARED;
use crate::runtime::types;
use std::cell::Cell;
use std::ptr::{self, NonNull};

/// What the entries hold, numbered as CPython's `DICT_KEYS_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum KeysKind {
    /// Any key; entries carry the hash.
    General = 0,
    /// Only exact str keys, whose hash is cached in them.
    Unicode = 1,
    /// As `Unicode`, shared by the instances of a class, which hold the values.
    Split = 2,
}

const EMPTY: isize = -1;
const DELETED: isize = -2;
const SMALLEST: u8 = 3;
const PERTURB_SHIFT: u32 = 5;

#[repr(C)]
struct Head {
    owners: Cell<usize>,
    version: Cell<u32>,
    log2_size: u8,
    log2_index_bytes: u8,
    kind: KeysKind,
    usable: Cell<usize>,
    used: Cell<usize>,
}

/// A handle to a keys table. Copies count nothing: the dict (or class) that holds it counts, by `retain` and `release`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keys(NonNull<Head>);

/// An entry's position in the table, for the accessors below.
type Words = *mut *mut PyObject;

#[repr(C)]
struct EmptyKeys {
    head: Head,
    indices: [i8; 8],
}

// SAFETY: the count saturates far from its ends and the rest is only read (its version stays 0).
unsafe impl Sync for EmptyKeys {}

static EMPTY_KEYS: EmptyKeys = EmptyKeys {
    head: Head {
        owners: Cell::new(usize::MAX / 2),
        version: Cell::new(0),
        log2_size: SMALLEST,
        log2_index_bytes: SMALLEST,
        kind: KeysKind::Unicode,
        usable: Cell::new(0),
        used: Cell::new(0),
    },
    indices: [EMPTY as i8; 8],
};

/// Entries that a table of `1 << log2_size` indices takes.
const fn usable_fraction(log2_size: u8) -> usize {
    (1usize << log2_size) * 2 / 3
}

/// The smallest table that takes `entries` entries.
pub(crate) fn log2_for(entries: usize) -> u8 {
    let mut log2_size = SMALLEST;
    while usable_fraction(log2_size) < entries {
        log2_size += 1;
    }
    log2_size
}

fn log2_index_width(log2_size: u8) -> u8 {
    match log2_size {
        0..=7 => 0,
        8..=15 => 1,
        _ => 2,
    }
}

const fn entry_words(kind: KeysKind) -> usize {
    match kind {
        KeysKind::General => 3,
        KeysKind::Unicode | KeysKind::Split => 2,
    }
}

fn table_bytes(log2_size: u8, kind: KeysKind) -> usize {
    let indices = 1usize << (log2_size + log2_index_width(log2_size));
    size_of::<Head>() + indices + usable_fraction(log2_size) * entry_words(kind) * size_of::<usize>()
}

impl Keys {
    /// The keys of a dict without entries; they take none.
    pub(super) fn empty() -> Keys {
        Keys(NonNull::from_ref(&EMPTY_KEYS).cast())
    }

    /// A table of `1 << log2_size` indices with one owner; `None` when there is no memory.
    pub(super) fn allocate(log2_size: u8, kind: KeysKind) -> Option<Keys> {
        if log2_size > 31 {
            return None;
        }
        let memory = alloc::allocate(table_bytes(log2_size, kind))?;
        let log2_index_bytes = log2_size + log2_index_width(log2_size);
        let head = Head {
            owners: Cell::new(1),
            version: Cell::new(0),
            log2_size,
            log2_index_bytes,
            kind,
            usable: Cell::new(usable_fraction(log2_size)),
            used: Cell::new(0),
        };
        // SAFETY: the block has the size computed for head, indices and entries; entries are written before they are
        // counted in `used`.
        unsafe {
            memory.cast::<Head>().write(head);
            ptr::write_bytes(memory.cast::<Head>().add(1).cast::<u8>().as_ptr(), 0xFF, 1 << log2_index_bytes);
        }
        Some(Keys(memory.cast()))
    }

    #[inline(always)]
    fn head(&self) -> &Head {
        // SAFETY: the holder of the handle keeps the table alive.
        unsafe { self.0.as_ref() }
    }

    pub(super) fn retain(self) {
        let owners = &self.head().owners;
        owners.set(owners.get() + 1);
    }

    /// Gives up one owner's hold; the last one drops keys and values.
    ///
    /// # Safety
    /// The caller held the table and does not use the handle again.
    pub(super) unsafe fn release(self) {
        let owners = self.head().owners.get() - 1;
        self.head().owners.set(owners);
        if owners != 0 {
            return;
        }
        for index in 0..self.used() {
            drop(self.take_entry(index));
        }
        let bytes = table_bytes(self.head().log2_size, self.head().kind);
        // SAFETY: nobody else holds the table, which was allocated with this size.
        unsafe { alloc::release(self.0.cast(), bytes) };
    }

    /// `dk_version`: 0 until one is asked for, and again after the set of keys changed.
    #[inline(always)]
    pub(crate) fn version(self) -> u32 {
        self.head().version.get()
    }

    #[inline(always)]
    pub(crate) fn set_version(self, version: u32) {
        self.head().version.set(version);
    }

    #[inline(always)]
    pub(super) fn forget_version(self) {
        // The empty table is shared and never versioned, so it is not written.
        if self.version() != 0 {
            self.set_version(0);
        }
    }

    /// `DK_KIND`.
    #[inline(always)]
    pub(crate) fn kind(self) -> KeysKind {
        self.head().kind
    }

    /// `DK_IS_UNICODE`.
    #[inline(always)]
    pub(crate) fn is_unicode(self) -> bool {
        self.kind() != KeysKind::General
    }

    /// Entries written so far, deleted ones included (`dk_nentries`).
    #[inline(always)]
    pub(crate) fn used(self) -> usize {
        self.head().used.get()
    }

    /// Entries that can still be added.
    #[inline(always)]
    pub(super) fn usable(self) -> usize {
        self.head().usable.get()
    }

    /// How many inline values an instance with these shared keys gets.
    pub(super) fn capacity_for_values(self) -> usize {
        (self.used() + self.usable()).min(MOST_SHARED)
    }

    /// Shared keys are meant to be full once the class's attributes are known: each instance takes one free place away.
    pub(super) fn spend_usable(self) {
        let usable = self.usable();
        if usable > 1 {
            self.head().usable.set(usable - 1);
        }
    }

    /// Shared keys for a class's instances.
    pub(crate) fn shared() -> Keys {
        let keys = table_for(MOST_SHARED, KeysKind::Split);
        keys.head().usable.set(MOST_SHARED);
        keys
    }

    pub(super) fn log2_size(self) -> u8 {
        self.head().log2_size
    }

    #[inline(always)]
    fn indices(self) -> *mut u8 {
        // SAFETY: the indices start right behind the head.
        unsafe { self.0.as_ptr().add(1).cast() }
    }

    #[inline(always)]
    fn index_at(self, slot: usize) -> isize {
        debug_assert!(slot < 1 << self.head().log2_size);
        let indices = self.indices();
        // SAFETY: the slot is masked by the caller; the width follows from the size.
        unsafe {
            match log2_index_width(self.head().log2_size) {
                0 => isize::from(*indices.cast::<i8>().add(slot)),
                1 => isize::from(*indices.cast::<i16>().add(slot)),
                _ => *indices.cast::<i32>().add(slot) as isize,
            }
        }
    }

    fn set_index(self, slot: usize, index: isize) {
        debug_assert!(slot < 1 << self.head().log2_size);
        let indices = self.indices();
        // SAFETY: as in `index_at`.
        unsafe {
            match log2_index_width(self.head().log2_size) {
                0 => *indices.cast::<i8>().add(slot) = index as i8,
                1 => *indices.cast::<i16>().add(slot) = index as i16,
                _ => *indices.cast::<i32>().add(slot) = index as i32,
            }
        }
    }

    /// The first word of an entry.
    #[inline(always)]
    fn entry(self, index: usize) -> Words {
        debug_assert!(index < usable_fraction(self.head().log2_size));
        // SAFETY: entries follow the indices; the index is below the capacity.
        unsafe {
            let first: Words = self.indices().add(1 << self.head().log2_index_bytes).cast();
            first.add(index * entry_words(self.kind()))
        }
    }

    #[inline(always)]
    fn key_word(self, index: usize) -> Words {
        let general = self.kind() == KeysKind::General;
        // SAFETY: a general entry is hash, key, value.
        unsafe { self.entry(index).add(general as usize) }
    }

    #[inline(always)]
    fn value_word(self, index: usize) -> Words {
        // SAFETY: the value follows the key.
        unsafe { self.key_word(index).add(1) }
    }

    /// The key of an entry, `None` if it was deleted; `index` is below `used`.
    #[inline(always)]
    pub(crate) fn key_at(self, index: usize) -> Option<Ref> {
        debug_assert!(index < self.used());
        // SAFETY: entries below `used` are written.
        NonNull::new(unsafe { *self.key_word(index) }).map(Ref::from_ptr)
    }

    /// The value of an entry, `None` if it has none; `index` is below `used`.
    #[inline(always)]
    pub(crate) fn value_at(self, index: usize) -> Option<Ref> {
        debug_assert!(index < self.used());
        // SAFETY: as in `key_at`.
        NonNull::new(unsafe { *self.value_word(index) }).map(Ref::from_ptr)
    }

    /// The value of an entry of a table that is known to have only str keys (`DK_UNICODE_ENTRIES(keys)[i].me_value`).
    #[inline(always)]
    pub(crate) fn unicode_value_at(self, index: usize) -> Option<Ref> {
        debug_assert!(self.is_unicode() && index < self.used());
        // SAFETY: entries of str keys are two words, key and value.
        unsafe {
            let first: Words = self.indices().add(1 << self.head().log2_index_bytes).cast();
            NonNull::new(*first.add(index * 2 + 1)).map(Ref::from_ptr)
        }
    }

    /// Puts a value into an entry and gives back the old one.
    #[inline(always)]
    pub(crate) fn replace_value(self, index: usize, value: Option<Owned>) -> Option<Owned> {
        debug_assert!(index < self.used());
        let word = value.map_or(ptr::null_mut(), |value| value.into_ptr().as_ptr());
        // SAFETY: the entry is written; its word owns a count of the value, which moves to the caller.
        unsafe { NonNull::new(ptr::replace(self.value_word(index), word)).map(|old| Owned::from_ptr(old)) }
    }

    /// The hash of an entry that is not deleted.
    #[inline]
    pub(crate) fn hash_at(self, index: usize) -> isize {
        match self.kind() {
            // SAFETY: the first word of a general entry is the hash.
            KeysKind::General => unsafe { (*self.entry(index)).addr() as isize },
            _ => self.key_at(index).map_or(0, |key| key.cast::<PyStr>().hash()),
        }
    }

    /// Takes key and value out of an entry, which is then a deleted one.
    fn take_entry(self, index: usize) -> (Option<Owned>, Option<Owned>) {
        // SAFETY: the words own a count each, which moves to the caller.
        unsafe {
            let key = ptr::replace(self.key_word(index), ptr::null_mut());
            let value = ptr::replace(self.value_word(index), ptr::null_mut());
            (NonNull::new(key).map(|key| Owned::from_ptr(key)), NonNull::new(value).map(|value| Owned::from_ptr(value)))
        }
    }

    fn probe(self, hash: isize) -> Probe {
        let mask = (1usize << self.head().log2_size) - 1;
        Probe { slot: hash as usize & mask, perturb: hash as usize, mask }
    }

    /// The entry of a str key in a table of str keys. Runs no code.
    #[inline]
    pub(crate) fn find_str(self, key: Ref<PyStr>, hash: isize) -> Option<usize> {
        debug_assert!(self.is_unicode());
        let mut probe = self.probe(hash);
        loop {
            let index = self.index_at(probe.slot);
            if index >= 0 {
                // SAFETY: indices name written, undeleted entries, and this table's keys are str objects.
                let found: Ref<PyStr> =
                    Ref::from_ptr(unsafe { NonNull::new_unchecked(*self.entry(index as usize)).cast() });
                if found.is(key) || (found.hash() == hash && found.same_text(key)) {
                    return Some(index as usize);
                }
            } else if index == EMPTY {
                return None;
            }
            probe.advance();
        }
    }

    /// The entry with the identical key, or one that `same` accepts among those of equal hash. `same` runs no code.
    pub(crate) fn find_by(self, key: Ref, hash: isize, same: impl Fn(Ref) -> bool) -> Option<usize> {
        self.candidates(hash).find(|&index| {
            self.key_at(index).is_some_and(|found| found.is(key) || (self.hash_at(index) == hash && same(found)))
        })
    }

    /// Entries that the probe sequence of `hash` meets.
    pub(super) fn candidates(self, hash: isize) -> impl Iterator<Item = usize> {
        let mut probe = self.probe(hash);
        std::iter::from_fn(move || {
            loop {
                let index = self.index_at(probe.slot);
                probe.advance();
                if index >= 0 {
                    return Some(index as usize);
                }
                if index == EMPTY {
                    return None;
                }
            }
        })
    }

    fn free_slot(self, hash: isize) -> usize {
        let mut probe = self.probe(hash);
        while self.index_at(probe.slot) >= 0 {
            probe.advance();
        }
        probe.slot
    }

    /// Appends an entry; the key is not in the table and there is room. Gives its index.
    pub(super) fn append(self, hash: isize, key: Owned, value: Option<Owned>) -> usize {
        debug_assert!(self.usable() > 0);
        debug_assert!(!self.is_unicode() || key.borrow().is_exact(types::str()));
        let index = self.used();
        self.set_index(self.free_slot(hash), index as isize);
        let head = self.head();
        head.used.set(index + 1);
        head.usable.set(head.usable.get() - 1);
        let value = value.map_or(ptr::null_mut(), |value| value.into_ptr().as_ptr());
        // SAFETY: the entry is the first unwritten one; its words take over the counts.
        unsafe {
            if self.kind() == KeysKind::General {
                *self.entry(index) = ptr::without_provenance_mut(hash as usize);
            }
            *self.key_word(index) = key.into_ptr().as_ptr();
            *self.value_word(index) = value;
        }
        index
    }

    /// The index of a str key in shared keys, which are extended by it if there is room.
    pub(super) fn shared_index(self, key: Ref, hash: isize) -> Option<usize> {
        debug_assert!(self.kind() == KeysKind::Split);
        if !key.is_exact(types::str()) {
            return None;
        }
        if let Some(index) = self.find_str(key.cast(), hash) {
            return Some(index);
        }
        if self.usable() == 0 {
            return None;
        }
        self.forget_version();
        Some(self.append(hash, key.to_owned(), None))
    }

    /// As `shared_index`, for a name whose value goes into an instance.
    pub(crate) fn index_for_store(self, name: Ref<PyStr>) -> Option<usize> {
        self.shared_index(name.upcast(), name.hash())
    }

    /// Takes an entry out of the table and gives back its key and value.
    pub(super) fn remove(self, index: usize, hash: isize) -> (Option<Owned>, Option<Owned>) {
        let mut probe = self.probe(hash);
        loop {
            let found = self.index_at(probe.slot);
            if found == index as isize {
                self.set_index(probe.slot, DELETED);
                return self.take_entry(index);
            }
            assert!(found != EMPTY, "the entry is in the table");
            probe.advance();
        }
    }

    /// Forgets the entries from `index` on, which are deleted ones.
    pub(super) fn truncate(self, index: usize) {
        debug_assert!((index..self.used()).all(|index| self.key_at(index).is_none()));
        self.head().used.set(index);
    }

    /// Moves all live entries into a fresh table; this one is left without entries.
    pub(super) fn move_into(self, fresh: Keys) {
        for index in 0..self.used() {
            if self.key_at(index).is_some() {
                let hash = self.hash_at(index);
                if let (Some(key), value) = self.take_entry(index) {
                    fresh.append(hash, key, value);
                }
            }
        }
        self.head().used.set(0);
    }

    /// A table of the same size with the same entries, deleted ones too; it is not shared keys.
    pub(super) fn duplicate(self) -> Keys {
        debug_assert!(self.kind() != KeysKind::Split);
        let (log2_size, kind, used) = (self.head().log2_size, self.kind(), self.used());
        let fresh = Keys::allocate(log2_size, kind).unwrap_or_else(|| layout::out_of_memory());
        for index in 0..used {
            self.key_at(index).into_iter().chain(self.value_at(index)).for_each(|object| {
                // The count is that of the entry which is copied below.
                let _ = object.to_owned().into_ptr();
            });
        }
        // SAFETY: both tables have the same size and kind, so indices and entries lie at the same offsets; `used` entries
        // are written.
        unsafe {
            let bytes = (1 << self.head().log2_index_bytes) + used * entry_words(kind) * size_of::<usize>();
            ptr::copy_nonoverlapping(self.indices(), fresh.indices(), bytes);
        }
        fresh.head().used.set(used);
        fresh.head().usable.set(self.usable());
        fresh
    }

    /// Copies all live entries into a fresh table.
    pub(super) fn copy_into(self, fresh: Keys) {
        for index in 0..self.used() {
            if let Some(key) = self.key_at(index) {
                fresh.append(self.hash_at(index), key.to_owned(), self.value_at(index).map(Ref::to_owned));
            }
        }
    }

    /// Bytes of the table, for `__sizeof__`.
    pub(crate) fn bytes(self) -> usize {
        table_bytes(self.head().log2_size, self.head().kind)
    }
}

/// A probe sequence over the index table.
struct Probe {
    slot: usize,
    perturb: usize,
    mask: usize,
}

impl Probe {
    #[inline(always)]
    fn advance(&mut self) {
        self.perturb >>= PERTURB_SHIFT;
        self.slot = self.slot.wrapping_mul(5).wrapping_add(self.perturb).wrapping_add(1) & self.mask;
    }
}

/// A table for `entries` entries; running out of memory ends the process.
pub(super) fn table_for(entries: usize, kind: KeysKind) -> Keys {
    Keys::allocate(log2_for(entries), kind).unwrap_or_else(|| layout::out_of_memory())
}
