//! Methods that many built-in types have in the same way: `__class_getitem__`, and what pickling asks of iterators,
//! descriptors and singletons.

use super::reduce::{CLASS_GETITEM, as_global, builtin, iterator_states, remaining};
use super::support::{int, none};
use crate::object::*;
use crate::runtime::{names, object, types};

/// Types whose subscript is a generic alias.
pub(super) fn generic() -> [Ref<PyType>; 13] {
    [
        types::list(),
        types::tuple(),
        types::dict(),
        types::set(),
        types::frozenset(),
        types::enumerate(),
        types::generator(),
        types::coroutine(),
        types::async_generator(),
        types::mapping_proxy(),
        types::staticmethod(),
        types::classmethod(),
        types::template(),
    ]
}

/// The method that those types get.
pub(super) static GENERIC_METHODS: &[MethodDef] = &[CLASS_GETITEM];

type Table = (Ref<PyType>, &'static [MethodDef]);

/// More methods, by type.
pub(super) fn tables() -> Vec<Table> {
    let mut all = vec![
        (crate::runtime::exceptions::base_exception(), crate::runtime::exceptions::PICKLING),
        (types::interpolation(), GENERIC_METHODS),
        (types::not_implemented_type(), NOT_IMPLEMENTED),
        (types::ellipsis_type(), ELLIPSIS),
        (types::set(), SET),
        (types::frozenset(), SET),
        (types::set_iterator(), SET_ITERATOR),
        (types::range(), RANGE),
        (types::range_iterator(), RANGE_ITERATOR),
        (types::long_range_iterator(), iterator_states::LONG_RANGE),
        (types::slice(), SLICE),
        (types::enumerate(), ENUMERATE),
        (types::zip(), ZIP),
        (types::map(), MAP),
        (types::filter(), FILTER),
        (types::reversed(), REVERSED),
        (types::list_iterator(), iterator_states::LIST),
        (types::list_reverse_iterator(), iterator_states::LIST_REVERSE),
        (types::tuple_iterator(), iterator_states::TUPLE),
        (types::str_iterator(), iterator_states::STR),
        (types::str_ascii_iterator(), iterator_states::STR),
        (types::callable_iterator(), CALLABLE_ITERATOR),
        (types::builtin_function(), FUNCTION),
        (types::method(), METHOD),
        (types::method_wrapper(), METHOD),
        (types::method_descriptor(), DESCRIPTOR),
        (types::wrapper_descriptor(), DESCRIPTOR),
        (types::member_descriptor(), DESCRIPTOR),
        (types::list(), LIST),
        (types::dict(), DICT),
    ];
    all.extend([(types::template(), TEMPLATE), (types::interpolation(), INTERPOLATION)]);
    let of_dicts = [
        types::dict_key_iterator(),
        types::dict_value_iterator(),
        types::dict_item_iterator(),
        types::dict_reverse_key_iterator(),
        types::dict_reverse_value_iterator(),
        types::dict_reverse_item_iterator(),
    ];
    all.extend(of_dicts.map(|ty| (ty, DICT_ITERATOR)));
    all.extend(generic().map(|ty| (ty, GENERIC_METHODS)));
    all
}

static NOT_IMPLEMENTED: &[MethodDef] = &[MethodDef::no_args("__reduce__", |_, _| as_global("NotImplemented"))];
static ELLIPSIS: &[MethodDef] = &[MethodDef::no_args("__reduce__", |_, _| as_global("Ellipsis"))];

fn tuple<const N: usize>(items: [Owned; N]) -> Owned {
    PyTuple::from_array(items).upcast()
}

fn class_of(object: Ref) -> Owned {
    object.ty().to_owned().upcast()
}

static LIST: &[MethodDef] =
    &[MethodDef::no_args("__sizeof__", |_, list| Ok(int(40 + 8 * list.cast::<PyList>().len() as i64)))];

static DICT: &[MethodDef] = &[MethodDef::no_args("__sizeof__", |_, dict| {
    // A table of two thirds filled entries with their indices, as CPython sizes it.
    let entries = (dict.cast::<PyDict>().len() * 3 / 2).next_power_of_two().max(8) as i64;
    Ok(int(48 + if dict.cast::<PyDict>().is_empty() { 0 } else { 32 + entries + entries * 2 / 3 * 24 }))
})];

static SET: &[MethodDef] = &[
    MethodDef::no_args("__reduce__", |thread, set| {
        let items = PyList::new(set.cast::<PySet>().to_vec()).upcast();
        let state = super::reduce::instance_state(thread, set)?;
        Ok(tuple([class_of(set), tuple([items]), state]))
    }),
    MethodDef::no_args("__sizeof__", |_, set| {
        let entries = (set.cast::<PySet>().len() * 5 / 3).next_power_of_two() as i64;
        Ok(int(200 + if entries <= 8 { 0 } else { entries * 16 }))
    }),
];

/// The items that a copy of the iterator would still give, without moving it.
fn rest_of_set(iterator: Ref) -> Vec<Owned> {
    let own = iterator.cast::<PyAnySeqIter>();
    let Some(over) = own.sequence() else { return Vec::new() };
    let Some(set) = over.downcast::<PyTuple>().and_then(|over| over.get(0)) else { return Vec::new() };
    let (mut position, mut rest) = (own.index() as usize, Vec::new());
    while let Some(item) = set.cast::<PySet>().next(&mut position) {
        rest.push(item);
    }
    rest
}

static SET_ITERATOR: &[MethodDef] = &[
    MethodDef::no_args("__length_hint__", |_, iterator| {
        let over = iterator.cast::<PyAnySeqIter>().sequence().and_then(|over| over.downcast::<PyTuple>());
        let unchanged = over.is_some_and(|over| {
            over.item(1).cast::<PyInt>().as_i64() == Some(over.item(0).cast::<PySet>().len() as i64)
        });
        Ok(int(if unchanged { rest_of_set(iterator).len() as i64 } else { 0 }))
    }),
    MethodDef::no_args("__reduce__", |thread, iterator| remaining(thread, rest_of_set(iterator))),
];

fn rest_of_dict(iterator: Ref) -> Vec<Owned> {
    super::views::rest(iterator)
}

static DICT_ITERATOR: &[MethodDef] = &[
    MethodDef::no_args("__length_hint__", |_, iterator| Ok(int(super::views::left(iterator) as i64))),
    MethodDef::no_args("__reduce__", |thread, iterator| remaining(thread, rest_of_dict(iterator))),
];

static RANGE: &[MethodDef] = &[MethodDef::no_args("__reduce__", |_, range| {
    let own = range.cast::<PyRange>();
    let parts = [own.start.get(), own.stop.get(), own.step.get()].map(Ref::to_owned);
    Ok(tuple([class_of(range), tuple(parts)]))
})];

static SLICE: &[MethodDef] = &[MethodDef::no_args("__reduce__", |_, slice| {
    let own = slice.cast::<PySlice>();
    let parts = [own.start.get(), own.stop.get(), own.step.get()].map(Ref::to_owned);
    Ok(tuple([class_of(slice), tuple(parts)]))
})];

static RANGE_ITERATOR: &[MethodDef] = &[
    MethodDef::no_args("__reduce__", |thread, iterator| {
        let own = iterator.cast::<PyRangeIter>();
        let (start, step, length) = (own.start(), own.step(), own.len());
        let stop = start.wrapping_add(step.wrapping_mul(length));
        let class = types::range().to_owned().upcast();
        let range = object::call_type(thread, class.borrow(), &[int(start), int(stop), int(step)])?;
        Ok(tuple([builtin(thread, "iter"), tuple([range]), none()]))
    }),
    MethodDef::one("__setstate__", |thread, iterator, state| {
        let own = iterator.cast::<PyRangeIter>();
        let skip = (super::reduce::state_index(thread, state)? as i64).clamp(0, own.len());
        own.set_start(own.start().wrapping_add(own.step().wrapping_mul(skip)));
        own.set_len(own.len() - skip);
        Ok(none())
    }),
];

fn over(iterator: Ref) -> Owned {
    iterator.cast::<PyAnySeqIter>().sequence().map_or_else(none, Ref::to_owned)
}

fn place(iterator: Ref) -> Owned {
    int(iterator.cast::<PyAnySeqIter>().index() as i64)
}

static ENUMERATE: &[MethodDef] = &[MethodDef::no_args("__reduce__", |_, iterator| {
    let (over, at) = super::iters::enumerate_state(iterator);
    Ok(tuple([class_of(iterator), tuple([over, at])]))
})];

fn parts_of(iterator: Ref) -> Owned {
    let parts = over(iterator);
    if parts.borrow().is(none_object()) { PyTuple::empty().to_owned().upcast() } else { parts }
}

static ZIP: &[MethodDef] = &[
    MethodDef::no_args("__reduce__", |_, iterator| {
        let strict = iterator.cast::<PyAnySeqIter>().index() != 0;
        let head = [class_of(iterator), parts_of(iterator)];
        Ok(if strict {
            let [class, parts] = head;
            tuple([class, parts, true_object().to_owned()])
        } else {
            tuple(head)
        })
    }),
    MethodDef::one("__setstate__", |thread, iterator, state| {
        let strict = object::is_truthy(thread, state)?;
        iterator.cast::<PyAnySeqIter>().set_index(isize::from(strict));
        Ok(none())
    }),
];

static MAP: &[MethodDef] = &[
    MethodDef::no_args("__reduce__", |_, iterator| Ok(tuple([class_of(iterator), parts_of(iterator)]))),
    MethodDef::one("__setstate__", |thread, iterator, state| {
        let strict = object::is_truthy(thread, state)?;
        iterator.cast::<PyAnySeqIter>().set_index(isize::from(strict));
        Ok(none())
    }),
];

static FILTER: &[MethodDef] =
    &[MethodDef::no_args("__reduce__", |_, iterator| Ok(tuple([class_of(iterator), parts_of(iterator)])))];

static REVERSED: &[MethodDef] = &[
    MethodDef::no_args("__length_hint__", |thread, iterator| {
        let own = iterator.cast::<PyAnySeqIter>();
        let Some(over) = own.sequence().map(Ref::to_owned) else { return Ok(int(0)) };
        let length = object::length(thread, over.borrow())?;
        Ok(int(if own.index() < length { own.index() as i64 + 1 } else { 0 }))
    }),
    MethodDef::no_args("__reduce__", |_, iterator| {
        let own = iterator.cast::<PyAnySeqIter>();
        Ok(match own.sequence() {
            Some(over) => tuple([class_of(iterator), tuple([over.to_owned()]), place(iterator)]),
            None => tuple([class_of(iterator), tuple([PyTuple::empty().to_owned().upcast()])]),
        })
    }),
    MethodDef::one("__setstate__", |thread, iterator, state| {
        let at = super::reduce::state_index(thread, state)?;
        let own = iterator.cast::<PyAnySeqIter>();
        if let Some(over) = own.sequence().map(Ref::to_owned) {
            own.set_index(at.clamp(-1, object::length(thread, over.borrow())? - 1));
        }
        Ok(none())
    }),
];

static CALLABLE_ITERATOR: &[MethodDef] = &[MethodDef::no_args("__reduce__", |thread, iterator| {
    let own = iterator.cast::<PyCallableIter>();
    let iter = builtin(thread, "iter");
    Ok(match (own.callable.get(), own.sentinel.get()) {
        (Some(callable), Some(sentinel)) => tuple([iter, tuple([callable.to_owned(), sentinel.to_owned()])]),
        _ => tuple([iter, tuple([PyTuple::empty().to_owned().upcast()])]),
    })
})];

/// `getattr(owner, name)`.
fn by_attribute(thread: &Thread, owner: Owned, name: Owned) -> Owned {
    tuple([builtin(thread, "getattr"), tuple([owner, name])])
}

static FUNCTION: &[MethodDef] = &[MethodDef::no_args("__reduce__", |thread, function| {
    let name = object::get_attr(thread, function, names::name())?;
    let receiver = function.cast::<PyCFunction>().receiver();
    if receiver.is(none_object()) || receiver.downcast::<PyModule>().is_some() {
        return Ok(name);
    }
    Ok(by_attribute(thread, receiver.to_owned(), name))
})];

static METHOD: &[MethodDef] = &[MethodDef::no_args("__reduce__", |thread, method| {
    let receiver = object::get_attr(thread, method, PyStr::new("__self__").borrow())?;
    let name = object::get_attr(thread, method, names::name())?;
    Ok(by_attribute(thread, receiver, name))
})];

static DESCRIPTOR: &[MethodDef] = &[MethodDef::no_args("__reduce__", |thread, descriptor| {
    let owner = object::get_attr(thread, descriptor, PyStr::new("__objclass__").borrow())?;
    let name = object::get_attr(thread, descriptor, names::name())?;
    Ok(by_attribute(thread, owner, name))
})];

static TEMPLATE: &[MethodDef] = &[MethodDef::no_args("__reduce__", |_, template| {
    let own = template.cast::<PyTemplate>();
    let parts = PyTuple::from_refs(&[own.strings.get().upcast(), own.interpolations.get().upcast()]);
    Ok(tuple([class_of(template), parts.upcast()]))
})];

static INTERPOLATION: &[MethodDef] = &[MethodDef::no_args("__reduce__", |_, interpolation| {
    let own = interpolation.cast::<PyInterpolation>();
    let parts = [own.value.get(), own.expression.get(), own.conversion.get(), own.format_spec.get()];
    Ok(tuple([class_of(interpolation), PyTuple::from_refs(&parts).upcast()]))
})];
