//! The object core: headers, handles, and the structs of the built-in types. With `frame`, the only code with `unsafe`.
//!
//! What makes it sound, in one place:
//! - One interpreter at a time, on one thread (`guard`); object statics are `Sync` on the strength of that.
//! - Every object struct starts with its header, all fields that change are in cells, and no method of this module keeps
//!   a reference into a cell while foreign code (a destructor, `__eq__`) can run.
//! - A `Ref` is used only while something holds a count of the object, as C does with borrowed pointers. Handles do not
//!   leave the crate.

mod alloc;
mod asyncgen;
mod bytearray;
mod bytes;
pub(crate) mod code;
mod containers;
mod descriptor;
mod dict;
mod dictkeys;
mod exception;
mod field;
mod float;
mod frameobject;
mod function;
pub(crate) mod gc;
mod generator;
mod guard;
mod header;
mod instance;
mod int;
mod interned;
mod iter;
mod known;
mod layout;
mod list;
mod memory;
pub(crate) mod method;
mod module;
mod native;
mod record;
mod refs;
mod set;
mod singletons;
pub(crate) mod slots;
mod stackref;
pub(crate) mod str;
mod strbuilder;
mod template;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod thread;
mod tuple;
mod typecache;
pub(crate) mod types;
mod values;
pub(crate) mod weakref;
mod wrapper;

pub(crate) use asyncgen::{Progress, PyAsyncStep};
pub(crate) use bytearray::{PyByteArray, PyMemoryView, Strided};
pub(crate) use bytes::PyBytes;
pub(crate) use code::{CodeParts, PyCode};
pub(crate) use descriptor::{PyMappingProxy, PyMember, PyMethodHolder, PyProperty, PySuper};
pub(crate) use dict::PyDict;
pub(crate) use dictkeys::{Keys, KeysKind};
pub(crate) use exception::{ExcInfo, PyBaseException, PyTraceback};
pub(crate) use field::{Field, OptField};
pub(crate) use float::{PyComplex, PyFloat};
pub(crate) use frameobject::PyFrameObject;
pub(crate) use function::{PyCell, PyFunction, PyMethod};
pub(crate) use generator::PyGenerator;
pub(crate) use header::PyObject;
pub(crate) use instance::{
    MANAGED_DICT_OFFSET, change_class, inline_values, managed_dict, plain as new_instance, set_managed_dict,
};
pub(crate) use int::{IntValue, PyInt};
pub(crate) use iter::{
    PyAnySeqIter, PyCallableIter, PyDictIter, PyListIter, PyRange, PyRangeIter, PySeqIter, PySlice, PyTupleIter,
};
pub(crate) use known::Known;
pub(crate) use layout::{Object, size_of_object};
pub(crate) use list::PyList;
pub(crate) use memory::{Memory, ObjectSlot};
pub(crate) use method::{Binding, GetSetDef, MethodDef, MethodFn, PyCFunction, PyGetSetDescr, PyMethodDescr};
pub(crate) use module::PyModule;
pub(crate) use native::{Native, PyNative, Visit, native_fields};
pub(crate) use record::PyRecord;
pub(crate) use refs::{Owned, Ref};
pub(crate) use set::PySet;
pub(crate) use singletons::{
    PySingleton, bool_object, ellipsis, empty_str, false_object, latin1_str, none_object, not_implemented, small_int,
    small_int_at, true_object,
};
pub(crate) use slots::{CompareOp, Result, Slots, slot};
pub(crate) use stackref::StackRef;
pub(crate) use str::{PyStr, StaticStr, Units};
pub(crate) use strbuilder::StrBuilder;
pub(crate) use template::{PyInterpolation, PyTemplate, PyTemplateIter};
pub(crate) use thread::{EVAL_EVENTS_MASK, RunningThread, Thread};
pub(crate) use tuple::{PyStructSeq, PyTuple};
pub(crate) use types::{PyType, TypeSpec};
pub(crate) use values::InlineValues;
pub(crate) use weakref::PyWeakRef;
pub(crate) use wrapper::{PyMethodWrapper, PyWrapperDescr};
