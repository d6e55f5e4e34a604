//! Every cache, driven to its last cell: the instruction before and the one behind are not touched.

use super::{Cache, InstrPtr};
use crate::generated::caches::{self, each_layout};
use crate::generated::{opcode, tables};
use crate::object::testing::with_thread;
use crate::object::{Owned, PyInt};
use crate::opcode::layout::{CacheLayout, Field, ObjectAddress};
use crate::specialize;
use std::cell::Cell;

/// What stands around the instruction, and in its cache before anything is written.
const AROUND: u16 = 0xA55A;

/// An instruction with its cache, between two that are to stay.
struct Code(Vec<Cell<u16>>);

impl Code {
    fn new<L: CacheLayout>(opcode: u8) -> Self {
        let units: Vec<Cell<u16>> = (0..L::ENTRIES + 4).map(|_| Cell::new(AROUND)).collect();
        units[2].set(u16::from(opcode));
        Self(units)
    }

    fn instr(&self) -> InstrPtr {
        InstrPtr::first(&self.0[2..])
    }

    /// The cells of the cache that hold something else than they did.
    fn written<L: CacheLayout>(&self, opcode: u8) -> Vec<usize> {
        let unit = |at: usize| self.0[at].get();
        assert_eq!((unit(0), unit(1), unit(2)), (AROUND, AROUND, u16::from(opcode)), "before the cache");
        let end = 3 + L::ENTRIES;
        assert_eq!(unit(end), AROUND, "the instruction behind the cache of {}", tables::NAMES[usize::from(opcode)]);
        (0..L::ENTRIES).filter(|at| unit(3 + at) != AROUND).collect()
    }
}

/// A value of each kind, none of whose cells looks as before.
trait Sample: super::cache::Stored {
    fn write<L: CacheLayout>(cache: Cache<L>, field: Field<L, Self>, object: &Owned)
    where
        Self: Sized;
}

impl Sample for u16 {
    fn write<L: CacheLayout>(cache: Cache<L>, field: Field<L, Self>, _: &Owned) {
        cache.set(field, 0xFFFF);
        assert_eq!(cache.get(field), 0xFFFF);
    }
}

impl Sample for u32 {
    fn write<L: CacheLayout>(cache: Cache<L>, field: Field<L, Self>, _: &Owned) {
        cache.set(field, 0xFFFE_FFFD);
        assert_eq!(cache.get(field), 0xFFFE_FFFD);
    }
}

impl Sample for ObjectAddress {
    fn write<L: CacheLayout>(cache: Cache<L>, field: Field<L, Self>, object: &Owned) {
        cache.set(field, object.borrow());
        assert!(cache.get(field).is(object.borrow()));
    }
}

/// Writes one field and gives the cells that it took.
fn drive<L: CacheLayout, T: Sample>(opcode: u8, field: Field<L, T>, object: &Owned) -> Vec<usize> {
    let code = Code::new::<L>(opcode);
    T::write(code.instr().cache(), field, object);
    let (written, at) = (code.written::<L>(opcode), field.behind_instruction() as usize - 1);
    assert_eq!(written, (at..at + T::UNITS).collect::<Vec<_>>(), "{}", tables::NAMES[usize::from(opcode)]);
    written
}

#[test]
fn every_cache_is_driven_to_its_last_cell() {
    with_thread(|_| {
        let object = PyInt::from_i64(1 << 40).upcast();
        let (mut layouts, mut instructions, mut fields) = (0, 0, 0);
        macro_rules! drive_layout {
            ($layout:ident, [$($opcode:ident)*], [$($field:ident)*]) => {
                for opcode in [$(opcode::$opcode),*] {
                    let mut cells = vec![0]; // The counter, which layouts without a struct have too.
                    $(
                        cells.extend(drive(opcode, caches::$layout::$field, &object));
                        fields += 1;
                    )*
                    cells.sort_unstable();
                    cells.dedup();
                    let last = caches::$layout::ENTRIES;
                    assert_eq!(cells, (0..last).collect::<Vec<_>>(), "cells of {}", tables::NAMES[usize::from(opcode)]);
                    let code = Code::new::<caches::$layout>(opcode);
                    code.instr().set_counter(1);
                    specialize::advance_counter(code.instr().add(1));
                    assert_eq!(code.written::<caches::$layout>(opcode), [0]);
                    instructions += 1;
                }
                layouts += 1;
            };
        }
        each_layout!(drive_layout);
        let with_cache = (0..256).filter(|at| tables::CACHES[*at] > 0).count();
        assert_eq!(instructions, with_cache, "instructions that have a cache");
        inputs::testing::say(&format!("{layouts} layouts, {instructions} instructions, {fields} fields driven"));
    });
}
