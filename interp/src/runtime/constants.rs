//! The interpreter's constant tables, as bodies index them.

use super::{names, object};
use crate::object::slots::Unary;
use crate::object::*;

/// `_PyLong_SMALL_INTS`: the first is -5.
#[derive(Clone, Copy)]
pub(crate) struct SmallInts(());

pub(crate) const SMALL_INTS: SmallInts = SmallInts(());
/// `_PY_NSMALLNEGINTS`, `_PY_NSMALLPOSINTS`.
pub(crate) const SMALL_NEGATIVE: i32 = 5;
pub(crate) const SMALL_POSITIVE: i32 = 257;

impl SmallInts {
    #[inline(always)]
    pub(crate) fn get(self, index: isize) -> Ref<PyInt> {
        small_int_at(index as usize)
    }
}

/// `_Py_SINGLETON(strings)`.
#[derive(Clone, Copy)]
pub(crate) struct StrSingletons(());

/// The strings of one ASCII character.
#[derive(Clone, Copy)]
pub(crate) struct AsciiStrings(());

#[inline(always)]
pub(crate) fn strings() -> StrSingletons {
    StrSingletons(())
}

impl StrSingletons {
    #[inline(always)]
    pub(crate) fn ascii(self) -> AsciiStrings {
        AsciiStrings(())
    }
}

impl AsciiStrings {
    #[inline(always)]
    pub(crate) fn size(self) -> usize {
        128
    }

    #[inline(always)]
    pub(crate) fn get(self, index: isize) -> Ref<PyStr> {
        latin1_str(index as u8)
    }
}

/// What LOAD_COMMON_CONSTANT loads; filled before any code runs.
#[derive(Clone, Copy)]
pub(crate) struct CommonConstants(());

pub(crate) const COMMON: CommonConstants = CommonConstants(());

impl CommonConstants {
    #[inline(always)]
    pub(crate) fn get(self, index: isize) -> Ref {
        Thread::current().state.common_consts[index as usize].get().known()
    }
}

/// `_PyEval_ConversionFuncs`: `!s`, `!r`, `!a` at 1, 2, 3.
#[derive(Clone, Copy)]
pub(crate) struct Conversions(());

pub(crate) const CONVERSIONS: Conversions = Conversions(());

impl Conversions {
    #[inline]
    pub(crate) fn get(self, index: isize) -> Unary {
        match index {
            1 => object::str,
            2 => object::repr,
            _ => object::ascii,
        }
    }
}

/// `_Py_FunctionAttributeOffsets`: the member that a bit of MAKE_FUNCTION's old argument stands for.
#[derive(Clone, Copy)]
pub(crate) struct AttributeOffsets(());

pub(crate) const FUNCTION_ATTRIBUTES: AttributeOffsets = AttributeOffsets(());

impl AttributeOffsets {
    /// Bytes from the function to the member.
    #[inline]
    pub(crate) fn get(self, index: isize) -> usize {
        PyFunction::attribute_offset(index)
    }
}

/// One of the methods that `with` looks up.
#[derive(Clone, Copy)]
pub(crate) struct SpecialMethod(isize);

/// `_Py_SpecialMethods`: `__enter__`, `__exit__`, `__aenter__`, `__aexit__`.
#[derive(Clone, Copy)]
pub(crate) struct SpecialMethods(());

pub(crate) const SPECIAL_METHODS: SpecialMethods = SpecialMethods(());

impl SpecialMethods {
    #[inline(always)]
    pub(crate) fn get(self, index: isize) -> SpecialMethod {
        SpecialMethod(index)
    }
}

impl SpecialMethod {
    pub(crate) fn name(self) -> Ref<PyStr> {
        match self.0 {
            0 => names::enter(),
            1 => names::exit(),
            2 => names::aenter(),
            _ => names::aexit(),
        }
    }

    /// The message where the object lacks it.
    pub(crate) fn error(self) -> &'static str {
        match self.0 {
            0 => "'%T' object does not support the context manager protocol (missed __enter__ method)",
            1 => "'%T' object does not support the context manager protocol (missed __exit__ method)",
            2 => "'%T' object does not support the asynchronous context manager protocol (missed __aenter__ method)",
            _ => "'%T' object does not support the asynchronous context manager protocol (missed __aexit__ method)",
        }
    }

    /// The message where it lacks it, but has what the other kind of `with` wants.
    pub(crate) fn error_suggestion(self) -> &'static str {
        match self.0 {
            0 => {
                "'%T' object does not support the context manager protocol (missed __enter__ method) but it supports \
                 the asynchronous context manager protocol. Did you mean to use 'async with'?"
            }
            1 => {
                "'%T' object does not support the context manager protocol (missed __exit__ method) but it supports \
                 the asynchronous context manager protocol. Did you mean to use 'async with'?"
            }
            2 => {
                "'%T' object does not support the asynchronous context manager protocol (missed __aenter__ method) \
                 but it supports the context manager protocol. Did you mean to use 'with'?"
            }
            _ => {
                "'%T' object does not support the asynchronous context manager protocol (missed __aexit__ method) \
                 but it supports the context manager protocol. Did you mean to use 'with'?"
            }
        }
    }
}
