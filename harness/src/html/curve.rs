//! The floor's raises as a curve: one line a stage, one step a raise.

use super::{Page, escape};
use crate::floor::Raise;
use std::fmt::Write as _;

const STAGES: [&str; 4] = ["translated", "compiled", "validated", "executed"];
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 44.0;
const BOTTOM: f64 = 26.0;

pub(super) fn curve(out: &mut String, page: Page<'_>) {
    out.push_str("<section id=\"history\"><h2>The floor, raise by raise</h2>");
    if page.history.is_empty() {
        out.push_str("<p>No history is recorded.</p></section>\n");
        return;
    }
    let total = page.coverage.bodies().total.max(1);
    let x = |at: usize| LEFT + (WIDTH - LEFT - 14.0) * at as f64 / (page.history.len().max(2) - 1) as f64;
    let y = |count: usize| 12.0 + (HEIGHT - BOTTOM - 18.0) * (1.0 - count as f64 / total as f64);
    let _ = write!(
        out,
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Counts of bodies at each raise of the floor\">"
    );
    for count in ticks(total) {
        let at = y(count);
        let _ = write!(
            out,
            "<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{at:.1}\" y2=\"{at:.1}\" class=\"rule\"/><text x=\"{}\" y=\"{:.1}\" class=\"axis\">{count}</text>",
            LEFT - 8.0,
            at + 4.0
        );
    }
    for stage in STAGES {
        let count = |raise: &Raise| raise.counts.get(&format!("bodies_{stage}")).copied().unwrap_or(0);
        let points: Vec<String> =
            page.history.iter().enumerate().map(|(at, r)| format!("{:.1},{:.1}", x(at), y(count(r)))).collect();
        let _ = write!(out, "<polyline class=\"line {stage}\" points=\"{}\"/>", points.join(" "));
        for (at, raise) in page.history.iter().enumerate() {
            let _ = write!(
                out,
                "<circle class=\"dot {stage}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.5\"><title>{}: {} {stage}</title></circle>",
                x(at),
                y(count(raise)),
                escape(&raise.when),
                count(raise)
            );
        }
    }
    dates(out, page.history, x);
    out.push_str("</svg><p class=\"legend\">");
    for stage in STAGES {
        let _ = write!(out, "<span><i class=\"key {stage}\"></i>{stage}</span>");
    }
    out.push_str("</p></section>\n");
}

/// Every hundred, and the total.
fn ticks(total: usize) -> Vec<usize> {
    let step = (total / 300 + 1) * 100;
    let mut ticks: Vec<usize> = (0..total).step_by(step).filter(|count| total - count > total / 12).collect();
    ticks.push(total);
    ticks
}

/// The date of each raise; of some where they are many, the last one always.
fn dates(out: &mut String, history: &[Raise], x: impl Fn(usize) -> f64) {
    let every = history.len().div_ceil(7);
    let last = history.len() - 1;
    for (at, raise) in history.iter().enumerate().filter(|(at, _)| (last - at).is_multiple_of(every)) {
        let anchor = if at == 0 {
            "start"
        } else if at == last {
            "end"
        } else {
            "middle"
        };
        let _ = write!(
            out,
            "<text x=\"{:.1}\" y=\"{}\" class=\"date\" text-anchor=\"{anchor}\">{}</text>",
            x(at),
            HEIGHT - 6.0,
            escape(raise.when.get(5..).unwrap_or(&raise.when))
        );
    }
}

#[cfg(test)]
mod tests {
    use super::ticks;

    #[test]
    fn ticks_are_round_and_end_with_the_total() {
        assert_eq!(ticks(295), [0, 100, 200, 295]);
        assert_eq!(ticks(304), [0, 200, 304]);
        assert_eq!(ticks(3), [0, 3]);
    }
}
