//! From the plain tree of a `.pyc` to code objects. The tree was verified: see `crate::pyc::verify`.

use super::error;
use crate::exit::Raised;
use crate::generated::opcode;
use crate::object::*;
use crate::pyc::{self, Value};
use crate::specialize;
use num_bigint::{BigInt, Sign};
use std::collections::HashMap;
use std::rc::Rc;
use std::result::Result;

/// The code object of a tree, with those nested in its constants. This is the only way from a tree to code that can run,
/// and it verifies first; a flaw raises ValueError.
pub(crate) fn code(thread: &Thread, tree: &Rc<pyc::Code>) -> Result<Owned<PyCode>, Raised> {
    Loader { thread, made: HashMap::new(), verified: false }.outer_code(tree)
}

/// What was made of the shared parts of a tree. A few bytes can name the same tuple exponentially often, and it must be
/// made once.
struct Loader<'a> {
    thread: &'a Thread,
    made: HashMap<*const (), Owned>,
    /// The code around was verified, and with it what is nested in it.
    verified: bool,
}

impl Loader<'_> {
    fn outer_code(&mut self, tree: &Rc<pyc::Code>) -> Result<Owned<PyCode>, Raised> {
        if self.verified {
            return self.code(tree);
        }
        pyc::verify::verify_all(tree).map_err(|flaw| error::value_error(self.thread, flaw.to_string()))?;
        self.verified = true;
        let code = self.code(tree);
        self.verified = false;
        code
    }

    fn code(&mut self, tree: &pyc::Code) -> Result<Owned<PyCode>, Raised> {
        let thread = self.thread;
        let consts = self.constants(&tree.consts)?;
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

    fn constants(&mut self, values: &[Value]) -> Result<Vec<Owned>, Raised> {
        values.iter().map(|value| self.constant(value)).collect()
    }

    /// What is at an address of the tree, which outlives the loader.
    fn shared(
        &mut self,
        address: *const (),
        make: impl FnOnce(&mut Self) -> Result<Owned, Raised>,
    ) -> Result<Owned, Raised> {
        if let Some(made) = self.made.get(&address) {
            return Ok(made.clone());
        }
        let made = make(self)?;
        self.made.insert(address, made.clone());
        Ok(made)
    }

    /// A constant as an object; constants are immortal in effect, since their code object is.
    fn constant(&mut self, value: &Value) -> Result<Owned, Raised> {
        let thread = self.thread;
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
                self.shared(items.as_ptr().cast(), |loader| Ok(PyTuple::from_vec(loader.constants(items)?).upcast()))?
            }
            Value::FrozenSet(items) => {
                let set = PySet::new(super::types::frozenset());
                for item in items.iter() {
                    let item = self.constant(item)?;
                    let hash = super::object::hash(thread, item.borrow())?;
                    set.borrow().add(thread, item, hash)?;
                }
                set.upcast()
            }
            Value::Slice(parts) => {
                let [start, stop, step] = &**parts;
                let mut part = |value| self.constant(value).map(Some);
                PySlice::new(part(start)?, part(stop)?, part(step)?).upcast()
            }
            Value::Code(tree) => {
                self.shared(Rc::as_ptr(tree).cast(), |loader| Ok(loader.outer_code(tree)?.upcast()))?
            }
            Value::List(items) => PyList::new(self.constants(items)?).upcast(),
            Value::Dict(pairs) => {
                let dict = PyDict::new();
                for (key, value) in pairs.iter() {
                    let key = self.constant(key)?;
                    let value = self.constant(value)?;
                    dict.borrow().set(thread, key.borrow(), value)?;
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
}

/// Any marshalled value, with the code objects in it verified first (`marshal.loads`).
pub(crate) fn verified_value(thread: &Thread, value: &Value) -> Result<Owned, Raised> {
    Loader { thread, made: HashMap::new(), verified: false }.constant(value)
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
