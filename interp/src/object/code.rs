//! Code objects. The units of the instructions are one mutable array with the inline caches in it; specialisation
//! rewrites opcodes in place. Code is made from verified parts only, which the frame handles rely on.

use super::field::Field;
use super::header::PyObject;
use super::layout::{self, Layout, Object};
use super::refs::{Owned, Ref};
use super::str::PyStr;
use super::tuple::PyTuple;
use crate::frame::InstrPtr;
use crate::runtime::instrument::code::Instruments;
use crate::runtime::types;
use std::cell::{Cell, RefCell};

/// `co_flags` bits.
pub(crate) mod flags {
    pub(crate) const OPTIMIZED: i32 = 0x1;
    pub(crate) const NEWLOCALS: i32 = 0x2;
    pub(crate) const VARARGS: i32 = 0x4;
    pub(crate) const VARKEYWORDS: i32 = 0x8;
    pub(crate) const NESTED: i32 = 0x10;
    pub(crate) const GENERATOR: i32 = 0x20;
    pub(crate) const COROUTINE: i32 = 0x80;
    pub(crate) const ITERABLE_COROUTINE: i32 = 0x100;
    pub(crate) const ASYNC_GENERATOR: i32 = 0x200;
    pub(crate) const HAS_DOCSTRING: i32 = 0x400_0000;
    pub(crate) const METHOD: i32 = 0x800_0000;
}

/// Kinds of a local slot (`CO_FAST_*`).
pub(crate) mod kind {
    pub(crate) const HIDDEN: u8 = 0x10;
    pub(crate) const LOCAL: u8 = 0x20;
    pub(crate) const CELL: u8 = 0x40;
    pub(crate) const FREE: u8 = 0x80;
}

/// What a code object is made from. The parts agree with each other: see `crate::code` for what was verified.
pub(crate) struct CodeParts {
    pub(crate) units: Vec<u16>,
    pub(crate) consts: Owned<PyTuple>,
    pub(crate) names: Owned<PyTuple>,
    pub(crate) localsplusnames: Owned<PyTuple>,
    pub(crate) localspluskinds: Vec<u8>,
    pub(crate) filename: Owned<PyStr>,
    pub(crate) name: Owned<PyStr>,
    pub(crate) qualname: Owned<PyStr>,
    pub(crate) linetable: Vec<u8>,
    pub(crate) exceptiontable: Vec<u8>,
    pub(crate) flags: i32,
    pub(crate) argcount: usize,
    pub(crate) posonlyargcount: usize,
    pub(crate) kwonlyargcount: usize,
    pub(crate) stacksize: usize,
    pub(crate) firstlineno: i32,
    /// Index of the first instruction that shows in tracebacks.
    pub(crate) first_traceable: usize,
    pub(crate) version: u32,
}

/// A code object.
#[repr(C)]
pub(crate) struct PyCode {
    ob: PyObject,
    units: Box<[Cell<u16>]>,
    consts: Field<PyTuple>,
    names: Field<PyTuple>,
    localsplusnames: Field<PyTuple>,
    localspluskinds: Box<[u8]>,
    filename: Field<PyStr>,
    name: Field<PyStr>,
    qualname: Field<PyStr>,
    linetable: Box<[u8]>,
    exceptiontable: Box<[u8]>,
    flags: i32,
    argcount: i32,
    posonlyargcount: i32,
    kwonlyargcount: i32,
    stacksize: i32,
    nlocals: i32,
    ncellvars: i32,
    nfreevars: i32,
    nlocalsplus: i32,
    framesize: i32,
    firstlineno: i32,
    first_traceable: usize,
    version: u32,
    instrumentation_version: Cell<usize>,
    /// What tools listen to here; nothing until one does.
    instruments: RefCell<Option<Box<Instruments>>>,
}

static LAYOUT: Layout = Layout::fixed::<PyCode>("PyCode", Some(&layout::OBJECT));

// SAFETY: header first; what changes is in cells.
unsafe impl Object for PyCode {
    const LAYOUT: &'static Layout = &LAYOUT;
}

impl PyCode {
    pub(crate) fn new(parts: CodeParts) -> Owned<PyCode> {
        let count = |kind: u8| parts.localspluskinds.iter().filter(|&&k| k & kind != 0).count() as i32;
        let nlocalsplus = parts.localspluskinds.len();
        let framesize = nlocalsplus + parts.stacksize + crate::frame::SPECIALS;
        layout::make(PyCode {
            ob: PyObject::new(types::code()),
            units: parts.units.into_iter().map(Cell::new).collect(),
            consts: Field::new(parts.consts),
            names: Field::new(parts.names),
            localsplusnames: Field::new(parts.localsplusnames),
            nlocals: count(kind::LOCAL),
            ncellvars: count(kind::CELL),
            nfreevars: count(kind::FREE),
            nlocalsplus: nlocalsplus as i32,
            framesize: framesize as i32,
            localspluskinds: parts.localspluskinds.into(),
            filename: Field::new(parts.filename),
            name: Field::new(parts.name),
            qualname: Field::new(parts.qualname),
            linetable: parts.linetable.into(),
            exceptiontable: parts.exceptiontable.into(),
            flags: parts.flags,
            argcount: parts.argcount as i32,
            posonlyargcount: parts.posonlyargcount as i32,
            kwonlyargcount: parts.kwonlyargcount as i32,
            stacksize: parts.stacksize as i32,
            firstlineno: parts.firstlineno,
            first_traceable: parts.first_traceable,
            version: parts.version,
            instrumentation_version: Cell::new(0),
            instruments: RefCell::new(None),
        })
    }

    /// The first instruction.
    #[inline(always)]
    pub(crate) fn first_instr(&self) -> InstrPtr {
        InstrPtr::first(&self.units)
    }

    /// The code units as they are now, with specialised opcodes and filled caches.
    pub(crate) fn units(&self) -> &[Cell<u16>] {
        &self.units
    }

    #[inline(always)]
    pub(crate) fn consts(&self) -> Ref<PyTuple> {
        self.consts.get()
    }

    #[inline(always)]
    pub(crate) fn names(&self) -> Ref<PyTuple> {
        self.names.get()
    }

    pub(crate) fn localsplusnames(&self) -> Ref<PyTuple> {
        self.localsplusnames.get()
    }

    pub(crate) fn localspluskinds(&self) -> &[u8] {
        &self.localspluskinds
    }

    pub(crate) fn filename(&self) -> Ref<PyStr> {
        self.filename.get()
    }

    pub(crate) fn name(&self) -> Ref<PyStr> {
        self.name.get()
    }

    pub(crate) fn qualname(&self) -> Ref<PyStr> {
        self.qualname.get()
    }

    pub(crate) fn linetable(&self) -> &[u8] {
        &self.linetable
    }

    pub(crate) fn exceptiontable(&self) -> &[u8] {
        &self.exceptiontable
    }

    #[inline(always)]
    pub(crate) fn flags(&self) -> i32 {
        self.flags
    }

    #[inline(always)]
    pub(crate) fn argcount(&self) -> i32 {
        self.argcount
    }

    pub(crate) fn posonlyargcount(&self) -> i32 {
        self.posonlyargcount
    }

    #[inline(always)]
    pub(crate) fn kwonlyargcount(&self) -> i32 {
        self.kwonlyargcount
    }

    pub(crate) fn stacksize(&self) -> i32 {
        self.stacksize
    }

    pub(crate) fn nlocals(&self) -> i32 {
        self.nlocals
    }

    pub(crate) fn ncellvars(&self) -> i32 {
        self.ncellvars
    }

    pub(crate) fn nfreevars(&self) -> i32 {
        self.nfreevars
    }

    /// Locals, cells and free variables.
    #[inline(always)]
    pub(crate) fn nlocalsplus(&self) -> usize {
        self.nlocalsplus as usize
    }

    /// Words of a frame.
    #[inline(always)]
    pub(crate) fn framesize(&self) -> i32 {
        self.framesize
    }

    pub(crate) fn firstlineno(&self) -> i32 {
        self.firstlineno
    }

    #[inline(always)]
    pub(crate) fn first_traceable(&self) -> usize {
        self.first_traceable
    }

    /// The version that functions made from this code start with.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    #[inline(always)]
    pub(crate) fn instrumentation_version(&self) -> usize {
        self.instrumentation_version.get()
    }

    pub(crate) fn set_instrumentation_version(&self, version: usize) {
        self.instrumentation_version.set(version);
    }

    pub(crate) fn instruments(&self) -> &RefCell<Option<Box<Instruments>>> {
        &self.instruments
    }

    /// The docstring, if the first constant is one.
    pub(crate) fn docstring(&self) -> Option<Ref> {
        if self.flags & flags::HAS_DOCSTRING != 0 { self.consts().get(0) } else { None }
    }
}
