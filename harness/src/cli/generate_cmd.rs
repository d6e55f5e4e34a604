//! `bodywork generate`: writes the Rust files, or says what would change.

use std::path::{Path, PathBuf};

use clap::Args;
use inputs::Inputs;
use translator::source::SourceFile;

use super::{Failure, Global, Outcome, Ui, Verdict};
use crate::coverage::coverage;
use crate::generate::{differences, outputs, write};
use crate::pipeline::{Pipeline, PipelineError};

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
    let mut text = String::new();
    for name in &changed {
        let verb = if args.check { "would change" } else { "wrote" };
        text += &format!("{verb} {}\n", args.out.join(name).display());
    }
    if changed.is_empty() {
        text += &format!("{} is up to date\n", args.out.display());
    }
    text.push('\n');
    let generated: String = outputs.iter().map(|o| o.text.as_str()).collect();
    text += &coverage(&pipeline, &generated).text(20);
    ui.print(&text)?;
    Ok(if args.check && !changed.is_empty() { Verdict::Findings } else { Verdict::Clean })
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

fn read(path: &Path) -> Result<SourceFile, Failure> {
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
