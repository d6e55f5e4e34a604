//! The rows of the tables as values, for [`crate::metadata`].

use super::generators_common::why_not_viable;
use super::refusal::Refusal;
use super::{opcode_metadata, uop_ids};
use crate::analysis::model::{Analysis, Instruction, StackEffect, Uop};
use crate::diagnostics::Diagnostic;
use crate::metadata::ExpansionStep;
use crate::source::{Sources, Span};
use std::collections::BTreeMap;

pub(crate) use super::generators_common::{cflags, uops};
pub(crate) use opcode_metadata::format;

/// Popped and pushed, as expressions.
pub(crate) fn stack_effect(
    effects: &[StackEffect],
    sources: &Sources,
    place: Span,
) -> Result<(String, String), Diagnostic> {
    opcode_metadata::stack_effect(effects.iter(), sources, place).map_err(Refusal::into_diagnostic)
}

/// What tier 2 makes of an instruction; empty where it does not, and for superinstructions that another release puts
/// together in another way.
pub(crate) fn expansion(instruction: &Instruction, analysis: &Analysis, sources: &Sources) -> Vec<ExpansionStep> {
    let found = opcode_metadata::expansion_of(instruction, analysis, sources).ok().flatten();
    let step = |(uop, operand, offset)| ExpansionStep { uop, operand, offset };
    found.unwrap_or_default().into_iter().map(step).collect()
}

/// The numbers of uops; those made from an `inst` have the instruction's.
pub(crate) fn uop_numbers(analysis: &Analysis) -> Result<BTreeMap<&str, u32>, Diagnostic> {
    let (rows, _) = uop_ids::numbers(analysis, false).map_err(Refusal::into_diagnostic)?;
    let number = |value| match value {
        uop_ids::Number::Own(number) => Some(number),
        uop_ids::Number::Of(name) => analysis.opmap.get(name).copied().map(u32::from),
    };
    Ok(rows.into_iter().filter_map(|(name, value)| Some((name, number(value)?))).collect())
}

/// Whether `pycore_uop_metadata.h` has a row for it.
pub(crate) fn is_in_tier2(uop: &Uop) -> bool {
    why_not_viable(uop).is_none() && uop.properties.tier != Some(1)
}
