//! The reading and the analysis compared with CPython's own, fact by fact.

mod support;

use std::path::Path;
use support::{Answer, Oracle, checkout, our_answer};
use translator::analysis::Release;

/// The generator of the checkout, and the rules of the analyser that it has.
fn oracle(root: &Path) -> Option<(Oracle, Release)> {
    let generator = root.join("Tools/cases_generator");
    let analyser = std::fs::read_to_string(generator.join("analyzer.py")).ok()?;
    // 3.14's generator and main's differ in nothing that is read.
    let release = match analyser.contains("PyStackRef_IncrementTaggedIntNoOverflow") {
        true => Release::MAIN_2025_05_30,
        false => Release::V3_14,
    };
    analyser.contains("find_escaping_api_calls").then_some(())?;
    Some((Oracle::start(&generator)?, release))
}

fn file(path: &Path) -> Option<(String, String)> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    Some((name, std::fs::read_to_string(path).ok()?))
}

fn compare(oracle: &mut Oracle, release: &Release, files: &[(String, String)]) -> usize {
    let (theirs, ours) = (oracle.ask(files), our_answer(files, release));
    match (&theirs, &ours) {
        (Answer::Lines(theirs), Answer::Lines(ours)) => {
            for (theirs, ours) in theirs.iter().zip(ours) {
                assert_eq!(theirs, ours, "CPython's (left) and our fact about {}", files[0].0);
            }
            assert_eq!(theirs.len(), ours.len());
            theirs.len()
        }
        _ => {
            assert_eq!(theirs, ours, "{}", files[0].0);
            1
        }
    }
}

#[test]
fn definitions_of_a_checkout_mean_what_cpython_reads_in_them() {
    let Some(root) = checkout("the analysis of its definitions") else { return };
    let Some((mut oracle, release)) = oracle(&root) else {
        return eprintln!("not run for want of 3.14's generator in BODYWORK_CPYTHON: the analysis of its definitions");
    };
    let mut facts = 0;
    for name in ["Python/bytecodes.c", "Python/optimizer_bytecodes.c"] {
        if let Some(file) = file(&root.join(name)) {
            facts += compare(&mut oracle, &release, &[file]);
        }
    }
    println!("{facts} facts compared");
}
