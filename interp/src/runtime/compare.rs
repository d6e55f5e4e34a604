//! The numbers of COMPARE_OP: which comparison, and the bits that its specialised forms test.

pub(crate) const LT: i32 = 0;
pub(crate) const LE: i32 = 1;
pub(crate) const EQ: i32 = 2;
pub(crate) const NE: i32 = 3;
pub(crate) const GT: i32 = 4;
pub(crate) const GE: i32 = 5;

pub(crate) const UNORDERED: i32 = 1;
pub(crate) const LESS_THAN: i32 = 2;
pub(crate) const GREATER_THAN: i32 = 4;
pub(crate) const EQUALS: i32 = 8;
pub(crate) const NOT_EQUALS: i32 = UNORDERED | LESS_THAN | GREATER_THAN;

/// `COMPARISON_BIT`: which of the four relations holds.
#[inline(always)]
pub(crate) fn bit<T: PartialOrd>(left: T, right: T) -> i32 {
    1 << (2 * i32::from(left >= right) + i32::from(left <= right))
}
