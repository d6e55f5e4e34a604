//! Branches that give a value, and branches that need not be there.

use super::After;
use super::words::{any_mentions, assigns, bound, diverges, is_constant, mentions, word_in};
use crate::rust_ir::Stmt;

/// `let x; if c { …; x = a; } else { …; x = b; }` becomes `let x = if c { …; a } else { …; b };`.
pub(super) fn value_of_branches(body: &mut Vec<Stmt>, _: After<'_>) -> bool {
    for at in 0..body.len() {
        let Stmt::Declare { name, mutable } = &body[at] else { continue };
        let Some(first) = (at + 1..body.len()).find(|i| mentions(&body[*i], name)) else { continue };
        let Some(value) = value_of(&body[first], name) else { continue };
        let mutable = *mutable && assigns(&body[first + 1..], name);
        let pattern = if mutable { format!("mut {name}") } else { name.clone() };
        body[first] = Stmt::LetBlock { pattern, value: Box::new(value) };
        body.remove(at);
        return true;
    }
    false
}

/// A branching statement as the value that it assigns to `name` on every path that goes on.
fn value_of(statement: &Stmt, name: &str) -> Option<Stmt> {
    match statement {
        Stmt::If { condition, then, otherwise } if !word_in(condition, name) => Some(Stmt::If {
            condition: condition.clone(),
            then: branch(then, name)?,
            otherwise: branch(otherwise, name)?,
        }),
        Stmt::IfLet { pattern, value, then, otherwise } if !word_in(value, name) && !word_in(pattern, name) => {
            Some(Stmt::IfLet {
                pattern: pattern.clone(),
                value: value.clone(),
                then: branch(then, name)?,
                otherwise: branch(otherwise, name)?,
            })
        }
        _ => None,
    }
}

fn branch(body: &[Stmt], name: &str) -> Option<Vec<Stmt>> {
    if diverges(body) && !any_mentions(body, name) {
        return Some(body.to_vec());
    }
    let at = body.iter().position(|s| mentions(s, name))?;
    let value = match &body[at] {
        Stmt::Assign { name: assigned, value } if assigned == name && !word_in(value, name) => {
            Stmt::Tail(value.clone())
        }
        nested => value_of(nested, name)?,
    };
    let last = at + 1 == body.len();
    // What comes after the assignment may come before it if the value does not depend on it.
    let movable = matches!(&value, Stmt::Tail(text) if is_constant(text)) && !any_mentions(&body[at + 1..], name);
    if !last && (!movable || diverges(body)) {
        return None;
    }
    let mut out: Vec<Stmt> = body[..at].iter().chain(&body[at + 1..]).cloned().collect();
    out.push(value);
    Some(out)
}

/// `let mut x = None; if c { x = v; }` becomes `let x = if c { v } else { None };`.
pub(super) fn value_or_constant(body: &mut Vec<Stmt>, _: After<'_>) -> bool {
    for at in 0..body.len() {
        let Stmt::Let { pattern, value: constant } = &body[at] else { continue };
        let Some(name) = pattern.strip_prefix("mut ").filter(|_| is_constant(constant)) else { continue };
        let Some(first) = (at + 1..body.len()).find(|i| mentions(&body[*i], name)) else { continue };
        let (Stmt::If { otherwise, then, .. } | Stmt::IfLet { otherwise, then, .. }) = &body[first] else { continue };
        if !otherwise.is_empty() || !matches!(then.as_slice(), [Stmt::Assign { .. }]) {
            continue;
        }
        let mut whole = body[first].clone();
        if let Stmt::If { otherwise, .. } | Stmt::IfLet { otherwise, .. } = &mut whole {
            *otherwise = vec![Stmt::Assign { name: name.to_owned(), value: constant.clone() }];
        }
        let Some(value) = value_of(&whole, name) else { continue };
        let mutable = assigns(&body[first + 1..], name);
        let pattern = if mutable { pattern.clone() } else { bound(pattern).to_owned() };
        body[first] = Stmt::LetBlock { pattern, value: Box::new(value) };
        body.remove(at);
        return true;
    }
    false
}

/// `if a { if b { … } }`.
pub(super) fn collapse_ifs(body: &mut Vec<Stmt>, _: After<'_>) -> bool {
    for statement in body {
        let Stmt::If { condition, then, otherwise } = statement else { continue };
        let [Stmt::If { condition: inner, then: body, otherwise: none }] = then.as_slice() else { continue };
        if !otherwise.is_empty() || !none.is_empty() {
            continue;
        }
        let side = |text: &str| if text.contains(" || ") { format!("({text})") } else { text.to_owned() };
        *statement = Stmt::If {
            condition: format!("{} && {}", side(condition), side(inner)),
            then: body.clone(),
            otherwise: Vec::new(),
        };
        return true;
    }
    false
}

/// A block whose names nothing after it mentions.
pub(super) fn flatten_blocks(body: &mut Vec<Stmt>, after: After<'_>) -> bool {
    for at in 0..body.len() {
        let Stmt::Block(inner) = &body[at] else { continue };
        let names = inner.iter().flat_map(|s| match s {
            Stmt::Let { pattern, .. } | Stmt::LetBlock { pattern, .. } | Stmt::LetElse { pattern, .. } => {
                pattern.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect()
            }
            Stmt::Declare { name, .. } => vec![name.clone()],
            _ => Vec::new(),
        });
        let hides = names.filter(|n| !n.is_empty()).any(|n| any_mentions(&body[at + 1..], &n) || after(&n));
        if !hides {
            let inner = inner.clone();
            body.splice(at..=at, inner);
            return true;
        }
    }
    false
}

/// `let x; if c { x = …; } else { …leaves… }` of several names: the side that leaves comes first.
pub(super) fn else_of_leaving(body: &mut Vec<Stmt>, _: After<'_>) -> bool {
    for at in 0..body.len() {
        let Stmt::If { condition, then, otherwise } = &body[at] else { continue };
        let declared = |name: &str| body[..at].iter().any(|s| matches!(s, Stmt::Declare { name: n, .. } if n == name));
        let sets: usize = then.iter().filter(|s| matches!(s, Stmt::Assign { name, .. } if declared(name))).count();
        let locals = then.iter().any(|s| matches!(s, Stmt::Let { .. } | Stmt::LetElse { .. } | Stmt::LetBlock { .. }));
        if sets < 2 || !diverges(otherwise) || diverges(then) || locals || condition.contains(' ') {
            continue;
        }
        let test = Stmt::If { condition: format!("!{condition}"), then: otherwise.clone(), otherwise: Vec::new() };
        let statements: Vec<Stmt> = std::iter::once(test).chain(then.iter().cloned()).collect();
        body.splice(at..=at, statements);
        return true;
    }
    false
}
