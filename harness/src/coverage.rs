//! The gauge: how many bodies are translated, compiled, validated and executed, and why the others are not.

use crate::emit::bodies::function_name;
use crate::ledger::{Ledgers, fingerprint, functions};
use crate::pipeline::Pipeline;
use crate::refusals::{Refusal, Refused};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use translator::analysis::model::{Analysis, Part};
use translator::dsl::ast::{BodyKind, Definition};

/// Bodies that are written by hand because they cannot be expressed, each with the reason: `harness/hand_written.json`.
pub const HAND_WRITTEN: &str = include_str!("../hand_written.json");

/// There are never more of them.
pub const MOST_HAND_WRITTEN: usize = 5;

/// Names with reasons, as [`HAND_WRITTEN`] has them.
///
/// # Errors
/// The list is not well-formed.
pub fn hand_written() -> Result<Vec<(String, String)>, serde_json::Error> {
    serde_json::from_str(HAND_WRITTEN)
}

/// Counts of one kind of definition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub total: usize,
    pub translated: usize,
    /// Translated, and the very text stands in the crate that CI builds.
    pub compiled: usize,
    /// The same trace as the C.
    pub validated: usize,
    pub executed: usize,
}

impl Counts {
    fn add(&mut self, state: State) {
        self.total += 1;
        self.translated += usize::from(state.translated);
        self.compiled += usize::from(state.compiled);
        self.validated += usize::from(state.validated);
        self.executed += usize::from(state.executed);
    }

    /// The counts that have a floor.
    pub fn stages(self) -> [(&'static str, usize); 4] {
        [
            ("translated", self.translated),
            ("compiled", self.compiled),
            ("validated", self.validated),
            ("executed", self.executed),
        ]
    }

    fn json(self) -> Value {
        json!({"total": self.total, "translated": self.translated, "compiled": self.compiled, "validated": self.validated, "executed": self.executed})
    }
}

/// How far one body has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    pub translated: bool,
    pub compiled: bool,
    pub validated: bool,
    pub executed: bool,
}

impl State {
    /// Whether it has come to a stage.
    pub fn has(self, stage: &str) -> bool {
        match stage {
            "translated" => self.translated,
            "compiled" => self.compiled,
            "validated" => self.validated,
            "executed" => self.executed,
            _ => false,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Coverage {
    pub release: String,
    pub inst: Counts,
    pub op: Counts,
    pub label: Counts,
    pub optimizer: Counts,
    /// By the definition's name.
    pub states: BTreeMap<String, State>,
    pub refused: Refused,
    pub hand_written: Vec<(String, String)>,
}

/// The text of the bodies' functions (`bodies.rs` and `labels.rs`, one after the other) as it comes out of the pipeline,
/// and as it stands in the crate that is built.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    pub current: &'a str,
    pub checked_in: &'a str,
}

/// Counts what `pipeline` translated.
pub fn coverage(pipeline: &Pipeline, texts: Texts<'_>, ledgers: &Ledgers) -> Coverage {
    let (current, checked_in) = (functions(texts.current), functions(texts.checked_in));
    let executed = executed_bodies(&pipeline.analysis, ledgers);
    // A test holds the list to its form.
    let hand_written = hand_written().unwrap_or_default();
    let mut coverage = Coverage { release: pipeline.release.clone(), hand_written, ..Coverage::default() };
    for definition in &pipeline.definitions {
        let (name, function, outcome, counts) = match definition {
            Definition::Inst(def) => {
                let counts = if def.kind == BodyKind::Inst { &mut coverage.inst } else { &mut coverage.op };
                let translation = &pipeline.translation;
                let outcome = translation.uops.get(&def.name).or_else(|| translation.tier2.get(&def.name));
                (&def.name, function_name(&def.name), outcome, counts)
            }
            Definition::Label(def) => {
                (&def.name, def.name.clone(), pipeline.translation.labels.get(&def.name), &mut coverage.label)
            }
            _ => continue,
        };
        let text = current.get(function.as_str()).filter(|_| matches!(outcome, Some(Ok(_))));
        let compiled = text.is_some_and(|text| checked_in.get(function.as_str()) == Some(text));
        let recorded = ledgers.validated.bodies.get(name);
        let state = State {
            translated: matches!(outcome, Some(Ok(_))),
            compiled,
            validated: text.is_some_and(|text| recorded == Some(&fingerprint(text))),
            executed: compiled && executed.contains(name.as_str()),
        };
        counts.add(state);
        coverage.states.insert(name.clone(), state);
        match outcome {
            Some(Ok(_)) => {}
            Some(Err(diagnostics)) => coverage.refused.add(name, diagnostics),
            None => coverage.refused.add_reason(name, "S-000", "not among the bodies that are translated"),
        }
    }
    for (name, outcome) in pipeline.optimizer.iter().flat_map(|o| &o.outcomes) {
        coverage.optimizer.add(State { translated: outcome.is_ok(), ..State::default() });
        if let Err(diagnostics) = outcome {
            coverage.refused.add(&format!("optimizer:{name}"), diagnostics);
        }
    }
    coverage
}

/// The bodies that instructions and labels which ran are made of.
fn executed_bodies<'a>(analysis: &'a Analysis, ledgers: &'a Ledgers) -> BTreeSet<&'a str> {
    let instructions = ledgers.executed.opcodes.keys().filter_map(|name| analysis.instructions.get(name));
    let uops = instructions.flat_map(|i| &i.parts).filter_map(|part| match part {
        Part::Uop(name) => Some(name.as_str()),
        _ => None,
    });
    uops.chain(ledgers.executed.labels.keys().map(String::as_str)).collect()
}

impl Coverage {
    /// `inst` and `op` together.
    pub fn bodies(&self) -> Counts {
        let (a, b) = (self.inst, self.op);
        Counts {
            total: a.total + b.total,
            translated: a.translated + b.translated,
            compiled: a.compiled + b.compiled,
            validated: a.validated + b.validated,
            executed: a.executed + b.executed,
        }
    }

    pub fn refusals(&self) -> Vec<Refusal> {
        self.refused.by_leverage()
    }

    pub fn json(&self) -> Value {
        let refusal =
            |r: &Refusal| json!({"code": r.code, "reason": r.reason, "count": r.names.len(), "names": r.names});
        let mut map = Map::new();
        map.insert("release".into(), json!(self.release));
        map.insert("inst".into(), self.inst.json());
        map.insert("op".into(), self.op.json());
        map.insert("label".into(), self.label.json());
        map.insert("optimizer".into(), self.optimizer.json());
        map.insert("hand_written".into(), json!(self.hand_written));
        map.insert("refusals".into(), self.refusals().iter().map(refusal).collect());
        Value::Object(map)
    }

    /// The summary and the histogram of refusals, as far as the first `most` reasons.
    pub fn text(&self, most: usize) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "CPython {}: bodies  total  translated  compiled  validated  executed", self.release);
        let mut row = |name: &str, c: Counts| {
            let _ = writeln!(
                out,
                "{name:>20}  {:>7}  {:>10}  {:>8}  {:>9}  {:>8}",
                c.total, c.translated, c.compiled, c.validated, c.executed
            );
        };
        row("inst", self.inst);
        row("op", self.op);
        row("inst + op", self.bodies());
        row("label", self.label);
        if self.optimizer != Counts::default() {
            row("optimizer", self.optimizer);
        }
        out + &histogram(&self.refusals(), most)
    }
}

fn histogram(refusals: &[Refusal], most: usize) -> String {
    let mut out = String::new();
    if refusals.is_empty() || most == 0 {
        return out;
    }
    out += "\nRefusals by leverage: bodies that have the reason, that it alone keeps back, that are free once it and those above are gone\n";
    for refusal in refusals.iter().take(most) {
        let names = refusal.names.iter().take(4).map(String::as_str).collect::<Vec<_>>().join(" ");
        let more = refusal.names.len().saturating_sub(4);
        let more = if more > 0 { format!(" +{more}") } else { String::new() };
        let (count, code) = (refusal.names.len(), refusal.code);
        let _ = writeln!(
            out,
            "{count:>5} {:>4} {:>4}  {code}  {}: {names}{more}",
            refusal.alone, refusal.unlocked, refusal.reason
        );
    }
    let rest = refusals.len().saturating_sub(most);
    if rest > 0 {
        let _ = writeln!(out, "{:>17}… and {rest} further reasons: `bodywork coverage --by reason`", "");
    }
    out
}
