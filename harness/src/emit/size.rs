//! Sums of stack sizes: a number of items, plus expressions in `oparg`.

use translator::analysis::model::StackItem;

/// `count` items and what the expressions give, each counted `times` (±1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Size {
    count: i64,
    terms: Vec<(String, i64)>,
}

impl Size {
    /// The physical size of one item. Typed items travel as Rust values and take no room.
    pub(crate) fn of(item: &StackItem) -> Self {
        match &item.size {
            _ if item.type_.is_some() => Self::default(),
            None => Self { count: 1, terms: Vec::new() },
            Some(text) => match text.parse::<i64>() {
                Ok(count) => Self { count, terms: Vec::new() },
                Err(_) => Self { count: 0, terms: vec![(text.clone(), 1)] },
            },
        }
    }

    /// The size that the metadata states: typed items count too.
    pub(crate) fn logical(item: &StackItem) -> Self {
        match item.type_ {
            Some(_) => Self { count: 1, terms: Vec::new() },
            None => Self::of(item),
        }
    }

    /// An expression of type `i32` in `oparg`.
    pub(crate) fn in_oparg(&self) -> String {
        let text = self.rust().replace(" as isize", "");
        match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
            Some(inner) if !inner.contains(['(', ')']) => inner.to_owned(),
            _ => text,
        }
    }

    pub(crate) fn sum<'a>(items: impl IntoIterator<Item = &'a StackItem>) -> Self {
        items.into_iter().fold(Self::default(), |sum, item| sum.plus(&Self::of(item), 1))
    }

    pub(crate) fn plus(mut self, other: &Self, sign: i64) -> Self {
        self.count += sign * other.count;
        for (text, times) in &other.terms {
            match self.terms.iter_mut().find(|(t, _)| t == text) {
                Some((_, n)) => *n += sign * times,
                None => self.terms.push((text.clone(), sign * times)),
            }
        }
        self.terms.retain(|(_, n)| *n != 0);
        self
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.count == 0 && self.terms.is_empty()
    }

    /// A Rust expression of type `isize`.
    pub(crate) fn rust(&self) -> String {
        let mut out = String::new();
        let alone = self.count == 0 && matches!(self.terms.as_slice(), [(_, 1)]);
        for (text, times) in &self.terms {
            let text = if text.contains(|c: char| !c.is_alphanumeric() && c != '_') {
                format!("({text})")
            } else {
                text.clone()
            };
            let sign = match (out.is_empty(), *times < 0) {
                (true, false) => "",
                (true, true) => "-",
                (false, false) => " + ",
                (false, true) => " - ",
            };
            let factor = if times.abs() == 1 { String::new() } else { format!("{} * ", times.abs()) };
            // Bodies may have changed `oparg` for themselves only; here it is the instruction's.
            out += &if alone { format!("{text} as isize") } else { format!("{sign}{factor}({text} as isize)") };
        }
        match (out.is_empty(), self.count) {
            (true, count) => count.to_string(),
            (false, 0) => out,
            (false, count) if count < 0 => format!("{out} - {}", -count),
            (false, count) => format!("{out} + {count}"),
        }
    }
}
