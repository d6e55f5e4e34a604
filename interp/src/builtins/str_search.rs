//! Methods of str that search, split, join and replace.

use super::args::{Parameters, positional};
use super::support::{
    argument_str, boolean, collect, expect_str, index_isize, int, iter, range_of, type_error, type_name, value_error,
};
use super::text::read::is_space;
use crate::object::*;
use crate::runtime::object;

fn of(object: Ref) -> Ref<PyStr> {
    object.cast()
}

/// Where `needle` first lies within `start..stop`.
fn find_in(hay: Ref<PyStr>, needle: Ref<PyStr>, start: usize, stop: usize) -> Option<usize> {
    if start > stop || needle.len() > stop - start {
        return None;
    }
    if let (Units::One(hay), Units::One(needle)) = (hay.units(), needle.units()) {
        return find_bytes(&hay[start..stop], needle).map(|at| at + start);
    }
    (start..=stop - needle.len()).find(|&at| matches_at(hay, needle, at))
}

fn find_bytes(hay: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [byte] => memchr::memchr(*byte, hay),
        _ => memchr::memmem::find(hay, needle),
    }
}

/// Where `needle` last lies within `start..stop`.
fn rfind_in(hay: Ref<PyStr>, needle: Ref<PyStr>, start: usize, stop: usize) -> Option<usize> {
    if start > stop || needle.len() > stop - start {
        return None;
    }
    if let (Units::One(hay), Units::One(needle)) = (hay.units(), needle.units()) {
        return memchr::memmem::rfind(&hay[start..stop], needle).map(|at| at + start);
    }
    (start..=stop - needle.len()).rev().find(|&at| matches_at(hay, needle, at))
}

fn matches_at(hay: Ref<PyStr>, needle: Ref<PyStr>, at: usize) -> bool {
    if let (Units::One(hay), Units::One(needle)) = (hay.units(), needle.units()) {
        return hay[at..].starts_with(needle);
    }
    (0..needle.len()).all(|i| hay.char_at(at + i) == needle.char_at(i))
}

type Finder = fn(Ref<PyStr>, Ref<PyStr>, usize, usize) -> Option<usize>;

fn search(thread: &Thread, name: &str, string: Ref, arguments: &[Ref], finder: Finder) -> Result<Option<usize>> {
    positional(thread, name, arguments.len(), 1, 3)?;
    let needle = argument_str(thread, arguments[0], format_args!("{name}() argument 1 must be str, not "))?;
    let string = of(string);
    let (start, stop) = range_of(thread, arguments, 1, string.len(), true)?;
    Ok(finder(string, needle, start, stop))
}

fn position(found: Option<usize>) -> Owned {
    int(found.map_or(-1, |at| at as i64))
}

pub(crate) fn find(thread: &Thread, string: Ref, arguments: &[Ref]) -> Result {
    search(thread, "find", string, arguments, find_in).map(position)
}

pub(crate) fn rfind(thread: &Thread, string: Ref, arguments: &[Ref]) -> Result {
    search(thread, "rfind", string, arguments, rfind_in).map(position)
}

pub(crate) fn index(thread: &Thread, string: Ref, arguments: &[Ref]) -> Result {
    let found = search(thread, "index", string, arguments, find_in)?;
    found.map(|at| int(at as i64)).ok_or_else(|| value_error(thread, "substring not found"))
}

pub(crate) fn rindex(thread: &Thread, string: Ref, arguments: &[Ref]) -> Result {
    let found = search(thread, "rindex", string, arguments, rfind_in)?;
    found.map(|at| int(at as i64)).ok_or_else(|| value_error(thread, "substring not found"))
}

pub(crate) fn count(thread: &Thread, string: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "count", arguments.len(), 1, 3)?;
    let needle = argument_str(thread, arguments[0], "count() argument 1 must be str, not ")?;
    let string = of(string);
    let (mut start, stop) = range_of(thread, arguments, 1, string.len(), true)?;
    if needle.is_empty() {
        return Ok(int(if start > stop { 0 } else { (stop - start + 1) as i64 }));
    }
    let mut found = 0;
    while let Some(at) = find_in(string, needle, start, stop) {
        found += 1;
        start = at + needle.len();
    }
    Ok(int(found))
}

fn tail_match(thread: &Thread, name: &str, string: Ref, arguments: &[Ref], at_end: bool) -> Result {
    positional(thread, name, arguments.len(), 1, 3)?;
    let string = of(string);
    let (start, stop) = range_of(thread, arguments, 1, string.len(), true)?;
    let matches = |affix: Ref<PyStr>| {
        start <= stop
            && affix.len() <= stop - start
            && matches_at(string, affix, if at_end { stop - affix.len() } else { start })
    };
    let Some(affixes) = arguments[0].downcast::<PyTuple>() else {
        let message = format_args!("{name} first arg must be str or a tuple of str, not ");
        return expect_str(thread, arguments[0], message).map(|affix| boolean(matches(affix)));
    };
    for affix in affixes.iter() {
        if matches(expect_str(thread, affix, format_args!("tuple for {name} must only contain str, not "))?) {
            return Ok(boolean(true));
        }
    }
    Ok(boolean(false))
}

pub(crate) fn startswith(thread: &Thread, string: Ref, arguments: &[Ref]) -> Result {
    tail_match(thread, "startswith", string, arguments, false)
}

pub(crate) fn endswith(thread: &Thread, string: Ref, arguments: &[Ref]) -> Result {
    tail_match(thread, "endswith", string, arguments, true)
}

fn own_argument(thread: &Thread, name: &str, argument: Ref) -> Result<Ref<PyStr>> {
    argument_str(thread, argument, format_args!("{name}() argument must be str, not "))
}

pub(crate) fn removeprefix(thread: &Thread, string: Ref, prefix: Ref) -> Result {
    let (string, prefix) = (of(string), own_argument(thread, "removeprefix", prefix)?);
    let found = prefix.len() <= string.len() && matches_at(string, prefix, 0);
    Ok(string.slice(if found { prefix.len() } else { 0 }, string.len()).upcast())
}

pub(crate) fn removesuffix(thread: &Thread, string: Ref, suffix: Ref) -> Result {
    let (string, suffix) = (of(string), own_argument(thread, "removesuffix", suffix)?);
    let found = suffix.len() <= string.len() && matches_at(string, suffix, string.len() - suffix.len());
    Ok(string.slice(0, string.len() - if found { suffix.len() } else { 0 }).upcast())
}

pub(crate) fn join(thread: &Thread, separator: Ref, iterable: Ref) -> Result {
    let known = iterable.downcast::<PyList>().is_some() || iterable.downcast::<PyTuple>().is_some();
    if !known && let Err(raised) = iter(thread, iterable) {
        if thread.exception().is_some_and(|e| e.ty().is_subtype(crate::runtime::exceptions::type_error())) {
            return Err(type_error(thread, "can only join an iterable"));
        }
        return Err(raised);
    }
    let items = collect(thread, iterable)?;
    if let [only] = items.as_slice()
        && only.borrow().is_exact(crate::runtime::types::str())
    {
        return Ok(only.clone());
    }
    let mut pieces: Vec<Ref<PyStr>> = Vec::with_capacity(2 * items.len());
    for (at, item) in items.iter().enumerate() {
        let Some(item) = item.borrow().downcast::<PyStr>() else {
            let message = format!("sequence item {at}: expected str instance, {} found", type_name(item.borrow()));
            return Err(type_error(thread, &message));
        };
        if at > 0 && !of(separator).is_empty() {
            pieces.push(of(separator));
        }
        pieces.push(item);
    }
    match crate::object::str::join(pieces.iter().copied()) {
        Some(joined) => Ok(joined.upcast()),
        None => Err(crate::runtime::error::no_memory(thread)),
    }
}

pub(crate) fn replace(thread: &Thread, string: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "replace", names: &["", "", "count"], required: 2, positional: 3 };
    let [old, new, count] = PARAMETERS.bind::<3>(thread, arguments, names)?;
    let none = none_object();
    let old = argument_str(thread, old.unwrap_or(none), "replace() argument 1 must be str, not ")?;
    let new = argument_str(thread, new.unwrap_or(none), "replace() argument 2 must be str, not ")?;
    let count = count.map_or(Ok(-1), |count| index_isize(thread, count))?;
    let mut left = usize::try_from(count).unwrap_or(usize::MAX);
    let string = of(string);
    let mut out = StrBuilder::with_capacity(string.len() + new.len());
    let mut from = 0;
    if old.is_empty() {
        // Between all characters, in front and behind.
        while left > 0 && from <= string.len() {
            out.push_str(new);
            if from < string.len() {
                out.push(string.char_at(from));
            }
            from += 1;
            left -= 1;
        }
        out.push_str(string.slice(from.min(string.len()), string.len()).borrow());
        return Ok(out.finish().upcast());
    }
    while left > 0
        && let Some(at) = find_in(string, old, from, string.len())
    {
        out.push_slice(string, from, at);
        out.push_str(new);
        from = at + old.len();
        left -= 1;
    }
    if from == 0 {
        return Ok(string.slice(0, string.len()).upcast());
    }
    out.push_slice(string, from, string.len());
    Ok(out.finish().upcast())
}

/// The separator (`None` for white space) and how many splits to make.
fn split_arguments(
    thread: &Thread,
    function: &'static str,
    arguments: &[Ref],
    names: Option<Ref<PyTuple>>,
) -> Result<(Option<Ref<PyStr>>, usize)> {
    let parameters = Parameters { function, names: &["sep", "maxsplit"], required: 0, positional: 2 };
    let [separator, most] = parameters.bind::<2>(thread, arguments, names)?;
    let most = most.map_or(Ok(-1), |most| index_isize(thread, most))?;
    let separator = match separator.filter(|separator| !separator.is(none_object())) {
        Some(separator) => Some(expect_str(thread, separator, "must be str or None, not ")?),
        None => None,
    };
    if separator.is_some_and(|separator| separator.is_empty()) {
        return Err(value_error(thread, "empty separator"));
    }
    Ok((separator, usize::try_from(most).unwrap_or(usize::MAX)))
}

fn piece(string: Ref<PyStr>, start: usize, stop: usize) -> Owned {
    string.slice(start, stop).upcast()
}

pub(crate) fn split(thread: &Thread, string: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    let (separator, mut left) = split_arguments(thread, "split", arguments, names)?;
    let string = of(string);
    let (mut pieces, mut from) = (Vec::new(), 0);
    let len = string.len();
    if let Some(separator) = separator {
        while left > 0
            && let Some(at) = find_in(string, separator, from, len)
        {
            pieces.push(piece(string, from, at));
            from = at + separator.len();
            left -= 1;
        }
        pieces.push(piece(string, from, len));
        return Ok(PyList::new(pieces).upcast());
    }
    let space = |at: usize| is_space(string.char_at(at));
    loop {
        while from < len && space(from) {
            from += 1;
        }
        if from == len {
            break;
        }
        let start = from;
        let mut stop = len;
        if left > 0 {
            left -= 1;
            while from < len && !space(from) {
                from += 1;
            }
            stop = from;
        } else {
            from = len;
        }
        pieces.push(piece(string, start, stop));
    }
    Ok(PyList::new(pieces).upcast())
}

pub(crate) fn rsplit(thread: &Thread, string: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    let (separator, mut left) = split_arguments(thread, "rsplit", arguments, names)?;
    let string = of(string);
    let (mut pieces, mut to) = (Vec::new(), string.len());
    if let Some(separator) = separator {
        while left > 0
            && let Some(at) = rfind_in(string, separator, 0, to)
        {
            pieces.push(piece(string, at + separator.len(), to));
            to = at;
            left -= 1;
        }
        pieces.push(piece(string, 0, to));
    } else {
        let space = |at: usize| is_space(string.char_at(at));
        loop {
            while to > 0 && space(to - 1) {
                to -= 1;
            }
            if to == 0 {
                break;
            }
            let stop = to;
            let mut start = 0;
            if left > 0 {
                left -= 1;
                while to > 0 && !space(to - 1) {
                    to -= 1;
                }
                start = to;
            } else {
                to = 0;
            }
            pieces.push(piece(string, start, stop));
        }
    }
    pieces.reverse();
    Ok(PyList::new(pieces).upcast())
}

pub(crate) fn splitlines(thread: &Thread, string: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "splitlines", names: &["keepends"], required: 0, positional: 1 };
    let [keep] = PARAMETERS.bind::<1>(thread, arguments, names)?;
    let keep = keep.map_or(Ok(false), |keep| object::is_truthy(thread, keep))?;
    let string = of(string);
    let ends = |at: usize| matches!(string.char_at(at), 0x0A..=0x0D | 0x1C..=0x1E | 0x85 | 0x2028 | 0x2029);
    let (mut lines, mut from, mut at) = (Vec::new(), 0, 0);
    while at < string.len() {
        if !ends(at) {
            at += 1;
            continue;
        }
        let end = at;
        let pair = string.char_at(at) == 0x0D && at + 1 < string.len() && string.char_at(at + 1) == 0x0A;
        at += if pair { 2 } else { 1 };
        lines.push(piece(string, from, if keep { at } else { end }));
        from = at;
    }
    if from < string.len() {
        lines.push(piece(string, from, string.len()));
    }
    Ok(PyList::new(lines).upcast())
}

fn parted(string: Ref<PyStr>, found: Option<usize>, separator: Ref<PyStr>) -> Option<Owned> {
    let at = found?;
    let rest = piece(string, at + separator.len(), string.len());
    Some(PyTuple::from_array([piece(string, 0, at), separator.to_owned().upcast(), rest]).upcast())
}

fn partition_argument(thread: &Thread, separator: Ref) -> Result<Ref<PyStr>> {
    let separator = expect_str(thread, separator, "must be str, not ")?;
    if separator.is_empty() { Err(value_error(thread, "empty separator")) } else { Ok(separator) }
}

fn empty() -> Owned {
    empty_str().to_owned().upcast()
}

pub(crate) fn partition(thread: &Thread, string: Ref, separator: Ref) -> Result {
    let (string, separator) = (of(string), partition_argument(thread, separator)?);
    let found = find_in(string, separator, 0, string.len());
    let whole = || PyTuple::from_array([piece(string, 0, string.len()), empty(), empty()]).upcast();
    Ok(parted(string, found, separator).unwrap_or_else(whole))
}

pub(crate) fn rpartition(thread: &Thread, string: Ref, separator: Ref) -> Result {
    let (string, separator) = (of(string), partition_argument(thread, separator)?);
    let found = rfind_in(string, separator, 0, string.len());
    let whole = || PyTuple::from_array([empty(), empty(), piece(string, 0, string.len())]).upcast();
    Ok(parted(string, found, separator).unwrap_or_else(whole))
}

/// Whether `needle` lies anywhere in the string.
pub(crate) fn holds(string: Ref<PyStr>, needle: Ref<PyStr>) -> bool {
    find_in(string, needle, 0, string.len()).is_some()
}
