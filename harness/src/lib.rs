//! Emitters of the generated Rust files, the coverage gauge and the command line.

pub mod cli;
