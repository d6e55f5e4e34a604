//! Iterators over arrangements of items: `product`, `permutations`, `combinations`.

use super::{Keywords, Step, count, iterator};
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{error, iter, object};
use std::cell::{Cell, RefCell};

fn pick(pools: &[Vec<Owned>], indices: &[usize]) -> Owned {
    PyTuple::from_vec(pools.iter().zip(indices).map(|(pool, &index)| pool[index].clone()).collect()).upcast()
}

fn pick_one(pool: &[Owned], indices: &[usize]) -> Owned {
    PyTuple::from_vec(indices.iter().map(|&index| pool[index].clone()).collect()).upcast()
}

pub(super) struct Product {
    pools: Vec<Vec<Owned>>,
    /// `None` once all was given.
    indices: RefCell<Option<Vec<usize>>>,
    begun: Cell<bool>,
}
native_fields!(Product: pools);

impl Step for Product {
    fn next(&self, _: &Thread) -> Result<Option<Owned>> {
        let mut indices = self.indices.borrow_mut();
        let Some(now) = indices.as_mut() else { return Ok(None) };
        if self.begun.replace(true) {
            let advanced = (0..now.len()).rev().any(|place| {
                now[place] += 1;
                if now[place] < self.pools[place].len() {
                    return true;
                }
                now[place] = 0;
                false
            });
            if !advanced {
                *indices = None;
                return Ok(None);
            }
        } else if self.pools.iter().any(Vec::is_empty) {
            *indices = None;
            return Ok(None);
        }
        Ok(indices.as_ref().map(|now| pick(&self.pools, now)))
    }
}

pub(super) static PRODUCT: PyType = iterator::<Product>("itertools.product", new_product, &[]);

fn new_product(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, kwargs: Keywords) -> Result {
    let mut times = 1;
    for (name, value) in kwargs.map(|kwargs| kwargs.items()).unwrap_or_default() {
        if !name.borrow().downcast::<PyStr>().is_some_and(|name| name.eq_text("repeat")) {
            let shown = object::str_text(thread, name.borrow())?;
            let text = format!("product() got an unexpected keyword argument '{shown}'");
            return Err(error::type_error(thread, text));
        }
        times = count(thread, value.borrow(), "repeat argument cannot be negative")?;
    }
    let mut once = Vec::new();
    for iterable in args.iter() {
        once.push(iter::collect(thread, iterable)?);
    }
    if once.len().checked_mul(times).is_none_or(|total| total > 1 << 32) {
        return Err(error::overflow_error(thread, "repeat argument too large"));
    }
    let pools: Vec<Vec<Owned>> = (0..times).flat_map(|_| once.iter().cloned()).collect();
    let indices = RefCell::new(Some(vec![0; pools.len()]));
    Ok(PyNative::new(class, Product { pools, indices, begun: Cell::new(false) }).upcast())
}

pub(super) struct Permutations {
    pool: Vec<Owned>,
    state: RefCell<Option<(Vec<usize>, Vec<usize>)>>,
    length: usize,
    begun: Cell<bool>,
}
native_fields!(Permutations: pool);

impl Step for Permutations {
    fn next(&self, _: &Thread) -> Result<Option<Owned>> {
        let mut state = self.state.borrow_mut();
        let Some((indices, cycles)) = state.as_mut() else { return Ok(None) };
        let n = indices.len();
        if self.begun.replace(true) {
            let mut advanced = false;
            for place in (0..self.length).rev() {
                cycles[place] -= 1;
                if cycles[place] == 0 {
                    indices[place..].rotate_left(1);
                    cycles[place] = n - place;
                } else {
                    indices.swap(place, n - cycles[place]);
                    advanced = true;
                    break;
                }
            }
            if !advanced {
                *state = None;
                return Ok(None);
            }
        }
        Ok(state.as_ref().map(|(indices, _)| pick_one(&self.pool, &indices[..self.length])))
    }
}

pub(super) static PERMUTATIONS: PyType = iterator::<Permutations>(
    "itertools.permutations",
    |thread, class, args, kwargs| {
        static SIGNATURE: Signature = Signature {
            function: "permutations",
            names: &["iterable", "r"],
            positional_only: 0,
            keyword_only: 0,
            required: 1,
        };
        let [iterable, length] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
        let pool = iter::collect(thread, iterable.unwrap_or(none_object()))?;
        let n = pool.len();
        let length = match length.filter(|length| !object::is_none(*length)) {
            Some(length) if length.downcast::<PyInt>().is_none() => {
                return Err(error::type_error(thread, "Expected int as r"));
            }
            Some(length) => count(thread, length, "r must be non-negative")?,
            None => n,
        };
        let state = (length <= n).then(|| ((0..n).collect(), (0..length).map(|place| n - place).collect()));
        let value = Permutations { pool, state: RefCell::new(state), length, begun: Cell::new(false) };
        Ok(PyNative::new(class, value).upcast())
    },
    &[],
);

pub(super) struct Combinations {
    pool: Vec<Owned>,
    indices: RefCell<Option<Vec<usize>>>,
    repeats: bool,
    begun: Cell<bool>,
}
native_fields!(Combinations: pool);

impl Combinations {
    /// The next choice of places in the pool; false after the last.
    fn advance(&self, indices: &mut [usize]) -> bool {
        let (n, r) = (self.pool.len(), indices.len());
        let last = |place: usize| if self.repeats { n - 1 } else { place + n - r };
        let Some(place) = (0..r).rev().find(|&place| indices[place] != last(place)) else { return false };
        let first = indices[place] + 1;
        for (ahead, index) in indices[place..].iter_mut().enumerate() {
            *index = if self.repeats { first } else { first + ahead };
        }
        true
    }
}

impl Step for Combinations {
    fn next(&self, _: &Thread) -> Result<Option<Owned>> {
        let mut indices = self.indices.borrow_mut();
        let Some(now) = indices.as_mut() else { return Ok(None) };
        if self.begun.replace(true) && !self.advance(now) {
            *indices = None;
            return Ok(None);
        }
        Ok(indices.as_ref().map(|now| pick_one(&self.pool, now)))
    }
}

fn new_combinations(
    thread: &Thread,
    class: Ref<PyType>,
    args: Ref<PyTuple>,
    kwargs: Keywords,
    signature: &'static Signature,
    repeats: bool,
) -> Result {
    let [iterable, length] = signature.bind_tuple(thread, args, kwargs)?;
    let pool = iter::collect(thread, iterable.unwrap_or(none_object()))?;
    let length = count(thread, length.unwrap_or(none_object()), "r must be non-negative")?;
    let n = pool.len();
    let indices: Option<Vec<usize>> = match repeats {
        true => (n > 0 || length == 0).then(|| vec![0; length]),
        false => (length <= n).then(|| (0..length).collect()),
    };
    let value = Combinations { pool, indices: RefCell::new(indices), repeats, begun: Cell::new(false) };
    Ok(PyNative::new(class, value).upcast())
}

pub(super) static COMBINATIONS: PyType = iterator::<Combinations>(
    "itertools.combinations",
    |thread, class, args, kwargs| {
        static SIGNATURE: Signature = Signature {
            function: "combinations",
            names: &["iterable", "r"],
            positional_only: 0,
            keyword_only: 0,
            required: 2,
        };
        new_combinations(thread, class, args, kwargs, &SIGNATURE, false)
    },
    &[],
);

pub(super) static COMBINATIONS_WITH_REPLACEMENT: PyType = iterator::<Combinations>(
    "itertools.combinations_with_replacement",
    |thread, class, args, kwargs| {
        static SIGNATURE: Signature = Signature {
            function: "combinations_with_replacement",
            names: &["iterable", "r"],
            positional_only: 0,
            keyword_only: 0,
            required: 2,
        };
        new_combinations(thread, class, args, kwargs, &SIGNATURE, true)
    },
    &[],
);
