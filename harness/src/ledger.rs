//! What was recorded of the bodies besides their text: which were validated, which were executed, what the counts once were.
//!
//! - `harness/validated.json`, written by the validation:
//!   `{"release": "3.14", "bodies": {NAME: FINGERPRINT}, "not_run": {NAME: REASON}}`. A fingerprint is that of the body's
//!   Rust ([`fingerprint`]), so that a body whose translation changes is no longer counted.
//! - `harness/executed.json`, written by the run of `fixtures/programs`:
//!   `{"release": "3.14", "opcodes": {NAME: PROGRAM}, "labels": {NAME: PROGRAM}, "not_reached": {NAME: REASON}}`.
//!
//! Names are those of the definitions (`NOP`, `_PUSH_FRAME`, `exception_unwind`), of instructions in `opcodes`. A file that
//! is absent counts as empty, and so does one of another release than is looked at.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Where both lists are kept, from the repository's root.
pub const FOLDER: &str = "harness";
pub const VALIDATED: &str = "validated.json";
pub const EXECUTED: &str = "executed.json";

/// Bodies that gave the same trace as the C.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validated {
    pub release: String,
    /// The fingerprint of the Rust that was validated, by the definition's name.
    pub bodies: BTreeMap<String, String>,
    /// Bodies that cannot be run against the C, with the reason.
    #[serde(default)]
    pub not_run: BTreeMap<String, String>,
}

/// Instructions and labels that ran in a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Executed {
    pub release: String,
    /// A program that executes it, by the instruction's name.
    pub opcodes: BTreeMap<String, String>,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// What no program reaches, with the reason.
    #[serde(default)]
    pub not_reached: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default)]
pub struct Ledgers {
    pub validated: Validated,
    pub executed: Executed,
}

/// A list that is there but cannot be read.
#[derive(Debug)]
pub struct LedgerError {
    pub path: PathBuf,
    pub message: String,
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.message)
    }
}

impl std::error::Error for LedgerError {}

impl Ledgers {
    /// Reads both lists of `folder` as far as they belong to `release`.
    ///
    /// # Errors
    /// A list that is there but cannot be read, or is not in the format.
    pub fn read(folder: &Path, release: &str) -> Result<Self, LedgerError> {
        let validated: Validated = read(&folder.join(VALIDATED))?;
        let executed: Executed = read(&folder.join(EXECUTED))?;
        Ok(Self {
            validated: if validated.release == release { validated } else { Validated::default() },
            executed: if executed.release == release { executed } else { Executed::default() },
        })
    }
}

fn read<T: Default + for<'a> Deserialize<'a>>(path: &Path) -> Result<T, LedgerError> {
    let fail = |message: String| LedgerError { path: path.to_owned(), message };
    match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).map_err(|e| fail(e.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        Err(error) => Err(fail(error.to_string())),
    }
}

/// The functions of a file of bodies by name: from `pub(crate) fn` to the closing brace, without doc comments and
/// attributes (they cite lines, which move without the body changing).
pub fn functions(text: &str) -> BTreeMap<&str, String> {
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(rest) = line.strip_prefix("pub(crate) fn ") else { continue };
        let name = rest.split(['(', '<']).next().unwrap_or(rest);
        let mut body = vec![line];
        if !line.ends_with("{}") {
            for line in lines.by_ref() {
                body.push(line);
                if line == "}" {
                    break;
                }
            }
        }
        found.insert(name, body.join("\n"));
    }
    found
}

/// The first 16 digits of the sha256 of a function's text.
pub fn fingerprint(function: &str) -> String {
    inputs::sha256_hex(function.as_bytes()).chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "//! Bodies.\n\n/// `NOP`, a.c:1\n#[inline(always)]\npub(crate) fn nop() {}\n\n/// `A`, a.c:2\n#[inline(always)]\n\
        pub(crate) fn a(value: StackRef) {\n    drop(value);\n}\n";

    #[test]
    fn functions_are_told_apart_from_what_cites_them() {
        let found = functions(FILE);
        assert_eq!(found["nop"], "pub(crate) fn nop() {}");
        assert_eq!(found["a"], "pub(crate) fn a(value: StackRef) {\n    drop(value);\n}");
        let moved = FILE.replace("a.c:2", "a.c:77");
        assert_eq!(fingerprint(&found["a"]), fingerprint(&functions(&moved)["a"]));
        assert_eq!(fingerprint(&found["nop"]), "d23419ce101391d9");
    }

    #[test]
    fn absent_lists_are_empty_and_broken_ones_are_named() {
        let dir = tempfile::tempdir().expect("a folder");
        let none = Ledgers::read(dir.path(), "3.14").expect("nothing there");
        assert!(none.validated.bodies.is_empty() && none.executed.opcodes.is_empty());
        let list = r#"{"release": "3.14", "bodies": {"NOP": "0123456789abcdef"}}"#;
        std::fs::write(dir.path().join(VALIDATED), list).expect("it can be written");
        assert_eq!(Ledgers::read(dir.path(), "3.14").expect("a list").validated.bodies.len(), 1);
        assert_eq!(Ledgers::read(dir.path(), "3.15").expect("a list").validated.bodies.len(), 0);
        std::fs::write(dir.path().join(EXECUTED), r#"{"release": "3.14"}"#).expect("it can be written");
        let error = Ledgers::read(dir.path(), "3.14").expect_err("no opcodes").to_string();
        assert!(error.contains("executed.json") && error.contains("missing field `opcodes`"), "{error}");
    }
}
