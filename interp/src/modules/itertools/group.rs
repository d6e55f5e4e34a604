//! `groupby` and `tee`: iterators that share a source.

use super::{Step, iterator, over};
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, iter, number, object, types};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// What a `groupby` and its groups share.
struct Groups {
    source: Owned,
    key: Option<Owned>,
    value: RefCell<Option<Owned>>,
    current: RefCell<Option<Owned>>,
    target: RefCell<Option<Owned>>,
    /// Counts groups: only the latest group may take items.
    serial: Cell<u64>,
}

impl Groups {
    /// Takes the next item of the source and its key; false at the end.
    fn advance(&self, thread: &Thread) -> Result<bool> {
        let Some(value) = iter::step(thread, self.source.borrow())? else { return Ok(false) };
        let key = match &self.key {
            Some(function) => call::with(thread, function.borrow(), &[value.borrow()])?,
            None => value.clone(),
        };
        drop(self.value.replace(Some(value)));
        drop(self.current.replace(Some(key)));
        Ok(true)
    }

    /// Whether the present item belongs to the group that was begun last.
    fn same(&self, thread: &Thread, key: Ref) -> Result<bool> {
        let current = self.current.borrow().clone();
        match current {
            Some(current) => object::is_equal(thread, key, current.borrow()),
            None => Ok(false),
        }
    }
}

pub(super) struct GroupBy(Rc<Groups>);
impl Native for GroupBy {}

impl Step for GroupBy {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        let groups = &self.0;
        groups.serial.set(groups.serial.get() + 1);
        loop {
            let begun = groups.current.borrow().is_some();
            let target = groups.target.borrow().clone();
            if begun {
                match target {
                    None => break,
                    Some(target) if !groups.same(thread, target.borrow())? => break,
                    Some(_) => {}
                }
            }
            if !groups.advance(thread)? {
                return Ok(None);
            }
        }
        let Some(key) = groups.current.borrow().clone() else { return Ok(None) };
        drop(groups.target.replace(Some(key.clone())));
        let group = Grouper { groups: Rc::clone(groups), key: key.clone(), serial: groups.serial.get() };
        let group = PyNative::new(Ref::from_static(&GROUPER), group).upcast();
        Ok(Some(PyTuple::from_array([key, group]).upcast()))
    }
}

pub(super) static GROUPBY: PyType = iterator::<GroupBy>(
    "itertools.groupby",
    |thread, class, args, kwargs| {
        static SIGNATURE: Signature = Signature {
            function: "groupby",
            names: &["iterable", "key"],
            positional_only: 0,
            keyword_only: 0,
            required: 1,
        };
        let [iterable, key] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
        let groups = Groups {
            source: over(thread, iterable.unwrap_or(none_object()))?,
            key: key.filter(|key| !object::is_none(*key)).map(Ref::to_owned),
            value: RefCell::new(None),
            current: RefCell::new(None),
            target: RefCell::new(None),
            serial: Cell::new(0),
        };
        Ok(PyNative::new(class, GroupBy(Rc::new(groups))).upcast())
    },
    &[],
);

pub(super) struct Grouper {
    groups: Rc<Groups>,
    key: Owned,
    serial: u64,
}
impl Native for Grouper {}

impl Step for Grouper {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        let groups = &self.groups;
        if groups.serial.get() != self.serial {
            return Ok(None);
        }
        let missing = groups.value.borrow().is_none();
        if missing && !groups.advance(thread)? {
            return Ok(None);
        }
        if !groups.same(thread, self.key.borrow())? {
            return Ok(None);
        }
        Ok(groups.value.take())
    }
}

pub(super) static GROUPER: PyType =
    iterator::<Grouper>("itertools._grouper", |thread, class, _, _| Err(types::cannot_create(thread, class)), &[]);

/// Items that some of the iterators have taken and others not yet, linked from the slowest on.
struct Link {
    item: RefCell<Option<Owned>>,
    next: RefCell<Option<Rc<Link>>>,
}

impl Link {
    fn new() -> Rc<Link> {
        Rc::new(Link { item: RefCell::new(None), next: RefCell::new(None) })
    }
}

impl Drop for Link {
    /// A long chain is taken apart link by link, not recursively.
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(link) = next {
            next = Rc::into_inner(link).and_then(|link| link.next.take());
        }
    }
}

pub(super) struct Tee {
    source: Rc<TeeSource>,
    at: RefCell<Rc<Link>>,
}
impl Native for Tee {}

struct TeeSource {
    iterator: Owned,
    running: Cell<bool>,
}

impl Step for Tee {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        let link = Rc::clone(&self.at.borrow());
        let known = link.item.borrow().clone();
        let item = match known {
            Some(item) => item,
            None => {
                if self.source.running.replace(true) {
                    return Err(error::runtime_error(thread, "cannot re-enter the tee iterator"));
                }
                let item = iter::step(thread, self.source.iterator.borrow());
                self.source.running.set(false);
                let Some(item) = item? else { return Ok(None) };
                drop(link.item.replace(Some(item.clone())));
                item
            }
        };
        let next = Rc::clone(link.next.borrow_mut().get_or_insert_with(Link::new));
        drop(self.at.replace(next));
        Ok(Some(item))
    }
}

impl Tee {
    fn copy(&self) -> Tee {
        Tee { source: Rc::clone(&self.source), at: RefCell::new(Rc::clone(&self.at.borrow())) }
    }
}

fn tee_over(thread: &Thread, iterable: Ref) -> Result<Tee> {
    let iterator = over(thread, iterable)?;
    if let Some(own) = iterator.borrow().downcast::<PyNative>()
        && let Some(tee) = own.value::<Tee>()
    {
        return Ok(tee.copy());
    }
    let source = Rc::new(TeeSource { iterator, running: Cell::new(false) });
    Ok(Tee { source, at: RefCell::new(Link::new()) })
}

pub(super) static TEE: PyType = iterator::<Tee>(
    "itertools._tee",
    |thread, class, args, kwargs| {
        call::no_keywords(thread, "_tee", kwargs)?;
        call::check_count(thread, "_tee", args.len(), 1, 1)?;
        Ok(PyNative::new(class, tee_over(thread, args.item(0))?).upcast())
    },
    TEE_METHODS,
);

static TEE_METHODS: &[MethodDef] = &[MethodDef::no_args("__copy__", |thread, own| {
    let tee = crate::modules::receiver::<Tee>(thread, &own.cast())?.copy();
    Ok(PyNative::new(own.ty(), tee).upcast())
})];

/// `tee(iterable, n=2)`.
pub(super) fn tee(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "tee", arguments.len(), 1, 2)?;
    let count = match arguments.get(1) {
        Some(&count) => number::index_isize(thread, count, Some(crate::runtime::exceptions::overflow_error()))?,
        None => 2,
    };
    if count < 0 {
        return Err(error::value_error(thread, "n must be >= 0"));
    }
    let mut made = Vec::new();
    if count > 0 {
        let first = tee_over(thread, arguments[0])?;
        let others: Vec<Tee> = (1..count).map(|_| first.copy()).collect();
        made.push(PyNative::new(Ref::from_static(&TEE), first).upcast());
        made.extend(others.into_iter().map(|tee| PyNative::new(Ref::from_static(&TEE), tee).upcast()));
    }
    Ok(PyTuple::from_vec(made).upcast())
}
