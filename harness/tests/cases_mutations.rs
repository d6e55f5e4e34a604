//! Mutated definitions: ours and CPython's generator agree on each, on what they write and on where they refuse.

mod support;

use std::env;
use support::mutate::{Case, Corpus, overrides_original};
use support::{Files, Oracle, Output, Request, say};
use translator::cgen::Kind;

/// `BODYWORK_MUTATIONS` asks for another number, `BODYWORK_MUTATION_SEED` for one case alone.
const CASES: u64 = 2500;

/// What became of a case on both sides.
#[derive(Default)]
struct Count {
    cases: usize,
    accepted: usize,
    refused: usize,
    /// CPython's generator fails with an internal error where we refuse.
    failed: usize,
}

#[test]
fn mutated_definitions_are_read_as_cpython_reads_them() {
    let (Some(mut oracle), Some(definitions)) = (Oracle::start(), support::definitions()) else {
        return;
    };
    let corpus = Corpus::new(&definitions[0].1);
    assert!(corpus.len() > 200, "{} definitions to mutate", corpus.len());
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("BODYWORK_MUTATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("BODYWORK_MUTATIONS").unwrap_or(CASES),
    };
    let mut count = Count::default();
    let mut failures = Vec::new();
    for seed in seeds {
        let case = corpus.case(seed);
        let request = request(&case);
        let theirs = oracle.ask(&request);
        let ours = oracle.ours(&request);
        count.add(&theirs[0]);
        let pairs = request.kinds.iter().zip(theirs.iter().zip(&ours));
        let differing = pairs.filter_map(|(kind, (theirs, ours))| Some((*kind, support::difference(theirs, ours)?)));
        if let Some((kind, difference)) = differing.into_iter().next() {
            failures.push(report(&case, kind, &difference));
        }
        if failures.len() > 4 {
            break;
        }
    }
    assert!(failures.is_empty(), "{}\n{} failures", failures.join("\n"), failures.len());
    let Count { cases, accepted, refused, failed } = count;
    say(&format!(
        "{cases} mutated definitions agree: {accepted} accepted, {refused} refused, {failed} that CPython's generator fails on"
    ));
}

/// What can differ between mutations; for the optimizer, the mutation overrides the original.
fn request(case: &Case) -> Request {
    let file = |name: &str, text: &str| -> Files { vec![(name.to_owned(), text.to_owned())] };
    if overrides_original(case.seed) {
        let (files, overrides) = (file("base.c", &case.original), file("mutated.c", &case.overriding));
        return Request { kinds: vec![Kind::Optimizer], files, overrides, debug: true, ..Request::default() };
    }
    let kinds = vec![Kind::Tier1, Kind::Tier2, Kind::OpcodeIds, Kind::UopMetadata, Kind::UopIds, Kind::PyMetadata];
    Request { kinds, files: file("mutated.c", &case.mutated), lines: case.seed % 4 == 2, ..Request::default() }
}

impl Count {
    fn add(&mut self, theirs: &Output) {
        self.cases += 1;
        match theirs {
            Ok(_) => self.accepted += 1,
            Err(refusal) if refusal.foreseen => self.refused += 1,
            Err(_) => self.failed += 1,
        }
    }
}

fn report(case: &Case, kind: Kind, difference: &str) -> String {
    let input = if overrides_original(case.seed) {
        format!("{}---- overridden by\n{}", case.original, case.overriding)
    } else {
        case.mutated.clone()
    };
    format!("---- seed {} (BODYWORK_MUTATION_SEED={0}), {}\n{input}\n---- {difference}\n", case.seed, kind.name())
}
