//! Asynchronous generators: the awaitables of their steps, and `anext` with a default (`Objects/genobject.c`).

use super::generator::{self, COMPLETED};
use super::{call, error, exceptions, iter, names, object};
use crate::exit::Raised;
use crate::object::types::flags;
use crate::object::*;

/// A type of awaitables: what awaiting asks for goes to these functions.
macro_rules! awaitable {
    ($name:literal, $send:path, $throw:path, $close:path) => {
        PyType::container::<PyAsyncStep>(TypeSpec {
            name: $name,
            flags: flags::HAVE_GC,
            base: Some(&super::object::TYPE),
            slots: Slots {
                iter: slot(iter::itself),
                iternext: slot(|thread, step| $send(thread, of(step), None).ok()),
                am_await: slot(iter::itself),
                ..Slots::NONE
            },
            methods: &[
                MethodDef::one("send", |thread, step, value| $send(thread, of(step), Some(value))),
                MethodDef::fast("throw", |thread, step, arguments| {
                    generator::warn_of_three(thread, "throw", arguments.len())?;
                    $throw(thread, of(step), arguments)
                }),
                MethodDef::no_args("close", |thread, step| $close(thread, of(step))),
            ],
            ..TypeSpec::EMPTY
        })
    };
}

/// `async_generator_wrapped_value`: what `yield` in an asynchronous generator gives, to tell it from what `await` passes on.
pub(crate) static WRAPPED_TYPE: PyType = PyType::container::<PyAsyncStep>(TypeSpec {
    name: "async_generator_wrapped_value",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});

/// `async_generator_asend`: one step, with a value to send.
pub(crate) static ASEND_TYPE: PyType = awaitable!("async_generator_asend", send, send_throw, send_close);
/// `async_generator_athrow`: one step, with an exception to throw; without one it is `aclose()`.
pub(crate) static ATHROW_TYPE: PyType = awaitable!("async_generator_athrow", throw, throw_throw, throw_close);
/// `anext_awaitable`: `anext(iterator, default)`.
pub(crate) static ANEXT_TYPE: PyType = awaitable!("anext_awaitable", next, next_throw, next_close);

/// The methods of asynchronous generators.
pub(crate) static METHODS: &[MethodDef] = &[
    MethodDef::one("asend", |thread, generator, value| {
        tell_hooks(thread, generator.cast())?;
        Ok(step(&ASEND_TYPE, generator, Some(value.to_owned())))
    }),
    MethodDef::fast("athrow", |thread, generator, arguments| {
        call::check_count(thread, "athrow", arguments.len(), 1, 3)?;
        generator::warn_of_three(thread, "athrow", arguments.len())?;
        tell_hooks(thread, generator.cast())?;
        Ok(step(&ATHROW_TYPE, generator, Some(PyTuple::from_refs(arguments).upcast())))
    }),
    MethodDef::no_args("aclose", |thread, generator| {
        tell_hooks(thread, generator.cast())?;
        Ok(step(&ATHROW_TYPE, generator, None))
    }),
];

/// Before its first step, the hooks of `sys.set_asyncgen_hooks` see a generator (`async_gen_init_hooks`).
fn tell_hooks(thread: &Thread, generator: Ref<PyGenerator>) -> Result<()> {
    if generator.hooks_called.replace(true) {
        return Ok(());
    }
    let hooks = &thread.state.hooks;
    generator.origin_or_finalizer.set(hooks.finalizer.get().map(Ref::to_owned));
    if let Some(first) = hooks.first_iteration.get().map(Ref::to_owned) {
        call::with(thread, first.borrow(), &[generator.upcast()])?;
    }
    Ok(())
}

/// A step dies that nobody has awaited (`_PyErr_WarnUnawaitedAgenMethod`).
pub(crate) fn never_awaited(ty: Ref<PyType>, target: Ref, has_value: bool) {
    let method = match (ty.is(Ref::from_static(&ASEND_TYPE)), ty.is(Ref::from_static(&ATHROW_TYPE)), has_value) {
        (true, ..) => "asend",
        (_, true, true) => "athrow",
        (_, true, false) => "aclose",
        _ => return,
    };
    let Some(generator) = target.downcast::<PyGenerator>() else { return };
    let thread = Thread::current();
    let outer = thread.take_exception();
    let name = generator.qualname.get().to_string_lossy();
    let text = format!("coroutine method '{method}' of '{name}' was never awaited");
    if super::warn::warn(thread, exceptions::runtime_warning(), &text, 1).is_err() {
        error::unraisable(thread, "while finalizing async generator", target);
    }
    if let Some(outer) = outer {
        thread.set_exception(outer);
    }
}

fn step(ty: &'static PyType, generator: Ref, value: Option<Owned>) -> Owned {
    PyAsyncStep::new(Ref::from_static(ty), generator.to_owned(), value).upcast()
}

fn of(object: Ref) -> Ref<PyAsyncStep> {
    object.cast()
}

fn generator_of(step: Ref<PyAsyncStep>) -> Owned<PyGenerator> {
    step.target.get().to_owned().cast()
}

/// `__anext__`.
pub(crate) fn anext(thread: &Thread, generator: Ref) -> Result {
    tell_hooks(thread, generator.cast())?;
    Ok(step(&ASEND_TYPE, generator, None))
}

/// `_PyAsyncGenValueWrapperNew`.
pub(crate) fn wrap(value: Ref) -> Owned {
    PyAsyncStep::new(Ref::from_static(&WRAPPED_TYPE), value.to_owned(), None).upcast()
}

fn is_wrapped(value: &Owned) -> bool {
    value.borrow().is_exact(Ref::from_static(&WRAPPED_TYPE))
}

fn stop_async(thread: &Thread) -> Raised {
    let stop = PyBaseException::new(exceptions::stop_async_iteration(), PyTuple::empty().to_owned());
    error::set_object(thread, stop)
}

/// Whether the generator ended, by itself or because it was closed.
fn ended(thread: &Thread) -> bool {
    error::matches(thread, exceptions::stop_async_iteration().upcast())
        || error::matches(thread, exceptions::generator_exit().upcast())
}

/// What a step came to: what `await` passes on stays, a yielded value becomes the StopIteration that ends the step
/// (`async_gen_unwrap_value`).
fn unwrap(thread: &Thread, generator: Ref<PyGenerator>, result: Result) -> Result {
    match result {
        Ok(value) if is_wrapped(&value) => {
            generator.running_async.set(false);
            Err(error::stop_iteration(thread, Some(of(value.borrow()).target.get().to_owned())))
        }
        Ok(value) => Ok(value),
        Err(raised) => {
            if ended(thread) {
                generator.closed.set(true);
            }
            generator.running_async.set(false);
            Err(raised)
        }
    }
}

/// Refuses a step that is used up.
fn check_open(thread: &Thread, step: Ref<PyAsyncStep>, what: &str) -> Result<()> {
    if step.progress.get() != Progress::Closed {
        return Ok(());
    }
    Err(error::runtime_error(thread, format_args!("cannot reuse already awaited {what}")))
}

/// A new step begins, unless another one is under way.
fn begin(thread: &Thread, step: Ref<PyAsyncStep>, generator: Ref<PyGenerator>, what: &str) -> Result<()> {
    if generator.running_async.get() {
        step.progress.set(Progress::Closed);
        return Err(error::runtime_error(thread, format_args!("{what}: asynchronous generator is already running")));
    }
    step.progress.set(Progress::Running);
    generator.running_async.set(true);
    Ok(())
}

fn close_after_error(step: Ref<PyAsyncStep>, result: Result) -> Result {
    result.inspect_err(|_| step.progress.set(Progress::Closed))
}

/// `close()` of a step: throws GeneratorExit into it.
fn close(thread: &Thread, step: Ref<PyAsyncStep>, throw: fn(&Thread, Ref<PyAsyncStep>, &[Ref]) -> Result) -> Result {
    if step.progress.get() == Progress::Closed {
        return Ok(object::new_none());
    }
    match throw(thread, step, &[exceptions::generator_exit().upcast()]) {
        Ok(_) => Err(error::runtime_error(thread, "coroutine ignored GeneratorExit")),
        Err(_) if ended(thread) || error::matches(thread, exceptions::stop_iteration().upcast()) => {
            error::clear(thread);
            Ok(object::new_none())
        }
        Err(raised) => Err(raised),
    }
}

// ---- asend

const ASEND: &str = "__anext__()/asend()";

fn send(thread: &Thread, step: Ref<PyAsyncStep>, value: Option<Ref>) -> Result {
    check_open(thread, step, ASEND)?;
    let generator = generator_of(step);
    let generator = generator.borrow();
    let mut sent = value.map(Ref::to_owned);
    if step.progress.get() == Progress::New {
        begin(thread, step, generator, "anext()")?;
        if sent.as_ref().is_none_or(|value| object::is_none(value.borrow())) {
            sent = step.value.get().map(Ref::to_owned);
        }
    }
    generator.running_async.set(true);
    let sent = sent.unwrap_or_else(object::new_none);
    let result = generator::send(thread, generator, Some(sent.borrow()));
    close_after_error(step, unwrap(thread, generator, result))
}

fn send_throw(thread: &Thread, step: Ref<PyAsyncStep>, arguments: &[Ref]) -> Result {
    check_open(thread, step, ASEND)?;
    let generator = generator_of(step);
    let generator = generator.borrow();
    if step.progress.get() == Progress::New {
        begin(thread, step, generator, "anext()")?;
    }
    let result = generator::throw(thread, generator, arguments, true);
    close_after_error(step, unwrap(thread, generator, result))
}

fn send_close(thread: &Thread, step: Ref<PyAsyncStep>) -> Result {
    close(thread, step, send_throw)
}

// ---- athrow and aclose

const ATHROW: &str = "aclose()/athrow()";

fn throw(thread: &Thread, step: Ref<PyAsyncStep>, value: Option<Ref>) -> Result {
    check_open(thread, step, ATHROW)?;
    let generator = generator_of(step);
    let generator = generator.borrow();
    if generator.frame_state() >= COMPLETED {
        step.progress.set(Progress::Closed);
        return Err(error::stop_iteration(thread, None));
    }
    let arguments = step.value.get().map(|tuple| tuple.cast::<PyTuple>().to_owned());
    let result = if step.progress.get() == Progress::New {
        let what = if arguments.is_some() { "athrow()" } else { "aclose()" };
        if generator.closed.get() && !generator.running_async.get() {
            step.progress.set(Progress::Closed);
            return Err(stop_async(thread));
        }
        if !generator.running_async.get() && value.is_some_and(|value| !object::is_none(value)) {
            return Err(error::runtime_error(thread, "can't send non-None value to a just-started coroutine"));
        }
        begin(thread, step, generator, what)?;
        match &arguments {
            Some(arguments) => {
                let arguments: Vec<Ref> = arguments.borrow().iter().collect();
                generator::throw(thread, generator, &arguments, false)
            }
            None => {
                generator.closed.set(true);
                generator::throw(thread, generator, &[exceptions::generator_exit().upcast()], false)
            }
        }
    } else {
        generator::send(thread, generator, value)
    };
    if arguments.is_some() {
        return close_after_error(step, unwrap(thread, generator, result));
    }
    close_step(thread, step, generator, result)
}

/// What `aclose()` makes of a step: the end that it asked for is its success; a value is none.
fn close_step(thread: &Thread, step: Ref<PyAsyncStep>, generator: Ref<PyGenerator>, result: Result) -> Result {
    let finished = match &result {
        Ok(value) => is_wrapped(value),
        Err(Raised) => true,
    };
    if finished {
        generator.running_async.set(false);
        step.progress.set(Progress::Closed);
    }
    match result {
        Ok(value) if is_wrapped(&value) => Err(error::runtime_error(thread, "async generator ignored GeneratorExit")),
        Err(_) if ended(thread) => {
            error::clear(thread);
            Err(error::stop_iteration(thread, None))
        }
        other => other,
    }
}

fn throw_throw(thread: &Thread, step: Ref<PyAsyncStep>, arguments: &[Ref]) -> Result {
    check_open(thread, step, ATHROW)?;
    let generator = generator_of(step);
    let generator = generator.borrow();
    let is_close = step.value.get().is_none();
    if step.progress.get() == Progress::New {
        begin(thread, step, generator, if is_close { "aclose()" } else { "athrow()" })?;
    }
    let result = generator::throw(thread, generator, arguments, true);
    if is_close {
        return close_step(thread, step, generator, result);
    }
    close_after_error(step, unwrap(thread, generator, result))
}

fn throw_close(thread: &Thread, step: Ref<PyAsyncStep>) -> Result {
    close(thread, step, throw_throw)
}

// ---- anext with a default

/// `anext(iterator[, default])`.
pub(crate) fn builtin_anext(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "anext", arguments.len(), 1, 2)?;
    let iterator = arguments[0];
    let Some(anext) = iterator.ty().slots.am_anext.get() else {
        let text = format!("'{}' object is not an async iterator", iterator.ty().name());
        return Err(error::type_error(thread, text));
    };
    let awaitable = anext(thread, iterator)?;
    let Some(default) = arguments.get(1) else { return Ok(awaitable) };
    Ok(PyAsyncStep::new(Ref::from_static(&ANEXT_TYPE), awaitable, Some((*default).to_owned())).upcast())
}

/// `aiter(iterable)`.
pub(crate) fn builtin_aiter(thread: &Thread, _: Ref, iterable: Ref) -> Result {
    let Some(aiter) = iterable.ty().slots.am_aiter.get() else {
        let text = format!("'{}' object is not an async iterable", iterable.ty().name());
        return Err(error::type_error(thread, text));
    };
    let iterator = aiter(thread, iterable)?;
    if iterator.borrow().ty().slots.am_anext.get().is_none() {
        let text = format!("aiter() returned not an async iterator of type '{}'", iterator.borrow().ty().name());
        return Err(error::type_error(thread, text));
    }
    Ok(iterator)
}

/// The iterator that awaiting the wrapped awaitable runs (`anextawaitable_getiter`).
fn awaited(thread: &Thread, step: Ref<PyAsyncStep>) -> Result {
    let awaitable = generator::awaitable_iterator(thread, step.target.get())?;
    if awaitable.borrow().ty().slots.iternext.get().is_some() {
        return Ok(awaitable);
    }
    // A coroutine is no iterator itself.
    match awaitable.borrow().ty().slots.am_await.get() {
        Some(await_) => await_(thread, awaitable.borrow()),
        None => Err(error::type_error(thread, "object can't be awaited")),
    }
}

/// The end of the iteration is the default.
fn or_default(thread: &Thread, step: Ref<PyAsyncStep>, result: Result) -> Result {
    match result {
        Err(_) if error::matches(thread, exceptions::stop_async_iteration().upcast()) => {
            error::clear(thread);
            Err(error::stop_iteration(thread, step.value.get().map(Ref::to_owned)))
        }
        other => other,
    }
}

fn next(thread: &Thread, step: Ref<PyAsyncStep>, value: Option<Ref>) -> Result {
    let awaited = awaited(thread, step)?;
    let result = match (value, awaited.borrow().ty().slots.iternext.get()) {
        (None, Some(iternext)) => iternext(thread, awaited.borrow()).ok_or(Raised),
        (value, _) => object::call_method(thread, awaited.borrow(), names::send(), &[value.unwrap_or(none_object())]),
    };
    or_default(thread, step, result)
}

fn next_throw(thread: &Thread, step: Ref<PyAsyncStep>, arguments: &[Ref]) -> Result {
    let awaited = awaited(thread, step)?;
    let result = object::call_method(thread, awaited.borrow(), names::throw(), arguments);
    or_default(thread, step, result)
}

fn next_close(thread: &Thread, step: Ref<PyAsyncStep>) -> Result {
    let awaited = awaited(thread, step)?;
    let result = object::call_method(thread, awaited.borrow(), names::close(), &[]);
    or_default(thread, step, result)
}
