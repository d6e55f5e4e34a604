//! How the generators refuse.

use super::cwriter::Fault;
use super::stack::StackError;
use crate::analysis::model::Analysis;
use crate::diagnostics::Diagnostic;
use crate::source::Span;

/// The stack does not add up.
pub const STACK: &str = "G-001";
/// A statement that the generator acts on is malformed, or stands where it must not.
pub const STATEMENT: &str = "G-002";
/// The definitions do not make the tables that are asked for.
pub const TABLE: &str = "G-003";
/// CPython's generator fails on this input with an internal error, rather than refuse it.
pub const UNFORESEEN: &str = "G-004";

/// A refusal on its way out. Stack errors get the place of the nearest statement that encloses them.
#[derive(Debug)]
pub(crate) enum Refusal {
    Stack(StackError),
    Placed(Box<Diagnostic>),
}

pub(crate) type Result<T> = std::result::Result<T, Refusal>;

impl Refusal {
    pub(crate) fn new(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::Placed(Box::new(Diagnostic::new(code, span, message)))
    }

    pub(crate) fn statement(span: Span, message: impl Into<String>) -> Self {
        Self::new(STATEMENT, span, message)
    }

    pub(crate) fn unforeseen(span: Span, message: impl Into<String>) -> Self {
        Self::new(UNFORESEEN, span, message)
    }

    /// For a table that cannot be made of all the definitions together: at the first instruction, where there is one.
    pub(crate) fn table(analysis: &Analysis, message: impl Into<String>, note: &str) -> Self {
        let (message, note) = (message.into(), Some(note.to_owned()));
        let primary = analysis.instructions.values().map(|i| i.span).min_by_key(|s| (s.file, s.start));
        Self::Placed(Box::new(Diagnostic { code: TABLE, message, primary, secondary: Vec::new(), note }))
    }

    /// The original's own writer fails at the place of the last token, if there was one.
    pub(crate) fn fault(fault: Fault) -> Self {
        let Fault { message, span: primary } = fault;
        let message = message.to_owned();
        Self::Placed(Box::new(Diagnostic { code: UNFORESEEN, message, primary, secondary: Vec::new(), note: None }))
    }

    #[must_use]
    pub(crate) fn at(self, span: Span) -> Self {
        match self {
            Self::Stack(error) => {
                let code = if error.unforeseen { UNFORESEEN } else { STACK };
                let mut diagnostic = Diagnostic::new(code, span, error.message);
                diagnostic.note = remedy(&diagnostic.message).map(str::to_owned);
                Self::Placed(Box::new(diagnostic))
            }
            placed @ Self::Placed(_) => placed,
        }
    }

    pub(crate) fn into_diagnostic(self) -> Diagnostic {
        match self {
            Self::Placed(diagnostic) => *diagnostic,
            Self::Stack(error) => {
                Diagnostic { code: STACK, message: error.message, primary: None, secondary: Vec::new(), note: None }
            }
        }
    }
}

/// What can be done about the commonest stack errors.
fn remedy(message: &str) -> Option<&'static str> {
    const REMEDIES: [(&str, &str); 5] = [
        ("still live", "DEAD(x), INPUTS_DEAD() and PyStackRef_CLOSE(x) end the life of an input"),
        ("is not live, but", "inputs die from the top of the stack down"),
        ("cleared on some paths", "an input that dies in one branch must die in the others that go on"),
        ("is not defined", "every output that the body names must be assigned in it"),
        ("Unbalanced stack spills", "RELOAD_STACK() undoes SAVE_STACK()"),
    ];
    REMEDIES.iter().find(|(part, _)| message.contains(part)).map(|(_, remedy)| *remedy)
}

impl From<StackError> for Refusal {
    fn from(error: StackError) -> Self {
        Self::Stack(error)
    }
}

/// A fault of the writer comes before any refusal that follows it.
pub(crate) fn settle<T>(result: Result<T>, fault: Option<Fault>, fallback: Span) -> Result<T> {
    match fault {
        Some(fault) => Err(Refusal::unforeseen(fault.span.unwrap_or(fallback), fault.message)),
        None => result.map_err(|refusal| refusal.at(fallback)),
    }
}
