//! `bodywork explain NAME`.

use std::path::PathBuf;

use clap::Args;

use super::generate_cmd::pipeline;
use super::{Failure, Global, Outcome, Ui, Verdict};
use crate::explain::{explain, similar};

const EXAMPLES: &str = "\
Examples:
  bodywork explain BINARY_OP_ADD_INT     an instruction: parts, stack pictures, caches, flags, C and Rust
  bodywork explain _PUSH_FRAME           a uop
  bodywork explain exception_unwind      a label";

/// Arguments of `bodywork explain`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExplainArgs {
    /// An instruction, uop, label or pseudo instruction
    name: String,
    /// Read these definition files instead of CPython's
    #[arg(long, value_name = "FILE", num_args = 1..)]
    input: Vec<PathBuf>,
}

pub(super) fn run(args: &ExplainArgs, global: &Global, ui: &Ui) -> Outcome {
    let pipeline = pipeline(&args.input, global, ui)?;
    match explain(&pipeline, &args.name) {
        Some(text) => {
            ui.print(&text)?;
            Ok(Verdict::Clean)
        }
        None => {
            let near = similar(&pipeline, &args.name);
            let hint = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) };
            Err(Failure::Message(format!(
                "no instruction, uop, label or pseudo instruction is called `{}`{hint}",
                args.name
            )))
        }
    }
}
