//! `opcode_targets.h`: the tables that dispatch uses (`Tools/cases_generator/target_generator.py`).

use super::cwriter::CWriter;
use super::refusal::{Refusal, Result};
use super::tier1::UNKNOWN_OPCODE_HANDLER;
use crate::analysis::model::Analysis;
use crate::source::Sources;
use std::collections::HashSet;

pub(crate) fn generate(analysis: &Analysis, sources: &Sources) -> Result<String> {
    let mut out = CWriter::new(sources, String::new(), 0, false);
    emit_goto_table(analysis, &mut out);
    emit_tail_call_table(analysis, &mut out);
    let (text, fault) = out.finish();
    match fault {
        Some(fault) => Err(Refusal::fault(fault)),
        None => Ok(text + "#endif /* Py_TAIL_CALL_INTERP */\n"),
    }
}

fn emit_goto_table(analysis: &Analysis, out: &mut CWriter) {
    let mut targets: Vec<Option<&str>> = vec![None; 256];
    for (name, op) in &analysis.opmap {
        if let Some(target) = targets.get_mut(usize::from(*op)) {
            *target = Some(name);
        }
    }
    out.emit("#if !Py_TAIL_CALL_INTERP\n");
    out.emit("static void *opcode_targets[256] = {\n");
    for target in targets {
        match target {
            Some(name) => out.emit_fmt(format_args!("&&TARGET_{name},\n")),
            None => out.emit("&&_unknown_opcode,\n"),
        }
    }
    out.emit("};\n");
    out.emit("#else /* Py_TAIL_CALL_INTERP */\n");
}

fn prototype(name: &str) -> String {
    format!("Py_PRESERVE_NONE_CC static PyObject *_TAIL_CALL_{name}(TAIL_CALL_PARAMS)")
}

fn emit_tail_call_table(analysis: &Analysis, out: &mut CWriter) {
    let mut names: Vec<&String> = analysis.instructions.keys().collect();
    names.sort_unstable();
    out.emit("static py_tail_call_funcptr INSTRUCTION_TABLE[256];\n");
    out.emit("\n");
    for name in analysis.labels.keys() {
        out.emit_fmt(format_args!("{};\n", prototype(name)));
    }
    out.emit("\n");
    for name in &names {
        out.emit_fmt(format_args!("{};\n", prototype(name)));
    }
    out.emit("\n");
    out.emit(&prototype("UNKNOWN_OPCODE"));
    out.emit(" {\n");
    out.emit("int opcode = next_instr->op.code;\n");
    out.emit(UNKNOWN_OPCODE_HANDLER);
    out.emit("}\n");
    out.emit("\n");
    out.emit("static py_tail_call_funcptr INSTRUCTION_TABLE[256] = {\n");
    for name in names {
        out.emit_fmt(format_args!("[{name}] = _TAIL_CALL_{name},\n"));
    }
    let defined: HashSet<u16> = analysis.opmap.values().copied().collect();
    for op in (0..256).filter(|op| !defined.contains(op)) {
        out.emit_fmt(format_args!("[{op}] = _TAIL_CALL_UNKNOWN_OPCODE,\n"));
    }
    out.emit("};\n");
}
