//! CPU time and memory of `bodywork cases all` and of translating every body to Rust, paired with the scripts of CPython's
//! generator in one run; and how they grow with the definitions. Fails when the aims of ARCHITECTURE.md's "Speed" are missed.

#[path = "../tests/support/mod.rs"]
mod support;

use harness::pipeline::Pipeline;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use support::mutate::Corpus;
use translator::source::SourceFile;

const ROUNDS: usize = 9;
/// How many times less CPU than the scripts.
const RATIO: f64 = 100.0;
/// How many times more CPU ten times the definitions may take.
const GROWTH: f64 = 11.0;
/// CPU seconds in which every body is translated and every Rust file written, formatting aside.
const TRANSLATION: f64 = 0.3;
/// With this argument and a file this program does nothing but translate it.
const TRANSLATE: &str = "--translate";

/// Script, kind, and whether it takes the optimizer's definitions.
const SCRIPTS: [(&str, &str, bool); 9] = [
    ("tier1_generator.py", "generated_cases.c.h", false),
    ("tier2_generator.py", "executor_cases.c.h", false),
    ("optimizer_generator.py", "optimizer_cases.c.h", true),
    ("opcode_id_generator.py", "opcode_ids.h", false),
    ("opcode_metadata_generator.py", "pycore_opcode_metadata.h", false),
    ("py_metadata_generator.py", "_opcode_metadata.py", false),
    ("uop_id_generator.py", "pycore_uop_ids.h", false),
    ("uop_metadata_generator.py", "pycore_uop_metadata.h", false),
    ("target_generator.py", "opcode_targets.h", false),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, file] = arguments.as_slice()
        && flag == TRANSLATE
    {
        return translate(Path::new(file));
    }
    let (Some(generator), Some(python)) = (support::generator(), support::python()) else {
        return ExitCode::SUCCESS;
    };
    let given = support::checkout().or_else(|| Some((support::definitions()?, Vec::new())));
    let Some((definitions, overrides)) = given else {
        return ExitCode::SUCCESS;
    };
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        fs::write(dir.path().join(name), text).expect("the file is written");
        name.to_owned()
    };
    let base = write("bytecodes.c", &definitions[0].1);
    let corpus = Corpus::new(&definitions[0].1);
    let small = write("small.c", &corpus.repeated(1));
    let large = write("large.c", &corpus.repeated(10));
    let optimizer = overrides.first().map(|(_, text)| write("optimizer_bytecodes.c", text));
    let output = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let scripts: Vec<Vec<String>> = SCRIPTS
        .iter()
        .filter(|(_, _, with_optimizer)| !with_optimizer || optimizer.is_some())
        .map(|(script, file, with_optimizer)| {
            let mut command = vec![text(&python), text(&generator.join(script)), "-o".into(), output(file)];
            command.extend(optimizer.iter().filter(|_| *with_optimizer).map(|name| output(name)));
            command.push(output(&base));
            command
        })
        .collect();
    let ours = |input: &str| {
        let mut command = vec![env!("CARGO_BIN_EXE_bodywork").to_owned(), "-q".into(), "cases".into(), "all".into()];
        command.extend(["--out-dir".into(), output("out"), output(input)]);
        command.extend(optimizer.iter().map(|name| output(name)));
        vec![command]
    };
    let kinds = ["tier2", "uop-ids", "uop-metadata"];
    let growing = |input: &str| -> Vec<Vec<String>> {
        let command = |kind: &str| -> Vec<String> {
            let program = env!("CARGO_BIN_EXE_bodywork").to_owned();
            vec![program, "cases".into(), kind.into(), "-o".into(), output("grown"), output(input)]
        };
        kinds.iter().map(|kind| command(kind)).collect()
    };
    let own = std::env::current_exe().expect("this program");
    let translation = vec![vec![text(&own), TRANSLATE.into(), output(&base)]];
    let groups = json!([scripts, ours(&base), translation, growing(&small), growing(&large)]);
    report(&measure(&python, &groups), scripts.len())
}

/// Every stage up to the Rust text.
fn translate(path: &Path) -> ExitCode {
    let text = fs::read_to_string(path).expect("the definitions");
    let pipeline =
        Pipeline::run_on("bench", vec![SourceFile::new("bytecodes.c", &text)]).expect("they are well-formed");
    let translated = pipeline.translation.uops.values().filter(|body| body.is_ok()).count();
    let bytes: usize = pipeline.files().iter().map(|file| file.text.len()).sum();
    assert!(translated > 200 && bytes > 100_000, "{translated} bodies, {bytes} bytes");
    ExitCode::SUCCESS
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Seconds and MiB of each group.
fn measure(python: &Path, groups: &Value) -> Vec<(f64, f64)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/measure.py");
    let request = json!({"rounds": ROUNDS, "groups": groups}).to_string();
    let output = Command::new(python).arg(script).arg(request).output().expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).expect("the answer is JSON");
    rows.iter().map(|row| (row[0].as_f64().unwrap_or(f64::NAN), row[1].as_f64().unwrap_or(f64::NAN))).collect()
}

fn report(measured: &[(f64, f64)], scripts: usize) -> ExitCode {
    let [(theirs, their_peak), (ours, our_peak), (translation, peak), (small, _), (large, _)] = measured else {
        return ExitCode::FAILURE;
    };
    let (ratio, growth) = (theirs / ours, large / small);
    println!("medians of {ROUNDS} runs, CPU seconds of whole processes");
    println!("{scripts} scripts of CPython's generator  {theirs:8.4} s  {their_peak:5.1} MiB");
    println!("bodywork cases all                  {ours:8.4} s  {our_peak:5.1} MiB   {ratio:.0} times less");
    println!("translating everything              {translation:8.4} s  {peak:5.1} MiB");
    println!("ten times the definitions           {large:8.4} s, for {small:.4} s   {growth:.1} times as much");
    if ratio >= RATIO && our_peak < their_peak && growth <= GROWTH && *translation <= TRANSLATION {
        return ExitCode::SUCCESS;
    }
    println!(
        "missed: {RATIO} times less CPU, less memory, {GROWTH} times as much at most, {TRANSLATION} s to translate"
    );
    ExitCode::FAILURE
}
