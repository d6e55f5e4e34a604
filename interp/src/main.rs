//! `interp`: runs Python 3.14 bytecode.

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  interp run fixtures/programs/fib.pyc    run a module that CPython 3.14 compiled

Exit codes: 0 the program finished, 1 it ended in an exception, 2 wrong usage or a file that cannot be run.";

/// A Python virtual machine whose opcode bodies are generated from CPython's definitions.
#[derive(Parser)]
#[command(name = "interp", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a .pyc file of CPython 3.14
    Run {
        /// The file
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    let Command::Run { file } = Cli::parse().command;
    run(&file)
}

fn run(file: &std::path::Path) -> ExitCode {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => return refuse(&format!("cannot read {}: {error}", file.display())),
    };
    match interp::run_pyc(bytes) {
        Ok(interp::Ending::Finished) => ExitCode::SUCCESS,
        Ok(interp::Ending::Raised(text)) => {
            eprint!("{text}");
            ExitCode::FAILURE
        }
        Err(error) => refuse(&format!("{}: {error}", file.display())),
    }
}

fn refuse(message: &str) -> ExitCode {
    eprintln!("interp: {message}");
    ExitCode::from(2)
}
