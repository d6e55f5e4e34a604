//! The C back end: the nine files that CPython's generator writes from the definitions, byte for byte.
//!
//! The modules are named as the original's (`Tools/cases_generator`), and follow 3.14's; where another release's
//! generator differs, [`Release`] says how.

pub mod cwriter;
mod emitter;
mod generators_common;
mod opcode_ids;
mod opcode_metadata;
mod optimizer;
mod py_metadata;
mod refusal;
mod release;
pub(crate) mod rows;
pub mod stack;
mod targets;
mod tier1;
mod tier2;
mod uop_ids;
mod uop_metadata;

pub use refusal::{STACK, STATEMENT, TABLE, UNFORESEEN};
pub use release::Release;
pub use tier1::{instruction_block, label_block};

use crate::analysis::model::Analysis;
use crate::diagnostics::Diagnostic;
use crate::source::Sources;
use refusal::Refusal;

/// Which of the nine files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Tier1,
    Tier2,
    Optimizer,
    OpcodeIds,
    OpcodeMetadata,
    PyMetadata,
    UopIds,
    UopMetadata,
    Targets,
}

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::Tier1,
        Self::Tier2,
        Self::Optimizer,
        Self::OpcodeIds,
        Self::OpcodeMetadata,
        Self::PyMetadata,
        Self::UopIds,
        Self::UopMetadata,
        Self::Targets,
    ];

    /// As the command line spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tier1 => "tier1",
            Self::Tier2 => "tier2",
            Self::Optimizer => "optimizer",
            Self::OpcodeIds => "opcode-ids",
            Self::OpcodeMetadata => "opcode-metadata",
            Self::PyMetadata => "py-metadata",
            Self::UopIds => "uop-ids",
            Self::UopMetadata => "uop-metadata",
            Self::Targets => "targets",
        }
    }

    /// What CPython calls the file.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Tier1 => "generated_cases.c.h",
            Self::Tier2 => "executor_cases.c.h",
            Self::Optimizer => "optimizer_cases.c.h",
            Self::OpcodeIds => "opcode_ids.h",
            Self::OpcodeMetadata => "pycore_opcode_metadata.h",
            Self::PyMetadata => "_opcode_metadata.py",
            Self::UopIds => "pycore_uop_ids.h",
            Self::UopMetadata => "pycore_uop_metadata.h",
            Self::Targets => "opcode_targets.h",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What the original takes from its command line and from where it lies.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the generator as the head of a file names it.
    pub generator_folder: String,
    /// The input files as the head of a file names them.
    pub source_names: Vec<String>,
    /// Tier 1 and 2: `#line` directives (`-l`), naming files as [`Sources`] does.
    pub line_directives: bool,
    /// Uop ids: not mixed with opcodes (`-n`).
    pub distinct_namespace: bool,
    /// Optimizer: with debug calls (`-d`).
    pub debug: bool,
    pub release: Release,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            generator_folder: "Tools/cases_generator".into(),
            source_names: Vec::new(),
            line_directives: false,
            distinct_namespace: false,
            debug: false,
            release: Release::default(),
        }
    }
}

/// Writes one of the files. For [`Kind::Optimizer`] see [`generate_optimizer`]: here it writes the cases that hold
/// when nothing is overridden.
///
/// # Errors
/// One refusal, the same and at the same place as the original's. A refusal with the code [`UNFORESEEN`] is one
/// where the original fails with an internal error instead.
pub fn generate(kind: Kind, analysis: &Analysis, sources: &Sources, options: &Options) -> Result<String, Diagnostic> {
    let result = match kind {
        Kind::Tier1 => tier1::generate(analysis, sources, options),
        Kind::Tier2 => tier2::generate(analysis, sources, options),
        Kind::Optimizer => optimizer::generate(analysis, &Analysis::default(), sources, options),
        Kind::OpcodeIds => opcode_ids::generate(analysis, sources, options),
        Kind::OpcodeMetadata => opcode_metadata::generate(analysis, sources, options),
        Kind::PyMetadata => py_metadata::generate(analysis, options),
        Kind::UopIds => uop_ids::generate(analysis, sources, options),
        Kind::UopMetadata => uop_metadata::generate(analysis, sources, options),
        Kind::Targets => targets::generate(analysis, sources),
    };
    result.map_err(Refusal::into_diagnostic)
}

/// Writes the cases of the optimizer: `overrides` comes from `optimizer_bytecodes.c`, `base` from `bytecodes.c`.
/// The original names only the former in the head of the file.
///
/// # Errors
/// As [`generate`].
pub fn generate_optimizer(
    base: &Analysis,
    overrides: &Analysis,
    sources: &Sources,
    options: &Options,
) -> Result<String, Diagnostic> {
    optimizer::generate(base, overrides, sources, options).map_err(Refusal::into_diagnostic)
}
