//! Methods of str that go through tables and encodings: `encode`, `translate`, `expandtabs`.

use super::args::{Parameters, positional};
use super::codec;
use super::support::{index_isize, int, type_error, value_error};
use crate::object::*;
use crate::runtime::{error, exceptions, object};

fn of(object: Ref) -> Ref<PyStr> {
    object.cast()
}

pub(super) fn encode(thread: &Thread, string: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "encode", names: &["encoding", "errors"], required: 0, positional: 2 };
    let [encoding, errors] = PARAMETERS.bind::<2>(thread, arguments, names)?;
    if encoding.is_none_or(codec::is_utf8)
        && errors.is_none()
        && let Some(ascii) = of(string).as_ascii()
    {
        return Ok(PyBytes::new(ascii.as_bytes()).upcast());
    }
    let encoding = codec::option(thread, "encode", "encoding", encoding, "utf-8")?;
    let errors = codec::option(thread, "encode", "errors", errors, "strict")?;
    Ok(PyBytes::new(codec::encode(thread, of(string), &encoding, &errors)?).upcast())
}

pub(super) fn size(_: &Thread, string: Ref) -> Result {
    let string = of(string);
    let head = if string.is_ascii() { 40 } else { 56 };
    Ok(int(head + (string.len() as i64 + 1) * string.kind() as i64))
}

pub(super) fn expandtabs(thread: &Thread, string: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    static PARAMETERS: Parameters =
        Parameters { function: "expandtabs", names: &["tabsize"], required: 0, positional: 1 };
    let [size] = PARAMETERS.bind::<1>(thread, arguments, names)?;
    let size = size.map_or(Ok(8), |size| index_isize(thread, size))?;
    let size = usize::try_from(size).unwrap_or(0);
    let (mut out, mut column) = (StrBuilder::new(), 0);
    for point in of(string).points() {
        if point == u32::from('\t') {
            let fill = if size == 0 { 0 } else { size - column % size };
            column += fill;
            out.push_repeated(' '.into(), fill);
        } else {
            column = if matches!(point, 0x0A | 0x0D) { 0 } else { column + 1 };
            out.push(point);
        }
    }
    Ok(out.finish().upcast())
}

/// `str.maketrans(x[, y[, z]])`.
pub(super) fn maketrans(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "maketrans", arguments.len(), 1, 3)?;
    let table = PyDict::new();
    let own = table.borrow();
    if arguments.len() == 1 {
        let Some(from) = arguments[0].downcast::<PyDict>() else {
            let message = "if you give only one argument to maketrans it must be a dict";
            return Err(type_error(thread, message));
        };
        for (key, value) in from.items() {
            let key = match key.borrow().downcast::<PyStr>() {
                Some(text) if text.len() == 1 => int(text.char_at(0).into()),
                Some(_) => return Err(value_error(thread, "string keys in translatetable must be of length 1")),
                None if key.borrow().downcast::<PyInt>().is_some() => key,
                None => return Err(type_error(thread, "keys in translate table must be strings or integers")),
            };
            own.set(thread, key.borrow(), value)?;
        }
        return Ok(table.upcast());
    }
    let text = |at: usize| match arguments[at].downcast::<PyStr>() {
        Some(text) => Ok(text),
        None if at == 0 => {
            Err(type_error(thread, "first maketrans argument must be a string if there is a second argument"))
        }
        None => {
            let kind = super::support::type_name(arguments[at]);
            Err(type_error(thread, &format!("maketrans() argument {} must be str, not {kind}", at + 1)))
        }
    };
    let to = text(1)?;
    let gone = if arguments.len() == 3 { Some(text(2)?) } else { None };
    let from = text(0)?;
    if from.len() != to.len() {
        return Err(value_error(thread, "the first two maketrans arguments must have equal length"));
    }
    for (from, to) in from.points().zip(to.points()) {
        own.set(thread, int(from.into()).borrow(), int(to.into()))?;
    }
    for point in gone.iter().flat_map(|gone| gone.points()) {
        own.set(thread, int(point.into()).borrow(), none_object().to_owned())?;
    }
    Ok(table.upcast())
}

/// `str.translate(table)`: code points that the table does not have stay.
pub(super) fn translate(thread: &Thread, string: Ref, table: Ref) -> Result {
    let mut out = StrBuilder::new();
    for point in of(string).points() {
        let found = match object::get_item(thread, table, int(point.into()).borrow()) {
            Ok(found) => found,
            Err(raised) => {
                if !error::is_set_to(thread, exceptions::lookup_error()) {
                    return Err(raised);
                }
                thread.clear_exception();
                out.push(point);
                continue;
            }
        };
        let found = found.borrow();
        if found.is(none_object()) {
            continue;
        }
        match (found.downcast::<PyStr>(), found.downcast::<PyInt>()) {
            (Some(text), _) => out.push_str(text),
            (None, Some(number)) => match number.as_i64() {
                Some(point @ 0..=0x10_FFFF) => out.push(point as u32),
                _ => return Err(value_error(thread, "character mapping must be in range(0x110000)")),
            },
            (None, None) => {
                return Err(type_error(thread, "character mapping must return integer, None or str"));
            }
        }
    }
    Ok(out.finish().upcast())
}
