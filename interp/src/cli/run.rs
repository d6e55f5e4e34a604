//! `interp run`.

use super::{failure, read};
use crate::runtime::config;
use crate::{pyc, vm};
use clap::Args;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct Arguments {
    /// Compile sources with this CPython 3.14 instead of the compiler that is built in
    #[arg(long, value_name = "EXE")]
    python: Option<PathBuf>,
    /// A folder of library modules (again for more); else that of PYTHONHOME, of the python3.14 on PATH, or the one that
    /// `bodywork inputs fetch` brought
    #[arg(long, value_name = "DIR")]
    lib: Vec<PathBuf>,
    /// A text to run; what follows it are its arguments
    #[arg(short = 'c', value_names = ["TEXT", "ARGS"], num_args = 1.., allow_hyphen_values = true, conflicts_with = "module")]
    command: Option<Vec<String>>,
    /// A module to run as a program; what follows it are its arguments
    #[arg(short = 'm', value_names = ["MODULE", "ARGS"], num_args = 1.., allow_hyphen_values = true)]
    module: Option<Vec<String>>,
    /// A .py or .pyc file, or `-` for standard input, and what the program finds in `sys.argv`
    #[arg(
        value_names = ["FILE", "ARGS"],
        trailing_var_arg = true,
        allow_hyphen_values = true,
        required_unless_present_any = ["command", "module"]
    )]
    program: Vec<String>,
}

/// Runs what the arguments name.
pub(super) fn run(arguments: Arguments) -> ExitCode {
    let names_library = !arguments.lib.is_empty();
    match with(arguments, vm::run) {
        Ok((_, Ok(ending))) => {
            let mut message = ending.message;
            if lacks_a_module(&message) && !names_library && config::installed_library().is_none() {
                message.push_str(NO_LIBRARY);
            }
            let _ = io::stderr().write_all(message.as_bytes());
            ExitCode::from(ending.code)
        }
        Ok((name, Err(error))) => failure(format_args!("{name}: {error}")),
        Err(message) => failure(message),
    }
}

/// The next step of who has no library.
const NO_LIBRARY: &str = "interp: there is no library folder: pass --lib DIR, or run `bodywork inputs fetch`\n";

fn lacks_a_module(message: &str) -> bool {
    message.lines().next_back().is_some_and(|line| line.starts_with("ModuleNotFoundError: No module named"))
}

/// Hands what the arguments name to `run`, and gives its name too.
pub(super) fn with<T>(
    arguments: Arguments,
    run: impl FnOnce(vm::Program, vm::Options) -> T,
) -> Result<(String, T), String> {
    let (program, options) = prepare(arguments)?;
    let name = options.arguments.first().cloned().unwrap_or_default();
    Ok((name, run(program, options)))
}

fn prepare(arguments: Arguments) -> Result<(vm::Program, vm::Options), String> {
    let Arguments { python, lib, command, module, program } = arguments;
    let options = |arguments: Vec<String>, first_folder: String| vm::Options {
        arguments,
        first_folder: Some(first_folder),
        library: lib,
        python,
    };
    if let Some(mut given) = command {
        let text = std::mem::replace(&mut given[0], "-c".into());
        return Ok((vm::Program::Command(text), options(given, String::new())));
    }
    if let Some(mut given) = module {
        let name = std::mem::replace(&mut given[0], "-m".into());
        let here = std::env::current_dir().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        return Ok((vm::Program::Module(name), options(given, here)));
    }
    let file = program[0].clone();
    if file == "-" {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map_err(|error| format!("standard input: {error}"))?;
        return Ok((vm::Program::Source(bytes, "<stdin>".into()), options(program, String::new())));
    }
    let path = Path::new(&file);
    let bytes = read(path)?;
    let is_bytecode = path.extension().is_some_and(|ending| ending == "pyc") || pyc::looks_like_pyc(&bytes);
    let folder = std::path::absolute(path).ok().and_then(|path| path.parent().map(Path::to_path_buf));
    let folder = folder.map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
    let program_kind = match is_bytecode {
        true => vm::Program::Bytecode(bytes, absolute(path).into()),
        false => vm::Program::Source(bytes, absolute(path)),
    };
    Ok((program_kind, options(program, folder)))
}

/// The path that `__file__` and tracebacks show.
fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).to_string_lossy().into_owned()
}
