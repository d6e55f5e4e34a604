//! What calling `int`, `float`, `bool`, `str`, `list`, `tuple`, `dict`, `range` and `slice` does: their `new` and `init`
//! slots.

use super::args::{Parameters, no_keywords, positional};
use super::number::{float_to_int, int_to_float};
use super::support::{collect, index, int, repr, special, str, type_error, type_name, value_error};
use super::text::read::{self, IntError};
use super::{bytes, codec};
use crate::object::*;
use crate::runtime::{number, object, types, warn};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, Zero};

type Keywords = Option<Ref<PyDict>>;

/// Whether the class has its base's `__init__`: then its `__new__` refuses keywords, which nobody else would.
pub(crate) fn inherits_init(class: Ref<PyType>, base: Ref<PyType>) -> bool {
    match (class.slots.init.get(), base.slots.init.get()) {
        (Some(own), Some(plain)) => std::ptr::fn_addr_eq(own, plain),
        (own, _) => own.is_none(),
    }
}

/// Whether the class has its base's `__new__`; as `inherits_init`.
fn inherits_new(class: Ref<PyType>, base: Ref<PyType>) -> bool {
    match (class.slots.new.get(), base.slots.new.get()) {
        (Some(own), Some(plain)) => std::ptr::fn_addr_eq(own, plain),
        (own, _) => own.is_none(),
    }
}

/// `int(x=0)`, `int(x, base=10)`.
pub(crate) fn int_new(thread: &Thread, class: Ref<PyType>, arguments: Ref<PyTuple>, keywords: Keywords) -> Result {
    static PARAMETERS: Parameters = Parameters { function: "int", names: &["", "base"], required: 0, positional: 2 };
    positional(thread, "int", arguments.len(), 0, 2)?;
    let [value, base] = PARAMETERS.bind_dict::<2>(thread, arguments, keywords)?;
    let result = match (value, base) {
        (None, None) => int(0),
        (None, Some(_)) => return Err(type_error(thread, "int() missing string argument")),
        (Some(value), None) => to_int(thread, value)?,
        (Some(value), Some(base)) => {
            let base = number::index_isize(thread, base, None)?;
            let base = u32::try_from(base).ok().filter(|base| matches!(base, 0 | 2..=36));
            let Some(base) = base else {
                return Err(value_error(thread, "int() base must be >= 2 and <= 36, or 0"));
            };
            let is_text = value.downcast::<PyMemoryView>().is_none();
            let Some(text) = digits_of(value).filter(|_| is_text) else {
                return Err(type_error(thread, "int() can't convert non-string with explicit base"));
            };
            read_int(thread, value, &text, base)?
        }
    };
    Ok(if class.is(types::int()) { result } else { PyInt::of_class(class, &result.cast::<PyInt>()).upcast() })
}

/// The text that a str or bytes-like object holds.
fn digits_of(value: Ref) -> Option<String> {
    if let Some(string) = value.downcast::<PyStr>() {
        return Some(string.to_string_lossy());
    }
    // Bytes beyond ASCII are neither digits nor space.
    let ascii = |&byte: &u8| if byte.is_ascii() { char::from(byte) } else { char::REPLACEMENT_CHARACTER };
    bytes::Data::of(value).map(|data| data.iter().map(ascii).collect())
}

fn read_int(thread: &Thread, value: Ref, text: &str, base: u32) -> Result {
    // Plain digits that cannot exceed a word.
    if base == 10
        && (1..=18).contains(&text.len())
        && let Some(word) =
            text.bytes().try_fold(0, |word, b| b.is_ascii_digit().then(|| word * 10 + i64::from(b - b'0')))
    {
        return Ok(int(word));
    }
    match read::int(text, base) {
        Ok(big) => Ok(PyInt::from_big(big).upcast()),
        Err(IntError::Invalid) => {
            let shown = repr(thread, value)?.borrow().to_string_lossy();
            Err(value_error(thread, &format!("invalid literal for int() with base {base}: {shown}")))
        }
        Err(IntError::TooLong(digits)) => {
            let message = format!(
                "Exceeds the limit ({} digits) for integer string conversion: value has {digits} digits; use \
                 sys.set_int_max_str_digits() to increase the limit",
                read::max_str_digits()
            );
            Err(value_error(thread, &message))
        }
    }
}

/// `PyNumber_Long`.
fn to_int(thread: &Thread, value: Ref) -> Result {
    if value.is_exact(types::int()) {
        return Ok(value.to_owned());
    }
    if value.is_exact(types::float()) {
        return float_to_int(thread, value.cast::<PyFloat>().value().trunc());
    }
    let converted = match value.ty().slots.nb_int.get() {
        Some(slot) => Some(slot(thread, value)?),
        None => special(thread, value, "__int__", &[])?,
    };
    if let Some(converted) = converted {
        return match converted.borrow().downcast::<PyInt>() {
            Some(own) => {
                warn::if_subclass(thread, converted.borrow(), types::int(), "__int__")?;
                Ok(crate::runtime::int::exact(own)?)
            }
            None => {
                let message = format!("__int__ returned non-int (type {})", type_name(converted.borrow()));
                Err(type_error(thread, &message))
            }
        };
    }
    if value.ty().slots.nb_index.get().is_some() {
        return index(thread, value).map(|own| PyInt::from_big(own.to_big()).upcast());
    }
    match digits_of(value) {
        Some(text) => read_int(thread, value, &text, 10),
        None => {
            let message = format!(
                "int() argument must be a string, a bytes-like object or a real number, not '{}'",
                type_name(value)
            );
            Err(type_error(thread, &message))
        }
    }
}

/// `float(x=0.0)`.
pub(crate) fn float_new(thread: &Thread, class: Ref<PyType>, arguments: Ref<PyTuple>, keywords: Keywords) -> Result {
    if inherits_init(class, types::float()) {
        no_keywords(thread, "float", keywords)?;
    }
    positional(thread, "float", arguments.len(), 0, 1)?;
    let value = arguments.get(0).map_or(Ok(0.0), |value| to_float(thread, value))?;
    Ok(if class.is(types::float()) { PyFloat::new(value) } else { PyFloat::of_class(class, value) }.upcast())
}

fn to_float(thread: &Thread, value: Ref) -> Result<f64> {
    if value.is_exact(types::float()) {
        return Ok(value.cast::<PyFloat>().value());
    }
    if value.is_exact(types::int()) {
        return int_to_float(thread, &value.cast::<PyInt>());
    }
    if let Some(slot) = value.ty().slots.nb_float.get() {
        return number::float_by_slot(thread, value, slot);
    }
    if let Some(text) = digits_of(value) {
        return match read::float(&text) {
            Some(float) => Ok(float),
            None => {
                let shown = repr(thread, value)?.borrow().to_string_lossy();
                Err(value_error(thread, &format!("could not convert string to float: {shown}")))
            }
        };
    }
    if value.ty().slots.nb_index.get().is_some() {
        return int_to_float(thread, &*index(thread, value)?);
    }
    let message = format!("float() argument must be a string or a real number, not '{}'", type_name(value));
    Err(type_error(thread, &message))
}

/// `bool(x=False)`.
pub(crate) fn bool_new(thread: &Thread, _: Ref<PyType>, arguments: Ref<PyTuple>, keywords: Keywords) -> Result {
    no_keywords(thread, "bool", keywords)?;
    positional(thread, "bool", arguments.len(), 0, 1)?;
    let value = arguments.get(0).map_or(Ok(false), |value| object::is_truthy(thread, value))?;
    Ok(bool_object(value).to_owned())
}

/// `str(object='')`, `str(bytes, encoding='utf-8', errors='strict')`.
pub(crate) fn str_new(thread: &Thread, class: Ref<PyType>, arguments: Ref<PyTuple>, keywords: Keywords) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "str", names: &["object", "encoding", "errors"], required: 0, positional: 3 };
    positional(thread, "str", arguments.len(), 0, 3)?;
    let [value, encoding, errors] = PARAMETERS.bind_dict::<3>(thread, arguments, keywords)?;
    let result = match value {
        None => empty_str().to_owned(),
        Some(value) if encoding.is_none() && errors.is_none() => str(thread, value)?,
        Some(value) => decode(thread, value, encoding, errors)?,
    };
    Ok(if class.is(types::str()) { result } else { PyStr::of_class(class, result.borrow()) }.upcast())
}

/// Bytes as text.
fn decode(thread: &Thread, value: Ref, encoding: Option<Ref>, errors: Option<Ref>) -> Result<Owned<PyStr>> {
    let encoding = codec::option(thread, "str", "encoding", encoding, "utf-8")?;
    let errors = codec::option(thread, "str", "errors", errors, "strict")?;
    if value.downcast::<PyStr>().is_some() {
        return Err(type_error(thread, "decoding str is not supported"));
    }
    let Some(data) = bytes::buffer(thread, value)? else {
        let message = format!("decoding to str: need a bytes-like object, {} found", type_name(value));
        return Err(type_error(thread, &message));
    };
    codec::decode(thread, &data, &encoding, &errors)
}

/// `list.__new__`: empty; the items come with `list_init`.
pub(crate) fn list_new(_: &Thread, class: Ref<PyType>, _: Ref<PyTuple>, _: Keywords) -> Result {
    Ok(PyList::of_type(class).upcast())
}

/// `list.__init__(iterable=())`.
pub(crate) fn list_init(thread: &Thread, list: Ref, arguments: Ref<PyTuple>, keywords: Keywords) -> Result<()> {
    if inherits_new(list.ty(), types::list()) {
        no_keywords(thread, "list", keywords)?;
    }
    positional(thread, "list", arguments.len(), 0, 1)?;
    drop(list.cast::<PyList>().take_all());
    match arguments.get(0) {
        Some(iterable) => super::list::extend(thread, list, iterable).map(drop),
        None => Ok(()),
    }
}

/// `dict.__new__`: empty; `super::dict::init` fills it.
pub(crate) fn dict_new(_: &Thread, class: Ref<PyType>, _: Ref<PyTuple>, _: Keywords) -> Result {
    Ok(PyDict::of_type(class).upcast())
}

/// `tuple(iterable=())`.
pub(crate) fn tuple_new(thread: &Thread, class: Ref<PyType>, arguments: Ref<PyTuple>, keywords: Keywords) -> Result {
    if inherits_init(class, types::tuple()) {
        no_keywords(thread, "tuple", keywords)?;
    }
    positional(thread, "tuple", arguments.len(), 0, 1)?;
    if !class.is(types::tuple()) {
        let items = arguments.get(0).map_or(Ok(Vec::new()), |iterable| collect(thread, iterable))?;
        return Ok(PyTuple::of_class(class, items).upcast());
    }
    Ok(match arguments.get(0) {
        None => PyTuple::empty().to_owned().upcast(),
        Some(iterable) if iterable.is_exact(types::tuple()) => iterable.to_owned(),
        Some(iterable) => PyTuple::from_vec(collect(thread, iterable)?).upcast(),
    })
}

/// `range(stop)`, `range(start, stop, step=1)`.
pub(crate) fn range_new(thread: &Thread, _: Ref<PyType>, arguments: Ref<PyTuple>, keywords: Keywords) -> Result {
    no_keywords(thread, "range", keywords)?;
    positional(thread, "range", arguments.len(), 1, 3)?;
    let number = |at: usize| index(thread, arguments.item(at)).map(|own| PyInt::from_big(own.to_big()));
    let (start, stop, step) = match arguments.len() {
        1 => (PyInt::from_i64(0), number(0)?, PyInt::from_i64(1)),
        2 => (number(0)?, number(1)?, PyInt::from_i64(1)),
        _ => (number(0)?, number(1)?, number(2)?),
    };
    if step.is_zero() {
        return Err(value_error(thread, "range() arg 3 must not be zero"));
    }
    let length = PyInt::from_big(range_length(&start, &stop, &step));
    Ok(PyRange::new(start.upcast(), stop.upcast(), step.upcast(), length.upcast()).upcast())
}

fn range_length(start: &PyInt, stop: &PyInt, step: &PyInt) -> BigInt {
    let (start, stop, step) = (start.to_big(), stop.to_big(), step.to_big());
    let distance = if step.is_positive() { stop - start } else { start - stop };
    if distance.is_positive() { distance.div_ceil(&step.abs()) } else { BigInt::zero() }
}

/// `slice(stop)`, `slice(start, stop, step=None)`.
pub(crate) fn slice_new(thread: &Thread, _: Ref<PyType>, arguments: Ref<PyTuple>, keywords: Keywords) -> Result {
    no_keywords(thread, "slice", keywords)?;
    positional(thread, "slice", arguments.len(), 1, 3)?;
    let part = |at: usize| arguments.get(at).map(Ref::to_owned);
    let slice =
        if arguments.len() == 1 { PySlice::new(None, part(0), None) } else { PySlice::new(part(0), part(1), part(2)) };
    Ok(slice.upcast())
}
