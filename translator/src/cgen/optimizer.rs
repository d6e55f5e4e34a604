//! `optimizer_cases.c.h`: the cases of the tier 2 optimizer's abstract interpreter
//! (`Tools/cases_generator/optimizer_generator.py`).

use super::Options;
use super::cwriter::CWriter;
use super::emitter::{Emitter, Section, Target};
use super::generators_common::{cache_type, header, is_super, why_not_viable};
use super::refusal::{Refusal, Result, STATEMENT, TABLE, settle};
use super::stack::{Conversion, Local, Stack, Storage, check_sizes};
use crate::analysis::model::{Analysis, StackItem, Uop};
use crate::source::Sources;
use std::collections::HashSet;

/// Symbols are pointers, which need no conversion but a cast.
const CONVERSION: Conversion = Conversion { extract_bits: false, cast_type: "JitOptSymbol *" };

/// `overrides` are the optimizer's versions of some of the uops in `base`; both come from files in `sources`.
pub(crate) fn generate(base: &Analysis, overrides: &Analysis, sources: &Sources, options: &Options) -> Result<String> {
    let text = header("optimizer_generator.py", "//", options);
    let mut out = CWriter::new(sources, text, 2, false);
    out.emit("\n");
    let mut emitter = Emitter::new(out, Target::Optimizer, None, options.release);
    check_names(base, overrides)?;
    for uop in base.uops.values() {
        let version = overrides.uops.get(&uop.name);
        if let Some(version) = version.filter(|_| options.release.checks_overrides) {
            check_override(version, uop)?;
        }
        if uop.properties.tier == Some(1) || uop.replicates.is_some() || is_super(uop, sources) {
            continue;
        }
        let result = emit_case(version, uop, &mut emitter, options.debug);
        settle(result, emitter.out.fault(), version.unwrap_or(uop).body.open.span)?;
    }
    Ok(emitter.out.finish().0)
}

fn check_names(base: &Analysis, overrides: &Analysis) -> Result<()> {
    let names: HashSet<&str> = base.uops.values().map(|uop| uop.name.as_str()).collect();
    match overrides.uops.iter().find(|(name, _)| !names.contains(name.as_str())) {
        None => Ok(()),
        Some((name, uop)) => {
            let message = format!("All abstract uops should override base uops, but {name} is not.");
            Err(Refusal::new(TABLE, uop.name_span, message))
        }
    }
}

/// Releases after 3.14 require the same effects on both sides.
fn check_override(version: &Uop, uop: &Uop) -> Result<()> {
    let refuse = |message: String| Err(Refusal::new(STATEMENT, version.body.open.span, message));
    let name = &uop.name;
    let files = "in bytecodes.c and optimizer_bytecodes.c";
    let sides = [
        ("inputs", "Inputs", &uop.stack.inputs, &version.stack.inputs),
        ("outputs", "Outputs", &uop.stack.outputs, &version.stack.outputs),
    ];
    for (lower, upper, ours, theirs) in sides {
        if ours.len() != theirs.len() {
            let (ours, theirs) = (ours.len(), theirs.len());
            return refuse(format!("{name}: Must have the same number of {lower} {files} ({ours} != {theirs})"));
        }
        for (our, their) in ours.iter().zip(theirs) {
            if our.name != their.name && our.name != "unused" && their.name != "unused" {
                let (our, their) = (&our.name, &their.name);
                return refuse(format!("{name}: {upper} must have equal names {files} ({our} != {their})"));
            }
            if our.size != their.size {
                let [our, their] = [our, their].map(|item| item.size.as_deref().unwrap_or(""));
                return refuse(format!("{name}: {upper} must have equal sizes {files} ('{our}' != '{their}')"));
            }
        }
    }
    Ok(())
}

fn emit_case<'a>(version: Option<&'a Uop>, uop: &'a Uop, emitter: &mut Emitter<'a>, debug: bool) -> Result<()> {
    if why_not_viable(uop).is_some() {
        let out = &mut emitter.out;
        out.emit_fmt(format_args!("/* {} is not a viable micro-op for tier 2 */\n\n", uop.name));
        return Ok(());
    }
    emitter.out.emit_fmt(format_args!("case {}: {{\n", uop.name));
    declare_variables(version.unwrap_or(uop), version.is_none(), &mut emitter.out);
    emitter.out.start_line();
    match version {
        Some(version) => emit_override(version, uop, emitter, debug)?,
        None => emit_default(uop, &mut emitter.out, debug)?,
    }
    let out = &mut emitter.out;
    out.start_line();
    out.emit("break;\n");
    out.emit("}");
    out.emit("\n\n");
    Ok(())
}

fn symbol_type(item: &StackItem) -> &str {
    match &item.type_ {
        _ if item.size.is_some() => "JitOptSymbol **",
        Some(type_) => type_,
        None => "JitOptSymbol *",
    }
}

fn declare_variables(uop: &Uop, skip_inputs: bool, out: &mut CWriter) {
    let mut seen = vec!["unused"];
    let inputs = uop.stack.inputs.iter().rev().filter(|item| !skip_inputs && item.used);
    for item in inputs.chain(uop.stack.outputs.iter().filter(|item| !item.peek)) {
        if !seen.contains(&item.name.as_str()) {
            seen.push(&item.name);
            out.emit_fmt(format_args!("{}{};\n", symbol_type(item), item.name));
        }
    }
}

fn emit_override<'a>(version: &'a Uop, uop: &'a Uop, emitter: &mut Emitter<'a>, debug: bool) -> Result<()> {
    let out = &mut emitter.out;
    let mut storage = Storage::for_uop(Stack::new(CONVERSION), version, out, false)?;
    if debug {
        let names: Vec<&str> = version.stack.inputs.iter().map(|item| item.name.as_str()).collect();
        out.emit_fmt(format_args!("DEBUG_PRINTF({});\n", names.join(", ")));
    }
    for cache in uop.caches.iter().filter(|cache| cache.name != "unused") {
        let (type_, cast) = cache_type(cache.size);
        out.emit_fmt(format_args!("{type_}{} = ({cast})this_instr->operand0;\n", cache.name));
    }
    // Symbols are not counted: what a body does not assign stays as it is on the stack.
    for id in &storage.inputs {
        storage.stack[*id].in_local = false;
    }
    emitter.emit_section(&Section::of_uop(version, None), &mut storage, false)?;
    emitter.out.start_line();
    storage.flush(&mut emitter.out)?;
    Ok(())
}

/// Of the results of a uop without an override, nothing is known but whether they are NULL.
fn emit_default(uop: &Uop, out: &mut CWriter, debug: bool) -> Result<()> {
    if debug {
        let inputs = uop.stack.inputs.iter().filter(|item| !item.peek);
        let names: Vec<&str> = inputs.map(|item| item.name.as_str()).collect();
        out.emit_fmt(format_args!("DEBUG_PRINTF({});\n", names.join(", ")));
    }
    check_sizes(&uop.stack)?;
    let mut stack = Stack::new(CONVERSION);
    let mut null = CWriter::null(out.sources());
    for item in uop.stack.inputs.iter().rev() {
        stack.pop(item, &mut null)?;
    }
    let mut offset = stack.base_offset.minus(&stack.physical_sp);
    for item in &uop.stack.outputs {
        if item.size.is_some() && !item.peek && item.name != "unused" {
            out.emit_fmt(format_args!("{} = &stack_pointer[{offset}];\n", item.name));
        }
        offset = offset.push(item);
    }
    for item in &uop.stack.outputs {
        let id = stack.add(Local::undefined(item));
        stack.push(id)?;
        if item.name != "unused" && !item.peek {
            stack[id].in_local = true;
            emit_unknown(item, out);
        }
    }
    out.start_line();
    stack.flush(out);
    Ok(())
}

fn emit_unknown(item: &StackItem, out: &mut CWriter) {
    let name = &item.name;
    match item.size.as_deref() {
        Some("1") => out.emit_fmt(format_args!("{name}[0] = sym_new_not_null(ctx);\n")),
        Some(size) => {
            out.emit_fmt(format_args!("for (int _i = {size}; --_i >= 0;) {{\n"));
            out.emit_fmt(format_args!("{name}[_i] = sym_new_not_null(ctx);\n"));
            out.emit("}\n");
        }
        None if name == "null" => out.emit_fmt(format_args!("{name} = sym_new_null(ctx);\n")),
        None => out.emit_fmt(format_args!("{name} = sym_new_not_null(ctx);\n")),
    }
}
