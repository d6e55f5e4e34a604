//! What the repository says of itself holds: lists of files, generated files, paths in the documents.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn every_rule_file_is_built_in() {
    let there: BTreeSet<String> = std::fs::read_dir(root().join("subset"))
        .expect("subset/")
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .filter(|n| n.ends_with(".toml"))
        .collect();
    let listed: BTreeSet<String> = harness::rules::FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(there, listed, "harness/src/rules.rs lists the files of subset/");
}

#[test]
fn the_rules_are_well_formed() {
    harness::rules::built_in().expect("the built-in rules load");
}

/// Holds without any input: an edit by hand of a generated file fails here.
#[test]
fn generated_files_are_not_edited() {
    let edited = harness::generate::edited(&root().join("interp/src/generated")).expect("the list of checksums");
    assert!(
        edited.is_empty(),
        "edited by hand, or not regenerated: {edited:?}; run `cargo run --release --bin bodywork -- generate`"
    );
}

#[test]
fn an_edited_file_is_found() {
    let dir = tempfile::tempdir().expect("a folder");
    let files = [harness::emit::GeneratedFile { name: "a.rs", text: "pub const A: u8 = 1;\n".into() }];
    let outputs = harness::generate::outputs(&files).expect("rustfmt is there");
    harness::generate::write(&outputs, dir.path()).expect("it can be written");
    assert_eq!(harness::generate::edited(dir.path()).expect("the list"), Vec::<String>::new());
    assert_eq!(harness::generate::differences(&outputs, dir.path()).expect("the folder"), Vec::<String>::new());
    std::fs::write(dir.path().join("a.rs"), "pub const A: u8 = 2;\n").expect("it can be written");
    std::fs::write(dir.path().join("b.rs"), "").expect("it can be written");
    assert_eq!(harness::generate::edited(dir.path()).expect("the list"), ["a.rs", "b.rs"]);
    assert_eq!(harness::generate::differences(&outputs, dir.path()).expect("the folder"), ["a.rs", "b.rs"]);
}

#[test]
fn generated_files_contain_no_unsafe() {
    let generated = root().join("interp/src/generated");
    let mut checked = 0;
    for entry in std::fs::read_dir(generated).expect("interp/src/generated") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("it is text");
        assert!(!text.contains("unsafe"), "{}", path.display());
        // Lints are allowed where the module is declared, in the open.
        assert!(!text.contains("allow("), "{}", path.display());
        checked += 1;
    }
    assert!(checked >= 6, "only {checked} files");
}

/// Lints are allowed on the generated module one by one, each with its reason.
#[test]
fn every_lint_allowed_on_generated_code_is_explained() {
    let text = std::fs::read_to_string(root().join("interp/src/lib.rs")).expect("interp/src/lib.rs");
    let before = text.split("\nmod generated;").next().expect("the module");
    let allowed: Vec<&str> = before.lines().rev().take_while(|line| line.starts_with("#[")).collect();
    assert!(!allowed.is_empty(), "what is allowed stands before `mod generated;`");
    for line in allowed {
        assert!(line.starts_with("#[allow(") && line.contains("reason = \""), "{line}");
        assert!(!line.contains("clippy::all"), "{line}");
    }
}

#[test]
fn the_documents_name_paths_that_exist() {
    let mut checked = 0;
    for document in ["ARCHITECTURE.md", "README.md"] {
        let text = std::fs::read_to_string(root().join(document)).expect("it is there");
        for quoted in text.split('`').skip(1).step_by(2) {
            let is_path =
                quoted.contains('/') && !quoted.contains(' ') && !quoted.starts_with(['-', '/', '$', '.', '~']);
            let known = ["translator/", "harness/", "inputs/", "interp/", "subset/", "fixtures/", "fuzz/"];
            if is_path && known.iter().any(|k| quoted.starts_with(k)) && !quoted.contains(['*', 'N']) {
                assert!(root().join(quoted).exists(), "{document} names {quoted}");
                checked += 1;
            }
        }
    }
    assert!(checked > 10, "only {checked} paths were found");
}
