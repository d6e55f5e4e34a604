//! The rows of the headers (and of one module) that CPython generates next to the cases.

use super::offset::Offset;
use super::text::{between, is_identifier};
use super::{LiftError, LiftInput};
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// What a pseudo instruction stands for, in the order of the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PseudoRow {
    pub(super) targets: Vec<String>,
    pub(super) as_sequence: bool,
}

/// One step of a macro expansion: uop, size or operand kind, offset in code units.
pub(super) type ExpansionStep = (String, String, String);

/// The tables of `opcode_ids.h`, `pycore_opcode_metadata.h`, `pycore_uop_ids.h`, `pycore_uop_metadata.h` and `_opcode_metadata.py`.
/// Maps keep the order of the rows, which for some tables is the order of the definitions.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers {
    pub(super) ids: IndexMap<String, i64>,
    pub(super) uop_ids: IndexMap<String, String>,
    pub(super) popped: IndexMap<String, String>,
    pub(super) pushed: IndexMap<String, String>,
    pub(super) formats: IndexMap<String, String>,
    pub(super) flags: IndexMap<String, BTreeSet<String>>,
    pub(super) expansions: IndexMap<String, Vec<ExpansionStep>>,
    pub(super) caches: IndexMap<String, String>,
    pub(super) deopts: IndexMap<String, String>,
    pub(super) pseudos: IndexMap<String, PseudoRow>,
    /// In the order of the definitions (`uop_metadata_generator.py` does not sort this table).
    pub(super) uop_flags: IndexMap<String, BTreeSet<String>>,
    pub(super) uop_popped: IndexMap<String, String>,
    pub(super) replication: IndexMap<String, String>,
    /// The members of each family, without its head; all in the order of the definitions.
    pub(super) specializations: IndexMap<String, Vec<String>>,
}

impl Headers {
    /// Texts may be empty where a header is not to be had; its tables are empty then.
    pub(super) fn read(input: &LiftInput) -> Result<Self, LiftError> {
        let LiftInput { opcode_ids, opcode_metadata, uop_metadata, uop_ids, py_metadata, .. } = *input;
        let mut headers = Self {
            ids: defines(opcode_ids).filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect(),
            uop_ids: defines(uop_ids).map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            popped: returns(opcode_metadata, "int _PyOpcode_num_popped(int opcode, int oparg)  {"),
            pushed: returns(opcode_metadata, "int _PyOpcode_num_pushed(int opcode, int oparg)  {"),
            specializations: specializations(py_metadata),
            uop_popped: returns(uop_metadata, "int _PyUop_num_popped(int opcode, int oparg)\n"),
            ..Self::default()
        };
        for (name, value) in rows(opcode_metadata, "const struct opcode_metadata _PyOpcode_opcode_metadata[") {
            let fields = between(value, "{ true, ", " }").and_then(|row| row.split_once(", "));
            let (format, flags) = fields.ok_or_else(|| LiftError::header("pycore_opcode_metadata.h", name))?;
            headers.formats.insert(name.to_owned(), format.to_owned());
            headers.flags.insert(name.to_owned(), flag_set(flags));
        }
        for (name, value) in rows(opcode_metadata, "_PyOpcode_macro_expansion[256] = {") {
            headers.expansions.insert(name.to_owned(), expansion_steps(value));
        }
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        headers.caches = rows(opcode_metadata, "const uint8_t _PyOpcode_Caches[256] = {").map(own).collect();
        headers.deopts = rows(opcode_metadata, "const uint8_t _PyOpcode_Deopt[256] = {").map(own).collect();
        for (name, value) in rows(opcode_metadata, "const struct pseudo_targets _PyOpcode_PseudoTargets[") {
            let name = name.trim_end_matches("-256");
            let row = pseudo_row(value).ok_or_else(|| LiftError::header("pycore_opcode_metadata.h", name))?;
            headers.pseudos.insert(name.to_owned(), row);
        }
        headers.uop_flags = rows(uop_metadata, "const uint16_t _PyUop_Flags[MAX_UOP_ID+1] = {")
            .map(|(name, value)| (name.to_owned(), flag_set(value)))
            .collect();
        headers.replication =
            rows(uop_metadata, "const uint8_t _PyUop_Replication[MAX_UOP_ID+1] = {").map(own).collect();
        Ok(headers)
    }

    pub(super) fn instruction_popped(&self, name: &str) -> Option<Offset> {
        Offset::parse(self.popped.get(name)?)
    }

    pub(super) fn instruction_pushed(&self, name: &str) -> Option<Offset> {
        Offset::parse(self.pushed.get(name)?)
    }

    /// What the uop takes off the stack, without the items that it only looks at.
    pub(super) fn uop_takes(&self, name: &str) -> Option<Offset> {
        Offset::parse(self.uop_popped.get(name)?)
    }

    pub(super) fn is_replaced(&self, uop: &str) -> bool {
        self.expansions.values().flatten().any(|(name, kind, _)| name == uop && kind == "OPARG_REPLACED")
    }
}

fn defines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let (name, value) = line.strip_prefix("#define ")?.split_once(' ')?;
        let value = value.trim();
        (is_identifier(name) && !value.is_empty()).then_some((name, value))
    })
}

/// `[NAME] = VALUE,` rows of the table that starts with `head`.
fn rows<'a>(text: &'a str, head: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    // The `extern` declaration of the table comes first and ends in a semicolon.
    let start = text.match_indices(head).find(|(at, _)| {
        let line = text[*at..].lines().next().unwrap_or_default();
        line.ends_with('{') && !text[..*at].ends_with("extern ")
    });
    let table = start.map_or("", |(at, _)| &text[at..]);
    table.lines().skip(1).take_while(|line| line.trim() != "};").filter_map(|line| {
        let (name, value) = line.trim().strip_prefix('[')?.split_once("] = ")?;
        Some((name, value.strip_suffix(',').unwrap_or(value)))
    })
}

/// `case NAME: return VALUE;` rows of the function that starts with `head`.
fn returns(text: &str, head: &str) -> IndexMap<String, String> {
    let body = text.find(head).map_or("", |at| &text[at..]);
    let mut table = IndexMap::new();
    let mut name = None;
    for line in body.lines().take_while(|line| line.trim() != "default:") {
        if let Some(case) = between(line.trim(), "case ", ":") {
            name = Some(case);
        } else if let (Some(value), Some(name)) = (between(line.trim(), "return ", ";"), name.take()) {
            table.insert(name.to_owned(), value.to_owned());
        }
    }
    table
}

fn flag_set(text: &str) -> BTreeSet<String> {
    text.split(" | ").filter(|flag| *flag != "0").map(str::to_owned).collect()
}

/// `{ .nuops = 2, .uops = { { _A, OPARG_SIMPLE, 0 }, { _B, 2, 1 } } }`
fn expansion_steps(text: &str) -> Vec<ExpansionStep> {
    let steps = text.split_once(".uops = {").map_or("", |(_, steps)| steps);
    let step = |part: &str| {
        let mut fields = part.split('}').next()?.split(',').map(|field| field.trim().to_owned());
        Some((fields.next()?, fields.next()?, fields.next()?))
    };
    steps.split('{').filter_map(step).collect()
}

/// `_specializations = {` with rows `"HEAD": [` and `"MEMBER",`.
fn specializations(text: &str) -> IndexMap<String, Vec<String>> {
    let table = text.split_once("_specializations = {").map_or("", |(_, table)| table);
    let mut families: IndexMap<String, Vec<String>> = IndexMap::new();
    for line in table.lines().take_while(|line| *line != "}").map(str::trim) {
        if let Some(head) = between(line, "\"", "\": [") {
            families.insert(head.to_owned(), Vec::new());
        } else if let (Some(member), Some((_, members))) = (between(line, "\"", "\","), families.last_mut()) {
            members.push(member.to_owned());
        }
    }
    families
}

/// `{ 1, { COPY, TO_BOOL, 0 } }`
fn pseudo_row(text: &str) -> Option<PseudoRow> {
    let (sequence, targets) = between(text, "{ ", " } }")?.split_once(", { ")?;
    let targets = targets.split(", ").filter(|name| *name != "0").map(str::to_owned).collect();
    Some(PseudoRow { targets, as_sequence: sequence == "1" })
}
