//! The public face: running a module from the bytes of its `.pyc`.

use crate::pyc::verify::{self, VerifyError};
use crate::pyc::{self, Code, PycError};
use crate::runtime::lifecycle;
use std::fmt;
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

/// Reads, verifies and runs a module, with these as `sys.argv`, on a thread of its own with a stack deep enough for the recursion limit.
///
/// # Errors
/// The bytes are no `.pyc` of CPython 3.14, or hold code that is not well-formed.
pub fn run_pyc(bytes: Vec<u8>, arguments: Vec<String>) -> Result<Ending, StartError> {
    let builder =
        std::thread::Builder::new().name("python".into()).stack_size(lifecycle::NATIVE_STACK + 16 * 1024 * 1024);
    let running = builder.spawn(move || run_here(&bytes, &arguments)).map_err(StartError::Thread)?;
    match running.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn run_here(bytes: &[u8], arguments: &[String]) -> Result<Ending, StartError> {
    let code: Rc<Code> = pyc::read(bytes).map_err(StartError::Pyc)?.code;
    verify::verify_all(&code).map_err(StartError::Code)?;
    let thread = lifecycle::start(crate::generated::dispatch::run, arguments).ok_or(StartError::Running)?;
    let (code, message) = match lifecycle::run_main(&thread, &code) {
        Ok(()) => (0, String::new()),
        Err(_) => lifecycle::uncaught(&thread),
    };
    // A reader that went away is no failure of the program.
    let _ = crate::builtins::io::flush();
    Ok(Ending { code, message })
}
