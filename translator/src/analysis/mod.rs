//! What the definitions mean: instructions with their parts, stack effects, caches, families, properties, numbers.
//!
//! Follows `analyzer.py` of 3.14; the names of stack effects, properties and errors are its. Where another release's
//! analyser differs, [`Release`] says how.

mod escapes;
mod instructions;
pub mod model;
mod numbering;
mod properties;
mod releases;
mod stack;
mod tokens;
mod uops;

pub use releases::Release;

use crate::diagnostics::Diagnostic;
use crate::dsl::ast::{BodyKind, Context, Definition};
use crate::dsl::token::Token;
use crate::source::{Sources, Span};
use model::Analysis;
use std::collections::{BTreeMap, BTreeSet};

/// Resolves the definitions of one or several files, in order, as 3.14's analyser does. Later files may replace what
/// they mark `override`.
///
/// # Errors
/// Everything that is wrong and does not follow from something else that is, in the order in which CPython's analyser
/// would find it: its own error is the first, at [`Diagnostic::cpython_place`].
pub fn analyse(sources: &Sources, definitions: &[Definition]) -> Result<Analysis, Vec<Diagnostic>> {
    analyse_as(sources, definitions, &Release::V3_14)
}

/// [`analyse`] by the rules of a release.
///
/// # Errors
/// As there.
pub fn analyse_as(
    sources: &Sources,
    definitions: &[Definition],
    release: &Release,
) -> Result<Analysis, Vec<Diagnostic>> {
    let mut analyser = Analyser {
        sources,
        release,
        analysis: Analysis::default(),
        errors: Vec::new(),
        failed: BTreeSet::new(),
        defined: BTreeMap::new(),
        asks_size: BTreeMap::new(),
    };
    analyser.run(definitions);
    if analyser.errors.is_empty() { Ok(analyser.analysis) } else { Err(analyser.errors) }
}

struct Analyser<'a> {
    sources: &'a Sources,
    release: &'a Release,
    analysis: Analysis,
    errors: Vec<Diagnostic>,
    /// Names whose definition is refused: that they are missing is no further error.
    failed: BTreeSet<&'a str>,
    /// Where the uops are defined.
    defined: BTreeMap<&'a str, (Span, &'a Context)>,
    /// Uops whose bodies contain INSTRUCTION_SIZE, and where.
    asks_size: BTreeMap<String, Token>,
}

type Check = Result<(), Box<Diagnostic>>;

impl<'a> Analyser<'a> {
    fn run(&mut self, definitions: &'a [Definition]) {
        for definition in definitions {
            let added = match definition {
                Definition::Inst(def) if def.kind == BodyKind::Inst => self.add_inst(def),
                Definition::Inst(def) => self.add_op(def),
                _ => Ok(()),
            };
            self.note(definition, added);
        }
        for definition in definitions {
            let added = match definition {
                Definition::Macro(def) => self.add_macro(def),
                Definition::Super(def) => self.add_super(def),
                _ => Ok(()),
            };
            self.note(definition, added);
        }
        for definition in definitions {
            let added = match definition {
                Definition::Family(def) => self.add_family(def),
                Definition::Pseudo(def) => self.add_pseudo(def),
                Definition::Label(def) => self.add_label(def),
                _ => Ok(()),
            };
            self.note(definition, added);
        }
        self.find_instruction_sizes();
        if self.errors.is_empty()
            && let Err(error) =
                self.adopt_stray_member().and_then(|()| numbering::assign(&mut self.analysis, self.release))
        {
            self.errors.push(*error);
        }
    }

    fn note(&mut self, definition: &'a Definition, added: Check) {
        if let Err(error) = added {
            self.errors.push(*error);
            self.failed.insert(definition.name());
        }
    }
}
