//! Where a module lies: the folders of a path, as CPython's `PathFinder` and `FileFinder` look through them.

use std::path::{Path, PathBuf};

/// What a search found.
pub(super) enum Found {
    /// A source or bytecode file; of a package, its `__init__`.
    File { path: PathBuf, package: Option<PathBuf> },
    /// Folders of that name without an `__init__`.
    Namespace(Vec<PathBuf>),
}

/// Looks for the last part of a module's name in the folders.
pub(super) fn search(folders: &[String], name: &str) -> Option<Found> {
    let mut portions = Vec::new();
    for folder in folders {
        // Relative folders are those of the present directory, and show as absolute ones.
        let folder = if folder.is_empty() { std::env::current_dir().ok()? } else { PathBuf::from(folder) };
        let own = folder.join(name);
        let is_folder = own.is_dir();
        if is_folder && let Some(path) = first_file(&own, "__init__") {
            return Some(Found::File { path, package: Some(own) });
        }
        if let Some(path) = first_file(&folder, name) {
            return Some(Found::File { path, package: None });
        }
        if is_folder {
            portions.push(own);
        }
    }
    (!portions.is_empty()).then_some(Found::Namespace(portions))
}

fn first_file(folder: &Path, stem: &str) -> Option<PathBuf> {
    ["py", "pyc"].map(|ending| folder.join(format!("{stem}.{ending}"))).into_iter().find(|path| path.is_file())
}

/// Where CPython keeps the bytecode of a source file.
pub(super) fn cached(source: &Path) -> Option<PathBuf> {
    if source.extension()? != "py" {
        return None;
    }
    let stem = source.file_stem()?.to_str()?;
    Some(source.parent()?.join("__pycache__").join(format!("{stem}.cpython-314.pyc")))
}
