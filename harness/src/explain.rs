//! `bodywork explain NAME`: one instruction, uop or label with all that is known of it.

use crate::emit::bodies::function_text;
use crate::pipeline::Pipeline;
use std::fmt::Write as _;
use translator::analysis::model::{Instruction, Part, Properties, StackEffect, StackItem, Uop};
use translator::diagnostics::Diagnostic;
use translator::source::Span;
use translator::translate::Outcome;

/// The text for a name, or `None` where nothing has it. Names of uops may leave out the leading underscore.
pub fn explain(pipeline: &Pipeline, name: &str) -> Option<String> {
    let analysis = &pipeline.analysis;
    let mut out = String::new();
    if let Some(instruction) = analysis.instructions.get(name) {
        explain_instruction(&mut out, pipeline, instruction);
    } else if let Some(uop) = analysis.uops.get(name).or_else(|| analysis.uops.get(&format!("_{name}"))) {
        explain_uop(&mut out, pipeline, uop);
    } else if let Some(label) = analysis.labels.get(name) {
        let _ = writeln!(out, "label {name}, {}", place(pipeline, label.span));
        c_text(&mut out, pipeline, label.span);
        rules_used(&mut out, pipeline, pipeline.translation.labels.get(name));
        rust_or_refusal(
            &mut out,
            pipeline,
            name,
            pipeline.translation.labels.get(name).and_then(|r| r.as_ref().err()),
            true,
        );
    } else if let Some(pseudo) = analysis.pseudos.get(name) {
        let _ = writeln!(out, "pseudo instruction {name} = {}, {}", pseudo.opcode, place(pipeline, pseudo.span));
        let _ = writeln!(out, "stack    {}", effect(&pseudo.stack));
        let _ = writeln!(out, "becomes  {}", pseudo.targets.join(if pseudo.as_sequence { ", " } else { " or " }));
    } else {
        return None;
    }
    Some(out)
}

/// Names like the one that was not found.
pub fn similar(pipeline: &Pipeline, name: &str) -> Vec<String> {
    let wanted = name.trim_start_matches('_').to_uppercase();
    let analysis = &pipeline.analysis;
    let all = analysis.instructions.keys().chain(analysis.uops.keys()).chain(analysis.labels.keys());
    let mut names: Vec<String> = all.filter(|n| n.to_uppercase().contains(&wanted)).take(8).cloned().collect();
    names.dedup();
    names
}

fn place(pipeline: &Pipeline, span: Span) -> String {
    format!("{}:{}", pipeline.sources.get(span.file).name, pipeline.sources.line(span))
}

fn explain_instruction(out: &mut String, pipeline: &Pipeline, instruction: &Instruction) {
    let analysis = &pipeline.analysis;
    let _ = writeln!(
        out,
        "instruction {} = {}, {}",
        instruction.name,
        instruction.opcode,
        place(pipeline, instruction.span)
    );
    if let Some(family) = &instruction.family {
        let members = analysis.families.get(family).map(|f| f.members.join(" ")).unwrap_or_default();
        let _ = writeln!(out, "family   {family}: {members}");
    }
    let parts: Vec<String> = instruction
        .parts
        .iter()
        .map(|p| match p {
            Part::Uop(name) => name.clone(),
            Part::Skip(units) => format!("unused/{units}"),
            Part::Flush => "flush".to_owned(),
        })
        .collect();
    let _ = writeln!(out, "parts    {}", parts.join(" + "));
    let _ = writeln!(out, "size     {} code units, {} of them cache", instruction.size, instruction.size - 1);
    let _ = writeln!(out, "flags    {}", flags(&instruction.properties));
    let mut offset: i32 = 1;
    for part in &instruction.parts {
        match part {
            Part::Skip(units) => {
                let _ = writeln!(out, "cache    [{offset}..{}] unused", offset + units);
                offset += units;
            }
            Part::Flush => {}
            Part::Uop(name) => {
                let Some(uop) = analysis.uops.get(name) else { continue };
                for cache in &uop.caches {
                    let _ = writeln!(
                        out,
                        "cache    [{offset}..{}] {} ({name})",
                        offset + cache.size.cast_signed(),
                        cache.name
                    );
                    offset += cache.size.cast_signed();
                }
            }
        }
    }
    for part in &instruction.parts {
        if let Part::Uop(name) = part
            && let Some(uop) = analysis.uops.get(name)
        {
            out.push('\n');
            explain_uop(out, pipeline, uop);
        }
    }
}

fn explain_uop(out: &mut String, pipeline: &Pipeline, uop: &Uop) {
    let _ = writeln!(out, "uop {}, {}", uop.name, place(pipeline, uop.name_span));
    let _ = writeln!(out, "stack    {}", effect(&uop.stack));
    picture(out, &uop.stack);
    if !uop.annotations.is_empty() {
        let _ = writeln!(out, "notes    {}", uop.annotations.join(" "));
    }
    let _ = writeln!(out, "flags    {}", flags(&uop.properties));
    let _ = writeln!(out, "C        {}", place(pipeline, uop.span));
    c_text(out, pipeline, uop.span);
    // The uop of an `inst` is kept under the instruction's name.
    let key = if uop.implicitly_created { uop.name.trim_start_matches('_') } else { uop.name.as_str() };
    rules_used(out, pipeline, pipeline.translation.uops.get(key));
    let refused = pipeline.translation.uops.get(key).and_then(|r| r.as_ref().err());
    rust_or_refusal(out, pipeline, key, refused, false);
}

/// The rules by which a body was translated, by their ids (SUBSET.md has an example of each).
fn rules_used(out: &mut String, pipeline: &Pipeline, outcome: Option<&Outcome>) {
    let Some(Ok(lowered)) = outcome else { return };
    let ids: Vec<String> = lowered.rules.iter().filter_map(|name| pipeline.rules.id(name)).collect();
    if ids.is_empty() {
        return;
    }
    out.push_str("rules   ");
    let mut column = 8;
    for id in ids {
        if column + id.len() > 118 {
            out.push_str("\n        ");
            column = 8;
        }
        let _ = write!(out, " {id}");
        column += id.len() + 1;
    }
    out.push('\n');
}

fn c_text(out: &mut String, pipeline: &Pipeline, span: Span) {
    for line in pipeline.sources.text(span).lines() {
        let _ = writeln!(out, "    | {line}");
    }
}

fn rust_or_refusal(out: &mut String, pipeline: &Pipeline, name: &str, refused: Option<&Vec<Diagnostic>>, label: bool) {
    if let Some(diagnostics) = refused {
        let _ = writeln!(out, "refused");
        for diagnostic in diagnostics {
            out.push_str(&diagnostic.render(&pipeline.sources));
        }
        return;
    }
    let Some(text) = function_text(pipeline, name, label) else {
        let _ = writeln!(out, "Rust     none: a tier-2 body");
        return;
    };
    let text = crate::format::format(&text).unwrap_or(text);
    let _ = writeln!(out, "Rust");
    for line in text.lines() {
        let _ = writeln!(out, "    {line}");
    }
}

/// The stack picture, as in the definition.
pub(crate) fn effect(stack: &StackEffect) -> String {
    let side = |items: &[StackItem]| items.iter().map(item).collect::<Vec<_>>().join(", ");
    format!("({} -- {})", side(&stack.inputs), side(&stack.outputs))
}

fn item(item: &StackItem) -> String {
    match (&item.size, &item.type_) {
        (Some(size), _) => format!("{}[{size}]", item.name),
        (None, Some(type_)) => format!("{}: {type_}", item.name),
        (None, None) => item.name.clone(),
    }
}

/// Before and after, top of stack first.
fn picture(out: &mut String, stack: &StackEffect) {
    let before: Vec<String> = stack.inputs.iter().rev().map(item).collect();
    let after: Vec<String> = stack.outputs.iter().rev().map(item).collect();
    let height = before.len().max(after.len());
    let width = before.iter().map(String::len).max().unwrap_or(0).max(6);
    if height == 0 {
        return;
    }
    let _ = writeln!(out, "         {:<width$}   after", "before");
    for row in 0..height {
        // Both stand on the same floor.
        let cell = |side: &[String]| {
            side.len().checked_sub(height - row).and_then(|i| side.get(i)).cloned().unwrap_or_default()
        };
        let top = |side: &[String]| side.len() == height - row && !side.is_empty();
        let mark = |side: &[String]| if top(side) { "> " } else { "  " };
        let line = format!("       {}{:<width$} {}{}", mark(&before), cell(&before), mark(&after), cell(&after));
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// CPython's flag names, and what else matters to a reader.
fn flags(p: &Properties) -> String {
    let named = [
        (p.oparg, "HAS_ARG_FLAG"),
        (p.uses_co_consts, "HAS_CONST_FLAG"),
        (p.uses_co_names, "HAS_NAME_FLAG"),
        (p.jumps, "HAS_JUMP_FLAG"),
        (p.has_free, "HAS_FREE_FLAG"),
        (p.uses_locals, "HAS_LOCAL_FLAG"),
        (p.eval_breaker, "HAS_EVAL_BREAK_FLAG"),
        (p.deopts, "HAS_DEOPT_FLAG"),
        (p.side_exit, "HAS_EXIT_FLAG"),
        (p.error_with_pop || p.error_without_pop, "HAS_ERROR_FLAG"),
        (p.error_without_pop, "HAS_ERROR_NO_POP_FLAG"),
        (p.escapes, "HAS_ESCAPES_FLAG"),
        (p.pure, "HAS_PURE_FLAG"),
    ];
    let set: Vec<&str> = named.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
    if set.is_empty() { "none".to_owned() } else { set.join(" ") }
}
