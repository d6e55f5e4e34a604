//! `bodywork tables`: all metadata of a release, as values and as JSON.

use crate::pipeline::{PipelineError, read};
use inputs::Inputs;
use serde_json::{Map, Value, json};
use translator::analysis::Release;
use translator::caches::{CacheStruct, Caches, read_caches};
use translator::metadata::{ExpansionStep, Metadata, OpcodeRow, PseudoRow, UopRow, metadata};
use translator::source::{SourceFile, Sources};

/// The tables of a release.
#[derive(Clone, Debug)]
pub struct Tables {
    pub release: String,
    pub metadata: Metadata,
    /// None where there is no `pycore_code.h`.
    pub caches: Option<Caches>,
}

impl Tables {
    /// Of the located inputs.
    ///
    /// # Errors
    /// Inputs that are missing, definitions or layouts that do not parse or make no sense.
    pub fn of_inputs(inputs: &Inputs) -> Result<Self, PipelineError> {
        let definitions = inputs.definitions()?;
        let release = inputs.release();
        let analyser = Release::named(&release.version);
        Self::new(&release.to_string(), &analyser, vec![definitions.bytecodes], Some(definitions.caches))
    }

    /// Of definition files, later ones overriding earlier ones, and the header with the caches where there is one.
    ///
    /// # Errors
    /// As [`Tables::of_inputs`].
    pub fn new(
        release: &str,
        analyser: &Release,
        files: Vec<SourceFile>,
        caches: Option<SourceFile>,
    ) -> Result<Self, PipelineError> {
        let (sources, _, analysis) = read(files, analyser)?;
        let metadata = match metadata(&analysis, &sources) {
            Ok(metadata) => metadata,
            Err(refusal) => return Err(PipelineError::Diagnostics(vec![refusal], sources)),
        };
        let caches = caches.map(layouts).transpose()?;
        Ok(Self { release: release.to_owned(), metadata, caches })
    }

    /// In the format that `bodywork tables --help` describes.
    pub fn json(&self) -> Value {
        let metadata = &self.metadata;
        json!({
            "release": self.release,
            "have_argument": metadata.have_argument,
            "min_specialized_opcode": metadata.min_specialized_opcode,
            "min_instrumented_opcode": metadata.min_instrumented_opcode,
            "opcodes": object(&metadata.opcodes, opcode),
            "uops": object(&metadata.uops, uop),
            "families": object(&metadata.families, |members| json!(members)),
            "pseudos": object(&metadata.pseudos, pseudo),
            "caches": self.caches.as_ref().map_or_else(|| json!({}), caches),
        })
    }
}

/// Reads the layouts of caches.
///
/// # Errors
/// A header without them, or with something else in them.
pub fn layouts(file: SourceFile) -> Result<Caches, PipelineError> {
    let mut sources = Sources::default();
    let id = sources.add(file);
    read_caches(&sources, id).map_err(|errors| PipelineError::Diagnostics(errors, sources))
}

fn object<'a, T: 'a>(rows: impl IntoIterator<Item = (&'a String, &'a T)>, one: impl Fn(&T) -> Value) -> Value {
    Value::Object(rows.into_iter().map(|(name, row)| (name.clone(), one(row))).collect::<Map<_, _>>())
}

fn opcode(row: &OpcodeRow) -> Value {
    json!({
        "id": row.id,
        "popped": row.popped,
        "pushed": row.pushed,
        "format": row.format,
        "flags": row.flags,
        "cache_entries": row.cache_entries,
        "deopt": row.deopt,
        "family": row.family,
        "uops": row.expansion.iter().map(step).collect::<Vec<_>>(),
    })
}

/// A size is a number; another kind of operand has a name.
fn step(step: &ExpansionStep) -> Value {
    let size = step.operand.parse::<u32>().map_or_else(|_| json!(step.operand), |size| json!(size));
    json!([step.uop, size, step.offset])
}

fn uop(row: &UopRow) -> Value {
    let replicated = match (row.replicated.start, row.replicated.end) {
        (0, 0) => Value::Null,
        (0, count) => json!(count),
        (start, end) => json!([start, end]),
    };
    json!({
        "id": row.id,
        "popped": row.popped,
        "pushed": row.pushed,
        "flags": row.flags,
        "replicated": replicated,
        "tier2": row.in_tier2,
    })
}

fn pseudo(row: &PseudoRow) -> Value {
    json!({
        "id": row.id,
        "popped": row.popped,
        "pushed": row.pushed,
        "flags": row.flags,
        "targets": row.targets,
        "as_sequence": row.as_sequence,
    })
}

fn caches(caches: &Caches) -> Value {
    let one = |layout: &CacheStruct| {
        let names = caches.entries.iter().filter(|(_, name)| **name == layout.name).map(|(entries, _)| entries);
        json!({
            "fields": layout.fields.iter().map(|f| json!([f.name, f.size])).collect::<Vec<_>>(),
            "offsets": layout.fields.iter().map(|f| (f.name.clone(), json!(f.offset))).collect::<Map<_, _>>(),
            "codeunits": layout.size,
            "entries": names.collect::<Vec<_>>(),
        })
    };
    object(&caches.structs, one)
}
