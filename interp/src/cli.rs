//! The command line of `interp`.

mod run;
mod stats;

use crate::{dis, pyc};
use clap::{Args, Parser, Subcommand};
use std::fmt::Display;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  interp run script.py one two             run a source file; `one` and `two` are its arguments
  interp run -c 'print(6 * 7)'             run a text; `interp run -` reads it from standard input
  interp run -m this                       run a module of the library as a program
  interp run fixtures/programs/fib.pyc     run a module that CPython 3.14 compiled
  interp dis fixtures/programs/fib.pyc     print its bytecode
  interp stats fixtures/programs/fib.pyc   run it, then say which instructions ran

Exit codes:
  0  done (of run: or what the program says)
  1  the program ended in an exception
  2  wrong usage, or a file that cannot be read or is not sound";

/// Runs Python 3.14 with opcode bodies generated from CPython's definitions.
#[derive(Parser)]
#[command(name = "interp", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a source file, a text, a module, or a .pyc file of CPython 3.14
    Run(run::Arguments),
    /// Run a program, then print which instructions ran and what specialising came to
    Stats(stats::StatsArguments),
    /// Print the bytecode as `python3.14 -m dis` does
    Dis(DisArguments),
}

#[derive(Args)]
struct DisArguments {
    /// Show inline caches
    #[arg(short = 'C', long)]
    show_caches: bool,
    /// Show instruction offsets, in bytes
    #[arg(short = 'O', long)]
    show_offsets: bool,
    /// Show source positions
    #[arg(short = 'P', long)]
    show_positions: bool,
    /// Show the code with its counters set
    #[arg(short = 'S', long)]
    specialized: bool,
    /// A compiled module, or a source file (.py), which is compiled
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Usage or unreadable input.
const BAD_INPUT: u8 = 2;

/// Runs the command that the process was given. Wrong usage ends the process with exit code 2.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(arguments) => run::run(arguments),
        Command::Stats(arguments) => stats::stats(arguments),
        Command::Dis(arguments) => match dis_file(&arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => failure(message),
        },
    }
}

fn failure(message: impl Display) -> ExitCode {
    let _ = writeln!(io::stderr(), "error: {message}");
    ExitCode::from(BAD_INPUT)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn dis_file(arguments: &DisArguments) -> Result<(), String> {
    let options = dis::Options {
        caches: arguments.show_caches,
        offsets: arguments.show_offsets,
        positions: arguments.show_positions,
        adaptive: arguments.specialized,
    };
    let path = &arguments.file;
    let bytes = read(path)?;
    let code = if path.extension().is_some_and(|ending| ending == "py") {
        crate::compile::source_file(&bytes, &path.to_string_lossy())
    } else {
        pyc::read(&bytes).map(|pyc| pyc.code).map_err(|error| error.to_string())
    };
    let code = code.map_err(|error| format!("{}: {error}", path.display()))?;
    let mut out = BufWriter::new(io::stdout().lock());
    match dis::disassemble(&code, options, &mut out).and_then(|()| out.flush()) {
        // Whoever reads it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(error.to_string()),
        Ok(()) => Ok(()),
    }
}
