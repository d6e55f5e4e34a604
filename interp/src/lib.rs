//! A Python virtual machine around the generated interpreter.
#![allow(dead_code, unused_imports)] // until the first programs run, much of the core has no caller yet

mod exit;
#[allow(unsafe_code)]
mod frame;
#[allow(unsafe_code)]
mod object;
mod prelude;
pub mod pyc;
mod runtime;
