//! The inline cache behind an instruction, field by field.

use super::instr::InstrPtr;
use crate::generated::{opcode, tables};
use crate::object::Ref;
use crate::opcode::layout::{CacheLayout, CacheValue, Field, ObjectAddress};
use std::marker::PhantomData;

/// The cache of an instruction whose family has the layout `L`. It has no cells but the layout's fields.
pub(crate) struct Cache<L> {
    instr: InstrPtr,
    layout: PhantomData<L>,
}

impl<L> Clone for Cache<L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L> Copy for Cache<L> {}

/// How a field is kept in code units.
pub(crate) trait Stored: CacheValue {
    type Value;
    fn load(instr: InstrPtr, at: isize) -> Self::Value;
    fn store(instr: InstrPtr, at: isize, value: Self::Value);
}

impl InstrPtr {
    /// The instruction's cache. The dispatch loop and the specialisers ask for the layout of their own instruction.
    #[inline(always)]
    pub(crate) fn cache<L: CacheLayout>(self) -> Cache<L> {
        // An instrumented instruction does not show which one it is.
        debug_assert!(
            self.opcode() >= opcode::MIN_INSTRUMENTED_OPCODE
                || usize::from(tables::CACHES[usize::from(self.opcode())]) == L::ENTRIES,
            "the cache of another instruction"
        );
        Cache { instr: self, layout: PhantomData }
    }
}

impl<L: CacheLayout> Cache<L> {
    #[inline(always)]
    pub(crate) fn get<T: Stored>(self, field: Field<L, T>) -> T::Value {
        T::load(self.instr, field.behind_instruction())
    }

    #[inline(always)]
    pub(crate) fn set<T: Stored>(self, field: Field<L, T>, value: T::Value) {
        T::store(self.instr, field.behind_instruction(), value);
    }
}

impl Stored for u16 {
    type Value = u16;

    #[inline(always)]
    fn load(instr: InstrPtr, at: isize) -> u16 {
        instr.cell(at)
    }

    #[inline(always)]
    fn store(instr: InstrPtr, at: isize, value: u16) {
        instr.set_cell(at, value);
    }
}

/// Low half first.
impl Stored for u32 {
    type Value = u32;

    #[inline(always)]
    fn load(instr: InstrPtr, at: isize) -> u32 {
        u32::from(instr.cell(at)) | u32::from(instr.cell(at + 1)) << 16
    }

    #[inline(always)]
    fn store(instr: InstrPtr, at: isize, value: u32) {
        instr.set_cell(at, value as u16);
        instr.set_cell(at + 1, (value >> 16) as u16);
    }
}

/// The guards of the instruction keep the object valid.
impl Stored for ObjectAddress {
    type Value = Ref;

    #[inline(always)]
    fn load(instr: InstrPtr, at: isize) -> Ref {
        instr.object_in_cells(at)
    }

    #[inline(always)]
    fn store(instr: InstrPtr, at: isize, value: Ref) {
        instr.set_object_in_cells(at, value);
    }
}
