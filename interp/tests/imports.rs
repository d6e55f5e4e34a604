//! CPython's own library modules, imported and used by programs of ours: what they print is what CPython 3.14 printed.

mod common;

use pretty_assertions::assert_eq;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The library that belongs to CPython 3.14, or none after saying so.
fn library() -> Option<PathBuf> {
    let python = common::python()?;
    let code = "import os; print(os.path.dirname(os.__file__))";
    let output = Command::new(python).args(["-S", "-c", code]).output().expect("CPython runs");
    Some(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

fn run(library: &Path, program: &Path) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_interp"))
        .arg("run")
        .arg("--lib")
        .arg(library)
        .arg(program)
        .env_remove("PYTHONPATH")
        .output()
        .expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn library_modules_do_what_they_do_under_cpython() {
    let Some(library) = library() else { return };
    let folder = common::root().join("fixtures/imports");
    let mut programs: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "py"))
        .collect();
    programs.sort();
    assert!(programs.len() >= 12, "{} programs", programs.len());
    for program in programs {
        let expected = std::fs::read_to_string(program.with_extension("out")).expect("its output");
        for ending in ["pyc", "py"] {
            let program = program.with_extension(ending);
            let (stdout, stderr) = run(&library, &program);
            assert_eq!(stdout, expected, "{}: {stderr}", program.display());
            assert_eq!(stderr, "", "{}", program.display());
        }
    }
}
