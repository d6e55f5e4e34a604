//! `_opcode`: what is known of instructions (`Modules/_opcode.c`), from the generated tables.

use super::{NativeModule, put};
use crate::object::*;
use crate::opcode;
use crate::runtime::call::Signature;
use crate::runtime::{error, number, object};

pub(super) static MODULE: NativeModule = NativeModule {
    name: "_opcode",
    functions: &[
        MethodDef::one("is_valid", |thread, _, op| flag(thread, op, opcode::is_valid)),
        MethodDef::one("has_arg", |thread, _, op| flag(thread, op, opcode::has_arg)),
        MethodDef::one("has_const", |thread, _, op| flag(thread, op, opcode::has_const)),
        MethodDef::one("has_name", |thread, _, op| flag(thread, op, opcode::has_name)),
        MethodDef::one("has_jump", |thread, _, op| flag(thread, op, opcode::has_jump)),
        MethodDef::one("has_free", |thread, _, op| flag(thread, op, opcode::has_free)),
        MethodDef::one("has_local", |thread, _, op| flag(thread, op, opcode::has_local)),
        MethodDef::one("has_exc", |thread, _, op| flag(thread, op, opcode::has_exc)),
        MethodDef::keywords("stack_effect", stack_effect),
        MethodDef::fast("get_executor", |_, _, _| Ok(object::new_none())),
        MethodDef::no_args("get_specialization_stats", |_, _| Ok(object::new_none())),
        MethodDef::no_args("get_intrinsic1_descs", |_, _| Ok(texts(&opcode::INTRINSIC_1))),
        MethodDef::no_args("get_intrinsic2_descs", |_, _| Ok(texts(&opcode::INTRINSIC_2))),
        MethodDef::no_args("get_special_method_names", |_, _| Ok(texts(&opcode::SPECIAL_METHODS))),
        MethodDef::no_args("get_common_constants", |thread, _| {
            let constants = thread.state.common_consts.iter().filter_map(|constant| constant.get());
            Ok(PyList::new(constants.map(Ref::to_owned).collect()).upcast())
        }),
        MethodDef::no_args("get_nb_ops", |_, _| {
            let pairs = opcode::NB_OPS.iter().map(|(name, symbol)| {
                PyTuple::from_array([PyStr::new(name).upcast(), PyStr::new(symbol).upcast()]).upcast()
            });
            Ok(PyList::new(pairs.collect()).upcast())
        }),
    ],
    types: &[],
    fill: |_, dict| {
        put(dict, "ENABLE_SPECIALIZATION", object::new_bool(true));
        put(dict, "ENABLE_SPECIALIZATION_FT", object::new_bool(true));
        Ok(())
    },
};

fn texts(items: &[&str]) -> Owned {
    PyList::new(items.iter().map(|item| PyStr::new(item).upcast()).collect()).upcast()
}

fn flag(thread: &Thread, op: Ref, test: impl Fn(u16) -> bool) -> Result {
    let op = number::as_i64(thread, op)?;
    Ok(object::new_bool(u16::try_from(op).is_ok_and(test)))
}

fn stack_effect(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "stack_effect",
        names: &["opcode", "oparg", "jump"],
        positional_only: 2,
        keyword_only: 1,
        required: 1,
    };
    let [op, oparg, jump] = SIGNATURE.bind(thread, arguments, keywords)?;
    let number = |value: Ref| -> Result<i32> {
        i32::try_from(number::as_i64(thread, value)?)
            .map_err(|_| error::overflow_error(thread, "Python int too large to convert to C int"))
    };
    let op = op.map_or(Ok(0), number)?;
    let oparg = match oparg.filter(|oparg| !object::is_none(*oparg)) {
        Some(oparg) => Some(number(oparg)?),
        None => None,
    };
    let jump = match jump.filter(|jump| !object::is_none(*jump)) {
        None => None,
        Some(jump) if object::is_true(jump) => Some(true),
        Some(jump) if object::is_false(jump) => Some(false),
        Some(_) => return Err(error::value_error(thread, opcode::BAD_JUMP)),
    };
    match opcode::stack_effect(op, oparg, jump) {
        Ok(effect) => Ok(PyInt::from_i64(effect.into()).upcast()),
        Err(_) => Err(error::value_error(thread, "invalid opcode or oparg")),
    }
}
