//! A growing string.

use super::refs::{Owned, Ref};
use super::str::{Kind, PyStr, Units};

/// Collects code points in the narrowest cells that hold them.
pub(crate) enum StrBuilder {
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
}

impl StrBuilder {
    pub(crate) fn new() -> StrBuilder {
        StrBuilder::One(Vec::new())
    }

    /// As `new`, with room for so many code points of one byte.
    pub(crate) fn with_capacity(capacity: usize) -> StrBuilder {
        StrBuilder::One(Vec::with_capacity(capacity))
    }

    /// Code points so far.
    pub(crate) fn len(&self) -> usize {
        match self {
            StrBuilder::One(cells) => cells.len(),
            StrBuilder::Two(cells) => cells.len(),
            StrBuilder::Four(cells) => cells.len(),
        }
    }

    fn widen(&mut self, kind: Kind) {
        *self = match (&*self, kind) {
            (StrBuilder::One(cells), Kind::Two) => StrBuilder::Two(cells.iter().map(|&cell| cell.into()).collect()),
            (StrBuilder::One(cells), Kind::Four) => StrBuilder::Four(cells.iter().map(|&cell| cell.into()).collect()),
            (StrBuilder::Two(cells), Kind::Four) => StrBuilder::Four(cells.iter().map(|&cell| cell.into()).collect()),
            _ => return,
        };
    }

    /// Adds one code point, a surrogate too.
    #[inline]
    pub(crate) fn push(&mut self, point: u32) {
        match self {
            StrBuilder::One(cells) if point <= 0xFF => return cells.push(point as u8),
            StrBuilder::Two(cells) if point <= 0xFFFF => return cells.push(point as u16),
            StrBuilder::Four(cells) => return cells.push(point),
            _ => {}
        }
        self.widen(Kind::of(point));
        self.push(point);
    }

    pub(crate) fn push_text(&mut self, text: &str) {
        if let (StrBuilder::One(cells), true) = (&mut *self, text.is_ascii()) {
            return cells.extend_from_slice(text.as_bytes());
        }
        text.chars().for_each(|c| self.push(c.into()));
    }

    pub(crate) fn push_str(&mut self, string: Ref<PyStr>) {
        match (&mut *self, string.units()) {
            (StrBuilder::One(cells), Units::One(more)) => cells.extend_from_slice(more),
            (StrBuilder::Two(cells), Units::Two(more)) => cells.extend_from_slice(more),
            (StrBuilder::Four(cells), Units::Four(more)) => cells.extend_from_slice(more),
            _ => {
                self.widen(string.kind());
                string.points().for_each(|point| self.push(point));
            }
        }
    }

    /// Adds `count` times the code point.
    pub(crate) fn push_repeated(&mut self, point: u32, count: usize) {
        if let (StrBuilder::One(cells), Ok(byte)) = (&mut *self, u8::try_from(point)) {
            return cells.resize(cells.len() + count, byte);
        }
        for _ in 0..count {
            self.push(point);
        }
    }

    /// Adds a part of a string.
    pub(crate) fn push_slice(&mut self, string: Ref<PyStr>, start: usize, stop: usize) {
        match (&mut *self, string.units()) {
            (StrBuilder::One(cells), Units::One(more)) => cells.extend_from_slice(&more[start..stop]),
            _ => (start..stop).for_each(|index| self.push(string.char_at(index))),
        }
    }

    pub(crate) fn finish(self) -> Owned<PyStr> {
        match self {
            StrBuilder::One(cells) => PyStr::from_units(Units::One(&cells)),
            StrBuilder::Two(cells) => PyStr::from_units(Units::Two(&cells)),
            StrBuilder::Four(cells) => PyStr::from_units(Units::Four(&cells)),
        }
    }
}

impl std::fmt::Write for StrBuilder {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.push_text(text);
        Ok(())
    }
}
