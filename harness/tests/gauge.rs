//! The floor under the gauge: what translates may rise, never fall. The floor is data; a passing run with
//! `BODYWORK_BLESS=1` raises it.

use harness::coverage::{Coverage, coverage};
use harness::generate::outputs;
use harness::pipeline::Pipeline;
use serde_json::{Value, json};
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
    coverage(pipeline, &current, &format!("{}{}", read("bodies.rs"), read("labels.rs")))
}

#[test]
fn coverage_never_falls() {
    let Some(inputs) = inputs::testing::require() else { return };
    let pipeline = match Pipeline::run(&inputs) {
        Ok(pipeline) => pipeline,
        Err(error) => panic!("{error:?}"),
    };
    if inputs.release().to_string() != inputs.pins().release {
        println!("not the pinned release: no floor for it");
        return;
    }
    let coverage = measured(&pipeline);
    let bodies = coverage.bodies();
    let now = [
        ("bodies_translated", bodies.translated),
        ("bodies_compiled", bodies.compiled),
        ("labels_translated", coverage.label.translated),
        ("labels_compiled", coverage.label.compiled),
    ];
    let path = root().join("harness/floor.json");
    let floor: Value =
        serde_json::from_str(&std::fs::read_to_string(&path).expect("harness/floor.json")).expect("JSON");
    let mut raised = floor.clone();
    for (name, count) in now {
        let least = floor[name].as_u64().unwrap_or(0) as usize;
        println!("{name}: {count}, floor {least}");
        assert!(count >= least, "{name} fell from {least} to {count}: `bodywork coverage` says why");
        raised[name] = json!(count);
    }
    if std::env::var_os("BODYWORK_BLESS").is_some() && raised != floor {
        std::fs::write(&path, format!("{raised:#}\n")).expect("the floor can be written");
    }
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
