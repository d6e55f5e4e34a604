//! What the rules say of calls, and what comes of bodies, beside what CPython's generator finds in the same C: which calls may run
//! code of the program, and which bodies may leave by an error. Both ways: a difference that is not in
//! `fixtures/translate/facts.json` with its reason fails, and so does one there that is none any more.

use harness::pipeline::Pipeline;
use harness::rules;
use pretty_assertions::assert_eq;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use translator::analysis::Release;
use translator::analysis::model::Properties;
use translator::lower::Signature;
use translator::lower::kind::Kind;

/// Names with the reason why the two differ.
type Listed = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    /// The generator takes the call for one that may run code, the rule does not.
    escapes_for_the_generator_alone: Listed,
    escapes_for_the_rule_alone: Listed,
    /// The generator's flags say that the body may leave by an error, the Rust never does.
    errors_for_the_generator_alone: Listed,
    errors_for_the_rust_alone: Listed,
    /// The rule says that the call may set an exception, but for the generator no body that calls it may fail.
    failing_rules_without_a_failing_body: Listed,
}

fn listed() -> Facts {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/translate/facts.json");
    let text = std::fs::read_to_string(path).expect("the list can be read");
    serde_json::from_str(&text).expect("the list is well-formed")
}

fn assert_listed(what: &str, found: BTreeSet<String>, listed: &Listed) {
    let known: BTreeSet<String> = listed.keys().cloned().collect();
    assert_eq!(found, known, "{what}: fixtures/translate/facts.json has each difference with its reason, and no other");
    for (name, reason) in listed {
        assert!(reason.len() > 20, "{name}: why do they differ?");
    }
    println!("{what}: {} differ", known.len());
}

/// What the generator finds without a row of `subset/`: it knows names by their look and by a list.
fn escapes(release: &Release, name: &str) -> bool {
    !release.is_harmless(name)
}

#[test]
fn what_may_run_code_is_the_same_for_the_generator() {
    let (rules, release, listed) =
        (rules::built_in().expect("the rules are well-formed"), Release::default(), listed());
    let (mut generator, mut rule_alone) = (BTreeSet::new(), BTreeSet::new());
    let mut compared = 0;
    let rows = rules.calls().map(|r| (r.c.clone(), r)).chain(rules.overloads());
    for (recorded, rule) in rows {
        compared += 1;
        match (escapes(&release, &rule.c), rule.escapes) {
            (true, false) => generator.insert(recorded),
            (false, true) => rule_alone.insert(recorded),
            _ => false,
        };
    }
    // Whatever is called through a pointer, the generator does not know it.
    let pointers = rules.indirects_by_type().chain(rules.indirects_by_field()).chain(rules.indirects_by_table());
    for rule in pointers {
        compared += 1;
        if !rule.escapes {
            generator.insert(rule.c.clone());
        }
    }
    println!("{compared} rows compared");
    assert_listed("the generator alone", generator, &listed.escapes_for_the_generator_alone);
    assert_listed("the rule alone", rule_alone, &listed.escapes_for_the_rule_alone);
}

fn errors_for_the_generator(properties: &Properties) -> bool {
    properties.error_with_pop || properties.error_without_pop
}

fn errors_for_the_rust(signature: &Signature) -> bool {
    signature.exits.iter().any(|exit| matches!(*exit, "Error" | "ErrorNoPop" | "ExceptionUnwind"))
}

#[test]
fn what_may_fail_is_the_same_for_the_generator() {
    let Some(inputs) = inputs::testing::require() else { return };
    if inputs.release().to_string() != inputs.pins().release {
        println!("not run: the list is of the pinned release");
        return;
    }
    let pipeline = Pipeline::run(&inputs).unwrap_or_else(|error| panic!("{error:?}"));
    let listed = listed();
    let (mut generator, mut rust) = (BTreeSet::new(), BTreeSet::new());
    let mut compared = 0;
    for (name, outcome) in &pipeline.translation.uops {
        let (Ok(lowered), Some(uop)) = (outcome, pipeline.analysis.uops.get(name)) else { continue };
        compared += 1;
        match (errors_for_the_generator(&uop.properties), errors_for_the_rust(&lowered.signature)) {
            (true, false) => generator.insert(name.clone()),
            (false, true) => rust.insert(name.clone()),
            _ => false,
        };
    }
    println!("{compared} bodies compared");
    assert!(compared >= 295, "only {compared} bodies");
    assert_listed("the generator alone", generator, &listed.errors_for_the_generator_alone);
    assert_listed("the Rust alone", rust, &listed.errors_for_the_rust_alone);
}

/// A call that may set an exception stands in a body that may leave by an error; else the rule, or the body, is wrong.
#[test]
fn a_call_that_may_fail_stands_in_a_body_that_may_fail() {
    let Some(inputs) = inputs::testing::require() else { return };
    if inputs.release().to_string() != inputs.pins().release {
        println!("not run: the list is of the pinned release");
        return;
    }
    let pipeline = Pipeline::run(&inputs).unwrap_or_else(|error| panic!("{error:?}"));
    // Whether a body that uses the rule may fail.
    let mut used: BTreeMap<&str, bool> = BTreeMap::new();
    for (name, outcome) in &pipeline.translation.uops {
        let (Ok(lowered), Some(uop)) = (outcome, pipeline.analysis.uops.get(name)) else { continue };
        for rule in &lowered.rules {
            *used.entry(rule).or_default() |= errors_for_the_generator(&uop.properties);
        }
    }
    let fails = |kind: &Kind| matches!(kind, Kind::Fallible(..));
    let rules = pipeline.rules.all_calls().filter(|(_, rule)| fails(&rule.returns.0));
    let rules: Vec<String> = rules.map(|(recorded, _)| recorded).collect();
    println!("{} rules of calls that may fail", rules.len());
    let lone = rules.into_iter().filter(|rule| used.get(rule.as_str()) == Some(&false)).collect();
    assert_listed("no failing body", lone, &listed().failing_rules_without_a_failing_body);
}
