//! Finding inputs: made-up checkouts in a temporary folder, and the machine's own cache when it is full.

use std::fs;
use std::path::Path;

use inputs::{ErrorKind, Inputs, Options, Source};
use pretty_assertions::assert_eq;

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A folder with the least that a checkout of a release has.
fn checkout(minor: u32) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let patchlevel =
        format!("#define PY_MAJOR_VERSION 3\n#define PY_MINOR_VERSION {minor}\n#define PY_VERSION \"3.{minor}.1\"\n");
    write(dir.path(), "Include/patchlevel.h", &patchlevel);
    write(dir.path(), "Include/internal/pycore_code.h", "typedef struct { int x; } _PyNothingCache;\n");
    write(dir.path(), "Python/bytecodes.c", "inst(NOTHING, (--)) { }\n");
    dir
}

fn options(cpython: &Path, cache: &Path) -> Options {
    Options { cpython: Some(cpython.into()), cache: Some(cache.into()), ..Options::default() }
}

#[test]
fn a_checkout_gives_its_release_and_definitions() {
    let (dir, cache) = (checkout(13), tempfile::tempdir().unwrap());
    write(dir.path(), "Python/optimizer_bytecodes.c", "op(_NOTHING, (--)) { }\n");
    write(dir.path(), "Lib/test/test_dis.py", "");
    let inputs = Inputs::locate(&options(dir.path(), cache.path())).unwrap();
    assert_eq!(*inputs.source(), Source::Checkout(dir.path().into()));
    assert_eq!((inputs.release().to_string().as_str(), inputs.release().version.as_str()), ("3.13", "3.13.1"));
    let definitions = inputs.definitions().unwrap();
    assert_eq!(&*definitions.bytecodes.name, "bytecodes.c");
    assert_eq!(&*definitions.optimizer.unwrap().text, "op(_NOTHING, (--)) { }\n");
    assert_eq!(inputs.test_suite_dir().unwrap(), dir.path().join("Lib/test"));
    let (files, findings) = inputs.files();
    assert_eq!(findings, []);
    assert_eq!(files["bytecodes.c"].bytes, 24);
    assert_eq!(inputs.header("opcode_ids.h").unwrap_err().kind, ErrorKind::MissingFile);
    assert_eq!(inputs.cases_generator_dir().unwrap_err().kind, ErrorKind::MissingFile);
}

#[test]
fn a_folder_that_is_no_checkout_says_what_it_lacks() {
    let (dir, cache) = (checkout(14), tempfile::tempdir().unwrap());
    fs::remove_file(dir.path().join("Python/bytecodes.c")).unwrap();
    let error = Inputs::locate(&options(dir.path(), cache.path())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotACheckout);
    assert!(error.message.ends_with("it has no bytecodes.c"), "{error}");
    let error = Inputs::locate(&options(&dir.path().join("nowhere"), cache.path())).unwrap_err();
    assert!(error.message.ends_with("it is not a folder"), "{error}");
}

#[test]
fn a_release_without_definitions_is_refused() {
    let (dir, cache) = (checkout(11), tempfile::tempdir().unwrap());
    let error = Inputs::locate(&options(dir.path(), cache.path())).unwrap_err();
    assert_eq!((error.kind, error.kind.code()), (ErrorKind::Release, "I-003"));
    assert!(error.message.contains("3.11.1"), "{error}");
}

#[test]
fn an_empty_cache_says_how_to_fill_it() {
    let cache = tempfile::tempdir().unwrap();
    let error = Inputs::locate(&Options { cache: Some(cache.path().into()), ..Options::default() }).unwrap_err();
    assert_eq!(error.kind.code(), "I-001");
    let text = error.to_string();
    assert!(text.contains("bodywork inputs fetch") && text.contains("--cpython DIR"), "{text}");
}

#[test]
fn the_fetched_files_are_what_other_stages_need() {
    let Some(inputs) = inputs::testing::require() else { return };
    let Source::Packages(_) = inputs.source() else { return };
    assert!(inputs.header("opcode_ids.h").unwrap().read().unwrap().text.contains("#define RESUME"));
    assert!(inputs.header("pycore_code.h").unwrap().bytes > 10_000);
    assert!(inputs.cases_generator_dir().unwrap().join("tier1_generator.py").is_file());
    assert!(inputs.test_suite_dir().unwrap().join("test_generated_cases.py").is_file());
    for release in ["3.12", "3.14", "3.15", "3.16"] {
        let cinder = inputs.cinder(release).unwrap();
        assert!(cinder.generated_cases.read().unwrap().text.contains("TARGET(RESUME)"), "{release}");
        assert!(cinder.definitions.read().unwrap().text.contains("override"), "{release}");
    }
    let (_, findings) = inputs.files();
    assert_eq!(findings, []);
}

#[test]
fn the_python_to_compare_with_runs_and_finds_itself() {
    let Some(python) = inputs::testing::need("CPython 3.14", Inputs::python) else { return };
    // It starts itself again, finds its C extensions, and has the test suite.
    let code = "import subprocess, sys, _ctypes, zlib, test.support\n\
                print(subprocess.check_output([sys.executable, '-c', 'import sys; print(sys.version_info[:2])'], text=True))";
    let output = std::process::Command::new(python).args(["-c", code]).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "(3, 14)",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
