//! The layouts of inline caches, read from our own header and from CPython's.

mod support;

use inputs::testing::need;
use support::{pinned, say};
use translator::analysis::{Release, analyse_as};
use translator::caches::{Caches, read_caches};
use translator::diagnostics::Diagnostic;
use translator::dsl::{Dialect, parse};
use translator::source::{SourceFile, Sources};

fn read(text: &str) -> (Sources, Result<Caches, Vec<Diagnostic>>) {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new("code.h", text));
    let result = read_caches(&sources, file);
    (sources, result)
}

/// Name, offset and size of each field.
fn fields(caches: &Caches, entries: &str) -> Vec<(String, u32, u32)> {
    let layout = caches.of_entries(entries).expect("it is there");
    layout.fields.iter().map(|field| (field.name.clone(), field.offset, field.size)).collect()
}

const HEADER: &str = "
#define CACHE_ENTRIES(cache) (sizeof(cache) / 2)
typedef struct { int unrelated; } Other;
typedef struct {
    _Py_BackoffCounter counter; // first
    uint16_t version[2];
    union {
        uint16_t keys[2];
        uint16_t offset;
    };
    uint16_t last[4];
} _PyManyCache;
#define INLINE_CACHE_ENTRIES_MANY CACHE_ENTRIES(_PyManyCache)
#define INLINE_CACHE_ENTRIES_MORE \\
    CACHE_ENTRIES(_PyManyCache)
typedef struct _tag { uint16_t counter; } _PyFewCache;
#define INLINE_CACHE_ENTRIES_FEW CACHE_ENTRIES(_PyFewCache)
";

#[test]
fn fields_lie_one_after_another_and_those_of_a_union_beside_each_other() {
    let (_, result) = read(HEADER);
    let caches = result.expect("it is read");
    let many = [("counter", 0, 1), ("version", 1, 2), ("keys", 3, 2), ("offset", 3, 1), ("last", 5, 4)];
    let many: Vec<_> = many.into_iter().map(|(name, offset, size)| (name.to_owned(), offset, size)).collect();
    assert_eq!(fields(&caches, "INLINE_CACHE_ENTRIES_MANY"), many);
    assert_eq!(fields(&caches, "INLINE_CACHE_ENTRIES_MORE"), many);
    assert_eq!(caches.structs["_PyManyCache"].size, 9);
    assert!(caches.structs["_PyManyCache"].fields[0].is_counter);
    assert_eq!(caches.structs["_PyFewCache"].size, 1);
    assert_eq!(caches.structs.len(), 2);
}

#[test]
fn a_family_of_another_size_than_its_cache_is_refused_with_code_and_place() {
    let caches = read(HEADER).1.expect("it is read");
    let refused = |definitions: &str, code: &str, at: &str| {
        let mut sources = Sources::default();
        let file = sources
            .add(SourceFile::new("own.c", &format!("// BEGIN BYTECODES //\n{definitions}\n// END BYTECODES //\n")));
        let (parsed, errors) = parse(&sources, file, Dialect::AnyRelease);
        assert!(errors.is_empty(), "{errors:?}");
        let analysis = analyse_as(&sources, &parsed, &Release::default()).expect("the definitions make sense");
        let found = caches.check(&analysis).expect_err("it is refused");
        let found: Vec<_> = found.iter().map(|d| (d.code, d.primary.map_or("", |span| sources.text(span)))).collect();
        assert_eq!(found, [(code, at)]);
    };
    let member = "inst(FEW, (unused/1 --)) { }\n";
    refused(
        &format!("{member}family(FEW, NO_SUCH_CACHE) = {{ OTHER }};\ninst(OTHER, (unused/1 --)) {{ }}"),
        "K-010",
        "family(FEW, NO_SUCH_CACHE) = { OTHER };",
    );
    refused(
        &format!("{member}family(FEW, INLINE_CACHE_ENTRIES_FEW) = {{ MORE }};\ninst(MORE, (unused/2 --)) {{ }}"),
        "K-010",
        "MORE",
    );
}

#[test]
fn what_is_no_layout_is_refused_with_code_and_place() {
    let cases = [
        ("int x;", "K-001", ""),
        (
            "#define INLINE_CACHE_ENTRIES_A CACHE_ENTRIES(_PyACache)\n",
            "K-002",
            "#define INLINE_CACHE_ENTRIES_A CACHE_ENTRIES(_PyACache)\n",
        ),
        ("typedef struct { uint32_t a; } A;\n#define INLINE_CACHE_ENTRIES_A CACHE_ENTRIES(A)\n", "K-003", "uint32_t"),
        ("typedef struct { uint16_t a[N]; } A;\n#define INLINE_CACHE_ENTRIES_A CACHE_ENTRIES(A)\n", "K-003", "N"),
        (
            "typedef struct { uint16_t a }; A;\n#define INLINE_CACHE_ENTRIES_A CACHE_ENTRIES(A)\n",
            "K-002",
            "#define INLINE_CACHE_ENTRIES_A CACHE_ENTRIES(A)\n",
        ),
        ("typedef struct { uint16_t a, b; } A;\n#define INLINE_CACHE_ENTRIES_A CACHE_ENTRIES(A)\n", "K-003", ","),
        (
            "typedef struct { union { uint16_t a; } A;\n#define INLINE_CACHE_ENTRIES_A CACHE_ENTRIES(A)\n",
            "K-002",
            "#define INLINE_CACHE_ENTRIES_A CACHE_ENTRIES(A)\n",
        ),
    ];
    for (text, code, place) in cases {
        let (sources, result) = read(text);
        let errors = result.expect_err(text);
        assert_eq!(errors[0].code, code, "{text}");
        assert_eq!(sources.text(errors[0].primary.expect("a place")), place, "{text}");
    }
}

#[test]
fn no_cut_of_a_header_ends_in_a_panic() {
    for end in (0..HEADER.len()).filter(|end| HEADER.is_char_boundary(*end)) {
        let (sources, result) = read(&HEADER[..end]);
        for error in result.err().unwrap_or_default() {
            assert!(!error.render(&sources).is_empty());
        }
    }
}

fn check(inputs: &inputs::Inputs) -> usize {
    let definitions = inputs.definitions().expect("they are there");
    let mut sources = Sources::default();
    let [bytecodes, header] = [&definitions.bytecodes, &definitions.caches].map(|file| sources.add(file.clone()));
    let (found, wrong) = parse(&sources, bytecodes, Dialect::AnyRelease);
    assert!(wrong.is_empty());
    let release = Release::named(&inputs.release().version);
    let analysis = analyse_as(&sources, &found, &release).expect("they make sense");
    let caches = read_caches(&sources, header).expect("they are read");
    if let Err(errors) = caches.check(&analysis) {
        panic!("{}", errors.iter().map(|error| error.render(&sources)).collect::<String>());
    }
    analysis.families.len()
}

#[test]
fn families_have_caches_of_the_size_that_they_name() {
    let Some(inputs) = need("the pinned definitions", |_| {
        let inputs = pinned()?;
        inputs.definitions()?;
        Ok(inputs)
    }) else {
        return;
    };
    say(&format!("{} families of the pinned definitions have caches of their size", check(&inputs)));
    let header = inputs.definitions().expect("they are there").caches;
    let mut sources = Sources::default();
    let file = sources.add(header);
    let caches = read_caches(&sources, file).expect("they are read");
    let sizes: Vec<(&str, u32)> = caches.structs.values().map(|layout| (layout.name.as_str(), layout.size)).collect();
    let expected = [
        ("_PyLoadGlobalCache", 4),
        ("_PyBinaryOpCache", 5),
        ("_PyUnpackSequenceCache", 1),
        ("_PyCompareOpCache", 1),
        ("_PySuperAttrCache", 1),
        ("_PyLoadMethodCache", 9),
        ("_PyAttrCache", 4),
        ("_PyCallCache", 3),
        ("_PyStoreSubscrCache", 1),
        ("_PyForIterCache", 1),
        ("_PySendCache", 1),
        ("_PyToBoolCache", 3),
        ("_PyContainsOpCache", 1),
    ];
    assert_eq!(sizes, expected);
}

#[test]
fn families_of_a_checkout_have_caches_of_the_size_that_they_name() {
    if std::env::var_os("BODYWORK_CPYTHON").is_none_or(|value| value.is_empty()) {
        return say("not run, there is no checkout (BODYWORK_CPYTHON names one)");
    }
    if let Some(inputs) = inputs::testing::require() {
        say(&format!("{} families of the checkout have caches of their size", check(&inputs)));
    }
}
