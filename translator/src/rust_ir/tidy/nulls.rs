//! Tests for NULL and errors: what is known after a test is bound by it, not taken on trust with `known()`.

use super::After;
use super::words::{
    any_mentions, assigns, bound, constructor, count, diverges, is_error_exit, is_name, map_texts, word_in,
};
use crate::rust_ir::Stmt;

/// `let x = f().unwrap_or(StackRef::NULL); if x.is_null() { return Err(Exit::Error); }` is `let x = f()?;`.
pub(super) fn propagate_null(body: &mut Vec<Stmt>, _: After<'_>) -> bool {
    for at in 0..body.len().saturating_sub(1) {
        let (name, value) = match &body[at] {
            Stmt::Let { pattern, value } => (bound(pattern), value),
            Stmt::Assign { name, value } => (name.as_str(), value),
            _ => continue,
        };
        let Some(fallible) = value.strip_suffix(".unwrap_or(StackRef::NULL)") else { continue };
        let Stmt::If { condition, then, otherwise } = &body[at + 1] else { continue };
        if *condition != format!("{name}.is_null()") || !is_error_exit(then) || !otherwise.is_empty() {
            continue;
        }
        let value = format!("{fallible}?");
        body[at] = match &body[at] {
            Stmt::Let { pattern, .. } => Stmt::Let { pattern: pattern.clone(), value },
            _ => Stmt::Assign { name: name.to_owned(), value },
        };
        body.remove(at + 1);
        return true;
    }
    false
}

/// `if x.is_none() { …leaves… } … x.known() …` becomes `let Some(x) = x else { … };`.
pub(super) fn let_else_for_test(body: &mut Vec<Stmt>, after: After<'_>) -> bool {
    for at in 0..body.len() {
        let Stmt::If { condition, then, otherwise } = &body[at] else { continue };
        let test = [(".is_none()", "Some"), (".is_err()", "Ok")];
        let Some((name, made)) = test.iter().find_map(|(end, made)| Some((condition.strip_suffix(end)?, *made))) else {
            continue;
        };
        let (name, rest) = (name.to_owned(), &body[at + 1..]);
        if !is_name(&name)
            || !otherwise.is_empty()
            || !diverges(then)
            || any_mentions(then, &name)
            || !any_mentions(rest, &name)
            || assigns(rest, &name)
            || after(&name)
        {
            continue;
        }
        let known: Vec<Stmt> = rest.iter().map(|s| map_texts(s, &|text| take_known(text, &name))).collect();
        // All mentions must have been of the value itself.
        let marked = format!("{name}{MARK}");
        let all: usize = known.iter().map(|s| count(s, &name)).sum();
        let found: usize = known.iter().map(|s| count(s, &marked)).sum();
        if all != 0 || found == 0 {
            continue;
        }
        let otherwise = then.clone();
        let known = known.iter().map(|s| map_texts(s, &|text| text.replace(&marked, &name)));
        let head = Stmt::LetElse { pattern: format!("{made}({name})"), value: name.clone(), otherwise };
        let statements: Vec<Stmt> = std::iter::once(head).chain(known).collect();
        body.splice(at.., statements);
        // Nothing assigns it any more, if it was declared to be assigned only for the test.
        unmut(body, at, &name);
        return true;
    }
    false
}

fn unmut(body: &mut [Stmt], before: usize, name: &str) {
    for at in (0..before).rev() {
        if let Stmt::Let { pattern, .. } = &body[at]
            && bound(pattern) == name
        {
            if pattern.starts_with("mut ") && !assigns(&body[at + 1..], name) {
                let Stmt::Let { value, .. } = &body[at] else { return };
                body[at] = Stmt::Let { pattern: name.to_owned(), value: value.clone() };
            }
            return;
        }
    }
}

/// Stands behind a name that has been replaced, so that it counts as another one.
const MARK: &str = "_known";

/// `x.known()` and its views become the value itself, marked.
fn take_known(text: &str, name: &str) -> String {
    if !word_in(text, name) {
        return text.to_owned();
    }
    let marked = format!("{name}{MARK}");
    let mut out = text.to_owned();
    for (shape, by) in [(format!("{name}.known()"), &marked), (format!("{name}.as_ref().known()"), &marked)] {
        out = replace_shape(&out, &shape, by);
    }
    // `x.map(|r| r.cast::<T>()).known()`.
    for closure in ["r", "o"] {
        let head = format!("{name}.map(|{closure}| {closure}");
        while let Some(at) = find_shape(&out, &head) {
            let Some(end) = out[at..].find(").known()") else { break };
            let view = out[at + head.len()..at + end].to_owned();
            out.replace_range(at..at + end + ").known()".len(), &format!("{marked}{view}"));
        }
    }
    out
}

/// Where a shape that begins with a name stands as such.
fn find_shape(text: &str, shape: &str) -> Option<usize> {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    text.match_indices(shape).map(|(at, _)| at).find(|at| !text[..*at].chars().next_back().is_some_and(word))
}

fn replace_shape(text: &str, shape: &str, by: &str) -> String {
    let mut out = text.to_owned();
    while let Some(at) = find_shape(&out, shape) {
        out.replace_range(at..at + shape.len(), by);
    }
    out
}

/// `x.is_none() || f(x.known())` is `x.is_none_or(|x| f(x))`, and so for `is_some` and `&&`.
pub(super) fn known_in_condition(body: &mut Vec<Stmt>, _: After<'_>) -> bool {
    for statement in body {
        let Stmt::If { condition, .. } = statement else { continue };
        for (test, method) in [(".is_none() || ", ".is_none_or"), (".is_some() && ", ".is_some_and")] {
            let Some((value, rest)) = condition.split_once(test) else { continue };
            let wanted = format!("{value}.known()");
            let whole = rest.contains(if method == ".is_none_or" { "&&" } else { "||" });
            if value.contains(' ') || !rest.contains(&wanted) || whole {
                continue;
            }
            let Some(name) = name_of(value) else { continue };
            let rest = rest.replace(&wanted, &name);
            *condition = format!("{value}{method}(|{name}| {rest})");
            return true;
        }
    }
    false
}

/// What a value is called: the variable, or what the last call gets.
fn name_of(value: &str) -> Option<String> {
    let last = value.rsplit('.').next()?.trim_end_matches("()");
    let last = last.strip_suffix("_owned").unwrap_or(last);
    (is_name(last) && last != "type" && last != "self").then(|| last.to_owned())
}

/// `if f().is_some() { … f().known() … }` is `if let Some(f) = f() { … f … }`, where the first statement takes it.
pub(super) fn if_let_for_test(body: &mut Vec<Stmt>, _: After<'_>) -> bool {
    for statement in body {
        let Stmt::If { condition, then, otherwise } = statement else { continue };
        let Some(value) = condition.strip_suffix(".is_some()") else { continue };
        let wanted = format!("{value}.known()");
        let Some(first) = then.first().filter(|_| !value.contains(' ')) else { continue };
        let Some(name) = name_of(value) else { continue };
        let taken = map_texts(first, &|text| text.replace(&wanted, &name));
        // A getter may give another value later.
        let clear = is_name(value)
            || (!any_mentions(then, &name)
                && !then[1..].iter().any(|s| map_texts(s, &|text| text.replace(&wanted, "")) != *s));
        if taken == *first || !clear || (is_name(value) && any_mentions(&then[1..], value)) {
            continue;
        }
        let mut then = then.clone();
        then[0] = taken;
        *statement = Stmt::IfLet {
            pattern: format!("Some({name})"),
            value: value.to_owned(),
            then,
            otherwise: otherwise.clone(),
        };
        return true;
    }
    false
}

/// `let Ok(x) = f() else { … }` whose `x` nobody looks at is a test.
#[expect(clippy::ptr_arg, reason = "rewritings have one type")]
pub(super) fn drop_unused_binding(body: &mut Vec<Stmt>, after: After<'_>) -> bool {
    for at in 0..body.len() {
        let Stmt::LetElse { pattern, value, otherwise } = &body[at] else { continue };
        let Some((made, name)) = constructor(pattern) else { continue };
        if !is_name(name) || any_mentions(&body[at + 1..], name) || after(name) {
            continue;
        }
        let test = if made == "Ok" { "is_err" } else { "is_none" };
        body[at] = Stmt::If { condition: format!("{value}.{test}()"), then: otherwise.clone(), otherwise: Vec::new() };
        return true;
    }
    false
}
