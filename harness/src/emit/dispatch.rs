//! `dispatch.rs`: the interpreter loop. Dispatch is apart from the arms, so that other forms can be tried.

use super::Emit;
use super::arm::arm;
use super::bodies::register_type;
use translator::lower::{Lowered, Parameter};
use translator::rust_ir::Writer;

pub(crate) fn dispatch(emit: Emit<'_>) -> String {
    let mut out = Writer::default();
    out.line("//! The interpreter loop: fetches an instruction, runs its parts, goes on; exits go to the labels.");
    out.line("");
    out.line("use super::{bodies, caches, labels, opcode, tables};");
    out.line("use crate::prelude::*;");
    out.line("");
    out.line("/// Runs from `entry`, as after the exit `first`, until the entry frame below it is left. Stack and frames are the thread's;");
    out.line("/// the result, or `None` with an exception set, is what the outermost body returned.");
    out.line("///");
    out.line("/// The probe is told what runs; one that does not listen costs nothing.");
    out.open("pub(crate) fn run<P: Probe>(thread: &Thread, entry: Frame, first: Exit) -> Option<Owned> {");
    out.line("let mut probe = P::start();");
    out.line("let mut frame = entry;");
    out.line("let mut next_instr = frame.instr_ptr();");
    out.line("let mut stack_pointer = frame.stack_pointer();");
    out.line("let mut opcode: u8 = 0;");
    out.line("let mut oparg: i32 = 0;");
    out.line("let mut exit = first;");
    out.open("loop {");
    exits(&mut out, emit);
    out.open("exit = 'arm: {");
    out.open("loop {");
    out.line("probe.enter(opcode);");
    out.open("match opcode {");
    let mut instructions: Vec<_> = emit.analysis.instructions.values().collect();
    instructions.sort_by_key(|i| i.opcode);
    let known: Vec<u8> = instructions.iter().filter_map(|i| u8::try_from(i.opcode).ok()).collect();
    for instruction in instructions {
        arm(&mut out, emit, instruction);
    }
    // All values of a byte have an arm: no test whether the opcode is in the table comes before each jump.
    let unused: Vec<String> = (0..=u8::MAX).filter(|id| !known.contains(id)).map(|id| id.to_string()).collect();
    if !unused.is_empty() {
        out.line(&format!("{} => break 'arm Exit::Untranslated,", unused.join(" | ")));
    }
    out.close("}");
    out.line("probe.complete();");
    out.line("(opcode, oparg) = next_instr.fetch();");
    out.close("}");
    out.close("};");
    out.line("probe.leave(exit);");
    out.close("}");
    out.close("}");
    out.finish()
}

/// Where control goes after an exit: to an instruction, or to a label, which exits in turn.
fn exits(out: &mut Writer, emit: Emit<'_>) {
    out.open("match exit {");
    out.line("Exit::DispatchGoto => {}");
    out.line("Exit::Dispatch => (opcode, oparg) = next_instr.fetch(),");
    out.line("Exit::DispatchSameOparg => opcode = next_instr.opcode(),");
    out.open("Exit::Deopt => {");
    out.line("next_instr = frame.instr_ptr();");
    out.line("opcode = tables::DEOPT[usize::from(opcode)];");
    out.close("}");
    out.line("Exit::Return => return thread.take_result(),");
    out.open("Exit::Untranslated => {");
    out.line("frame.set_stack_pointer(stack_pointer);");
    out.line("exit = thread.untranslated(opcode);");
    out.line("continue;");
    out.close("}");
    label(out, emit, "Exit::Error | Exit::ErrorNoPop", "error");
    label(out, emit, "Exit::ExceptionUnwind", "exception_unwind");
    label(out, emit, "Exit::ExitUnwind", "exit_unwind");
    label(out, emit, "Exit::StartFrame", "start_frame");
    out.close("}");
}

/// The jump to a label: its function says where control goes next.
fn label(out: &mut Writer, emit: Emit<'_>, exits: &str, name: &str) {
    let lowered = emit.translation.labels.get(name).and_then(|l| l.as_ref().ok());
    out.open(&format!("{exits} => {{"));
    match lowered {
        Some(lowered) => {
            out.line(&format!("probe.label({name:?});"));
            if name == "error" {
                // The one label that is reached with the stack pointer still in the loop's local.
                out.line("frame.set_stack_pointer(stack_pointer);");
            }
            out.line(&format!("let Err(next) = labels::{name}({});", arguments(lowered)));
            out.line("exit = next;");
            out.line("continue;");
        }
        None => out.line(&format!("unreachable!(\"label {name} is not translated\");")),
    }
    out.close("}");
}

pub(crate) fn arguments(lowered: &Lowered) -> String {
    let argument = |p: &Parameter| match p {
        Parameter::Register { register, written, .. } => {
            let (name, _) = register_type(*register);
            if *written { format!("&mut {name}") } else { name.to_owned() }
        }
        _ => String::new(),
    };
    lowered.signature.parameters.iter().map(argument).collect::<Vec<_>>().join(", ")
}
