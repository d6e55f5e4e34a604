//! A code object taken apart into instructions that can be changed and multiplied, and put together again: jumps,
//! exception table and location table follow (`Python/assemble.c`).

use crate::generated::opcode as op;
use crate::generated::tables;
use crate::opcode;
use crate::pyc::Code;
use crate::pyc::exceptions::{self, Handler};
use crate::pyc::locations::{self, Position};

/// An instruction without its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    pub(super) opcode: u8,
    pub(super) oparg: u32,
    /// Of a jump: the index of the instruction that it leads to.
    target: Option<usize>,
    position: Position,
    /// The exception handler that covers it, by index.
    handler: Option<usize>,
}

impl Instruction {
    /// The same place with another operation, which is no jump.
    pub(super) fn with(self, opcode: u8, oparg: u32) -> Instruction {
        Instruction { opcode, oparg, target: None, ..self }
    }
}

/// A code object's instructions.
pub(super) struct Program {
    pub(super) instructions: Vec<Instruction>,
    /// Target (an index of an instruction), depth, whether the position is kept.
    handlers: Vec<(usize, usize, bool)>,
    first_line: i32,
}

fn caches(opcode: u8) -> usize {
    usize::from(tables::CACHES[usize::from(opcode)])
}

/// `EXTENDED_ARG`s that an oparg needs.
fn extensions(oparg: u32) -> usize {
    (1..4).filter(|byte| oparg >> (8 * byte) != 0).count()
}

impl Program {
    /// `None` for code that is not well-formed: verification says why.
    pub(super) fn of(code: &Code) -> Option<Program> {
        let units = code.code.len() / 2;
        let mut starts = vec![None; units + 1];
        let mut raw = Vec::new();
        let (mut at, mut start, mut extended) = (0, 0, 0u32);
        while at < units {
            let (opcode, byte) = (code.code[2 * at], u32::from(code.code[2 * at + 1]));
            let oparg = extended.checked_mul(256)? | byte;
            at += 1;
            if opcode == op::EXTENDED_ARG {
                extended = oparg;
                continue;
            }
            starts[start] = Some(raw.len());
            at += caches(opcode);
            raw.push((start, at, opcode, oparg));
            (start, extended) = (at, 0);
        }
        let index_at = |unit: usize| starts.get(unit).copied().flatten();
        let table = exceptions::decode(&code.exceptiontable).ok()?;
        let handlers = table
            .iter()
            .map(|handler| Some((index_at(handler.target)?, handler.depth, handler.lasti)))
            .collect::<Option<Vec<_>>>()?;
        let runs = locations::decode(&code.linetable, code.firstlineno);
        let mut instructions = Vec::with_capacity(raw.len());
        for (start, end, opcode, oparg) in raw {
            let target = match opcode::has_jump(opcode.into()) {
                false => None,
                true if opcode::is_backward_jump(opcode) => Some(index_at(end.checked_sub(oparg as usize)?)?),
                true => Some(index_at(end + oparg as usize)?),
            };
            let handler = table.iter().position(|handler| (handler.start..handler.end).contains(&start));
            let run = runs.partition_point(|run| run.end <= start);
            let position = runs.get(run).map_or_else(Position::default, |run| run.position);
            instructions.push(Instruction { opcode, oparg, target, position, handler });
        }
        Some(Program { instructions, handlers, first_line: code.firstlineno })
    }

    /// Leaves an instruction without its exception handler. The handler of what enters a frame is looked up one unit
    /// before it, so that may be that of the instruction before. False if there is none.
    pub(super) fn uncover(&mut self, index: usize) -> bool {
        let mut found = [Some(index), index.checked_sub(1)].into_iter().flatten();
        found.any(|index| self.instructions[index].handler.take().is_some())
    }

    /// Puts these in the place of one instruction, which may be jumped to.
    pub(super) fn replace(&mut self, index: usize, by: &[Instruction]) {
        self.instructions.splice(index..=index, by.iter().copied());
        let moved = by.len() - 1;
        let shift = |target: &mut usize| {
            if *target > index {
                *target += moved;
            }
        };
        self.instructions.iter_mut().filter_map(|i| i.target.as_mut()).for_each(shift);
        self.handlers.iter_mut().map(|handler| &mut handler.0).for_each(shift);
    }

    /// The first units of the instructions, that of their `EXTENDED_ARG`s included; and the length of the whole.
    fn layout(&mut self) -> Vec<usize> {
        loop {
            let mut starts = Vec::with_capacity(self.instructions.len() + 1);
            let mut unit = 0;
            for instruction in &self.instructions {
                starts.push(unit);
                unit += extensions(instruction.oparg) + 1 + caches(instruction.opcode);
            }
            starts.push(unit);
            let mut stable = true;
            for (index, instruction) in self.instructions.iter_mut().enumerate() {
                let Some(target) = instruction.target else { continue };
                let distance = starts[index + 1].abs_diff(starts[target]) as u32;
                // Opargs only grow, so that this comes to an end.
                if extensions(distance) > extensions(instruction.oparg) {
                    stable = false;
                }
                if extensions(distance) >= extensions(instruction.oparg) {
                    instruction.oparg = distance;
                }
            }
            if stable {
                return starts;
            }
        }
    }

    /// Code, exception table and location table; and the first unit of each instruction.
    pub(super) fn assemble(&mut self) -> (Vec<u8>, Vec<u8>, Vec<u8>, Vec<usize>) {
        let starts = self.layout();
        let mut code = Vec::with_capacity(starts.last().copied().unwrap_or(0) * 2);
        for (index, instruction) in self.instructions.iter().enumerate() {
            let oparg = match instruction.target {
                Some(target) => starts[index + 1].abs_diff(starts[target]) as u32,
                None => instruction.oparg,
            };
            // As many as the layout has counted on.
            for byte in (1..=extensions(instruction.oparg)).rev() {
                code.extend([op::EXTENDED_ARG, (oparg >> (8 * byte)) as u8]);
            }
            code.extend([instruction.opcode, oparg as u8]);
            code.extend(std::iter::repeat_n(0, 2 * caches(instruction.opcode)));
        }
        (code, self.exception_table(&starts), self.location_table(&starts), starts)
    }

    fn exception_table(&self, starts: &[usize]) -> Vec<u8> {
        let mut table: Vec<(usize, Handler)> = Vec::new();
        for (index, instruction) in self.instructions.iter().enumerate() {
            let Some(own) = instruction.handler else { continue };
            let (start, end) = (starts[index], starts[index + 1]);
            match table.last_mut() {
                Some((last, handler)) if *last == own && handler.end == start => handler.end = end,
                _ => {
                    let (target, depth, lasti) = self.handlers[own];
                    table.push((own, Handler { start, end, target: starts[target], depth, lasti }));
                }
            }
        }
        exceptions::encode(&table.into_iter().map(|(_, handler)| handler).collect::<Vec<_>>())
    }

    fn location_table(&self, starts: &[usize]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut line = self.first_line;
        let mut index = 0;
        while index < self.instructions.len() {
            let position = self.instructions[index].position;
            let same = self.instructions[index..].iter().take_while(|other| other.position == position).count();
            let mut length = starts[index + same] - starts[index];
            while length > 0 {
                let part = length.min(8);
                locations::encode(&mut out, part, position, &mut line);
                length -= part;
            }
            index += same;
        }
        out
    }
}
