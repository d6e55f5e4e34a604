//! Reading and analysing our own definitions: what they mean, and how wrong ones are refused, with code and place.

mod support;

use support::golden::{compare, file, fixtures};
use support::{dump, read};
use translator::analysis::Release;
use translator::dsl::Dialect;

fn all(failures: Vec<String>) {
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn accepted_definitions_mean_what_is_written_down() {
    let failures = fixtures("pass").into_iter().filter_map(|path| {
        let (sources, result) = read(&[file(&path)], Dialect::Cpython314, &Release::V3_14);
        match result {
            Ok(analysis) => compare(&path.with_extension("txt"), &(dump(&sources, &analysis).join("\n") + "\n")).err(),
            Err(errors) => Some(format!("{} is refused: {}", path.display(), errors[0].render(&sources))),
        }
    });
    all(failures.collect());
}

#[test]
fn both_dialects_read_the_same_in_definitions_of_3_14() {
    for path in fixtures("pass") {
        let [strict, lenient] = [Dialect::Cpython314, Dialect::AnyRelease].map(|dialect| {
            let (sources, result) = read(&[file(&path)], dialect, &Release::V3_14);
            dump(&sources, &result.expect("it is accepted"))
        });
        pretty_assertions::assert_eq!(strict, lenient, "{}", path.display());
    }
}

/// All errors as they are shown; a line of dashes parts them.
fn rendered(path: &std::path::Path, dialect: Dialect, release: &Release) -> String {
    let (sources, result) = read(&[file(path)], dialect, release);
    let errors = result.err().unwrap_or_default();
    let texts: Vec<String> = errors.iter().map(|error| error.render(&sources)).collect();
    if texts.is_empty() { "accepted\n".to_owned() } else { texts.join("----\n") }
}

#[test]
fn wrong_definitions_are_refused_with_code_and_place() {
    let failures = fixtures("fail").into_iter().filter_map(|path| {
        let strict = rendered(&path, Dialect::Cpython314, &Release::V3_14);
        if strict == "accepted\n" {
            return Some(format!("{} is accepted", path.display()));
        }
        let lenient = rendered(&path, Dialect::AnyRelease, &Release::V3_14);
        let text = if lenient == strict { strict } else { format!("{strict}==== any release\n{lenient}") };
        compare(&path.with_extension("stderr"), &text).err()
    });
    all(failures.collect());
}

#[test]
fn definitions_of_other_releases_are_read() {
    let failures = fixtures("other_releases").into_iter().filter_map(|path| {
        let release = Release::named(&path.file_stem().unwrap_or_default().to_string_lossy());
        let (sources, result) = read(&[file(&path)], Dialect::AnyRelease, &release);
        match result {
            Ok(analysis) => compare(&path.with_extension("txt"), &(dump(&sources, &analysis).join("\n") + "\n")).err(),
            Err(errors) => Some(format!("{} is refused: {}", path.display(), errors[0].render(&sources))),
        }
    });
    all(failures.collect());
}

#[test]
fn a_later_file_overrides_an_earlier_one() {
    let first = "// BEGIN BYTECODES //\nop(_A, (--)) { one(); }\nmacro(M) = _A;\n// END BYTECODES //\n";
    let second = "// BEGIN BYTECODES //\noverride op(_A, (x --)) { DEAD(x); }\n// END BYTECODES //\n";
    let files = [("first.c".to_owned(), first.to_owned()), ("second.c".to_owned(), second.to_owned())];
    let (sources, result) = read(&files, Dialect::Cpython314, &Release::V3_14);
    let analysis = result.expect("it is accepted");
    let uop = &analysis.uops["_A"];
    assert_eq!(sources.get(uop.name_span.file).name.as_ref(), "second.c");
    assert_eq!(uop.stack.inputs.len(), 1);

    let unmarked = second.replace("override ", "");
    let files = [("first.c".to_owned(), first.to_owned()), ("second.c".to_owned(), unmarked)];
    let (sources, result) = read(&files, Dialect::Cpython314, &Release::V3_14);
    let errors = result.expect_err("it is refused");
    assert_eq!(errors[0].code, "A-020");
    assert_eq!(sources.text(errors[0].primary.expect("a place")), "_A");
}

#[test]
fn line_ends_of_other_systems_are_read_as_newlines() {
    let text = "// BEGIN BYTECODES //\r\ninst(A, (--)) {\r\n    one();\r\n    two() \r\n}\r\n// END BYTECODES //\r\n";
    let (sources, result) = read(&[("a.c".to_owned(), text.to_owned())], Dialect::Cpython314, &Release::V3_14);
    let errors = result.expect_err("a semicolon is missing");
    assert_eq!(errors[0].code, "D-021");
    assert_eq!(sources.line(errors[0].secondary[0].0), 2);
}
