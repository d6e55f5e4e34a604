//! Bindings: declared where they are assigned, named as the C names them, and none that is only passed on.

use super::After;
use super::words::{
    any_mentions, assigns, bound, constructor, count, is_constant, is_error_exit, is_name, map_texts, mentions,
    replace_word, word_in,
};
use crate::rust_ir::Stmt;

/// `let x; … x = v;` becomes `… let x = v;`.
pub(super) fn declare_where_assigned(body: &mut Vec<Stmt>, _: After<'_>) -> bool {
    for at in 0..body.len() {
        let Stmt::Declare { name, mutable } = &body[at] else { continue };
        let Some(first) = (at + 1..body.len()).find(|i| mentions(&body[*i], name)) else { continue };
        let Stmt::Assign { name: assigned, value } = &body[first] else { continue };
        if assigned != name || word_in(value, name) {
            continue;
        }
        let mutable = *mutable && assigns(&body[first + 1..], name);
        let pattern = if mutable { format!("mut {name}") } else { name.clone() };
        body[first] = Stmt::Let { pattern, value: value.clone() };
        body.remove(at);
        return true;
    }
    false
}

/// A first value that is never looked at: `let mut x = 0; … x = v;`.
#[expect(clippy::ptr_arg, reason = "rewritings have one type")]
pub(super) fn drop_dead_start(body: &mut Vec<Stmt>, _: After<'_>) -> bool {
    for at in 0..body.len() {
        let Stmt::Let { pattern, value } = &body[at] else { continue };
        let Some(name) = pattern.strip_prefix("mut ") else { continue };
        if !is_constant(value) {
            continue;
        }
        let Some(first) = (at + 1..body.len()).find(|i| mentions(&body[*i], name)) else { continue };
        if sets_first(&body[first], name) {
            let mutable = assigns(&body[first + 1..], name);
            body[at] = Stmt::Declare { name: name.to_owned(), mutable };
            return true;
        }
    }
    false
}

/// Whether a statement gives the variable a value before it looks at it, on every path.
fn sets_first(statement: &Stmt, name: &str) -> bool {
    let branch = |body: &[Stmt]| body.iter().find(|s| mentions(s, name)).is_some_and(|s| sets_first(s, name));
    match statement {
        Stmt::Assign { name: assigned, value } => assigned == name && !word_in(value, name),
        Stmt::If { condition, then, otherwise } => !word_in(condition, name) && branch(then) && branch(otherwise),
        _ => false,
    }
}

/// `let (get_result, new_v) = f(); let v = new_v; let err = get_result;` becomes `let (err, v) = f();`.
pub(super) fn name_results(body: &mut Vec<Stmt>, after: After<'_>) -> bool {
    for at in 0..body.len() {
        let Stmt::Let { pattern, value } = &body[at] else { continue };
        let Some(parts) = tuple(pattern) else { continue };
        let value = value.clone();
        let moves: Vec<usize> = (at + 1..body.len())
            .take_while(
                |i| matches!(&body[*i], Stmt::Let { value, .. } | Stmt::Assign { value, .. } if parts.contains(value)),
            )
            .collect();
        let Some(end) = moves.last().map(|last| last + 1) else { continue };
        let once = |part: &String| body[at + 1..].iter().map(|s| count(s, part)).sum::<usize>() == 1 && !after(part);
        let sources: Vec<(String, bool, String)> = moves.iter().filter_map(|i| target(&body[*i])).collect();
        let whole = parts.iter().all(|p| p == "_" || sources.iter().any(|(_, _, from)| from == p));
        if whole && sources.iter().all(|(_, assigned, _)| *assigned) && sources.iter().all(|(_, _, from)| once(from)) {
            let names: Vec<String> = parts.iter().map(|p| renamed(p, &sources, true)).collect();
            body.splice(at..end, [Stmt::Expression(format!("({}) = {value}", names.join(", ")))]);
            return true;
        }
        let renames: Vec<_> = sources.into_iter().filter(|(_, assigned, from)| !assigned && once(from)).collect();
        if renames.is_empty() {
            continue;
        }
        let names: Vec<String> = parts.iter().map(|p| renamed(p, &renames, false)).collect();
        let gone = |s: &Stmt| matches!(s, Stmt::Let { value, .. } if renames.iter().any(|(_, _, from)| from == value));
        let kept: Vec<Stmt> = body[at + 1..end].iter().filter(|s| !gone(s)).cloned().collect();
        let bind = Stmt::Let { pattern: format!("({})", names.join(", ")), value };
        body.splice(at..end, std::iter::once(bind).chain(kept));
        return true;
    }
    false
}

fn tuple(pattern: &str) -> Option<Vec<String>> {
    let inner = pattern.strip_prefix('(')?.strip_suffix(')')?;
    Some(inner.split(", ").map(str::to_owned).collect())
}

/// Where a plain move goes: its pattern, whether it is an assignment, what is moved.
fn target(statement: &Stmt) -> Option<(String, bool, String)> {
    match statement {
        Stmt::Let { pattern, value } => Some((pattern.clone(), false, value.clone())),
        Stmt::Assign { name, value } => Some((name.clone(), true, value.clone())),
        _ => None,
    }
}

fn renamed(part: &str, moves: &[(String, bool, String)], assigned: bool) -> String {
    let found = moves.iter().find(|(_, a, from)| *a == assigned && from == part);
    found.map_or_else(|| part.to_owned(), |(pattern, _, _)| pattern.clone())
}

/// `let new_x = f(); x = new_x;` needs no name in between.
pub(super) fn inline_new(body: &mut Vec<Stmt>, after: After<'_>) -> bool {
    for at in 0..body.len().saturating_sub(1) {
        let Stmt::Let { pattern: name, value } = &body[at] else { continue };
        let simple = matches!(&body[at + 1], Stmt::Assign { .. } | Stmt::Let { .. } | Stmt::Expression(_));
        if !name.starts_with("new_") || !is_name(name) || !simple {
            continue;
        }
        let all: usize = body[at + 1..].iter().map(|s| count(s, name)).sum();
        if count(&body[at + 1], name) != 1 || all != 1 || after(name) || mentions(&body[at + 1], &format!("mut {name}"))
        {
            continue;
        }
        body[at + 1] = map_texts(&body[at + 1], &|text| replace_word(text, name, value));
        body.remove(at);
        return true;
    }
    false
}

/// `let x = f(); let Some(x) = x else { … }` and `let x = f(); let x = x?;` bind once.
pub(super) fn bind_once(body: &mut Vec<Stmt>, _: After<'_>) -> bool {
    for at in 0..body.len().saturating_sub(1) {
        let Stmt::Let { pattern: name, value } = &body[at] else { continue };
        if !is_name(name) {
            continue;
        }
        let merged = match &body[at + 1] {
            Stmt::LetElse { pattern, value: tested, otherwise }
                if tested == name
                    && constructor(pattern).is_some_and(|(_, inner)| inner == name)
                    && !any_mentions(otherwise, name) =>
            {
                Stmt::LetElse { pattern: pattern.clone(), value: value.clone(), otherwise: otherwise.clone() }
            }
            Stmt::Let { pattern, value: tested } if bound(pattern) == name && *tested == format!("{name}?") => {
                Stmt::Let { pattern: pattern.clone(), value: format!("{value}?") }
            }
            _ => continue,
        };
        body.splice(at..at + 2, [merged]);
        return true;
    }
    false
}

/// A status that is only propagated: `let err = f(); err?;`, and the test that does what `?` does.
pub(super) fn question_mark(body: &mut Vec<Stmt>, after: After<'_>) -> bool {
    for at in 0..body.len() {
        match &body[at] {
            Stmt::LetElse { pattern, value, otherwise } if is_error_exit(otherwise) => {
                let Some(("Ok", name)) = constructor(pattern) else { continue };
                body[at] = Stmt::Let { pattern: name.to_owned(), value: format!("{value}?") };
                return true;
            }
            Stmt::Let { pattern: name, value } if is_name(name) => {
                let Some(next) = body.get(at + 1) else { continue };
                let propagates = match next {
                    Stmt::Expression(text) => *text == format!("{name}?"),
                    Stmt::If { condition, then, otherwise } => {
                        *condition == format!("{name}.is_err()") && otherwise.is_empty() && is_error_exit(then)
                    }
                    _ => false,
                };
                if propagates && !any_mentions(&body[at + 2..], name) && !after(name) {
                    body.splice(at..at + 2, [Stmt::Expression(format!("{value}?"))]);
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// `let x = x?; Ok(f(x))` is `Ok(f(x?))`.
pub(super) fn question_mark_in_tail(body: &mut Vec<Stmt>, _: After<'_>) -> bool {
    let [.., Stmt::Let { pattern: name, value }, tail @ Stmt::Tail(_)] = body.as_slice() else { return false };
    if *value != format!("{name}?") || count(tail, name) != 1 {
        return false;
    }
    let tail = map_texts(tail, &|text| replace_word(text, name, value));
    body.truncate(body.len() - 2);
    body.push(tail);
    true
}

/// A value that is bound only to be returned is returned.
pub(super) fn return_bound(body: &mut Vec<Stmt>, _: After<'_>) -> bool {
    let replaced = match body.as_slice() {
        [.., Stmt::Let { pattern, value }, Stmt::Tail(tail)] => {
            if *tail == format!("Ok({pattern})") {
                Stmt::Tail(format!("Ok({value})"))
            } else if tail == pattern {
                Stmt::Tail(value.clone())
            } else {
                return false;
            }
        }
        [.., Stmt::LetBlock { pattern, value }, Stmt::Tail(tail)] if tail == pattern => (**value).clone(),
        _ => return false,
    };
    body.truncate(body.len() - 2);
    body.push(replaced);
    true
}

/// `let temp = a; a = b; b = temp;`.
pub(super) fn swap(body: &mut Vec<Stmt>, after: After<'_>) -> bool {
    for at in 0..body.len().saturating_sub(2) {
        let [
            Stmt::Let { pattern: temp, value: a },
            Stmt::Assign { name: first, value: b },
            Stmt::Assign { name: second, value },
        ] = &body[at..at + 3]
        else {
            continue;
        };
        let exchanged = is_name(a) && is_name(b) && first == a && second == b && value == temp;
        if exchanged && !any_mentions(&body[at + 3..], temp) && !after(temp) {
            let text = format!("std::mem::swap(&mut {a}, &mut {b})");
            body.splice(at..at + 3, [Stmt::Expression(text)]);
            return true;
        }
    }
    false
}

/// `*next_instr = next_instr.add(0);`.
pub(super) fn drop_no_ops(body: &mut Vec<Stmt>, _: After<'_>) -> bool {
    let before = body.len();
    body.retain(|s| !matches!(s, Stmt::Expression(text) if text == "*next_instr = next_instr"));
    body.len() != before
}

/// Where method calls and arguments need no parentheses around a register that the body changes.
pub(super) fn without_needless_parens(text: &str) -> String {
    let mut out = text.replace(".add(0)", "");
    for register in ["frame", "next_instr", "stack_pointer"] {
        out = out.replace(&format!("(*{register})."), &format!("{register}."));
        for end in [",", ")"] {
            out = out.replace(&format!(", (*{register}){end}"), &format!(", *{register}{end}"));
        }
    }
    out
}
