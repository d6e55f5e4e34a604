//! A Python virtual machine around the generated interpreter.
#![allow(dead_code, unused_imports)] // until the first programs run, much of the core has no caller yet

mod builtins;
pub mod cli;
mod compile;
pub mod dis;
mod exit;
#[allow(unsafe_code)]
mod frame;
// Generated code keeps the order and the names of the C, where a person would write less.
#[allow(clippy::all, unused, unreachable_pub)]
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
