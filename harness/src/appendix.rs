//! ARCHITECTURE.md's appendix: ten bodies, the ugliest among them. CPython's C is no part of this repository: what it does stands in
//! our own words (`subset/examples/appendix.toml`), beside the Rust that the pipeline makes of it.

use crate::emit::bodies::function_text;
use crate::explain::effect;
use crate::pipeline::Pipeline;
use serde::Deserialize;
use std::fmt::Write as _;
use translator::analysis::model::Part;

const DATA: &str = include_str!("../../subset/examples/appendix.toml");

/// The line after which the document is generated.
pub const MARK: &str =
    "<!-- From here on written by `bodywork generate` out of subset/examples/appendix.toml; do not edit. -->\n";

/// What is said of a body.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    pub name: String,
    /// What makes the C ugly.
    pub ugly: String,
    /// Constructs of SUBSET.md with the same shape in small.
    #[serde(default)]
    pub like: Vec<String>,
    pub part: Vec<Line>,
}

/// What C does in one place, and the Rust of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub c: String,
    pub rust: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    body: Vec<Body>,
}

/// The bodies that are shown.
///
/// # Errors
/// The file is not well-formed.
pub fn bodies() -> Result<Vec<Body>, String> {
    let data: Data = toml::from_str(DATA).map_err(|error| format!("subset/examples/appendix.toml: {error}"))?;
    Ok(data.body)
}

/// The function of a body or label, formatted; `None` where the release has none.
pub fn function(pipeline: &Pipeline, name: &str) -> Option<String> {
    let label = pipeline.analysis.labels.contains_key(name);
    let text = function_text(pipeline, name, label)?;
    Some(crate::format::format(&text).unwrap_or(text).trim_end().to_owned())
}

/// The appendix, without the mark.
///
/// # Errors
/// As for [`bodies`].
pub fn appendix(pipeline: &Pipeline) -> Result<String, String> {
    let mut out = String::from(HEAD);
    for body in bodies()? {
        // Definitions of another release may lack it.
        let Some(function) = function(pipeline, &body.name) else { continue };
        let _ = writeln!(out, "\n### `{}`\n\n{}", body.name, place(pipeline, &body.name));
        let _ = writeln!(out, "\n{}", body.ugly.trim());
        if !body.like.is_empty() {
            let like: Vec<String> = body.like.iter().map(|id| format!("`{id}`")).collect();
            let _ = writeln!(
                out,
                "The same in small, C and Rust: {} in [SUBSET.md](SUBSET.md#constructs).",
                like.join(", ")
            );
        }
        out.push_str("\n| C | Rust |\n|---|---|\n");
        for line in &body.part {
            let _ = writeln!(out, "| {} | `{}` |", line.c.replace('|', "\\|"), line.rust.replace('|', "\\|"));
        }
        let _ = writeln!(out, "\n```rust\n{function}\n```");
    }
    Ok(out)
}

const HEAD: &str = "
Ten bodies, the ugliest among them. CPython's text is no part of this repository: `bodywork explain NAME` shows the real C above the
Rust that comes of it. Here stands what makes the C hard to translate, what each part of it becomes, and the function as it stands
in `interp/src/generated/bodies.rs` or `labels.rs`, cited by file and line.
";

/// Where the definition stands, what it takes and leaves, and which instructions have it.
fn place(pipeline: &Pipeline, name: &str) -> String {
    let analysis = &pipeline.analysis;
    if let Some(label) = analysis.labels.get(name) {
        let line = pipeline.sources.line(label.span);
        return format!("Label, {}:{line}.", pipeline.sources.get(label.span.file).name);
    }
    let Some(uop) = analysis.uops.get(name) else { return String::new() };
    let line = pipeline.sources.line(uop.name_span);
    let users =
        analysis.instructions.values().filter(|i| i.parts.iter().any(|p| matches!(p, Part::Uop(u) if u == name)));
    let users: Vec<String> = users.map(|i| format!("`{}`", i.name)).collect();
    let file = &pipeline.sources.get(uop.name_span.file).name;
    format!("`{}`, {file}:{line}; in {}.", effect(&uop.stack), users.join(", "))
}

/// A document with the appendix after its mark; `None` where it has no mark.
pub fn placed(document: &str, appendix: &str) -> Option<String> {
    let (head, _) = document.split_once(MARK)?;
    Some(format!("{head}{MARK}{appendix}"))
}
