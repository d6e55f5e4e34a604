//! One arm of the dispatch loop: the parts of an instruction, with their operands read and their results stored.

use super::Emit;
use super::bodies::function_name;
use super::caches::{Layout, layout};
use super::size::Size;
use std::collections::BTreeMap;
use translator::analysis::model::{Instruction, Part, Uop};
use translator::lower::facts::Register;
use translator::lower::{InputMode, Lowered, Parameter};
use translator::rust_ir::Writer;

/// Emits the arm of one instruction. An instruction with a refused body leaves with `Exit::Untranslated`.
pub(crate) fn arm(out: &mut Writer, emit: Emit<'_>, instruction: &Instruction) {
    let keys = instruction.parts.iter().filter_map(|p| match p {
        Part::Uop(key) => Some(key),
        _ => None,
    });
    let lowered: Option<Vec<&Lowered>> = keys.map(|key| emit.translation.uops.get(key)?.as_ref().ok()).collect();
    out.open(&format!("opcode::{} => {{", instruction.name));
    match lowered {
        None => out.line("break 'arm Exit::Untranslated;"),
        Some(lowered) => {
            prologue(out, instruction, &lowered);
            parts(out, emit, instruction, &lowered);
        }
    }
    out.close("}");
}

fn uses(lowered: &[&Lowered], wanted: Register) -> bool {
    let parameters = lowered.iter().flat_map(|l| &l.signature.parameters);
    parameters.into_iter().any(|p| matches!(p, Parameter::Register { register, .. } if *register == wanted))
}

fn prologue(out: &mut Writer, instruction: &Instruction, lowered: &[&Lowered]) {
    let caches = lowered.iter().flat_map(|l| &l.signature.parameters).any(|p| matches!(p, Parameter::Cache { .. }));
    if uses(lowered, Register::PrevInstr) {
        out.line("let prev_instr = frame.instr_ptr();");
    }
    if caches || uses(lowered, Register::ThisInstr) {
        out.line("let this_instr = next_instr;");
    }
    if !instruction.properties.no_save_ip {
        out.line("frame.set_instr_ptr(next_instr);");
    }
    out.line(&format!("next_instr = next_instr.add({});", instruction.size));
}

fn parts(out: &mut Writer, emit: Emit<'_>, instruction: &Instruction, lowered: &[&Lowered]) {
    let mut bodies = lowered.iter();
    // Typed items between parts, by the names under which the parts before left them.
    let mut typed: Vec<String> = Vec::new();
    // Code units from the instruction's own.
    let layout = layout(emit.analysis, emit.caches, instruction);
    let mut offset: i32 = 1;
    for part in &instruction.parts {
        match part {
            Part::Skip(units) => offset += units,
            Part::Flush => {}
            Part::Uop(name) => {
                let (Some(uop), Some(body)) = (emit.analysis.uops.get(name), bodies.next()) else { continue };
                call(out, name, uop, body, Cells { layout: &layout, offset }, &mut typed);
                offset += uop.size().cast_signed();
            }
        }
    }
}

/// Where the cache entries of a part are: how far behind the instruction, in which layout.
#[derive(Clone, Copy)]
struct Cells<'a> {
    layout: &'a Layout<'a>,
    offset: i32,
}

fn call(out: &mut Writer, key: &str, uop: &Uop, body: &Lowered, cells: Cells<'_>, typed: &mut Vec<String>) {
    let signature = &body.signature;
    let inputs = &uop.stack.inputs;
    let outputs = &uop.stack.outputs;
    let all_in = Size::sum(inputs);
    let all_out = Size::sum(outputs);
    let kept =
        Size::sum(inputs.iter().zip(outputs).take_while(|(i, o)| i.name == o.name && i.size == o.size).map(|(i, _)| i));
    let consumed = all_in.clone().plus(&kept, -1);
    let mut handed: BTreeMap<usize, String> = BTreeMap::new();
    for (index, _) in inputs.iter().enumerate().rev().filter(|(_, i)| i.type_.is_some()) {
        handed.extend(typed.pop().map(|name| (index, name)));
    }
    typed.extend(outputs.iter().filter(|o| o.type_.is_some()).map(|o| o.name.clone()));
    let arguments: Vec<String> =
        signature.parameters.iter().map(|p| argument(p, uop, &all_in, cells, &handed)).collect();
    let mut arguments = arguments;
    if signature.owns_stack_pointer {
        // The stack pointer is lent to the body, so what lies on the stack is read before.
        for (text, parameter) in arguments.iter_mut().zip(&signature.parameters) {
            let name = match parameter {
                Parameter::Input(input) if !matches!(input.mode, InputMode::Typed(_)) => &input.name,
                Parameter::OutputSlots { name, .. } => name,
                _ => continue,
            };
            out.line(&format!("let {name} = {text};"));
            text.clone_from(name);
        }
    }
    if uop.properties.escapes && !signature.owns_stack_pointer {
        // A collector must not see the slots of what the body consumes.
        let hidden = Size::default().plus(&consumed, -1);
        let visible = if hidden.is_zero() {
            "stack_pointer".to_owned()
        } else {
            format!("stack_pointer.offset({})", hidden.rust())
        };
        out.line(&format!("frame.set_stack_pointer({visible});"));
    }
    let call = format!("bodies::{}({})", function_name(key), arguments.join(", "));
    let names: Vec<&str> = signature.outputs.iter().map(|o| o.name.as_str()).collect();
    let pattern = match names.as_slice() {
        [] => "()".to_owned(),
        [one] => (*one).to_owned(),
        many => format!("({})", many.join(", ")),
    };
    if signature.diverges {
        out.line("probe.complete();");
        out.line(&format!("let Err(exit) = {call};"));
        out.line("break 'arm exit;");
        return;
    }
    if signature.fallible {
        let pops = signature.exits.contains("Error") && !consumed.is_zero() && !signature.owns_stack_pointer;
        out.open(&format!("let {pattern} = match {call} {{"));
        out.line("Ok(value) => value,");
        out.open("Err(exit) => {");
        if pops {
            let down = Size::default().plus(&consumed, -1);
            if signature.exits.len() == 1 {
                out.line(&format!("stack_pointer = stack_pointer.offset({});", down.rust()));
            } else {
                out.open("if exit == Exit::Error {");
                out.line(&format!("stack_pointer = stack_pointer.offset({});", down.rust()));
                out.close("}");
            }
        }
        out.line("break 'arm exit;");
        out.close("}");
        out.close("};");
    } else if names.is_empty() {
        out.line(&format!("{call};"));
    } else {
        out.line(&format!("let {pattern} = {call};"));
    }
    // Where the stack pointer stands now: at the inputs' end, or (popped by the body) at the end of what is kept.
    let base = if signature.owns_stack_pointer { kept } else { all_in };
    for output in &signature.outputs {
        if outputs[output.index].type_.is_some() {
            continue;
        }
        let at = Size::sum(&outputs[..output.index]).plus(&base, -1);
        out.line(&format!("stack_pointer.write({}, {});", at.rust(), output.name));
    }
    let change = all_out.plus(&base, -1);
    if !change.is_zero() {
        out.line(&format!("stack_pointer = stack_pointer.offset({});", change.rust()));
    }
}

fn argument(
    parameter: &Parameter,
    uop: &Uop,
    all_in: &Size,
    cells: Cells<'_>,
    handed: &BTreeMap<usize, String>,
) -> String {
    match parameter {
        Parameter::Register { register, written, .. } => {
            let (name, _) = super::bodies::register_type(*register);
            if *written { format!("&mut {name}") } else { name.to_owned() }
        }
        // Not of the interpreter, whose rules name none.
        Parameter::Variable { name, written, .. } => {
            if *written {
                format!("&mut {name}")
            } else {
                name.clone()
            }
        }
        Parameter::Cache { index, .. } => {
            let at = cells.offset + uop.caches[..*index].iter().map(|c| c.size).sum::<u32>().cast_signed();
            cells.layout.read("this_instr", at, uop.caches[*index].size)
        }
        Parameter::Input(input) => {
            let below = Size::sum(&uop.stack.inputs[..input.index]).plus(all_in, -1);
            match &input.mode {
                InputMode::Peek => format!("stack_pointer.peek({})", below.rust()),
                InputMode::Value => format!("stack_pointer.read({})", below.rust()),
                InputMode::Slots => format!("stack_pointer.slots({})", below.rust()),
                InputMode::Typed(_) => handed.get(&input.index).unwrap_or(&input.name).clone(),
            }
        }
        Parameter::OutputSlots { index, .. } => {
            let at = Size::sum(&uop.stack.outputs[..*index]).plus(all_in, -1);
            format!("stack_pointer.slots({})", at.rust())
        }
    }
}
