//! `pycore_uop_ids.h` (`Tools/cases_generator/uop_id_generator.py`).

use super::Options;
use super::cwriter::CWriter;
use super::generators_common::header;
use super::refusal::{Refusal, Result};
use crate::analysis::model::{Analysis, Uop};
use crate::source::Sources;

/// First by convention.
const PREDEFINED: [&str; 2] = ["_EXIT_TRACE", "_SET_IP"];

pub(crate) fn generate(analysis: &Analysis, sources: &Sources, options: &Options) -> Result<String> {
    let guard = "Py_CORE_UOP_IDS_H";
    let mut out = CWriter::new(sources, header("uop_id_generator.py", "//", options), 0, false);
    out.open_header_guard(guard);
    let mut id = if options.distinct_namespace { 1 } else { 300 };
    for name in PREDEFINED {
        out.emit_fmt(format_args!("#define {name} {id}\n"));
        id += 1;
    }
    // The original sorts so that a uop comes right before its replicas.
    let mut uops: Vec<&Uop> = analysis.uops.values().collect();
    uops.sort_by_key(|uop| &uop.name);
    if let Some(pair) = uops.windows(2).find(|pair| pair[0].name == pair[1].name) {
        let message = format!("Two uops are named '{}'", pair[0].name);
        return Err(Refusal::unforeseen(pair[1].name_span, message));
    }
    for uop in uops {
        if PREDEFINED.contains(&uop.name.as_str()) || uop.properties.tier == Some(1) {
            continue;
        }
        let name = &uop.name;
        if uop.implicitly_created && !options.distinct_namespace && uop.replicated.is_empty() {
            out.emit_fmt(format_args!("#define {name} {}\n", name.get(1..).unwrap_or("")));
        } else {
            out.emit_fmt(format_args!("#define {name} {id}\n"));
            id += 1;
        }
    }
    out.emit_fmt(format_args!("#define MAX_UOP_ID {}\n", id - 1));
    out.close_header_guard(guard);
    Ok(out.finish().0)
}
