//! The C back end on definitions of our own: what it writes for those in `fixtures/cgen/pass`, with what it refuses
//! those in `fixtures/cgen/fail`. CPython's generator is asked about the same files in harness/tests/cases_oracle.rs.
//!
//! `BODYWORK_BLESS=1 cargo test -p translator --test cgen_fixtures` accepts what comes out.

use pretty_assertions::StrComparison;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use translator::analysis::{analyse, model::Analysis};
use translator::cgen::{self, Kind, Options};
use translator::dsl::{self, Dialect};
use translator::source::{SourceFile, Sources};

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/cgen").join(folder);
    let entries = fs::read_dir(&folder).expect("the fixtures are there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "c"));
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

fn read(path: &Path) -> (Sources, Analysis) {
    let mut sources = Sources::default();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let file = sources.add(SourceFile::new(&name, &fs::read_to_string(path).expect("the fixture can be read")));
    let (definitions, refusals) = dsl::parse(&sources, file, Dialect::Cpython314);
    assert!(refusals.is_empty(), "{}", refusals[0].render(&sources));
    let analysis =
        analyse(&sources, &definitions).unwrap_or_else(|refusals| panic!("{}", refusals[0].render(&sources)));
    (sources, analysis)
}

fn options(path: &Path) -> Options {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Options { source_names: vec![name], ..Options::default() }
}

/// Compares with the file next to the fixture, or accepts what came out.
fn check(path: &Path, extension: &str, actual: &str) {
    let expected_path = path.with_extension(extension);
    if env::var_os("BODYWORK_BLESS").is_some() {
        return fs::write(&expected_path, actual).expect("the expectation is written");
    }
    let expected = fs::read_to_string(&expected_path).unwrap_or_default();
    let name = expected_path.display();
    assert!(
        expected == actual,
        "{name} differs (BODYWORK_BLESS=1 cargo test -p translator --test cgen_fixtures accepts it)\n{}",
        StrComparison::new(&expected, actual)
    );
}

#[test]
fn what_is_written() {
    for path in fixtures("pass") {
        let (sources, analysis) = read(&path);
        for (kind, extension) in [(Kind::Tier1, "tier1.h"), (Kind::Tier2, "tier2.h"), (Kind::UopMetadata, "uops.h")] {
            let text = cgen::generate(kind, &analysis, &sources, &options(&path))
                .unwrap_or_else(|refusal| panic!("{}", refusal.render(&sources)));
            check(&path, extension, &text);
        }
    }
}

#[test]
fn what_is_refused() {
    for path in fixtures("fail") {
        let (sources, analysis) = read(&path);
        let refusal = cgen::generate(Kind::Tier1, &analysis, &sources, &options(&path))
            .expect_err(&format!("{} is refused", path.display()));
        check(&path, "stderr", &refusal.render(&sources));
    }
}

#[test]
fn a_block_alone_is_the_block_in_the_file() {
    for path in fixtures("pass") {
        let (sources, analysis) = read(&path);
        let options = options(&path);
        let file = cgen::generate(Kind::Tier1, &analysis, &sources, &options).expect("it is accepted");
        for instruction in analysis.instructions.values() {
            let (block, refusal) = cgen::instruction_block(instruction, &analysis, &sources, &options);
            assert_eq!(refusal, None);
            assert!(file.contains(&format!("\n{block}")), "{block}");
        }
        for label in analysis.labels.values() {
            let (block, refusal) = cgen::label_block(label, &analysis, &sources, &options);
            assert_eq!(refusal, None);
            assert!(file.contains(&format!("\n{block}")), "{block}");
        }
    }
}

#[test]
fn a_refused_block_gives_what_came_before_the_refusal() {
    let path = fixtures("fail").into_iter().find(|path| path.ends_with("stack_input_live.c")).expect("it is there");
    let (sources, analysis) = read(&path);
    let (text, refusal) =
        cgen::instruction_block(&analysis.instructions["KEEPS"], &analysis, &sources, &options(&path));
    assert_eq!(refusal.map(|refusal| refusal.code), Some(cgen::STACK));
    assert!(text.ends_with("            value = stack_pointer[-1];\n            USE(value);"), "{text}");
}
