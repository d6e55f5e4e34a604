//! Disassembly as CPython 3.14's module `dis` prints it (`Lib/dis.py`), of code that need not be sound: what an oparg does
//! not lead to is left out.

mod instructions;
mod repr;

pub use instructions::{Instruction, instructions};
pub use repr::repr;

use crate::opcode;
use crate::pyc::exceptions::{self, Handler};
use crate::pyc::locations::{self, Position};
use crate::pyc::{Code, Value};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::rc::Rc;

/// What to show beside instructions: the options of `python -m dis`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Inline caches (`-C`).
    pub caches: bool,
    /// Offsets in bytes (`-O`).
    pub offsets: bool,
    /// Source positions in place of line numbers (`-P`).
    pub positions: bool,
    /// The code as the interpreter first has it, its adaptive counters set (`-S`).
    pub adaptive: bool,
}

const NO_LINE: &str = "  --";
const NAME_WIDTH: usize = 20;
const OPARG_WIDTH: usize = 5;

/// Numbers of jump targets and of the borders of exception table entries, by offset in bytes.
type Labels = BTreeMap<usize, usize>;

/// Disassembles a code object, then those among its constants.
pub fn disassemble(code: &Rc<Code>, options: Options, out: &mut dyn Write) -> io::Result<()> {
    let mut addresses = repr::Addresses::default();
    recursive(code, options, &mut addresses, out)
}

fn recursive(
    code: &Rc<Code>,
    options: Options,
    addresses: &mut repr::Addresses,
    out: &mut dyn Write,
) -> io::Result<()> {
    one(code, options, addresses, out)?;
    for constant in code.consts.iter() {
        if let Value::Code(inner) = constant {
            writeln!(out, "\nDisassembly of {}:", addresses.repr(constant))?;
            recursive(inner, options, addresses, out)?;
        }
    }
    Ok(())
}

fn one(code: &Code, options: Options, addresses: &mut repr::Addresses, out: &mut dyn Write) -> io::Result<()> {
    // A damaged table is shown up to where it is damaged, as `dis` does.
    let handlers = exceptions::decode(&code.exceptiontable).unwrap_or_default();
    let starts = line_starts(code);
    let labels = labels(code, &handlers);
    let quickened = options.adaptive.then(|| instructions::quicken(&code.code));
    let printer = Printer {
        options,
        source_width: if options.positions { positions_width(code) } else { lines_width(&starts) },
        label_width: 4 + labels.len().to_string().len(),
        offset_width: code.code.len().saturating_sub(2).max(9999).to_string().len(),
        units: quickened.as_deref().unwrap_or(&code.code),
    };
    let positions = positions(code);
    for instruction in instructions(code) {
        let line = Line {
            offset: instruction.unit * 2,
            starts_line: starts.get(&instruction.unit).copied(),
            label: labels.get(&(instruction.unit * 2)).copied(),
            position: positions.get(instruction.unit).copied().unwrap_or_default(),
            name: opcode::opname(instruction.opcode.into()),
            oparg: instruction.oparg,
            meaning: instruction.meaning(code, &labels, addresses),
        };
        printer.line(&line, out)?;
        if options.caches {
            printer.caches(&instruction, &line, out)?;
        }
    }
    print_handlers(&handlers, &labels, out)
}

/// Code units at which another source line begins than before, with the line.
fn line_starts(code: &Code) -> BTreeMap<usize, Option<i32>> {
    locations::lines(&code.linetable, code.firstlineno).into_iter().map(|(start, _, line)| (start, line)).collect()
}

/// By code unit.
fn positions(code: &Code) -> Vec<Position> {
    let mut positions = Vec::with_capacity(code.units());
    for run in locations::decode(&code.linetable, code.firstlineno) {
        positions.extend((run.start..run.end).map(|_| run.position));
    }
    positions
}

fn labels(code: &Code, handlers: &[Handler]) -> Labels {
    let mut offsets: Vec<usize> =
        instructions(code).filter_map(|i| usize::try_from(i.target()?).ok()).map(|unit| unit * 2).collect();
    offsets.extend(handlers.iter().flat_map(|h| [h.start * 2, h.end * 2, h.target * 2]));
    offsets.sort_unstable();
    offsets.dedup();
    offsets.into_iter().zip(1..).collect()
}

fn lines_width(starts: &BTreeMap<usize, Option<i32>>) -> usize {
    let last = starts.values().flatten().filter(|line| **line != 0).max();
    let Some(last) = last else { return 0 };
    let width = last.to_string().len().max(3);
    if starts.values().any(Option::is_none) { width.max(NO_LINE.len()) } else { width }
}

fn parts(position: Position) -> [Option<i32>; 4] {
    [position.line, position.column, position.end_line, position.end_column]
}

fn positions_width(code: &Code) -> usize {
    let all = positions(code);
    if !all.iter().any(|position| parts(*position).iter().any(Option::is_some)) {
        return 0;
    }
    let width = |part: Option<i32>| part.map_or(1, |number| number.to_string().len());
    let values = all.iter().map(|position| parts(*position).map(width).iter().sum()).max().unwrap_or(0usize);
    1 + NO_LINE.len().max(3 + values)
}

fn print_handlers(handlers: &[Handler], labels: &Labels, out: &mut dyn Write) -> io::Result<()> {
    if !handlers.is_empty() {
        writeln!(out, "ExceptionTable:")?;
    }
    for handler in handlers {
        let label = |unit: usize| labels.get(&(unit * 2)).copied().unwrap_or(0);
        let lasti = if handler.lasti { " lasti" } else { "" };
        let (start, end, target) = (label(handler.start), label(handler.end), label(handler.target));
        writeln!(out, "  L{start} to L{end} -> L{target} [{}]{lasti}", handler.depth)?;
    }
    Ok(())
}

/// A line of the listing.
struct Line {
    offset: usize,
    /// The source line that begins here, if one does.
    starts_line: Option<Option<i32>>,
    label: Option<usize>,
    position: Position,
    name: String,
    oparg: Option<i64>,
    meaning: String,
}

struct Printer<'a> {
    options: Options,
    source_width: usize,
    label_width: usize,
    offset_width: usize,
    /// Opcodes and caches as they are shown.
    units: &'a [u8],
}

impl Printer<'_> {
    fn line(&self, line: &Line, out: &mut dyn Write) -> io::Result<()> {
        if self.source_width > 0 && line.starts_line.is_some() && line.offset > 0 {
            writeln!(out)?;
        }
        let mut fields = Vec::new();
        if self.source_width > 0 {
            fields.push(self.source(line));
        }
        let label = line.label.map(|number| format!("L{number}:")).unwrap_or_default();
        fields.push(format!("{label:>width$}", width = self.label_width));
        if self.options.offsets {
            fields.push(format!("{:>width$}  ", line.offset, width = self.offset_width));
        }
        fields.push("   ".to_owned());
        fields.push(format!("{:<NAME_WIDTH$}", line.name));
        if let Some(oparg) = line.oparg {
            // A long name takes its room from the oparg.
            let width = OPARG_WIDTH.saturating_sub(line.name.len().saturating_sub(NAME_WIDTH));
            fields.push(format!("{oparg:>width$}"));
            if !line.meaning.is_empty() {
                fields.push(format!("({})", line.meaning));
            }
        }
        writeln!(out, "{}", fields.join(" ").trim_end())
    }

    fn source(&self, line: &Line) -> String {
        let width = self.source_width;
        if !self.options.positions {
            return match line.starts_line {
                None => " ".repeat(width),
                Some(None) => format!("{NO_LINE:>width$}"),
                Some(Some(number)) => format!("{number:>width$}"),
            };
        }
        let parts = parts(line.position);
        if parts.iter().all(Option::is_none) {
            return format!("{NO_LINE:<width$}");
        }
        let [line, column, end_line, end_column] = parts.map(|part| part.map_or("?".to_owned(), |n| n.to_string()));
        format!("{:<width$}", format!("{line}:{column}-{end_line}:{end_column}"))
    }

    /// The inline cache entries of an instruction, by their fields.
    fn caches(&self, instruction: &Instruction, of: &Line, out: &mut dyn Write) -> io::Result<()> {
        let mut unit = instruction.unit;
        for (field, size) in instruction.cache_fields() {
            let data = self.units.get((unit + 1) * 2..(unit + 1 + size) * 2).unwrap_or_default();
            let value = data.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
            for entry in 0..*size {
                unit += 1;
                let line = Line {
                    offset: unit * 2,
                    starts_line: None,
                    label: None,
                    position: of.position,
                    name: "CACHE".to_owned(),
                    oparg: Some(0),
                    meaning: if entry == 0 { format!("{field}: {value}") } else { String::new() },
                };
                self.line(&line, out)?;
            }
        }
        Ok(())
    }
}
