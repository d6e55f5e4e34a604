//! Programs that CPython 3.14 compiled, run by the generated interpreter, against what CPython wrote.

mod common;

use pretty_assertions::assert_eq;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Programs that end in SystemError because they reach an instruction without a translated body, and which. One that runs
/// after all fails the test, so the list cannot outlive its reason.
const UNTRANSLATED: [(&str, &str); 0] = [];

fn interp(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_interp")).args(arguments).current_dir(common::root()).output().expect("it runs")
}

fn run(file: &Path) -> Output {
    interp(&["run", file.to_str().expect("a UTF-8 path")])
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

/// A traceback without the source lines and their carets, which we do not read from the `.py` file.
fn without_source(traceback: &str) -> String {
    traceback.split_inclusive('\n').filter(|line| !line.starts_with("    ")).collect()
}

#[test]
fn programs_write_what_cpython_writes() {
    let programs = programs();
    assert!(programs.len() >= 23, "{} programs", programs.len());
    for program in programs {
        let name = program.file_stem().expect("a name").to_string_lossy().into_owned();
        let output = run(&program);
        if let Some((_, instruction)) = UNTRANSLATED.iter().find(|(n, _)| *n == name) {
            let message = format!("SystemError: the instruction {instruction} is not translated yet");
            assert!(text(&output.stderr).contains(&message), "{name}: {}", text(&output.stderr));
            continue;
        }
        let expected = std::fs::read_to_string(program.with_extension("out")).expect("its output");
        assert_eq!(text(&output.stdout), expected, "{name}: {}", text(&output.stderr));
        let errors = std::fs::read_to_string(program.with_extension("err")).unwrap_or_default();
        assert_eq!(text(&output.stderr), without_source(&errors), "{name}");
        assert_eq!(output.status.code(), Some(i32::from(!errors.is_empty())), "{name}");
    }
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
