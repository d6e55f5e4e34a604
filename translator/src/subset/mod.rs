//! What the translator knows about C names: data from `subset/*.toml`. An unknown name is a refusal.

mod load;
mod words;

pub use load::{RuleError, Rules};
pub use words::{Argument, Returns};

use crate::lower::kind::{Int, Kind};

/// A C function or function-like macro.
#[derive(Clone, Debug)]
pub struct CallRule {
    pub c: String,
    /// A path under the runtime (`int::add`), a method (`.len`), or a primitive of the lowering (`@error_if`).
    pub rust: String,
    pub arguments: Vec<Argument>,
    pub returns: Returns,
    /// The Rust side takes the thread although C does not pass it.
    pub thread: bool,
    /// May run arbitrary code.
    pub escapes: bool,
}

/// A pointer type of C.
#[derive(Clone, Debug)]
pub struct TypeRule {
    pub c: String,
    pub rust: String,
    /// Not an object: a `Copy` handle.
    pub handle: bool,
}

/// A member of a C struct.
#[derive(Clone, Debug)]
pub struct FieldRule {
    pub of: String,
    pub c: String,
    pub kind: Kind,
    /// Method that reads it, without parentheses; empty where it is only written.
    pub get: String,
    pub set: Option<String>,
}

#[derive(Clone, Debug)]
pub struct ConstantRule {
    pub c: String,
    pub rust: String,
    pub kind: Kind,
}

/// What bodies work on, where it is not the interpreter's stack: the optimizer's symbols.
#[derive(Clone, Debug)]
pub struct Machine {
    pub item: Kind,
    pub items: Kind,
    /// The Rust that gives the local variables, which asks the variable `locals_of`.
    pub locals: String,
    pub locals_of: String,
}

/// The integer type that a C type name stands for.
pub fn c_integer(name: &str) -> Option<Kind> {
    Some(match name {
        "int" => Kind::Int(Int::I32),
        "bool" | "_Bool" => Kind::Bool,
        "long" | "int64_t" | "long long" => Kind::Int(Int::I64),
        "Py_ssize_t" | "ptrdiff_t" | "intptr_t" => Kind::Int(Int::Isize),
        "size_t" => Kind::Int(Int::Usize),
        "uintptr_t" => Kind::Int(Int::Usize),
        "uint8_t" | "unsigned char" => Kind::Int(Int::U8),
        "uint16_t" => Kind::Int(Int::U16),
        "uint32_t" | "unsigned int" | "Py_UCS4" | "unsigned" => Kind::Int(Int::U32),
        "uint64_t" => Kind::Int(Int::U64),
        "double" => Kind::F64,
        _ => return None,
    })
}
