//! `pycore_opcode_metadata.h` (`Tools/cases_generator/opcode_metadata_generator.py`).

use super::Options;
use super::cwriter::CWriter;
use super::generators_common::{cflags, has_annotation, header, is_super, part_size, uops, why_not_viable};
use super::refusal::{Refusal, Result, TABLE};
use super::stack::{Conversion, Stack};
use crate::analysis::model::{Analysis, Instruction, Part, StackEffect, Uop};
use crate::source::{Sources, Span};
use std::collections::HashSet;

/// How the optimizer reads an operand. 1, 2 and 4 are also sizes of cache entries.
const OPARG_KINDS: [(&str, u32); 11] = [
    ("OPARG_SIMPLE", 0),
    ("OPARG_CACHE_1", 1),
    ("OPARG_CACHE_2", 2),
    ("OPARG_CACHE_4", 4),
    ("OPARG_TOP", 5),
    ("OPARG_BOTTOM", 6),
    ("OPARG_SAVE_RETURN_OFFSET", 7),
    ("OPARG_REPLACED", 9),
    ("OPERAND1_1", 10),
    ("OPERAND1_2", 11),
    ("OPERAND1_4", 12),
];

/// In the order of their bits.
const FLAGS: [&str; 16] = [
    "ARG",
    "CONST",
    "NAME",
    "JUMP",
    "FREE",
    "LOCAL",
    "EVAL_BREAK",
    "DEOPT",
    "ERROR",
    "ESCAPES",
    "EXIT",
    "PURE",
    "PASSTHROUGH",
    "OPARG_AND_1",
    "ERROR_NO_POP",
    "NO_SAVE_IP",
];

pub(crate) fn generate(analysis: &Analysis, sources: &Sources, options: &Options) -> Result<String> {
    let guard = "Py_CORE_OPCODE_METADATA_H";
    let mut out = CWriter::new(sources, header("opcode_metadata_generator.py", "//", options), 0, false);
    let table_size = 256 + analysis.pseudos.len();
    out.open_header_guard(guard);
    out.emit("#ifndef Py_BUILD_CORE\n");
    out.emit("#  error \"this header requires Py_BUILD_CORE define\"\n");
    out.emit("#endif\n\n");
    out.emit("#include <stdbool.h>              // bool\n");
    out.emit("#include \"opcode_ids.h\"\n");
    emit_is_pseudo(analysis, &mut out);
    out.emit("#include \"pycore_uop_ids.h\"\n");
    emit_stack_effects(analysis, &mut out)?;
    emit_formats(analysis, &mut out);
    out.emit("#define IS_VALID_OPCODE(OP) \\\n");
    out.emit_fmt(format_args!("    (((OP) >= 0) && ((OP) < {table_size}) && \\\n"));
    out.emit("     (_PyOpcode_opcode_metadata[(OP)].valid_entry))\n\n");
    emit_macros(&mut out);
    emit_metadata_table(analysis, table_size, &mut out);
    emit_expansion_table(analysis, sources, &mut out)?;
    emit_name_table(analysis, table_size, &mut out);
    emit_cache_table(analysis, &mut out);
    emit_deopt_table(analysis, &mut out)?;
    emit_extra_cases(analysis, &mut out);
    emit_pseudo_targets(analysis, &mut out)?;
    out.close_header_guard(guard);
    let (text, fault) = out.finish();
    fault.map_or(Ok(text), |fault| Err(Refusal::fault(fault)))
}

fn emit_is_pseudo(analysis: &Analysis, out: &mut CWriter) {
    out.emit("\n\n#define IS_PSEUDO_INSTR(OP)  ( \\\n");
    for name in analysis.pseudos.keys() {
        out.emit_fmt(format_args!("((OP) == {name}) || \\\n"));
    }
    out.emit("0");
    out.emit(")\n\n");
}

/// Popped and pushed counts, as expressions in `oparg`.
fn emit_stack_effects(analysis: &Analysis, out: &mut CWriter) -> Result<()> {
    let mut popped: Vec<(&str, String)> = Vec::new();
    let mut pushed: Vec<(&str, String)> = Vec::new();
    for instruction in analysis.instructions.values() {
        let effects = uops(instruction, analysis).map(|uop| &uop.stack);
        let (pops, pushes) = stack_effect(effects, out.sources(), instruction.name_span)?;
        popped.push((&instruction.name, pops));
        pushed.push((&instruction.name, pushes));
    }
    for pseudo in analysis.pseudos.values() {
        let (pops, pushes) = stack_effect(std::iter::once(&pseudo.stack), out.sources(), pseudo.span)?;
        popped.push((&pseudo.name, pops));
        pushed.push((&pseudo.name, pushes));
    }
    for (direction, mut effects) in [("popped", popped), ("pushed", pushed)] {
        effects.sort_unstable();
        emit_effect_function(direction, &effects, out);
    }
    Ok(())
}

/// What an instruction made of parts with these effects pops and pushes, as C expressions.
pub(crate) fn stack_effect<'a>(
    effects: impl Iterator<Item = &'a StackEffect>,
    sources: &'a Sources,
    place: Span,
) -> Result<(String, String)> {
    let mut stack = Stack::new(Conversion::default());
    let mut null = CWriter::null(sources);
    for effect in effects {
        stack.apply(effect, &mut null).map_err(|error| Refusal::Stack(error).at(place))?;
    }
    Ok((stack.popped(), stack.pushed()))
}

fn emit_effect_function(direction: &str, effects: &[(&str, String)], out: &mut CWriter) {
    out.emit_fmt(format_args!("extern int _PyOpcode_num_{direction}(int opcode, int oparg);\n"));
    out.emit("#ifdef NEED_OPCODE_METADATA\n");
    out.emit_fmt(format_args!("int _PyOpcode_num_{direction}(int opcode, int oparg)  {{\n"));
    out.emit("switch(opcode) {\n");
    for (name, effect) in effects {
        out.emit_fmt(format_args!("case {name}:\n"));
        out.emit_fmt(format_args!("    return {effect};\n"));
    }
    out.emit("default:\n");
    out.emit("    return -1;\n");
    out.emit("}\n");
    out.emit("}\n\n");
    out.emit("#endif\n\n");
}

/// The instruction format: with or without oparg, one letter per code unit after the first.
pub(crate) fn format(instruction: &Instruction) -> String {
    let size = instruction.size as usize;
    let oparg = if instruction.properties.oparg { 'B' } else { 'X' };
    let cache = if size > 1 { "C" } else { "" };
    format!("INSTR_FMT_I{oparg}{cache}{}", "0".repeat(size.saturating_sub(2)))
}

fn emit_formats(analysis: &Analysis, out: &mut CWriter) {
    let mut formats: Vec<String> = analysis.instructions.values().map(format).collect();
    formats.sort_unstable();
    formats.dedup();
    out.emit("enum InstructionFormat {\n");
    for (index, format) in formats.iter().enumerate() {
        out.emit_fmt(format_args!("{format} = {},\n", index + 1));
    }
    out.emit("};\n\n");
}

fn emit_macros(out: &mut CWriter) {
    for (bit, flag) in FLAGS.iter().enumerate() {
        out.emit_fmt(format_args!("#define HAS_{flag}_FLAG ({})\n", 1u32 << bit));
    }
    for flag in FLAGS {
        out.emit_fmt(format_args!(
            "#define OPCODE_HAS_{flag}(OP) (_PyOpcode_opcode_metadata[OP].flags & (HAS_{flag}_FLAG))\n"
        ));
    }
    out.emit("\n");
    for (name, value) in OPARG_KINDS {
        out.emit_fmt(format_args!("#define {name} {value}\n"));
    }
    out.emit("\n");
}

fn sorted_instructions(analysis: &Analysis) -> Vec<&Instruction> {
    let mut instructions: Vec<&Instruction> = analysis.instructions.values().collect();
    instructions.sort_by_key(|instruction| &instruction.name);
    instructions
}

fn emit_metadata_table(analysis: &Analysis, table_size: usize, out: &mut CWriter) {
    out.emit("struct opcode_metadata {\n");
    out.emit("uint8_t valid_entry;\n");
    out.emit("uint8_t instr_format;\n");
    out.emit("uint16_t flags;\n");
    out.emit("};\n\n");
    out.emit_fmt(format_args!("extern const struct opcode_metadata _PyOpcode_opcode_metadata[{table_size}];\n"));
    out.emit("#ifdef NEED_OPCODE_METADATA\n");
    out.emit_fmt(format_args!("const struct opcode_metadata _PyOpcode_opcode_metadata[{table_size}] = {{\n"));
    for instruction in sorted_instructions(analysis) {
        let (format, flags) = (format(instruction), cflags(&instruction.properties));
        out.emit_fmt(format_args!("[{}] = {{ true, {format}, {flags} }},\n", instruction.name));
    }
    let mut pseudos: Vec<_> = analysis.pseudos.values().collect();
    pseudos.sort_by_key(|pseudo| &pseudo.name);
    for pseudo in pseudos {
        let mut flags = cflags(&pseudo.properties);
        for flag in &pseudo.flags {
            flags = if flags == "0" { format!("{flag}_FLAG") } else { format!("{flags} | {flag}_FLAG") };
        }
        out.emit_fmt(format_args!("[{}] = {{ true, -1, {flags} }},\n", pseudo.name));
    }
    out.emit("};\n");
    out.emit("#endif\n\n");
}

/// One entry of a macro expansion: uop, how it reads its operand, offset in code units.
pub(crate) type Expansion = (String, String, i32);

fn emit_expansion_table(analysis: &Analysis, sources: &Sources, out: &mut CWriter) -> Result<()> {
    let mut table: Vec<(&str, Vec<Expansion>)> = Vec::new();
    for instruction in sorted_instructions(analysis) {
        if let Some(expansion) = expansion_of(instruction, analysis, sources)? {
            table.push((&instruction.name, expansion));
        }
    }
    let max = table.iter().map(|(_, expansions)| expansions.len()).max();
    let max = max.ok_or_else(|| {
        let note = "the table of expansions needs an instruction whose parts are uops of tier 2";
        Refusal::table(analysis, "No instruction can be expanded into uops", note)
    })?;
    out.emit_fmt(format_args!("#define MAX_UOP_PER_EXPANSION {max}\n"));
    out.emit("struct opcode_macro_expansion {\n");
    out.emit("int nuops;\n");
    out.emit("struct { int16_t uop; int8_t size; int8_t offset; } uops[MAX_UOP_PER_EXPANSION];\n");
    out.emit("};\n");
    out.emit("extern const struct opcode_macro_expansion _PyOpcode_macro_expansion[256];\n\n");
    out.emit("#ifdef NEED_OPCODE_METADATA\n");
    out.emit("const struct opcode_macro_expansion\n");
    out.emit("_PyOpcode_macro_expansion[256] = {\n");
    for (name, expansions) in table {
        let uops: Vec<String> =
            expansions.iter().map(|(uop, size, offset)| format!("{{ {uop}, {size}, {offset} }}")).collect();
        let (count, uops) = (expansions.len(), uops.join(", "));
        out.emit_fmt(format_args!("[{name}] = {{ .nuops = {count}, .uops = {{ {uops} }} }},\n"));
    }
    out.emit("};\n");
    out.emit("#endif // NEED_OPCODE_METADATA\n\n");
    Ok(())
}

/// The uops that tier 2 runs for an instruction; none where it cannot.
pub(crate) fn expansion_of(
    instruction: &Instruction,
    analysis: &Analysis,
    sources: &Sources,
) -> Result<Option<Vec<Expansion>>> {
    if let Some(uop) = single_uop(instruction, analysis).filter(|uop| is_super(uop, sources)) {
        return super_expansion(instruction, uop, analysis).map(Some);
    }
    Ok(is_viable_expansion(instruction, analysis).then(|| expansion(instruction, analysis)))
}

fn single_uop<'a>(instruction: &Instruction, analysis: &'a Analysis) -> Option<&'a Uop> {
    match instruction.parts.as_slice() {
        [Part::Uop(name)] => analysis.uops.get(name),
        _ => None,
    }
}

/// A superinstruction is named after the two instructions that it joins.
fn super_expansion(instruction: &Instruction, uop: &Uop, analysis: &Analysis) -> Result<Vec<Expansion>> {
    let refuse = |message: String| Refusal::new(TABLE, uop.name_span, message);
    let name = &instruction.name;
    let pieces: Vec<&str> = name.split('_').collect();
    if !pieces.len().is_multiple_of(2) {
        return Err(refuse(format!("{name} doesn't look like a super-instr")));
    }
    let (first, second) = pieces.split_at(pieces.len() / 2);
    let half = |pieces: &[&str]| {
        let half = pieces.join("_");
        let found = analysis.instructions.get(&half);
        found.ok_or_else(|| refuse(format!("{half} doesn't match any instr")))
    };
    let part = |half: &Instruction| match half.parts.as_slice() {
        [part] => Ok(part_name(part, analysis)),
        _ => Err(refuse(format!("{} is not a good superinstruction part", half.name))),
    };
    let (first, second) = (half(first)?, half(second)?);
    let (first, second) = (part(first)?, part(second)?);
    Ok(vec![(first, "OPARG_TOP".into(), 0), (second, "OPARG_BOTTOM".into(), 0)])
}

fn part_name(part: &Part, analysis: &Analysis) -> String {
    match part {
        Part::Uop(name) => analysis.uops.get(name).map_or_else(|| name.clone(), |uop| uop.name.clone()),
        Part::Skip(size) => format!("unused/{size}"),
        Part::Flush => "flush".into(),
    }
}

fn expansion(instruction: &Instruction, analysis: &Analysis) -> Vec<Expansion> {
    let mut expansions = Vec::new();
    let mut offset = 0i32;
    for part in &instruction.parts {
        if let Part::Uop(name) = part
            && let Some(uop) = analysis.uops.get(name)
        {
            if has_annotation(uop, "specializing") {
                continue; // Its cache entries do not count either.
            }
            push_expansion(uop, offset, &mut expansions);
        }
        offset = offset.saturating_add(part_size(part, analysis));
    }
    expansions
}

fn push_expansion(uop: &Uop, offset: i32, expansions: &mut Vec<Expansion>) {
    let operand = if has_annotation(uop, "replaced") {
        "OPARG_REPLACED".into()
    } else if uop.name == "_SAVE_RETURN_OFFSET" {
        "OPARG_SAVE_RETURN_OFFSET".into()
    } else if let Some(cache) = uop.caches.first() {
        cache.size.to_string()
    } else {
        "OPARG_SIMPLE".into()
    };
    expansions.push((uop.name.clone(), operand, offset));
    if let [before @ .., last] = uop.caches.as_slice()
        && !before.is_empty()
    {
        let inner: u32 = before.iter().map(|cache| cache.size).sum();
        let offset = offset.saturating_add_unsigned(inner);
        expansions.push((uop.name.clone(), format!("OPERAND1_{}", last.size), offset));
    }
}

/// All parts must be viable for tier 2, those aside that it never sees.
fn is_viable_expansion(instruction: &Instruction, analysis: &Analysis) -> bool {
    uops(instruction, analysis).all(|uop| {
        has_annotation(uop, "specializing")
            || has_annotation(uop, "replaced")
            || (uop.properties.tier != Some(1) && why_not_viable(uop).is_none())
    })
}

fn emit_name_table(analysis: &Analysis, table_size: usize, out: &mut CWriter) {
    out.emit_fmt(format_args!("extern const char *_PyOpcode_OpName[{table_size}];\n"));
    out.emit("#ifdef NEED_OPCODE_METADATA\n");
    out.emit_fmt(format_args!("const char *_PyOpcode_OpName[{table_size}] = {{\n"));
    let mut names: Vec<&String> = analysis.instructions.keys().chain(analysis.pseudos.keys()).collect();
    names.sort_unstable();
    for name in names {
        out.emit_fmt(format_args!("[{name}] = \"{name}\",\n"));
    }
    out.emit("};\n");
    out.emit("#endif\n\n");
}

fn emit_cache_table(analysis: &Analysis, out: &mut CWriter) {
    out.emit("extern const uint8_t _PyOpcode_Caches[256];\n");
    out.emit("#ifdef NEED_OPCODE_METADATA\n");
    out.emit("const uint8_t _PyOpcode_Caches[256] = {\n");
    for instruction in analysis.instructions.values() {
        let name = &instruction.name;
        let specialized = instruction.family.as_ref().is_some_and(|family| family != name);
        if !specialized && !name.starts_with("INSTRUMENTED") && instruction.size > 1 {
            out.emit_fmt(format_args!("[{name}] = {},\n", instruction.size - 1));
        }
    }
    out.emit("};\n");
    out.emit("#endif\n\n");
}

fn emit_deopt_table(analysis: &Analysis, out: &mut CWriter) -> Result<()> {
    let mut deopts: Vec<(String, &str)> = Vec::with_capacity(256);
    for instruction in analysis.instructions.values() {
        let family = instruction.family.as_ref().unwrap_or(&instruction.name);
        deopts.push((instruction.name.clone(), family));
    }
    let defined: HashSet<u16> = analysis.opmap.values().copied().collect();
    let undefined = (0..256).filter(|op| !defined.contains(op));
    deopts.extend(undefined.map(|op| (op.to_string(), "")));
    if deopts.len() != 256 {
        let fixed = analysis.opmap.keys().filter(|name| !analysis.instructions.contains_key(*name));
        let missing: Vec<&str> = fixed.filter(|n| !analysis.pseudos.contains_key(*n)).map(String::as_str).collect();
        let note = format!("numbered, but without a definition: {}", missing.join(", "));
        let message = format!("{} opcodes for the 256 entries of the deopt table", deopts.len());
        return Err(Refusal::table(analysis, message, &note));
    }
    deopts.sort_unstable();
    out.emit("extern const uint8_t _PyOpcode_Deopt[256];\n");
    out.emit("#ifdef NEED_OPCODE_METADATA\n");
    out.emit("const uint8_t _PyOpcode_Deopt[256] = {\n");
    for (name, deopt) in deopts {
        let deopt = if deopt.is_empty() { &name } else { deopt };
        out.emit_fmt(format_args!("[{name}] = {deopt},\n"));
    }
    out.emit("};\n\n");
    out.emit("#endif // NEED_OPCODE_METADATA\n\n");
    Ok(())
}

fn emit_extra_cases(analysis: &Analysis, out: &mut CWriter) {
    out.emit("#define EXTRA_CASES \\\n");
    let valid: HashSet<u16> = analysis.opmap.values().copied().collect();
    for op in (0..256).filter(|op| !valid.contains(op)) {
        out.emit_fmt(format_args!("    case {op}: \\\n"));
    }
    out.emit("        ;\n");
}

fn emit_pseudo_targets(analysis: &Analysis, out: &mut CWriter) -> Result<()> {
    let table_size = analysis.pseudos.len();
    let max = analysis.pseudos.values().map(|pseudo| pseudo.targets.len()).max();
    let max = max.ok_or_else(|| {
        Refusal::table(analysis, "There are no pseudo instructions", "`pseudo(NAME, (--)) = { TARGET };` defines one")
    })?;
    out.emit("struct pseudo_targets {\n");
    out.emit("uint8_t as_sequence;\n");
    out.emit_fmt(format_args!("uint8_t targets[{}];\n", max + 1));
    out.emit("};\n");
    out.emit_fmt(format_args!("extern const struct pseudo_targets _PyOpcode_PseudoTargets[{table_size}];\n"));
    out.emit("#ifdef NEED_OPCODE_METADATA\n");
    out.emit_fmt(format_args!("const struct pseudo_targets _PyOpcode_PseudoTargets[{table_size}] = {{\n"));
    for pseudo in analysis.pseudos.values() {
        let sequence = u8::from(pseudo.as_sequence);
        let mut targets: Vec<&str> = pseudo.targets.iter().map(String::as_str).collect();
        targets.resize(max + 1, "0");
        let targets = targets.join(", ");
        out.emit_fmt(format_args!("[{}-256] = {{ {sequence}, {{ {targets} }} }},\n", pseudo.name));
    }
    out.emit("};\n\n");
    out.emit("#endif // NEED_OPCODE_METADATA\n");
    out.emit("static inline bool\n");
    out.emit("is_pseudo_target(int pseudo, int target) {\n");
    out.emit_fmt(format_args!("if (pseudo < 256 || pseudo >= {}) {{\n", 256 + table_size));
    out.emit("return false;\n");
    out.emit("}\n");
    out.emit("for (int i = 0; _PyOpcode_PseudoTargets[pseudo-256].targets[i]; i++) {\n");
    out.emit("if (_PyOpcode_PseudoTargets[pseudo-256].targets[i] == target) return true;\n");
    out.emit("}\n");
    out.emit("return false;\n");
    out.emit("}\n\n");
    Ok(())
}
