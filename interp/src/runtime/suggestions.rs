//! "Did you mean": the name that is nearest to a misspelt one (`Python/suggestions.c`).

const MOVE_COST: usize = 2;
const CASE_COST: usize = 1;
const MOST_CANDIDATES: usize = 750;
const LONGEST: usize = 40;

/// The message for a keyword that a function does not take.
pub(crate) fn unexpected_keyword<'a>(function: &str, keyword: &str, possible: impl Iterator<Item = &'a str>) -> String {
    let message = format!("{function}() got an unexpected keyword argument '{keyword}'");
    match closest(keyword, possible) {
        Some(meant) => format!("{message}. Did you mean '{meant}'?"),
        None => message,
    }
}

fn substitution_cost(a: u8, b: u8) -> usize {
    if a == b {
        0
    } else if a.eq_ignore_ascii_case(&b) {
        CASE_COST
    } else {
        MOVE_COST
    }
}

/// The weighted edit distance, `most + 1` if it is greater than `most`.
fn distance(a: &[u8], b: &[u8], most: usize) -> usize {
    let same_start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same_start..], &b[same_start..]);
    let same_end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - same_end], &b[..b.len() - same_end]);
    if a.is_empty() || b.is_empty() {
        return (a.len() + b.len()) * MOVE_COST;
    }
    if a.len() > LONGEST || b.len() > LONGEST {
        return most + 1;
    }
    let (a, b) = if b.len() < a.len() { (b, a) } else { (a, b) };
    if (b.len() - a.len()) * MOVE_COST > most {
        return most + 1;
    }
    let mut row: Vec<usize> = (1..=a.len()).map(|i| i * MOVE_COST).collect();
    let mut result = 0;
    for (index, &code) in b.iter().enumerate() {
        let mut left = index * MOVE_COST;
        result = left;
        let mut least = usize::MAX;
        for (cell, &other) in row.iter_mut().zip(a) {
            let substituted = left + substitution_cost(code, other);
            left = *cell;
            let inserted = result.min(left) + MOVE_COST;
            result = inserted.min(substituted);
            *cell = result;
            least = least.min(result);
        }
        if least > most {
            return most + 1;
        }
    }
    result
}

/// The candidate that is near enough to `name` and nearest; the first of equals.
pub(crate) fn closest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(&str, usize)> = None;
    for (count, candidate) in candidates.enumerate() {
        if count >= MOST_CANDIDATES {
            return None;
        }
        if candidate == name {
            continue;
        }
        let mut most = (name.len() + candidate.len() + 3) * MOVE_COST / 6;
        if let Some((_, distance)) = best {
            most = most.min(distance.saturating_sub(1));
        }
        let found = distance(name.as_bytes(), candidate.as_bytes(), most);
        if found <= most && best.is_none_or(|(_, known)| found < known) {
            best = Some((candidate, found));
        }
    }
    best.map(|(candidate, _)| candidate)
}
