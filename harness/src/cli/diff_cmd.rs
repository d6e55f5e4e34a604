//! `bodywork diff`: two releases.

use clap::Args;

use super::generate_cmd::failure;
use super::{Failure, Global, Outcome, Ui, Verdict};
use crate::diff::{diff, text};
use crate::releases::{OpenError, open};

const HELP: &str = "\
OLD and NEW are each
  a CPython checkout (a folder), 3.12 or later;
  a file in the language of bytecodes.c;
  3.14, the pinned release, or 3.15 or 3.16, lifted from the package's interpreter (`bodywork inputs lift 3.15`).

The JSON: {\"old\", \"new\", \"notes\": [TEXT...], SECTION..., \"coverage\"}
  SECTION: {\"added\": [NAME...], \"removed\": [NAME...], \"changed\": {NAME: {FIELD: [OLD, NEW]}}}, for opcodes, pseudos, families,
  caches (by struct) and bodies; one that is not known of both releases is left out, and a note says why. Fields are those of
  `bodywork tables --json`, \"parts\" of an instruction, \"definition\" (what stands before a body) and \"tokens\" (how many there
  are in a body that changed; comments and layout do not count).
  coverage: {\"old\", \"new\": {\"inst\", \"op\", \"label\": {\"total\", \"translated\"}}, \"lost\", \"gained\", \"added_translated\",
  \"added_refused\": [NAME...]}

Exit codes: 0 no difference, 1 differences, 2 wrong usage or a release that cannot be read.

Examples:
  bodywork diff 3.14 3.15
  bodywork diff --json 3.14 ../cpython
  bodywork diff old/Python/bytecodes.c new/Python/bytecodes.c";

/// Arguments of `bodywork diff`.
#[derive(Args, Debug)]
#[command(after_help = HELP)]
pub(super) struct DiffArgs {
    /// The release to start from
    old: String,
    /// The release to compare with it
    new: String,
    /// As JSON (see below)
    #[arg(long)]
    json: bool,
    /// List the new numbers of instructions too
    #[arg(long)]
    ids: bool,
}

pub(super) fn run(args: &DiffArgs, global: &Global, ui: &Ui) -> Outcome {
    let options = global.inputs()?;
    let old = open(&args.old, &options).map_err(unreadable)?;
    let new = open(&args.new, &options).map_err(unreadable)?;
    let diff = diff(&old, &new);
    ui.print(&if args.json { format!("{:#}\n", diff.json()) } else { text(&diff, args.ids, ui.color) })?;
    Ok(if diff.is_empty() { Verdict::Clean } else { Verdict::Findings })
}

fn unreadable(error: OpenError) -> Failure {
    match error {
        OpenError::Pipeline(error) => failure(error),
        OpenError::Unknown(message) | OpenError::Read(message) => Failure::Message(message),
    }
}
