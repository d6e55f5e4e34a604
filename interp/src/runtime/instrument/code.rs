//! What is instrumented in a code object, and writing it into the instructions.
//!
//! Where several events meet at an instruction, INSTRUMENTED_LINE stands above INSTRUMENTED_INSTRUCTION, and that above the
//! instrumented form of the instruction itself. The opcodes below are kept beside the code.

use super::events::{self, INSTRUCTION, LINE, UNGROUPED};
use super::tools::TOOLS;
use crate::generated::opcode::*;
use crate::generated::tables;
use crate::object::*;
use crate::pyc::{exceptions, locations};
use crate::specialize::counter;
use std::collections::HashMap;

/// The line of an instruction without one.
const NO_LINE: i32 = -1;

/// What tools want of a code object (`_PyCoMonitoringData`). By unit where it is about an instruction.
pub(crate) struct Instruments {
    /// Tools that listen to an event in this code alone.
    pub(super) local: [u8; UNGROUPED],
    /// Tools that listen to an event here, as of the code's version.
    pub(super) active: [u8; UNGROUPED],
    /// When a tool was last cleared, as far as this code knows.
    pub(super) tool_versions: [usize; TOOLS],
    /// Tools that have had enough of an event at an instruction.
    disabled: HashMap<(usize, i32), u8>,
    /// Opcodes under INSTRUMENTED_LINE, 0 elsewhere.
    under_line: Vec<u8>,
    /// Opcodes under INSTRUMENTED_INSTRUCTION, 0 elsewhere.
    under_instruction: Vec<u8>,
    lines: Vec<i32>,
    starts_line: Vec<bool>,
}

impl Instruments {
    pub(super) fn new(code: Ref<PyCode>) -> Instruments {
        let count = code.units().len();
        let mut lines = vec![NO_LINE; count];
        for run in locations::decode(code.linetable(), code.firstlineno()) {
            let end = run.end.min(count);
            if let (Some(line), Some(units)) = (run.position.line, lines.get_mut(run.start.min(end)..end)) {
                units.fill(line);
            }
        }
        let mut made = Instruments {
            local: [0; UNGROUPED],
            active: [0; UNGROUPED],
            tool_versions: [0; TOOLS],
            disabled: HashMap::new(),
            under_line: vec![0; count],
            under_instruction: vec![0; count],
            starts_line: Vec::new(),
            lines,
        };
        made.starts_line = made.find_line_starts(code);
        made
    }

    /// Tools to tell of an event at an instruction.
    pub(super) fn tools_at(&self, unit: usize, event: i32) -> u8 {
        self.active[event as usize] & !self.disabled.get(&(unit, event)).copied().unwrap_or(0)
    }

    /// No more of this event here for these tools.
    pub(super) fn disable(&mut self, code: Ref<PyCode>, unit: usize, event: i32, tools: u8) {
        *self.disabled.entry((unit, event)).or_default() |= tools;
        self.write(code, unit);
    }

    /// Makes disabled events heard again: all, or those that tools begin to listen to.
    pub(super) fn enable(&mut self, all: bool, active: &[u8; UNGROUPED]) {
        let before = self.active;
        self.disabled.retain(|(_, event), tools| {
            *tools &= if all { 0 } else { !(active[*event as usize] & !before[*event as usize]) };
            *tools != 0
        });
        self.active = *active;
    }

    pub(super) fn line(&self, unit: usize) -> i32 {
        self.lines.get(unit).copied().unwrap_or(NO_LINE)
    }

    pub(super) fn opcode_under_line(&self, unit: usize) -> u8 {
        self.under_line[unit]
    }

    pub(super) fn opcode_under_instruction(&self, unit: usize) -> u8 {
        self.under_instruction[unit]
    }

    /// The opcode in a unit without what tells of lines and instructions; it may be instrumented itself, or specialised.
    fn lower(&self, code: Ref<PyCode>, unit: usize) -> u8 {
        let mut opcode = code.units()[unit].get() as u8;
        if opcode == INSTRUMENTED_LINE {
            opcode = self.under_line[unit];
        }
        if opcode == INSTRUMENTED_INSTRUCTION {
            opcode = self.under_instruction[unit];
        }
        opcode
    }

    /// The opcode as the compiler made it.
    pub(crate) fn base(&self, code: Ref<PyCode>, unit: usize) -> u8 {
        let opcode = self.lower(code, unit);
        events::plain(opcode).unwrap_or(tables::DEOPT[usize::from(opcode)])
    }

    /// The instructions from the first that shows in tracebacks on.
    fn instructions(&self, code: Ref<PyCode>) -> Vec<usize> {
        let mut found = Vec::new();
        let mut unit = code.first_traceable();
        while unit < code.units().len() {
            found.push(unit);
            unit += 1 + usize::from(tables::CACHES[usize::from(self.base(code, unit))]);
        }
        found
    }

    /// Brings all instructions in line with what tools listen to.
    pub(super) fn write_all(&mut self, code: Ref<PyCode>) {
        for unit in self.instructions(code) {
            self.write(code, unit);
        }
    }

    fn write(&mut self, code: Ref<PyCode>, unit: usize) {
        let now = code.units()[unit].get();
        let (base, lower) = (self.base(code, unit), self.lower(code, unit));
        let event = events::of(base, (now >> 8) as u8);
        let mut opcode = match event {
            Some((instrumented, event)) if self.tools_at(unit, event) != 0 => instrumented,
            // A specialised form may stay if nothing stands above it.
            _ if events::plain(lower).is_none() && now as u8 == lower => lower,
            _ => base,
        };
        let plain = |opcode: u8| tables::DEOPT[usize::from(opcode)];
        // RESUME comes first in any case: it brings the code up to date.
        if base != RESUME && self.tools_at(unit, INSTRUCTION) != 0 {
            self.under_instruction[unit] = plain(opcode);
            opcode = INSTRUMENTED_INSTRUCTION;
        }
        if self.starts_line[unit] && self.tools_at(unit, LINE) != 0 {
            self.under_line[unit] = plain(opcode);
            opcode = INSTRUMENTED_LINE;
        }
        if now as u8 == opcode {
            return;
        }
        code.units()[unit].set(now & 0xFF00 | u16::from(opcode));
        if tables::CACHES[usize::from(base)] != 0 {
            code.units()[unit + 1].set(counter::WARMUP);
        }
    }

    /// Which instructions begin a line: those whose line is another than the one before, where jumps go, and handlers.
    fn find_line_starts(&self, code: Ref<PyCode>) -> Vec<bool> {
        let mut starts = vec![false; code.units().len()];
        let mut current = NO_LINE;
        let mut arg = 0;
        for unit in self.instructions(code) {
            let base = self.base(code, unit);
            let line = self.lines[unit];
            if may_start_line(base) {
                starts[unit] |= line != current && line != NO_LINE;
                current = line;
            }
            arg = arg << 8 | usize::from((code.units()[unit].get() >> 8) as u8);
            if base == EXTENDED_ARG {
                continue;
            }
            let next = unit + 1 + usize::from(tables::CACHES[usize::from(base)]);
            let target = match base {
                SEND | FOR_ITER | POP_JUMP_IF_FALSE | POP_JUMP_IF_TRUE | POP_JUMP_IF_NONE | POP_JUMP_IF_NOT_NONE
                | JUMP_FORWARD => Some(next + arg),
                JUMP_BACKWARD | JUMP_BACKWARD_NO_INTERRUPT => next.checked_sub(arg),
                _ => None,
            };
            arg = 0;
            if let Some(target) = target {
                self.mark(code, target, &mut starts);
            }
        }
        for handler in exceptions::decode(code.exceptiontable()).unwrap_or_default() {
            self.mark(code, handler.target, &mut starts);
        }
        starts
    }

    fn mark(&self, code: Ref<PyCode>, unit: usize, starts: &mut [bool]) {
        if unit < starts.len() && unit >= code.first_traceable() && self.lines[unit] != NO_LINE {
            starts[unit] |= may_start_line(self.base(code, unit));
        }
    }
}

/// END_FOR, POP_ITER and END_SEND are jumped over, and RESUME is what instruments.
fn may_start_line(opcode: u8) -> bool {
    !matches!(opcode, END_ASYNC_FOR | END_FOR | END_SEND | RESUME | POP_ITER)
}

/// The opcode as the compiler made it, of code that may be instrumented.
pub(crate) fn base_opcode(code: Ref<PyCode>, unit: usize) -> u8 {
    match &*code.instruments().borrow() {
        Some(instruments) => instruments.base(code, unit),
        None => tables::DEOPT[usize::from(code.units()[unit].get() as u8)],
    }
}
