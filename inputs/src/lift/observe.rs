//! Takes the lines out that the stack tracker wrote (spills, reloads, stores, moves of the stack pointer) and notes at
//! each statement that is left what they said (`Tools/cases_generator/stack.py`).

use super::offset::Offset;
use super::text::{between, is_identifier, words};
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
    let mut pass =
        Pass { now: Observed { physical, ..Observed::default() }, kept: Vec::new(), reachable: true, shifted: false };
    let mut conditionals = Vec::new();
    // Where the stack pointer was at the `if` of the chain that goes on, and where branches that go on left it.
    let mut chain: Option<(Observed, Option<Observed>)> = None;
    for node in nodes {
        if !node.is_else() {
            pass.end_chain(chain.take());
        }
        match node {
            Node::Simple { .. } if node.is_directive() => pass.directive(node, &mut conditionals),
            Node::Simple { .. } => pass.simple(node),
            Node::Compound { head, body, close, .. } => {
                let node_is_else = chain.is_some();
                let is_if = head[0].text.starts_with("if (");
                if let Some((entry, _)) = chain.as_ref().filter(|_| node_is_else) {
                    pass.now = entry.clone();
                    pass.reachable = true;
                }
                let entry = pass.now.clone();
                let seen = pass.take();
                let inner = strip(body, seen.physical.clone());
                let node = Node::Compound { head, body: inner.nodes, close, seen, at_end: inner.at_end.clone() };
                let last_else = node.is_last_else();
                pass.kept.push(node);
                let left = inner.reachable.then_some(inner.at_end);
                if is_if || node_is_else {
                    let (entry, before) = chain.take().unwrap_or((Observed { ..entry }, None));
                    let entry = Observed { physical: entry.physical, in_frame: entry.in_frame, ..Observed::default() };
                    let after = before.or(left.clone());
                    if last_else {
                        pass.reachable = after.is_some();
                        pass.resume(after.unwrap_or(entry));
                    } else {
                        chain = Some((entry, after));
                    }
                } else if let Some(left) = left {
                    pass.resume(left);
                } else {
                    // A loop or a plain block whose end is not reached: for a loop, control goes on behind it.
                    pass.resume(entry);
                }
            }
        }
    }
    pass.end_chain(chain);
    let at_end = pass.now;
    Stripped { nodes: pass.kept, at_end, reachable: pass.reachable }
}

struct Pass {
    /// What has been noted since the last statement that was kept.
    now: Observed,
    kept: Vec<Node>,
    reachable: bool,
    /// The last line moved the stack pointer.
    shifted: bool,
}

impl Pass {
    fn take(&mut self) -> Observed {
        self.shifted = false;
        let after =
            Observed { physical: self.now.physical.clone(), in_frame: self.now.in_frame, ..Observed::default() };
        std::mem::replace(&mut self.now, after)
    }

    /// Goes on where a branch ended.
    fn resume(&mut self, left: Observed) {
        self.now = Observed { physical: left.physical, in_frame: left.in_frame, ..Observed::default() };
    }

    /// Behind an `if` without final `else` control goes on from the `if` itself.
    fn end_chain(&mut self, chain: Option<(Observed, Option<Observed>)>) {
        if let Some((entry, _)) = chain {
            let noted = std::mem::take(&mut self.now);
            self.now = Observed { physical: entry.physical, in_frame: entry.in_frame, ..noted };
            self.reachable = true;
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
                let text = node.text().to_owned();
                *node.seen_mut() = self.take();
                self.kept.push(node);
                if leaves(&text) {
                    self.reachable = false;
                }
            }
        }
    }

    fn directive(&mut self, mut node: Node, conditionals: &mut Vec<(Observed, bool)>) {
        let text = node.text().trim_start_matches(['#', ' ']).to_owned();
        let entry =
            Observed { physical: self.now.physical.clone(), in_frame: self.now.in_frame, ..Observed::default() };
        if text.starts_with("if") {
            conditionals.push((entry, self.reachable));
        } else if text.starts_with("else") {
            if let Some((start, reachable)) = conditionals.last().cloned() {
                let noted = std::mem::replace(&mut self.now, start);
                *node.seen_mut() = noted;
                self.reachable = reachable;
                self.kept.push(node);
                return;
            }
        } else if text.starts_with("endif") {
            conditionals.pop();
        }
        *node.seen_mut() = self.take();
        self.kept.push(node);
    }
}
