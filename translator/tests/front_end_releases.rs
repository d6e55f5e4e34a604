//! Every definition of every release is read: the counts are known, and the opcodes get the numbers of the headers.

mod support;

use inputs::testing::{need, require};
use std::collections::BTreeMap;
use std::path::Path;
use support::say;
use translator::analysis::model::Analysis;
use translator::analysis::{Release, analyse_as};
use translator::dsl::ast::{BodyKind, Definition};
use translator::dsl::{Dialect, parse};
use translator::source::{SourceFile, Sources};

/// inst, op, macro, super, family, pseudo, label.
type Counts = [usize; 7];

fn counts(definitions: &[Definition]) -> Counts {
    let mut counts = Counts::default();
    for definition in definitions {
        let kind = match definition {
            Definition::Inst(def) if def.kind == BodyKind::Inst => 0,
            Definition::Inst(_) => 1,
            Definition::Macro(_) => 2,
            Definition::Super(_) => 3,
            Definition::Family(_) => 4,
            Definition::Pseudo(_) => 5,
            Definition::Label(_) => 6,
        };
        counts[kind] += 1;
    }
    counts
}

/// The counts of `bytecodes.c` and `optimizer_bytecodes.c`.
fn known(version: &str) -> Option<(Counts, Counts)> {
    match version {
        "3.12.0" => Some(([186, 0, 1, 5, 12, 0, 0], [0; 7])),
        "3.13.0" => Some(([145, 139, 66, 0, 15, 12, 0], [0, 67, 0, 0, 0, 0, 0])),
        // The main branch of 2025-05-30.
        "3.15.0a0" => Some(([115, 219, 110, 0, 16, 11, 6], [0, 127, 0, 0, 0, 0, 0])),
        "3.15.0a5+" => Some(([111, 263, 118, 0, 17, 11, 7], [0, 162, 0, 0, 0, 0, 0])),
        _ => None,
    }
}

fn read(sources: &mut Sources, file: &SourceFile) -> Vec<Definition> {
    let id = sources.add(file.clone());
    let (definitions, errors) = parse(sources, id, Dialect::AnyRelease);
    assert!(errors.is_empty(), "{}", errors[0].render(sources));
    definitions
}

fn analyse(sources: &Sources, definitions: &[Definition], release: &Release) -> Analysis {
    match analyse_as(sources, definitions, release) {
        Ok(analysis) => analysis,
        Err(errors) => panic!("{}", errors.iter().map(|error| error.render(sources)).collect::<String>()),
    }
}

#[test]
fn a_checkout_is_read_whole() {
    if std::env::var_os("BODYWORK_CPYTHON").is_none_or(|value| value.is_empty()) {
        return say("not run, there is no checkout (BODYWORK_CPYTHON names one)");
    }
    let Some(inputs) = require() else { return };
    let definitions = inputs.definitions().expect("a checkout has them");
    let version = inputs.release().version.as_str();
    let release = Release::named(version);
    let mut sources = Sources::default();
    let main = read(&mut sources, &definitions.bytecodes);
    let optimizer: Vec<Definition> = definitions.optimizer.iter().flat_map(|file| read(&mut sources, file)).collect();
    if let Some(expected) = known(version) {
        assert_eq!((counts(&main), counts(&optimizer)), expected, "definitions of {version}");
    }
    let analysis = analyse(&sources, &main, &release);
    analyse(&sources, &optimizer, &release);
    say(&format!("{version}: {} definitions are read", main.len() + optimizer.len()));
    // 3.12 numbers its opcodes by hand.
    if let (true, Ok(header)) = (version > "3.13", inputs.header("opcode_ids.h")) {
        let theirs = numbers(&header.read().expect("it can be read").text);
        let ours: BTreeMap<&str, u16> = analysis.opmap.iter().map(|(name, number)| (name.as_str(), *number)).collect();
        let theirs: BTreeMap<&str, u16> = theirs.iter().map(|(name, number)| (name.as_str(), *number)).collect();
        pretty_assertions::assert_eq!(theirs, ours);
        say(&format!("{version}: {} opcodes have the numbers of opcode_ids.h", ours.len()));
    }
}

fn numbers(header: &str) -> BTreeMap<String, u16> {
    let limits = ["HAVE_ARGUMENT", "MIN_SPECIALIZED_OPCODE", "MIN_INSTRUMENTED_OPCODE"];
    let lines = header.lines().filter_map(|line| {
        let mut words = line.strip_prefix("#define ")?.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
    });
    lines.filter(|(name, _)| !limits.contains(&name.as_str())).collect()
}

/// Cinder adds to the definitions of a release, or replaces them.
#[test]
fn cinders_definitions_are_read() {
    let expected: [(&str, Counts); 4] = [
        ("3.12", [60, 0, 0, 0, 9, 0, 0]),
        ("3.14", [9, 8, 2, 0, 0, 0, 1]),
        ("3.15", [8, 2, 2, 0, 0, 0, 1]),
        ("3.16", [8, 1, 0, 0, 0, 0, 1]),
    ];
    for (release, expected) in expected {
        let what = format!("Cinder's definitions for {release}");
        let Some(file) = need(&what, |_| support::pinned()?.cinder(release)?.definitions.read()) else { return };
        let mut sources = Sources::default();
        assert_eq!(counts(&read(&mut sources, &file)), expected, "{what}");
    }
    say("four files are read");
}

/// What CPython's own analyser of that day counts (`escapes` by the rules of main, then by those of 3.14).
#[test]
fn the_main_branch_has_the_properties_that_cpython_counts() {
    let Some(root) = std::env::var_os("BODYWORK_CPYTHON") else {
        return say("not run, there is no checkout (BODYWORK_CPYTHON names one)");
    };
    let path = Path::new(&root).join("Python/bytecodes.c");
    let (Some(inputs), Ok(text)) = (require(), std::fs::read_to_string(path)) else { return };
    if inputs.release().version != "3.15.0a0" {
        return say("not run, the checkout is another one than main of 2025-05-30");
    }
    for (release, escapes, calls) in [(Release::MAIN_2025_05_30, 205, 373), (Release::V3_14, 204, 391)] {
        let mut sources = Sources::default();
        let definitions = read(&mut sources, &SourceFile::new("bytecodes.c", &text));
        let analysis = analyse(&sources, &definitions, &release);
        let uops: Vec<_> = analysis.uops.values().collect();
        let count = |holds: &dyn Fn(&translator::analysis::model::Properties) -> bool| {
            uops.iter().filter(|uop| holds(&uop.properties)).count()
        };
        assert_eq!(uops.len(), 367);
        assert_eq!(uops.iter().filter(|uop| uop.implicitly_created).count(), 115);
        assert_eq!(uops.iter().filter(|uop| uop.replicates.is_some()).count(), 33);
        assert_eq!(uops.iter().map(|uop| uop.properties.escaping_calls.len()).sum::<usize>(), calls);
        assert_eq!(count(&|p| p.escapes), escapes);
        assert_eq!(count(&|p| p.oparg), 159);
        assert_eq!(count(&|p| p.error_with_pop), 102);
        assert_eq!(count(&|p| p.error_without_pop), 35);
        assert_eq!(count(&|p| p.deopts), 54);
        assert_eq!(count(&|p| p.side_exit), 46);
        assert_eq!(count(&|p| p.needs_this), 52);
        assert_eq!(count(&|p| p.pure), 42);
        assert_eq!(count(&|p| p.tier == Some(1)), 37);
        assert_eq!(count(&|p| p.tier == Some(2)), 26);
        assert_eq!(count(&|p| p.uses_locals), 36);
        assert_eq!(count(&|p| p.stores_sp), 16);
        assert_eq!((analysis.have_arg, analysis.min_instrumented, analysis.opmap.len()), (43, 234, 236));
    }
}
