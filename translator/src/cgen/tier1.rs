//! `generated_cases.c.h`: the cases of the interpreter (`Tools/cases_generator/tier1_generator.py`).

use super::Options;
use super::cwriter::CWriter;
use super::emitter::{Emitter, Section, Target};
use super::generators_common::{declaration, header, text_for_bodies, uops};
use super::refusal::{Refusal, Result, settle};
use super::stack::{Conversion, Stack, Storage};
use crate::analysis::model::{Analysis, Instruction, Label, Part, StackItem, Uop};
use crate::diagnostics::Diagnostic;
use crate::source::Sources;

/// What handles an opcode that is not defined.
pub(crate) const UNKNOWN_OPCODE_HANDLER: &str = r#"_PyErr_Format(tstate, PyExc_SystemError,
              "%U:%d: unknown opcode %d",
              _PyFrame_GetCode(frame)->co_filename,
              PyUnstable_InterpreterFrame_GetLine(frame),
              opcode);
JUMP_TO_LABEL(error);
"#;

const PRELUDE: &str = "
#ifdef TIER_TWO
    #error \"This file is for Tier 1 only\"
#endif
#define TIER_ONE 1

#if !Py_TAIL_CALL_INTERP
#if !USE_COMPUTED_GOTOS
    dispatch_opcode:
        switch (opcode)
#endif
        {
#endif /* Py_TAIL_CALL_INTERP */
            /* BEGIN INSTRUCTIONS */
";

const BEFORE_UNKNOWN_OPCODE: &str = "
            /* END INSTRUCTIONS */
#if !Py_TAIL_CALL_INTERP
#if USE_COMPUTED_GOTOS
        _unknown_opcode:
#else
        EXTRA_CASES  // From pycore_opcode_metadata.h, a 'case' for each unused opcode
#endif
            /* Tell C compilers not to hold the opcode variable in the loop.
               next_instr points the current instruction without TARGET(). */
            opcode = next_instr->op.code;
            ";

const BEFORE_LABELS: &str = "

        }

        /* This should never be reached. Every opcode should end with DISPATCH()
           or goto error. */
        Py_UNREACHABLE();
#endif /* Py_TAIL_CALL_INTERP */
        /* BEGIN LABELS */
";

const POSTLUDE: &str = "/* END LABELS */\n#undef TIER_ONE\n";

pub(crate) fn generate(analysis: &Analysis, sources: &Sources, options: &Options) -> Result<String> {
    let mut text = text_for_bodies(sources, &header("tier1_generator.py", "//", options));
    text.push_str(PRELUDE);
    let text = emit(analysis, sources, options, text, |emitter| {
        emitter.out.emit("\n");
        let mut instructions: Vec<&Instruction> = analysis.instructions.values().collect();
        instructions.sort_unstable_by_key(|instruction| &instruction.name);
        for instruction in instructions {
            emitter.out.emit("\n");
            emit_instruction(instruction, analysis, emitter).map_err(|refusal| refusal.at(instruction.name_span))?;
            stop_at_fault(emitter, instruction)?;
        }
        Ok(())
    })?;
    let text = text + BEFORE_UNKNOWN_OPCODE + UNKNOWN_OPCODE_HANDLER + BEFORE_LABELS;
    let text = emit(analysis, sources, options, text, |emitter| {
        emitter.out.emit("\n");
        for label in analysis.labels.values() {
            emit_label(label, emitter).map_err(|refusal| refusal.at(label.span))?;
            emitter.out.emit("\n\n");
        }
        Ok(())
    })?;
    Ok(text + POSTLUDE)
}

fn stop_at_fault(emitter: &Emitter, instruction: &Instruction) -> Result<()> {
    settle(Ok(()), emitter.out.fault(), instruction.name_span)
}

/// One instruction's block, from `TARGET(NAME) {` to its brace, as it stands in the file.
///
/// What was written before a refusal is given along with it. Takes some tens of microseconds.
pub fn instruction_block(
    instruction: &Instruction,
    analysis: &Analysis,
    sources: &Sources,
    options: &Options,
) -> (String, Option<Diagnostic>) {
    let mut emitter = new_emitter(analysis, sources, options, String::with_capacity(4096));
    let result = emit_instruction(instruction, analysis, &mut emitter);
    finish_block(result, emitter, instruction.name_span)
}

/// One label's block, from `LABEL(NAME)` to its brace, as it stands in the file.
///
/// What was written before a refusal is given along with it.
pub fn label_block(
    label: &Label,
    analysis: &Analysis,
    sources: &Sources,
    options: &Options,
) -> (String, Option<Diagnostic>) {
    let mut emitter = new_emitter(analysis, sources, options, String::with_capacity(1024));
    let result = emit_label(label, &mut emitter);
    finish_block(result, emitter, label.span)
}

fn finish_block(result: Result<()>, emitter: Emitter, span: crate::source::Span) -> (String, Option<Diagnostic>) {
    let (text, fault) = emitter.out.finish();
    let refusal = settle(result, fault, span).err();
    (text, refusal.map(Refusal::into_diagnostic))
}

fn new_emitter<'a>(analysis: &'a Analysis, sources: &'a Sources, options: &Options, text: String) -> Emitter<'a> {
    let out = CWriter::new(sources, text, 2, options.line_directives);
    Emitter::new(out, Target::Tier1, Some(&analysis.labels), options.release)
}

/// Appends what `write` emits to `text`.
fn emit<'a>(
    analysis: &'a Analysis,
    sources: &'a Sources,
    options: &Options,
    text: String,
    write: impl FnOnce(&mut Emitter<'a>) -> Result<()>,
) -> Result<String> {
    let mut emitter = new_emitter(analysis, sources, options, text);
    let result = write(&mut emitter);
    let (text, fault) = emitter.out.finish();
    match fault {
        Some(fault) => Err(Refusal::fault(fault)),
        None => result.map(|()| text),
    }
}

fn emit_label<'a>(label: &'a Label, emitter: &mut Emitter<'a>) -> Result<()> {
    emitter.out.emit_fmt(format_args!("LABEL({})\n", label.name));
    let mut storage = Storage::empty(label.spilled);
    emitter.emit_section(&Section::of_label(label), &mut storage, true)?;
    Ok(())
}

fn emit_instruction<'a>(instruction: &'a Instruction, analysis: &'a Analysis, emitter: &mut Emitter<'a>) -> Result<()> {
    emit_prologue(instruction, analysis, emitter)?;
    let braces = uops(instruction, analysis).count() > 1;
    let mut offset: i32 = 1; // The instruction itself
    let mut stack = Stack::new(Conversion::default());
    let mut reachable = true;
    for part in &instruction.parts {
        reachable = true;
        match part {
            Part::Skip(size) => {
                let entries = if *size > 1 { "entries" } else { "entry" };
                emitter.out.emit_fmt(format_args!("/* Skip {size} cache {entries} */\n"));
                offset = offset.saturating_add(*size);
            }
            Part::Flush => {
                emitter.out.emit("// flush\n");
                stack.flush(&mut emitter.out);
            }
            Part::Uop(name) => {
                let uop = analysis
                    .uops
                    .get(name)
                    .ok_or_else(|| Refusal::unforeseen(instruction.name_span, format!("No uop named {name}")))?;
                (reachable, stack) = emit_uop(uop, instruction, stack, &mut offset, braces, emitter)?;
            }
        }
    }
    let out = &mut emitter.out;
    out.start_line();
    if reachable {
        stack.flush(out);
        out.emit("DISPATCH();\n");
    }
    out.start_line();
    out.emit("}");
    out.emit("\n");
    Ok(())
}

/// What comes before the parts: the instruction pointer, statistics, declarations.
fn emit_prologue(instruction: &Instruction, analysis: &Analysis, emitter: &mut Emitter) -> Result<()> {
    let out = &mut emitter.out;
    let Instruction { name, size, is_target, properties, .. } = instruction;
    out.emit_fmt(format_args!("TARGET({name}) {{\n"));
    check_stack_effect(instruction, analysis, out)?;
    out.emit("#if Py_TAIL_CALL_INTERP\n");
    out.emit_fmt(format_args!("int opcode = {name};\n"));
    out.emit("(void)(opcode);\n");
    out.emit("#endif\n");
    let needs_this = uses_this(instruction, analysis);
    if properties.needs_prev {
        out.emit("_Py_CODEUNIT* const prev_instr = frame->instr_ptr;\n");
    }
    if needs_this && !is_target {
        out.emit("_Py_CODEUNIT* const this_instr = next_instr;\n");
        out.emit("(void)this_instr;\n");
    }
    if !properties.no_save_ip {
        out.emit("frame->instr_ptr = next_instr;\n");
    }
    out.emit_fmt(format_args!("next_instr += {size};\n"));
    out.emit_fmt(format_args!("INSTRUCTION_STATS({name});\n"));
    if *is_target {
        out.emit_fmt(format_args!("PREDICTED_{name}:;\n"));
        if needs_this {
            out.emit_fmt(format_args!("_Py_CODEUNIT* const this_instr = next_instr - {size};\n"));
            out.emit("(void)this_instr;\n");
        }
    }
    if properties.uses_opcode {
        out.emit_fmt(format_args!("opcode = {name};\n"));
    }
    if let Some(family) = instruction.family.as_ref().and_then(|family| analysis.families.get(family)) {
        let cache = i64::from(*size) - 1;
        out.emit_fmt(format_args!("static_assert({} == {cache}, \"incorrect cache size\");\n", family.size));
    }
    declare_variables(instruction, analysis, out);
    Ok(())
}

/// The parts must fit together on the stack.
fn check_stack_effect(instruction: &Instruction, analysis: &Analysis, out: &CWriter) -> Result<()> {
    let mut null = CWriter::null(out.sources());
    let mut stack = Stack::new(Conversion::default());
    for uop in uops(instruction, analysis) {
        stack.apply(&uop.stack, &mut null)?;
    }
    Ok(())
}

fn declare_variables(instruction: &Instruction, analysis: &Analysis, out: &mut CWriter) {
    let mut seen = vec!["unused"];
    for uop in uops(instruction, analysis) {
        for item in uop.stack.inputs.iter().chain(&uop.stack.outputs) {
            declare(item, &mut seen, out);
        }
    }
}

/// Declares the variable for a stack item, once.
pub(crate) fn declare<'a>(item: &'a StackItem, seen: &mut Vec<&'a str>, out: &mut CWriter) {
    if item.used && !seen.contains(&item.name.as_str()) {
        seen.push(&item.name);
        out.emit(&declaration(item));
    }
}

fn emit_uop<'a>(
    uop: &'a Uop,
    instruction: &'a Instruction,
    stack: Stack<'a>,
    offset: &mut i32,
    braces: bool,
    emitter: &mut Emitter<'a>,
) -> Result<(bool, Stack<'a>)> {
    emitter.out.start_line();
    if braces {
        emitter.out.emit_fmt(format_args!("// {}\n", uop.name));
        emitter.out.emit("{\n");
    }
    let mut storage = Storage::for_uop(stack, uop, &mut emitter.out, true)?;
    for cache in &uop.caches {
        if cache.name != "unused" {
            emit_cache_read(&cache.name, cache.size, *offset, instruction, &mut emitter.out);
        }
        *offset = offset.saturating_add_unsigned(cache.size);
    }
    let section = Section::of_uop(uop, Some(instruction));
    let reachable = emitter.emit_section(&section, &mut storage, false)?;
    if braces {
        emitter.out.start_line();
        emitter.out.emit("}\n");
    }
    Ok((reachable, storage.stack))
}

fn emit_cache_read(name: &str, size: u32, offset: i32, instruction: &Instruction, out: &mut CWriter) {
    if size == 4 {
        out.emit_fmt(format_args!("PyObject *{name} = read_obj(&this_instr[{offset}].cache);\n"));
    } else {
        let bits = u64::from(size) * 16;
        out.emit_fmt(format_args!("uint{bits}_t {name} = read_u{bits}(&this_instr[{offset}].cache);\n"));
    }
    if instruction.family.is_none() {
        out.emit_fmt(format_args!("(void){name};\n"));
    }
}

/// Whether the block needs the variable `this_instr`.
fn uses_this(instruction: &Instruction, analysis: &Analysis) -> bool {
    instruction.properties.needs_this
        || uops(instruction, analysis).any(|uop| {
            uop.properties.deopts || uop.properties.side_exit || uop.caches.iter().any(|cache| cache.name != "unused")
        })
}
