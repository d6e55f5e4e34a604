//! The exception types (`Objects/exceptions.c`) and what their instances do.

use super::exception_types as more;
use super::groups::{new as new_group, str as group_str};
use super::{call, error, names, object, types};
use crate::object::types::flags;
use crate::object::*;

const BASE_FLAGS: u64 = flags::BASETYPE | flags::HAVE_GC | flags::BASE_EXC_SUBCLASS;

/// `BaseException`.
pub(crate) static BASE_EXCEPTION: PyType = PyType::container::<PyBaseException>(TypeSpec {
    name: "BaseException",
    flags: BASE_FLAGS,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(repr),
        str: slot(str),
        new: slot(new),
        init: slot(init),
        dict_of: slot(instance_dict),
        ..Slots::NONE
    },
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::EMPTY
});

/// `BaseException` (`PyExc_BaseException`).
#[inline(always)]
pub(crate) const fn base_exception() -> Ref<PyType> {
    Ref::from_static(&BASE_EXCEPTION)
}

macro_rules! exceptions {
    ($($function:ident, $name:ident, $base:ident $(, $slot:ident: $value:expr)*;)*) => {
        /// The static type objects, by their Python names.
        #[allow(non_upper_case_globals)]
        pub(crate) mod statics {
            use super::*;
            use super::BASE_EXCEPTION as BaseException;
            $(pub(crate) static $name: PyType = PyType::container::<PyBaseException>(TypeSpec {
                name: stringify!($name),
                flags: BASE_FLAGS,
                base: Some(&$base),
                slots: Slots { $($slot: slot($value),)* ..Slots::NONE },
                methods: own_methods(stringify!($name)),
                getset: own_attributes(stringify!($name)),
                ..TypeSpec::EMPTY
            });)*
        }

        $(#[doc = concat!("`", stringify!($name), "`.")]
        #[inline(always)]
        pub(crate) const fn $function() -> Ref<PyType> {
            Ref::from_static(&statics::$name)
        })*

        /// Every exception type, bases first.
        pub(crate) static ALL: &[&PyType] = &[&BASE_EXCEPTION, $(&statics::$name,)*];
    };
}

exceptions! {
    exception, Exception, BaseException, new: new;
    generator_exit, GeneratorExit, BaseException, new: new;
    keyboard_interrupt, KeyboardInterrupt, BaseException, new: new;
    system_exit, SystemExit, BaseException, init: init_value;
    base_exception_group, BaseExceptionGroup, BaseException, new: new_group, str: group_str;
    stop_iteration, StopIteration, Exception, init: init_value;
    stop_async_iteration, StopAsyncIteration, Exception, new: new;
    arithmetic_error, ArithmeticError, Exception, new: new;
    floating_point_error, FloatingPointError, ArithmeticError, new: new;
    overflow_error, OverflowError, ArithmeticError, new: new;
    zero_division_error, ZeroDivisionError, ArithmeticError, new: new;
    assertion_error, AssertionError, Exception, new: new;
    attribute_error, AttributeError, Exception, init: init_attribute;
    buffer_error, BufferError, Exception, new: new;
    eof_error, EOFError, Exception, new: new;
    import_error, ImportError, Exception, init: init_import, str: more::import_str;
    module_not_found_error, ModuleNotFoundError, ImportError;
    lookup_error, LookupError, Exception, new: new;
    index_error, IndexError, LookupError, new: new;
    key_error, KeyError, LookupError, str: key_error_str;
    memory_error, MemoryError, Exception, new: new;
    name_error, NameError, Exception, init: init_name;
    unbound_local_error, UnboundLocalError, NameError;
    os_error, OSError, Exception, new: more::os_new, str: more::os_str, init: more::os_init;
    blocking_io_error, BlockingIOError, OSError;
    child_process_error, ChildProcessError, OSError;
    connection_error, ConnectionError, OSError;
    broken_pipe_error, BrokenPipeError, ConnectionError;
    connection_aborted_error, ConnectionAbortedError, ConnectionError;
    connection_refused_error, ConnectionRefusedError, ConnectionError;
    connection_reset_error, ConnectionResetError, ConnectionError;
    file_exists_error, FileExistsError, OSError;
    file_not_found_error, FileNotFoundError, OSError;
    interrupted_error, InterruptedError, OSError;
    is_a_directory_error, IsADirectoryError, OSError;
    not_a_directory_error, NotADirectoryError, OSError;
    permission_error, PermissionError, OSError;
    process_lookup_error, ProcessLookupError, OSError;
    timeout_error, TimeoutError, OSError;
    reference_error, ReferenceError, Exception, new: new;
    runtime_error, RuntimeError, Exception, new: new;
    not_implemented_error, NotImplementedError, RuntimeError, new: new;
    python_finalization_error, PythonFinalizationError, RuntimeError, new: new;
    recursion_error, RecursionError, RuntimeError, new: new;
    syntax_error, SyntaxError, Exception, init: more::syntax_init, str: more::syntax_str;
    indentation_error, IndentationError, SyntaxError;
    tab_error, TabError, IndentationError;
    incomplete_input_error, _IncompleteInputError, SyntaxError;
    system_error, SystemError, Exception, new: new;
    type_error, TypeError, Exception, new: new;
    value_error, ValueError, Exception, new: new;
    unicode_error, UnicodeError, ValueError, new: new;
    unicode_decode_error, UnicodeDecodeError, UnicodeError, new: new, init: more::unicode_init, str: unicode_str;
    unicode_encode_error, UnicodeEncodeError, UnicodeError, new: new, init: more::unicode_init, str: unicode_str;
    unicode_translate_error, UnicodeTranslateError, UnicodeError, new: new, init: more::translate_init, str: more::translate_str;
    warning, Warning, Exception, new: new;
    bytes_warning, BytesWarning, Warning, new: new;
    deprecation_warning, DeprecationWarning, Warning, new: new;
    encoding_warning, EncodingWarning, Warning, new: new;
    future_warning, FutureWarning, Warning, new: new;
    import_warning, ImportWarning, Warning, new: new;
    pending_deprecation_warning, PendingDeprecationWarning, Warning, new: new;
    resource_warning, ResourceWarning, Warning, new: new;
    runtime_warning, RuntimeWarning, Warning, new: new;
    syntax_warning, SyntaxWarning, Warning, new: new;
    unicode_warning, UnicodeWarning, Warning, new: new;
    user_warning, UserWarning, Warning, new: new;
}

/// An exception's struct.
pub(crate) fn of(exception: Ref) -> Ref<PyBaseException> {
    exception.cast()
}

fn new(thread: &Thread, ty: Ref<PyType>, args: Ref<PyTuple>, _kwargs: Option<Ref<PyDict>>) -> Result {
    let _ = thread;
    Ok(PyBaseException::new(ty, args.to_owned()).upcast())
}

fn init(thread: &Thread, exception: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    call::no_keywords(thread, exception.ty().name(), kwargs)?;
    of(exception).args.set(args.to_owned());
    Ok(())
}

/// `StopIteration`, `SystemExit`: the first argument is the value.
fn init_value(thread: &Thread, exception: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    init(thread, exception, args, kwargs)?;
    let value = match args.len() {
        0 => None,
        1 => args.get(0).map(Ref::to_owned),
        // SystemExit takes all its arguments then, StopIteration the first.
        _ if exception.ty().is_subtype(system_exit()) => Some(args.to_owned().upcast()),
        _ => args.get(0).map(Ref::to_owned),
    };
    of(exception).extra(0).set(value);
    Ok(())
}

/// Sets fields from the keyword arguments that a type takes, and `args` from the others.
fn init_keywords(
    thread: &Thread,
    exception: Ref,
    args: Ref<PyTuple>,
    kwargs: Option<Ref<PyDict>>,
    fields: &[(&str, usize)],
) -> Result<()> {
    of(exception).args.set(args.to_owned());
    let Some(kwargs) = kwargs else { return Ok(()) };
    for (key, value) in kwargs.items() {
        let name = key.borrow().downcast::<PyStr>().map(Ref::to_string_lossy).unwrap_or_default();
        match fields.iter().find(|(field, _)| *field == name) {
            Some((_, index)) => of(exception).extra(*index).set(Some(value)),
            None => {
                let ty = exception.ty();
                let possible = fields.iter().map(|(field, _)| *field);
                let message = super::suggestions::unexpected_keyword(ty.name(), &name, possible);
                return Err(error::type_error(thread, message));
            }
        }
    }
    Ok(())
}

fn init_name(thread: &Thread, exception: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    init_keywords(thread, exception, args, kwargs, &[("name", 0)])
}

fn init_attribute(thread: &Thread, exception: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    init_keywords(thread, exception, args, kwargs, &[("name", 0), ("obj", 1)])
}

fn init_import(thread: &Thread, exception: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    init_keywords(thread, exception, args, kwargs, &[("name", 0), ("path", 1), ("name_from", 2)])?;
    of(exception).extra(3).set(if args.len() == 1 { args.get(0).map(Ref::to_owned) } else { None });
    Ok(())
}

fn unicode_str(thread: &Thread, exception: Ref) -> Result {
    let own = of(exception);
    let field = |index: usize| own.extra(index).get().unwrap_or(none_object());
    let text = |index: usize| object::str_text(thread, field(index));
    let (Some(start), Some(end)) = (field(2).downcast::<PyInt>(), field(3).downcast::<PyInt>()) else {
        return str(thread, exception);
    };
    let (start, end) = (start.as_i64().unwrap_or(0), end.as_i64().unwrap_or(0));
    let encoding = text(0)?;
    let reason = text(4)?;
    let message = match (field(1).downcast::<PyStr>(), field(1).downcast::<PyBytes>()) {
        (Some(string), _) if end == start + 1 && (start as usize) < string.len() => {
            let point = string.char_at(start as usize);
            let shown = match point {
                0..=0xFF => format!("\\x{point:02x}"),
                0x100..=0xFFFF => format!("\\u{point:04x}"),
                _ => format!("\\U{point:08x}"),
            };
            format!("'{encoding}' codec can't encode character '{shown}' in position {start}: {reason}")
        }
        (Some(_), _) => {
            format!("'{encoding}' codec can't encode characters in position {start}-{}: {reason}", end - 1)
        }
        (None, Some(bytes)) if end == start + 1 && (start as usize) < bytes.data().len() => {
            let byte = bytes.data()[start as usize];
            format!("'{encoding}' codec can't decode byte 0x{byte:02x} in position {start}: {reason}")
        }
        _ => format!("'{encoding}' codec can't decode bytes in position {start}-{}: {reason}", end - 1),
    };
    Ok(PyStr::new(&message).upcast())
}

pub(super) fn str(thread: &Thread, exception: Ref) -> Result {
    let args = of(exception).args.get();
    match args.len() {
        0 => Ok(empty_str().to_owned().upcast()),
        1 => object::str(thread, args.item(0)),
        _ => object::str(thread, args.upcast()),
    }
}

fn repr(thread: &Thread, exception: Ref) -> Result {
    let args = of(exception).args.get().to_owned();
    let mut out = StrBuilder::new();
    out.push_text(&types::short_name(exception.ty()));
    if args.borrow().len() == 1 {
        out.push('('.into());
        out.push_str(object::repr(thread, args.borrow().item(0))?.borrow().cast());
        out.push(')'.into());
    } else {
        out.push_str(object::repr(thread, args.borrow().upcast())?.borrow().cast());
    }
    Ok(out.finish().upcast())
}

/// A KeyError shows its key by repr.
fn key_error_str(thread: &Thread, exception: Ref) -> Result {
    let args = of(exception).args.get();
    if args.len() == 1 { object::repr(thread, args.item(0)) } else { str(thread, exception) }
}

static METHODS: &[MethodDef] = &[
    MethodDef::one("with_traceback", |thread, exception, traceback| {
        set_traceback(thread, exception, Some(traceback))?;
        Ok(exception.to_owned())
    }),
    MethodDef::one("add_note", add_note),
];

/// What pickling asks of every exception.
pub(crate) static PICKLING: &[MethodDef] = more::BASE_METHODS;

/// `BaseException.add_note`.
fn add_note(thread: &Thread, exception: Ref, note: Ref) -> Result {
    if note.downcast::<PyStr>().is_none() {
        return Err(error::type_error(
            thread,
            format_args!("add_note() argument must be str, not {}", note.ty().name()),
        ));
    }
    let name = PyStr::new("__notes__");
    let notes = match object::get_optional_attr(thread, exception, name.borrow())? {
        Some(notes) => notes,
        None => {
            let notes = PyList::new(Vec::new()).upcast();
            object::set_attr(thread, exception, name.borrow(), notes.borrow())?;
            notes
        }
    };
    let Some(notes) = notes.borrow().downcast::<PyList>() else {
        return Err(error::type_error(thread, "Cannot add note: __notes__ is not a list"));
    };
    notes.push(note.to_owned());
    Ok(none_object().to_owned())
}

/// Adds a note to the exception that is set.
pub(crate) fn add_note_to_current(thread: &Thread, note: &str) {
    let Some(exception) = thread.take_exception() else { return };
    let note = PyStr::new(note);
    if add_note(thread, exception.borrow(), note.borrow().upcast()).is_err() {
        thread.clear_exception();
    }
    thread.set_exception(exception);
}

static GETSET: &[GetSetDef] = &[
    GetSetDef::new("args", |_, e| Ok(of(e).args.get().to_owned().upcast()), set_args),
    GetSetDef::new("__traceback__", |_, e| Ok(optional(of(e).traceback.get().map(Ref::upcast))), set_traceback),
    GetSetDef::new("__context__", |_, e| Ok(optional(of(e).context.get())), set_context),
    GetSetDef::new("__cause__", |_, e| Ok(optional(of(e).cause.get())), set_cause),
    GetSetDef::new(
        "__suppress_context__",
        |_, e| Ok(bool_object(of(e).suppress_context.get()).to_owned()),
        |thread, e, value| {
            let truth = match value {
                Some(value) => object::is_truthy(thread, value)?,
                None => return Err(error::type_error(thread, "can't delete numeric/char attribute")),
            };
            of(e).suppress_context.set(truth);
            Ok(())
        },
    ),
    GetSetDef::new(
        "__dict__",
        |_, e| Ok(instance_dict(e, true).known().to_owned().upcast()),
        |thread, e, value| match value.and_then(|value| value.downcast::<PyDict>()) {
            Some(dict) => {
                of(e).dict.set(Some(dict.to_owned()));
                Ok(())
            }
            None if value.is_none() => Err(error::type_error(thread, "__dict__ may not be deleted")),
            None => Err(error::type_error(thread, "__dict__ must be a dictionary")),
        },
    ),
];

/// The methods that exception types have beyond those of BaseException.
const fn own_methods(name: &str) -> &'static [MethodDef] {
    match name.as_bytes() {
        b"BaseExceptionGroup" => super::groups::METHODS,
        b"OSError" => more::OS_METHODS,
        b"AttributeError" => more::ATTRIBUTE_METHODS,
        b"ImportError" => more::IMPORT_METHODS,
        _ => &[],
    }
}

/// `ExceptionGroup`, which has two bases and so is a class made at start.
pub(crate) fn exception_group(thread: &Thread) -> Ref<PyType> {
    thread.state.exception_group.get().known()
}

/// Makes `ExceptionGroup(BaseExceptionGroup, Exception)`.
pub(crate) fn make_exception_group(thread: &Thread) {
    let name = PyStr::new("ExceptionGroup");
    let bases = PyTuple::from_refs(&[base_exception_group().upcast(), exception().upcast()]);
    let namespace = PyDict::new();
    namespace.set_str(names::module(), PyStr::new("builtins").upcast());
    let class = call::with(
        thread,
        types::type_().upcast(),
        &[name.borrow().upcast(), bases.borrow().upcast(), namespace.borrow().upcast()],
    );
    let class = class.unwrap_or_else(|_| error::fatal("ExceptionGroup cannot be made"));
    thread.state.exception_group.set(Some(class.cast()));
}

/// The attributes that exception types have beyond those of BaseException.
const fn own_attributes(name: &str) -> &'static [GetSetDef] {
    macro_rules! field {
        ($name:literal, $index:literal) => {
            GetSetDef::new(
                $name,
                |_, e| Ok(optional(of(e).extra($index).get())),
                |_, e, value| {
                    of(e).extra($index).set(value.map(Ref::to_owned));
                    Ok(())
                },
            )
        };
    }
    static VALUE: &[GetSetDef] = &[field!("value", 0)];
    static CODE: &[GetSetDef] = &[field!("code", 0)];
    static NAME: &[GetSetDef] = &[field!("name", 0)];
    static ATTRIBUTE: &[GetSetDef] = &[field!("name", 0), field!("obj", 1)];
    static IMPORT: &[GetSetDef] = &[field!("name", 0), field!("path", 1), field!("name_from", 2), field!("msg", 3)];
    static OS: &[GetSetDef] = &[
        field!("errno", 0),
        field!("strerror", 1),
        field!("filename", 2),
        field!("filename2", 3),
        more::WRITTEN_ATTRIBUTE,
    ];
    static SYNTAX: &[GetSetDef] = &[
        field!("msg", 0),
        field!("filename", 1),
        field!("lineno", 2),
        field!("offset", 3),
        field!("text", 4),
        field!("end_lineno", 5),
        field!("end_offset", 6),
        field!("print_file_and_line", 7),
        field!("_metadata", 8),
    ];
    static GROUP: &[GetSetDef] = &[
        GetSetDef::field("message", |_, e| Ok(optional(of(e).extra(0).get()))),
        GetSetDef::field("exceptions", |_, e| Ok(optional(of(e).extra(1).get()))),
    ];
    static UNICODE: &[GetSetDef] =
        &[field!("encoding", 0), field!("object", 1), field!("start", 2), field!("end", 3), field!("reason", 4)];
    match name.as_bytes() {
        b"StopIteration" => VALUE,
        b"SystemExit" => CODE,
        b"NameError" => NAME,
        b"AttributeError" => ATTRIBUTE,
        b"ImportError" => IMPORT,
        b"OSError" => OS,
        b"BaseExceptionGroup" => GROUP,
        b"SyntaxError" => SYNTAX,
        b"UnicodeDecodeError" | b"UnicodeEncodeError" | b"UnicodeTranslateError" => UNICODE,
        _ => &[],
    }
}

fn optional(value: Option<Ref>) -> Owned {
    value.unwrap_or(none_object()).to_owned()
}

fn set_args(thread: &Thread, exception: Ref, value: Option<Ref>) -> Result<()> {
    let Some(value) = value else { return Err(error::type_error(thread, "args may not be deleted")) };
    let args = super::tuple::from_iterable(thread, value)?;
    of(exception).args.set(args);
    Ok(())
}

fn set_traceback(thread: &Thread, exception: Ref, value: Option<Ref>) -> Result<()> {
    let traceback = match value {
        None => return Err(error::type_error(thread, "__traceback__ may not be deleted")),
        Some(value) if value.is(none_object()) => None,
        Some(value) => match value.downcast::<PyTraceback>() {
            Some(traceback) => Some(traceback.to_owned()),
            None => return Err(error::type_error(thread, "__traceback__ must be a traceback or None")),
        },
    };
    of(exception).traceback.set(traceback);
    Ok(())
}

fn link(thread: &Thread, value: Option<Ref>, what: &str) -> Result<Option<Owned>> {
    match value {
        None => Err(error::type_error(thread, format_args!("{what} may not be deleted"))),
        Some(value) if value.is(none_object()) => Ok(None),
        Some(value) if types::is_exception(value) => Ok(Some(value.to_owned())),
        Some(_) => Err(error::type_error(
            thread,
            format_args!("exception {} must be None or derive from BaseException", what.trim_matches('_')),
        )),
    }
}

fn set_context(thread: &Thread, exception: Ref, value: Option<Ref>) -> Result<()> {
    of(exception).context.set(link(thread, value, "__context__")?);
    Ok(())
}

fn set_cause(thread: &Thread, exception: Ref, value: Option<Ref>) -> Result<()> {
    of(exception).cause.set(link(thread, value, "__cause__")?);
    of(exception).suppress_context.set(true);
    Ok(())
}

/// The instance dict of an exception, made when first written to.
pub(crate) fn instance_dict(exception: Ref, make: bool) -> Option<Ref<PyDict>> {
    let own = of(exception);
    if own.dict.get().is_none() && make {
        own.dict.set(Some(PyDict::new()));
    }
    own.dict.get()
}

/// `traceback`.
pub(crate) static TRACEBACK_TYPE: PyType = PyType::container::<PyTraceback>(TypeSpec {
    name: "traceback",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots { new: slot(more::new_traceback), ..Slots::NONE },
    methods: &[MethodDef::no_args("__dir__", |_, _| {
        let names = ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"];
        Ok(PyList::new(names.into_iter().map(|name| PyStr::new(name).upcast()).collect()).upcast())
    })],
    getset: &[
        GetSetDef::new(
            "tb_next",
            |_, t| Ok(optional(t.cast::<PyTraceback>().next.get().map(Ref::upcast))),
            more::set_next,
        ),
        GetSetDef::field("tb_frame", |_, t| Ok(t.cast::<PyTraceback>().frame.get().to_owned().upcast())),
        GetSetDef::read_only("tb_lineno", |_, t| {
            let line = super::traceback::line(t.cast());
            Ok(line.map_or_else(object::new_none, |line| PyInt::from_i64(line.into()).upcast()))
        }),
        GetSetDef::field("tb_lasti", |_, t| Ok(PyInt::from_i64(t.cast::<PyTraceback>().lasti.into()).upcast())),
    ],
    ..TypeSpec::EMPTY
});

/// Name of the attribute that NameError and AttributeError remember.
pub(crate) fn remembered_name(exception: Ref) -> Option<Ref<PyStr>> {
    let _ = names::name_attr();
    of(exception).extra(0).get().and_then(|name| name.downcast())
}
