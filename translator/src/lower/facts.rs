//! What one round of lowering tells the next.

use super::kind::Kind;
use std::collections::{BTreeMap, BTreeSet};

/// A variable, by its declaration: C allows the same name in sibling blocks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    name: String,
    /// Byte offset of the declaration; 0 for stack items and machine registers.
    at: u32,
}

impl Key {
    pub(crate) fn stack(name: &str) -> Self {
        Self { name: name.to_owned(), at: 0 }
    }

    pub(crate) fn local(name: &str, at: u32) -> Self {
        Self { name: name.to_owned(), at }
    }
}

/// The machine registers that a body may use: the interpreter loop's locals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Register {
    Thread,
    Frame,
    NextInstr,
    ThisInstr,
    PrevInstr,
    StackPointer,
    Oparg,
    Opcode,
}

impl Register {
    /// The name of the loop's local.
    pub fn name(self) -> &'static str {
        match self {
            Register::Thread => "thread",
            Register::Frame => "frame",
            Register::NextInstr => "next_instr",
            Register::ThisInstr => "this_instr",
            Register::PrevInstr => "prev_instr",
            Register::StackPointer => "stack_pointer",
            Register::Oparg => "oparg",
            Register::Opcode => "opcode",
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub(crate) round: u32,
    kinds: BTreeMap<Key, Kind>,
    consumed: BTreeSet<Key>,
    assigned: BTreeSet<Key>,
    /// Mentioned by the body, and so a parameter if it is an input.
    used: BTreeSet<Key>,
    mutable: BTreeSet<Key>,
    /// Looked at after ownership went elsewhere: a borrowed handle is taken before.
    late: BTreeSet<Key>,
    /// Outputs whose count the body takes itself, after it has set them.
    increfed: BTreeSet<Key>,
    read: BTreeSet<Register>,
    written: BTreeSet<Register>,
    /// Further variables of the machine that are read, and whether they are written.
    variables: BTreeMap<String, bool>,
    /// The body can leave other than by its end.
    pub(crate) exits: bool,
    pub(crate) returns: bool,
    /// The names of the exits that the body itself makes.
    pub(crate) exit_names: BTreeSet<&'static str>,
}

impl PartialEq for Facts {
    fn eq(&self, other: &Self) -> bool {
        self.same_kinds(other)
            && self.consumed == other.consumed
            && self.assigned == other.assigned
            && self.mutable == other.mutable
            && self.late == other.late
            && self.increfed == other.increfed
            && self.read == other.read
            && self.written == other.written
            && self.variables == other.variables
            && self.exits == other.exits
            && self.exit_names == other.exit_names
    }
}

impl Facts {
    /// What the next round starts from: everything is kept but the exits, which it finds anew.
    pub(crate) fn next_round(&self) -> Self {
        Self { round: self.round + 1, ..self.clone() }
    }

    pub(crate) fn same_kinds(&self, other: &Self) -> bool {
        self.kinds == other.kinds
    }

    pub(crate) fn kind(&self, key: &Key) -> Option<&Kind> {
        self.kinds.get(key)
    }

    /// Joins a further kind into what a variable holds; false where the two do not go together.
    pub(crate) fn learn_kind(&mut self, key: &Key, kind: &Kind) -> bool {
        match self.kinds.get(key) {
            None => {
                self.kinds.insert(key.clone(), kind.clone());
                true
            }
            Some(old) => match old.join(kind) {
                Some(joined) => {
                    self.kinds.insert(key.clone(), joined);
                    true
                }
                None => false,
            },
        }
    }

    pub(crate) fn used(&self, key: &Key) -> bool {
        self.used.contains(key)
    }

    pub(crate) fn learn_used(&mut self, key: &Key) {
        self.used.insert(key.clone());
    }

    pub(crate) fn consumed(&self, key: &Key) -> bool {
        self.consumed.contains(key)
    }

    pub(crate) fn assigned(&self, key: &Key) -> bool {
        self.assigned.contains(key)
    }

    pub(crate) fn mutable(&self, key: &Key) -> bool {
        self.mutable.contains(key)
    }

    pub(crate) fn late(&self, key: &Key) -> bool {
        self.late.contains(key)
    }

    pub(crate) fn increfed(&self, key: &Key) -> bool {
        self.increfed.contains(key)
    }

    pub(crate) fn learn_increfed(&mut self, key: &Key) {
        self.increfed.insert(key.clone());
    }

    pub(crate) fn learn_late(&mut self, key: &Key) {
        self.late.insert(key.clone());
    }

    pub(crate) fn learn_consumed(&mut self, key: &Key) {
        self.consumed.insert(key.clone());
    }

    pub(crate) fn learn_assigned(&mut self, key: &Key) {
        self.assigned.insert(key.clone());
    }

    pub(crate) fn learn_mutable(&mut self, key: &Key) {
        self.mutable.insert(key.clone());
    }

    pub(crate) fn reads(&self, register: Register) -> bool {
        self.read.contains(&register) || self.writes(register)
    }

    pub(crate) fn writes(&self, register: Register) -> bool {
        self.written.contains(&register)
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, bool)> {
        self.variables.iter().map(|(name, written)| (name.as_str(), *written))
    }

    pub(crate) fn writes_variable(&self, name: &str) -> bool {
        self.variables.get(name).is_some_and(|written| *written)
    }

    pub(crate) fn learn_variable(&mut self, name: &str, written: bool) {
        *self.variables.entry(name.to_owned()).or_default() |= written;
    }

    pub(crate) fn learn_read(&mut self, register: Register) {
        self.read.insert(register);
    }

    pub(crate) fn learn_written(&mut self, register: Register) {
        self.written.insert(register);
    }
}
