//! The picture of a measurement: a bar for each program, CPython's time being one.

use super::Row;
use std::fmt::Write;

const LEFT: f64 = 110.0;
const UNIT: f64 = 180.0;
const LINE: f64 = 22.0;
/// A longer bar is cut off and says how long it would be.
const LONGEST: f64 = 3.0;

/// An SVG of the ratios.
pub(crate) fn draw(rows: &[Row]) -> String {
    let lines: usize = rows.iter().map(|row| 1 + usize::from(row.rustpython.is_some())).sum();
    let (width, height) = (LEFT + UNIT * LONGEST + 70.0, 40.0 + LINE * lines as f64 + 8.0 * rows.len() as f64);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"8\" y=\"18\">CPU time, CPython 3.14 = 1 (shorter is faster)</text>"
    );
    let mut y = 32.0;
    for row in rows {
        let _ = writeln!(out, "<text x=\"8\" y=\"{}\">{}</text>", y + 14.0, row.name);
        bar(&mut out, y, row.ratio(), "#c2410c", "interp");
        y += LINE;
        if let Some((seconds, _)) = row.rustpython {
            bar(&mut out, y, seconds / row.theirs.0, "#a3a3a3", "RustPython");
            y += LINE;
        }
        y += 8.0;
    }
    let x = LEFT + UNIT;
    let _ = writeln!(
        out,
        "<line x1=\"{x}\" y1=\"28\" x2=\"{x}\" y2=\"{y}\" stroke=\"black\" stroke-dasharray=\"3 3\"/>\n</svg>"
    );
    out
}

fn bar(out: &mut String, y: f64, ratio: f64, colour: &str, name: &str) {
    let length = ratio.min(LONGEST) * UNIT;
    let _ = writeln!(
        out,
        "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"18\" fill=\"{colour}\"><title>{name}</title></rect>\n\
         <text x=\"{:.1}\" y=\"{:.1}\">{ratio:.2}</text>",
        LEFT + length + 5.0,
        y + 14.0
    );
}
