//! Repairs of what the linked compiler (0.5) emits otherwise than CPython's does, and the definitions rest on:
//! - It borrows a local variable's value also where it is stored in another one, which CPython's optimiser never does
//!   (`optimize_load_fast` in `Python/flowgraph.c`). Such loads are made owning ones.
//! - It takes local variables as bound that may not be. Loads of them are made checking ones.
//! - `COMPARE_OP` lacks the bits that say which results mean true, and that a branch wants a bool
//!   (`codegen_addcompare` in `Python/codegen.c`, `optimize_basic_block` in `Python/flowgraph.c`).
//! - The handler of a `with` statement's end covers instructions behind its `POP_EXCEPT`.
//! - It sets type parameters by a bit of `SET_FUNCTION_ATTRIBUTE`, and compares with common constants, that 3.14 does
//!   not have.
//! - It keeps the type parameters of classes in names (`super::generics`).
//!
//! What is sound is for verification to say; these rules only follow what it finds.

use super::assemble::{Instruction, Program};
use crate::generated::opcode as op;
use crate::opcode;
use crate::pyc::verify::{self, VerifyError, VerifyErrorKind};
use crate::pyc::{Code, Value, code_flag, local_kind};
use std::rc::Rc;

/// Rounds of verifying and repairing one code object.
const MOST_ROUNDS: usize = 1000;

/// The verified tree, repaired.
pub(super) fn verified(tree: &Rc<Code>) -> Result<Rc<Code>, Box<VerifyError>> {
    let tree = &super::generics::adapt(tree);
    let mut consts = Vec::with_capacity(tree.consts.len());
    for value in tree.consts.iter() {
        consts.push(match value {
            Value::Code(nested) => Value::Code(verified(nested)?),
            other => other.clone(),
        });
    }
    let mut code = Code { consts: consts.into(), ..(**tree).clone() };
    adapt_attributes(&mut code);
    let Some(mut program) = Program::of(&code) else {
        verify::verify(&code)?;
        return Ok(Rc::new(code));
    };
    adapt(&mut program);
    for _ in 0..MOST_ROUNDS {
        let (units, exceptions, locations, starts) = program.assemble();
        code.code = units.into();
        code.exceptiontable = exceptions.into();
        code.linetable = locations.into();
        let Err(error) = verify::verify(&code) else { return Ok(Rc::new(code)) };
        let index = starts.partition_point(|start| *start <= error.unit).saturating_sub(1);
        match error.kind {
            VerifyErrorKind::KeepsBorrowed | VerifyErrorKind::Borrowed(_) => own_all_loads(&mut program),
            VerifyErrorKind::HandlerDepth(..) if program.uncover(index) => {}
            VerifyErrorKind::Local(local, ..) if check_loads(&mut program, local) => {}
            _ => return Err(error),
        }
    }
    verify::verify(&code)?;
    Ok(Rc::new(code))
}

/// Async generators are said to be both generators and coroutines, and variables of comprehensions in functions to be
/// hidden from `locals`.
fn adapt_attributes(code: &mut Code) {
    const BOTH: u32 = code_flag::GENERATOR | code_flag::COROUTINE;
    if code.flags & BOTH == BOTH {
        code.flags = code.flags & !BOTH | code_flag::ASYNC_GENERATOR;
    }
    if code.flags & code_flag::OPTIMIZED != 0 {
        code.localspluskinds = code.localspluskinds.iter().map(|kind| kind & !local_kind::HIDDEN).collect();
    }
}

/// What is to be repaired wherever it stands.
fn adapt(program: &mut Program) {
    let mut index = 0;
    while let Some(&instruction) = program.instructions.get(index) {
        let next = |ahead: usize| program.instructions.get(index + ahead).map(|next| next.opcode);
        match instruction.opcode {
            op::COMPARE_OP => {
                let wants_bool = matches!(next(1), Some(op::POP_JUMP_IF_FALSE | op::POP_JUMP_IF_TRUE));
                program.instructions[index].oparg = comparison(instruction.oparg, wants_bool);
            }
            // An object that nothing is identical with: the code goes on as if the name were bound to something else.
            op::LOAD_COMMON_CONSTANT if instruction.oparg as usize >= opcode::COMMON_CONSTANTS.len() => {
                program.instructions[index] = instruction.with(op::LOAD_SMALL_INT, 0);
            }
            op::SET_FUNCTION_ATTRIBUTE if instruction.oparg == TYPE_PARAMETERS => {
                let intrinsic = instruction.with(op::CALL_INTRINSIC_2, SET_FUNCTION_TYPE_PARAMS);
                program.replace(index, &[instruction.with(op::SWAP, 2), intrinsic]);
            }
            op::LOAD_FAST_BORROW | op::LOAD_FAST_BORROW_LOAD_FAST_BORROW => {
                let after = if next(1) == Some(op::SWAP) { next(2) } else { next(1) };
                let stores = [op::STORE_FAST, op::STORE_FAST_LOAD_FAST, op::STORE_FAST_STORE_FAST];
                if after.is_some_and(|after| stores.contains(&after)) {
                    program.instructions[index].opcode = owning(instruction.opcode);
                }
            }
            _ => {}
        }
        index += 1;
    }
}

/// The bit of the compiler's `SET_FUNCTION_ATTRIBUTE`, and the intrinsic that stands for it in 3.14.
const TYPE_PARAMETERS: u32 = 32;
const SET_FUNCTION_TYPE_PARAMS: u32 = 4;

/// The comparison's result as a bool.
const TO_BOOL: u32 = 16;

/// By comparison (`compare_masks` of `Include/internal/pycore_code.h`): less 2, greater 4, equal 8, unordered 1.
const MASKS: [u32; 6] = [2, 2 | 8, 8, 1 | 2 | 4, 4, 4 | 8];

fn comparison(oparg: u32, wants_bool: bool) -> u32 {
    let mask = MASKS.get((oparg >> 5) as usize).copied().unwrap_or(0);
    oparg | mask | if wants_bool { TO_BOOL } else { 0 }
}

fn owning(opcode: u8) -> u8 {
    match opcode {
        op::LOAD_FAST_BORROW => op::LOAD_FAST,
        op::LOAD_FAST_BORROW_LOAD_FAST_BORROW => op::LOAD_FAST_LOAD_FAST,
        other => other,
    }
}

fn own_all_loads(program: &mut Program) {
    for instruction in &mut program.instructions {
        instruction.opcode = owning(instruction.opcode);
    }
}

/// Makes all loads of a local variable checking ones; false if there are none left to change.
fn check_loads(program: &mut Program, local: u32) -> bool {
    let mut changed = false;
    let mut index = 0;
    while let Some(&instruction) = program.instructions.get(index) {
        let checked = |local: u32| -> Instruction { instruction.with(op::LOAD_FAST_CHECK, local) };
        match instruction.opcode {
            op::LOAD_FAST | op::LOAD_FAST_BORROW if instruction.oparg == local => {
                program.instructions[index] = checked(local);
                changed = true;
            }
            op::LOAD_FAST_LOAD_FAST | op::LOAD_FAST_BORROW_LOAD_FAST_BORROW => {
                let (first, second) = (instruction.oparg >> 4, instruction.oparg & 15);
                if first == local || second == local {
                    let load =
                        |own: u32| if own == local { checked(own) } else { instruction.with(op::LOAD_FAST, own) };
                    program.replace(index, &[load(first), load(second)]);
                    changed = true;
                }
            }
            op::STORE_FAST_LOAD_FAST => {
                let (stored, loaded) = (instruction.oparg >> 4, instruction.oparg & 15);
                if loaded == local && stored != local {
                    program.replace(index, &[instruction.with(op::STORE_FAST, stored), checked(loaded)]);
                    changed = true;
                }
            }
            _ => {}
        }
        index += 1;
    }
    changed
}
