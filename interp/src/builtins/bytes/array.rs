//! What bytearray can do beyond bytes: it changes.

use super::super::args::positional;
use super::super::support::{index, index_error, index_isize, int, none, type_error, type_name, value_error};
use super::search::byte;
use super::{Data, buffer, bytes_like, convert};
use crate::object::*;
use crate::runtime::{sequence, slice};

fn of(array: Ref) -> Ref<PyByteArray> {
    array.cast()
}

/// Refuses a change of length while views of the bytes exist.
fn resizable(thread: &Thread, array: Ref) -> Result<()> {
    if of(array).exports.get() == 0 {
        return Ok(());
    }
    Err(convert::buffer_error(thread, "Existing exports of data: object cannot be re-sized"))
}

/// `bytearray.__init__`.
pub(crate) fn init(thread: &Thread, array: Ref, arguments: Ref<PyTuple>, keywords: Option<Ref<PyDict>>) -> Result<()> {
    let source = convert::Source::read(thread, "bytearray", arguments, keywords)?;
    let data = source.data(thread, "bytearray")?.into_vec();
    if of(array).len() != data.len() {
        resizable(thread, array)?;
    }
    of(array).change(|own| *own = data);
    Ok(())
}

pub(super) fn alloc(_: &Thread, array: Ref) -> Result {
    let length = of(array).len() as i64;
    Ok(int(if length == 0 { 0 } else { length + 1 }))
}

pub(super) fn size(_: &Thread, array: Ref) -> Result {
    let length = of(array).len() as i64;
    Ok(int(56 + if length == 0 { 0 } else { length + 1 }))
}

fn reduced(thread: &Thread, array: Ref, plain: bool) -> Result {
    let state = crate::builtins::reduce::instance_state(thread, array)?;
    let data = of(array).to_vec();
    let arguments = match (data.is_empty(), plain) {
        (true, _) => PyTuple::empty().to_owned(),
        (false, true) => PyTuple::from_array([PyBytes::new(data).upcast()]),
        (false, false) => {
            let text = PyStr::from_units(Units::One(&data));
            PyTuple::from_array([text.upcast(), PyStr::new("latin-1").upcast()])
        }
    };
    Ok(PyTuple::from_array([array.ty().to_owned().upcast(), arguments.upcast(), state]).upcast())
}

pub(super) fn reduce(thread: &Thread, array: Ref) -> Result {
    reduced(thread, array, false)
}

pub(super) fn reduce_ex(thread: &Thread, array: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "__reduce_ex__", arguments.len(), 0, 1)?;
    let protocol = arguments.first().map_or(Ok(0), |&protocol| index_isize(thread, protocol))?;
    reduced(thread, array, protocol >= 3)
}

pub(super) fn append(thread: &Thread, array: Ref, item: Ref) -> Result {
    let byte = byte(thread, item)?;
    resizable(thread, array)?;
    of(array).change(|data| data.push(byte));
    Ok(none())
}

pub(super) fn clear(thread: &Thread, array: Ref) -> Result {
    resizable(thread, array)?;
    of(array).change(Vec::clear);
    Ok(none())
}

pub(super) fn copy(_: &Thread, array: Ref) -> Result {
    Ok(PyByteArray::new(of(array).to_vec()).upcast())
}

/// The bytes that an object adds: those of a buffer, or the items of an iterable.
fn added(thread: &Thread, source: Ref) -> Result<Data> {
    if let Some(data) = buffer(thread, source)? {
        return Ok(data);
    }
    if source.downcast::<PyStr>().is_some() {
        return Err(type_error(thread, "expected iterable of integers; got: 'str'"));
    }
    if source.ty().slots.iter.get().is_none() && source.ty().slots.sq_item.get().is_none() {
        return Err(type_error(thread, &format!("can't extend bytearray with {}", type_name(source))));
    }
    convert::items(thread, source, "byte").map(Data::Copied)
}

pub(super) fn extend(thread: &Thread, array: Ref, source: Ref) -> Result {
    let data = added(thread, source)?;
    resizable(thread, array)?;
    of(array).change(|own| own.extend_from_slice(&data));
    Ok(none())
}

pub(super) fn insert(thread: &Thread, array: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "insert", arguments.len(), 2, 2)?;
    let at = index_isize(thread, arguments[0])?;
    let byte = byte(thread, arguments[1])?;
    resizable(thread, array)?;
    let length = of(array).len();
    let at = if at < 0 { at.saturating_add_unsigned(length).max(0) as usize } else { (at as usize).min(length) };
    of(array).change(|data| data.insert(at, byte));
    Ok(none())
}

pub(super) fn pop(thread: &Thread, array: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "pop", arguments.len(), 0, 1)?;
    let at = arguments.first().map_or(Ok(-1), |&at| index_isize(thread, at))?;
    let length = of(array).len();
    if length == 0 {
        return Err(index_error(thread, "pop from empty bytearray"));
    }
    let at = if at < 0 { at + length as isize } else { at };
    let Some(at) = usize::try_from(at).ok().filter(|&at| at < length) else {
        return Err(index_error(thread, "pop index out of range"));
    };
    resizable(thread, array)?;
    Ok(int(of(array).change(|data| data.remove(at)).into()))
}

pub(super) fn remove(thread: &Thread, array: Ref, item: Ref) -> Result {
    let byte = byte(thread, item)?;
    let Some(at) = of(array).with(|data| data.iter().position(|&other| other == byte)) else {
        return Err(value_error(thread, "value not found in bytearray"));
    };
    resizable(thread, array)?;
    of(array).change(|data| data.remove(at));
    Ok(none())
}

pub(super) fn resize(thread: &Thread, array: Ref, size: Ref) -> Result {
    let size = index_isize(thread, size)?;
    let Ok(length) = usize::try_from(size) else {
        return Err(value_error(thread, &format!("Can only resize to positive sizes, got {size}")));
    };
    resizable(thread, array)?;
    let grown = of(array).change(|data| {
        let fits = data.try_reserve(length.saturating_sub(data.len())).is_ok();
        if fits {
            data.resize(length, 0);
        }
        fits
    });
    if grown { Ok(none()) } else { Err(crate::runtime::error::no_memory(thread)) }
}

pub(super) fn reverse(_: &Thread, array: Ref) -> Result {
    of(array).change(|data| data.reverse());
    Ok(none())
}

/// `bytearray += bytes`.
pub(crate) fn inplace_concat(thread: &Thread, array: Ref, other: Ref) -> Result {
    let Some(data) = buffer(thread, other)? else {
        let (left, right) = (type_name(array), type_name(other));
        return Err(type_error(thread, &format!("can't concat {right} to {left}")));
    };
    resizable(thread, array)?;
    of(array).change(|own| own.extend_from_slice(&data));
    Ok(array.to_owned())
}

/// `bytearray *= count`.
pub(crate) fn inplace_repeat(thread: &Thread, array: Ref, count: isize) -> Result {
    let times = sequence::repetitions(thread, of(array).len(), count)?;
    resizable(thread, array)?;
    of(array).change(|data| *data = data.repeat(times));
    Ok(array.to_owned())
}

fn out_of_range(thread: &Thread) -> crate::exit::Raised {
    index_error(thread, "bytearray index out of range")
}

/// `sq_ass_item`.
pub(crate) fn set_item(thread: &Thread, array: Ref, at: isize, value: Option<Ref>) -> Result<()> {
    let Some(place) = usize::try_from(at).ok().filter(|&at| at < of(array).len()) else {
        return Err(out_of_range(thread));
    };
    match value {
        Some(value) => {
            let byte = byte(thread, value)?;
            let put = of(array).change(|data| data.get_mut(place).map(|slot| *slot = byte));
            put.ok_or_else(|| out_of_range(thread))
        }
        None => {
            resizable(thread, array)?;
            of(array).change(|data| data.remove(place));
            Ok(())
        }
    }
}

/// `mp_ass_subscript`.
pub(crate) fn set_subscript(thread: &Thread, array: Ref, key: Ref, value: Option<Ref>) -> Result<()> {
    if key.downcast::<PySlice>().is_none() {
        if key.ty().slots.nb_index.get().is_none() {
            let message = format!("bytearray indices must be integers or slices, not {}", type_name(key));
            return Err(type_error(thread, &message));
        }
        let at = index_isize_or(thread, key)?;
        let at = if at < 0 { at + of(array).len() as isize } else { at };
        return set_item(thread, array, at, value);
    }
    let data = match value {
        None => None,
        Some(value) => Some(slice_value(thread, value)?),
    };
    let span = slice::span(thread, key.cast(), || of(array).len())?;
    set_slice(thread, array, span, data)
}

fn index_isize_or(thread: &Thread, key: Ref) -> Result<isize> {
    let int = index(thread, key)?;
    int.as_i64()
        .map(|word| word as isize)
        .ok_or_else(|| index_error(thread, &format!("cannot fit '{}' into an index-sized integer", type_name(key))))
}

fn slice_value(thread: &Thread, value: Ref) -> Result<Vec<u8>> {
    if let Some(data) = Data::of(value) {
        return Ok(data.into_vec());
    }
    let refused = value.downcast::<PyInt>().is_some() || value.downcast::<PyStr>().is_some();
    if refused || (value.ty().slots.iter.get().is_none() && value.ty().slots.sq_item.get().is_none()) {
        let message = "can assign only bytes, buffers, or iterables of ints in range(0, 256)";
        return Err(type_error(thread, message));
    }
    match buffer(thread, value)? {
        Some(data) => Ok(data.into_vec()),
        None => convert::items(thread, value, "byte"),
    }
}

fn set_slice(thread: &Thread, array: Ref, span: slice::Span, data: Option<Vec<u8>>) -> Result<()> {
    let given = data.as_ref().map_or(0, Vec::len);
    if span.step == 1 {
        let start = span.start as usize;
        if given != span.count {
            resizable(thread, array)?;
        }
        of(array).change(|own| drop(own.splice(start..start + span.count, data.unwrap_or_default())));
        return Ok(());
    }
    let Some(data) = data else {
        if span.count > 0 {
            resizable(thread, array)?;
        }
        let mut places: Vec<usize> = span.indices().collect();
        places.sort_unstable();
        of(array).change(|own| {
            places.iter().rev().for_each(|&at| {
                own.remove(at);
            })
        });
        return Ok(());
    };
    if given != span.count {
        let count = span.count;
        let message = format!("attempt to assign bytes of size {given} to extended slice of size {count}");
        return Err(value_error(thread, &message));
    }
    of(array).change(|own| span.indices().zip(data).for_each(|(at, byte)| own[at] = byte));
    Ok(())
}

/// `left + right` of bytes and bytearrays: of the left side's type.
pub(crate) fn concat(thread: &Thread, left: Ref, right: Ref) -> Result {
    let (Some(a), Some(b)) = (Data::of(left), buffer(thread, right)?) else {
        let message = format!("can't concat {} to {}", type_name(right), type_name(left));
        return Err(type_error(thread, &message));
    };
    if b.is_empty() && left.is_exact(crate::runtime::types::bytes()) {
        return Ok(left.to_owned());
    }
    Ok(super::like(left, [&a[..], &b[..]].concat()))
}

/// `data * count`.
pub(crate) fn repeat(thread: &Thread, receiver: Ref, count: isize) -> Result {
    let data = bytes_like(thread, receiver)?;
    if count == 1 && receiver.is_exact(crate::runtime::types::bytes()) {
        return Ok(receiver.to_owned());
    }
    let times = sequence::repetitions(thread, data.len(), count)?;
    let mut out = Vec::new();
    if out.try_reserve_exact(data.len() * times).is_err() {
        return Err(crate::runtime::error::no_memory(thread));
    }
    (0..times).for_each(|_| out.extend_from_slice(&data));
    Ok(super::like(receiver, out))
}

/// `data[key]`; `kind` and `range` are what messages say.
pub(crate) fn subscript(thread: &Thread, receiver: Ref, key: Ref) -> Result {
    let array = receiver.downcast::<PyByteArray>().is_some();
    if let Some(key) = key.downcast::<PySlice>() {
        let data = bytes_like(thread, receiver)?;
        let span = slice::span(thread, key, || data.len())?;
        if span.step == 1 && span.count == data.len() && receiver.is_exact(crate::runtime::types::bytes()) {
            return Ok(receiver.to_owned());
        }
        return Ok(super::like(receiver, span.indices().map(|at| data[at]).collect()));
    }
    if key.ty().slots.nb_index.get().is_none() {
        let kind = if array { "bytearray" } else { "byte" };
        let message = format!("{kind} indices must be integers or slices, not {}", type_name(key));
        return Err(type_error(thread, &message));
    }
    let at = index_isize_or(thread, key)?;
    let length = crate::runtime::object::length(thread, receiver)?;
    item(thread, receiver, if at < 0 { at + length } else { at })
}

/// `sq_item` of both.
pub(crate) fn item(thread: &Thread, receiver: Ref, at: isize) -> Result {
    let place = usize::try_from(at).ok();
    let (byte, message) = match receiver.downcast::<PyByteArray>() {
        Some(array) => (array.with(|data| place.and_then(|at| data.get(at).copied())), "bytearray index out of range"),
        None => {
            let bytes = receiver.cast::<PyBytes>();
            (place.and_then(|at| bytes.data().get(at).copied()), "index out of range")
        }
    };
    byte.map(|byte| int(byte.into())).ok_or_else(|| index_error(thread, message))
}
