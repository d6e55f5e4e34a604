//! Uops of `inst` and `op` definitions, and labels (`analyzer.py`, `make_uop`, `add_op`, `desugar_inst`, `add_label`).

use super::model::{Label, Part, Uop};
use super::properties::{self, Code, first_token};
use super::stack::{self, Effects};
use super::tokens::for_each_token;
use super::{Analyser, Check};
use crate::diagnostics::Diagnostic;
use crate::dsl::ast::{Annotation, Context, InputEffect, InstDef, LabelDef};
use crate::dsl::token::Token;
use crate::source::Span;
use std::ops::Range;

/// A replica for each value of oparg that is this small.
const MOST_REPLICAS: u32 = 256;

impl<'a> Analyser<'a> {
    pub(crate) fn add_op(&mut self, def: &'a InstDef) -> Check {
        if let Some((previous, context)) = self.defined.get(def.name.as_str()) {
            if !def.annotations.iter().any(|annotation| annotation.text == "override") {
                return Err(self.duplicate(def, *previous, context));
            }
            // CPython's instruction would keep the old body, which its tables of uops no longer have.
            if self.analysis.instructions.contains_key(&def.name) {
                let message = format!("An op cannot override the inst '{}'", def.name);
                let error = Diagnostic::new("A-024", def.name_span, message).also(*previous, "the inst");
                return Err(Box::new(error.note("override an inst with an inst")));
            }
        }
        let uop = self.uop(def.name.clone(), def, &def.inputs)?;
        self.add_uop(uop, def);
        Ok(())
    }

    fn duplicate(&self, def: &InstDef, previous: Span, context: &Context) -> Box<Diagnostic> {
        let place = |context: &Context, span: Span| {
            let range = context.range();
            format!("<{}: {}-{}>", self.sources.get(span.file).name, range.start, range.end)
        };
        let message = format!(
            "Duplicate definition of '{}' @ {} previous definition @ {}",
            def.name,
            place(&def.context, def.span),
            place(context, previous)
        );
        let error = Diagnostic::new("A-020", def.name_span, message)
            .also(previous, "the previous definition")
            .note("a definition that replaces another is marked `override`");
        Box::new(error.cpython_points_at(first_token(&def.context, def.name_span)))
    }

    /// An `inst` is an instruction of one uop; its unused cache entries are the instruction's.
    pub(crate) fn add_inst(&mut self, def: &'a InstDef) -> Check {
        let mut parts = Vec::new();
        let mut inputs = Vec::new();
        let mut place = None;
        for input in &def.inputs {
            match input {
                InputEffect::Cache(cache) if cache.name == "unused" => parts.push(Part::Skip(cache.size)),
                other => {
                    inputs.push(other.clone());
                    place.get_or_insert(parts.len());
                }
            }
        }
        let mut uop = self.uop(format!("_{}", def.name), def, &inputs)?;
        uop.implicitly_created = true;
        parts.insert(place.unwrap_or(parts.len()), Part::Uop(def.name.clone()));
        self.add_uop(uop, def);
        self.add_instruction(&def.name, parts, def.span, def.name_span);
        Ok(())
    }

    fn uop(&self, name: String, def: &InstDef, inputs: &[InputEffect]) -> Result<Uop, Box<Diagnostic>> {
        let stack = stack::stack_effect(self.sources, self.release, Effects::of(def))?;
        let caches = stack::cache_entries(inputs)?;
        let local_stores = stack::local_stores(self.sources, self.release, def)?;
        let properties = properties::compute(self.sources, self.release, &Code::of_inst(def))?;
        Ok(Uop {
            name,
            annotations: def.annotations.iter().map(|annotation| annotation.text.clone()).collect(),
            stack,
            caches,
            local_stores,
            body: def.block.clone(),
            properties,
            implicitly_created: false,
            replicated: replicas(def)?,
            replicates: None,
            instruction_size: None,
            span: def.span,
            name_span: def.name_span,
        })
    }

    /// Adds a uop under the definition's name. Its replicas come before it.
    fn add_uop(&mut self, uop: Uop, def: &'a InstDef) {
        let size = self.first_instruction_size(&uop);
        for oparg in uop.replicated.clone() {
            let name = format!("{}_{oparg}", uop.name);
            let mut replica = uop.clone();
            replica.name.clone_from(&name);
            replica.replicated = 0..0;
            replica.replicates = Some(def.name.clone());
            replica.properties.oparg = false;
            replica.properties.const_oparg = Some(oparg);
            replica.implicitly_created = false;
            self.note_size(&name, size);
            self.analysis.uops.insert(name, replica);
        }
        self.note_size(&def.name, size);
        self.defined.insert(&def.name, (def.name_span, &def.context));
        self.analysis.uops.insert(def.name.clone(), uop);
    }

    fn note_size(&mut self, key: &str, size: Option<Token>) {
        match size {
            Some(token) => self.asks_size.insert(key.to_owned(), token),
            None => self.asks_size.remove(key),
        };
    }

    fn first_instruction_size(&self, uop: &Uop) -> Option<Token> {
        let mut found = None;
        for_each_token(&uop.body, &mut |token| {
            if found.is_none() && self.sources.text(token.span) == "INSTRUCTION_SIZE" {
                found = Some(*token);
            }
        });
        found
    }

    pub(crate) fn add_label(&mut self, def: &LabelDef) -> Check {
        let properties = properties::compute(self.sources, self.release, &Code::of_label(def))?;
        let label =
            Label { name: def.name.clone(), spilled: def.spilled, body: def.block.clone(), properties, span: def.span };
        self.analysis.labels.insert(def.name.clone(), label);
        Ok(())
    }
}

/// The opargs for which there are replicas: `replicate(4)` is 0 to 3, `replicate(2:4)` is 2 and 3.
///
/// # Errors
/// `A-025` for numbers that are not decimal, or too large.
fn replicas(def: &InstDef) -> Result<Range<u32>, Box<Diagnostic>> {
    let written = |annotation: &'_ Annotation| {
        let count = annotation.text.strip_prefix("replicate(")?.strip_suffix(')')?.to_owned();
        Some((count, annotation.span))
    };
    let Some((text, span)) = def.annotations.iter().find_map(written) else { return Ok(0..0) };
    let number = |text: &str| text.parse().ok().filter(|number| *number <= MOST_REPLICAS);
    let (start, end) = text.split_once(':').unwrap_or(("0", &text));
    match (number(start), number(end)) {
        (Some(start), Some(end)) => Ok(start..end),
        _ => {
            let message = format!("'{text}' is no count of replicas: up to {MOST_REPLICAS}, in decimal digits");
            Err(Box::new(Diagnostic::new("A-025", span, message)))
        }
    }
}
