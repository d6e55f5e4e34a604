//! Taking bytes off the ends.

use super::super::args::positional;
use super::{bytes_like, own, same_or};
use crate::object::*;

fn stripped(thread: &Thread, name: &str, receiver: Ref, arguments: &[Ref], sides: (bool, bool)) -> Result {
    positional(thread, name, arguments.len(), 0, 1)?;
    let chars = match arguments.first() {
        Some(&chars) if !chars.is(none_object()) => Some(bytes_like(thread, chars)?),
        _ => None,
    };
    let drops = |byte: &u8| match &chars {
        Some(chars) => chars.contains(byte),
        None => matches!(byte, b'\t'..=b'\r' | b' '),
    };
    let data = own(receiver);
    let mut rest = &data[..];
    while sides.0
        && let [head, tail @ ..] = rest
        && drops(head)
    {
        rest = tail;
    }
    while sides.1
        && let [head @ .., end] = rest
        && drops(end)
    {
        rest = head;
    }
    Ok(same_or(receiver, &data, (rest.len() < data.len()).then(|| rest.to_vec())))
}

pub(super) fn strip(thread: &Thread, receiver: Ref, arguments: &[Ref]) -> Result {
    stripped(thread, "strip", receiver, arguments, (true, true))
}

pub(super) fn lstrip(thread: &Thread, receiver: Ref, arguments: &[Ref]) -> Result {
    stripped(thread, "lstrip", receiver, arguments, (true, false))
}

pub(super) fn rstrip(thread: &Thread, receiver: Ref, arguments: &[Ref]) -> Result {
    stripped(thread, "rstrip", receiver, arguments, (false, true))
}

pub(super) fn removeprefix(thread: &Thread, receiver: Ref, prefix: Ref) -> Result {
    let prefix = bytes_like(thread, prefix)?;
    let data = own(receiver);
    let rest = data.strip_prefix(&prefix[..]).filter(|_| !prefix.is_empty());
    Ok(same_or(receiver, &data, rest.map(<[u8]>::to_vec)))
}

pub(super) fn removesuffix(thread: &Thread, receiver: Ref, suffix: Ref) -> Result {
    let suffix = bytes_like(thread, suffix)?;
    let data = own(receiver);
    let rest = data.strip_suffix(&suffix[..]).filter(|_| !suffix.is_empty());
    Ok(same_or(receiver, &data, rest.map(<[u8]>::to_vec)))
}
