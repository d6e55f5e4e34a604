//! The location table `co_linetable` (`InternalDocs/code_objects.md`): source positions of the code units.

/// Position in the source; `None` where the compiler gave none. Columns are in bytes of UTF-8, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    pub line: Option<i32>,
    pub end_line: Option<i32>,
    pub column: Option<i32>,
    pub end_column: Option<i32>,
}

/// A run of code units with one position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// First code unit.
    pub start: usize,
    /// First code unit after the run.
    pub end: usize,
    pub position: Position,
}

/// Decodes a whole table. A table that ends early or holds numbers out of range gives the runs before the damage:
/// positions only serve messages, so this is not an error.
pub fn decode(table: &[u8], first_line: i32) -> Vec<Run> {
    let mut decoder = Decoder { table, at: 0, line: first_line };
    let mut runs: Vec<Run> = Vec::new();
    let mut start = 0;
    while let Some((length, position)) = decoder.entry() {
        runs.push(Run { start, end: start + length, position });
        start += length;
    }
    runs
}

/// The position of one code unit.
pub fn at(table: &[u8], first_line: i32, unit: usize) -> Position {
    let mut decoder = Decoder { table, at: 0, line: first_line };
    let mut start = 0;
    while let Some((length, position)) = decoder.entry() {
        start += length;
        if unit < start {
            return position;
        }
    }
    Position::default()
}

/// Runs of code units of the same line, as `co_lines` gives them: start, end, line.
pub fn lines(table: &[u8], first_line: i32) -> Vec<(usize, usize, Option<i32>)> {
    let mut lines: Vec<(usize, usize, Option<i32>)> = Vec::new();
    for run in decode(table, first_line) {
        match lines.last_mut() {
            Some(last) if last.2 == run.position.line => last.1 = run.end,
            _ => lines.push((run.start, run.end, run.position.line)),
        }
    }
    lines
}

/// Adds an entry for up to eight code units to a table; `line` is that of the entry before, and becomes this one's
/// (`Python/assemble.c`, `write_location_info_entry`).
pub fn encode(out: &mut Vec<u8>, length: usize, position: Position, line: &mut i32) {
    let head = |out: &mut Vec<u8>, kind: u8| out.push(0x80 | kind << 3 | (length - 1) as u8);
    let Some(own) = position.line else {
        head(out, 15);
        return;
    };
    let delta = own - *line;
    *line = own;
    let end_line = position.end_line.unwrap_or(own);
    let (Some(column), Some(end_column)) = (position.column, position.end_column) else {
        head(out, 13);
        signed(out, delta);
        return;
    };
    let width = end_column - column;
    if end_line == own && delta == 0 && column < 80 && (0..16).contains(&width) {
        head(out, (column >> 3) as u8);
        out.push(((column & 7) << 4 | width) as u8);
    } else if end_line == own && (0..3).contains(&delta) && column < 128 && end_column < 128 {
        head(out, 10 + delta as u8);
        out.extend([column as u8, end_column as u8]);
    } else {
        head(out, 14);
        signed(out, delta);
        unsigned(out, (end_line - own) as u32);
        unsigned(out, (column + 1) as u32);
        unsigned(out, (end_column + 1) as u32);
    }
}

/// Six bits in each byte, the lowest first.
fn unsigned(out: &mut Vec<u8>, mut number: u32) {
    while number >= 64 {
        out.push(0x40 | (number & 0x3F) as u8);
        number >>= 6;
    }
    out.push(number as u8);
}

fn signed(out: &mut Vec<u8>, number: i32) {
    let magnitude = number.unsigned_abs() << 1;
    unsigned(out, if number < 0 { magnitude | 1 } else { magnitude });
}

struct Decoder<'a> {
    table: &'a [u8],
    at: usize,
    line: i32,
}

impl Decoder<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = self.table.get(self.at)?;
        self.at += 1;
        Some(*byte)
    }

    /// Six bits a byte, the lowest first.
    fn varint(&mut self) -> Option<i32> {
        let (mut value, mut shift) = (0u32, 0);
        loop {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x3F).checked_shl(shift)?;
            shift += 6;
            if byte & 0x40 == 0 {
                return i32::try_from(value).ok();
            }
        }
    }

    fn svarint(&mut self) -> Option<i32> {
        let value = self.varint()?;
        Some(if value & 1 == 1 { -(value >> 1) } else { value >> 1 })
    }

    /// Length in code units, and position.
    fn entry(&mut self) -> Option<(usize, Position)> {
        let first = self.byte()?;
        let length = usize::from(first & 7) + 1;
        let code = i32::from(first >> 3 & 15);
        if code == 15 {
            return Some((length, Position::default()));
        }
        let line_delta = match code {
            13 | 14 => self.svarint()?,
            10..=12 => code - 10,
            _ => 0,
        };
        self.line = self.line.checked_add(line_delta)?;
        let one_line = |line, column, end_column| Position { line, end_line: line, column, end_column };
        let line = Some(self.line);
        let position = match code {
            13 => one_line(line, None, None),
            14 => {
                let end_line = self.line.checked_add(self.varint()?)?;
                // Columns are stored plus one, 0 for none.
                let (column, end_column) = (self.varint()?, self.varint()?);
                let stored = |column: i32| column.checked_sub(1).filter(|c| *c >= 0);
                Position { line, end_line: Some(end_line), column: stored(column), end_column: stored(end_column) }
            }
            10..=12 => {
                let (column, end_column) = (self.byte()?, self.byte()?);
                one_line(line, Some(column.into()), Some(end_column.into()))
            }
            _ => {
                let second = i32::from(self.byte()?);
                let column = code << 3 | second >> 4 & 7;
                one_line(line, Some(column), Some(column + (second & 15)))
            }
        };
        Some((length, position))
    }
}
