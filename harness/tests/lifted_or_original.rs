//! Who has CPython's original definitions gets the same interpreter as who has those lifted out of the generated one:
//! the Rust made of both differs in nothing but the places it cites.

use harness::emit::bodies::function_name;
use harness::generate::outputs;
use harness::pipeline::Pipeline;
use inputs::lift::{LiftInput, lift};
use pretty_assertions::{StrComparison, assert_eq};
use std::collections::{BTreeMap, BTreeSet};
use translator::analysis::model::Part;
use translator::analysis::{self, analyse_as};
use translator::cgen::{self, Kind};
use translator::dsl::{Dialect, parse};
use translator::source::{SourceFile, Sources};

/// What our C back end writes from definitions, lifted.
fn lifted(definitions: &str, analyser: &analysis::Release, writer: cgen::Release) -> String {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new("bytecodes.c", definitions));
    let (parsed, errors) = parse(&sources, file, Dialect::Cpython314);
    assert_eq!(errors, []);
    let analysis = analyse_as(&sources, &parsed, analyser).unwrap_or_else(|e| panic!("{}", e[0].render(&sources)));
    let write = |kind| {
        let options = cgen::Options { release: writer, ..cgen::Options::default() };
        cgen::generate(kind, &analysis, &sources, &options).unwrap_or_else(|e| panic!("{}", e.render(&sources)))
    };
    let input = LiftInput {
        cases: &write(Kind::Tier1),
        opcode_ids: &write(Kind::OpcodeIds),
        opcode_metadata: &write(Kind::OpcodeMetadata),
        uop_metadata: &write(Kind::UopMetadata),
        uop_ids: &write(Kind::UopIds),
        py_metadata: &write(Kind::PyMetadata),
    };
    lift(&input).expect("what our back end writes can be lifted").definitions
}

fn pipeline(definitions: &str) -> Pipeline {
    Pipeline::run_on("test", vec![SourceFile::new("bytecodes.c", definitions)])
        .unwrap_or_else(|error| panic!("{error:?}"))
}

/// The functions of the bodies that instructions consist of, the labels, the arms of the dispatch loop, and the other files
/// whole, by name, without comments, which cite lines.
fn items(pipeline: &Pipeline) -> BTreeMap<String, String> {
    let mut items: BTreeMap<String, String> = BTreeMap::new();
    let parts = pipeline.analysis.instructions.values().flat_map(|i| &i.parts);
    let reached: BTreeSet<String> = parts
        .filter_map(|part| match part {
            Part::Uop(name) => Some(format!("bodies.rs: {}", function_name(name))),
            _ => None,
        })
        .collect();
    let outputs = outputs(&pipeline.files()).expect("rustfmt is there");
    // The interpreter holds nothing of the second tier.
    for file in outputs.iter().filter(|o| o.name.ends_with(".rs") && o.name != "tier2.rs") {
        let mut item = file.name.clone();
        for line in file.text.lines().filter(|l| {
            let text = l.trim_start();
            !text.is_empty() && !text.starts_with("//") && !text.starts_with("#[inline")
        }) {
            let word = line.trim_start();
            if let Some(rest) = word.strip_prefix("pub(crate) fn ") {
                item = format!("{}: {}", file.name, rest.split(['(', '<']).next().unwrap_or(rest));
            } else if word.starts_with("opcode::") && word.ends_with("=> {") {
                item = format!("{}: {}", file.name, word.trim_end_matches(" => {"));
            }
            let text = items.entry(item.clone()).or_default();
            text.push_str(line);
            text.push('\n');
        }
    }
    items.retain(|name, _| !name.starts_with("bodies.rs: ") || reached.contains(name));
    items
}

/// The names of the items that differ, each with its two texts.
fn differing(original: &Pipeline, lifted: &Pipeline) -> BTreeMap<String, (String, String)> {
    let (mut original, mut lifted) = (items(original), items(lifted));
    let names: BTreeSet<String> = original.keys().chain(lifted.keys()).cloned().collect();
    let mut pair = |name| (original.remove(name).unwrap_or_default(), lifted.remove(name).unwrap_or_default());
    let pairs = names.iter().map(|name| (name.clone(), pair(name)));
    pairs.filter(|(_, (original, lifted))| original != lifted).collect()
}

fn assert_same(original: &Pipeline, lifted: &Pipeline) {
    let different = differing(original, lifted);
    println!("{} of {} items differ", different.len(), items(original).len());
    for (name, (original, lifted)) in &different {
        println!("{name}\n{}", StrComparison::new(original, lifted));
    }
    assert_eq!(different.keys().collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn what_is_lifted_of_the_lifted_definitions_gives_the_same_rust() {
    let definitions = inputs::testing::need("definitions", |inputs| {
        Ok((inputs.release().to_string(), inputs.definitions()?.bytecodes.text.to_string()))
    });
    let Some((release, once)) = definitions else { return };
    if release != "3.14" {
        println!("not the pinned release");
        return;
    }
    let twice = lifted(&once, &analysis::Release::default(), cgen::Release::default());
    assert_same(&pipeline(&once), &pipeline(&twice));
}

#[test]
fn original_and_lifted_definitions_of_a_checkout_give_the_same_rust() {
    if std::env::var_os("BODYWORK_CPYTHON").is_none_or(|v| v.is_empty()) {
        println!("not run, there is no checkout (BODYWORK_CPYTHON names one)");
        return;
    }
    let definitions = inputs::testing::need("the checkout's definitions", |inputs| {
        Ok((inputs.release().version.clone(), inputs.definitions()?.bytecodes.text.to_string()))
    });
    let Some((version, original)) = definitions else { return };
    // The C back end writes what two generators write: 3.14's, and main's of this version.
    if version != "3.15.0a0" {
        println!("not run, {version} is not main of 2025-05-30");
        return;
    }
    let lifted = lifted(&original, &analysis::Release::MAIN_2025_05_30, cgen::Release::MAIN_2025_05_30);
    assert_same(&pipeline(&original), &pipeline(&lifted));
}
