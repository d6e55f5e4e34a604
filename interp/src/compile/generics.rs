//! Type parameters of classes, which the linked compiler (0.5) hands to the class's body by the names `.type_params` and
//! `.generic_base`, in code that has no names of its own. CPython's compiler keeps both in cells (`codegen_class` in
//! `Python/codegen.c`); so do these repairs: the code around the class gets two cells, and its body closes over one.

use super::assemble::{Instruction, Program};
use crate::generated::opcode as op;
use crate::opcode;
use crate::pyc::{Code, Names, Str, Value, local_kind};
use std::rc::Rc;

const TYPE_PARAMETERS: &str = ".type_params";
const GENERIC_BASE: &str = ".generic_base";

/// The code, repaired if it is that around a class with type parameters.
pub(super) fn adapt(code: &Rc<Code>) -> Rc<Code> {
    adapted(code).map_or_else(|| Rc::clone(code), Rc::new)
}

fn adapted(code: &Code) -> Option<Code> {
    let mut program = Program::of(code)?;
    let name = |oparg: u32| code.names.get(oparg as usize).map(|name| name.as_bytes());
    let is =
        |own: &Instruction, wanted: u8, text: &str| own.opcode == wanted && name(own.oparg) == Some(text.as_bytes());
    if !program.instructions.iter().any(|own| is(own, op::STORE_NAME, TYPE_PARAMETERS)) {
        return None;
    }
    let (body_at, body) = body_of(code)?;
    // Behind locals and cells, before free variables.
    let first = code.localspluskinds.iter().position(|kind| kind & local_kind::FREE != 0);
    let first = first.unwrap_or(code.localspluskinds.len());
    make_room(&mut program, first as u32, 2);
    let mut index = 0;
    while let Some(&own) = program.instructions.get(index) {
        for (offset, text) in [(0, TYPE_PARAMETERS), (1, GENERIC_BASE)] {
            if is(&own, op::STORE_NAME, text) {
                program.instructions[index] = own.with(op::STORE_DEREF, first as u32 + offset);
            } else if is(&own, op::LOAD_NAME, text) {
                program.instructions[index] = own.with(op::LOAD_DEREF, first as u32 + offset);
            }
        }
        index += 1;
    }
    let resume = program.instructions.iter().position(|own| own.opcode == op::RESUME)?;
    let own = program.instructions[resume];
    let cells = [0, 1].map(|offset| own.with(op::MAKE_CELL, first as u32 + offset));
    program.replace(resume, &[cells[0], cells[1], own]);
    close_over(&mut program, body_at, first as u32)?;
    let mut consts = code.consts.to_vec();
    consts[body_at] = Value::Code(Rc::new(body));
    let mut result = with_locals(code, &[TYPE_PARAMETERS, GENERIC_BASE], first, local_kind::CELL)?;
    result.consts = consts.into();
    result.stacksize += 1;
    put(&mut result, &mut program);
    Some(result)
}

/// The class's body among the constants, which gets the parameters as its last free variable.
fn body_of(code: &Code) -> Option<(usize, Code)> {
    code.consts.iter().enumerate().find_map(|(at, value)| match value {
        Value::Code(body) => Some((at, adapted_body(body)?)),
        _ => None,
    })
}

fn adapted_body(body: &Code) -> Option<Code> {
    let mut program = Program::of(body)?;
    let place = body.localspluskinds.len();
    let mut found = false;
    for own in &mut program.instructions {
        let name = body.names.get(own.oparg as usize).map(|name| name.as_bytes());
        if own.opcode == op::LOAD_NAME && name == Some(TYPE_PARAMETERS.as_bytes()) {
            *own = own.with(op::LOAD_DEREF, place as u32);
            found = true;
        }
    }
    if !found {
        return None;
    }
    let first = *program.instructions.first()?;
    match first.opcode {
        op::COPY_FREE_VARS => program.instructions[0].oparg += 1,
        _ => program.replace(0, &[first.with(op::COPY_FREE_VARS, 1), first]),
    }
    let mut result = with_locals(body, &[TYPE_PARAMETERS], place, local_kind::FREE)?;
    put(&mut result, &mut program);
    Some(result)
}

/// Moves the variables from `first` on by `count` places.
fn make_room(program: &mut Program, first: u32, count: u32) {
    let moved = |local: u32| if local >= first { local + count } else { local };
    let mut index = 0;
    while let Some(&own) = program.instructions.get(index) {
        let (high, low) = (own.oparg >> 4, own.oparg & 15);
        let apart = match own.opcode {
            op::LOAD_FAST_LOAD_FAST | op::LOAD_FAST_BORROW_LOAD_FAST_BORROW => Some((op::LOAD_FAST, op::LOAD_FAST)),
            op::STORE_FAST_LOAD_FAST => Some((op::STORE_FAST, op::LOAD_FAST)),
            op::STORE_FAST_STORE_FAST => Some((op::STORE_FAST, op::STORE_FAST)),
            _ => None,
        };
        match apart {
            Some((one, other)) => {
                program.replace(index, &[own.with(one, moved(high)), own.with(other, moved(low))]);
                index += 1;
            }
            None if opcode::has_local(own.opcode.into()) || opcode::has_free(own.opcode.into()) => {
                program.instructions[index].oparg = moved(own.oparg);
            }
            None => {}
        }
        index += 1;
    }
}

/// Adds the cell to the closure that the function of the constant at `body_at` is made with.
fn close_over(program: &mut Program, body_at: usize, cell: u32) -> Option<()> {
    const CLOSURE: u32 = 8;
    let is_body = |own: &Instruction| own.opcode == op::LOAD_CONST && own.oparg as usize == body_at;
    let at = program.instructions.iter().position(is_body)?;
    let own = program.instructions[at];
    let made = program.instructions.get(at + 1).filter(|next| next.opcode == op::MAKE_FUNCTION)?;
    let made = *made;
    let load = own.with(op::LOAD_FAST, cell);
    let has_closure = matches!(program.instructions.get(at + 2), Some(next)
        if next.opcode == op::SET_FUNCTION_ATTRIBUTE && next.oparg == CLOSURE);
    if has_closure {
        let tuple = *program.instructions.get(at.checked_sub(1)?)?;
        if tuple.opcode != op::BUILD_TUPLE {
            return None;
        }
        program.replace(at - 1, &[load, tuple.with(op::BUILD_TUPLE, tuple.oparg + 1)]);
    } else {
        program.replace(at + 1, &[made, made.with(op::SET_FUNCTION_ATTRIBUTE, CLOSURE)]);
        program.replace(at, &[load, own.with(op::BUILD_TUPLE, 1), own]);
    }
    Some(())
}

/// The code with more variables at `place`.
fn with_locals(code: &Code, names: &[&str], place: usize, kind: u8) -> Option<Code> {
    let mut all = code.localsplusnames.items().to_vec();
    let added = names.iter().map(|name| Value::Str(Rc::new(Str::new(name, true))));
    all.splice(place..place, added);
    let mut kinds = code.localspluskinds.to_vec();
    kinds.splice(place..place, names.iter().map(|_| kind));
    let localsplusnames = Names::new(all.into()).ok()?;
    Some(Code { localsplusnames, localspluskinds: kinds.into(), ..code.clone() })
}

fn put(code: &mut Code, program: &mut Program) {
    let (units, exceptions, locations, _) = program.assemble();
    code.code = units.into();
    code.exceptiontable = exceptions.into();
    code.linetable = locations.into();
}
