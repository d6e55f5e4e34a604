//! The definition language of `bytecodes.c`: text -> tokens ([`lexer`]) -> syntax tree ([`parse`]).

pub mod ast;
mod cursor;
mod definitions;
mod effects;
mod kind;
pub mod lexer;
mod parser;
mod scan;
mod statements;
mod text;
pub mod token;

pub use parser::{BEGIN_MARKER, END_MARKER, parse};
pub use text::to_text;

/// Which grammar is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// What CPython 3.14's own parser reads, no more: what it refuses is refused with its message, at its place.
    Cpython314,
    /// That of every release from 3.12 on, and what CPython reads by oversight only is still read: `super`, conditional
    /// stack effects, ranges of replicas, `switch` and statements without braces in bodies, comments at the end.
    AnyRelease,
}
