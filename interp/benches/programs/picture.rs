//! The picture of a measurement: bars for each program, CPython's CPU time being one. It is readable on light and dark
//! ground, since it follows what the viewer prefers.

use super::measure::geometric_mean;
use super::{Group, Row};
use std::fmt::Write;

const LEFT: f64 = 130.0;
/// The width of the axis.
const AXIS: f64 = 520.0;
const RIGHT: f64 = 60.0;
const BAR: f64 = 15.0;
const GAP: f64 = 7.0;
const TOP: f64 = 64.0;
/// Longer bars are cut off; their number says how long they would be.
const LONGEST: f64 = 8.0;

const STYLE: &str = "\
svg { font: 12px system-ui, sans-serif; }
.ground { fill: #ffffff; } text { fill: #1f2328; } .faint { fill: #59636e; }
.ours { fill: #c2410c; } .other { fill: #8c959f; } .mean { fill: #7c2d12; }
.grid { stroke: #d1d9e0; } .one { stroke: #1f2328; stroke-width: 1.5; stroke-dasharray: 5 3; }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117; } text { fill: #f0f6fc; } .faint { fill: #9198a1; }
.ours { fill: #fb923c; } .other { fill: #656c76; } .mean { fill: #fed7aa; }
.grid { stroke: #3d444d; } .one { stroke: #f0f6fc; }
}
";

/// Maps ratios to the axis.
struct Scale {
    most: f64,
    step: f64,
}

impl Scale {
    fn new(rows: &[Row]) -> Scale {
        let ratios = rows.iter().flat_map(|row| [Some(row.ratio()), row.rustpython_ratio()]).flatten();
        let most = ratios.fold(1.2, f64::max).min(LONGEST);
        let step = if most > 3.0 { 1.0 } else { 0.25 };
        Scale { most: (most / step).ceil() * step, step }
    }

    fn x(&self, ratio: f64) -> f64 {
        LEFT + ratio.min(self.most) / self.most * AXIS
    }
}

/// An SVG of the ratios.
pub(crate) fn draw(rows: &[Row]) -> String {
    let scale = Scale::new(rows);
    let mut body = String::new();
    let mut y = TOP;
    for group in Group::ALL {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.group == group).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(body, "<text class=\"faint\" x=\"8\" y=\"{:.1}\">{}</text>", y + 12.0, group.title());
        y += BAR + GAP;
        for row in &rows {
            y = program(&mut body, y, &scale, row);
        }
        let mean = geometric_mean(rows.iter().map(|row| row.ratio()));
        label(&mut body, y, "geometric mean");
        bar(&mut body, y, &scale, mean, "mean");
        y += BAR + 3.0 * GAP;
    }
    let other = rows.iter().any(|row| row.rustpython.is_some());
    let (width, height) = (LEFT + AXIS + RIGHT, y + 34.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-label=\"CPU time beside CPython 3.14\">\n<style>\n{STYLE}</style>\n\
         <rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n\
         <text x=\"8\" y=\"20\" font-size=\"15\" font-weight=\"600\">CPU time of interp beside CPython 3.14</text>\n"
    );
    legend(&mut out, other);
    axis(&mut out, &scale, y);
    out.push_str(&body);
    let one = scale.x(1.0);
    let _ =
        writeln!(out, "<line class=\"one\" x1=\"{one:.1}\" y1=\"{:.1}\" x2=\"{one:.1}\" y2=\"{y:.1}\"/>", TOP - 4.0);
    out.push_str("</svg>\n");
    out
}

fn legend(out: &mut String, other: bool) {
    let mut x = 8.0;
    let mut entry = |class: &str, name: &str| {
        let _ = writeln!(out, "<rect class=\"{class}\" x=\"{x}\" y=\"33\" width=\"11\" height=\"11\" rx=\"2\"/>");
        let _ = writeln!(out, "<text x=\"{}\" y=\"43\">{name}</text>", x + 17.0);
        x += 34.0 + 6.5 * name.len() as f64;
    };
    entry("ours", "interp");
    entry("mean", "geometric mean");
    if other {
        entry("other", "RustPython");
    }
    let _ = writeln!(out, "<line class=\"one\" x1=\"{x}\" y1=\"39\" x2=\"{}\" y2=\"39\"/>", x + 24.0);
    let _ = writeln!(out, "<text x=\"{}\" y=\"43\">CPython 3.14</text>", x + 30.0);
}

/// Lines and numbers, and what they are.
fn axis(out: &mut String, scale: &Scale, bottom: f64) {
    let count = (scale.most / scale.step).round() as usize;
    for tick in 0..=count {
        let ratio = tick as f64 * scale.step;
        let x = scale.x(ratio);
        let _ = writeln!(
            out,
            "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\"/>",
            TOP - 4.0
        );
        let y = bottom + 14.0;
        let _ = writeln!(out, "<text class=\"faint\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{ratio}</text>");
    }
    let (x, y) = (LEFT + AXIS / 2.0, bottom + 29.0);
    let what = "times CPython's CPU time, user and system (less is faster)";
    let _ = writeln!(out, "<text class=\"faint\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{what}</text>");
}

/// A program's bars; gives where the next ones go.
fn program(out: &mut String, mut y: f64, scale: &Scale, row: &Row) -> f64 {
    label(out, y, &row.name);
    bar(out, y, scale, row.ratio(), "ours");
    if let Some(ratio) = row.rustpython_ratio() {
        y += BAR + 2.0;
        bar(out, y, scale, ratio, "other");
    }
    y + BAR + GAP
}

fn label(out: &mut String, y: f64, text: &str) {
    let (x, y) = (LEFT - 8.0, y + 12.0);
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{text}</text>");
}

fn bar(out: &mut String, y: f64, scale: &Scale, ratio: f64, class: &str) {
    let end = scale.x(ratio);
    let width = end - LEFT;
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"2\"/>"
    );
    let _ = writeln!(out, "<text x=\"{:.1}\" y=\"{:.1}\">{ratio:.2}</text>", end + 5.0, y + 12.0);
}
