//! Damage done to the C on purpose, to see that the comparison can fail: one change a mutant.

use super::c_text::closing;
use super::plan::Body;

/// One way to damage a text: where it applies, and what stands there then.
type Change = (usize, usize, String, &'static str);

/// At most `most` mutants of a body, chosen by `seed`, each with what was done.
pub(super) fn mutants(body: &Body, most: usize, seed: u64) -> Vec<(Body, String)> {
    let mut changes = changes(&body.c_live);
    let mut state = seed
        ^ body.name.bytes().fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let mut chosen = Vec::new();
    while chosen.len() < most && !changes.is_empty() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = (state >> 33) as usize % changes.len();
        chosen.push(changes.swap_remove(at));
    }
    let apply = |(n, (start, end, text, what)): (usize, Change)| {
        let block = format!("{}{text}{}", &body.c_block[..start], &body.c_block[end..]);
        let line = body.c_block[start..].lines().next().unwrap_or_default().trim();
        (body.with_block(&format!("{}#{n}", body.name), &block), format!("{what}: {line}"))
    };
    chosen.into_iter().enumerate().map(apply).collect()
}

/// Text for text: what is looked for, what stands there then, what that is.
const SWAPS: &[(&str, &str, &str)] = &[
    ("JUMP_TO_LABEL(error)", "JUMP_TO_PREDICTED(BODY_FAMILY)", "an error becomes a deopt"),
    ("JUMP_TO_LABEL(pop_1_error)", "JUMP_TO_LABEL(error)", "an error pops less"),
    ("JUMP_TO_LABEL(pop_2_error)", "JUMP_TO_LABEL(pop_1_error)", "an error pops less"),
    ("JUMP_TO_PREDICTED(BODY_FAMILY)", "JUMP_TO_LABEL(error)", "a deopt becomes an error"),
    (" == ", " != ", "a comparison is turned"),
    (" != ", " == ", "a comparison is turned"),
    (" < ", " <= ", "a bound moves"),
    (" >= ", " > ", "a bound moves"),
    (" <= ", " < ", "a bound moves"),
    ("PyStackRef_FromPyObjectNew(", "PyStackRef_FromPyObjectBorrow(", "no count is taken"),
    ("PyStackRef_FromPyObjectSteal(", "PyStackRef_FromPyObjectNew(", "a count too many is taken"),
    ("PyStackRef_AsPyObjectSteal(", "PyStackRef_AsPyObjectNew(", "a count too many is taken"),
    ("PyStackRef_DUP(", "PyStackRef_Borrow(", "no count is taken"),
    ("PyStackRef_Borrow(", "PyStackRef_DUP(", "a count too many is taken"),
    ("PyStackRef_MakeHeapSafe(", "(", "a borrowed reference leaves the frame"),
    ("PyStackRef_True", "PyStackRef_False", "the other boolean"),
    ("PyStackRef_IsNone(", "PyStackRef_IsTrue(", "another singleton is tested"),
    ("oparg >> 1", "oparg >> 2", "an oparg shift moves"),
    ("oparg >> 2", "oparg >> 1", "an oparg shift moves"),
    ("oparg >> 4", "oparg >> 5", "an oparg shift moves"),
    ("oparg >> 5", "oparg >> 4", "an oparg shift moves"),
    ("oparg & 1", "oparg & 2", "another bit of oparg"),
    ("oparg & 16", "oparg & 8", "another bit of oparg"),
    ("oparg + 1", "oparg + 2", "a jump goes further"),
    ("JUMPBY(", "JUMPBY(1 + ", "a jump goes further"),
    ("LOAD_IP(", "LOAD_IP(1 + ", "a return goes further"),
    ("->return_offset = ", "->return_offset = 1 + ", "a return goes further"),
    ("stack_pointer += -1;", "stack_pointer += -2;", "the stack pointer moves too far"),
    ("stack_pointer += 1;", "stack_pointer += 2;", "the stack pointer moves too far"),
    ("args--;", ";", "self is left out"),
    ("arguments--;", ";", "self is left out"),
    ("total_args++;", ";", "self is not counted"),
    ("frame = tstate->current_frame = ", "frame = ", "the current frame is not set"),
    ("Py_NewRef(", "(", "no count is taken"),
];

/// Statements that are left out, and done twice.
const STATEMENTS: &[&str] = &[
    "PyStackRef_CLOSE(",
    "PyStackRef_XCLOSE(",
    "PyStackRef_CLOSE_SPECIALIZED(",
    "Py_DECREF(",
    "Py_XDECREF(",
    "Py_INCREF(",
];

/// Everything that can be done to the lines that can run. Offsets are those of the block.
fn changes(block: &str) -> Vec<Change> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in block.split_inclusive('\n') {
        let quiet = ["STAT", "(void)", "TARGET", "next_instr += ", "UPDATE_MISS"];
        // The spilled stack pointer is for a collector: nothing that a trace shows.
        let spill = line.contains("_PyFrame_SetStackPointer(frame") || line.contains("_PyFrame_GetStackPointer(frame");
        if !spill && !quiet.iter().any(|q| line.contains(q)) {
            on_line(line, start, &mut found);
        }
        start += line.len();
    }
    found
}

fn on_line(line: &str, start: usize, found: &mut Vec<Change>) {
    for (from, to, what) in SWAPS {
        for (at, _) in line.match_indices(from) {
            found.push((start + at, start + at + from.len(), (*to).to_owned(), what));
        }
    }
    for statement in STATEMENTS {
        let indent = line.len() - line.trim_start().len();
        if let Some(text) = line.trim().strip_suffix(';').filter(|t| t.starts_with(statement)) {
            let (from, to) = (start + indent, start + indent + text.len() + 1);
            found.push((from, to, ";".to_owned(), "a release is left out"));
            found.push((from, to, format!("{text}; {text};"), "a release is done twice"));
        }
    }
    if let Some(at) = line.find("if (")
        && let Some(close) = closing(line, at + 3)
    {
        let condition = &line[at + 3..=close];
        found.push((start + at, start + close + 1, format!("if (!{condition})"), "a condition is turned"));
    }
    swapped_arguments(line, start, found);
}

/// `f(a, b)` with two different names becomes `f(b, a)`.
fn swapped_arguments(line: &str, start: usize, found: &mut Vec<Change>) {
    let name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_');
    for (open, _) in line.match_indices('(') {
        let called = line[..open].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let Some(close) = closing(line, open).filter(|_| called) else { continue };
        if let Some((a, b)) = line[open + 1..close].split_once(", ")
            && name(a)
            && name(b)
            && a != b
            && a != "tstate"
        {
            found.push((start + open + 1, start + close, format!("{b}, {a}"), "arguments change places"));
        }
    }
}
