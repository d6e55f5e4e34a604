//! Emitters of the generated Rust files, the coverage gauge and the command line.

pub mod appendix;
pub mod cases;
pub mod cli;

pub mod coverage;
pub mod diff;
pub mod emit;
pub mod explain;
pub mod floor;
pub mod format;
pub mod generate;
pub mod html;
pub mod ledger;
pub mod library;
pub mod pipeline;
pub mod refusals;
pub mod releases;
pub mod rules;
pub mod subset_md;
pub mod tables;
pub mod validate;
