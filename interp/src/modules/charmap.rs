//! Encodings by tables, which the library's packages hold (`charmap_decode`, `charmap_encode`, `charmap_build`).

use super::{buffer, text_argument};
use crate::exit::Raised;
use crate::object::*;
use crate::runtime::{call, error, exceptions, iter, number, object};

pub(super) static FUNCTIONS: &[MethodDef] = &[
    MethodDef::fast("charmap_decode", decode),
    MethodDef::fast("charmap_encode", encode),
    MethodDef::one("charmap_build", |thread, _, table| {
        let Some(table) = table.downcast::<PyStr>() else {
            let text = format!("charmap_build() argument must be str, not {}", table.ty().name());
            return Err(error::type_error(thread, text));
        };
        let map = PyDict::new();
        for (byte, point) in table.points().enumerate() {
            let key = PyInt::from_i64(point.into());
            map.borrow().set(thread, key.borrow().upcast(), PyInt::from_i64(byte as i64).upcast())?;
        }
        Ok(map.upcast())
    }),
];

fn errors_of(thread: &Thread, arguments: &[Ref]) -> Result<String> {
    match arguments.get(1).filter(|errors| !object::is_none(**errors)) {
        Some(errors) => text_argument(thread, "errors", *errors),
        None => Ok("strict".to_owned()),
    }
}

/// What a map has for a key; `None` for nothing.
fn mapped(thread: &Thread, map: Ref, key: u32) -> Result<Option<Owned>> {
    let key = PyInt::from_i64(key.into());
    match object::get_item(thread, map, key.borrow().upcast()) {
        Ok(value) if object::is_none(value.borrow()) => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(Raised) if error::is_set_to(thread, exceptions::lookup_error()) => {
            thread.clear_exception();
            Ok(None)
        }
        Err(raised) => Err(raised),
    }
}

/// Asks an error handler: its replacement, and where to go on.
fn handled(
    thread: &Thread,
    class: Ref<PyType>,
    object: Ref,
    (start, end): (usize, usize),
    errors: &str,
) -> Result<(Owned, usize)> {
    let encoding = PyStr::new("charmap");
    let why = PyStr::new("character maps to <undefined>");
    let (from, to) = (PyInt::from_i64(start as i64), PyInt::from_i64(end as i64));
    let arguments =
        [encoding.borrow().upcast(), object, from.borrow().upcast(), to.borrow().upcast(), why.borrow().upcast()];
    let problem = call::with(thread, class.upcast(), &arguments)?;
    let lookup = super::imported(thread, "_codecs", "lookup_error")?;
    let name = PyStr::new(errors);
    let handler = call::with(thread, lookup.borrow(), &[name.borrow().upcast()])?;
    let answer = call::with(thread, handler.borrow(), &[problem.borrow()])?;
    let parts = iter::collect(thread, answer.borrow())?;
    let [replacement, next] = &parts[..] else {
        return Err(error::type_error(thread, "encoding error handler must return (str/bytes, int) tuple"));
    };
    let length = object::length(thread, object)? as i64;
    let given = number::as_i64(thread, next.borrow())?;
    let next = if given < 0 { given + length } else { given };
    if !(0..=length).contains(&next) {
        let text = format!("position {given} from error handler out of bounds");
        return Err(error::set_string(thread, exceptions::index_error(), &text));
    }
    Ok((replacement.clone(), next as usize))
}

/// `charmap_decode(data, errors=None, mapping=None)`.
fn decode(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "charmap_decode", arguments.len(), 1, 3)?;
    let data = buffer(thread, arguments[0], "a bytes-like object is required")?;
    let errors = errors_of(thread, arguments)?;
    let map = arguments.get(2).copied().filter(|map| !object::is_none(*map));
    let whole = PyBytes::new(data.clone());
    let mut out = StrBuilder::new();
    let mut at = 0;
    while let Some(&byte) = data.get(at) {
        let table = map.and_then(|map| map.downcast::<PyStr>());
        let found = match (map, table) {
            (None, _) => Some(u32::from(byte)),
            (_, Some(table)) if usize::from(byte) < table.len() => {
                Some(table.char_at(byte.into())).filter(|&point| point != 0xFFFE)
            }
            (_, Some(_)) => None,
            (Some(map), None) => match mapped(thread, map, byte.into())? {
                None => None,
                Some(value) => match (value.borrow().downcast::<PyStr>(), value.borrow().downcast::<PyInt>()) {
                    (Some(text), _) => {
                        out.push_str(text);
                        at += 1;
                        continue;
                    }
                    (_, Some(point)) => match point.as_i64() {
                        Some(0xFFFE) => None,
                        Some(point @ 0..=0x10_FFFF) => Some(point as u32),
                        _ => {
                            let text = "character mapping must be in range(0x110000)";
                            return Err(error::type_error(thread, text));
                        }
                    },
                    _ => {
                        let text = "character mapping must return integer, None or str";
                        return Err(error::type_error(thread, text));
                    }
                },
            },
        };
        match found {
            Some(point) => {
                out.push(point);
                at += 1;
            }
            None => {
                let class = exceptions::unicode_decode_error();
                let (text, next) = handled(thread, class, whole.borrow().upcast(), (at, at + 1), &errors)?;
                match text.borrow().downcast::<PyStr>() {
                    Some(text) => out.push_str(text),
                    None => {
                        let text = "decoding error handler must return (str, int) tuple";
                        return Err(error::type_error(thread, text));
                    }
                }
                at = next;
            }
        }
    }
    let length = PyInt::from_i64(data.len() as i64).upcast();
    Ok(PyTuple::from_array([out.finish().upcast(), length]).upcast())
}

/// The bytes of a code point; `None` if it has none.
fn bytes_for(thread: &Thread, map: Option<Ref>, point: u32) -> Result<Option<Vec<u8>>> {
    let Some(map) = map else { return Ok(u8::try_from(point).ok().map(|byte| vec![byte])) };
    let Some(value) = mapped(thread, map, point)? else { return Ok(None) };
    if let Some(bytes) = value.borrow().downcast::<PyBytes>() {
        return Ok(Some(bytes.data().to_vec()));
    }
    match value.borrow().downcast::<PyInt>().map(|int| int.as_i64()) {
        Some(Some(byte @ 0..=255)) => Ok(Some(vec![byte as u8])),
        Some(_) => Err(error::type_error(thread, "character mapping must be in range(256)")),
        None => {
            let text =
                format!("character mapping must return integer, bytes or None, not {}", value.borrow().ty().name());
            Err(error::type_error(thread, text))
        }
    }
}

/// `charmap_encode(str, errors=None, mapping=None)`.
fn encode(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "charmap_encode", arguments.len(), 1, 3)?;
    let Some(text) = arguments[0].downcast::<PyStr>() else {
        let text = format!("charmap_encode() argument 1 must be str, not {}", arguments[0].ty().name());
        return Err(error::type_error(thread, text));
    };
    let errors = errors_of(thread, arguments)?;
    let map = arguments.get(2).copied().filter(|map| !object::is_none(*map));
    let (mut out, mut at) = (Vec::with_capacity(text.len()), 0);
    while at < text.len() {
        if let Some(bytes) = bytes_for(thread, map, text.char_at(at))? {
            out.extend(bytes);
            at += 1;
            continue;
        }
        // All that have no bytes are one fault.
        let mut end = at + 1;
        while end < text.len() && bytes_for(thread, map, text.char_at(end))?.is_none() {
            end += 1;
        }
        let class = exceptions::unicode_encode_error();
        let (replacement, next) = handled(thread, class, text.upcast(), (at, end), &errors)?;
        match replacement.borrow().downcast::<PyStr>() {
            None => out.extend(buffer(thread, replacement.borrow(), "encoding error handler must return bytes")?),
            Some(instead) => {
                for point in instead.points() {
                    match bytes_for(thread, map, point)? {
                        Some(bytes) => out.extend(bytes),
                        None => return handled(thread, class, text.upcast(), (at, end), "strict").map(|(x, _)| x),
                    }
                }
            }
        }
        at = next;
    }
    let length = PyInt::from_i64(text.len() as i64).upcast();
    Ok(PyTuple::from_array([PyBytes::new(out).upcast(), length]).upcast())
}
