//! The recorded files of `fixtures/programs` are what CPython 3.14 makes of the sources.

mod common;

use std::process::Command;

#[test]
fn recorded_files_are_current() {
    let Some(python) = common::python() else { return };
    let mut command = Command::new(&python);
    command.arg("-P").arg(common::root().join("fixtures/record.py")).args(["--check", "programs"]);
    let output = command.env("BODYWORK_PYTHON", &python).output().expect("CPython runs");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n`python3 fixtures/record.py` records them anew");
}
