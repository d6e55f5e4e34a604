//! `bodywork validate`: the C of each body and its translation run on the same inputs, and must leave the same trace.
//!
//! Both sides are generated from the rules: a C file with what CPython's generator makes of each body, and a Rust crate
//! with interp's own bodies and what our emitter makes of them, each in a recording world whose helpers log their
//! arguments and return what a script says. The script is one hash on both sides, so the traces agree as long as the
//! behaviours do.

mod c_side;
mod domain;
mod model;
mod plan;
mod run;
mod rust_side;
pub mod trace;

use crate::pipeline::Pipeline;
use model::Model;
use std::collections::BTreeMap;
use std::path::Path;
pub use run::{RunError, Seeds};

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
    Differs { seed: i64, text: String, seeds: usize },
    /// It cannot run this way.
    LeftOut(String),
}

/// What a run gives.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub verdicts: Vec<Verdict>,
}

impl Report {
    pub fn agreeing(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts.iter().filter(|v| v.outcome == Outcome::Agrees)
    }
}

/// Runs both sides in `folder`. `bodies` and `opcode` are the generated files of interp.
///
/// # Errors
/// A compiler that is missing or refuses the world itself.
pub fn validate(
    pipeline: &Pipeline,
    names: &[String],
    seeds: Seeds,
    (bodies, opcode): (&str, &str),
    folder: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<Report, RunError> {
    let model = Model::of(&pipeline.rules);
    let mut plan = plan::plan(pipeline, &model, names);
    let rust_program = folder.join("rust-side");
    for (name, text) in rust_side::files(&model, &plan, bodies, opcode) {
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
        report.verdicts.push(judge(body, &c, &rust, &branches));
    }
    for (name, why) in plan.left_out {
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
    Ok(report)
}

fn judge(body: &plan::Body, c: &trace::Trace, rust: &trace::Trace, branches: &[u8]) -> Verdict {
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
