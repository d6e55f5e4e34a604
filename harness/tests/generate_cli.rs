//! `bodywork generate` and `explain` as programs: what is written, what bad input gives, with which exit code.

use std::path::Path;
use std::process::{Command, Output};

fn bodywork(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bodywork"))
        .current_dir(dir)
        .env("NO_COLOR", "1")
        .args(arguments)
        .output()
        .expect("it starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const OWN: &str = "// BEGIN BYTECODES //
        inst(NOP, (--)) {
        }
        inst(POP_TOP, (value --)) {
            PyStackRef_CLOSE(value);
        }
        op(_PUSH_TWO, (-- a, b)) {
            a = PyStackRef_NULL;
            b = PyStackRef_DUP(GETLOCAL(oparg));
        }
        macro(PUSH_TWO) = unused/1 + _PUSH_TWO;
        inst(STRANGE, (x -- y)) {
            y = something_unheard_of(x);
        }
        label(error) {
            goto exception_unwind;
        }
        // END BYTECODES //
";

#[test]
fn own_definitions_are_generated_and_checked() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("own.c"), OWN).expect("it can be written");
    let made = bodywork(dir.path(), &["generate", "--input", "own.c", "--out", "made"]);
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    let summary = text(&made.stdout);
    assert!(summary.contains("S-025"), "the refusal is counted and shown: {summary}");
    let bodies = std::fs::read_to_string(dir.path().join("made/bodies.rs")).expect("bodies.rs");
    assert!(bodies.contains("pub(crate) fn pop_top(value: StackRef) {\n    drop(value);\n}"), "{bodies}");
    let again = bodywork(dir.path(), &["generate", "--check", "--input", "own.c", "--out", "made"]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stdout));
    std::fs::write(dir.path().join("made/bodies.rs"), "// mine\n").expect("it can be written");
    let edited = bodywork(dir.path(), &["generate", "--check", "--input", "own.c", "--out", "made"]);
    assert_eq!(edited.status.code(), Some(1));
    assert!(text(&edited.stdout).contains("bodies.rs"));
}

#[test]
fn a_refused_body_is_explained_with_a_caret() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("own.c"), OWN).expect("it can be written");
    let shown = bodywork(dir.path(), &["explain", "STRANGE", "--input", "own.c"]);
    let out = text(&shown.stdout);
    assert_eq!(shown.status.code(), Some(0), "{}", text(&shown.stderr));
    assert!(out.contains("own.c:13:17: error[S-025]: unknown function `something_unheard_of`"), "{out}");
    assert!(out.contains("^^^^^^^^^^^^^^^^^^^^"), "{out}");
    let known = bodywork(dir.path(), &["explain", "PUSH_TWO", "--input", "own.c"]);
    assert!(text(&known.stdout).contains("fn push_two"), "{}", text(&known.stdout));
    let unknown = bodywork(dir.path(), &["explain", "NOWHERE", "--input", "own.c"]);
    assert_eq!(unknown.status.code(), Some(2));
}

/// Each bad definitions file: exit code 1, the code and the place on stderr, and nothing written.
#[test]
fn bad_definitions_write_nothing() {
    let cases = [
        ("unknown annotation", "        strange inst(NOP, (--)) {\n        }\n", "bad.c:2:9: error[D-"),
        ("unbalanced brace", "        inst(NOP, (--)) {\n", "error[D-"),
        ("stack effect", "        inst(NOP, (a b --)) {\n        }\n", "bad.c:2:22: error[D-"),
        ("unknown part", "        macro(NOP) = _NOWHERE;\n", "error[A-"),
    ];
    for (what, body, expected) in cases {
        let dir = tempfile::tempdir().expect("a folder");
        let source = format!("// BEGIN BYTECODES //\n{body}// END BYTECODES //\n");
        std::fs::write(dir.path().join("bad.c"), source).expect("it can be written");
        let made = bodywork(dir.path(), &["generate", "--input", "bad.c", "--out", "made"]);
        assert_eq!(made.status.code(), Some(1), "{what}: {}", text(&made.stderr));
        assert!(text(&made.stderr).contains(expected), "{what}: {}", text(&made.stderr));
        assert!(!dir.path().join("made").exists(), "{what}: something was written");
    }
}

#[test]
fn a_missing_file_is_a_clear_error() {
    let dir = tempfile::tempdir().expect("a folder");
    let made = bodywork(dir.path(), &["generate", "--input", "nowhere.c", "--out", "made"]);
    assert_eq!(made.status.code(), Some(2));
    assert!(text(&made.stderr).contains("cannot read nowhere.c"), "{}", text(&made.stderr));
    assert!(!dir.path().join("made").exists());
}

#[test]
fn a_body_with_a_syntax_error_is_refused_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    let source = "// BEGIN BYTECODES //\n        inst(GOOD, (--)) {\n        }\n        inst(BAD, (--)) {\n            int x = ;\n        }\n// END BYTECODES //\n";
    std::fs::write(dir.path().join("own.c"), source).expect("it can be written");
    let made = bodywork(dir.path(), &["generate", "--input", "own.c", "--out", "made"]);
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    assert!(text(&made.stdout).contains("S-010"), "{}", text(&made.stdout));
}

/// The README shows one definition in C and in Rust: the Rust is what comes out.
#[test]
fn the_readme_shows_what_is_generated() {
    let readme = include_str!("../../README.md");
    let block =
        |tag: &str| readme.split(&format!("```{tag}\n")).nth(1).and_then(|t| t.split("```").next()).expect("a block");
    let dir = tempfile::tempdir().expect("a folder");
    let source = format!("// BEGIN BYTECODES //\n{}// END BYTECODES //\n", block("c"));
    std::fs::write(dir.path().join("own.c"), source).expect("it can be written");
    let made = bodywork(dir.path(), &["generate", "--input", "own.c", "--out", "made"]);
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    let bodies = std::fs::read_to_string(dir.path().join("made/bodies.rs")).expect("bodies.rs");
    assert!(bodies.contains(block("rust")), "{bodies}");
}
