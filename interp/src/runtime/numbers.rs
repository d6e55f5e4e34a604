//! Named numbers of CPython's headers that bodies test (3.14's values).

/// Code flags (`cpython/code.h`).
pub(crate) const CO_OPTIMIZED: i32 = 0x1;
pub(crate) const CO_NEWLOCALS: i32 = 0x2;
pub(crate) const CO_VARARGS: i32 = 0x4;
pub(crate) const CO_VARKEYWORDS: i32 = 0x8;
pub(crate) const CO_NESTED: i32 = 0x10;
pub(crate) const CO_GENERATOR: i32 = 0x20;
pub(crate) const CO_COROUTINE: i32 = 0x80;
pub(crate) const CO_ITERABLE_COROUTINE: i32 = 0x100;
pub(crate) const CO_ASYNC_GENERATOR: i32 = 0x200;

/// How built-in functions take their arguments (`methodobject.h`).
pub(crate) const METH_VARARGS: i32 = 0x1;
pub(crate) const METH_KEYWORDS: i32 = 0x2;
pub(crate) const METH_NOARGS: i32 = 0x4;
pub(crate) const METH_O: i32 = 0x8;
pub(crate) const METH_FASTCALL: i32 = 0x80;
pub(crate) const METH_METHOD: i32 = 0x200;

/// Set in a count of vectorcall arguments: the callee may borrow the slot in front of the first.
pub(crate) const ARGUMENTS_OFFSET: usize = 1 << (usize::BITS - 1);

/// Type flags (`object.h`).
pub(crate) const TPFLAGS_INLINE_VALUES: u64 = 1 << 2;
pub(crate) const TPFLAGS_MANAGED_DICT: u64 = 1 << 4;
pub(crate) const TPFLAGS_SEQUENCE: u64 = 1 << 5;
pub(crate) const TPFLAGS_MAPPING: u64 = 1 << 6;
pub(crate) const TPFLAGS_IMMUTABLETYPE: u64 = 1 << 8;
pub(crate) const TPFLAGS_HEAPTYPE: u64 = 1 << 9;
pub(crate) const TPFLAGS_METHOD_DESCRIPTOR: u64 = 1 << 17;

/// Parts of RESUME's argument (`pycore_opcode_utils.h`).
pub(crate) const RESUME_AFTER_YIELD_FROM: i32 = 2;
pub(crate) const RESUME_LOCATION_MASK: i32 = 3;
/// `RESUME_OPARG_DEPTH1_MASK`: only the outermost handler covers the yield.
pub(crate) const RESUME_DEPTH1_MASK: i32 = 4;

/// SET_FUNCTION_ATTRIBUTE's argument for `__annotate__`.
pub(crate) const MAKE_FUNCTION_ANNOTATE: i32 = 0x10;

/// The bits of the eval breaker that ask for something; the others are the instrumentation version.
pub(crate) const EVAL_EVENTS_MASK: usize = 0xFF;

/// Inline cache entries, in code units.
pub(crate) const CACHE_ENTRIES_CALL: i32 = 3;
pub(crate) const CACHE_ENTRIES_CALL_KW: i32 = 3;
pub(crate) const CACHE_ENTRIES_SEND: i32 = 1;
pub(crate) const CACHE_ENTRIES_FOR_ITER: i32 = 1;
