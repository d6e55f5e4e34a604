//! What CPython's module `opcode` knows (`Lib/opcode.py`, `Modules/_opcode.c`), from the generated tables. Opcodes are
//! numbers as the module gives them: those from 256 on are pseudo instructions, which only the compiler sees.

mod caches;
pub mod layout;
mod operands;

pub use caches::{CACHE_FORMATS, CacheFormat, cache_format, inline_cache_entries};
pub use operands::{CMP_OP, COMMON_CONSTANTS, INTRINSIC_1, INTRINSIC_2, NB_OPS, SPECIAL_METHODS, compare_operator};

pub use crate::generated::caches as layouts;
use crate::generated::opcode as op;
use crate::generated::tables::{self, flag};
use std::fmt;

pub use crate::generated::opcode::{EXTENDED_ARG, HAVE_ARGUMENT, MIN_INSTRUMENTED_OPCODE};

/// The highest opcode that a code object can hold beside `ENTER_EXECUTOR`.
const MAX_REAL_OPCODE: u16 = 254;

/// The name, or none for a number that is no opcode.
pub fn name(opcode: u16) -> Option<&'static str> {
    tables::NAMES.get(usize::from(opcode)).copied().filter(|name| !name.is_empty())
}

/// How `opcode.opname` and `dis` name it: a number in angle brackets where it is no opcode.
pub fn opname(opcode: u16) -> String {
    name(opcode).map_or_else(|| format!("<{opcode}>"), str::to_owned)
}

/// `opcode.opmap`: names and numbers, without specialised forms, in its order.
pub fn opmap() -> impl Iterator<Item = (&'static str, u16)> {
    tables::OPMAP.iter().copied().filter(|(_, opcode)| !is_specialized(*opcode))
}

/// `opcode._specialized_opmap`.
pub fn specialized_opmap() -> impl Iterator<Item = (&'static str, u16)> {
    tables::OPMAP.iter().copied().filter(|(_, opcode)| is_specialized(*opcode))
}

/// `opcode._specializations`: each family's head and its specialised forms.
pub fn specializations() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    tables::FAMILIES.iter().map(|(head, members)| {
        (tables::NAMES[usize::from(*head)], members.iter().map(|m| tables::NAMES[usize::from(*m)]).collect())
    })
}

/// Whether it is a specialised form of another.
pub fn is_specialized(opcode: u16) -> bool {
    u8::try_from(opcode).is_ok_and(|real| deopt(real) != real)
}

/// The unspecialised form; itself where it is none's special form.
pub fn deopt(opcode: u8) -> u8 {
    tables::DEOPT[usize::from(opcode)]
}

/// Inline cache entries after an instruction, in code units.
pub fn caches(opcode: u8) -> usize {
    tables::CACHES[usize::from(opcode)].into()
}

/// `_opcode.is_valid`.
pub fn is_valid(opcode: u16) -> bool {
    name(opcode).is_some()
}

fn has(opcode: u16, bits: u32) -> bool {
    tables::FLAGS.get(usize::from(opcode)).is_some_and(|flags| flags & bits != 0)
}

/// `_opcode.has_arg`: it uses its oparg.
pub fn has_arg(opcode: u16) -> bool {
    has(opcode, flag::ARG)
}

/// `_opcode.has_const`: it reads a constant.
pub fn has_const(opcode: u16) -> bool {
    has(opcode, flag::CONST)
}

/// `_opcode.has_name`: it reads a name of `co_names`.
pub fn has_name(opcode: u16) -> bool {
    has(opcode, flag::NAME)
}

/// `_opcode.has_jump`: its oparg is a distance to jump.
pub fn has_jump(opcode: u16) -> bool {
    has(opcode, flag::JUMP)
}

/// `_opcode.has_free`: it reaches a cell.
pub fn has_free(opcode: u16) -> bool {
    has(opcode, flag::FREE)
}

/// `_opcode.has_local`: it reaches a local variable.
pub fn has_local(opcode: u16) -> bool {
    has(opcode, flag::LOCAL)
}

/// `_opcode.has_exc`: a pseudo instruction that begins a range with a handler.
pub fn has_exc(opcode: u16) -> bool {
    matches!(opcode, op::SETUP_FINALLY | op::SETUP_CLEANUP | op::SETUP_WITH)
}

/// Whether an instruction can end with an exception set.
pub fn can_raise(opcode: u16) -> bool {
    has(opcode, flag::ERROR | flag::EVAL_BREAK)
        || matches!(u8::try_from(opcode), Ok(op::RERAISE | op::RAISE_VARARGS | op::END_ASYNC_FOR | op::CLEANUP_THROW))
}

/// Whether its jump leads backwards, as `dis` has it: `END_ASYNC_FOR` names the loop that it ends, and does not jump.
pub fn is_backward_jump(opcode: u8) -> bool {
    matches!(deopt_instrumented(opcode), op::JUMP_BACKWARD | op::JUMP_BACKWARD_NO_INTERRUPT | op::END_ASYNC_FOR)
}

/// The form that an instrumented one stands for; that of `_INSTRUMENTED_LINE` and the like is not in the opcode.
fn deopt_instrumented(opcode: u8) -> u8 {
    match opcode {
        op::INSTRUMENTED_JUMP_BACKWARD => op::JUMP_BACKWARD,
        op::INSTRUMENTED_END_ASYNC_FOR => op::END_ASYNC_FOR,
        other => deopt(other),
    }
}

/// Whether control never goes on to the next instruction.
pub fn ends_flow(opcode: u8) -> bool {
    matches!(
        opcode,
        op::RETURN_VALUE
            | op::RAISE_VARARGS
            | op::RERAISE
            | op::JUMP_FORWARD
            | op::JUMP_BACKWARD
            | op::JUMP_BACKWARD_NO_INTERRUPT
            | op::INTERPRETER_EXIT
    )
}

/// `opcode.hasjabs`: no jump is to a fixed place.
pub const HAS_JABS: [u16; 0] = [];

/// `opcode.hascompare`.
pub const HAS_COMPARE: [u16; 1] = [op::COMPARE_OP as u16];

/// `ValueError` of `stack_effect` for a `jump` that is none of its three values.
pub const BAD_JUMP: &str = "stack_effect: jump must be False, True or None";

/// `ValueError` of `stack_effect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidOpcode;

impl fmt::Display for InvalidOpcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid opcode or oparg")
    }
}

impl std::error::Error for InvalidOpcode {}

/// `_opcode.stack_effect`: by how many items the stack grows (`Python/flowgraph.c`, `get_stack_effects`). An `oparg` that is
/// not given counts as 0, a `jump` that is not given as a jump where that gives more.
pub fn stack_effect(opcode: i32, oparg: Option<i32>, jump: Option<bool>) -> Result<i32, InvalidOpcode> {
    let opcode = u16::try_from(opcode).map_err(|_| InvalidOpcode)?;
    if opcode <= MAX_REAL_OPCODE && is_specialized(opcode) {
        return Err(InvalidOpcode);
    }
    let oparg = oparg.unwrap_or(0);
    // Beyond this the sums leave 32 bits; no instruction moves that many items.
    if oparg.unsigned_abs() >= 1 << 28 {
        return Err(InvalidOpcode);
    }
    let popped = tables::popped(opcode, oparg).filter(|count| *count >= 0).ok_or(InvalidOpcode)?;
    let pushed = tables::pushed(opcode, oparg).filter(|count| *count >= 0).ok_or(InvalidOpcode)?;
    if has_exc(opcode) && jump == Some(false) {
        return Ok(0);
    }
    Ok(pushed - popped)
}
