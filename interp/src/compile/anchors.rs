//! Which part of an expression a traceback points at: the operator, the brackets (`_extract_caret_anchors_from_line_segment`
//! and `_should_show_carets` in `Lib/traceback.py`). Places are lines from 0 and columns in characters.

use rustpython_compiler::ast::{Expr, Stmt};
use rustpython_compiler::parser;
use rustpython_ruff_text_size::Ranged;

/// The part that is pointed at, from and up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchors {
    pub(crate) left: (usize, usize),
    pub(crate) right: (usize, usize),
}

/// The lines of a segment, as characters.
struct Lines(Vec<Vec<char>>);

impl Lines {
    /// The place of a byte offset in the text that was parsed, which has two more bytes in front.
    fn place(segment: &str, offset: usize) -> Option<(usize, usize)> {
        let before = segment.get(..offset.checked_sub(2)?)?;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        Some((before.matches('\n').count(), before[start..].chars().count()))
    }

    /// The place itself, or the first character of the next line that has one.
    fn valid(&self, (mut line, mut column): (usize, usize)) -> Option<(usize, usize)> {
        while column >= self.0.get(line)?.len() {
            (line, column) = (line + 1, 0);
        }
        Some((line, column))
    }

    /// The first character from here on that `stop` wants; comments and continued lines are skipped.
    fn until(&self, from: (usize, usize), stop: impl Fn(char) -> bool) -> Option<(usize, usize)> {
        let mut at = self.valid(from)?;
        loop {
            let c = self.0[at.0][at.1];
            at = match c {
                '\\' | '#' => self.valid((at.0 + 1, 0))?,
                c if stop(c) => return Some(at),
                _ => self.valid((at.0, at.1 + 1))?,
            };
        }
    }
}

/// The anchors of an expression.
pub(crate) fn of_segment(segment: &str) -> Option<Anchors> {
    let parsed = parser::parse_expression(&format!("(\n{segment}\n)")).ok()?;
    let lines = Lines(segment.lines().map(|line| line.chars().collect()).collect());
    let end_of = |expr: &Expr| Lines::place(segment, usize::from(expr.range().end()));
    let start_of = |expr: &Expr| Lines::place(segment, usize::from(expr.range().start()));
    let whole = parsed.expr();
    match whole {
        Expr::BinOp(operation) => {
            let left = lines.until(end_of(&operation.left)?, |c| !c.is_whitespace() && c != ')')?;
            let right = start_of(&operation.right)?;
            let next = left.1 + 1;
            let row = &lines.0[left.0];
            let is_operator = |c: &char| !c.is_whitespace() && !matches!(c, '\\' | '#');
            let long = (right.0 > left.0 || next < right.1) && row.get(next).is_some_and(is_operator);
            Some(Anchors { left, right: (left.0, if long { next + 1 } else { next }) })
        }
        Expr::Subscript(subscript) => {
            let left = lines.until(end_of(&subscript.value)?, |c| c == '[')?;
            Some(Anchors { left, right: end_of(whole)? })
        }
        Expr::Call(call) => {
            let left = lines.until(end_of(&call.func)?, |c| c == '(')?;
            Some(Anchors { left, right: end_of(whole)? })
        }
        _ => None,
    }
}

/// Whether the lines are nothing but a call that is returned or bound to a name, from the start column to the end one.
/// `None` where they cannot be parsed, `Some(true)` for no statement at all.
pub(crate) fn is_plain_call(lines: &[String], start: usize, end: usize) -> Option<bool> {
    let text = lines.join("\n");
    let parsed = parser::parse_module(&text).ok()?;
    let Some(statement) = parsed.syntax().body.first() else { return Some(true) };
    let value = match statement {
        Stmt::Return(returned) => returned.value.as_deref().filter(|value| match value {
            Expr::Call(call) => call.func.is_name_expr(),
            _ => false,
        }),
        Stmt::Assign(assigned) => {
            let to_a_name = matches!(assigned.targets.as_slice(), [Expr::Name(_)]);
            (to_a_name && assigned.value.is_call_expr()).then_some(&*assigned.value)
        }
        _ => None,
    };
    let Some(value) = value else { return Some(false) };
    let last = text.rfind('\n').map_or(0, |at| at + 1);
    let first_column = usize::from(value.range().start());
    let end_column = usize::from(value.range().end()).checked_sub(last);
    Some(first_column == start && end_column == Some(end))
}
