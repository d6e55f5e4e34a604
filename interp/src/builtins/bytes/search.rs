//! Finding, counting and replacing in bytes.

use super::super::args::positional;
use super::super::support::{boolean, index, index_isize, int, range_of, type_error, type_name, value_error};
use super::{Data, buffer, bytes_like, like, own, same_or};
use crate::object::*;

/// Where `needle` first lies in `hay`.
pub(super) fn first(hay: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [] => Some(0),
        [byte] => hay.iter().position(|other| other == byte),
        _ => hay.windows(needle.len()).position(|window| window == needle),
    }
}

/// Where `needle` last lies in `hay`.
pub(super) fn last(hay: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [] => Some(hay.len()),
        [byte] => hay.iter().rposition(|other| other == byte),
        _ => hay.windows(needle.len()).rposition(|window| window == needle),
    }
}

/// An int as a byte.
pub(crate) fn byte(thread: &Thread, value: Ref) -> Result<u8> {
    let byte = index(thread, value)?.as_i64().and_then(|value| u8::try_from(value).ok());
    byte.ok_or_else(|| value_error(thread, "byte must be in range(0, 256)"))
}

/// What is looked for: bytes, or a number that is one byte.
fn needle(thread: &Thread, argument: Ref) -> Result<Data> {
    if argument.ty().slots.nb_index.get().is_some() {
        return byte(thread, argument).map(|byte| Data::Copied(vec![byte]));
    }
    match buffer(thread, argument)? {
        Some(data) => Ok(data),
        None => {
            let message = format!("argument should be integer or bytes-like object, not '{}'", type_name(argument));
            Err(type_error(thread, &message))
        }
    }
}

/// `part in bytes`.
pub(crate) fn contains(thread: &Thread, receiver: Ref, part: Ref) -> Result<bool> {
    if part.ty().slots.nb_index.get().is_some() {
        let byte = byte(thread, part)?;
        return Ok(own(receiver).contains(&byte));
    }
    let part = bytes_like(thread, part)?;
    Ok(first(&own(receiver), &part).is_some())
}

type Finder = fn(&[u8], &[u8]) -> Option<usize>;

fn search(thread: &Thread, name: &str, receiver: Ref, arguments: &[Ref], finder: Finder) -> Result<Option<usize>> {
    positional(thread, name, arguments.len(), 1, 3)?;
    let needle = needle(thread, arguments[0])?;
    let hay = own(receiver);
    let (start, stop) = range_of(thread, arguments, 1, hay.len(), true)?;
    Ok(hay.get(start..stop).and_then(|part| finder(part, &needle)).map(|at| at + start))
}

fn position(found: Option<usize>) -> Owned {
    int(found.map_or(-1, |at| at as i64))
}

fn must(thread: &Thread, found: Option<usize>) -> Result {
    found.map(|at| int(at as i64)).ok_or_else(|| value_error(thread, "subsection not found"))
}

pub(super) fn find(thread: &Thread, receiver: Ref, arguments: &[Ref]) -> Result {
    search(thread, "find", receiver, arguments, first).map(position)
}

pub(super) fn rfind(thread: &Thread, receiver: Ref, arguments: &[Ref]) -> Result {
    search(thread, "rfind", receiver, arguments, last).map(position)
}

pub(super) fn index_of(thread: &Thread, receiver: Ref, arguments: &[Ref]) -> Result {
    search(thread, "index", receiver, arguments, first).and_then(|found| must(thread, found))
}

pub(super) fn rindex(thread: &Thread, receiver: Ref, arguments: &[Ref]) -> Result {
    search(thread, "rindex", receiver, arguments, last).and_then(|found| must(thread, found))
}

pub(super) fn count(thread: &Thread, receiver: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "count", arguments.len(), 1, 3)?;
    let needle = needle(thread, arguments[0])?;
    let hay = own(receiver);
    let (mut start, stop) = range_of(thread, arguments, 1, hay.len(), true)?;
    if start > stop {
        return Ok(int(0));
    }
    if needle.is_empty() {
        return Ok(int((stop - start + 1) as i64));
    }
    let mut found = 0;
    while let Some(at) = first(&hay[start..stop], &needle) {
        found += 1;
        start += at + needle.len();
    }
    Ok(int(found))
}

fn affix(thread: &Thread, name: &str, receiver: Ref, arguments: &[Ref], test: fn(&[u8], &[u8]) -> bool) -> Result {
    positional(thread, name, arguments.len(), 1, 3)?;
    let hay = own(receiver);
    let (start, stop) = range_of(thread, arguments, 1, hay.len(), true)?;
    let part = hay.get(start..stop);
    let matches = |affix: &[u8]| part.is_some_and(|part| test(part, affix));
    if let Some(affixes) = arguments[0].downcast::<PyTuple>() {
        for affix in affixes.iter() {
            if matches(&bytes_like(thread, affix)?) {
                return Ok(boolean(true));
            }
        }
        return Ok(boolean(false));
    }
    match buffer(thread, arguments[0])? {
        Some(affix) => Ok(boolean(matches(&affix))),
        None => {
            let kind = type_name(arguments[0]);
            Err(type_error(thread, &format!("{name} first arg must be bytes or a tuple of bytes, not {kind}")))
        }
    }
}

pub(super) fn startswith(thread: &Thread, receiver: Ref, arguments: &[Ref]) -> Result {
    affix(thread, "startswith", receiver, arguments, <[u8]>::starts_with)
}

pub(super) fn endswith(thread: &Thread, receiver: Ref, arguments: &[Ref]) -> Result {
    affix(thread, "endswith", receiver, arguments, <[u8]>::ends_with)
}

pub(super) fn replace(thread: &Thread, receiver: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "replace", arguments.len(), 2, 3)?;
    let (old, new) = (bytes_like(thread, arguments[0])?, bytes_like(thread, arguments[1])?);
    let most = arguments.get(2).map_or(Ok(-1), |&count| index_isize(thread, count))?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let data = own(receiver);
    let mut out = Vec::with_capacity(data.len());
    let (mut at, mut done) = (0, 0);
    if old.is_empty() {
        while done < most && at <= data.len() {
            out.extend_from_slice(&new);
            out.extend(data.get(at));
            (at, done) = (at + 1, done + 1);
        }
        out.extend_from_slice(data.get(at..).unwrap_or_default());
        return Ok(like(receiver, out));
    }
    while done < most
        && let Some(found) = first(&data[at..], &old)
    {
        out.extend_from_slice(&data[at..at + found]);
        out.extend_from_slice(&new);
        at += found + old.len();
        done += 1;
    }
    out.extend_from_slice(&data[at..]);
    Ok(same_or(receiver, &data, (done > 0).then_some(out)))
}
