//! Distances between pointers into the stack, partly symbolic.

use crate::analysis::model::StackItem;
use std::cmp::Ordering;
use std::fmt::Write as _;

/// `numeric + Σ positive - Σ negative`, in stack slots. The symbols are sizes of array items, as they were written.
///
/// The order of the symbols is part of the value, since it shows in the output: every sum and difference sorts them
/// and cancels equal ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PointerOffset<'a> {
    numeric: i64,
    positive: Vec<&'a str>,
    negative: Vec<&'a str>,
}

impl<'a> PointerOffset<'a> {
    /// How far one item moves the pointer.
    pub fn of(item: &'a StackItem) -> Self {
        let Some(size) = &item.size else {
            return Self { numeric: 1, ..Self::default() };
        };
        let size = size.trim();
        if let Some(numeric) = parse_int(size) {
            return Self { numeric, ..Self::default() };
        }
        let size = size.strip_prefix('+').unwrap_or(size);
        match size.strip_prefix('-') {
            Some(size) => Self { negative: vec![size], ..Self::default() },
            None => Self { positive: vec![size], ..Self::default() },
        }
    }

    #[must_use]
    pub fn pop(&self, item: &'a StackItem) -> Self {
        self.minus(&Self::of(item))
    }

    #[must_use]
    pub fn push(&self, item: &'a StackItem) -> Self {
        self.plus(&Self::of(item))
    }

    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self::sum(self.numeric.saturating_add(other.numeric), self, &other.positive, &other.negative)
    }

    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        Self::sum(self.numeric.saturating_sub(other.numeric), self, &other.negative, &other.positive)
    }

    #[must_use]
    pub fn negated(&self) -> Self {
        Self {
            numeric: self.numeric.saturating_neg(),
            positive: self.negative.clone(),
            negative: self.positive.clone(),
        }
    }

    /// The number, where nothing depends on `oparg`.
    pub fn as_int(&self) -> Option<i64> {
        (self.positive.is_empty() && self.negative.is_empty()).then_some(self.numeric)
    }

    /// As an expression in C.
    pub fn to_c(&self) -> String {
        let mut out = String::new();
        let symbolic = !(self.positive.is_empty() && self.negative.is_empty());
        if !symbolic || self.numeric != 0 {
            let _ = write!(out, "{}", self.numeric);
        }
        for (sign, items) in [(" - ", &self.negative), (" + ", &self.positive)] {
            for item in items {
                out.push_str(sign);
                push_parenthesized(&mut out, item);
            }
        }
        if let Some(rest) = out.strip_prefix(" + ") {
            out = rest.to_owned();
        }
        match out.strip_prefix(" - ") {
            Some(rest) => format!("-{rest}"),
            None => out,
        }
    }

    fn sum(numeric: i64, left: &Self, positive: &[&'a str], negative: &[&'a str]) -> Self {
        if left.positive.is_empty() && left.negative.is_empty() && positive.is_empty() && negative.is_empty() {
            return Self { numeric, ..Self::default() };
        }
        let (positive, negative) = cancel([&left.positive, positive].concat(), [&left.negative, negative].concat());
        Self { numeric, positive, negative }
    }
}

impl std::fmt::Display for PointerOffset<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_c())
    }
}

/// Sorts both sides and drops what they have in common, from the greatest down. What is passed over on the way ends
/// up behind the rest, so the result is not sorted: the output shows that order.
fn cancel<'a>(mut positive: Vec<&'a str>, mut negative: Vec<&'a str>) -> (Vec<&'a str>, Vec<&'a str>) {
    positive.sort_unstable();
    negative.sort_unstable();
    let (mut only_positive, mut only_negative) = (Vec::new(), Vec::new());
    while let (Some(&p), Some(&n)) = (positive.last(), negative.last()) {
        let order = p.cmp(n);
        if order != Ordering::Less {
            positive.pop();
        }
        if order != Ordering::Greater {
            negative.pop();
        }
        match order {
            Ordering::Greater => only_positive.push(p),
            Ordering::Less => only_negative.push(n),
            Ordering::Equal => {}
        }
    }
    positive.append(&mut only_positive);
    negative.append(&mut only_negative);
    (positive, negative)
}

/// Anything with an operator is put in parentheses, `*` excepted.
fn push_parenthesized(out: &mut String, symbol: &str) {
    let enclosed = symbol.starts_with('(') && symbol.ends_with(')');
    let plain = |c: char| c.is_whitespace() || c.is_alphanumeric() || matches!(c, '_' | '*');
    if enclosed || (!symbol.is_empty() && symbol.chars().all(plain)) {
        out.push_str(symbol);
    } else {
        let _ = write!(out, "({symbol})");
    }
}

/// What Python's `int()` reads: digits with single underscores between them, a sign, blanks around.
pub(crate) fn parse_int(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let groups_are_digits = digits.split('_').all(|g| !g.is_empty() && g.bytes().all(|b| b.is_ascii_digit()));
    if !groups_are_digits {
        return None;
    }
    format!("{sign}{}", digits.replace('_', "")).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(size: &str) -> StackItem {
        StackItem {
            name: "x".into(),
            type_: None,
            size: (!size.is_empty()).then(|| size.into()),
            peek: false,
            used: true,
            condition: None,
            span: crate::source::Span { file: crate::source::FileId(0), start: 0, end: 0 },
        }
    }

    #[test]
    fn symbols_cancel_and_keep_the_order_of_the_original() {
        let (a, b, one, plain) = (item("oparg & 1"), item("oparg*2"), item("1"), item(""));
        let zero = PointerOffset::default();
        assert_eq!(zero.to_c(), "0");
        assert_eq!(zero.pop(&one).pop(&plain).to_c(), "-2");
        assert_eq!(zero.pop(&a).to_c(), "-(oparg & 1)");
        assert_eq!(zero.push(&b).to_c(), "oparg*2");
        assert_eq!(zero.pop(&a).push(&b).push(&plain).to_c(), "1 - (oparg & 1) + oparg*2");
        assert_eq!(zero.pop(&a).push(&a), zero);
        assert_eq!(zero.push(&a).negated().as_int(), None);
    }

    #[test]
    fn sizes_are_read_as_python_reads_integers() {
        assert_eq!(parse_int(" 12 "), Some(12));
        assert_eq!(parse_int("1_0"), Some(10));
        assert_eq!(parse_int("-3"), Some(-3));
        assert_eq!(parse_int("_1"), None);
        assert_eq!(parse_int("+ 1"), None);
        assert_eq!(parse_int(""), None);
    }
}
