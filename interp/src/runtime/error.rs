//! Exceptions as the interpreter raises, tests and formats them (`Python/errors.c`, parts of `ceval.c`).

use super::{exceptions, object, types};
use crate::exit::Raised;
use crate::frame::Frame;
use crate::object::*;
use std::fmt::Display;

/// `NAME_ERROR_MSG` and its like: one `%` directive, the name.
pub(crate) const NAME_MESSAGE: &str = "name '%.200s' is not defined";
pub(crate) const UNBOUND_LOCAL_MESSAGE: &str =
    "cannot access local variable '%s' where it is not associated with a value";
pub(crate) const UNBOUND_FREE_MESSAGE: &str =
    "cannot access free variable '%s' where it is not associated with a value in enclosing scope";

/// An argument of `format`.
#[derive(Clone, Copy)]
pub(crate) enum FormatArg<'a> {
    Object(Ref),
    Text(&'a str),
    Number(i64),
}

impl<T: Object> From<Ref<T>> for FormatArg<'_> {
    fn from(object: Ref<T>) -> Self {
        FormatArg::Object(object.upcast())
    }
}

impl<'a> From<&'a str> for FormatArg<'a> {
    fn from(text: &'a str) -> Self {
        FormatArg::Text(text)
    }
}

macro_rules! number_arguments {
    ($($kind:ty),*) => {
        $(impl From<$kind> for FormatArg<'_> {
            fn from(number: $kind) -> Self {
                FormatArg::Number(number as i64)
            }
        })*
    };
}
number_arguments!(i32, i64, isize, usize, u32, u8);

/// Text by a C format with the directives of `PyUnicode_FromFormat` that the definitions use: `%s %.Ns %R %S %U %T %N
/// %d %zd %i %u %c %%`.
pub(crate) fn format_text(thread: &Thread, format: &str, arguments: &[FormatArg<'_>]) -> Result<Owned<PyStr>> {
    let mut out = StrBuilder::new();
    let mut arguments = arguments.iter();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_text(&rest[..at]);
        let directive = &rest[at + 1..];
        let end = directive.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | 'z' | 'l'))).unwrap_or(0);
        let limit: Option<usize> = directive[..end].trim_start_matches('.').parse().ok();
        let kind = directive[end..].chars().next().unwrap_or('%');
        rest = &directive[(end + kind.len_utf8()).min(directive.len())..];
        if kind == '%' {
            out.push('%'.into());
            continue;
        }
        match arguments.next() {
            None => {}
            Some(FormatArg::Number(number)) if kind == 'c' => out.push(*number as u32),
            Some(FormatArg::Number(number)) => out.push_text(&number.to_string()),
            Some(FormatArg::Text(text)) => {
                text.chars().take(limit.unwrap_or(usize::MAX)).for_each(|c| out.push(c.into()))
            }
            Some(FormatArg::Object(object)) => match kind {
                'R' => out.push_str(object::repr(thread, *object)?.borrow().cast()),
                'T' => out.push_text(&types::full_name(object.ty())),
                'N' => out.push_text(&types::full_name(object.cast())),
                _ => {
                    let text = object::str(thread, *object)?;
                    let text: Ref<PyStr> = text.borrow().cast();
                    text.points().take(limit.unwrap_or(usize::MAX)).for_each(|point| out.push(point));
                }
            },
        }
    }
    out.push_text(rest);
    Ok(out.finish())
}

/// Raises an exception of a built-in type with one text as its argument.
#[cold]
pub(crate) fn set_text(thread: &Thread, ty: Ref<PyType>, text: Owned<PyStr>) -> Raised {
    let exception = PyBaseException::new(ty, PyTuple::from_array([text.upcast()]));
    set_object(thread, exception)
}

/// `_PyErr_SetString`.
#[cold]
pub(crate) fn set_string(thread: &Thread, ty: Ref<PyType>, text: &str) -> Raised {
    set_text(thread, ty, PyStr::new(text))
}

/// Raises with formatted Rust text.
#[cold]
pub(crate) fn set(thread: &Thread, ty: Ref<PyType>, text: impl Display) -> Raised {
    set_text(thread, ty, PyStr::new(&text.to_string()))
}

/// `_PyErr_Format`. An error in formatting an argument is raised instead.
#[cold]
pub(crate) fn format(thread: &Thread, ty: Ref<PyType>, format: &str, arguments: &[FormatArg<'_>]) -> Raised {
    thread.clear_exception();
    match format_text(thread, format, arguments) {
        Ok(text) => set_text(thread, ty, text),
        Err(raised) => raised,
    }
}

macro_rules! shorthands {
    ($($name:ident,)*) => {
        $(#[doc = concat!("Raises `exceptions::", stringify!($name), "`.")]
        #[cold]
        pub(crate) fn $name(thread: &Thread, text: impl Display) -> Raised {
            set(thread, exceptions::$name(), text)
        })*
    };
}

shorthands! {
    type_error,
    value_error,
    index_error,
    attribute_error,
    runtime_error,
    system_error,
    overflow_error,
    zero_division_error,
    recursion_error,
}

/// Raises KeyError with the key itself (`_PyErr_SetKeyError`).
#[cold]
pub(crate) fn key_error(thread: &Thread, key: Ref) -> Raised {
    set_object(thread, PyBaseException::new(exceptions::key_error(), PyTuple::from_array([key.to_owned()])))
}

/// As `key_error`, for bodies.
pub(crate) fn set_key_error(thread: &Thread, key: Ref) {
    key_error(thread, key);
}

/// Raises MemoryError.
#[cold]
pub(crate) fn no_memory(thread: &Thread) -> Raised {
    set_object(thread, PyBaseException::new(exceptions::memory_error(), PyTuple::empty().to_owned()))
}

/// Raises MemoryError if a block of so many bytes cannot be had. For what is about to be filled piece by piece: better an
/// exception now than the end of the process halfway.
pub(crate) fn check_room(thread: &Thread, count: usize, size: usize) -> Result<()> {
    const SMALL: usize = 1 << 20;
    match count.checked_mul(size) {
        Some(bytes) if bytes <= SMALL || Vec::<u8>::new().try_reserve_exact(bytes).is_ok() => Ok(()),
        _ => Err(no_memory(thread)),
    }
}

/// Raises StopIteration with a value.
#[cold]
pub(crate) fn stop_iteration(thread: &Thread, value: Option<Owned>) -> Raised {
    let args = match &value {
        Some(value) => PyTuple::from_array([value.clone()]),
        None => PyTuple::empty().to_owned(),
    };
    let exception = PyBaseException::new(exceptions::stop_iteration(), args);
    exception.extra(0).set(value);
    set_object(thread, exception)
}

/// Raises an exception instance; the one being handled becomes its context (`_PyErr_SetObject`).
#[cold]
pub(crate) fn set_object(thread: &Thread, exception: Owned<PyBaseException>) -> Raised {
    if let Some(handled) = topmost_handled(thread)
        && !handled.is(exception.borrow())
    {
        break_context_cycle(handled, exception.borrow());
        exception.context.set(Some(handled.to_owned().upcast()));
    }
    thread.set_exception(exception.upcast())
}

/// Makes the exception being handled the context of the one that is set (`_PyErr_ChainStackItem`).
pub(crate) fn chain_handled(thread: &Thread) {
    // Only what this level handles counts, not what callers do.
    if thread.exc_info().value().is_none_or(|handled| handled.is(none_object())) {
        return;
    }
    if let Some(exception) = thread.take_exception() {
        set_object(thread, exception.cast());
    }
}

/// Reports the exception that is set, which has nobody to be raised to: a message that begins with `doing`, and the object
/// that it came from.
pub(crate) fn unraisable(thread: &Thread, doing: &str, source: Ref) {
    super::sys::unraisable::report(thread, Some(&format!("Exception ignored {doing}")), Some(source));
}

/// The innermost exception being handled (`_PyErr_GetTopmostException`).
pub(crate) fn topmost_handled(thread: &Thread) -> Option<Ref<PyBaseException>> {
    let mut item = Some(thread.exc_info());
    while let Some(state) = item {
        match state.value() {
            Some(value) if !value.is(none_object()) => return value.downcast(),
            _ => item = state.previous(),
        }
    }
    None
}

/// Cuts `exception` out of the chain of contexts that starts at `start`.
fn break_context_cycle(start: Ref<PyBaseException>, exception: Ref<PyBaseException>) {
    let next =
        |link: Ref<PyBaseException>| link.context.get().and_then(|context| context.downcast::<PyBaseException>());
    let (mut link, mut slow, mut odd) = (start, start, false);
    while let Some(context) = next(link) {
        if context.is(exception) {
            link.context.set(None);
            return;
        }
        link = context;
        if odd {
            let Some(step) = next(slow) else { return };
            slow = step;
            if slow.is(link) {
                return;
            }
        }
        odd = !odd;
    }
}

/// `_PyErr_Occurred`.
#[inline]
pub(crate) fn occurred(thread: &Thread) -> bool {
    thread.exception().is_some()
}

/// `_PyErr_Clear`.
pub(crate) fn clear(thread: &Thread) {
    thread.clear_exception();
}

/// `_PyErr_GetRaisedException`; one is set.
pub(crate) fn take_raised(thread: &Thread) -> Owned<PyBaseException> {
    thread.take_exception().known().cast()
}

/// `_PyErr_SetRaisedException`. Bytecode can ask RERAISE for `None`, which no compiler does: that is a TypeError.
pub(crate) fn set_raised(thread: &Thread, exception: Owned) {
    match exception.downcast::<PyBaseException>() {
        Ok(exception) => thread.set_exception(exception.upcast()),
        Err(_) => type_error(thread, "exceptions must derive from BaseException"),
    };
}

/// `_PyErr_ExceptionMatches`.
pub(crate) fn matches(thread: &Thread, expected: Ref) -> bool {
    thread.exception().is_some_and(|exception| given_matches(exception, expected))
}

/// Whether the exception that is set is of a built-in type.
pub(crate) fn is_set_to(thread: &Thread, ty: Ref<PyType>) -> bool {
    matches(thread, ty.upcast())
}

/// `PyErr_GivenExceptionMatches`: `given` is an instance or a class, `expected` a class or a tuple of them.
pub(crate) fn given_matches(given: Ref, expected: Ref) -> bool {
    if let Some(tuple) = expected.downcast::<PyTuple>() {
        return tuple.iter().any(|one| given_matches(given, one));
    }
    let class = if types::is_exception(given) { given.ty().upcast() } else { given };
    match (class.downcast::<PyType>(), expected.downcast::<PyType>()) {
        (Some(class), Some(expected)) if types::is_exception_class(class) && types::is_exception_class(expected) => {
            class.is_subtype(expected)
        }
        _ => class.is(expected),
    }
}

/// `_PyEval_FormatExcCheckArg`: raises for a name; NameError and its like remember the name.
#[cold]
pub(crate) fn format_name(thread: &Thread, ty: Ref<PyType>, message: &str, name: Ref) -> Raised {
    let raised = format(thread, ty, message, &[name.into()]);
    if ty.is(exceptions::name_error())
        && let Some(exception) = thread.exception().and_then(|e| e.downcast::<PyBaseException>())
    {
        exception.extra(0).set(Some(name.to_owned()));
    }
    raised
}

/// `_PyEval_FormatExcUnbound`: slot `oparg` of the locals is unbound.
#[cold]
pub(crate) fn format_unbound(thread: &Thread, code: Ref<PyCode>, oparg: i32) -> Raised {
    if occurred(thread) {
        return Raised;
    }
    let name = code.localsplusnames().item(oparg as usize);
    if code.localspluskinds()[oparg as usize] & code::kind::FREE != 0 {
        format_name(thread, exceptions::name_error(), UNBOUND_FREE_MESSAGE, name)
    } else {
        format_name(thread, exceptions::unbound_local_error(), UNBOUND_LOCAL_MESSAGE, name)
    }
}

/// `_PyEval_FormatKwargsError`: says what is wrong with `**kwargs`.
#[cold]
pub(crate) fn format_kwargs(thread: &Thread, function: Ref, kwargs: Ref) -> Raised {
    if is_set_to(thread, exceptions::attribute_error()) {
        thread.clear_exception();
        let name = object::function_text(thread, function);
        return match name {
            Ok(name) => type_error(
                thread,
                format_args!("{name} argument after ** must be a mapping, not {}", kwargs.ty().name()),
            ),
            Err(raised) => raised,
        };
    }
    if !is_set_to(thread, exceptions::key_error()) {
        return Raised;
    }
    let exception = take_raised(thread);
    let args = exception.args.get();
    if args.len() != 1 {
        set_raised(thread, exception.upcast());
        return Raised;
    }
    let key = args.item(0);
    let name = match object::function_text(thread, function) {
        Ok(name) => name,
        Err(raised) => return raised,
    };
    match key.downcast::<PyStr>() {
        Some(key) => type_error(
            thread,
            format_args!("{name} got multiple values for keyword argument '{}'", key.to_string_lossy()),
        ),
        None => type_error(thread, "keywords must be strings"),
    }
}

/// `_PyEval_CheckExceptTypeValid`: what stands behind `except` must be exception classes.
pub(crate) fn check_except_type(thread: &Thread, right: Ref) -> Result<()> {
    let valid = |class: Ref| class.downcast::<PyType>().is_some_and(types::is_exception_class);
    let all = match right.downcast::<PyTuple>() {
        Some(tuple) => tuple.iter().all(valid),
        None => valid(right),
    };
    if all {
        return Ok(());
    }
    Err(type_error(thread, "catching classes that do not inherit from BaseException is not allowed"))
}

/// `_PyEval_CheckExceptStarTypeValid`.
pub(crate) fn check_except_star_type(thread: &Thread, right: Ref) -> Result<()> {
    check_except_type(thread, right)?;
    let group = |class: Ref| {
        class.downcast::<PyType>().is_some_and(|class| class.is_subtype(exceptions::base_exception_group()))
    };
    let any = match right.downcast::<PyTuple>() {
        Some(tuple) => tuple.iter().any(group),
        None => group(right),
    };
    if any {
        return Err(type_error(thread, "catching ExceptionGroup with except* is not allowed. Use except instead."));
    }
    Ok(())
}

/// `_PyEval_ExceptionGroupMatch`: a status (-1 for an exception), what matches and what is left.
pub(crate) fn exception_group_match(
    thread: &Thread,
    frame: Frame,
    exception: Ref,
    ty: Ref,
) -> (i32, Option<Owned>, Option<Owned>) {
    match super::groups::matching(thread, frame, exception, ty) {
        Ok((matching, rest)) => (0, Some(matching), Some(rest)),
        Err(Raised) => (-1, None, None),
    }
}

/// `do_raise`: true when an exception that was being handled is raised again.
pub(crate) fn raise(thread: &Thread, exception: Option<Owned>, cause: Option<Owned>) -> bool {
    raise_inner(thread, exception, cause).unwrap_or_default()
}

fn raise_inner(thread: &Thread, exception: Option<Owned>, cause: Option<Owned>) -> Result<bool> {
    let Some(exception) = exception else {
        let Some(handled) = topmost_handled(thread) else {
            return Err(runtime_error(thread, "No active exception to reraise"));
        };
        set_raised(thread, handled.to_owned().upcast());
        return Ok(true);
    };
    let value = instantiate(thread, exception, "exceptions must derive from BaseException")?;
    if let Some(cause) = cause {
        let cause = if cause.borrow().is(none_object()) {
            None
        } else {
            Some(instantiate(thread, cause, "exception causes must derive from BaseException")?.upcast())
        };
        value.cause.set(cause);
        value.suppress_context.set(true);
    }
    set_object(thread, value);
    Ok(false)
}

/// An exception from what stands behind `raise`: an instance as it is, a class called.
fn instantiate(thread: &Thread, exception: Owned, otherwise: &str) -> Result<Owned<PyBaseException>> {
    if let Some(class) = exception.borrow().downcast::<PyType>().filter(|&class| types::is_exception_class(class)) {
        let value = super::call::no_args(thread, class.upcast())?;
        return value.downcast().map_err(|value| {
            type_error(
                thread,
                format_args!(
                    "calling {} should have returned an instance of BaseException, not {}",
                    object::repr_text(thread, class.upcast()),
                    object::repr_text(thread, value.borrow().ty().upcast()),
                ),
            )
        });
    }
    exception.downcast().map_err(|_| type_error(thread, otherwise))
}

/// `PyErr_SetHandledException`.
pub(crate) fn set_handled(thread: &Thread, exception: Ref) {
    thread.exc_info().set_value(Some(exception.to_owned()));
}

/// `Py_FatalError`: the process ends.
pub(crate) fn fatal(message: &str) -> ! {
    panic!("{message}")
}

/// `Py_UNREACHABLE`.
pub(crate) fn unreachable() -> ! {
    unreachable!("the definitions say that this cannot be reached")
}
