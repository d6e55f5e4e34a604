//! Makes what lowering wrote read as a person would write it: `let x; … x = v;` becomes `let x = v;`,
//! and a value that is bound only to be returned is returned.

use super::Stmt;

pub fn tidy(mut body: Vec<Stmt>) -> Vec<Stmt> {
    body = merge(body);
    // What is forgotten at the end may be forgotten before the result is made, which then needs no name.
    while let [.., Stmt::Let { value, .. }, Stmt::Expression(leave), Stmt::Tail(_)] = body.as_slice()
        && let Some(name) = leave.strip_suffix(".leave()")
        && !word_in(value, name)
        && !value.contains(['?', '{'])
    {
        let at = body.len() - 3;
        body.swap(at, at + 1);
    }
    while let [.., Stmt::Let { pattern, value }, Stmt::Tail(tail)] = body.as_slice() {
        let replaced = match tail.strip_prefix("Ok(").and_then(|t| t.strip_suffix(')')) {
            Some(inner) if inner == pattern => format!("Ok({value})"),
            _ if tail == pattern => value.clone(),
            _ => break,
        };
        body.truncate(body.len() - 2);
        body.push(Stmt::Tail(replaced));
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

fn merge(body: Vec<Stmt>) -> Vec<Stmt> {
    let mut out: Vec<Stmt> = Vec::new();
    for statement in body {
        let statement = nested(statement);
        if let Stmt::Assign { name, value } = &statement {
            let declared = out.iter().rposition(|s| matches!(s, Stmt::Declare { name: n, .. } if n == name));
            if let Some(at) = declared
                && out[at + 1..].iter().all(|s| !mentions(s, name))
                && !word_in(value, name)
            {
                let Stmt::Declare { mutable, .. } = out.remove(at) else { continue };
                let pattern = if mutable { format!("mut {name}") } else { name.clone() };
                out.push(Stmt::Let { pattern, value: value.clone() });
                continue;
            }
        }
        if !hoist(&mut out, &statement) {
            out.push(statement);
        }
    }
    out
}

/// A move of the stack pointer that an exit shortly before also begins with comes before that exit, once.
fn hoist(out: &mut Vec<Stmt>, statement: &Stmt) -> bool {
    let is_move = |s: &Stmt| matches!(s, Stmt::Expression(text) if text.starts_with("stack_pointer.shrink("));
    if !is_move(statement) {
        return false;
    }
    let stays =
        |s: &Stmt| matches!(s, Stmt::Expression(text) if !word_in(text, "stack_pointer") && !text.contains('?'));
    let Some(at) = out.iter().rposition(|s| !stays(s)) else { return false };
    let (exit, asked) = match &mut out[at] {
        Stmt::LetElse { value, otherwise, .. } => (otherwise, value),
        Stmt::If { condition, then, otherwise } if otherwise.is_empty() => (then, condition),
        _ => return false,
    };
    if exit.first() != Some(statement)
        || !matches!(exit.last(), Some(Stmt::Return(_)))
        || word_in(asked, "stack_pointer")
    {
        return false;
    }
    exit.remove(0);
    out.insert(at, statement.clone());
    true
}

fn nested(statement: Stmt) -> Stmt {
    match statement {
        Stmt::If { condition, then, otherwise } => {
            Stmt::If { condition, then: merge(then), otherwise: merge(otherwise) }
        }
        Stmt::IfLet { pattern, value, then, otherwise } => {
            Stmt::IfLet { pattern, value, then: merge(then), otherwise: merge(otherwise) }
        }
        Stmt::LetElse { pattern, value, otherwise } => Stmt::LetElse { pattern, value, otherwise: merge(otherwise) },
        Stmt::While { condition, body } => Stmt::While { condition, body: merge(body) },
        Stmt::For { pattern, iterator, body } => Stmt::For { pattern, iterator, body: merge(body) },
        Stmt::Block(body) => Stmt::Block(merge(body)),
        other => other,
    }
}

fn mentions(statement: &Stmt, name: &str) -> bool {
    let any = |body: &[Stmt]| body.iter().any(|s| mentions(s, name));
    match statement {
        Stmt::Declare { name: n, .. } => n == name,
        Stmt::Let { pattern, value } => word_in(pattern, name) || word_in(value, name),
        Stmt::Assign { name: n, value } => n == name || word_in(value, name),
        Stmt::Expression(t) | Stmt::Return(t) | Stmt::Tail(t) => word_in(t, name),
        Stmt::If { condition: c, then, otherwise } => word_in(c, name) || any(then) || any(otherwise),
        Stmt::IfLet { pattern, value, then, otherwise } => {
            word_in(pattern, name) || word_in(value, name) || any(then) || any(otherwise)
        }
        Stmt::LetElse { pattern, value, otherwise } => word_in(pattern, name) || word_in(value, name) || any(otherwise),
        Stmt::While { condition, body } => word_in(condition, name) || any(body),
        Stmt::For { pattern, iterator, body } => word_in(pattern, name) || word_in(iterator, name) || any(body),
        Stmt::Block(body) => any(body),
    }
}

/// Whether `name` stands in `text` as a whole word.
pub(crate) fn word_in(text: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let after = &text[at + name.len()..];
        // `list::len` names a module, `.list` a method.
        let path = after.starts_with("::")
            || text[..at].ends_with("::")
            || (text[..at].ends_with('.') && !text[..at].ends_with(".."));
        !path && !text[..at].chars().next_back().is_some_and(is_word) && !after.chars().next().is_some_and(is_word)
    })
}
