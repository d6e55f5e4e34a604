//! `memoryview` (`Objects/memoryobject.c`), of one dimension; the operations are in `crate::builtins::bytes::view`.

use super::{object, types};
use crate::builtins::bytes::view;
use crate::object::types::flags;
use crate::object::*;

/// `memoryview`.
pub(crate) static TYPE: PyType = PyType::container::<PyMemoryView>(TypeSpec {
    name: "memoryview",
    flags: flags::HAVE_GC | flags::SEQUENCE,
    base: Some(&super::object::TYPE),
    slots: Slots {
        new: slot(view::new),
        repr: slot(|_, object| {
            let what = if of(object).exporter().is_some() { "memory" } else { "released memory" };
            Ok(PyStr::new(&format!("<{what} at {:#x}>", object.addr())).upcast())
        }),
        hash: slot(view::hash),
        richcompare: slot(view::compare),
        iter: slot(|thread, object| {
            view::check(thread, &of(object))?;
            Ok(PyAnySeqIter::with_type(types::memoryview_iterator(), object.to_owned(), 0).upcast())
        }),
        sq_length: slot(view::length),
        sq_item: slot(view::item),
        mp_length: slot(view::length),
        mp_subscript: slot(view::subscript),
        mp_ass_subscript: slot(view::set_subscript),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::one("__buffer__", view::buffer_of),
        MethodDef::one("__release_buffer__", |_, _, _| Ok(object::new_none())),
        MethodDef::no_args("__enter__", view::enter),
        MethodDef::fast("__exit__", view::exit),
        MethodDef::fast("_from_flags", view::from_flags).of_class(),
        MethodDef::keywords("cast", view::cast),
        MethodDef::one("count", view::count),
        MethodDef::keywords("hex", view::hex),
        MethodDef::fast("index", view::index_of),
        MethodDef::no_args("release", view::release),
        MethodDef::keywords("tobytes", view::tobytes),
        MethodDef::no_args("tolist", view::tolist),
        MethodDef::no_args("toreadonly", view::toreadonly),
        crate::builtins::reduce::CLASS_GETITEM,
    ],
    getset: &[
        GetSetDef::read_only("obj", |thread, object| {
            view::check(thread, &of(object))?;
            Ok(of(object).origin().unwrap_or(none_object()).to_owned())
        }),
        GetSetDef::read_only("nbytes", |thread, object| {
            number(thread, object, |own| (own.count * own.itemsize) as isize)
        }),
        GetSetDef::read_only("itemsize", |thread, object| number(thread, object, |own| own.itemsize as isize)),
        GetSetDef::read_only("ndim", |thread, object| number(thread, object, |_| 1)),
        GetSetDef::read_only("format", |thread, object| {
            view::check(thread, &of(object))?;
            let own = of(object);
            let mark = if own.strided.marked { "@" } else { "" };
            Ok(PyStr::new(&format!("{mark}{}", own.strided.format)).upcast())
        }),
        GetSetDef::read_only("shape", |thread, object| {
            Ok(PyTuple::from_array([number(thread, object, |own| own.count as isize)?]).upcast())
        }),
        GetSetDef::read_only("strides", |thread, object| {
            Ok(PyTuple::from_array([number(thread, object, |own| own.stride)?]).upcast())
        }),
        GetSetDef::read_only("suboffsets", |thread, object| {
            view::check(thread, &of(object))?;
            Ok(PyTuple::empty().to_owned().upcast())
        }),
        GetSetDef::read_only("readonly", |thread, object| {
            view::check(thread, &of(object))?;
            Ok(object::new_bool(of(object).readonly))
        }),
        GetSetDef::read_only("c_contiguous", contiguous),
        GetSetDef::read_only("f_contiguous", contiguous),
        GetSetDef::read_only("contiguous", contiguous),
    ],
    ..TypeSpec::EMPTY
});

/// `memory_iterator`.
pub(crate) static ITERATOR_TYPE: PyType = super::iter::plain_sequence_iterator("memory_iterator");

fn of(view: Ref) -> Ref<PyMemoryView> {
    view.cast()
}

fn number(thread: &Thread, view: Ref, read: impl Fn(&Strided) -> isize) -> Result {
    view::check(thread, &of(view))?;
    Ok(PyInt::from_i64(read(&of(view).strided) as i64).upcast())
}

fn contiguous(thread: &Thread, view: Ref) -> Result {
    view::check(thread, &of(view))?;
    let own = of(view);
    Ok(object::new_bool(own.strided.count <= 1 || own.strided.stride == own.strided.itemsize as isize))
}
