//! Python source to code objects of CPython 3.14: with a compiler that is linked in, or with a CPython that is asked.
//!
//! ```text
//! bytes --decode--> text --Compiler--> marshalled code --pyc::loads--> pyc::Code --verify--> what runs
//! ```

#[cfg(feature = "source")]
pub(crate) mod anchors;
mod assemble;
mod cpython;
mod decode;
mod generics;
#[cfg(feature = "source")]
mod linked;
#[cfg(feature = "source")]
mod messages;
mod repair;
#[cfg(feature = "source")]
pub(crate) mod tree;

pub(crate) use decode::{decode, normalize};

use crate::pyc::{self, Code, Value};
use std::path::PathBuf;
use std::rc::Rc;

/// What a source is compiled as (the `mode` of `compile`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Exec,
    Eval,
    Single,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Mode::Exec => "exec",
            Mode::Eval => "eval",
            Mode::Single => "single",
        }
    }
}

/// Which of the classes a syntax error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Syntax,
    Indentation,
    Tab,
}

/// A syntax error as Python reports it. Lines and columns count from 1; 0 is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) class: Class,
    pub(crate) message: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) end_line: usize,
    pub(crate) end_column: usize,
    /// The source line.
    pub(crate) text: Option<String>,
}

/// Why there is no code object.
#[derive(Clone, Debug)]
pub(crate) enum CompileError {
    Syntax(SyntaxError),
    /// The compiler itself failed, or there is none.
    Other(String),
}

/// Who compiles.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compiler {
    /// A CPython 3.14 that compiles instead of the compiler that is linked in.
    pub(crate) python: Option<PathBuf>,
    /// As `python -O`: without assertions.
    pub(crate) optimize: u8,
}

impl Compiler {
    /// Compiles and verifies. The text has `\n` line ends.
    pub(crate) fn compile(&self, source: &str, filename: &str, mode: Mode) -> Result<Rc<Code>, CompileError> {
        let marshalled = match &self.python {
            Some(python) => cpython::compile(python, source, filename, mode, self.optimize)?,
            None => self.compile_linked(source, filename, mode)?,
        };
        let value = pyc::loads(&marshalled)
            .map_err(|error| CompileError::Other(format!("the compiler's output cannot be read: {error}")))?;
        let Value::Code(code) = value else {
            return Err(CompileError::Other("the compiler's output is no code object".into()));
        };
        repair::verified(&code)
            .map_err(|error| CompileError::Other(format!("the compiler's output is not well-formed: {error}")))
    }

    /// Parses. The text has `\n` line ends.
    #[cfg(feature = "source")]
    pub(crate) fn parse(&self, source: &str, filename: &str, mode: Mode) -> Result<tree::Node, CompileError> {
        tree::parse(source, filename, mode)
    }

    #[cfg(feature = "source")]
    fn compile_linked(&self, source: &str, filename: &str, mode: Mode) -> Result<Vec<u8>, CompileError> {
        linked::compile(source, filename, mode, self.optimize)
    }

    #[cfg(not(feature = "source"))]
    fn compile_linked(&self, _: &str, _: &str, _: Mode) -> Result<Vec<u8>, CompileError> {
        let message = "this interp was built without the feature `source`: give --python EXE, or run a .pyc file";
        Err(CompileError::Other(message.into()))
    }
}

/// The code of a source file, outside an interpreter; what is wrong with it in one line.
pub(crate) fn source_file(bytes: &[u8], filename: &str) -> Result<Rc<Code>, String> {
    let refused = |problem: SyntaxError| format!("line {}: {}", problem.line, problem.message);
    let text = decode(bytes, filename).map_err(refused)?;
    Compiler::default().compile(&text, filename, Mode::Exec).map_err(|error| match error {
        CompileError::Syntax(problem) => refused(problem),
        CompileError::Other(why) => why,
    })
}

/// The line with this number.
fn line_of(source: &str, line: usize) -> Option<String> {
    line.checked_sub(1).and_then(|index| source.split('\n').nth(index)).map(|text| format!("{text}\n"))
}
