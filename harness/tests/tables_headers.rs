//! `bodywork tables --json`, row by row against the headers of CPython 3.14. Rows that differ are listed, with the reason
//! and both values, in `fixtures/tables/differences.json`; BODYWORK_BLESS=1 writes that file, for reasons to be put in.

mod support;

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::headers::{Rows, array, defines, families, function};
use support::say;

/// What our JSON and the headers say in each table, in the same words.
#[derive(Default)]
struct Comparison {
    ours: BTreeMap<&'static str, Rows>,
    theirs: BTreeMap<&'static str, Rows>,
}

/// Table, row, header's value and ours; None where the row is not there.
type Difference = (&'static str, String, Option<String>, Option<String>);

#[test]
fn every_row_of_the_headers() {
    let Some(headers) = headers() else { return };
    let mut comparison = Comparison::default();
    comparison.read_headers(&headers);
    comparison.read_json(&tables());
    let (compared, differences) = comparison.differences();
    let listed = Listed::read();
    listed.check(&differences);
    let counts: Vec<String> = compared.iter().map(|(table, rows)| format!("{table} {rows}")).collect();
    let total: usize = compared.values().sum();
    say(&format!(
        "{total} rows compared with the headers, {} of them differ for a listed reason ({})",
        differences.len(),
        counts.join(", ")
    ));
    assert_eq!(compared.len(), 18, "tables");
}

/// The headers as texts, by their names.
fn headers() -> Option<BTreeMap<&'static str, String>> {
    let names = [
        "opcode_ids.h",
        "pycore_opcode_metadata.h",
        "pycore_uop_ids.h",
        "pycore_uop_metadata.h",
        "_opcode_metadata.py",
    ];
    let read = |name| Some((name, support::header(name)?));
    names.into_iter().map(read).collect()
}

/// What the command prints of the pinned release.
fn tables() -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_bodywork"))
        .args(["-q", "tables", "--json"])
        .env_remove("BODYWORK_CPYTHON")
        .output()
        .expect("bodywork starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

impl Comparison {
    fn read_headers(&mut self, headers: &BTreeMap<&'static str, String>) {
        let theirs = &mut self.theirs;
        let metadata = &headers["pycore_opcode_metadata.h"];
        let mut ids = defines(&headers["opcode_ids.h"]);
        theirs.insert("limits", take(&mut ids, |name| name == "HAVE_ARGUMENT" || name.starts_with("MIN_")));
        theirs.insert("ids", ids);
        theirs.insert("names", array(metadata, "_PyOpcode_OpName"));
        theirs.insert("popped", function(metadata, "_PyOpcode_num_popped"));
        theirs.insert("pushed", function(metadata, "_PyOpcode_num_pushed"));
        let (mut formats, mut flags) = (Rows::new(), Rows::new());
        for (name, row) in array(metadata, "_PyOpcode_opcode_metadata") {
            let fields = row.strip_prefix("{ true, ").and_then(|row| row.strip_suffix(" }"));
            let (format, flag) = fields.and_then(|row| row.split_once(", ")).expect("a row of the metadata");
            formats.insert(name.clone(), format.to_owned());
            flags.insert(name, flag.to_owned());
        }
        theirs.insert("formats", formats);
        theirs.insert("flags", flags);
        theirs.insert("cache entries", array(metadata, "_PyOpcode_Caches"));
        let mut deopts = array(metadata, "_PyOpcode_Deopt");
        deopts.retain(|name, _| name.parse::<u8>().is_err()); // Numbers that no instruction has.
        theirs.insert("deopts", deopts);
        theirs.insert("macro expansions", array(metadata, "_PyOpcode_macro_expansion"));
        theirs.insert("pseudos", array(metadata, "_PyOpcode_PseudoTargets"));
        let uops = &headers["pycore_uop_metadata.h"];
        let mut uop_ids = defines(&headers["pycore_uop_ids.h"]);
        uop_ids.remove("MAX_UOP_ID");
        theirs.insert("uop ids", uop_ids);
        theirs.insert("uop flags", array(uops, "_PyUop_Flags"));
        theirs.insert("uop names", array(uops, "_PyOpcode_uop_name"));
        theirs.insert("uop popped", function(uops, "_PyUop_num_popped"));
        theirs.insert("uop replication", array(uops, "_PyUop_Replication"));
        let members = families(&headers["_opcode_metadata.py"]);
        let member_rows = members.values().flatten().map(|member| (member.clone(), owner(&members, member).to_owned()));
        theirs.insert("families", member_rows.collect());
        theirs.insert("members", members.iter().map(|(head, all)| (head.clone(), all.join(" "))).collect());
    }

    fn read_json(&mut self, tables: &Value) {
        let opcodes = rows(&tables["opcodes"]);
        let pseudos = rows(&tables["pseudos"]);
        let both: Vec<(&String, &Value)> = opcodes.iter().chain(&pseudos).copied().collect();
        let of = |field: &'static str| -> Rows {
            both.iter().map(|(name, row)| ((*name).clone(), plain(&row[field]))).collect()
        };
        let ours = &mut self.ours;
        let limits = ["HAVE_ARGUMENT", "MIN_SPECIALIZED_OPCODE", "MIN_INSTRUMENTED_OPCODE"];
        let limit = |name: &str| (name.to_owned(), plain(&tables[name.to_lowercase()]));
        ours.insert("limits", limits.map(limit).into());
        ours.insert("ids", of("id"));
        ours.insert("names", both.iter().map(|(name, _)| ((*name).clone(), format!("\"{name}\""))).collect());
        ours.insert("popped", of("popped"));
        ours.insert("pushed", of("pushed"));
        ours.insert("flags", both.iter().map(|(name, row)| ((*name).clone(), flags(row))).collect());
        let format = |(name, row): &(&String, &Value)| {
            (name.to_string(), if row["format"].is_null() { "-1".to_owned() } else { plain(&row["format"]) })
        };
        ours.insert("formats", both.iter().map(format).collect());
        // The header has the entries of the unspecialised forms only.
        let generic = |(name, row): &&(&String, &Value)| {
            row["deopt"] == name.as_str() && row["cache_entries"] != 0 && !name.starts_with("INSTRUMENTED")
        };
        let entries = opcodes.iter().filter(generic);
        ours.insert(
            "cache entries",
            entries.map(|(name, row)| (name.to_string(), plain(&row["cache_entries"]))).collect(),
        );
        ours.insert("deopts", opcodes.iter().map(|(name, row)| (name.to_string(), plain(&row["deopt"]))).collect());
        let expanded = opcodes.iter().filter(|(_, row)| row["uops"] != json!([]));
        ours.insert("macro expansions", expanded.map(|(name, row)| (name.to_string(), expansion(row))).collect());
        ours.insert("pseudos", pseudo_rows(&pseudos));
        self.read_uops(&rows(&tables["uops"]), &opcodes);
        let member = opcodes.iter().filter(|(name, row)| row["family"].as_str().is_some_and(|head| head != *name));
        self.ours.insert("families", member.map(|(name, row)| (name.to_string(), plain(&row["family"]))).collect());
        let list = |all: &Value| all.as_array().expect("members").iter().map(plain).collect::<Vec<_>>().join(" ");
        let members = rows(&tables["families"]);
        self.ours.insert("members", members.iter().map(|(head, all)| (head.to_string(), list(all))).collect());
    }

    fn read_uops(&mut self, uops: &[(&String, &Value)], opcodes: &[(&String, &Value)]) {
        // A uop that was made from an instruction has the instruction's number, which the header gives by name.
        let number = |(name, row): &(&String, &Value)| {
            let id = row["id"].as_u64()?;
            let instruction = opcodes.iter().find(|(_, opcode)| opcode["id"] == id).map(|(name, _)| name.to_string());
            Some((name.to_string(), instruction.unwrap_or_else(|| id.to_string())))
        };
        self.ours.insert("uop ids", uops.iter().filter_map(number).collect());
        let listed: Vec<_> = uops.iter().filter(|(_, row)| row["tier2"] == true).collect();
        let of = |value: &dyn Fn(&String, &Value) -> String| -> Rows {
            listed.iter().map(|(name, row)| (name.to_string(), value(name, row))).collect()
        };
        self.ours.insert("uop flags", of(&|_, row| flags(row)));
        self.ours.insert("uop names", of(&|name, _| format!("\"{name}\"")));
        self.ours.insert("uop popped", of(&|_, row| plain(&row["popped"])));
        let replicated = uops.iter().filter(|(_, row)| !row["replicated"].is_null());
        let replicated = replicated.map(|(name, row)| (name.to_string(), plain(&row["replicated"])));
        self.ours.insert("uop replication", replicated.collect());
    }

    /// The number of rows compared, by table, and those that differ.
    fn differences(&self) -> (BTreeMap<&'static str, usize>, Vec<Difference>) {
        let (mut compared, mut differences) = (BTreeMap::new(), Vec::new());
        for (table, theirs) in &self.theirs {
            let ours = &self.ours[table];
            assert!(!theirs.is_empty() && !ours.is_empty(), "{table} is empty");
            let names: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
            compared.insert(*table, names.len());
            for name in names {
                let (left, right) = (theirs.get(name), ours.get(name));
                if left != right {
                    differences.push((*table, name.clone(), left.cloned(), right.cloned()));
                }
            }
        }
        (compared, differences)
    }
}

/// Moves some rows out.
fn take(rows: &mut Rows, wanted: impl Fn(&str) -> bool) -> Rows {
    let taken =
        rows.iter().filter(|(name, _)| wanted(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    rows.retain(|name, _| !wanted(name));
    taken
}

fn rows(object: &Value) -> Vec<(&String, &Value)> {
    object.as_object().expect("an object").iter().collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn flags(row: &Value) -> String {
    let all: Vec<String> = row["flags"].as_array().expect("flags").iter().map(plain).collect();
    if all.is_empty() { "0".to_owned() } else { all.join(" | ") }
}

/// `{ .nuops = 1, .uops = { { _NOP, OPARG_SIMPLE, 0 } } }`
fn expansion(row: &Value) -> String {
    let steps = row["uops"].as_array().expect("uops");
    let step = |step: &Value| format!("{{ {}, {}, {} }}", plain(&step[0]), plain(&step[1]), step[2]);
    let all: Vec<String> = steps.iter().map(step).collect();
    format!("{{ .nuops = {}, .uops = {{ {} }} }}", steps.len(), all.join(", "))
}

/// `[NAME-256] = { 0, { A, B, 0 } }`, filled up to the same length in all rows.
fn pseudo_rows(pseudos: &[(&String, &Value)]) -> Rows {
    let targets =
        |row: &Value| -> Vec<String> { row["targets"].as_array().expect("names").iter().map(plain).collect() };
    let longest = pseudos.iter().map(|(_, row)| targets(row).len()).max().unwrap_or(0);
    let row = |(name, row): &(&String, &Value)| {
        let mut targets = targets(row);
        targets.resize(longest + 1, "0".into());
        let sequence = u8::from(row["as_sequence"] == true);
        (format!("{name}-256"), format!("{{ {sequence}, {{ {} }} }}", targets.join(", ")))
    };
    pseudos.iter().map(row).collect()
}

fn owner<'a>(families: &'a BTreeMap<String, Vec<String>>, member: &str) -> &'a str {
    let found = families.iter().find(|(_, members)| members.iter().any(|one| one == member));
    found.map_or("", |(head, _)| head)
}

/// The checked-in differences: for each table and reason, the rows with the header's value and ours.
struct Listed(Vec<Value>);

impl Listed {
    fn path() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/tables/differences.json")
    }

    fn read() -> Self {
        let text = std::fs::read_to_string(Self::path()).unwrap_or_else(|_| "[]".into());
        Self(serde_json::from_str(&text).expect("differences.json is JSON"))
    }

    /// The reason that is given for a row of a table.
    fn reason(&self, table: &str, row: &str) -> &str {
        let group = self.0.iter().find(|group| group["table"] == table && group["rows"].get(row).is_some());
        group.and_then(|group| group["reason"].as_str()).unwrap_or_default()
    }

    fn check(&self, differences: &[Difference]) {
        if std::env::var_os("BODYWORK_BLESS").is_some_and(|value| value == "1") {
            self.bless(differences);
            return;
        }
        let mut listed: BTreeMap<(String, String), (Value, Value)> = BTreeMap::new();
        for group in &self.0 {
            let table = plain(&group["table"]);
            assert!(!plain(&group["reason"]).is_empty(), "a difference in {table} is listed without a reason");
            for (row, values) in rows(&group["rows"]) {
                let before = listed.insert((table.clone(), row.clone()), (values[0].clone(), values[1].clone()));
                assert!(before.is_none(), "{table}, {row} is listed twice");
            }
        }
        let found: BTreeMap<(String, String), (Value, Value)> = differences
            .iter()
            .map(|(table, row, theirs, ours)| ((table.to_string(), row.clone()), (json!(theirs), json!(ours))))
            .collect();
        let new: Vec<_> = found.iter().filter(|(key, values)| listed.get(*key) != Some(values)).collect();
        let stale: Vec<_> = listed.keys().filter(|key| !found.contains_key(key)).collect();
        let help = "BODYWORK_BLESS=1 cargo test -p harness --test tables_headers writes the list; give each its reason";
        assert!(new.is_empty(), "differ from the headers and are not listed so: {new:#?}\n{help}");
        assert!(stale.is_empty(), "listed, and no longer different: {stale:#?}\n{help}");
    }

    fn bless(&self, differences: &[Difference]) {
        let mut groups: BTreeMap<(&str, &str), BTreeMap<&str, Value>> = BTreeMap::new();
        for (table, row, theirs, ours) in differences {
            let group = groups.entry((table, self.reason(table, row))).or_default();
            group.insert(row, json!([theirs, ours]));
        }
        let groups: Vec<Value> = groups
            .into_iter()
            .map(|((table, reason), rows)| json!({"table": table, "reason": reason, "rows": rows}))
            .collect();
        let path = Self::path();
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        std::fs::write(&path, format!("{:#}\n", Value::Array(groups))).expect("differences.json can be written");
        say(&format!("wrote {}", path.display()));
    }
}
