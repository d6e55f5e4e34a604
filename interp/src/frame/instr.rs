//! A handle to an instruction in its code object's mutable array.

use super::cache::Stored;
use crate::object::{PyObject, Ref};
use std::cell::Cell;
use std::ptr::NonNull;

/// A code unit: the opcode in the low byte, the argument in the high one; inline caches are units too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct InstrPtr(NonNull<Cell<u16>>);

impl InstrPtr {
    /// The first unit of a code array.
    #[inline(always)]
    pub(crate) fn first(units: &[Cell<u16>]) -> InstrPtr {
        InstrPtr(NonNull::from_ref(units).cast())
    }

    #[inline(always)]
    fn unit(&self, offset: isize) -> &Cell<u16> {
        // SAFETY: verified code only goes to instructions of its own array, and reads caches that lie behind them there;
        // the frame keeps the code object alive.
        unsafe { self.0.offset(offset).as_ref() }
    }

    /// Opcode and argument.
    #[inline(always)]
    pub(crate) fn fetch(self) -> (u8, i32) {
        let unit = self.unit(0).get();
        (unit as u8, i32::from(unit >> 8))
    }

    #[inline(always)]
    pub(crate) fn opcode(self) -> u8 {
        self.unit(0).get() as u8
    }

    #[inline(always)]
    pub(crate) fn arg(self) -> u8 {
        (self.unit(0).get() >> 8) as u8
    }

    #[inline(always)]
    pub(crate) fn set_opcode(self, opcode: u8) {
        let unit = self.unit(0);
        unit.set(unit.get() & 0xFF00 | u16::from(opcode));
    }

    #[inline(always)]
    pub(crate) fn set_arg(self, arg: u8) {
        let unit = self.unit(0);
        unit.set(unit.get() & 0xFF | u16::from(arg) << 8);
    }

    #[inline(always)]
    #[must_use]
    pub(crate) fn add(self, units: isize) -> InstrPtr {
        // SAFETY: jump targets are verified; the end of the array is reached at most by one.
        InstrPtr(unsafe { self.0.offset(units) })
    }

    #[inline(always)]
    #[must_use]
    pub(crate) fn sub(self, units: isize) -> InstrPtr {
        self.add(-units)
    }

    /// Units from `other` to here.
    #[inline(always)]
    pub(crate) fn offset_from(self, other: InstrPtr) -> isize {
        // SAFETY: both are into the same array.
        unsafe { self.0.offset_from(other.0) }
    }

    /// The cell `at` units from here.
    #[inline(always)]
    pub(super) fn cell(self, at: isize) -> u16 {
        self.unit(at).get()
    }

    #[inline(always)]
    pub(super) fn set_cell(self, at: isize, value: u16) {
        self.unit(at).set(value);
    }

    /// The object whose address the specialiser put into four cells; the type or key version that the instruction has
    /// checked by now says that it is still there.
    #[inline(always)]
    pub(super) fn object_in_cells(self, at: isize) -> Ref {
        let half = |at| u64::from(<u32 as Stored>::load(self, at));
        let address = (half(at) | half(at + 2) << 32) as usize;
        debug_assert!(address != 0, "an empty cache was read as an object");
        // SAFETY: the specialiser wrote a live object's exposed address, and the guards before this read deopt once the
        // class or dict that holds the object has changed.
        unsafe { Ref::from_raw(NonNull::new_unchecked(std::ptr::with_exposed_provenance_mut::<PyObject>(address))) }
    }

    pub(super) fn set_object_in_cells(self, at: isize, object: Ref) {
        let address = object.as_ptr().expose_provenance() as u64;
        <u32 as Stored>::store(self, at, address as u32);
        <u32 as Stored>::store(self, at + 2, (address >> 32) as u32);
    }

    /// The adaptive counter that this unit is, the first of a cache.
    #[inline(always)]
    pub(crate) fn as_counter(self) -> u16 {
        self.cell(0)
    }

    #[inline(always)]
    pub(crate) fn set_as_counter(self, counter: u16) {
        self.set_cell(0, counter);
    }

    /// The adaptive counter in the first unit of this instruction's cache.
    #[inline(always)]
    pub(crate) fn counter(self) -> u16 {
        self.cell(1)
    }

    #[inline(always)]
    pub(crate) fn set_counter(self, counter: u16) {
        self.set_cell(1, counter);
    }
}
