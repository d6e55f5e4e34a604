//! Generators and coroutines (`Objects/genobject.c`).

use super::args::Args;
use super::{asyncgen, call, error, eval, exceptions, frame, instrument, iter, names, numbers, object, types};
use crate::exit::Raised;
use crate::frame::Frame;
use crate::object::types::flags;
use crate::object::*;

/// States of a generator's frame, numbered as `FRAME_*`.
pub(crate) const CREATED: i32 = -3;
pub(crate) const SUSPENDED: i32 = -2;
pub(crate) const SUSPENDED_YIELD_FROM: i32 = -1;
pub(crate) const EXECUTING: i32 = 0;
pub(crate) const COMPLETED: i32 = 1;
pub(crate) const CLEARED: i32 = 4;

/// `generator`.
pub(crate) static TYPE: PyType = PyType::generator(TypeSpec {
    name: "generator",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(repr),
        iter: slot(iter::itself),
        iternext: slot(next),
        finalize: slot(finalize_slot),
        ..Slots::NONE
    },
    methods: METHODS,
    getset: &[
        GetSetDef::new("__name__", get_name, set_name),
        GetSetDef::new("__qualname__", get_qualname, set_qualname),
        GetSetDef::read_only("gi_code", get_code),
        GetSetDef::read_only("gi_frame", get_frame),
        GetSetDef::read_only("gi_running", is_running),
        GetSetDef::read_only("gi_suspended", is_suspended),
        GetSetDef::read_only("gi_yieldfrom", get_yield_from),
    ],
    ..TypeSpec::EMPTY
});

/// `coroutine`.
pub(crate) static COROUTINE_TYPE: PyType = PyType::generator(TypeSpec {
    name: "coroutine",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots { repr: slot(repr), am_await: slot(await_coroutine), finalize: slot(finalize_slot), ..Slots::NONE },
    methods: METHODS,
    getset: &[
        GetSetDef::new("__name__", get_name, set_name),
        GetSetDef::new("__qualname__", get_qualname, set_qualname),
        GetSetDef::read_only("cr_code", get_code),
        GetSetDef::read_only("cr_frame", get_frame),
        GetSetDef::read_only("cr_running", is_running),
        GetSetDef::read_only("cr_suspended", is_suspended),
        GetSetDef::read_only("cr_await", get_yield_from),
        GetSetDef::read_only("cr_origin", |_, coroutine| {
            Ok(of(coroutine).origin_or_finalizer.get().map_or_else(object::new_none, Ref::to_owned))
        }),
    ],
    ..TypeSpec::EMPTY
});

/// `coroutine_wrapper`: what `coroutine.__await__()` gives.
pub(crate) static WRAPPER_TYPE: PyType = PyType::container::<PyAnySeqIter>(TypeSpec {
    name: "coroutine_wrapper",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots { iter: slot(iter::itself), iternext: slot(wrapper_next), ..Slots::NONE },
    methods: &[
        MethodDef::one("send", |thread, wrapper, value| send(thread, wrapped(wrapper).borrow(), Some(value))),
        MethodDef::fast("throw", |thread, wrapper, arguments| {
            warn_of_three(thread, "throw", arguments.len())?;
            throw(thread, wrapped(wrapper).borrow(), arguments, true)
        }),
        MethodDef::no_args("close", |thread, wrapper| close(thread, wrapped(wrapper).borrow())),
    ],
    ..TypeSpec::EMPTY
});

/// `async_generator`.
pub(crate) static ASYNC_GENERATOR_TYPE: PyType = PyType::generator(TypeSpec {
    name: "async_generator",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(repr),
        am_aiter: slot(iter::itself),
        am_anext: slot(asyncgen::anext),
        finalize: slot(finalize_slot),
        ..Slots::NONE
    },
    methods: asyncgen::METHODS,
    getset: &[
        GetSetDef::new("__name__", get_name, set_name),
        GetSetDef::new("__qualname__", get_qualname, set_qualname),
        GetSetDef::read_only("ag_code", get_code),
        GetSetDef::read_only("ag_frame", get_frame),
        GetSetDef::read_only("ag_running", |_, generator| Ok(object::new_bool(of(generator).running_async.get()))),
        GetSetDef::read_only("ag_suspended", is_suspended),
        GetSetDef::read_only("ag_await", get_yield_from),
    ],
    ..TypeSpec::EMPTY
});

static METHODS: &[MethodDef] = &[
    MethodDef::one("send", |thread, generator, value| send(thread, of(generator), Some(value))),
    MethodDef::fast("throw", |thread, generator, arguments| {
        warn_of_three(thread, "throw", arguments.len())?;
        throw(thread, of(generator), arguments, true)
    }),
    MethodDef::no_args("close", |thread, generator| close(thread, of(generator))),
    MethodDef::no_args("__sizeof__", |_, generator| Ok(PyInt::from_i64(size_of_object(generator) as i64).upcast())),
];

/// Warns of an exception that is given as type, value and traceback.
pub(super) fn warn_of_three(thread: &Thread, function: &str, given: usize) -> Result<()> {
    if !(2..=3).contains(&given) {
        return Ok(());
    }
    let rest = "is deprecated, use the single-arg signature instead.";
    super::warn::deprecated(thread, &format!("the (type, exc, tb) signature of {function}() {rest}"))
}

fn of(object: Ref) -> Ref<PyGenerator> {
    object.cast()
}

// ---- what bodies call

/// `_Py_MakeCoro`: the generator that a call of the function gives; the caller moves the frame in.
pub(crate) fn new(thread: &Thread, function: Ref<PyFunction>) -> Result<Owned<PyGenerator>> {
    let code = function.code();
    let kind = code.flags() & (numbers::CO_GENERATOR | numbers::CO_COROUTINE | numbers::CO_ASYNC_GENERATOR);
    let ty = match kind {
        numbers::CO_COROUTINE => types::coroutine(),
        numbers::CO_ASYNC_GENERATOR => types::async_generator(),
        _ => types::generator(),
    };
    let made = PyGenerator::allocate(ty, code, function.name.get().to_owned(), function.qualname.get().to_owned());
    if kind == numbers::CO_COROUTINE && thread.state.hooks.origin_depth.get() > 0 {
        made.borrow().origin_or_finalizer.set(Some(origin(thread)));
    }
    Ok(made)
}

/// Where a coroutine is made: (file, line, function) of so many frames as are asked for (`compute_cr_origin`).
#[cold]
fn origin(thread: &Thread) -> Owned {
    let depth = thread.state.hooks.origin_depth.get();
    let first = eval::current_frame(thread);
    let frames = std::iter::successors(first, |frame| frame::first_complete(frame.previous()));
    let rows = frames.take(depth).map(|frame| {
        let code = frame.code();
        let line = PyInt::from_i64(super::traceback::frame_line(frame).unwrap_or(0).into());
        PyTuple::from_array([code.filename().to_owned().upcast(), line.upcast(), code.qualname().to_owned().upcast()])
            .upcast()
    });
    PyTuple::from_vec(rows.collect()).upcast()
}

/// `_PyGen_FetchStopIterationValue`: 0 and the value of the StopIteration that is set (None if nothing is), or -1.
pub(crate) fn fetch_stop_iteration_value(thread: &Thread) -> (i32, Option<Owned>) {
    if thread.exception().is_none() {
        return (0, Some(object::new_none()));
    }
    if !error::matches(thread, exceptions::stop_iteration().upcast()) {
        return (-1, None);
    }
    let exception = error::take_raised(thread);
    (0, Some(exception.borrow().value().to_owned()))
}

/// `_PyEval_GetAwaitable`: the iterator that `await` runs.
pub(crate) fn get_awaitable(thread: &Thread, awaitable: Ref, oparg: i32) -> Result {
    let iterator = awaitable_iterator(thread, awaitable).map_err(|raised| {
        if awaitable.ty().slots.am_await.get().is_some() || oparg == 0 {
            return raised;
        }
        let method = if oparg == 1 { "__aenter__" } else { "__aexit__" };
        let ty = awaitable.ty();
        let name = ty.name();
        let text = format!("'async with' received an object from {method} that does not implement __await__: {name}");
        error::type_error(thread, text)
    })?;
    let running = iterator.borrow().downcast::<PyGenerator>().filter(|it| it.upcast().is_exact(types::coroutine()));
    if running.is_some_and(|coroutine| yield_from(coroutine).is_some()) {
        return Err(error::runtime_error(thread, "coroutine is being awaited already"));
    }
    Ok(iterator)
}

/// `_PyCoro_GetAwaitableIter`.
pub(crate) fn awaitable_iterator(thread: &Thread, awaitable: Ref) -> Result {
    let is_iterable_coroutine = || {
        awaitable.is_exact(types::generator()) && of(awaitable).code.get().flags() & numbers::CO_ITERABLE_COROUTINE != 0
    };
    if awaitable.is_exact(types::coroutine()) || is_iterable_coroutine() {
        return Ok(awaitable.to_owned());
    }
    let Some(slot) = awaitable.ty().slots.am_await.get() else {
        let ty = awaitable.ty();
        let text = format!("'{}' object can't be awaited", ty.name());
        return Err(error::type_error(thread, text));
    };
    let iterator = slot(thread, awaitable)?;
    if iterator.borrow().is_exact(types::coroutine()) {
        return Err(error::type_error(thread, "__await__() returned a coroutine"));
    }
    if !types::is_iterator(iterator.borrow()) {
        let ty = iterator.borrow().ty();
        let text = format!("__await__() returned non-iterator of type '{}'", ty.name());
        return Err(error::type_error(thread, text));
    }
    Ok(iterator)
}

/// `_PyEval_GetANext`: the awaitable for an asynchronous iterator's next item.
pub(crate) fn get_anext(thread: &Thread, iterator: Ref) -> Result {
    let ty = iterator.ty();
    let Some(slot) = ty.slots.am_anext.get() else {
        let text = format!("'async for' requires an iterator with __anext__ method, got {}", ty.name());
        return Err(error::type_error(thread, text));
    };
    let next = slot(thread, iterator)?;
    awaitable_iterator(thread, next.borrow()).map_err(|_| {
        let text = format!("'async for' received an invalid object from __anext__: {}", next.borrow().ty().name());
        let cause = error::take_raised(thread);
        let raised = error::type_error(thread, text);
        if let Some(exception) = thread.exception() {
            exceptions::of(exception).cause.set(Some(cause.clone().upcast()));
            exceptions::of(exception).suppress_context.set(true);
            exceptions::of(exception).context.set(Some(cause.upcast()));
        }
        raised
    })
}

/// A generator's frame is left for good: what it holds is given up (`clear_gen_frame`).
pub(crate) fn clear_frame(thread: &Thread, frame: Frame) {
    let generator = frame.generator().to_owned();
    let generator = generator.borrow();
    generator.set_frame_state(CLEARED);
    if let Some(below) = generator.exc_state().previous() {
        thread.set_exc_info(below);
    }
    generator.exc_state().set_previous(None);
    generator.exc_state().set_value(None);
    frame.set_previous(None);
    frame::clear(frame);
}

/// Empties the frame of a generator that has not begun, which will not.
pub(crate) fn clear_created(thread: &Thread, generator: Ref<PyGenerator>) {
    warn_never_awaited(thread, generator);
    generator.set_frame_state(CLEARED);
    generator.frame().set_previous(None);
    frame::clear(generator.frame());
}

fn warn_never_awaited(thread: &Thread, generator: Ref<PyGenerator>) {
    if generator.upcast().is_exact(types::coroutine()) && generator.ends_first() {
        let outer = thread.take_exception();
        never_awaited(thread, generator);
        if let Some(outer) = outer {
            thread.set_exception(outer);
        }
    }
}

/// Closes a dying generator that is suspended, and empties its frame.
pub(crate) fn finalize(thread: &Thread, generator: Ref<PyGenerator>) {
    let state = generator.frame_state();
    if state < EXECUTING && hand_to_finalizer(thread, generator) {
        return;
    }
    if state == CREATED {
        warn_never_awaited(thread, generator);
    }
    if state == SUSPENDED || state == SUSPENDED_YIELD_FROM {
        let outer = thread.take_exception();
        if close(thread, generator).is_err() {
            error::unraisable(thread, "while closing generator", generator.upcast());
        }
        if let Some(outer) = outer {
            thread.set_exception(outer);
        }
    }
    // Revived, or still the only one.
    if generator.header().refcnt() == 1 && generator.frame_state() != CLEARED {
        generator.set_frame_state(CLEARED);
        generator.frame().set_previous(None);
        frame::clear(generator.frame());
    }
}

fn finalize_slot(thread: &Thread, generator: Ref) {
    finalize(thread, of(generator));
}

/// Gives a dying asynchronous generator to the hook that was set before its first step (PEP 525).
fn hand_to_finalizer(thread: &Thread, generator: Ref<PyGenerator>) -> bool {
    if !generator.upcast().is_exact(types::async_generator()) || generator.closed.get() {
        return false;
    }
    let Some(finalizer) = generator.origin_or_finalizer.get().map(Ref::to_owned) else { return false };
    let outer = thread.take_exception();
    if call::with(thread, finalizer.borrow(), &[generator.upcast()]).is_err() {
        error::unraisable(thread, "while finalizing generator", generator.upcast());
    }
    if let Some(outer) = outer {
        thread.set_exception(outer);
    }
    true
}

/// Warns of a coroutine that nobody has awaited (`_PyErr_WarnUnawaitedCoroutine`).
fn never_awaited(thread: &Thread, coroutine: Ref<PyGenerator>) {
    let told = match crate::modules::imported(thread, "warnings", "_warn_unawaited_coroutine") {
        Ok(warn) => call::with(thread, warn.borrow(), &[coroutine.upcast()]).map(drop),
        Err(_) => {
            thread.clear_exception();
            let text = format!("coroutine '{}' was never awaited", coroutine.qualname.get().to_string_lossy());
            super::warn::warn(thread, exceptions::runtime_warning(), &text, 1)
        }
    };
    if told.is_err() {
        error::unraisable(thread, "while finalizing coroutine", coroutine.upcast());
    }
}

// ---- running

/// How a run of a generator ended.
enum Sent {
    Yielded(Owned),
    Returned(Owned),
}

/// Runs a generator until it yields or ends. With `throwing`, the exception that is set goes into it (`gen_send_ex2`).
fn resume(
    thread: &Thread,
    generator: Ref<PyGenerator>,
    value: Option<Ref>,
    throwing: bool,
    closing: bool,
) -> Result<Option<Sent>> {
    let is_coroutine = generator.upcast().is_exact(types::coroutine());
    match generator.frame_state() {
        CREATED if value.is_some_and(|value| !object::is_none(value)) => {
            let what = kind_name(generator);
            let text = format!("can't send non-None value to a just-started {what}");
            return Err(error::type_error(thread, text));
        }
        EXECUTING => {
            let what = kind_name(generator);
            return Err(error::value_error(thread, format_args!("{what} already executing")));
        }
        state if state >= COMPLETED => {
            if is_coroutine && !closing {
                return Err(error::runtime_error(thread, "cannot reuse already awaited coroutine"));
            }
            return if throwing { Err(Raised) } else { Ok(None) };
        }
        _ => {}
    }
    let held = generator.to_owned();
    let frame = generator.frame();
    frame.push(StackRef::from_new(value.unwrap_or(none_object())));
    generator.exc_state().set_previous(Some(thread.exc_info()));
    thread.set_exc_info(generator.exc_state());
    if throwing {
        error::chain_handled(thread);
    }
    generator.set_frame_state(EXECUTING);
    let result = eval::resume(thread, frame, throwing);
    let state = held.borrow().frame_state();
    let result = result?;
    Ok(Some(if state == SUSPENDED || state == SUSPENDED_YIELD_FROM {
        Sent::Yielded(result)
    } else {
        Sent::Returned(result)
    }))
}

fn kind_name(generator: Ref<PyGenerator>) -> &'static str {
    let ty = generator.upcast().ty();
    if ty.is(types::coroutine()) {
        "coroutine"
    } else if ty.is(types::async_generator()) {
        "async generator"
    } else {
        "generator"
    }
}

/// Runs it; an end is a StopIteration (`gen_send_ex`).
fn run(thread: &Thread, generator: Ref<PyGenerator>, value: Option<Ref>, throwing: bool, closing: bool) -> Result {
    match resume(thread, generator, value, throwing, closing)? {
        Some(Sent::Yielded(value)) => Ok(value),
        Some(Sent::Returned(value)) if !object::is_none(value.borrow()) => {
            Err(error::stop_iteration(thread, Some(value)))
        }
        _ if generator.upcast().is_exact(types::async_generator()) => {
            let stop = PyBaseException::new(exceptions::stop_async_iteration(), PyTuple::empty().to_owned());
            Err(error::set_object(thread, stop))
        }
        _ => Err(error::stop_iteration(thread, None)),
    }
}

fn next(thread: &Thread, generator: Ref) -> Option<Owned> {
    match resume(thread, of(generator), None, false, false) {
        Ok(Some(Sent::Yielded(value))) => Some(value),
        Ok(Some(Sent::Returned(value))) => {
            if !object::is_none(value.borrow()) {
                error::stop_iteration(thread, Some(value));
            }
            None
        }
        Ok(None) | Err(_) => None,
    }
}

pub(crate) fn send(thread: &Thread, generator: Ref<PyGenerator>, value: Option<Ref>) -> Result {
    run(thread, generator, value, false, false)
}

/// What a suspended `yield from` or `await` waits for (`_PyGen_yf`).
fn yield_from(generator: Ref<PyGenerator>) -> Option<Owned> {
    if generator.frame_state() != SUSPENDED_YIELD_FROM {
        return None;
    }
    Some(generator.frame().stack_pointer().peek(-1).as_object().to_owned())
}

/// Closes what a generator waits for (`gen_close_iter`).
fn close_iterator(thread: &Thread, iterator: Ref) -> Result<()> {
    if iterator.is_exact(types::generator()) || iterator.is_exact(types::coroutine()) {
        close(thread, of(iterator))?;
        return Ok(());
    }
    if let Some(method) = object::get_optional_attr(thread, iterator, names::close())? {
        call::vectorcall(thread, method.borrow(), Args::of(&[]), 0, None)?;
    }
    Ok(())
}

/// Closes what the generator waits for, while it counts as running.
fn close_inner(thread: &Thread, generator: Ref<PyGenerator>, iterator: Ref) -> Result<()> {
    let state = generator.frame_state();
    generator.set_frame_state(EXECUTING);
    let closed = close_iterator(thread, iterator);
    generator.set_frame_state(state);
    closed
}

/// Whether nothing in the code could see an exception at the yield where the frame stands: only the handler that the
/// compiler puts around each generator covers it, which its RESUME says.
fn stands_outside_of_try(frame: Frame) -> bool {
    use crate::generated::opcode::{INSTRUMENTED_RESUME, RESUME, RESUME_CHECK};
    let (opcode, oparg) = frame.instr_ptr().fetch();
    matches!(opcode, RESUME | RESUME_CHECK | INSTRUMENTED_RESUME) && oparg & numbers::RESUME_DEPTH1_MASK != 0
}

/// `close()`: raises GeneratorExit inside, and gives what the generator returns (`gen_close`).
fn close(thread: &Thread, generator: Ref<PyGenerator>) -> Result {
    if generator.frame_state() == CREATED {
        generator.set_frame_state(CLEARED);
        generator.frame().set_previous(None);
        frame::clear(generator.frame());
        // A frame object that others hold has taken the contents over.
        return Ok(object::new_none());
    }
    if generator.frame_state() >= COMPLETED {
        return Ok(object::new_none());
    }
    let closed = match yield_from(generator) {
        Some(inner) => close_inner(thread, generator, inner.borrow()),
        None => Ok(()),
    };
    if closed.is_ok() && stands_outside_of_try(generator.frame()) && !instrument::hears_unwinding(thread) {
        generator.set_frame_state(CLEARED);
        generator.frame().set_previous(None);
        frame::clear(generator.frame());
        return Ok(object::new_none());
    }
    if closed.is_ok() {
        let exit = PyBaseException::new(exceptions::generator_exit(), PyTuple::empty().to_owned());
        error::set_object(thread, exit);
    }
    match resume(thread, generator, Some(none_object()), true, true) {
        Ok(Some(Sent::Yielded(_))) => {
            let what = kind_name(generator);
            Err(error::runtime_error(thread, format_args!("{what} ignored GeneratorExit")))
        }
        Ok(Some(Sent::Returned(value))) => Ok(value),
        Ok(None) => Ok(object::new_none()),
        Err(raised) => {
            let ended = error::matches(thread, exceptions::generator_exit().upcast())
                || error::matches(thread, exceptions::stop_iteration().upcast());
            if !ended {
                return Err(raised);
            }
            error::clear(thread);
            Ok(object::new_none())
        }
    }
}

/// `throw(exception)`, or the older `throw(type, value, traceback)`.
/// With `close_inner_on_exit`, a GeneratorExit closes what the generator waits for instead of going into it.
pub(crate) fn throw(
    thread: &Thread,
    generator: Ref<PyGenerator>,
    arguments: &[Ref],
    close_inner_on_exit: bool,
) -> Result {
    call::check_count(thread, "throw", arguments.len(), 1, 3)?;
    if let Some(inner) = yield_from(generator) {
        let is_exit = close_inner_on_exit && error::given_matches(arguments[0], exceptions::generator_exit().upcast());
        if is_exit {
            if close_inner(thread, generator, inner.borrow()).is_err() {
                return run(thread, generator, Some(none_object()), true, false);
            }
        } else if let Some(result) = throw_inner(thread, generator, inner.borrow(), arguments, close_inner_on_exit)? {
            return match result {
                Ok(value) => Ok(value),
                // What the inner iterator ended with goes on in the generator.
                Err(_) => run(thread, generator, Some(none_object()), true, false),
            };
        }
    }
    raise_argument(thread, arguments)?;
    run(thread, generator, Some(none_object()), true, false)
}

/// Throws into what the generator waits for; `None` if that has no `throw`.
fn throw_inner(
    thread: &Thread,
    generator: Ref<PyGenerator>,
    inner: Ref,
    arguments: &[Ref],
    close_on_exit: bool,
) -> Result<Option<Result>> {
    if inner.is_exact(types::generator()) || inner.is_exact(types::coroutine()) {
        return Ok(Some(beneath(thread, generator, || throw(thread, of(inner), arguments, close_on_exit))));
    }
    let Some(method) = object::get_optional_attr(thread, inner, names::throw())? else { return Ok(None) };
    Ok(Some(beneath(thread, generator, || call::with(thread, method.borrow(), arguments))))
}

/// Runs something on behalf of a suspended generator, whose frame shows beneath what is run.
fn beneath(thread: &Thread, generator: Ref<PyGenerator>, run: impl FnOnce() -> Result) -> Result {
    let (state, frame, caller) = (generator.frame_state(), generator.frame(), thread.current_frame());
    frame.set_previous(caller);
    thread.set_current_frame(frame);
    generator.set_frame_state(EXECUTING);
    let result = run();
    generator.set_frame_state(state);
    thread.set_current_frame(caller);
    frame.set_previous(None);
    result
}

/// Sets the exception that the arguments of `throw` mean.
fn raise_argument(thread: &Thread, arguments: &[Ref]) -> Result<()> {
    let (ty, value, traceback) = (arguments[0], arguments.get(1).copied(), arguments.get(2).copied());
    let value = value.filter(|value| !object::is_none(*value));
    let traceback = traceback.filter(|traceback| !object::is_none(*traceback));
    let traceback = match traceback {
        Some(traceback) => Some(
            traceback
                .downcast::<PyTraceback>()
                .ok_or_else(|| error::type_error(thread, "throw() third argument must be a traceback object"))?,
        ),
        None => None,
    };
    let exception: Owned<PyBaseException> = if let Some(class) = ty.downcast::<PyType>()
        && types::is_exception_class(class)
    {
        let made = match value {
            Some(value) if object::is_instance(thread, value, ty)? => Ok(value.to_owned()),
            Some(value) => call::with(thread, ty, &[value]),
            None => call::no_args(thread, ty),
        };
        // What making it raised is thrown in its place.
        let Ok(instance) = made else { return Ok(()) };
        if !types::is_exception(instance.borrow()) {
            let (class, got) = (object::repr_text(thread, ty), instance.borrow().ty());
            let text = "should have returned an instance of BaseException";
            error::type_error(thread, format_args!("calling {class} {text}, not {}", got.name()));
            return Ok(());
        }
        instance.cast()
    } else if types::is_exception(ty) {
        if value.is_some() {
            return Err(error::type_error(thread, "instance exception may not have a separate value"));
        }
        ty.to_owned().cast()
    } else {
        let text =
            format!("exceptions must be classes or instances deriving from BaseException, not {}", ty.ty().name());
        return Err(error::type_error(thread, text));
    };
    if let Some(traceback) = traceback {
        exception.traceback.set(Some(traceback.to_owned()));
    }
    error::set_raised(thread, exception.upcast());
    Ok(())
}

// ---- coroutines

fn await_coroutine(_: &Thread, coroutine: Ref) -> Result {
    Ok(PyAnySeqIter::with_type(Ref::from_static(&WRAPPER_TYPE), coroutine.to_owned(), 0).upcast())
}

fn wrapped(wrapper: Ref) -> Owned<PyGenerator> {
    wrapper.cast::<PyAnySeqIter>().sequence().known().to_owned().cast()
}

fn wrapper_next(thread: &Thread, wrapper: Ref) -> Option<Owned> {
    next(thread, wrapped(wrapper).borrow().upcast())
}

// ---- attributes

fn repr(_: &Thread, generator: Ref) -> Result {
    let name = of(generator).qualname.get().to_string_lossy();
    let kind = generator.ty().name().to_owned();
    let kind = if kind == "generator" { "generator object".to_owned() } else { format!("{kind} object") };
    Ok(PyStr::new(&format!("<{kind} {name} at {:#x}>", generator.addr())).upcast())
}

fn get_name(_: &Thread, generator: Ref) -> Result {
    Ok(of(generator).name.get().to_owned().upcast())
}

fn get_qualname(_: &Thread, generator: Ref) -> Result {
    Ok(of(generator).qualname.get().to_owned().upcast())
}

fn expect_str(thread: &Thread, value: Option<Ref>, message: &str) -> Result<Owned<PyStr>> {
    match value.and_then(|value| value.downcast::<PyStr>()) {
        Some(text) => Ok(text.to_owned()),
        None => Err(error::type_error(thread, message)),
    }
}

fn set_name(thread: &Thread, generator: Ref, value: Option<Ref>) -> Result<()> {
    of(generator).name.set(expect_str(thread, value, "__name__ must be set to a string object")?);
    Ok(())
}

fn set_qualname(thread: &Thread, generator: Ref, value: Option<Ref>) -> Result<()> {
    of(generator).qualname.set(expect_str(thread, value, "__qualname__ must be set to a string object")?);
    Ok(())
}

fn get_code(_: &Thread, generator: Ref) -> Result {
    Ok(of(generator).code.get().to_owned().upcast())
}

fn get_frame(thread: &Thread, generator: Ref) -> Result {
    if of(generator).frame_state() >= COMPLETED {
        return Ok(object::new_none());
    }
    let object = frame::object(thread, of(generator).frame());
    Ok(object.map_or_else(object::new_none, |object| object.to_owned().upcast()))
}

fn is_running(_: &Thread, generator: Ref) -> Result {
    Ok(object::new_bool(of(generator).frame_state() == EXECUTING))
}

fn is_suspended(_: &Thread, generator: Ref) -> Result {
    let state = of(generator).frame_state();
    Ok(object::new_bool(state == SUSPENDED || state == SUSPENDED_YIELD_FROM))
}

fn get_yield_from(_: &Thread, generator: Ref) -> Result {
    Ok(yield_from(of(generator)).unwrap_or_else(object::new_none))
}
