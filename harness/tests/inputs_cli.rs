//! `bodywork inputs` as a program: output and exit codes, with made-up checkouts and caches.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use pretty_assertions::assert_eq;

const PATCHLEVEL: &str = "#define PY_MAJOR_VERSION 3\n#define PY_MINOR_VERSION 14\n#define PY_VERSION \"3.14.2\"\n";

fn bodywork(cache: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bodywork"));
    for variable in ["BODYWORK_CPYTHON", "BODYWORK_PYTHON", "BODYWORK_FROM"] {
        command.env_remove(variable);
    }
    command.env("BODYWORK_CACHE", cache).args(arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn an_empty_cache_is_exit_code_2_and_says_what_to_do() {
    let cache = tempfile::tempdir().unwrap();
    let output = bodywork(cache.path(), &["inputs", "status"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let text = stderr(&output);
    assert!(text.starts_with("error[I-001]: ") && text.contains("bodywork inputs fetch"), "{text}");
}

#[test]
fn the_status_of_a_checkout_as_json() {
    let (cache, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(dir.path(), "Include/patchlevel.h", PATCHLEVEL);
    write(dir.path(), "Include/internal/pycore_code.h", "\n");
    write(dir.path(), "Python/bytecodes.c", "abc");
    let root = dir.path().to_str().unwrap();
    let output = bodywork(cache.path(), &["--cpython", root, "inputs", "status", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(status["release"], "3.14");
    assert_eq!(status["source"], format!("checkout {root}"));
    let expected = serde_json::json!({
        "path": format!("{root}/Python/bytecodes.c"),
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "bytes": 3,
    });
    assert_eq!(status["files"]["bytecodes.c"], expected);
}

#[test]
fn a_changed_file_in_the_cache_is_a_finding_that_names_it() {
    let cache = tempfile::tempdir().unwrap();
    let include = "packages-3.14/usr/include/python3.14";
    write(cache.path(), &format!("{include}/patchlevel.h"), PATCHLEVEL);
    write(cache.path(), &format!("{include}/opcode_ids.h"), "changed");
    let record = |sha256: &str| serde_json::json!({"sha256": sha256, "bytes": 1});
    let patchlevel = "2b54669447fce10fea64a24a711440b8ff569a6b749ca62367b0cac236b5d533";
    let files = serde_json::json!({
        "usr/include/python3.14/patchlevel.h": record(patchlevel),
        "usr/include/python3.14/opcode_ids.h": record("0"),
    });
    let manifest = serde_json::json!({"format": 1, "from": "a test", "origin": "0", "files": files});
    write(cache.path(), "packages-3.14/manifest.json", &manifest.to_string());
    let output = bodywork(cache.path(), &["inputs", "status"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = stderr(&output);
    assert!(
        text.contains("error[I-004]: ") && text.contains("opcode_ids.h was changed after it was fetched"),
        "{text}"
    );
}

#[test]
fn wrong_usage_is_exit_code_2_and_help_is_none() {
    let cache = tempfile::tempdir().unwrap();
    assert_eq!(bodywork(cache.path(), &["inputs", "status", "--from", "elsewhere"]).status.code(), Some(2));
    assert_eq!(bodywork(cache.path(), &["no-such-command"]).status.code(), Some(2));
    let help = bodywork(cache.path(), &["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&help.stdout).contains("Examples:"));
    assert_eq!(bodywork(cache.path(), &["completions", "fish"]).status.code(), Some(0));
}
