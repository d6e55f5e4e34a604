//! Bodywork in a build script: definitions of a virtual machine of one's own, or CPython's, with one's own rules over ours.
//!
//! ```no_run
//! use harness::library::Generator;
//!
//! let out = std::env::var("OUT_DIR").expect("cargo sets it");
//! let report = Generator::new("tiny")
//!     .definitions("src/bytecodes.c")
//!     .rules("src/rules.toml")
//!     .runtime("crate::machine")
//!     .prelude("crate::machine::prelude")
//!     .generate(out)
//!     .unwrap_or_else(|error| panic!("{error}"));
//! assert!(report.refusals.is_empty(), "{}", report.refusals);
//! ```
//!
//! What a machine must have is what the generated files name: the types of the prelude (`Thread`, `Frame`, `InstrPtr`,
//! `StackPtr`, `SlotPtr`, `StackRef`, `Exit`, `Raised`; an alias will do) and the functions that the rules of its bodies lead
//! to. The Rust compiler names what is missing. `examples/tiny` is a whole machine.

use crate::coverage::{Coverage, Texts, coverage};
use crate::emit::GeneratedFile;
use crate::generate::{self, GenerateError, Output};
use crate::ledger::Ledgers;
use crate::pipeline::{Pipeline, PipelineError};
use crate::rules;
use inputs::{InputsError, Options};
use std::fmt;
use std::path::{Path, PathBuf};
use translator::source::SourceFile;
use translator::subset::{RuleError, Rules};

/// What to generate, from what, and against which runtime.
#[derive(Clone, Debug)]
pub struct Generator {
    name: String,
    definitions: Vec<PathBuf>,
    rules: Vec<PathBuf>,
    ours: bool,
    runtime: String,
    prelude: String,
}

/// What was generated.
#[derive(Clone, Debug)]
pub struct Report {
    /// The files that were written because they differed; empty where all was up to date.
    pub written: Vec<String>,
    pub coverage: Coverage,
    /// `NAME: CODE reason`, one line for each body that was refused.
    pub refusals: String,
}

/// Why nothing was generated.
#[derive(Debug)]
pub enum Error {
    /// A file that is named cannot be read.
    Read(PathBuf, std::io::Error),
    Rules(RuleError),
    /// CPython's definitions are to be read, and are not there.
    Inputs(InputsError),
    /// The definitions are not well-formed: each finding with its place.
    Definitions(String),
    Write(GenerateError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Rules(error) => write!(f, "{error}"),
            Self::Inputs(error) => write!(f, "{error}"),
            Self::Definitions(findings) => f.write_str(findings),
            Self::Write(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<PipelineError> for Error {
    fn from(error: PipelineError) -> Self {
        match error {
            PipelineError::Inputs(error) => Self::Inputs(error),
            PipelineError::Rules(error) => Self::Rules(error),
            PipelineError::Diagnostics(all, sources) => {
                Self::Definitions(all.iter().map(|one| one.render(&sources)).collect())
            }
        }
    }
}

impl Generator {
    /// A generator for CPython's pinned definitions, our rules, `crate::runtime` and `crate::prelude`. The name stands in the
    /// first line of every file.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            definitions: Vec::new(),
            rules: Vec::new(),
            ours: true,
            runtime: "crate::runtime".to_owned(),
            prelude: "crate::prelude".to_owned(),
        }
    }

    /// Reads this definitions file instead of CPython's; a later one may override definitions of an earlier one.
    #[must_use]
    pub fn definitions(mut self, path: impl Into<PathBuf>) -> Self {
        self.definitions.push(path.into());
        self
    }

    /// Lays a rule file over those before it: a row replaces the row for the same C name, so that a helper leads to the
    /// machine's own path.
    #[must_use]
    pub fn rules(mut self, path: impl Into<PathBuf>) -> Self {
        self.rules.push(path.into());
        self
    }

    /// Leaves our rules out: only those that [`Generator::rules`] names count.
    #[must_use]
    pub fn without_our_rules(mut self) -> Self {
        self.ours = false;
        self
    }

    /// The module whose modules the rules' paths begin with.
    #[must_use]
    pub fn runtime(mut self, path: &str) -> Self {
        path.clone_into(&mut self.runtime);
        self
    }

    /// The module that has the types which bodies name without a path.
    #[must_use]
    pub fn prelude(mut self, path: &str) -> Self {
        path.clone_into(&mut self.prelude);
        self
    }

    /// Writes every file that differs into `out`, each whole or not at all.
    ///
    /// # Errors
    /// Files that cannot be read or written, rules or definitions that are not well-formed. A refused body is no error: it is
    /// in the report, and its instruction leaves with `Exit::Untranslated`.
    pub fn generate(&self, out: impl AsRef<Path>) -> Result<Report, Error> {
        let pipeline = self.pipeline()?;
        let files: Vec<GeneratedFile> = pipeline.files().into_iter().map(|file| self.bound(file)).collect();
        let outputs = generate::outputs(&files).map_err(Error::Write)?;
        let written = generate::write(&outputs, out.as_ref()).map_err(Error::Write)?;
        let bodies = |o: &&Output| matches!(o.name.as_str(), "bodies.rs" | "labels.rs");
        let text: String = outputs.iter().filter(bodies).map(|o| o.text.as_str()).collect();
        let coverage = coverage(&pipeline, Texts { current: &text, checked_in: &text }, &Ledgers::default());
        let refusals = coverage.refused.by_body();
        Ok(Report { written, coverage, refusals })
    }

    fn pipeline(&self) -> Result<Pipeline, Error> {
        let own = self.rules.iter().map(|path| Ok((path.display().to_string(), read(path)?)));
        let own = own.collect::<Result<Vec<_>, Error>>()?;
        let ours: &[(&str, &str)] = if self.ours { rules::FILES } else { &[] };
        let all = ours.iter().copied().chain(own.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        let rules = Rules::load(all).map_err(Error::Rules)?;
        let files = if self.definitions.is_empty() {
            let inputs = inputs::Inputs::locate(&Options::from_env().map_err(Error::Inputs)?).map_err(Error::Inputs)?;
            vec![inputs.definitions().map_err(Error::Inputs)?.bytecodes]
        } else {
            let source = |path: &PathBuf| {
                let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
                Ok(SourceFile::new(&name, &read(path)?))
            };
            self.definitions.iter().map(source).collect::<Result<Vec<_>, Error>>()?
        };
        Ok(Pipeline::run_with(&self.name, files, rules)?)
    }

    /// A file with the machine's own paths.
    fn bound(&self, file: GeneratedFile) -> GeneratedFile {
        let text = file.text.replace("crate::prelude", &self.prelude).replace("crate::runtime", &self.runtime);
        // What is generated from definitions of one's own is no work derived from CPython's.
        let text = match (self.definitions.is_empty(), text.split_once('\n')) {
            (false, Some((_, rest))) => {
                format!("// @generated by bodywork from the definitions of {}. Do not edit.\n{rest}", self.name)
            }
            _ => text,
        };
        GeneratedFile { name: file.name, text }
    }
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|error| Error::Read(path.to_owned(), error))
}
