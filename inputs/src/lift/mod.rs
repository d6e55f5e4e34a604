//! Lifts definitions out of the interpreter that CPython's generator made of them.
//!
//! `generated_cases.c.h` tells, instruction by instruction, which uops there are, what they load, store and move on the
//! stack, and their bodies with the definition language's macros expanded. The headers generated next to it tell the
//! rest: effects, flags, macro expansions, families, pseudo instructions, numbers. The stages:
//! [`cases`] and [`headers`] read; [`observe`] takes the stack tracker's lines out and notes what they said;
//! [`effects`] infers what each uop takes and leaves, along the [`picture`] of the stack; [`invert`] and [`place`] put the macros back;
//! [`layout`] chooses columns; [`write`] prints definitions in order; [`rules`] make the package's interpreter stock
//! CPython. In the end [`regenerate`] writes the cases again and compares every byte, and [`agree`] compares the headers.

mod agree;
mod cases;
mod effects;
mod headers;
mod invert;
mod layout;
mod observe;
mod offset;
mod picture;
mod place;
mod regenerate;
mod respell;
mod rules;
mod text;
mod tree;
mod uops;
mod write;

pub use agree::{Agreement, Disagreement};
pub use regenerate::Outcome;
pub use rules::{Action, Applied, KNOWN_DISAGREEMENTS, KnownDisagreement, RULES, Rule};

use regenerate::ReadBack;
use std::collections::BTreeMap;
use std::fmt;

/// The texts to lift from. A header that is not to be had is an empty text: its tables are then not used.
#[derive(Clone, Copy, Debug, Default)]
pub struct LiftInput<'a> {
    /// `generated_cases.c.h`.
    pub cases: &'a str,
    pub opcode_ids: &'a str,
    /// `pycore_opcode_metadata.h`.
    pub opcode_metadata: &'a str,
    /// `pycore_uop_metadata.h`.
    pub uop_metadata: &'a str,
    /// `pycore_uop_ids.h`.
    pub uop_ids: &'a str,
    /// `_opcode_metadata.py`: the only one to keep the order of families and of their members.
    pub py_metadata: &'a str,
}

#[derive(Clone, Debug)]
pub struct Lifted {
    /// A file in the language of `bytecodes.c`, as stock CPython has it.
    pub definitions: String,
    /// The same before the rules were applied: what the generated cases were made from.
    pub as_packaged: String,
    pub report: Report,
}

/// What was found on the way.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How often each of [`RULES`] was applied.
    pub rules: Applied,
    /// Lines of a later release's generator that were put into the words of 3.14's before anything else.
    pub respelled: usize,
    /// Instructions of the cases that no header lists: they are outside the release and not in the definitions.
    pub outside: Vec<String>,
    /// How each instruction's block came back when the cases were written again, before the rules were applied.
    pub blocks: BTreeMap<String, Outcome>,
    pub labels: BTreeMap<String, Outcome>,
    /// The headers compared with what the stock definitions give.
    pub agreement: Agreement,
}

impl Report {
    /// How many instructions and labels came back byte for byte.
    pub fn exact(&self) -> (usize, usize) {
        let count = |outcomes: &BTreeMap<String, Outcome>| outcomes.values().filter(|o| o.is_exact()).count();
        (count(&self.blocks), count(&self.labels))
    }
}

/// Why nothing could be lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiftError {
    /// The text holds no `TARGET(NAME) {`.
    NoInstructions,
    /// A block of the generated cases is not as the generator writes them.
    Block { name: String, problem: &'static str },
    /// A row of a header is not as the generator writes it.
    Header { file: &'static str, row: String },
}

impl LiftError {
    fn block(name: &str, problem: &'static str) -> Self {
        Self::Block { name: name.to_owned(), problem }
    }

    fn header(file: &'static str, row: &str) -> Self {
        Self::Header { file, row: row.to_owned() }
    }
}

impl fmt::Display for LiftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInstructions => write!(f, "the generated cases hold no instruction"),
            Self::Block { name, problem } => write!(f, "the block of {name} in the generated cases {problem}"),
            Self::Header { file, row } => write!(f, "{file}: the row of {row} is not as CPython's generator writes it"),
        }
    }
}

impl std::error::Error for LiftError {}

/// Lifts definitions.
///
/// # Errors
/// If the texts are not what CPython's generator writes.
pub fn lift(input: &LiftInput) -> Result<Lifted, LiftError> {
    let mut report = Report::default();
    let (text, respelled) = respell::respell(input.cases);
    report.respelled = respelled;
    let text = rules::unwrap_calls(&text, &mut report.rules);
    let mut cases = cases::Cases::read(&text)?;
    let headers = headers::Headers::read(input)?;
    if !headers.ids.is_empty() {
        cases.blocks.retain(|name, _| {
            let listed = headers.ids.contains_key(name);
            if !listed {
                report.outside.push(name.clone());
            }
            listed
        });
    }
    let packaged = uops::Bodies::lift(&cases, &headers);
    let stock = packaged.resolve(&mut report.rules);
    let definitions = write::write(&cases, &headers, &stock);
    let as_packaged = write::write(&cases, &headers, &packaged);
    (report.blocks, report.labels) = ReadBack::new(&as_packaged).compare(&cases);
    report.agreement = agree::agree(&headers, &ReadBack::new(&definitions));
    Ok(Lifted { definitions, as_packaged, report })
}
