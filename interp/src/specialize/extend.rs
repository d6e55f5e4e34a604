//! The table of BINARY_OP_EXTEND: operations on pairs of built-in types that have no opcode of their own. The cache holds
//! the entry's index as a small int, so that it reads as an object like the other caches do.

use super::binary::operator;
use crate::object::{Owned, PyFloat, PyInt, Ref, Result, Thread, small_int};
use crate::runtime::types;

/// An entry of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BinaryOpExtend(usize);

struct Entry {
    operator: i32,
    guard: fn(Ref, Ref) -> bool,
    action: fn(Ref, Ref) -> Owned,
}

static TABLE: [Entry; 14] = [
    entry(operator::OR, words, |l, r| int(word(l) | word(r))),
    entry(operator::AND, words, |l, r| int(word(l) & word(r))),
    entry(operator::XOR, words, |l, r| int(word(l) ^ word(r))),
    entry(operator::INPLACE_OR, words, |l, r| int(word(l) | word(r))),
    entry(operator::INPLACE_AND, words, |l, r| int(word(l) & word(r))),
    entry(operator::INPLACE_XOR, words, |l, r| int(word(l) ^ word(r))),
    entry(operator::ADD, float_word, |l, r| float(double(l) + word(r) as f64)),
    entry(operator::SUBTRACT, float_word, |l, r| float(double(l) - word(r) as f64)),
    entry(operator::TRUE_DIVIDE, float_nonzero_word, |l, r| float(double(l) / word(r) as f64)),
    entry(operator::MULTIPLY, float_word, |l, r| float(double(l) * word(r) as f64)),
    entry(operator::ADD, word_float, |l, r| float(word(l) as f64 + double(r))),
    entry(operator::SUBTRACT, word_float, |l, r| float(word(l) as f64 - double(r))),
    entry(operator::TRUE_DIVIDE, word_nonzero_float, |l, r| float(word(l) as f64 / double(r))),
    entry(operator::MULTIPLY, word_float, |l, r| float(word(l) as f64 * double(r))),
];

const fn entry(operator: i32, guard: fn(Ref, Ref) -> bool, action: fn(Ref, Ref) -> Owned) -> Entry {
    Entry { operator, guard, action }
}

fn is_word(object: Ref) -> bool {
    object.is_exact(types::int()) && object.cast::<PyInt>().is_compact()
}

fn is_number(object: Ref) -> bool {
    object.is_exact(types::float()) && !double(object).is_nan()
}

fn words(left: Ref, right: Ref) -> bool {
    is_word(left) && is_word(right)
}

fn float_word(left: Ref, right: Ref) -> bool {
    is_number(left) && is_word(right)
}

fn float_nonzero_word(left: Ref, right: Ref) -> bool {
    float_word(left, right) && word(right) != 0
}

fn word_float(left: Ref, right: Ref) -> bool {
    is_word(left) && is_number(right)
}

fn word_nonzero_float(left: Ref, right: Ref) -> bool {
    word_float(left, right) && double(right) != 0.0
}

fn word(object: Ref) -> i64 {
    object.cast::<PyInt>().compact_value() as i64
}

fn double(object: Ref) -> f64 {
    object.cast::<PyFloat>().value()
}

fn int(value: i64) -> Owned {
    PyInt::from_i64(value).upcast()
}

fn float(value: f64) -> Owned {
    PyFloat::new(value).upcast()
}

impl BinaryOpExtend {
    /// The entry for an operator whose guard these operands pass.
    pub(super) fn find(operator: i32, left: Ref, right: Ref) -> Option<BinaryOpExtend> {
        TABLE.iter().position(|entry| entry.operator == operator && (entry.guard)(left, right)).map(BinaryOpExtend)
    }

    /// What the cache keeps.
    pub(super) fn as_object(self) -> Ref {
        small_int(self.0 as i64).upcast()
    }

    /// The entry that the cache names.
    #[inline(always)]
    pub(crate) fn from_object(object: Ref) -> BinaryOpExtend {
        BinaryOpExtend(object.cast::<PyInt>().compact_value() as usize)
    }

    /// Whether the operands are still of the kind that the entry is for.
    #[inline(always)]
    pub(crate) fn guard(self, left: Ref, right: Ref) -> bool {
        (TABLE[self.0].guard)(left, right)
    }

    /// The result; the operands pass the guard.
    #[inline(always)]
    pub(crate) fn action(self, _: &Thread, left: Ref, right: Ref) -> Result {
        Ok((TABLE[self.0].action)(left, right))
    }
}
