//! The floor under the gauge, kept as data: what the counts must not fall below, and how it rose.
//!
//! `harness/floor.json` holds the counts of the pinned release, `harness/history.jsonl` one line for each time they were
//! raised, the latest last. The test `gauge` holds the measured counts to the floor.

use crate::coverage::{Counts, Coverage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

pub const FLOOR: &str = "floor.json";
pub const HISTORY: &str = "history.jsonl";

/// How a raise is accepted.
pub const RAISE: &str = "BODYWORK_BLESS=1 cargo test -p harness --test gauge";

/// Counts by name: `bodies_translated`, … `labels_executed`.
pub type Floor = BTreeMap<String, usize>;

/// One raise of the floor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raise {
    /// UTC, `2026-11-21 14:30`.
    pub when: String,
    /// By stage that had any: the bodies and labels that were not there yet.
    #[serde(default, skip_serializing_if = "Missing::is_empty")]
    pub missing: Missing,
    #[serde(flatten)]
    pub counts: Floor,
}

/// The names of bodies and labels that a stage lacks.
pub type Missing = BTreeMap<String, Vec<String>>;

/// What is missing in each stage that has any.
pub fn missing(coverage: &Coverage) -> Missing {
    let mut missing = Missing::new();
    for ((stage, bodies), (_, labels)) in coverage.bodies().stages().into_iter().zip(coverage.label.stages()) {
        if bodies + labels == 0 {
            continue;
        }
        let names = coverage.states.iter().filter(|(_, state)| !state.has(stage)).map(|(name, _)| name.clone());
        let names: Vec<String> = names.collect();
        if !names.is_empty() {
            missing.insert(stage.to_owned(), names);
        }
    }
    missing
}

/// The raise with which a body came to a stage; `None` where it has not.
pub fn since<'a>(history: &'a [Raise], stage: &str, name: &str, label: bool) -> Option<&'a Raise> {
    let count = format!("{}_{stage}", if label { "labels" } else { "bodies" });
    let lacks = |raise: &Raise| {
        let none = raise.counts.get(&count).is_none_or(|count| *count == 0);
        none || raise.missing.get(stage).is_some_and(|names| names.iter().any(|n| n == name))
    };
    let last = history.iter().rposition(lacks).map_or(0, |at| at + 1);
    history.get(last)
}

/// What the measured counts say of the floor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Name, floor, measured.
    pub below: Vec<(String, usize, usize)>,
    pub above: Vec<(String, usize, usize)>,
}

/// The counts that have a floor.
pub fn measured(coverage: &Coverage) -> Floor {
    let mut floor = Floor::new();
    let mut add = |kind: &str, counts: Counts| {
        for (stage, count) in counts.stages() {
            floor.insert(format!("{kind}_{stage}"), count);
        }
    };
    add("bodies", coverage.bodies());
    add("labels", coverage.label);
    floor
}

/// A count without a floor has the floor 0.
pub fn compare(floor: &Floor, measured: &Floor) -> Verdict {
    let mut verdict = Verdict::default();
    for (name, &now) in measured {
        let least = floor.get(name).copied().unwrap_or(0);
        if now < least {
            verdict.below.push((name.clone(), least, now));
        } else if now > least {
            verdict.above.push((name.clone(), least, now));
        }
    }
    // A name that is measured no longer has fallen to nothing.
    for (name, &least) in floor.iter().filter(|(name, _)| !measured.contains_key(*name)) {
        verdict.below.push((name.clone(), least, 0));
    }
    verdict
}

impl Verdict {
    /// Nothing if the counts are the floor.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (name, least, now) in &self.below {
            // A body whose Rust changed is not counted until it was validated again.
            let next = if name.ends_with("_validated") {
                "`bodywork validate --record` runs the bodies again"
            } else {
                "`bodywork coverage` says why"
            };
            let _ = writeln!(out, "{name} fell below its floor: {least} -> {now}; {next}");
        }
        for (name, least, now) in &self.above {
            let _ = writeln!(out, "{name} rose above its floor: {least} -> {now}");
        }
        if self.below.is_empty() && !self.above.is_empty() {
            let _ = writeln!(out, "raise the floor: {RAISE}");
        }
        out
    }
}

/// Reads the floor of a folder.
///
/// # Errors
/// It is not there, or not a table of counts.
pub fn read(folder: &Path) -> Result<Floor, String> {
    let path = folder.join(FLOOR);
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}

/// The raises so far, the oldest first; none where nothing is recorded.
///
/// # Errors
/// A line that is no raise.
pub fn history(folder: &Path) -> Result<Vec<Raise>, String> {
    let path = folder.join(HISTORY);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let line = |(at, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|e| format!("{}:{}: {e}", path.display(), at + 1))
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(line).collect()
}

/// Writes the floor and appends it to the history. It never lowers a count.
///
/// # Errors
/// A count would fall, or a file cannot be written.
pub fn raise(folder: &Path, floor: &Floor, measured: &Floor, missing: &Missing) -> Result<(), String> {
    let verdict = compare(floor, measured);
    if !verdict.below.is_empty() {
        return Err(verdict.text());
    }
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    let pretty = serde_json::to_string_pretty(measured).map_err(|e| e.to_string())?;
    let entry = Raise { when: utc_minute(SystemTime::now()), missing: missing.clone(), counts: measured.clone() };
    let line = serde_json::to_string(&entry).map_err(|e| e.to_string())?;
    let mut history = std::fs::read_to_string(folder.join(HISTORY)).unwrap_or_default();
    history += &line;
    history.push('\n');
    std::fs::write(folder.join(HISTORY), history).map_err(failed)?;
    std::fs::write(folder.join(FLOOR), pretty + "\n").map_err(failed)
}

/// `2026-11-21 14:30`. The date is Hinnant's `civil_from_days`.
fn utc_minute(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", seconds / 3_600 % 24, seconds / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn floor(counts: &[(&str, usize)]) -> Floor {
        counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn a_count_below_its_floor_is_named() {
        let verdict = compare(&floor(&[("a", 3), ("b", 2), ("gone", 1)]), &floor(&[("a", 2), ("b", 2), ("c", 0)]));
        assert_eq!(verdict.below, [("a".to_owned(), 3, 2), ("gone".to_owned(), 1, 0)]);
        assert!(verdict.above.is_empty());
        assert!(verdict.text().contains("a fell below its floor: 3 -> 2"), "{}", verdict.text());
    }

    #[test]
    fn a_count_above_its_floor_says_how_to_raise_it() {
        let verdict = compare(&floor(&[("a", 3)]), &floor(&[("a", 4), ("new", 1)]));
        assert_eq!(verdict.above, [("a".to_owned(), 3, 4), ("new".to_owned(), 0, 1)]);
        assert!(verdict.text().contains(RAISE), "{}", verdict.text());
        assert_eq!(compare(&floor(&[("a", 3)]), &floor(&[("a", 3)])).text(), "");
    }

    #[test]
    fn raises_are_appended_and_falls_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        raise(dir.path(), &Floor::new(), &floor(&[("a", 1)]), &Missing::new()).expect("it rises");
        let first = read(dir.path()).expect("a floor");
        raise(dir.path(), &first, &floor(&[("a", 5)]), &Missing::new()).expect("it rises");
        let raises = history(dir.path()).expect("a history");
        assert_eq!(raises.iter().map(|r| r.counts["a"]).collect::<Vec<_>>(), [1, 5]);
        let floor_now = read(dir.path()).expect("a floor");
        raise(dir.path(), &floor_now, &floor(&[("a", 4)]), &Missing::new()).expect_err("a fall");
        assert_eq!(read(dir.path()).expect("a floor")["a"], 5);
        assert_eq!(history(dir.path()).expect("a history").len(), 2);
    }

    #[test]
    fn a_body_has_the_date_of_the_raise_that_it_came_with() {
        let raise = |when: &str, translated: usize, lacks: &[&str]| Raise {
            when: when.to_owned(),
            missing: [("translated".to_owned(), lacks.iter().map(|n| (*n).to_owned()).collect())].into(),
            counts: floor(&[("bodies_translated", translated), ("bodies_executed", 0)]),
        };
        let history = [raise("one", 1, &["B", "C"]), raise("two", 2, &["C"])];
        let when = |stage: &str, name: &str| since(&history, stage, name, false).map(|r| r.when.as_str());
        assert_eq!(when("translated", "A"), Some("one"));
        assert_eq!(when("translated", "B"), Some("two"));
        assert_eq!(when("translated", "C"), None);
        assert_eq!(when("executed", "A"), None);
        assert!(since(&history, "translated", "A", true).is_none(), "no label is counted");
    }

    #[test]
    fn dates_are_civil() {
        let at = |seconds| utc_minute(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01 00:00");
        assert_eq!(at(951_782_399), "2000-02-28 23:59");
        assert_eq!(at(951_825_600), "2000-02-29 12:00");
        assert_eq!(at(1_795_271_400), "2026-11-21 14:30");
    }
}
