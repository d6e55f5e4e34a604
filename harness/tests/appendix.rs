//! ARCHITECTURE.md's appendix is what the pipeline gives, and what it says of each body stands in the body.

use harness::appendix::{MARK, appendix, bodies, function, placed};
use harness::pipeline::Pipeline;
use harness::subset_md::constructs::constructs;
use pretty_assertions::{StrComparison, assert_eq};
use std::collections::BTreeSet;
use std::path::Path;

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ARCHITECTURE.md");
    std::fs::read_to_string(path).expect("ARCHITECTURE.md")
}

fn pinned() -> Option<Pipeline> {
    let inputs = inputs::testing::require()?;
    if inputs.release().to_string() != inputs.pins().release {
        println!("not run: the appendix shows bodies of the pinned release");
        return None;
    }
    Some(Pipeline::run(&inputs).unwrap_or_else(|error| panic!("{error:?}")))
}

#[test]
fn the_appendix_is_not_stale() {
    let Some(pipeline) = pinned() else { return };
    let document = document();
    let fresh = placed(&document, &appendix(&pipeline).expect("the data is well-formed")).expect("the mark is there");
    if document != fresh {
        let hint = "the appendix is stale; `cargo run --release --bin bodywork -- generate` writes it";
        panic!("{hint}\n{}", StrComparison::new(&document, &fresh));
    }
}

/// What is beside a part of the C in words is a piece of the generated function, and what looks like it is a construct.
#[test]
fn what_the_appendix_says_stands_in_the_body() {
    let Some(pipeline) = pinned() else { return };
    let constructs: BTreeSet<String> =
        constructs().expect("the constructs parse").into_iter().filter(|c| c.rust.is_ok()).map(|c| c.id).collect();
    let bodies = bodies().expect("the data is well-formed");
    for body in &bodies {
        let function = function(&pipeline, &body.name).unwrap_or_else(|| panic!("no body {}", body.name));
        for part in &body.part {
            assert!(function.contains(&part.rust), "{}: `{}` is not in\n{function}", body.name, part.rust);
        }
        for id in &body.like {
            assert!(constructs.contains(id), "{}: {id} is no construct of SUBSET.md", body.name);
        }
    }
    assert_eq!(bodies.len(), 10, "the appendix shows ten bodies");
}

#[test]
fn the_appendix_comes_after_its_mark() {
    let text = format!("# Title\n{MARK}old\n");
    assert_eq!(placed(&text, "new\n"), Some(format!("# Title\n{MARK}new\n")));
    assert_eq!(placed("# Title\n", "new\n"), None);
}
