//! Puts back what says when an input dies and when the stack is synchronised: `DEAD`, `SYNC_SP`, `SAVE_STACK` and
//! `RELOAD_STACK`. They leave no text of their own, but the stack tracker's lines show them:
//! what a spill leaves above the stack pointer was dead by then; `ERROR_IF` and the end find no live input; branches
//! that join agree; a move of the stack pointer that no spill follows is a `SYNC_SP`.

use super::invert::DECREF_INPUTS;
use super::observe::{SPILL, leaves};
use super::offset::Offset;
use super::picture::{Effect, UNUSED, slots};
use super::text::{assignment, mentions, words};
use super::tree::{Node, Observed};

/// The statements with the declarations of death in place. `before` is where the stack was before the uop.
pub(super) fn place(nodes: Vec<Node>, end: End, effect: &Effect, before: &Offset) -> Vec<Node> {
    let mut lowest = before.clone() - slots(&effect.inputs);
    let mut inputs = Vec::new();
    for (k, item) in effect.inputs.iter().enumerate() {
        let start = lowest.clone();
        lowest = lowest + item.slots();
        if k >= effect.peeks && item.name != UNUSED {
            inputs.push(Input { name: item.name.clone(), start });
        }
    }
    let outputs = effect.outputs[effect.peeks..].iter().map(|item| item.name.clone()).collect();
    let placing = Placing { inputs, outputs };
    let mut live = vec![true; placing.inputs.len()];
    let nodes = save_regions(nodes);
    let mut nodes = placing.sequence(nodes, &mut live);
    if end != End::Left {
        placing.kill(&mut nodes, &mut live, &[], BODY_INDENT);
    }
    if end == End::Synchronised && nodes.last().and_then(Node::only_line) != Some(DECREF_INPUTS) {
        nodes.push(Node::simple(BODY_INDENT, "SYNC_SP();"));
    }
    nodes
}

const BODY_INDENT: usize = 12;

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Control goes on behind it.
    Reached,
    /// The same, and the stack pointer moves right before the end.
    Synchronised,
    /// Control does not get there.
    Left,
}

struct Input {
    name: String,
    /// Where the item lies, from where the instruction began.
    start: Offset,
}

struct Placing {
    /// Those that the uop consumes, deepest first.
    inputs: Vec<Input>,
    outputs: Vec<String>,
}

/// What holds at the `if` of a chain, and what the branches that go on did.
struct Chain {
    at: usize,
    entry: Vec<bool>,
    /// The indices of branches whose end is reached, with what is live there.
    ends: Vec<(usize, Vec<bool>)>,
    complete: bool,
}

/// An open `#if`.
struct Conditional {
    entry: Vec<bool>,
    /// Behind `#else`: where that stands, and what is live at the end of the first side.
    first: Option<(usize, Vec<bool>)>,
}

impl Placing {
    fn sequence(&self, nodes: Vec<Node>, live: &mut Vec<bool>) -> Vec<Node> {
        let mut out: Vec<Node> = Vec::new();
        let mut chain: Option<Chain> = None;
        let mut conditionals: Vec<Conditional> = Vec::new();
        for node in nodes {
            if !node.is_else()
                && let Some(chain) = chain.take()
            {
                self.join(&mut out, chain, live);
            }
            match node {
                Node::Simple { .. } if node.is_directive() => {
                    self.before(&mut out, &node, live);
                    self.directive(&mut out, node, live, &mut conditionals);
                }
                Node::Simple { .. } => self.simple(&mut out, node, live),
                Node::Compound { head, body, close, seen, at_end } => {
                    let is_if = head[0].text.starts_with("if (");
                    let mut node = Node::Compound { head, body: Vec::new(), close, seen, at_end };
                    let is_else = node.is_else();
                    if is_else && let Some(chain) = &chain {
                        live.clone_from(&chain.entry);
                    } else {
                        self.before(&mut out, &node, live);
                    }
                    let entry = live.clone();
                    let left = body.last().is_some_and(|last| exits(last, &body));
                    let placed = self.sequence(body, live);
                    let last_else = node.is_last_else();
                    if let Node::Compound { body, .. } = &mut node {
                        *body = placed;
                    }
                    out.push(node);
                    if is_if || is_else {
                        let chain =
                            chain.get_or_insert(Chain { at: out.len() - 1, entry, ends: Vec::new(), complete: false });
                        if !left {
                            chain.ends.push((out.len() - 1, live.clone()));
                        }
                        chain.complete = last_else;
                    }
                }
            }
        }
        if let Some(chain) = chain {
            self.join(&mut out, chain, live);
        }
        out
    }

    /// Branches that go on must agree on what is live.
    fn join(&self, out: &mut Vec<Node>, chain: Chain, live: &mut Vec<bool>) {
        let Chain { at, entry, mut ends, complete } = chain;
        let mut joined = entry.clone();
        if complete {
            if ends.is_empty() {
                return;
            }
            joined = ends[0].1.clone();
        }
        for (_, end) in &ends {
            joined.iter_mut().zip(end).for_each(|(all, this)| *all &= *this);
        }
        if !complete && joined != entry {
            // What dies on the way through is dead already where the chain begins.
            let indent = out[at].first().indent;
            let dying: Vec<usize> = (0..entry.len()).filter(|k| entry[*k] && !joined[*k]).collect();
            out[at..].iter_mut().for_each(|node| self.remove_deaths(node, &dying));
            let count = out.len();
            let before = self.last_use(&out[..at], &dying);
            out.splice(before..before, self.statements(&dying, indent));
            let count = out.len() - count;
            ends.iter_mut().for_each(|(index, _)| *index += count);
        }
        for (index, mut end) in ends {
            if let Node::Compound { body, head, .. } = &mut out[index] {
                let indent = body.first().map_or(head[0].indent + 4, |node| node.first().indent);
                if !complete {
                    end.clone_from(&joined);
                }
                self.kill(body, &mut end, &joined, indent);
            }
        }
        *live = joined;
    }

    /// Both sides of a conditional must agree on what is live, even where control does not reach their ends.
    fn directive(&self, out: &mut Vec<Node>, node: Node, live: &mut Vec<bool>, conditionals: &mut Vec<Conditional>) {
        let text = node.text().trim_start_matches(['#', ' ']);
        if text.starts_with("if") {
            conditionals.push(Conditional { entry: live.clone(), first: None });
        } else if text.starts_with("else") {
            if let Some(conditional) = conditionals.last_mut() {
                conditional.first = Some((out.len(), live.clone()));
                live.clone_from(&conditional.entry);
            }
        } else if text.starts_with("endif")
            && let Some((at, first)) = conditionals.pop().and_then(|conditional| conditional.first)
        {
            let joined: Vec<bool> = live.iter().zip(&first).map(|(a, b)| *a && *b).collect();
            let indent = out.last().map_or(BODY_INDENT, |node| node.first().indent);
            self.kill(out, live, &joined, indent);
            let dying: Vec<usize> = (0..first.len()).filter(|k| first[*k] && !joined[*k]).collect();
            out.splice(at..at, self.statements(&dying, indent));
        }
        out.push(node);
    }

    fn simple(&self, out: &mut Vec<Node>, node: Node, live: &mut [bool]) {
        self.before(out, &node, live);
        let text: String = super::tree::print(std::slice::from_ref(&node)).iter().map(|l| l.text.as_str()).collect();
        for (k, input) in self.inputs.iter().enumerate() {
            if text == DECREF_INPUTS || kills_outright(&text, &input.name) || kills_after(&text, &input.name) {
                live[k] = false;
            }
            if assignment(&text).is_some_and(|(left, _)| left == input.name) {
                live[k] = true;
            }
        }
        out.push(node);
    }

    /// Inserts what must hold before the statement.
    fn before(&self, out: &mut Vec<Node>, node: &Node, live: &mut [bool]) {
        let seen = node.seen();
        let text = node.text();
        let popping = text.starts_with("ERROR_IF(");
        let output_pushed = seen.stored.iter().any(|name| self.outputs.contains(name));
        // An unconditional ERROR_IF flushes on its way out.
        let synchronised = seen.synchronised || seen.moved && !seen.spilled && text != "ERROR_IF(true);";
        let all = popping || output_pushed || synchronised;
        let mut dead: Vec<bool> = live.to_vec();
        for (k, input) in self.inputs.iter().enumerate() {
            let above = input.start.clone() - seen.physical.clone();
            let dropped = (seen.spilled || seen.moved) && above.numeric >= 0 && !above.has_subtracted();
            if (all || dropped) && !(matches!(node, Node::Simple { .. }) && kills_outright(text, &input.name)) {
                dead[k] = false;
            }
        }
        self.kill(out, live, &dead, node.first().indent);
        if synchronised {
            out.push(Node::simple(node.first().indent, "SYNC_SP();"));
        }
    }

    /// Ends the life of what is live but not in `joined` (an empty slice kills all), behind the last statement.
    fn kill(&self, out: &mut Vec<Node>, live: &mut [bool], joined: &[bool], indent: usize) {
        let dying: Vec<usize> =
            (0..live.len()).filter(|k| live[*k] && !joined.get(*k).copied().unwrap_or(false)).collect();
        for k in &dying {
            live[*k] = false;
        }
        let last_leaves = out.last().and_then(Node::only_line).is_some_and(leaves);
        let end = out.len() - usize::from(last_leaves);
        let at = self.last_use(&out[..end], &dying);
        out.splice(at..at, self.statements(&dying, indent));
    }

    /// Where to say that inputs are dead by the end of the statements: behind the one that hands one on, if that was
    /// the last to say anything about them, else at the end.
    fn last_use(&self, nodes: &[Node], dying: &[usize]) -> usize {
        let mentions_one = |line: &str| dying.iter().any(|k| mentions(line, &self.inputs[*k].name));
        let last = nodes.iter().rposition(|node| {
            node.any_line(mentions_one)
                || node.seen().spilled
                || node.seen().moved
                || node.is_directive()
                || !matches!(node, Node::Simple { .. })
                || ["DEOPT_IF(", "EXIT_IF(", "ERROR_IF("].iter().any(|name| node.text().starts_with(name))
        });
        let hands_on = |node: &Node| {
            let value = node.only_line().and_then(|line| line.strip_suffix(';')?.rsplit_once(" = "));
            value.is_some_and(|(_, value)| dying.iter().any(|k| self.inputs[*k].name == value))
        };
        last.filter(|at| hands_on(&nodes[*at])).map_or(nodes.len(), |at| at + 1)
    }

    /// Takes out what became superfluous because the inputs die earlier.
    fn remove_deaths(&self, node: &mut Node, dying: &[usize]) {
        if let Node::Compound { body, .. } = node {
            let deaths: Vec<String> = dying.iter().map(|k| format!("DEAD({});", self.inputs[*k].name)).collect();
            body.retain(|node| !deaths.iter().any(|death| node.only_line() == Some(death)));
            body.iter_mut().for_each(|node| self.remove_deaths(node, dying));
        }
    }

    fn statements(&self, dying: &[usize], indent: usize) -> Vec<Node> {
        dying.iter().map(|k| Node::simple(indent, format!("DEAD({});", self.inputs[*k].name))).collect()
    }
}

/// The generator marks the input dead before the statement, ahead of the spill.
fn kills_outright(text: &str, name: &str) -> bool {
    ["PyStackRef_CLOSE(", "PyStackRef_XCLOSE("].iter().any(|close| text.contains(&format!("{close}{name})")))
}

/// The generator marks the input dead where the statement mentions it.
fn kills_after(text: &str, name: &str) -> bool {
    text.contains(&format!("PyStackRef_AsPyObjectSteal({name})"))
        || text.contains(&format!("PyStackRef_CLOSE_SPECIALIZED({name},"))
}

/// Control does not pass the last statement of a sequence.
fn exits(last: &Node, all: &[Node]) -> bool {
    match last {
        Node::Simple { .. } => leaves(last.text()),
        Node::Compound { body, .. } if last.is_last_else() => {
            let chain = all.iter().rev().skip(1).take_while(|node| node.is_else() || node.is_if());
            let mut before = true;
            for node in chain {
                let Node::Compound { body, .. } = node else { break };
                before &= body.last().is_some_and(|last| exits(last, body));
                if node.is_if() {
                    break;
                }
            }
            before && body.last().is_some_and(|last| exits(last, body))
        }
        Node::Compound { .. } => false,
    }
}

/// Where the stack stays in the frame over statements that call nothing, the definition says so.
pub(super) fn save_regions(nodes: Vec<Node>) -> Vec<Node> {
    let mut out: Vec<Node> = Vec::new();
    let mut rest = nodes.into_iter().peekable();
    while let Some(mut node) = rest.next() {
        if let Node::Compound { body, .. } = &mut node {
            *body = save_regions(std::mem::take(body));
        }
        if !node.seen().spilled {
            out.push(node);
            continue;
        }
        let mut region = vec![node];
        while !region.last().is_some_and(|node| node.seen().reloaded) {
            match rest.peek() {
                Some(next) if next.seen().in_frame && !next.seen().spilled => region.extend(rest.next()),
                _ => break,
            }
        }
        let indent = region[0].first().indent;
        let reloaded = region.last().is_some_and(|node| node.seen().reloaded);
        let left_open = !reloaded && !region.last().is_some_and(|node| node.text().starts_with("goto "));
        let explicit = left_open || region.iter().any(|node| !calls(node) && !node.text().starts_with("goto "));
        if explicit && reloaded {
            let mut first = Node::simple(indent, "SAVE_STACK();");
            *first.seen_mut() = std::mem::take(region[0].seen_mut());
            out.push(first);
            out.append(&mut region);
            out.push(Node::simple(indent, "RELOAD_STACK();"));
        } else if explicit && left_open {
            let mut first = Node::simple(indent, SPILL);
            *first.seen_mut() = Observed { spilled: false, ..std::mem::take(region[0].seen_mut()) };
            out.push(first);
            out.append(&mut region);
        } else {
            out.append(&mut region);
        }
    }
    out
}

/// The statement calls something that is not a macro.
fn calls(node: &Node) -> bool {
    let Node::Simple { lines, .. } = node else { return false };
    if node.text() == DECREF_INPUTS {
        return true;
    }
    lines.iter().any(|line| {
        words(&line.text).any(|(at, word)| {
            let called = line.text[at + word.len()..].starts_with('(');
            let macro_like = word.bytes().all(|b| b == b'_' || b.is_ascii_uppercase() || b.is_ascii_digit());
            called && !macro_like && !matches!(word, "assert" | "sizeof" | "if" | "while")
        })
    })
}
