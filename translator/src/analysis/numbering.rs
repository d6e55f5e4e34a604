//! Numbers for opcodes (`analyzer.py`, `assign_opcodes`).

use super::model::{Analysis, Instruction};
use super::releases::Release;
use crate::diagnostics::Diagnostic;
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// Pseudo instructions begin here.
const FIRST_PSEUDO: u16 = 256;

struct Numbers<'a> {
    instructions: &'a IndexMap<String, Instruction>,
    opmap: IndexMap<String, u16>,
    taken: BTreeSet<u16>,
    next: u16,
}

impl Numbers<'_> {
    fn add(&mut self, name: &str) -> Result<(), Box<Diagnostic>> {
        if self.opmap.contains_key(name) {
            return Ok(());
        }
        while !self.taken.insert(self.next) {
            let more = || too_many("There are more instructions than numbers", self.instructions.get(name));
            self.next = self.next.checked_add(1).ok_or_else(more)?;
        }
        self.opmap.insert(name.to_owned(), self.next);
        Ok(())
    }

    fn add_from<'n>(&mut self, first: u16, names: impl Iterator<Item = &'n str>) -> Result<(), Box<Diagnostic>> {
        self.next = first;
        names.into_iter().try_for_each(|name| self.add(name))
    }
}

/// At the first instruction that gets no number.
fn too_many(message: impl Into<String>, first: Option<&Instruction>) -> Box<Diagnostic> {
    let (message, primary) = (message.into(), first.map(|instruction| instruction.span));
    Box::new(Diagnostic { code: "A-030", message, primary, secondary: Vec::new(), note: None })
}

/// Numbers instructions and pseudo instructions: those without an oparg by name, those with one by name, specialised
/// ones by name after `RESUME`, instrumented ones in the order of their definition up to the last.
///
/// # Errors
/// `A-030` when there are more instructions than numbers.
pub(crate) fn assign(analysis: &mut Analysis, release: &Release) -> Result<(), Box<Diagnostic>> {
    let opmap: IndexMap<_, _> = release.fixed.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect();
    let instructions = &analysis.instructions;
    let mut numbers = Numbers { instructions, taken: opmap.values().copied().collect(), opmap, next: 1 };
    let specialised: BTreeSet<&str> =
        analysis.families.values().flat_map(|family| &family.members).map(String::as_str).collect();
    let mut instrumented: Vec<&str> =
        instructions.keys().map(String::as_str).filter(|name| name.starts_with("INSTRUMENTED")).collect();
    if release.implied_instrumented_line {
        instrumented.push("INSTRUMENTED_LINE");
    }
    let plain = |instruction: &&Instruction| {
        !specialised.contains(instruction.name.as_str()) && !instruction.name.starts_with("INSTRUMENTED")
    };
    let (with_arg, without_arg): (Vec<&Instruction>, Vec<&Instruction>) =
        instructions.values().filter(plain).partition(|instruction| instruction.properties.oparg);
    let by_name = |list: &[&Instruction]| {
        let mut names: Vec<String> = list.iter().map(|instruction| instruction.name.clone()).collect();
        names.sort_unstable();
        names
    };
    let min_internal = release.resume() + 1;
    let min_instrumented = usize::from(release.last_instrumented + 1).saturating_sub(instrumented.len());
    if usize::from(min_internal) + specialised.len() >= min_instrumented {
        let (special, instr) = (specialised.len(), instrumented.len());
        let room = min_instrumented.saturating_sub(usize::from(min_internal) + 1);
        let first = specialised.iter().nth(room).or(instrumented.first()).and_then(|name| instructions.get(*name));
        let message = format!("{special} specialised and {instr} instrumented instructions do not fit a byte");
        return Err(too_many(message, first));
    }
    numbers.add_from(1, by_name(&without_arg).iter().chain(&by_name(&with_arg)).map(String::as_str))?;
    numbers.add_from(min_internal, specialised.iter().copied())?;
    numbers.add_from(min_instrumented as u16, instrumented.iter().copied())?;
    let have_arg = without_arg.len();
    let mut opmap = numbers.opmap;

    for instruction in analysis.instructions.values_mut() {
        instruction.opcode = opmap.get(&instruction.name).copied().unwrap_or_default();
    }
    let mut pseudos: Vec<&mut _> = analysis.pseudos.values_mut().collect();
    pseudos.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    for (number, pseudo) in (FIRST_PSEUDO..=u16::MAX).zip(pseudos) {
        pseudo.opcode = number;
        opmap.insert(pseudo.name.clone(), number);
    }
    analysis.opmap = opmap;
    analysis.have_arg = have_arg as u16;
    analysis.min_instrumented = min_instrumented as u16;
    Ok(())
}
