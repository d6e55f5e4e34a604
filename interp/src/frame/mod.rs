//! Frames on the data stack, and the typed handles through which generated code reaches slots and instructions.
//!
//! The handles do not check in release builds: code is verified when it is made (`crate::code`), so an instruction that
//! runs stays inside its frame and its code array. Debug builds check what they can.

mod cache;
#[cfg(test)]
mod cache_tests;
mod data;
mod datastack;
mod entry;
mod instr;
mod slots;

pub(crate) use cache::Cache;
pub(crate) use data::{Frame, Owner, SPECIALS};
pub(crate) use datastack::DataStack;
pub(crate) use entry::with_entry_frame;
pub(crate) use instr::InstrPtr;
pub(crate) use slots::{SlotPtr, StackPtr};
