//! `opcode.rs`: the numbers. `tables.rs`: names, stack effects, flags, caches, families, deopts, pseudo instructions.

use super::size::Size;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use translator::analysis::model::{Analysis, Instruction, Part, Properties, StackEffect, StackItem};
use translator::rust_ir::Writer;

/// CPython's flag names (`pycore_opcode_metadata.h`), in its order of bits.
pub const FLAGS: [&str; 15] = [
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
];

/// The flags of an instruction, in the order of [`FLAGS`].
pub fn flags(p: &Properties) -> Vec<&'static str> {
    let set = [
        p.oparg,
        p.uses_co_consts,
        p.uses_co_names,
        p.jumps,
        p.has_free,
        p.uses_locals,
        p.eval_breaker,
        p.deopts,
        p.error_with_pop || p.error_without_pop,
        p.escapes,
        p.side_exit,
        p.pure,
        false,
        false,
        p.error_without_pop,
    ];
    FLAGS.iter().zip(set).filter(|(_, on)| *on).map(|(name, _)| *name).collect()
}

pub(crate) fn opcodes(analysis: &Analysis) -> String {
    let mut out = Writer::default();
    out.line(
        "//! Opcode numbers. Real instructions fit a byte; pseudo instructions, which only the compiler sees, do not.",
    );
    out.line("");
    for (name, number) in by_number(analysis) {
        let type_ = if number < 256 { "u8" } else { "u16" };
        out.line(&format!("pub const {name}: {type_} = {number};"));
    }
    out.line("");
    out.line("/// Opcodes from this one on have an argument.");
    out.line(&format!("pub const HAVE_ARGUMENT: u8 = {};", analysis.have_arg));
    out.line("/// Opcodes from this one on are instrumented ones.");
    out.line(&format!("pub const MIN_INSTRUMENTED_OPCODE: u8 = {};", analysis.min_instrumented));
    out.finish()
}

fn by_number(analysis: &Analysis) -> Vec<(&str, u16)> {
    let mut all: Vec<(&str, u16)> = analysis.opmap.iter().map(|(n, v)| (n.as_str(), *v)).collect();
    all.sort_by_key(|(_, number)| *number);
    all
}

pub(crate) fn tables(analysis: &Analysis) -> String {
    let mut out = Writer::default();
    out.line("//! What is known of each opcode.");
    out.line("");
    flag_constants(&mut out);
    names(&mut out, analysis);
    opmap(&mut out, analysis);
    numbers(&mut out, analysis);
    effects(&mut out, analysis);
    families(&mut out, analysis);
    out.finish()
}

fn flag_constants(out: &mut Writer) {
    out.line("/// Bits of [`FLAGS`].");
    out.open("pub mod flag {");
    for (bit, name) in FLAGS.iter().enumerate() {
        out.line(&format!("pub const {name}: u32 = 1 << {bit};"));
    }
    out.close("}");
    out.line("");
}

fn names(out: &mut Writer, analysis: &Analysis) {
    let numbers = by_number(analysis);
    let last = numbers.last().map_or(0, |(_, n)| *n);
    out.line("/// By opcode, pseudo instructions included; empty where no instruction has the number.");
    out.open(&format!("pub static NAMES: [&str; {}] = [", last + 1));
    for number in 0..=last {
        let name = numbers.iter().find(|(_, n)| *n == number).map_or("", |(name, _)| name);
        out.line(&format!("{name:?},"));
    }
    out.close("];");
    out.line("");
}

fn numbers(out: &mut Writer, analysis: &Analysis) {
    let by_opcode: BTreeMap<u16, &Instruction> = analysis.instructions.values().map(|i| (i.opcode, i)).collect();
    let table = |value: &dyn Fn(&Instruction) -> String, missing: &str| {
        let cells: Vec<String> =
            (0..256u16).map(|n| by_opcode.get(&n).map_or_else(|| missing.to_owned(), |i| value(i))).collect();
        cells.chunks(16).map(|row| format!("{},", row.join(", "))).collect::<Vec<_>>().join("\n")
    };
    out.line("/// Inline cache entries by opcode, in code units.");
    out.open("pub static CACHES: [u8; 256] = [");
    out.line(&table(&|i| (i.size - 1).to_string(), "0"));
    out.close("];");
    out.line("");
    out.line("/// The unspecialised form by opcode; itself where it is none's special form.");
    out.open("pub static DEOPT: [u8; 256] = [");
    let deopt = |i: &Instruction| {
        let base = i.family.as_ref().and_then(|f| analysis.instructions.get(f)).unwrap_or(i);
        base.opcode.to_string()
    };
    let cells: Vec<String> =
        (0..256u16).map(|n| by_opcode.get(&n).map_or_else(|| n.to_string(), |i| deopt(i))).collect();
    for row in cells.chunks(16) {
        out.line(&format!("{},", row.join(", ")));
    }
    out.close("];");
    out.line("");
    flags_by_opcode(out, analysis);
}

/// The bits of flag names.
fn bits<'a>(names: impl IntoIterator<Item = &'a str>) -> u32 {
    names.into_iter().filter_map(|name| FLAGS.iter().position(|f| *f == name)).fold(0, |bits, bit| bits | 1 << bit)
}

/// Pseudo instructions have the flags of their targets, and those that they are given.
fn flags_by_opcode(out: &mut Writer, analysis: &Analysis) {
    let mut by_opcode: BTreeMap<u16, (&str, u32)> = BTreeMap::new();
    for instruction in analysis.instructions.values() {
        by_opcode.insert(instruction.opcode, (&instruction.name, bits(flags(&instruction.properties))));
    }
    for pseudo in analysis.pseudos.values() {
        let given = pseudo.flags.iter().map(|flag| flag.trim_start_matches("HAS_").trim_end_matches("_FLAG"));
        by_opcode.insert(pseudo.opcode, (&pseudo.name, bits(flags(&pseudo.properties)) | bits(given)));
    }
    let last = by_opcode.keys().next_back().copied().unwrap_or(0);
    out.line("/// The flags by opcode, pseudo instructions included: bits of [`flag`].");
    out.open(&format!("pub static FLAGS: [u32; {}] = [", last + 1));
    for number in 0..=last {
        let (name, bits) = by_opcode.get(&number).copied().unwrap_or(("", 0));
        out.line(&format!("{bits}, // {name}"));
    }
    out.close("];");
    out.line("");
}

/// In the order in which CPython's `_opcode_metadata.py` lists them, which is that of `opcode.hasarg` and the like.
fn opmap(out: &mut Writer, analysis: &Analysis) {
    out.line("/// Every name with its number, in the order of CPython's `opmap`, specialised forms among them.");
    out.open("pub static OPMAP: &[(&str, u16)] = &[");
    for (name, number) in &analysis.opmap {
        out.line(&format!("({name:?}, {number}),"));
    }
    out.close("];");
    out.line("");
}

/// How many items an instruction takes off the stack, and how many it leaves in their place, as expressions in `oparg`.
pub fn stack_effect(analysis: &Analysis, instruction: &Instruction) -> (Size, Size) {
    let effects = instruction.parts.iter().filter_map(|p| match p {
        Part::Uop(name) => analysis.uops.get(name).map(|u| &u.stack),
        _ => None,
    });
    net_effect(effects)
}

fn net_effect<'a>(effects: impl Iterator<Item = &'a StackEffect>) -> (Size, Size) {
    let mut popped = Size::default();
    let mut pushed: Vec<&StackItem> = Vec::new();
    for effect in effects {
        for input in effect.inputs.iter().rev() {
            if pushed.pop().is_none() {
                popped = popped.plus(&Size::logical(input), 1);
            }
        }
        pushed.extend(&effect.outputs);
    }
    let pushed = pushed.into_iter().fold(Size::default(), |sum, item| sum.plus(&Size::logical(item), 1));
    (popped, pushed)
}

fn effects(out: &mut Writer, analysis: &Analysis) {
    for (name, what, popped) in
        [("popped", "are taken off the stack", true), ("pushed", "stand in their place afterwards", false)]
    {
        out.line(&format!("/// How many items {what}; `None` for a number that is no opcode."));
        out.open(&format!("pub fn {name}(opcode: u16, oparg: i32) -> Option<i32> {{"));
        let mut groups: BTreeMap<String, Vec<u16>> = BTreeMap::new();
        for instruction in analysis.instructions.values() {
            let (down, up) = stack_effect(analysis, instruction);
            groups.entry(if popped { down } else { up }.in_oparg()).or_default().push(instruction.opcode);
        }
        for pseudo in analysis.pseudos.values() {
            let (down, up) = net_effect(std::iter::once(&pseudo.stack));
            groups.entry(if popped { down } else { up }.in_oparg()).or_default().push(pseudo.opcode);
        }
        out.open("Some(match opcode {");
        for (expression, mut opcodes) in groups {
            opcodes.sort_unstable();
            let numbers: Vec<String> = opcodes.iter().map(u16::to_string).collect();
            out.line(&format!("{} => {expression},", numbers.join(" | ")));
        }
        out.line("_ => return None,");
        out.close("})");
        out.close("}");
        out.line("");
    }
}

fn families(out: &mut Writer, analysis: &Analysis) {
    out.line("/// Specialised forms by their family's head.");
    out.open("pub static FAMILIES: &[(u8, &[u8])] = &[");
    for family in analysis.families.values() {
        let number = |name: &String| analysis.opmap.get(name).copied().unwrap_or(0);
        let members: Vec<String> = family.members.iter().map(|m| number(m).to_string()).collect();
        out.line(&format!("({}, &[{}]), // {}", number(&family.name), members.join(", "), family.name));
    }
    out.close("];");
    out.line("");
    out.line("/// Pseudo instructions: number, whether the targets are a sequence, the targets.");
    out.open("pub static PSEUDOS: &[(u16, bool, &[u8])] = &[");
    for pseudo in analysis.pseudos.values() {
        let mut targets = String::new();
        for target in &pseudo.targets {
            let _ = write!(targets, "{}, ", analysis.opmap.get(target).copied().unwrap_or(0));
        }
        out.line(&format!(
            "({}, {}, &[{}]), // {}",
            pseudo.opcode,
            pseudo.as_sequence,
            targets.trim_end_matches(", "),
            pseudo.name
        ));
    }
    out.close("];");
}
