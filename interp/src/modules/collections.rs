//! `_collections`: `deque` (`Modules/_collectionsmodule.c`). What else is there in C, the library has in Python too.

use super::{NativeModule, native_dict, put, receiver};
use crate::builtins::repr::Showing;
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, exceptions, iter, number, object, types};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

pub(super) static MODULE: NativeModule = NativeModule {
    name: "_collections",
    functions: &[MethodDef::fast("_count_elements", count_elements)],
    types: &[&DEQUE, &DEQUE_ITERATOR],
    fill: |thread, dict| {
        put(dict, "_deque_iterator", Ref::from_static(&DEQUE_ITERATOR).to_owned().upcast());
        put(dict, "defaultdict", super::defaultdict::class(thread)?);
        Ok(())
    },
};

/// A queue with two ends.
struct Deque {
    items: RefCell<VecDeque<Owned>>,
    most: Cell<Option<usize>>,
    /// Counts changes, which iterators do not survive.
    state: Cell<u64>,
}
impl Native for Deque {
    fn visit(&self, visit: &mut dyn FnMut(Ref)) {
        self.items.show(visit);
    }

    fn clear(&self) {
        // What dies may look at the deque again, so nothing is borrowed by then.
        let items = self.items.try_borrow_mut().map(|mut items| std::mem::take(&mut *items));
        self.state.set(self.state.get() + 1);
        drop(items);
    }
}

static DEQUE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "collections.deque",
    flags: flags::HAVE_GC | flags::BASETYPE | flags::SEQUENCE,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        new: slot(|_, class, _, _| Ok(new_deque(class, None, VecDeque::new()))),
        init: slot(init),
        repr: slot(repr),
        hash: slot(object::no_hash),
        richcompare: slot(rich_compare),
        iter: slot(|thread, own| iterator(thread, own, false)),
        sq_length: slot(length),
        mp_length: slot(length),
        sq_item: slot(item),
        mp_subscript: slot(|thread, own, key| {
            let index = number::index_isize(thread, key, Some(exceptions::index_error()))?;
            item(thread, own, index)
        }),
        mp_ass_subscript: slot(set_item),
        sq_contains: slot(|thread, own, wanted| position(thread, own, wanted, 0, isize::MAX).map(|at| at.is_some())),
        sq_concat: slot(|thread, own, other| {
            if !other.ty().is_subtype(Ref::from_static(&DEQUE)) {
                let text = format!("can only concatenate deque (not \"{}\") to deque", other.ty().name());
                return Err(error::type_error(thread, text));
            }
            let copy = copy(thread, own)?;
            extend(thread, copy.borrow(), other, false)?;
            Ok(copy)
        }),
        sq_inplace_concat: slot(|thread, own, other| {
            extend(thread, own, other, false)?;
            Ok(own.to_owned())
        }),
        nb_bool: slot(|thread, own| length(thread, own).map(|length| length > 0)),
        dict_of: slot(native_dict),
        ..Slots::NONE
    },
    methods: DEQUE_METHODS,
    getset: &[GetSetDef::read_only("maxlen", |thread, own| {
        let most = receiver::<Deque>(thread, &own.cast())?.most.get();
        Ok(most.map_or_else(object::new_none, |most| PyInt::from_i64(most as i64).upcast()))
    })],
    ..TypeSpec::EMPTY
});

static DEQUE_METHODS: &[MethodDef] = &[
    MethodDef::one("append", |thread, own, item| push(thread, own, item.to_owned(), false)),
    MethodDef::one("appendleft", |thread, own, item| push(thread, own, item.to_owned(), true)),
    MethodDef::one("extend", |thread, own, items| extend(thread, own, items, false)),
    MethodDef::one("extendleft", |thread, own, items| extend(thread, own, items, true)),
    MethodDef::no_args("pop", |thread, own| pop(thread, own, false)),
    MethodDef::no_args("popleft", |thread, own| pop(thread, own, true)),
    MethodDef::no_args("clear", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        let deque = receiver::<Deque>(thread, &own)?;
        deque.state.set(deque.state.get() + 1);
        drop(deque.items.take());
        Ok(object::new_none())
    }),
    MethodDef::no_args("copy", copy),
    MethodDef::no_args("__copy__", copy),
    MethodDef::one("count", |thread, own, wanted| {
        let mut count = 0;
        for item in items(thread, own)? {
            count += i64::from(object::is_equal(thread, item.borrow(), wanted)?);
        }
        Ok(PyInt::from_i64(count).upcast())
    }),
    MethodDef::fast("index", index),
    MethodDef::fast("insert", insert),
    MethodDef::one("remove", |thread, own, wanted| match position(thread, own, wanted, 0, isize::MAX)? {
        Some(at) => {
            drop(receiver::<Deque>(thread, &own.cast())?.items.borrow_mut().remove(at));
            Ok(object::new_none())
        }
        None => Err(error::value_error(thread, "deque.remove(x): x not in deque")),
    }),
    MethodDef::no_args("reverse", |thread, own| {
        receiver::<Deque>(thread, &own.cast())?.items.borrow_mut().make_contiguous().reverse();
        Ok(object::new_none())
    }),
    MethodDef::fast("rotate", rotate),
    MethodDef::no_args("__reversed__", |thread, own| iterator(thread, own, true)),
    MethodDef::no_args("__reduce__", |thread, own| {
        let most = receiver::<Deque>(thread, &own.cast())?.most.get();
        let arguments = match most {
            Some(most) => {
                PyTuple::from_array([PyTuple::empty().to_owned().upcast(), PyInt::from_i64(most as i64).upcast()])
            }
            None => PyTuple::empty().to_owned(),
        };
        let iterator = iterator(thread, own, false)?;
        let parts = [own.ty().to_owned().upcast(), arguments.upcast(), object::new_none(), iterator];
        Ok(PyTuple::from_array(parts).upcast())
    }),
    MethodDef::one("__class_getitem__", super::generic_alias).of_class(),
];

fn new_deque(class: Ref<PyType>, most: Option<usize>, items: VecDeque<Owned>) -> Owned {
    let deque = Deque { items: RefCell::new(items), most: Cell::new(most), state: Cell::new(0) };
    PyNative::new(class, deque).upcast()
}

fn items(thread: &Thread, own: Ref) -> Result<Vec<Owned>> {
    receiver::<Deque>(thread, &own.cast()).map(|deque| deque.items.borrow().iter().cloned().collect())
}

fn length(thread: &Thread, own: Ref) -> Result<isize> {
    receiver::<Deque>(thread, &own.cast()).map(|deque| deque.items.borrow().len() as isize)
}

fn init(thread: &Thread, own: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    static SIGNATURE: Signature = Signature {
        function: "deque",
        names: &["iterable", "maxlen"],
        positional_only: 0,
        keyword_only: 0,
        required: 0,
    };
    let [iterable, most] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let most = match most.filter(|most| !object::is_none(*most)) {
        Some(most) => match usize::try_from(number::index_isize(thread, most, Some(exceptions::overflow_error()))?) {
            Ok(most) => Some(most),
            Err(_) => return Err(error::value_error(thread, "maxlen must be non-negative")),
        },
        None => None,
    };
    let before = {
        let own: Ref<PyNative> = own.cast();
        let deque = receiver::<Deque>(thread, &own)?;
        deque.most.set(most);
        deque.items.take()
    };
    drop(before);
    if let Some(iterable) = iterable {
        extend(thread, own, iterable, false)?;
    }
    Ok(())
}

fn push(thread: &Thread, own: Ref, item: Owned, left: bool) -> Result {
    let own: Ref<PyNative> = own.cast();
    let deque = receiver::<Deque>(thread, &own)?;
    deque.state.set(deque.state.get() + 1);
    let dropped = {
        let mut items = deque.items.borrow_mut();
        if left {
            items.push_front(item)
        } else {
            items.push_back(item)
        }
        let over = deque.most.get().is_some_and(|most| items.len() > most);
        if !over {
            None
        } else if left {
            items.pop_back()
        } else {
            items.pop_front()
        }
    };
    drop(dropped);
    Ok(object::new_none())
}

fn extend(thread: &Thread, own: Ref, iterable: Ref, left: bool) -> Result {
    // A deque that is added to itself grows by what it had.
    if iterable.is(own) {
        for item in items(thread, own)? {
            push(thread, own, item, left)?;
        }
        return Ok(object::new_none());
    }
    iter::each(thread, iterable, |item| push(thread, own, item, left).map(drop))?;
    Ok(object::new_none())
}

fn pop(thread: &Thread, own: Ref, left: bool) -> Result {
    let own: Ref<PyNative> = own.cast();
    let deque = receiver::<Deque>(thread, &own)?;
    let found = {
        let mut items = deque.items.borrow_mut();
        if left { items.pop_front() } else { items.pop_back() }
    };
    deque.state.set(deque.state.get() + 1);
    found.ok_or_else(|| error::index_error(thread, "pop from an empty deque"))
}

fn copy(thread: &Thread, own: Ref) -> Result {
    if own.is_exact(Ref::from_static(&DEQUE)) {
        let most = receiver::<Deque>(thread, &own.cast())?.most.get();
        return Ok(new_deque(own.ty(), most, items(thread, own)?.into()));
    }
    let most = receiver::<Deque>(thread, &own.cast())?.most.get();
    match most {
        Some(most) => {
            let most = PyInt::from_i64(most as i64);
            call::with(thread, own.ty().upcast(), &[own, most.borrow().upcast()])
        }
        None => call::with(thread, own.ty().upcast(), &[own]),
    }
}

fn place(thread: &Thread, own: Ref, index: isize) -> Result<usize> {
    let length = length(thread, own)?;
    let at = if index < 0 { index + length } else { index };
    match usize::try_from(at) {
        Ok(at) if at < length as usize => Ok(at),
        _ => Err(error::index_error(thread, "deque index out of range")),
    }
}

fn item(thread: &Thread, own: Ref, index: isize) -> Result {
    let at = place(thread, own, index)?;
    receiver::<Deque>(thread, &own.cast()).map(|deque| deque.items.borrow()[at].clone())
}

fn set_item(thread: &Thread, own: Ref, key: Ref, value: Option<Ref>) -> Result<()> {
    let index = number::index_isize(thread, key, Some(exceptions::index_error()))?;
    let at = place(thread, own, index)?;
    let own: Ref<PyNative> = own.cast();
    let deque = receiver::<Deque>(thread, &own)?;
    let old = match value {
        Some(value) => Some(std::mem::replace(&mut deque.items.borrow_mut()[at], value.to_owned())),
        None => deque.items.borrow_mut().remove(at),
    };
    drop(old);
    Ok(())
}

/// The place of an equal item between two bounds.
fn position(thread: &Thread, own: Ref, wanted: Ref, start: isize, stop: isize) -> Result<Option<usize>> {
    let own: Ref<PyNative> = own.cast();
    let deque = receiver::<Deque>(thread, &own)?;
    let state = deque.state.get();
    let length = deque.items.borrow().len() as isize;
    let clamp = |bound: isize| if bound < 0 { (bound + length).max(0) } else { bound.min(length) };
    for at in clamp(start)..clamp(stop) {
        let Some(item) = deque.items.borrow().get(at as usize).cloned() else { break };
        if object::is_equal(thread, item.borrow(), wanted)? {
            return Ok(Some(at as usize));
        }
        if deque.state.get() != state {
            return Err(error::runtime_error(thread, "deque mutated during iteration"));
        }
    }
    Ok(None)
}

fn index(thread: &Thread, own: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "index", arguments.len(), 1, 3)?;
    let bound = |at: usize, default: isize| {
        arguments.get(at).map_or(Ok(default), |bound| number::index_isize(thread, *bound, None))
    };
    match position(thread, own, arguments[0], bound(1, 0)?, bound(2, isize::MAX)?)? {
        Some(at) => Ok(PyInt::from_i64(at as i64).upcast()),
        None => {
            let shown = object::repr_checked(thread, arguments[0])?;
            Err(error::value_error(thread, format_args!("{shown} is not in deque")))
        }
    }
}

fn insert(thread: &Thread, own: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "insert", arguments.len(), 2, 2)?;
    let index = number::index_isize(thread, arguments[0], None)?;
    let own: Ref<PyNative> = own.cast();
    let deque = receiver::<Deque>(thread, &own)?;
    let length = deque.items.borrow().len();
    if deque.most.get() == Some(length) {
        return Err(error::index_error(thread, "deque already at its maximum size"));
    }
    let at = if index < 0 { (index + length as isize).max(0) } else { index.min(length as isize) };
    deque.state.set(deque.state.get() + 1);
    deque.items.borrow_mut().insert(at as usize, arguments[1].to_owned());
    Ok(object::new_none())
}

fn rotate(thread: &Thread, own: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "rotate", arguments.len(), 0, 1)?;
    let steps = arguments.first().map_or(Ok(1), |steps| number::index_isize(thread, *steps, None))?;
    let own: Ref<PyNative> = own.cast();
    let deque = receiver::<Deque>(thread, &own)?;
    let mut items = deque.items.borrow_mut();
    if !items.is_empty() {
        let steps = steps.rem_euclid(items.len() as isize) as usize;
        items.rotate_right(steps);
        deque.state.set(deque.state.get() + 1);
    }
    Ok(object::new_none())
}

fn repr(thread: &Thread, own: Ref) -> Result {
    let name = types::short_name(own.ty());
    let Some(_showing) = Showing::enter(own) else { return Ok(PyStr::new("[...]").upcast()) };
    let list = PyList::new(items(thread, own)?);
    let shown = object::repr_checked(thread, list.borrow().upcast())?;
    let text = match receiver::<Deque>(thread, &own.cast())?.most.get() {
        Some(most) => format!("{name}({shown}, maxlen={most})"),
        None => format!("{name}({shown})"),
    };
    Ok(PyStr::new(&text).upcast())
}

fn rich_compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let ty = Ref::from_static(&DEQUE);
    if !left.ty().is_subtype(ty) || !right.ty().is_subtype(ty) {
        return Ok(not_implemented().to_owned());
    }
    let (left, right) = (PyList::new(items(thread, left)?), PyList::new(items(thread, right)?));
    object::compare(thread, left.borrow().upcast(), right.borrow().upcast(), op)
}

/// An iterator over a deque, from either end.
struct DequeIterator {
    deque: Owned,
    state: u64,
    given: Cell<usize>,
    reversed: bool,
}
native_fields!(DequeIterator: deque);

static DEQUE_ITERATOR: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_collections._deque_iterator",
    flags: flags::HAVE_GC,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        iter: slot(iter::itself),
        iternext: slot(|thread, own| step(thread, own.cast()).ok().flatten()),
        ..Slots::NONE
    },
    methods: &[MethodDef::no_args("__length_hint__", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        let state = receiver::<DequeIterator>(thread, &own)?;
        let left = length(thread, state.deque.borrow())? - state.given.get() as isize;
        Ok(PyInt::from_i64(left.max(0) as i64).upcast())
    })],
    ..TypeSpec::EMPTY
});

fn iterator(thread: &Thread, own: Ref, reversed: bool) -> Result {
    let state = receiver::<Deque>(thread, &own.cast())?.state.get();
    let value = DequeIterator { deque: own.to_owned(), state, given: Cell::new(0), reversed };
    Ok(PyNative::new(Ref::from_static(&DEQUE_ITERATOR), value).upcast())
}

fn step(thread: &Thread, own: Ref<PyNative>) -> Result<Option<Owned>> {
    let state = receiver::<DequeIterator>(thread, &own)?;
    let deque: Ref<PyNative> = state.deque.borrow().cast();
    let deque = receiver::<Deque>(thread, &deque)?;
    let items = deque.items.borrow();
    let given = state.given.get();
    if given >= items.len() {
        return Ok(None);
    }
    if deque.state.get() != state.state {
        return Err(error::runtime_error(thread, "deque mutated during iteration"));
    }
    state.given.set(given + 1);
    let at = if state.reversed { items.len() - 1 - given } else { given };
    Ok(items.get(at).cloned())
}

fn count_elements(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "_count_elements", arguments.len(), 2, 2)?;
    let mapping = arguments[0];
    let one = PyInt::from_i64(1);
    let zero = PyInt::from_i64(0);
    let get = object::get_attr(thread, mapping, PyStr::new("get").borrow())?;
    iter::each(thread, arguments[1], |item| {
        let count = call::with(thread, get.borrow(), &[item.borrow(), zero.borrow().upcast()])?;
        let count = number::add(thread, count.borrow(), one.borrow().upcast())?;
        object::set_item(thread, mapping, item.borrow(), count.borrow())
    })?;
    Ok(object::new_none())
}
