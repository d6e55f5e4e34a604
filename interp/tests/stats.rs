//! `interp stats`: what ran, counted while the program runs as always.

mod common;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use std::process::{Command, Output};

fn stats(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_interp"));
    command.arg("stats").args(arguments).current_dir(common::root()).output().expect("it runs")
}

fn counted(program: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("stats.json");
    let output = stats(&["--json", "-o", path.to_str().expect("UTF-8"), &format!("fixtures/programs/{program}.pyc")]);
    let expected = std::fs::read(common::root().join(format!("fixtures/programs/{program}.out"))).expect("its output");
    assert_eq!(output.stdout, expected, "the program writes what it always writes");
    serde_json::from_str(&std::fs::read_to_string(&path).expect("the statistics")).expect("JSON")
}

#[test]
fn a_recursive_function_is_specialised_and_hits() {
    let stats = counted("fib");
    let total = stats["total"].as_u64().expect("a number");
    let opcodes = stats["opcodes"].as_object().expect("opcodes");
    assert_eq!(opcodes.values().filter_map(|o| o["executed"].as_u64()).sum::<u64>(), total);
    // Each loop begins with an instruction that has none before it.
    let pairs = stats["pairs"].as_array().expect("pairs");
    let paired: u64 = pairs.iter().filter_map(|pair| pair[2].as_u64()).sum();
    assert!(paired < total && paired > total - 100, "{paired} pairs, {total} instructions");
    assert!(pairs.windows(2).all(|two| two[0][2].as_u64() >= two[1][2].as_u64()), "the most frequent first");
    let calls = &stats["families"]["CALL"];
    assert_eq!(calls["forms"]["CALL_PY_EXACT_ARGS"]["misses"], json!(0));
    assert!(calls["hits"].as_u64() > Some(1000), "{calls}");
    assert_eq!(calls["hits"].as_u64(), opcodes_of(calls, &stats));
    assert_eq!(stats["labels"]["error"], Value::Null, "nothing is raised");
}

/// The runs of a family's forms by the count of opcodes, less those that missed.
fn opcodes_of(family: &Value, stats: &Value) -> Option<u64> {
    let executed = family["forms"].as_object()?.keys().filter_map(|form| stats["opcodes"][form]["executed"].as_u64());
    Some(executed.sum::<u64>() - family["misses"].as_u64()?)
}

#[test]
fn misses_and_deopts_are_counted() {
    let stats = counted("specialize_misses");
    let family = &stats["families"]["BINARY_OP"];
    let count = |key: &str| family[key].as_u64().expect("a number");
    assert!(count("misses") > 0 && count("hits") > 0, "{family}");
    assert!(count("deopts") > 0, "a sum of all kinds becomes generic again: {family}");
    assert_eq!(count("attempts"), count("successes") + count("failures"));
    assert!(stats["labels"]["exception_unwind"].as_u64() > Some(0), "an error is caught");
}

#[test]
fn text_goes_to_standard_error_behind_the_programs_own() {
    let output = stats(&["fixtures/programs/exc_exit_code.pyc"]);
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(stderr.contains(" instructions\n") && stderr.contains("LOAD_NAME"), "{stderr}");
    assert_eq!(output.status.code(), Some(42), "the exit code is the program's");
    assert_eq!(stats(&["nowhere.pyc"]).status.code(), Some(2));
}
