//! The floor under the gauge: what is translated, compiled, validated and executed may rise, never fall. The floor is data;
//! a run with `BODYWORK_BLESS=1` raises it.

use harness::coverage::{Coverage, Texts, coverage};
use harness::floor;
use harness::generate::outputs;
use harness::ledger::{self, Ledgers};
use harness::pipeline::Pipeline;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn measured(pipeline: &Pipeline) -> Coverage {
    let outputs = outputs(&pipeline.files()).expect("rustfmt is there");
    let of_bodies = |name: &str| outputs.iter().find(|o| o.name == name).map_or("", |o| o.text.as_str());
    let current = format!("{}{}", of_bodies("bodies.rs"), of_bodies("labels.rs"));
    let generated = root().join("interp/src/generated");
    let read = |name: &str| std::fs::read_to_string(generated.join(name)).unwrap_or_default();
    let checked_in = format!("{}{}", read("bodies.rs"), read("labels.rs"));
    let ledgers = Ledgers::read(&root().join(ledger::FOLDER), &pipeline.release).expect("the lists can be read");
    coverage(pipeline, Texts { current: &current, checked_in: &checked_in }, &ledgers)
}

#[test]
fn the_counts_are_the_floor() {
    let Some(inputs) = inputs::testing::require() else { return };
    let pipeline = match Pipeline::run(&inputs) {
        Ok(pipeline) => pipeline,
        Err(error) => panic!("{error:?}"),
    };
    if inputs.release().to_string() != inputs.pins().release {
        println!("not the pinned release: no floor for it");
        return;
    }
    let folder = root().join(ledger::FOLDER);
    let coverage = measured(&pipeline);
    let now = floor::measured(&coverage);
    let least = floor::read(&folder).expect("the floor");
    let mut verdict = floor::compare(&least, &now);
    if std::env::var_os("BODYWORK_BLESS").is_some() && verdict.below.is_empty() && !verdict.above.is_empty() {
        floor::raise(&folder, &least, &now, &floor::missing(&coverage)).expect("the floor can be written");
        verdict = floor::compare(&floor::read(&folder).expect("the floor"), &now);
    }
    assert!(verdict.text().is_empty(), "{}", verdict.text());
    // Each body's own history: what the last raise lacks is what is missing now.
    let history = floor::history(&folder).expect("the history");
    assert_eq!(history.last().expect("a history").missing, floor::missing(&coverage));
}

/// The history never falls, and ends with the floor.
#[test]
fn the_history_leads_to_the_floor() {
    let folder = root().join(ledger::FOLDER);
    let history = floor::history(&folder).expect("the history");
    for pair in history.windows(2) {
        assert!(floor::compare(&pair[0].counts, &pair[1].counts).below.is_empty(), "{pair:?}");
        assert!(pair[0].when <= pair[1].when, "{pair:?}");
    }
    let last = history.last().expect("a history").counts.clone();
    assert_eq!(last, floor::read(&folder).expect("the floor"));
}

/// What `coverage --json` gives is what the design promises, no more and no less.
#[test]
fn the_json_has_the_promised_shape() {
    let Some(inputs) = inputs::testing::require() else { return };
    let Ok(pipeline) = Pipeline::run(&inputs) else { panic!("the definitions are read") };
    let json = measured(&pipeline).json();
    let keys =
        |value: &Value| value.as_object().map(|o| o.keys().cloned().collect::<BTreeSet<_>>()).unwrap_or_default();
    let set = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>();
    let all = ["release", "inst", "op", "label", "optimizer", "hand_written", "refusals"];
    assert_eq!(keys(&json), set(&all));
    for kind in ["inst", "op", "label", "optimizer"] {
        assert_eq!(keys(&json[kind]), set(&["total", "translated", "compiled", "validated", "executed"]), "{kind}");
    }
    assert_eq!(json["hand_written"], json!([]));
    for refusal in json["refusals"].as_array().expect("a list") {
        assert_eq!(keys(refusal), set(&["code", "reason", "count", "names"]));
    }
}

/// What is written by hand is a body of the release that no rules express, and there are few.
#[test]
fn what_is_written_by_hand_cannot_be_translated() {
    let list = harness::coverage::hand_written().expect("harness/hand_written.json has names with reasons");
    assert!(list.len() <= harness::coverage::MOST_HAND_WRITTEN, "{list:?}");
    for (name, reason) in &list {
        assert!(reason.len() > 20 && !reason.contains('\n'), "{name}: one line says why");
    }
    let Some(inputs) = inputs::testing::require() else { return };
    if inputs.release().to_string() != inputs.pins().release {
        println!("not the pinned release: the list is not for it");
        return;
    }
    let Ok(pipeline) = Pipeline::run(&inputs) else { panic!("the definitions are read") };
    let outcomes = pipeline.translation.uops.iter().chain(&pipeline.translation.labels);
    let refused: BTreeSet<&str> = outcomes.filter(|(_, o)| o.is_err()).map(|(name, _)| name.as_str()).collect();
    let listed: BTreeSet<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(listed, refused, "what is refused is written by hand, and nothing else");
}

#[test]
fn every_refusal_has_a_code_and_a_place() {
    let Some(inputs) = inputs::testing::require() else { return };
    let Ok(pipeline) = Pipeline::run(&inputs) else { panic!("the definitions are read") };
    let outcomes = pipeline.translation.uops.values().chain(pipeline.translation.labels.values());
    let refusals: Vec<_> = outcomes.filter_map(|o| o.as_ref().err()).flatten().collect();
    println!("{} refusals", refusals.len());
    for refusal in refusals {
        assert!(refusal.code.starts_with("S-"), "{refusal:?}");
        assert!(refusal.primary.is_some(), "{refusal:?}");
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let Some(inputs) = inputs::testing::require() else { return };
    let (Ok(one), Ok(two)) = (Pipeline::run(&inputs), Pipeline::run(&inputs)) else {
        panic!("the definitions are read")
    };
    assert_eq!(one.files(), two.files());
}
