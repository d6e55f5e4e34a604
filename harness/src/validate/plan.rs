//! Which bodies are run, as instructions of their own: the C that CPython's generator makes of each, the Rust arm that
//! ours makes of it, and what the world must offer so that its branches are taken.

use super::c_text::{count_branches, live, words};
use super::model::Model;
use crate::emit::Emit;
use crate::emit::arm::arm;
use crate::emit::dispatch::arguments;
use crate::pipeline::Pipeline;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use translator::analysis::model::{CacheEntry, Instruction, Label, Part, StackItem, Uop};
use translator::cgen::{Options, instruction_block, label_block};
use translator::lower::Lowered;
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
    /// How many times the number of seeds: more where there are more branches.
    rounds: usize,
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
    for (name, outcome) in &pipeline.translation.labels {
        let Some(label) = pipeline.analysis.labels.get(name) else { continue };
        if !names.is_empty() && !names.contains(name) {
            continue;
        }
        let planned = match outcome {
            Ok(lowered) => label_body(pipeline, model, label, lowered, &mut plan.branch_count),
            Err(_) => Err("not translated".to_owned()),
        };
        match planned {
            Ok(body) => plan.bodies.push(body),
            Err(reason) => plan.left_out.push((name.clone(), reason)),
        }
    }
    plan
}

fn body(pipeline: &Pipeline, model: &Model, key: &str, uop: &Uop, branches: &mut usize) -> Result<Body, String> {
    let instruction = instruction(pipeline, key, uop)?;
    let options = Options::default();
    let (block, refusal) = instruction_block(&instruction, &pipeline.analysis, &pipeline.sources, &options);
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
    let rust = rust_function(key, &format!("match 0u8 {{ {} _ => unreachable!() }} Exit::Dispatch", writer.finish()));
    let uops: Vec<&Uop> = instruction
        .parts
        .iter()
        .filter_map(|p| if let Part::Uop(name) = p { pipeline.analysis.uops.get(name) } else { None })
        .collect();
    let items = Items {
        inputs: uops.first().map_or(&[], |u| &u.stack.inputs),
        outputs: &uop.stack.outputs,
        caches: &uop.caches,
    };
    let live = live(&block, uop.span.file);
    Ok(Body::new(pipeline, model, key, items, (block, live), rust, branches))
}

fn label_body(
    pipeline: &Pipeline,
    model: &Model,
    label: &Label,
    lowered: &Lowered,
    branches: &mut usize,
) -> Result<Body, String> {
    let (block, refusal) = label_block(label, &pipeline.analysis, &pipeline.sources, &Options::default());
    if let Some(refusal) = refusal {
        return Err(refusal.message);
    }
    // The one label that is reached with the stack pointer in the loop's local: the loop stores it.
    let store = if label.name == "error" { "frame.set_stack_pointer(stack_pointer); " } else { "" };
    let call = format!("{store}let Err(next) = labels::{}({}); next", label.name, arguments(lowered));
    let live = live(&block, label.span.file);
    let rust = rust_function(&label.name, &call);
    Ok(Body::new(pipeline, model, &label.name, Items::default(), (block, live), rust, branches))
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

/// A `return` of the interpreter's loop: what it returns is kept, and the body is left.
const RETURNS: &str = "#define return for (w_exit = \"return\";; ({ goto done; })) w_r_result = (PyObject *)\n";

fn c_function(key: &str, block: &str) -> String {
    let returns = block.contains("return ");
    let (before, after) = if returns { (RETURNS, "#undef return\n") } else { ("", "") };
    format!(
        "#line 1 \"body {key}\"\nstatic void {}(void) {{\nW_BODY_BEGIN\n{before}{block}\n{after}W_BODY_END\n}}\n",
        identifier(key)
    )
}

/// What a body takes and gives.
#[derive(Clone, Copy, Debug, Default)]
struct Items<'a> {
    inputs: &'a [StackItem],
    outputs: &'a [StackItem],
    caches: &'a [CacheEntry],
}

impl Body {
    fn new(
        pipeline: &Pipeline,
        model: &Model,
        key: &str,
        items: Items<'_>,
        (c_block, c_live): (String, String),
        rust_function: String,
        next_branch: &mut usize,
    ) -> Body {
        let (counted, branches) = count_branches(&c_block, &c_live, next_branch);
        let c_function = c_function(key, &counted);
        let mut hints = hints(pipeline, model, items, &c_live);
        hints.rounds = (1 + branches.len()).min(16);
        hints.null_inputs = null_inputs(items.inputs, &c_block, &c_live);
        let (name, label) = (key.to_owned(), key.to_owned());
        Body { name, label, c_block, c_live, c_function, rust_function, branches, hints }
    }

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
         let (thread, probe) = (&Thread, Deaf);\n\
         let exit = 'arm: {{ {arm} }};\n\
         *r = Registers {{ frame, next_instr, stack_pointer, opcode, oparg, exit: exit_name(exit) }};\n}}\n",
        identifier(key)
    )
}

fn hints(pipeline: &Pipeline, model: &Model, items: Items<'_>, block: &str) -> Hints {
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
    for cache in items.caches {
        if cache.name != "unused" {
            hints.caches.push((offset, cache.size, cache.size == 4));
        }
        offset += cache.size;
    }
    hints.may_be_null = block.contains("PyStackRef_IsNull") || block.contains("XCLOSE");
    hints.memory = block.contains("char *");
    oparg(&mut hints, items, block);
    hints
}

fn oparg(hints: &mut Hints, items: Items<'_>, block: &str) {
    let sizes: Vec<&str> = items.inputs.iter().chain(items.outputs).filter_map(|i| i.size.as_deref()).collect();
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
fn null_inputs(inputs: &[StackItem], block: &str, live: &str) -> Vec<String> {
    let mut below: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for input in inputs.iter().rev() {
        below.push(format!("({})", input.size.as_deref().unwrap_or("1")));
        let tested = ["PyStackRef_IsNull", "PyStackRef_XCLOSE"];
        if block.contains(&format!("assert(PyStackRef_IsNull({}))", input.name)) {
            // A part before has tested that it is NULL.
            found.push(format!("-({})", below.join(" + ")));
        } else if input.size.is_none() && tested.iter().any(|t| live.contains(&format!("{t}({})", input.name))) {
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
                "    {{\"{}\", \"{}\", {id}, {}, {}, {}, {}, {}, {}, (const int64_t[]){{{caches}0}}, {}, {}, {}, {}, {}, {id}_nulls, {}}},",
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
                h.rounds,
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
                 oparg_low: {}, oparg_mask: {}, oparg_high: {}, may_be_null: {}, memory: {}, null_inputs: |oparg| {{ let _ = oparg; vec![{}] }}, rounds: {} }},",
                body.name,
                list(&h.numbers),
                list(&h.globals),
                list(&h.opcodes),
                h.oparg.0,
                h.high_bits,
                h.oparg.1,
                h.may_be_null,
                h.memory,
                nulls.join(", "),
                h.rounds
            );
        }
        table + "];\n"
    }
}
