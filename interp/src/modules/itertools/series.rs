//! Iterators that make or join series: `count`, `cycle`, `repeat`, `accumulate`, `chain`.

use super::{Keywords, Step, iterator, over};
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, exceptions, iter, number, object};
use std::cell::{Cell, RefCell};

pub(super) struct Count {
    next: RefCell<Owned>,
    step: Owned,
}
native_fields!(Count: next, step);

impl Step for Count {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        let now = self.next.borrow().clone();
        let after = number::add(thread, now.borrow(), self.step.borrow())?;
        drop(self.next.replace(after));
        Ok(Some(now))
    }
}

pub(super) static COUNT: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "itertools.count",
    flags: crate::object::types::flags::BASETYPE,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        iter: slot(iter::itself),
        iternext: slot(super::next::<Count>),
        new: slot(new_count),
        repr: slot(|thread, own| {
            let own: Ref<PyNative> = own.cast();
            let Some(state) = own.value::<Count>() else { return object::repr(thread, none_object()) };
            let next = state.next.borrow().clone();
            let mut text = format!("count({}", object::repr_checked(thread, next.borrow())?);
            let step = state.step.borrow();
            if step.downcast::<PyInt>().is_none_or(|step| step.as_i64() != Some(1)) {
                text.push_str(&format!(", {}", object::repr_checked(thread, step)?));
            }
            Ok(PyStr::new(&(text + ")")).upcast())
        }),
        ..Slots::NONE
    },
    ..TypeSpec::EMPTY
});

fn new_count(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, kwargs: Keywords) -> Result {
    static SIGNATURE: Signature =
        Signature { function: "count", names: &["start", "step"], positional_only: 0, keyword_only: 0, required: 0 };
    let [start, step] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    for value in [start, step].into_iter().flatten() {
        let slots = &value.ty().slots;
        let is_number =
            slots.nb_int.get().is_some() || slots.nb_float.get().is_some() || slots.nb_index.get().is_some();
        if !is_number && !value.ty().name().contains("complex") {
            return Err(crate::runtime::error::type_error(thread, "a number is required"));
        }
    }
    let or = |value: Option<Ref>, default: i64| value.map_or_else(|| PyInt::from_i64(default).upcast(), Ref::to_owned);
    Ok(PyNative::new(class, Count { next: RefCell::new(or(start, 0)), step: or(step, 1) }).upcast())
}

pub(super) struct Cycle {
    source: RefCell<Option<Owned>>,
    saved: RefCell<Vec<Owned>>,
    index: Cell<usize>,
}
native_fields!(Cycle: source, saved);

impl Step for Cycle {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        let source = self.source.borrow().clone();
        if let Some(source) = source {
            if let Some(item) = iter::step(thread, source.borrow())? {
                self.saved.borrow_mut().push(item.clone());
                return Ok(Some(item));
            }
            drop(self.source.take());
        }
        let saved = self.saved.borrow();
        let Some(item) = saved.get(self.index.get()) else { return Ok(None) };
        self.index.set((self.index.get() + 1) % saved.len());
        Ok(Some(item.clone()))
    }
}

pub(super) static CYCLE: PyType = iterator::<Cycle>(
    "itertools.cycle",
    |thread, class, args, kwargs| {
        call::no_keywords(thread, "cycle", kwargs)?;
        call::check_count(thread, "cycle", args.len(), 1, 1)?;
        let source = over(thread, args.item(0))?;
        let state = Cycle { source: RefCell::new(Some(source)), saved: RefCell::new(Vec::new()), index: Cell::new(0) };
        Ok(PyNative::new(class, state).upcast())
    },
    &[],
);

pub(super) struct Repeat {
    object: Owned,
    /// How often still; `None` for ever.
    left: Cell<Option<isize>>,
}
native_fields!(Repeat: object);

impl Step for Repeat {
    fn next(&self, _: &Thread) -> Result<Option<Owned>> {
        match self.left.get() {
            None => Ok(Some(self.object.clone())),
            Some(left) if left > 0 => {
                self.left.set(Some(left - 1));
                Ok(Some(self.object.clone()))
            }
            Some(_) => Ok(None),
        }
    }
}

pub(super) static REPEAT: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "itertools.repeat",
    flags: crate::object::types::flags::BASETYPE,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        iter: slot(iter::itself),
        iternext: slot(super::next::<Repeat>),
        new: slot(new_repeat),
        repr: slot(|thread, own| {
            let own: Ref<PyNative> = own.cast();
            let Some(state) = own.value::<Repeat>() else { return object::repr(thread, none_object()) };
            let shown = object::repr_checked(thread, state.object.borrow())?;
            let text = match state.left.get() {
                Some(left) => format!("repeat({shown}, {left})"),
                None => format!("repeat({shown})"),
            };
            Ok(PyStr::new(&text).upcast())
        }),
        ..Slots::NONE
    },
    methods: REPEAT_METHODS,
    ..TypeSpec::EMPTY
});

static REPEAT_METHODS: &[MethodDef] = &[MethodDef::no_args("__length_hint__", |thread, own| {
    let own: Ref<PyNative> = own.cast();
    match own.value::<Repeat>().and_then(|state| state.left.get()) {
        Some(left) => Ok(PyInt::from_i64(left as i64).upcast()),
        None => Err(crate::runtime::error::type_error(thread, "len() of unsized object")),
    }
})];

fn new_repeat(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, kwargs: Keywords) -> Result {
    static SIGNATURE: Signature =
        Signature { function: "repeat", names: &["object", "times"], positional_only: 0, keyword_only: 0, required: 1 };
    let [object, times] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let left = match times {
        Some(times) => Some(number::index_isize(thread, times, Some(exceptions::overflow_error()))?.max(0)),
        None => None,
    };
    let object = object.unwrap_or(none_object()).to_owned();
    Ok(PyNative::new(class, Repeat { object, left: Cell::new(left) }).upcast())
}

pub(super) struct Accumulate {
    source: Owned,
    function: Option<Owned>,
    total: RefCell<Option<Owned>>,
    initial: RefCell<Option<Owned>>,
}
native_fields!(Accumulate: source, function, total, initial);

impl Step for Accumulate {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        if let Some(initial) = self.initial.take() {
            drop(self.total.replace(Some(initial.clone())));
            return Ok(Some(initial));
        }
        let Some(item) = iter::step(thread, self.source.borrow())? else { return Ok(None) };
        let total = self.total.borrow().clone();
        let next = match (total, &self.function) {
            (None, _) => item,
            (Some(total), None) => number::add(thread, total.borrow(), item.borrow())?,
            (Some(total), Some(function)) => call::with(thread, function.borrow(), &[total.borrow(), item.borrow()])?,
        };
        drop(self.total.replace(Some(next.clone())));
        Ok(Some(next))
    }
}

pub(super) static ACCUMULATE: PyType = iterator::<Accumulate>("itertools.accumulate", new_accumulate, &[]);

fn new_accumulate(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, kwargs: Keywords) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "accumulate",
        names: &["iterable", "func", "initial"],
        positional_only: 0,
        keyword_only: 1,
        required: 1,
    };
    let [iterable, function, initial] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let given = |value: Option<Ref>| value.filter(|value| !object::is_none(*value)).map(Ref::to_owned);
    let state = Accumulate {
        source: over(thread, iterable.unwrap_or(none_object()))?,
        function: given(function),
        total: RefCell::new(None),
        initial: RefCell::new(given(initial)),
    };
    Ok(PyNative::new(class, state).upcast())
}

pub(super) struct Chain {
    sources: RefCell<Option<Owned>>,
    active: RefCell<Option<Owned>>,
}
native_fields!(Chain: sources, active);

impl Step for Chain {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        loop {
            let active = self.active.borrow().clone();
            if let Some(active) = active {
                if let Some(item) = iter::step(thread, active.borrow())? {
                    return Ok(Some(item));
                }
                drop(self.active.take());
            }
            let Some(sources) = self.sources.borrow().clone() else { return Ok(None) };
            let following = iter::step(thread, sources.borrow());
            match following {
                Ok(Some(iterable)) => {
                    let active = over(thread, iterable.borrow());
                    if active.is_err() {
                        drop(self.sources.take());
                    }
                    drop(self.active.replace(Some(active?)));
                }
                ended => {
                    drop(self.sources.take());
                    return ended;
                }
            }
        }
    }
}

fn chain_of(class: Ref<PyType>, sources: Owned) -> Owned {
    PyNative::new(class, Chain { sources: RefCell::new(Some(sources)), active: RefCell::new(None) }).upcast()
}

pub(super) static CHAIN: PyType = iterator::<Chain>(
    "itertools.chain",
    |thread, class, args, kwargs| {
        call::no_keywords(thread, "chain", kwargs)?;
        Ok(chain_of(class, over(thread, args.upcast())?))
    },
    CHAIN_METHODS,
);

static CHAIN_METHODS: &[MethodDef] = &[
    MethodDef::one("from_iterable", |thread, class, iterable| Ok(chain_of(class.cast(), over(thread, iterable)?)))
        .of_class(),
    MethodDef::one("__class_getitem__", crate::modules::generic_alias).of_class(),
];
