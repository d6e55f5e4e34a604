//! Unpacking of iterables into targets: UNPACK_SEQUENCE and UNPACK_EX.

use super::{error, exceptions, iter, object, types};
use crate::exit::Raised;
use crate::frame::SlotPtr;
use crate::object::*;

/// `_PyEval_UnpackIterableStackRef`: puts the items below `top`, the first one uppermost. `after` counts the targets
/// behind a starred one, which gets a list; -1 says that there is none. Raises without having put anything.
pub(crate) fn unpack_iterable(thread: &Thread, items: Ref, before: i32, after: i32, top: SlotPtr) -> Result<()> {
    let iterator = object::get_iter(thread, items).map_err(|raised| not_iterable(thread, items, raised))?;
    let iterator = iterator.borrow();
    let count = before as usize;
    let mut values = Vec::with_capacity(count + 1);
    while values.len() < count {
        match iter::step(thread, iterator)? {
            Some(value) => values.push(value),
            None => return Err(too_few(thread, before, after, values.len())),
        }
    }
    if after < 0 {
        if iter::step(thread, iterator)?.is_some() {
            return Err(too_many(thread, items, before));
        }
    } else {
        let mut rest = Vec::new();
        while let Some(value) = iter::step(thread, iterator)? {
            rest.push(value);
        }
        let Some(kept) = rest.len().checked_sub(after as usize) else {
            return Err(too_few(thread, before, after, count + rest.len()));
        };
        let behind = rest.split_off(kept);
        values.push(PyList::new(rest).upcast());
        values.extend(behind);
    }
    for (below, value) in (1..).zip(values) {
        top.put(-below, StackRef::from_owned(value));
    }
    Ok(())
}

/// What is no iterable at all is named as what cannot be unpacked; other exceptions stay.
fn not_iterable(thread: &Thread, items: Ref, raised: Raised) -> Raised {
    let ty = items.ty();
    let is_iterable = ty.slots.iter.get().is_some() || types::is_sequence(items);
    if is_iterable || !error::is_set_to(thread, exceptions::type_error()) {
        return raised;
    }
    error::type_error(thread, format_args!("cannot unpack non-iterable {} object", ty.name()))
}

fn too_few(thread: &Thread, before: i32, after: i32, got: usize) -> Raised {
    let expected = match after {
        -1 => format!("{before}"),
        after => format!("at least {}", before + after),
    };
    error::value_error(thread, format_args!("not enough values to unpack (expected {expected}, got {got})"))
}

/// Where the length is at hand, it is told.
fn too_many(thread: &Thread, items: Ref, expected: i32) -> Raised {
    let got = if items.is_exact(types::list()) {
        Some(items.cast::<PyList>().len())
    } else if items.is_exact(types::tuple()) {
        Some(items.cast::<PyTuple>().len())
    } else if items.is_exact(types::dict()) {
        Some(items.cast::<PyDict>().len())
    } else {
        None
    };
    match got {
        Some(got) => {
            error::value_error(thread, format_args!("too many values to unpack (expected {expected}, got {got})"))
        }
        None => error::value_error(thread, format_args!("too many values to unpack (expected {expected})")),
    }
}
