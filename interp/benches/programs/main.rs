//! CPU time and peak memory of our programs beside CPython 3.14, and beside RustPython where there is one: whole
//! processes, in turn. Prints a table and a verdict, draws a picture, and fails when an aim is missed.

#[path = "../../tests/common/mod.rs"]
mod common;
mod measure;
mod picture;
mod report;

use clap::Parser;
use measure::{Runner, Sample};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Measures interp beside CPython 3.14 (BODYWORK_PYTHON, the cache's, or python3.14), and RustPython where there is one.
///
/// Each program runs as a whole process, by turns under each of them; quoted are medians of CPU time (user and system)
/// and of the ratios run by run, and the largest peak memory.
#[derive(Parser)]
#[command(name = "cargo bench -p interp --", after_help = "The exit code is 1 when an aim is missed.")]
struct Options {
    /// Counted runs of each program, after one that compares what is printed
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Run fixtures/bench from .py, compiling included, instead of from .pyc
    #[arg(long)]
    source: bool,
    /// Only programs with this in their names; the verdict on the mean is then left out
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// RustPython to compare with, else BODYWORK_RUSTPYTHON, else `rustpython` on the path, if any
    #[arg(long, value_name = "EXE")]
    rustpython: Option<PathBuf>,
    /// Where the picture goes [default: programs.svg in the target folder's tmp]
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// What a program showed, ours and theirs run by run.
struct Row {
    name: String,
    group: Group,
    ours: Vec<Sample>,
    theirs: Vec<Sample>,
    rustpython: Option<Vec<Sample>>,
}

/// The aims are about the first; the second looks at one thing each, from source, with CPython's own library.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Programs,
    Micro,
}

impl Group {
    const ALL: [Group; 2] = [Group::Programs, Group::Micro];

    fn title(self) -> &'static str {
        match self {
            Group::Programs => "programs",
            Group::Micro => "micro",
        }
    }

    fn folder(self) -> PathBuf {
        common::root().join("fixtures").join(match self {
            Group::Programs => "bench",
            Group::Micro => "micro",
        })
    }

    /// The sources, sorted.
    fn sources(self) -> Vec<PathBuf> {
        let folder = self.folder();
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        found.retain(|path| path.extension().is_some_and(|extension| extension == "py"));
        found.sort();
        found
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let Some(python) = common::python() else { return ExitCode::SUCCESS };
    let named = || std::env::var_os("BODYWORK_RUSTPYTHON").map(PathBuf::from);
    let rustpython = options.rustpython.clone().or_else(named).or_else(|| on_path("rustpython"));
    let runner = Runner::new(python, rustpython, options.rounds);

    println!("medians of {} runs, CPU time of whole processes; ratio: of interp's to CPython's\n", options.rounds);
    let mut rows = Vec::new();
    for group in Group::ALL {
        let sources = group.sources().into_iter().filter(|source| wanted(&options, source)).collect::<Vec<_>>();
        if !sources.is_empty() {
            report::heading(group, runner.rustpython.is_some());
        }
        for source in sources {
            let compiled = group == Group::Programs && !options.source;
            let row = runner.row(group, &source, if compiled { "pyc" } else { "py" });
            report::line(&row);
            rows.push(row);
        }
    }
    if rows.is_empty() {
        eprintln!("no program's name has {:?} in it", options.only.unwrap_or_default());
        return ExitCode::from(2);
    }
    let start = runner.start_up();
    let path = options.picture.unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs.svg"));
    if let Err(error) = std::fs::write(&path, picture::draw(&rows)) {
        eprintln!("{}: {error}", path.display());
        return ExitCode::from(2);
    }
    let met = report::verdict(&rows, &start, options.only.is_none());
    println!("picture: {}", path.display());
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn wanted(options: &Options, source: &Path) -> bool {
    let name = name_of(source);
    options.only.as_ref().is_none_or(|only| name.contains(only.as_str()))
}

fn name_of(source: &Path) -> String {
    source.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}
