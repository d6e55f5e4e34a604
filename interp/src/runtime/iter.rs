//! Iteration: steps of any iterator, and the iterators over `__getitem__` and over a callable (`Objects/iterobject.c`).

use super::{call, error, exceptions, object, types};
use crate::exit::Raised;
use crate::object::types::flags;
use crate::object::*;

/// The next item, `None` at the end: StopIteration is taken off.
#[inline]
pub(crate) fn step(thread: &Thread, iterator: Ref) -> Result<Option<Owned>> {
    let Some(next) = iterator.ty().slots.iternext.get() else {
        return Err(error::type_error(thread, format_args!("'{}' object is not an iterator", iterator.ty().name())));
    };
    match next(thread, iterator) {
        Some(item) => Ok(Some(item)),
        None if thread.exception().is_none() => Ok(None),
        None => stopped(thread),
    }
}

#[cold]
fn stopped(thread: &Thread) -> Result<Option<Owned>> {
    if error::is_set_to(thread, exceptions::stop_iteration()) {
        thread.clear_exception();
        return Ok(None);
    }
    Err(Raised)
}

/// Calls `body` with each item.
pub(crate) fn each(thread: &Thread, iterable: Ref, mut body: impl FnMut(Owned) -> Result<()>) -> Result<()> {
    let iterator = object::get_iter(thread, iterable)?;
    while let Some(item) = step(thread, iterator.borrow())? {
        body(item)?;
    }
    Ok(())
}

/// All items of an iterable.
pub(crate) fn collect(thread: &Thread, iterable: Ref) -> Result<Vec<Owned>> {
    if iterable.is_exact(types::list()) {
        return Ok(iterable.cast::<PyList>().to_vec());
    }
    if iterable.is_exact(types::tuple()) {
        return Ok(iterable.cast::<PyTuple>().iter().map(Ref::to_owned).collect());
    }
    let iterator = object::get_iter(thread, iterable)?;
    let hint = object::length_hint(thread, iterable)?;
    error::check_room(thread, hint, size_of::<usize>())?;
    let mut items = Vec::with_capacity(hint.min(1 << 20));
    while let Some(item) = step(thread, iterator.borrow())? {
        items.push(item);
    }
    Ok(items)
}

/// `iterator` over anything with `__getitem__`.
pub(crate) static TYPE: PyType = sequence_iterator("iterator");

/// The same without methods.
pub(super) const fn plain_sequence_iterator(name: &'static str) -> PyType {
    PyType::container::<PyAnySeqIter>(TypeSpec {
        name,
        flags: flags::HAVE_GC,
        base: Some(&super::object::TYPE),
        slots: Slots { iter: slot(itself), iternext: slot(next_of_sequence), ..Slots::NONE },
        ..TypeSpec::EMPTY
    })
}

/// The type of iterators that read a sequence by index.
pub(super) const fn sequence_iterator(name: &'static str) -> PyType {
    PyType::container::<PyAnySeqIter>(TypeSpec {
        name,
        flags: flags::HAVE_GC,
        base: Some(&super::object::TYPE),
        slots: Slots { iter: slot(itself), iternext: slot(next_of_sequence), ..Slots::NONE },
        methods: crate::builtins::reduce::SEQUENCE_ITERATOR_METHODS,
        ..TypeSpec::EMPTY
    })
}

/// The `__iter__` of iterators.
pub(crate) fn itself(_: &Thread, iterator: Ref) -> Result {
    Ok(iterator.to_owned())
}

/// `PySeqIter_New`.
pub(crate) fn over_sequence(sequence: Ref) -> Owned<PyAnySeqIter> {
    PyAnySeqIter::with_type(types::iterator(), sequence.to_owned(), 0)
}

fn next_of_sequence(thread: &Thread, iterator: Ref) -> Option<Owned> {
    let own = iterator.cast::<PyAnySeqIter>();
    let sequence = own.sequence()?.to_owned();
    let index = own.index();
    let found = match sequence.borrow().ty().slots.sq_item.get() {
        Some(slot) => slot(thread, sequence.borrow(), index),
        None => {
            let index = PyInt::from_i64(index as i64);
            object::get_item(thread, sequence.borrow(), index.borrow().upcast())
        }
    };
    match found {
        Ok(item) => {
            own.set_index(index + 1);
            Some(item)
        }
        Err(_) => {
            let ends = |ty: Ref<PyType>| error::is_set_to(thread, ty);
            if ends(exceptions::index_error()) || ends(exceptions::stop_iteration()) {
                thread.clear_exception();
                own.set_sequence(None);
            }
            None
        }
    }
}

/// `callable_iterator`: calls until a value comes.
pub(crate) static CALLABLE_TYPE: PyType = PyType::container::<PyCallableIter>(TypeSpec {
    name: "callable_iterator",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots { iter: slot(itself), iternext: slot(next_of_callable), ..Slots::NONE },
    ..TypeSpec::EMPTY
});

fn next_of_callable(thread: &Thread, iterator: Ref) -> Option<Owned> {
    let own = iterator.cast::<PyCallableIter>();
    let callable = own.callable.get()?.to_owned();
    let sentinel = own.sentinel.get()?.to_owned();
    match call::no_args(thread, callable.borrow()) {
        Ok(value) => match object::is_equal(thread, sentinel.borrow(), value.borrow()) {
            // What was called may have exhausted the iterator itself.
            Ok(false) if own.callable.get().is_some() => return Some(value),
            Ok(false) => {}
            Ok(true) => own.exhaust(),
            Err(Raised) => {}
        },
        Err(Raised) => {
            if error::is_set_to(thread, exceptions::stop_iteration()) {
                thread.clear_exception();
                own.exhaust();
            }
        }
    }
    None
}
