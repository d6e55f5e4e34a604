//! What is known of a value on the stack or in a local variable.

/// A set of possibilities, as bits of the constants below: the value is one of them.
pub(super) type Kinds = u16;

/// No value.
pub(super) const NULL: Kinds = 1;
/// A tagged integer: where an exception was raised.
pub(super) const LASTI: Kinds = 1 << 1;
/// A function whose closure is not set yet, although its code has free variables.
pub(super) const OPEN_FUNCTION: Kinds = 1 << 2;
/// An object of which nothing more is known.
pub(super) const OBJECT: Kinds = 1 << 3;
pub(super) const NONE: Kinds = 1 << 4;
pub(super) const BOOL: Kinds = 1 << 5;
/// An instance of `BaseException`.
pub(super) const EXCEPTION: Kinds = 1 << 6;
/// From here on: of exactly this type.
pub(super) const LIST: Kinds = 1 << 7;
pub(super) const DICT: Kinds = 1 << 8;
pub(super) const SET: Kinds = 1 << 9;
pub(super) const TUPLE: Kinds = 1 << 10;
pub(super) const CODE: Kinds = 1 << 11;
pub(super) const FUNCTION: Kinds = 1 << 12;
pub(super) const CELL: Kinds = 1 << 13;

/// Any object: what most instructions take.
pub(super) const ANY: Kinds = OBJECT | NONE | BOOL | EXCEPTION | LIST | DICT | SET | TUPLE | CODE | FUNCTION | CELL;
/// Whatever can be dropped.
pub(super) const DROPPABLE: Kinds = ANY | NULL | LASTI | OPEN_FUNCTION;

const NAMES: [(Kinds, &str); 13] = [
    (NULL, "nothing"),
    (LASTI, "a position"),
    (OPEN_FUNCTION, "a function without its closure"),
    (NONE, "None"),
    (BOOL, "a bool"),
    (EXCEPTION, "an exception"),
    (LIST, "a list"),
    (DICT, "a dict"),
    (SET, "a set"),
    (TUPLE, "a tuple"),
    (CODE, "a code object"),
    (FUNCTION, "a function"),
    (CELL, "a cell"),
];

/// In words, for messages.
pub(super) fn describe(kinds: Kinds) -> String {
    let mut rest = kinds;
    let mut words = Vec::new();
    if kinds & ANY == ANY || kinds & OBJECT != 0 {
        words.push("an object");
        rest &= !ANY;
    }
    words.extend(NAMES.iter().filter(|(kind, _)| rest & kind != 0).map(|(_, name)| *name));
    words.join(" or ")
}

/// Which local variable keeps a borrowed value alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lender {
    /// The value is owned, or lives for ever.
    Nobody,
    Local(u32),
    /// One of several.
    Some,
}

/// What more is known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Note {
    Nothing,
    /// The constant of this index; of a function, that its code is.
    Const(u32),
    /// A tuple of so many cells.
    Cells(u32),
}

/// What is known of an item of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) kinds: Kinds,
    pub(super) lender: Lender,
    pub(super) note: Note,
}

impl Item {
    pub(super) fn new(kinds: Kinds) -> Self {
        Self { kinds, lender: Lender::Nobody, note: Note::Nothing }
    }

    pub(super) fn noted(kinds: Kinds, note: Note) -> Self {
        Self { note, ..Self::new(kinds) }
    }

    /// What holds of either.
    pub(super) fn join(self, other: Self) -> Self {
        let lender = match (self.lender, other.lender) {
            (a, b) if a == b => a,
            (Lender::Nobody, lender) | (lender, Lender::Nobody) => lender,
            _ => Lender::Some,
        };
        let note = if self.note == other.note { self.note } else { Note::Nothing };
        Self { kinds: self.kinds | other.kinds, lender, note }
    }
}
