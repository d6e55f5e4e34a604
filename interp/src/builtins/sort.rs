//! Sorting of objects: stable, and safe whatever `__lt__` answers.

use super::support::{call, compare, same};
use crate::object::*;
use crate::runtime::types;
use std::cmp::Ordering;

/// Items up to which a run is sorted by insertion.
const RUN: usize = 32;

/// Sorts in place by `<`, of the items or of what `key` makes of them. After an error the items are all there, in some
/// order.
pub(crate) fn sort_items(thread: &Thread, items: &mut Vec<Owned>, key: Option<Ref>, reverse: bool) -> Result<()> {
    let mut pairs = Vec::with_capacity(items.len());
    if let Some(key) = key {
        let mut keys = Vec::with_capacity(items.len());
        for item in items.iter() {
            keys.push(call(thread, key, &[item.borrow()])?);
        }
        pairs.extend(keys.into_iter().zip(items.drain(..)).map(|(key, item)| (key, Some(item))));
    } else {
        pairs.extend(items.drain(..).map(|item| (item, None)));
    }
    // Reversed before and after, so that equal items keep their order.
    if reverse {
        pairs.reverse();
    }
    let result = sort_pairs(thread, &mut pairs);
    if reverse {
        pairs.reverse();
    }
    items.extend(pairs.into_iter().map(|(key, item)| item.unwrap_or(key)));
    result
}

type Pair = (Owned, Option<Owned>);

fn sort_pairs(thread: &Thread, pairs: &mut Vec<Pair>) -> Result<()> {
    let keys: Vec<Ref> = pairs.iter().map(|(key, _)| key.borrow()).collect();
    if sort_plain(pairs, &keys) {
        return Ok(());
    }
    let tuples = keys.iter().all(|key| key.is_exact(types::tuple()));
    let mut order: Vec<Entry> = keys.into_iter().zip(0..).collect();
    let result = match tuples {
        true => merge_sort(&mut order, &|a, b| less_tuple(thread, a.0.cast(), b.0.cast())),
        false => merge_sort(&mut order, &|a, b| less(thread, a.0, b.0)),
    };
    let mut taken: Vec<Option<Pair>> = pairs.drain(..).map(Some).collect();
    pairs.extend(order.into_iter().filter_map(|(_, at)| taken[at].take()));
    result
}

/// Sorts if the keys are all of one plain type, so that comparing what is made of them runs no code.
fn sort_plain(pairs: &mut Vec<Pair>, keys: &[Ref]) -> bool {
    if let Some(words) = all(keys, word) {
        sort_by(pairs, words, i64::cmp);
    } else if let Some(floats) = all(keys, float) {
        sort_by(pairs, floats, |a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
    } else if let Some(texts) = all(keys, latin) {
        sort_by(pairs, texts.iter().map(Ref::cell_bytes).collect(), |a, b| a.cmp(b));
    } else {
        return false;
    }
    true
}

fn sort_by<T>(pairs: &mut Vec<Pair>, values: Vec<T>, order: impl Fn(&T, &T) -> Ordering) {
    let mut all: Vec<(T, Pair)> = values.into_iter().zip(pairs.drain(..)).collect();
    all.sort_by(|a, b| order(&a.0, &b.0));
    pairs.extend(all.into_iter().map(|(_, pair)| pair));
}

/// What `of` makes of the keys, if it does of all.
fn all<T>(keys: &[Ref], of: impl Fn(Ref) -> Option<T>) -> Option<Vec<T>> {
    keys.iter().map(|&key| of(key)).collect()
}

/// The value of an int that fits a machine word.
fn word(key: Ref) -> Option<i64> {
    key.is_exact(types::int()).then(|| key.cast::<PyInt>().as_i64())?
}

/// The value of a float that has a place in the order.
fn float(key: Ref) -> Option<f64> {
    key.is_exact(types::float()).then(|| key.cast::<PyFloat>().value()).filter(|value| !value.is_nan())
}

/// A str whose order is that of its bytes.
fn latin(key: Ref) -> Option<Ref<PyStr>> {
    key.is_exact(types::str()).then(|| key.cast::<PyStr>()).filter(|string| matches!(string.units(), Units::One(_)))
}

/// `a < b`, without a call where both are of one plain type.
fn less(thread: &Thread, a: Ref, b: Ref) -> Result<bool> {
    if let (Some(a), Some(b)) = (word(a), word(b)) {
        return Ok(a < b);
    }
    if let (Some(a), Some(b)) = (latin(a), latin(b)) {
        return Ok(a.cell_bytes() < b.cell_bytes());
    }
    compare(thread, a, b, CompareOp::Lt)
}

/// `a < b` of exact tuples: the first items that differ decide.
fn less_tuple(thread: &Thread, a: Ref<PyTuple>, b: Ref<PyTuple>) -> Result<bool> {
    for (&x, &y) in a.items().iter().zip(b.items()) {
        if !same(thread, x, y)? {
            return less(thread, x, y);
        }
    }
    Ok(a.len() < b.len())
}

/// A key, and where it was.
type Entry = (Ref, usize);
type Less<'a, T> = &'a dyn Fn(&T, &T) -> Result<bool>;

/// Binary insertion into runs, then merges from the bottom up. `order` stays a permutation when a comparison fails.
fn merge_sort<T: Copy>(order: &mut [T], less: Less<'_, T>) -> Result<()> {
    for run in order.chunks_mut(RUN) {
        insertion_sort(run, less)?;
    }
    let mut width = RUN;
    while width < order.len() {
        for pair in order.chunks_mut(width * 2) {
            if pair.len() > width {
                merge(pair, width, less)?;
            }
        }
        width *= 2;
    }
    Ok(())
}

fn insertion_sort<T: Copy>(run: &mut [T], less: Less<'_, T>) -> Result<()> {
    let mut sorted = 1;
    // A run that ascends already costs one comparison an item.
    while sorted < run.len() && !less(&run[sorted], &run[sorted - 1])? {
        sorted += 1;
    }
    for next in sorted..run.len() {
        let pivot = run[next];
        let (mut low, mut high) = (0, next);
        while low < high {
            let middle = low + (high - low) / 2;
            if less(&pivot, &run[middle])? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        run[low..=next].rotate_right(1);
    }
    Ok(())
}

fn merge<T: Copy>(pair: &mut [T], middle: usize, less: Less<'_, T>) -> Result<()> {
    if !less(&pair[middle], &pair[middle - 1])? {
        return Ok(());
    }
    let mut merged = Vec::with_capacity(pair.len());
    let (mut left, mut right) = (0, middle);
    while left < middle && right < pair.len() {
        if less(&pair[right], &pair[left])? {
            merged.push(pair[right]);
            right += 1;
        } else {
            merged.push(pair[left]);
            left += 1;
        }
    }
    merged.extend_from_slice(&pair[left..middle]);
    merged.extend_from_slice(&pair[right..]);
    pair.copy_from_slice(&merged);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merge_sort_is_stable_and_survives_failures() {
        let keys: Vec<usize> = (0..1000).map(|i| i * 7919 % 97).collect();
        let mut order: Vec<usize> = (0..keys.len()).collect();
        merge_sort(&mut order, &|&a, &b| Ok(keys[a] < keys[b])).unwrap();
        assert!(order.windows(2).all(|w| (keys[w[0]], w[0]) < (keys[w[1]], w[1])));

        let mut order: Vec<usize> = (0..100).rev().collect();
        let count = std::cell::Cell::new(0);
        let failing = |a: &usize, b: &usize| {
            count.set(count.get() + 1);
            if count.get() > 50 { Err(crate::exit::Raised) } else { Ok(a < b) }
        };
        assert!(merge_sort(&mut order, &failing).is_err());
        order.sort_unstable();
        assert!(order.into_iter().eq(0..100));
    }
}
