//! `opcode_ids.h` (`Tools/cases_generator/opcode_id_generator.py`).

use super::Options;
use super::cwriter::CWriter;
use super::generators_common::header;
use super::refusal::Result;
use crate::analysis::model::Analysis;
use crate::source::Sources;

pub(crate) fn generate(analysis: &Analysis, sources: &Sources, options: &Options) -> Result<String> {
    let guard = "Py_OPCODE_IDS_H";
    let mut out = CWriter::new(sources, header("opcode_id_generator.py", "//", options), 0, false);
    out.open_header_guard(guard);
    out.emit("/* Instruction opcodes for compiled code */\n");
    let mut opcodes: Vec<(u16, &str)> = analysis.opmap.iter().map(|(name, op)| (*op, name.as_str())).collect();
    opcodes.sort_unstable();
    for (op, name) in opcodes {
        define(name, op, &mut out);
    }
    out.emit("\n");
    define("HAVE_ARGUMENT", analysis.have_arg, &mut out);
    // RESUME is the last opcode before the specialised ones.
    let resume = analysis.opmap.get("RESUME").copied().unwrap_or(128);
    define("MIN_SPECIALIZED_OPCODE", resume + 1, &mut out);
    define("MIN_INSTRUMENTED_OPCODE", analysis.min_instrumented, &mut out);
    out.close_header_guard(guard);
    Ok(out.finish().0)
}

fn define(name: &str, op: u16, out: &mut CWriter) {
    out.emit_fmt(format_args!("#define {name:<38} {op:>3}\n"));
}
