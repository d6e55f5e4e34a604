//! The iterators of builtins: enumerate, zip, map, filter and reversed.
//!
//! Each is laid out as an object and a number (`PyAnySeqIter`): what an iterator works on, and how far it is. The object
//! is gone once the iterator is exhausted where CPython lets go of it too.

use super::args::{Parameters, no_keywords, positional};
use super::support::{call, index, int, iter, next, slot_result, type_error, type_name, value_error};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::object;

const fn iterator_type(name: &'static str, new: slots::New, iternext: slots::IterNext) -> PyType {
    let slots = Slots { new: slot(new), iter: slot(itself), iternext: slot(iternext), ..Slots::NONE };
    PyType::container::<PyAnySeqIter>(TypeSpec {
        name,
        flags: flags::BASETYPE | flags::HAVE_GC,
        base: Some(&crate::runtime::object::TYPE),
        slots,
        ..TypeSpec::EMPTY
    })
}

/// `enumerate`.
pub(crate) static ENUMERATE_TYPE: PyType = iterator_type("enumerate", enumerate_new, enumerate_next);
/// `zip`.
pub(crate) static ZIP_TYPE: PyType = iterator_type("zip", zip_new, zip_next);
/// `map`.
pub(crate) static MAP_TYPE: PyType = iterator_type("map", map_new, map_next);
/// `filter`.
pub(crate) static FILTER_TYPE: PyType = iterator_type("filter", filter_new, filter_next);
/// `reversed`.
pub(crate) static REVERSED_TYPE: PyType = iterator_type("reversed", reversed_new, reversed_next);

fn itself(_: &Thread, iterator: Ref) -> Result {
    Ok(iterator.to_owned())
}

fn make(ty: Ref<PyType>, over: Owned, at: isize) -> Owned {
    PyAnySeqIter::of_class(ty, over, at).upcast()
}

fn state(iterator: Ref) -> Ref<PyAnySeqIter> {
    iterator.cast()
}

fn parts(iterator: Ref) -> Option<Owned<PyTuple>> {
    state(iterator).sequence().map(|over| over.to_owned().cast())
}

fn enumerate_new(
    thread: &Thread,
    class: Ref<PyType>,
    arguments: Ref<PyTuple>,
    keywords: Option<Ref<PyDict>>,
) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "enumerate", names: &["iterable", "start"], required: 0, positional: 2 };
    let [iterable, start] = PARAMETERS.bind_dict::<2>(thread, arguments, keywords)?;
    let Some(iterable) = iterable else {
        return Err(type_error(thread, "enumerate() missing required argument 'iterable'"));
    };
    let start = start.map_or_else(|| Ok(PyInt::from_i64(0)), |start| index(thread, start))?;
    let over = iter(thread, iterable)?;
    match start.as_i64().filter(|&start| start != BIG as i64) {
        Some(start) => Ok(make(class, over, start as isize)),
        None => Ok(make(class, PyTuple::from_array([over, start.upcast()]).upcast(), BIG)),
    }
}

/// The index of an enumeration beyond machine words: it is in a tuple with the iterator.
const BIG: isize = isize::MAX;

/// The iterator and the next index of an enumeration.
pub(super) fn enumerate_state(iterator: Ref) -> (Owned, Owned) {
    let own = state(iterator);
    let over = own.sequence().map_or_else(|| none_object().to_owned(), Ref::to_owned);
    match over.borrow().downcast::<PyTuple>().filter(|_| own.index() == BIG) {
        Some(pair) => (pair.item(0).to_owned(), pair.item(1).to_owned()),
        None => (over, int(own.index() as i64)),
    }
}

fn enumerate_big(thread: &Thread, own: Ref<PyAnySeqIter>) -> Option<Owned> {
    let (over, at) = enumerate_state(own.upcast());
    let item = slot_result(next(thread, over.borrow()))?;
    let after = PyInt::from_big(at.borrow().cast::<PyInt>().to_big() + 1).upcast();
    own.set_sequence(Some(PyTuple::from_array([over, after]).upcast()));
    Some(PyTuple::from_array([at, item]).upcast())
}

fn enumerate_next(thread: &Thread, iterator: Ref) -> Option<Owned> {
    let own = state(iterator);
    if own.index() == BIG {
        return enumerate_big(thread, own);
    }
    let over = own.sequence()?.to_owned();
    let item = slot_result(next(thread, over.borrow()))?;
    let at = own.index();
    if at + 1 == BIG {
        own.set_sequence(Some(PyTuple::from_array([over, int(BIG as i64)]).upcast()));
    }
    own.set_index(at + 1);
    Some(PyTuple::from_array([int(at as i64), item]).upcast())
}

fn iterators(thread: &Thread, iterables: impl Iterator<Item = Ref>) -> Result<Vec<Owned>> {
    iterables.map(|iterable| iter(thread, iterable)).collect()
}

fn zip_new(thread: &Thread, class: Ref<PyType>, arguments: Ref<PyTuple>, keywords: Option<Ref<PyDict>>) -> Result {
    static PARAMETERS: Parameters = Parameters { function: "zip", names: &["strict"], required: 0, positional: 0 };
    let [strict] = PARAMETERS.bind_dict::<1>(thread, PyTuple::empty(), keywords)?;
    let strict = strict.map_or(Ok(false), |strict| object::is_truthy(thread, strict))?;
    let over = PyTuple::from_vec(iterators(thread, arguments.iter())?);
    Ok(make(class, over.upcast(), isize::from(strict)))
}

fn zip_next(thread: &Thread, iterator: Ref) -> Option<Owned> {
    let over = parts(iterator)?;
    let over = over.borrow();
    if over.is_empty() {
        return None;
    }
    let mut items = Vec::with_capacity(over.len());
    for at in 0..over.len() {
        match next(thread, over.item(at)) {
            Ok(Some(item)) => items.push(item),
            Ok(None) => {
                if state(iterator).index() != 0 {
                    // The error, if there is one, is set on the thread.
                    let _ = check_lengths(thread, "zip", over.items(), at);
                }
                state(iterator).set_sequence(None);
                return None;
            }
            Err(_) => return None,
        }
    }
    Some(PyTuple::from_vec(items).upcast())
}

/// The iterator at `at` was the first to end: with `strict`, all have to end together.
fn check_lengths(thread: &Thread, function: &str, over: &[Ref], at: usize) -> Result<()> {
    let uneven = |at: usize, what: &str| {
        let before = if at == 1 { "argument 1".to_owned() } else { format!("arguments 1-{at}") };
        value_error(thread, &format!("{function}() argument {} is {what} than {before}", at + 1))
    };
    if at > 0 {
        return Err(uneven(at, "shorter"));
    }
    for (later, &source) in over.iter().enumerate().skip(1) {
        if next(thread, source)?.is_some() {
            return Err(uneven(later, "longer"));
        }
    }
    Ok(())
}

fn map_new(thread: &Thread, class: Ref<PyType>, arguments: Ref<PyTuple>, keywords: Option<Ref<PyDict>>) -> Result {
    static PARAMETERS: Parameters = Parameters { function: "map", names: &["strict"], required: 0, positional: 0 };
    let [strict] = PARAMETERS.bind_dict::<1>(thread, PyTuple::empty(), keywords)?;
    let strict = strict.map_or(Ok(false), |strict| object::is_truthy(thread, strict))?;
    if arguments.len() < 2 {
        return Err(type_error(thread, "map() must have at least two arguments."));
    }
    let mut over = vec![arguments.item(0).to_owned()];
    over.extend(iterators(thread, arguments.iter().skip(1))?);
    Ok(make(class, PyTuple::from_vec(over).upcast(), isize::from(strict)))
}

fn map_next(thread: &Thread, iterator: Ref) -> Option<Owned> {
    let over = parts(iterator)?;
    let over = over.borrow();
    let mut items = Vec::with_capacity(over.len() - 1);
    for (at, source) in over.iter().skip(1).enumerate() {
        match next(thread, source).ok()? {
            Some(item) => items.push(item),
            None => {
                if state(iterator).index() != 0 {
                    let _ = check_lengths(thread, "map", &over.items()[1..], at);
                }
                return None;
            }
        }
    }
    let arguments: Vec<Ref> = items.iter().map(Owned::borrow).collect();
    call(thread, over.item(0), &arguments).ok()
}

fn filter_new(thread: &Thread, class: Ref<PyType>, arguments: Ref<PyTuple>, keywords: Option<Ref<PyDict>>) -> Result {
    no_keywords(thread, "filter", keywords)?;
    positional(thread, "filter", arguments.len(), 2, 2)?;
    let over = iter(thread, arguments.item(1))?;
    Ok(make(class, PyTuple::from_array([arguments.item(0).to_owned(), over]).upcast(), 0))
}

fn filter_next(thread: &Thread, iterator: Ref) -> Option<Owned> {
    let over = parts(iterator)?;
    let (test, over) = (over.borrow().item(0), over.borrow().item(1));
    let plain = test.is(none_object()) || test.is(crate::runtime::types::bool_());
    loop {
        let item = slot_result(next(thread, over))?;
        let verdict = if plain { item.clone() } else { call(thread, test, &[item.borrow()]).ok()? };
        if object::is_truthy(thread, verdict.borrow()).ok()? {
            return Some(item);
        }
    }
}

fn reversed_new(thread: &Thread, class: Ref<PyType>, arguments: Ref<PyTuple>, keywords: Option<Ref<PyDict>>) -> Result {
    no_keywords(thread, "reversed", keywords)?;
    positional(thread, "reversed", arguments.len(), 1, 1)?;
    let sequence = arguments.item(0);
    let name = thread.state.interned.intern(PyStr::new("__reversed__"));
    let refused = crate::runtime::types::lookup(sequence.ty(), name).is_some_and(|method| method.is(none_object()));
    if refused {
        return Err(type_error(thread, &format!("'{}' object is not reversible", type_name(sequence))));
    }
    if let Some(iterator) = super::support::special(thread, sequence, "__reversed__", &[])? {
        return Ok(iterator);
    }
    if sequence.ty().slots.sq_item.get().is_none() || sequence.downcast::<PyDict>().is_some() {
        return Err(type_error(thread, &format!("'{}' object is not reversible", type_name(sequence))));
    }
    let length = object::length(thread, sequence)?;
    Ok(make(class, sequence.to_owned(), length - 1))
}

fn reversed_next(thread: &Thread, iterator: Ref) -> Option<Owned> {
    let own = state(iterator);
    let at = own.index();
    if at >= 0 {
        let sequence = own.sequence()?.to_owned();
        own.set_index(at - 1);
        if let Some(item) = sequence.borrow().ty().slots.sq_item.get()
            && let Ok(item) = item(thread, sequence.borrow(), at)
        {
            return Some(item);
        }
        super::support::absorb_index_error(thread);
    }
    own.set_index(-1);
    own.set_sequence(None);
    None
}
