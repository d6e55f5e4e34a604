//! The definition language of `bytecodes.c`: tokens, syntax tree, parser.

pub mod ast;
pub mod token;
