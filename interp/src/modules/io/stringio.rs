//! `StringIO`: text in memory (`Modules/_io/stringio.c`).

use super::base::{closed_error, limit};
use crate::modules::{native_dict, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, exceptions, number, object};
use std::cell::{Cell, RefCell};

struct Memory {
    points: RefCell<Vec<u32>>,
    at: Cell<usize>,
    closed: Cell<bool>,
    /// What is written for a line end; `None` reads all line ends as `\n`.
    newline: RefCell<Option<String>>,
}
impl Native for Memory {}

pub(super) static TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_io.StringIO",
    flags: flags::HAVE_GC | flags::BASETYPE,
    base: Some(&super::base::TEXT_BASE),
    slots: Slots {
        new: slot(|_, class, _, _| {
            let memory = Memory {
                points: RefCell::default(),
                at: Cell::new(0),
                closed: Cell::new(false),
                newline: RefCell::new(Some("\n".into())),
            };
            Ok(PyNative::new(class, memory).upcast())
        }),
        init: slot(init),
        dict_of: slot(native_dict),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::one("write", write),
        MethodDef::fast("read", |thread, own, arguments| {
            let own: Ref<PyNative> = own.cast();
            let memory = open(thread, &own)?;
            let most = limit(thread, arguments)?;
            let end = memory.points.borrow().len();
            let start = memory.at.get().min(end);
            let stop = most.map_or(end, |most| end.min(start.saturating_add(most)));
            memory.at.set(stop.max(memory.at.get().min(end)));
            Ok(text(&memory.points.borrow()[start..stop]))
        }),
        MethodDef::fast("readline", |thread, own, arguments| {
            let own: Ref<PyNative> = own.cast();
            let memory = open(thread, &own)?;
            let most = limit(thread, arguments)?;
            let points = memory.points.borrow();
            let start = memory.at.get().min(points.len());
            let line = points[start..].iter().position(|&point| point == 10).map_or(points.len(), |n| start + n + 1);
            let stop = most.map_or(line, |most| line.min(start.saturating_add(most)));
            memory.at.set(stop);
            Ok(text(&points[start..stop]))
        }),
        MethodDef::no_args("getvalue", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            Ok(text(&open(thread, &own)?.points.borrow()))
        }),
        MethodDef::fast("seek", seek),
        MethodDef::no_args("tell", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            Ok(PyInt::from_i64(open(thread, &own)?.at.get() as i64).upcast())
        }),
        MethodDef::fast("truncate", |thread, own, arguments| {
            let own: Ref<PyNative> = own.cast();
            let memory = open(thread, &own)?;
            let size = limit(thread, arguments)?.unwrap_or(memory.at.get());
            memory.points.borrow_mut().truncate(size);
            Ok(PyInt::from_i64(size as i64).upcast())
        }),
        MethodDef::no_args("close", |thread, own| {
            receiver::<Memory>(thread, &own.cast())?.closed.set(true);
            Ok(object::new_none())
        }),
        MethodDef::no_args("flush", |thread, own| open(thread, &own.cast()).map(|_| object::new_none())),
        MethodDef::no_args("readable", |thread, own| open(thread, &own.cast()).map(|_| object::new_bool(true))),
        MethodDef::no_args("writable", |thread, own| open(thread, &own.cast()).map(|_| object::new_bool(true))),
        MethodDef::no_args("seekable", |thread, own| open(thread, &own.cast()).map(|_| object::new_bool(true))),
    ],
    getset: &[
        GetSetDef::read_only("closed", |thread, own| {
            receiver::<Memory>(thread, &own.cast()).map(|memory| object::new_bool(memory.closed.get()))
        }),
        GetSetDef::read_only("line_buffering", |_, _| Ok(object::new_bool(false))),
    ],
    ..TypeSpec::EMPTY
});

fn open<'a>(thread: &Thread, own: &'a Ref<PyNative>) -> Result<&'a Memory> {
    let memory = receiver::<Memory>(thread, own)?;
    if memory.closed.get() { Err(closed_error(thread)) } else { Ok(memory) }
}

pub(super) fn text(points: &[u32]) -> Owned {
    let mut out = StrBuilder::new();
    points.iter().for_each(|&point| out.push(point));
    out.finish().upcast()
}

fn init(thread: &Thread, own: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    static SIGNATURE: Signature = Signature {
        function: "StringIO",
        names: &["initial_value", "newline"],
        positional_only: 0,
        keyword_only: 0,
        required: 0,
    };
    let [initial, newline] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    {
        let own: Ref<PyNative> = own.cast();
        let memory = receiver::<Memory>(thread, &own)?;
        memory.points.take();
        memory.at.set(0);
        if let Some(newline) = newline {
            let newline = newline.downcast::<PyStr>().map(Ref::to_string_lossy);
            memory.newline.replace(newline);
        }
    }
    if let Some(initial) = initial.filter(|initial| !object::is_none(*initial)) {
        if initial.downcast::<PyStr>().is_none() {
            let text = format!("initial_value must be str or None, not {}", initial.ty().name());
            return Err(error::type_error(thread, text));
        }
        write(thread, own, initial)?;
        receiver::<Memory>(thread, &own.cast())?.at.set(0);
    }
    Ok(())
}

fn write(thread: &Thread, own: Ref, value: Ref) -> Result {
    let own: Ref<PyNative> = own.cast();
    let Some(string) = value.downcast::<PyStr>() else {
        let text = format!("string argument expected, got '{}'", value.ty().name());
        return Err(error::type_error(thread, text));
    };
    let memory = open(thread, &own)?;
    let mut new: Vec<u32> = string.points().collect();
    match memory.newline.borrow().as_deref() {
        None => new = universal(&new),
        Some("\r") => new.iter_mut().filter(|point| **point == 10).for_each(|point| *point = 13),
        Some("\r\n") => {
            new = new.into_iter().flat_map(|point| if point == 10 { vec![13, 10] } else { vec![point] }).collect()
        }
        Some(_) => {}
    }
    let mut points = memory.points.borrow_mut();
    let at = memory.at.get();
    if at > points.len() {
        points.resize(at, 0);
    }
    let stop = points.len().min(at + new.len());
    points.splice(at..stop, new.iter().copied());
    memory.at.set(at + new.len());
    Ok(PyInt::from_i64(string.len() as i64).upcast())
}

/// With `\n` for every line end.
pub(super) fn universal(points: &[u32]) -> Vec<u32> {
    let mut out = Vec::with_capacity(points.len());
    for (index, &point) in points.iter().enumerate() {
        match point {
            13 => out.push(10),
            10 if index > 0 && points[index - 1] == 13 => {}
            other => out.push(other),
        }
    }
    out
}

/// Which line ends there are: 1 for `\r`, 2 for `\n`, 4 for both together.
pub(super) fn line_ends(points: &[u32]) -> u8 {
    points.iter().enumerate().fold(0, |seen, (index, &point)| {
        seen | match point {
            13 if points.get(index + 1) == Some(&10) => 4,
            13 => 1,
            10 if index == 0 || points[index - 1] != 13 => 2,
            _ => 0,
        }
    })
}

/// `newlines` of a stream that has seen these.
pub(super) fn newlines(seen: u8) -> Owned {
    let all = [(1, "\r"), (2, "\n"), (4, "\r\n")];
    let mut found: Vec<Owned> =
        all.iter().filter(|(bit, _)| seen & bit != 0).map(|(_, end)| PyStr::new(end).upcast()).collect();
    match found.len() {
        0 => object::new_none(),
        1 => found.remove(0),
        _ => PyTuple::from_vec(found).upcast(),
    }
}

fn seek(thread: &Thread, own: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "seek", arguments.len(), 1, 2)?;
    let own: Ref<PyNative> = own.cast();
    let memory = open(thread, &own)?;
    let offset = number::index_isize(thread, arguments[0], Some(exceptions::overflow_error()))?;
    let whence = arguments.get(1).map_or(Ok(0), |whence| number::as_i64(thread, *whence))?;
    let at = match whence {
        0 if offset < 0 => {
            return Err(error::value_error(thread, format_args!("Negative seek position {offset}")));
        }
        0 => offset as usize,
        1 | 2 if offset != 0 => {
            return Err(error::set_string(thread, exceptions::os_error(), "Can't do nonzero cur-relative seeks"));
        }
        1 => memory.at.get(),
        2 => memory.points.borrow().len(),
        _ => {
            let text = format!("Invalid whence ({whence}, should be 0, 1 or 2)");
            return Err(error::value_error(thread, text));
        }
    };
    memory.at.set(at);
    Ok(PyInt::from_i64(at as i64).upcast())
}
