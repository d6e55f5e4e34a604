//! Bodies of our own that translate (`fixtures/translate/pass`), with the Rust that comes of them; `BODYWORK_BLESS=1 cargo
//! test -p harness --test rules_used` accepts what comes out. And the account of all rules: every row of `subset/` is used by
//! a body of the pinned release or by one of these fixtures, and no two rows contradict each other.

use harness::pipeline::{Optimizer, Pipeline};
use harness::rules;
use pretty_assertions::assert_eq;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use translator::source::SourceFile;
use translator::subset::Rules;
use translator::translate::{Outcome, Outcomes};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/translate/pass")
}

/// A fixture's text, and its name.
fn fixture(name: &str) -> SourceFile {
    let text = std::fs::read_to_string(folder().join(name)).expect("the fixture can be read");
    SourceFile::new(name, &text)
}

fn pipeline(name: &str) -> Pipeline {
    Pipeline::run_on("test", vec![fixture(name)]).unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

/// The same as before 3.14.
fn objects() -> Pipeline {
    let release = translator::analysis::Release::V3_13;
    Pipeline::run_as("test", &release, vec![fixture("objects.c")], None).unwrap_or_else(|error| panic!("{error:?}"))
}

fn optimizer() -> Optimizer {
    harness::pipeline::optimizer(fixture("optimizer.c"), &translator::analysis::Release::default())
        .unwrap_or_else(|error| panic!("{error:?}"))
}

/// The Rust of every body, formatted; a refusal fails.
fn rust(files: &[harness::emit::GeneratedFile], file: &str) -> String {
    let file = files.iter().find(|f| f.name == file).expect("the file is generated");
    let text = harness::format::format(&file.text).expect("it is Rust");
    // The head speaks of CPython's definitions; these are ours.
    text.lines().skip_while(|l| !l.starts_with("//!")).map(|l| format!("{l}\n")).collect()
}

fn assert_all_translate(outcomes: &Outcomes) {
    let refused: Vec<_> = outcomes.iter().filter_map(|(name, o)| Some((name, o.as_ref().err()?))).collect();
    assert!(!outcomes.is_empty() && refused.is_empty(), "{refused:?}");
}

#[test]
fn our_bodies_translate_to_what_is_written_beside_them() {
    let (interpreter, tier2, optimizer) = (pipeline("interpreter.c"), pipeline("tier2.c"), optimizer());
    assert_all_translate(&interpreter.translation.uops);
    assert_all_translate(&tier2.translation.tier2);
    assert_all_translate(&optimizer.outcomes);
    let objects = objects();
    assert_all_translate(&objects.translation.uops);
    let with_optimizer = Pipeline { optimizer: Some(optimizer), ..pipeline("tier2.c") };
    let texts = [
        ("interpreter.rs", rust(&interpreter.files(), "bodies.rs")),
        ("objects.rs", rust(&objects.files(), "bodies.rs")),
        ("tier2.rs", rust(&tier2.files(), "tier2.rs")),
        ("optimizer.rs", rust(&with_optimizer.files(), "optimizer.rs")),
    ];
    for (name, found) in texts {
        let path = folder().join(name);
        if std::env::var_os("BODYWORK_BLESS").is_some() {
            std::fs::write(&path, &found).expect("the expectation can be written");
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), found, "{name}");
    }
}

fn used<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> BTreeSet<String> {
    outcomes.filter_map(|o| o.as_ref().ok()).flat_map(|lowered| lowered.rules.iter().cloned()).collect()
}

#[test]
fn every_row_is_used() {
    let Some(inputs) = inputs::testing::require() else { return };
    if inputs.release().to_string() != inputs.pins().release {
        println!("not run: the rules are counted on the pinned release");
        return;
    }
    let pinned = Pipeline::run(&inputs).unwrap_or_else(|error| panic!("{error:?}"));
    let (interpreter, tier2, optimizer) = (pipeline("interpreter.c"), pipeline("tier2.c"), optimizer());
    let translations = [&pinned.translation, &interpreter.translation];
    let mut of_interpreter = used(translations.into_iter().flat_map(|t| t.uops.values().chain(t.labels.values())));
    let of_tier2 = used(tier2.translation.tier2.values());
    let of_optimizer = used(optimizer.outcomes.values());
    let of_objects = used(objects().translation.uops.values());
    // The interpreter's rows serve the second tier too.
    of_interpreter.extend(of_tier2.iter().chain(&of_optimizer).cloned());
    let layers = [
        (rules::FILES, of_interpreter),
        (rules::OBJECTS, of_objects),
        (rules::TIER2, of_tier2),
        (rules::OPTIMIZER, of_optimizer),
    ];
    for (files, used) in layers {
        for (file, text) in files {
            let rules = Rules::load([(*file, *text)]).expect("the rules are well-formed");
            let unused: Vec<String> = rules.rows().filter(|row| !used.contains(row)).collect();
            assert!(unused.is_empty(), "subset/{file}: no body uses {unused:?}; delete the rows, or add a fixture");
            println!("{file}: {} rows", rules.rows().count());
        }
    }
}

#[test]
fn no_two_rows_contradict_each_other() {
    // In one file the reader refuses two rows for a name; between files the later would silently win.
    for layer in [rules::FILES, rules::OBJECTS, rules::TIER2, rules::OPTIMIZER] {
        let mut seen = BTreeSet::new();
        for (file, text) in layer {
            let rules = Rules::load([(*file, *text)]).expect("the rules are well-formed");
            let again: Vec<String> = rules.rows().filter(|row| !seen.insert(row.clone())).collect();
            assert!(again.is_empty(), "subset/{file}: {again:?} have rows in another file");
        }
    }
}
