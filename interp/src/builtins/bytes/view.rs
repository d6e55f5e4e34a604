//! Views of memory: items, slices, casts (`Objects/memoryobject.c`), in one dimension.

use super::super::args::Parameters;
use super::super::support::{
    boolean, call, collect, index, index_error, index_isize, int, none, raise, same, type_error, type_name, value_error,
};
use super::{Data, buffer};
use crate::object::*;
use crate::runtime::{exceptions, number, object, slice};
use num_bigint::BigInt;

fn of(view: Ref) -> Ref<PyMemoryView> {
    view.cast()
}

/// Refuses a released view.
pub(crate) fn check(thread: &Thread, view: &PyMemoryView) -> Result<()> {
    match view.exporter() {
        Some(_) => Ok(()),
        None => Err(value_error(thread, "operation forbidden on released memoryview object")),
    }
}

/// Reads all the exporter's bytes.
fn with_all<T>(view: &PyMemoryView, read: impl FnOnce(&[u8]) -> T) -> Option<T> {
    let exporter = view.exporter()?;
    if let Some(array) = exporter.downcast::<PyByteArray>() {
        return Some(array.with(read));
    }
    exporter.downcast::<PyBytes>().map(|bytes| read(bytes.data()))
}

/// Where item number `at` lies.
fn place(strided: &Strided, at: usize) -> usize {
    (strided.start + strided.stride * at as isize) as usize
}

/// The bytes of a view's items in order; `None` once it is released.
pub(crate) fn bytes_of(view: &PyMemoryView) -> Option<Vec<u8>> {
    let own = &view.strided;
    with_all(view, |all| {
        (0..own.count).flat_map(|at| all[place(own, at)..place(own, at) + own.itemsize].iter().copied()).collect()
    })
}

/// Bytes of an item of a native format.
pub(crate) fn size_of_format(format: char) -> Option<usize> {
    Some(match format {
        'b' | 'B' | 'c' | '?' => 1,
        'h' | 'H' | 'e' => 2,
        'i' | 'I' | 'f' => 4,
        'l' | 'L' | 'q' | 'Q' | 'n' | 'N' | 'd' | 'P' => 8,
        _ => return None,
    })
}

fn is_signed(format: char) -> bool {
    matches!(format, 'b' | 'h' | 'i' | 'l' | 'q' | 'n')
}

/// An item's value.
fn unpack(format: char, raw: &[u8]) -> Owned {
    match format {
        'c' => PyBytes::new(raw).upcast(),
        '?' => boolean(raw.iter().any(|&byte| byte != 0)),
        'f' => PyFloat::new(f32::from_le_bytes(raw.try_into().unwrap_or_default()).into()).upcast(),
        'd' => PyFloat::new(f64::from_le_bytes(raw.try_into().unwrap_or_default())).upcast(),
        'e' => PyFloat::new(half_to_f64(u16::from_le_bytes(raw.try_into().unwrap_or_default()))).upcast(),
        _ if is_signed(format) => PyInt::from_big(BigInt::from_signed_bytes_le(raw)).upcast(),
        _ => PyInt::from_big(BigInt::from_bytes_le(num_bigint::Sign::Plus, raw)).upcast(),
    }
}

/// A float of 16 bits.
pub(crate) fn half_to_f64(half: u16) -> f64 {
    let sign = if half & 0x8000 != 0 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(half >> 10 & 0x1F), f64::from(half & 0x3FF));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

/// The bytes of a value as an item.
fn pack(thread: &Thread, format: char, value: Ref) -> Result<Vec<u8>> {
    let wrong_type = || type_error(thread, &format!("memoryview: invalid type for format '{format}'"));
    let wrong_value = || value_error(thread, &format!("memoryview: invalid value for format '{format}'"));
    match format {
        'c' => match value.downcast::<PyBytes>() {
            Some(bytes) if bytes.data().len() == 1 => Ok(bytes.data().to_vec()),
            Some(_) => Err(wrong_value()),
            None => Err(wrong_type()),
        },
        '?' => Ok(vec![u8::from(object::is_truthy(thread, value)?)]),
        'f' | 'd' => {
            let Ok(float) = number::as_f64(thread, value) else {
                thread.clear_exception();
                return Err(wrong_type());
            };
            Ok(if format == 'f' { (float as f32).to_le_bytes().to_vec() } else { float.to_le_bytes().to_vec() })
        }
        _ => {
            if value.ty().slots.nb_index.get().is_none() {
                return Err(wrong_type());
            }
            let size = size_of_format(format).unwrap_or(1);
            let big = index(thread, value)?.to_big();
            let bits = size as u64 * 8;
            let (low, high) = if is_signed(format) {
                (-(BigInt::from(1) << (bits - 1)), BigInt::from(1) << (bits - 1))
            } else {
                (BigInt::from(0), BigInt::from(1) << bits)
            };
            if big < low || big >= high {
                return Err(wrong_value());
            }
            let mut raw = big.to_signed_bytes_le();
            raw.resize(size, if big.sign() == num_bigint::Sign::Minus { 0xFF } else { 0 });
            Ok(raw)
        }
    }
}

/// A view of an object's bytes.
pub(crate) fn make(thread: &Thread, origin: Ref) -> Result<Owned<PyMemoryView>> {
    if let Some(view) = origin.downcast::<PyMemoryView>() {
        check(thread, &view)?;
        let exporter = view.exporter().unwrap_or(none_object()).to_owned();
        let made_of = view.origin().unwrap_or(none_object()).to_owned();
        return Ok(PyMemoryView::new(exporter, made_of, view.strided.clone(), view.readonly));
    }
    let (length, readonly) = match (origin.downcast::<PyBytes>(), origin.downcast::<PyByteArray>()) {
        (Some(bytes), _) => (bytes.data().len(), true),
        (None, Some(array)) => (array.len(), false),
        (None, None) => return make_of_other(thread, origin),
    };
    let strided = Strided { start: 0, stride: 1, count: length, itemsize: 1, format: 'B', marked: false };
    Ok(PyMemoryView::new(origin.to_owned(), origin.to_owned(), strided, readonly))
}

fn make_of_other(thread: &Thread, origin: Ref) -> Result<Owned<PyMemoryView>> {
    if origin.downcast::<PyStr>().is_none()
        && let Some(made) = super::special(thread, origin, "__buffer__", &[int(0).borrow()])?
    {
        return match made.downcast::<PyMemoryView>() {
            Ok(view) => Ok(view),
            Err(_) => Err(type_error(thread, "__buffer__ returned non-memoryview object")),
        };
    }
    let kind = type_name(origin);
    Err(type_error(thread, &format!("memoryview: a bytes-like object is required, not '{kind}'")))
}

/// `memoryview.__new__`.
pub(crate) fn new(thread: &Thread, _: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "memoryview", names: &["object"], required: 1, positional: 1 };
    let [origin] = PARAMETERS.bind_dict::<1>(thread, args, kwargs)?;
    make(thread, origin.unwrap_or(none_object())).map(Owned::upcast)
}

/// `__buffer__(flags)` of bytes, bytearray and memoryview.
pub(crate) fn buffer_of(thread: &Thread, origin: Ref, flags: Ref) -> Result {
    const WRITABLE: i64 = 1;
    let flags = index(thread, flags)?.as_i64().unwrap_or(0);
    let view = make(thread, origin)?;
    if flags & WRITABLE != 0 && view.readonly {
        return Err(raise(thread, exceptions::buffer_error(), "Object is not writable."));
    }
    Ok(view.upcast())
}

pub(crate) fn length(thread: &Thread, view: Ref) -> Result<isize> {
    check(thread, &of(view))?;
    Ok(of(view).strided.count as isize)
}

pub(crate) fn item(thread: &Thread, view: Ref, at: isize) -> Result {
    check(thread, &of(view))?;
    let view = of(view);
    let own = &view.strided;
    let Some(at) = usize::try_from(at).ok().filter(|&at| at < own.count) else {
        return Err(index_error(thread, "index out of bounds on dimension 1"));
    };
    let from = place(own, at);
    with_all(&view, |all| unpack(own.format, &all[from..from + own.itemsize])).map_or_else(|| Ok(none()), Ok)
}

/// Another view of the same memory.
fn again(view: Ref<PyMemoryView>, strided: Strided) -> Owned<PyMemoryView> {
    let exporter = view.exporter().unwrap_or(none_object()).to_owned();
    let origin = view.origin().unwrap_or(none_object()).to_owned();
    PyMemoryView::new(exporter, origin, strided, view.readonly)
}

fn sliced(thread: &Thread, view: Ref<PyMemoryView>, key: Ref<PySlice>) -> Result<Strided> {
    let own = &view.strided;
    let span = slice::span(thread, key, || own.count)?;
    let start = own.start + own.stride * span.start;
    Ok(Strided { start, stride: own.stride * span.step, count: span.count, ..own.clone() })
}

pub(crate) fn subscript(thread: &Thread, view: Ref, key: Ref) -> Result {
    check(thread, &of(view))?;
    if let Some(key) = key.downcast::<PySlice>() {
        return Ok(again(of(view), sliced(thread, of(view), key)?).upcast());
    }
    let number = |part: Ref| part.ty().slots.nb_index.get().is_some();
    if let Some(keys) = key.downcast::<PyTuple>().filter(|keys| keys.iter().all(number)) {
        return match keys.len() {
            0 => Err(raise(thread, exceptions::not_implemented_error(), "sub-views are not implemented")),
            1 => subscript(thread, view, keys.item(0)),
            count => {
                let message = format!("cannot index 1-dimension view with {count}-element tuple");
                Err(type_error(thread, &message))
            }
        };
    }
    if key.ty().slots.nb_index.get().is_none() {
        return Err(type_error(thread, "memoryview: invalid slice key"));
    }
    let at = number::index_isize(thread, key, Some(exceptions::index_error()))?;
    item(thread, view, if at < 0 { at + of(view).strided.count as isize } else { at })
}

pub(crate) fn set_subscript(thread: &Thread, view: Ref, key: Ref, value: Option<Ref>) -> Result<()> {
    let view = of(view);
    check(thread, &view)?;
    if view.readonly {
        return Err(type_error(thread, "cannot modify read-only memory"));
    }
    let Some(value) = value else { return Err(type_error(thread, "cannot delete memory")) };
    let (target, data) = if let Some(key) = key.downcast::<PySlice>() {
        let target = sliced(thread, view, key)?;
        let Some(data) = buffer(thread, value)? else {
            let kind = type_name(value);
            return Err(type_error(thread, &format!("a bytes-like object is required, not '{kind}'")));
        };
        let other = value.downcast::<PyMemoryView>().map_or('B', |other| other.strided.format);
        if other != target.format || data.len() != target.count * target.itemsize {
            let message = "memoryview assignment: lvalue and rvalue have different structures";
            return Err(value_error(thread, message));
        }
        (target, data.into_vec())
    } else {
        if key.ty().slots.nb_index.get().is_none() {
            return Err(type_error(thread, "memoryview: invalid slice key"));
        }
        let own = &view.strided;
        let at = number::index_isize(thread, key, Some(exceptions::index_error()))?;
        let at = if at < 0 { at + own.count as isize } else { at };
        let Some(at) = usize::try_from(at).ok().filter(|&at| at < own.count) else {
            return Err(index_error(thread, "index out of bounds on dimension 1"));
        };
        let data = pack(thread, own.format, value)?;
        (Strided { start: place(own, at) as isize, count: 1, ..own.clone() }, data)
    };
    check(thread, &view)?;
    if let Some(array) = view.exporter().and_then(|exporter| exporter.downcast::<PyByteArray>()) {
        array.change(|all| {
            for (at, piece) in data.chunks(target.itemsize).enumerate() {
                let from = place(&target, at);
                all[from..from + target.itemsize].copy_from_slice(piece);
            }
        });
    }
    Ok(())
}

/// The items as objects.
fn values(thread: &Thread, view: Ref<PyMemoryView>) -> Result<Vec<Owned>> {
    check(thread, &view)?;
    let raw = bytes_of(&view).unwrap_or_default();
    Ok(raw.chunks(view.strided.itemsize).map(|item| unpack(view.strided.format, item)).collect())
}

pub(crate) fn tolist(thread: &Thread, view: Ref) -> Result {
    values(thread, of(view)).map(|values| PyList::new(values).upcast())
}

pub(crate) fn tobytes(thread: &Thread, view: Ref, args: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters = Parameters { function: "tobytes", names: &["order"], required: 0, positional: 1 };
    let [_] = PARAMETERS.bind::<1>(thread, args, names)?;
    check(thread, &of(view))?;
    Ok(PyBytes::new(bytes_of(&of(view)).unwrap_or_default()).upcast())
}

pub(crate) fn release(_: &Thread, view: Ref) -> Result {
    of(view).let_go();
    Ok(none())
}

pub(crate) fn toreadonly(thread: &Thread, view: Ref) -> Result {
    check(thread, &of(view))?;
    let view = of(view);
    let exporter = view.exporter().unwrap_or(none_object()).to_owned();
    let origin = view.origin().unwrap_or(none_object()).to_owned();
    Ok(PyMemoryView::new(exporter, origin, view.strided.clone(), true).upcast())
}

/// `cast(format)`: between bytes and items of another size.
pub(crate) fn cast(thread: &Thread, view: Ref, args: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "cast", names: &["format", "shape"], required: 1, positional: 2 };
    let [format, shape] = PARAMETERS.bind::<2>(thread, args, names)?;
    check(thread, &of(view))?;
    let view = of(view);
    let own = &view.strided;
    let Some(format) = format.and_then(|format| format.downcast::<PyStr>()) else {
        let kind = format.map_or_else(String::new, type_name);
        return Err(type_error(thread, &format!("cast() argument 'format' must be str, not {kind}")));
    };
    let text = format.to_string_lossy();
    let name = text.trim_start_matches('@');
    let format = name.chars().next().filter(|_| name.chars().count() == 1);
    let Some((format, size)) = format.and_then(|format| Some((format, size_of_format(format)?))) else {
        let message = "memoryview: destination format must be a native single character format prefixed with an \
                       optional '@'";
        return Err(value_error(thread, message));
    };
    let bytes = |format: char| matches!(format, 'b' | 'B' | 'c');
    if own.stride != own.itemsize as isize {
        return Err(type_error(thread, "memoryview: casts are restricted to C-contiguous views"));
    }
    if !bytes(own.format) && !bytes(format) {
        let message = "memoryview: cannot cast between two non-byte formats";
        return Err(type_error(thread, message));
    }
    let total = own.count * own.itemsize;
    if !total.is_multiple_of(size) {
        return Err(type_error(thread, "memoryview: length is not a multiple of itemsize"));
    }
    if let Some(shape) = shape {
        let shape = collect(thread, shape)?;
        let product = shape.iter().try_fold(1, |all, one| Ok(all * index_isize(thread, one.borrow())?))?;
        if shape.len() != 1 || product as usize * size != total {
            let message = "memoryview: product(shape) * itemsize != buffer size";
            return Err(type_error(thread, message));
        }
    }
    let (stride, marked) = (size as isize, text.starts_with('@'));
    let strided = Strided { start: own.start, stride, count: total / size, itemsize: size, format, marked };
    Ok(again(view, strided).upcast())
}

pub(crate) fn count(thread: &Thread, view: Ref, wanted: Ref) -> Result {
    let mut found = 0;
    for value in values(thread, of(view))? {
        found += i64::from(same(thread, value.borrow(), wanted)?);
    }
    Ok(int(found))
}

pub(crate) fn index_of(thread: &Thread, view: Ref, args: &[Ref]) -> Result {
    super::super::args::positional(thread, "index", args.len(), 1, 3)?;
    let values = values(thread, of(view))?;
    let (start, stop) = super::super::support::range_of(thread, args, 1, values.len(), false)?;
    for (at, value) in values.iter().enumerate().take(stop).skip(start) {
        if same(thread, value.borrow(), args[0])? {
            return Ok(int(at as i64));
        }
    }
    Err(value_error(thread, "memoryview.index(x): x not found"))
}

pub(crate) fn hash(thread: &Thread, view: Ref) -> Result<isize> {
    let own = of(view);
    if own.hash.get() != -1 {
        return Ok(own.hash.get());
    }
    check(thread, &own)?;
    if !own.readonly {
        return Err(value_error(thread, "cannot hash writable memoryview object"));
    }
    if !matches!(own.strided.format, 'B' | 'b' | 'c') {
        return Err(value_error(thread, "memoryview: hashing is restricted to formats 'B', 'b' or 'c'"));
    }
    // What can change, or has no hash itself, gives none.
    let exporter = own.exporter().unwrap_or(none_object()).to_owned();
    object::hash(thread, exporter.borrow())?;
    own.hash.set(PyBytes::new(bytes_of(&own).unwrap_or_default()).hash());
    Ok(own.hash.get())
}

/// Views are equal to buffers whose items are.
pub(crate) fn compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(not_implemented().to_owned());
    }
    let answer = |equal: bool| Ok(boolean(equal == (op == CompareOp::Eq)));
    let as_view = |object: Ref| object.downcast::<PyMemoryView>();
    if let (Some(a), Some(b)) = (as_view(left), as_view(right)) {
        if a.exporter().is_none() || b.exporter().is_none() {
            return answer(a.is(b));
        }
        let (a, b) = (values(thread, a)?, values(thread, b)?);
        if a.len() != b.len() {
            return answer(false);
        }
        for (x, y) in a.iter().zip(&b) {
            if !object::is_equal(thread, x.borrow(), y.borrow())? {
                return answer(false);
            }
        }
        return answer(true);
    }
    let (view, other) = if let Some(view) = as_view(left) { (view, right) } else { (of(right), left) };
    match (bytes_of(&view), Data::of(other)) {
        (Some(own), Some(other)) => answer(own[..] == other[..]),
        _ => Ok(not_implemented().to_owned()),
    }
}

/// `__exit__`.
pub(crate) fn exit(thread: &Thread, view: Ref, _: &[Ref]) -> Result {
    release(thread, view)
}

/// `__enter__`.
pub(crate) fn enter(thread: &Thread, view: Ref) -> Result {
    check(thread, &of(view))?;
    Ok(view.to_owned())
}

/// `_from_flags(object, flags)`.
pub(crate) fn from_flags(thread: &Thread, class: Ref, args: &[Ref]) -> Result {
    super::super::args::positional(thread, "_from_flags", args.len(), 2, 2)?;
    let _ = class;
    buffer_of(thread, args[0], args[1])
}

/// A call that is not needed: the methods are reached by table.
pub(crate) fn hex(thread: &Thread, view: Ref, args: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    check(thread, &of(view))?;
    let plain = PyBytes::new(bytes_of(&of(view)).unwrap_or_default()).upcast();
    let method = object::get_attr(thread, plain.borrow(), PyStr::new("hex").borrow())?;
    if names.is_none() {
        return call(thread, method.borrow(), args);
    }
    crate::runtime::call::vector(thread, method.borrow(), args, names)
}
