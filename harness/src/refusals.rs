//! Why bodies are not translated, in the order of leverage: what the next rule would unlock comes first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use translator::diagnostics::Diagnostic;

/// Bodies that share a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: &'static str,
    pub reason: String,
    /// Bodies that this reason alone keeps back.
    pub alone: usize,
    /// Bodies that would translate if this reason and those before it in the list were gone.
    pub unlocked: usize,
    pub names: Vec<String>,
}

type Reason = (&'static str, String);

/// Bodies with all that keeps them back.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    bodies: BTreeMap<String, BTreeSet<Reason>>,
}

impl Refused {
    pub fn add(&mut self, name: &str, diagnostics: &[Diagnostic]) {
        let reasons = diagnostics.iter().map(|d| (d.code, d.message.clone()));
        self.bodies.entry(name.to_owned()).or_default().extend(reasons);
    }

    pub fn add_reason(&mut self, name: &str, code: &'static str, reason: &str) {
        self.bodies.entry(name.to_owned()).or_default().insert((code, reason.to_owned()));
    }

    /// The reasons, greedily: each is the one that unlocks most once those before it are gone.
    pub fn by_leverage(&self) -> Vec<Refusal> {
        let mut names: BTreeMap<&Reason, Vec<String>> = BTreeMap::new();
        for (name, reasons) in &self.bodies {
            for reason in reasons {
                names.entry(reason).or_default().push(name.clone());
            }
        }
        let mut left: BTreeMap<&str, BTreeSet<&Reason>> =
            self.bodies.iter().map(|(name, reasons)| (name.as_str(), reasons.iter().collect())).collect();
        let mut out = Vec::new();
        while !names.is_empty() {
            let unlocks = |reason: &Reason| left.values().filter(|r| r.len() == 1 && r.contains(reason)).count();
            // Where several unlock as much, that which most bodies have; then the first by name.
            let mut next: Option<(usize, usize, &Reason)> = None;
            for (reason, bodies) in &names {
                let this = (unlocks(reason), bodies.len());
                if next.is_none_or(|(unlocks, count, _)| this > (unlocks, count)) {
                    next = Some((this.0, this.1, reason));
                }
            }
            let Some((_, _, reason)) = next else { break };
            let bodies = names.remove(reason).unwrap_or_default();
            for reasons in left.values_mut() {
                reasons.remove(reason);
            }
            out.push(Refusal {
                code: reason.0,
                reason: reason.1.clone(),
                alone: self.bodies.values().filter(|r| r.len() == 1 && r.contains(reason)).count(),
                unlocked: left.values().filter(|r| r.is_empty()).count(),
                names: bodies,
            });
        }
        out
    }

    /// `NAME: CODE reason; CODE reason`, one line a body.
    pub fn by_body(&self) -> String {
        let mut out = String::new();
        for (name, reasons) in &self.bodies {
            let reasons: Vec<String> = reasons.iter().map(|(code, reason)| format!("{code} {reason}")).collect();
            let _ = writeln!(out, "{name}: {}", reasons.join("; "));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unlocks_most_comes_first() {
        let mut refused = Refused::default();
        for (name, reasons) in
            [("A", &["x"][..]), ("B", &["x", "y"]), ("C", &["y", "z"]), ("D", &["y", "z", "x"]), ("E", &["w"])]
        {
            for reason in reasons {
                refused.add_reason(name, "S-025", reason);
            }
        }
        let order: Vec<(String, usize, usize)> =
            refused.by_leverage().into_iter().map(|r| (r.reason, r.alone, r.unlocked)).collect();
        let expected = [("x", 1, 1), ("y", 0, 2), ("z", 0, 4), ("w", 1, 5)];
        assert_eq!(order, expected.map(|(reason, alone, all)| (reason.to_owned(), alone, all)));
        assert!(refused.by_body().starts_with("A: S-025 x\nB: S-025 x; S-025 y\n"), "{}", refused.by_body());
    }
}
