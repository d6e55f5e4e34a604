//! C's members and tables in the shape in which bodies read them, where the object core keeps them in another one.

use crate::frame::{Frame, InstrPtr};
use crate::object::slots::{Binary, IterNext, Unary, VectorCall};
use crate::object::types::flags;
use crate::object::*;

/// `PyObject **items` of a list: valid while nothing changes the list.
#[derive(Clone, Copy)]
pub(crate) struct ListItems(Ref<PyList>);

impl ListItems {
    #[inline(always)]
    pub(crate) fn of(list: Ref<PyList>) -> ListItems {
        ListItems(list)
    }

    #[inline(always)]
    pub(crate) fn get(self, index: isize) -> Ref {
        self.0.item(index as usize)
    }

    /// C's plain store: the old item's count goes to whoever read the item before.
    #[inline(always)]
    pub(crate) fn store(self, index: isize, value: Owned) {
        std::mem::forget(self.0.replace(index as usize, value));
    }
}

/// `PyObject **items` of a tuple.
#[derive(Clone, Copy)]
pub(crate) struct TupleItems(Ref<PyTuple>);

impl TupleItems {
    #[inline(always)]
    pub(crate) fn of(tuple: Ref<PyTuple>) -> TupleItems {
        TupleItems(tuple)
    }

    #[inline(always)]
    pub(crate) fn get(self, index: isize) -> Ref {
        self.0.item(index as usize)
    }
}

/// `DK_UNICODE_ENTRIES(keys)`.
#[derive(Clone, Copy)]
pub(crate) struct Entries(Keys);

/// One of them.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    keys: Keys,
    index: usize,
}

impl Entries {
    #[inline(always)]
    pub(crate) fn of(keys: Keys) -> Entries {
        Entries(keys)
    }

    #[inline(always)]
    pub(crate) fn get(self, index: isize) -> Entry {
        Entry { keys: self.0, index: index as usize }
    }
}

impl Entry {
    #[inline(always)]
    pub(crate) fn key(self) -> Option<Ref<PyStr>> {
        self.keys.key_at(self.index).map(|key| key.cast())
    }

    #[inline(always)]
    pub(crate) fn value(self) -> Option<Ref> {
        self.keys.unicode_value_at(self.index)
    }

    /// C's plain store, see `ListItems::store`.
    #[inline(always)]
    pub(crate) fn store_value(self, value: Option<Owned>) {
        std::mem::forget(self.keys.replace_value(self.index, value));
    }
}

impl PySeqIter<PyList> {
    /// C's plain store, see `ListItems::store`.
    #[inline(always)]
    pub(crate) fn store_sequence(&self, sequence: Option<Owned<PyList>>) {
        std::mem::forget(self.take_sequence());
        self.set_sequence(sequence);
    }
}

impl PySeqIter<PyTuple> {
    /// C's plain store, see `ListItems::store`.
    #[inline(always)]
    pub(crate) fn store_sequence(&self, sequence: Option<Owned<PyTuple>>) {
        std::mem::forget(self.take_sequence());
        self.set_sequence(sequence);
    }
}

impl PyType {
    #[inline(always)]
    pub(crate) fn tp_iter(&self) -> Option<Unary> {
        self.slots.iter.get()
    }

    #[inline(always)]
    pub(crate) fn tp_iternext(&self) -> Option<IterNext> {
        self.slots.iternext.get()
    }

    #[inline(always)]
    pub(crate) fn tp_vectorcall(&self) -> Option<VectorCall> {
        // Built-in classes are all built that way; the slot `vectorcall` is that of their instances.
        let general =
            self.has_feature(flags::IMMUTABLETYPE).then_some(super::typeobject::type_vectorcall as VectorCall);
        self.slots.construct.get().or(general)
    }

    #[inline(always)]
    pub(crate) fn tp_getattro(&self) -> GetAttr {
        GetAttr(self.slots.getattro.get())
    }

    #[inline(always)]
    pub(crate) fn dict_offset(&self) -> isize {
        self.dictoffset.get()
    }

    /// `ht_cached_keys`.
    #[inline(always)]
    pub(crate) fn shared_keys(&self) -> Option<Keys> {
        self.cached_keys.get()
    }

    /// `_spec_cache.getitem`.
    #[inline(always)]
    pub(crate) fn getitem_cache(&self) -> Option<Ref> {
        self.spec_cache.getitem.get().map(Ref::upcast)
    }

    /// `_spec_cache.getitem_version`.
    #[inline(always)]
    pub(crate) fn getitem_version(&self) -> u32 {
        self.spec_cache.getitem_version.get()
    }

    /// `_spec_cache.init`.
    #[inline(always)]
    pub(crate) fn init_cache(&self) -> Option<Ref<PyFunction>> {
        self.spec_cache.init.get()
    }
}

impl Ref<PyType> {
    /// `tp_as_async`: our table of slots is flat, so it is there for every type.
    #[inline(always)]
    pub(crate) fn tp_as_async(self) -> Option<AsyncMethods> {
        Some(AsyncMethods(self))
    }
}

/// The async slots of a type.
#[derive(Clone, Copy)]
pub(crate) struct AsyncMethods(Ref<PyType>);

impl AsyncMethods {
    pub(crate) fn am_aiter(self) -> Option<Unary> {
        self.0.slots.am_aiter.get()
    }

    pub(crate) fn am_anext(self) -> Option<Unary> {
        self.0.slots.am_anext.get()
    }
}

/// `tp_getattro` as something to compare.
#[derive(Clone, Copy)]
pub(crate) struct GetAttr(pub(crate) Option<Binary>);

impl PartialEq for GetAttr {
    #[inline(always)]
    fn eq(&self, other: &GetAttr) -> bool {
        match (self.0, other.0) {
            (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }
}

/// `func.vectorcall`: C lets extensions replace it, here every function is called the same way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FunctionCall(());

impl FunctionCall {
    /// `_PyFunction_Vectorcall`.
    pub(crate) const PYTHON: FunctionCall = FunctionCall(());
}

impl PyFunction {
    #[inline(always)]
    pub(crate) fn vectorcall(&self) -> FunctionCall {
        FunctionCall::PYTHON
    }

    #[inline(always)]
    pub(crate) fn closure_cells(&self) -> Option<Ref<PyTuple>> {
        self.closure.get()
    }

    pub(crate) fn qualified_name(&self) -> Ref<PyStr> {
        self.qualname.get()
    }

    /// The old name is released after the new one is in place.
    pub(crate) fn set_qualified_name(&self, name: Owned<PyStr>) {
        self.qualname.set(name);
    }
}

impl PyBaseException {
    /// `PyException_GetTraceback`: a new reference.
    pub(crate) fn traceback(&self) -> Option<Owned> {
        self.traceback.get().map(|traceback| traceback.to_owned().upcast())
    }
}

impl ExcInfo {
    /// The handled exception as a new reference.
    pub(crate) fn value_owned(&self) -> Option<Owned> {
        self.value().map(Ref::to_owned)
    }
}

impl Frame {
    /// The first code unit of the frame's code.
    #[inline(always)]
    pub(crate) fn bytecode(self) -> InstrPtr {
        self.code().first_instr()
    }
}

impl Owned<PyGenerator> {
    /// The frame inside the generator.
    #[inline(always)]
    pub(crate) fn frame(&self) -> Frame {
        self.borrow().frame()
    }
}

impl StackRef {
    /// A generator (`PyStackRef_GenCheck`).
    #[inline(always)]
    pub(crate) fn is_generator(&self) -> bool {
        super::types::is_generator(self.as_object())
    }

    /// True or False.
    #[inline(always)]
    pub(crate) fn is_bool(&self) -> bool {
        self.is_true() || self.is_false()
    }
}

/// `tstate->eval_breaker`, read once.
#[derive(Clone, Copy)]
pub(crate) struct EvalBreaker(usize);

impl EvalBreaker {
    #[inline(always)]
    pub(crate) fn load(self) -> usize {
        self.0
    }
}

impl Thread {
    #[inline(always)]
    pub(crate) fn current_frame(&self) -> Option<Frame> {
        self.current_frame.get()
    }

    #[inline(always)]
    pub(crate) fn set_current_frame(&self, frame: impl Into<Option<Frame>>) {
        self.current_frame.set(frame.into());
    }

    #[inline(always)]
    pub(crate) fn py_recursion_remaining(&self) -> i32 {
        self.py_recursion_remaining.get()
    }

    #[inline(always)]
    pub(crate) fn set_py_recursion_remaining(&self, calls: i32) {
        self.py_recursion_remaining.set(calls);
    }

    #[inline(always)]
    pub(crate) fn tracing(&self) -> i32 {
        self.tracing.get()
    }

    pub(crate) fn set_tracing(&self, depth: i32) {
        self.tracing.set(depth);
    }

    #[inline(always)]
    pub(crate) fn eval_breaker(&self) -> EvalBreaker {
        EvalBreaker(self.eval_breaker.get())
    }

    /// Whether loops compile to machine code: never.
    #[inline(always)]
    pub(crate) fn jit(&self) -> bool {
        false
    }

    /// What LOAD_COMMON_CONSTANT loads.
    #[inline(always)]
    pub(crate) fn common_consts(&self) -> super::constants::CommonConstants {
        super::constants::COMMON
    }

    /// `callable_cache.len`; filled before any code runs.
    #[inline(always)]
    pub(crate) fn callable_len(&self) -> Ref {
        self.state.callable_cache.len.get().known().upcast()
    }

    /// `callable_cache.isinstance`.
    #[inline(always)]
    pub(crate) fn callable_isinstance(&self) -> Ref {
        self.state.callable_cache.isinstance.get().known().upcast()
    }

    /// `callable_cache.list_append`.
    #[inline(always)]
    pub(crate) fn callable_list_append(&self) -> Ref {
        self.state.callable_cache.list_append.get().known()
    }
}

/// A cache that starts with a counter, at its first code unit.
#[derive(Clone, Copy)]
pub(crate) struct BinaryOpCache(InstrPtr);

impl BinaryOpCache {
    pub(crate) fn at(units: InstrPtr) -> BinaryOpCache {
        BinaryOpCache(units)
    }

    /// The code unit that holds the counter.
    pub(crate) fn counter(self) -> InstrPtr {
        self.0
    }
}

impl<T> PartialEq for Ref<T> {
    /// Identity, as between C's pointers.
    #[inline(always)]
    fn eq(&self, other: &Ref<T>) -> bool {
        self.is(*other)
    }
}
