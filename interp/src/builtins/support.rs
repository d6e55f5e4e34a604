//! The protocols as the builtins use them: short names over the runtime, with the messages that CPython gives.

use crate::exit::Raised;
use crate::object::*;
use crate::runtime::{attr, error, exceptions, object};

/// Raises an exception with a text.
#[cold]
pub(crate) fn raise(thread: &Thread, ty: Ref<PyType>, text: &str) -> Raised {
    error::set_string(thread, ty, text)
}

#[cold]
pub(crate) fn type_error(thread: &Thread, text: &str) -> Raised {
    raise(thread, exceptions::type_error(), text)
}

#[cold]
pub(crate) fn value_error(thread: &Thread, text: &str) -> Raised {
    raise(thread, exceptions::value_error(), text)
}

#[cold]
pub(crate) fn index_error(thread: &Thread, text: &str) -> Raised {
    raise(thread, exceptions::index_error(), text)
}

#[cold]
pub(crate) fn overflow_error(thread: &Thread, text: &str) -> Raised {
    raise(thread, exceptions::overflow_error(), text)
}

/// The type's name as messages show it.
pub(crate) fn type_name(object: Ref) -> String {
    object.ty().name().to_owned()
}

pub(crate) fn none() -> Owned {
    none_object().to_owned()
}

pub(crate) fn boolean(value: bool) -> Owned {
    bool_object(value).to_owned()
}

pub(crate) fn int(value: i64) -> Owned {
    PyInt::from_i64(value).upcast()
}

pub(crate) fn text(value: &str) -> Owned {
    PyStr::new(value).upcast()
}

/// An iterator over the object.
pub(crate) fn iter(thread: &Thread, iterable: Ref) -> Result {
    object::get_iter(thread, iterable)
}

/// The next item, `None` at the end.
pub(crate) fn next(thread: &Thread, iterator: Ref) -> Result<Option<Owned>> {
    let Some(iternext) = iterator.ty().slots.iternext.get() else {
        return Err(type_error(thread, &format!("'{}' object is not an iterator", type_name(iterator))));
    };
    match iternext(thread, iterator) {
        Some(item) => Ok(Some(item)),
        None => end_of(thread).map(|()| None),
    }
}

/// Tells the end of an iteration from a failure: StopIteration is taken off.
fn end_of(thread: &Thread) -> Result<()> {
    match thread.exception() {
        None => Ok(()),
        Some(exception) if exception.ty().is_subtype(exceptions::stop_iteration()) => {
            thread.clear_exception();
            Ok(())
        }
        Some(_) => Err(Raised),
    }
}

/// What an `iternext` slot gives for a result.
pub(crate) fn slot_result(result: Result<Option<Owned>>) -> Option<Owned> {
    result.ok().flatten()
}

/// All items.
pub(crate) fn collect(thread: &Thread, iterable: Ref) -> Result<Vec<Owned>> {
    crate::runtime::iter::collect(thread, iterable)
}

/// Calls `body` with each item until it gives false.
pub(crate) fn each(thread: &Thread, iterable: Ref, mut body: impl FnMut(Owned) -> Result<bool>) -> Result<()> {
    let iterator = iter(thread, iterable)?;
    while let Some(item) = next(thread, iterator.borrow())? {
        if !body(item)? {
            break;
        }
    }
    Ok(())
}

/// `repr(object)`.
pub(crate) fn repr(thread: &Thread, object: Ref) -> Result<Owned<PyStr>> {
    object::repr(thread, object).map(Owned::cast)
}

/// `str(object)`.
pub(crate) fn str(thread: &Thread, object: Ref) -> Result<Owned<PyStr>> {
    object::str(thread, object).map(Owned::cast)
}

/// `a == b` and the other comparisons as a bool.
pub(crate) fn compare(thread: &Thread, a: Ref, b: Ref, op: CompareOp) -> Result<bool> {
    object::compare_bool(thread, a, b, op)
}

/// Identity or equality, as containers compare.
pub(crate) fn same(thread: &Thread, a: Ref, b: Ref) -> Result<bool> {
    if a.is(b) { Ok(true) } else { object::is_equal(thread, a, b) }
}

/// Calls with positional arguments.
pub(crate) fn call(thread: &Thread, callable: Ref, arguments: &[Ref]) -> Result {
    crate::runtime::call::with(thread, callable, arguments)
}

/// The object as an int by `__index__` (`PyNumber_Index`).
pub(crate) fn index(thread: &Thread, object: Ref) -> Result<Owned<PyInt>> {
    crate::runtime::number::index(thread, object)
}

/// The object as an index or count; what does not fit raises OverflowError.
pub(crate) fn index_isize(thread: &Thread, object: Ref) -> Result<isize> {
    let int = index(thread, object)?;
    int.as_i64().map(|word| word as isize).ok_or_else(|| {
        let message = format!("cannot fit '{}' into an index-sized integer", type_name(object));
        overflow_error(thread, &message)
    })
}

/// The object as a bound of a search or slice: what does not fit is clamped.
pub(crate) fn bound(thread: &Thread, object: Ref) -> Result<isize> {
    let Some(slot) = object.ty().slots.nb_index.get() else {
        let message = "slice indices must be integers or None or have an __index__ method";
        return Err(type_error(thread, message));
    };
    let _ = slot;
    let int = index(thread, object)?;
    Ok(match int.as_i64() {
        Some(word) => word as isize,
        None if int.is_negative() => isize::MIN,
        None => isize::MAX,
    })
}

/// `start` and `stop` among the arguments from `first` on, clamped to a sequence of `len` items; None counts as absent
/// where `none` says so.
pub(crate) fn range_of(
    thread: &Thread,
    arguments: &[Ref],
    first: usize,
    len: usize,
    none: bool,
) -> Result<(usize, usize)> {
    let clamp = |value: isize| {
        let value = if value < 0 { value.saturating_add_unsigned(len).max(0) } else { value };
        value as usize
    };
    let read = |at: usize, default: usize| match arguments.get(at) {
        None => Ok(default),
        Some(&object) if none && object.is(none_object()) => Ok(default),
        Some(&object) => bound(thread, object).map(clamp),
    };
    Ok((read(first, 0)?, read(first + 1, len)?.min(len)))
}

/// The argument as a str, or TypeError with this text and the type's name at its end.
pub(crate) fn expect_str(thread: &Thread, object: Ref, text: impl std::fmt::Display) -> Result<Ref<PyStr>> {
    match object.downcast::<PyStr>() {
        Some(string) => Ok(string),
        None => Err(type_error(thread, &format!("{text}{}", type_name(object)))),
    }
}

/// As `expect_str`, in the words of CPython's argument clinic, which calls None by its name.
pub(crate) fn argument_str(thread: &Thread, object: Ref, text: impl std::fmt::Display) -> Result<Ref<PyStr>> {
    if object.is(none_object()) {
        return Err(type_error(thread, &format!("{text}None")));
    }
    expect_str(thread, object, text)
}

/// Takes off a StopIteration that is set; true if nothing is set afterwards.
pub(crate) fn absorb_stop(thread: &Thread) -> bool {
    end_of(thread).is_ok()
}

/// Takes off an IndexError or StopIteration that is set: the end of a sequence that is read by index.
pub(crate) fn absorb_index_error(thread: &Thread) {
    let ends =
        |ty: Ref<PyType>| ty.is_subtype(exceptions::index_error()) || ty.is_subtype(exceptions::stop_iteration());
    if thread.exception().is_some_and(|exception| ends(exception.ty())) {
        thread.clear_exception();
    }
}

/// Calls a special method by name; `None` if the object's type has none.
pub(crate) fn special(thread: &Thread, object: Ref, name: &str, arguments: &[Ref]) -> Result<Option<Owned>> {
    attr::call_optional_special(thread, object, PyStr::new(name).borrow(), arguments)
}
