//! Other releases: the same rules translate most of what a checkout's definitions have. Runs on the checkout that
//! `BODYWORK_CPYTHON` names.

use harness::generate::outputs;
use harness::pipeline::Pipeline;
use translator::translate::Outcomes;

/// Of a release, at least so many of 100 bodies: of the interpreter with its second tier, of the second tier alone, of the
/// optimizer.
const LEAST: [(&str, [usize; 3]); 3] =
    [("3.15.0a0", [99, 90, 100]), ("3.15.0a5", [79, 50, 30]), ("3.13.0", [69, 30, 10])];

fn count(outcomes: &Outcomes) -> (usize, usize) {
    (outcomes.values().filter(|o| o.is_ok()).count(), outcomes.len())
}

#[test]
fn most_bodies_of_a_checkout_translate() {
    if std::env::var_os("BODYWORK_CPYTHON").is_none_or(|v| v.is_empty()) {
        println!("not run, there is no checkout (BODYWORK_CPYTHON names one)");
        return;
    }
    let Some(inputs) = inputs::testing::require() else { return };
    let version = inputs.release().version.trim_end_matches('+').to_owned();
    let pipeline = Pipeline::run(&inputs).unwrap_or_else(|error| panic!("{error:?}"));
    // rustfmt reads all of it.
    let files = outputs(&pipeline.files()).expect("the generated files are Rust");
    let tier2 = count(&pipeline.translation.tier2);
    let tier1 = count(&pipeline.translation.uops);
    let optimizer = pipeline.optimizer.as_ref().map_or((0, 0), |o| count(&o.outcomes));
    let all = (tier1.0 + tier2.0, tier1.1 + tier2.1);
    println!(
        "{version}: {all:?} of the interpreter, {tier2:?} of tier 2, {optimizer:?} of the optimizer, {} files",
        files.len()
    );
    let Some((_, least)) = LEAST.iter().find(|(name, _)| *name == version) else {
        println!("no floor for {version}");
        return;
    };
    for ((translated, total), least) in [all, tier2, optimizer].into_iter().zip(least) {
        assert!(translated * 100 >= total * least, "{translated} of {total} translate, {least} of 100 did");
    }
}
