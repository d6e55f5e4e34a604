//! `inputs.lock`: the release, and what is fetched from where.

use serde::Deserialize;

use crate::error::{ErrorKind, InputsError, Result};

/// The text of `inputs.lock` at the root of the repository, as it was when this was built.
const LOCK: &str = include_str!("../../inputs.lock");

/// All of `inputs.lock`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    /// `3.14`
    pub release: String,
    pub tarball: Tarball,
    pub sdist: Sdist,
    pub apt: Apt,
}

/// CPython's own source archive.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tarball {
    pub version: String,
    pub url: String,
    pub bytes: u64,
    pub sha256: String,
    /// The folder inside the archive that everything is in, with its slash.
    pub root: String,
    /// Files, or folders with a slash at the end, below `root`.
    pub keep: Vec<String>,
}

/// A source archive on the Python package index.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sdist {
    pub project: String,
    pub version: String,
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
    pub root: String,
    pub files: Vec<PinnedFile>,
}

/// One file of an archive, below its root.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedFile {
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
}

/// The distribution's packages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apt {
    /// Fetched with all that they depend on.
    pub install: Vec<String>,
    /// Fetched alone.
    pub alone: Vec<String>,
    /// Path patterns ([`crate::pattern`]) of what is kept of the unpacked packages.
    pub keep: Vec<String>,
    /// Path patterns of what is dropped of that again.
    pub drop: Vec<String>,
    pub suites: Vec<Suite>,
}

/// A suite of an archive that has the packages when the machine's own suites do not.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// How the archive's address ends, as apt's own sources name it.
    pub archive: String,
    pub suite: String,
    pub components: String,
    /// The stem of the file in `/usr/share/keyrings` that signs it.
    pub keyring: String,
}

impl Pins {
    /// The `inputs.lock` that this was built with.
    pub fn load() -> Result<Self> {
        Self::parse(LOCK)
    }

    fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|e| InputsError::new(ErrorKind::Lock, format!("inputs.lock: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_parses_and_its_hashes_are_hashes() {
        let pins = Pins::load().unwrap();
        assert_eq!(pins.release, "3.14");
        assert!(pins.tarball.version.starts_with(&pins.release));
        let hashes = pins.sdist.files.iter().map(|f| &f.sha256);
        for hash in hashes.chain([&pins.tarball.sha256, &pins.sdist.sha256]) {
            assert!(hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()), "{hash}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let error = Pins::parse("release = \"3.14\"\nmirror = \"x\"\n").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Lock);
        assert!(error.message.contains("line 2"), "{}", error.message);
    }
}
