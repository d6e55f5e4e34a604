//! Reads CPython's interpreter definitions and translates the opcode bodies from C to safe Rust.
//!
//! The stages, in order (each takes text or the stage before, and gives a value or diagnostics):
//! [`dsl`] (lex, parse) -> [`analysis`] -> C back end, or per body C syntax tree -> subset check -> lowering -> Rust text.

pub mod analysis;
pub mod c_ast;
pub mod caches;
pub mod cgen;
pub mod diagnostics;
pub mod dsl;
pub mod lower;
pub mod metadata;
pub mod rust_ir;
pub mod source;
pub mod subset;
pub mod translate;
