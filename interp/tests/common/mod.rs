//! What the tests that compare with CPython 3.14 share.
#![allow(dead_code)] // each test crate uses a part of it

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// CPython 3.14, or none after saying so.
pub(crate) fn python() -> Option<PathBuf> {
    inputs::testing::need("CPython 3.14", inputs::Inputs::python)
}

/// Runs one of our Python programs in `tests/cpython`.
///
/// # Panics
/// When it fails.
pub(crate) fn run(python: &Path, program: &str, arguments: &[&Path]) -> Output {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cpython").join(program);
    let output = Command::new(python).args(["-S", "-P", "-X", "utf8"]).arg(&program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", python.display()));
    assert!(output.status.success(), "{}: {}", program.display(), String::from_utf8_lossy(&output.stderr));
    output
}

/// The recorded `.pyc` files of `fixtures/programs` and `fixtures/bench`, sorted.
pub(crate) fn fixtures() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["programs", "bench"] {
        let folder = root().join("fixtures").join(folder);
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        found.extend(entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "pyc")));
    }
    found.sort();
    assert!(found.len() > 20, "fixtures are missing");
    found
}

/// Sources of CPython's library and tests, a selection that uses every construct of the language.
pub(crate) fn library(python: &Path) -> Vec<PathBuf> {
    let code = "import os; print(os.path.dirname(os.__file__))";
    let output = Command::new(python).args(["-S", "-c", code]).output().expect("CPython runs");
    let library = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let mut found = Vec::new();
    for folder in
        [".", "asyncio", "collections", "concurrent/futures", "email", "importlib", "json", "re", "unittest", "test"]
    {
        let Ok(entries) = std::fs::read_dir(library.join(folder)) else { continue };
        let sources =
            entries.flatten().map(|e| e.path()).filter(|p| p.is_file() && p.extension().is_some_and(|e| e == "py"));
        found.extend(sources.filter(|p| folder != "test" || is_about_the_language(p)));
    }
    found.sort();
    found
}

fn is_about_the_language(path: &Path) -> bool {
    const ABOUT: &[&str] = &[
        "args",
        "async",
        "await",
        "builtin",
        "class",
        "code",
        "compile",
        "comp",
        "corout",
        "dis",
        "except",
        "exten",
        "float",
        "fstring",
        "func",
        "gener",
        "global",
        "gramm",
        "int",
        "iter",
        "keyword",
        "list",
        "named",
        "patma",
        "peepholer",
        "raise",
        "scope",
        "slice",
        "super",
        "syntax",
        "tstring",
        "tuple",
        "type",
        "unpack",
        "with",
        "yield",
    ];
    let name = path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    // Some files of the test suite are meant not to compile.
    name.starts_with("test_") && ABOUT.iter().any(|word| name.contains(word))
}
