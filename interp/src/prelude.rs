//! What generated bodies see without a path: the structs and handles, not the runtime's modules, which they import by
//! name.
#![allow(unused_imports, reason = "which of the surface the bodies name changes with the definitions")]

pub(crate) use crate::exit::{Exit, Raised};
pub(crate) use crate::frame::{Frame, InstrPtr, Owner, SlotPtr, StackPtr};
pub(crate) use crate::object::{
    ExcInfo, InlineValues, Keys, KeysKind, Known, Memory, MethodDef, ObjectSlot, Owned, PyBaseException, PyCFunction,
    PyCell, PyCode, PyDict, PyFloat, PyFrameObject, PyFunction, PyGenerator, PyInt, PyList, PyListIter, PyMethod,
    PyMethodDescr, PyModule, PyObject, PyRangeIter, PySet, PySlice, PyStr, PyTuple, PyTupleIter, PyType, Ref, StackRef,
    Thread,
};
pub(crate) use crate::runtime::access::{
    AsyncMethods, BinaryOpCache, Entries, Entry, EvalBreaker, FunctionCall, GetAttr, ListItems, TupleItems,
};
pub(crate) use crate::runtime::args::Args;
pub(crate) use crate::specialize::BinaryOpExtend;
pub(crate) use crate::stats::Probe;
