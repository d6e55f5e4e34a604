//! `bodywork diff` as a program: definitions of our own, and the releases that the packages have.

mod support;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use std::fs;
use std::process::{Command, Output};
use support::say;

const OLD: &str = "// BEGIN BYTECODES //
inst(NOP, (--)) { }
inst(GONE, (--)) { }
inst(RESUME, (--)) { }
inst(POP_TOP, (value --)) { PyStackRef_CLOSE(value); }
op(_CHECK, (value -- value)) { DEOPT_IF(PyStackRef_IsNull(value)); }
op(_SAME, (--)) { /* nothing */ }
macro(TEST) = _CHECK;
family(TEST, 0) = { TEST_NULL };
macro(TEST_NULL) = _CHECK + _SAME;
// END BYTECODES //
";

const NEW: &str = "// BEGIN BYTECODES //
inst(NOP, (--)) { }
inst(ZERO, (left, right -- left)) { PyStackRef_CLOSE(right); }
inst(RESUME, (--)) { }
inst(POP_TOP, (value --)) { NO_SUCH_HELPER(value); }
op(_CHECK, (value -- value)) {
    DEOPT_IF( PyStackRef_IsNull(value) ); // laid out otherwise
}
op(_SAME, (--)) { }
macro(TEST) = _CHECK + _SAME;
// END BYTECODES //
";

fn diff(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bodywork"));
    command.arg("diff").args(arguments).env_remove("BODYWORK_CPYTHON").output().expect("bodywork starts")
}

fn on(old: &str, new: &str, arguments: &[&str]) -> Output {
    let dir = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).expect("the file");
        path.to_string_lossy().into_owned()
    };
    let (old, new) = (file("old.c", old), file("new.c", new));
    diff(&[&[old.as_str(), new.as_str()], arguments].concat())
}

#[test]
fn what_was_added_removed_and_changed() {
    let output = on(OLD, NEW, &["--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let diff: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let opcodes = &diff["opcodes"];
    assert_eq!((&opcodes["added"], &opcodes["removed"]), (&json!(["ZERO"]), &json!(["GONE", "TEST_NULL"])));
    assert_eq!(opcodes["changed"]["TEST"]["parts"], json!([["_CHECK"], ["_CHECK", "_SAME"]]));
    assert_eq!(opcodes["changed"]["TEST"]["family"], json!(["TEST", null]));
    assert_eq!(diff["families"], json!({"added": [], "removed": ["TEST"], "changed": {}}));
    let bodies = &diff["bodies"];
    assert_eq!((&bodies["added"], &bodies["removed"]), (&json!(["ZERO"]), &json!(["GONE"])));
    assert_eq!(bodies["changed"], json!({"POP_TOP": {"tokens": [7, 7]}}), "comments and layout do not count");
    assert!(diff.get("caches").is_none(), "no header says what they are");
    let coverage = json!({
        "old": {"inst": {"total": 4, "translated": 4}, "op": {"total": 2, "translated": 2}},
        "new": {"inst": {"total": 4, "translated": 3}, "op": {"total": 2, "translated": 2}},
        "lost": ["POP_TOP"], "gained": [], "added_translated": ["ZERO"], "added_refused": [],
    });
    assert_eq!(diff["coverage"], coverage);
}

#[test]
fn as_text_with_and_without_colours() {
    let output = on(OLD, NEW, &["--color", "never"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let expected =
        ["  + ZERO\n", "  - GONE TEST_NULL\n", "parts +_SAME\n", "  ~ POP_TOP: body changed (7 -> 7 tokens)\n"];
    for line in expected {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    assert!(text.contains("  inst         4 of 4 -> 3 of 4\n  op           2 of 2 -> 2 of 2\n"), "{text}");
    assert!(!text.contains('\x1b') && !text.contains("id "), "{text}");
    let colored = on(OLD, NEW, &["--color", "always", "--ids"]);
    let text = String::from_utf8_lossy(&colored.stdout).into_owned();
    assert!(text.contains("\x1b[32m  + ZERO\x1b[0m\n") && text.contains("id "), "{text}");
}

#[test]
fn exit_codes() {
    assert_eq!(on(OLD, OLD, &[]).status.code(), Some(0));
    assert_eq!(on(OLD, "nothing", &[]).status.code(), Some(1));
    let wrong = diff(&["no-such-file", "3.14"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert_eq!(diff(&["3.14"]).status.code(), Some(2));
}

#[test]
fn the_releases_that_the_packages_have() {
    if support::cinder().is_none() {
        return;
    }
    assert_eq!(diff(&["3.14", "3.14"]).status.code(), Some(0));
    for (release, added, removed) in [("3.15", "FOR_ITER_VIRTUAL", "LOAD_CONST_MORTAL"), ("3.16", "TRACE_RECORD", "")] {
        let output = diff(&["--json", "3.14", release]);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        let diff: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let has =
            |list: &str, name: &str| diff["opcodes"][list].as_array().is_some_and(|all| all.contains(&json!(name)));
        assert!(has("added", added) && (removed.is_empty() || has("removed", removed)), "{}", diff["opcodes"]);
        assert!(!has("added", "EXTENDED_OPCODE"), "the package's own");
        // RESUME has the same number in both, by the table of targets; not all of the others do.
        let changed = diff["opcodes"]["changed"].as_object().expect("rows");
        assert!(changed.get("RESUME").is_none_or(|row| row.get("id").is_none()), "{:?}", changed["RESUME"]);
        assert!(changed.values().any(|row| row.get("id").is_some()));
        let count = |list: &str| diff["bodies"][list].as_array().map_or(0, Vec::len);
        let changed = diff["bodies"]["changed"].as_object().map_or(0, serde_json::Map::len);
        let (old, new) = (&diff["coverage"]["old"]["op"], &diff["coverage"]["new"]["op"]);
        say(&format!(
            "3.14 -> {release}: bodies {} added, {} removed, {changed} changed; ops translated {old} -> {new}",
            count("added"),
            count("removed"),
        ));
    }
}
