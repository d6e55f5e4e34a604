//! Makes what lowering wrote read as a person would write it: `let x; … x = v;` becomes `let x = v;`,
//! and a value that is bound only to be returned is returned.

use super::Stmt;

pub fn tidy(mut body: Vec<Stmt>) -> Vec<Stmt> {
    body = merge(body);
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
        out.push(statement);
    }
    out
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
