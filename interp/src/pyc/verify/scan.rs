//! First pass: the code as a list of instructions, each by itself in order. Afterwards every opcode is one that compilers
//! emit, opargs and indices are in range, caches are empty, and jumps lead to instructions.

use super::error::VerifyErrorKind as Kind;
use crate::generated::opcode as op;
use crate::opcode;
use crate::pyc::exceptions::{self, Handler};
use crate::pyc::{Code, code_flag, local_kind};

/// Beyond this no oparg has a meaning, and sums with it might leave 32 bits.
const MAX_OPARG: u32 = 1 << 28;

/// Locals and stack together, in slots.
const MAX_FRAME: usize = 1 << 24;

/// An instruction with its inline cache and the `EXTENDED_ARG`s before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instruction {
    /// Of its first `EXTENDED_ARG`, else its own: jumps lead there.
    pub(super) start: usize,
    /// Of the instruction itself.
    pub(super) unit: usize,
    /// First unit after its cache.
    pub(super) end: usize,
    pub(super) opcode: u8,
    pub(super) oparg: u32,
}

impl Instruction {
    /// Where it jumps to, if it is a jump. May be outside the code.
    pub(super) fn target(&self) -> Option<i64> {
        if !opcode::has_jump(self.opcode.into()) {
            return None;
        }
        let (end, distance) = (self.end as i64, i64::from(self.oparg));
        Some(if opcode::is_backward_jump(self.opcode) { end - distance } else { end + distance })
    }
}

/// What the first pass found.
pub(super) struct Scan {
    pub(super) instructions: Vec<Instruction>,
    pub(super) handlers: Vec<Handler>,
    /// By unit: the index of the instruction that begins there, with its `EXTENDED_ARG`s.
    pub(super) at_unit: Vec<Option<u32>>,
}

impl Scan {
    /// The instruction that begins at a unit.
    pub(super) fn index(&self, unit: usize) -> Option<usize> {
        self.at_unit.get(unit).copied().flatten().map(|index| index as usize)
    }
}

/// What is wrong, and where: the unit and its opcode.
pub(super) type Failure = (usize, u8, Kind);

pub(super) fn scan(code: &Code) -> Result<Scan, Failure> {
    let whole = |kind| (0, op::CACHE, kind);
    if code.localsplusnames.len() + code.stacksize as usize > MAX_FRAME {
        return Err(whole(Kind::FrameSize));
    }
    check_locals(code).map_err(whole)?;
    let instructions = instructions(&code.code)?;
    let mut at_unit = vec![None; code.units()];
    for (index, instruction) in instructions.iter().enumerate() {
        at_unit[instruction.start] = Some(index as u32);
    }
    let handlers = exceptions::decode(&code.exceptiontable).map_err(|_| whole(Kind::ExceptionTable("damaged")))?;
    let scan = Scan { instructions, handlers, at_unit };
    for instruction in &scan.instructions {
        check_oparg(code, instruction)
            .and_then(|()| check_target(&scan, instruction))
            .map_err(|kind| (instruction.unit, instruction.opcode, kind))?;
    }
    check_handlers(code, &scan).map_err(|what| whole(Kind::ExceptionTable(what)))?;
    if !scan.instructions.iter().any(|i| i.opcode == op::RESUME) {
        return Err(whole(Kind::NoResume));
    }
    Ok(scan)
}

/// Arguments are the first locals; then come other locals, cells, free variables.
fn check_locals(code: &Code) -> Result<(), Kind> {
    let rank = |kind: &u8| match kind & (local_kind::LOCAL | local_kind::CELL | local_kind::FREE) {
        local_kind::LOCAL => Some(0),
        both if both == local_kind::LOCAL | local_kind::CELL => Some(0),
        local_kind::CELL => Some(1),
        local_kind::FREE => Some(2),
        _ => None,
    };
    let ranks: Option<Vec<i32>> = code.localspluskinds.iter().map(rank).collect();
    if ranks.is_some_and(|ranks| ranks.is_sorted()) { Ok(()) } else { Err(Kind::Locals) }
}

fn instructions(code: &[u8]) -> Result<Vec<Instruction>, Failure> {
    let units: Vec<(u8, u8)> = code.chunks_exact(2).map(|unit| (unit[0], unit[1])).collect();
    let mut instructions = Vec::new();
    let mut unit = 0;
    while unit < units.len() {
        let start = unit;
        let mut oparg = 0u32;
        while let Some((op::EXTENDED_ARG, bits)) = units.get(unit).copied() {
            oparg = oparg << 8 | u32::from(bits);
            if oparg == 0 || oparg >= 1 << 24 {
                return Err((unit, op::EXTENDED_ARG, Kind::ExtendedArg));
            }
            unit += 1;
        }
        let Some((opcode, bits)) = units.get(unit).copied() else {
            return Err((start, op::EXTENDED_ARG, Kind::Truncated));
        };
        if !is_compiled(opcode) {
            return Err((unit, opcode, Kind::Opcode));
        }
        let end = unit + 1 + opcode::caches(opcode);
        let Some(cache) = units.get(unit + 1..end) else { return Err((unit, opcode, Kind::Truncated)) };
        if cache.iter().any(|entry| *entry != (op::CACHE, 0)) {
            return Err((unit, opcode, Kind::DirtyCache));
        }
        instructions.push(Instruction { start, unit, end, opcode, oparg: oparg << 8 | u32::from(bits) });
        unit = end;
    }
    Ok(instructions)
}

/// Whether a compiler emits it: not specialised, instrumented, or of the interpreter's own frames.
fn is_compiled(opcode: u8) -> bool {
    let internal =
        matches!(opcode, op::CACHE | op::RESERVED | op::INTERPRETER_EXIT | op::EXIT_INIT_CHECK | op::ENTER_EXECUTOR);
    opcode::is_valid(opcode.into())
        && !opcode::is_specialized(opcode.into())
        && opcode < op::MIN_INSTRUMENTED_OPCODE
        && !internal
}

/// Which name an oparg means: the rest are flags.
fn name_index(opcode: u8, oparg: u32) -> u32 {
    match opcode {
        op::LOAD_ATTR | op::LOAD_GLOBAL => oparg >> 1,
        op::LOAD_SUPER_ATTR => oparg >> 2,
        _ => oparg,
    }
}

/// Whether the oparg is two indices of locals in a byte.
pub(super) fn is_pair(opcode: u8) -> bool {
    matches!(
        opcode,
        op::LOAD_FAST_LOAD_FAST
            | op::LOAD_FAST_BORROW_LOAD_FAST_BORROW
            | op::STORE_FAST_LOAD_FAST
            | op::STORE_FAST_STORE_FAST
    )
}

fn check_oparg(code: &Code, instruction: &Instruction) -> Result<(), Kind> {
    let Instruction { opcode, oparg, .. } = *instruction;
    let index = |what, index: u32, length: usize| {
        if (index as usize) < length { Ok(()) } else { Err(Kind::Index(what, index)) }
    };
    if oparg >= MAX_OPARG {
        return Err(Kind::Oparg(oparg));
    }
    if opcode::has_const(opcode.into()) {
        index("co_consts", oparg, code.consts.len())?;
    }
    if opcode::has_name(opcode.into()) {
        index("co_names", name_index(opcode, oparg), code.names.len())?;
    }
    let locals = code.localsplusnames.len();
    if is_pair(opcode) {
        index("the locals", oparg >> 4, locals)?;
        index("the locals", oparg & 15, locals)?;
    } else if opcode::has_local(opcode.into()) || opcode::has_free(opcode.into()) {
        index("the locals", oparg, locals)?;
    }
    if has_meaning(code, opcode, oparg) { Ok(()) } else { Err(Kind::Oparg(oparg)) }
}

fn has_meaning(code: &Code, opcode: u8, oparg: u32) -> bool {
    let generator = code_flag::GENERATOR | code_flag::COROUTINE | code_flag::ASYNC_GENERATOR;
    match opcode {
        op::BINARY_OP => (oparg as usize) < opcode::NB_OPS.len(),
        op::COMPARE_OP => opcode::compare_operator(oparg).0.is_some(),
        op::IS_OP | op::CONTAINS_OP | op::YIELD_VALUE => oparg <= 1,
        op::CALL_INTRINSIC_1 => (1..opcode::INTRINSIC_1.len()).contains(&(oparg as usize)),
        op::CALL_INTRINSIC_2 => (1..opcode::INTRINSIC_2.len()).contains(&(oparg as usize)),
        op::LOAD_SPECIAL => (oparg as usize) < opcode::SPECIAL_METHODS.len(),
        op::LOAD_COMMON_CONSTANT => (oparg as usize) < opcode::COMMON_CONSTANTS.len(),
        op::LOAD_SMALL_INT => oparg <= 256,
        op::CONVERT_VALUE => (1..=3).contains(&oparg),
        op::BUILD_INTERPOLATION => oparg >> 2 <= 3,
        op::BUILD_SLICE => matches!(oparg, 2 | 3),
        op::GET_AWAITABLE | op::RAISE_VARARGS | op::RERAISE => oparg <= 2,
        op::SET_FUNCTION_ATTRIBUTE => matches!(oparg, 1 | 2 | 4 | 8 | 16),
        op::COPY | op::LIST_APPEND | op::LIST_EXTEND | op::SET_ADD | op::SET_UPDATE => oparg >= 1,
        op::MAP_ADD | op::DICT_UPDATE | op::DICT_MERGE => oparg >= 1,
        op::SWAP => oparg >= 2,
        op::RESUME => oparg <= 7,
        // The distance from the call to where a generator returns to is kept in 16 bits.
        op::SEND => oparg <= u32::from(u16::MAX) - 2,
        op::COPY_FREE_VARS => oparg as usize == code.nfreevars(),
        op::RETURN_GENERATOR => (code.flags & generator).count_ones() == 1,
        _ => true,
    }
}

fn check_target(scan: &Scan, instruction: &Instruction) -> Result<(), Kind> {
    let Some(target) = instruction.target() else { return Ok(()) };
    let index = usize::try_from(target).ok().and_then(|unit| scan.index(unit)).ok_or(Kind::Target(target))?;
    if instruction.opcode == op::FOR_ITER {
        // The exhausted loop goes on behind it.
        let end = &scan.instructions[index];
        if end.opcode != op::END_FOR || end.start != end.unit || scan.index(end.end).is_none() {
            return Err(Kind::NoEndFor);
        }
    }
    Ok(())
}

fn check_handlers(code: &Code, scan: &Scan) -> Result<(), &'static str> {
    let mut previous = 0;
    for handler in &scan.handlers {
        let Handler { start, end, target, depth, lasti } = *handler;
        if start < previous || end <= start {
            return Err("ranges overlap or are out of order");
        }
        previous = end;
        if scan.index(start).is_none() || end != code.units() && scan.index(end).is_none() {
            return Err("a range does not begin and end between instructions");
        }
        if scan.index(target).is_none() {
            return Err("a handler is no instruction");
        }
        if depth + usize::from(lasti) + 1 > code.stacksize.max(1) as usize {
            return Err("a handler needs more than co_stacksize");
        }
    }
    Ok(())
}
