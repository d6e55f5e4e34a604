//! `bodywork tables`: all metadata, for programs and for people.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::generate_cmd::{failure, read};
use super::{Failure, Global, Outcome, Ui, Verdict};
use crate::tables::Tables;
use translator::analysis::Release;

const FORMAT: &str = "\
The JSON:
  {\"release\", \"have_argument\", \"min_specialized_opcode\", \"min_instrumented_opcode\",
   \"opcodes\": {NAME: {\"id\", \"popped\", \"pushed\", \"format\", \"flags\": [FLAG...], \"cache_entries\", \"deopt\", \"family\",
                     \"uops\": [[UOP, SIZE, OFFSET]...]}},
   \"uops\": {NAME: {\"id\", \"popped\", \"pushed\", \"flags\": [FLAG...], \"replicated\", \"tier2\"}},
   \"families\": {HEAD: [MEMBER...]},
   \"pseudos\": {NAME: {\"id\", \"popped\", \"pushed\", \"flags\": [FLAG...], \"targets\": [NAME...], \"as_sequence\"}},
   \"caches\": {STRUCT: {\"fields\": [[FIELD, CODEUNITS]...], \"offsets\": {FIELD: CODEUNITS}, \"codeunits\", \"entries\": [NAME...]}}}
  popped and pushed are C expressions in oparg, as text; FLAG is CPython's name (HAS_ARG_FLAG). uops is what tier 2 makes of
  an instruction: SIZE in code units, or how else the operand is found (OPARG_SIMPLE); empty where tier 2 does not run it.
  The id of a uop is null where tier 1 alone has it, replicated is null, a count, or [FROM, TO]. Fields of a union share
  their offset; entries are the INLINE_CACHE_ENTRIES_... that are this struct's size.

Examples:
  bodywork tables                          one line an instruction
  bodywork tables --json                   everything, for programs
  bodywork --cpython DIR tables --json     the same of a CPython checkout";

/// Arguments of `bodywork tables`.
#[derive(Args, Debug)]
#[command(after_help = FORMAT)]
pub(super) struct TablesArgs {
    /// Everything as JSON (see below)
    #[arg(long)]
    json: bool,
    /// Read these definition files instead of CPython's
    #[arg(long, value_name = "FILE", num_args = 1..)]
    input: Vec<PathBuf>,
    /// With --input: the header with the layouts of the caches (pycore_code.h)
    #[arg(long, value_name = "FILE", requires = "input")]
    caches: Option<PathBuf>,
}

pub(super) fn run(args: &TablesArgs, global: &Global, ui: &Ui) -> Outcome {
    let tables = if args.input.is_empty() {
        Tables::of_inputs(&inputs::locate_or_fetch(&global.inputs()?, ui)?)
    } else {
        let files = args.input.iter().map(|path| read(path)).collect::<Result<Vec<_>, Failure>>()?;
        let caches = args.caches.as_deref().map(read).transpose()?;
        Tables::new("own definitions", &Release::default(), files, caches)
    };
    let tables = tables.map_err(failure)?;
    ui.print(&if args.json { format!("{:#}\n", tables.json()) } else { text(&tables) })?;
    Ok(Verdict::Clean)
}

/// Instructions by number, then the other tables' sizes.
fn text(tables: &Tables) -> String {
    let metadata = &tables.metadata;
    let mut out = format!(
        "CPython {}\n{:>4}  {:<32} {:>7} {:>7} {:>6}  flags\n",
        tables.release, "id", "instruction", "popped", "pushed", "caches"
    );
    let mut rows: Vec<_> = metadata.opcodes.iter().collect();
    rows.sort_by_key(|(_, row)| row.id);
    for (name, row) in rows {
        let flags: Vec<&str> =
            row.flags.iter().map(|flag| flag.trim_start_matches("HAS_").trim_end_matches("_FLAG")).collect();
        let line = format!(
            "{:>4}  {name:<32} {:>7} {:>7} {:>6}  {}",
            row.id,
            row.popped,
            row.pushed,
            row.cache_entries,
            flags.join(" ")
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let structs = tables.caches.as_ref().map_or(0, |caches| caches.structs.len());
    let _ = writeln!(
        out,
        "{} instructions, {} uops, {} families, {} pseudo instructions, {structs} cache layouts (--json has all of them)",
        metadata.opcodes.len(),
        metadata.uops.len(),
        metadata.families.len(),
        metadata.pseudos.len(),
    );
    out
}
