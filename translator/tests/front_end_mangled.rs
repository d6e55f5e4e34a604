//! Damaged definitions: read without a panic, in time, with every place inside the text; and as CPython reads them.

mod support;

use inputs::testing::need;
use support::golden::{BEYOND_OUR_LIMITS, file, fixtures};
use support::mangle::{Random, mangle};
use support::{Answer, Oracle, our_answer, read, say};
use translator::analysis::Release;
use translator::dsl::Dialect;

type File = (String, String);

fn damaged(files: &[File], seed: u64) -> Vec<File> {
    let mut random = Random::new(seed);
    let (name, text) = &files[random.below(files.len())];
    vec![(name.clone(), mangle(text, &mut random))]
}

fn own_files() -> Vec<File> {
    ["pass", "fail", "other_releases"].into_iter().flat_map(fixtures).map(|path| file(&path)).collect()
}

/// Reads in both dialects and looks at every place that is reported.
fn check(files: &[File]) {
    for (dialect, release) in [(Dialect::Cpython314, Release::V3_14), (Dialect::AnyRelease, Release::V3_15)] {
        let (sources, result) = read(files, dialect, &release);
        for error in result.err().unwrap_or_default() {
            assert!(!error.render(&sources).is_empty());
            let places = error.primary.into_iter().chain(error.secondary.iter().map(|(span, _)| *span));
            for place in places {
                assert!(place.start <= place.end && place.end as usize <= sources.get(place.file).text.len());
            }
        }
    }
}

#[test]
fn no_damage_to_our_own_definitions_ends_in_a_panic() {
    let files = own_files();
    (0..4000).for_each(|seed| check(&damaged(&files, seed)));
}

#[test]
fn no_damage_to_cpythons_definitions_ends_in_a_panic() {
    let Some(definitions) = need("the definitions", |inputs| inputs.definitions()) else { return };
    let files = [(definitions.bytecodes.name.to_string(), definitions.bytecodes.text.to_string())];
    (0..60).for_each(|seed| check(&damaged(&files, seed)));
    let text = &files[0].1;
    for cut in (0..40).map(|part| text.len() * part / 40).filter(|cut| text.is_char_boundary(*cut)) {
        check(&[(files[0].0.clone(), text[..cut].to_owned())]);
    }
}

/// What costs a careless reader quadratic time: each would take minutes.
#[test]
fn long_texts_take_time_in_proportion() {
    let many = |piece: &str| format!("// BEGIN BYTECODES //\n{}// END BYTECODES //\n", piece.repeat(40_000));
    for piece in
        ["/* ", "\"\\\" ", "inst(A, (--)) {\n", "op(_A, (", "x\n", "{ ", "if (a) { } else ", "# ", "* /*", "(", "pure "]
    {
        check(&[("long.c".to_owned(), many(piece))]);
    }
}

#[test]
fn damaged_definitions_are_read_as_cpython_reads_them() {
    let Some(mut oracle) = Oracle::start() else { return };
    let mut files = own_files();
    files.retain(|(name, _)| !BEYOND_OUR_LIMITS.contains(&name.as_str()));
    let (mut accepted, mut refused, mut failed) = (0, 0, 0);
    let seeds = match std::env::var("BODYWORK_MANGLED").ok().and_then(|count| count.parse().ok()) {
        Some(count) => 0..count,
        None => 0..1500,
    };
    for seed in seeds {
        let case = damaged(&files, seed);
        let (theirs, ours) = (oracle.ask(&case), our_answer(&case, &Release::V3_14));
        match &theirs {
            Answer::Lines(_) => accepted += 1,
            Answer::Refused(..) => refused += 1,
            // An internal error, where we refuse in our own way.
            Answer::Fails(_) if !matches!(ours, Answer::Lines(_)) => {
                failed += 1;
                continue;
            }
            Answer::Fails(_) => {}
        }
        assert_eq!(theirs, ours, "CPython's (left) and our reading of seed {seed}:\n{}", case[0].1);
    }
    say(&format!(
        "{accepted} damaged files mean the same, {refused} are refused at the same place, CPython's reader fails on {failed}"
    ));
}
