//! `bodywork validate`: each body's C and Rust on the same inputs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::generate_cmd::pipeline;
use super::{Failure, Global, Outcome, Ui, Verdict};
use crate::ledger::FOLDER;
use crate::pipeline::Pipeline;
use crate::validate::{self, KNOWN, Outcome as Body, Report, Request, Seeds};

const EXAMPLES: &str = "\
Both sides run in a recording world that is generated from the rules: helpers log their arguments and return what a
script says. Compared are the calls with their arguments, how the body is left, the stack, the frame, members that
changed, and every reference count. Needs `cc` and `rustc`.

Examples:
  bodywork validate                            every body
  bodywork validate --record                   and writes harness/validated.json, which `bodywork coverage` counts
  bodywork validate _BINARY_OP_ADD_INT         one body
  bodywork validate _DO_CALL --seeds 5000      one body, many inputs
  bodywork validate --mutants 4                does the comparison notice damage?
  bodywork validate _DO_CALL --keep DIR        keeps the C file, the Rust crate, both programs and traces";

/// Arguments of `bodywork validate`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ValidateArgs {
    /// Uops, instructions that are one uop, or labels [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// How many inputs each body gets at least: one with many branches gets up to sixteen times as many
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(i64).range(1..1_000_000))]
    seeds: i64,
    /// The first input's number
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: i64,
    /// Damage the C of each body in this many ways, one at a time, and count what is noticed
    #[arg(long, default_value_t = 0, value_name = "N")]
    mutants: usize,
    /// List the conditions that went one way only
    #[arg(long)]
    branches: bool,
    /// Write which bodies agree to harness/validated.json
    #[arg(long, conflicts_with = "names")]
    record: bool,
    /// Keep everything that is generated in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

pub(super) fn run(args: &ValidateArgs, global: &Global, ui: &Ui) -> Outcome {
    let pipeline = pipeline(&[], global, ui)?;
    for name in &args.names {
        if !pipeline.translation.uops.contains_key(name) && !pipeline.translation.labels.contains_key(name) {
            return Err(Failure::Message(format!(
                "no body is called `{name}`; `bodywork explain` shows the uops that an instruction is made of"
            )));
        }
    }
    let temporary = std::env::temp_dir().join(format!("bodywork-validate-{}", std::process::id()));
    let folder = args.keep.clone().unwrap_or_else(|| temporary.clone());
    let request = Request {
        names: &args.names,
        seeds: Seeds { first: args.seed, count: args.seeds },
        mutants: args.mutants,
        folder: &folder,
    };
    let report = validate::validate(&pipeline, request, &mut |what| ui.say(what));
    if args.keep.is_none() {
        // Nothing is lost if it stays.
        let _ = std::fs::remove_dir_all(&temporary);
    }
    let report = report.map_err(|e| Failure::Message(e.to_string()))?;
    ui.print(&text(&report, args))?;
    if args.record {
        record(&pipeline, &report)?;
    }
    Ok(if report.is_clean() { Verdict::Clean } else { Verdict::Findings })
}

fn record(pipeline: &Pipeline, report: &Report) -> Result<(), Failure> {
    let text = validate::record(pipeline, report).map_err(Failure::Message)?;
    let path = Path::new(FOLDER).join(crate::ledger::VALIDATED);
    std::fs::write(&path, text).map_err(|e| Failure::Message(format!("cannot write {}: {e}", path.display())))
}

fn text(report: &Report, args: &ValidateArgs) -> String {
    let mut out = String::new();
    for verdict in &report.verdicts {
        let known = KNOWN.iter().find(|k| k.0 == verdict.name);
        let _ = match (&verdict.outcome, known) {
            (Body::Agrees, None) => Ok(()),
            (Body::Agrees, Some(_)) => writeln!(out, "{}: agrees, but is listed as one that differs", verdict.name),
            (Body::Differs { seeds, .. }, Some((_, why))) => {
                writeln!(out, "{}: the traces part on {seeds} inputs, as is known: {why}", verdict.name)
            }
            (Body::Differs { seed, text, seeds }, None) => {
                writeln!(out, "{}: the traces part on {seeds} inputs, first on seed {seed}\n{text}", verdict.name)
            }
            (Body::LeftOut(why), _) => writeln!(out, "{}: not run: {why}", verdict.name),
        };
        for (condition, way) in verdict.not_taken.iter().filter(|_| args.branches) {
            let _ = writeln!(out, "{}: never {way}: {condition}", verdict.name);
        }
    }
    if let Some(mutation) = &report.mutation {
        for (name, what) in &mutation.survivors {
            let _ = writeln!(out, "{name}: not noticed: {what}");
        }
        let _ = writeln!(
            out,
            "{} of {} damaged bodies noticed; {} more were no C",
            mutation.caught,
            mutation.total(),
            mutation.refused
        );
    }
    let (taken, ways) = report.ways();
    let (agreeing, all) = (report.agreeing().count(), report.verdicts.len());
    let _ = writeln!(
        out,
        "{agreeing} of {all} bodies agree on {} inputs and more; {taken} of {ways} ways of branches taken",
        args.seeds
    );
    out
}
