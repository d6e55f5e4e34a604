//! `executor_cases.c.h`: the cases of the tier 2 interpreter (`Tools/cases_generator/tier2_generator.py`).

use super::Options;
use super::cwriter::CWriter;
use super::emitter::{Emitter, Section, Target};
use super::generators_common::{cache_type, header, is_super, text_for_bodies, why_not_viable};
use super::refusal::{Refusal, Result, settle};
use super::stack::{Conversion, Local, Stack, Storage};
use super::tier1::declare;
use crate::analysis::model::{Analysis, Uop};
use crate::source::Sources;

const PRELUDE: &str = "
#ifdef TIER_ONE
    #error \"This file is for Tier 2 only\"
#endif
#define TIER_TWO 2
";

pub(crate) fn generate(analysis: &Analysis, sources: &Sources, options: &Options) -> Result<String> {
    let head = header("tier2_generator.py", "//", options) + PRELUDE;
    let text = text_for_bodies(sources, &head);
    let out = CWriter::new(sources, text, 2, options.line_directives);
    let mut emitter = Emitter::new(out, Target::Tier2, Some(&analysis.labels), options.release);
    emitter.out.emit("\n");
    for uop in analysis.uops.values() {
        if uop.properties.tier == Some(1) || is_super(uop, sources) {
            continue;
        }
        let result = emit_case(uop, &mut emitter);
        settle(result, emitter.out.fault(), uop.body.open.span)?;
    }
    let (text, _) = emitter.out.finish();
    Ok(text + "#undef TIER_TWO\n")
}

fn emit_case<'a>(uop: &'a Uop, emitter: &mut Emitter<'a>) -> Result<()> {
    let name = &uop.name;
    if let Some(why) = why_not_viable(uop) {
        let out = &mut emitter.out;
        out.emit_fmt(format_args!("/* {name} is not a viable micro-op for tier 2 because it {why} */\n\n"));
        return Ok(());
    }
    emitter.out.emit_fmt(format_args!("case {name}: {{\n"));
    declare_variables(uop, &mut emitter.out)?;
    emit_uop(uop, emitter)?;
    let out = &mut emitter.out;
    out.start_line();
    if !uop.properties.always_exits {
        out.emit("break;\n");
    }
    out.start_line();
    out.emit("}");
    out.emit("\n\n");
    Ok(())
}

fn declare_variables(uop: &Uop, out: &mut CWriter) -> Result<()> {
    let mut null = CWriter::null(out.sources());
    let mut stack = Stack::new(Conversion::default());
    super::stack::check_sizes(&uop.stack)?;
    for item in uop.stack.inputs.iter().rev() {
        stack.pop(item, &mut null)?;
    }
    for item in &uop.stack.outputs {
        let id = stack.add(Local::undefined(item));
        stack.push(id)?;
    }
    let mut seen = vec!["unused"];
    for item in uop.stack.inputs.iter().rev().chain(&uop.stack.outputs) {
        declare(item, &mut seen, out);
    }
    Ok(())
}

fn emit_uop<'a>(uop: &'a Uop, emitter: &mut Emitter<'a>) -> Result<()> {
    let out = &mut emitter.out;
    out.start_line();
    match uop.properties.const_oparg {
        Some(_) if uop.properties.oparg => {
            let message = format!("'{}' is a replica and yet reads its oparg", uop.name);
            return Err(Refusal::unforeseen(uop.body.open.span, message));
        }
        _ if uop.properties.oparg => out.emit("oparg = CURRENT_OPARG();\n"),
        Some(oparg) => {
            out.emit_fmt(format_args!("oparg = {oparg};\n"));
            out.emit("assert(oparg == CURRENT_OPARG());\n");
        }
        None => {}
    }
    let mut storage = Storage::for_uop(Stack::new(Conversion::default()), uop, out, true)?;
    for (index, cache) in uop.caches.iter().filter(|cache| cache.name != "unused").enumerate() {
        let (type_, cast) = cache_type(cache.size);
        out.emit_fmt(format_args!("{type_}{} = ({cast})CURRENT_OPERAND{index}();\n", cache.name));
    }
    emitter.emit_section(&Section::of_uop(uop, None), &mut storage, false)?;
    storage.flush(&mut emitter.out)?;
    Ok(())
}
