//! Sorting of objects: stable, and safe whatever `__lt__` answers.

use super::support::{call, compare};
use crate::object::*;
use crate::runtime::types;

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
    if let Some(words) = all_words(pairs) {
        // Comparing machine words runs no code, and orders totally.
        let mut order: Vec<(i64, Pair)> = words.into_iter().zip(pairs.drain(..)).collect();
        order.sort_by_key(|&(word, _)| word);
        pairs.extend(order.into_iter().map(|(_, pair)| pair));
        return Ok(());
    }
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    let less = |a: usize, b: usize| compare(thread, pairs[a].0.borrow(), pairs[b].0.borrow(), CompareOp::Lt);
    let result = merge_sort(&mut order, &less);
    let mut taken: Vec<Option<Pair>> = pairs.drain(..).map(Some).collect();
    pairs.extend(order.into_iter().filter_map(|at| taken[at].take()));
    result
}

/// The keys as machine words, if all are ints that fit.
fn all_words(pairs: &[Pair]) -> Option<Vec<i64>> {
    pairs
        .iter()
        .map(|(key, _)| key.borrow().is_exact(types::int()).then(|| key.borrow().cast::<PyInt>().as_i64())?)
        .collect()
}

type Less<'a> = &'a dyn Fn(usize, usize) -> Result<bool>;

/// Binary insertion into runs, then merges from the bottom up. `order` stays a permutation when a comparison fails.
fn merge_sort(order: &mut [usize], less: Less<'_>) -> Result<()> {
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

fn insertion_sort(run: &mut [usize], less: Less<'_>) -> Result<()> {
    let mut sorted = 1;
    // A run that ascends already costs one comparison an item.
    while sorted < run.len() && !less(run[sorted], run[sorted - 1])? {
        sorted += 1;
    }
    for next in sorted..run.len() {
        let pivot = run[next];
        let (mut low, mut high) = (0, next);
        while low < high {
            let middle = low + (high - low) / 2;
            if less(pivot, run[middle])? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        run[low..=next].rotate_right(1);
    }
    Ok(())
}

fn merge(pair: &mut [usize], middle: usize, less: Less<'_>) -> Result<()> {
    if !less(pair[middle], pair[middle - 1])? {
        return Ok(());
    }
    let mut merged = Vec::with_capacity(pair.len());
    let (mut left, mut right) = (0, middle);
    while left < middle && right < pair.len() {
        if less(pair[right], pair[left])? {
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
        merge_sort(&mut order, &|a, b| Ok(keys[a] < keys[b])).unwrap();
        assert!(order.windows(2).all(|w| (keys[w[0]], w[0]) < (keys[w[1]], w[1])));

        let mut order: Vec<usize> = (0..100).rev().collect();
        let count = std::cell::Cell::new(0);
        let failing = |a: usize, b: usize| {
            count.set(count.get() + 1);
            if count.get() > 50 { Err(crate::exit::Raised) } else { Ok(a < b) }
        };
        assert!(merge_sort(&mut order, &failing).is_err());
        order.sort_unstable();
        assert!(order.into_iter().eq(0..100));
    }
}
