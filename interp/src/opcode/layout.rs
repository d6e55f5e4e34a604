//! What a layout of an inline cache is made of. The layouts themselves are generated (`crate::opcode::layouts`).

use std::marker::PhantomData;

/// The cache of a family of instructions: a struct of CPython's `pycore_code.h`.
pub trait CacheLayout: Sized {
    /// Its size in code units, which come right behind the instruction's own.
    const ENTRIES: usize;
}

/// What a field can hold.
pub trait CacheValue {
    /// In code units.
    const UNITS: usize;
}

impl CacheValue for u16 {
    const UNITS: usize = 1;
}

impl CacheValue for u32 {
    const UNITS: usize = 2;
}

/// The kind of field that holds the address of an object, over four code units.
#[derive(Clone, Copy, Debug)]
pub enum ObjectAddress {}

impl CacheValue for ObjectAddress {
    const UNITS: usize = 4;
}

/// A field of the layout `L` that holds a `T`. One that ends past its cache does not compile:
/// ```
/// use interp::opcode::layout::Field;
/// use interp::opcode::layouts::LoadGlobalCache;
/// const LAST: Field<LoadGlobalCache, u16> = Field::at::<3>();
/// assert_eq!(LAST, LoadGlobalCache::INDEX);
/// ```
/// ```compile_fail
/// use interp::opcode::layout::Field;
/// use interp::opcode::layouts::LoadGlobalCache;
/// const PAST: Field<LoadGlobalCache, u16> = Field::at::<4>();
/// ```
/// ```compile_fail
/// use interp::opcode::layout::Field;
/// use interp::opcode::layouts::LoadGlobalCache;
/// const HALF_PAST: Field<LoadGlobalCache, u32> = Field::at::<3>();
/// ```
#[derive(Debug)]
pub struct Field<L, T> {
    at: u8,
    of: PhantomData<fn(L) -> T>,
}

impl<L: CacheLayout, T: CacheValue> Field<L, T> {
    /// The field that begins `AT` code units behind the cache's beginning.
    pub const fn at<const AT: usize>() -> Self {
        const { assert!(AT + T::UNITS <= L::ENTRIES, "the field ends past its cache") };
        const { assert!(AT < 256) };
        Self { at: AT as u8, of: PhantomData }
    }

    /// Code units from the instruction, whose cache begins one behind it.
    #[inline(always)]
    pub(crate) const fn behind_instruction(self) -> isize {
        self.at as isize + 1
    }
}

impl<L, T> Clone for Field<L, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L, T> Copy for Field<L, T> {}

impl<L, T> PartialEq for Field<L, T> {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}
