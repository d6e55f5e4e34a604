//! CPython's own reader and analyser as an oracle, and what both sides are compared as.
#![allow(dead_code, reason = "each test uses its part")]

pub(crate) mod golden;
pub(crate) mod mangle;

use inputs::testing::need;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use translator::analysis::model::{Analysis, Part, Properties, StackEffect, StackItem, Uop};
use translator::analysis::{Release, analyse_as};
use translator::diagnostics::Diagnostic;
use translator::dsl::ast::{Block, Stmt};
use translator::dsl::token::Token;
use translator::dsl::{Dialect, lexer, parse};
use translator::source::{SourceFile, Sources};

/// Parses and analyses files. The sources come along, for the places of what is refused.
pub(crate) fn read(
    files: &[(String, String)],
    dialect: Dialect,
    release: &Release,
) -> (Sources, Result<Analysis, Vec<Diagnostic>>) {
    let mut sources = Sources::default();
    let ids: Vec<_> = files.iter().map(|(name, text)| sources.add(SourceFile::new(name, text))).collect();
    let (mut definitions, mut errors) = (Vec::new(), Vec::new());
    for id in ids {
        let (found, wrong) = parse(&sources, id, dialect);
        definitions.extend(found);
        errors.extend(wrong);
    }
    let result = if errors.is_empty() { analyse_as(&sources, &definitions, release) } else { Err(errors) };
    (sources, result)
}

/// The pinned inputs, also where a checkout is given.
pub(crate) fn pinned() -> inputs::Result<inputs::Inputs> {
    let mut options = inputs::Options::from_env()?;
    options.cpython = None;
    inputs::Inputs::locate(&options)
}

pub(crate) fn say(text: &str) {
    inputs::testing::say(text);
}

pub(crate) struct Oracle {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What CPython says of definitions.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    Lines(Vec<String>),
    /// Message, line, column.
    Refused(String, u32, u32),
    /// CPython's generator fails with an internal error.
    Fails(String),
}

impl Oracle {
    /// Starts CPython 3.14's generator, if it is here.
    pub(crate) fn start() -> Option<Self> {
        let generator = need("CPython's generator", |_| pinned()?.cases_generator_dir())?;
        let python = need("CPython 3.14", |_| pinned()?.python())?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/oracle.py");
        let mut command = Command::new(python);
        command.arg(script).arg(generator).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("Python starts");
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Some(Self { child, requests, answers })
    }

    pub(crate) fn ask(&mut self, files: &[(String, String)]) -> Answer {
        let request = json!(files).to_string();
        let requests = self.requests.as_mut().expect("the oracle runs");
        writeln!(requests, "{request}").expect("the oracle reads");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the oracle answers");
        let answer: Value = serde_json::from_str(&line).expect("the oracle writes JSON");
        if let Some(lines) = answer["lines"].as_array() {
            return Answer::Lines(lines.iter().map(|line| line.as_str().unwrap_or_default().to_owned()).collect());
        }
        let message = answer["refusal"][0].as_str().unwrap_or_default().to_owned();
        match (answer["refusal"][1].as_u64(), answer["refusal"][2].as_u64()) {
            (Some(line), Some(column)) => Answer::Refused(message, line as u32, column as u32),
            _ => Answer::Fails(message),
        }
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        drop(self.requests.take());
        let _ = self.child.wait();
    }
}

/// Our answer in CPython's terms: its first error, at the line and column that its tokens have.
pub(crate) fn our_answer(files: &[(String, String)], release: &Release) -> Answer {
    let (sources, result) = read(files, Dialect::Cpython314, release);
    let error = match result {
        Ok(analysis) => return Answer::Lines(dump(&sources, &analysis)),
        Err(errors) => errors.into_iter().next().expect("a refusal has an error"),
    };
    let Some(span) = error.cpython_place() else { return Answer::Fails(error.message) };
    match lexer::cpython_position(&sources, span) {
        Some((line, column)) => Answer::Refused(error.message, line, column),
        None => Answer::Fails(error.message),
    }
}

fn place(token: &Token) -> String {
    format!("{}:{}", token.line, token.column)
}

/// The analysis, one fact a line, as `oracle.py` writes CPython's.
pub(crate) fn dump(sources: &Sources, analysis: &Analysis) -> Vec<String> {
    let mut out = Vec::new();
    for (key, uop) in &analysis.uops {
        dump_uop(sources, analysis, key, uop, &mut out);
    }
    for (key, found) in &analysis.instructions {
        let parts: Vec<String> = found
            .parts
            .iter()
            .map(|part| match part {
                Part::Uop(name) => analysis.uops[name.as_str()].name.clone(),
                Part::Skip(units) => format!("skip/{units}"),
                Part::Flush => "flush".to_owned(),
            })
            .collect();
        out.push(format!(
            "inst {key} = {} family {} target {} {} size {}",
            parts.join(" "),
            found.family.as_deref().unwrap_or("-"),
            u8::from(found.is_target),
            found.opcode,
            found.size
        ));
        dump_properties(key, &found.properties, &mut out);
    }
    for (key, found) in &analysis.families {
        out.push(format!("family {key} {} {}", found.size, found.members.join(" ")));
    }
    for (key, found) in &analysis.pseudos {
        let flags: Vec<String> = found.flags.iter().map(|flag| format!("'{flag}'")).collect();
        out.push(format!(
            "pseudo {key} {} {} {} [{}] {}",
            effect(&found.stack),
            found.targets.join(" "),
            u8::from(found.as_sequence),
            flags.join(", "),
            found.opcode
        ));
        dump_properties(key, &found.properties, &mut out);
    }
    for (key, found) in &analysis.labels {
        out.push(format!("label {key} {} {}", u8::from(found.spilled), block(sources, &found.body)));
        dump_properties(key, &found.properties, &mut out);
    }
    out.extend(analysis.opmap.iter().map(|(name, number)| format!("number {name} {number}")));
    out.push(format!("have_arg {} min_instrumented {}", analysis.have_arg, analysis.min_instrumented));
    out
}

fn dump_uop(sources: &Sources, analysis: &Analysis, key: &str, uop: &Uop, out: &mut Vec<String>) {
    out.push(format!("uop {key} = {} {} {}", uop.name, uop.annotations.join(","), effect(&uop.stack)));
    let caches: Vec<String> = uop.caches.iter().map(|cache| format!("{}/{}", cache.name, cache.size)).collect();
    let stores: Vec<String> = uop.local_stores.iter().map(place).collect();
    out.push(format!(
        "{key} caches {} stores {} replicated {} of {}",
        caches.join(" "),
        stores.join(" "),
        uop.replicated.end,
        uop.replicates.as_ref().map_or("-", |base| &analysis.uops[base.as_str()].name)
    ));
    out.push(format!(
        "{key} implicit {} size {} in {}",
        u8::from(uop.implicitly_created),
        uop.size(),
        uop.instruction_size.map_or("None".to_owned(), |size| size.to_string())
    ));
    out.push(format!("{key} body {}", block(sources, &uop.body)));
    dump_properties(key, &uop.properties, out);
}

fn dump_properties(name: &str, found: &Properties, out: &mut Vec<String>) {
    let flags = [
        (found.escapes, "escapes"),
        (found.error_with_pop, "error_with_pop"),
        (found.error_without_pop, "error_without_pop"),
        (found.deopts, "deopts"),
        (found.oparg, "oparg"),
        (found.jumps, "jumps"),
        (found.eval_breaker, "eval_breaker"),
        (found.needs_this, "needs_this"),
        (found.always_exits, "always_exits"),
        (found.stores_sp, "stores_sp"),
        (found.uses_co_consts, "uses_co_consts"),
        (found.uses_co_names, "uses_co_names"),
        (found.uses_locals, "uses_locals"),
        (found.has_free, "has_free"),
        (found.side_exit, "side_exit"),
        (found.pure, "pure"),
        (found.uses_opcode, "uses_opcode"),
        (found.needs_prev, "needs_prev"),
        (found.no_save_ip, "no_save_ip"),
    ];
    let set: Vec<&str> = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect();
    let tier = found.tier.map_or("None".to_owned(), |tier| tier.to_string());
    let oparg = found.const_oparg.map_or("-1".to_owned(), |oparg| oparg.to_string());
    out.push(format!("{name} flags {} tier={tier} oparg={oparg}", set.join(" ")));
    for call in &found.escaping_calls {
        let kills = call.kills.as_ref().map_or("-".to_owned(), place);
        out.push(format!("{name} escape {} {} {kills}", place(&call.statement), place(&call.call)));
    }
}

fn effect(stack: &StackEffect) -> String {
    let items = |items: &[StackItem]| items.iter().map(item).collect::<Vec<_>>().join(" ");
    format!("({} -- {})", items(&stack.inputs), items(&stack.outputs))
}

fn item(item: &StackItem) -> String {
    let (type_, size) = (item.type_.as_deref().unwrap_or(""), item.size.as_deref().unwrap_or(""));
    let (peek, used) = (if item.peek { "^" } else { "" }, if item.used { "*" } else { "" });
    let condition = item.condition.as_ref().map(|condition| format!("if({condition})")).unwrap_or_default();
    format!("{}:{type_}[{size}]{condition}{peek}{used}", item.name)
}

fn words(sources: &Sources, tokens: &[Token]) -> String {
    tokens.iter().map(|token| sources.text(token.span).replace('\n', "\\n")).collect::<Vec<_>>().join(" ")
}

fn block(sources: &Sources, block: &Block) -> String {
    format!("{{ {} }}", statements(sources, &block.body))
}

fn statements(sources: &Sources, all: &[Stmt]) -> String {
    all.iter().map(|stmt| statement(sources, stmt)).collect::<Vec<_>>().join(" ")
}

fn statement(sources: &Sources, found: &Stmt) -> String {
    match found {
        Stmt::If { condition, body, else_, .. } => {
            let mut text = format!("if {} {}", words(sources, condition), statement(sources, body));
            if let Some((_, inner)) = else_ {
                let _ = write!(text, " else {}", statement(sources, inner));
            }
            text
        }
        Stmt::For { header, body, .. } => format!("for {} {}", words(sources, header), statement(sources, body)),
        Stmt::While { condition, body, .. } => {
            format!("while {} {}", words(sources, condition), statement(sources, body))
        }
        Stmt::MacroIf { condition, body, else_, endif } => {
            let mut text = format!("#[{} {}", words(sources, &[*condition]), statements(sources, body));
            if let Some((word, part)) = else_ {
                let _ = write!(text, " {} {}", words(sources, &[*word]), statements(sources, part));
            }
            format!("{text} {}]", words(sources, &[*endif]))
        }
        Stmt::Block(inner) => block(sources, inner),
        Stmt::Simple(tokens) => format!("<{}>", words(sources, tokens)),
    }
}
