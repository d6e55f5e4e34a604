//! The command line of `interp`.

use crate::{dis, pyc, vm};
use clap::{Args, Parser, Subcommand};
use std::fmt::Display;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  interp run fixtures/programs/fib.pyc     run a module that CPython 3.14 compiled
  interp dis fixtures/programs/fib.pyc     print its bytecode

Exit codes:
  0  done (of run: or what the program says)
  1  the program ended in an exception
  2  wrong usage, or a file that cannot be read or is not sound";

/// Runs Python 3.14 bytecode with opcode bodies generated from CPython's definitions.
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
        /// The compiled module; `python3.14 -m compileall FILE.py` writes one
        #[arg(value_name = "FILE.pyc")]
        file: PathBuf,
        /// What the program finds in `sys.argv`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
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
    /// The compiled module
    #[arg(value_name = "FILE.pyc")]
    file: PathBuf,
}

/// Usage or unreadable input.
const BAD_INPUT: u8 = 2;

/// Runs the command that the process was given. Wrong usage ends the process with exit code 2.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run { file, arguments } => run(&file, arguments),
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

fn run(path: &Path, arguments: Vec<String>) -> ExitCode {
    let bytes = match read(path) {
        Ok(bytes) => bytes,
        Err(message) => return failure(message),
    };
    let argv = std::iter::once(path.to_string_lossy().into_owned()).chain(arguments).collect();
    match vm::run_pyc(bytes, argv) {
        Ok(ending) => {
            let _ = io::stderr().write_all(ending.message.as_bytes());
            ExitCode::from(ending.code)
        }
        Err(error) => failure(format_args!("{}: {error}", path.display())),
    }
}

fn dis_file(arguments: &DisArguments) -> Result<(), String> {
    let options = dis::Options {
        caches: arguments.show_caches,
        offsets: arguments.show_offsets,
        positions: arguments.show_positions,
        adaptive: arguments.specialized,
    };
    let path = &arguments.file;
    let pyc = pyc::read(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut out = BufWriter::new(io::stdout().lock());
    match dis::disassemble(&pyc.code, options, &mut out).and_then(|()| out.flush()) {
        // Whoever reads it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(error.to_string()),
        Ok(()) => Ok(()),
    }
}
