//! `bodywork tables` as a program, on definitions of our own.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const DEFINITIONS: &str = "// BEGIN BYTECODES //
inst(NOP, (--)) { NOTHING(); }
inst(RESUME, (--)) { NOTHING(); }
family(GET, INLINE_CACHE_ENTRIES_GET) = { GET_FAST };
specializing op(_SPECIALIZE_GET, (counter/1, owner -- owner)) { LOOK(counter); }
op(_GET, (owner -- value[oparg & 1])) {
    value[0] = LOOK_UP(owner);
    DECREF_INPUTS();
    ERROR_IF(true);
}
macro(GET) = _SPECIALIZE_GET + unused/2 + _GET;
op(_GUARD, (version/2, owner -- owner)) { DEOPT_IF(WRONG(owner, version)); }
op(_TAKE, (owner -- value)) { value = owner; DEAD(owner); }
macro(GET_FAST) = unused/1 + _GUARD + _TAKE;
replicate(2) inst(SMALL, (--)) { USE(oparg); }
pseudo(EITHER, (--), (HAS_ARG)) = { NOP, SMALL };
pseudo(BOTH, (--)) = [ NOP, SMALL ];
// END BYTECODES //
";

const CACHES: &str = "#define CACHE_ENTRIES(cache) (sizeof(cache) / 2)
typedef struct {
    uint16_t counter;
    union { uint16_t version[2]; uint16_t index; };
} _PyGetCache;
#define INLINE_CACHE_ENTRIES_GET CACHE_ENTRIES(_PyGetCache)
";

fn tables(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bodywork"));
    command.arg("tables").args(arguments).current_dir(dir).output().expect("bodywork starts")
}

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("own.c"), DEFINITIONS).expect("the file");
    fs::write(dir.path().join("code.h"), CACHES).expect("the file");
    dir
}

#[test]
fn json_in_the_format_of_the_help() {
    let dir = folder();
    let output = tables(dir.path(), &["--json", "--input", "own.c", "--caches", "code.h"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tables: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let (get, fast) = (&tables["opcodes"]["GET"], &tables["opcodes"]["GET_FAST"]);
    let expected = json!({
        "id": get["id"], "popped": "1", "pushed": "(oparg & 1)", "format": "INSTR_FMT_IBC00",
        "flags": ["HAS_ARG_FLAG", "HAS_ERROR_FLAG"], "cache_entries": 3, "deopt": "GET",
        "family": "GET", "uops": [["_GET", "OPARG_SIMPLE", 2]],
    });
    assert_eq!(*get, expected);
    let expected = json!({
        "id": fast["id"], "popped": "1", "pushed": "1", "format": "INSTR_FMT_IXC00", "flags": ["HAS_DEOPT_FLAG"],
        "cache_entries": 3, "deopt": "GET", "family": "GET", "uops": [["_GUARD", 2, 1], ["_TAKE", "OPARG_SIMPLE", 3]],
    });
    assert_eq!(*fast, expected);
    assert_eq!(tables["families"], json!({"GET": ["GET_FAST"]}));
    let pseudo = |id: u16, flags: &[&str], as_sequence: bool| {
        json!({"id": id, "popped": "0", "pushed": "0", "flags": flags, "targets": ["NOP", "SMALL"],
               "as_sequence": as_sequence})
    };
    let either = pseudo(257, &["HAS_ARG_FLAG"], false);
    assert_eq!(tables["pseudos"], json!({"BOTH": pseudo(256, &["HAS_ARG_FLAG"], true), "EITHER": either}));
    let layout = json!({
        "fields": [["counter", 1], ["version", 2], ["index", 1]],
        "offsets": {"counter": 0, "version": 1, "index": 1},
        "codeunits": 3,
        "entries": ["INLINE_CACHE_ENTRIES_GET"],
    });
    assert_eq!(tables["caches"], json!({"_PyGetCache": layout}));
}

#[test]
fn uops_are_numbered_as_cpython_numbers_them() {
    let dir = folder();
    let output = tables(dir.path(), &["--json", "--input", "own.c"]);
    let tables: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let ids = |names: &[&str]| names.iter().map(|name| tables["uops"][name]["id"].clone()).collect::<Vec<_>>();
    // 300 and 301 are taken; one that was made from an instruction has its number.
    assert_eq!(ids(&["_GET", "_GUARD", "_SMALL", "_SMALL_0", "_SMALL_1", "_TAKE"]), [302, 303, 304, 305, 306, 307]);
    assert_eq!(tables["uops"]["_NOP"]["id"], tables["opcodes"]["NOP"]["id"]);
    let expected = json!({
        "id": 303, "popped": "0", "pushed": "0", "flags": ["HAS_DEOPT_FLAG"], "replicated": null, "tier2": true,
    });
    assert_eq!(tables["uops"]["_GUARD"], expected);
    assert_eq!(tables["uops"]["_SMALL"]["replicated"], 2);
    assert_eq!(tables["caches"], json!({}));
}

#[test]
fn a_line_an_instruction() {
    let dir = folder();
    let output = tables(dir.path(), &["--input", "own.c", "--caches", "code.h"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("GET_FAST                               1       1      3  DEOPT\n"), "{text}");
    let last = text.lines().last();
    assert_eq!(
        last,
        Some("5 instructions, 9 uops, 1 families, 2 pseudo instructions, 1 cache layouts (--json has all of them)")
    );
}

#[test]
fn refused_definitions_are_findings_and_wrong_usage_is_not() {
    let dir = folder();
    fs::write(dir.path().join("wrong.c"), DEFINITIONS.replace("_TAKE;", "_GONE;")).expect("the file");
    assert_eq!(tables(dir.path(), &["--input", "wrong.c"]).status.code(), Some(1));
    assert_eq!(tables(dir.path(), &["--input", "missing.c"]).status.code(), Some(2));
    assert_eq!(tables(dir.path(), &["--caches", "code.h"]).status.code(), Some(2));
}
