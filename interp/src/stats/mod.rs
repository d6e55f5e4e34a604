//! What ran: how often each instruction, which pairs, and what specialising came to. `interp stats` shows it.
//!
//! The dispatch loop is compiled twice, once for each probe: a run that nobody asked about has nothing to skip.

mod report;

pub use report::Report;

use crate::exit::Exit;
use crate::generated::tables;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the dispatch loop tells. Each loop has its own probe.
pub(crate) trait Probe {
    fn start() -> Self;
    /// An arm begins.
    fn enter(&mut self, opcode: u8);
    /// The arm has run all its parts, or begins the last one if that always leaves.
    fn complete(&mut self);
    /// The arm, or a label, leaves for somewhere else than the next instruction.
    fn leave(&mut self, exit: Exit);
    fn label(&mut self, label: &'static str);
}

/// Does not listen.
pub(crate) struct Silent;

impl Probe for Silent {
    #[inline(always)]
    fn start() -> Self {
        Silent
    }

    #[inline(always)]
    fn enter(&mut self, _: u8) {}

    #[inline(always)]
    fn complete(&mut self) {}

    #[inline(always)]
    fn leave(&mut self, _: Exit) {}

    #[inline(always)]
    fn label(&mut self, _: &'static str) {}
}

/// Counts of the process; atomic because safe Rust has no other static cells, not because threads share them.
struct Table([AtomicU64; 256]);

impl Table {
    const fn new() -> Table {
        Table([const { AtomicU64::new(0) }; 256])
    }

    fn add(&self, opcode: u8) {
        self.0[usize::from(opcode)].fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self, opcode: u8) -> u64 {
        self.0[usize::from(opcode)].load(Ordering::Relaxed)
    }
}

static ENTERED: Table = Table::new();
static COMPLETED: Table = Table::new();
static MISSED: Table = Table::new();
/// By the instruction before, then by the one that follows it in the same loop.
static PAIRS: [Table; 256] = [const { Table::new() }; 256];
/// The labels that exits lead to, in the order in which reports list them.
const LABELS: [&str; 4] = ["error", "exception_unwind", "exit_unwind", "start_frame"];
static REACHED: Table = Table::new();

/// Counts all that it is told.
pub(crate) struct Recorder {
    opcode: u8,
    before: Option<u8>,
}

impl Probe for Recorder {
    fn start() -> Self {
        Recorder { opcode: 0, before: None }
    }

    fn enter(&mut self, opcode: u8) {
        ENTERED.add(opcode);
        if let Some(before) = self.before.replace(opcode) {
            PAIRS[usize::from(before)].add(opcode);
        }
        self.opcode = opcode;
    }

    fn complete(&mut self) {
        COMPLETED.add(self.opcode);
    }

    fn leave(&mut self, exit: Exit) {
        if exit == Exit::Deopt {
            MISSED.add(self.opcode);
        }
    }

    fn label(&mut self, label: &'static str) {
        if let Some(index) = LABELS.iter().position(|&known| known == label) {
            REACHED.add(index as u8);
        }
    }
}

fn name(opcode: u8) -> &'static str {
    tables::NAMES[usize::from(opcode)]
}
