//! What makes the package's interpreter stock CPython again. The package's generated cases come from CPython's
//! definitions with some of them overridden; the overrides call hooks of the package, or do for its own types
//! what the originals do for CPython's.

use super::text::{Line, is_identifier, words};
use std::collections::BTreeMap;

/// One rule. Rules act on lifted definitions, after the regenerated text has been compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable, for reports: `L-01`.
    pub id: &'static str,
    pub action: Action,
    /// The uops and labels that it is for; empty for all.
    pub only_in: &'static [&'static str],
    pub why: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A directive's condition is known: its lines are kept or dropped, the directives go.
    Condition { directive: &'static str, holds: bool },
    /// `NAME` or `NAME(…)` on a line of its own, without semicolon, goes.
    Hook(&'static str),
    /// `NAME(x)` is `x`.
    Unwrap(&'static str),
    /// Words are written otherwise.
    Reword { from: &'static str, to: &'static str },
    /// A call that borrows its last argument, which is closed behind it, becomes one that takes it.
    Take { from: &'static str, to: &'static str },
    /// A check that stands twice is made once.
    Once(&'static str),
}

const OWN_TYPES: &str = "the original works on CPython's own types alone, and is what the other branch says";

/// The rules, in the order in which they are applied.
pub const RULES: &[Rule] = &[
    Rule {
        id: "L-01",
        action: Action::Unwrap("CiInterpPost"),
        only_in: &[],
        why: "finds fields of the interpreter state behind those that patch releases added; the original reads them directly. \
              Applied to the generated text, since CPython's generator would take it for a call that escapes",
    },
    Rule { id: "L-02", action: Action::Unwrap("CiTstatePost"), only_in: &[], why: "the same for the thread state" },
    Rule {
        id: "L-03",
        action: Action::Condition { directive: "#ifdef META_PYTHON", holds: false },
        only_in: &[],
        why: "lazy imports and what else the vendor's own CPython has; never defined for stock CPython",
    },
    Rule {
        id: "L-04",
        action: Action::Condition { directive: "#ifndef META_PYTHON", holds: true },
        only_in: &[],
        why: "what stock CPython does where the vendor's own CPython does not",
    },
    Rule {
        id: "L-05",
        action: Action::Condition { directive: "#if defined(META_PYTHON)", holds: false },
        only_in: &[],
        why: "as L-03",
    },
    Rule {
        id: "L-06",
        action: Action::Condition { directive: "#if PY_VERSION_HEX >= 0x030E0400", holds: true },
        only_in: &[],
        why: "the package serves every 3.14; the pinned release, 3.14.10, is newer than 3.14.4",
    },
    Rule {
        id: "L-07",
        action: Action::Hook("CI_UPDATE_CALL_COUNT"),
        only_in: &[],
        why: "counts calls for the package's JIT",
    },
    Rule {
        id: "L-08",
        action: Action::Hook("CI_UPDATE_INTERPRETED_BYTECODES"),
        only_in: &[],
        why: "counts jumps backwards for the package's JIT",
    },
    Rule {
        id: "L-09",
        action: Action::Hook("CI_SET_ADAPTIVE_INTERPRETER_ENABLED_STATE"),
        only_in: &[],
        why: "the package can switch specialisation off for a code object; stock CPython cannot",
    },
    Rule {
        id: "L-10",
        action: Action::Reword { from: "!IS_PEP523_HOOKED(tstate)", to: "tstate->interp->eval_frame == NULL" },
        only_in: &[],
        why: "the package is itself a frame evaluator and does not count; stock CPython asks whether one is set",
    },
    Rule {
        id: "L-11",
        action: Action::Reword { from: "IS_PEP523_HOOKED(tstate)", to: "tstate->interp->eval_frame" },
        only_in: &[],
        why: "as L-10",
    },
    Rule {
        id: "L-12",
        action: Action::Reword { from: "Ci_common_consts[", to: "tstate->interp->common_consts[" },
        only_in: &[],
        why: "the package's own copy of the interpreter's common constants",
    },
    Rule {
        id: "L-13",
        action: Action::Condition { directive: "#ifdef Py_GIL_DISABLED", holds: true },
        only_in: &["_MAP_ADD"],
        why: OWN_TYPES,
    },
    Rule {
        id: "L-14",
        action: Action::Once("ERROR_IF(err != 0);"),
        only_in: &["_MAP_ADD"],
        why: "the override checks behind its branches again",
    },
    Rule {
        id: "L-15",
        action: Action::Condition { directive: "#ifdef Py_GIL_DISABLED", holds: false },
        only_in: &["_LIST_APPEND"],
        why: OWN_TYPES,
    },
    Rule {
        id: "L-16",
        action: Action::Take { from: "Ci_ListOrCheckedList_Append", to: "_PyList_AppendTakeRef" },
        only_in: &["_LIST_APPEND"],
        why: "for a plain list it appends; the original hands its reference over instead of closing it",
    },
];

/// A row of a header that the package's definitions cannot give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownDisagreement {
    pub table: &'static str,
    pub row: &'static str,
    pub reason: &'static str,
}

const YIELD_VALUE: &str = "the package overrides YIELD_VALUE; its override was made from an earlier patch release's, \
    which makes no call that escapes, as the pinned one does";

pub const KNOWN_DISAGREEMENTS: &[KnownDisagreement] = &[
    KnownDisagreement { table: "flags", row: "YIELD_VALUE", reason: YIELD_VALUE },
    KnownDisagreement { table: "uop flags", row: "_YIELD_VALUE", reason: YIELD_VALUE },
];

/// How often each rule was applied.
pub type Applied = BTreeMap<&'static str, usize>;

/// Applies the rules that the generated text itself needs.
pub(super) fn unwrap_calls(text: &str, applied: &mut Applied) -> String {
    let mut text = text.to_owned();
    for rule in RULES {
        if let Action::Unwrap(name) = rule.action {
            text = unwrap(&text, name, rule.id, applied);
        }
    }
    text
}

fn unwrap(text: &str, name: &str, id: &'static str, applied: &mut Applied) -> String {
    let opening = format!("{name}(");
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(&opening) {
        let inner = &rest[at + opening.len()..];
        let word_before = rest[..at].ends_with(|c: char| c == '_' || c.is_ascii_alphanumeric());
        let Some(end) = closing(inner).filter(|_| !word_before) else {
            out.push_str(&rest[..at + opening.len()]);
            rest = inner;
            continue;
        };
        out.push_str(&rest[..at]);
        out.push_str(&inner[..end]);
        rest = &inner[end + 1..];
        *applied.entry(id).or_default() += 1;
    }
    out + rest
}

/// Where the parenthesis closes that was opened before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return true,
            b')' => depth -= 1,
            _ => {}
        }
        false
    })
}

/// The lines of a uop (or label) as stock CPython has them.
pub(super) fn resolve(name: &str, lines: &[Line], applied: &mut Applied) -> Vec<Line> {
    let mut lines = lines.to_vec();
    for rule in RULES.iter().filter(|rule| rule.only_in.is_empty() || rule.only_in.contains(&name)) {
        let count = match rule.action {
            Action::Condition { directive, holds } => resolve_condition(&mut lines, directive, holds),
            Action::Hook(hook) => remove_hook(&mut lines, hook),
            Action::Unwrap(_) => 0,
            Action::Reword { from, to } => reword(&mut lines, from, to),
            Action::Take { from, to } => take(&mut lines, from, to),
            Action::Once(check) => once(&mut lines, check),
        };
        if count > 0 {
            *applied.entry(rule.id).or_default() += count;
        }
    }
    lines
}

fn resolve_condition(lines: &mut Vec<Line>, directive: &str, holds: bool) -> usize {
    let mut count = 0;
    while let Some(start) = lines.iter().position(|line| line.text == directive) {
        let mut depth = 0;
        let mut marks = vec![start];
        for (at, line) in lines.iter().enumerate().skip(start) {
            let text = line.text.strip_prefix('#').map_or("", str::trim_start);
            match text {
                _ if text.starts_with("if") => depth += 1,
                _ if text.starts_with("endif") => depth -= 1,
                _ if text.starts_with("else") && depth == 1 => marks.push(at),
                _ => {}
            }
            if depth == 0 {
                marks.push(at);
                break;
            }
        }
        let end = marks.last().copied().unwrap_or(start).max(start);
        let middle = if marks.len() > 2 { marks[1] } else { end };
        let kept = if holds { start + 1..middle } else { (middle + 1).min(end)..end };
        // A blank line is only there behind a directive.
        let kept: Vec<Line> = lines[kept].iter().skip_while(|line| line.text.is_empty()).cloned().collect();
        let behind = lines[end + 1..].iter().take_while(|line| line.text.is_empty()).count();
        lines.splice(start..(end + 1 + behind).min(lines.len()), kept);
        count += 1;
    }
    count
}

fn remove_hook(lines: &mut Vec<Line>, hook: &str) -> usize {
    let before = lines.len();
    lines.retain(|line| {
        let rest = line.text.strip_prefix(hook);
        !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('(') && rest.ends_with(')'))
    });
    before - lines.len()
}

fn reword(lines: &mut [Line], from: &str, to: &str) -> usize {
    let mut count = 0;
    for line in lines {
        count += line.text.matches(from).count();
        if line.text.contains(from) {
            line.text = line.text.replace(from, to);
        }
    }
    count
}

/// `f(x, PyStackRef_AsPyObjectBorrow(v)); PyStackRef_CLOSE(v);` becomes `g(x, PyStackRef_AsPyObjectSteal(v));`.
fn take(lines: &mut Vec<Line>, from: &str, to: &str) -> usize {
    let called = |line: &Line| words(&line.text).any(|(_, word)| word == from);
    let Some(start) = lines.iter().position(called) else { return 0 };
    let Some(end) = (start..lines.len()).find(|at| lines[*at].text.ends_with(';')) else { return 0 };
    let borrow = "PyStackRef_AsPyObjectBorrow(";
    let Some(at) = lines[end].text.rfind(borrow) else { return 0 };
    let name = lines[end].text[at + borrow.len()..].trim_end_matches([')', ';']).to_owned();
    let close = format!("PyStackRef_CLOSE({name});");
    let Some(closed) = lines.iter().position(|line| line.text == close).filter(|_| is_identifier(&name)) else {
        return 0;
    };
    lines[start].text = lines[start].text.replace(from, to);
    lines[end].text.replace_range(at..at + borrow.len(), "PyStackRef_AsPyObjectSteal(");
    lines.remove(closed);
    1
}

fn once(lines: &mut Vec<Line>, check: &str) -> usize {
    let before = lines.len();
    lines.dedup_by(|next, line| next.text == check && line.text == check);
    before - lines.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(name: &str, text: &str) -> String {
        let lines: Vec<Line> = text.lines().map(Line::read).collect();
        let lines = resolve(name, &lines, &mut Applied::new());
        lines.iter().map(|line| format!("{}{}\n", " ".repeat(line.indent), line.text)).collect()
    }

    #[test]
    fn hooks_and_the_vendors_branches_go() {
        let text =
            "a();\n#ifdef META_PYTHON\n\nb();\n#if X\nc();\n#endif\n#else\nd();\n#endif\nCI_UPDATE_CALL_COUNT\ne();\n";
        assert_eq!(resolved("_F", text), "a();\nd();\ne();\n");
        let text = "#ifndef META_PYTHON\na();\n#else\n(void)b;\n#endif\nDEOPT_IF(IS_PEP523_HOOKED(tstate));\n";
        assert_eq!(resolved("_F", text), "a();\nDEOPT_IF(tstate->interp->eval_frame);\n");
    }

    #[test]
    fn rules_for_one_uop_leave_others_alone() {
        let text = "#ifdef Py_GIL_DISABLED\na();\n#endif\n";
        assert_eq!(resolved("_F", text), text);
        assert_eq!(resolved("_MAP_ADD", text), "a();\n");
        assert_eq!(resolved("_LIST_APPEND", text), "");
    }

    #[test]
    fn a_borrowed_argument_is_handed_over() {
        let text = "int err = Ci_ListOrCheckedList_Append(\n    (L*)l, PyStackRef_AsPyObjectBorrow(v));\nPyStackRef_CLOSE(v);\n";
        let taken = "int err = _PyList_AppendTakeRef(\n    (L*)l, PyStackRef_AsPyObjectSteal(v));\n";
        assert_eq!(resolved("_LIST_APPEND", text), taken);
    }

    #[test]
    fn wrappers_give_way_to_what_they_wrap() {
        let mut applied = Applied::new();
        assert_eq!(
            unwrap_calls("CiTstatePost(f(x))->y + MyCiTstatePost(z)", &mut applied),
            "f(x)->y + MyCiTstatePost(z)"
        );
        assert_eq!(applied, Applied::from([("L-02", 1)]));
    }
}
