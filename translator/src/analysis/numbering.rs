//! Numbers for opcodes (`analyzer.py`, `assign_opcodes`).

use super::model::{Family, Instruction, PseudoInstruction};
use crate::diagnostics::Diagnostic;
use indexmap::IndexMap;
use std::collections::BTreeSet;

pub(crate) struct Numbers {
    pub(crate) opmap: IndexMap<String, u16>,
    pub(crate) have_arg: u16,
    pub(crate) min_instrumented: u16,
}

/// Numbers that CPython keeps fixed.
const FIXED: [(&str, u16); 6] = [
    ("CACHE", 0),
    ("RESERVED", 17),
    ("RESUME", 128),
    ("BINARY_OP_INPLACE_ADD_UNICODE", 3),
    ("INSTRUMENTED_LINE", 254),
    ("ENTER_EXECUTOR", 255),
];

/// # Errors
/// `A-030` when there are more instructions than numbers.
pub(crate) fn assign(
    instructions: &IndexMap<String, Instruction>,
    families: &IndexMap<String, Family>,
    pseudos: &IndexMap<String, PseudoInstruction>,
) -> Result<Numbers, Diagnostic> {
    let mut opmap: IndexMap<String, u16> = FIXED.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect();
    let mut taken: BTreeSet<u16> = opmap.values().copied().collect();
    let specialised: BTreeSet<&str> = families.values().flat_map(|f| &f.members).map(String::as_str).collect();
    let instrumented: Vec<&str> =
        instructions.keys().map(String::as_str).filter(|n| n.starts_with("INSTRUMENTED")).collect();
    let (mut no_arg, mut has_arg) = (BTreeSet::new(), BTreeSet::new());
    for instruction in instructions.values() {
        let name = instruction.name.as_str();
        if specialised.contains(name) || instrumented.contains(&name) {
            continue;
        }
        if instruction.properties.oparg {
            has_arg.insert(name)
        } else {
            no_arg.insert(name)
        };
    }
    let min_internal = 129;
    let min_instrumented = 255usize.checked_sub(instrumented.len()).filter(|m| min_internal + specialised.len() < *m);
    let Some(min_instrumented) = min_instrumented else {
        return Err(Diagnostic {
            code: "A-030",
            message: format!(
                "{} specialised and {} instrumented instructions do not fit a byte",
                specialised.len(),
                instrumented.len()
            ),
            primary: None,
            secondary: Vec::new(),
            note: None,
        });
    };
    let mut next = 1u16;
    let mut add = |name: &str, next: &mut u16, opmap: &mut IndexMap<String, u16>| {
        if opmap.contains_key(name) {
            return;
        }
        while taken.contains(next) {
            *next += 1;
        }
        taken.insert(*next);
        opmap.insert(name.to_owned(), *next);
        *next += 1;
    };
    no_arg.iter().chain(&has_arg).for_each(|n| add(n, &mut next, &mut opmap));
    next = min_internal as u16;
    specialised.iter().for_each(|n| add(n, &mut next, &mut opmap));
    next = min_instrumented as u16;
    instrumented.iter().for_each(|n| add(n, &mut next, &mut opmap));
    let names: BTreeSet<&str> = pseudos.keys().map(String::as_str).collect();
    for (number, name) in (256u16..).zip(names) {
        opmap.insert(name.to_owned(), number);
    }
    Ok(Numbers { opmap, have_arg: no_arg.len() as u16, min_instrumented: min_instrumented as u16 })
}
