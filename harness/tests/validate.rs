//! Every body's C and its translation do the same in the recording world, and the comparison notices damage.

use harness::ledger::{self, Ledgers};
use harness::pipeline::Pipeline;
use harness::validate::{self, KNOWN, Outcome, Request, Seeds};
use std::collections::BTreeSet;
use std::path::Path;

const SEEDS: Seeds = Seeds { first: 1, count: 100 };

/// Some mutants change nothing that can be seen; this many in a hundred are noticed.
const NOTICED: usize = 97;

/// Of a hundred ways that conditions of the C can go, but those that a rule decides.
const TAKEN: usize = 98;

#[test]
fn the_c_and_the_rust_of_each_body_leave_the_same_trace() {
    let Some(inputs) = inputs::testing::require() else { return };
    let pipeline = match Pipeline::run(&inputs) {
        Ok(pipeline) => pipeline,
        Err(error) => panic!("{error:?}"),
    };
    if inputs.release().to_string() != inputs.pins().release {
        println!("not the pinned release: nothing is recorded of it");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let request = Request { names: &[], seeds: SEEDS, mutants: 1, folder: folder.path() };
    let report = validate::validate(&pipeline, request, &mut |what| println!("{what}")).expect("both sides run");

    for verdict in &report.verdicts {
        let known = KNOWN.iter().any(|k| k.0 == verdict.name);
        match &verdict.outcome {
            Outcome::Agrees => assert!(!known, "{} agrees: it must not be listed as one that differs", verdict.name),
            Outcome::Differs { text, .. } => assert!(known, "{} differs:\n{text}", verdict.name),
            Outcome::LeftOut(why) => println!("{} is not run: {why}", verdict.name),
        }
    }
    let (taken, ways) = report.ways();
    println!("{} agree; {taken} of {ways} ways of branches taken", report.agreeing().count());
    assert!(taken * 100 >= ways * TAKEN, "{taken} of {ways} ways of branches taken");

    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    let recorded = Ledgers::read(harness, &pipeline.release).expect("the list can be read").validated;
    let recorded: BTreeSet<&str> = recorded.bodies.keys().map(String::as_str).collect();
    let agreeing: BTreeSet<&str> = report.agreeing().map(|v| v.name.as_str()).collect();
    assert_eq!(recorded, agreeing, "{} is not up to date: `bodywork validate --record`", ledger::VALIDATED);

    let mutation = report.mutation.expect("mutants were asked for");
    println!("{} of {} mutants noticed, {} were no C", mutation.caught, mutation.total(), mutation.refused);
    let survivors: Vec<String> = mutation.survivors.iter().map(|(name, what)| format!("{name}: {what}")).collect();
    assert!(mutation.total() > 200, "{} mutants", mutation.total());
    assert!(mutation.caught * 100 >= mutation.total() * NOTICED, "not noticed:\n{}", survivors.join("\n"));
}
