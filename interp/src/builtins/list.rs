//! Methods of list, and sorting.

use super::args::{Parameters, positional};
use super::sort::sort_items;
use super::support::{index_error, index_isize, int, none, range_of, same, value_error};
use crate::object::*;
use crate::runtime::object;

pub(crate) static METHODS: &[MethodDef] = &[
    MethodDef::one("append", append),
    MethodDef::no_args("clear", clear),
    MethodDef::no_args("copy", copy),
    MethodDef::one("count", count),
    MethodDef::one("extend", extend),
    MethodDef::fast("index", index),
    MethodDef::fast("insert", insert),
    MethodDef::fast("pop", pop),
    MethodDef::one("remove", remove),
    MethodDef::no_args("reverse", reverse),
    MethodDef::keywords("sort", sort),
    MethodDef::no_args("__reversed__", reversed),
];

fn of(object: Ref) -> Ref<PyList> {
    object.cast()
}

fn append(_: &Thread, list: Ref, item: Ref) -> Result {
    of(list).push(item.to_owned());
    Ok(none())
}

fn clear(_: &Thread, list: Ref) -> Result {
    drop(of(list).take_all());
    Ok(none())
}

fn copy(_: &Thread, list: Ref) -> Result {
    Ok(PyList::new(of(list).to_vec()).upcast())
}

fn count(thread: &Thread, list: Ref, wanted: Ref) -> Result {
    let (mut found, mut at) = (0, 0);
    while let Some(item) = of(list).get(at).map(Ref::to_owned) {
        found += i64::from(same(thread, item.borrow(), wanted)?);
        at += 1;
    }
    Ok(int(found))
}

/// Adds all items of an iterable.
pub(crate) fn extend(thread: &Thread, list: Ref, iterable: Ref) -> Result {
    crate::runtime::list::extend(thread, of(list), iterable).map(Ref::to_owned)
}

/// The index of the first equal item within bounds.
fn find(thread: &Thread, list: Ref<PyList>, wanted: Ref, start: usize, stop: usize) -> Result<Option<usize>> {
    let mut at = start;
    while at < stop
        && let Some(item) = list.get(at).map(Ref::to_owned)
    {
        if same(thread, item.borrow(), wanted)? {
            return Ok(Some(at));
        }
        at += 1;
    }
    Ok(None)
}

fn index(thread: &Thread, list: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "index", arguments.len(), 1, 3)?;
    let (start, stop) = range_of(thread, arguments, 1, of(list).len(), false)?;
    match find(thread, of(list), arguments[0], start, stop)? {
        Some(at) => Ok(int(at as i64)),
        None => Err(value_error(thread, "list.index(x): x not in list")),
    }
}

fn insert(thread: &Thread, list: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "insert", arguments.len(), 2, 2)?;
    let at = index_isize(thread, arguments[0])?;
    let len = of(list).len();
    let at = if at < 0 { at.saturating_add_unsigned(len).max(0) } else { at } as usize;
    of(list).insert(at.min(len), arguments[1].to_owned());
    Ok(none())
}

fn pop(thread: &Thread, list: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "pop", arguments.len(), 0, 1)?;
    let at = arguments.first().map_or(Ok(-1), |&at| index_isize(thread, at))?;
    let len = of(list).len();
    if len == 0 {
        return Err(index_error(thread, "pop from empty list"));
    }
    let at = if at < 0 { at.saturating_add_unsigned(len) } else { at };
    match usize::try_from(at) {
        Ok(at) if at < len => Ok(of(list).remove(at)),
        _ => Err(index_error(thread, "pop index out of range")),
    }
}

fn remove(thread: &Thread, list: Ref, wanted: Ref) -> Result {
    match find(thread, of(list), wanted, 0, usize::MAX)? {
        Some(at) if at < of(list).len() => {
            drop(of(list).remove(at));
            Ok(none())
        }
        _ => Err(value_error(thread, "list.remove(x): x not in list")),
    }
}

fn reverse(_: &Thread, list: Ref) -> Result {
    of(list).reverse();
    Ok(none())
}

fn reversed(_: &Thread, list: Ref) -> Result {
    let (ty, own) = (crate::runtime::types::list_reverse_iterator(), of(list));
    Ok(PyListIter::with_type(ty, own.to_owned(), own.len() as isize - 1).upcast())
}

/// `list.sort(*, key=None, reverse=False)`. The list is empty while its items are compared, as in CPython.
pub(crate) fn sort(thread: &Thread, list: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "sort", names: &["key", "reverse"], required: 0, positional: 0 };
    let [key, reverse] = PARAMETERS.bind::<2>(thread, arguments, names)?;
    let key = key.filter(|key| !key.is(none_object()));
    let reverse = reverse.map_or(Ok(false), |reverse| object::is_truthy(thread, reverse))?;
    let list = of(list);
    let mut items = list.take_all();
    let result = sort_items(thread, &mut items, key, reverse);
    let added = list.replace_all(items);
    // Who added something and took it away again left room behind.
    let changed = added.capacity() != 0;
    drop(added);
    result?;
    if changed { Err(value_error(thread, "list modified during sort")) } else { Ok(none()) }
}
