//! Writes the cases from the lifted definitions again and compares, block by block, every byte.

use super::cases::Cases;
use std::collections::BTreeMap;
use translator::analysis::analyse;
use translator::analysis::model::Analysis;
use translator::cgen::{self, instruction_block, label_block};
use translator::diagnostics::Diagnostic;
use translator::dsl::ast::{Definition, InstDef, MacroPart};
use translator::dsl::{Dialect, parse};
use translator::source::{SourceFile, Sources, Span};

/// How one instruction or label came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Byte for byte.
    Exact,
    /// The first line that differs: as it is in the cases, and as it was written again.
    Differs { expected: String, written: String },
    /// The generator refuses the definition, or one that it needs.
    Refused(String),
}

impl Outcome {
    pub fn is_exact(&self) -> bool {
        *self == Self::Exact
    }
}

/// Definitions, read back.
pub(super) struct ReadBack {
    pub(super) sources: Sources,
    pub(super) analysis: Analysis,
    /// Definitions that were refused, by name, and what was left out with them.
    refused: BTreeMap<String, String>,
}

impl ReadBack {
    /// Reads definitions; those that are refused are left out, with what needs them.
    pub(super) fn new(text: &str) -> Self {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new("bytecodes.c", text));
        let (mut definitions, mut errors) = parse(&sources, file, Dialect::Cpython314);
        let mut refused = BTreeMap::new();
        loop {
            let before = definitions.len();
            // What is wrong with a macro or a family may only follow from what is wrong with a body.
            let in_body = |error: &&Diagnostic| {
                definitions.iter().any(|d| is_body(d) && error.primary.is_some_and(|at| within(at, span(d))))
            };
            let first: Vec<&Diagnostic> = errors.iter().filter(in_body).collect();
            let first = if first.is_empty() { errors.iter().collect() } else { first };
            for error in first {
                leave_out(&mut definitions, error, &mut refused);
            }
            let gone = before > definitions.len();
            match analyse(&sources, &definitions) {
                Ok(analysis) => return Self { sources, analysis, refused },
                Err(found) if gone || errors.is_empty() => errors = found,
                Err(_) => return Self { sources, analysis: Analysis::default(), refused },
            }
        }
    }

    fn refusal(&self, name: &str) -> Outcome {
        let reason = self.refused.get(name).map_or("needs a definition that is refused", String::as_str);
        Outcome::Refused(reason.to_owned())
    }

    pub(super) fn instruction(&self, name: &str, expected: &str) -> Outcome {
        let Some(instruction) = self.analysis.instructions.get(name) else { return self.refusal(name) };
        let (written, error) = instruction_block(instruction, &self.analysis, &self.sources, &cgen::Options::default());
        compare(expected, &written, error)
    }

    pub(super) fn label(&self, name: &str, expected: &str) -> Outcome {
        let Some(label) = self.analysis.labels.get(name) else { return self.refusal(name) };
        let (written, error) = label_block(label, &self.analysis, &self.sources, &cgen::Options::default());
        compare(expected, &written, error)
    }

    pub(super) fn compare(&self, cases: &Cases) -> (BTreeMap<String, Outcome>, BTreeMap<String, Outcome>) {
        let blocks =
            cases.blocks.values().map(|block| (block.name.clone(), self.instruction(&block.name, &block.text)));
        let labels = cases.labels.iter().map(|(name, block)| (name.clone(), self.label(name, &block.text)));
        (blocks.collect(), labels.collect())
    }
}

fn compare(expected: &str, written: &str, error: Option<Diagnostic>) -> Outcome {
    if let Some(error) = error {
        return Outcome::Refused(error.message);
    }
    let (expected, written) = (expected.trim_end(), written.trim_end());
    if expected == written {
        return Outcome::Exact;
    }
    let (mut left, mut right) = (expected.lines(), written.lines());
    loop {
        let (expected, written) = (left.next(), right.next());
        if expected != written || expected.is_none() {
            let line = |line: Option<&str>| line.unwrap_or_default().to_owned();
            return Outcome::Differs { expected: line(expected), written: line(written) };
        }
    }
}

/// Takes out the definition that an error is in, and what cannot be without it.
fn leave_out(definitions: &mut Vec<Definition>, error: &Diagnostic, refused: &mut BTreeMap<String, String>) {
    let Some(at) = error.primary else { return };
    let Some(index) = definitions.iter().position(|definition| within(at, span(definition))) else { return };
    let mut gone = vec![name(&definitions[index]).to_owned()];
    refused.entry(gone[0].clone()).or_insert_with(|| error.message.clone());
    definitions.remove(index);
    while let Some(missing) = gone.pop() {
        definitions.retain_mut(|definition| match definition {
            Definition::Macro(def) => {
                let needs = def.parts.iter().any(|part| matches!(part, MacroPart::Op { name, .. } if *name == missing));
                if needs {
                    let reason = format!("{missing} is refused");
                    refused.entry(def.name.clone()).or_insert(reason);
                    gone.push(def.name.clone());
                }
                !needs
            }
            Definition::Family(def) => {
                def.members.retain(|(member, _)| *member != missing);
                def.name != missing
            }
            Definition::Pseudo(def) => !def.targets.iter().any(|(target, _)| *target == missing),
            _ => true,
        });
    }
}

fn is_body(definition: &Definition) -> bool {
    matches!(definition, Definition::Inst(_) | Definition::Label(_))
}

fn within(inner: Span, outer: Span) -> bool {
    inner.file == outer.file && outer.start <= inner.start && inner.start < outer.end
}

fn span(definition: &Definition) -> Span {
    match definition {
        Definition::Inst(InstDef { span, .. }) => *span,
        Definition::Macro(def) => def.span,
        Definition::Super(def) => def.span,
        Definition::Family(def) => def.span,
        Definition::Pseudo(def) => def.span,
        Definition::Label(def) => def.span,
    }
}

fn name(definition: &Definition) -> &str {
    match definition {
        Definition::Inst(InstDef { name, .. }) => name,
        Definition::Macro(def) => &def.name,
        Definition::Super(def) => &def.name,
        Definition::Family(def) => &def.name,
        Definition::Pseudo(def) => &def.name,
        Definition::Label(def) => &def.name,
    }
}
