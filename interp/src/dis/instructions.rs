//! Walking over code units, and what opargs mean.

use super::Labels;
use super::repr::Addresses;
use crate::generated::opcode as op;
use crate::opcode;
use crate::pyc::{Code, Names};

/// An instruction as `dis` lists it: an `EXTENDED_ARG` is one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// In code units.
    pub unit: usize,
    pub opcode: u8,
    /// With the bits of `EXTENDED_ARG`s before; none where the instruction uses none. Negative where it overflows.
    pub oparg: Option<i64>,
}

/// The instructions of a code object, without their caches.
pub fn instructions(code: &Code) -> impl Iterator<Item = Instruction> + '_ {
    let mut unit = 0;
    let mut extended = 0i64;
    std::iter::from_fn(move || {
        let opcode = *code.code.get(unit * 2)?;
        let bits = *code.code.get(unit * 2 + 1)?;
        let base = opcode::deopt(opcode);
        let oparg = opcode::has_arg(base.into()).then_some(i64::from(bits) | extended);
        extended = oparg.filter(|_| base == op::EXTENDED_ARG).map_or(0, |oparg| oparg << 8);
        // The interpreter keeps it in 32 bits.
        if extended >= 1 << 31 {
            extended -= 1 << 32;
        }
        let instruction = Instruction { unit, opcode, oparg };
        unit += 1 + opcode::caches(base);
        Some(instruction)
    })
}

/// The code as the interpreter first runs it: counters in the caches (`Python/specialize.c`, `_PyCode_Quicken`).
pub(super) fn quicken(code: &[u8]) -> Vec<u8> {
    /// Counts down from the high bits; the low four say how slowly the next time.
    const fn counter(value: u16, backoff: u16) -> u16 {
        value << 4 | backoff
    }
    let mut code = code.to_vec();
    let mut unit = 0;
    while let Some(opcode) = code.get(unit * 2).copied() {
        let caches = opcode::caches(opcode::deopt(opcode));
        let first = match opcode {
            op::JUMP_BACKWARD => counter(4095, 12),
            // Which way the last branches went, alternating.
            op::POP_JUMP_IF_FALSE | op::POP_JUMP_IF_TRUE | op::POP_JUMP_IF_NONE | op::POP_JUMP_IF_NOT_NONE => 0x5555,
            _ => counter(1, 1),
        };
        if caches > 0
            && let Some(entry) = code.get_mut(unit * 2 + 2..unit * 2 + 4)
        {
            entry.copy_from_slice(&first.to_le_bytes());
        }
        unit += 1 + caches;
    }
    code
}

impl Instruction {
    fn base(&self) -> u8 {
        opcode::deopt(self.opcode)
    }

    /// The fields of its inline cache: name and size in code units.
    pub fn cache_fields(&self) -> &'static [(&'static str, usize)] {
        opcode::name(self.base().into()).map_or(&[], opcode::cache_format)
    }

    /// In code units, if it is a jump; may lie outside the code.
    pub fn target(&self) -> Option<i64> {
        let base = self.base();
        let oparg = self.oparg.filter(|_| opcode::has_jump(base.into()))?;
        let distance = if opcode::is_backward_jump(base) { -oparg } else { oparg };
        Some((self.unit + 1 + opcode::caches(base)) as i64 + distance)
    }

    /// What the oparg stands for, as `dis` shows it in parentheses; empty where it stands for itself.
    pub(super) fn meaning(&self, code: &Code, labels: &Labels, addresses: &mut Addresses) -> String {
        let Some(oparg) = self.oparg else { return String::new() };
        let Ok(index) = usize::try_from(oparg) else { return String::new() };
        let base = self.base();
        let number = base.into();
        let local = |index| name(&code.localsplusnames, index);
        if opcode::has_const(number) {
            return code.consts.get(index).map(|constant| addresses.repr(constant)).unwrap_or_default();
        }
        if opcode::has_name(number) {
            return name_meaning(base, index, &code.names);
        }
        if opcode::has_jump(number) {
            let label = self.target().and_then(|unit| labels.get(&(usize::try_from(unit).ok()? * 2)));
            let word = if base == op::END_ASYNC_FOR { "from" } else { "to" };
            return label.map(|label| format!("{word} L{label}")).unwrap_or_default();
        }
        match base {
            op::LOAD_FAST_LOAD_FAST
            | op::LOAD_FAST_BORROW_LOAD_FAST_BORROW
            | op::STORE_FAST_LOAD_FAST
            | op::STORE_FAST_STORE_FAST => format!("{}, {}", local(index >> 4), local(index & 15)),
            _ if opcode::has_local(number) || opcode::has_free(number) => local(index),
            _ => operand_meaning(base, index).unwrap_or_default(),
        }
    }
}

fn name(names: &Names, index: usize) -> String {
    names.get(index).map(|name| name.to_string_lossy()).unwrap_or_default()
}

fn name_meaning(base: u8, oparg: usize, names: &Names) -> String {
    let (index, and) = match base {
        op::LOAD_GLOBAL => (oparg / 2, " + NULL"),
        op::LOAD_ATTR => (oparg / 2, " + NULL|self"),
        op::LOAD_SUPER_ATTR => (oparg / 4, " + NULL|self"),
        _ => return name(names, oparg),
    };
    let name = name(names, index);
    if oparg & 1 == 1 && !name.is_empty() { name + and } else { name }
}

/// Of opargs that are no index of the code object.
fn operand_meaning(base: u8, oparg: usize) -> Option<String> {
    let text = match base {
        op::COMPARE_OP => {
            let (operator, to_bool) = opcode::compare_operator(u32::try_from(oparg).ok()?);
            let operator = operator?;
            return Some(if to_bool { format!("bool({operator})") } else { operator.to_owned() });
        }
        op::CONVERT_VALUE => *["", "str", "repr", "ascii"].get(oparg)?,
        op::SET_FUNCTION_ATTRIBUTE => {
            let kinds = ["defaults", "kwdefaults", "annotations", "closure", "annotate"];
            let set = kinds.iter().enumerate().filter(|(bit, _)| oparg >> bit & 1 == 1).map(|(_, kind)| *kind);
            return Some(set.collect::<Vec<_>>().join(", "));
        }
        op::BINARY_OP => opcode::NB_OPS.get(oparg)?.1,
        op::CALL_INTRINSIC_1 => opcode::INTRINSIC_1.get(oparg)?,
        op::CALL_INTRINSIC_2 => opcode::INTRINSIC_2.get(oparg)?,
        op::LOAD_COMMON_CONSTANT => match *opcode::COMMON_CONSTANTS.get(oparg)? {
            function @ ("all" | "any") => return Some(format!("<built-in function {function}>")),
            class => class,
        },
        op::LOAD_SPECIAL => opcode::SPECIAL_METHODS.get(oparg)?,
        op::IS_OP => ["is", "is not"][usize::from(oparg != 0)],
        op::CONTAINS_OP => ["in", "not in"][usize::from(oparg != 0)],
        _ => return None,
    };
    Some(text.to_owned())
}
