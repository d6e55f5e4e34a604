//! The gauge as one page without external assets: a heat map of all opcodes by state, each leading to its bodies (C from the
//! reader's own input, Rust, refusal), and the floor's history as a curve.

mod curve;

use crate::coverage::{Coverage, State};
use crate::emit::bodies::function_name;
use crate::floor::{self, Floor, Raise};
use crate::ledger::Ledgers;
use crate::pipeline::Pipeline;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use translator::analysis::model::{Instruction, Part};
use translator::source::Span;

/// What the page shows beside the pipeline.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub pipeline: &'a Pipeline,
    pub coverage: &'a Coverage,
    pub ledgers: &'a Ledgers,
    pub floor: &'a Floor,
    pub history: &'a [Raise],
    /// The bodies' functions by name, formatted.
    pub functions: &'a BTreeMap<&'a str, String>,
}

/// The stages, the furthest first: class, word, what it means.
const STAGES: [(&str, &str, &str); 5] = [
    ("s4", "executed", "runs in a program of fixtures/programs"),
    ("s3", "validated", "leaves the same trace as the C"),
    ("s2", "compiled", "the Rust stands in the crate that is built"),
    ("s1", "translated", "there is Rust for it"),
    ("s0", "refused", "no rule for something in it"),
];

/// The whole page.
pub fn html(page: Page<'_>) -> String {
    let mut out = String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
    out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    let _ = writeln!(out, "<title>Bodywork · CPython {}</title>", escape(&page.coverage.release));
    let _ = writeln!(out, "<style>{}</style></head><body>", include_str!("html/page.css"));
    head(&mut out, page);
    out += "<main>\n";
    heat_map(&mut out, page);
    bodies(&mut out, page);
    refusals(&mut out, page);
    curve::curve(&mut out, page);
    out += "</main>\n";
    let _ = writeln!(out, "<script>{}</script>\n</body></html>", include_str!("html/page.js"));
    out
}

fn head(out: &mut String, page: Page<'_>) {
    let _ = writeln!(
        out,
        "<header><div><h1>Bodywork</h1><p>CPython {}: opcode bodies, from C to Rust</p></div>",
        escape(&page.coverage.release)
    );
    out.push_str("<nav><a href=\"#opcodes\">Opcodes</a><a href=\"#bodies\">Bodies</a><a href=\"#refusals\">Refusals</a><a href=\"#history\">History</a></nav>");
    out.push_str("<label class=\"search\"><span>Search</span><input id=\"search\" type=\"search\" placeholder=\"name, state or C …  ( / )\" autocomplete=\"off\"><output id=\"count\" for=\"search\"></output></label></header>\n");
    out.push_str("<section class=\"cards\">");
    let (bodies, labels) = (page.coverage.bodies(), page.coverage.label);
    for ((stage, count), (_, of_labels)) in bodies.stages().into_iter().zip(labels.stages()) {
        let share = if bodies.total == 0 { 0.0 } else { 100.0 * count as f64 / bodies.total as f64 };
        let floor = page.floor.get(&format!("bodies_{stage}")).copied().unwrap_or(0);
        let _ = write!(
            out,
            "<div class=\"card\"><h2>{stage}</h2><p class=\"big\">{count}<small> / {}</small></p><div class=\"bar\"><i style=\"width:{share:.1}%\"></i></div><p>{share:.1} % of inst and op · labels {of_labels}/{} · floor {floor}</p></div>",
            bodies.total, labels.total
        );
    }
    out.push_str("</section>\n");
}

/// The bodies that an instruction consists of.
fn parts(instruction: &Instruction) -> Vec<&str> {
    let mut names = Vec::new();
    for part in &instruction.parts {
        if let Part::Uop(name) = part {
            names.push(name.as_str());
        }
    }
    names
}

fn class(state: State) -> usize {
    match state {
        State { executed: true, .. } => 4,
        State { validated: true, .. } => 3,
        State { compiled: true, .. } => 2,
        State { translated: true, .. } => 1,
        _ => 0,
    }
}

/// An instruction has come as far as the part that is furthest back.
fn opcode_class(page: Page<'_>, instruction: &Instruction) -> usize {
    let of = |name: &&str| page.coverage.states.get(*name).copied().unwrap_or_default();
    parts(instruction).iter().map(|name| class(of(name))).min().unwrap_or(0)
}

fn heat_map(out: &mut String, page: Page<'_>) {
    let mut instructions: Vec<&Instruction> = page.pipeline.analysis.instructions.values().collect();
    instructions.sort_by_key(|i| i.opcode);
    let _ =
        writeln!(out, "<section id=\"opcodes\"><h2>{} opcodes by number</h2><p class=\"legend\">", instructions.len());
    for (at, (class, word, meaning)) in STAGES.iter().enumerate() {
        let count = instructions.iter().filter(|i| opcode_class(page, i) == STAGES.len() - 1 - at).count();
        let _ = write!(out, "<span title=\"{meaning}\"><i class=\"cell {class}\"></i>{word} <b>{count}</b></span>");
    }
    out.push_str("</p><div class=\"grid\">\n");
    let mut next = 0;
    for instruction in instructions {
        for _ in next..instruction.opcode {
            out.push_str("<i class=\"cell none\"></i>");
        }
        next = instruction.opcode + 1;
        let stage = opcode_class(page, instruction);
        let word = STAGES[STAGES.len() - 1 - stage].1;
        // An instruction may consist of cache entries alone, or of a body that is defined with another.
        let shown = |name: &&str| page.coverage.states.contains_key(*name);
        let first = parts(instruction).into_iter().find(shown).map_or("bodies".to_owned(), |name| format!("b-{name}"));
        let _ = writeln!(
            out,
            "<a class=\"cell s{stage}\" href=\"#{}\" data-find=\"{} {word}\" title=\"{} = {} · {word}&#10;{}\"><b>{}</b><span>{}</span></a>",
            escape(&first),
            escape(&instruction.name.to_lowercase()),
            escape(&instruction.name),
            instruction.opcode,
            escape(&parts(instruction).join(" + ")),
            instruction.opcode,
            escape(&instruction.name.replace('_', " "))
        );
    }
    out.push_str("</div></section>\n");
}

fn bodies(out: &mut String, page: Page<'_>) {
    out.push_str("<section id=\"bodies\"><h2>Bodies</h2><p class=\"hint\">C from your own input beside the Rust; <kbd>/</kbd> searches, <kbd>Enter</kbd> opens the first that is found, <kbd>n</kbd> and <kbd>p</kbd> go to the next and previous body.</p>\n");
    let analysis = &page.pipeline.analysis;
    for (name, state) in &page.coverage.states {
        let (span, label) = match (analysis.uops.get(name), analysis.labels.get(name)) {
            (Some(uop), _) => (uop.span, false),
            (None, Some(label)) => (label.span, true),
            (None, None) => continue,
        };
        body(out, page, name, *state, span, label);
    }
    out.push_str("</section>\n");
}

fn body(out: &mut String, page: Page<'_>, name: &str, state: State, span: Span, label: bool) {
    let sources = &page.pipeline.sources;
    let c = sources.text(span);
    let stage = class(state);
    let word = STAGES[STAGES.len() - 1 - stage].1;
    let place = format!("{}:{}", sources.get(span.file).name, sources.line(span));
    let _ = writeln!(
        out,
        "<details class=\"body\" id=\"b-{0}\" data-find=\"{1} {word}\"><summary><i class=\"cell s{stage}\"></i><b>{0}</b><span>{2}</span><em>{word}</em></summary>",
        escape(name),
        escape(&name.to_lowercase()),
        escape(&place)
    );
    out.push_str("<p class=\"facts\">");
    let users = page.pipeline.analysis.instructions.values().filter(|i| parts(i).contains(&name));
    let users: Vec<&str> = users.map(|i| i.name.as_str()).collect();
    if !users.is_empty() {
        let _ = write!(out, "part of {} · ", escape(&users.join(", ")));
    }
    let executed = page.ledgers.executed.opcodes.iter().find(|(opcode, _)| users.contains(&opcode.as_str()));
    match executed.map(|(_, program)| program).or_else(|| page.ledgers.executed.labels.get(name)) {
        Some(program) => drop(write!(out, "executed by <code>{}</code> · ", escape(program))),
        None => {
            let reasons = &page.ledgers.executed.not_reached;
            if let Some(reason) = reasons.get(name).or_else(|| users.iter().find_map(|user| reasons.get(*user))) {
                let _ = write!(out, "not executed: {} · ", escape(reason));
            }
        }
    }
    if let Some(reason) = page.ledgers.validated.not_run.get(name) {
        let _ = write!(out, "not validated: {} · ", escape(reason));
    }
    for (at, (stage, _)) in page.coverage.bodies().stages().into_iter().enumerate() {
        if let Some(raise) = floor::since(page.history, stage, name, label).filter(|_| state.has(stage)) {
            let _ = write!(out, "{}{stage} since {}", if at == 0 { "" } else { ", " }, escape(&raise.when));
        }
    }
    let _ = write!(
        out,
        " · <a href=\"#history\">history</a> · <a href=\"#b-{}\">link</a></p><div class=\"pair\"><figure><figcaption>C · {}</figcaption><pre>",
        escape(name),
        escape(&place)
    );
    let _ = write!(out, "{}</pre></figure>", escape(&dedent(c)));
    let function = if label { name.to_owned() } else { function_name(name) };
    match page.functions.get(function.as_str()).filter(|_| state.translated) {
        Some(rust) => {
            let _ = write!(
                out,
                "<figure><figcaption>Rust · {}</figcaption><pre>{}</pre></figure>",
                escape(&function),
                escape(rust.trim_end())
            );
        }
        None => {
            let outcome =
                page.pipeline.translation.uops.get(name).or_else(|| page.pipeline.translation.labels.get(name));
            let refused = outcome.and_then(|o| o.as_ref().err());
            let text: String = refused.into_iter().flatten().map(|d| d.render(sources)).collect();
            let _ = write!(
                out,
                "<figure class=\"refused\"><figcaption>Refused</figcaption><pre>{}</pre></figure>",
                escape(&text)
            );
        }
    }
    out.push_str("</div></details>\n");
}

/// Without the indentation that all lines but the first share.
fn dedent(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let least = text.lines().skip(1).filter(|l| !l.trim().is_empty()).map(indent).min().unwrap_or(0);
    let lines: Vec<&str> =
        text.lines().enumerate().map(|(at, l)| if at == 0 { l } else { l.get(least..).unwrap_or("") }).collect();
    lines.join("\n")
}

fn refusals(out: &mut String, page: Page<'_>) {
    out.push_str("<section id=\"refusals\"><h2>Refusals by leverage</h2>");
    let all = page.coverage.refusals();
    if all.is_empty() {
        out.push_str("<p class=\"none-left\">None: every body translates.</p></section>\n");
        return;
    }
    out.push_str(
        "<table><tr><th>bodies</th><th>alone</th><th>free once these are gone</th><th>code</th><th>reason</th></tr>",
    );
    for refusal in all {
        // The optimizer's bodies are counted, and not on the page.
        let link = |name: &String| match page.coverage.states.contains_key(name) {
            true => format!("<a href=\"#b-{0}\">{0}</a>", escape(name)),
            false => escape(name),
        };
        let names: Vec<String> = refusal.names.iter().map(link).collect();
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}<br><small>{}</small></td></tr>",
            refusal.names.len(),
            refusal.alone,
            refusal.unlocked,
            refusal.code,
            escape(&refusal.reason),
            names.join(" ")
        );
    }
    out.push_str("</table></section>\n");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_escaped_and_dedented() {
        assert_eq!(escape("a < b && \"c\""), "a &lt; b &amp;&amp; &quot;c&quot;");
        assert_eq!(dedent("inst(A) {\n            x;\n        }"), "inst(A) {\n    x;\n}");
    }
}
