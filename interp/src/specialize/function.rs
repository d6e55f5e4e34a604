//! What the specialisers ask of Python functions.

use crate::object::code::flags;
use crate::object::{PyCode, PyFunction, Ref};

/// How a function's code takes its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Positional parameters only.
    Simple,
    /// `*args`, `**kwargs` or keyword-only parameters.
    Complex,
    /// Without fast locals: a class body or module.
    NotOptimized,
}

pub(super) fn kind(code: Ref<PyCode>) -> Kind {
    if code.flags() & (flags::VARARGS | flags::VARKEYWORDS) != 0 || code.kwonlyargcount() != 0 {
        Kind::Complex
    } else if code.flags() & flags::OPTIMIZED == 0 {
        Kind::NotOptimized
    } else {
        Kind::Simple
    }
}

pub(super) fn takes_exactly(function: Ref<PyFunction>, count: i32) -> bool {
    kind(function.code()) == Kind::Simple && function.code().argcount() == count
}

/// The version that guards check; none once the function was changed in a way that they rely on.
pub(super) fn version(function: Ref<PyFunction>) -> Option<u32> {
    Some(function.version()).filter(|&version| version != 0)
}
