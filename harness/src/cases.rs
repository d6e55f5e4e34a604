//! The files that CPython's own generator writes, for the command line: reading definitions, naming them in the head
//! of a file as the original does, and writing whole files or none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use translator::analysis::{self, Release, model::Analysis};
use translator::cgen::{self, Kind, Options};
use translator::diagnostics::Diagnostic;
use translator::dsl::{self, Dialect};
use translator::source::{FileId, SourceFile, Sources};

/// The name by which the optimizer's definitions are told from the interpreter's.
const OPTIMIZER_DEFINITIONS: &str = "optimizer_bytecodes.c";

/// What to write, from what.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub kinds: Vec<Kind>,
    /// In the order in which later ones override earlier ones.
    pub definitions: Vec<PathBuf>,
    /// The optimizer's.
    pub overrides: Vec<PathBuf>,
    /// Inputs in this folder are named from it in the head of a file; otherwise as they are given. If none is named,
    /// the folder around `Tools/cases_generator` in which an input lies.
    pub root: Option<PathBuf>,
    pub line_directives: bool,
    pub distinct_namespace: bool,
    pub debug: bool,
}

/// Why nothing was written.
#[derive(Debug)]
pub enum Failure {
    /// A file cannot be read or written.
    File(String),
    /// The definitions are refused.
    Refused(Vec<Diagnostic>, Sources),
}

type Result<T> = std::result::Result<T, Failure>;

impl Request {
    /// Sorts the inputs of a command line: for the optimizer, the original's order (its own files, then the
    /// definitions); for the others and for all, the optimizer's files are known by their name.
    pub fn sort_inputs(&mut self, inputs: Vec<PathBuf>) {
        if self.kinds == [Kind::Optimizer] {
            self.overrides = inputs;
            self.definitions = self.overrides.pop().into_iter().collect();
        } else {
            let is_optimizers = |path: &PathBuf| path.to_string_lossy().ends_with(OPTIMIZER_DEFINITIONS);
            (self.overrides, self.definitions) = inputs.into_iter().partition(is_optimizers);
        }
    }

    fn options(&self, kind: Kind) -> Options {
        let inputs = if kind == Kind::Optimizer { &self.overrides } else { &self.definitions };
        Options {
            source_names: inputs.iter().map(|path| shown_name(path, self.root.as_deref())).collect(),
            line_directives: self.line_directives,
            distinct_namespace: self.distinct_namespace,
            debug: self.debug,
            ..Options::default()
        }
    }
}

/// Generates all that is asked for.
///
/// # Errors
/// When a file cannot be read, or the definitions are refused: then the refusals of all files.
pub fn generate(request: &Request) -> Result<Vec<(Kind, String)>> {
    let mut sources = Sources::default();
    let (base, overrides) = match (read(&request.definitions, &mut sources)?, read(&request.overrides, &mut sources)?) {
        (Ok(base), Ok(overrides)) => (base, overrides),
        (base, overrides) => {
            let refusals = base.err().into_iter().chain(overrides.err()).flatten().collect();
            return Err(Failure::Refused(refusals, sources));
        }
    };
    let (mut texts, mut refusals) = (Vec::new(), Vec::new());
    for kind in &request.kinds {
        let options = request.options(*kind);
        let text = match kind {
            Kind::Optimizer => cgen::generate_optimizer(&base, &overrides, &sources, &options),
            kind => cgen::generate(*kind, &base, &sources, &options),
        };
        match text {
            Ok(text) => texts.push((*kind, text)),
            Err(refusal) if refusals.contains(&refusal) => {}
            Err(refusal) => refusals.push(refusal),
        }
    }
    if refusals.is_empty() { Ok(texts) } else { Err(Failure::Refused(refusals, sources)) }
}

/// Reads and analyses definitions. The refusals are those of the definitions themselves.
fn read(paths: &[PathBuf], sources: &mut Sources) -> Result<std::result::Result<Analysis, Vec<Diagnostic>>> {
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        let bytes = fs::read(path).map_err(|error| file_failure("read", path, &error))?;
        let text = String::from_utf8(bytes)
            .map_err(|error| Failure::File(format!("cannot read {}: not UTF-8: {error}", path.display())))?;
        files.push(sources.add(SourceFile::new(&printed_name(path), &text)));
    }
    Ok(analyse(sources, &files, &Release::V3_14))
}

/// Parses and analyses files in the language of CPython 3.14's generator, by the rules of a release.
///
/// # Errors
/// All that is wrong; the first is what the original says.
pub fn analyse(
    sources: &Sources,
    files: &[FileId],
    release: &Release,
) -> std::result::Result<Analysis, Vec<Diagnostic>> {
    let (mut definitions, mut refusals) = (Vec::new(), Vec::new());
    for file in files {
        let (found, refused) = dsl::parse(sources, *file, Dialect::Cpython314);
        definitions.extend(found);
        refusals.extend(refused);
    }
    if refusals.is_empty() { analysis::analyse_as(sources, &definitions, release) } else { Err(refusals) }
}

/// The name in diagnostics and `#line` directives.
fn printed_name(path: &Path) -> String {
    let name = path.to_string_lossy().replace('\\', "/");
    let name = name.strip_prefix("./").unwrap_or(&name);
    name.strip_suffix(".new").unwrap_or(name).to_owned()
}

/// The name in the head of a file.
fn shown_name(path: &Path, root: Option<&Path>) -> String {
    let relative = || {
        let whole = path.canonicalize().ok()?;
        let root = match root {
            Some(root) => root.canonicalize().ok()?,
            None => whole.ancestors().find(|dir| dir.join("Tools/cases_generator").is_dir())?.to_path_buf(),
        };
        Some(whole.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/"))
    };
    relative().unwrap_or_else(|| path.to_string_lossy().into_owned())
}

/// Writes files, all of them or none: each next to its place first, then all renamed.
///
/// # Errors
/// When one cannot be written.
pub fn write_all(files: &[(PathBuf, String)]) -> Result<()> {
    let mut staged: Vec<(PathBuf, &PathBuf)> = Vec::with_capacity(files.len());
    let result = files.iter().try_for_each(|(path, text)| {
        let stage = stage_name(path);
        staged.push((stage.clone(), path));
        fs::write(&stage, text).map_err(|error| file_failure("write", path, &error))
    });
    let result = result.and_then(|()| {
        staged
            .iter()
            .try_for_each(|(stage, path)| fs::rename(stage, path).map_err(|error| file_failure("write", path, &error)))
    });
    if result.is_err() {
        for (stage, _) in staged {
            let _ = fs::remove_file(stage);
        }
    }
    result
}

fn stage_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}

fn file_failure(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::File(format!("cannot {what} {}: {error}", path.display()))
}
