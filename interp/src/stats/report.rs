//! The counts as a value, as text and as JSON.

use super::{COMPLETED, ENTERED, LABELS, MISSED, PAIRS, REACHED, name};
use crate::generated::tables;
use crate::specialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// One instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Opcode {
    /// How often its arm began.
    pub executed: u64,
    /// How often the arm ran all its parts, or began the last one if that always leaves.
    pub completed: u64,
}

/// One specialised form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Form {
    /// Runs whose guards held.
    pub hits: u64,
    /// Runs that went on as the generic form.
    pub misses: u64,
}

/// An instruction and its specialised forms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Family {
    /// Attempts to specialise.
    pub attempts: u64,
    pub successes: u64,
    pub failures: u64,
    pub hits: u64,
    pub misses: u64,
    /// Specialised instructions that became generic again.
    pub deopts: u64,
    pub forms: BTreeMap<&'static str, Form>,
}

/// What ran in this process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Instructions run, of all kinds.
    pub total: u64,
    pub opcodes: BTreeMap<&'static str, Opcode>,
    /// Instruction, the one after it, and how often; the most frequent first.
    pub pairs: Vec<(&'static str, &'static str, u64)>,
    pub labels: BTreeMap<&'static str, u64>,
    pub families: BTreeMap<&'static str, Family>,
}

impl Report {
    /// The counts so far.
    pub(crate) fn take() -> Report {
        let opcodes: BTreeMap<_, _> = (0..=u8::MAX)
            .filter(|&opcode| ENTERED.get(opcode) > 0)
            .map(|opcode| (name(opcode), Opcode { executed: ENTERED.get(opcode), completed: COMPLETED.get(opcode) }))
            .collect();
        let labels = LABELS.iter().enumerate().map(|(index, &label)| (label, REACHED.get(index as u8)));
        Report {
            total: opcodes.values().map(|opcode| opcode.executed).sum(),
            opcodes,
            pairs: pairs(),
            labels: labels.filter(|&(_, count)| count > 0).collect(),
            families: tables::FAMILIES.iter().map(|&(head, forms)| (name(head), family(head, forms))).collect(),
        }
    }

    /// As `interp stats --json` writes it.
    ///
    /// # Errors
    /// None that a program can cause: the value has only names and numbers.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

fn pairs() -> Vec<(&'static str, &'static str, u64)> {
    let all = (0..=u8::MAX).flat_map(|one| (0..=u8::MAX).map(move |two| (one, two, PAIRS[usize::from(one)].get(two))));
    let mut found: Vec<_> = all.filter(|&(.., count)| count > 0).collect();
    found.sort_by_key(|&(one, two, count)| (std::cmp::Reverse(count), one, two));
    found.into_iter().map(|(one, two, count)| (name(one), name(two), count)).collect()
}

fn family(head: u8, forms: &[u8]) -> Family {
    let counts = specialize::counts(head);
    let form = |&opcode: &u8| {
        let misses = MISSED.get(opcode);
        (name(opcode), Form { hits: ENTERED.get(opcode) - misses, misses })
    };
    let forms: BTreeMap<_, _> = forms.iter().map(form).filter(|(_, form)| form.hits + form.misses > 0).collect();
    Family {
        attempts: u64::from(counts.success) + u64::from(counts.failure),
        successes: counts.success.into(),
        failures: counts.failure.into(),
        hits: forms.values().map(|form| form.hits).sum(),
        misses: forms.values().map(|form| form.misses).sum(),
        deopts: counts.deopt.into(),
        forms,
    }
}

/// How many pairs the text shows.
const PAIRS_SHOWN: usize = 20;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} instructions", self.total)?;
        let share = |count: u64| 100.0 * count as f64 / self.total.max(1) as f64;
        let mut opcodes: Vec<_> = self.opcodes.iter().collect();
        opcodes.sort_by_key(|(name, opcode)| (std::cmp::Reverse(opcode.executed), *name));
        for (name, opcode) in opcodes {
            writeln!(f, "{:>12} {:5.1}%  {name}", opcode.executed, share(opcode.executed))?;
        }
        writeln!(f, "\npairs")?;
        for (one, two, count) in self.pairs.iter().take(PAIRS_SHOWN) {
            writeln!(f, "{count:>12} {:5.1}%  {one} {two}", share(*count))?;
        }
        writeln!(f, "\nlabels")?;
        for (label, count) in &self.labels {
            writeln!(f, "{count:>12}         {label}")?;
        }
        writeln!(
            f,
            "\n{:>12} {:>8} {:>8} {:>12} {:>10} {:>8}",
            "attempts", "success", "failure", "hits", "misses", "deopts"
        )?;
        for (name, family) in self.families.iter().filter(|(_, family)| family.attempts + family.hits > 0) {
            let Family { attempts, successes, failures, hits, misses, deopts, .. } = family;
            writeln!(f, "{attempts:>12} {successes:>8} {failures:>8} {hits:>12} {misses:>10} {deopts:>8}  {name}")?;
            for (form, counts) in &family.forms {
                writeln!(f, "{:>43} {:>10} {:>8}    {form}", counts.hits, counts.misses, "")?;
            }
        }
        Ok(())
    }
}
