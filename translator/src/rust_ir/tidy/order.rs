//! Statements whose order does not matter, put where the result reads better, and where what comes from original and from
//! lifted definitions is the same.

use super::After;
use super::words::word_in;
use crate::rust_ir::Stmt;

/// What is forgotten at the end may be forgotten before the result is made, which then needs no name.
pub(super) fn leave_before_result(body: &mut Vec<Stmt>, _: After<'_>) -> bool {
    let [.., Stmt::Let { value, .. }, Stmt::Expression(leave), Stmt::Tail(_)] = body.as_slice() else { return false };
    let Some(name) = leave.strip_suffix(".leave()") else { return false };
    if word_in(value, name) || value.contains(['?', '{']) {
        return false;
    }
    let at = body.len() - 3;
    body.swap(at, at + 1);
    true
}

/// A move of the stack pointer that an exit shortly before also begins with comes before that exit, once.
pub(super) fn hoist_moves(body: &mut Vec<Stmt>, _: After<'_>) -> bool {
    for at in 0..body.len() {
        let is_move = matches!(&body[at], Stmt::Expression(text) if text.starts_with("stack_pointer.shrink("));
        if is_move && hoist(body, at) {
            return true;
        }
    }
    false
}

fn hoist(body: &mut Vec<Stmt>, moved: usize) -> bool {
    let stays =
        |s: &Stmt| matches!(s, Stmt::Expression(text) if !word_in(text, "stack_pointer") && !text.contains('?'));
    let Some(at) = body[..moved].iter().rposition(|s| !stays(s)) else { return false };
    let statement = body[moved].clone();
    let (exit, asked) = match &mut body[at] {
        Stmt::LetElse { value, otherwise, .. } => (otherwise, value),
        Stmt::If { condition, then, otherwise } if otherwise.is_empty() => (then, condition),
        _ => return false,
    };
    let leaves = exit.first() == Some(&statement) && matches!(exit.last(), Some(Stmt::Return(_)));
    if !leaves || word_in(asked, "stack_pointer") {
        return false;
    }
    exit.remove(0);
    body.remove(moved);
    body.insert(at, statement);
    true
}
