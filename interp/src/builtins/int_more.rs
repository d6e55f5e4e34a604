//! Methods of int about bytes, ratios and the like.

use super::args::Parameters;
use super::bytes;
use super::support::{boolean, index_isize, int, overflow_error, raise, special, type_error, type_name, value_error};
use crate::object::*;
use crate::runtime::int::exact;
use crate::runtime::{exceptions, object, types};
use num_bigint::{BigInt, Sign};

pub(super) fn own(value: Ref) -> Result {
    exact(value.cast())
}

/// `__trunc__`, `__floor__`, `__ceil__`, `conjugate`.
pub(super) fn itself(_: &Thread, value: Ref) -> Result {
    own(value)
}

pub(super) fn is_integer(_: &Thread, _: Ref) -> Result {
    Ok(boolean(true))
}

pub(super) fn as_integer_ratio(_: &Thread, value: Ref) -> Result {
    Ok(PyTuple::from_array([own(value)?, int(1)]).upcast())
}

pub(super) fn getnewargs(_: &Thread, value: Ref) -> Result {
    Ok(PyTuple::from_array([own(value)?]).upcast())
}

/// `__sizeof__`, by CPython's digits of 30 bits.
pub(super) fn size(_: &Thread, value: Ref) -> Result {
    let bits = value.cast::<PyInt>().to_big().bits();
    Ok(int(24 + 4 * bits.div_ceil(30).max(1) as i64))
}

fn is_little(thread: &Thread, function: &str, order: Option<Ref>) -> Result<bool> {
    let Some(order) = order else { return Ok(false) };
    let Some(text) = order.downcast::<PyStr>() else {
        let message = format!("{function}() argument 'byteorder' must be str, not {}", type_name(order));
        return Err(type_error(thread, &message));
    };
    if text.eq_text("little") {
        return Ok(true);
    }
    if text.eq_text("big") {
        return Ok(false);
    }
    Err(value_error(thread, "byteorder must be either 'little' or 'big'"))
}

fn truth(thread: &Thread, flag: Option<Ref>) -> Result<bool> {
    flag.map_or(Ok(false), |flag| object::is_truthy(thread, flag))
}

/// `int.to_bytes(length=1, byteorder='big', *, signed=False)`.
pub(super) fn to_bytes(thread: &Thread, value: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "to_bytes", names: &["length", "byteorder", "signed"], required: 0, positional: 2 };
    let [length, order, signed] = PARAMETERS.bind::<3>(thread, arguments, names)?;
    let length = length.map_or(Ok(1), |length| index_isize(thread, length))?;
    let little = is_little(thread, "to_bytes", order)?;
    let signed = truth(thread, signed)?;
    let Ok(length) = usize::try_from(length) else {
        return Err(value_error(thread, "length argument must be non-negative"));
    };
    let big = value.cast::<PyInt>().to_big();
    let negative = big.sign() == Sign::Minus;
    if negative && !signed {
        return Err(overflow_error(thread, "can't convert negative int to unsigned"));
    }
    let mut raw = if signed { big.to_signed_bytes_le() } else { big.to_bytes_le().1 };
    if big == BigInt::from(0) {
        raw.clear();
    }
    if raw.len() > length {
        return Err(overflow_error(thread, "int too big to convert"));
    }
    if raw.try_reserve_exact(length - raw.len()).is_err() {
        return Err(crate::runtime::error::no_memory(thread));
    }
    raw.resize(length, if negative { 0xFF } else { 0 });
    if !little {
        raw.reverse();
    }
    Ok(PyBytes::new(raw).upcast())
}

/// `int.from_bytes(bytes, byteorder='big', *, signed=False)`.
pub(super) fn from_bytes(thread: &Thread, class: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "from_bytes", names: &["bytes", "byteorder", "signed"], required: 1, positional: 2 };
    let [source, order, signed] = PARAMETERS.bind::<3>(thread, arguments, names)?;
    let little = is_little(thread, "from_bytes", order)?;
    let signed = truth(thread, signed)?;
    let source = source.unwrap_or(none_object());
    let mut raw = match special(thread, source, "__bytes__", &[])? {
        Some(made) => match bytes::Data::of(made.borrow()) {
            Some(data) => data.into_vec(),
            None => {
                let message = format!("__bytes__ returned non-bytes (type {})", type_name(made.borrow()));
                return Err(type_error(thread, &message));
            }
        },
        None => match bytes::buffer(thread, source)? {
            Some(data) => data.into_vec(),
            None => items(thread, source)?,
        },
    };
    if !little {
        raw.reverse();
    }
    let big = if signed { BigInt::from_signed_bytes_le(&raw) } else { BigInt::from_bytes_le(Sign::Plus, &raw) };
    let made = PyInt::from_big(big).upcast();
    if class.is(types::int()) {
        return Ok(made);
    }
    super::support::call(thread, class, &[made.borrow()])
}

fn items(thread: &Thread, source: Ref) -> Result<Vec<u8>> {
    let iterable = source.ty().slots.iter.get().is_some() || source.ty().slots.sq_item.get().is_some();
    if !iterable || source.downcast::<PyStr>().is_some() {
        return Err(type_error(thread, &format!("cannot convert '{}' object to bytes", type_name(source))));
    }
    bytes::convert::items(thread, source, "bytes")
}

/// Refuses what no ratio can be.
pub(super) fn no_ratio(thread: &Thread, value: f64) -> crate::exit::Raised {
    if value.is_nan() {
        return value_error(thread, "cannot convert NaN to integer ratio");
    }
    raise(thread, exceptions::overflow_error(), "cannot convert Infinity to integer ratio")
}
