//! What list and tuple have in common: comparison item by item, membership, indices.

use super::{error, exceptions, number, object};
use crate::exit::Raised;
use crate::object::*;

/// Compares two sequences: the first items that differ decide, then the lengths. `left` and `right` are asked for each
/// item anew, because comparisons can change a list.
pub(crate) fn compare(
    thread: &Thread,
    left: impl Fn(usize) -> Option<Owned>,
    right: impl Fn(usize) -> Option<Owned>,
    lengths: impl Fn() -> (usize, usize),
    op: CompareOp,
) -> Result {
    let unequal_lengths = lengths().0 != lengths().1;
    if unequal_lengths && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(object::new_bool(op == CompareOp::Ne));
    }
    let mut at = 0;
    while let (Some(a), Some(b)) = (left(at), right(at)) {
        if !a.borrow().is(b.borrow()) && !object::is_equal(thread, a.borrow(), b.borrow())? {
            // The comparison may have taken items away: then the lengths decide.
            if at >= lengths().0.min(lengths().1) {
                break;
            }
            return match op {
                CompareOp::Eq => Ok(object::new_bool(false)),
                CompareOp::Ne => Ok(object::new_bool(true)),
                _ => object::compare(thread, a.borrow(), b.borrow(), op),
            };
        }
        at += 1;
    }
    let (left, right) = lengths();
    Ok(object::new_bool(op.holds(left.cmp(&right))))
}

/// Whether some item is the object or equal to it.
pub(crate) fn contains(thread: &Thread, item: impl Fn(usize) -> Option<Owned>, wanted: Ref) -> Result<bool> {
    let mut at = 0;
    while let Some(found) = item(at) {
        if found.borrow().is(wanted) || object::is_equal(thread, found.borrow(), wanted)? {
            return Ok(true);
        }
        at += 1;
    }
    Ok(false)
}

/// A subscript as an index, negative ones from the end; `None` where it is out of range, a slice stays a slice.
pub(crate) enum Subscript {
    Index(Option<usize>),
    Slice(Ref<PySlice>),
}

/// What a subscript of `kind` (`list`, `tuple`) of `length` items means.
pub(crate) fn subscript(thread: &Thread, kind: &str, key: Ref, length: impl FnOnce() -> usize) -> Result<Subscript> {
    if let Some(slice) = key.downcast::<PySlice>() {
        return Ok(Subscript::Slice(slice));
    }
    if key.downcast::<PyInt>().is_none() && key.ty().slots.nb_index.get().is_none() {
        let ty = key.ty();
        let text = format!("{kind} indices must be integers or slices, not {}", ty.name());
        return Err(error::type_error(thread, text));
    }
    let index = number::index_isize(thread, key, Some(exceptions::index_error()))?;
    let length = length();
    let index = if index < 0 { index + length as isize } else { index };
    Ok(Subscript::Index(usize::try_from(index).ok().filter(|&index| index < length)))
}

/// How often `*` repeats a sequence of `length` items; MemoryError where the result cannot be.
pub(crate) fn repetitions(thread: &Thread, length: usize, times: isize) -> Result<usize> {
    let times = times.max(0) as usize;
    match length.checked_mul(times) {
        Some(total) => error::check_room(thread, total, size_of::<usize>())?,
        None => return Err(error::no_memory(thread)),
    }
    Ok(times)
}

/// `IndexError: … out of range`.
#[cold]
pub(crate) fn out_of_range(thread: &Thread, what: &str) -> Raised {
    error::index_error(thread, format_args!("{what} index out of range"))
}
