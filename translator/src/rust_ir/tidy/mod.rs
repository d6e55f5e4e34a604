//! Makes what lowering wrote read as a person would write it. Each rewriting is a function on a block that changes one
//! thing and says whether it did; they are repeated until none finds anything.
//!
//! Rewritings look at text, so each asks for the very shape that lowering emits, and leaves alone what it does not know.

mod branches;
mod lets;
mod nulls;
mod order;
mod words;

use super::Stmt;

/// What stands around a block: whether a name is mentioned once the block is over.
type After<'a> = &'a dyn Fn(&str) -> bool;

/// Changes one thing of a block.
type Rewrite = fn(&mut Vec<Stmt>, After<'_>) -> bool;

const REWRITES: [Rewrite; 22] = [
    lets::declare_where_assigned,
    lets::drop_dead_start,
    lets::name_results,
    lets::inline_new,
    lets::bind_once,
    lets::question_mark,
    lets::question_mark_in_tail,
    lets::return_bound,
    lets::swap,
    lets::drop_no_ops,
    order::leave_before_result,
    order::hoist_moves,
    nulls::propagate_null,
    nulls::let_else_for_test,
    nulls::known_in_condition,
    nulls::if_let_for_test,
    nulls::drop_unused_binding,
    branches::value_of_branches,
    branches::value_or_constant,
    branches::collapse_ifs,
    branches::flatten_blocks,
    branches::else_of_leaving,
];

pub fn tidy(body: Vec<Stmt>) -> Vec<Stmt> {
    let mut body: Vec<Stmt> = body.iter().map(|s| words::map_texts(s, &lets::without_needless_parens)).collect();
    // Each rewriting removes a statement or a test, so this ends long before.
    for _ in 0..1000 {
        if !step(&mut body, &|_| false) {
            break;
        }
    }
    if let Some(Stmt::Return(value)) = body.last() {
        let value = value.clone();
        body.pop();
        if !value.is_empty() {
            body.push(Stmt::Tail(value));
        }
    }
    body
}

/// One rewriting, in the innermost block that has any.
fn step(body: &mut Vec<Stmt>, after: After<'_>) -> bool {
    for at in 0..body.len() {
        let (head, tail) = body.split_at_mut(at + 1);
        let Some(statement) = head.last_mut() else { continue };
        // What a loop's body mentions is mentioned again when it comes round.
        let looped = matches!(statement, Stmt::While { .. } | Stmt::For { .. }).then(|| statement.clone());
        let rest = |name: &str| {
            words::any_mentions(tail, name) || looped.iter().any(|s| words::mentions(s, name)) || after(name)
        };
        if blocks(statement).into_iter().any(|block| step(block, &rest)) {
            return true;
        }
    }
    REWRITES.iter().any(|rewrite| rewrite(body, after))
}

/// The blocks of a statement.
fn blocks(statement: &mut Stmt) -> Vec<&mut Vec<Stmt>> {
    match statement {
        Stmt::If { then, otherwise, .. } | Stmt::IfLet { then, otherwise, .. } => vec![then, otherwise],
        Stmt::LetElse { otherwise: body, .. }
        | Stmt::While { body, .. }
        | Stmt::For { body, .. }
        | Stmt::Block(body) => vec![body],
        Stmt::LetBlock { value, .. } => blocks(value),
        _ => Vec::new(),
    }
}

/// Whether a body mentions a variable.
pub fn mentioned_in(body: &[Stmt], name: &str) -> bool {
    words::any_mentions(body, name)
}

/// Whether a body gives a variable another value.
pub fn assigned_in(body: &[Stmt], name: &str) -> bool {
    words::assigns(body, name)
}
