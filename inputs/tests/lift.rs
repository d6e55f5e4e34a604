//! Lifting: definitions of our own through the C back end and back, and the real packages.

use inputs::lift::{LiftError, LiftInput, Lifted, Outcome, RULES, Report, lift};
use inputs::testing::say;
use pretty_assertions::assert_eq;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use translator::analysis::analyse;
use translator::analysis::model::Analysis;
use translator::cgen::{self, Kind, generate};
use translator::dsl::{Dialect, parse};
use translator::source::{SourceFile, Sources};

/// What the generator writes from definitions: the cases and the headers that the lift reads.
#[derive(Clone)]
struct Generated {
    cases: String,
    opcode_ids: String,
    opcode_metadata: String,
    uop_metadata: String,
    uop_ids: String,
    py_metadata: String,
}

impl Generated {
    fn from(definitions: &str) -> Self {
        let (sources, analysis) = read(definitions).unwrap_or_else(|error| panic!("{error}"));
        Self::write(&sources, &analysis)
    }

    /// Nothing, if 3.14's generator refuses the definitions.
    fn try_from_definitions(definitions: &str) -> Option<Self> {
        let (sources, analysis) = read(definitions).ok()?;
        Some(Self::write(&sources, &analysis))
    }

    fn write(sources: &Sources, analysis: &Analysis) -> Self {
        let write = |kind| {
            let written = generate(kind, analysis, sources, &cgen::Options::default());
            written.unwrap_or_else(|error| panic!("{}", error.render(sources)))
        };
        Self {
            cases: write(Kind::Tier1),
            opcode_ids: write(Kind::OpcodeIds),
            opcode_metadata: write(Kind::OpcodeMetadata),
            uop_metadata: write(Kind::UopMetadata),
            uop_ids: write(Kind::UopIds),
            py_metadata: write(Kind::PyMetadata),
        }
    }

    fn lift(&self) -> Lifted {
        self.try_lift().unwrap()
    }

    fn try_lift(&self) -> Result<Lifted, LiftError> {
        let input = LiftInput {
            cases: &self.cases,
            opcode_ids: &self.opcode_ids,
            opcode_metadata: &self.opcode_metadata,
            uop_metadata: &self.uop_metadata,
            uop_ids: &self.uop_ids,
            py_metadata: &self.py_metadata,
        };
        lift(&input)
    }
}

fn read(definitions: &str) -> Result<(Sources, Analysis), String> {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new("definitions.c", definitions));
    let (parsed, errors) = parse(&sources, file, Dialect::Cpython314);
    if let Some(error) = errors.first() {
        return Err(error.render(&sources));
    }
    let analysis = analyse(&sources, &parsed).map_err(|errors| errors[0].render(&sources))?;
    Ok((sources, analysis))
}

fn assert_exact(report: &Report) {
    let inexact: Vec<_> =
        report.blocks.iter().chain(&report.labels).filter(|(_, outcome)| !outcome.is_exact()).collect();
    assert_eq!(inexact, []);
}

/// Definitions in the form in which the lift prints them come back as they are.
fn check_round_trip(definitions: &str) {
    let lifted = Generated::from(definitions).lift();
    assert_eq!(definitions, lifted.as_packaged);
    assert_exact(&lifted.report);
    assert_eq!(lifted.report.agreement.disagreements, []);
}

#[test]
fn guards_caches_families_and_pseudos_come_back() {
    check_round_trip(include_str!("lift/guards.c"));
}

#[test]
fn stack_effects_deaths_and_labels_come_back() {
    check_round_trip(include_str!("lift/stack.c"));
}

#[test]
fn without_headers_the_blocks_still_come_back() {
    for definitions in [include_str!("lift/guards.c"), include_str!("lift/stack.c")] {
        let generated = Generated::from(definitions);
        let lifted = lift(&LiftInput { cases: &generated.cases, ..LiftInput::default() }).unwrap();
        assert_exact(&lifted.report);
    }
}

#[test]
fn texts_that_are_no_cases_are_refused() {
    let refused = |cases: &str| lift(&LiftInput { cases, ..LiftInput::default() }).unwrap_err().to_string();
    assert_eq!(refused(""), "the generated cases hold no instruction");
    assert_eq!(
        refused("        TARGET(NOP) {\n            DISPATCH();\n"),
        "the block of NOP in the generated cases has no closing brace"
    );
}

/// A generator of numbers for mutations that come back (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

/// Drops, doubles, swaps and cuts lines.
fn mutated(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    for _ in 0..=random.below(4) {
        let (at, other) = (random.below(lines.len()), random.below(lines.len()));
        match random.below(4) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[other]),
            2 => lines.swap(at, other),
            _ => lines[at] = &lines[at][..lines[at].len() / 2],
        }
    }
    lines.join("\n")
}

#[test]
fn broken_texts_give_errors_or_reports_but_no_panic() {
    let mut random = Random(0x5EED);
    let (mut refused, mut inexact) = (0, 0);
    for definitions in [include_str!("lift/guards.c"), include_str!("lift/stack.c")] {
        let whole = Generated::from(definitions);
        for _ in 0..300 {
            let mut broken = whole.clone();
            let texts = [&mut broken.cases, &mut broken.opcode_metadata, &mut broken.uop_metadata, &mut broken.uop_ids];
            for text in texts {
                *text = mutated(text, &mut random);
            }
            match broken.try_lift() {
                Ok(lifted) => inexact += usize::from(lifted.report.exact().0 < lifted.report.blocks.len()),
                Err(_) => refused += 1,
            }
        }
    }
    say(&format!("600 broken texts: {refused} refused, {inexact} lifted with blocks that differ"));
}

/// The package's texts for a release, with the headers if they are of that release.
fn package(release: &str) -> Option<(String, [String; 5])> {
    let cases =
        inputs::testing::need("the interpreter to lift from", |inputs| inputs.cinder(release)?.generated_cases.read())?;
    let names = [
        "opcode_ids.h",
        "pycore_opcode_metadata.h",
        "pycore_uop_metadata.h",
        "pycore_uop_ids.h",
        "_opcode_metadata.py",
    ];
    let headers = names.map(|name| match release {
        "3.14" => inputs::testing::need(name, |inputs| inputs.header(name)?.read()).map(|file| file.text.to_string()),
        _ => Some(String::new()),
    });
    let [Some(ids), Some(metadata), Some(uop_metadata), Some(uop_ids), Some(py_metadata)] = headers else {
        return None;
    };
    Some((cases.text.to_string(), [ids, metadata, uop_metadata, uop_ids, py_metadata]))
}

fn lift_package(release: &str) -> Option<Lifted> {
    let (cases, [opcode_ids, opcode_metadata, uop_metadata, uop_ids, py_metadata]) = package(release)?;
    let input = LiftInput {
        cases: &cases,
        opcode_ids: &opcode_ids,
        opcode_metadata: &opcode_metadata,
        uop_metadata: &uop_metadata,
        uop_ids: &uop_ids,
        py_metadata: &py_metadata,
    };
    Some(lift(&input).unwrap())
}

#[test]
fn the_pinned_release_comes_back_whole() {
    let Some(lifted) = lift_package("3.14") else { return };
    let report = &lifted.report;
    assert_exact(report);
    say(&format!(
        "{:?} of {} instructions and {} labels are exact",
        report.exact(),
        report.blocks.len(),
        report.labels.len()
    ));
    assert_eq!((report.blocks.len(), report.labels.len()), (227, 6));
    assert_eq!(report.outside, ["EAGER_IMPORT_NAME", "EXTENDED_OPCODE"]);
    // Every rule is for something, and every row that disagrees has its reason.
    let applied: BTreeSet<&str> = report.rules.keys().copied().collect();
    assert_eq!(applied, RULES.iter().map(|rule| rule.id).collect());
    assert_eq!(report.agreement.unexplained().collect::<Vec<_>>(), Vec::<&_>::new());
    let compared: usize = report.agreement.rows.iter().map(|(_, rows)| rows).sum();
    say(&format!("{compared} rows of the headers compared, {} disagree", report.agreement.disagreements.len()));
    // What is left of the package's own is not in the definitions.
    for word in ["CI_", "Ci", "META_PYTHON", "PEP523", "PY_VERSION_HEX"] {
        assert!(!lifted.definitions.contains(word), "{word}");
    }
}

/// What this thread has used: another's work on a busy machine does not count. Where the system does not say, the clock.
fn on_cpu() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let used = stat.and_then(|text| text.split(' ').next()?.parse().ok());
    used.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

#[test]
fn lifting_is_deterministic_and_quick() {
    let Some(first) = lift_package("3.14") else { return };
    let start = on_cpu();
    let Some(second) = lift_package("3.14") else { return };
    let took = on_cpu() - start;
    assert_eq!(first.definitions, second.definitions);
    assert_eq!(first.as_packaged, second.as_packaged);
    say(&format!("lifted and compared in {} ms of CPU", took.as_millis()));
    assert!(took.as_secs() < 5, "{took:?}");
}

#[test]
fn what_was_lifted_is_lifted_again() {
    let Some(lifted) = lift_package("3.14") else { return };
    for definitions in [&lifted.as_packaged, &lifted.definitions] {
        let again = Generated::from(definitions).lift();
        assert_exact(&again.report);
        assert_eq!(*definitions, again.as_packaged);
    }
    let again = Generated::from(&lifted.definitions).lift();
    assert_eq!(again.report.agreement.disagreements, []);
}

/// Of a checkout, both sides are known: its definitions go through our C back end and come back.
#[test]
fn a_checkout_is_lifted_from_what_our_back_end_writes() {
    let definitions = inputs::testing::need("definitions", |inputs| inputs.definitions());
    let Some(definitions) = definitions else { return };
    let Some(generated) = Generated::try_from_definitions(&definitions.bytecodes.text) else {
        say("the generator of 3.14 does not take the definitions at hand");
        return;
    };
    let lifted = generated.lift();
    assert_exact(&lifted.report);
    say(&format!("{:?} instructions and labels came back", lifted.report.exact()));
    // Uops that no instruction uses are all that is lost.
    let lost: Vec<_> = lifted.report.agreement.unexplained().collect();
    assert_eq!(lost, Vec::<&_>::new());
}

/// There are no headers for these, and their generators are others than 3.14's, which takes more calls for such that
/// escape and refuses what does so in a condition: not all comes back.
#[test]
fn later_releases_come_back_as_far_as_counted() {
    for (release, exact) in [("3.15", (184, 5)), ("3.16", (179, 4))] {
        let Some(lifted) = lift_package(release) else { return };
        let report = &lifted.report;
        say(&format!(
            "{release}: {:?} of {} and {} are exact",
            report.exact(),
            report.blocks.len(),
            report.labels.len()
        ));
        let refused = report.blocks.values().filter(|outcome| matches!(outcome, Outcome::Refused(_))).count();
        say(&format!("{release}: {refused} are refused"));
        assert_eq!(report.exact(), exact);
    }
}
