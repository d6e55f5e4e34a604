//! Runs processes in turn and asks the system what each took.

use super::{Group, Row, name_of};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use wait4::Wait4;

/// What one run took.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    /// CPU seconds, user and system.
    pub(crate) cpu: f64,
    /// The peak of the memory in use, in MiB.
    pub(crate) peak: f64,
}

/// Who runs programs, and how often.
pub(crate) struct Runner {
    python: PathBuf,
    pub(crate) rustpython: Option<PathBuf>,
    /// CPython's library, which the programs import from whoever runs them.
    library: PathBuf,
    rounds: u32,
}

impl Runner {
    pub(crate) fn new(python: PathBuf, rustpython: Option<PathBuf>, rounds: u32) -> Runner {
        let code = "import os; print(os.path.dirname(os.__file__))";
        let output = Command::new(&python).args(["-S", "-c", code]).output().expect("CPython runs");
        let library = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        Runner { python, rustpython, library, rounds }
    }

    fn ours(&self, file: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_interp"));
        command.arg("run").arg(file).env("PYTHONPATH", &self.library);
        command
    }

    fn theirs(&self, file: &Path) -> Command {
        let mut command = Command::new(&self.python);
        command.arg("-S").arg(file).env_remove("PYTHONPATH");
        command
    }

    /// RustPython reads no bytecode of CPython, and has a library of its own.
    fn rustpython(&self, source: &Path) -> Option<Command> {
        let mut command = Command::new(self.rustpython.as_ref()?);
        command.arg(source).env_remove("PYTHONPATH");
        Some(command)
    }

    /// Measures a program that lies beside its source under this extension.
    pub(crate) fn row(&self, group: Group, source: &Path, extension: &str) -> Row {
        let file = source.with_extension(extension);
        let expected = output(&mut self.theirs(&file));
        let printed = output(&mut self.ours(&file));
        assert!(printed == expected, "{}: interp prints something else than CPython", file.display());
        // It may lack what the program needs: then there is nothing to compare.
        let other = self.rustpython(source).is_some_and(|mut other| {
            other.output().is_ok_and(|output| output.status.success() && output.stdout == expected)
        });
        let mut row =
            Row { name: name_of(source), group, ours: vec![], theirs: vec![], rustpython: other.then(Vec::new) };
        for _ in 0..self.rounds {
            row.ours.push(sample(self.ours(&file)));
            row.theirs.push(sample(self.theirs(&file)));
            if let (Some(samples), Some(command)) = (&mut row.rustpython, self.rustpython(source)) {
                samples.push(sample(command));
            }
        }
        row
    }

    /// An empty program: ours and theirs.
    pub(crate) fn start_up(&self) -> Row {
        let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("empty.py");
        std::fs::write(&source, "pass\n").expect("the target folder can be written to");
        let often = Runner {
            python: self.python.clone(),
            rustpython: None,
            library: self.library.clone(),
            rounds: self.rounds.max(10),
        };
        often.row(Group::Programs, &source, "py")
    }
}

fn output(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Runs a command that has worked before.
///
/// The parent is this small program: what it has in memory when it spawns counts as the child's peak.
fn sample(mut command: Command) -> Sample {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let ended = child.and_then(Wait4::wait4).unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(ended.status.success(), "{command:?}: {}", ended.status);
    let usage = ended.rusage;
    Sample { cpu: (usage.utime + usage.stime).as_secs_f64(), peak: usage.maxrss as f64 / f64::from(1 << 20) }
}

/// The middle of some numbers; of an even count, the mean of the two in the middle.
pub(crate) fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_by(f64::total_cmp);
    (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0
}

pub(crate) fn cpu(samples: &[Sample]) -> f64 {
    median(samples.iter().map(|sample| sample.cpu))
}

pub(crate) fn peak(samples: &[Sample]) -> f64 {
    samples.iter().map(|sample| sample.peak).fold(0.0, f64::max)
}

/// The median of the ratios run by run, which the machine's moods touch less than the ratio of medians.
pub(crate) fn ratio(ours: &[Sample], theirs: &[Sample]) -> f64 {
    median(ours.iter().zip(theirs).map(|(ours, theirs)| ours.cpu / theirs.cpu))
}

impl Row {
    pub(crate) fn ratio(&self) -> f64 {
        ratio(&self.ours, &self.theirs)
    }

    pub(crate) fn rustpython_ratio(&self) -> Option<f64> {
        self.rustpython.as_ref().map(|samples| ratio(samples, &self.theirs))
    }

    /// How many times CPython's peak memory.
    pub(crate) fn memory(&self) -> f64 {
        peak(&self.ours) / peak(&self.theirs)
    }
}

pub(crate) fn geometric_mean(ratios: impl Iterator<Item = f64>) -> f64 {
    let logs: Vec<f64> = ratios.map(f64::ln).collect();
    (logs.iter().sum::<f64>() / logs.len() as f64).exp()
}
