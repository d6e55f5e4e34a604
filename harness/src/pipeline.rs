//! The stages in order: definitions -> analysis -> translation -> Rust files.

use crate::emit::{self, Emit, GeneratedFile};
use crate::rules;
use crate::tables::layouts;
use inputs::{Inputs, InputsError};
use translator::analysis::model::Analysis;
use translator::analysis::{Release, analyse_as};
use translator::c_ast::Configuration;
use translator::caches::Caches;
use translator::diagnostics::Diagnostic;
use translator::dsl::ast::Definition;
use translator::dsl::{self, Dialect};
use translator::source::{SourceFile, Sources};
use translator::subset::{RuleError, Rules};
use translator::translate::{Translation, translate};

/// Everything that is known once the bodies are translated.
#[derive(Debug)]
pub struct Pipeline {
    pub release: String,
    pub sources: Sources,
    pub definitions: Vec<Definition>,
    pub analysis: Analysis,
    /// Where `pycore_code.h` is there.
    pub caches: Option<Caches>,
    pub rules: Rules,
    pub translation: Translation,
}

/// Why the pipeline stopped.
#[derive(Debug)]
pub enum PipelineError {
    Inputs(InputsError),
    Rules(RuleError),
    /// The definitions are not well-formed.
    Diagnostics(Vec<Diagnostic>, Sources),
}

impl From<InputsError> for PipelineError {
    fn from(error: InputsError) -> Self {
        Self::Inputs(error)
    }
}

impl Pipeline {
    /// Runs every stage on the located inputs.
    ///
    /// # Errors
    /// Inputs that are missing, definitions that do not parse or make no sense. Refused bodies are no error.
    pub fn run(inputs: &Inputs) -> Result<Self, PipelineError> {
        let definitions = inputs.definitions()?;
        let release = inputs.release();
        let caches = layouts(definitions.caches)?;
        let analyser = Release::named(&release.version);
        Self::run_as(&release.to_string(), &analyser, vec![definitions.bytecodes], Some(caches))
    }

    /// The same on given files; later ones may override definitions of earlier ones.
    ///
    /// # Errors
    /// As for [`Pipeline::run`].
    pub fn run_on(release: &str, files: Vec<SourceFile>) -> Result<Self, PipelineError> {
        Self::run_as(release, &Release::default(), files, None)
    }

    /// The same by given rules.
    ///
    /// # Errors
    /// As for [`Pipeline::run`].
    pub fn run_with(release: &str, files: Vec<SourceFile>, rules: Rules) -> Result<Self, PipelineError> {
        Self::run_by(release, &Release::default(), files, None, rules)
    }

    /// The same by the rules of a release's analyser, and with the layouts of its caches.
    ///
    /// # Errors
    /// As for [`Pipeline::run`].
    pub fn run_as(
        release: &str,
        analyser: &Release,
        files: Vec<SourceFile>,
        caches: Option<Caches>,
    ) -> Result<Self, PipelineError> {
        Self::run_by(release, analyser, files, caches, rules::built_in().map_err(PipelineError::Rules)?)
    }

    fn run_by(
        release: &str,
        analyser: &Release,
        files: Vec<SourceFile>,
        caches: Option<Caches>,
        rules: Rules,
    ) -> Result<Self, PipelineError> {
        let (sources, definitions, analysis) = read(files, analyser)?;
        if let Some(Err(errors)) = caches.as_ref().map(|caches| caches.check(&analysis)) {
            return Err(PipelineError::Diagnostics(errors, sources));
        }
        let translation = translate(&analysis, &sources, &rules, &Configuration::default_tier1());
        Ok(Self { release: release.to_owned(), sources, definitions, analysis, caches, rules, translation })
    }

    /// The Rust files, not yet formatted.
    pub fn files(&self) -> Vec<GeneratedFile> {
        emit::files(Emit {
            analysis: &self.analysis,
            sources: &self.sources,
            translation: &self.translation,
            release: &self.release,
            caches: self.caches.as_ref(),
        })
    }
}

/// Parses and analyses definition files.
pub(crate) fn read(
    files: Vec<SourceFile>,
    release: &Release,
) -> Result<(Sources, Vec<Definition>, Analysis), PipelineError> {
    let mut sources = Sources::default();
    let (mut definitions, mut errors) = (Vec::new(), Vec::new());
    for file in files {
        let id = sources.add(file);
        let (found, wrong) = dsl::parse(&sources, id, Dialect::AnyRelease);
        definitions.extend(found);
        errors.extend(wrong);
    }
    // What the analysis would say of half-read definitions helps nobody.
    if !errors.is_empty() {
        return Err(PipelineError::Diagnostics(errors, sources));
    }
    match analyse_as(&sources, &definitions, release) {
        Ok(analysis) => Ok((sources, definitions, analysis)),
        Err(errors) => Err(PipelineError::Diagnostics(errors, sources)),
    }
}
