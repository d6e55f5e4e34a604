//! `_opcode_metadata.py` (`Tools/cases_generator/py_metadata_generator.py`).

use super::Options;
use super::generators_common::header;
use super::refusal::Result;
use crate::analysis::model::Analysis;
use std::collections::HashSet;
use std::fmt::Write as _;

pub(crate) fn generate(analysis: &Analysis, options: &Options) -> Result<String> {
    let mut text = header("py_metadata_generator.py", "#", options);
    text.push_str("_specializations = {\n");
    for family in analysis.families.values() {
        let _ = writeln!(text, "    \"{}\": [", family.name);
        for member in &family.members {
            let _ = writeln!(text, "        \"{member}\",");
        }
        text.push_str("    ],\n");
    }
    text.push_str("}\n\n_specialized_opmap = {\n");
    let opcode = |name: &str| analysis.opmap.get(name).copied().unwrap_or_default();
    let members = analysis
        .families
        .values()
        .flat_map(|family| family.members.iter().filter(|member| **member != family.name).map(String::as_str));
    let mut members: Vec<&str> = members.collect();
    members.sort_unstable();
    for name in members {
        let _ = writeln!(text, "    '{name}': {},", opcode(name));
    }
    text.push_str("}\n\nopmap = {\n");
    let specialized: HashSet<&String> = analysis.families.values().flat_map(|f| &f.members).collect();
    for (name, op) in analysis.opmap.iter().filter(|(name, _)| !specialized.contains(name)) {
        let _ = writeln!(text, "    '{name}': {op},");
    }
    let _ = write!(
        text,
        "}}\n\nHAVE_ARGUMENT = {}\nMIN_INSTRUMENTED_OPCODE = {}\n",
        analysis.have_arg, analysis.min_instrumented
    );
    Ok(text)
}
