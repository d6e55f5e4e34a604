//! Which calls of a body may run arbitrary code (`analyzer.py`, `find_escaping_api_calls`).

use super::model::EscapingCall;
use super::tokens::{is_identifier, visit};
use crate::diagnostics::Diagnostic;
use crate::dsl::ast::{Block, Stmt};
use crate::dsl::token::{Token, TokenKind};
use crate::source::Sources;

/// Functions that 3.14's generator knows not to run arbitrary code, sorted.
const NON_ESCAPING: &str = include_str!("non_escaping.txt");

fn is_known_not_to_escape(name: &str) -> bool {
    NON_ESCAPING.lines().any(|line| line == name)
}

/// The escaping calls of a body in order; at most one a statement, the last.
///
/// # Errors
/// `A-010` when such a call stands in a condition, `A-011` when a close names no variable.
pub(crate) fn escaping_calls(sources: &Sources, block: &Block) -> Result<Vec<EscapingCall>, Diagnostic> {
    let mut calls: Vec<EscapingCall> = Vec::new();
    let mut error = None;
    visit(block, &mut |statement| {
        if let (Stmt::Simple(tokens), None) = (statement, &error) {
            match escaping_call(sources, tokens) {
                Ok(Some(call)) => calls.push(call),
                Ok(None) => {}
                Err(e) => error = Some(e),
            }
        }
    });
    if let Some(error) = error {
        return Err(error);
    }
    check_conditions(sources, block, &calls)?;
    Ok(calls)
}

fn escaping_call(sources: &Sources, tokens: &[Token]) -> Result<Option<EscapingCall>, Diagnostic> {
    let text = |t: &Token| sources.text(t.span);
    let mut found = None;
    for (index, token) in tokens.iter().enumerate() {
        let Some(next) = tokens.get(index + 1) else { break };
        if text(next) != "(" || next.kind != TokenKind::Punctuation {
            continue;
        }
        let name = text(token);
        if is_identifier(token) {
            let macro_like = name.to_uppercase() == name;
            let test = name.ends_with("Check") || name.starts_with("Py_Is") || name.ends_with("CheckExact");
            let optimizer = name.starts_with("sym_") || name.starts_with("optimize_");
            if macro_like || test || optimizer || is_known_not_to_escape(name) {
                continue;
            }
        } else if name == ")" {
            // A cast is no call.
            let before = index.checked_sub(1).and_then(|i| tokens.get(i)).or(tokens.last()).map_or("", &text);
            if before.ends_with("_t") || before == "*" || before == "int" {
                continue;
            }
        } else if name != "]" {
            continue;
        }
        let mut kills = None;
        if name == "PyStackRef_CLOSE" || name == "PyStackRef_XCLOSE" {
            let Some(killed) = tokens.get(index + 2) else {
                return Err(Diagnostic::new("A-011", next.span, "Unexpected end of file"));
            };
            if !is_identifier(killed) {
                return Err(Diagnostic::new(
                    "A-011",
                    killed.span,
                    format!("Expected identifier, got '{}'", text(killed)),
                ));
            }
            kills = Some(*killed);
        }
        found = Some(EscapingCall { statement: tokens[0], call: *token, kills });
    }
    Ok(found)
}

fn check_conditions(sources: &Sources, block: &Block, calls: &[EscapingCall]) -> Result<(), Diagnostic> {
    let is_call = |t: &Token| calls.iter().any(|c| c.call == *t);
    let mut error: Option<Token> = None;
    visit(block, &mut |statement| match statement {
        Stmt::If { condition, .. } | Stmt::While { condition, .. } => {
            if let Some(token) = condition.iter().rfind(|t| is_call(t)) {
                error = Some(*token);
            }
        }
        Stmt::Simple(tokens) => {
            let mut depth = 0;
            let mut skip = false;
            for token in tokens {
                if std::mem::take(&mut skip) {
                    continue;
                }
                let text = sources.text(token.span);
                if is_identifier(token) && matches!(text, "DEOPT_IF" | "ERROR_IF" | "EXIT_IF") {
                    depth = 1;
                    skip = true;
                } else if text == "(" {
                    depth += i32::from(depth > 0);
                } else if text == ")" {
                    depth -= i32::from(depth > 0);
                } else if depth > 0 && is_call(token) {
                    error = Some(*token);
                }
            }
        }
        _ => {}
    });
    match error {
        None => Ok(()),
        Some(token) => Err(Diagnostic::new(
            "A-010",
            token.span,
            format!("Escaping call '{} in condition", sources.text(token.span)),
        )),
    }
}
