//! Which calls of a body may run arbitrary code (`analyzer.py`, `find_escaping_api_calls`, `check_escaping_calls`).

use super::model::EscapingCall;
use super::releases::Release;
use super::tokens::{is_identifier, is_punctuation, visit};
use crate::diagnostics::Diagnostic;
use crate::dsl::ast::{Block, Stmt};
use crate::dsl::token::Token;
use crate::source::Sources;

type Found<T> = Result<T, Box<Diagnostic>>;

/// The escaping calls of a body in order; at most one a statement, the last.
///
/// # Errors
/// `A-010` when such a call stands in the condition of a macro that branches, `A-011` when a close names no variable.
pub(crate) fn escaping_calls(sources: &Sources, release: &Release, block: &Block) -> Found<Vec<EscapingCall>> {
    let mut calls: Vec<EscapingCall> = Vec::new();
    visit(block, &mut |statement| {
        if let Stmt::Simple(tokens) = statement {
            calls.extend(escaping_call(sources, release, tokens)?);
        }
        Ok::<(), Box<Diagnostic>>(())
    })?;
    if !release.own_rules {
        check_conditions(sources, block, &calls)?;
    }
    Ok(calls)
}

fn escaping_call(sources: &Sources, release: &Release, tokens: &[Token]) -> Found<Option<EscapingCall>> {
    let text = |token: &Token| sources.text(token.span);
    let mut found = None;
    for (index, pair) in tokens.windows(2).enumerate() {
        let [token, next] = pair else { continue };
        if !is_punctuation(next) || text(next) != "(" {
            continue;
        }
        let name = text(token);
        let is_call = match name {
            _ if is_identifier(token) => !release.is_harmless(name),
            ")" => {
                // A cast is no call. Before the first token CPython finds the last.
                let before = index.checked_sub(1).map_or(tokens.last(), |before| tokens.get(before)).map_or("", text);
                !(before.ends_with("_t") || before == "*" || before == "int")
            }
            _ => name == "]",
        };
        if !is_call {
            continue;
        }
        let kills = match name {
            "PyStackRef_CLOSE" | "PyStackRef_XCLOSE" => Some(killed(sources, tokens, index)?),
            _ => None,
        };
        found = Some(EscapingCall { statement: tokens[0], call: *token, kills });
    }
    Ok(found)
}

impl Release {
    /// Whether a call of that name runs no code of the program: by its look, or because the generator lists it.
    pub fn is_harmless(&self, name: &str) -> bool {
        let macro_like = !name.bytes().any(|byte| byte.is_ascii_lowercase());
        let test = name.ends_with("Check") || name.ends_with("CheckExact") || name.starts_with("Py_Is");
        let optimizer = name.starts_with("sym_") || name.starts_with("optimize_");
        macro_like || test || optimizer || self.is_non_escaping(name)
    }
}

/// The variable that the closing call at `index` names.
fn killed(sources: &Sources, tokens: &[Token], index: usize) -> Found<Token> {
    match tokens.get(index + 2) {
        None => Err(Box::new(Diagnostic::new("A-011", tokens[index + 1].span, "Unexpected end of file"))),
        Some(token) if is_identifier(token) => Ok(*token),
        Some(token) => {
            let message = format!("Expected identifier, got '{}'", sources.text(token.span));
            Err(Box::new(Diagnostic::new("A-011", token.span, message)))
        }
    }
}

/// CPython looks into the conditions of `if` and `while` too, where it has looked for no calls before.
fn check_conditions(sources: &Sources, block: &Block, calls: &[EscapingCall]) -> Found<()> {
    let mut error: Option<Token> = None;
    // They were found in the order of this walk.
    let mut calls = calls.iter().peekable();
    visit(block, &mut |statement| {
        if let Stmt::Simple(tokens) = statement
            && let Some(call) = calls.next_if(|call| tokens.first() == Some(&call.statement))
        {
            error = in_condition(sources, tokens, call.call).or(error);
        }
        Ok::<(), Box<Diagnostic>>(())
    })?;
    error.map_or(Ok(()), |token| {
        let message = format!("Escaping call '{} in condition", sources.text(token.span));
        let note = "call before the condition, and test the result in it";
        Err(Box::new(Diagnostic::new("A-010", token.span, message).note(note)))
    })
}

fn in_condition(sources: &Sources, tokens: &[Token], call: Token) -> Option<Token> {
    let mut depth = 0;
    let mut rest = tokens.iter();
    while let Some(token) = rest.next() {
        match sources.text(token.span) {
            "DEOPT_IF" | "ERROR_IF" | "EXIT_IF" if is_identifier(token) => {
                depth = 1;
                rest.next();
            }
            "(" => depth += i32::from(depth > 0),
            ")" => depth -= i32::from(depth > 0),
            _ if depth > 0 && *token == call => return Some(call),
            _ => {}
        }
    }
    None
}
