//! What bodies call: the runtime's helpers by topic, each module with the type object that it is about.

pub(crate) mod access;
pub(crate) mod args;
pub(crate) mod bool_;
pub(crate) mod bytes;
pub(crate) mod cell;
pub(crate) mod code;
pub(crate) mod dict;
pub(crate) mod errors;
pub(crate) mod exceptions;
pub(crate) mod float;
pub(crate) mod frame;
pub(crate) mod function;
pub(crate) mod int;
pub(crate) mod iter;
pub(crate) mod list;
pub(crate) mod module;
pub(crate) mod none;
pub(crate) mod numbers;
pub(crate) mod object;
pub(crate) mod range;
pub(crate) mod slice;
pub(crate) mod specialize;
pub(crate) mod str;
pub(crate) mod tuple;
pub(crate) mod types;
