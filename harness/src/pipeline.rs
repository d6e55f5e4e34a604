//! The stages in order: definitions -> analysis -> translation -> Rust files.

use crate::emit::{self, Emit, GeneratedFile};
use crate::rules;
use crate::tables::layouts;
use inputs::{Inputs, InputsError};
use std::collections::BTreeSet;
use translator::analysis::model::{Analysis, Part};
use translator::analysis::{Release, analyse_as};
use translator::c_ast::Configuration;
use translator::caches::Caches;
use translator::diagnostics::Diagnostic;
use translator::dsl::ast::Definition;
use translator::dsl::{self, Dialect};
use translator::source::{SourceFile, Sources};
use translator::subset::{RuleError, Rules};
use translator::translate::{Outcomes, Translation, translate, translate_uops};

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
    /// The optimizer's bodies, where there are its definitions.
    pub optimizer: Option<Optimizer>,
}

/// What the abstract interpreter of the second tier is made from.
#[derive(Debug)]
pub struct Optimizer {
    pub sources: Sources,
    pub analysis: Analysis,
    pub outcomes: Outcomes,
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
        let files = vec![definitions.bytecodes];
        let mut pipeline = Self::run_as(&release.to_string(), &analyser, files, Some(caches))?;
        pipeline.optimizer = definitions.optimizer.map(|file| optimizer(file, &analyser)).transpose()?;
        Ok(pipeline)
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
        let layers = if analyser.stack_of_objects { rules::OBJECTS } else { &[] };
        let rules = rules::laid_over(&[layers]).map_err(PipelineError::Rules)?;
        Self::run_by(release, analyser, files, caches, rules)
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
        let mut translation = translate(&analysis, &sources, &rules, &Configuration::default_tier1());
        second_tier(&mut translation, &analysis, &sources, rules.objects()).map_err(PipelineError::Rules)?;
        let release = release.to_owned();
        Ok(Self { release, sources, definitions, analysis, caches, rules, translation, optimizer: None })
    }

    /// The Rust files, not yet formatted.
    pub fn files(&self) -> Vec<GeneratedFile> {
        let emit = Emit {
            analysis: &self.analysis,
            sources: &self.sources,
            translation: &self.translation,
            release: &self.release,
            caches: self.caches.as_ref(),
        };
        let mut files = emit::files(emit);
        if let Some(optimizer) = &self.optimizer {
            let emit = Emit { analysis: &optimizer.analysis, sources: &optimizer.sources, ..emit };
            files.push(emit::optimizer_file(emit, &optimizer.outcomes));
        }
        files
    }
}

/// Translates the uops that only the second tier runs: those marked so, and those that no instruction consists of and that do
/// not translate for the interpreter.
fn second_tier(
    translation: &mut Translation,
    analysis: &Analysis,
    sources: &Sources,
    objects: bool,
) -> Result<(), RuleError> {
    let parts = analysis.instructions.values().flat_map(|i| &i.parts);
    let reached: BTreeSet<&str> = parts
        .filter_map(|part| match part {
            Part::Uop(key) => Some(key.as_str()),
            _ => None,
        })
        .collect();
    let refused = |key: &str| translation.uops.get(key).is_some_and(Result::is_err) && !reached.contains(key);
    let uops = analysis.uops.iter().filter(|(key, u)| u.properties.tier == Some(2) || refused(key));
    let uops: Vec<_> = uops.filter(|(_, u)| u.replicates.is_none()).collect();
    if uops.is_empty() {
        return Ok(());
    }
    let rules = rules::laid_over(&[if objects { rules::OBJECTS } else { &[] }, rules::TIER2])?;
    let outcomes = translate_uops(uops.into_iter(), sources, &rules, &Configuration::default_tier2());
    for (key, outcome) in outcomes {
        let also_refused = outcome.is_err() && translation.uops.contains_key(&key);
        if !also_refused {
            translation.uops.shift_remove(&key);
            translation.tier2.insert(key, outcome);
        }
    }
    Ok(())
}

/// Translates the optimizer's definitions.
///
/// # Errors
/// As for [`Pipeline::run`].
pub fn optimizer(file: SourceFile, release: &Release) -> Result<Optimizer, PipelineError> {
    let rules = rules::laid_over(&[rules::OPTIMIZER]).map_err(PipelineError::Rules)?;
    let (sources, _, analysis) = read(vec![file], release)?;
    let outcomes = translate_uops(analysis.uops.iter(), &sources, &rules, &Configuration::default_tier2());
    Ok(Optimizer { sources, analysis, outcomes })
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
