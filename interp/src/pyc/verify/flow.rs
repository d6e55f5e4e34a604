//! Second pass: what is on the stack and in the local variables at each instruction, over all ways that lead there,
//! exception handlers among them.

use super::effects::{State, Step};
use super::error::VerifyErrorKind as Kind;
use super::kinds::{EXCEPTION, Item, LASTI, NULL, OBJECT};
use super::scan::{Failure, Instruction, Scan};
use crate::generated::opcode as op;
use crate::opcode;
use crate::pyc::Code;
use crate::pyc::exceptions::Handler;
use std::collections::BTreeSet;

/// How many items and locals may be looked at in all, and kept at the same time. The largest function of CPython's own
/// library takes a thousandth of it.
const WORK: usize = 1 << 28;
const MEMORY: usize = 1 << 24;

struct Flow<'a> {
    code: &'a Code,
    scan: &'a Scan,
    /// By instruction: whether control can come there from elsewhere than the instruction before.
    leaders: Vec<bool>,
    /// By instruction: what is known there; of leaders only.
    states: Vec<Option<Box<State>>>,
    /// Leaders whose state has changed since they were last gone through.
    pending: BTreeSet<usize>,
    /// By instruction: the handlers that may catch what it raises.
    handlers: Vec<[Option<u32>; 2]>,
    work: usize,
    memory: usize,
    max_depth: usize,
}

/// The greatest number of items on the stack.
pub(super) fn check(code: &Code, scan: &Scan) -> Result<usize, Failure> {
    let mut leaders = vec![false; scan.instructions.len()];
    let targets = scan.instructions.iter().filter_map(|i| usize::try_from(i.target()?).ok());
    for unit in targets.chain(scan.handlers.iter().map(|h| h.target)).chain([0]) {
        if let Some(index) = scan.index(unit) {
            leaders[index] = true;
        }
    }
    let mut flow = Flow {
        code,
        scan,
        leaders,
        states: scan.instructions.iter().map(|_| None).collect(),
        pending: BTreeSet::new(),
        handlers: scan.instructions.iter().map(|i| handlers_of(&scan.handlers, i)).collect(),
        work: WORK,
        memory: MEMORY,
        max_depth: 0,
    };
    flow.enter().map_err(|kind| (0, op::CACHE, kind))?;
    while let Some(index) = flow.pending.pop_first() {
        flow.block(index)?;
    }
    Ok(flow.max_depth)
}

/// The handlers whose range an instruction lies in. A call that enters a Python frame leaves the instruction pointer on
/// itself; when that frame raises, the handler is looked up for the unit before (`exit_unwind` of `bytecodes.c`).
fn handlers_of(handlers: &[Handler], instruction: &Instruction) -> [Option<u32>; 2] {
    let covering = |unit: usize| {
        let after = handlers.partition_point(|h| h.start <= unit);
        let index = after.checked_sub(1)?;
        (unit < handlers[index].end).then_some(index as u32)
    };
    let own = covering(instruction.unit);
    let enters_frames = matches!(
        instruction.opcode,
        op::CALL | op::CALL_KW | op::CALL_FUNCTION_EX | op::BINARY_OP | op::LOAD_ATTR | op::FOR_ITER | op::SEND
    );
    let before = instruction.unit.checked_sub(1).filter(|_| enters_frames).and_then(covering);
    [own, before.filter(|b| Some(*b) != own)]
}

impl Flow<'_> {
    /// What is known where the frame begins: arguments have values, other locals none.
    fn enter(&mut self) -> Result<(), Kind> {
        if self.scan.instructions.is_empty() {
            return Err(Kind::FallsOff);
        }
        let arguments = self.code.total_args();
        let locals = (0..self.code.localsplusnames.len()).map(|i| if i < arguments { OBJECT } else { NULL }).collect();
        self.merge(0, &State { stack: Vec::new(), locals, generator: false })
    }

    /// Follows the instructions from a leader to where the next one begins, or control ends.
    fn block(&mut self, first: usize) -> Result<(), Failure> {
        let Some(mut state) = self.states[first].as_deref().cloned() else { return Ok(()) };
        let mut caught = [None; 2];
        for index in first.. {
            let Some(instruction) = self.scan.instructions.get(index).copied() else {
                let last = self.scan.instructions[index - 1];
                return Err((last.unit, last.opcode, Kind::FallsOff));
            };
            let fail = |kind| (instruction.unit, instruction.opcode, kind);
            if index > first && self.leaders[index] {
                return self.merge(index, &state).map_err(fail);
            }
            self.spend(1).map_err(fail)?;
            let handlers = self.handlers[index];
            if handlers != [None; 2] && handlers != caught {
                self.catch(handlers, &state).map_err(fail)?;
            }
            let depth = state.stack.len();
            let mut step = Step::new(self.code, &mut state);
            step.run(&instruction).map_err(fail)?;
            let (untouched, locals_changed) = (step.untouched, step.locals_changed);
            self.spend(depth - untouched + state.stack.len() - untouched).map_err(fail)?;
            self.max_depth = self.max_depth.max(state.stack.len());
            // Even one that cannot raise itself may be instrumented, and raise before it begins.
            let raises = opcode::can_raise(instruction.opcode.into());
            let lowest = self.check_depth(handlers, if raises { untouched } else { depth }).map_err(fail)?;
            caught = if locals_changed || untouched < lowest { [None; 2] } else { handlers };
            if let Some(target) = jump_target(self.scan, &instruction) {
                self.merge(target, &state).map_err(fail)?;
            }
            if opcode::ends_flow(instruction.opcode) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// An instruction leaves the items alone that its handlers keep. Gives how many those are.
    fn check_depth(&self, handlers: [Option<u32>; 2], untouched: usize) -> Result<usize, Kind> {
        let depths = handlers.into_iter().flatten().map(|h| self.scan.handlers[h as usize].depth);
        let kept = depths.max().unwrap_or(0);
        if untouched < kept { Err(Kind::HandlerDepth(kept, untouched)) } else { Ok(kept) }
    }

    /// The state in which handlers begin, if the next instruction raises.
    fn catch(&mut self, handlers: [Option<u32>; 2], state: &State) -> Result<(), Kind> {
        for handler in handlers.into_iter().flatten() {
            let Handler { target, depth, lasti, .. } = self.scan.handlers[handler as usize];
            let found = state.stack.len();
            let kept = state.stack.get(..depth).ok_or(Kind::HandlerDepth(depth, found))?;
            let mut stack = kept.to_vec();
            stack.extend(lasti.then(|| Item::new(LASTI)));
            stack.push(Item::new(EXCEPTION));
            self.max_depth = self.max_depth.max(stack.len());
            let index = self.scan.index(target).ok_or(Kind::ExceptionTable("a handler is no instruction"))?;
            self.merge(index, &State { stack, locals: state.locals.clone(), generator: state.generator })?;
        }
        Ok(())
    }

    fn spend(&mut self, amount: usize) -> Result<(), Kind> {
        self.work = self.work.checked_sub(amount).ok_or(Kind::TooComplex)?;
        Ok(())
    }

    /// Adds a way that leads to a leader.
    fn merge(&mut self, index: usize, state: &State) -> Result<(), Kind> {
        let size = state.stack.len() + state.locals.len() + 1;
        self.spend(size)?;
        let Some(known) = &mut self.states[index] else {
            self.memory = self.memory.checked_sub(size).ok_or(Kind::TooComplex)?;
            self.states[index] = Some(Box::new(state.clone()));
            self.pending.insert(index);
            return Ok(());
        };
        if known.stack.len() != state.stack.len() {
            return Err(Kind::Depths(known.stack.len(), state.stack.len()));
        }
        if known.generator != state.generator {
            return Err(Kind::Generator);
        }
        let mut changed = false;
        for (old, new) in known.stack.iter_mut().zip(&state.stack) {
            let joined = old.join(*new);
            changed |= joined != *old;
            *old = joined;
        }
        for (old, new) in known.locals.iter_mut().zip(&state.locals) {
            changed |= *new & !*old != 0;
            *old |= *new;
        }
        if changed {
            self.pending.insert(index);
        }
        Ok(())
    }
}

/// Where control may go instead of to the next instruction. `END_ASYNC_FOR` only names its loop.
fn jump_target(scan: &Scan, instruction: &Instruction) -> Option<usize> {
    if instruction.opcode == op::END_ASYNC_FOR {
        return None;
    }
    instruction.target().and_then(|unit| usize::try_from(unit).ok()).and_then(|unit| scan.index(unit))
}
