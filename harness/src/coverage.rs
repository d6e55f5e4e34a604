//! The gauge: how many bodies are translated, compiled, validated and executed, and why the others are not.

use crate::emit::bodies::function_name;
use crate::pipeline::Pipeline;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use translator::diagnostics::Diagnostic;
use translator::dsl::ast::{BodyKind, Definition};

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

/// Bodies that share a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: &'static str,
    pub reason: String,
    /// Bodies that this reason alone keeps back.
    pub alone: usize,
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Coverage {
    pub release: String,
    pub inst: Counts,
    pub op: Counts,
    pub label: Counts,
    pub refusals: Vec<Refusal>,
}

/// Counts what `pipeline` translated. `current` and `checked_in` are `bodies.rs` and `labels.rs`, one after the other, as
/// they come out of `pipeline` and as they stand in the crate that is built.
pub fn coverage(pipeline: &Pipeline, current: &str, checked_in: &str) -> Coverage {
    let (current, checked_in) = (functions(current), functions(checked_in));
    let mut coverage = Coverage { release: pipeline.release.clone(), ..Coverage::default() };
    let mut reasons: BTreeMap<(&'static str, String), (usize, Vec<String>)> = BTreeMap::new();
    for definition in &pipeline.definitions {
        let (name, counts, outcome, label) = match definition {
            Definition::Inst(def) => {
                let outcome = pipeline.translation.uops.get(&def.name);
                let counts = if def.kind == BodyKind::Inst { &mut coverage.inst } else { &mut coverage.op };
                (&def.name, counts, outcome, false)
            }
            Definition::Label(def) => {
                (&def.name, &mut coverage.label, pipeline.translation.labels.get(&def.name), true)
            }
            _ => continue,
        };
        counts.total += 1;
        match outcome {
            Some(Ok(_)) => {
                counts.translated += 1;
                let function = if label { name.clone() } else { function_name(name) };
                let compiled =
                    current.get(function.as_str()).is_some_and(|text| checked_in.get(function.as_str()) == Some(text));
                counts.compiled += usize::from(compiled);
            }
            Some(Err(diagnostics)) => refused(&mut reasons, name, diagnostics),
            None => {
                let entry =
                    reasons.entry(("S-000", "tier-2 body: no place in a bytecode interpreter".to_owned())).or_default();
                entry.0 += 1;
                entry.1.push(name.clone());
            }
        }
    }
    coverage.refusals =
        reasons.into_iter().map(|((code, reason), (alone, names))| Refusal { code, reason, alone, names }).collect();
    coverage.refusals.sort_by(|a, b| (b.alone, b.names.len(), &a.reason).cmp(&(a.alone, a.names.len(), &b.reason)));
    coverage
}

fn refused(
    reasons: &mut BTreeMap<(&'static str, String), (usize, Vec<String>)>,
    name: &str,
    diagnostics: &[Diagnostic],
) {
    let distinct: BTreeSet<(&'static str, String)> = diagnostics.iter().map(|d| (d.code, d.message.clone())).collect();
    let alone = distinct.len() == 1;
    for key in distinct {
        let entry = reasons.entry(key).or_default();
        entry.0 += usize::from(alone);
        entry.1.push(name.to_owned());
    }
}

/// Functions by name, without their doc comments (which cite lines).
fn functions(text: &str) -> BTreeMap<&str, String> {
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(rest) = line.strip_prefix("pub(crate) fn ") else { continue };
        let name = rest.split(['(', '<']).next().unwrap_or(rest);
        let mut body = vec![line];
        if !line.ends_with("{}") {
            for line in lines.by_ref() {
                body.push(line);
                if line == "}" {
                    break;
                }
            }
        }
        found.insert(name, body.join("\n"));
    }
    found
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

    pub fn json(&self) -> Value {
        let counts = |c: Counts| json!({"total": c.total, "translated": c.translated, "compiled": c.compiled, "validated": c.validated, "executed": c.executed});
        let refusals: Vec<Value> = self
            .refusals
            .iter()
            .map(|r| json!({"code": r.code, "reason": r.reason, "count": r.names.len(), "alone": r.alone, "names": r.names}))
            .collect();
        let mut map = Map::new();
        map.insert("release".into(), json!(self.release));
        map.insert("inst".into(), counts(self.inst));
        map.insert("op".into(), counts(self.op));
        map.insert("label".into(), counts(self.label));
        map.insert("optimizer".into(), counts(Counts::default()));
        map.insert("hand_written".into(), json!([]));
        map.insert("refusals".into(), Value::Array(refusals));
        Value::Object(map)
    }

    /// The summary and the histogram of refusals: what the next rule would unlock comes first.
    pub fn text(&self, most: usize) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "CPython {}: bodies  total  translated  compiled  validated  executed", self.release);
        let row = |out: &mut String, name: &str, c: Counts| {
            let _ = writeln!(
                out,
                "{name:>20}  {:>7}  {:>10}  {:>8}  {:>9}  {:>8}",
                c.total, c.translated, c.compiled, c.validated, c.executed
            );
        };
        row(&mut out, "inst", self.inst);
        row(&mut out, "op", self.op);
        row(&mut out, "inst + op", self.bodies());
        row(&mut out, "label", self.label);
        if self.refusals.is_empty() {
            return out;
        }
        let _ =
            writeln!(out, "\nRefusals by leverage (bodies that this reason alone keeps back, bodies that have it):");
        for refusal in self.refusals.iter().take(most) {
            let names = refusal.names.iter().take(4).map(String::as_str).collect::<Vec<_>>().join(" ");
            let more = refusal.names.len().saturating_sub(4);
            let more = if more > 0 { format!(" +{more}") } else { String::new() };
            let _ = writeln!(
                out,
                "{:>4} {:>4}  {}  {}: {names}{more}",
                refusal.alone,
                refusal.names.len(),
                refusal.code,
                refusal.reason
            );
        }
        let rest = self.refusals.len().saturating_sub(most);
        if rest > 0 {
            let _ = writeln!(out, "           … and {rest} further reasons: `bodywork coverage --by reason`");
        }
        out
    }
}
