//! `bodywork validate`: each body's C and Rust on the same inputs.

use std::path::PathBuf;

use clap::Args;

use super::generate_cmd::pipeline;
use super::{Failure, Global, Outcome, Ui, Verdict};
use crate::validate::{self, Outcome as Body, Seeds};

const EXAMPLES: &str = "\
Both sides run in a recording world that is generated from the rules: helpers log their arguments and return what a
script says, and what a body does to stack, frame, members and reference counts is compared.

Examples:
  bodywork validate                            every body, against the floor
  bodywork validate _BINARY_OP_ADD_INT         one body
  bodywork validate _DO_CALL --seeds 2000      one body, many inputs
  bodywork validate _DO_CALL --keep /tmp/w     keeps the C file, the Rust crate, both programs and traces";

/// Arguments of `bodywork validate`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ValidateArgs {
    /// Uops or instructions of one part [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// How many inputs each body gets
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(i64).range(1..1_000_000))]
    seeds: i64,
    /// The first input's number
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: i64,
    /// Keep everything that is generated in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

pub(super) fn run(args: &ValidateArgs, global: &Global, ui: &Ui) -> Outcome {
    let pipeline = pipeline(&[], global, ui)?;
    for name in &args.names {
        if !pipeline.translation.uops.contains_key(name) {
            return Err(Failure::Message(format!(
                "no body is called `{name}`; `bodywork explain` shows the uops that an instruction is made of"
            )));
        }
    }
    let files = pipeline.files();
    let text = |name: &str| files.iter().find(|f| f.name == name).map_or("", |f| f.text.as_str());
    let temporary = std::env::temp_dir().join(format!("bodywork-validate-{}", std::process::id()));
    let folder = args.keep.clone().unwrap_or_else(|| temporary.clone());
    let seeds = Seeds { first: args.seed, count: args.seeds };
    let report =
        validate::validate(&pipeline, &args.names, seeds, (text("bodies.rs"), text("opcode.rs")), &folder, &mut |what| {
            ui.say(what);
        });
    if args.keep.is_none() {
        let _ = std::fs::remove_dir_all(&temporary);
    }
    let report = report.map_err(|e| Failure::Message(e.to_string()))?;
    let mut out = String::new();
    for verdict in &report.verdicts {
        match &verdict.outcome {
            Body::Agrees => {}
            Body::Differs { seed, text, seeds } => {
                out += &format!("{}: the traces part on {seeds} inputs, first on seed {seed}\n{text}\n", verdict.name);
            }
            Body::LeftOut(why) => out += &format!("{}: not run: {why}\n", verdict.name),
        }
    }
    let agreeing = report.agreeing().count();
    let (taken, ways) = report.verdicts.iter().fold((0, 0), |(t, w), v| (t + v.taken, w + v.ways));
    out += &format!(
        "{agreeing} of {} bodies agree on {} inputs each; {taken} of {ways} ways of branches taken\n",
        report.verdicts.len(),
        args.seeds
    );
    ui.print(&out)?;
    Ok(if agreeing == report.verdicts.len() { Verdict::Clean } else { Verdict::Findings })
}
