//! `bodywork diff`: what is otherwise in another release.

mod text;

pub use text::text;

use crate::releases::{OWN_INSTRUCTION, Side};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use translator::analysis::model::{Analysis, Part};
use translator::dsl::ast::{Block, BodyKind, Definition};
use translator::dsl::token::{Token, TokenKind};
use translator::dsl::{Dialect, lexer};
use translator::source::{FileId, Sources, Span};

/// Rows of a table that are in one release only, or not the same in both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    pub added: Vec<String>,
    pub removed: Vec<String>,
    /// By row and field, the old value and the new.
    pub changed: BTreeMap<String, BTreeMap<String, (Value, Value)>>,
}

/// How many bodies of a kind there are, and how many of them are translated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Translated {
    pub total: usize,
    pub translated: usize,
}

/// What the other release does to coverage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// `inst`, `op`, `label`.
    pub old: BTreeMap<&'static str, Translated>,
    pub new: BTreeMap<&'static str, Translated>,
    /// Translated in the old release, there in the new one and not translated.
    pub lost: Vec<String>,
    /// The other way round.
    pub gained: Vec<String>,
    /// Only in the new release: those that are translated, and those that are not.
    pub added_translated: Vec<String>,
    pub added_refused: Vec<String>,
}

/// Two releases compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    pub old: String,
    pub new: String,
    pub notes: Vec<String>,
    /// Tables by name, in the order in which they are shown; one that is not known of both releases is missing.
    pub sections: Vec<(&'static str, Section)>,
    pub coverage: Reach,
}

/// A definition with a body, as it is compared.
struct Body {
    kind: &'static str,
    /// What stands before the body: annotations, kind, name, effects.
    head: String,
    /// The body's tokens, without comments and layout.
    tokens: String,
    translated: bool,
}

/// Compares two releases.
pub fn diff(old: &Side, new: &Side) -> Diff {
    let (old_tables, new_tables) = (old.tables.json(), new.tables.json());
    let whole = !old.without_headers && !new.without_headers;
    let layouts = old.tables.caches.is_some() && new.tables.caches.is_some();
    let mut sections = vec![("opcodes", opcodes(old, new, &old_tables, &new_tables))];
    let table = |name: &str, fields: &[&str]| section(&old_tables[name], &new_tables[name], fields);
    if whole {
        sections.push(("pseudos", table("pseudos", &["id", "popped", "pushed", "flags", "targets", "as_sequence"])));
    }
    sections.push(("families", families(&old_tables["families"], &new_tables["families"])));
    if layouts {
        sections.push(("caches", table("caches", &["fields", "codeunits", "entries"])));
    }
    let (old_bodies, new_bodies) = (bodies(old), bodies(new));
    sections.push(("bodies", body_section(&old_bodies, &new_bodies)));
    Diff {
        old: old.name.clone(),
        new: new.name.clone(),
        notes: old.notes.iter().chain(&new.notes).cloned().collect(),
        sections,
        coverage: reach(&old_bodies, &new_bodies),
    }
}

impl Diff {
    /// Whether there is no difference at all.
    pub fn is_empty(&self) -> bool {
        self.sections.iter().all(|(_, section)| *section == Section::default())
    }

    /// In the format that `bodywork diff --help` describes.
    pub fn json(&self) -> Value {
        let mut out = Map::new();
        out.insert("old".into(), json!(self.old));
        out.insert("new".into(), json!(self.new));
        out.insert("notes".into(), json!(self.notes));
        for (name, section) in &self.sections {
            out.insert((*name).into(), section.json());
        }
        let counts = |side: &BTreeMap<&str, Translated>| {
            let one = |(kind, count): (&&str, &Translated)| {
                ((*kind).to_owned(), json!({"total": count.total, "translated": count.translated}))
            };
            Value::Object(side.iter().map(one).collect())
        };
        let Reach { old, new, lost, gained, added_translated, added_refused } = &self.coverage;
        let coverage = json!({
            "old": counts(old), "new": counts(new), "lost": lost, "gained": gained,
            "added_translated": added_translated, "added_refused": added_refused,
        });
        out.insert("coverage".into(), coverage);
        Value::Object(out)
    }
}

impl Section {
    fn json(&self) -> Value {
        let fields = |row: &BTreeMap<String, (Value, Value)>| -> Value {
            Value::Object(row.iter().map(|(field, (old, new))| (field.clone(), json!([old, new]))).collect())
        };
        let changed: Map<String, Value> = self.changed.iter().map(|(name, row)| (name.clone(), fields(row))).collect();
        json!({"added": self.added, "removed": self.removed, "changed": changed})
    }
}

/// Rows of two tables, by these fields.
fn section(old: &Value, new: &Value, fields: &[&str]) -> Section {
    let empty = Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let mut section = in_one_only(&old.keys().collect(), &new.keys().collect());
    for (name, before) in old {
        let Some(after) = new.get(name) else { continue };
        let differing = fields.iter().filter(|field| before[**field] != after[**field]);
        let row: BTreeMap<String, (Value, Value)> =
            differing.map(|field| ((*field).to_owned(), (before[*field].clone(), after[*field].clone()))).collect();
        if !row.is_empty() {
            section.changed.insert(name.clone(), row);
        }
    }
    section
}

fn in_one_only(old: &BTreeSet<&String>, new: &BTreeSet<&String>) -> Section {
    Section {
        added: new.difference(old).map(ToString::to_string).collect(),
        removed: old.difference(new).map(ToString::to_string).collect(),
        changed: BTreeMap::new(),
    }
}

/// Instructions by the tables, and by the parts that they are made of.
fn opcodes(old: &Side, new: &Side, old_tables: &Value, new_tables: &Value) -> Section {
    let with_parts = |side: &Side, tables: &Value| {
        let mut rows = tables["opcodes"].clone();
        for (name, row) in rows.as_object_mut().into_iter().flatten() {
            row["parts"] = json!(parts(&side.pipeline.analysis, name));
        }
        rows
    };
    let fields = ["id", "popped", "pushed", "format", "flags", "cache_entries", "family", "parts"];
    section(&with_parts(old, old_tables), &with_parts(new, new_tables), &fields)
}

fn parts(analysis: &Analysis, name: &str) -> Vec<String> {
    let parts = analysis.instructions.get(name).map(|instruction| instruction.parts.as_slice()).unwrap_or_default();
    let name = |part: &Part| match part {
        Part::Uop(name) => analysis.uops.get(name).map_or_else(|| name.clone(), |uop| uop.name.clone()),
        Part::Skip(units) => format!("unused/{units}"),
        Part::Flush => "flush".to_owned(),
    };
    parts.iter().map(name).collect()
}

/// Families by their members, whose order says nothing.
fn families(old: &Value, new: &Value) -> Section {
    let sorted = |families: &Value| {
        let one = |(head, members): (&String, &Value)| {
            let mut members: Vec<&str> = members.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            members.sort_unstable();
            (head.clone(), json!({"members": members}))
        };
        Value::Object(families.as_object().into_iter().flatten().map(one).collect())
    };
    section(&sorted(old), &sorted(new), &["members"])
}

/// The definitions that have bodies, by name; of several, the one that counts.
fn bodies(side: &Side) -> BTreeMap<String, Body> {
    let pipeline = &side.pipeline;
    let words = Words::of(&pipeline.sources);
    let mut bodies = BTreeMap::new();
    for definition in &pipeline.definitions {
        let (name, kind, span, block, outcome) = match definition {
            Definition::Inst(def) => {
                let kind = if def.kind == BodyKind::Inst { "inst" } else { "op" };
                (&def.name, kind, def.span, &def.block, pipeline.translation.uops.get(&def.name))
            }
            Definition::Label(def) => {
                (&def.name, "label", def.span, &def.block, pipeline.translation.labels.get(&def.name))
            }
            _ => continue,
        };
        if side.without_headers && name == OWN_INSTRUCTION {
            continue;
        }
        let (head, tokens) = words.split(span, block);
        bodies.insert(name.clone(), Body { kind, head, tokens, translated: matches!(outcome, Some(Ok(_))) });
    }
    bodies
}

/// The tokens of all files but comments.
struct Words<'a> {
    sources: &'a Sources,
    /// None for a file with something in it, outside of all definitions, that is no token.
    tokens: BTreeMap<FileId, Option<Vec<Token>>>,
}

impl<'a> Words<'a> {
    fn of(sources: &'a Sources) -> Self {
        let read = |file| {
            let mut tokens = lexer::tokenize(sources, file, Dialect::AnyRelease).ok();
            tokens.iter_mut().for_each(|tokens| tokens.retain(|token| token.kind != TokenKind::Comment));
            (file, tokens)
        };
        Self { sources, tokens: sources.iter().map(|(file, _)| read(file)).collect() }
    }

    /// What stands before the body and in it.
    fn split(&self, span: Span, block: &Block) -> (String, String) {
        let open = block.open.span.start;
        (self.text(Span { end: open, ..span }), self.text(Span { start: open, ..span }))
    }

    fn text(&self, span: Span) -> String {
        let Some(Some(tokens)) = self.tokens.get(&span.file) else {
            return self.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ");
        };
        let first = tokens.partition_point(|token| token.span.start < span.start);
        let inside = tokens[first..].iter().take_while(|token| token.span.start < span.end);
        inside.map(|token| self.sources.text(token.span)).collect::<Vec<_>>().join(" ")
    }
}

fn body_section(old: &BTreeMap<String, Body>, new: &BTreeMap<String, Body>) -> Section {
    let mut section = in_one_only(&old.keys().collect(), &new.keys().collect());
    for (name, before) in old {
        let Some(after) = new.get(name) else { continue };
        let mut row = BTreeMap::new();
        if before.head != after.head {
            row.insert("definition".to_owned(), (json!(before.head), json!(after.head)));
        }
        if before.tokens != after.tokens {
            let size = |body: &Body| json!(body.tokens.split(' ').count());
            row.insert("tokens".to_owned(), (size(before), size(after)));
        }
        if !row.is_empty() {
            section.changed.insert(name.clone(), row);
        }
    }
    section
}

fn reach(old: &BTreeMap<String, Body>, new: &BTreeMap<String, Body>) -> Reach {
    let counts = |bodies: &BTreeMap<String, Body>| {
        let mut counts: BTreeMap<&'static str, Translated> = BTreeMap::new();
        for body in bodies.values() {
            let count = counts.entry(body.kind).or_default();
            count.total += 1;
            count.translated += usize::from(body.translated);
        }
        counts
    };
    let mut reach = Reach { old: counts(old), new: counts(new), ..Reach::default() };
    for (name, after) in new {
        let list = match (old.get(name).map(|before| before.translated), after.translated) {
            (Some(true), false) => &mut reach.lost,
            (Some(false), true) => &mut reach.gained,
            (None, true) => &mut reach.added_translated,
            (None, false) => &mut reach.added_refused,
            _ => continue,
        };
        list.push(name.clone());
    }
    reach
}
