//! The builtins: functions, the methods and constructors of the basic types, and the namespace that holds them.

mod args;
pub(crate) mod attributes;
pub(crate) mod bytes;
pub(crate) mod codec;
pub(crate) mod complex;
pub(crate) mod construct;
pub(crate) mod dict;
mod extras;
mod float_more;
pub(crate) mod format;
mod int_more;
pub(crate) mod io;
pub(crate) mod iteration;
pub(crate) mod iters;
pub(crate) mod list;
pub(crate) mod namespace;
pub(crate) mod number;
pub(crate) mod reduce;
pub(crate) mod repr;
pub(crate) mod set;
pub(crate) mod slots;
mod sort;
pub(crate) mod str;
mod str_more;
mod str_search;
pub(crate) mod support;
#[cfg(test)]
mod tests;
pub(crate) mod text;
pub(crate) mod tuple;
pub(crate) mod views;

pub(crate) use namespace::install;
pub(crate) use slots::prepare;
pub(crate) use str_search::holds as str_holds;
pub(crate) use support::{each, special};
