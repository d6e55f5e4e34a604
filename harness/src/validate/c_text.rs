//! The text of a C block: what of it can run, where its branches are.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use translator::c_ast::{Configuration, preprocess};
use translator::source::FileId;

/// The text with blanks for what cannot run: lines of other builds, assertions, and conditions that a rule decides.
pub(super) fn live(block: &str, file: FileId) -> String {
    let built = Configuration::default_tier1();
    let mut text = preprocess(block, file, 0, &built).unwrap_or_else(|_| block.to_owned());
    for word in ["assert(", "LOCK_OBJECT(", "CONVERSION_FAILED("] {
        let mut from = 0;
        while let Some(found) = text[from..].find(word) {
            let start = from + found;
            let Some(close) = closing(&text, start + word.len() - 1) else { break };
            let dead = if word == "assert(" { start..close + 1 } else { condition_around(&text, start, close) };
            let blanks: String = text[dead.clone()].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
            from = dead.end;
            text.replace_range(dead, &blanks);
        }
    }
    text
}

/// A whole `if (…) { … }` whose condition has something between `start` and `close`, and never holds.
fn condition_around(text: &str, start: usize, close: usize) -> std::ops::Range<usize> {
    let before = text[..start].rfind("if (");
    let block = before.and_then(|at| Some((at, closing(text, at + 3)?)));
    match block {
        Some((at, end)) if end > close => {
            let brace = text[end..].find('{').map_or(end, |b| end + b);
            at..matching(text, brace).map_or(end + 1, |b| b + 1)
        }
        _ => start..close + 1,
    }
}

/// Wraps the condition of every `if` that can run, so that which ways it goes is counted.
pub(super) fn count_branches(text: &str, live: &str, next: &mut usize) -> (String, Vec<(usize, String)>) {
    let mut out = String::new();
    let mut conditions = Vec::new();
    let mut done = 0;
    for (at, _) in live.match_indices("if (") {
        let word_before = live[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '#');
        let Some(close) = closing(text, at + 3).filter(|_| !word_before && at >= done) else { continue };
        let condition = &text[at + 4..close];
        if condition.trim() == "true" {
            continue;
        }
        let _ = write!(out, "{}if (w_branch({}, !!({condition})))", &text[done..at], *next);
        conditions.push((*next, condition.split_whitespace().collect::<Vec<_>>().join(" ")));
        *next += 1;
        done = close + 1;
    }
    out.push_str(&text[done..]);
    (out, conditions)
}

/// The parenthesis that closes the one at `open`.
pub(super) fn closing(text: &str, open: usize) -> Option<usize> {
    between(text, open, '(', ')')
}

fn matching(text: &str, open: usize) -> Option<usize> {
    between(text, open, '{', '}')
}

fn between(text: &str, open: usize, opens: char, closes: char) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in text[open..].char_indices() {
        if c == opens {
            depth += 1;
        } else if c == closes {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(open + at);
            }
        }
    }
    None
}

pub(super) fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "{\n    assert(a == (b));\n    #ifdef Py_GIL_DISABLED\n    if (c) { d(); }\n    #endif\n\
        \u{20}   if (!LOCK_OBJECT(o)) {\n        if (e) { f(); }\n    }\n    if (g(h)) {\n        i();\n    }\n}\n";

    #[test]
    fn what_cannot_run_is_blank_and_offsets_stay() {
        let live = live(BLOCK, FileId(0));
        assert_eq!(live.len(), BLOCK.len());
        let left: Vec<&str> = live.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        assert_eq!(left, ["{", ";", "if (g(h)) {", "i();", "}", "}"]);
    }

    #[test]
    fn only_branches_that_can_run_are_counted() {
        let mut next = 7;
        let (text, conditions) = count_branches(BLOCK, &live(BLOCK, FileId(0)), &mut next);
        assert_eq!(conditions, [(7, "g(h)".to_owned())]);
        assert_eq!(next, 8);
        assert!(text.contains("if (w_branch(7, !!(g(h)))) {"), "{text}");
        assert!(text.contains("    if (c) { d(); }"), "{text}");
    }
}
