//! Functions that the runtime itself offers: their definitions, the function objects and the descriptors in types.

use super::field::{Field, OptField};
use super::header::PyObject;
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::slots::{Result, Unary};
use super::thread::Thread;
use super::tuple::PyTuple;
use super::types::PyType;
use crate::runtime::types;

/// How a built-in function takes its arguments (`METH_*`).
#[derive(Clone, Copy)]
pub(crate) enum MethodFn {
    /// `METH_NOARGS`.
    NoArgs(fn(&Thread, Ref) -> Result),
    /// `METH_O`.
    O(fn(&Thread, Ref, Ref) -> Result),
    /// `METH_FASTCALL`.
    Fast(fn(&Thread, Ref, &[Ref]) -> Result),
    /// `METH_FASTCALL | METH_KEYWORDS`: the values of the keywords follow the positional arguments.
    FastKeywords(fn(&Thread, Ref, &[Ref], Option<Ref<PyTuple>>) -> Result),
}

/// `METH_*` flags, numbered as in C.
pub(crate) mod flags {
    pub(crate) const VARARGS: i32 = 0x1;
    pub(crate) const KEYWORDS: i32 = 0x2;
    pub(crate) const NOARGS: i32 = 0x4;
    pub(crate) const O: i32 = 0x8;
    pub(crate) const CLASS: i32 = 0x10;
    pub(crate) const STATIC: i32 = 0x20;
    pub(crate) const FASTCALL: i32 = 0x80;
}

/// How a definition in a type's table binds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binding {
    Instance,
    Class,
    Static,
}

/// The definition of a built-in function or method.
pub(crate) struct MethodDef {
    pub(crate) name: &'static str,
    pub(crate) function: MethodFn,
    pub(crate) binding: Binding,
}

impl MethodDef {
    pub(crate) const fn new(name: &'static str, function: MethodFn) -> MethodDef {
        MethodDef { name, function, binding: Binding::Instance }
    }

    pub(crate) const fn no_args(name: &'static str, function: fn(&Thread, Ref) -> Result) -> MethodDef {
        MethodDef::new(name, MethodFn::NoArgs(function))
    }

    pub(crate) const fn one(name: &'static str, function: fn(&Thread, Ref, Ref) -> Result) -> MethodDef {
        MethodDef::new(name, MethodFn::O(function))
    }

    pub(crate) const fn fast(name: &'static str, function: fn(&Thread, Ref, &[Ref]) -> Result) -> MethodDef {
        MethodDef::new(name, MethodFn::Fast(function))
    }

    pub(crate) const fn keywords(
        name: &'static str,
        function: fn(&Thread, Ref, &[Ref], Option<Ref<PyTuple>>) -> Result,
    ) -> MethodDef {
        MethodDef::new(name, MethodFn::FastKeywords(function))
    }

    /// The same, called with the class in place of an instance.
    pub(crate) const fn of_class(self) -> MethodDef {
        MethodDef { binding: Binding::Class, ..self }
    }

    /// The same, called without an instance.
    pub(crate) const fn of_nobody(self) -> MethodDef {
        MethodDef { binding: Binding::Static, ..self }
    }

    /// `ml_meth`.
    #[inline(always)]
    pub(crate) fn function(&self) -> MethodFn {
        self.function
    }

    /// `ml_flags` without the binding.
    #[inline]
    pub(crate) fn flags(&self) -> i32 {
        match self.function {
            MethodFn::NoArgs(_) => flags::NOARGS,
            MethodFn::O(_) => flags::O,
            MethodFn::Fast(_) => flags::FASTCALL,
            MethodFn::FastKeywords(_) => flags::FASTCALL | flags::KEYWORDS,
        }
    }
}

/// A computed attribute of a built-in type.
pub(crate) struct GetSetDef {
    pub(crate) name: &'static str,
    pub(crate) get: Unary,
    /// `None` as the value deletes.
    pub(crate) set: Option<fn(&Thread, Ref, Option<Ref>) -> Result<()>>,
}

impl GetSetDef {
    /// A field that Python sees but does not set (`Py_READONLY` members).
    pub(crate) const fn field(name: &'static str, get: Unary) -> GetSetDef {
        GetSetDef { name, get, set: Some(crate::runtime::attr::refuse_to_set) }
    }

    /// Whether it was made by `field`: its descriptor is a `member_descriptor`.
    pub(crate) fn is_field(&self) -> bool {
        self.set.is_some_and(|set| {
            std::ptr::fn_addr_eq(
                set,
                crate::runtime::attr::refuse_to_set as fn(&Thread, Ref, Option<Ref>) -> Result<()>,
            )
        })
    }

    pub(crate) const fn read_only(name: &'static str, get: Unary) -> GetSetDef {
        GetSetDef { name, get, set: None }
    }

    pub(crate) const fn new(
        name: &'static str,
        get: Unary,
        set: fn(&Thread, Ref, Option<Ref>) -> Result<()>,
    ) -> GetSetDef {
        GetSetDef { name, get, set: Some(set) }
    }
}

/// A built-in function, or a built-in method bound to its receiver.
#[repr(C)]
pub(crate) struct PyCFunction {
    ob: PyObject,
    def: &'static MethodDef,
    receiver: OptField,
    pub(crate) module: OptField,
}

static CFUNCTION: Layout =
    Layout::fixed::<PyCFunction>("PyCFunction", Some(&layout::OBJECT)).traversed::<PyCFunction>();

layout::traverse_fields!(PyCFunction, keeps: [receiver, module], gives: []);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyCFunction {
    const LAYOUT: &'static Layout = &CFUNCTION;
}

impl PyCFunction {
    pub(crate) fn new(def: &'static MethodDef, receiver: Option<Owned>, module: Option<Owned>) -> Owned<PyCFunction> {
        layout::make(PyCFunction {
            ob: PyObject::new(types::builtin_function()),
            def,
            receiver: OptField::new(receiver),
            module: OptField::new(module),
        })
    }

    #[inline(always)]
    pub(crate) fn def(&self) -> &'static MethodDef {
        self.def
    }

    /// What the function is called with as receiver; None for a function without one (`m_self`).
    #[inline(always)]
    pub(crate) fn receiver(&self) -> Ref {
        self.receiver.get().unwrap_or(super::singletons::none_object())
    }

    /// The receiver, if it is one that shows: not a module.
    pub(crate) fn bound_to(&self) -> Option<Ref> {
        self.receiver.get().filter(|receiver| receiver.downcast::<super::module::PyModule>().is_none())
    }
}

/// A built-in method in its type's dict.
#[repr(C)]
pub(crate) struct PyMethodDescr {
    ob: PyObject,
    owner: Field<PyType>,
    def: &'static MethodDef,
}

static METHOD_DESCR: Layout =
    Layout::fixed::<PyMethodDescr>("PyMethodDescr", Some(&layout::OBJECT)).traversed::<PyMethodDescr>();

layout::traverse_fields!(PyMethodDescr, keeps: [owner], gives: []);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyMethodDescr {
    const LAYOUT: &'static Layout = &METHOD_DESCR;
}

impl PyMethodDescr {
    pub(crate) fn new(ty: Ref<PyType>, owner: Ref<PyType>, def: &'static MethodDef) -> Owned<PyMethodDescr> {
        layout::make(PyMethodDescr { ob: PyObject::new(ty), owner: Field::new(owner.to_owned()), def })
    }

    /// `d_type`.
    #[inline(always)]
    pub(crate) fn owner(&self) -> Ref<PyType> {
        self.owner.get()
    }

    /// `d_method`.
    #[inline(always)]
    pub(crate) fn def(&self) -> &'static MethodDef {
        self.def
    }
}

/// A computed attribute in its type's dict.
#[repr(C)]
pub(crate) struct PyGetSetDescr {
    ob: PyObject,
    owner: Field<PyType>,
    def: &'static GetSetDef,
}

static GETSET_DESCR: Layout =
    Layout::fixed::<PyGetSetDescr>("PyGetSetDescr", Some(&layout::OBJECT)).traversed::<PyGetSetDescr>();

layout::traverse_fields!(PyGetSetDescr, keeps: [owner], gives: []);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyGetSetDescr {
    const LAYOUT: &'static Layout = &GETSET_DESCR;
}

impl PyGetSetDescr {
    pub(crate) fn new(owner: Ref<PyType>, def: &'static GetSetDef) -> Owned<PyGetSetDescr> {
        let ob = PyObject::new(types::getset_descriptor());
        layout::make(PyGetSetDescr { ob, owner: Field::new(owner.to_owned()), def })
    }

    pub(crate) fn owner(&self) -> Ref<PyType> {
        self.owner.get()
    }

    pub(crate) fn def(&self) -> &'static GetSetDef {
        self.def
    }
}
