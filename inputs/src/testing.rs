//! For tests that need CPython's files: they run wherever those are found and say in one line when they are not. With
//! `BODYWORK_REQUIRE_INPUTS` set, as in CI, a missing input fails the test. And for all tests that compare: they say how much.

use std::env;
use std::io::{self, Write};

use crate::error::{ErrorKind, InputsError, Result};
use crate::locate::Inputs;
use crate::options::Options;

/// The inputs of this machine, or none after saying so.
///
/// # Panics
/// When they are required and missing, and whenever they are there but not usable.
pub fn require() -> Option<Inputs> {
    need("CPython's files", |inputs| Ok(inputs.clone()))
}

/// One lookup in the inputs of this machine, or none after saying that `what` is not there.
///
/// # Panics
/// As [`require`].
pub fn need<T>(what: &str, lookup: impl FnOnce(&Inputs) -> Result<T>) -> Option<T> {
    let found = Options::from_env().and_then(|options| lookup(&Inputs::locate(&options)?));
    match found {
        Ok(value) => Some(value),
        Err(error) if is_absence(&error) && env::var_os("BODYWORK_REQUIRE_INPUTS").is_none_or(|v| v.is_empty()) => {
            say(&format!("not run for want of {what} (`bodywork inputs fetch` helps)"));
            None
        }
        Err(error) => panic!("{what}: {error}"),
    }
}

/// Says something past the test harness, which hides what a passing test prints: how much was compared, what was not run.
pub fn say(text: &str) {
    let test = std::thread::current().name().unwrap_or("test").to_string();
    let _ = io::stderr().write_all(format!("{test}: {text}\n").as_bytes());
}

fn is_absence(error: &InputsError) -> bool {
    matches!(error.kind, ErrorKind::NotFound | ErrorKind::MissingFile | ErrorKind::NoPython | ErrorKind::Lift)
}
