//! `interp stats`.

use super::{failure, run};
use crate::vm;
use clap::Args;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct StatsArguments {
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// Where the statistics go, instead of to stderr after what the program writes there
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    program: run::Arguments,
}

/// Runs a program as `run` does, and says what ran.
pub(super) fn stats(arguments: StatsArguments) -> ExitCode {
    let StatsArguments { json, output, program } = arguments;
    let (name, result) = match run::with(program, vm::run_counted) {
        Ok(ran) => ran,
        Err(message) => return failure(message),
    };
    let (ending, report) = match result {
        Ok(counted) => counted,
        Err(error) => return failure(format_args!("{name}: {error}")),
    };
    let _ = io::stderr().write_all(ending.message.as_bytes());
    let text = match json.then(|| report.json()) {
        None => report.to_string(),
        Some(Ok(text)) => text,
        Some(Err(error)) => return failure(error),
    };
    match output {
        None => _ = io::stderr().write_all(text.as_bytes()),
        Some(path) => {
            if let Err(error) = std::fs::write(&path, text) {
                return failure(format_args!("{}: {error}", path.display()));
            }
        }
    }
    ExitCode::from(ending.code)
}
