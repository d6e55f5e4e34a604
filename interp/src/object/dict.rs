//! Dicts. Lookups of other than str keys may run `__eq__`, and with it code that changes the dict: they start over when
//! the table or the entry is not what it was (`dictobject.c`, `dictkeys_generic_lookup`).

use super::dictkeys::{self, Keys, KeysKind};
use super::header::PyObject;
use super::layout::{self, Layout, Object, Traverse};
use super::refs::{Owned, Ref};
use super::slots::Result;
use super::str::PyStr;
use super::thread::Thread;
use super::values::InlineValues;
use crate::runtime::dict::key_hash;
use crate::runtime::{error, object, types};
use std::cell::Cell;

/// A dict object.
#[repr(C)]
pub(crate) struct PyDict {
    ob: PyObject,
    len: Cell<usize>,
    keys: Cell<Keys>,
    /// Where the values are if they are not in the table: an instance's inline values, under its class's shared keys.
    values: Cell<Option<InlineValues>>,
}

static LAYOUT: Layout = Layout::fixed::<PyDict>("PyDict", Some(&layout::OBJECT)).traversed::<PyDict>();

impl Traverse for PyDict {
    fn traverse(&self, visit: &mut dyn FnMut(Ref)) {
        let keys = self.keys.get();
        match self.values.get() {
            // Shared keys are strings.
            Some(values) => (0..values.capacity()).filter_map(|index| values.get(index)).for_each(visit),
            None => {
                for index in 0..keys.used() {
                    keys.key_at(index).into_iter().chain(keys.value_at(index)).for_each(&mut *visit);
                }
            }
        }
    }

    fn clear(&self) {
        self.clear();
    }
}

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyDict {
    const LAYOUT: &'static Layout = &LAYOUT;
}

impl Drop for PyDict {
    fn drop(&mut self) {
        // SAFETY: the dict held its table.
        unsafe { self.keys.get().release() };
    }
}

impl PyDict {
    pub(crate) fn new() -> Owned<PyDict> {
        layout::make(PyDict::blank(PyObject::new(types::dict())))
    }

    /// A dict with room for `entries` entries.
    pub(crate) fn with_capacity(entries: usize, only_str: bool) -> Owned<PyDict> {
        let dict = PyDict::new();
        let kind = if only_str { KeysKind::Unicode } else { KeysKind::General };
        dict.keys.set(dictkeys::table_for(entries, kind));
        dict
    }

    /// An empty dict with this header, for instances of subclasses.
    pub(super) fn blank(ob: PyObject) -> PyDict {
        PyDict { ob, len: Cell::new(0), keys: Cell::new(Keys::empty()), values: Cell::new(None) }
    }

    /// The dict over an instance's inline values (`_PyObject_MaterializeManagedDict`).
    pub(crate) fn over_values(keys: Keys, values: InlineValues) -> Owned<PyDict> {
        let dict = PyDict::new();
        keys.retain();
        dict.keys.set(keys);
        dict.values.set(Some(values));
        dict
    }

    /// Moves the values into a table of the dict's own, because the instance dies or outgrows the shared keys.
    pub(crate) fn detach_values(&self) {
        let Some(values) = self.values.take() else { return };
        let shared = self.keys();
        let own = dictkeys::table_for(values.size() + 1, KeysKind::Unicode);
        for position in 0..values.size() {
            let index = values.index_of(position);
            if let (Some(key), Some(value)) = (shared.key_at(index), values.get(index)) {
                own.append(shared.hash_at(index), key.to_owned(), Some(value.to_owned()));
            }
        }
        self.len.set(values.size());
        self.keys.set(own);
        let old = values.take_all();
        values.invalidate();
        drop(old);
        // SAFETY: the dict held the shared keys.
        unsafe { shared.release() };
    }

    /// Whether the values are an instance's inline ones.
    pub(crate) fn is_split(&self) -> bool {
        self.values.get().is_some()
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        match self.values.get() {
            None => self.len.get(),
            Some(values) => values.size(),
        }
    }

    /// The value of an entry.
    #[inline(always)]
    pub(crate) fn value_at(&self, index: usize) -> Option<Ref> {
        match self.values.get() {
            None => self.keys().value_at(index),
            Some(values) => values.get(index),
        }
    }

    /// Puts another value into an entry that has one.
    fn replace_value(&self, index: usize, value: Owned) -> Option<Owned> {
        match self.values.get() {
            None => self.keys().replace_value(index, Some(value)),
            Some(values) => values.replace(index, Some(value)),
        }
    }

    /// The entry in this place of the order, if there is a live one.
    fn entry_in_order(&self, position: usize) -> Option<(Ref, Ref)> {
        let index = match self.values.get() {
            None => position,
            Some(values) => values.index_of(position),
        };
        Some((self.keys().key_at(index)?, self.value_at(index)?))
    }

    /// Behind the last place of the order, for a walk backwards.
    pub(crate) fn end(&self) -> usize {
        self.places()
    }

    /// Places of the order, deleted ones among them.
    fn places(&self) -> usize {
        match self.values.get() {
            None => self.keys().used(),
            Some(values) => values.size(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The table (`ma_keys`), valid until the dict next changes size.
    #[inline(always)]
    pub(crate) fn keys(&self) -> Keys {
        self.keys.get()
    }

    /// The entry after `position` that is live, with its key and value; advances `position`. Runs no code.
    #[inline]
    pub(crate) fn next(&self, position: &mut usize) -> Option<(Ref, Ref)> {
        while *position < self.places() {
            *position += 1;
            if let Some(entry) = self.entry_in_order(*position - 1) {
                return Some(entry);
            }
        }
        None
    }

    /// As `next`, with the key's hash.
    pub(crate) fn next_hashed(&self, position: &mut usize) -> Option<(isize, Ref, Ref)> {
        let (key, value) = self.next(position)?;
        let index = match self.values.get() {
            None => *position - 1,
            Some(values) => values.index_of(*position - 1),
        };
        Some((self.keys().hash_at(index), key, value))
    }

    /// The live entry before `position` (counted from the start), going down; for reversed iteration.
    pub(crate) fn previous(&self, position: &mut usize) -> Option<(Ref, Ref)> {
        if *position > self.places() {
            return None;
        }
        while *position > 0 {
            *position -= 1;
            if let Some(entry) = self.entry_in_order(*position) {
                return Some(entry);
            }
        }
        None
    }

    /// New references to all keys and values, in order.
    pub(crate) fn items(&self) -> Vec<(Owned, Owned)> {
        let (mut items, mut position) = (Vec::with_capacity(self.len()), 0);
        while let Some((key, value)) = self.next(&mut position) {
            items.push((key.to_owned(), value.to_owned()));
        }
        items
    }

    /// The value under a str key, in a dict of names. Runs no code: other keys than strings are taken as different.
    #[inline]
    pub(crate) fn get_str(&self, key: Ref<PyStr>) -> Option<Ref> {
        self.value_at(self.find_key(key)?)
    }

    /// The entry of a str key, as `get_str`, whether or not it has a value.
    #[inline]
    pub(crate) fn find_key(&self, key: Ref<PyStr>) -> Option<usize> {
        let keys = self.keys();
        let hash = key.hash();
        if keys.is_unicode() {
            return keys.find_str(key, hash);
        }
        keys.find_by(key.upcast(), hash, |found| found.downcast::<PyStr>().is_some_and(|found| found.same_text(key)))
    }

    /// Puts a value under a str key, in a dict of names; as `get_str`.
    pub(crate) fn set_str(&self, key: Ref<PyStr>, value: Owned) {
        match self.find_key(key).filter(|&index| self.value_at(index).is_some()) {
            Some(index) => drop(self.replace_value(index, value)),
            None => self.insert_new(key.hash(), key.to_owned().upcast(), value),
        }
    }

    /// Takes out the value under a str key; as `get_str`.
    pub(crate) fn remove_str(&self, key: Ref<PyStr>) -> Option<Owned> {
        let index = self.find_key(key).filter(|&index| self.value_at(index).is_some())?;
        self.remove_at(index, key.hash()).1
    }

    /// Adds an entry for a key that the dict does not have.
    pub(super) fn insert_new(&self, hash: isize, key: Owned, value: Owned) {
        if let Some(values) = self.values.get() {
            match self.keys().shared_index(key.borrow(), hash).filter(|&index| index < values.capacity()) {
                Some(index) => return drop(values.replace(index, Some(value))),
                None => self.detach_values(),
            }
        }
        let keys = self.keys();
        if keys.is_unicode() && !key.borrow().is_exact(types::str()) {
            self.rebuild(dictkeys::log2_for(self.len() + 1).max(keys.log2_size()), KeysKind::General);
        } else if keys.usable() == 0 {
            self.rebuild(dictkeys::log2_for(self.len() * 2 + 1), keys.kind());
        }
        self.keys().forget_version();
        self.keys().append(hash, key, Some(value));
        self.len.set(self.len.get() + 1);
    }

    /// Makes a table of another size or kind and moves the entries.
    fn rebuild(&self, log2_size: u8, kind: KeysKind) {
        let old = self.keys();
        let mut log2_size = log2_size;
        // Deleted entries are left behind, so the live ones decide; at least one more must fit.
        while (1usize << log2_size) * 2 / 3 <= self.len() {
            log2_size += 1;
        }
        let fresh = Keys::allocate(log2_size, kind).unwrap_or_else(|| layout::out_of_memory());
        old.move_into(fresh);
        self.keys.set(fresh);
        // SAFETY: the dict held the old table and now holds the fresh one.
        unsafe { old.release() };
    }

    /// Takes an entry out and gives back key and value, which the caller drops.
    pub(super) fn remove_at(&self, index: usize, hash: isize) -> (Option<Owned>, Option<Owned>) {
        let keys = self.keys();
        if let Some(values) = self.values.get() {
            return (None, values.replace(index, None));
        }
        keys.forget_version();
        self.len.set(self.len.get() - 1);
        keys.remove(index, hash)
    }

    /// Removes all entries.
    pub(crate) fn clear(&self) {
        self.detach_values();
        let old = self.keys.replace(Keys::empty());
        self.len.set(0);
        // SAFETY: the dict held the old table; dropping it may run code, which sees an empty dict.
        unsafe { old.release() };
    }

    /// A plain dict with the same entries.
    pub(crate) fn copy(&self) -> Owned<PyDict> {
        let dict = PyDict::new();
        if self.is_split() {
            self.items()
                .into_iter()
                .for_each(|(key, value)| dict.insert_new(key.borrow().cast::<PyStr>().hash(), key, value));
        } else if !self.is_empty() {
            let keys = self.keys();
            if keys.kind() != KeysKind::Split && self.len() >= keys.used() / 3 * 2 {
                dict.keys.set(keys.duplicate());
                dict.len.set(self.len());
                return dict;
            }
            let kind = if keys.is_unicode() { KeysKind::Unicode } else { KeysKind::General };
            let fresh = dictkeys::table_for(self.len(), kind);
            keys.copy_into(fresh);
            dict.keys.set(fresh);
            dict.len.set(self.len());
        }
        dict
    }
}

impl Ref<PyDict> {
    /// Takes over the entries of another dict into this empty one; false if this one is not empty.
    pub(crate) fn fill_from(self, other: Ref<PyDict>) -> bool {
        if !self.is_empty() || self.is_split() {
            return false;
        }
        let copy = other.copy();
        let old = self.keys.replace(copy.keys.replace(Keys::empty()));
        self.len.set(copy.len.replace(0));
        // SAFETY: the dict held the old table, which has no live entries.
        unsafe { old.release() };
        true
    }

    /// The entry of a key whose hash is known (`_Py_dict_lookup`).
    #[inline]
    pub(crate) fn find(self, thread: &Thread, key: Ref, hash: isize) -> Result<Option<usize>> {
        let keys = self.keys();
        let found = if keys.is_unicode() && key.is_exact(types::str()) {
            keys.find_str(key.cast(), hash)
        } else {
            self.find_any(thread, key, hash)?
        };
        // Shared keys may have an entry that this dict has no value for.
        Ok(found.filter(|&index| !self.is_split() || self.value_at(index).is_some()))
    }

    fn find_any(self, thread: &Thread, key: Ref, hash: isize) -> Result<Option<usize>> {
        'again: loop {
            let keys = self.keys();
            for index in keys.candidates(hash) {
                let Some(found) = keys.key_at(index) else { continue };
                if found.is(key) {
                    return Ok(Some(index));
                }
                if keys.hash_at(index) != hash {
                    continue;
                }
                let held = found.to_owned();
                let same = object::is_equal(thread, held.borrow(), key)?;
                let unchanged = self.keys() == keys
                    && index < keys.used()
                    && keys.key_at(index).is_some_and(|now| now.is(held.borrow()));
                if !unchanged {
                    continue 'again;
                }
                if same {
                    return Ok(Some(index));
                }
            }
            return Ok(None);
        }
    }

    /// The value under a key, `None` if absent (`PyDict_GetItemWithError`).
    #[inline]
    pub(crate) fn get(self, thread: &Thread, key: Ref) -> Result<Option<Ref>> {
        let hash = key_hash(thread, key)?;
        Ok(self.find(thread, key, hash)?.and_then(|index| self.value_at(index)))
    }

    pub(crate) fn contains(self, thread: &Thread, key: Ref) -> Result<bool> {
        let hash = key_hash(thread, key)?;
        Ok(self.find(thread, key, hash)?.is_some())
    }

    /// Puts a value under a key (`PyDict_SetItem`).
    #[inline]
    pub(crate) fn set(self, thread: &Thread, key: Ref, value: Owned) -> Result<()> {
        let hash = key_hash(thread, key)?;
        self.set_hashed(thread, key.to_owned(), hash, value)
    }

    /// As `set`, with the hash at hand.
    pub(crate) fn set_hashed(self, thread: &Thread, key: Owned, hash: isize, value: Owned) -> Result<()> {
        match self.find(thread, key.borrow(), hash)? {
            Some(index) => drop(self.replace_value(index, value)),
            None => self.insert_new(hash, key, value),
        }
        Ok(())
    }

    /// The value under a key, which is first put there if the key is absent; true if it was there.
    pub(crate) fn set_default(self, thread: &Thread, key: Ref, default: Owned) -> Result<(Owned, bool)> {
        let hash = key_hash(thread, key)?;
        if let Some(index) = self.find(thread, key, hash)?
            && let Some(value) = self.value_at(index)
        {
            return Ok((value.to_owned(), true));
        }
        self.insert_new(hash, key.to_owned(), default.clone());
        Ok((default, false))
    }

    /// Takes out the value under a key, `None` if absent (`PyDict_Pop`).
    pub(crate) fn pop(self, thread: &Thread, key: Ref) -> Result<Option<Owned>> {
        if self.is_empty() {
            return Ok(None);
        }
        let hash = key_hash(thread, key)?;
        let Some(index) = self.find(thread, key, hash)? else { return Ok(None) };
        let (key, value) = self.remove_at(index, hash);
        drop(key);
        Ok(value)
    }

    /// Deletes a key; a missing one raises KeyError (`PyDict_DelItem`).
    pub(crate) fn delete(self, thread: &Thread, key: Ref) -> Result<()> {
        match self.pop(thread, key)? {
            Some(value) => Ok(drop(value)),
            None => Err(error::key_error(thread, key)),
        }
    }

    /// Takes out the last entry.
    pub(crate) fn pop_last(self) -> Option<(Owned, Owned)> {
        self.detach_values();
        let keys = self.keys();
        let index = (0..keys.used()).rev().find(|&index| keys.key_at(index).is_some())?;
        let taken = self.remove_at(index, keys.hash_at(index));
        // So that taking from the end again and again does not scan what was taken.
        keys.truncate(index);
        match taken {
            (Some(key), Some(value)) => Some((key, value)),
            _ => None,
        }
    }

    /// A version for the present set of keys, 0 if there are none left to give (`_PyDict_GetKeysVersionForCurrentState`).
    pub(crate) fn keys_version(self, thread: &Thread) -> u32 {
        let keys = self.keys();
        if keys.version() == 0 && keys != Keys::empty() {
            keys.set_version(thread.next_keys_version());
        }
        keys.version()
    }
}
