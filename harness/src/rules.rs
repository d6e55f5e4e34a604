//! The rule files, built in.

use translator::subset::{RuleError, Rules};

macro_rules! rule_files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../subset/", $name)))),*]
    };
}

/// Every file of `subset/`, by name (a test checks that none is left out).
pub const FILES: &[(&str, &str)] = &rule_files![
    "call.toml",
    "constants.toml",
    "containers.toml",
    "control.toml",
    "error.toml",
    "fields.toml",
    "frame.toml",
    "function.toml",
    "globals.toml",
    "instrument.toml",
    "noop.toml",
    "number.toml",
    "object.toml",
    "releases.toml",
    "specialize.toml",
    "stackref.toml",
    "types.toml",
    "types_checks.toml",
    "unbound.toml",
];

/// The built-in rules.
///
/// # Errors
/// A rule file that is not well-formed.
pub fn built_in() -> Result<Rules, RuleError> {
    Rules::load(FILES.iter().copied())
}

/// Laid over [`FILES`] for the optimizer's definitions.
pub const OPTIMIZER: &[(&str, &str)] = &rule_files!["optimizer/optimizer.toml"];

/// Laid over [`FILES`] for releases before 3.14, whose stack holds objects.
pub const OBJECTS: &[(&str, &str)] = &rule_files!["objects/objects.toml"];

/// Laid over [`FILES`] for the uops that only the second tier runs.
pub const TIER2: &[(&str, &str)] = &rule_files!["tier2/tier2.toml"];

/// The interpreter's rules with others over them.
///
/// # Errors
/// As [`built_in`].
pub fn laid_over(layers: &[&[(&'static str, &'static str)]]) -> Result<Rules, RuleError> {
    Rules::load(FILES.iter().chain(layers.iter().copied().flatten()).copied())
}
