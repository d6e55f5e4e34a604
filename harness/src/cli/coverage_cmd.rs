//! `bodywork coverage`: the gauge.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::generate_cmd::{GENERATED, body_text, checked_in, ledgers, pipeline};
use super::{Failure, Global, Outcome, Ui, Verdict};
use crate::coverage::{Coverage, Texts, coverage};
use crate::floor;
use crate::generate::outputs;
use crate::ledger::FOLDER;

const EXAMPLES: &str = "\
Examples:
  bodywork coverage                 the counts, and the refusals that cost most
  bodywork coverage --by opcode     each refused body with its reasons
  bodywork coverage --json          everything, for programs";

/// Arguments of `bodywork coverage`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct CoverageArgs {
    /// As JSON
    #[arg(long)]
    json: bool,
    /// List every reason, or every refused body
    #[arg(long, value_name = "WHAT")]
    by: Option<By>,
    /// The generated files to compare with
    #[arg(long, value_name = "DIR", default_value = GENERATED)]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    Reason,
    Opcode,
}

pub(super) fn run(args: &CoverageArgs, global: &Global, ui: &Ui) -> Outcome {
    let pipeline = pipeline(&[], global, ui)?;
    let outputs = outputs(&pipeline.files()).map_err(|e| Failure::Message(e.to_string()))?;
    let texts = Texts { current: &body_text(&outputs), checked_in: &checked_in(&args.out) };
    let coverage = coverage(&pipeline, texts, &ledgers(&args.out, &pipeline)?);
    let text = match (args.json, args.by) {
        (true, _) => format!("{:#}\n", coverage.json()),
        (false, Some(By::Reason)) => coverage.text(usize::MAX),
        (false, Some(By::Opcode)) => format!("{}\n{}", coverage.text(0), coverage.refused.by_body()),
        (false, None) => coverage.text(20),
    };
    ui.print(&text)?;
    let below = if args.out == Path::new(GENERATED) { below_floor(&coverage)? } else { String::new() };
    if below.is_empty() {
        return Ok(Verdict::Clean);
    }
    ui.error(&below);
    Ok(Verdict::Findings)
}

/// What has fallen below the floor, which is that of one release.
fn below_floor(coverage: &Coverage) -> Result<String, Failure> {
    let folder = Path::new(FOLDER);
    if coverage.release != inputs::pins::Pins::load()?.release || !folder.join(floor::FLOOR).exists() {
        return Ok(String::new());
    }
    let least = floor::read(folder).map_err(Failure::Message)?;
    let mut verdict = floor::compare(&least, &floor::measured(coverage));
    verdict.above.clear();
    Ok(verdict.text().trim_end().to_owned())
}
