//! `bodywork validate`: the C of each body and its translation run on the same inputs, and must leave the same trace.
//!
//! Both sides are generated from the rules: a C file with what CPython's generator makes of each body, and a Rust crate
//! with interp's own bodies and what our emitter makes of them, each in a recording world whose helpers log their
//! arguments and return what a script says. The script is one hash on both sides, so the traces agree as long as the
//! behaviours do.

mod c_pointers;
mod c_side;
mod c_text;
mod domain;
mod model;
mod mutate;
mod plan;
mod run;
mod rust_functions;
mod rust_side;
pub mod trace;

use crate::emit::bodies::function_name;
use crate::generate;
use crate::ledger;
use crate::pipeline::Pipeline;
use model::Model;
pub use run::{RunError, Seeds};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What became of one body.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub name: String,
    pub outcome: Outcome,
    /// Ways that conditions of the C went, of those they can go.
    pub taken: usize,
    pub ways: usize,
    /// Conditions that went one way only: the condition, and the way it never went.
    pub not_taken: Vec<(String, bool)>,
    /// How often the body was left how.
    pub exits: BTreeMap<String, usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Agrees,
    /// The first seed on which the traces part, both traces there, and on how many seeds they part.
    Differs {
        seed: i64,
        text: String,
        seeds: usize,
    },
    /// It cannot run this way.
    LeftOut(String),
}

/// What a run gives.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub verdicts: Vec<Verdict>,
    pub mutation: Option<Mutation>,
}

impl Report {
    pub fn agreeing(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts.iter().filter(|v| v.outcome == Outcome::Agrees)
    }

    /// Ways of branches of the C that were taken, and how many there are.
    pub fn ways(&self) -> (usize, usize) {
        self.verdicts.iter().fold((0, 0), |(t, w), v| (t + v.taken, w + v.ways))
    }

    /// Whether all agree but those that are known not to.
    pub fn is_clean(&self) -> bool {
        let known = |v: &Verdict| KNOWN.iter().any(|k| k.0 == v.name);
        self.verdicts.iter().all(|v| known(v) != (v.outcome == Outcome::Agrees))
    }
}

/// `harness/validated.json`: the fingerprints of the bodies that agree, and why the others are not among them.
///
/// # Errors
/// rustfmt is missing.
pub fn record(pipeline: &Pipeline, report: &Report) -> Result<String, String> {
    let outputs = generate::outputs(&pipeline.files()).map_err(|e| e.to_string())?;
    let texts = outputs.iter().filter(|o| matches!(o.name.as_str(), "bodies.rs" | "labels.rs")).map(|o| &o.text);
    let functions: BTreeMap<&str, String> = texts.flat_map(|t| ledger::functions(t)).collect();
    let print = |v: &Verdict| {
        let label = pipeline.translation.labels.contains_key(&v.name);
        let function = if label { v.name.clone() } else { function_name(&v.name) };
        let function = functions.get(function.as_str())?;
        Some((v.name.clone(), ledger::fingerprint(function)))
    };
    let bodies: BTreeMap<String, String> = report.agreeing().filter_map(print).collect();
    let reason = |v: &Verdict| match (&v.outcome, KNOWN.iter().find(|k| k.0 == v.name)) {
        (Outcome::LeftOut(why), _) => Some((v.name.clone(), why.clone())),
        (Outcome::Differs { .. }, Some((_, why))) => Some((v.name.clone(), (*why).to_owned())),
        _ => None,
    };
    let not_run: BTreeMap<String, String> = report.verdicts.iter().filter_map(reason).collect();
    let value = serde_json::json!({"release": pipeline.release, "bodies": bodies, "not_run": not_run});
    serde_json::to_string_pretty(&value).map(|t| t + "\n").map_err(|e| e.to_string())
}

/// How the comparison fared with damaged C.
#[derive(Clone, Debug, Default)]
pub struct Mutation {
    pub caught: usize,
    /// Body, and what was done to it without a difference in any trace.
    pub survivors: Vec<(String, String)>,
    /// Mutants that are no C.
    pub refused: usize,
}

impl Mutation {
    pub fn total(&self) -> usize {
        self.caught + self.survivors.len()
    }
}

/// Bodies that differ although the translation is right, each with the reason. One that no longer differs is an error.
pub const KNOWN: &[(&str, &str)] = &[(
    "INSTRUMENTED_FOR_ITER",
    "where the callback of the branch event raises, the C loses the count of the item, which the Rust releases",
)];

/// What is to be run.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Bodies by name; all where there is none.
    pub names: &'a [String],
    pub seeds: Seeds,
    /// How many mutants of each body that agrees.
    pub mutants: usize,
    /// Where everything that is generated goes.
    pub folder: &'a Path,
}

/// Runs both sides.
///
/// # Errors
/// A compiler that is missing or refuses the world itself.
pub fn validate(pipeline: &Pipeline, request: Request<'_>, progress: &mut dyn FnMut(&str)) -> Result<Report, RunError> {
    let Request { names, seeds, mutants, folder } = request;
    let files = pipeline.files();
    let text = |name: &str| files.iter().find(|f| f.name == name).map_or("", |f| f.text.as_str());
    let model = Model::of(&pipeline.rules);
    let mut plan = plan::plan(pipeline, &model, names);
    let rust_program = folder.join("rust-side");
    for (name, text) in rust_side::files(&model, &plan, text) {
        run::write(&folder.join("recorded").join(name), &text)?;
    }
    progress("compiling the C bodies");
    let c_program = folder.join("c-side");
    for _ in 0..4 {
        run::write(&folder.join("bodies.c"), &c_side::file(&model, &plan))?;
        let refused = run::compile_c(&folder.join("bodies.c"), &c_program)?;
        if refused.is_empty() {
            break;
        }
        plan.bodies.retain(|b| refused.iter().all(|r| r.0 != b.name));
        plan.left_out.extend(refused.into_iter().map(|(n, why)| (n, format!("the C compiler refuses it: {why}"))));
    }
    progress("compiling the Rust bodies");
    run::compile_rust(&folder.join("recorded/main.rs"), &rust_program)?;
    progress("running");
    let (c, branches) = run::run(&c_program, folder, seeds)?;
    let (rust, _) = run::run(&rust_program, folder, seeds)?;
    let mut report = Report::default();
    for body in &plan.bodies {
        report.verdicts.push(judge(&model, body, &c, &rust, &branches));
    }
    for (name, why) in std::mem::take(&mut plan.left_out) {
        report.verdicts.push(Verdict {
            name,
            outcome: Outcome::LeftOut(why),
            taken: 0,
            ways: 0,
            not_taken: Vec::new(),
            exits: BTreeMap::new(),
        });
    }
    report.verdicts.sort_by(|a, b| a.name.cmp(&b.name));
    if mutants > 0 {
        progress("running damaged C bodies");
        let agreeing: BTreeSet<&str> = report.agreeing().map(|v| v.name.as_str()).collect();
        plan.bodies.retain(|b| agreeing.contains(b.name.as_str()));
        report.mutation = Some(mutation(&model, plan, mutants, seeds, folder, &rust)?);
    }
    Ok(report)
}

/// Runs damaged C bodies, each of which must part from the Rust on some seed.
fn mutation(
    model: &Model,
    mut plan: plan::Plan,
    mutants: usize,
    seeds: Seeds,
    folder: &Path,
    rust: &trace::Trace,
) -> Result<Mutation, RunError> {
    let mut made: Vec<(plan::Body, String)> =
        plan.bodies.iter().flat_map(|b| mutate::mutants(b, mutants, seeds.first.cast_unsigned())).collect();
    let mut mutation = Mutation::default();
    let program = folder.join("c-mutants");
    for _ in 0..4 {
        plan.bodies = made.iter().map(|m| m.0.clone()).collect();
        run::write(&folder.join("mutants.c"), &c_side::file(model, &plan))?;
        let refused = run::compile_c(&folder.join("mutants.c"), &program)?;
        if refused.is_empty() {
            break;
        }
        mutation.refused += refused.len();
        made.retain(|m| refused.iter().all(|r| r.0 != m.0.label));
    }
    let (traces, _) = run::run(&program, folder, seeds)?;
    for (body, what) in &made {
        let mut blocks = traces.range((body.label.clone(), i64::MIN)..).take_while(|(k, _)| k.0 == body.label);
        let nothing = trace::Block::default();
        let parts = |((_, seed), block): (&(String, i64), &trace::Block)| {
            !trace::agree(block, rust.get(&(body.name.clone(), *seed)).unwrap_or(&nothing))
        };
        if blocks.any(parts) {
            mutation.caught += 1;
        } else {
            mutation.survivors.push((body.name.clone(), what.clone()));
        }
    }
    Ok(mutation)
}

fn judge(model: &Model, body: &plan::Body, c: &trace::Trace, rust: &trace::Trace, branches: &[u8]) -> Verdict {
    let mut verdict = Verdict {
        name: body.name.clone(),
        outcome: Outcome::Agrees,
        taken: 0,
        ways: 0,
        not_taken: Vec::new(),
        exits: BTreeMap::new(),
    };
    let first = (body.name.clone(), i64::MIN);
    let mut parted: Option<(i64, String, usize)> = None;
    let mut blocks = c.range(first..).take_while(|(k, _)| k.0 == body.name).peekable();
    if blocks.peek().is_none() {
        verdict.outcome = Outcome::LeftOut("the C side left no trace".to_owned());
    }
    for (key, block) in blocks {
        *verdict.exits.entry(block.exit().to_owned()).or_default() += 1;
        let nothing = trace::Block::default();
        let other = rust.get(key).unwrap_or(&nothing);
        if !trace::agree(block, other) {
            let entry = parted.get_or_insert_with(|| (key.1, trace::side_by_side(block, other), 0));
            entry.2 += 1;
        }
    }
    if let Some((seed, text, seeds)) = parted {
        verdict.outcome = Outcome::Differs { seed, text, seeds };
    } else if verdict.exits.len() == 1 && verdict.exits.contains_key("undefined") {
        verdict.outcome = Outcome::LeftOut("no seed gives it the inputs that it relies on".to_owned());
    }
    for (n, condition) in &body.branches {
        if model.decides(condition, &body.c_live) {
            continue;
        }
        let bits = branches.get(*n).map_or(0, |b| b.saturating_sub(b'0'));
        verdict.ways += 2;
        verdict.taken += usize::from(bits & 1 != 0) + usize::from(bits & 2 != 0);
        for (bit, way) in [(1, true), (2, false)] {
            if bits & bit == 0 {
                verdict.not_taken.push((condition.clone(), way));
            }
        }
    }
    verdict
}
