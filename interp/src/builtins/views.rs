//! Views of dicts and their iterators.
//!
//! A view is laid out as an object (the dict) and a number that is not used.

use super::repr;
use super::support::{each, raise, same};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{exceptions, object};

/// What a view or an iterator gives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Keys,
    Values,
    Items,
}

static MAPPING: &[GetSetDef] = &[GetSetDef::read_only("mapping", |_, view| {
    Ok(crate::runtime::descriptor::mapping_proxy(dict_of(view).to_owned()))
})];

const fn iterator_type(name: &'static str, slots: Slots) -> PyType {
    PyType::container::<PyDictIter>(TypeSpec {
        name,
        flags: flags::HAVE_GC | flags::DISALLOW_INSTANTIATION,
        base: Some(&crate::runtime::object::TYPE),
        slots,
        ..TypeSpec::EMPTY
    })
}

const fn view_type(name: &'static str, slots: Slots, methods: &'static [MethodDef]) -> PyType {
    PyType::container::<PyAnySeqIter>(TypeSpec {
        name,
        flags: flags::HAVE_GC | flags::DISALLOW_INSTANTIATION,
        base: Some(&crate::runtime::object::TYPE),
        getset: MAPPING,
        slots,
        methods: if let [only, _] = methods
            && has_no_set_methods(name)
        {
            std::slice::from_ref(only)
        } else {
            methods
        },
        ..TypeSpec::EMPTY
    })
}

/// Values are no set.
const fn has_no_set_methods(name: &str) -> bool {
    matches!(name.as_bytes(), b"dict_values")
}

macro_rules! views {
    ($($what:ident: $view:ident $name:literal, $iterator:ident $iterator_name:literal,
       $reversed:ident $reversed_name:literal, $module:ident, { $($slot:ident: $value:expr),* };)*) => {
        $(mod $module {
            use super::*;

            pub(super) fn show(thread: &Thread, view: Ref) -> Result {
                repr::named_list(thread, view, $name, all(dict_of(view), What::$what))
            }

            pub(super) fn iterate(_: &Thread, view: Ref) -> Result {
                Ok(iterator_of(dict_of(view), &$iterator, 0))
            }

            pub(super) fn backwards(_: &Thread, view: Ref) -> Result {
                Ok(iterator_of(dict_of(view), &$reversed, usize::MAX))
            }

            pub(super) fn next(thread: &Thread, iterator: Ref) -> Option<Owned> {
                advance(thread, iterator, What::$what, false)
            }

            pub(super) fn previous(thread: &Thread, iterator: Ref) -> Option<Owned> {
                advance(thread, iterator, What::$what, true)
            }

            pub(super) static METHODS: &[MethodDef] =
                &[MethodDef::no_args("__reversed__", backwards), MethodDef::one("isdisjoint", isdisjoint)];
        }

        #[doc = concat!("`", $name, "`.")]
        pub(crate) static $view: PyType = view_type(
            $name,
            Slots {
                repr: slot($module::show),
                iter: slot($module::iterate),
                sq_length: slot(length),
                $($slot: slot($value),)*
                ..Slots::NONE
            },
            $module::METHODS,
        );

        #[doc = concat!("`", $iterator_name, "`.")]
        pub(crate) static $iterator: PyType = iterator_type(
            $iterator_name,
            Slots { iter: slot(itself), iternext: slot($module::next), ..Slots::NONE },
        );

        #[doc = concat!("`", $reversed_name, "`.")]
        pub(crate) static $reversed: PyType = iterator_type(
            $reversed_name,
            Slots { iter: slot(itself), iternext: slot($module::previous), ..Slots::NONE },
        );
        )*
    };
}

views! {
    Keys: KEYS_TYPE "dict_keys", KEY_ITERATOR_TYPE "dict_keyiterator", REVERSE_KEY_ITERATOR_TYPE "dict_reversekeyiterator",
        keys_view, { sq_contains: has_key, richcompare: compare_views, nb_and: and, nb_or: or, nb_xor: xor, nb_subtract: subtract };
    Values: VALUES_TYPE "dict_values", VALUE_ITERATOR_TYPE "dict_valueiterator", REVERSE_VALUE_ITERATOR_TYPE "dict_reversevalueiterator",
        values_view, {};
    Items: ITEMS_TYPE "dict_items", ITEM_ITERATOR_TYPE "dict_itemiterator", REVERSE_ITEM_ITERATOR_TYPE "dict_reverseitemiterator",
        items_view, { sq_contains: has_item, richcompare: compare_views, nb_and: and, nb_or: or, nb_xor: xor, nb_subtract: subtract };
}

fn itself(_: &Thread, iterator: Ref) -> Result {
    Ok(iterator.to_owned())
}

fn view(ty: &'static PyType, dict: Ref) -> Owned {
    PyAnySeqIter::with_type(Ref::from_static(ty), dict.to_owned(), 0).upcast()
}

/// `dict.keys`.
pub(crate) fn keys(_: &Thread, dict: Ref) -> Result {
    Ok(view(&KEYS_TYPE, dict))
}

/// `dict.values`.
pub(crate) fn values(_: &Thread, dict: Ref) -> Result {
    Ok(view(&VALUES_TYPE, dict))
}

/// `dict.items`.
pub(crate) fn items(_: &Thread, dict: Ref) -> Result {
    Ok(view(&ITEMS_TYPE, dict))
}

/// `dict.__iter__`.
pub(crate) fn iterate_dict(_: &Thread, dict: Ref) -> Result {
    Ok(iterator_of(dict.cast(), &KEY_ITERATOR_TYPE, 0))
}

/// `dict.__reversed__`.
pub(crate) fn reversed_keys(_: &Thread, dict: Ref) -> Result {
    Ok(iterator_of(dict.cast(), &REVERSE_KEY_ITERATOR_TYPE, usize::MAX))
}

fn dict_of(view: Ref) -> Ref<PyDict> {
    view.cast::<PyAnySeqIter>().sequence().expect("a view keeps its dict").cast()
}

fn iterator_of(dict: Ref<PyDict>, ty: &'static PyType, from: usize) -> Owned {
    // A reversed iterator starts at the end of the table as it is now: what is added later is not seen.
    PyDictIter::with_type(Ref::from_static(ty), dict, from.min(dict.end())).upcast()
}

fn element(key: Ref, value: Ref, what: What) -> Owned {
    match what {
        What::Keys => key.to_owned(),
        What::Values => value.to_owned(),
        What::Items => PyTuple::from_refs(&[key, value]).upcast(),
    }
}

fn all(dict: Ref<PyDict>, what: What) -> Vec<Owned> {
    dict.items().iter().map(|(key, value)| element(key.borrow(), value.borrow(), what)).collect()
}

fn advance(thread: &Thread, iterator: Ref, what: What, backwards: bool) -> Option<Owned> {
    let own = iterator.cast::<PyDictIter>();
    let dict = own.dict.get()?;
    if own.expected.get() != Some(dict.len()) {
        own.expected.set(None);
        raise(thread, exceptions::runtime_error(), "dictionary changed size during iteration");
        return None;
    }
    let mut position = own.position.get();
    let entry = if backwards { dict.previous(&mut position) } else { dict.next(&mut position) };
    let Some((key, value)) = entry else {
        own.dict.set(None);
        return None;
    };
    if own.left.get() == 0 {
        // An entry that was not expected: others went away.
        raise(thread, exceptions::runtime_error(), "dictionary keys changed during iteration");
        own.dict.set(None);
        return None;
    }
    let element = element(key, value, what);
    own.position.set(position);
    own.left.set(own.left.get().saturating_sub(1));
    Some(element)
}

fn length(_: &Thread, view: Ref) -> Result<isize> {
    Ok(dict_of(view).len() as isize)
}

fn has_key(thread: &Thread, view: Ref, key: Ref) -> Result<bool> {
    dict_of(view).contains(thread, key)
}

fn has_item(thread: &Thread, view: Ref, item: Ref) -> Result<bool> {
    let Some(pair) = item.downcast::<PyTuple>().filter(|pair| pair.len() == 2) else { return Ok(false) };
    match dict_of(view).get(thread, pair.item(0))?.map(Ref::to_owned) {
        Some(value) => same(thread, value.borrow(), pair.item(1)),
        None => Ok(false),
    }
}

/// Views of keys and items compare as sets.
fn compare_views(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let is_view = |object: Ref| {
        [&KEYS_TYPE, &ITEMS_TYPE].iter().any(|&ty| object.is_exact(Ref::from_static(ty))) || super::set::is_set(object)
    };
    if !is_view(left) || !is_view(right) {
        return Ok(not_implemented().to_owned());
    }
    let (a, b) = (object::length(thread, left)?, object::length(thread, right)?);
    let within = |inner: Ref, outer: Ref| {
        let mut inside = true;
        each(thread, inner, |item| {
            inside = object::contains(thread, outer, item.borrow())?;
            Ok(inside)
        })?;
        Ok(inside)
    };
    let result = match op {
        CompareOp::Eq => a == b && within(left, right)?,
        CompareOp::Ne => a != b || !within(left, right)?,
        CompareOp::Le => a <= b && within(left, right)?,
        CompareOp::Lt => a < b && within(left, right)?,
        CompareOp::Ge => a >= b && within(right, left)?,
        CompareOp::Gt => a > b && within(right, left)?,
    };
    Ok(bool_object(result).to_owned())
}

/// A set of the items of a view or other iterable.
fn as_set(thread: &Thread, iterable: Ref) -> Result<Owned<PySet>> {
    crate::runtime::set::new(thread, Some(iterable))
}

/// Applies a set method to a view's items and an iterable's (`dictviews_sub` and its like).
fn operate(thread: &Thread, left: Ref, right: Ref, method: &str) -> Result {
    let set = as_set(thread, left)?;
    let method = PyStr::new(method);
    object::call_method(thread, set.borrow().upcast(), method.borrow(), &[right])?;
    Ok(set.upcast())
}

fn subtract(thread: &Thread, left: Ref, right: Ref) -> Result {
    operate(thread, left, right, "difference_update")
}

fn and(thread: &Thread, left: Ref, right: Ref) -> Result {
    operate(thread, left, right, "intersection_update")
}

fn or(thread: &Thread, left: Ref, right: Ref) -> Result {
    operate(thread, left, right, "update")
}

fn xor(thread: &Thread, left: Ref, right: Ref) -> Result {
    let right = as_set(thread, right)?;
    operate(thread, left, right.borrow().upcast(), "symmetric_difference_update")
}

/// `isdisjoint`, of keys and items.
fn isdisjoint(thread: &Thread, view: Ref, other: Ref) -> Result {
    let mut disjoint = true;
    each(thread, other, |item| {
        disjoint = !object::contains(thread, view, item.borrow())?;
        Ok(disjoint)
    })?;
    Ok(bool_object(disjoint).to_owned())
}

/// How many entries an iterator still expects (`dictiter_len`).
pub(super) fn left(iterator: Ref) -> usize {
    let own = iterator.cast::<PyDictIter>();
    let unchanged = own.dict.get().is_some_and(|dict| own.expected.get() == Some(dict.len()));
    if unchanged { own.left.get() } else { 0 }
}

/// What an iterator would still give, without moving it.
pub(super) fn rest(iterator: Ref) -> Vec<Owned> {
    let own = iterator.cast::<PyDictIter>();
    let Some(dict) = own.dict.get() else { return Vec::new() };
    let is = |ty: &'static PyType| iterator.is_exact(Ref::from_static(ty));
    let what = if is(&KEY_ITERATOR_TYPE) || is(&REVERSE_KEY_ITERATOR_TYPE) {
        What::Keys
    } else if is(&VALUE_ITERATOR_TYPE) || is(&REVERSE_VALUE_ITERATOR_TYPE) {
        What::Values
    } else {
        What::Items
    };
    let backwards =
        is(&REVERSE_KEY_ITERATOR_TYPE) || is(&REVERSE_VALUE_ITERATOR_TYPE) || is(&REVERSE_ITEM_ITERATOR_TYPE);
    let (mut position, mut all) = (own.position.get(), Vec::new());
    loop {
        let entry = if backwards { dict.previous(&mut position) } else { dict.next(&mut position) };
        match entry {
            Some((key, value)) => all.push(element(key, value, what)),
            None => return all,
        }
    }
}
