//! The source lines of a traceback's entry, with carets under what was executed (`format_frame_summary` in
//! `Lib/traceback.py`).

use crate::pyc::locations::Position;
use std::collections::BTreeSet;

#[cfg(feature = "source")]
use crate::compile::anchors::{self, Anchors};

/// Without a parser nothing is known but where an instruction begins and ends.
#[cfg(not(feature = "source"))]
mod anchors {
    #[derive(Clone, Copy)]
    pub(super) struct Anchors {
        pub(super) left: (usize, usize),
        pub(super) right: (usize, usize),
    }
    pub(super) fn of_segment(_: &str) -> Option<Anchors> {
        None
    }
    pub(super) fn is_plain_call(_: &[String], _: usize, _: usize) -> Option<bool> {
        None
    }
}
#[cfg(not(feature = "source"))]
use anchors::Anchors;

/// The lines to show for a position in a text; `None` if there is nothing to show.
pub(super) fn lines(text: &str, position: Position) -> Option<Vec<String>> {
    let first = usize::try_from(position.line?).ok()?.checked_sub(1)?;
    let last = position.end_line.and_then(|line| usize::try_from(line - 1).ok()).unwrap_or(first).max(first);
    let mut all = text.split('\n').skip(first);
    let original: Vec<&str> = (first..=last).map(|_| all.next().unwrap_or("").trim_end()).collect();
    let dedented = dedent(&original);
    if dedented.iter().all(|line| line.trim().is_empty()) {
        return None;
    }
    let columns = position.column.zip(position.end_column);
    let Some((column, end_column)) = columns else { return Some(vec![original[0].trim().to_owned()]) };
    let removed = original[0].chars().count() - dedented[0].chars().count();
    let start = characters(original[0], column).saturating_sub(removed);
    let end = characters(original[original.len() - 1], end_column).saturating_sub(removed);
    Some(dedent(&Picture::new(dedented, start, end).draw().iter().map(String::as_str).collect::<Vec<_>>()))
}

/// Characters in so many bytes of a line.
fn characters(line: &str, bytes: i32) -> usize {
    let bytes = usize::try_from(bytes).unwrap_or(0).min(line.len());
    line.char_indices().take_while(|(at, _)| *at < bytes).count()
}

/// Without the white space that all lines that are not blank begin with.
fn dedent(lines: &[&str]) -> Vec<String> {
    let margin = |line: &&str| line.len() - line.trim_start().len();
    let filled = || lines.iter().copied().filter(|line| !line.trim().is_empty());
    let Some(first) = filled().next() else { return lines.iter().map(|_| String::new()).collect() };
    let mut common = &first[..margin(&first)];
    for line in filled() {
        let same = common.bytes().zip(line.bytes()).take_while(|(a, b)| a == b).count();
        common = &common[..same];
    }
    let cut = common.len();
    lines.iter().map(|line| if line.trim().is_empty() { String::new() } else { line[cut..].to_owned() }).collect()
}

/// The lines of an instruction, and which columns of the first and the last it covers.
struct Picture {
    lines: Vec<String>,
    start: usize,
    end: usize,
    anchors: Option<Anchors>,
    shows_carets: bool,
}

impl Picture {
    fn new(lines: Vec<String>, start: usize, end: usize) -> Picture {
        let whole = lines.join("\n");
        let last = lines[lines.len() - 1].chars().count();
        let total = whole.chars().count();
        let stop = (total + end).saturating_sub(last);
        let segment: String = whole.chars().take(stop).skip(start).collect();
        let anchors = anchors::of_segment(&segment);
        let shows_carets = shows_carets(&lines, start, end, anchors.is_some());
        Picture { lines, start, end, anchors, shows_carets }
    }

    /// The anchors' places within the lines: the segment begins at a column of the first line.
    fn places(&self) -> Option<((usize, usize), (usize, usize))> {
        let shift = |(line, column): (usize, usize)| (line, if line == 0 { column + self.start } else { column });
        self.anchors.map(|anchors| (shift(anchors.left), shift(anchors.right)))
    }

    /// The first line, the last, and those around the anchors; others are counted.
    fn draw(&self) -> Vec<String> {
        let mut significant = BTreeSet::from([0, self.lines.len() - 1]);
        if let Some((left, right)) = self.places() {
            for line in [left.0, right.0] {
                significant.extend(line.saturating_sub(1)..line + 2);
            }
        }
        let significant: Vec<usize> = significant.into_iter().filter(|line| *line < self.lines.len()).collect();
        let mut out = Vec::new();
        for (index, &line) in significant.iter().enumerate() {
            let before = if index > 0 { line - significant[index - 1] } else { 0 };
            if before == 2 {
                self.draw_line(line - 1, &mut out);
            } else if before > 2 {
                out.push(format!("...<{} lines>...", before - 1));
            }
            self.draw_line(line, &mut out);
        }
        out
    }

    fn draw_line(&self, line: usize, out: &mut Vec<String>) {
        let text = &self.lines[line];
        out.push(text.clone());
        if !self.shows_carets {
            return;
        }
        let spaces = text.chars().count() - text.trim_start().chars().count();
        let width = if line + 1 == self.lines.len() { self.end } else { text.chars().count() };
        let carets = (0..width).map(|column| {
            if column < spaces || line == 0 && column < self.start {
                return ' ';
            }
            match self.places() {
                Some((left, right)) if (line, column) >= left && (line, column) < right => '^',
                Some(_) => '~',
                None => '^',
            }
        });
        out.push(carets.collect());
    }
}

/// Carets under a whole line say nothing that the line does not.
fn shows_carets(lines: &[String], start: usize, end: usize, anchored: bool) -> bool {
    if anchors::is_plain_call(lines, start, end) == Some(true) {
        return false;
    }
    let before: String = lines[0].chars().take(start).collect();
    let after: String = lines[lines.len() - 1].chars().skip(end).collect();
    anchored || !before.trim_start().is_empty() || !after.trim_end().is_empty()
}
