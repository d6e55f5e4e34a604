//! `pycore_uop_metadata.h` (`Tools/cases_generator/uop_metadata_generator.py`).

use super::Options;
use super::cwriter::CWriter;
use super::generators_common::{cflags, header, why_not_viable};
use super::refusal::{Refusal, Result};
use super::stack::{Conversion, Stack};
use crate::analysis::model::{Analysis, Uop};
use crate::source::Sources;

pub(crate) fn generate(analysis: &Analysis, sources: &Sources, options: &Options) -> Result<String> {
    let guard = "Py_CORE_UOP_METADATA_H";
    let mut out = CWriter::new(sources, header("uop_metadata_generator.py", "//", options), 0, false);
    out.open_header_guard(guard);
    out.emit("#include <stdint.h>\n");
    out.emit("#include \"pycore_uop_ids.h\"\n");
    emit_tables(analysis, &mut out)?;
    out.close_header_guard(guard);
    Ok(out.finish().0)
}

fn emit_tables(analysis: &Analysis, out: &mut CWriter) -> Result<()> {
    let viable = |uop: &&Uop| why_not_viable(uop).is_none() && uop.properties.tier != Some(1);
    let viable: Vec<&Uop> = analysis.uops.values().filter(viable).collect();
    out.emit("extern const uint16_t _PyUop_Flags[MAX_UOP_ID+1];\n");
    out.emit("extern const uint8_t _PyUop_Replication[MAX_UOP_ID+1];\n");
    out.emit("extern const char * const _PyOpcode_uop_name[MAX_UOP_ID+1];\n\n");
    out.emit("extern int _PyUop_num_popped(int opcode, int oparg);\n\n");
    out.emit("#ifdef NEED_OPCODE_METADATA\n");
    out.emit("const uint16_t _PyUop_Flags[MAX_UOP_ID+1] = {\n");
    for uop in &viable {
        out.emit_fmt(format_args!("[{}] = {},\n", uop.name, cflags(&uop.properties)));
    }
    out.emit("};\n\n");
    out.emit("const uint8_t _PyUop_Replication[MAX_UOP_ID+1] = {\n");
    for uop in analysis.uops.values().filter(|uop| !uop.replicated.is_empty()) {
        out.emit_fmt(format_args!("[{}] = {},\n", uop.name, replication(&uop.replicated)));
    }
    out.emit("};\n\n");
    out.emit("const char *const _PyOpcode_uop_name[MAX_UOP_ID+1] = {\n");
    let mut sorted = viable.clone();
    sorted.sort_by_key(|uop| &uop.name);
    for uop in sorted {
        out.emit_fmt(format_args!("[{0}] = \"{0}\",\n", uop.name));
    }
    out.emit("};\n");
    out.emit("int _PyUop_num_popped(int opcode, int oparg)\n{\n");
    out.emit("switch(opcode) {\n");
    for uop in viable {
        let popped = popped(uop, out)?;
        out.emit_fmt(format_args!("case {}:\n", uop.name));
        out.emit_fmt(format_args!("    return {popped};\n"));
    }
    out.emit("default:\n");
    out.emit("    return -1;\n");
    out.emit("}\n");
    out.emit("}\n\n");
    out.emit("#endif // NEED_OPCODE_METADATA\n\n");
    Ok(())
}

/// A count; 3.15, whose replicas need not start at 0, writes the range.
fn replication(replicated: &std::ops::Range<u32>) -> String {
    match replicated.start {
        0 => replicated.end.to_string(),
        start => format!("{{ {start}, {} }}", replicated.end),
    }
}

/// Peeked items stay on the stack, so they do not count.
fn popped(uop: &Uop, out: &CWriter) -> Result<String> {
    let mut null = CWriter::null(out.sources());
    let mut stack = Stack::new(Conversion::default());
    let refuse = |error| Refusal::Stack(error).at(uop.name_span);
    super::stack::check_sizes(&uop.stack).map_err(refuse)?;
    for item in uop.stack.inputs.iter().rev().take_while(|item| !item.peek) {
        stack.pop(item, &mut null).map_err(refuse)?;
    }
    Ok(stack.popped())
}
