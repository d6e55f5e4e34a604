//! Iterators that choose or regroup the items of others.

use super::{Keywords, Step, count, iterator, over};
use crate::exit::Raised;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, exceptions, iter, number, object};
use std::cell::{Cell, RefCell};

pub(super) struct Compress {
    data: Owned,
    selectors: Owned,
}
native_fields!(Compress: data, selectors);

impl Step for Compress {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        loop {
            let Some(item) = iter::step(thread, self.data.borrow())? else { return Ok(None) };
            let Some(selector) = iter::step(thread, self.selectors.borrow())? else { return Ok(None) };
            if object::is_truthy(thread, selector.borrow())? {
                return Ok(Some(item));
            }
        }
    }
}

pub(super) static COMPRESS: PyType = iterator::<Compress>(
    "itertools.compress",
    |thread, class, args, kwargs| {
        static SIGNATURE: Signature = Signature {
            function: "compress",
            names: &["data", "selectors"],
            positional_only: 0,
            keyword_only: 0,
            required: 2,
        };
        let [data, selectors] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
        let data = over(thread, data.unwrap_or(none_object()))?;
        let selectors = over(thread, selectors.unwrap_or(none_object()))?;
        Ok(PyNative::new(class, Compress { data, selectors }).upcast())
    },
    &[],
);

/// What `dropwhile`, `takewhile` and `filterfalse` have in common.
struct Tested {
    function: Owned,
    source: Owned,
}

impl Visit for Tested {
    fn show(&self, visit: &mut dyn FnMut(Ref)) {
        self.function.show(visit);
        self.source.show(visit);
    }
}

impl Tested {
    fn new(thread: &Thread, name: &str, args: Ref<PyTuple>, kwargs: Keywords) -> Result<Tested> {
        call::no_keywords(thread, name, kwargs)?;
        call::check_count(thread, name, args.len(), 2, 2)?;
        Ok(Tested { function: args.item(0).to_owned(), source: over(thread, args.item(1))? })
    }

    fn item(&self, thread: &Thread) -> Result<Option<Owned>> {
        iter::step(thread, self.source.borrow())
    }

    fn holds(&self, thread: &Thread, item: Ref) -> Result<bool> {
        if object::is_none(self.function.borrow()) {
            return object::is_truthy(thread, item);
        }
        let answer = call::with(thread, self.function.borrow(), &[item])?;
        object::is_truthy(thread, answer.borrow())
    }
}

pub(super) struct DropWhile(Tested, Cell<bool>);
native_fields!(DropWhile: 0);

impl Step for DropWhile {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        loop {
            let Some(item) = self.0.item(thread)? else { return Ok(None) };
            if self.1.get() || !self.0.holds(thread, item.borrow())? {
                self.1.set(true);
                return Ok(Some(item));
            }
        }
    }
}

pub(super) static DROPWHILE: PyType = iterator::<DropWhile>(
    "itertools.dropwhile",
    |thread, class, args, kwargs| {
        let tested = Tested::new(thread, "dropwhile", args, kwargs)?;
        Ok(PyNative::new(class, DropWhile(tested, Cell::new(false))).upcast())
    },
    &[],
);

pub(super) struct TakeWhile(Tested, Cell<bool>);
native_fields!(TakeWhile: 0);

impl Step for TakeWhile {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        if self.1.get() {
            return Ok(None);
        }
        let Some(item) = self.0.item(thread)? else { return Ok(None) };
        if self.0.holds(thread, item.borrow())? {
            return Ok(Some(item));
        }
        self.1.set(true);
        Ok(None)
    }
}

pub(super) static TAKEWHILE: PyType = iterator::<TakeWhile>(
    "itertools.takewhile",
    |thread, class, args, kwargs| {
        let tested = Tested::new(thread, "takewhile", args, kwargs)?;
        Ok(PyNative::new(class, TakeWhile(tested, Cell::new(false))).upcast())
    },
    &[],
);

pub(super) struct FilterFalse(Tested);
native_fields!(FilterFalse: 0);

impl Step for FilterFalse {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        loop {
            let Some(item) = self.0.item(thread)? else { return Ok(None) };
            if !self.0.holds(thread, item.borrow())? {
                return Ok(Some(item));
            }
        }
    }
}

pub(super) static FILTERFALSE: PyType = iterator::<FilterFalse>(
    "itertools.filterfalse",
    |thread, class, args, kwargs| {
        let tested = Tested::new(thread, "filterfalse", args, kwargs)?;
        Ok(PyNative::new(class, FilterFalse(tested)).upcast())
    },
    &[],
);

pub(super) struct StarMap(Owned, Owned);
native_fields!(StarMap: 0, 1);

impl Step for StarMap {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        let Some(item) = iter::step(thread, self.1.borrow())? else { return Ok(None) };
        let args = crate::runtime::tuple::from_iterable(thread, item.borrow())?;
        call::call(thread, self.0.borrow(), args.borrow(), None).map(Some)
    }
}

pub(super) static STARMAP: PyType = iterator::<StarMap>(
    "itertools.starmap",
    |thread, class, args, kwargs| {
        let Tested { function, source } = Tested::new(thread, "starmap", args, kwargs)?;
        Ok(PyNative::new(class, StarMap(function, source)).upcast())
    },
    &[],
);

pub(super) struct ISlice {
    source: RefCell<Option<Owned>>,
    next: Cell<usize>,
    stop: Option<usize>,
    step: usize,
    taken: Cell<usize>,
}
native_fields!(ISlice: source);

impl ISlice {
    fn item(&self, thread: &Thread) -> Result<Option<Owned>> {
        let Some(source) = self.source.borrow().clone() else { return Ok(None) };
        while self.taken.get() < self.next.get() {
            if iter::step(thread, source.borrow())?.is_none() {
                return Ok(None);
            }
            self.taken.set(self.taken.get() + 1);
        }
        if self.stop.is_some_and(|stop| self.taken.get() >= stop) {
            return Ok(None);
        }
        let item = iter::step(thread, source.borrow())?;
        self.taken.set(self.taken.get() + 1);
        let after = self.next.get().saturating_add(self.step);
        self.next.set(self.stop.map_or(after, |stop| after.min(stop)));
        Ok(item)
    }
}

impl Step for ISlice {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        let item = self.item(thread);
        if !matches!(item, Ok(Some(_))) {
            drop(self.source.take());
        }
        item
    }
}

pub(super) static ISLICE: PyType = iterator::<ISlice>("itertools.islice", new_islice, &[]);

fn new_islice(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, kwargs: Keywords) -> Result {
    call::no_keywords(thread, "islice", kwargs)?;
    call::check_count(thread, "islice", args.len(), 2, 4)?;
    let bound = |value: Ref, what: &str| -> Result<Option<usize>> {
        if object::is_none(value) {
            return Ok(None);
        }
        let text = format!("{what} for islice() must be None or an integer: 0 <= x <= sys.maxsize.");
        let found = number::index_isize(thread, value, Some(exceptions::overflow_error()));
        match found.ok().and_then(|number| usize::try_from(number).ok()) {
            Some(number) => Ok(Some(number)),
            None => {
                thread.clear_exception();
                Err(error::value_error(thread, text))
            }
        }
    };
    let (start, stop) = match args.len() {
        2 => (Some(0), bound(args.item(1), "Stop argument")?),
        _ => (bound(args.item(1), "Indices")?, bound(args.item(2), "Stop argument")?),
    };
    let step = match args.get(3).filter(|step| !object::is_none(*step)) {
        None => 1,
        Some(step) => match number::index_isize(thread, step, Some(exceptions::overflow_error())) {
            Ok(step) if step > 0 => step as usize,
            _ => {
                thread.clear_exception();
                return Err(error::value_error(thread, "Step for islice() must be a positive integer or None."));
            }
        },
    };
    let state = ISlice {
        source: RefCell::new(Some(over(thread, args.item(0))?)),
        next: Cell::new(start.unwrap_or(0)),
        stop,
        step,
        taken: Cell::new(0),
    };
    Ok(PyNative::new(class, state).upcast())
}

pub(super) struct Pairwise(Owned, RefCell<Option<Owned>>);
native_fields!(Pairwise: 0, 1);

impl Step for Pairwise {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        let before = self.1.take();
        let before = match before {
            Some(before) => before,
            None => match iter::step(thread, self.0.borrow())? {
                Some(first) => first,
                None => return Ok(None),
            },
        };
        let Some(item) = iter::step(thread, self.0.borrow())? else { return Ok(None) };
        drop(self.1.replace(Some(item.clone())));
        Ok(Some(PyTuple::from_array([before, item]).upcast()))
    }
}

pub(super) static PAIRWISE: PyType = iterator::<Pairwise>(
    "itertools.pairwise",
    |thread, class, args, kwargs| {
        call::no_keywords(thread, "pairwise", kwargs)?;
        call::check_count(thread, "pairwise", args.len(), 1, 1)?;
        Ok(PyNative::new(class, Pairwise(over(thread, args.item(0))?, RefCell::new(None))).upcast())
    },
    &[],
);

pub(super) struct Batched {
    source: RefCell<Option<Owned>>,
    size: usize,
    strict: bool,
}
native_fields!(Batched: source);

impl Step for Batched {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        let Some(source) = self.source.borrow().clone() else { return Ok(None) };
        let mut batch = Vec::new();
        while batch.len() < self.size {
            match iter::step(thread, source.borrow())? {
                Some(item) => batch.push(item),
                None => break,
            }
        }
        if batch.len() < self.size {
            drop(self.source.take());
            if batch.is_empty() {
                return Ok(None);
            }
            if self.strict {
                return Err(error::value_error(thread, "batched(): incomplete batch"));
            }
        }
        Ok(Some(PyTuple::from_vec(batch).upcast()))
    }
}

pub(super) static BATCHED: PyType = iterator::<Batched>(
    "itertools.batched",
    |thread, class, args, kwargs| {
        static SIGNATURE: Signature = Signature {
            function: "batched",
            names: &["iterable", "n", "strict"],
            positional_only: 0,
            keyword_only: 1,
            required: 2,
        };
        let [iterable, size, strict] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
        let size = count(thread, size.unwrap_or(none_object()), "n must be at least one")?;
        if size == 0 {
            return Err(error::value_error(thread, "n must be at least one"));
        }
        let strict = strict.map_or(Ok(false), |strict| object::is_truthy(thread, strict))?;
        let source = RefCell::new(Some(over(thread, iterable.unwrap_or(none_object()))?));
        Ok(PyNative::new(class, Batched { source, size, strict }).upcast())
    },
    &[],
);

pub(super) struct ZipLongest {
    sources: RefCell<Vec<Option<Owned>>>,
    fill: Owned,
}
native_fields!(ZipLongest: sources, fill);

impl Step for ZipLongest {
    fn next(&self, thread: &Thread) -> Result<Option<Owned>> {
        let count = self.sources.borrow().len();
        let mut items = Vec::with_capacity(count);
        let mut found = false;
        for index in 0..count {
            let source = self.sources.borrow()[index].clone();
            let item = match source {
                None => None,
                Some(source) => iter::step(thread, source.borrow())?,
            };
            found |= item.is_some();
            if item.is_none() {
                drop(self.sources.borrow_mut()[index].take());
            }
            items.push(item.unwrap_or_else(|| self.fill.clone()));
        }
        if !found {
            drop(self.sources.take());
            return Ok(None);
        }
        Ok(Some(PyTuple::from_vec(items).upcast()))
    }
}

pub(super) static ZIP_LONGEST: PyType = iterator::<ZipLongest>(
    "itertools.zip_longest",
    |thread, class, args, kwargs| {
        let mut fill = object::new_none();
        for (name, value) in kwargs.map(|kwargs| kwargs.items()).unwrap_or_default() {
            if !name.borrow().downcast::<PyStr>().is_some_and(|name| name.eq_text("fillvalue")) {
                return Err(error::type_error(thread, "zip_longest() got an unexpected keyword argument"));
            }
            fill = value;
        }
        let sources = args
            .iter()
            .map(|iterable| over(thread, iterable).map(Some))
            .collect::<std::result::Result<Vec<_>, Raised>>()?;
        Ok(PyNative::new(class, ZipLongest { sources: RefCell::new(sources), fill }).upcast())
    },
    &[],
);
