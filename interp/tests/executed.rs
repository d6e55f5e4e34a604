//! Which instructions and labels some program executes: `harness/executed.json`, the `executed` column of
//! `bodywork coverage`. Every arm of the dispatch loop is executed by a program or named with the reason why none can.
//!
//! `BODYWORK_BLESS=1 cargo test -p interp --test executed` records the list anew.

mod common;

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const LIST: &str = "harness/executed.json";

/// What no program reaches, by name or, with a `*` at the end, by how the name begins.
const NOT_REACHED: &[(&str, &str)] = &[
    ("CACHE", "stands in caches alone, where no jump leads"),
    ("RESERVED", "no compiler emits it"),
    ("ENTER_EXECUTOR", "only the optimizer of a JIT build writes it"),
    ("JUMP_BACKWARD_JIT", "only in a JIT build"),
    ("pop_1_error", "the arm itself takes what the error leaves off the stack"),
    ("pop_2_error", "the arm itself takes what the error leaves off the stack"),
];

fn reason(name: &str) -> Option<&'static str> {
    let named = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    };
    NOT_REACHED.iter().find(|(pattern, _)| named(pattern)).map(|(_, reason)| *reason)
}

/// Programs that execute a name, in order.
type Reached = BTreeMap<String, BTreeSet<String>>;

/// Runs every program and says who completes which instruction and who reaches which label.
fn executed() -> (Reached, Reached) {
    let programs: Vec<_> =
        common::fixtures().into_iter().filter(|path| path.parent().is_some_and(|p| p.ends_with("programs"))).collect();
    let found = Mutex::new((Reached::new(), Reached::new()));
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(program) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let name = program.file_stem().expect("a name").to_string_lossy().into_owned();
            let stats = stats(program);
            let mut found = found.lock().expect("no panic");
            for (opcode, counts) in stats["opcodes"].as_object().expect("opcodes") {
                if counts["completed"].as_u64() > Some(0) {
                    found.0.entry(opcode.clone()).or_default().insert(name.clone());
                }
            }
            for label in stats["labels"].as_object().expect("labels").keys() {
                found.1.entry(label.clone()).or_default().insert(name.clone());
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, |count| count.get().min(8)) {
            scope.spawn(work);
        }
    });
    found.into_inner().expect("no panic")
}

fn stats(program: &Path) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("stats.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_interp"));
    command.args(["stats", "--json", "-o"]).arg(&path).arg(program).current_dir(common::root());
    command.output().expect("it runs");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// The names behind `marker` in a generated file: `opcode::NAME =>` of the arms, `fn NAME(` of the labels.
fn generated(file: &str, before: &str, after: char) -> BTreeSet<String> {
    let path = common::root().join("interp/src/generated").join(file);
    let text = std::fs::read_to_string(path).expect("generated code");
    let names = text.lines().filter_map(|line| line.trim().strip_prefix(before)?.split(after).next());
    names.map(|name| name.trim().to_owned()).collect()
}

fn first(reached: &Reached) -> BTreeMap<&String, Option<&String>> {
    reached.iter().map(|(name, programs)| (name, programs.first())).collect()
}

#[test]
fn every_arm_is_executed_or_has_a_reason() {
    let (opcodes, labels) = executed();
    let path = common::root().join(LIST);
    let arms: BTreeSet<String> = generated("dispatch.rs", "opcode::", '=');
    let all: BTreeSet<String> = arms.union(&generated("labels.rs", "pub(crate) fn ", '(')).cloned().collect();
    assert!(all.len() > 220, "{} arms and labels", all.len());
    let missing: Vec<&String> =
        all.iter().filter(|name| !opcodes.contains_key(*name) && !labels.contains_key(*name)).collect();
    let unexplained: Vec<_> = missing.iter().filter(|name| reason(name).is_none()).collect();
    assert!(unexplained.is_empty(), "no program executes {unexplained:?}, and no reason is given");
    let outdated: Vec<_> = opcodes.keys().chain(labels.keys()).filter(|name| reason(name).is_some()).collect();
    assert!(outdated.is_empty(), "{outdated:?} are executed after all");
    if std::env::var_os("BODYWORK_BLESS").is_some() {
        let not_reached: BTreeMap<_, _> = missing.iter().map(|name| (name, reason(name))).collect();
        let list = json!({"release": "3.14", "opcodes": first(&opcodes), "labels": first(&labels), "not_reached": not_reached});
        std::fs::write(&path, serde_json::to_string_pretty(&list).expect("JSON") + "\n").expect("it can be written");
    }
    let list: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("the list")).expect("JSON");
    for (key, reached) in [("opcodes", &opcodes), ("labels", &labels)] {
        let listed = list[key].as_object().expect("a table");
        let named: BTreeSet<&String> = listed.keys().collect();
        assert_eq!(named, reached.keys().collect(), "{LIST}: {key}; BODYWORK_BLESS=1 records it anew");
        for (name, program) in listed {
            let program = program.as_str().expect("a program");
            assert!(reached[name].contains(program), "{LIST}: {program} does not execute {name}");
        }
    }
}
