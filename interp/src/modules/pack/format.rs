//! The format language of `struct`.

use super::values;
use crate::object::*;

/// What one part of a format stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Pad,
    Char,
    Bool,
    /// A number of so many bytes, with a sign or without.
    Int(usize, bool),
    Half,
    Float,
    Double,
    Complex(usize),
    /// Bytes of the length that the count says.
    Text,
    /// The same, with a length byte in front.
    Pascal,
}

/// A part: what, where, how many; of text, its length.
pub(crate) struct Part {
    pub(crate) kind: Kind,
    pub(crate) letter: char,
    pub(crate) offset: usize,
    pub(crate) count: usize,
    pub(crate) size: usize,
}

/// A format, with the places of its parts.
pub(crate) struct Format {
    pub(crate) size: usize,
    pub(crate) big: bool,
    pub(crate) parts: Vec<Part>,
}

fn kind_of(letter: char, native: bool) -> Option<(Kind, usize)> {
    let long = if native { 8 } else { 4 };
    let kind = match letter {
        'x' => return Some((Kind::Pad, 1)),
        'c' => Kind::Char,
        '?' => Kind::Bool,
        'b' => Kind::Int(1, true),
        'B' => Kind::Int(1, false),
        'h' => Kind::Int(2, true),
        'H' => Kind::Int(2, false),
        'i' => Kind::Int(4, true),
        'I' => Kind::Int(4, false),
        'l' => Kind::Int(long, true),
        'L' => Kind::Int(long, false),
        'q' => Kind::Int(8, true),
        'Q' => Kind::Int(8, false),
        'n' if native => Kind::Int(8, true),
        'N' | 'P' if native => Kind::Int(8, false),
        'e' => Kind::Half,
        'f' => Kind::Float,
        'd' => Kind::Double,
        'F' => Kind::Complex(8),
        'D' => Kind::Complex(16),
        's' => return Some((Kind::Text, 1)),
        'p' => return Some((Kind::Pascal, 1)),
        _ => return None,
    };
    let size = match kind {
        Kind::Int(size, _) | Kind::Complex(size) => size,
        Kind::Half => 2,
        Kind::Float => 4,
        Kind::Double => 8,
        _ => 1,
    };
    Some((kind, size))
}

impl Format {
    /// Reads a format; the text of the error otherwise.
    pub(crate) fn parse(text: &str) -> std::result::Result<Format, &'static str> {
        let mut rest = text.chars().peekable();
        let (mut native, mut aligned, mut big) = (true, true, false);
        if let Some(order) = rest.next_if(|c| "@=<>!".contains(*c)) {
            (native, aligned, big) = (order == '@', order == '@', matches!(order, '>' | '!'));
        }
        let (mut parts, mut offset) = (Vec::new(), 0usize);
        while let Some(c) = rest.next() {
            if c.is_ascii_whitespace() {
                continue;
            }
            let mut letter = c;
            let mut count = 1usize;
            if let Some(digit) = c.to_digit(10) {
                count = digit as usize;
                while let Some(digit) = rest.peek().and_then(|c| c.to_digit(10)) {
                    rest.next();
                    count = count
                        .checked_mul(10)
                        .and_then(|count| count.checked_add(digit as usize))
                        .ok_or("total struct size too long")?;
                }
                letter = rest.next().ok_or("repeat count given without format specifier")?;
            }
            let (kind, size) = kind_of(letter, native).ok_or("bad char in struct format")?;
            let alignment = if let Kind::Complex(size) = kind { size / 2 } else { size };
            if aligned {
                offset = offset.checked_next_multiple_of(alignment).ok_or("total struct size too long")?;
            }
            let bytes = count.checked_mul(size).ok_or("total struct size too long")?;
            if kind != Kind::Pad {
                parts.push(Part { kind, letter, offset, count, size });
            }
            offset =
                offset.checked_add(bytes).filter(|&o| o <= isize::MAX as usize).ok_or("total struct size too long")?;
        }
        Ok(Format { size: offset, big, parts })
    }

    /// How many values it stands for.
    pub(crate) fn count(&self) -> usize {
        let of = |part: &Part| if matches!(part.kind, Kind::Text | Kind::Pascal) { 1 } else { part.count };
        self.parts.iter().map(of).sum()
    }

    /// The values of as many bytes as the format takes.
    pub(crate) fn unpack(&self, data: &[u8]) -> Owned<PyTuple> {
        let mut found = Vec::with_capacity(self.count());
        for part in &self.parts {
            if matches!(part.kind, Kind::Text | Kind::Pascal) {
                found.push(values::unpack(part.kind, &data[part.offset..part.offset + part.count], self.big));
                continue;
            }
            for index in 0..part.count {
                let at = part.offset + index * part.size;
                found.push(values::unpack(part.kind, &data[at..at + part.size], self.big));
            }
        }
        PyTuple::from_vec(found)
    }
}
