//! `bodywork coverage`: the gauge.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::generate_cmd::{GENERATED, body_text, checked_in, pipeline};
use super::{Failure, Global, Outcome, Ui, Verdict};
use crate::coverage::{Coverage, coverage};
use crate::generate::outputs;

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
    let coverage = coverage(&pipeline, &body_text(&outputs), &checked_in(&args.out));
    let text = match (args.json, args.by) {
        (true, _) => format!("{:#}\n", coverage.json()),
        (false, Some(By::Reason)) => coverage.text(usize::MAX),
        (false, Some(By::Opcode)) => by_body(&coverage),
        (false, None) => coverage.text(20),
    };
    ui.print(&text)?;
    Ok(Verdict::Clean)
}

fn by_body(coverage: &Coverage) -> String {
    let mut bodies: std::collections::BTreeMap<&str, Vec<String>> = std::collections::BTreeMap::new();
    for refusal in &coverage.refusals {
        for name in &refusal.names {
            bodies.entry(name).or_default().push(format!("{} {}", refusal.code, refusal.reason));
        }
    }
    let mut out = coverage.text(0);
    for (name, reasons) in bodies {
        let _ = writeln!(out, "{name}: {}", reasons.join("; "));
    }
    out
}
