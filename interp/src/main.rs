//! The `interp` program: see `interp --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    interp::cli::main()
}
