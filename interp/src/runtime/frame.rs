//! Frames as bodies push, fill and leave them (`pycore_interpframe.h`, `Python/frame.c`, parts of `ceval.c`), and frame
//! objects.

use super::{arguments, error};
use crate::frame::{Frame, Owner, SlotPtr};
use crate::object::types::flags;
use crate::object::*;

/// `_PyThreadState_HasStackSpace`, for a frame of so many words.
#[inline(always)]
pub(crate) fn has_space(thread: &Thread, words: i32) -> bool {
    thread.data_stack.has_space(words as usize)
}

/// `_PyFrame_PushUnchecked`: a frame for a function, which is consumed. The caller has tested `has_space`, and fills the
/// first `written` locals.
#[inline(always)]
pub(crate) fn push(thread: &Thread, function: StackRef, written: i32, previous: Frame) -> Frame {
    let code = function.as_object().cast::<PyFunction>().code();
    let frame = thread.data_stack.push_unchecked(code.framesize() as usize);
    frame.initialize(function, None, code, written as usize, Some(previous));
    frame
}

/// `_PyFrame_PushTrampolineUnchecked`: a frame without a function, with `depth` stack slots that the caller fills.
pub(crate) fn push_trampoline(thread: &Thread, code: Ref<PyCode>, depth: i32, previous: Frame) -> Frame {
    let frame = thread.data_stack.push_unchecked(code.framesize() as usize);
    frame.initialize_bare(code, depth as usize, Some(previous), Owner::Thread);
    frame
}

/// `_PyEvalFramePushAndInit`: consumes the function, the locals and the arguments, also when it fails.
pub(crate) fn push_and_init(
    thread: &Thread,
    function: StackRef,
    locals: Option<Owned>,
    args: SlotPtr,
    count: usize,
    keywords: Option<Ref<PyTuple>>,
    previous: Frame,
) -> Result<Frame> {
    push_with(thread, function, locals, args, count, keywords, Some(previous))
}

/// As `push_and_init`, also without a frame below.
pub(crate) fn push_with(
    thread: &Thread,
    function: StackRef,
    locals: Option<Owned>,
    args: SlotPtr,
    count: usize,
    keywords: Option<Ref<PyTuple>>,
    previous: Option<Frame>,
) -> Result<Frame> {
    let own: Ref<PyFunction> = function.as_object().cast();
    let code = own.code();
    let Some(frame) = thread.data_stack.push(code.framesize() as usize) else {
        args.close((count + keywords.map_or(0, Ref::<PyTuple>::len)) as isize);
        return Err(error::no_memory(thread));
    };
    frame.initialize(function, locals, code, 0, previous);
    if arguments::initialize_locals(thread, own, frame.locals_plus(), args, count, keywords).is_err() {
        clear_and_pop(thread, frame);
        return Err(crate::exit::Raised);
    }
    Ok(frame)
}

/// `_PyEvalFramePushAndInit_Ex`: arguments as a tuple and a dict.
pub(crate) fn push_and_init_ex(
    thread: &Thread,
    function: StackRef,
    locals: Option<Owned>,
    _count: isize,
    args: Owned<PyTuple>,
    kwargs: Option<Owned<PyDict>>,
    previous: Frame,
) -> Result<Frame> {
    let kwargs = kwargs.filter(|kwargs| !kwargs.is_empty());
    let pairs = kwargs.as_ref().map_or_else(Vec::new, |kwargs| kwargs.items());
    if !pairs.iter().all(|(name, _)| super::types::is_str(name.borrow())) {
        drop(function);
        return Err(error::type_error(thread, "keywords must be strings"));
    }
    let mut values: Vec<StackRef> = args.borrow().iter().map(StackRef::from_new).collect();
    let count = values.len();
    let mut names = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        names.push(name);
        values.push(StackRef::from_owned(value));
    }
    let names = PyTuple::from_vec(names);
    let keywords = (!names.borrow().is_empty()).then(|| names.borrow());
    let slots = SlotPtr::of(&mut values);
    let pushed = push_with(thread, function, locals, slots, count, keywords, Some(previous));
    // The slots were consumed.
    values.into_iter().for_each(StackRef::leave);
    pushed
}

/// `_PyEval_FrameClearAndPop`: gives up what the frame holds, and its memory.
#[inline]
pub(crate) fn clear_and_pop(thread: &Thread, frame: Frame) {
    match frame.owner() {
        Owner::Generator => super::generator::clear_frame(thread, frame),
        _ => {
            clear(frame);
            thread.data_stack.pop(frame);
        }
    }
}

/// `_PyFrame_ClearExceptCode` and the code: a frame object that others hold takes the contents over.
#[inline]
pub(crate) fn clear(frame: Frame) {
    if let Some(own) = frame.take_frame_object()
        && handed_over(frame, own)
    {
        return;
    }
    frame.locals_plus().close(frame.stack_depth_with_locals());
    frame.drop_specials();
}

/// Whether the frame object, which others hold, has taken over what is in its frame.
#[cold]
fn handed_over(frame: Frame, own: Owned<PyFrameObject>) -> bool {
    if own.borrow().header().refcnt() == 1 {
        return false;
    }
    own.back.set(first_complete(frame.previous()).map(object_of));
    own.borrow().take_over();
    true
}

/// `_PyThreadState_PopFrame`: only the memory.
pub(crate) fn pop(thread: &Thread, frame: Frame) {
    thread.data_stack.pop(frame);
}

/// The first frame from here down that shows in tracebacks (`_PyFrame_GetFirstComplete`).
pub(crate) fn first_complete(frame: Option<Frame>) -> Option<Frame> {
    std::iter::successors(frame, |frame| frame.previous()).find(|frame| !frame.is_incomplete())
}

/// `_PyFrame_GetFrameObject`: the frame's object, made on first use.
pub(crate) fn object(_: &Thread, frame: Frame) -> Option<Ref<PyFrameObject>> {
    if frame.frame_object().is_none() {
        frame.set_frame_object(Some(PyFrameObject::new(frame)));
    }
    frame.frame_object()
}

fn object_of(frame: Frame) -> Owned<PyFrameObject> {
    object(Thread::current(), frame).known().to_owned()
}

fn exact_bool(thread: &Thread, value: Option<Ref>) -> Result<bool> {
    match value {
        Some(value) if value.is_exact(super::types::bool_()) => Ok(value.is(true_object())),
        _ => Err(error::type_error(thread, "attribute value type must be bool")),
    }
}

/// `frame`.
pub(crate) static TYPE: PyType = PyType::container::<PyFrameObject>(TypeSpec {
    name: "frame",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(|_, object| {
            let frame = object.cast::<PyFrameObject>().frame();
            let code = frame.code();
            let text = format!(
                "<frame at {:#x}, file '{}', line {}, code {}>",
                object.addr(),
                code.filename().to_string_lossy(),
                super::code::line_of(code, frame.instruction_index()).unwrap_or(0),
                code.name().to_string_lossy()
            );
            Ok(PyStr::new(&text).upcast())
        }),
        ..Slots::NONE
    },
    getset: &[
        GetSetDef::read_only("f_back", |_, object| {
            let own = object.cast::<PyFrameObject>();
            let back = match own.back.get() {
                Some(back) => Some(back.to_owned()),
                None => first_complete(own.frame().previous()).map(object_of),
            };
            Ok(back.map_or_else(super::object::new_none, Owned::upcast))
        }),
        GetSetDef::read_only("f_code", |_, object| {
            Ok(object.cast::<PyFrameObject>().frame().code().to_owned().upcast())
        }),
        GetSetDef::read_only("f_globals", |_, object| Ok(object.cast::<PyFrameObject>().frame().globals().to_owned())),
        GetSetDef::read_only("f_builtins", |_, object| {
            Ok(object.cast::<PyFrameObject>().frame().builtins().to_owned())
        }),
        GetSetDef::read_only("f_locals", |thread, object| {
            let own: Ref<PyFrameObject> = object.cast();
            if own.frame().code().flags() & super::numbers::CO_OPTIMIZED != 0 {
                return Ok(super::framelocals::new(own));
            }
            super::eval::frame_locals(thread, own.frame())
        }),
        GetSetDef::read_only("f_lasti", |_, object| {
            Ok(PyInt::from_i64(object.cast::<PyFrameObject>().frame().instruction_index() as i64 * 2).upcast())
        }),
        GetSetDef::read_only("f_lineno", |_, object| {
            let frame = object.cast::<PyFrameObject>().frame();
            let line = super::code::line_of(frame.code(), frame.instruction_index());
            Ok(line.map_or_else(super::object::new_none, |line| PyInt::from_i64(line.into()).upcast()))
        }),
        GetSetDef::new(
            "f_trace",
            |_, own| Ok(own.cast::<PyFrameObject>().trace.get().map_or_else(super::object::new_none, Ref::to_owned)),
            |thread, own, value| {
                let value = value.filter(|value| !super::object::is_none(*value));
                let own = own.cast::<PyFrameObject>();
                own.trace.set(value.map(Ref::to_owned));
                if value.is_some() && own.trace_opcodes.get() {
                    super::instrument::legacy::trace_opcodes(thread, own.frame().code());
                }
                Ok(())
            },
        ),
        GetSetDef::new(
            "f_trace_lines",
            |_, own| Ok(super::object::new_bool(own.cast::<PyFrameObject>().trace_lines.get())),
            |thread, own, value| {
                own.cast::<PyFrameObject>().trace_lines.set(exact_bool(thread, value)?);
                Ok(())
            },
        ),
        GetSetDef::new(
            "f_trace_opcodes",
            |_, own| Ok(super::object::new_bool(own.cast::<PyFrameObject>().trace_opcodes.get())),
            |thread, own, value| {
                let own = own.cast::<PyFrameObject>();
                own.trace_opcodes.set(exact_bool(thread, value)?);
                // A frame that nobody traces asks when somebody does.
                if own.trace_opcodes.get() && own.trace.get().is_some() {
                    super::instrument::legacy::trace_opcodes(thread, own.frame().code());
                }
                Ok(())
            },
        ),
        GetSetDef::read_only("f_generator", |_, object| {
            let frame = object.cast::<PyFrameObject>().frame();
            Ok(match frame.owner() {
                Owner::Generator => frame.generator().to_owned().upcast(),
                _ => super::object::new_none(),
            })
        }),
    ],
    methods: &[
        MethodDef::no_args("clear", |thread, object| {
            let frame = object.cast::<PyFrameObject>().frame();
            match frame.owner() {
                Owner::FrameObject => {
                    for index in 0..frame.code().nlocalsplus() {
                        drop(frame.locals_plus().replace(index as isize, StackRef::NULL));
                    }
                }
                Owner::Generator => {
                    let generator = frame.generator().to_owned();
                    if generator.borrow().frame_state() == super::generator::CREATED {
                        super::generator::clear_created(thread, generator.borrow());
                        return Ok(super::object::new_none());
                    }
                    let running = frame.generator().frame_state() == super::generator::EXECUTING;
                    let state = if running { "an executing" } else { "a suspended" };
                    return Err(error::runtime_error(thread, format_args!("cannot clear {state} frame")));
                }
                _ => return Err(error::runtime_error(thread, "cannot clear an executing frame")),
            }
            Ok(super::object::new_none())
        }),
        MethodDef::no_args("__sizeof__", |_, object| {
            let words = object.cast::<PyFrameObject>().frame().code().framesize() as usize;
            Ok(PyInt::from_i64((size_of::<PyFrameObject>() + words * size_of::<usize>()) as i64).upcast())
        }),
    ],
    ..TypeSpec::EMPTY
});
