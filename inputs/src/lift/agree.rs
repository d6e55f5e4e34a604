//! Compares what the lifted definitions give with the headers that they came with, table by table and row by row.

use super::LiftInput;
use super::headers::Headers;
use super::regenerate::ReadBack;
use super::rules::KNOWN_DISAGREEMENTS;
use indexmap::IndexMap;
use std::collections::BTreeSet;
use std::fmt::Debug;
use translator::cgen::{self, Kind, generate};

/// A row that is not the same in a header and in what the lifted definitions give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// `flags`, `uop popped`, ...
    pub table: &'static str,
    pub row: String,
    /// `None`: the row is not there.
    pub header: Option<String>,
    pub lifted: Option<String>,
    /// Empty where no reason is known: that is a fault.
    pub reason: String,
}

/// What was compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Rows of each table, those of both sides.
    pub rows: Vec<(&'static str, usize)>,
    pub disagreements: Vec<Disagreement>,
}

impl Agreement {
    pub fn unexplained(&self) -> impl Iterator<Item = &Disagreement> {
        self.disagreements.iter().filter(|found| found.reason.is_empty())
    }
}

/// Compares all tables of the headers that were given.
pub(super) fn agree(headers: &Headers, read_back: &ReadBack) -> Agreement {
    let write =
        |kind| generate(kind, &read_back.analysis, &read_back.sources, &cgen::Options::default()).unwrap_or_default();
    let (ids, metadata) = (write(Kind::OpcodeIds), write(Kind::OpcodeMetadata));
    let (uop_ids, uop_metadata, py_metadata) = (write(Kind::UopIds), write(Kind::UopMetadata), write(Kind::PyMetadata));
    let written = LiftInput {
        cases: "",
        opcode_ids: &ids,
        opcode_metadata: &metadata,
        uop_metadata: &uop_metadata,
        uop_ids: &uop_ids,
        py_metadata: &py_metadata,
    };
    // What was just written is as the generator writes it; if not, every row disagrees.
    let lifted = Headers::read(&written).unwrap_or_default();
    let absent: BTreeSet<&str> =
        headers.uop_flags.keys().filter(|uop| !lifted.uop_flags.contains_key(*uop)).map(String::as_str).collect();
    let mut comparison = Comparison { absent, found: Agreement::default() };
    comparison.table("opcode ids", &headers.ids, &lifted.ids);
    comparison.table("popped", &headers.popped, &lifted.popped);
    comparison.table("pushed", &headers.pushed, &lifted.pushed);
    comparison.table("formats", &headers.formats, &lifted.formats);
    comparison.table("flags", &headers.flags, &lifted.flags);
    comparison.table("macro expansions", &headers.expansions, &lifted.expansions);
    comparison.table("caches", &headers.caches, &lifted.caches);
    comparison.table("deopts", &headers.deopts, &lifted.deopts);
    comparison.table("pseudos", &headers.pseudos, &lifted.pseudos);
    comparison.table("uop flags", &headers.uop_flags, &lifted.uop_flags);
    comparison.table("uop popped", &headers.uop_popped, &lifted.uop_popped);
    comparison.table("replication", &headers.replication, &lifted.replication);
    comparison.table("specializations", &headers.specializations, &lifted.specializations);
    comparison.uop_ids(&headers.uop_ids, &lifted.uop_ids);
    comparison.found
}

struct Comparison<'a> {
    /// Uops of the header that no instruction uses.
    absent: BTreeSet<&'a str>,
    found: Agreement,
}

impl Comparison<'_> {
    fn table<V: PartialEq + Debug>(
        &mut self,
        table: &'static str,
        header: &IndexMap<String, V>,
        lifted: &IndexMap<String, V>,
    ) {
        // A header that was not given has nothing to disagree with.
        if header.is_empty() {
            return;
        }
        let names: BTreeSet<&String> = header.keys().chain(lifted.keys()).collect();
        self.found.rows.push((table, names.len()));
        for name in names {
            let (left, right) = (header.get(name), lifted.get(name));
            if left != right {
                let reason = self.reason(table, name).to_owned();
                self.add(table, name, left, right, reason);
            }
        }
    }

    fn add<V: Debug>(&mut self, table: &'static str, row: &str, header: Option<V>, lifted: Option<V>, reason: String) {
        let print = |value: Option<V>| value.map(|value| format!("{value:?}"));
        let (header, lifted) = (print(header), print(lifted));
        self.found.disagreements.push(Disagreement { table, row: row.to_owned(), header, lifted, reason });
    }

    fn reason(&self, table: &str, row: &str) -> &'static str {
        if self.absent.contains(row) {
            return "only tier 2 has the uop: no instruction's block shows its body";
        }
        let known = KNOWN_DISAGREEMENTS.iter().find(|known| known.table == table && known.row == row);
        known.map_or("", |known| known.reason)
    }

    /// Numbers run on over all uops, so those behind an absent one are lower by as many as are absent before them.
    fn uop_ids(&mut self, header: &IndexMap<String, String>, lifted: &IndexMap<String, String>) {
        if header.is_empty() {
            return;
        }
        let names: BTreeSet<&String> = header.keys().chain(lifted.keys()).collect();
        self.found.rows.push(("uop ids", names.len()));
        let number = |value: Option<&String>| value.and_then(|value| value.parse::<usize>().ok());
        // The first two are numbered whether they are defined or not.
        let absent: Vec<usize> = header
            .iter()
            .filter(|(uop, _)| self.absent.contains(uop.as_str()) && !lifted.contains_key(*uop))
            .filter_map(|(_, id)| number(Some(id)))
            .collect();
        for name in names {
            let (left, right) = (header.get(name), lifted.get(name));
            if left == right {
                continue;
            }
            let mut reason = self.reason("uop ids", name).to_owned();
            if let (Some(of_header), Some(of_lifted)) = (number(left), number(right)) {
                let before = absent.iter().filter(|id| **id < of_header).count();
                if of_header == of_lifted + before {
                    reason = format!("numbered behind {before} uops that only tier 2 has");
                }
            }
            self.add("uop ids", name, left, right, reason);
        }
    }
}
