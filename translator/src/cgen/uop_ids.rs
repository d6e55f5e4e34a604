//! `pycore_uop_ids.h` (`Tools/cases_generator/uop_id_generator.py`).

use super::Options;
use super::cwriter::CWriter;
use super::generators_common::header;
use super::refusal::{Refusal, Result};
use crate::analysis::model::{Analysis, Uop};
use crate::source::Sources;

/// First by convention.
const PREDEFINED: [&str; 2] = ["_EXIT_TRACE", "_SET_IP"];

/// What a uop's number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number<'a> {
    Own(u32),
    /// That of the instruction that it was made from.
    Of(&'a str),
}

pub(crate) fn generate(analysis: &Analysis, sources: &Sources, options: &Options) -> Result<String> {
    let guard = "Py_CORE_UOP_IDS_H";
    let mut out = CWriter::new(sources, header("uop_id_generator.py", "//", options), 0, false);
    out.open_header_guard(guard);
    let (numbers, max) = numbers(analysis, options.distinct_namespace)?;
    for (name, number) in numbers {
        match number {
            Number::Own(id) => out.emit_fmt(format_args!("#define {name} {id}\n")),
            Number::Of(instruction) => out.emit_fmt(format_args!("#define {name} {instruction}\n")),
        }
    }
    out.emit_fmt(format_args!("#define MAX_UOP_ID {max}\n"));
    out.close_header_guard(guard);
    Ok(out.finish().0)
}

/// Each uop's number, and the last one.
pub(crate) fn numbers(analysis: &Analysis, distinct_namespace: bool) -> Result<(Vec<(&str, Number<'_>)>, u32)> {
    let mut id = if distinct_namespace { 1 } else { 300 };
    let mut rows = Vec::with_capacity(analysis.uops.len() + PREDEFINED.len());
    for name in PREDEFINED {
        rows.push((name, Number::Own(id)));
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
        let name = uop.name.as_str();
        if uop.implicitly_created && !distinct_namespace && uop.replicated.is_empty() {
            rows.push((name, Number::Of(name.get(1..).unwrap_or(""))));
        } else {
            rows.push((name, Number::Own(id)));
            id += 1;
        }
    }
    Ok((rows, id - 1))
}
