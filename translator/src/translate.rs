//! All bodies of an analysis: C text -> C tree -> Rust, each on its own. One refused body never hides the others.

use crate::analysis::model::{Analysis, Label, Uop};
use crate::c_ast::{Configuration, parse_body, preprocess};
use crate::diagnostics::Diagnostic;
use crate::dsl::ast::Block;
use crate::lower::{Item, Lowered, lower};
use crate::source::{Sources, Span};
use crate::subset::Rules;
use indexmap::IndexMap;

/// One body: its Rust, or why there is none.
pub type Outcome = Result<Lowered, Vec<Diagnostic>>;

/// Bodies by the key of their uop, in the order of definition.
pub type Outcomes = IndexMap<String, Outcome>;

#[derive(Clone, Debug, Default)]
pub struct Translation {
    /// By the key of the uop in the analysis, in the order of definition. Replicas and tier-2 uops are not among them.
    pub uops: Outcomes,
    pub labels: Outcomes,
    /// Uops that only the second tier runs.
    pub tier2: Outcomes,
}

/// Translates every tier-1 body.
pub fn translate(analysis: &Analysis, sources: &Sources, rules: &Rules, configuration: &Configuration) -> Translation {
    let uops = analysis.uops.iter().filter(|(_, u)| is_tier1(u));
    Translation {
        uops: uops.map(|(key, u)| (key.clone(), translate_uop(u, sources, rules, configuration))).collect(),
        labels: analysis
            .labels
            .values()
            .map(|l| (l.name.clone(), translate_label(l, sources, rules, configuration)))
            .collect(),
        tier2: IndexMap::new(),
    }
}

/// Translates the bodies of the other tiers: those of an optimizer's definitions, or of the uops that only tier 2 has.
pub fn translate_uops<'a>(
    uops: impl Iterator<Item = (&'a String, &'a Uop)>,
    sources: &Sources,
    rules: &Rules,
    configuration: &Configuration,
) -> Outcomes {
    uops.map(|(key, uop)| (key.clone(), translate_uop(uop, sources, rules, configuration))).collect()
}

/// Replicas share their original's body; tier-2 uops have no place in a bytecode interpreter.
pub fn is_tier1(uop: &Uop) -> bool {
    uop.replicates.is_none() && uop.properties.tier != Some(2)
}

fn translate_uop(uop: &Uop, sources: &Sources, rules: &Rules, configuration: &Configuration) -> Outcome {
    let item = Item {
        name: &uop.name,
        inputs: &uop.stack.inputs,
        outputs: &uop.stack.outputs,
        caches: &uop.caches,
        instruction_size: uop.instruction_size,
        is_label: false,
        span: uop.name_span,
    };
    translate_body(item, &uop.body, sources, rules, configuration)
}

fn translate_label(label: &Label, sources: &Sources, rules: &Rules, configuration: &Configuration) -> Outcome {
    let item = Item {
        name: &label.name,
        inputs: &[],
        outputs: &[],
        caches: &[],
        instruction_size: None,
        is_label: true,
        span: label.span,
    };
    translate_body(item, &label.body, sources, rules, configuration)
}

fn translate_body(
    item: Item<'_>,
    block: &Block,
    sources: &Sources,
    rules: &Rules,
    configuration: &Configuration,
) -> Outcome {
    let span = body_span(block);
    let text = preprocess(sources.text(span), span.file, span.start, configuration).map_err(|e| vec![e])?;
    let statements = parse_body(&text, span.file, span.start)?;
    lower(item, &statements, rules)
}

/// The braces of a body and what is between them.
pub fn body_span(block: &Block) -> Span {
    block.open.span.to(block.close.span)
}
