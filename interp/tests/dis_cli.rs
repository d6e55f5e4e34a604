//! `interp dis` as a program: what it prints, and how it ends.

mod common;

use std::path::Path;
use std::process::{Command, Output};

fn interp(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_interp")).args(arguments).current_dir(folder).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn lists_a_file() {
    let folder = common::root().join("fixtures/programs");
    let plain = interp(&["dis", "fib.pyc"], &folder);
    assert!(plain.status.success());
    let listing = text(&plain.stdout);
    assert!(listing.contains("Disassembly of <code object fib at 0x"), "{listing}");
    assert!(listing.contains("BINARY_OP                0 (+)"), "{listing}");
    let all = interp(&["dis", "-CO", "--show-positions", "-S", "fib.pyc"], &folder);
    assert!(text(&all.stdout).contains("CACHE                    0 (counter: 17)"), "{}", text(&all.stdout));
}

#[test]
fn bad_files_are_one_message_and_exit_code_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = std::fs::read(common::root().join("fixtures/programs/fib.pyc")).expect("a fixture");
    let mut foreign = good.clone();
    foreign[..2].copy_from_slice(&3571u16.to_le_bytes());
    let cases: [(&str, &[u8], &str); 4] = [
        ("text.pyc", b"print(1)\n", "not a .pyc file [P-001] at byte 0"),
        ("foreign.pyc", &foreign, "written by CPython 3.13 (magic number 3571), not by 3.14 [P-002]"),
        ("short.pyc", &good[..40], "[P-010] at byte 40"),
        ("empty.pyc", b"", "[P-001]"),
    ];
    for (name, bytes, expected) in cases {
        std::fs::write(folder.path().join(name), bytes).expect("written");
        let output = interp(&["dis", name], folder.path());
        assert_eq!(output.status.code(), Some(2), "{name}");
        let message = text(&output.stderr);
        assert!(message.starts_with(&format!("error: {name}: ")) && message.contains(expected), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(output.stdout.is_empty());
    }
    let missing = interp(&["dis", "nowhere.pyc"], folder.path());
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).starts_with("error: nowhere.pyc: "));
}

#[test]
fn bad_usage_is_exit_code_2() {
    let folder = common::root();
    for arguments in [&[][..], &["frobnicate"], &["dis"], &["dis", "-x", "a.pyc"], &["dis", "a.pyc", "b.pyc"]] {
        let output = interp(arguments, &folder);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains("Usage: interp"), "{arguments:?}");
    }
    assert!(interp(&["--help"], &folder).status.success());
}
