//! Takes the lines out that the stack tracker wrote (spills, reloads, stores, moves of the stack pointer) and notes at
//! each statement that is left what they said (`Tools/cases_generator/stack.py`).

use super::offset::Offset;
use super::text::{Line, between, is_identifier, words};
use super::tree::{Node, Observed};

pub(super) const SPILL: &str = "_PyFrame_SetStackPointer(frame, stack_pointer);";
pub(super) const RELOAD: &str = "stack_pointer = _PyFrame_GetStackPointer(frame);";
const BOUNDS: &str = "assert(WITHIN_STACK_BOUNDS());";

/// A line of the stack tracker's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Automatic {
    Spill,
    Reload,
    Bounds,
    Move(Offset),
    Store(Offset, String),
}

impl Automatic {
    pub(super) fn read(text: &str) -> Option<Self> {
        match text {
            SPILL => return Some(Self::Spill),
            RELOAD => return Some(Self::Reload),
            BOUNDS => return Some(Self::Bounds),
            _ => {}
        }
        if let Some(by) = between(text, "stack_pointer += ", ";") {
            return Some(Self::Move(Offset::parse(by)?));
        }
        let (at, value) = between(text, "stack_pointer[", ";")?.split_once(" = ")?;
        let at = at.strip_suffix(".bits").unwrap_or(at).strip_suffix(']')?;
        let value = value.strip_prefix("(uintptr_t)").unwrap_or(value);
        is_identifier(value).then(|| Some(Self::Store(Offset::parse(at)?, value.to_owned())))?
    }
}

/// Statements that control does not pass (`EXITS` of `Tools/cases_generator/analyzer.py`, and what macros expand to).
pub(super) fn leaves(text: &str) -> bool {
    let first = words(text).next().filter(|(at, _)| *at == 0).map_or("", |(_, word)| word);
    first.starts_with("DISPATCH")
        || matches!(
            first,
            "JUMP_TO_LABEL" | "JUMP_TO_PREDICTED" | "return" | "goto" | "Py_UNREACHABLE" | "ERROR_NO_POP"
        )
        || text == "ERROR_IF(true);"
        || text == "DEOPT_IF(true);"
        || text == "EXIT_IF(true);"
}

/// The statements without the tracker's lines, what was noted behind the last one, and whether control gets there.
pub(super) struct Stripped {
    pub(super) nodes: Vec<Node>,
    pub(super) at_end: Observed,
    pub(super) reachable: bool,
}

/// `physical` is where the stack pointer is at the first statement.
pub(super) fn strip(nodes: Vec<Node>, physical: Offset) -> Stripped {
    let mut pass = Pass {
        now: Observed { physical, ..Observed::default() },
        kept: Vec::new(),
        reachable: true,
        shifted: false,
        chain: None,
        conditionals: Vec::new(),
    };
    for node in nodes {
        if !node.is_else() {
            pass.end_chain();
        }
        match node {
            Node::Simple { .. } if node.is_directive() => pass.directive(node),
            Node::Simple { .. } => pass.simple(node),
            Node::Compound { head, body, close, .. } => pass.compound(head, body, close),
        }
    }
    pass.end_chain();
    Stripped { nodes: pass.kept, at_end: pass.now, reachable: pass.reachable }
}

/// A chain of `if`, `else if`, `else` that goes on.
struct Chain {
    /// At its `if`.
    entry: Observed,
    /// Where a branch ended that control goes on from.
    left: Option<Observed>,
}

struct Pass {
    /// What has been noted since the last statement that was kept.
    now: Observed,
    kept: Vec<Node>,
    reachable: bool,
    /// The last line moved the stack pointer.
    shifted: bool,
    chain: Option<Chain>,
    /// What held at each open `#if`.
    conditionals: Vec<(Observed, bool)>,
}

/// Only where the stack pointer is, without what was done about it.
fn place_of(seen: &Observed) -> Observed {
    Observed { physical: seen.physical.clone(), in_frame: seen.in_frame, ..Observed::default() }
}

impl Pass {
    fn take(&mut self) -> Observed {
        self.shifted = false;
        let after = place_of(&self.now);
        std::mem::replace(&mut self.now, after)
    }

    /// Behind an `if` without final `else` control goes on from the `if` itself.
    fn end_chain(&mut self) {
        if let Some(Chain { entry, .. }) = self.chain.take() {
            self.now = entry;
            self.reachable = true;
        }
    }

    fn compound(&mut self, head: Vec<Line>, body: Vec<Node>, close: Line) {
        let continued = self.chain.take();
        if let Some(Chain { entry, .. }) = &continued {
            self.now = entry.clone();
            self.reachable = true;
        }
        let entry = place_of(&self.now);
        let seen = self.take();
        let inner = strip(body, seen.physical.clone());
        let node = Node::Compound { head, body: inner.nodes, close, seen, at_end: inner.at_end.clone() };
        let (starts, ends) = (node.is_if(), node.is_last_else());
        self.kept.push(node);
        let left = inner.reachable.then(|| place_of(&inner.at_end));
        if !starts && continued.is_none() {
            // A loop or a plain block: where its end is not reached, control goes on behind a loop.
            self.now = left.unwrap_or(entry);
            return;
        }
        let left = continued.and_then(|chain| chain.left).or(left);
        if ends {
            self.reachable = left.is_some();
            self.now = left.unwrap_or(entry);
        } else {
            self.chain = Some(Chain { entry, left });
        }
    }

    fn simple(&mut self, mut node: Node) {
        let automatic = node.only_line().and_then(Automatic::read);
        // Labels write the assertion themselves.
        match automatic.filter(|line| *line != Automatic::Bounds || self.shifted) {
            Some(Automatic::Spill) => (self.now.spilled, self.now.in_frame) = (true, true),
            Some(Automatic::Reload) => {
                self.now.in_frame = false;
                if let Some(last) = self.kept.last_mut() {
                    last.seen_mut().reloaded = true;
                }
            }
            // Where branches join, the stack pointer is moved without the assertion.
            Some(Automatic::Bounds) => (self.shifted, self.now.moved) = (false, true),
            Some(Automatic::Move(by)) => {
                self.now.physical = self.now.physical.clone() + by;
                self.shifted = true;
            }
            Some(Automatic::Store(_, name)) => self.now.stored.push(name),
            None => {
                self.reachable &= !leaves(node.text());
                *node.seen_mut() = self.take();
                self.kept.push(node);
            }
        }
    }

    /// Both sides of a conditional go on from where it starts.
    fn directive(&mut self, mut node: Node) {
        let text = node.text().trim_start_matches(['#', ' ']);
        if text.starts_with("if") {
            self.conditionals.push((place_of(&self.now), self.reachable));
        } else if text.starts_with("endif") {
            self.conditionals.pop();
        }
        let start = self.conditionals.last().filter(|_| text.starts_with("else")).cloned();
        *node.seen_mut() = self.take();
        if let Some((start, reachable)) = start {
            (self.now, self.reachable) = (start, reachable);
        }
        self.kept.push(node);
    }
}
