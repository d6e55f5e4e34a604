//! The function slots of a type: what `tp_*`, `nb_*`, `sq_*`, `mp_*` and `am_*` are in C, flat in one table.

use super::dict::PyDict;
use super::header::PyObject;
use super::refs::{Owned, Ref};
use super::thread::Thread;
use super::tuple::PyTuple;
use super::types::PyType;
use crate::exit::Raised;
use std::cell::Cell;

/// A rich comparison, numbered as in C (`Py_LT` …).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum CompareOp {
    Lt,
    Le,
    Eq,
    Ne,
    Gt,
    Ge,
}

impl CompareOp {
    /// From C's number.
    ///
    /// # Panics
    /// On a number that no comparison has; code verification keeps such opargs out.
    #[inline]
    pub(crate) fn from_number(number: i32) -> CompareOp {
        use CompareOp::*;
        match number {
            0 => Lt,
            1 => Le,
            2 => Eq,
            3 => Ne,
            4 => Gt,
            5 => Ge,
            _ => unreachable!("comparison number {number}"),
        }
    }

    /// The comparison with the sides exchanged.
    pub(crate) fn swapped(self) -> CompareOp {
        use CompareOp::*;
        match self {
            Lt => Gt,
            Le => Ge,
            Eq => Eq,
            Ne => Ne,
            Gt => Lt,
            Ge => Le,
        }
    }

    /// As Python writes it.
    pub(crate) fn symbol(self) -> &'static str {
        ["<", "<=", "==", "!=", ">", ">="][self as usize]
    }

    /// What the comparison says about an ordering.
    #[inline]
    pub(crate) fn holds(self, ordering: std::cmp::Ordering) -> bool {
        use CompareOp::*;
        match self {
            Lt => ordering.is_lt(),
            Le => ordering.is_le(),
            Eq => ordering.is_eq(),
            Ne => ordering.is_ne(),
            Gt => ordering.is_gt(),
            Ge => ordering.is_ge(),
        }
    }
}

/// What most slots give: a new reference, or an exception is set.
pub(crate) type Result<T = Owned<PyObject>> = std::result::Result<T, Raised>;

pub(crate) type Unary = fn(&Thread, Ref) -> Result;
pub(crate) type Binary = fn(&Thread, Ref, Ref) -> Result;
pub(crate) type Ternary = fn(&Thread, Ref, Ref, Ref) -> Result;
pub(crate) type Inquiry = fn(&Thread, Ref) -> Result<bool>;
pub(crate) type Length = fn(&Thread, Ref) -> Result<isize>;
pub(crate) type Hash = fn(&Thread, Ref) -> Result<isize>;
pub(crate) type ItemAt = fn(&Thread, Ref, isize) -> Result;
/// `None` deletes.
pub(crate) type SetItemAt = fn(&Thread, Ref, isize, Option<Ref>) -> Result<()>;
/// `None` deletes.
pub(crate) type SetItem = fn(&Thread, Ref, Ref, Option<Ref>) -> Result<()>;
pub(crate) type Contains = fn(&Thread, Ref, Ref) -> Result<bool>;
/// Gives `NotImplemented` where the types do not compare.
pub(crate) type RichCompare = fn(&Thread, Ref, Ref, CompareOp) -> Result;
/// `None` at the end, or with an exception set on the thread (C's convention, one word).
pub(crate) type IterNext = fn(&Thread, Ref) -> Option<Owned>;
pub(crate) type Call = fn(&Thread, Ref, Ref<PyTuple>, Option<Ref<PyDict>>) -> Result;
/// Positional arguments, then the values of the keywords that the tuple names.
pub(crate) type VectorCall = fn(&Thread, Ref, &[Ref], Option<Ref<PyTuple>>) -> Result;
/// `(descriptor, instance, owner)`.
pub(crate) type DescrGet = fn(&Thread, Ref, Option<Ref>, Option<Ref>) -> Result;
/// `(descriptor, instance, value)`; no value deletes.
pub(crate) type DescrSet = fn(&Thread, Ref, Ref, Option<Ref>) -> Result<()>;
pub(crate) type Init = fn(&Thread, Ref, Ref<PyTuple>, Option<Ref<PyDict>>) -> Result<()>;
pub(crate) type New = fn(&Thread, Ref<PyType>, Ref<PyTuple>, Option<Ref<PyDict>>) -> Result;
pub(crate) type Finalize = fn(&Thread, Ref);

/// A slot as a table entry.
pub(crate) const fn slot<F: Copy>(function: F) -> Cell<Option<F>> {
    Cell::new(Some(function))
}

macro_rules! slots {
    ($($(#[$doc:meta])* $name:ident: $kind:ty,)*) => {
        /// The slot table of a type; empty slots are `None`. Names are CPython's without `tp_`, with `nb_`, `sq_`,
        /// `mp_` and `am_` kept.
        pub(crate) struct Slots {
            $($(#[$doc])* pub(crate) $name: Cell<Option<$kind>>,)*
        }

        impl Slots {
            /// No slot filled.
            #[allow(clippy::declare_interior_mutable_const)]
            pub(crate) const NONE: Slots = Slots { $($name: Cell::new(None),)* };

            /// Fills each empty slot from `base`.
            pub(crate) fn inherit(&self, base: &Slots) {
                $(if self.$name.get().is_none() { self.$name.set(base.$name.get()); })*
            }

            /// Starts a class's slots with those of its base.
            pub(crate) fn copy_from_base(&self, base: &Slots) {
                $(self.$name.set(base.$name.get());)*
                self.construct.set(None);
            }
        }
    };
}

slots! {
    repr: Unary,
    str: Unary,
    hash: Hash,
    call: Call,
    vectorcall: VectorCall,
    /// Builds an instance when the type itself is called; subclasses do not have it.
    construct: VectorCall,
    getattro: Binary,
    setattro: SetItem,
    /// The dict of an instance of a type without managed dicts; true makes one.
    dict_of: fn(Ref, bool) -> Option<Ref<PyDict>>,
    richcompare: RichCompare,
    iter: Unary,
    iternext: IterNext,
    descr_get: DescrGet,
    descr_set: DescrSet,
    init: Init,
    new: New,
    finalize: Finalize,
    nb_add: Binary,
    nb_subtract: Binary,
    nb_multiply: Binary,
    nb_remainder: Binary,
    nb_divmod: Binary,
    nb_power: Ternary,
    nb_negative: Unary,
    nb_positive: Unary,
    nb_absolute: Unary,
    nb_bool: Inquiry,
    nb_invert: Unary,
    nb_lshift: Binary,
    nb_rshift: Binary,
    nb_and: Binary,
    nb_xor: Binary,
    nb_or: Binary,
    nb_int: Unary,
    nb_float: Unary,
    nb_inplace_add: Binary,
    nb_inplace_subtract: Binary,
    nb_inplace_multiply: Binary,
    nb_inplace_remainder: Binary,
    nb_inplace_power: Ternary,
    nb_inplace_lshift: Binary,
    nb_inplace_rshift: Binary,
    nb_inplace_and: Binary,
    nb_inplace_xor: Binary,
    nb_inplace_or: Binary,
    nb_floor_divide: Binary,
    nb_true_divide: Binary,
    nb_inplace_floor_divide: Binary,
    nb_inplace_true_divide: Binary,
    nb_index: Unary,
    nb_matrix_multiply: Binary,
    nb_inplace_matrix_multiply: Binary,
    sq_length: Length,
    sq_concat: Binary,
    sq_repeat: ItemAt,
    sq_item: ItemAt,
    sq_ass_item: SetItemAt,
    sq_contains: Contains,
    sq_inplace_concat: Binary,
    sq_inplace_repeat: ItemAt,
    mp_length: Length,
    mp_subscript: Binary,
    mp_ass_subscript: SetItem,
    am_await: Unary,
    am_aiter: Unary,
    am_anext: Unary,
}
