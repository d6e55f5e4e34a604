//! Compiles both sides and runs them, each as a process of its own.

use super::trace::{self, Trace};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Why a side could not be run.
#[derive(Debug)]
pub enum RunError {
    /// A program is missing, or a file cannot be written.
    System(String),
    /// A compiler refused; what it printed.
    Compiler(&'static str, String),
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RunError::System(text) => f.write_str(text),
            RunError::Compiler(which, text) => {
                let shown: Vec<&str> = text.lines().take(40).collect();
                write!(f, "{which} refused the recording world:\n{}", shown.join("\n"))
            }
        }
    }
}

impl std::error::Error for RunError {}

fn system(what: &str, error: &std::io::Error) -> RunError {
    RunError::System(format!("{what}: {error}"))
}

/// Writes a file, with the folder that it is in.
pub(super) fn write(path: &Path, text: &str) -> Result<(), RunError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| system(&folder.display().to_string(), &e))?;
    }
    fs::write(path, text).map_err(|e| system(&path.display().to_string(), &e))
}

/// Compiles the C side, giving the bodies that do not compile with the first complaint about each.
pub(super) fn compile_c(source: &Path, program: &Path) -> Result<Vec<(String, String)>, RunError> {
    let cc = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let output = Command::new(&cc)
        .args(["-std=gnu11", "-O0", "-w", "-fno-strict-aliasing", "-fwrapv", "-o"])
        .arg(program)
        .arg(source)
        .output()
        .map_err(|e| system("the C compiler `cc`", &e))?;
    if output.status.success() {
        return Ok(Vec::new());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut refused: Vec<(String, String)> = Vec::new();
    // An error in a macro is placed in the macro: the function that it is in was named before.
    let mut inside = String::new();
    for line in text.lines() {
        if let Some((name, _)) = line.strip_prefix("body ").and_then(|rest| rest.split_once(':')) {
            name.clone_into(&mut inside);
        }
        if let Some((_, message)) = line.split_once("error: ")
            && !inside.is_empty()
            && refused.iter().all(|r| r.0 != inside)
        {
            refused.push((inside.clone(), message.to_owned()));
        }
    }
    if refused.is_empty() { Err(RunError::Compiler("the C compiler", text)) } else { Ok(refused) }
}

/// Compiles the Rust side.
pub(super) fn compile_rust(main: &Path, program: &Path) -> Result<(), RunError> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--edition", "2024", "--crate-name", "recorded", "-C", "opt-level=0", "-C", "debuginfo=0", "-o"])
        .arg(program)
        .arg(main)
        .output()
        .map_err(|e| system("`rustc`", &e))?;
    if output.status.success() {
        return Ok(());
    }
    Err(RunError::Compiler("rustc", String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// What a side is asked to run.
#[derive(Clone, Copy, Debug)]
pub struct Seeds {
    pub first: i64,
    pub count: i64,
}

/// Runs one side; gives its trace, and for the C side which branches were taken.
pub(super) fn run(program: &Path, folder: &Path, seeds: Seeds) -> Result<(Trace, Vec<u8>), RunError> {
    let stem = program.file_stem().map_or_else(|| "side".into(), |s| s.to_string_lossy().into_owned());
    let (trace, branches): (PathBuf, PathBuf) =
        (folder.join(format!("{stem}.trace")), folder.join(format!("{stem}.branches")));
    let status = Command::new(program)
        .arg(&trace)
        .arg(seeds.first.to_string())
        .arg(seeds.count.to_string())
        .arg(&branches)
        .status()
        .map_err(|e| system(&program.display().to_string(), &e))?;
    if !status.success() {
        return Err(RunError::System(format!("{} ended with {status}", program.display())));
    }
    let text = fs::read_to_string(&trace).map_err(|e| system(&trace.display().to_string(), &e))?;
    Ok((trace::read(&text), fs::read(&branches).unwrap_or_default()))
}
