//! The lines of a body as statements: what the generator writes always starts a statement on a line of its own.

use super::offset::Offset;
use super::text::{Line, between, open_parentheses};

/// What the generator did at a statement, read off the lines that it put before or behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Observed {
    /// The stack pointer in memory, from where the instruction began.
    pub(super) physical: Offset,
    /// The stack pointer was moved right before the statement.
    pub(super) moved: bool,
    /// Variables that were stored to the stack right before it.
    pub(super) stored: Vec<String>,
    /// The stack pointer was saved in the frame right before it, or taken back from there right behind it.
    pub(super) spilled: bool,
    pub(super) reloaded: bool,
    /// Later parts show that the stack was synchronised right before it.
    pub(super) synchronised: bool,
    /// Between a spill and its reload.
    pub(super) in_frame: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A statement without braces, or a directive; several lines only where parentheses stay open.
    Simple { lines: Vec<Line>, seen: Observed },
    /// `if (…) {`, `else {`, `for (…) {`, `{` with its statements.
    Compound { head: Vec<Line>, body: Vec<Node>, close: Line, seen: Observed, at_end: Observed },
}

impl Node {
    pub(super) fn simple(indent: usize, text: impl Into<String>) -> Self {
        Self::Simple { lines: vec![Line::new(indent, text)], seen: Observed::default() }
    }

    pub(super) fn first(&self) -> &Line {
        match self {
            Self::Simple { lines, .. } => &lines[0],
            Self::Compound { head, .. } => &head[0],
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.first().text
    }

    /// The one line of a simple statement.
    pub(super) fn only_line(&self) -> Option<&str> {
        match self {
            Self::Simple { lines, .. } if lines.len() == 1 => Some(&lines[0].text),
            _ => None,
        }
    }

    pub(super) fn seen(&self) -> &Observed {
        match self {
            Self::Simple { seen, .. } | Self::Compound { seen, .. } => seen,
        }
    }

    pub(super) fn seen_mut(&mut self) -> &mut Observed {
        match self {
            Self::Simple { seen, .. } | Self::Compound { seen, .. } => seen,
        }
    }

    pub(super) fn is_if(&self) -> bool {
        matches!(self, Self::Compound { .. }) && self.text().starts_with("if (")
    }

    pub(super) fn is_else(&self) -> bool {
        matches!(self, Self::Compound { .. }) && starts_with_else(self.text())
    }

    /// The last of a chain, which is taken if no other is.
    pub(super) fn is_last_else(&self) -> bool {
        self.is_else() && !self.text().trim_start_matches("} ").starts_with("else if")
    }

    pub(super) fn is_directive(&self) -> bool {
        self.first().is_directive()
    }

    /// All lines of the statement, those of its body too.
    pub(super) fn each_line<'a>(&'a self, visit: &mut impl FnMut(&'a Line)) {
        match self {
            Self::Simple { lines, .. } => lines.iter().for_each(visit),
            Self::Compound { head, body, close, .. } => {
                head.iter().for_each(&mut *visit);
                body.iter().for_each(|node| node.each_line(visit));
                if !close.text.is_empty() {
                    visit(close);
                }
            }
        }
    }

    pub(super) fn any_line(&self, mut test: impl FnMut(&str) -> bool) -> bool {
        let mut found = false;
        self.each_line(&mut |line| found |= test(&line.text));
        found
    }
}

fn starts_with_else(text: &str) -> bool {
    text.trim_start_matches("} ").starts_with("else")
}

/// Reads lines into statements. Lines that do not nest give a tree as far as it goes: regeneration is what judges it.
pub(super) fn parse(lines: &[Line]) -> Vec<Node> {
    let mut rest = lines;
    let mut nodes = Vec::new();
    while !rest.is_empty() {
        nodes.append(&mut statements(&mut rest).0);
    }
    nodes
}

/// Statements up to a closing brace, and that line. Of `} else {` the brace stays with the `else`, and the statement
/// before it has an empty closing line.
fn statements(rest: &mut &[Line]) -> (Vec<Node>, Option<Line>) {
    let mut nodes: Vec<Node> = Vec::new();
    while let Some((line, after)) = rest.split_first() {
        let continues =
            nodes.last().is_some_and(|node| matches!(node, Node::Compound { close, .. } if close.text.is_empty()));
        if line.text.starts_with('}') && !continues {
            if line.text.ends_with('{') && starts_with_else(&line.text) {
                return (nodes, Some(Line::new(line.indent, "")));
            }
            *rest = after;
            return (nodes, Some(line.clone()));
        }
        nodes.push(statement(rest));
    }
    (nodes, None)
}

fn statement(rest: &mut &[Line]) -> Node {
    let mut open = 0_usize;
    let mut taken = 0;
    while let Some(line) = rest.get(taken) {
        taken += 1;
        if line.is_directive() || line.text.is_empty() {
            break;
        }
        open = (open + open_parentheses(&line.text).len()).saturating_sub(closed_parentheses(&line.text));
        if open == 0 && line.text.ends_with('{') {
            let head = rest[..taken].to_vec();
            *rest = &rest[taken..];
            return compound(head, rest);
        }
        if open == 0 && (line.text.ends_with([';', ':']) || line.text.ends_with("*/")) {
            break;
        }
    }
    let lines = rest[..taken].to_vec();
    *rest = &rest[taken..];
    Node::Simple { lines, seen: Observed::default() }
}

fn compound(head: Vec<Line>, rest: &mut &[Line]) -> Node {
    let (body, close) = statements(rest);
    let close = close.unwrap_or_else(|| Line::new(head[0].indent, "}"));
    Node::Compound { head, body, close, seen: Observed::default(), at_end: Observed::default() }
}

/// Parentheses of earlier lines that this one closes.
fn closed_parentheses(text: &str) -> usize {
    let (mut depth, mut closed) = (0_usize, 0);
    let open_at_end = open_parentheses(text);
    let mut quoted = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quoted, byte) {
            (Some(quote), b) if b == quote && text.as_bytes()[at - 1] != b'\\' => quoted = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quoted = Some(byte),
            (None, b'(') if !open_at_end.contains(&at) => depth += 1,
            (None, b')') if depth > 0 => depth -= 1,
            (None, b')') => closed += 1,
            _ => {}
        }
    }
    closed
}

/// The statements as lines again.
pub(super) fn print(nodes: &[Node]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for node in nodes {
        node.each_line(&mut |line| lines.push(line.clone()));
    }
    lines
}

/// The condition lines of an `if (…) {` with other words around them: `ERROR_IF(` and `);`.
pub(super) fn reword_condition(head: &[Line], opening: &str) -> Option<Vec<Line>> {
    let mut lines = head.to_vec();
    lines[0].text = format!("{opening}({}", lines[0].text.strip_prefix("if (")?);
    if lines.len() > 1 && lines.last()?.text == "{" {
        lines.pop();
        lines.last_mut()?.text.push_str(" {");
    }
    let last = lines.last_mut()?;
    last.text = format!("{});", between(&last.text, "", ") {")?);
    Some(lines)
}
