//! Splitting and joining bytes.

use super::super::args::Parameters;
use super::super::support::{collect, index_isize, type_error, type_name, value_error};
use super::search::{first, last};
use super::{Data, buffer, bytes_like, like, own};
use crate::object::*;
use crate::runtime::object;

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

fn list(receiver: Ref, parts: Vec<Vec<u8>>) -> Owned {
    PyList::new(parts.into_iter().map(|part| like(receiver, part)).collect()).upcast()
}

/// The separator, `None` for whitespace, and how often to split.
fn limits(
    thread: &Thread,
    name: &'static str,
    arguments: &[Ref],
    names: Option<Ref<PyTuple>>,
) -> Result<(Option<Data>, usize)> {
    let parameters = Parameters { function: name, names: &["sep", "maxsplit"], required: 0, positional: 2 };
    let [separator, most] = parameters.bind::<2>(thread, arguments, names)?;
    let most = most.map_or(Ok(-1), |most| index_isize(thread, most))?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let separator = match separator.filter(|separator| !separator.is(none_object())) {
        None => None,
        Some(separator) => Some(bytes_like(thread, separator)?),
    };
    if separator.as_ref().is_some_and(|separator| separator.is_empty()) {
        return Err(value_error(thread, "empty separator"));
    }
    Ok((separator, most))
}

pub(super) fn split(thread: &Thread, receiver: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    let (separator, most) = limits(thread, "split", arguments, names)?;
    let data = own(receiver);
    let (mut parts, mut rest) = (Vec::new(), &data[..]);
    match separator {
        Some(separator) => {
            while parts.len() < most
                && let Some(at) = first(rest, &separator)
            {
                parts.push(rest[..at].to_vec());
                rest = &rest[at + separator.len()..];
            }
            parts.push(rest.to_vec());
        }
        None => loop {
            let skip = rest.iter().take_while(|&&byte| is_space(byte)).count();
            rest = &rest[skip..];
            if rest.is_empty() {
                break;
            }
            if parts.len() >= most {
                parts.push(rest.to_vec());
                break;
            }
            let end = rest.iter().position(|&byte| is_space(byte)).unwrap_or(rest.len());
            parts.push(rest[..end].to_vec());
            rest = &rest[end..];
        },
    }
    Ok(list(receiver, parts))
}

pub(super) fn rsplit(thread: &Thread, receiver: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    let (separator, most) = limits(thread, "rsplit", arguments, names)?;
    let data = own(receiver);
    let (mut parts, mut rest) = (Vec::new(), &data[..]);
    match separator {
        Some(separator) => {
            while parts.len() < most
                && let Some(at) = last(rest, &separator)
            {
                parts.push(rest[at + separator.len()..].to_vec());
                rest = &rest[..at];
            }
            parts.push(rest.to_vec());
        }
        None => loop {
            let keep = rest.iter().rposition(|&byte| !is_space(byte)).map_or(0, |at| at + 1);
            rest = &rest[..keep];
            if rest.is_empty() {
                break;
            }
            if parts.len() >= most {
                parts.push(rest.to_vec());
                break;
            }
            let start = rest.iter().rposition(|&byte| is_space(byte)).map_or(0, |at| at + 1);
            parts.push(rest[start..].to_vec());
            rest = &rest[..start];
        },
    }
    parts.reverse();
    Ok(list(receiver, parts))
}

pub(super) fn splitlines(thread: &Thread, receiver: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "splitlines", names: &["keepends"], required: 0, positional: 1 };
    let [keep] = PARAMETERS.bind::<1>(thread, arguments, names)?;
    let keep = keep.map_or(Ok(false), |keep| object::is_truthy(thread, keep))?;
    let data = own(receiver);
    let (mut parts, mut start) = (Vec::new(), 0);
    while start < data.len() {
        let stop = data[start..].iter().position(|byte| matches!(byte, b'\n' | b'\r')).map(|at| at + start);
        let Some(stop) = stop else {
            parts.push(data[start..].to_vec());
            break;
        };
        let next = if data[stop..].starts_with(b"\r\n") { stop + 2 } else { stop + 1 };
        parts.push(data[start..if keep { next } else { stop }].to_vec());
        start = next;
    }
    Ok(list(receiver, parts))
}

fn parted(receiver: Ref, parts: [&[u8]; 3]) -> Owned {
    PyTuple::from_array(parts.map(|part| like(receiver, part.to_vec()))).upcast()
}

pub(super) fn partition(thread: &Thread, receiver: Ref, separator: Ref) -> Result {
    let separator = bytes_like(thread, separator)?;
    if separator.is_empty() {
        return Err(value_error(thread, "empty separator"));
    }
    let data = own(receiver);
    Ok(match first(&data, &separator) {
        Some(at) => parted(receiver, [&data[..at], &separator, &data[at + separator.len()..]]),
        None => parted(receiver, [&data, b"", b""]),
    })
}

pub(super) fn rpartition(thread: &Thread, receiver: Ref, separator: Ref) -> Result {
    let separator = bytes_like(thread, separator)?;
    if separator.is_empty() {
        return Err(value_error(thread, "empty separator"));
    }
    let data = own(receiver);
    Ok(match last(&data, &separator) {
        Some(at) => parted(receiver, [&data[..at], &separator, &data[at + separator.len()..]]),
        None => parted(receiver, [b"", b"", &data]),
    })
}

pub(super) fn join(thread: &Thread, receiver: Ref, iterable: Ref) -> Result {
    let separator = own(receiver);
    if iterable.ty().slots.iter.get().is_none() && iterable.ty().slots.sq_item.get().is_none() {
        return Err(type_error(thread, "can only join an iterable"));
    }
    let items = collect(thread, iterable)?;
    let mut out = Vec::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(&separator);
        }
        let Some(data) = buffer(thread, item.borrow())? else {
            let kind = type_name(item.borrow());
            let message = format!("sequence item {at}: expected a bytes-like object, {kind} found");
            return Err(type_error(thread, &message));
        };
        out.extend_from_slice(&data);
    }
    Ok(like(receiver, out))
}
