//! The exception table (`InternalDocs/exception_handling.md`): which handler covers which instructions.

use std::fmt;

/// One entry. Positions are in code units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// First instruction covered.
    pub start: usize,
    /// First instruction after the range.
    pub end: usize,
    pub target: usize,
    /// Stack items that stay when the handler is entered.
    pub depth: usize,
    /// Whether the position of the raising instruction is pushed below the exception.
    pub lasti: bool,
}

/// The table is damaged at this byte of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadTable {
    pub byte: usize,
}

impl fmt::Display for BadTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "damaged table at its byte {}", self.byte)
    }
}

/// Bit that only the first byte of an entry has.
const ENTRY: u8 = 0x80;
const MORE: u8 = 0x40;

/// Decodes a whole table.
pub fn decode(table: &[u8]) -> Result<Vec<Handler>, BadTable> {
    let mut at = 0;
    let mut handlers = Vec::new();
    while at < table.len() {
        if table[at] & ENTRY == 0 {
            return Err(BadTable { byte: at });
        }
        let first = at;
        let mut next = || varint(table, first, &mut at);
        let (start, size, target, depth_lasti) = (next()?, next()?, next()?, next()?);
        handlers.push(Handler {
            start,
            end: start + size,
            target,
            depth: depth_lasti >> 1,
            lasti: depth_lasti & 1 == 1,
        });
    }
    Ok(handlers)
}

/// A number of up to 30 bits, the highest first, six in each byte.
fn varint(table: &[u8], first: usize, at: &mut usize) -> Result<usize, BadTable> {
    let mut value = 0usize;
    loop {
        let bad = BadTable { byte: *at };
        let byte = *table.get(*at).ok_or(bad)?;
        if (byte & ENTRY != 0) != (*at == first) || value >> 24 != 0 {
            return Err(bad);
        }
        value = value << 6 | usize::from(byte & 0x3F);
        *at += 1;
        if byte & MORE == 0 {
            return Ok(value);
        }
    }
}

/// Encodes a table (`Python/assemble.c`, `assemble_emit_exception_table_entry`).
pub fn encode(handlers: &[Handler]) -> Vec<u8> {
    let mut out = Vec::new();
    for handler in handlers {
        let first = out.len();
        let depth_lasti = handler.depth << 1 | usize::from(handler.lasti);
        for number in [handler.start, handler.end - handler.start, handler.target, depth_lasti] {
            let groups = (1..5).rev().find(|group| number >> (6 * group) != 0).unwrap_or(0);
            for group in (1..=groups).rev() {
                out.push((number >> (6 * group)) as u8 & 0x3F | MORE);
            }
            out.push(number as u8 & 0x3F);
        }
        out[first] |= ENTRY;
    }
    out
}
