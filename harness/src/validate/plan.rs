//! Which bodies are run, as instructions of their own: the C that CPython's generator makes of each, the Rust arm that
//! ours makes of it, and what the world must offer so that its branches are taken.

use super::model::Model;
use crate::emit::Emit;
use crate::emit::arm::arm;
use crate::pipeline::Pipeline;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use translator::analysis::model::{Instruction, Part, Uop};
use translator::c_ast::{Configuration, preprocess};
use translator::cgen::{Options, instruction_block};
use translator::rust_ir::Writer;

/// One body to run.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) name: String,
    /// How the trace calls it: the name, but for mutants.
    pub(super) label: String,
    /// What the C back end wrote, without branch counters.
    pub(super) c_block: String,
    /// The same, with blanks where nothing can run: lines for other builds, assertions.
    pub(super) c_live: String,
    pub(super) c_function: String,
    pub(super) rust_function: String,
    /// Branch conditions, by global number.
    pub(super) branches: Vec<(usize, String)>,
    hints: Hints,
}

#[derive(Clone, Debug, Default)]
struct Hints {
    numbers: BTreeSet<i64>,
    globals: BTreeSet<i64>,
    opcodes: BTreeSet<i64>,
    caches: Vec<(u32, u32, bool)>,
    oparg: (i32, i32),
    high_bits: bool,
    may_be_null: bool,
    memory: bool,
    /// Below the top, in `oparg`.
    null_inputs: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) bodies: Vec<Body>,
    /// Bodies that cannot be run, with the reason.
    pub(super) left_out: Vec<(String, String)>,
    pub(super) c_opcodes: String,
    pub(super) branch_count: usize,
}

/// Plans the bodies of `names`, or all.
pub(super) fn plan(pipeline: &Pipeline, model: &Model, names: &[String]) -> Plan {
    let mut plan = Plan::default();
    for (name, opcode) in &pipeline.analysis.opmap {
        let _ = writeln!(plan.c_opcodes, "#define {name} {opcode}");
    }
    for (key, outcome) in &pipeline.translation.uops {
        let Some(uop) = pipeline.analysis.uops.get(key) else { continue };
        if !names.is_empty() && !names.contains(key) {
            continue;
        }
        if outcome.is_err() {
            plan.left_out.push((key.clone(), "not translated".to_owned()));
            continue;
        }
        match body(pipeline, model, key, uop, &mut plan.branch_count) {
            Ok(body) => plan.bodies.push(body),
            Err(reason) => plan.left_out.push((key.clone(), reason)),
        }
    }
    plan
}

fn body(pipeline: &Pipeline, model: &Model, key: &str, uop: &Uop, branches: &mut usize) -> Result<Body, String> {
    let instruction = instruction(pipeline, key, uop)?;
    let options = Options::default();
    let (c_block, refusal) = instruction_block(&instruction, &pipeline.analysis, &pipeline.sources, &options);
    if let Some(refusal) = refusal {
        return Err(format!("CPython's generator refuses it as an instruction of its own: {}", refusal.message));
    }
    let emit = Emit {
        analysis: &pipeline.analysis,
        sources: &pipeline.sources,
        translation: &pipeline.translation,
        release: &pipeline.release,
        // Cells are named by where they are: the instruction is of no family.
        caches: None,
    };
    let mut writer = Writer::default();
    arm(&mut writer, emit, &instruction);
    let rust_function = rust_function(key, &writer.finish());
    let c_live = live(&c_block, uop);
    let (counted, conditions) = count_branches(&c_block, &c_live, branches);
    let c_function = c_function(key, &counted);
    let hints = hints(pipeline, model, uop, &c_block);
    let (name, label) = (key.to_owned(), key.to_owned());
    Ok(Body { name, label, c_block, c_live, c_function, rust_function, branches: conditions, hints })
}

/// The body as an instruction: where it leaves a frame for the next part, with the part that takes it.
fn instruction(pipeline: &Pipeline, key: &str, uop: &Uop) -> Result<Instruction, String> {
    const TAKES_FRAME: &str = "_PUSH_FRAME";
    let mut parts = vec![Part::Uop(key.to_owned())];
    if uop.stack.outputs.iter().any(|o| o.type_.is_some()) {
        parts.push(Part::Uop(TAKES_FRAME.to_owned()));
    }
    if uop.stack.inputs.iter().any(|i| i.type_.is_some()) {
        // Whatever hands a frame on does.
        parts.insert(0, Part::Uop("_INIT_CALL_PY_EXACT_ARGS".to_owned()));
    }
    let own = 1 + uop.size();
    let size = uop.instruction_size.unwrap_or(own).max(own);
    if size > own {
        parts.push(Part::Skip(size.cast_signed() - own.cast_signed()));
    }
    let mut properties = uop.properties.clone();
    for part in &parts {
        if let Part::Uop(name) = part
            && let Some(part) = pipeline.analysis.uops.get(name)
        {
            properties.needs_this |= part.properties.needs_this;
            properties.needs_prev |= part.properties.needs_prev;
        }
    }
    Ok(Instruction {
        name: "BODY_OPCODE".to_owned(),
        parts,
        properties,
        is_target: false,
        // Where deopts go.
        family: Some("BODY_FAMILY".to_owned()),
        opcode: 0,
        size,
        span: uop.span,
        name_span: uop.name_span,
    })
}

fn identifier(label: &str) -> String {
    format!("w_body_{}", label.replace('#', "_mutant_"))
}

fn c_function(key: &str, block: &str) -> String {
    let returns = block.contains("return ");
    let (before, after) = if returns { ("#define return w_r_result =\n", "#undef return\n") } else { ("", "") };
    format!(
        "#line 1 \"body {key}\"\nstatic void {}(void) {{\nW_BODY_BEGIN\n{before}{block}\n{after}W_BODY_END\n}}\n",
        identifier(key)
    )
}

impl Body {
    /// The same body with another C block, under another label.
    pub(super) fn with_block(&self, label: &str, block: &str) -> Body {
        Body {
            label: label.to_owned(),
            c_block: block.to_owned(),
            c_function: c_function(label, block),
            branches: Vec::new(),
            ..self.clone()
        }
    }
}

fn rust_function(key: &str, arm: &str) -> String {
    format!(
        "#[allow(unreachable_code)]\nfn {}(r: &mut Registers) {{\n\
         let Registers {{ mut frame, mut next_instr, mut stack_pointer, mut opcode, mut oparg, .. }} = *r;\n\
         let thread = &Thread;\n\
         let exit = 'arm: {{ match 0u8 {{ {arm} _ => unreachable!() }} Exit::Dispatch }};\n\
         *r = Registers {{ frame, next_instr, stack_pointer, opcode, oparg, exit: exit_name(exit) }};\n}}\n",
        identifier(key)
    )
}

/// The text with blanks for what cannot run: lines of other builds, assertions, and conditions that a rule decides.
fn live(block: &str, uop: &Uop) -> String {
    let built = Configuration::default_tier1();
    let mut text = preprocess(block, uop.span.file, 0, &built).unwrap_or_else(|_| block.to_owned());
    for word in ["assert(", "LOCK_OBJECT(", "CONVERSION_FAILED("] {
        let mut from = 0;
        while let Some(found) = text[from..].find(word) {
            let start = from + found;
            let Some(close) = closing(&text, start + word.len() - 1) else { break };
            let dead = if word == "assert(" { start..close + 1 } else { condition_around(&text, start, close) };
            let blanks: String = text[dead.clone()].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
            from = dead.end;
            text.replace_range(dead, &blanks);
        }
    }
    text
}

/// A whole `if (…) { … }` whose condition has something between `start` and `close`, and never holds.
fn condition_around(text: &str, start: usize, close: usize) -> std::ops::Range<usize> {
    let before = text[..start].rfind("if (");
    let block = before.and_then(|at| Some((at, closing(text, at + 3)?)));
    match block {
        Some((at, end)) if end > close => {
            let brace = text[end..].find('{').map_or(end, |b| end + b);
            at..matching(text, brace).map_or(end + 1, |b| b + 1)
        }
        _ => start..close + 1,
    }
}

/// Wraps the condition of every `if` that can run, so that which ways it goes is counted.
fn count_branches(text: &str, live: &str, next: &mut usize) -> (String, Vec<(usize, String)>) {
    let mut out = String::new();
    let mut conditions = Vec::new();
    let mut done = 0;
    for (at, _) in live.match_indices("if (") {
        let word_before = live[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '#');
        let Some(close) = closing(text, at + 3).filter(|_| !word_before && at >= done) else { continue };
        let condition = &text[at + 4..close];
        if condition.trim() == "true" {
            continue;
        }
        let _ = write!(out, "{}if (w_branch({}, !!({condition})))", &text[done..at], *next);
        conditions.push((*next, condition.split_whitespace().collect::<Vec<_>>().join(" ")));
        *next += 1;
        done = close + 1;
    }
    out.push_str(&text[done..]);
    (out, conditions)
}

/// The parenthesis that closes the one at `open`.
pub(super) fn closing(text: &str, open: usize) -> Option<usize> {
    between(text, open, '(', ')')
}

fn matching(text: &str, open: usize) -> Option<usize> {
    between(text, open, '{', '}')
}

fn between(text: &str, open: usize, opens: char, closes: char) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in text[open..].char_indices() {
        if c == opens {
            depth += 1;
        } else if c == closes {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(open + at);
            }
        }
    }
    None
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect()
}

fn hints(pipeline: &Pipeline, model: &Model, uop: &Uop, block: &str) -> Hints {
    let words = words(block);
    let mut hints = Hints::default();
    let named: Vec<i64> = model
        .constants
        .iter()
        .filter(|c| words.contains(c.0.as_str()))
        .map(|c| c.3)
        .filter(|v| v.abs() < 256)
        .collect();
    for a in &named {
        hints.numbers.insert(*a);
        if *a > 0 {
            hints.numbers.extend(named.iter().filter(|b| **b > 0).map(|b| a | b));
        }
    }
    hints.globals = model.globals.iter().filter(|g| words.contains(g.0.as_str())).map(|g| g.3).collect();
    let opmap = &pipeline.analysis.opmap;
    hints.opcodes = words.iter().filter_map(|w| opmap.get(*w)).map(|o| i64::from(*o)).collect();
    let mut offset = 1;
    for cache in &uop.caches {
        if cache.name != "unused" {
            hints.caches.push((offset, cache.size, cache.size == 4));
        }
        offset += cache.size;
    }
    hints.may_be_null = block.contains("PyStackRef_IsNull") || block.contains("XCLOSE");
    hints.memory = block.contains("char *");
    oparg(&mut hints, uop, block);
    hints.null_inputs = null_inputs(uop, block);
    hints
}

fn oparg(hints: &mut Hints, uop: &Uop, block: &str) {
    let sizes: Vec<&str> =
        uop.stack.inputs.iter().chain(&uop.stack.outputs).filter_map(|i| i.size.as_deref()).collect();
    let squeezed: Vec<String> = sizes.iter().map(|s| s.replace(' ', "")).collect();
    let low = if squeezed.iter().any(|s| s.contains("oparg-2")) {
        2
    } else {
        i32::from(squeezed.iter().any(|s| s.contains("oparg-1")))
    };
    let grows = squeezed.iter().any(|s| s.contains("oparg") && !s.contains("oparg&1"));
    hints.high_bits = squeezed.iter().any(|s| s.contains("oparg>>8"));
    let high = if grows {
        low + 5
    } else if block.contains("co_nlocalsplus") {
        16
    } else {
        64
    };
    hints.oparg = (low, high);
}

/// Where inputs lie that the body itself expects to be NULL at times.
fn null_inputs(uop: &Uop, block: &str) -> Vec<String> {
    let mut below: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for input in uop.stack.inputs.iter().rev() {
        below.push(format!("({})", input.size.as_deref().unwrap_or("1")));
        let tested = ["PyStackRef_IsNull", "PyStackRef_XCLOSE"];
        if block.contains(&format!("assert(PyStackRef_IsNull({}))", input.name)) {
            // A part before has tested that it is NULL.
            found.push(format!("-({})", below.join(" + ")));
        } else if input.size.is_none() && tested.iter().any(|t| block.contains(&format!("{t}({})", input.name))) {
            found.push(below.join(" + "));
        }
    }
    found
}

impl Plan {
    /// The table of bodies, with their hints.
    pub(super) fn c_table(&self) -> String {
        let list = |values: &BTreeSet<i64>| {
            let text: Vec<String> = values.iter().map(i64::to_string).collect();
            (
                format!("(const int64_t[]){{{}}}", if text.is_empty() { "0".to_owned() } else { text.join(", ") }),
                text.len(),
            )
        };
        let mut out = String::new();
        let mut table = String::new();
        for body in &self.bodies {
            let h = &body.hints;
            let id = identifier(&body.label);
            let nulls: String =
                h.null_inputs.iter().enumerate().fold(String::new(), |s, (i, n)| s + &format!("at[{i}] = {n}; "));
            let _ = writeln!(
                out,
                "static int {id}_nulls(int oparg, int64_t *at) {{ (void)oparg; (void)at; {nulls}return {}; }}",
                h.null_inputs.len()
            );
            let (numbers, globals, opcodes) = (list(&h.numbers), list(&h.globals), list(&h.opcodes));
            let caches: String =
                h.caches.iter().fold(String::new(), |s, (a, b, c)| s + &format!("{a}, {b}, {}, ", i32::from(*c)));
            let _ = writeln!(
                table,
                "    {{\"{}\", \"{}\", {id}, {}, {}, {}, {}, {}, {}, (const int64_t[]){{{caches}0}}, {}, {}, {}, {}, {}, {id}_nulls}},",
                body.name,
                body.label,
                numbers.0,
                numbers.1,
                globals.0,
                globals.1,
                opcodes.0,
                opcodes.1,
                h.oparg.0,
                i32::from(h.high_bits),
                h.oparg.1,
                i32::from(h.may_be_null),
                i32::from(h.memory),
            );
        }
        let _ = write!(
            out,
            "#define W_BRANCHES {}\nstatic const w_Body w_bodies[] = {{\n{table}    {{0}}\n}};\n",
            self.branch_count
        );
        out
    }

    pub(super) fn rust_table(&self) -> String {
        let list = |values: &BTreeSet<i64>| values.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let mut table = "pub static BODIES: &[Body] = &[\n".to_owned();
        for body in &self.bodies {
            let h = &body.hints;
            let id = identifier(&body.name);
            let nulls: Vec<String> = h.null_inputs.iter().map(|n| format!("i64::from({n})")).collect();
            let caches: String = h.caches.iter().fold(String::new(), |s, (a, b, c)| s + &format!("({a}, {b}, {c}), "));
            let _ = writeln!(
                table,
                "Body {{ name: \"{}\", run: {id}, numbers: &[{}], globals: &[{}], opcodes: &[{}], caches: &[{caches}], \
                 oparg_low: {}, oparg_mask: {}, oparg_high: {}, may_be_null: {}, memory: {}, null_inputs: |oparg| {{ let _ = oparg; vec![{}] }} }},",
                body.name,
                list(&h.numbers),
                list(&h.globals),
                list(&h.opcodes),
                h.oparg.0,
                h.high_bits,
                h.oparg.1,
                h.may_be_null,
                h.memory,
                nulls.join(", ")
            );
        }
        table + "];\n"
    }
}
