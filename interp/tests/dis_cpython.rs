//! `interp dis` against CPython's `dis`.

mod common;

use inputs::testing::say;
use interp::dis::{Options, disassemble};
use interp::pyc;
use std::path::{Path, PathBuf};

/// As `tests/cpython/disassemble.py` numbers them.
const OPTIONS: [Options; 4] = [
    Options { caches: false, offsets: false, positions: false, adaptive: false },
    Options { caches: true, offsets: true, positions: false, adaptive: false },
    Options { caches: false, offsets: false, positions: true, adaptive: false },
    Options { caches: true, offsets: true, positions: true, adaptive: true },
];

/// Without what differs from one run of CPython to the next: addresses, and the order of sets of strings.
fn stable(line: &str) -> String {
    let mut parts = line.split(" at 0x");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(" at");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    if out.contains("frozenset({") {
        let mut letters: Vec<char> = out.chars().collect();
        letters.sort_unstable();
        out = letters.into_iter().collect();
    }
    out
}

fn listing(path: &Path, options: Options) -> String {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let pyc = pyc::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut out = Vec::new();
    disassemble(&pyc.code, options, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("text")
}

fn compare(python: &Path, files: &[PathBuf]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut arguments: Vec<&Path> = vec![folder.path()];
    arguments.extend(files.iter().map(PathBuf::as_path));
    common::run(python, "disassemble.py", &arguments);
    let mut lines = 0;
    for (index, file) in files.iter().enumerate() {
        for (number, options) in OPTIONS.into_iter().enumerate() {
            let expected =
                std::fs::read_to_string(folder.path().join(format!("{index}.{number}.txt"))).expect("written");
            let found = listing(file, options);
            for (number, (ours, theirs)) in found.lines().zip(expected.lines()).enumerate() {
                assert_eq!(stable(ours), stable(theirs), "{} {options:?}, line {}", file.display(), number + 1);
            }
            assert_eq!(found.lines().count(), expected.lines().count(), "{} {options:?}", file.display());
            lines += expected.lines().count();
        }
    }
    say(&format!("{} files compared, {lines} lines", files.len()));
}

#[test]
fn fixtures_are_listed_as_by_cpython() {
    let Some(python) = common::python() else { return };
    compare(&python, &common::fixtures());
}

#[test]
fn the_library_is_listed_as_by_cpython() {
    let Some(python) = common::python() else { return };
    // Disassembling all of it takes CPython minutes.
    let sources: Vec<PathBuf> = common::library(&python).into_iter().step_by(12).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut arguments: Vec<&Path> = vec![folder.path()];
    arguments.extend(sources.iter().map(PathBuf::as_path));
    common::run(&python, "compile.py", &arguments);
    let files: Vec<PathBuf> = (0..sources.len()).map(|index| folder.path().join(format!("{index}.pyc"))).collect();
    compare(&python, &files);
}
