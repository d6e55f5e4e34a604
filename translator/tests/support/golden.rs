//! Files with the output that is expected.

use std::path::{Path, PathBuf};

/// Compares with a file, or writes it where `BODYWORK_BLESS` asks for that.
pub(crate) fn compare(path: &Path, ours: &str) -> Result<(), String> {
    if std::env::var_os("BODYWORK_BLESS").is_some_and(|value| value == "1") {
        return std::fs::write(path, ours).map_err(|error| format!("{}: {error}", path.display()));
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected == ours {
        return Ok(());
    }
    let difference = pretty_assertions::StrComparison::new(&expected, ours).to_string();
    Err(format!("{} (BODYWORK_BLESS=1 accepts the right side):\n{difference}", path.display()))
}

/// The definitions of a fixture folder, by name.
pub(crate) fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/dsl").join(folder);
    let entries = std::fs::read_dir(&folder).expect("the fixtures are there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "c"));
    paths.sort();
    paths
}

/// Name and text.
pub(crate) fn file(path: &Path) -> (String, String) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    (name, std::fs::read_to_string(path).expect("a text"))
}

/// Fixtures that we refuse, or refuse first, where CPython goes on to the limits of Python or of its memory.
pub(crate) const BEYOND_OUR_LIMITS: [&str; 4] =
    ["nested_too_deep.c", "override_of_an_inst_by_an_op.c", "cache_size_too_large.c", "replicas_not_decimal.c"];
