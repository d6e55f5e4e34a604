//! The reading and the analysis compared with CPython's own, fact by fact.

mod support;

use inputs::testing::need;
use support::golden::{BEYOND_OUR_LIMITS, file, fixtures};
use support::{Answer, Oracle, our_answer, pinned, say};
use translator::analysis::Release;
use translator::source::SourceFile;

type File = (String, String);

fn named(file: &SourceFile) -> File {
    (file.name.to_string(), file.text.to_string())
}

/// Compares what both read in the files, and counts the facts.
fn compare(oracle: &mut Oracle, files: &[File]) -> usize {
    let (theirs, ours) = (oracle.ask(files), our_answer(files, &Release::V3_14));
    let name = &files[0].0;
    match (&theirs, &ours) {
        (Answer::Lines(theirs), Answer::Lines(ours)) => {
            for (theirs, ours) in theirs.iter().zip(ours) {
                assert_eq!(theirs, ours, "CPython's (left) and our fact about {name}");
            }
            assert_eq!(theirs.len(), ours.len(), "facts about {name}");
            theirs.len()
        }
        // Where CPython's reader fails with an internal error, we refuse in our own way.
        (Answer::Fails(_), Answer::Refused(..) | Answer::Fails(_)) => 1,
        _ => {
            assert_eq!(theirs, ours, "{name}");
            1
        }
    }
}

#[test]
fn the_pinned_definitions_mean_what_cpython_reads_in_them() {
    let Some(mut oracle) = Oracle::start() else { return };
    let Some(definitions) = need("the pinned definitions", |_| pinned()?.definitions()) else { return };
    let facts = compare(&mut oracle, &[named(&definitions.bytecodes)]);
    say(&format!("{facts} facts about the pinned definitions are the same"));
}

#[test]
fn the_definitions_of_a_checkout_mean_what_cpython_reads_in_them() {
    if std::env::var_os("BODYWORK_CPYTHON").is_none_or(|value| value.is_empty()) {
        return say("not run, there is no checkout (BODYWORK_CPYTHON names one)");
    }
    let Some(mut oracle) = Oracle::start() else { return };
    let Some(definitions) = need("the checkout's definitions", |inputs| inputs.definitions()) else { return };
    let mut facts = compare(&mut oracle, &[named(&definitions.bytecodes)]);
    if let Some(optimizer) = &definitions.optimizer {
        facts += compare(&mut oracle, &[named(optimizer)]);
    }
    say(&format!("{facts} facts about the checkout's definitions are the same"));
}

#[test]
fn the_fixtures_are_read_as_cpython_reads_them() {
    let Some(mut oracle) = Oracle::start() else { return };
    let (mut facts, mut refusals) = (0, 0);
    for path in fixtures("pass") {
        facts += compare(&mut oracle, &[file(&path)]);
    }
    for path in fixtures("fail") {
        if BEYOND_OUR_LIMITS.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        refusals += compare(&mut oracle, &[file(&path)]);
    }
    say(&format!("{facts} facts about fixtures are the same, {refusals} fixtures are refused alike"));
}
