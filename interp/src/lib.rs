//! A Python virtual machine around the generated interpreter.
#![allow(dead_code)] // much of the core has no caller until the library is whole

mod builtins;
pub mod cli;
mod compile;
pub mod dis;
mod exit;
#[allow(unsafe_code)]
mod frame;
#[allow(dead_code, reason = "tables and labels are whole, whether or not the runtime looks at each entry")]
#[allow(clippy::len_zero, reason = "C compares a length with 0, and a runtime need not have `is_empty`")]
#[allow(unreachable_pub, reason = "the opcode numbers and tables are what a virtual machine may publish")]
#[allow(clippy::too_many_arguments, reason = "a body takes what its stack effect says, and the registers that it uses")]
mod generated;
mod modules;
#[allow(unsafe_code)]
mod object;
pub mod opcode;
mod prelude;
pub mod pyc;
mod runtime;
mod specialize;
pub mod stats;
mod vm;

pub use vm::{Ending, Options, Program, StartError, run, run_counted, run_pyc};
