//! `bodywork coverage` as a program: the page of `--html`, and each `--by`. On a checkout of our own, with a body that translates,
//! some that do not, and text that is no HTML; and on CPython's definitions, all of whose bodies are there.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

const OWN: &str = r#"// BEGIN BYTECODES //
inst(NOP, (--)) {
}
inst(POP_TOP, (value --)) {
    PyStackRef_CLOSE(value);
}
inst(STRANGE, (x -- y)) {
    y = something_unheard_of(x);
}
inst(STRANGER, (x -- y)) {
    y = something_unheard_of(unheard_name);
    DEOPT_IF(1 < 2 && "</pre><script>alert('x')</script>");
}
label(error) {
    goto exception_unwind;
}
// END BYTECODES //
"#;

const CACHES: &str = "typedef struct {\n    uint16_t counter;\n} _PyOwnCache;\n\n#define INLINE_CACHE_ENTRIES_OWN CACHE_ENTRIES(_PyOwnCache)\n";

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("it can be written");
}

/// A checkout with definitions of our own.
fn checkout() -> tempfile::TempDir {
    checkout_of(OWN)
}

fn checkout_of(definitions: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    write(&dir.path().join("Python/bytecodes.c"), definitions);
    write(&dir.path().join("Include/internal/pycore_code.h"), CACHES);
    let version = "#define PY_MAJOR_VERSION 3\n#define PY_MINOR_VERSION 14\n#define PY_MICRO_VERSION 0\n#define PY_RELEASE_LEVEL PY_RELEASE_LEVEL_FINAL\n#define PY_VERSION \"3.14.0\"\n";
    write(&dir.path().join("Include/patchlevel.h"), version);
    dir
}

fn bodywork(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bodywork"));
    command.current_dir(dir).env("NO_COLOR", "1").args(arguments);
    command.output().expect("it starts")
}

/// What it prints on our own checkout.
fn own(arguments: &[&str]) -> String {
    let dir = checkout();
    let all: Vec<&str> = ["--cpython", ".", "coverage"].iter().chain(arguments).copied().collect();
    let output = bodywork(dir.path(), &all);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_summary_counts_bodies_and_reasons() {
    let text = own(&[]);
    assert!(text.contains("inst        4           2"), "{text}");
    assert!(text.contains("label        1           1"), "{text}");
    assert!(text.contains("S-025  unknown function `something_unheard_of`: STRANGE STRANGER"), "{text}");
}

#[test]
fn by_reason_lists_every_reason_the_one_that_unlocks_most_first() {
    let text = own(&["--by", "reason"]);
    let lines: Vec<&str> = text.lines().skip_while(|l| !l.starts_with("Refusals by leverage")).skip(1).collect();
    let [first, second, ..] = lines.as_slice() else { panic!("{text}") };
    assert!(first.trim_start().starts_with("2    1    1  S-025  unknown function"), "{text}");
    assert!(second.trim_start().starts_with("1    0 "), "{text}");
    assert!(second.contains("STRANGER"), "{text}");
}

#[test]
fn by_opcode_lists_every_refused_body_with_its_reasons() {
    let text = own(&["--by", "opcode"]);
    assert!(text.contains("\nSTRANGE: S-025 unknown function `something_unheard_of`\n"), "{text}");
    let stranger = text.lines().find(|l| l.starts_with("STRANGER: ")).expect("a line");
    assert!(stranger.contains("S-025 unknown function"), "{stranger}");
    assert!(!text.contains("POP_TOP:"), "{text}");
    assert!(!text.contains("Refusals by leverage"), "{text}");
}

#[test]
fn where_nothing_is_refused_each_by_says_so() {
    let all_well = "// BEGIN BYTECODES //\ninst(NOP, (--)) {\n}\n// END BYTECODES //\n";
    let dir = checkout_of(all_well);
    for by in ["reason", "opcode"] {
        let output = bodywork(dir.path(), &["--cpython", ".", "coverage", "--by", by]);
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(text.ends_with("\n\nNo body is refused.\n"), "{by}: {text}");
    }
}

#[test]
fn another_by_is_a_usage_error_that_names_what_there_is() {
    let dir = checkout();
    let output = bodywork(dir.path(), &["--cpython", ".", "coverage", "--by", "colour"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("reason") && error.contains("opcode"), "{error}");
}

#[test]
fn json_and_page_come_from_one_run() {
    let dir = checkout();
    let output = bodywork(dir.path(), &["--cpython", ".", "coverage", "--json", "--html", "page.html"]);
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON alone on the standard output");
    assert_eq!(json["inst"]["total"], 4);
    assert_eq!(json["refusals"][0]["names"], serde_json::json!(["STRANGE", "STRANGER"]));
    let page = std::fs::read_to_string(dir.path().join("page.html")).expect("the page");
    check(&page);
    assert_eq!(ids(&page), ["NOP", "POP_TOP", "STRANGE", "STRANGER", "error"].map(|n| format!("b-{n}")).into());
    // What the C says is text, not markup.
    assert!(!page.contains("<script>alert"), "the C is not escaped");
    assert!(page.contains("&lt;/pre&gt;&lt;script&gt;alert('x')&lt;/script&gt;"), "the C is not shown");
    // A refusal is shown with its caret.
    assert!(page.contains("error[S-025]: unknown function `something_unheard_of`"), "the refusal is not shown");
    assert!(page.contains("^^^^^^^^^^^^^^^^^^^^"), "the caret is not shown");
    assert!(page.contains("<h2>Refusals by leverage</h2><table>"), "{page}");
}

#[test]
fn a_page_that_cannot_be_written_is_an_error() {
    let dir = checkout();
    let output = bodywork(dir.path(), &["--cpython", ".", "coverage", "--html", "nowhere/page.html"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write nowhere/page.html"));
}

#[test]
fn the_page_of_the_release_has_every_body() {
    let Some(inputs) = inputs::testing::require() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("page.html");
    let output = bodywork(&root, &["coverage", "--json", "--html", path.to_str().expect("UTF-8")]);
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let page = std::fs::read_to_string(&path).expect("the page");
    check(&page);
    let count = |kind: &str| usize::try_from(json[kind]["total"].as_u64().expect("a number")).expect("it fits");
    let bodies = count("inst") + count("op") + count("label");
    assert_eq!(ids(&page).len(), bodies);
    println!("{bodies} bodies on the page of CPython {}", inputs.release());
    let pinned = inputs.release().to_string() == inputs.pins().release;
    assert!(bodies >= if pinned { 301 } else { 280 }, "only {bodies} bodies");
    // A cell for each opcode, each leading to a body; C and Rust of each body.
    assert!(page.matches("<a class=\"cell s").count() > 200);
    assert_eq!(page.matches("<figcaption>C · ").count(), bodies);
    let translated = ["inst", "op", "label"].iter().map(|k| json[k]["translated"].as_u64().expect("a number"));
    assert_eq!(page.matches("<figcaption>Rust · ").count() as u64, translated.sum::<u64>());
    if pinned {
        assert!(page.contains("<polyline class=\"line executed\""), "the history is drawn");
        assert!(page.matches("translated since ").count() >= 295, "each body has its history");
    }
}

/// The ids of the bodies.
fn ids(page: &str) -> BTreeSet<String> {
    let ids = page.split("<details class=\"body\" id=\"").skip(1);
    ids.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
}

/// The page is well-formed, needs nothing from elsewhere, and its links lead somewhere.
fn check(page: &str) {
    assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
    let (head, rest) = page.split_once("<style>").expect("a style");
    let (style, rest) = rest.split_once("</style>").expect("a style");
    let (body, rest) = rest.split_once("<script>").expect("a script");
    let (script, tail) = rest.split_once("</script>").expect("a script");
    for own in [style, script] {
        for wanted in ["http:", "https:", "//", "url(", "@import", "import ", "fetch(", "XMLHttpRequest"] {
            assert!(!own.contains(wanted), "`{wanted}` in style or script");
        }
    }
    let tags = tags(&format!("{head}{body}{tail}"));
    let attribute = |name: &str| {
        tags.iter().flat_map(|t| &t.attributes).filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect::<Vec<_>>()
    };
    let ids = attribute("id");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "an id stands twice");
    for href in attribute("href") {
        let target = href.strip_prefix('#').unwrap_or_else(|| panic!("{href} leads out of the page"));
        assert!(unique.contains(target), "{href} leads nowhere");
    }
    for name in ["src", "srcset", "action", "xlink:href"] {
        assert_eq!(attribute(name), Vec::<&str>::new(), "{name}");
    }
}

struct Tag {
    attributes: Vec<(String, String)>,
}

/// The opening tags of a text whose tags nest; what the page does not use fails.
fn tags(text: &str) -> Vec<Tag> {
    const EMPTY: [&str; 4] = ["!doctype", "meta", "input", "br"];
    let (mut open, mut out): (Vec<String>, Vec<Tag>) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a bare `>` in {:?}", &rest[..at]);
        let end = rest[at..].find('>').expect("a tag ends") + at;
        let inside = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "tags nest");
            continue;
        }
        let name = inside.split([' ', '/']).next().unwrap_or_default();
        let known = "html head meta title style body header div h1 h2 p nav a label span input output section main i b small details summary em code figure figcaption pre kbd table tr th td svg line text polyline circle";
        let is_known = EMPTY.contains(&name) || known.split(' ').any(|k| k == name);
        assert!(is_known, "<{inside}> is no tag of the page");
        out.push(Tag { attributes: attributes(&inside[name.len()..]) });
        if !EMPTY.contains(&name) && !inside.ends_with('/') {
            open.push(name.to_owned());
        }
    }
    assert_eq!(open, Vec::<String>::new(), "every tag is closed");
    out
}

/// `name="value"` and `name`, each.
fn attributes(text: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut rest = text.trim().trim_end_matches('/');
    while !rest.is_empty() {
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let value = match rest.strip_prefix("=\"") {
            Some(quoted) => {
                let (value, after) = quoted.split_once('"').expect("a quoted value");
                rest = after;
                value.to_owned()
            }
            None => String::new(),
        };
        out.push((name, value));
        rest = rest.trim_start();
    }
    out
}
