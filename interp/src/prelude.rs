//! What generated bodies see without a path.

#[allow(unused_imports)]
pub(crate) use crate::exit::{Exit, Raised};
pub(crate) use crate::frame::{Frame, InstrPtr, SlotPtr, StackPtr};
pub(crate) use crate::object::*;
pub(crate) use crate::specialize::BinaryOpExtend;
