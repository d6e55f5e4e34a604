//! The public face: running a module from the bytes of its `.pyc`.

use crate::compile::Compiler;
use crate::generated::dispatch;
use crate::pyc::verify::{self, VerifyError};
use crate::pyc::{self, Code, PycError};
use crate::runtime::config::{self, Config};
use crate::runtime::eval::Dispatch;
use crate::runtime::{lifecycle, main_module};
use crate::stats::{Recorder, Report, Silent};
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The exit code: 0 for a program that came to its end, 1 for an uncaught exception, else what SystemExit says.
    pub code: u8,
    /// What CPython prints on stderr in the end.
    pub message: String,
}

/// Why a program did not start.
#[derive(Debug)]
pub enum StartError {
    /// Not a `.pyc` of CPython 3.14.
    Pyc(PycError),
    /// A `.pyc` whose code is not well-formed.
    Code(Box<VerifyError>),
    /// Another interpreter runs in this process: there is one at a time.
    Running,
    /// The operating system gave no thread to run in.
    Thread(std::io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Pyc(error) => error.fmt(f),
            StartError::Code(error) => error.fmt(f),
            StartError::Running => f.write_str("an interpreter is running in this process already"),
            StartError::Thread(error) => write!(f, "no thread to run in: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

/// What is run.
#[derive(Clone, Debug)]
pub enum Program {
    /// The bytes of a `.pyc` file, and its path.
    Bytecode(Vec<u8>, PathBuf),
    /// The bytes of a source file, and its name.
    Source(Vec<u8>, String),
    /// Source text of the command line (`-c`).
    Command(String),
    /// A module by its name (`-m`).
    Module(String),
}

/// How it is run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `sys.argv`.
    pub arguments: Vec<String>,
    /// The folder that modules are looked for in before all others: the script's.
    pub first_folder: Option<String>,
    /// Folders of library modules; without any, the library of an installed CPython 3.14, or of Bodywork's cache.
    pub library: Vec<PathBuf>,
    /// A CPython 3.14 that compiles sources instead of the compiler that is linked in.
    pub python: Option<PathBuf>,
}

/// Reads, verifies and runs a module, with these as `sys.argv`.
///
/// # Errors
/// As `run`.
pub fn run_pyc(bytes: Vec<u8>, arguments: Vec<String>) -> Result<Ending, StartError> {
    let path = arguments.first().map(PathBuf::from).unwrap_or_default();
    run(Program::Bytecode(bytes, path), Options { arguments, ..Options::default() })
}

/// Runs a program on a thread of its own, with a stack deep enough for the recursion limit.
///
/// # Errors
/// The bytes are no `.pyc` of CPython 3.14, or hold code that is not well-formed. What is wrong with a source is an
/// ending like that of any program with an exception.
pub fn run(program: Program, options: Options) -> Result<Ending, StartError> {
    run_with(dispatch::run::<Silent>, program, options)
}

/// The same, and counts what runs. The counts are those of the process, all such runs together.
///
/// # Errors
/// As `run`.
pub fn run_counted(program: Program, options: Options) -> Result<(Ending, Report), StartError> {
    let ending = run_with(dispatch::run::<Recorder>, program, options)?;
    Ok((ending, Report::take()))
}

fn run_with(dispatch: Dispatch, program: Program, options: Options) -> Result<Ending, StartError> {
    let builder =
        std::thread::Builder::new().name("python".into()).stack_size(lifecycle::NATIVE_STACK + 16 * 1024 * 1024);
    let running = builder.spawn(move || run_here(dispatch, program, options)).map_err(StartError::Thread)?;
    match running.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn run_here(dispatch: Dispatch, program: Program, options: Options) -> Result<Ending, StartError> {
    // What is no bytecode is said before anything starts.
    let bytecode = match &program {
        Program::Bytecode(bytes, _) => {
            let code: Rc<Code> = pyc::read(bytes).map_err(StartError::Pyc)?.code;
            verify::verify_all(&code).map_err(StartError::Code)?;
            Some(code)
        }
        _ => None,
    };
    let mut path: Vec<String> = options.first_folder.iter().cloned().collect();
    path.extend(config::library_path(&options.library));
    let config = Config {
        arguments: options.arguments,
        first_folder: options.first_folder,
        path,
        compiler: Compiler { python: options.python, optimize: 0 },
        ..Config::default()
    };
    let thread = lifecycle::start(dispatch, config).ok_or(StartError::Running)?;
    let result = match (&program, bytecode) {
        (Program::Bytecode(_, path), Some(tree)) => main_module::run_tree(&thread, &tree, &path.to_string_lossy()),
        (Program::Source(bytes, name), _) => main_module::run_source(&thread, bytes, name),
        (Program::Command(text), _) => main_module::run_command(&thread, text),
        (Program::Module(name), _) => main_module::run_module(&thread, name),
        (Program::Bytecode(..), None) => unreachable!("bytecode was read above"),
    };
    let (code, message) = lifecycle::finish(&thread, result.is_err());
    Ok(Ending { code, message })
}
