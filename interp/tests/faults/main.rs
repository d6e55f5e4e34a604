//! Damaged `.pyc` files, thousands of them from one seed, each run as a program: an error message, a Python exception or
//! an ordinary end, never a crash. What the reader and the verifier refuse is refused in this process and in no time;
//! what they let through runs in a process of its own with bounds on time and memory.
//!
//! `BODYWORK_MUTATIONS` asks for more of them, `BODYWORK_SEED` for others.
#![cfg(unix)]

#[path = "../common/mod.rs"]
mod common;
mod mutate;

use interp::pyc::{self, verify};
use mutate::{Random, mutate};
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A loop without end is an ordinary program; it is stopped after so many seconds of CPU time.
const SECONDS: u32 = 2;
const MEMORY_KB: u32 = 4 * 1024 * 1024;
/// The reader and the verifier take a fraction of this for the largest fixture.
const LOADING: Duration = Duration::from_secs(2);
const SIGXCPU: i32 = 24;
const SIGKILL: i32 = 9;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// How a damaged file ended, as the table counts it; `Err` for a crash.
fn ending(bytes: &[u8], file: &Path) -> Result<&'static str, String> {
    let started = Instant::now();
    let loaded = pyc::read(bytes).map(|read| verify::verify_all(&read.code).is_ok());
    if started.elapsed() > LOADING {
        return Err(format!("loading took {:?}", started.elapsed()));
    }
    match loaded {
        Err(_) => Ok("not read"),
        Ok(false) => Ok("not verified"),
        Ok(true) => run(bytes, file),
    }
}

fn run(bytes: &[u8], file: &Path) -> Result<&'static str, String> {
    std::fs::write(file, bytes).map_err(|error| error.to_string())?;
    let limits = format!("ulimit -t {SECONDS} && ulimit -v {MEMORY_KB} && exec \"$0\" run \"$1\"");
    let output = Command::new("sh")
        .args(["-c", &limits, env!("CARGO_BIN_EXE_interp")])
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stderr.lines().rev().take(4).collect::<Vec<_>>().join(" | ");
    match (output.status.code(), output.status.signal()) {
        (_, Some(SIGXCPU | SIGKILL)) => Ok("stopped"),
        (_, Some(signal)) => Err(format!("signal {signal}: {last}")),
        _ if stderr.contains("panicked at") => Err(format!("panic: {last}")),
        (Some(0), _) => Ok("ran"),
        (Some(2), _) if stderr.starts_with("error: ") => Ok("refused"),
        _ if stderr.contains("Error") || stderr.contains("Exception") || stderr.contains("Traceback") => {
            Ok("exception")
        }
        (code, _) => Ok(if code.is_some() { "exit code" } else { "?" }),
    }
}

/// By kind of damage and ending.
type Table = BTreeMap<(&'static str, &'static str), usize>;

struct Campaign {
    files: Vec<Vec<u8>>,
    seed: u64,
    count: usize,
    next: AtomicUsize,
    table: Mutex<Table>,
    crashes: Mutex<Vec<String>>,
    folder: PathBuf,
}

impl Campaign {
    /// Takes damaged files until none is left.
    fn work(&self, worker: usize) {
        let file = self.folder.join(format!("mutant{worker}.pyc"));
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.count {
                return;
            }
            let mut random = Random::new(self.seed.wrapping_add((number as u64) << 20));
            let original = &self.files[random.below(self.files.len())];
            let (kind, bytes) = mutate(original, &mut random);
            let ending = ending(&bytes, &file).unwrap_or_else(|message| {
                let kept = self.folder.join(format!("crash-{}-{number}.pyc", self.seed));
                let _ = std::fs::write(&kept, &bytes);
                let mut crashes = self.crashes.lock().expect("no worker panics");
                crashes.push(format!("{kind}, {}: {message}", kept.display()));
                "crash"
            });
            *self.table.lock().expect("no worker panics").entry((kind, ending)).or_default() += 1;
        }
    }
}

fn print(table: &Table) {
    let endings = ["not read", "not verified", "refused", "exception", "exit code", "ran", "stopped", "crash"];
    let heads: String = endings.iter().map(|name| format!("{name:>13}")).collect();
    println!("{:10}{heads}", "damage");
    let line = |name: &str, count: &dyn Fn(&str) -> usize| {
        let cells: String = endings.iter().map(|ending| format!("{:>13}", count(ending))).collect();
        println!("{name:10}{cells}");
    };
    for kind in mutate::kinds() {
        line(kind, &|ending| table.get(&(kind, ending)).copied().unwrap_or(0));
    }
    line("all", &|ending| table.iter().filter(|((_, e), _)| *e == ending).map(|(_, n)| n).sum());
}

#[test]
fn damaged_files_never_crash() {
    let campaign = Campaign {
        files: common::fixtures()
            .iter()
            .filter(|path| path.parent().is_some_and(|folder| folder.ends_with("programs")))
            .map(|path| std::fs::read(path).expect("a fixture"))
            .collect(),
        seed: setting("BODYWORK_SEED", 5),
        count: setting("BODYWORK_MUTATIONS", 1_000) as usize,
        next: AtomicUsize::new(0),
        table: Mutex::default(),
        crashes: Mutex::default(),
        folder: PathBuf::from(env!("CARGO_TARGET_TMPDIR")),
    };
    std::thread::scope(|scope| {
        for worker in 0..2 {
            let campaign = &campaign;
            scope.spawn(move || campaign.work(worker));
        }
    });
    let table = campaign.table.into_inner().expect("no worker panicked");
    print(&table);
    let all: usize = table.values().sum();
    assert_eq!(all, campaign.count);
    let reached: usize =
        ["ran", "exception"].iter().flat_map(|e| table.iter().filter(move |((_, x), _)| x == e)).map(|(_, n)| n).sum();
    assert!(reached * 5 > all, "only {reached} of {all} reached the interpreter: the damage is too coarse");
    let crashes = campaign.crashes.into_inner().expect("no worker panicked");
    assert!(crashes.is_empty(), "{} of {all} crashed:\n{}", crashes.len(), crashes.join("\n"));
}
