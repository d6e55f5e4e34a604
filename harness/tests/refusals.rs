//! Bodies of our own that are refused (`fixtures/translate/fail`): the code, the place, and the words. A `.toml` beside a
//! fixture is laid over the rules. `BODYWORK_BLESS=1 cargo test -p harness --test refusals` accepts what comes out.
//! And the account of all codes: each that the source can give is pinned by a test, and none is pinned that it cannot.

use harness::pipeline::Pipeline;
use harness::rules;
use pretty_assertions::assert_eq;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use translator::source::SourceFile;
use translator::subset::Rules;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files under a folder with one of the extensions, sorted.
fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| extensions.iter().any(|x| e == *x)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn refusals(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("the fixture can be read");
    let overlay = fs::read_to_string(path.with_extension("toml")).unwrap_or_default();
    let rules = Rules::load(rules::FILES.iter().copied().chain([("own.toml", overlay.as_str())])).expect("rules");
    let name = path.file_name().and_then(|n| n.to_str()).expect("a file name");
    let pipeline = Pipeline::run_with("test", vec![SourceFile::new(name, &text)], rules)
        .unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let outcomes = pipeline.translation.uops.values().chain(pipeline.translation.labels.values());
    let refused: Vec<_> = outcomes.filter_map(|o| o.as_ref().err()).flatten().collect();
    assert!(!refused.is_empty(), "{name} translates");
    refused.iter().map(|d| d.render(&pipeline.sources)).collect()
}

#[test]
fn each_refusal_names_its_code_and_place() {
    let bless = std::env::var_os("BODYWORK_BLESS").is_some();
    let fixtures = files(&root().join("fixtures/translate/fail"), &["c"]);
    assert!(fixtures.len() > 30, "the fixtures are there");
    for path in fixtures {
        let found = refusals(&path);
        let expected = path.with_extension("stderr");
        if bless {
            fs::write(&expected, &found).expect("the expectation can be written");
        }
        let wanted = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(wanted, found, "{}", path.display());
    }
}

/// Codes that stand behind a place, as a finding begins: `own.c:3:5: error[S-012]`.
fn placed(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices(": error[") {
        let mut place = text[..at].rsplit(':');
        let mut number = || place.next().is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        if number() && number() {
            found.extend(codes(&text[at..(at + 14).min(text.len())], "[", "]"));
        }
    }
    found
}

/// Codes of the form `S-012` in a text, after `before` and before `after`.
fn codes(text: &str, before: &str, after: &str) -> BTreeSet<String> {
    let is_code = |s: &str| {
        let bytes = s.as_bytes();
        bytes.len() == 5
            && b"SDAKG".contains(&bytes[0])
            && bytes[1] == b'-'
            && bytes[2..].iter().all(u8::is_ascii_digit)
    };
    let starts = text.match_indices(before).map(|(at, _)| at + before.len());
    let words = starts
        .filter_map(|at| text.get(at..at + 5).filter(|_| text[at..].get(5..).is_some_and(|r| r.starts_with(after))));
    words.filter(|w| is_code(w)).map(str::to_owned).collect()
}

#[test]
fn every_code_is_pinned_by_a_test_and_none_is_of_the_past() {
    let all = |folder: &str, extensions: &[&str], before: &str, after: &str| -> BTreeSet<String> {
        let texts = files(&root().join(folder), extensions).into_iter().map(|p| fs::read_to_string(p).expect("text"));
        texts.flat_map(|text| codes(&text, before, after)).collect()
    };
    let given = all("translator/src", &["rs"], "\"", "\"");
    assert!(given.len() > 50, "{given:?}");
    let text = |path: &Path| fs::read_to_string(path).expect("text");
    let places = |folder: &str, extension: &str| -> BTreeSet<String> {
        files(&root().join(folder), &[extension]).iter().flat_map(|path| placed(&text(path))).collect()
    };
    let mut pinned = places("fixtures", "stderr");
    pinned.extend(places("harness/tests", "rs"));
    // These two compare the C under the caret with each code.
    for tests in ["translator/tests/caches.rs", "translator/tests/lowering.rs"] {
        pinned.extend(codes(&text(&root().join(tests)), "\"", "\""));
    }
    let missing: Vec<&String> = given.difference(&pinned).collect();
    assert!(missing.is_empty(), "no fail test pins {missing:?} with its place: add one under fixtures/*/fail");
    let past: Vec<&String> = pinned.difference(&given).collect();
    assert!(past.is_empty(), "{past:?} are pinned by a fixture, and the source does not give them");
}

#[test]
fn a_code_without_a_place_pins_nothing() {
    assert_eq!(placed("own.c:3:5: error[S-012]: words"), ["S-012".to_owned()].into());
    assert_eq!(placed("error[S-012]: words"), BTreeSet::new());
    assert_eq!(placed("own.c: error[S-012]: words"), BTreeSet::new());
    assert_eq!(placed("own.c:x:5: error[S-012]: words"), BTreeSet::new());
}

/// Every finding of the fixtures has a place.
#[test]
fn no_fixture_is_refused_without_a_place() {
    for path in files(&root().join("fixtures"), &["stderr"]) {
        let text = fs::read_to_string(&path).expect("text");
        let bare: Vec<&str> = text.lines().filter(|line| line.starts_with("error[")).collect();
        assert!(bare.is_empty(), "{}: {bare:?}", path.display());
    }
}
