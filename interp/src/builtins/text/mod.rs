//! Text of numbers and strings, free of objects: what `repr`, `str`, `int()`, `float()` and `format` are made from.

pub(crate) mod float;
pub(crate) mod quote;
pub(crate) mod read;
pub(crate) mod spec;
pub(crate) mod unicode;
