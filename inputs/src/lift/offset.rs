//! Distances on the stack as the generator prints them: `-2 - oparg`, `(oparg & 1)`.

use std::collections::BTreeMap;
use std::ops::{Add, Neg, Sub};

/// `numeric + Σ count·term`, in stack slots. Terms are the sizes of array items as they are written in the definitions.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Offset {
    pub(super) numeric: i64,
    terms: BTreeMap<String, i64>,
}

impl Offset {
    pub(super) fn number(numeric: i64) -> Self {
        Self { numeric, terms: BTreeMap::new() }
    }

    /// The slots that an item of this size takes: one, if it has none.
    pub(super) fn of_size(size: Option<&str>) -> Self {
        match size {
            None => Self::number(1),
            Some(size) => size.trim().parse().map_or_else(|_| Self::term(size.trim(), 1), Self::number),
        }
    }

    fn term(text: &str, count: i64) -> Self {
        Self { numeric: 0, terms: BTreeMap::from([(text.to_owned(), count)]) }
    }

    /// Reads what `PointerOffset.to_c` prints (`Tools/cases_generator/stack.py`).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut sum = Self::default();
        let mut rest = text.trim();
        let mut sign = 1;
        if let Some(after) = rest.strip_prefix('-') {
            (sign, rest) = (-1, after.trim_start());
        }
        loop {
            let (term, after) = split_term(rest)?;
            let term = match term.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
                Some(inner) => inner,
                None => term,
            };
            let value = term.parse().map_or_else(|_| Self::term(term, 1), Self::number);
            sum = if sign < 0 { sum - value } else { sum + value };
            match after {
                None => return Some(sum),
                Some((operator, after)) => (sign, rest) = (operator, after),
            }
        }
    }

    pub(super) fn as_number(&self) -> Option<i64> {
        self.terms.is_empty().then_some(self.numeric)
    }

    pub(super) fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Terms that are added, each as often as it is.
    pub(super) fn added(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().flat_map(|(term, n)| std::iter::repeat_n(term.as_str(), usize::try_from(*n).unwrap_or(0)))
    }

    pub(super) fn has_added(&self) -> bool {
        self.terms.values().any(|n| *n > 0)
    }

    pub(super) fn has_subtracted(&self) -> bool {
        self.terms.values().any(|n| *n < 0)
    }

    /// Something is there: a positive count or an added term, and nothing that takes away.
    pub(super) fn is_size(&self) -> bool {
        self.numeric >= 0 && !self.has_subtracted() && !self.is_zero()
    }

    fn merge(mut self, other: Self, sign: i64) -> Self {
        self.numeric += sign * other.numeric;
        for (term, n) in other.terms {
            *self.terms.entry(term).or_default() += sign * n;
        }
        self.terms.retain(|_, n| *n != 0);
        self
    }
}

/// The first term of a sum, and the operator and the rest behind it. Blanks divide terms only outside parentheses.
fn split_term(text: &str) -> Option<(&str, Option<(i64, &str)>)> {
    let mut depth = 0_i32;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b' ' if depth == 0 => {
                let rest = &text[at..];
                for (operator, sign) in [(" + ", 1), (" - ", -1)] {
                    if let Some(after) = rest.strip_prefix(operator) {
                        return Some((&text[..at], Some((sign, after))));
                    }
                }
            }
            _ => {}
        }
    }
    (depth == 0 && !text.is_empty()).then_some((text, None))
}

impl Add for Offset {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.merge(other, 1)
    }
}

impl Sub for Offset {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.merge(other, -1)
    }
}

impl Neg for Offset {
    type Output = Self;
    fn neg(self) -> Self {
        Self::default() - self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(text: &str) -> Offset {
        Offset::parse(text).expect(text)
    }

    #[test]
    fn printed_offsets_are_read_back() {
        assert_eq!(offset("-2"), Offset::number(-2));
        assert_eq!(offset("0"), Offset::default());
        assert_eq!(offset("-2 - oparg") + Offset::of_size(Some("oparg")), Offset::number(-2));
        assert_eq!(offset("-oparg"), -Offset::of_size(Some("oparg")));
        assert_eq!(offset("1 + (oparg & 1)") - Offset::number(1), Offset::of_size(Some("oparg & 1")));
        assert_eq!(offset("-2 - (oparg-1)").as_number(), None);
        assert_eq!(offset("-1 + oparg*2").added().collect::<Vec<_>>(), ["oparg*2"]);
        assert_eq!(Offset::parse("(1"), None);
    }
}
