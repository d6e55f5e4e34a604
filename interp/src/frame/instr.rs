//! A handle to an instruction in its code object's mutable array.

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

    /// The cache cell `at` units from here.
    #[inline(always)]
    pub(crate) fn cache_u16(self, at: isize) -> u16 {
        self.unit(at).get()
    }

    /// Two cache cells, low half first.
    #[inline(always)]
    pub(crate) fn cache_u32(self, at: isize) -> u32 {
        u32::from(self.cache_u16(at)) | u32::from(self.cache_u16(at + 1)) << 16
    }

    /// Four cache cells.
    #[inline(always)]
    pub(crate) fn cache_u64(self, at: isize) -> u64 {
        u64::from(self.cache_u32(at)) | u64::from(self.cache_u32(at + 2)) << 32
    }

    /// The object whose address the specialiser put into four cells; the type or key version that the instruction has
    /// checked by now says that it is still there.
    #[inline(always)]
    pub(crate) fn cache_object(self, at: isize) -> Ref {
        let address = self.cache_u64(at) as usize;
        debug_assert!(address != 0, "an empty cache was read as an object");
        // SAFETY: the specialiser wrote a live object's exposed address, and the guards before this read deopt once the
        // class or dict that holds the object has changed.
        unsafe { Ref::from_raw(NonNull::new_unchecked(std::ptr::with_exposed_provenance_mut::<PyObject>(address))) }
    }

    #[inline(always)]
    pub(crate) fn set_cache_u16(self, at: isize, value: u16) {
        self.unit(at).set(value);
    }

    pub(crate) fn set_cache_u32(self, at: isize, value: u32) {
        self.set_cache_u16(at, value as u16);
        self.set_cache_u16(at + 1, (value >> 16) as u16);
    }

    pub(crate) fn set_cache_u64(self, at: isize, value: u64) {
        self.set_cache_u32(at, value as u32);
        self.set_cache_u32(at + 2, (value >> 32) as u32);
    }

    /// Remembers an object that the guards of the instruction keep valid.
    pub(crate) fn set_cache_object(self, at: isize, object: Ref) {
        self.set_cache_u64(at, object.as_ptr().expose_provenance() as u64);
    }

    /// The adaptive counter in the first cache cell.
    #[inline(always)]
    pub(crate) fn counter(self) -> u16 {
        self.cache_u16(1)
    }

    #[inline(always)]
    pub(crate) fn set_counter(self, counter: u16) {
        self.set_cache_u16(1, counter);
    }
}
