//! What the analysers of the releases know or do differently, in one place.

/// A release's analyser, 3.14's by default, as far as it differs from others.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    /// Functions that run no code of the program, beyond [`NON_ESCAPING`]; those of it that are not in this release's.
    more_non_escaping: &'static [&'static str],
    fewer_non_escaping: &'static [&'static str],
    /// `DECREF_INPUTS` counts as escaping.
    pub(crate) decref_inputs_escapes: bool,
    /// Calls and assignments in conditions, items that move on the stack and the like are not refused: the release's
    /// generator treats bodies in another way.
    pub(crate) own_rules: bool,
    /// Opcodes with a number of their own. That of `RESUME` is in frozen modules, and specialised forms come after it;
    /// 17 is where the counter of a cache begins, so that running a cache is noticed.
    pub(crate) fixed: &'static [(&'static str, u16)],
    /// Instrumented instructions end here.
    pub(crate) last_instrumented: u16,
    /// `INSTRUMENTED_LINE` is numbered although it is not among the definitions.
    pub(crate) implied_instrumented_line: bool,
    /// The stack holds objects, not stack references.
    pub stack_of_objects: bool,
}

impl Release {
    pub const V3_14: Self = Self {
        stack_of_objects: false,
        more_non_escaping: &[],
        fewer_non_escaping: &[],
        decref_inputs_escapes: false,
        own_rules: false,
        fixed: &[
            ("CACHE", 0),
            ("RESERVED", 17),
            (RESUME, 128),
            ("BINARY_OP_INPLACE_ADD_UNICODE", 3),
            ("INSTRUMENTED_LINE", 254),
            ("ENTER_EXECUTOR", 255),
        ],
        last_instrumented: 254,
        implied_instrumented_line: false,
    };

    /// The main branch of 2025-05-30, between 3.14's first beta and 3.15.
    pub const MAIN_2025_05_30: Self = Self {
        more_non_escaping: &[
            "PyStackRef_FromPyObjectBorrow",
            "PyStackRef_IncrementTaggedIntNoOverflow",
            "PyStackRef_IsNullOrInt",
        ],
        fewer_non_escaping: &["PyStackRef_FromPyObjectImmortal"],
        decref_inputs_escapes: true,
        ..Self::V3_14
    };

    /// Its calls escape by 3.14's rule: 3.13's own knows only which ones do.
    pub const V3_13: Self = Self {
        stack_of_objects: true,
        own_rules: true,
        fixed: &[("CACHE", 0), ("RESERVED", 17), (RESUME, 149), ("BINARY_OP_INPLACE_ADD_UNICODE", 3)],
        implied_instrumented_line: true,
        ..Self::V3_14
    };

    /// 3.12 numbers its opcodes by hand; these numbers are not its.
    pub const V3_12: Self = Self { stack_of_objects: true, own_rules: true, ..Self::V3_14 };

    /// 3.15 knows more functions; for the rest it is read as main was.
    pub const V3_15: Self = Self {
        more_non_escaping: &[
            "PyStackRef_FromPyObjectBorrow",
            "PyStackRef_IncrementTaggedIntNoOverflow",
            "PyStackRef_IsError",
            "PyStackRef_IsNullOrInt",
            "PyStackRef_IsValid",
            "PyStackRef_RefcountOnObject",
            "PyStackRef_Unwrap",
            "PyStackRef_Wrap",
            "PyUnicode_IS_COMPACT_ASCII",
            "_PyCompactLong_Add",
            "_PyCompactLong_Multiply",
            "_PyCompactLong_Subtract",
            "_PyLong_BothAreCompact",
            "_PyLong_CheckExactAndCompact",
            "_PyThreadState_PopCStackRefSteal",
            "gen_try_set_executing",
        ],
        own_rules: true,
        fixed: &[
            ("CACHE", 0),
            ("RESERVED", 17),
            (RESUME, 128),
            ("BINARY_OP_INPLACE_ADD_UNICODE", 3),
            ("INSTRUMENTED_LINE", 253),
            ("ENTER_EXECUTOR", 254),
            ("TRACE_RECORD", 255),
        ],
        last_instrumented: 253,
        ..Self::MAIN_2025_05_30
    };

    /// The analyser of a release, given as `3.12`, `3.13.0`, `3.15.0a5+`; that of 3.14 for what is none.
    pub fn named(version: &str) -> Self {
        let mut parts = version.split('.');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("3"), Some("12"), _) => Self::V3_12,
            (Some("3"), Some("13"), _) => Self::V3_13,
            (Some("3"), Some("15"), Some("0a0")) => Self::MAIN_2025_05_30,
            (Some("3"), Some("15" | "16"), _) => Self::V3_15,
            _ => Self::V3_14,
        }
    }

    pub(crate) fn resume(&self) -> u16 {
        self.fixed.iter().find(|(name, _)| *name == RESUME).map_or(0, |(_, number)| *number)
    }

    /// Whether calling `name` runs no code of the program.
    pub fn is_non_escaping(&self, name: &str) -> bool {
        let listed = NON_ESCAPING.binary_search(&name).is_ok() && !self.fewer_non_escaping.contains(&name);
        listed || self.more_non_escaping.contains(&name)
    }
}

impl Default for Release {
    fn default() -> Self {
        Self::V3_14
    }
}

const RESUME: &str = "RESUME";

/// `NON_ESCAPING_FUNCTIONS` of 3.14, sorted.
const NON_ESCAPING: [&str; 124] = [
    "JUMP_TO_LABEL",
    "PyCFunction_GET_FLAGS",
    "PyCFunction_GET_FUNCTION",
    "PyCFunction_GET_SELF",
    "PyCell_GetRef",
    "PyCell_New",
    "PyCell_SwapTakeRef",
    "PyExceptionInstance_Class",
    "PyException_GetCause",
    "PyException_GetContext",
    "PyException_GetTraceback",
    "PyFloat_AS_DOUBLE",
    "PyFloat_FromDouble",
    "PyFunction_GET_CODE",
    "PyFunction_GET_GLOBALS",
    "PyList_GET_ITEM",
    "PyList_GET_SIZE",
    "PyList_SET_ITEM",
    "PyLong_AsLong",
    "PyLong_FromLong",
    "PyLong_FromSsize_t",
    "PySlice_New",
    "PyStackRef_AsPyObjectBorrow",
    "PyStackRef_AsPyObjectNew",
    "PyStackRef_AsPyObjectSteal",
    "PyStackRef_Borrow",
    "PyStackRef_CLEAR",
    "PyStackRef_CLOSE_SPECIALIZED",
    "PyStackRef_DUP",
    "PyStackRef_False",
    "PyStackRef_FromPyObjectImmortal",
    "PyStackRef_FromPyObjectNew",
    "PyStackRef_FromPyObjectNewMortal",
    "PyStackRef_FromPyObjectSteal",
    "PyStackRef_FromPyObjectStealMortal",
    "PyStackRef_Is",
    "PyStackRef_IsExactly",
    "PyStackRef_IsFalse",
    "PyStackRef_IsHeapSafe",
    "PyStackRef_IsNone",
    "PyStackRef_IsNull",
    "PyStackRef_IsTaggedInt",
    "PyStackRef_IsTrue",
    "PyStackRef_MakeHeapSafe",
    "PyStackRef_None",
    "PyStackRef_TYPE",
    "PyStackRef_TagInt",
    "PyStackRef_True",
    "PyStackRef_UntagInt",
    "PyTuple_GET_ITEM",
    "PyTuple_GET_SIZE",
    "PyType_HasFeature",
    "PyUnicode_Concat",
    "PyUnicode_GET_LENGTH",
    "PyUnicode_READ_CHAR",
    "Py_ARRAY_LENGTH",
    "Py_FatalError",
    "Py_INCREF",
    "Py_IS_TYPE",
    "Py_NewRef",
    "Py_REFCNT",
    "Py_SIZE",
    "Py_TYPE",
    "Py_UNREACHABLE",
    "Py_Unicode_GET_LENGTH",
    "_PyCode_CODE",
    "_PyDictValues_AddToInsertionOrder",
    "_PyErr_Occurred",
    "_PyFloat_FromDouble_ConsumeInputs",
    "_PyFrame_GetBytecode",
    "_PyFrame_GetCode",
    "_PyFrame_IsIncomplete",
    "_PyFrame_PushUnchecked",
    "_PyFrame_SetStackPointer",
    "_PyFrame_StackPush",
    "_PyFunction_SetVersion",
    "_PyGen_GetGeneratorFromFrame",
    "_PyInterpreterState_GET",
    "_PyList_AppendTakeRef",
    "_PyList_ITEMS",
    "_PyLong_CompactValue",
    "_PyLong_DigitCount",
    "_PyLong_IsCompact",
    "_PyLong_IsNegative",
    "_PyLong_IsNonNegativeCompact",
    "_PyLong_IsZero",
    "_PyManagedDictPointer_IsValues",
    "_PyObject_GC_IS_SHARED",
    "_PyObject_GC_IS_TRACKED",
    "_PyObject_GC_MAY_BE_TRACKED",
    "_PyObject_GC_TRACK",
    "_PyObject_GetManagedDict",
    "_PyObject_InlineValues",
    "_PyObject_IsUniquelyReferenced",
    "_PyObject_ManagedDictPointer",
    "_PyThreadState_HasStackSpace",
    "_PyTuple_FromStackRefStealOnSuccess",
    "_PyTuple_ITEMS",
    "_PyType_HasFeature",
    "_PyType_NewManagedObject",
    "_PyUnicode_Equal",
    "_PyUnicode_JoinArray",
    "_Py_CHECK_EMSCRIPTEN_SIGNALS_PERIODICALLY",
    "_Py_DECREF_NO_DEALLOC",
    "_Py_ID",
    "_Py_IsImmortal",
    "_Py_IsOwnedByCurrentThread",
    "_Py_LeaveRecursiveCallPy",
    "_Py_LeaveRecursiveCallTstate",
    "_Py_NewRef",
    "_Py_ReachedRecursionLimit",
    "_Py_SINGLETON",
    "_Py_STR",
    "_Py_TryIncrefCompare",
    "_Py_TryIncrefCompareStackRef",
    "_Py_atomic_compare_exchange_uint8",
    "_Py_atomic_load_ptr_acquire",
    "_Py_atomic_load_uintptr_relaxed",
    "_Py_set_eval_breaker_bit",
    "advance_backoff_counter",
    "assert",
    "backoff_counter_triggers",
    "initial_temperature_backoff_counter",
    "restart_backoff_counter",
];

#[cfg(test)]
mod tests {
    use super::NON_ESCAPING;

    #[test]
    fn names_are_sorted_for_the_search() {
        assert!(NON_ESCAPING.is_sorted());
    }
}
