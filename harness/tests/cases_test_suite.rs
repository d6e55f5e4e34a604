//! Every method of CPython's test_generated_cases.py, taken from the package at test time and run against ours.

mod support;

use serde_json::Value;
use std::process::Command;
use support::{Output, Request, say};
use translator::analysis::model::StackItem;
use translator::cgen::cwriter::CWriter;
use translator::cgen::stack::{Conversion, Local, Stack};
use translator::cgen::{Kind, Options};
use translator::source::{FileId, Sources, Span};

const METHODS: usize = 62;

#[test]
fn every_method_of_the_test_suite_holds() {
    let (Some(generator), Some(tests), Some(python)) = (support::generator(), support::test_suite(), support::python())
    else {
        return;
    };
    let output = Command::new(python)
        .arg(support::script("test_suite.py"))
        .args([generator, tests])
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("the answers are UTF-8");
    let methods: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("the answers are JSON")).collect();
    let (mut outputs, mut refusals, mut offsets) = (0, 0, 0);
    for method in &methods {
        let name = method["method"].as_str().expect("a name");
        assert_eq!(method["passed"], true, "{name} fails with CPython's own generator");
        for case in method["cases"].as_array().expect("cases") {
            let refused = compare(name, case);
            *(if refused { &mut refusals } else { &mut outputs }) += 1;
        }
        if !method["compared"].as_array().expect("comparisons").is_empty() {
            compare_stack(name, method);
            offsets += 1;
        }
    }
    assert_eq!(methods.len(), METHODS, "methods of test_generated_cases.py");
    say(&format!(
        "{METHODS} methods: {outputs} outputs, {refusals} refusals and {offsets} stack compared with CPython's"
    ));
}

/// Runs one case. Gives whether it is one of refusal.
fn compare(method: &str, case: &Value) -> bool {
    let texts: Vec<&str> = case["inputs"].as_array().expect("inputs").iter().filter_map(Value::as_str).collect();
    let file = |index: usize| {
        let text = format!("// BEGIN BYTECODES //{}// END BYTECODES //", texts[index]);
        (format!("input{index}.txt"), text)
    };
    let kind = if texts.len() == 2 { Kind::Optimizer } else { Kind::Tier1 };
    let overrides = if texts.len() == 2 { vec![file(1)] } else { Vec::new() };
    let request = Request { kinds: vec![kind], files: vec![file(0)], overrides, ..Request::default() };
    let ours: Output = support::ours(&request, |_| Options::default()).remove(0);
    let refusal = &case["refusal"];
    if refusal.is_null() {
        let text = ours.unwrap_or_else(|refusal| panic!("{method}: refused: {refusal:?}"));
        let actual = if kind == Kind::Tier1 { blocks(&text) } else { cases(&text) };
        let expected = case["expected"].as_str().expect("text").trim();
        pretty_assertions::assert_eq!(expected, actual, "{method}");
        return false;
    }
    let ours = ours.expect_err(&format!("{method}: not refused, unlike CPython's: {refusal}"));
    assert_eq!(refusal["message"], ours.message, "{method}");
    if refusal["type"] == "SyntaxError" {
        let (_, line, column) = ours.place.unwrap_or_else(|| panic!("{method}: the refusal has no place"));
        assert_eq!((&refusal["line"], &refusal["column"]), (&line.into(), &column.into()), "{method}");
    }
    true
}

/// What lies between the markers of a tier 1 file, as the test suite puts it together.
fn blocks(text: &str) -> String {
    let between = |from: &str, to: &str| {
        let (_, rest) = text.split_once(from).expect("the marker is there");
        rest.split_once(to).expect("the marker is there").0.trim().to_owned()
    };
    let instructions = between("/* BEGIN INSTRUCTIONS */", "/* END INSTRUCTIONS */");
    let labels = between("/* BEGIN LABELS */", "/* END LABELS */");
    format!("{instructions}\n\n        {labels}").trim().to_owned()
}

/// The optimizer's cases without the head of the file.
fn cases(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.iter().position(|l| !(l.is_empty() || l.starts_with("// ") || l.starts_with('#')));
    lines[start.unwrap_or(lines.len())..].join("\n").trim().to_owned()
}

/// A method that drives the stack itself: the same steps, the same pointers after them.
fn compare_stack(method: &str, recorded: &Value) {
    let sources = Sources::default();
    let mut null = CWriter::null(&sources);
    let steps = recorded["operations"].as_array().expect("steps");
    let items: Vec<StackItem> = steps.iter().map(|step| item(&step[1], &step[2])).collect();
    let mut stack = Stack::new(Conversion::default());
    for (step, item) in steps.iter().zip(&items) {
        if step[0] == "pop" {
            stack.pop(item, &mut null).unwrap_or_else(|error| panic!("{method}: {error:?}"));
        } else {
            let local = stack.add(Local::undefined(item));
            stack.push(local).unwrap_or_else(|error| panic!("{method}: {error:?}"));
        }
    }
    let ours = [&stack.base_offset, &stack.physical_sp, &stack.logical_sp].map(|offset| offset.to_c());
    let compared = recorded["compared"].as_array().expect("comparisons");
    let theirs: Vec<&str> = compared.iter().filter_map(|pair| pair[1].as_str()).collect();
    assert_eq!(theirs, ours, "{method}");
}

fn item(name: &Value, size: &Value) -> StackItem {
    let size = size.as_str().unwrap_or_default();
    StackItem {
        name: name.as_str().unwrap_or_default().to_owned(),
        type_: None,
        size: (!size.is_empty()).then(|| size.to_owned()),
        peek: false,
        used: false,
        condition: None,
        span: Span { file: FileId(0), start: 0, end: 0 },
    }
}
