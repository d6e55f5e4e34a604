//! Exceptions with fields of their own: OSError, SyntaxError, ImportError, AttributeError, the Unicode errors; and what
//! pickling asks of exceptions (`Objects/exceptions.c`).

use super::exceptions::{self, of};
use super::{call, error, object, types};
use crate::object::*;

type Keywords = Option<Ref<PyDict>>;

/// Fields of OSError.
const ERRNO: usize = 0;
const STRERROR: usize = 1;
const FILENAME: usize = 2;
const FILENAME2: usize = 3;
const WRITTEN: usize = 4;

fn given(value: Option<Ref>) -> Option<Owned> {
    value.map(Ref::to_owned)
}

fn tuple<const N: usize>(items: [Owned; N]) -> Owned {
    PyTuple::from_array(items).upcast()
}

/// The type that an error number stands for.
fn os_error_of(number: i64) -> Option<Ref<PyType>> {
    Some(match number {
        11 | 114 | 115 => exceptions::blocking_io_error(),
        32 | 108 => exceptions::broken_pipe_error(),
        10 => exceptions::child_process_error(),
        103 => exceptions::connection_aborted_error(),
        111 => exceptions::connection_refused_error(),
        104 => exceptions::connection_reset_error(),
        17 => exceptions::file_exists_error(),
        2 => exceptions::file_not_found_error(),
        21 => exceptions::is_a_directory_error(),
        20 => exceptions::not_a_directory_error(),
        4 => exceptions::interrupted_error(),
        1 | 13 => exceptions::permission_error(),
        3 => exceptions::process_lookup_error(),
        110 => exceptions::timeout_error(),
        _ => return None,
    })
}

/// `OSError.__new__`: an error number picks the type.
pub(super) fn os_new(_: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, _: Keywords) -> Result {
    // A class with an `__init__` of its own parses there.
    let init = class.slots.init.get();
    if !init.is_some_and(|init| std::ptr::fn_addr_eq(init, os_init as slots::Init)) {
        return Ok(PyBaseException::new(class, PyTuple::empty().to_owned()).upcast());
    }
    let several = (2..=5).contains(&args.len());
    let number = args.get(0).and_then(|number| number.downcast::<PyInt>()).and_then(|number| number.as_i64());
    let chosen = number.filter(|_| several && class.is(exceptions::os_error())).and_then(os_error_of);
    let made = PyBaseException::new(chosen.unwrap_or(class), args.to_owned());
    fill_os(made.borrow().upcast(), args);
    Ok(made.upcast())
}

/// `OSError(errno, strerror, filename, winerror, filename2)`: with two arguments or more they become fields, and `args`
/// keeps two.
pub(super) fn os_init(thread: &Thread, exception: Ref, args: Ref<PyTuple>, kwargs: Keywords) -> Result<()> {
    call::no_keywords(thread, exception.ty().name(), kwargs)?;
    of(exception).args.set(args.to_owned());
    fill_os(exception, args);
    Ok(())
}

fn fill_os(exception: Ref, args: Ref<PyTuple>) {
    if !(2..=5).contains(&args.len()) {
        return;
    }
    let own = of(exception);
    own.extra(ERRNO).set(given(args.get(0)));
    own.extra(STRERROR).set(given(args.get(1)));
    if let Some(filename) = args.get(2).filter(|name| !object::is_none(*name)) {
        let blocking = exception.ty().is_subtype(exceptions::blocking_io_error());
        if blocking && filename.downcast::<PyInt>().is_some() {
            own.extra(WRITTEN).set(Some(filename.to_owned()));
            return;
        }
        own.extra(FILENAME).set(Some(filename.to_owned()));
        own.extra(FILENAME2).set(given(args.get(4)));
        own.args.set(args.slice(0, 2));
    }
}

pub(super) fn os_str(thread: &Thread, exception: Ref) -> Result {
    let own = of(exception);
    let field = |index: usize| own.extra(index).get().unwrap_or(none_object());
    if own.extra(FILENAME).get().is_none() && (own.extra(ERRNO).get().is_none() || own.extra(STRERROR).get().is_none())
    {
        return exceptions::str(thread, exception);
    }
    let (errno, strerror) = (field(ERRNO), field(STRERROR));
    let mut text = format!("[Errno {}] {}", object::str_text(thread, errno)?, object::str_text(thread, strerror)?);
    if let Some(filename) = own.extra(FILENAME).get() {
        text.push_str(": ");
        text.push_str(&object::repr_checked(thread, filename)?);
        if let Some(second) = own.extra(FILENAME2).get() {
            text.push_str(" -> ");
            text.push_str(&object::repr_checked(thread, second)?);
        }
    }
    Ok(PyStr::new(&text).upcast())
}

fn os_reduce(_: &Thread, exception: Ref) -> Result {
    let own = of(exception);
    let mut args = own.args.get().to_owned();
    if args.borrow().len() == 2
        && let Some(filename) = own.extra(FILENAME).get()
    {
        let (first, second) = (args.borrow().item(0).to_owned(), args.borrow().item(1).to_owned());
        args = match own.extra(FILENAME2).get() {
            None => PyTuple::from_array([first, second, filename.to_owned()]),
            Some(other) => {
                PyTuple::from_array([first, second, filename.to_owned(), object::new_none(), other.to_owned()])
            }
        };
    }
    Ok(with_dict(exception, args))
}

/// `(type, args)`, and the instance dict if there is one.
fn with_dict(exception: Ref, args: Owned<PyTuple>) -> Owned {
    let class = exception.ty().to_owned().upcast();
    match of(exception).dict.get().filter(|dict| !dict.is_empty()) {
        Some(dict) => tuple([class, args.upcast(), dict.to_owned().upcast()]),
        None => tuple([class, args.upcast()]),
    }
}

pub(super) static BASE_METHODS: &[MethodDef] = &[
    MethodDef::no_args("__reduce__", |_, exception| {
        let args = of(exception).args.get().to_owned();
        Ok(with_dict(exception, args))
    }),
    MethodDef::one("__setstate__", |thread, exception, state| {
        if object::is_none(state) {
            return Ok(object::new_none());
        }
        let Some(dict) = state.downcast::<PyDict>() else {
            return Err(error::type_error(thread, "state is not a dictionary"));
        };
        for (name, value) in dict.items() {
            let Some(name) = name.borrow().downcast::<PyStr>() else {
                return Err(error::type_error(thread, "attribute name must be string"));
            };
            object::set_attr(thread, exception, name, value.borrow())?;
        }
        Ok(object::new_none())
    }),
];

pub(super) static OS_METHODS: &[MethodDef] = &[MethodDef::no_args("__reduce__", os_reduce)];

/// `characters_written` of OSError.
pub(super) const WRITTEN_ATTRIBUTE: GetSetDef = GetSetDef::new(
    "characters_written",
    |thread, exception| match of(exception).extra(WRITTEN).get() {
        Some(count) => Ok(count.to_owned()),
        None => Err(error::attribute_error(thread, "characters_written")),
    },
    |thread, exception, value| {
        let Some(value) = value else {
            return match of(exception).extra(WRITTEN).take() {
                Some(_) => Ok(()),
                None => Err(error::attribute_error(thread, "characters_written")),
            };
        };
        let count = super::number::index_isize(thread, value, Some(exceptions::value_error()))?;
        of(exception).extra(WRITTEN).set(Some(PyInt::from_i64(count as i64).upcast()));
        Ok(())
    },
);

/// The state of an exception with fields beside its dict: the fields that are set, by name.
fn named_state(exception: Ref, fields: &[(&str, usize)]) -> Option<Owned<PyDict>> {
    let own = of(exception);
    let dict = own.dict.get().map_or_else(PyDict::new, |dict| dict.copy());
    for &(name, index) in fields {
        if let Some(value) = own.extra(index).get() {
            dict.set_str(PyStr::new(name).borrow(), value.to_owned());
        }
    }
    Some(dict).filter(|dict| !dict.borrow().is_empty())
}

fn reduce_with(exception: Ref, fields: &[(&str, usize)]) -> Owned {
    let class = exception.ty().to_owned().upcast();
    let args = of(exception).args.get().to_owned().upcast();
    match named_state(exception, fields) {
        Some(state) => tuple([class, args, state.upcast()]),
        None => tuple([class, args]),
    }
}

pub(super) static ATTRIBUTE_METHODS: &[MethodDef] = &[
    MethodDef::no_args("__getstate__", |_, exception| {
        let state = named_state(exception, &[("name", 0)]).unwrap_or_else(PyDict::new);
        state.set_str(PyStr::new("args").borrow(), of(exception).args.get().to_owned().upcast());
        Ok(state.upcast())
    }),
    MethodDef::no_args("__reduce__", |_, exception| {
        let class = exception.ty().to_owned().upcast();
        let args: Owned = of(exception).args.get().to_owned().upcast();
        let state = named_state(exception, &[("name", 0)]).unwrap_or_else(PyDict::new);
        state.set_str(PyStr::new("args").borrow(), args.clone());
        Ok(tuple([class, args, state.upcast()]))
    }),
];

pub(super) static IMPORT_METHODS: &[MethodDef] = &[MethodDef::no_args("__reduce__", |_, exception| {
    Ok(reduce_with(exception, &[("name", 0), ("path", 1), ("name_from", 2)]))
})];

/// `str(ImportError)`: the message alone.
pub(super) fn import_str(thread: &Thread, exception: Ref) -> Result {
    match of(exception).extra(3).get().filter(|message| message.is_exact(types::str())) {
        Some(message) => Ok(message.to_owned()),
        None => exceptions::str(thread, exception),
    }
}

/// Fields of SyntaxError.
const MSG: usize = 0;
const SYNTAX_FILENAME: usize = 1;
const LINENO: usize = 2;

/// `SyntaxError(msg, (filename, lineno, offset, text, end_lineno, end_offset, metadata))`.
pub(super) fn syntax_init(thread: &Thread, exception: Ref, args: Ref<PyTuple>, kwargs: Keywords) -> Result<()> {
    call::no_keywords(thread, exception.ty().name(), kwargs)?;
    let own = of(exception);
    own.args.set(args.to_owned());
    if let Some(message) = args.get(0) {
        own.extra(MSG).set(Some(message.to_owned()));
    }
    if args.len() != 2 {
        return Ok(());
    }
    let details = super::tuple::from_iterable(thread, args.item(1))?;
    let count = details.borrow().len();
    if !(4..=7).contains(&count) {
        let bound = if count < 4 { "at least 4 arguments" } else { "at most 7 arguments" };
        return Err(error::type_error(thread, format_args!("function takes {bound} ({count} given)")));
    }
    // filename, lineno, offset and text, then where it ends, then metadata.
    for (index, field) in [1, 2, 3, 4, 5, 6, 8].into_iter().enumerate().take(count) {
        own.extra(field).set(Some(details.borrow().item(index).to_owned()));
    }
    if count == 5 {
        return Err(error::type_error(thread, "end_offset must be provided when end_lineno is provided"));
    }
    Ok(())
}

pub(super) fn syntax_str(thread: &Thread, exception: Ref) -> Result {
    let own = of(exception);
    let message = object::str_text(thread, own.extra(MSG).get().unwrap_or(none_object()))?;
    let filename = own.extra(SYNTAX_FILENAME).get().and_then(|name| name.downcast::<PyStr>());
    let line = own.extra(LINENO).get().and_then(|line| line.downcast::<PyInt>()).and_then(|line| line.as_i64());
    let short = filename.map(|name| {
        let text = name.to_string_lossy();
        text.rsplit('/').next().unwrap_or_default().to_owned()
    });
    let text = match (short, line) {
        (Some(name), Some(line)) => format!("{message} ({name}, line {line})"),
        (Some(name), None) => format!("{message} ({name})"),
        (None, Some(line)) => format!("{message} (line {line})"),
        (None, None) => message,
    };
    Ok(PyStr::new(&text).upcast())
}

/// `(encoding, object, start, end, reason)`, of UnicodeEncodeError and UnicodeDecodeError.
pub(super) fn unicode_init(thread: &Thread, exception: Ref, args: Ref<PyTuple>, kwargs: Keywords) -> Result<()> {
    let decodes = exception.ty().is_subtype(exceptions::unicode_decode_error());
    let kinds = if decodes { ["str", "", "int", "int", "str"] } else { ["str", "str", "int", "int", "str"] };
    unicode_fields(thread, exception, args, kwargs, &kinds, 0)?;
    let object = args.item(1);
    if decodes && object.downcast::<PyBytes>().is_none() {
        let Some(data) = crate::builtins::bytes::buffer(thread, object)? else {
            let name = object.ty().name().to_owned();
            return Err(error::type_error(thread, format_args!("a bytes-like object is required, not '{name}'")));
        };
        of(exception).extra(1).set(Some(PyBytes::new(data.into_vec()).upcast()));
    }
    Ok(())
}

/// `(object, start, end, reason)`, of UnicodeTranslateError.
pub(super) fn translate_init(thread: &Thread, exception: Ref, args: Ref<PyTuple>, kwargs: Keywords) -> Result<()> {
    unicode_fields(thread, exception, args, kwargs, &["str", "int", "int", "str"], 1)
}

fn unicode_fields(
    thread: &Thread,
    exception: Ref,
    args: Ref<PyTuple>,
    kwargs: Keywords,
    kinds: &[&str],
    first: usize,
) -> Result<()> {
    call::no_keywords(thread, exception.ty().name(), kwargs)?;
    of(exception).args.set(args.to_owned());
    if args.len() != kinds.len() {
        let message = format!("function takes exactly {} arguments ({} given)", kinds.len(), args.len());
        return Err(error::type_error(thread, message));
    }
    for (index, (value, kind)) in args.iter().zip(kinds).enumerate() {
        let fits = match *kind {
            "str" => value.downcast::<PyStr>().is_some(),
            "int" => value.ty().slots.nb_index.get().is_some(),
            _ => true,
        };
        if !fits {
            let name = value.ty().name().to_owned();
            let message = match *kind {
                "int" => format!("'{name}' object cannot be interpreted as an integer"),
                kind => format!("argument {} must be {kind}, not {name}", index + 1),
            };
            return Err(error::type_error(thread, message));
        }
        of(exception).extra(first + index).set(Some(value.to_owned()));
    }
    Ok(())
}

pub(super) fn translate_str(thread: &Thread, exception: Ref) -> Result {
    let own = of(exception);
    let field = |index: usize| own.extra(index).get();
    let number = |index: usize| field(index).and_then(|n| n.downcast::<PyInt>()).and_then(|n| n.as_i64());
    let (Some(object), Some(start), Some(end)) = (field(1).and_then(|o| o.downcast::<PyStr>()), number(2), number(3))
    else {
        return Ok(empty_str().to_owned().upcast());
    };
    let reason = object::str_text(thread, field(4).unwrap_or(none_object()))?;
    let text = if end == start + 1 && (0..object.len() as i64).contains(&start) {
        let point = object.char_at(start as usize);
        let shown = match point {
            0..=0xFF => format!("\\x{point:02x}"),
            0x100..=0xFFFF => format!("\\u{point:04x}"),
            _ => format!("\\U{point:08x}"),
        };
        format!("can't translate character '{shown}' in position {start}: {reason}")
    } else {
        format!("can't translate characters in position {start}-{}: {reason}", end - 1)
    };
    Ok(PyStr::new(&text).upcast())
}

fn traceback_or_none(thread: &Thread, value: Ref, message: &str) -> Result<Option<Owned<PyTraceback>>> {
    if object::is_none(value) {
        return Ok(None);
    }
    match value.downcast::<PyTraceback>() {
        Some(traceback) => Ok(Some(traceback.to_owned())),
        None => {
            let name = value.ty().name().to_owned();
            Err(error::type_error(thread, format_args!("{message}, got '{name}'")))
        }
    }
}

/// `types.TracebackType(tb_next, tb_frame, tb_lasti, tb_lineno)`.
pub(super) fn new_traceback(thread: &Thread, _: Ref<PyType>, args: Ref<PyTuple>, kwargs: Keywords) -> Result {
    static SIGNATURE: call::Signature = call::Signature {
        function: "traceback",
        names: &["tb_next", "tb_frame", "tb_lasti", "tb_lineno"],
        positional_only: 0,
        keyword_only: 0,
        required: 4,
    };
    let [next, frame, lasti, lineno] = SIGNATURE.bind_tuple(thread, args, kwargs)?.map(|given| given.known());
    let Some(frame) = frame.downcast::<PyFrameObject>() else {
        let name = frame.ty().name().to_owned();
        let message = format!("traceback() argument 'tb_frame' must be frame, not {name}");
        return Err(error::type_error(thread, message));
    };
    let number = |value: Ref| super::number::index_isize(thread, value, Some(exceptions::overflow_error()));
    let (lasti, lineno) = (number(lasti)? as i32, number(lineno)? as i32);
    let next = traceback_or_none(thread, next, "expected traceback object or None")?;
    Ok(PyTraceback::new(next, frame.to_owned(), lasti, lineno).upcast())
}

/// The setter of `tb_next`: tracebacks stay a chain that ends.
pub(super) fn set_next(thread: &Thread, traceback: Ref, value: Option<Ref>) -> Result<()> {
    let Some(value) = value else { return Err(error::type_error(thread, "can't delete tb_next attribute")) };
    let next = traceback_or_none(thread, value, "expected traceback object")?;
    let mut at = next.as_ref().map(Owned::borrow);
    while let Some(entry) = at {
        if entry.is(traceback) {
            return Err(error::value_error(thread, "traceback loop detected"));
        }
        at = entry.next.get();
    }
    traceback.cast::<PyTraceback>().next.set(next);
    Ok(())
}
