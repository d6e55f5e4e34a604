//! What can go wrong with inputs. Every error has a kind with a stable code, a message that names the file or tool,
//! and the next step.

use std::fmt;
use std::path::Path;

use translator::diagnostics::Diagnostic;

/// The kinds of [`InputsError`]; [`ErrorKind::code`] gives the stable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// No checkout was named and the cache has nothing.
    NotFound,
    /// The folder given as a checkout is none.
    NotACheckout,
    /// The release is older than 3.12 or cannot be read.
    Release,
    /// A file of the cache is not what was fetched.
    Corrupt,
    /// A download failed.
    Network,
    /// A download arrived, but it is not the pinned file.
    Checksum,
    /// The package index does not list the pinned file.
    Index,
    /// A program that is needed is not installed.
    MissingTool,
    /// A program that is needed failed.
    Tool,
    /// An archive cannot be read or lacks a file.
    Archive,
    /// Reading or writing a file failed.
    Io,
    /// This source does not have the file.
    MissingFile,
    /// No CPython of the release can be run.
    NoPython,
    /// `inputs.lock` cannot be read.
    Lock,
    /// The definitions could not be lifted.
    Lift,
}

impl ErrorKind {
    /// The stable code, `I-001` and so on.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotFound => "I-001",
            Self::NotACheckout => "I-002",
            Self::Release => "I-003",
            Self::Corrupt => "I-004",
            Self::Network => "I-005",
            Self::Checksum => "I-006",
            Self::Index => "I-007",
            Self::MissingTool => "I-008",
            Self::Tool => "I-009",
            Self::Archive => "I-010",
            Self::Io => "I-011",
            Self::MissingFile => "I-012",
            Self::NoPython => "I-013",
            Self::Lock => "I-014",
            Self::Lift => "I-015",
        }
    }
}

/// One failure, with what led to it and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputsError {
    pub kind: ErrorKind,
    pub message: String,
    /// What the reader can do about it.
    pub next: Option<String>,
    /// The failures of the sources that were tried before this one.
    pub causes: Vec<InputsError>,
}

/// What every fallible function of this crate gives.
pub type Result<T> = std::result::Result<T, InputsError>;

impl InputsError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), next: None, causes: Vec::new() }
    }

    pub(crate) fn io(what: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("cannot {what} {}: {error}", path.display()))
    }

    #[must_use]
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    #[must_use]
    pub(crate) fn because(mut self, causes: Vec<InputsError>) -> Self {
        self.causes = causes;
        self
    }

    /// The same failure in the form that every stage's findings have.
    pub fn to_diagnostic(&self) -> Diagnostic {
        let mut message = self.message.clone();
        for cause in &self.causes {
            message += &format!("\n  - [{}] {}", cause.kind.code(), cause.message.replace('\n', "\n    "));
            if let Some(next) = &cause.next {
                message += &format!("\n    ({next})");
            }
        }
        Diagnostic { code: self.kind.code(), message, primary: None, secondary: Vec::new(), note: self.next.clone() }
    }
}

impl fmt::Display for InputsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let diagnostic = self.to_diagnostic();
        write!(f, "error[{}]: {}", diagnostic.code, diagnostic.message)?;
        if let Some(note) = &diagnostic.note {
            write!(f, "\n  = next: {note}")?;
        }
        Ok(())
    }
}

impl std::error::Error for InputsError {}
