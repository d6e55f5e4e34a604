//! Slices (`Objects/sliceobject.c`).

use super::{error, number, object};
use crate::object::types::flags;
use crate::object::*;
use num_bigint::BigInt;

/// `slice`.
pub(crate) static TYPE: PyType = PyType::container::<PySlice>(TypeSpec {
    name: "slice",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots { richcompare: slot(rich_compare), hash: slot(hash), ..Slots::NONE },
    getset: &[
        GetSetDef::field("start", |_, slice| Ok(of(slice).start.get().to_owned())),
        GetSetDef::field("stop", |_, slice| Ok(of(slice).stop.get().to_owned())),
        GetSetDef::field("step", |_, slice| Ok(of(slice).step.get().to_owned())),
    ],
    methods: &[MethodDef::one("indices", indices)],
    ..TypeSpec::EMPTY
});

/// `PySlice_New`.
#[inline]
pub(crate) fn new(start: Option<Ref>, stop: Option<Ref>, step: Option<Ref>) -> Owned<PySlice> {
    PySlice::new(start.map(Ref::to_owned), stop.map(Ref::to_owned), step.map(Ref::to_owned))
}

/// `_PyBuildSlice_ConsumeRefs`.
#[inline]
pub(crate) fn from_owned(start: Owned, stop: Owned) -> Owned<PySlice> {
    PySlice::new(Some(start), Some(stop), None)
}

/// The indices that a slice means in a sequence of some length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The first index; where the sequence would be cut if there is none.
    pub(crate) start: isize,
    pub(crate) stop: isize,
    pub(crate) step: isize,
    /// How many indices there are.
    pub(crate) count: usize,
}

impl Span {
    /// The indices in order.
    pub(crate) fn indices(self) -> impl ExactSizeIterator<Item = usize> {
        (0..self.count).map(move |nth| (self.start + nth as isize * self.step) as usize)
    }
}

/// A slice's parts as machine words, clamped (`PySlice_Unpack`).
fn unpack(thread: &Thread, slice: Ref<PySlice>) -> Result<(isize, isize, isize)> {
    let part = |value: Ref, default: isize| {
        if object::is_none(value) { Ok(default) } else { index(thread, value) }
    };
    let step = part(slice.step.get(), 1)?;
    if step == 0 {
        return Err(error::value_error(thread, "slice step cannot be zero"));
    }
    // Negating it must not overflow.
    let step = step.max(-isize::MAX);
    let start = part(slice.start.get(), if step < 0 { isize::MAX } else { 0 })?;
    let stop = part(slice.stop.get(), if step < 0 { isize::MIN } else { isize::MAX })?;
    Ok((start, stop, step))
}

fn index(thread: &Thread, value: Ref) -> Result<isize> {
    if let Some(word) = super::int::word_of(value) {
        return Ok(word as isize);
    }
    if value.downcast::<PyInt>().is_none() && value.ty().slots.nb_index.get().is_none() {
        let message = "slice indices must be integers or None or have an __index__ method";
        return Err(error::type_error(thread, message));
    }
    number::index_isize(thread, value, None)
}

/// A slice of a sequence of `length` items (`PySlice_Unpack` and `PySlice_AdjustIndices`). Asking the parts for their
/// index can run code, so the length has to be read afterwards: `length` is called then.
pub(crate) fn span(thread: &Thread, slice: Ref<PySlice>, length: impl FnOnce() -> usize) -> Result<Span> {
    let (start, stop, step) = unpack(thread, slice)?;
    Ok(adjust(start, stop, step, length() as isize))
}

fn adjust(start: isize, stop: isize, step: isize, length: isize) -> Span {
    let (low, high) = if step < 0 { (-1, length - 1) } else { (0, length) };
    let clamp = |at: isize| if at < 0 { at.saturating_add(length).max(low) } else { at.min(high) };
    let (start, stop) = (clamp(start), clamp(stop));
    let count = if step < 0 && stop < start {
        (start - stop - 1) / -step + 1
    } else if step > 0 && start < stop {
        (stop - start - 1) / step + 1
    } else {
        0
    };
    Span { start, stop, step, count: count as usize }
}

fn of(object: Ref) -> Ref<PySlice> {
    object.cast()
}

fn as_tuple(slice: Ref<PySlice>) -> Owned<PyTuple> {
    PyTuple::from_refs(&[slice.start.get(), slice.stop.get(), slice.step.get()])
}

fn rich_compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let (Some(left), Some(right)) = (left.downcast::<PySlice>(), right.downcast::<PySlice>()) else {
        return Ok(not_implemented().to_owned());
    };
    let (left, right) = (as_tuple(left), as_tuple(right));
    object::compare(thread, left.borrow().upcast(), right.borrow().upcast(), op)
}

fn hash(thread: &Thread, slice: Ref) -> Result<isize> {
    object::hash(thread, as_tuple(of(slice)).borrow().upcast())
}

fn indices(thread: &Thread, slice: Ref, length: Ref) -> Result {
    let length = number::index(thread, length)?;
    if length.is_negative() {
        return Err(error::value_error(thread, "length should not be negative"));
    }
    let own = of(slice);
    let Some(length) = length.as_i64().filter(|_| is_small(own)) else {
        let bounds = big_bounds(thread, own, &length.to_big())?;
        return Ok(PyTuple::from_array(bounds.map(|part| PyInt::from_big(part).upcast())).upcast());
    };
    let span = span(thread, of(slice), || length as usize)?;
    let ints = [span.start, span.stop, span.step].map(|part| PyInt::from_i64(part as i64).upcast());
    Ok(PyTuple::from_array(ints).upcast())
}

/// Whether all parts that are ints fit machine words.
pub(crate) fn is_small(slice: Ref<PySlice>) -> bool {
    let is_small = |part: Ref| part.downcast::<PyInt>().is_none_or(|int| int.as_i64().is_some());
    [slice.start.get(), slice.stop.get(), slice.step.get()].into_iter().all(is_small)
}

/// Start, stop and step in a sequence of `length` items, for numbers of any size (`_PySlice_GetLongIndices`).
pub(crate) fn big_bounds(thread: &Thread, slice: Ref<PySlice>, length: &BigInt) -> Result<[BigInt; 3]> {
    let part = |value: Ref| -> Result<Option<BigInt>> {
        if object::is_none(value) {
            return Ok(None);
        }
        if value.ty().slots.nb_index.get().is_none() {
            let message = "slice indices must be integers or None or have an __index__ method";
            return Err(error::type_error(thread, message));
        }
        number::index(thread, value).map(|int| Some(int.to_big()))
    };
    let zero = BigInt::ZERO;
    let step = part(slice.step.get())?.unwrap_or_else(|| BigInt::from(1));
    if step == zero {
        return Err(error::value_error(thread, "slice step cannot be zero"));
    }
    let backwards = step < zero;
    let (low, high) = if backwards { (BigInt::from(-1), length - 1) } else { (zero.clone(), length.clone()) };
    let clamp = |at: BigInt| if at < zero { (at + length).max(low.clone()) } else { at.min(high.clone()) };
    let (first, last) = if backwards { (&high, &low) } else { (&low, &high) };
    let start = part(slice.start.get())?.map_or_else(|| first.clone(), clamp);
    let stop = part(slice.stop.get())?.map_or_else(|| last.clone(), clamp);
    Ok([start, stop, step])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_clamped_as_in_python() {
        let of = |start, stop, step, length| adjust(start, stop, step, length).indices().collect::<Vec<_>>();
        assert_eq!(of(0, isize::MAX, 1, 3), [0, 1, 2]);
        assert_eq!(of(isize::MAX, isize::MIN, -1, 3), [2, 1, 0]);
        assert_eq!(of(-2, isize::MAX, 1, 5), [3, 4]);
        assert_eq!(of(1, -1, 2, 6), [1, 3]);
        assert_eq!(of(4, 1, 1, 6), [0usize; 0]);
        assert_eq!(of(5, 0, -2, 6), [5, 3, 1]);
        assert_eq!(of(0, 9, 1, 0), [0usize; 0]);
    }
}
