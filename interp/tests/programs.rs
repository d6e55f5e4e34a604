//! Programs that CPython 3.14 compiled, run by the generated interpreter, against what CPython wrote.

mod common;

use pretty_assertions::assert_eq;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many programs there are at least, so that none is lost.
const LEAST: usize = 192;

/// Runs a file where it was recorded: bytecode names its source by the bare name, and tracebacks quote it.
fn run(file: &Path) -> Output {
    let folder = common::root().join("fixtures/programs");
    Command::new(env!("CARGO_BIN_EXE_interp")).arg("run").arg(file).current_dir(folder).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn programs() -> Vec<PathBuf> {
    let folder = common::root().join("fixtures/programs");
    let mut programs: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "pyc"))
        .collect();
    programs.sort();
    programs
}

/// What a program did that it should not have; empty if all is as recorded.
fn check(program: &Path) -> String {
    let name = program.file_stem().expect("a name").to_string_lossy().into_owned();
    let recorded = |extension: &str| std::fs::read_to_string(program.with_extension(extension));
    let output = run(program);
    let expected = recorded("out").expect("its output");
    let errors = recorded("err").unwrap_or_default();
    let code: i32 = recorded("exit").map_or(0, |text| text.trim().parse().expect("a number"));
    let mut findings = String::new();
    if text(&output.stdout) != expected {
        let difference = pretty_assertions::StrComparison::new(&text(&output.stdout), &expected).to_string();
        findings += &format!("{name}: standard output\n{difference}\n{}\n", text(&output.stderr));
    }
    if text(&output.stderr) != errors {
        let difference = pretty_assertions::StrComparison::new(&text(&output.stderr), &errors).to_string();
        findings += &format!("{name}: standard error\n{difference}\n");
    }
    if output.status.code() != Some(code) {
        findings += &format!("{name}: ended with {}, not {code}\n", output.status);
    }
    findings
}

#[test]
fn programs_write_what_cpython_writes() {
    let programs = programs();
    assert!(programs.len() >= LEAST, "{} programs", programs.len());
    let next = AtomicUsize::new(0);
    let work = || -> Vec<String> {
        let taken = std::iter::from_fn(|| programs.get(next.fetch_add(1, Ordering::Relaxed)));
        taken.map(|program| check(program)).filter(|findings| !findings.is_empty()).collect()
    };
    let workers = std::thread::available_parallelism().map_or(2, |count| count.get().min(8));
    let findings: Vec<String> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        handles.into_iter().flat_map(|handle| handle.join().expect("no panic")).collect()
    });
    assert!(findings.is_empty(), "{} of {} programs\n{}", findings.len(), programs.len(), findings.join("\n"));
}

#[test]
fn a_file_that_cannot_be_run_is_exit_code_2() {
    let fib = std::fs::read(common::root().join("fixtures/programs/fib.pyc")).expect("a fixture");
    let folder = tempfile::tempdir().expect("a folder");
    let mut foreign = fib.clone();
    foreign[0] ^= 1;
    let mut flawed = fib.clone();
    flawed[20] ^= 0x40;
    let cases: [(&str, &[u8]); 5] = [
        ("empty", &[]),
        ("header", &fib[..10]),
        ("truncated", &fib[..fib.len() / 2]),
        ("foreign", &foreign),
        ("flawed", &flawed),
    ];
    for (name, bytes) in cases {
        let path = folder.path().join(format!("{name}.pyc"));
        std::fs::write(&path, bytes).expect("a file");
        let output = run(&path);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {stderr}");
        assert!(stderr.starts_with("error: ") && stderr.contains(&format!("{name}.pyc: ")), "{name}: {stderr}");
        assert!(output.stdout.is_empty(), "{name}");
    }
    assert_eq!(run(Path::new("nowhere.pyc")).status.code(), Some(2));
}
