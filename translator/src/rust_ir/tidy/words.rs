//! Names in Rust text: where a variable is mentioned, and putting something else in its place.

use crate::rust_ir::Stmt;

/// The places where `name` stands in `text` as a variable: a whole word, not in a string, no part of a path, no method.
fn places(text: &str, name: &str) -> Vec<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let strings = strings(text);
    let found = text.match_indices(name).map(|(at, _)| at).filter(|&at| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        // `list::len` names a module, `.list` a method; `..list` ends a range.
        let path =
            after.starts_with("::") || before.ends_with("::") || (before.ends_with('.') && !before.ends_with(".."));
        let within_word = before.chars().next_back().is_some_and(is_word) || after.chars().next().is_some_and(is_word);
        !path && !within_word && !strings.iter().any(|(start, end)| *start < at && at < *end)
    });
    found.collect()
}

/// Where the string literals begin and end.
fn strings(text: &str) -> Vec<(usize, usize)> {
    let (mut found, mut start, mut escaped) = (Vec::new(), None, false);
    for (at, c) in text.char_indices() {
        match (c, start) {
            _ if escaped => escaped = false,
            ('\\', Some(_)) => escaped = true,
            ('"', None) => start = Some(at),
            ('"', Some(begin)) => {
                found.push((begin, at));
                start = None;
            }
            _ => {}
        }
    }
    found
}

pub(super) fn word_in(text: &str, name: &str) -> bool {
    !places(text, name).is_empty()
}

pub(super) fn replace_word(text: &str, name: &str, by: &str) -> String {
    let mut out = text.to_owned();
    for at in places(text, name).into_iter().rev() {
        out.replace_range(at..at + name.len(), by);
    }
    out
}

/// Whether `text` is a variable's name and nothing more.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && text != "_"
        && !matches!(text, "true" | "false")
}

/// A value that does not depend on when it is taken: a number, `None`, an associated constant.
pub(super) fn is_constant(text: &str) -> bool {
    let last = text.rsplit("::").next().unwrap_or(text);
    matches!(text, "None" | "true" | "false" | "Ok(())" | "Err(Raised)")
        || (!text.is_empty() && text.chars().all(|c| c.is_ascii_digit()))
        || (last != text && !last.is_empty() && last.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
}

/// The name that a pattern binds, without `mut`; nothing for patterns of several.
pub(super) fn bound(pattern: &str) -> &str {
    pattern.strip_prefix("mut ").unwrap_or(pattern)
}

/// `Some(x)` and `Ok(x)`: the constructor and the name.
pub(super) fn constructor(pattern: &str) -> Option<(&str, &str)> {
    let (head, rest) = pattern.split_once('(')?;
    Some((head, rest.strip_suffix(')')?))
}

/// Every text of a statement, those of its blocks too.
fn texts<'a>(statement: &'a Stmt, visit: &mut impl FnMut(&'a str)) {
    match statement {
        Stmt::Declare { name, .. } => visit(name),
        Stmt::Let { pattern, value } => [pattern, value].into_iter().for_each(|t| visit(t)),
        Stmt::LetBlock { pattern, value } => {
            visit(pattern);
            texts(value, visit);
        }
        Stmt::Assign { name, value } => [name, value].into_iter().for_each(|t| visit(t)),
        Stmt::Expression(t) | Stmt::Return(t) | Stmt::Tail(t) => visit(t),
        Stmt::If { condition, then, otherwise } => {
            visit(condition);
            then.iter().chain(otherwise).for_each(|s| texts(s, visit));
        }
        Stmt::IfLet { pattern, value, then, otherwise } => {
            [pattern, value].into_iter().for_each(|t| visit(t));
            then.iter().chain(otherwise).for_each(|s| texts(s, visit));
        }
        Stmt::LetElse { pattern, value, otherwise } => {
            [pattern, value].into_iter().for_each(|t| visit(t));
            otherwise.iter().for_each(|s| texts(s, visit));
        }
        Stmt::While { condition, body } => {
            visit(condition);
            body.iter().for_each(|s| texts(s, visit));
        }
        Stmt::For { pattern, iterator, body } => {
            [pattern, iterator].into_iter().for_each(|t| visit(t));
            body.iter().for_each(|s| texts(s, visit));
        }
        Stmt::Block(body) => body.iter().for_each(|s| texts(s, visit)),
    }
}

/// A copy with every text changed.
pub(super) fn map_texts(statement: &Stmt, change: &impl Fn(&str) -> String) -> Stmt {
    let all = |body: &[Stmt]| body.iter().map(|s| map_texts(s, change)).collect::<Vec<_>>();
    match statement {
        Stmt::Declare { name, mutable } => Stmt::Declare { name: change(name), mutable: *mutable },
        Stmt::Let { pattern, value } => Stmt::Let { pattern: change(pattern), value: change(value) },
        Stmt::LetBlock { pattern, value } => {
            Stmt::LetBlock { pattern: change(pattern), value: Box::new(map_texts(value, change)) }
        }
        Stmt::Assign { name, value } => Stmt::Assign { name: change(name), value: change(value) },
        Stmt::Expression(t) => Stmt::Expression(change(t)),
        Stmt::Return(t) => Stmt::Return(change(t)),
        Stmt::Tail(t) => Stmt::Tail(change(t)),
        Stmt::If { condition, then, otherwise } => {
            Stmt::If { condition: change(condition), then: all(then), otherwise: all(otherwise) }
        }
        Stmt::IfLet { pattern, value, then, otherwise } => {
            Stmt::IfLet { pattern: change(pattern), value: change(value), then: all(then), otherwise: all(otherwise) }
        }
        Stmt::LetElse { pattern, value, otherwise } => {
            Stmt::LetElse { pattern: change(pattern), value: change(value), otherwise: all(otherwise) }
        }
        Stmt::While { condition, body } => Stmt::While { condition: change(condition), body: all(body) },
        Stmt::For { pattern, iterator, body } => {
            Stmt::For { pattern: change(pattern), iterator: change(iterator), body: all(body) }
        }
        Stmt::Block(body) => Stmt::Block(all(body)),
    }
}

/// How often a name is mentioned.
pub(super) fn count(statement: &Stmt, name: &str) -> usize {
    let mut count = 0;
    texts(statement, &mut |text| count += places(text, name).len());
    count
}

pub(super) fn mentions(statement: &Stmt, name: &str) -> bool {
    count(statement, name) > 0
}

pub(super) fn any_mentions(body: &[Stmt], name: &str) -> bool {
    body.iter().any(|s| mentions(s, name))
}

/// Whether a variable is given another value somewhere: `x = …`, `x += …`, `&mut x`.
pub(super) fn assigns(body: &[Stmt], name: &str) -> bool {
    body.iter().any(|s| match s {
        Stmt::Assign { name: n, .. } => n == name,
        Stmt::Expression(text) => {
            let update =
                text.strip_prefix(name).is_some_and(|rest| [" += ", " -= ", " = "].iter().any(|o| rest.starts_with(o)));
            update || text.contains(&format!("&mut {name}"))
        }
        Stmt::If { then, otherwise, .. } | Stmt::IfLet { then, otherwise, .. } => {
            assigns(then, name) || assigns(otherwise, name)
        }
        Stmt::LetElse { otherwise: body, .. }
        | Stmt::While { body, .. }
        | Stmt::For { body, .. }
        | Stmt::Block(body) => assigns(body, name),
        Stmt::LetBlock { value, .. } => assigns(std::slice::from_ref(value), name),
        _ => false,
    })
}

/// Whether control never reaches the end of the block.
pub(super) fn diverges(body: &[Stmt]) -> bool {
    match body.last() {
        Some(Stmt::Return(_)) => true,
        Some(Stmt::If { then, otherwise, .. } | Stmt::IfLet { then, otherwise, .. }) => {
            !otherwise.is_empty() && diverges(then) && diverges(otherwise)
        }
        _ => false,
    }
}

/// `return Err(Exit::Error);` and nothing else: what `?` does.
pub(super) fn is_error_exit(body: &[Stmt]) -> bool {
    matches!(body, [Stmt::Return(value)] if value == "Err(Exit::Error)")
}
