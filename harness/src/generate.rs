//! Writes the Rust files, or says what would change.

use crate::emit::GeneratedFile;
use crate::format;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Lists the files with their sha256, so that an edit by hand is found without any input.
pub const MANIFEST: &str = "CHECKSUMS";

/// A file as it stands or should stand in the output folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub name: String,
    pub text: String,
}

#[derive(Debug)]
pub enum GenerateError {
    Format { file: String, error: rust_format::Error },
    Io { path: PathBuf, error: io::Error },
}

impl std::fmt::Display for GenerateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Format { file, error } => {
                write!(f, "cannot format {file}: {error}; rustfmt comes with `rustup component add rustfmt`")
            }
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
        }
    }
}

/// Formats the files and adds the list of their checksums.
///
/// # Errors
/// rustfmt is missing or refuses a file.
pub fn outputs(files: &[GeneratedFile]) -> Result<Vec<Output>, GenerateError> {
    let mut outputs = Vec::new();
    for file in files {
        let text =
            format::format(&file.text).map_err(|error| GenerateError::Format { file: file.name.to_owned(), error })?;
        outputs.push(Output { name: file.name.to_owned(), text });
    }
    let mut sums = String::new();
    for output in &outputs {
        let _ = writeln!(sums, "{}  {}", inputs::sha256_hex(output.text.as_bytes()), output.name);
    }
    outputs.push(Output { name: MANIFEST.to_owned(), text: sums });
    Ok(outputs)
}

/// The names of the files in `dir` that differ from `outputs`, are missing, or are not among them.
///
/// # Errors
/// The folder cannot be read.
pub fn differences(outputs: &[Output], dir: &Path) -> Result<Vec<String>, GenerateError> {
    let mut names = Vec::new();
    for output in outputs {
        let path = dir.join(&output.name);
        match fs::read_to_string(&path) {
            Ok(text) if text == output.text => {}
            Ok(_) => names.push(output.name.clone()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => names.push(output.name.clone()),
            Err(error) => return Err(GenerateError::Io { path, error }),
        }
    }
    let known = |name: &str| outputs.iter().any(|o| o.name == name);
    match fs::read_dir(dir) {
        Ok(entries) => {
            let present = entries.filter_map(|e| e.ok()?.file_name().into_string().ok());
            names.extend(present.filter(|n| !known(n)));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(GenerateError::Io { path: dir.to_owned(), error }),
    }
    names.sort();
    Ok(names)
}

/// Writes every file that differs, each whole or not at all, and removes what is no longer generated.
///
/// # Errors
/// A file cannot be written.
pub fn write(outputs: &[Output], dir: &Path) -> Result<Vec<String>, GenerateError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| GenerateError::Io { path, error }
    };
    fs::create_dir_all(dir).map_err(io(dir))?;
    let changed = differences(outputs, dir)?;
    for name in &changed {
        let path = dir.join(name);
        match outputs.iter().find(|o| o.name == *name) {
            Some(output) => {
                let temporary = dir.join(format!(".{name}.tmp"));
                fs::write(&temporary, &output.text).map_err(io(&temporary))?;
                fs::rename(&temporary, &path).map_err(io(&path))?;
            }
            None => fs::remove_file(&path).map_err(io(&path))?,
        }
    }
    Ok(changed)
}

/// The files of `dir` that are not what [`MANIFEST`] says: edited by hand, missing, or not listed.
///
/// # Errors
/// The list or the folder cannot be read.
pub fn edited(dir: &Path) -> Result<Vec<String>, GenerateError> {
    let path = dir.join(MANIFEST);
    let list = fs::read_to_string(&path).map_err(|error| GenerateError::Io { path, error })?;
    let mut findings = Vec::new();
    let mut listed = vec![MANIFEST.to_owned()];
    for line in list.lines() {
        let Some((sum, name)) = line.split_once("  ") else { continue };
        listed.push(name.to_owned());
        match fs::read(dir.join(name)) {
            Ok(bytes) if inputs::sha256_hex(&bytes) == sum => {}
            _ => findings.push(name.to_owned()),
        }
    }
    let entries = fs::read_dir(dir).map_err(|error| GenerateError::Io { path: dir.to_owned(), error })?;
    findings.extend(entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).filter(|n| !listed.contains(n)));
    findings.sort();
    Ok(findings)
}
