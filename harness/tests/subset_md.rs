//! SUBSET.md is what the rules and the gauge give, and each example in it is what lowering its C gives.

use harness::coverage::{Texts, coverage};
use harness::ledger::{Ledgers, functions};
use harness::pipeline::Pipeline;
use harness::rules;
use harness::subset_md::constructs::constructs;
use harness::subset_md::names::{NO_EXAMPLE, Named, lower, names};
use harness::subset_md::{LAYERS, layer, subset_md};
use pretty_assertions::{StrComparison, assert_eq};
use std::collections::BTreeMap;
use std::path::Path;
use translator::source::SourceFile;
use translator::subset::Rules;

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../SUBSET.md");
    std::fs::read_to_string(path).expect("SUBSET.md")
}

#[test]
fn the_page_is_not_stale() {
    let Some(inputs) = inputs::testing::require() else { return };
    if inputs.release().to_string() != inputs.pins().release {
        println!("not run: the page counts the bodies of the pinned release");
        return;
    }
    let pipeline = Pipeline::run(&inputs).unwrap_or_else(|error| panic!("{error:?}"));
    // The page says what translates; what else is recorded of the bodies it does not.
    let coverage = coverage(&pipeline, Texts { current: "", checked_in: "" }, &Ledgers::default());
    let fresh = subset_md(&pipeline.rules, &pipeline.translation, &coverage).expect("the examples parse");
    let page = page();
    if page != fresh {
        let hint = "SUBSET.md is stale; `cargo run --release --bin bodywork -- generate` writes it";
        panic!("{hint}\n{}", StrComparison::new(&page, &fresh));
    }
}

/// The code blocks of a language, in the order of the page.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let open = format!("```{language}\n");
    page.split(&open).skip(1).map(|rest| rest.split("\n```").next().unwrap_or_default()).collect()
}

/// The C of the page goes through the pipeline again: what comes out stands below it.
#[test]
fn each_construct_shows_what_lowering_gives() {
    let page = page();
    let (c, rust) = (blocks(&page, "c"), blocks(&page, "rust"));
    assert_eq!(c.len(), rust.len());
    let source = format!("// BEGIN BYTECODES //\n{}\n// END BYTECODES //\n", c.join("\n"));
    let pipeline = Pipeline::run_on("page", vec![SourceFile::new("SUBSET.md", &source)]);
    let pipeline = pipeline.unwrap_or_else(|error| panic!("{error:?}"));
    let files = pipeline.files();
    let bodies = files.iter().find(|f| f.name == "bodies.rs").expect("bodies.rs");
    let bodies = harness::format::format(&bodies.text).expect("it is Rust");
    let functions = functions(&bodies);
    let mut shown = 0;
    for rust in rust {
        let name = rust.strip_prefix("fn ").and_then(|rest| rest.split('(').next()).expect("a function");
        assert_eq!(functions.get(name).map(|text| text.trim_start_matches("pub(crate) ")), Some(rust), "{name}");
        shown += 1;
    }
    assert_eq!(shown, functions.len());
    println!("{shown} constructs");
    assert!(shown >= 40, "only {shown} constructs");
}

/// A cell's text without the marks of code.
fn plain(cell: &str) -> String {
    cell.trim().trim_matches('`').replace("\\|", "|")
}

/// The rows of the page's tables of names: id, C, Rust.
fn rows(page: &str) -> Vec<[String; 3]> {
    let mut out = Vec::new();
    for line in page.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let Some([id, c, rust]) = cells.first_chunk::<3>() else { continue };
        if line.starts_with("| `") && plain(id).contains('.') {
            out.push([plain(id), plain(c), plain(rust)]);
        }
    }
    out
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Every name with the rules that it is of: the built-in ones, and each layer over them.
fn all_names() -> Vec<(Rules, Vec<Named>)> {
    let constructs = constructs().expect("the constructs parse");
    let built_in = rules::built_in().expect("the rules are well-formed");
    let mut named = names(&built_in, &constructs);
    named.sort_by_key(|n| n.section);
    let mut all = vec![(built_in, named)];
    for (_, _, files) in LAYERS {
        let (named, own) = layer(files, &constructs).expect("the rules are well-formed");
        let named = named.into_iter().filter(|n| n.recorded.iter().any(|name| own.contains(name))).collect();
        all.push((rules::laid_over(&[files]).expect("the rules are well-formed"), named));
    }
    all
}

/// The C of each row of the page is lowered again by the rules: its Rust stands beside it.
#[test]
fn each_name_shows_what_lowering_gives() {
    let page = page();
    let mut rows = rows(&page).into_iter();
    let (mut lowered, mut linked) = (0, 0);
    for (rules, named) in all_names() {
        for name in named {
            let row = rows.next().unwrap_or_else(|| panic!("no row for {}", name.id));
            let [id, c, rust] = row;
            assert_eq!((id.as_str(), c.as_str()), (name.id.as_str(), name.shown()));
            if let Err(see) = &name.rust {
                assert_ne!(see, NO_EXAMPLE, "{id}: add a construct that uses it to subset/examples/constructs.c");
                assert!(!see.starts_with("S-"), "{id}: {c}: {see}");
                assert!(see.starts_with("see `construct.") || id.starts_with("type."), "{id}: {see}");
                linked += 1;
                continue;
            }
            let c = if c.ends_with(';') { c } else { format!("{c};") };
            let again = lower(&rules, &c, &name.given).unwrap_or_else(|all| panic!("{id}: {all:?}"));
            let again = one_line(&again);
            assert_eq!(if again.is_empty() { "nothing" } else { again.as_str() }, rust, "{id}");
            lowered += 1;
        }
    }
    assert_eq!(rows.next(), None, "a row of no rule");
    println!("{lowered} names lowered, {linked} shown by a construct or their type");
    assert!(lowered > 500, "only {lowered} names");
}

#[test]
fn every_rule_has_a_row() {
    let rows = rows(&page());
    let ids: BTreeMap<&str, &str> = rows.iter().map(|[id, c, _]| (id.as_str(), c.as_str())).collect();
    for files in [rules::FILES, rules::OBJECTS, rules::TIER2, rules::OPTIMIZER] {
        let rules = Rules::load(files.iter().copied()).expect("the rules are well-formed");
        let types = rules.types().map(|t| t.c.clone());
        for recorded in rules.rows().chain(types) {
            // Variables of another machine are no names of bodies.
            let Some(id) = rules.id(&recorded) else { panic!("{recorded} has no id") };
            assert!(id.starts_with("variable.") || ids.contains_key(id.as_str()), "{id} is not on the page");
        }
    }
}

/// The examples come from the rows: another Rust path, another example.
#[test]
fn an_example_follows_its_row() {
    let own =
        "[[call]]\nc = \"PyObject_GetItem\"\nrust = \"mine::fetch\"\nargs = [\"ref\", \"ref\"]\nret = \"owned!\"\n";
    let rules = Rules::load(rules::FILES.iter().copied().chain([("own.toml", own)])).expect("well-formed");
    let named = names(&rules, &[]);
    let row = named.iter().find(|n| n.id == "call.PyObject_GetItem").expect("the row");
    assert_eq!(row.rust, Ok("mine::fetch(object, other_object)".to_owned()));
}

/// What `explain` and the page call a rule is the same id.
#[test]
fn ids_are_those_of_the_page() {
    let rules = rules::built_in().expect("the rules are well-formed");
    let id = |recorded: &str| rules.id(recorded);
    assert_eq!(id("PyObject_GetItem").as_deref(), Some("call.PyObject_GetItem"));
    assert_eq!(id("PyTypeObject.tp_flags").as_deref(), Some("field.PyTypeObject.tp_flags"));
    assert_eq!(id(".PyModule_Type.tp_getattro").as_deref(), Some("field.PyModule_Type.tp_getattro"));
    assert_eq!(id("_Py_Specialize_ForIter/4").as_deref(), Some("call._Py_Specialize_ForIter/4"));
    assert_eq!(id("assert").as_deref(), Some("noop.assert"));
    assert_eq!(id("never_heard_of"), None);
}
