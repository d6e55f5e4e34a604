//! CPython's own test files, under CPython's unittest: as many tests pass as `cpython/passed.json` says, or more.
//!
//! It takes minutes, so it runs when asked for: `cargo test -p interp --test cpython_tests -- --ignored --nocapture`.
//! With `BODYWORK_BLESS=1` the floor rises to what passes now; it never sinks.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// By test file: how many of its tests pass.
type Passed = BTreeMap<String, u64>;

/// What one file may take, in a build without optimisation on a busy machine.
const MOST: Duration = Duration::from_secs(240);

fn floor_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cpython/passed.json")
}

fn floor() -> Passed {
    let text = std::fs::read_to_string(floor_path()).expect("the floor");
    serde_json::from_str(&text).expect("names and numbers")
}

/// The library of CPython 3.14 with its tests, or none after saying so.
fn library() -> Option<PathBuf> {
    let python = common::python()?;
    let code = "import os; print(os.path.dirname(os.__file__))";
    let output = Command::new(python).args(["-S", "-c", code]).output().expect("CPython runs");
    let library = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    assert!(library.join("test/support/__init__.py").is_file(), "{} has no test package", library.display());
    Some(library)
}

/// Waits for the end; one that takes too long is stopped.
fn wait(mut child: Child, name: &str) {
    let start = Instant::now();
    while child.try_wait().expect("it can be waited for").is_none() {
        if start.elapsed() > MOST {
            child.kill().expect("it can be stopped");
            println!("{name}: stopped after {} s", MOST.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How many tests of the file pass, and the line that says so; 0 when it does not get to its end.
fn run(library: &Path, folder: &Path, name: &str) -> (u64, String) {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cpython/run_tests.py");
    let output = std::fs::File::create(folder.join(name)).expect("a file for the output");
    let child = Command::new(env!("CARGO_BIN_EXE_interp"))
        .args(["run", "--lib"])
        .arg(library)
        .arg(driver)
        .arg(name)
        .current_dir(folder)
        .env_remove("PYTHONPATH")
        .stdin(Stdio::null())
        .stdout(output.try_clone().expect("the same file"))
        .stderr(output)
        .spawn()
        .expect("it starts");
    wait(child, name);
    let text = String::from_utf8_lossy(&std::fs::read(folder.join(name)).expect("the output")).into_owned();
    let last = text.lines().rev().find(|line| line.starts_with("ran ")).unwrap_or("did not get to its end");
    let words: Vec<&str> = last.split(' ').collect();
    let passed = words.iter().position(|word| *word == "passed").and_then(|at| words.get(at + 1)?.parse().ok());
    if passed.is_none() {
        text.lines().rev().take(3).for_each(|line| println!("    {line}"));
    }
    (passed.unwrap_or(0), last.to_owned())
}

#[test]
#[ignore = "takes minutes; see above"]
fn cpythons_own_tests_pass_as_before_or_better() {
    let Some(library) = library() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let floor = floor();
    assert!(floor.len() >= 10, "{} files", floor.len());
    let mut now = Passed::new();
    let mut fewer = Vec::new();
    for (name, &least) in &floor {
        let (passed, line) = run(&library, folder.path(), name);
        println!("{name}: {line}");
        now.insert(name.clone(), passed.max(least));
        if passed < least {
            fewer.push(format!("{name}: {passed} pass, {least} did"));
        }
    }
    println!("{} tests of {} files pass", now.values().sum::<u64>(), now.len());
    if std::env::var_os("BODYWORK_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&now).expect("names and numbers");
        std::fs::write(floor_path(), text + "\n").expect("the floor is written");
    }
    assert!(fewer.is_empty(), "fewer tests pass than did:\n{}", fewer.join("\n"));
}
