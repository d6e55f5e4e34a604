//! Running code: calls of the dispatch function, names, recursion, and the exception table (`Python/ceval.c`).

use super::{error, exceptions, frame, names, object, types};
use crate::exit::{Exit, Raised};
use crate::frame::{Frame, SPECIALS, SlotPtr, with_entry_frame};
use crate::object::code::{flags, kind};
use crate::object::*;

pub(crate) use super::unpack::unpack_iterable;

/// The dispatch function: runs from a frame until the entry frame below it is left, starting as after this exit.
pub(crate) type Dispatch = fn(&Thread, Frame, Exit) -> Option<Owned>;

/// Stack words of the shim below an inlined `__init__` (`_Py_InitCleanup`).
const INIT_CLEANUP_STACK: usize = 2;
/// `_Py_InitCleanup.co_framesize`.
pub(crate) const INIT_CLEANUP_FRAMESIZE: i32 = (SPECIALS + INIT_CLEANUP_STACK) as i32;

fn own_code(units: &[(u8, u8)], stacksize: usize, name: &str) -> Ref<PyCode> {
    let name = PyStr::new(name);
    PyCode::new(CodeParts {
        units: units.iter().map(|&(opcode, arg)| u16::from(opcode) | u16::from(arg) << 8).collect(),
        consts: PyTuple::empty().to_owned(),
        names: PyTuple::empty().to_owned(),
        localsplusnames: PyTuple::empty().to_owned(),
        localspluskinds: Vec::new(),
        filename: name.clone(),
        name: name.clone(),
        qualname: name,
        linetable: Vec::new(),
        exceptiontable: Vec::new(),
        flags: flags::OPTIMIZED,
        argcount: 0,
        posonlyargcount: 0,
        kwonlyargcount: 0,
        stacksize,
        firstlineno: 1,
        first_traceable: units.len(),
        version: 0,
    })
    .leak_immortal()
}

/// Makes the code objects that no program brings: the entry frame's, and the shim's below an inlined `__init__`.
pub(crate) fn make_own_code(thread: &Thread) {
    use crate::generated::opcode::{EXIT_INIT_CHECK, INTERPRETER_EXIT, NOP, RESUME, RETURN_VALUE};
    let exit = [(NOP, 0), (INTERPRETER_EXIT, 0), (NOP, 0), (INTERPRETER_EXIT, 0), (RESUME, 0)];
    thread.state.exit_code.set(Some(own_code(&exit, 2, "<interpreter>").to_owned()));
    let cleanup = [(EXIT_INIT_CHECK, 0), (RETURN_VALUE, 0), (RESUME, 0)];
    thread.state.init_cleanup.set(Some(own_code(&cleanup, INIT_CLEANUP_STACK, "__init__").to_owned()));
}

/// `_Py_InitCleanup`.
pub(crate) fn init_cleanup() -> Ref<PyCode> {
    Thread::current().state.init_cleanup.get().known()
}

/// Runs a frame to its end (`_PyEval_EvalFrame`). The frame is left in any case.
pub(crate) fn run_frame(thread: &Thread, frame: Frame) -> Result {
    if let Err(raised) = native_call(thread, "") {
        frame::clear_and_pop(thread, frame);
        return Err(raised);
    }
    run_over_entry(thread, frame, Exit::StartFrame, false)
}

/// Goes on with a generator's frame; with `throwing` the exception that is set is raised where it stands.
pub(crate) fn resume(thread: &Thread, frame: Frame, throwing: bool) -> Result {
    native_call(thread, "")?;
    if throwing {
        if enter_recursive_py(thread) {
            return Err(Raised);
        }
        return run_over_entry(thread, frame, Exit::ErrorNoPop, true);
    }
    run_over_entry(thread, frame, Exit::StartFrame, false)
}

fn run_over_entry(thread: &Thread, frame: Frame, first: Exit, throwing: bool) -> Result {
    with_entry_frame(thread.state.exit_code.get().known(), thread.current_frame.get(), |entry| {
        frame.set_previous(Some(entry));
        thread.current_frame.set(Some(frame));
        if throwing {
            super::instrument::throw(thread, frame);
        }
        let dispatch = thread.state.dispatch.get().known();
        dispatch(thread, frame, first).ok_or(Raised)
    })
}

/// Calls a function with objects: positional arguments, then the values of the keywords.
pub(crate) fn call_function(
    thread: &Thread,
    function: Ref<PyFunction>,
    arguments: &[Ref],
    keywords: Option<Ref<PyTuple>>,
) -> Result {
    const FEW: usize = 8;
    let count = arguments.len() - keywords.map_or(0, Ref::<PyTuple>::len);
    let locals = if function.code().flags() & flags::OPTIMIZED != 0 {
        None
    } else {
        Some(function.globals().to_owned().upcast())
    };
    let callable = StackRef::from_new(function.upcast());
    let pushed = if arguments.len() <= FEW {
        let mut few = [const { StackRef::NULL }; FEW];
        for (slot, &argument) in few.iter_mut().zip(arguments) {
            *slot = StackRef::from_new(argument);
        }
        let pushed = frame::push_with(thread, callable, locals, SlotPtr::of(&mut few), count, keywords, None);
        // The slots were consumed.
        few.into_iter().for_each(StackRef::leave);
        pushed
    } else {
        let mut all: Vec<StackRef> = arguments.iter().map(|&argument| StackRef::from_new(argument)).collect();
        let pushed = frame::push_with(thread, callable, locals, SlotPtr::of(&mut all), count, keywords, None);
        all.into_iter().for_each(StackRef::leave);
        pushed
    };
    run_frame(thread, pushed?)
}

/// Runs a function's code with a mapping for its local names: a class body.
pub(crate) fn run_function_in(thread: &Thread, function: Ref<PyFunction>, namespace: Ref) -> Result {
    let callable = StackRef::from_new(function.upcast());
    let mut none: [StackRef; 0] = [];
    let locals = Some(namespace.to_owned());
    let pushed = frame::push_with(thread, callable, locals, SlotPtr::of(&mut none), 0, None, None)?;
    run_frame(thread, pushed)
}

/// Runs module code, or what `exec` and `eval` are given (`PyEval_EvalCode`).
pub(crate) fn run_code(thread: &Thread, code: Ref<PyCode>, globals: Ref<PyDict>, locals: Option<Ref>) -> Result {
    if code.nfreevars() != 0 {
        return Err(error::type_error(thread, "code object passed to exec() may not contain free variables"));
    }
    add_builtins(thread, globals);
    let function = super::function::new(thread, code, globals.upcast())?;
    run_function_in(thread, function.borrow(), locals.unwrap_or(globals.upcast()))
}

/// Gives globals their `__builtins__` if they have none.
pub(crate) fn add_builtins(thread: &Thread, globals: Ref<PyDict>) {
    if globals.get_str(names::builtins()).is_none()
        && let Some(builtins) = thread.state.builtins.get()
    {
        globals.set_str(names::builtins(), builtins.to_owned().upcast());
    }
}

/// Raises RecursionError when the native stack is nearly used up (`_Py_EnterRecursiveCall`).
#[inline]
pub(crate) fn native_call(thread: &Thread, what: &str) -> Result<()> {
    if reached_recursion_limit(thread) { Err(stack_overflow(thread, what)) } else { Ok(()) }
}

#[cold]
fn stack_overflow(thread: &Thread, what: &str) -> Raised {
    error::recursion_error(thread, format_args!("maximum recursion depth exceeded{what}"))
}

/// `_Py_ReachedRecursionLimit`.
#[inline]
pub(crate) fn reached_recursion_limit(thread: &Thread) -> bool {
    let here = 0u8;
    (&raw const here).addr() < thread.native_stack_limit.get()
}

/// `_Py_EnterRecursivePy`: counts a Python call; true with RecursionError raised if there are too many.
#[inline(always)]
pub(crate) fn enter_recursive_py(thread: &Thread) -> bool {
    let remaining = thread.py_recursion_remaining.get();
    thread.py_recursion_remaining.set(remaining - 1);
    remaining <= 0 && too_deep(thread)
}

#[cold]
fn too_deep(thread: &Thread) -> bool {
    // While the error itself is made, a few more calls are let through.
    const HEADROOM: i32 = 50;
    thread.py_recursion_remaining.set(thread.py_recursion_remaining.get() + HEADROOM);
    error::recursion_error(thread, "maximum recursion depth exceeded");
    thread.py_recursion_remaining.set(thread.py_recursion_remaining.get() - HEADROOM);
    true
}

/// `_Py_LeaveRecursiveCallPy`.
#[inline(always)]
pub(crate) fn leave_recursive_py(thread: &Thread) {
    thread.py_recursion_remaining.set(thread.py_recursion_remaining.get() + 1);
}

/// `IS_PEP523_HOOKED`: nobody can replace the evaluation of frames here.
#[inline(always)]
pub(crate) fn is_frame_evaluator_set(_: &Thread) -> bool {
    false
}

/// `_Py_HandlePending`: attends to what the eval breaker asks for.
#[cold]
pub(crate) fn handle_pending(thread: &Thread) -> Result<()> {
    let asked = thread.eval_breaker.get();
    thread.eval_breaker.set(asked & !EVAL_EVENTS_MASK);
    if asked & crate::object::gc::ASKED != 0 {
        crate::modules::gc::collect_if_due(thread);
    }
    Ok(())
}

/// `_PyEval_LoadName`: local, global, built-in.
pub(crate) fn load_name(thread: &Thread, frame: Frame, name: Ref<PyStr>) -> Result {
    let Some(locals) = frame.locals() else { return Err(error::system_error(thread, "no locals found")) };
    if let Some(value) = object::optional_item(thread, locals, name.upcast())? {
        return Ok(value);
    }
    if let Some(value) = object::optional_item(thread, frame.globals(), name.upcast())? {
        return Ok(value);
    }
    match object::optional_item(thread, frame.builtins(), name.upcast())? {
        Some(value) => Ok(value),
        None => Err(undefined(thread, name)),
    }
}

#[cold]
fn undefined(thread: &Thread, name: Ref<PyStr>) -> Raised {
    error::format_name(thread, exceptions::name_error(), error::NAME_MESSAGE, name.upcast())
}

/// `_PyEval_LoadGlobalStackRef`: NULL with NameError raised if there is none.
pub(crate) fn load_global(thread: &Thread, globals: Ref, builtins: Ref, name: Ref<PyStr>) -> StackRef {
    match find_global(thread, globals, builtins, name) {
        Ok(Some(value)) => StackRef::from_owned(value),
        Ok(None) => {
            undefined(thread, name);
            StackRef::NULL
        }
        Err(Raised) => StackRef::NULL,
    }
}

fn find_global(thread: &Thread, globals: Ref, builtins: Ref, name: Ref<PyStr>) -> Result<Option<Owned>> {
    if let Some(value) = object::optional_item(thread, globals, name.upcast())? {
        return Ok(Some(value));
    }
    object::optional_item(thread, builtins, name.upcast())
}

/// `_PyEval_SpecialMethodCanSuggest`: whether the other kind of `with` would do.
pub(crate) fn special_method_can_suggest(_: &Thread, owner: Ref, oparg: i32) -> bool {
    let has = |name: Ref<PyStr>| types::lookup(owner.ty(), name).is_some();
    if oparg < 2 { has(names::aenter()) && has(names::aexit()) } else { has(names::enter()) && has(names::exit()) }
}

/// `get_exception_handler`: whether a handler covers the instruction, then its stack level, its index, and whether the
/// instruction's index is pushed (1) or not (0).
pub(crate) fn exception_handler(code: Ref<PyCode>, index: i32) -> (bool, i32, i32, i32) {
    let mut table = code.exceptiontable().iter().copied();
    while let Some(start) = varint(&mut table) {
        let (Some(size), Some(handler), Some(depth)) = (varint(&mut table), varint(&mut table), varint(&mut table))
        else {
            break;
        };
        if start > index {
            break;
        }
        if index < start + size {
            return (true, depth >> 1, handler, depth & 1);
        }
    }
    (false, 0, 0, 0)
}

/// A number of the exception table: six bits a byte, the most significant first; bit 6 says that more follow.
fn varint(table: &mut impl Iterator<Item = u8>) -> Option<i32> {
    let mut byte = table.next()?;
    let mut value = i32::from(byte & 63);
    while byte & 64 != 0 {
        byte = table.next()?;
        value = value << 6 | i32::from(byte & 63);
    }
    Some(value)
}

/// The innermost Python frame.
pub(crate) fn current_frame(thread: &Thread) -> Option<Frame> {
    frame::first_complete(thread.current_frame.get())
}

/// `__name__` of the module whose code is running.
pub(crate) fn current_module(thread: &Thread) -> Option<Owned> {
    let globals = current_frame(thread)?.globals();
    globals.downcast::<PyDict>()?.get_str(names::name()).map(Ref::to_owned)
}

/// `locals()` of a frame: the mapping itself, or a fresh dict of the function's variables.
pub(crate) fn frame_locals(thread: &Thread, frame: Frame) -> Result {
    let code = frame.code();
    if code.flags() & flags::OPTIMIZED == 0
        && let Some(locals) = frame.locals()
    {
        return Ok(locals.to_owned());
    }
    if let Some(own) = frame.frame_object() {
        return Ok(super::framelocals::snapshot(thread, own)?.upcast());
    }
    let locals = PyDict::new();
    for (index, &bits) in code.localspluskinds().iter().enumerate() {
        if bits & kind::HIDDEN != 0 {
            continue;
        }
        let Some(value) = frame.locals_plus().get(index as isize).as_option() else { continue };
        let value = match value.downcast::<PyCell>() {
            Some(cell) if bits & (kind::CELL | kind::FREE) != 0 => match cell.contents().get() {
                Some(contents) => contents,
                None => continue,
            },
            _ => value,
        };
        locals.set_str(code.localsplusnames().item(index).cast(), value.to_owned());
    }
    Ok(locals.upcast())
}
