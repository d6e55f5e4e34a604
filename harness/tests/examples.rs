//! A virtual machine that is not ours: `examples/tiny` is built by its own build script and run. A helper that its runtime
//! lacks, or has otherwise, breaks that build with an error that names the helper, inside the body that calls it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/tiny")
}

/// Runs cargo on the example where it lies, with what this workspace has built at hand.
fn cargo(dir: &Path, command: &str) -> Output {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    Command::new(env!("CARGO"))
        .args([command, "--quiet"])
        .current_dir(dir)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_TERM_COLOR", "never")
        .output()
        .expect("cargo starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_machine_of_its_own_is_generated_built_and_run() {
    let ran = cargo(&example(), "run");
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    assert_eq!(text(&ran.stdout), "10! = 3628800\n30! = None, the number is too large\n");
}

/// A copy of the example whose runtime has been changed in one place, and what building it says.
fn broken(name: &str, from: &str, to: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("src")).expect("it can be made");
    for file in ["Cargo.lock", "build.rs", "src/main.rs", "src/machine.rs", "src/bytecodes.c", "src/rules.toml"] {
        std::fs::copy(example().join(file), dir.path().join(file)).expect("the file is there");
    }
    let manifest = std::fs::read_to_string(example().join("Cargo.toml")).expect("the manifest");
    let manifest = manifest
        .replace("../../harness", env!("CARGO_MANIFEST_DIR"))
        .replace("name = \"tiny\"", &format!("name = \"tiny-{name}\""));
    std::fs::write(dir.path().join("Cargo.toml"), manifest).expect("it can be written");
    std::fs::remove_file(dir.path().join("Cargo.lock")).expect("it is there");
    let lock = std::fs::read_to_string(example().join("Cargo.lock")).expect("the lock");
    let lock = lock.replace("name = \"tiny\"", &format!("name = \"tiny-{name}\""));
    std::fs::write(dir.path().join("Cargo.lock"), lock).expect("it can be written");
    let machine = dir.path().join("src/machine.rs");
    let whole = std::fs::read_to_string(&machine).expect("the runtime");
    assert_eq!(whole.matches(from).count(), 1, "{from}");
    std::fs::write(&machine, whole.replace(from, to)).expect("it can be written");
    let built = cargo(dir.path(), "build");
    assert!(!built.status.success(), "it must not build");
    (dir, text(&built.stderr))
}

/// The function of `bodies.rs` in which an error lies: rustc gives the line.
fn body_of(errors: &str) -> String {
    let at = errors.find("bodies.rs:").expect("an error in bodies.rs");
    let start = errors[..at].rfind("--> ").expect("a place") + 4;
    let place = errors[start..].lines().next().expect("a line");
    let mut parts = place.rsplitn(3, ':');
    let line: usize = parts.nth(1).and_then(|n| n.trim().parse().ok()).expect("a line number");
    let file = parts.next().expect("a path");
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{file}: {e}"));
    let above: Vec<&str> = text.lines().take(line).collect();
    let head = above.iter().rev().find_map(|l| l.strip_prefix("pub(crate) fn ")).expect("a function");
    head.split('(').next().unwrap_or(head).to_owned()
}

#[test]
fn a_helper_that_is_missing_is_named_in_the_body_that_calls_it() {
    let (_dir, errors) = broken("missing", "pub(crate) fn less(", "pub(crate) fn fewer(");
    assert!(errors.contains("cannot find function `less` in module `number`"), "{errors}");
    assert_eq!(body_of(&errors), "decrement");
}

#[test]
fn a_helper_with_another_signature_is_named_in_the_body_that_calls_it() {
    let (_dir, errors) =
        broken("changed", "pub(crate) fn is_zero(number: &Number)", "pub(crate) fn is_zero(number: Number)");
    assert!(errors.contains("mismatched types") && errors.contains("is_zero"), "{errors}");
    assert!(["is_zero", "jump_if"].contains(&body_of(&errors).as_str()), "{errors}");
}
