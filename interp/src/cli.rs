//! The command line of `interp`.

use crate::dis;
use crate::pyc;
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
Usage: interp dis [-C] [-O] [-P] [-S] FILE.pyc

  dis   print the bytecode as `python3.14 -m dis` does

Options of dis:
  -C, --show-caches      show inline caches
  -O, --show-offsets     show instruction offsets
  -P, --show-positions   show source positions
  -S, --specialized      show the code with its counters set
";

/// Usage or unreadable input.
const BAD_USAGE: u8 = 2;

/// Runs a command; `arguments` without the program's name.
pub fn main(arguments: &[OsString]) -> ExitCode {
    match arguments.split_first() {
        Some((command, rest)) if command == "dis" => dis_command(rest),
        Some((option, _)) if option == "--help" || option == "-h" => {
            let _ = io::stdout().write_all(USAGE.as_bytes());
            ExitCode::SUCCESS
        }
        Some((command, _)) => usage(&format!("there is no command `{}`", command.to_string_lossy())),
        None => usage("no command given"),
    }
}

fn usage(message: &str) -> ExitCode {
    let _ = write!(io::stderr(), "error: {message}\n\n{USAGE}");
    ExitCode::from(BAD_USAGE)
}

fn failure(message: impl Display) -> ExitCode {
    let _ = writeln!(io::stderr(), "error: {message}");
    ExitCode::from(BAD_USAGE)
}

fn dis_command(arguments: &[OsString]) -> ExitCode {
    let mut options = dis::Options::default();
    let mut file = None;
    for argument in arguments {
        match argument.to_str() {
            Some("--show-caches") => options.caches = true,
            Some("--show-offsets") => options.offsets = true,
            Some("--show-positions") => options.positions = true,
            Some("--specialized") => options.adaptive = true,
            Some(short) if short.len() > 1 && short.starts_with('-') => {
                if let Some(unknown) = short.chars().skip(1).find(|letter| !set_option(&mut options, *letter)) {
                    return usage(&format!("dis has no option `-{unknown}`"));
                }
            }
            _ if file.is_some() => return usage("dis takes one file"),
            _ => file = Some(argument),
        }
    }
    let Some(file) = file else { return usage("dis needs a file") };
    match dis_file(file, options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => failure(message),
    }
}

fn set_option(options: &mut dis::Options, letter: char) -> bool {
    match letter {
        'C' => options.caches = true,
        'O' => options.offsets = true,
        'P' => options.positions = true,
        'S' => options.adaptive = true,
        _ => return false,
    }
    true
}

fn dis_file(file: &OsStr, options: dis::Options) -> Result<(), String> {
    let path = Path::new(file);
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let pyc = pyc::read(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut out = BufWriter::new(io::stdout().lock());
    match dis::disassemble(&pyc.code, options, &mut out).and_then(|()| out.flush()) {
        // Whoever reads it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(error.to_string()),
        Ok(()) => Ok(()),
    }
}
