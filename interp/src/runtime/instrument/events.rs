//! Events, numbered as in `cpython/monitoring.h`, and which instructions have one.

use crate::generated::opcode::*;

pub(crate) const PY_START: i32 = 0;
pub(crate) const PY_RESUME: i32 = 1;
pub(crate) const PY_RETURN: i32 = 2;
pub(crate) const PY_YIELD: i32 = 3;
pub(crate) const CALL: i32 = 4;
pub(crate) const LINE: i32 = 5;
pub(crate) const INSTRUCTION: i32 = 6;
pub(crate) const JUMP: i32 = 7;
pub(crate) const BRANCH_LEFT: i32 = 8;
pub(crate) const BRANCH_RIGHT: i32 = 9;
pub(crate) const STOP_ITERATION: i32 = 10;
pub(crate) const RAISE: i32 = 11;
pub(crate) const EXCEPTION_HANDLED: i32 = 12;
pub(crate) const PY_UNWIND: i32 = 13;
pub(crate) const PY_THROW: i32 = 14;
pub(crate) const RERAISE: i32 = 15;
pub(crate) const C_RETURN: i32 = 16;
pub(crate) const C_RAISE: i32 = 17;
pub(crate) const BRANCH: i32 = 18;

/// Events that instructions have, and that are set for a code object, too; those from here on are the interpreter's.
pub(crate) const LOCAL: usize = 11;
/// Events that are set for themselves; C_RETURN and C_RAISE come with CALL, BRANCH is both branches.
pub(crate) const UNGROUPED: usize = 16;
/// All events.
pub(crate) const COUNT: usize = 19;

/// Their names, by number.
pub(crate) static NAMES: [&str; COUNT] = [
    "PY_START",
    "PY_RESUME",
    "PY_RETURN",
    "PY_YIELD",
    "CALL",
    "LINE",
    "INSTRUCTION",
    "JUMP",
    "BRANCH_LEFT",
    "BRANCH_RIGHT",
    "STOP_ITERATION",
    "RAISE",
    "EXCEPTION_HANDLED",
    "PY_UNWIND",
    "PY_THROW",
    "RERAISE",
    "C_RETURN",
    "C_RAISE",
    "BRANCH",
];

/// An instruction, its form that tells of its event, and that event.
static INSTRUMENTED: &[(u8, u8, i32)] = &[
    (RETURN_VALUE, INSTRUMENTED_RETURN_VALUE, PY_RETURN),
    (YIELD_VALUE, INSTRUMENTED_YIELD_VALUE, PY_YIELD),
    (CALL_OPCODE, INSTRUMENTED_CALL, CALL),
    (CALL_KW, INSTRUMENTED_CALL_KW, CALL),
    (CALL_FUNCTION_EX, INSTRUMENTED_CALL_FUNCTION_EX, CALL),
    (LOAD_SUPER_ATTR, INSTRUMENTED_LOAD_SUPER_ATTR, CALL),
    (JUMP_FORWARD, INSTRUMENTED_JUMP_FORWARD, JUMP),
    (JUMP_BACKWARD, INSTRUMENTED_JUMP_BACKWARD, JUMP),
    (POP_JUMP_IF_FALSE, INSTRUMENTED_POP_JUMP_IF_FALSE, BRANCH_RIGHT),
    (POP_JUMP_IF_TRUE, INSTRUMENTED_POP_JUMP_IF_TRUE, BRANCH_RIGHT),
    (POP_JUMP_IF_NONE, INSTRUMENTED_POP_JUMP_IF_NONE, BRANCH_RIGHT),
    (POP_JUMP_IF_NOT_NONE, INSTRUMENTED_POP_JUMP_IF_NOT_NONE, BRANCH_RIGHT),
    (FOR_ITER, INSTRUMENTED_FOR_ITER, BRANCH_LEFT),
    (POP_ITER, INSTRUMENTED_POP_ITER, BRANCH_RIGHT),
    (NOT_TAKEN, INSTRUMENTED_NOT_TAKEN, BRANCH_LEFT),
    (END_ASYNC_FOR, INSTRUMENTED_END_ASYNC_FOR, BRANCH_RIGHT),
    (END_FOR, INSTRUMENTED_END_FOR, STOP_ITERATION),
    (END_SEND, INSTRUMENTED_END_SEND, STOP_ITERATION),
];

/// The event's name is the instruction's.
const CALL_OPCODE: u8 = crate::generated::opcode::CALL;

/// Where RESUME stands: at the start of a function, or after a yield.
const RESUME_LOCATION: u8 = super::super::numbers::RESUME_LOCATION_MASK as u8;

/// The instrumented form of an instruction, and its event.
pub(super) fn of(opcode: u8, arg: u8) -> Option<(u8, i32)> {
    if opcode == RESUME {
        return Some((INSTRUMENTED_RESUME, if arg & RESUME_LOCATION == 0 { PY_START } else { PY_RESUME }));
    }
    INSTRUMENTED.iter().find(|row| row.0 == opcode).map(|row| (row.1, row.2))
}

/// The instruction that an instrumented form stands for.
pub(super) fn plain(opcode: u8) -> Option<u8> {
    if opcode == INSTRUMENTED_RESUME {
        return Some(RESUME);
    }
    INSTRUMENTED.iter().find(|row| row.1 == opcode).map(|row| row.0)
}
