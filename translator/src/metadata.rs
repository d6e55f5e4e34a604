//! The metadata of a release as values: what `opcode_ids.h`, `pycore_opcode_metadata.h`, `pycore_uop_ids.h`,
//! `pycore_uop_metadata.h` and `_opcode_metadata.py` say, under CPython's names. The C back end writes the same facts as
//! text; both take them from the same functions.

use crate::analysis::model::{Analysis, Properties, StackEffect, StackItem, Uop};
use crate::cgen::rows;
use crate::diagnostics::Diagnostic;
use crate::source::Sources;
use indexmap::IndexMap;

/// Everything that is known of the definitions but their bodies. Maps keep the order of definition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    pub opcodes: IndexMap<String, OpcodeRow>,
    pub uops: IndexMap<String, UopRow>,
    /// The members of each family, by its head, which is not among them.
    pub families: IndexMap<String, Vec<String>>,
    pub pseudos: IndexMap<String, PseudoRow>,
    /// Opcodes from this one on have an argument.
    pub have_argument: u16,
    /// Specialised forms come from this one on.
    pub min_specialized_opcode: u16,
    pub min_instrumented_opcode: u16,
}

/// A real instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpcodeRow {
    pub id: u16,
    /// How many items it takes off the stack: a number, or an expression in `oparg`.
    pub popped: String,
    /// How many it leaves in their place.
    pub pushed: String,
    /// `INSTR_FMT_IBC0`
    pub format: String,
    /// `HAS_ARG_FLAG`, …
    pub flags: Vec<String>,
    /// In code units.
    pub cache_entries: u32,
    /// The unspecialised form; itself where it is none's special form.
    pub deopt: String,
    /// The head of its family, which the head belongs to as well.
    pub family: Option<String>,
    /// What tier 2 makes of it; empty where it does not.
    pub expansion: Vec<ExpansionStep>,
}

/// A uop of a macro expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpansionStep {
    pub uop: String,
    /// The size of the cache entry that it reads in code units (`4`), or how else it finds its operand (`OPARG_SIMPLE`).
    pub operand: String,
    /// Where the cache entry lies, in code units from the first.
    pub offset: i32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UopRow {
    /// None for those that tier 1 alone has.
    pub id: Option<u32>,
    /// As for instructions; what is only looked at counts neither here nor there.
    pub popped: String,
    pub pushed: String,
    pub flags: Vec<String>,
    /// From how many on, and up to how many copies there are of it, one for each small `oparg`; empty for most.
    pub replicated: std::ops::Range<u32>,
    /// Whether tier 2 can run it, which is when CPython's tables list it.
    pub in_tier2: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PseudoRow {
    pub id: u16,
    pub popped: String,
    pub pushed: String,
    pub flags: Vec<String>,
    /// What it can become, or the instructions that it becomes one after another.
    pub targets: Vec<String>,
    pub as_sequence: bool,
}

/// Collects the metadata.
///
/// # Errors
/// What the C back end refuses to tabulate: sizes that are no expressions, two uops of one name.
pub fn metadata(analysis: &Analysis, sources: &Sources) -> Result<Metadata, Diagnostic> {
    let mut metadata = Metadata {
        families: analysis.families.values().map(|f| (f.name.clone(), f.members.clone())).collect(),
        have_argument: analysis.have_arg,
        min_specialized_opcode: analysis.opmap.get("RESUME").map_or(0, |resume| resume + 1),
        min_instrumented_opcode: analysis.min_instrumented,
        ..Metadata::default()
    };
    for instruction in analysis.instructions.values() {
        let effects: Vec<StackEffect> =
            rows::uops(instruction, analysis).map(|uop| without_conditions(&uop.stack)).collect();
        let (popped, pushed) = rows::stack_effect(&effects, sources, instruction.name_span)?;
        let deopt = instruction.family.as_ref().unwrap_or(&instruction.name);
        let row = OpcodeRow {
            id: instruction.opcode,
            popped,
            pushed,
            format: rows::format(instruction),
            flags: flags(&instruction.properties),
            cache_entries: instruction.size.saturating_sub(1),
            deopt: deopt.clone(),
            family: analysis.families.contains_key(deopt).then(|| deopt.clone()),
            expansion: rows::expansion(instruction, analysis, sources),
        };
        metadata.opcodes.insert(instruction.name.clone(), row);
    }
    for pseudo in analysis.pseudos.values() {
        let (popped, pushed) = rows::stack_effect(&[without_conditions(&pseudo.stack)], sources, pseudo.span)?;
        // A flag that it is given may also be that of a target.
        let mut flags = flags(&pseudo.properties);
        let given = pseudo.flags.iter().map(|flag| format!("{flag}_FLAG"));
        flags.extend(given.filter(|flag| !flags.contains(flag)).collect::<Vec<_>>());
        let row = PseudoRow {
            id: pseudo.opcode,
            popped,
            pushed,
            flags,
            targets: pseudo.targets.clone(),
            as_sequence: pseudo.as_sequence,
        };
        metadata.pseudos.insert(pseudo.name.clone(), row);
    }
    add_uops(&mut metadata, analysis, sources)?;
    Ok(metadata)
}

fn add_uops(metadata: &mut Metadata, analysis: &Analysis, sources: &Sources) -> Result<(), Diagnostic> {
    let numbers = rows::uop_numbers(analysis)?;
    for uop in analysis.uops.values() {
        let (popped, pushed) = uop_effect(uop, sources)?;
        let row = UopRow {
            id: numbers.get(uop.name.as_str()).copied(),
            popped,
            pushed,
            flags: flags(&uop.properties),
            replicated: uop.replicated.clone(),
            in_tier2: rows::is_in_tier2(uop),
        };
        metadata.uops.insert(uop.name.clone(), row);
    }
    Ok(())
}

/// Items that are inputs and outputs at once stay where they are.
fn uop_effect(uop: &Uop, sources: &Sources) -> Result<(String, String), Diagnostic> {
    let mut effect = without_conditions(&uop.stack);
    // They lie at the bottom; what lies above one that stays counts.
    let staying = |items: &[StackItem]| items.iter().take_while(|item| item.peek).count();
    let inputs = effect.inputs.len() - effect.inputs.iter().rev().take_while(|item| !item.peek).count();
    let outputs = staying(&effect.outputs).min(inputs);
    effect.inputs.drain(..inputs);
    effect.outputs.drain(..outputs);
    rows::stack_effect(&[effect], sources, uop.name_span)
}

/// 3.12 and 3.13 have items that are there under a condition: they count as arrays of none or one.
fn without_conditions(effect: &StackEffect) -> StackEffect {
    let plain = |item: &StackItem| match &item.condition {
        Some(condition) => {
            StackItem { size: Some(format!("(({condition}) ? 1 : 0)")), condition: None, ..item.clone() }
        }
        None => item.clone(),
    };
    StackEffect {
        inputs: effect.inputs.iter().map(plain).collect(),
        outputs: effect.outputs.iter().map(plain).collect(),
    }
}

fn flags(properties: &Properties) -> Vec<String> {
    let text = rows::cflags(properties);
    if text == "0" { Vec::new() } else { text.split(" | ").map(str::to_owned).collect() }
}
