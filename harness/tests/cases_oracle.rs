//! The nine files that CPython's generator writes: ours are the same, byte for byte.

mod support;

use std::fs;
use std::path::Path;
use support::{Files, Oracle, Releases, Request, say};
use translator::cgen::Kind;

/// Compares all nine files for these definitions, in every variant that the original offers.
fn compare(oracle: &mut Oracle, what: &str, files: &Files, overrides: &Files, release: Option<Releases>) {
    let mut kinds = Kind::ALL.to_vec();
    if overrides.is_empty() {
        kinds.retain(|kind| *kind != Kind::Optimizer);
    }
    let all = Request { kinds, files: files.clone(), overrides: overrides.clone(), release, ..Request::default() };
    let mut count = compare_one(oracle, what, &all);
    let mut variant = all;
    variant.kinds.retain(|kind| matches!(kind, Kind::Tier1 | Kind::Tier2 | Kind::UopIds | Kind::Optimizer));
    (variant.lines, variant.namespace, variant.debug) = (true, true, true);
    count = count.plus(compare_one(oracle, what, &variant));
    say(&format!("{what}: {} files are the same, {} are refused alike", count.same, count.refused));
}

/// How many files were written alike, and how many refused alike.
struct Count {
    same: usize,
    refused: usize,
}

impl Count {
    fn plus(self, other: Self) -> Self {
        Self { same: self.same + other.same, refused: self.refused + other.refused }
    }
}

fn compare_one(oracle: &mut Oracle, what: &str, request: &Request) -> Count {
    let theirs = oracle.ask(request);
    let ours = oracle.ours(request);
    for ((kind, theirs), ours) in request.kinds.iter().zip(&theirs).zip(&ours) {
        if let Some(difference) = support::difference(theirs, ours) {
            panic!("{what}, {}: {difference}", kind.name());
        }
    }
    let refused = theirs.iter().filter(|output| output.is_err()).count();
    Count { same: theirs.len() - refused, refused }
}

#[test]
fn the_pinned_definitions() {
    if let (Some(mut oracle), Some(files)) = (Oracle::start(), support::definitions()) {
        compare(&mut oracle, "the pinned definitions", &files, &Files::new(), None);
    }
}

#[test]
fn the_pinned_definitions_with_cinder_on_top() {
    let (Some(mut oracle), Some(mut files), Some(cinder)) =
        (Oracle::start(), support::definitions(), support::cinder())
    else {
        return;
    };
    // As it stands, it defines some uops of the base anew, which both refuse.
    files.push(cinder);
    compare(&mut oracle, "the pinned definitions with cinder-bytecodes.c", &files, &Files::new(), None);
    files[1] = overriding(files[1].clone(), &files[0].1);
    compare(&mut oracle, "the same as overrides", &files, &Files::new(), None);
}

/// The file with all that it defines anew marked as overriding.
fn overriding((name, mut text): (String, String), base: &str) -> (String, String) {
    let anew: Vec<String> = text.lines().filter(|line| defines_anew(line, base)).map(str::to_owned).collect();
    for line in anew {
        text = text.replace(&line, &format!("override {}", line.trim_start()));
    }
    (name, text)
}

/// Whether a line begins an `op` that the base has too.
fn defines_anew(line: &str, base: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("op(") && line.split_once(',').is_some_and(|(head, _)| base.contains(&format!("{head},")))
}

#[test]
fn the_definitions_of_a_checkout() {
    if let (Some(mut oracle), Some((files, overrides))) = (Oracle::start(), support::checkout()) {
        compare(&mut oracle, "the checkout's definitions", &files, &overrides, None);
        if let Some(cinder) = support::cinder() {
            let files = vec![files[0].clone(), overriding(cinder, &files[0].1)];
            compare(&mut oracle, "the checkout's definitions under Cinder's", &files, &overrides, None);
        }
        if let Some((mut own, release)) = support::checkout_oracle() {
            let what = "the checkout's definitions by its own generator";
            compare(&mut own, what, &files, &overrides, Some(release));
        }
    }
}

/// Fixtures that we refuse and CPython accepts, and why.
const STRICTER: [(&str, &str); 3] = [
    ("cache_size_too_large.c", "no instruction has so many cache entries"),
    ("nested_too_deep.c", "the depth is bounded, so that no input can exhaust the native stack"),
    (
        "override_of_an_inst_by_an_op.c",
        "CPython keeps the overridden uop in the instruction, under a name that no longer means it",
    ),
];

/// Our own definitions, those that are refused among them.
#[test]
fn every_fixture() {
    let Some(mut oracle) = Oracle::start() else {
        return;
    };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let mut count = Count { same: 0, refused: 0 };
    let mut paths = Vec::new();
    for folder in ["cgen/pass", "cgen/fail", "dsl/pass", "dsl/fail"] {
        let entries = fs::read_dir(fixtures.join(folder)).into_iter().flatten();
        paths.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "c"));
    paths.sort();
    for path in &paths {
        let text = fs::read_to_string(path).expect("the fixture can be read");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let files = vec![(name.clone(), text)];
        let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Optimizer).collect();
        let request = Request { kinds, files, ..Request::default() };
        if STRICTER.iter().any(|(stricter, _)| *stricter == name) {
            let (theirs, ours) = (oracle.ask(&request), oracle.ours(&request));
            assert!(theirs[0].is_ok() && ours[0].is_err(), "{name} is listed as stricter, and is not");
            continue;
        }
        count = count.plus(compare_one(&mut oracle, &name, &request));
    }
    say(&format!("{} fixtures: {} files are the same, {} are refused alike", paths.len(), count.same, count.refused));
}
