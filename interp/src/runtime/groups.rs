//! Exception groups: what `except*` takes out of one, and `BaseExceptionGroup` itself (`Objects/exceptions.c`).

use super::{attr, call, error, exceptions, names, object, types};
use crate::exit::Raised;
use crate::frame::Frame;
use crate::object::*;

/// Field of the message, field of the tuple of exceptions.
const MESSAGE: usize = 0;
const EXCEPTIONS: usize = 1;

/// `_PyEval_ExceptionGroupMatch`: the part of `exception` that matches `ty`, and the rest; None where there is nothing.
pub(crate) fn matching(thread: &Thread, frame: Frame, exception: Ref, ty: Ref) -> Result<(Owned, Owned)> {
    if object::is_none(exception) {
        return Ok((object::new_none(), object::new_none()));
    }
    if error::given_matches(exception, ty) {
        if is_group(exception) {
            return Ok((exception.to_owned(), object::new_none()));
        }
        // A bare exception is handed over in a group of its own.
        let list = PyTuple::from_array([exception.to_owned()]);
        let wrapped = make(exceptions::exception_group(thread), empty_str().to_owned(), list);
        if let Some(own) = super::frame::object(thread, frame) {
            let entry = PyTraceback::new(None, own.to_owned(), frame.instruction_index() as i32 * 2, -1);
            wrapped.traceback.set(Some(entry));
        }
        return Ok((wrapped.upcast(), object::new_none()));
    }
    if !is_group(exception) {
        return Ok((object::new_none(), exception.to_owned()));
    }
    let name = PyStr::new("split");
    let pair = object::call_method(thread, exception, name.borrow(), &[ty])?;
    let shown = |thread: &Thread, got: String| {
        error::type_error(thread, format_args!("{}.split must return a tuple, not {got}", exception.ty().name()))
    };
    let Some(tuple) = pair.borrow().downcast::<PyTuple>() else {
        return Err(shown(thread, pair.ty().name().to_owned()));
    };
    if tuple.len() < 2 {
        return Err(error::type_error(
            thread,
            format_args!("{}.split must return a 2-tuple, got tuple of size {}", exception.ty().name(), tuple.len()),
        ));
    }
    Ok((tuple.item(0).to_owned(), tuple.item(1).to_owned()))
}

/// Whether an object is an exception group.
pub(crate) fn is_group(object: Ref) -> bool {
    object.ty().is_subtype(exceptions::base_exception_group())
}

/// The exceptions of a group.
pub(crate) fn members(group: Ref) -> Ref<PyTuple> {
    group.cast::<PyBaseException>().extra(EXCEPTIONS).get().map_or_else(PyTuple::empty, |tuple| tuple.cast())
}

/// The message of a group.
pub(crate) fn message(group: Ref) -> Ref {
    group.cast::<PyBaseException>().extra(MESSAGE).get().unwrap_or(names::empty().upcast())
}

fn make(ty: Ref<PyType>, message: Owned<PyStr>, members: Owned<PyTuple>) -> Owned<PyBaseException> {
    let args = PyTuple::from_array([message.clone().upcast(), members.clone().upcast()]);
    let group = PyBaseException::new(ty, args);
    group.extra(MESSAGE).set(Some(message.upcast()));
    group.extra(EXCEPTIONS).set(Some(members.upcast()));
    group
}

/// `BaseExceptionGroup.__new__(message, exceptions)`: one of Exceptions alone becomes an ExceptionGroup.
pub(crate) fn new(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, _: Option<Ref<PyDict>>) -> Result {
    let name = "BaseExceptionGroup.__new__()";
    call::check_count(thread, name, args.len(), 2, 2).map_err(|_| {
        error::type_error(thread, format_args!("{name} takes exactly 2 arguments ({} given)", args.len()))
    })?;
    let Some(text) = args.item(0).downcast::<PyStr>() else {
        return Err(error::type_error(
            thread,
            format_args!("{name} argument 1 must be str, not {}", args.item(0).ty().name()),
        ));
    };
    if !types::is_sequence(args.item(1)) {
        return Err(error::type_error(thread, "second argument (exceptions) must be a sequence"));
    }
    let members = super::tuple::from_iterable(thread, args.item(1))?;
    if members.borrow().is_empty() {
        return Err(error::value_error(thread, "second argument (exceptions) must be a non-empty sequence"));
    }
    let mut only_exceptions = true;
    for (index, member) in members.borrow().iter().enumerate() {
        if !types::is_exception(member) {
            return Err(error::value_error(
                thread,
                format_args!("Item {index} of second argument (exceptions) is not an exception"),
            ));
        }
        only_exceptions &= member.ty().is_subtype(exceptions::exception());
    }
    let plain = exceptions::exception_group(thread);
    let class = if class.is(exceptions::base_exception_group()) && only_exceptions { plain } else { class };
    if class.is_subtype(exceptions::exception()) && !only_exceptions {
        let text = if class.is(plain) {
            "Cannot nest BaseExceptions in an ExceptionGroup".to_owned()
        } else {
            format!("Cannot nest BaseExceptions in '{}'", class.name())
        };
        return Err(error::type_error(thread, text));
    }
    Ok(make(class, text.to_owned(), members).upcast())
}

/// `str(group)`.
pub(crate) fn str(thread: &Thread, group: Ref) -> Result {
    let count = members(group).len();
    let plural = if count > 1 { "s" } else { "" };
    let text = format!("{} ({count} sub-exception{plural})", object::str_text(thread, message(group))?);
    Ok(PyStr::new(&text).upcast())
}

/// A group with some of another's members, made by its `derive`, with traceback and links of the original.
fn derive(thread: &Thread, original: Ref, chosen: Vec<Owned>) -> Result {
    let members = PyList::new(chosen);
    let name = PyStr::new("derive");
    let derived = object::call_method(thread, original, name.borrow(), &[members.borrow().upcast()])?;
    if !is_group(derived.borrow()) {
        return Err(error::type_error(thread, "derive must return an instance of BaseExceptionGroup"));
    }
    let (from, to) = (original.cast::<PyBaseException>(), derived.borrow().cast::<PyBaseException>());
    to.traceback.set(from.traceback.get().map(Ref::to_owned));
    to.context.set(from.context.get().map(Ref::to_owned));
    to.cause.set(from.cause.get().map(Ref::to_owned));
    let notes = PyStr::new("__notes__");
    if let Some(found) = attr::get_optional_attr(thread, original, notes.borrow())? {
        let copy = super::list::from_iterable(thread, found.borrow())?;
        object::set_attr(thread, derived.borrow(), notes.borrow(), copy.borrow().upcast())?;
    }
    Ok(derived)
}

/// What a filter says about an exception: a class, a tuple of classes, or a callable.
fn accepts(thread: &Thread, condition: Ref, exception: Ref) -> Result<bool> {
    let is_class = |object: Ref| object.downcast::<PyType>().is_some_and(types::is_exception_class);
    let classes = match condition.downcast::<PyTuple>() {
        Some(tuple) => tuple.iter().all(is_class),
        None => is_class(condition),
    };
    if classes {
        return Ok(error::given_matches(exception, condition));
    }
    if types::is_callable(condition) && !types::is_type(condition) {
        let result = call::with(thread, condition, &[exception])?;
        return object::is_truthy(thread, result.borrow());
    }
    Err(error::type_error(
        thread,
        "expected an exception type, a tuple of exception types, or a callable (other than a class)",
    ))
}

/// The part that a condition accepts, and the rest (`exceptiongroup_split_recursive`).
fn split(thread: &Thread, exception: Ref, condition: Ref) -> Result<(Option<Owned>, Option<Owned>)> {
    super::eval::native_call(thread, " in exceptiongroup_split_recursive")?;
    if accepts(thread, condition, exception)? {
        return Ok((Some(exception.to_owned()), None));
    }
    if !is_group(exception) {
        return Ok((None, Some(exception.to_owned())));
    }
    let (mut chosen, mut left) = (Vec::new(), Vec::new());
    for member in members(exception).iter() {
        let (a, b) = split(thread, member, condition)?;
        chosen.extend(a);
        left.extend(b);
    }
    let part = |list: Vec<Owned>| -> Result<Option<Owned>> {
        if list.is_empty() { Ok(None) } else { derive(thread, exception, list).map(Some) }
    };
    Ok((part(chosen)?, part(left)?))
}

fn or_none(value: Option<Owned>) -> Owned {
    value.unwrap_or_else(object::new_none)
}

pub(crate) static METHODS: &[MethodDef] = &[
    MethodDef::one("split", |thread, group, condition| {
        let (chosen, left) = split(thread, group, condition)?;
        Ok(PyTuple::from_array([or_none(chosen), or_none(left)]).upcast())
    }),
    MethodDef::one("subgroup", |thread, group, condition| Ok(or_none(split(thread, group, condition)?.0))),
    MethodDef::one("derive", |thread, group, members| {
        call::with(thread, exceptions::base_exception_group().upcast(), &[message(group), members])
    }),
    crate::builtins::reduce::CLASS_GETITEM,
];

/// `prep_reraise_star`: the exception that a `try`/`except*` raises at its end, None for none. `raised` are what the
/// handlers raised and what none of them took.
pub(crate) fn reraise(thread: &Thread, original: Ref, raised: Ref<PyList>) -> Result {
    let all = raised.to_vec();
    let left: Vec<&Owned> = all.iter().filter(|one| !object::is_none(one.borrow())).collect();
    if left.is_empty() {
        return Ok(object::new_none());
    }
    if !is_group(original) {
        return Ok(left[0].clone());
    }
    let own = original.cast::<PyBaseException>();
    let same = |one: &Owned| {
        let one = one.borrow().cast::<PyBaseException>();
        let link = |a: Option<Ref>, b: Option<Ref>| match (a, b) {
            (Some(a), Some(b)) => a.is(b),
            (None, None) => true,
            _ => false,
        };
        is_group(one.upcast())
            && link(one.traceback.get().map(Ref::upcast), own.traceback.get().map(Ref::upcast))
            && link(one.cause.get(), own.cause.get())
            && link(one.context.get(), own.context.get())
    };
    let (again, fresh): (Vec<&Owned>, Vec<&Owned>) = left.into_iter().partition(|one| same(one));
    let kept = projection(thread, original, &again)?;
    if fresh.is_empty() {
        return Ok(or_none(kept));
    }
    let mut parts: Vec<Owned> = fresh.into_iter().cloned().collect();
    parts.extend(kept);
    if parts.len() == 1 {
        return parts.pop().ok_or(Raised);
    }
    let members = PyList::new(parts);
    let arguments = [names::empty().upcast(), members.borrow().upcast()];
    call::with(thread, exceptions::base_exception_group().upcast(), &arguments)
}

/// The part of the original whose leaves are in the kept groups.
fn projection(thread: &Thread, original: Ref, kept: &[&Owned]) -> Result<Option<Owned>> {
    fn leaves(exception: Ref, into: &mut Vec<Ref>) {
        if is_group(exception) {
            members(exception).iter().for_each(|member| leaves(member, into));
        } else {
            into.push(exception);
        }
    }
    fn pick(thread: &Thread, exception: Ref, wanted: &[Ref]) -> Result<Option<Owned>> {
        if !is_group(exception) {
            return Ok(wanted.iter().any(|one| one.is(exception)).then(|| exception.to_owned()));
        }
        let mut chosen = Vec::new();
        for member in members(exception).iter() {
            chosen.extend(pick(thread, member, wanted)?);
        }
        if chosen.is_empty() { Ok(None) } else { derive(thread, exception, chosen).map(Some) }
    }
    let mut wanted = Vec::new();
    kept.iter().for_each(|group| leaves(group.borrow(), &mut wanted));
    pick(thread, original, &wanted)
}
