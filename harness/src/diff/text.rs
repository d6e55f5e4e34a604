//! A diff as text, with colours where there is a terminal.

use super::{Diff, Reach, Section, Translated};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
const BOLD: &str = "\x1b[1m";
const RESET: &str = "\x1b[0m";

/// Names on one line at most.
const WIDTH: usize = 110;

struct Page {
    out: String,
    color: bool,
}

/// The whole diff. New numbers of instructions are only counted unless `ids` asks for them.
pub fn text(diff: &Diff, ids: bool, color: bool) -> String {
    let mut page = Page { out: String::new(), color };
    page.line(BOLD, &format!("{} -> {}", diff.old, diff.new));
    for note in &diff.notes {
        page.line("", &format!("note: {note}"));
    }
    for (name, section) in &diff.sections {
        page.section(name, section, ids);
    }
    page.coverage(&diff.coverage);
    page.out
}

impl Page {
    fn line(&mut self, color: &str, text: &str) {
        let (on, off) = if self.color && !color.is_empty() { (color, RESET) } else { ("", "") };
        let _ = writeln!(self.out, "{on}{text}{off}");
    }

    /// Names in lines that are not too long.
    fn names(&mut self, color: &str, mark: &str, names: &[String]) {
        let mut line = String::new();
        for name in names {
            if !line.is_empty() && line.len() + name.len() + 4 > WIDTH {
                self.line(color, &format!("  {mark}{line}"));
                line.clear();
            }
            line.push(' ');
            line.push_str(name);
        }
        if !line.is_empty() {
            self.line(color, &format!("  {mark}{line}"));
        }
    }

    fn section(&mut self, name: &str, section: &Section, ids: bool) {
        let shown = |row: &BTreeMap<String, (Value, Value)>| ids || row.keys().any(|field| field != "id");
        let renumbered = section.changed.values().filter(|row| row.contains_key("id")).count();
        let changed = section.changed.values().filter(|row| shown(row)).count();
        let (added, removed) = (section.added.len(), section.removed.len());
        let numbers = if renumbered > 0 { format!(", {renumbered} renumbered") } else { String::new() };
        self.line("", "");
        self.line(BOLD, &format!("{name}: {added} added, {removed} removed, {changed} changed{numbers}"));
        self.names(GREEN, "+", &section.added);
        self.names(RED, "-", &section.removed);
        for (name, row) in section.changed.iter().filter(|(_, row)| shown(row)) {
            let fields: Vec<String> = row
                .iter()
                .filter(|(field, _)| ids || *field != "id")
                .map(|(field, (old, new))| change(field, old, new))
                .collect();
            self.line(YELLOW, &format!("  ~ {name}: {}", fields.join("; ")));
        }
    }

    fn coverage(&mut self, reach: &Reach) {
        self.line("", "");
        self.line(BOLD, "coverage: bodies that are translated");
        let share = |count: Option<&Translated>| match count {
            Some(count) => format!("{} of {}", count.translated, count.total),
            None => "none".to_owned(),
        };
        for kind in ["inst", "op", "label"] {
            let (old, new) = (share(reach.old.get(kind)), share(reach.new.get(kind)));
            self.line("", &format!("  {kind:<6} {old:>12} -> {new}"));
        }
        let lists = [
            (RED, "no longer", &reach.lost),
            (GREEN, "now", &reach.gained),
            (GREEN, "new and translated", &reach.added_translated),
            (RED, "new and not translated", &reach.added_refused),
        ];
        for (color, what, names) in lists {
            if !names.is_empty() {
                self.line("", &format!("  {what}: {}", names.len()));
                self.names(color, " ", names);
            }
        }
    }
}

/// `popped 1 -> 2`; of lists, what is gone and what has come.
fn change(field: &str, old: &Value, new: &Value) -> String {
    if field == "tokens" {
        return format!("body changed ({} -> {} tokens)", old, new);
    }
    let (Value::Array(before), Value::Array(after)) = (old, new) else {
        return format!("{field} {} -> {}", plain(old), plain(new));
    };
    let missing = |from: &[Value], to: &[Value], mark: &str| -> Vec<String> {
        from.iter().filter(|item| !to.contains(item)).map(|item| format!("{mark}{}", plain(item))).collect()
    };
    let mut items = missing(before, after, "-");
    items.extend(missing(after, before, "+"));
    if items.is_empty() {
        items.push("in another order".to_owned());
    }
    format!("{field} {}", items.join(" "))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    }
}
