//! Functions, bound methods and cells.

use super::code::PyCode;
use super::dict::PyDict;
use super::field::{Field, OptField};
use super::header::PyObject;
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::str::PyStr;
use super::tuple::PyTuple;
use crate::runtime::types;
use std::cell::Cell;
use std::mem::offset_of;

/// A function object.
#[repr(C)]
pub(crate) struct PyFunction {
    ob: PyObject,
    globals: Field<PyDict>,
    builtins: Field,
    pub(crate) name: Field<PyStr>,
    pub(crate) qualname: Field<PyStr>,
    pub(crate) code: Field<PyCode>,
    /// Tuple and dict in compiled code. SET_FUNCTION_ATTRIBUTE takes whatever lies on the stack, so that only `defaults` and
    /// `keyword_defaults` are to be trusted.
    pub(super) defaults: OptField,
    pub(super) kwdefaults: OptField,
    pub(crate) closure: OptField<PyTuple>,
    pub(crate) doc: OptField,
    pub(crate) dict: OptField<PyDict>,
    pub(crate) module: OptField,
    pub(crate) annotations: OptField,
    pub(crate) annotate: OptField,
    pub(crate) typeparams: OptField,
    version: Cell<u32>,
}

static FUNCTION: Layout = Layout::fixed::<PyFunction>("PyFunction", Some(&layout::OBJECT)).traversed::<PyFunction>();

// The closure stays: code counts on it.
layout::traverse_fields!(PyFunction, keeps: [globals, builtins, code, name, qualname, closure], gives: [defaults, kwdefaults, doc, dict, module, annotations, annotate, typeparams]);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyFunction {
    const LAYOUT: &'static Layout = &FUNCTION;
}

impl PyFunction {
    /// A function of a code object, without defaults.
    pub(crate) fn new(
        code: Owned<PyCode>,
        globals: Owned<PyDict>,
        builtins: Owned,
        module: Option<Owned>,
    ) -> Owned<PyFunction> {
        let name = code.borrow().name().to_owned();
        let qualname = code.borrow().qualname().to_owned();
        let doc = code.borrow().docstring().map(Ref::to_owned);
        layout::make(PyFunction {
            ob: PyObject::new(types::function()),
            globals: Field::new(globals),
            builtins: Field::new(builtins),
            name: Field::new(name),
            qualname: Field::new(qualname),
            code: Field::new(code),
            defaults: OptField::empty(),
            kwdefaults: OptField::empty(),
            closure: OptField::empty(),
            doc: OptField::new(doc),
            dict: OptField::empty(),
            module: OptField::new(module),
            annotations: OptField::empty(),
            annotate: OptField::empty(),
            typeparams: OptField::empty(),
            version: Cell::new(0),
        })
    }

    /// Defaults of positional parameters, those of the last ones.
    #[inline]
    pub(crate) fn defaults(&self) -> Option<Ref<PyTuple>> {
        self.defaults.get()?.downcast()
    }

    pub(crate) fn set_defaults(&self, defaults: Option<Owned<PyTuple>>) {
        self.defaults.set(defaults.map(Owned::upcast));
    }

    /// Defaults of keyword-only parameters.
    #[inline]
    pub(crate) fn keyword_defaults(&self) -> Option<Ref<PyDict>> {
        self.kwdefaults.get()?.downcast()
    }

    pub(crate) fn set_keyword_defaults(&self, defaults: Option<Owned<PyDict>>) {
        self.kwdefaults.set(defaults.map(Owned::upcast));
    }

    /// Bytes from a function to the member that an argument of SET_FUNCTION_ATTRIBUTE stands for
    /// (`_Py_FunctionAttributeOffsets`). Any object may be stored there, but a closure must be one: the verifier has seen to
    /// that.
    #[inline]
    pub(crate) fn attribute_offset(argument: isize) -> usize {
        match argument {
            0x01 => offset_of!(PyFunction, defaults),
            0x02 => offset_of!(PyFunction, kwdefaults),
            0x04 => offset_of!(PyFunction, annotations),
            0x08 => offset_of!(PyFunction, closure),
            _ => offset_of!(PyFunction, annotate),
        }
    }

    #[inline(always)]
    pub(crate) fn globals(&self) -> Ref<PyDict> {
        self.globals.get()
    }

    #[inline(always)]
    pub(crate) fn builtins(&self) -> Ref {
        self.builtins.get()
    }

    #[inline(always)]
    pub(crate) fn code(&self) -> Ref<PyCode> {
        self.code.get()
    }

    /// `func_version`: 0 when none is assigned; changes whenever code, defaults or closure do.
    #[inline(always)]
    pub(crate) fn version(&self) -> u32 {
        self.version.get()
    }

    pub(crate) fn set_version(&self, version: u32) {
        self.version.set(version);
    }
}

/// A bound method.
#[repr(C)]
pub(crate) struct PyMethod {
    ob: PyObject,
    function: Field,
    receiver: Field,
}

static METHOD: Layout = Layout::fixed::<PyMethod>("PyMethod", Some(&layout::OBJECT)).traversed::<PyMethod>();

layout::traverse_fields!(PyMethod, keeps: [function, receiver], gives: []);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyMethod {
    const LAYOUT: &'static Layout = &METHOD;
}

impl PyMethod {
    pub(crate) fn new(function: Owned, receiver: Owned) -> Owned<PyMethod> {
        layout::make(PyMethod {
            ob: PyObject::new(types::method()),
            function: Field::new(function),
            receiver: Field::new(receiver),
        })
    }

    /// `im_func`.
    #[inline(always)]
    pub(crate) fn function(&self) -> Ref {
        self.function.get()
    }

    /// `im_self`.
    #[inline(always)]
    pub(crate) fn receiver(&self) -> Ref {
        self.receiver.get()
    }
}

/// A variable that closures share.
#[repr(C)]
pub(crate) struct PyCell {
    ob: PyObject,
    contents: OptField,
}

static CELL: Layout = Layout::fixed::<PyCell>("PyCell", Some(&layout::OBJECT)).traversed::<PyCell>();

layout::traverse_fields!(PyCell, keeps: [], gives: [contents]);

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyCell {
    const LAYOUT: &'static Layout = &CELL;
}

impl PyCell {
    pub(crate) fn new(contents: Option<Owned>) -> Owned<PyCell> {
        layout::make(PyCell { ob: PyObject::new(types::cell()), contents: OptField::new(contents) })
    }

    #[inline(always)]
    pub(crate) fn contents(&self) -> &OptField {
        &self.contents
    }
}
