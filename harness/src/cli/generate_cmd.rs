//! `bodywork generate`: writes the Rust files, or says what would change.

use std::path::{Path, PathBuf};

use clap::Args;
use inputs::Inputs;
use translator::source::SourceFile;

use super::{Failure, Global, Outcome, Ui, Verdict};
use crate::appendix;
use crate::coverage::{Coverage, Texts, coverage};
use crate::generate::{Output, differences, outputs, write};
use crate::ledger::{self, Ledgers};
use crate::pipeline::{Pipeline, PipelineError};
use crate::subset_md::subset_md;

/// Where the interpreter's crate keeps its generated part, from the repository's root.
pub(super) const GENERATED: &str = "interp/src/generated";

const EXAMPLES: &str = "\
Examples:
  bodywork generate                            write interp/src/generated, fetching the inputs if need be
  bodywork generate --check                    write nothing; exit code 1 if something would change
  bodywork generate --input my.c --out src/vm  from a definitions file of your own
  bodywork --cpython ../cpython generate --out /tmp/main";

/// Arguments of `bodywork generate`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct GenerateArgs {
    /// Write nothing: say which files would change, with exit code 1 if any would
    #[arg(long)]
    check: bool,
    /// Read these definition files instead of CPython's; later ones may override earlier ones
    #[arg(long, value_name = "FILE", num_args = 1..)]
    input: Vec<PathBuf>,
    /// Write here
    #[arg(long, value_name = "DIR", default_value = GENERATED)]
    out: PathBuf,
}

pub(super) fn run(args: &GenerateArgs, global: &Global, ui: &Ui) -> Outcome {
    let pipeline = pipeline(&args.input, global, ui)?;
    ui.say("formatting");
    let outputs = outputs(&pipeline.files()).map_err(|e| Failure::Message(e.to_string()))?;
    let failed = |e: crate::generate::GenerateError| Failure::Message(e.to_string());
    let changed =
        if args.check { differences(&outputs, &args.out) } else { write(&outputs, &args.out) }.map_err(failed)?;
    let bodies = body_text(&outputs);
    // What was just written is what will be built.
    let built = if args.check { checked_in(&args.out) } else { bodies.clone() };
    let texts = Texts { current: &bodies, checked_in: &built };
    let coverage = coverage(&pipeline, texts, &ledgers(&args.out, &pipeline)?);
    let mut text = String::new();
    let verb = if args.check { "would change" } else { "wrote" };
    let mut stale = Vec::new();
    if args.out == Path::new(GENERATED) && args.input.is_empty() {
        stale = documents(&pipeline, &coverage, args.check)?;
    }
    for name in &stale {
        text += &format!("{verb} {name}\n");
    }
    for name in &changed {
        text += &format!("{verb} {}\n", args.out.join(name).display());
    }
    if changed.is_empty() {
        text += &format!("{} is up to date\n", args.out.display());
    }
    text.push('\n');
    text += &coverage.text(20);
    ui.print(&text)?;
    Ok(if args.check && (!stale.is_empty() || !changed.is_empty()) { Verdict::Findings } else { Verdict::Clean })
}

/// Which C is covered, and the document with the appendix: from the repository's root.
const SUBSET: &str = "SUBSET.md";
const ARCHITECTURE: &str = "ARCHITECTURE.md";

/// Writes SUBSET.md and ARCHITECTURE.md's appendix, or only says which would change.
fn documents(pipeline: &Pipeline, coverage: &Coverage, check: bool) -> Result<Vec<&'static str>, Failure> {
    let mut stale = Vec::new();
    let subset = subset_md(&pipeline.rules, &pipeline.translation, coverage).map_err(Failure::Message)?;
    if document(SUBSET, &subset, check)? {
        stale.push(SUBSET);
    }
    let appendix = appendix::appendix(pipeline).map_err(Failure::Message)?;
    let old = std::fs::read_to_string(ARCHITECTURE)
        .map_err(|e| Failure::Message(format!("cannot read {ARCHITECTURE}: {e}; run this in the repository's root")))?;
    let text = appendix::placed(&old, &appendix).ok_or_else(|| {
        Failure::Message(format!(
            "{ARCHITECTURE} has no place for the appendix; put this line where it begins:\n{}",
            appendix::MARK
        ))
    })?;
    if document(ARCHITECTURE, &text, check)? {
        stale.push(ARCHITECTURE);
    }
    Ok(stale)
}

/// Writes a document that differs, whole or not at all; whether it differs.
fn document(path: &str, text: &str, check: bool) -> Result<bool, Failure> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(false);
    }
    if !check {
        let failed = |e: std::io::Error| Failure::Message(format!("cannot write {path}: {e}"));
        let temporary = format!(".{path}.tmp");
        std::fs::write(&temporary, text).map_err(failed)?;
        std::fs::rename(&temporary, path).map_err(failed)?;
    }
    Ok(true)
}

/// What is recorded of the bodies in this repository; nothing is of files generated elsewhere.
pub(super) fn ledgers(out: &Path, pipeline: &Pipeline) -> Result<Ledgers, Failure> {
    if out != Path::new(GENERATED) {
        return Ok(Ledgers::default());
    }
    Ledgers::read(Path::new(ledger::FOLDER), &pipeline.release).map_err(|e| Failure::Message(e.to_string()))
}

/// The files with the bodies' functions.
const BODIES: [&str; 2] = ["bodies.rs", "labels.rs"];

/// The text of the bodies' functions among the outputs.
pub(super) fn body_text(outputs: &[Output]) -> String {
    outputs.iter().filter(|o| BODIES.contains(&o.name.as_str())).map(|o| o.text.as_str()).collect()
}

/// The text of the bodies' functions as it stands in a folder; nothing where there is none.
pub(super) fn checked_in(dir: &Path) -> String {
    BODIES.iter().filter_map(|name| std::fs::read_to_string(dir.join(name)).ok()).collect()
}

/// Runs the pipeline on the inputs that the command line names; fetches the pinned ones where there are none.
pub(super) fn pipeline(input: &[PathBuf], global: &Global, ui: &Ui) -> Result<Pipeline, Failure> {
    if !input.is_empty() {
        let files = input.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
        return Pipeline::run_on("own definitions", files).map_err(failure);
    }
    let inputs: Inputs = inputs::locate_or_fetch(&global.inputs()?, ui)?;
    Pipeline::run(&inputs).map_err(failure)
}

pub(super) fn read(path: &Path) -> Result<SourceFile, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        Failure::Message(format!(
            "cannot read {}: {e}; `--input` takes files in the language of CPython's bytecodes.c",
            path.display()
        ))
    })?;
    let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    Ok(SourceFile::new(&name, &text))
}

pub(super) fn failure(error: PipelineError) -> Failure {
    match error {
        PipelineError::Inputs(error) => Failure::Inputs(error),
        PipelineError::Rules(error) => Failure::Message(error.to_string()),
        PipelineError::Diagnostics(all, sources) => Failure::Diagnostics(all, sources),
    }
}
