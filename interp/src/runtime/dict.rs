//! Dicts (`Objects/dictobject.c`).

use super::args::Args;
use super::{call, error, exceptions, iter, names, object, types};
use crate::exit::Raised;
use crate::object::types::flags;
use crate::object::*;

/// `dict`.
pub(crate) static TYPE: PyType = PyType::container::<PyDict>(TypeSpec {
    name: "dict",
    flags: flags::BASETYPE | flags::HAVE_GC | flags::DICT_SUBCLASS | flags::MAPPING | flags::MATCH_SELF,
    base: Some(&super::object::TYPE),
    slots: Slots {
        hash: slot(object::no_hash),
        richcompare: slot(rich_compare),
        nb_or: slot(or),
        nb_inplace_or: slot(or_in_place),
        sq_contains: slot(has),
        mp_length: slot(length),
        mp_subscript: slot(subscript),
        mp_ass_subscript: slot(set_subscript),
        ..Slots::NONE
    },
    ..TypeSpec::EMPTY
});

// ---- what bodies call

/// `PyDict_New`.
#[inline]
pub(crate) fn new() -> Owned<PyDict> {
    PyDict::new()
}

/// `PyDict_SetItem`.
#[inline]
pub(crate) fn set_item(thread: &Thread, dict: Ref<PyDict>, key: Ref, value: Ref) -> Result<()> {
    set_item_owned(thread, dict, key.to_owned(), value.to_owned())
}

/// `_PyDict_SetItem_Take2`.
#[inline]
pub(crate) fn set_item_owned(thread: &Thread, dict: Ref<PyDict>, key: Owned, value: Owned) -> Result<()> {
    let hash = key_hash(thread, key.borrow())?;
    dict.set_hashed(thread, key, hash, value)
}

/// The value under a key as a new reference, `None` if it is absent.
#[inline]
pub(crate) fn get(thread: &Thread, dict: Ref<PyDict>, key: Ref) -> Result<Option<Owned>> {
    let hash = key_hash(thread, key)?;
    let found = dict.find(thread, key, hash)?;
    Ok(found.and_then(|index| dict.value_at(index)).map(Ref::to_owned))
}

/// `PyDict_GetItemRef`: 1 and the value, 0 if it is absent, -1 with an exception set.
#[inline]
pub(crate) fn get_item_ref(thread: &Thread, dict: Ref<PyDict>, key: Ref) -> (i32, Option<Owned>) {
    as_c(get(thread, dict, key))
}

/// `PyDict_Pop`: 1 and the value that was there, 0, or -1 with an exception set.
pub(crate) fn pop(thread: &Thread, dict: Ref<PyDict>, key: Ref) -> (i32, Option<Owned>) {
    as_c(dict.pop(thread, key))
}

fn as_c(found: Result<Option<Owned>>) -> (i32, Option<Owned>) {
    match found {
        Ok(Some(value)) => (1, Some(value)),
        Ok(None) => (0, None),
        Err(_) => (-1, None),
    }
}

/// `PyDict_Contains`.
#[inline]
pub(crate) fn contains(thread: &Thread, dict: Ref<PyDict>, key: Ref) -> Result<bool> {
    let hash = key_hash(thread, key)?;
    Ok(dict.find(thread, key, hash)?.is_some())
}

/// `_PyDict_FromItems`: keys and values are taken at their steps.
pub(crate) fn from_items(
    thread: &Thread,
    keys: Args,
    key_step: isize,
    values: Args,
    value_step: isize,
    count: isize,
) -> Result<Owned<PyDict>> {
    let dict = PyDict::with_capacity(count as usize, true);
    for index in 0..count {
        let (key, value) = (keys.get((index * key_step) as usize), values.get((index * value_step) as usize));
        set_item(thread, dict.borrow(), key, value)?;
    }
    Ok(dict)
}

/// `_PyDict_LoadGlobal`: from the first dict or the second; `None` where both lack it, or with an exception set.
pub(crate) fn load_global(
    thread: &Thread,
    globals: Ref<PyDict>,
    builtins: Ref<PyDict>,
    name: Ref<PyStr>,
) -> Option<Owned> {
    match get(thread, globals, name.upcast()) {
        Ok(Some(value)) => Some(value),
        Ok(None) => get(thread, builtins, name.upcast()).ok().flatten(),
        Err(_) => None,
    }
}

/// `PyDict_Update`.
pub(crate) fn update(thread: &Thread, dict: Ref<PyDict>, other: Ref) -> Result<()> {
    merge(thread, dict, other, 1)
}

/// `_PyDict_MergeEx`: adds the entries of a mapping. With `policy` 0 present keys keep their values, with 1 they get
/// new ones, with 2 they are a KeyError of that key.
pub(crate) fn merge(thread: &Thread, dict: Ref<PyDict>, other: Ref, policy: i32) -> Result<()> {
    if let Some(other) = other.downcast::<PyDict>()
        && is_read_directly(other)
    {
        if dict.is(other) || dict.fill_from(other) {
            return Ok(());
        }
        return each_entry(thread, other, |hash, key, value| {
            if policy != 1 && dict.find(thread, key.borrow(), hash)?.is_some() {
                return if policy == 0 { Ok(()) } else { Err(error::key_error(thread, key.borrow())) };
            }
            dict.set_hashed(thread, key, hash, value)
        });
    }
    let keys = object::get_attr(thread, other, names::keys())?;
    let keys = call::no_args(thread, keys.borrow())?;
    iter::each(thread, keys.borrow(), |key| {
        if policy != 1 && contains(thread, dict, key.borrow())? {
            return if policy == 0 { Ok(()) } else { Err(error::key_error(thread, key.borrow())) };
        }
        let value = object::get_item(thread, other, key.borrow())?;
        set_item_owned(thread, dict, key, value)
    })
}

/// A subclass that iterates in its own way is asked through `keys()`.
fn is_read_directly(dict: Ref<PyDict>) -> bool {
    match (dict.ty().slots.iter.get(), TYPE.slots.iter.get()) {
        (Some(own), Some(plain)) => std::ptr::fn_addr_eq(own, plain),
        (own, _) => own.is_none(),
    }
}

/// Calls `body` with each entry of a dict, which must keep its size meanwhile.
pub(crate) fn each_entry(
    thread: &Thread,
    dict: Ref<PyDict>,
    mut body: impl FnMut(isize, Owned, Owned) -> Result<()>,
) -> Result<()> {
    let (mut position, len) = (0, dict.len());
    while let Some((hash, key, value)) = dict.next_hashed(&mut position) {
        body(hash, key.to_owned(), value.to_owned())?;
        if dict.len() != len {
            return Err(error::runtime_error(thread, "dict mutated during update"));
        }
    }
    Ok(())
}

/// A key's hash; the error says what was to be done with the key.
#[inline]
pub(crate) fn key_hash(thread: &Thread, key: Ref) -> Result<isize> {
    if key.is_exact(types::str()) {
        return Ok(key.cast::<PyStr>().hash());
    }
    object::hash(thread, key).map_err(|raised| unhashable(thread, key, raised))
}

#[cold]
fn unhashable(thread: &Thread, key: Ref, raised: Raised) -> Raised {
    if !thread.exception().is_some_and(|exception| exception.is_exact(exceptions::type_error())) {
        return raised;
    }
    let cause = error::take_raised(thread);
    let Ok(text) = object::str_text(thread, cause.borrow().upcast()) else { return raised };
    let name = types::full_name(key.ty());
    error::type_error(thread, format_args!("cannot use '{name}' as a dict key ({text})"))
}

// ---- slots

fn of(object: Ref) -> Ref<PyDict> {
    object.cast()
}

fn rich_compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let (Some(left), Some(right)) = (left.downcast::<PyDict>(), right.downcast::<PyDict>()) else {
        return Ok(not_implemented().to_owned());
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(not_implemented().to_owned());
    }
    Ok(object::new_bool(is_equal(thread, left, right)? == (op == CompareOp::Eq)))
}

fn is_equal(thread: &Thread, left: Ref<PyDict>, right: Ref<PyDict>) -> Result<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (key, value) in left.items() {
        let Some(other) = get(thread, right, key.borrow())? else { return Ok(false) };
        if !value.borrow().is(other.borrow()) && !object::is_equal(thread, value.borrow(), other.borrow())? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn or(thread: &Thread, left: Ref, right: Ref) -> Result {
    let (Some(left), Some(_)) = (left.downcast::<PyDict>(), right.downcast::<PyDict>()) else {
        return Ok(not_implemented().to_owned());
    };
    let result = left.copy();
    update(thread, result.borrow(), right)?;
    Ok(result.upcast())
}

fn or_in_place(thread: &Thread, dict: Ref, other: Ref) -> Result {
    update_from(thread, of(dict), other)?;
    Ok(dict.to_owned())
}

/// What `dict.update` takes: a mapping, or pairs.
pub(crate) fn update_from(thread: &Thread, dict: Ref<PyDict>, other: Ref) -> Result<()> {
    if other.downcast::<PyDict>().is_some() || object::get_optional_attr(thread, other, names::keys())?.is_some() {
        return update(thread, dict, other);
    }
    let mut at = 0;
    iter::each(thread, other, |pair| {
        let items = iter::collect(thread, pair.borrow()).map_err(|raised| not_a_pair(thread, at, &pair, raised))?;
        let [key, value] = <[Owned; 2]>::try_from(items).map_err(|items| {
            let text = format!("dictionary update sequence element #{at} has length {}; 2 is required", items.len());
            error::value_error(thread, text)
        })?;
        at += 1;
        set_item_owned(thread, dict, key, value)
    })
}

#[cold]
fn not_a_pair(thread: &Thread, at: usize, pair: &Owned, raised: Raised) -> Raised {
    if !error::matches(thread, exceptions::type_error().upcast()) {
        return raised;
    }
    let slots = &pair.borrow().ty().slots;
    if slots.iter.get().is_none() && slots.sq_item.get().is_none() {
        thread.clear_exception();
        error::type_error(thread, "object is not iterable");
    }
    let note = format!("Cannot convert dictionary update sequence element #{at} to a sequence");
    exceptions::add_note_to_current(thread, &note);
    raised
}

fn has(thread: &Thread, dict: Ref, key: Ref) -> Result<bool> {
    contains(thread, of(dict), key)
}

fn length(_: &Thread, dict: Ref) -> Result<isize> {
    Ok(of(dict).len() as isize)
}

fn subscript(thread: &Thread, dict: Ref, key: Ref) -> Result {
    if let Some(value) = get(thread, of(dict), key)? {
        return Ok(value);
    }
    if !dict.is_exact(types::dict())
        && let Some(missing) = types::lookup(dict.ty(), names::missing())
    {
        return super::attr::call_special(thread, missing, dict, &[key]);
    }
    Err(error::key_error(thread, key))
}

fn set_subscript(thread: &Thread, dict: Ref, key: Ref, value: Option<Ref>) -> Result<()> {
    match value {
        Some(value) => set_item(thread, of(dict), key, value),
        None => {
            key_hash(thread, key)?;
            of(dict).delete(thread, key)
        }
    }
}
