//! What the tests of the C back end share: CPython's own generator as a process, and running ours on the same input.

#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod headers;
pub(crate) mod mutate;
pub(crate) mod surface;

use harness::cases;
use inputs::testing::need;
use serde_json::{Value, json};
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use translator::analysis::{self, model::Analysis};
use translator::cgen::{self, Kind, Options};
use translator::diagnostics::Diagnostic;
use translator::dsl::lexer;
use translator::source::{SourceFile, Sources};

/// A refusal, ours or the original's. `foreseen` is false for an internal error of the original, which has no place,
/// and for what we say where the original has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) place: Option<(String, u32, u32)>,
    pub(crate) foreseen: bool,
}

/// What became of one file.
pub(crate) type Output = Result<String, Refusal>;

/// Named texts.
pub(crate) type Files = Vec<(String, String)>;

/// One thing to generate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) files: Files,
    /// The optimizer's definitions.
    pub(crate) overrides: Files,
    pub(crate) lines: bool,
    pub(crate) namespace: bool,
    pub(crate) debug: bool,
    /// 3.14's generator if none is named.
    pub(crate) release: Option<Releases>,
}

/// The rules of a release's analyser and generators.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Releases {
    analysis: analysis::Release,
    cgen: cgen::Release,
}

impl Request {
    fn release(&self) -> Releases {
        self.release.unwrap_or(Releases { analysis: analysis::Release::V3_14, cgen: cgen::Release::V3_14 })
    }
}

pub(crate) fn say(text: &str) {
    inputs::testing::say(text);
}

/// CPython's generator, running.
pub(crate) struct Oracle {
    process: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    generator_folder: String,
}

/// A folder from the environment, else from the inputs of this machine; none after saying so.
fn locate(
    variable: &str,
    what: &str,
    lookup: impl FnOnce(&inputs::Inputs) -> inputs::Result<PathBuf>,
) -> Option<PathBuf> {
    match env::var_os(variable).filter(|value| !value.is_empty()) {
        Some(path) => Some(path.into()),
        None => need(what, |_| lookup(&pinned()?)),
    }
}

/// The folder of CPython's generator.
pub(crate) fn generator() -> Option<PathBuf> {
    locate("BODYWORK_CASES_GENERATOR", "CPython's generator", inputs::Inputs::cases_generator_dir)
}

/// The folder of CPython's test suite.
pub(crate) fn test_suite() -> Option<PathBuf> {
    locate("BODYWORK_TEST_SUITE", "CPython's test suite", inputs::Inputs::test_suite_dir)
}

/// The Python that runs CPython's generator.
pub(crate) fn python() -> Option<PathBuf> {
    locate("BODYWORK_PYTHON", "CPython 3.14", inputs::Inputs::python)
}

/// One of our scripts.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support").join(name)
}

impl Oracle {
    /// Starts CPython 3.14's generator, if it is here.
    pub(crate) fn start() -> Option<Self> {
        Some(Self::of(&generator()?, &python()?))
    }

    /// Starts the generator in `folder`.
    pub(crate) fn of(folder: &Path, python: &Path) -> Self {
        let mut process = Command::new(python)
            .arg(script("oracle.py"))
            .arg(folder)
            .current_dir(env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let questions = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("stdout is piped"));
        let part =
            |path: Option<&Path>| path.and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        let generator_folder = format!("{}/{}", part(folder.parent()), part(Some(folder)));
        Self { process, questions, answers, generator_folder }
    }

    /// What the original makes of the request: an output for each kind.
    pub(crate) fn ask(&mut self, request: &Request) -> Vec<Output> {
        let kinds: Vec<&str> = request.kinds.iter().map(|kind| kind.name()).collect();
        let question = json!({
            "kinds": kinds,
            "files": request.files,
            "overrides": request.overrides,
            "lines": request.lines,
            "namespace": request.namespace,
            "debug": request.debug,
        });
        let questions = self.questions.as_mut().expect("the process runs");
        writeln!(questions, "{question}").expect("the process listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the process answers");
        let answer: Value = serde_json::from_str(&line).expect("the answer is JSON");
        if let Some(refusal) = answer.get("refusal") {
            return vec![Err(original_refusal(refusal)); kinds.len()];
        }
        let outputs = answer["outputs"].as_array().expect("an output for each kind");
        outputs.iter().map(original_output).collect()
    }

    /// The options under which ours names itself and its input as this oracle does.
    pub(crate) fn options(&self, request: &Request, kind: Kind) -> Options {
        let named = if kind == Kind::Optimizer { &request.overrides } else { &request.files };
        Options {
            generator_folder: self.generator_folder.clone(),
            source_names: named.iter().map(|(name, _)| name.clone()).collect(),
            line_directives: request.lines,
            distinct_namespace: request.namespace,
            debug: request.debug,
            release: request.release().cgen,
        }
    }

    /// Ours on the same request.
    pub(crate) fn ours(&self, request: &Request) -> Vec<Output> {
        ours(request, |kind| self.options(request, kind))
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        drop(self.questions.take()); // The process ends with its input.
        let _ = self.process.wait();
    }
}

fn original_output(value: &Value) -> Output {
    match value.get("refusal") {
        Some(refusal) => Err(original_refusal(refusal)),
        None => Ok(value["text"].as_str().expect("text").to_owned()),
    }
}

fn original_refusal(value: &Value) -> Refusal {
    let message = value["message"].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| value[name].as_u64().and_then(|n| u32::try_from(n).ok());
    let place = match (value["file"].as_str(), number("line"), number("column")) {
        (Some(file), Some(line), Some(column)) => Some((file.to_owned(), line, column)),
        _ => None,
    };
    Refusal { message, foreseen: value["type"] == "SyntaxError", place }
}

/// Ours on a request, one output for each kind.
pub(crate) fn ours(request: &Request, options: impl Fn(Kind) -> Options) -> Vec<Output> {
    let mut sources = Sources::default();
    let base = match read(&mut sources, &request.files, request) {
        Ok(analysis) => analysis,
        Err(refusals) => return vec![Err(our_refusal(&refusals[0], &sources)); request.kinds.len()],
    };
    let overrides = read(&mut sources, &request.overrides, request);
    let one = |kind| {
        if kind != Kind::Optimizer {
            return cgen::generate(kind, &base, &sources, &options(kind))
                .map_err(|refusal| our_refusal(&refusal, &sources));
        }
        let overrides = overrides.as_ref().map_err(|refusals| our_refusal(&refusals[0], &sources))?;
        cgen::generate_optimizer(&base, overrides, &sources, &options(kind))
            .map_err(|refusal| our_refusal(&refusal, &sources))
    };
    request.kinds.iter().map(|kind| one(*kind)).collect()
}

/// How two outputs for the same input differ, if they do: an excerpt around the first line that does, or the refusals.
pub(crate) fn difference(theirs: &Output, ours: &Output) -> Option<String> {
    match (theirs, ours) {
        (Ok(theirs), Ok(ours)) if theirs == ours => None,
        (Ok(theirs), Ok(ours)) => Some(text_difference(theirs, ours)),
        (Ok(_), Err(ours)) => Some(format!("accepted by CPython's, refused by ours: {ours:?}")),
        (Err(theirs), Ok(_)) => Some(format!("refused by CPython's, accepted by ours: {theirs:?}")),
        (Err(theirs), Err(_)) if !theirs.foreseen => None,
        (Err(theirs), Err(ours)) if theirs == ours => None,
        (Err(theirs), Err(ours)) => Some(format!("CPython's refuses with {theirs:?}\nours with {ours:?}")),
    }
}

fn text_difference(theirs: &str, ours: &str) -> String {
    let (their_lines, our_lines): (Vec<&str>, Vec<&str>) = (theirs.split('\n').collect(), ours.split('\n').collect());
    let first = their_lines.iter().zip(&our_lines).take_while(|(a, b)| a == b).count();
    let excerpt = |lines: &[&str]| {
        let end = lines.len().min(first + 4);
        lines[first.saturating_sub(8).min(end)..end].join("\n")
    };
    format!(
        "line {} differs (of {} and {})\nCPython's:\n{}\nours:\n{}",
        first + 1,
        their_lines.len(),
        our_lines.len(),
        excerpt(&their_lines),
        excerpt(&our_lines)
    )
}

/// The definitions to compare on: `BODYWORK_DEFINITIONS`, or the pinned ones.
pub(crate) fn definitions() -> Option<Files> {
    if let Some(path) = env::var_os("BODYWORK_DEFINITIONS").filter(|value| !value.is_empty()) {
        let text = std::fs::read_to_string(path).expect("BODYWORK_DEFINITIONS can be read");
        return Some(vec![("bytecodes.c".into(), text)]);
    }
    let file = need("the pinned definitions", |_| Ok(pinned()?.definitions()?.bytecodes))?;
    Some(vec![named(&file)])
}

/// `BODYWORK_CINDER_DEFINITIONS`, or the pinned archive's `cinder-bytecodes.c` for 3.14.
pub(crate) fn cinder() -> Option<(String, String)> {
    if let Some(path) = env::var_os("BODYWORK_CINDER_DEFINITIONS").filter(|value| !value.is_empty()) {
        let text = std::fs::read_to_string(path).expect("BODYWORK_CINDER_DEFINITIONS can be read");
        return Some(("cinder-bytecodes.c".into(), text));
    }
    let file = need("cinder-bytecodes.c", |_| pinned()?.cinder("3.14")?.definitions.read())?;
    Some(("cinder-bytecodes.c".into(), file.text.to_string()))
}

/// The definitions of the checkout that `BODYWORK_CPYTHON` names, and the optimizer's; none after saying so.
pub(crate) fn checkout() -> Option<(Files, Files)> {
    if env::var_os("BODYWORK_CPYTHON").is_none_or(|value| value.is_empty()) {
        say("not run, there is no checkout (BODYWORK_CPYTHON names one)");
        return None;
    }
    let definitions = need("the checkout's definitions", |inputs| inputs.definitions())?;
    let overrides = definitions.optimizer.iter().map(named).collect();
    Some((vec![named(&definitions.bytecodes)], overrides))
}

/// A header of the pinned release, as text.
pub(crate) fn header(name: &str) -> Option<String> {
    need(name, |_| pinned()?.header(name)?.read()).map(|file| file.text.to_string())
}

fn named(file: &SourceFile) -> (String, String) {
    (file.name.to_string(), file.text.to_string())
}

/// The pinned inputs, also where a checkout is given.
fn pinned() -> inputs::Result<inputs::Inputs> {
    let mut options = inputs::Options::from_env()?;
    options.cpython = None;
    inputs::Inputs::locate(&options)
}

fn read(sources: &mut Sources, files: &Files, request: &Request) -> Result<Analysis, Vec<Diagnostic>> {
    let ids: Vec<_> = files.iter().map(|(name, text)| sources.add(SourceFile::new(name, text))).collect();
    cases::analyse(sources, &ids, &request.release().analysis)
}

/// Where and how the original says it.
fn our_refusal(refusal: &Diagnostic, sources: &Sources) -> Refusal {
    let place = refusal.cpython_place().map(|span| {
        let file = sources.get(span.file);
        let (line, column) = lexer::cpython_position(sources, span).unwrap_or_else(|| file.line_column(span.start));
        (file.name.to_string(), line, column)
    });
    Refusal { message: refusal.message.clone(), place, foreseen: refusal.code != cgen::UNFORESEEN }
}

/// The checkout's own generator, if ours follows its release; none after saying so.
pub(crate) fn checkout_oracle() -> Option<(Oracle, Releases)> {
    let folder = PathBuf::from(env::var_os("BODYWORK_CPYTHON")?).join("Tools/cases_generator");
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    let is_main = text("generators_common.py").contains("{uop.instruction_size} ")
        && text("stack.py").contains("class Storage")
        && text("analyzer.py").contains("PyStackRef_IncrementTaggedIntNoOverflow");
    if !is_main {
        say("not run on the checkout's own generator, whose release ours does not follow");
        return None;
    }
    let releases = Releases { analysis: analysis::Release::MAIN_2025_05_30, cgen: cgen::Release::MAIN_2025_05_30 };
    Some((Oracle::of(&folder, &python()?), releases))
}
