//! `bodywork coverage`: the gauge.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::generate_cmd::{GENERATED, body_text, checked_in, ledgers, pipeline};
use super::{Failure, Global, Outcome, Ui, Verdict};
use crate::coverage::{Coverage, Texts, coverage};
use crate::floor;
use crate::generate::outputs;
use crate::html::{Page, html};
use crate::ledger::{self, FOLDER, Ledgers};
use crate::pipeline::Pipeline;

const EXAMPLES: &str = "\
Examples:
  bodywork coverage                 the counts, and the refusals that cost most
  bodywork coverage --by opcode     each refused body with its reasons
  bodywork coverage --html FILE     a page: heat map of the opcodes, C beside Rust, the floor's history
  bodywork coverage --json          everything, for programs";

/// Arguments of `bodywork coverage`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct CoverageArgs {
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Write a page without external assets here
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
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
    let ledgers = ledgers(&args.out, &pipeline)?;
    let coverage = coverage(&pipeline, texts, &ledgers);
    if let Some(path) = &args.html {
        let with_tier2 = outputs.iter().filter(|o| ["bodies.rs", "labels.rs", "tier2.rs"].contains(&o.name.as_str()));
        let all: String = with_tier2.map(|o| o.text.as_str()).collect();
        write_page(path, &pipeline, &coverage, &ledgers, &all)?;
        ui.say(&format!("wrote {}", path.display()));
    }
    let text = match (args.json, args.by) {
        (true, _) => format!("{:#}\n", coverage.json()),
        (false, Some(By::Reason)) => coverage.text(usize::MAX),
        (false, Some(By::Opcode)) => format!("{}\n{}", coverage.text(0), coverage.refused.by_body()),
        (false, None) => coverage.text(20),
    };
    let none = !args.json && args.by.is_some() && coverage.refusals().is_empty();
    let text = if none { format!("{}\n\nNo body is refused.\n", text.trim_end()) } else { text };
    ui.print(&text)?;
    let below = if args.out == Path::new(GENERATED) { below_floor(&coverage)? } else { String::new() };
    if below.is_empty() {
        return Ok(Verdict::Clean);
    }
    ui.error(&below);
    Ok(Verdict::Findings)
}

/// The page: from the reader's own inputs, so it may show their C.
fn write_page(
    path: &Path,
    pipeline: &Pipeline,
    coverage: &Coverage,
    ledgers: &Ledgers,
    functions: &str,
) -> Result<(), Failure> {
    let folder = Path::new(FOLDER);
    let floor = floor::read(folder).unwrap_or_default();
    let history = floor::history(folder).map_err(Failure::Message)?;
    let functions = ledger::functions(functions);
    let page = Page { pipeline, coverage, ledgers, floor: &floor, history: &history, functions: &functions };
    std::fs::write(path, html(page)).map_err(|e| Failure::Message(format!("cannot write {}: {e}", path.display())))
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
