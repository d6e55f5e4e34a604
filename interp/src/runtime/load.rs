//! From the plain tree of a `.pyc` to code objects. The tree was verified: see `crate::pyc::verify`.

use super::error;
use crate::exit::Raised;
use crate::generated::opcode;
use crate::object::*;
use crate::pyc::{self, Value};
use crate::specialize;
use num_bigint::{BigInt, Sign};
use std::result::Result;

/// The code object of a tree, with those nested in its constants.
pub(crate) fn code(thread: &Thread, tree: &pyc::Code) -> Result<Owned<PyCode>, Raised> {
    let consts = tree.consts.iter().map(|value| constant(thread, value)).collect::<Result<Vec<_>, _>>()?;
    let (units, first_traceable) = units(&tree.code);
    Ok(PyCode::new(CodeParts {
        units,
        consts: PyTuple::from_vec(consts),
        names: names(thread, &tree.names),
        localsplusnames: names(thread, &tree.localsplusnames),
        localspluskinds: tree.localspluskinds.to_vec(),
        filename: interned(thread, &tree.filename).to_owned(),
        name: interned(thread, &tree.name).to_owned(),
        qualname: interned(thread, &tree.qualname).to_owned(),
        linetable: tree.linetable.to_vec(),
        exceptiontable: tree.exceptiontable.to_vec(),
        flags: tree.flags as i32,
        argcount: tree.argcount as usize,
        posonlyargcount: tree.posonlyargcount as usize,
        kwonlyargcount: tree.kwonlyargcount as usize,
        stacksize: tree.stacksize as usize,
        firstlineno: tree.firstlineno,
        first_traceable,
        version: thread.next_function_version(),
    }))
}

/// Any marshalled value, with the code objects in it verified first (`marshal.loads`).
pub(crate) fn verified_value(thread: &Thread, value: &Value) -> Result<Owned, Raised> {
    verify_within(value).map_err(|problem| error::value_error(thread, problem))?;
    constant(thread, value)
}

fn verify_within(value: &Value) -> Result<(), String> {
    match value {
        Value::Code(tree) => pyc::verify::verify_all(tree).map_err(|problem| problem.to_string()),
        Value::Tuple(items) | Value::List(items) => items.iter().try_for_each(verify_within),
        Value::Dict(pairs) => pairs.iter().try_for_each(|(key, value)| {
            verify_within(key)?;
            verify_within(value)
        }),
        _ => Ok(()),
    }
}

/// Fresh code units of verified code, and the index of the first that shows in tracebacks.
pub(super) fn units(code: &[u8]) -> (Vec<u16>, usize) {
    let units: Vec<u16> = code.chunks_exact(2).map(|u| u16::from_le_bytes([u[0], u[1]])).collect();
    let first_traceable = units.iter().position(|u| (*u & 0xFF) as u8 == opcode::RESUME).unwrap_or(0);
    (prepared(units), first_traceable)
}

/// Sets the adaptive counters as a fresh code object has them (`_PyCode_Quicken`).
fn prepared(mut units: Vec<u16>) -> Vec<u16> {
    let mut at = 0;
    while at < units.len() {
        let op = (units[at] & 0xFF) as u8;
        let caches = usize::from(crate::generated::tables::CACHES[usize::from(op)]);
        if caches > 0 && at + 1 < units.len() {
            units[at + 1] = initial_cache(op);
        }
        at += 1 + caches;
    }
    units
}

/// What the first cache entry of a fresh instruction holds.
fn initial_cache(op: u8) -> u16 {
    match op {
        opcode::JUMP_BACKWARD => specialize::JUMP,
        // A history of branches taken and not taken by turns.
        opcode::POP_JUMP_IF_FALSE
        | opcode::POP_JUMP_IF_TRUE
        | opcode::POP_JUMP_IF_NONE
        | opcode::POP_JUMP_IF_NOT_NONE => 0x5555,
        _ => specialize::WARMUP,
    }
}

fn names(thread: &Thread, names: &pyc::Names) -> Owned<PyTuple> {
    PyTuple::from_vec(names.iter().map(|name| interned(thread, name).to_owned().upcast()).collect())
}

fn string(text: &pyc::Str) -> Owned<PyStr> {
    match text.as_str() {
        Some(text) => PyStr::new(text),
        None => {
            let mut out = StrBuilder::new();
            text.code_points().for_each(|point| out.push(point));
            out.finish()
        }
    }
}

fn interned(thread: &Thread, text: &pyc::Str) -> Ref<PyStr> {
    thread.state.interned.intern(string(text))
}

/// A constant as an object; constants are immortal in effect, since their code object is.
fn constant(thread: &Thread, value: &Value) -> Result<Owned, Raised> {
    Ok(match value {
        Value::None => none_object().to_owned(),
        Value::Bool(value) => bool_object(*value).to_owned(),
        Value::Ellipsis => ellipsis().to_owned(),
        Value::Int(value) => PyInt::from_i64(*value).upcast(),
        Value::Long(long) => {
            let sign = if long.negative { Sign::Minus } else { Sign::Plus };
            PyInt::from_big(BigInt::from_bytes_le(sign, &long.magnitude_le())).upcast()
        }
        Value::Float(value) => PyFloat::new(*value).upcast(),
        Value::Complex(real, imag) => PyComplex::new(*real, *imag).upcast(),
        Value::Bytes(bytes) => PyBytes::new(bytes.to_vec()).upcast(),
        Value::Str(text) if text.interned => interned(thread, text).to_owned().upcast(),
        Value::Str(text) => string(text).upcast(),
        Value::Tuple(items) => {
            let items = items.iter().map(|item| constant(thread, item)).collect::<Result<Vec<_>, _>>()?;
            PyTuple::from_vec(items).upcast()
        }
        Value::FrozenSet(items) => {
            let set = PySet::new(super::types::frozenset());
            for item in items.iter() {
                let item = constant(thread, item)?;
                let hash = super::object::hash(thread, item.borrow())?;
                set.borrow().add(thread, item, hash)?;
            }
            set.upcast()
        }
        Value::Slice(parts) => {
            let [start, stop, step] = &**parts;
            let part = |value| constant(thread, value).map(Some);
            PySlice::new(part(start)?, part(stop)?, part(step)?).upcast()
        }
        Value::Code(tree) => code(thread, tree)?.upcast(),
        Value::List(items) => {
            PyList::new(items.iter().map(|item| constant(thread, item)).collect::<Result<Vec<_>, _>>()?).upcast()
        }
        Value::Dict(pairs) => {
            let dict = PyDict::new();
            for (key, value) in pairs.iter() {
                let key = constant(thread, key)?;
                dict.borrow().set(thread, key.borrow(), constant(thread, value)?)?;
            }
            dict.upcast()
        }
        Value::StopIteration => super::exceptions::stop_iteration().to_owned().upcast(),
        other => {
            let text = format!("constants of type {} are not supported yet", other.type_name());
            return Err(error::system_error(thread, text));
        }
    })
}
