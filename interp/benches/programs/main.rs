//! CPU time and peak memory of the programs in `fixtures/bench`, whole processes, paired with CPython 3.14 in one run, and
//! with RustPython where that is on the path. Prints a table, writes a picture, and fails when an aim is missed.
//!
//! `cargo bench -p interp` measures from `.pyc`; with `-- --source` from `.py`; `-- --rounds N` sets how often.

#[path = "../../tests/common/mod.rs"]
mod common;
mod picture;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const PROGRAMS: [&str; 9] =
    ["closures", "exceptions", "fannkuch", "fib", "generators", "nbody", "richards", "sieve", "strdict"];
/// How many times CPython's CPU time: the geometric mean, and the worst.
const MEAN: f64 = 3.0;
const WORST: f64 = 6.0;
/// Seconds of an empty program.
const START: f64 = 0.030;
/// How many times CPython's peak memory.
const MEMORY: f64 = 2.0;

/// CPU seconds and MiB, medians and largest.
type Measured = (f64, f64);

struct Row {
    name: &'static str,
    ours: Measured,
    theirs: Measured,
    rustpython: Option<Measured>,
}

impl Row {
    fn ratio(&self) -> f64 {
        self.ours.0 / self.theirs.0
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |flag: &str| arguments.iter().position(|a| a == flag).and_then(|at| arguments.get(at + 1));
    let rounds: usize = after("--rounds").map_or(5, |text| text.parse().expect("a number of rounds"));
    let source = arguments.iter().any(|argument| argument == "--source");
    let Some(python) = common::python() else { return ExitCode::SUCCESS };
    let rustpython = on_path("rustpython");
    let folder = common::root().join("fixtures/bench");
    let empty = Path::new(env!("CARGO_TARGET_TMPDIR")).join("empty.py");
    std::fs::write(&empty, "pass\n").expect("the file is written");

    let mut groups: Vec<Vec<String>> = Vec::new();
    for name in PROGRAMS {
        let file = folder.join(name).with_extension(if source { "py" } else { "pyc" });
        groups.push(ours(&file));
        groups.push(theirs(&python, &file));
        // It reads no bytecode of CPython.
        groups.extend(rustpython.as_ref().map(|exe| vec![text(exe), text(&file.with_extension("py"))]));
    }
    groups.push(ours(&empty));
    groups.push(theirs(&python, &empty));
    let measured = measure(&python, rounds, &groups);

    let columns = 2 + usize::from(rustpython.is_some());
    let (programs, start) = measured.split_at(PROGRAMS.len() * columns);
    let rows: Vec<Row> = PROGRAMS
        .into_iter()
        .zip(programs.chunks(columns))
        .map(|(name, m)| Row { name, ours: m[0], theirs: m[1], rustpython: m.get(2).copied() })
        .collect();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs.svg");
    std::fs::write(&path, picture::draw(&rows)).expect("the picture is written");
    println!("medians of {rounds} runs from .{}, CPU seconds of whole processes", if source { "py" } else { "pyc" });
    let ending = report(&rows, start[0], start[1]);
    println!("picture: {}", path.display());
    ending
}

fn ours(file: &Path) -> Vec<String> {
    vec![env!("CARGO_BIN_EXE_interp").into(), "run".into(), text(file)]
}

fn theirs(python: &Path, file: &Path) -> Vec<String> {
    vec![text(python), "-S".into(), text(file)]
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Runs each command in turn, all of them `rounds` times.
fn measure(python: &Path, rounds: usize, groups: &[Vec<String>]) -> Vec<Measured> {
    let script = common::root().join("harness/benches/measure.py");
    let quoted = |command: &Vec<String>| {
        format!("[[{}]]", command.iter().map(|a| format!("{a:?}")).collect::<Vec<_>>().join(","))
    };
    let groups: Vec<String> = groups.iter().map(quoted).collect();
    let request = format!("{{\"rounds\": {rounds}, \"groups\": [{}]}}", groups.join(","));
    let output = Command::new(python).arg(script).arg(request).output().expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = answer
        .split(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | 'e' | '-')))
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().expect("a number"))
        .collect();
    assert_eq!(numbers.len(), groups.len() * 2, "{answer}");
    numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect()
}

fn geometric_mean(ratios: impl Iterator<Item = f64>) -> f64 {
    let logs: Vec<f64> = ratios.map(f64::ln).collect();
    (logs.iter().sum::<f64>() / logs.len() as f64).exp()
}

fn report(rows: &[Row], start: Measured, their_start: Measured) -> ExitCode {
    println!("{:12}{:>10}{:>10}{:>8}{:>10}{:>10}", "", "interp s", "CPython s", "ratio", "MiB", "CPython");
    for row in rows {
        let other = row.rustpython.map_or(String::new(), |(seconds, _)| {
            format!("   RustPython {seconds:.3} s, {:.2} times", seconds / row.theirs.0)
        });
        println!(
            "{:12}{:10.3}{:10.3}{:8.2}{:10.1}{:10.1}{other}",
            row.name,
            row.ours.0,
            row.theirs.0,
            row.ratio(),
            row.ours.1,
            row.theirs.1
        );
    }
    let mean = geometric_mean(rows.iter().map(Row::ratio));
    let worst = rows.iter().map(Row::ratio).fold(0.0, f64::max);
    let memory = rows.iter().map(|row| row.ours.1 / row.theirs.1).fold(0.0, f64::max);
    println!("{:12}{:>28.2}", "mean", mean);
    println!("start-up    {:10.4}{:10.4}{:16}{:12.1}{:10.1}", start.0, their_start.0, "", start.1, their_start.1);
    let met = mean <= MEAN && worst <= WORST && start.0 <= START && memory <= MEMORY;
    if met {
        return ExitCode::SUCCESS;
    }
    println!("missed: a mean of {MEAN}, {WORST} at worst, {START} s to start, {MEMORY} times the memory");
    ExitCode::FAILURE
}
