//! The constructs of C: a tiny definition each (`subset/examples/constructs.c`), translated like any other.

use crate::emit::bodies::function_name;
use crate::ledger;
use crate::pipeline::{Pipeline, PipelineError};
use std::collections::{BTreeMap, BTreeSet};
use translator::diagnostics::Diagnostic;
use translator::dsl::ast::Definition;
use translator::source::SourceFile;

/// The definitions, built in.
pub const DEFINITIONS: &str = include_str!("../../../subset/examples/constructs.c");

/// A construct, covered or not.
#[derive(Clone, Debug)]
pub struct Construct {
    /// `construct.local-value`.
    pub id: String,
    pub chapter: String,
    /// One line for the reader.
    pub what: String,
    /// The definition, as it stands in the file.
    pub c: String,
    /// The function without its comment, or the refusal.
    pub rust: Result<String, Diagnostic>,
    /// The rules that it uses, by the names under which bodies record them.
    pub rules: BTreeSet<String>,
}

impl Construct {
    /// The C between the braces.
    pub fn inner(&self) -> String {
        let body = self.c.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}'));
        body.map_or_else(|| self.c.clone(), |(inner, _)| inner.trim().to_owned())
    }
}

/// The constructs in the order of the file.
///
/// # Errors
/// The definitions do not parse, or a function of theirs is no Rust.
pub fn constructs() -> Result<Vec<Construct>, String> {
    let file = SourceFile::new("constructs.c", DEFINITIONS);
    let pipeline = Pipeline::run_on("examples", vec![file]).map_err(|error| match error {
        PipelineError::Diagnostics(all, sources) => all.iter().map(|d| d.render(&sources)).collect(),
        other => format!("{other:?}"),
    })?;
    let functions = functions(&pipeline)?;
    let mut out = Vec::new();
    let mut chapter = String::new();
    let mut from = 0;
    for definition in &pipeline.definitions {
        let Definition::Inst(def) = definition else { continue };
        let outcome = pipeline.translation.uops.get(&def.name).ok_or_else(|| format!("{}: no body", def.name))?;
        let (start, end) = (def.span.start as usize, def.span.end as usize);
        let mut what = "";
        for comment in DEFINITIONS[from..start].lines().filter_map(|line| line.strip_prefix("// ")) {
            match comment.strip_prefix("# ") {
                Some(heading) => heading.clone_into(&mut chapter),
                None => what = comment,
            }
        }
        from = end;
        let function = functions.get(&function_name(&def.name)).cloned();
        let rust = match outcome {
            Ok(_) => Ok(function.ok_or_else(|| format!("{}: no function", def.name))?),
            Err(all) => Err(all.first().cloned().ok_or_else(|| format!("{}: refused without a reason", def.name))?),
        };
        out.push(Construct {
            id: format!("construct.{}", def.name.trim_start_matches('_').to_lowercase().replace('_', "-")),
            chapter: chapter.clone(),
            what: what.to_owned(),
            c: DEFINITIONS[start..end].to_owned(),
            rust,
            rules: outcome.iter().flat_map(|lowered| lowered.rules.iter().cloned()).collect(),
        });
    }
    Ok(out)
}

/// The functions by name, formatted, without the comments and attributes that all have.
fn functions(pipeline: &Pipeline) -> Result<BTreeMap<String, String>, String> {
    let files = pipeline.files();
    let bodies = files.iter().find(|f| f.name == "bodies.rs").map_or("", |f| f.text.as_str());
    let bodies = crate::format::format(bodies).map_err(|error| format!("subset/examples: {error}"))?;
    let plain = |text: &str| {
        let lines = text.lines().filter(|l| !l.starts_with("///") && !l.starts_with("#["));
        lines.collect::<Vec<_>>().join("\n").trim().trim_start_matches("pub(crate) ").to_owned()
    };
    Ok(ledger::functions(&bodies).into_iter().map(|(name, text)| (name.to_owned(), plain(&text))).collect())
}
