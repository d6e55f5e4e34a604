//! The `bodywork` program: see `bodywork --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::cli::main()
}
