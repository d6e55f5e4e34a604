//! The iterator types of builtins, by the names that the table of types knows.

pub(crate) use crate::builtins::iters::{ENUMERATE_TYPE, FILTER_TYPE, MAP_TYPE, REVERSED_TYPE, ZIP_TYPE};
