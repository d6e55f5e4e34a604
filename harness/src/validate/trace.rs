//! Traces: one block a body and seed, and where two of them part.

use std::collections::BTreeMap;

/// What one side did with one seed: events in order, how it ended, and what then was different from the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    pub lines: Vec<String>,
}

impl Block {
    /// The body relied on something that the script did not give, as that a pointer is not NULL.
    pub fn is_undefined(&self) -> bool {
        self.lines.iter().any(|l| l == "= undefined")
    }

    /// How the body was left.
    pub fn exit(&self) -> &str {
        let line = self.lines.iter().find_map(|l| l.strip_prefix("= ")).unwrap_or("nothing");
        line.split(' ').next().unwrap_or(line)
    }
}

/// Blocks by body and seed.
pub type Trace = BTreeMap<(String, i64), Block>;

/// Reads a trace file. What changed is a set: its lines are sorted.
pub fn read(text: &str) -> Trace {
    let mut trace = Trace::new();
    let mut key = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let (name, seed) = rest.split_once(' ').unwrap_or((rest, "0"));
            let new = (name.to_owned(), seed.parse().unwrap_or(0));
            trace.insert(new.clone(), Block::default());
            key = Some(new);
        } else if let Some(block) = key.as_ref().and_then(|k| trace.get_mut(k)) {
            block.lines.push(line.to_owned());
        }
    }
    for block in trace.values_mut() {
        let state = block.lines.iter().position(|l| l.starts_with("= ")).unwrap_or(block.lines.len());
        block.lines[state..].sort_by(|a, b| (a.starts_with('~'), a).cmp(&(b.starts_with('~'), b)));
    }
    trace
}

/// Whether two blocks say the same. What comes before an undefined end is not compared: C does not say in which order
/// it evaluates arguments, so a crash may come one call earlier or later.
pub fn agree(c: &Block, rust: &Block) -> bool {
    if c.is_undefined() || rust.is_undefined() { c.is_undefined() && rust.is_undefined() } else { c == rust }
}

/// Two blocks side by side, with a mark at the first line that differs.
pub fn side_by_side(c: &Block, rust: &Block) -> String {
    let width = c.lines.iter().map(String::len).max().unwrap_or(0).clamp(20, 70);
    let first = (0..).find(|i| c.lines.get(*i) != rust.lines.get(*i)).unwrap_or(0);
    let mut out = format!("    {:width$}   {}\n", "C", "Rust");
    for i in 0..c.lines.len().max(rust.lines.len()) {
        let of = |b: &Block| b.lines.get(i).cloned().unwrap_or_else(|| "(nothing)".to_owned());
        let mark = if i == first { "->" } else { "  " };
        out += &format!(" {mark} {:width$}   {}\n", of(c), of(rust));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(lines: &[&str]) -> Block {
        read(&format!("# A 1\n{}\n", lines.join("\n"))).remove(&("A".to_owned(), 1)).expect("one block")
    }

    #[test]
    fn events_are_in_order_and_changes_are_a_set() {
        assert!(agree(&block(&["a", "b", "= error", "~ y", "~ x"]), &block(&["a", "b", "= error", "~ x", "~ y"])));
        assert!(!agree(&block(&["a", "b", "= error"]), &block(&["b", "a", "= error"])));
        assert!(!agree(&block(&["a", "= error"]), &block(&["a", "= deopt"])));
        assert!(!agree(&block(&["= error", "~ x"]), &block(&["= error"])));
    }

    #[test]
    fn undefined_agrees_with_undefined_alone() {
        let undefined = block(&["a", "= undefined"]);
        assert!(agree(&undefined, &block(&["= undefined"])));
        assert!(!agree(&undefined, &block(&["a", "= error"])));
        assert!(!agree(&block(&["a", "= panic"]), &undefined));
        assert_eq!(undefined.exit(), "undefined");
    }

    #[test]
    fn the_first_difference_is_marked() {
        let text = side_by_side(&block(&["a", "b", "= error"]), &block(&["a", "= error"]));
        assert_eq!(text.lines().filter(|l| l.starts_with(" ->")).collect::<Vec<_>>().len(), 1, "{text}");
        assert!(text.lines().any(|l| l.starts_with(" -> b") && l.ends_with("= error")), "{text}");
    }
}
