//! A release by what a person calls it: a checkout, a file of definitions, or a release that the packages have.

use crate::pipeline::{Pipeline, PipelineError};
use crate::tables::Tables;
use inputs::{Inputs, InputsError, Options, SourceKind};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use translator::analysis::Release;
use translator::metadata::metadata;
use translator::source::SourceFile;

/// A release, read and translated.
#[derive(Debug)]
pub struct Side {
    /// As it was asked for.
    pub name: String,
    pub pipeline: Pipeline,
    pub tables: Tables,
    /// Lifted from generated cases alone: no header says which pseudo instructions, uops of tier 2 and caches there are.
    pub without_headers: bool,
    /// What a reader has to know of it.
    pub notes: Vec<String>,
}

/// Why a release cannot be read.
#[derive(Debug)]
pub enum OpenError {
    Pipeline(PipelineError),
    /// Neither a folder, nor a file, nor a release that the packages have.
    Unknown(String),
    Read(String),
}

impl From<PipelineError> for OpenError {
    fn from(error: PipelineError) -> Self {
        Self::Pipeline(error)
    }
}

impl From<InputsError> for OpenError {
    fn from(error: InputsError) -> Self {
        Self::Pipeline(error.into())
    }
}

/// The releases that the packages have an interpreter of without headers.
const LATER: [&str; 2] = ["3.15", "3.16"];

/// Opens a checkout (a folder), definitions (a file), or the lifted definitions of a release.
///
/// # Errors
/// When there is nothing of that name, or it cannot be read.
pub fn open(name: &str, options: &Options) -> Result<Side, OpenError> {
    let path = Path::new(name);
    if path.is_dir() {
        let options = Options { cpython: Some(path.to_path_buf()), ..options.clone() };
        return of_inputs(name, &Inputs::locate(&options)?);
    }
    if path.is_file() {
        return of_file(name, path);
    }
    let packages = Options { cpython: None, from: Some(SourceKind::Packages), ..options.clone() };
    let inputs = Inputs::locate(&packages)?;
    if name == inputs.pins().release {
        return of_inputs(name, &inputs);
    }
    if LATER.contains(&name) {
        return of_later(name, &inputs);
    }
    Err(OpenError::Unknown(format!(
        "`{name}` is neither a CPython checkout nor a file of definitions, and the packages have {} and {} only",
        inputs.pins().release,
        LATER.join(", ")
    )))
}

fn of_inputs(name: &str, inputs: &Inputs) -> Result<Side, OpenError> {
    side(name, Pipeline::run(inputs)?)
}

fn of_file(name: &str, path: &Path) -> Result<Side, OpenError> {
    let text = fs::read_to_string(path).map_err(|error| OpenError::Read(format!("cannot read {name}: {error}")))?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let mut side = side(name, Pipeline::run_on(name, vec![SourceFile::new(&file, &text)])?)?;
    side.notes.push(format!("{name} is read by the rules of 3.14; it says nothing of cache layouts"));
    Ok(side)
}

fn of_later(name: &str, inputs: &Inputs) -> Result<Side, OpenError> {
    let lifted = inputs.lift_release(name)?;
    let file = SourceFile::new(&format!("bytecodes.c of {name}, lifted"), &lifted.definitions);
    let pipeline = Pipeline::run_as(name, &Release::named(name), vec![file], None)?;
    let mut side = side(name, pipeline)?;
    let numbers = targets(&inputs.cinder(name)?.targets.read()?.text);
    for (instruction, row) in &mut side.tables.metadata.opcodes {
        if let Some(number) = numbers.get(instruction) {
            row.id = *number;
        }
    }
    side.tables.metadata.opcodes.shift_remove(OWN_INSTRUCTION);
    side.without_headers = true;
    let (blocks, labels) = lifted.report.exact();
    side.notes.push(format!(
        "{name} is lifted from its generated interpreter without headers: {blocks} of {} instructions and {labels} of {} \
         labels come back byte for byte; pseudo instructions, uops that only tier 2 has and cache layouts are not known",
        lifted.report.blocks.len(),
        lifted.report.labels.len()
    ));
    Ok(side)
}

/// What the package adds to every release.
pub(crate) const OWN_INSTRUCTION: &str = "EXTENDED_OPCODE";

fn side(name: &str, pipeline: Pipeline) -> Result<Side, OpenError> {
    let rows = match metadata(&pipeline.analysis, &pipeline.sources) {
        Ok(rows) => rows,
        Err(refusal) => return Err(PipelineError::Diagnostics(vec![refusal], pipeline.sources).into()),
    };
    let tables = Tables { release: pipeline.release.clone(), metadata: rows, caches: pipeline.caches.clone() };
    Ok(Side { name: name.to_owned(), pipeline, tables, without_headers: false, notes: Vec::new() })
}

/// The first table of `opcode_targets.h`: an address for each number.
fn targets(text: &str) -> BTreeMap<String, u16> {
    let table = text.split_once("[256] = {").map_or("", |(_, table)| table);
    let rows = table.lines().map(str::trim).take_while(|line| *line != "};").filter(|line| line.starts_with("&&"));
    let named = rows.zip(0u16..).filter_map(|(line, number)| {
        let name = line.trim_end_matches(',').strip_prefix("&&TARGET_")?;
        Some((name.to_owned(), number))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::targets;

    #[test]
    fn numbers_are_places_in_the_table_of_targets() {
        let text = "static void *opcode_targets_table[256] = {\n    &&TARGET_CACHE,\n    &&_unknown_opcode,\n    &&TARGET_NOP,\n};\n&&TARGET_LATER,\n";
        let expected = [("CACHE".to_owned(), 0), ("NOP".to_owned(), 2)];
        assert_eq!(targets(text), expected.into());
    }
}
