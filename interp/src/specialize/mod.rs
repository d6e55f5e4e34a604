//! Adaptive specialisation: the policy behind the generated fast forms, one module a family of instructions
//! (CPython's `specialize.c`, whose choices are followed so that the same programs run the same forms).
//!
//! An unspecialised instruction whose counter has run out calls its family's function with the operands it sees. That
//! writes the inline cache and the opcode of the form whose guards these operands pass, or, where there is none, restarts
//! the counter twice as far away. Specialisers never raise.

mod attr;
mod attr_store;
mod binary;
mod call;
mod containers;
pub(crate) mod counter;
mod descriptor;
mod extend;
mod function;
mod global;
mod instance;
mod iterate;
mod stats;
#[cfg(test)]
mod tests;
mod truth;
mod version;

use crate::frame::InstrPtr;
use crate::generated::tables;
use crate::object::{PyDict, PyStr, Ref};

pub(crate) use attr::{load_attr, load_super_attr};
pub(crate) use attr_store::store_attr;
pub(crate) use binary::{binary_op, compare_op};
pub(crate) use call::{call, call_kw};
pub(crate) use containers::{contains_op, store_subscr, unpack_sequence};
pub(crate) use counter::{JUMP, WARMUP, advance_counter, counter_triggers, pause_counter};
pub(crate) use extend::BinaryOpExtend;
pub(crate) use global::load_global;
pub(crate) use iterate::{for_iter, send};
#[allow(unused_imports, reason = "for `interp stats`")]
pub(crate) use stats::{Counts, counts};
pub(crate) use truth::to_bool;

/// Writes the chosen form, whose cache is filled already; with none, the instruction becomes its generic form again and
/// is left alone for longer than last time.
fn settle(instr: InstrPtr, form: Option<u8>) {
    let before = instr.opcode();
    let generic = tables::DEOPT[usize::from(before)];
    match form {
        Some(opcode) => {
            debug_assert_eq!(tables::DEOPT[usize::from(opcode)], generic, "a form of another family");
            instr.set_opcode(opcode);
            instr.set_counter(counter::COOLDOWN);
        }
        None => {
            instr.set_opcode(generic);
            instr.set_counter(counter::restart(instr.counter()));
        }
    }
    stats::count(generic, form.is_some(), before != generic);
}

/// The instruction behind this one, which has `caches` cache entries.
fn following(instr: InstrPtr, caches: u8) -> InstrPtr {
    instr.add(1 + isize::from(caches))
}

/// The entry of a name in a dict whose keys are all strings.
fn index_of(dict: Ref<PyDict>, name: Ref<PyStr>) -> Option<usize> {
    let keys = dict.keys();
    if keys.is_unicode() { keys.find_str(name, name.hash()) } else { None }
}
