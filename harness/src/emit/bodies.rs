//! `bodies.rs`: one function a body. `labels.rs`: one function a label.

use super::Emit;
use std::collections::BTreeSet;
use translator::lower::facts::Register;
use translator::lower::kind::Kind;
use translator::lower::{InputMode, Lowered, Parameter, Signature};
use translator::rust_ir::{Writer, assigned_in, print_block};
use translator::source::Span;
use translator::translate::Outcomes;

pub(crate) fn bodies(emit: Emit<'_>) -> String {
    let doc_comment = "//! The opcode bodies, translated from C. One function a body: what it takes from the stack comes in by value, what it\n\
        //! looks at by reference, what it leaves is the result.\n";
    with_imports(doc_comment, &functions(emit, &emit.translation.uops))
}

/// `tier2.rs`: the uops that only the second tier runs.
pub(crate) fn tier2(emit: Emit<'_>) -> String {
    let doc = "//! The uops that only the second tier runs, translated from C. Their runtime has traces and executors beside frames.\n";
    with_imports(doc, &functions(emit, &emit.translation.tier2))
}

/// `optimizer.rs`: the abstract interpreter, whose stack holds symbols.
pub(crate) fn optimizer(emit: Emit<'_>, outcomes: &Outcomes) -> String {
    let doc = "//! The optimizer's abstract interpreter, translated from C: one function a uop, over symbols instead of values.\n";
    with_imports(doc, &functions(emit, outcomes))
}

fn functions(emit: Emit<'_>, outcomes: &Outcomes) -> String {
    let mut out = Writer::default();
    for (name, outcome) in outcomes {
        let (Ok(lowered), Some(uop)) = (outcome, emit.analysis.uops.get(name)) else { continue };
        let doc = format!("`{name}` {}, {}", effect(&uop.stack), citation(emit, uop.name_span));
        function(&mut out, &function_name(name), &doc, lowered);
    }
    out.finish()
}

pub(crate) fn labels(emit: Emit<'_>) -> String {
    let mut out = Writer::default();
    for (name, outcome) in &emit.translation.labels {
        let (Ok(lowered), Some(label)) = (outcome, emit.analysis.labels.get(name)) else { continue };
        function(&mut out, name, &format!("Label `{name}`, {}", citation(emit, label.span)), lowered);
    }
    with_imports("//! The labels that bodies jump to: each leaves by an exit.\n", &out.finish())
}

/// One body's function as text, unformatted; `None` where it has none.
pub fn function_text(pipeline: &crate::pipeline::Pipeline, name: &str, label: bool) -> Option<String> {
    let emit = Emit {
        analysis: &pipeline.analysis,
        sources: &pipeline.sources,
        translation: &pipeline.translation,
        release: &pipeline.release,
        caches: pipeline.caches.as_ref(),
    };
    let mut out = Writer::default();
    if label {
        let lowered = emit.translation.labels.get(name)?.as_ref().ok()?;
        let label = emit.analysis.labels.get(name)?;
        function(&mut out, name, &format!("Label `{name}`, {}", citation(emit, label.span)), lowered);
    } else {
        let lowered = emit.translation.uops.get(name)?.as_ref().ok()?;
        let uop = emit.analysis.uops.get(name)?;
        let doc = format!("`{name}` {}, {}", effect(&uop.stack), citation(emit, uop.name_span));
        function(&mut out, &function_name(name), &doc, lowered);
    }
    Some(out.finish())
}

/// The imports: what the prelude gives, and by name each module of the runtime that the text mentions, so that a
/// missing one is an error at the top of the file.
fn with_imports(doc: &str, body: &str) -> String {
    let mut modules: BTreeSet<&str> = BTreeSet::new();
    for (at, _) in body.match_indices("::") {
        let start = body[..at].rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |i| i + 1);
        let word = &body[start..at];
        let path = body[..start].ends_with("::");
        if !path
            && !body[..start].ends_with('.')
            && word.starts_with(|c: char| c.is_ascii_lowercase())
            && !matches!(word, "opcode" | "std" | "uop")
        {
            modules.insert(word);
        }
    }
    // Modules named like a primitive type are not meant where the type is: `i32::from`, `usize::from`.
    modules.retain(|m| {
        !matches!(*m, "i8" | "i16" | "i32" | "i64" | "isize" | "u8" | "u16" | "u32" | "u64" | "usize" | "f64")
    });
    let modules: Vec<&str> = modules.into_iter().collect();
    let mut out = format!("{doc}\nuse crate::prelude::*;\nuse crate::runtime::{{{}}};\n", modules.join(", "));
    if body.contains("opcode::") {
        out += "use super::opcode;\n";
    }
    if body.contains("uop::") {
        out += "use super::uop;\n";
    }
    if body.contains("Infallible") {
        out += "use std::convert::Infallible;\n";
    }
    out += "use std::result::Result;\n\n";
    out + body
}

/// `file:line` of a definition.
fn citation(emit: Emit<'_>, span: Span) -> String {
    format!("{}:{}", emit.sources.get(span.file).name, emit.sources.line(span))
}

/// The stack picture, as in the definition.
fn effect(stack: &translator::analysis::model::StackEffect) -> String {
    let side = |items: &[translator::analysis::model::StackItem]| {
        let names: Vec<String> = items
            .iter()
            .map(|i| match (&i.size, &i.type_) {
                (Some(size), _) => format!("{}[{size}]", i.name),
                (None, Some(type_)) => format!("{}: {type_}", i.name),
                (None, None) => i.name.clone(),
            })
            .collect();
        names.join(", ")
    };
    format!("`({} -- {})`", side(&stack.inputs), side(&stack.outputs))
}

/// The name of a body's function: the uop's, in lower case.
pub fn function_name(uop: &str) -> String {
    uop.trim_start_matches('_').to_lowercase()
}

fn function(out: &mut Writer, name: &str, doc: &str, lowered: &Lowered) {
    out.line(&format!("/// {doc}"));
    out.line("#[inline(always)]");
    let parameters: Vec<String> = lowered.signature.parameters.iter().map(|p| parameter(p, lowered)).collect();
    let result = return_type(&lowered.signature);
    out.open(&format!("pub(crate) fn {name}({}){result} {{", parameters.join(", ")));
    print_block(out, &lowered.body);
    out.close("}");
    out.line("");
}

fn return_type(signature: &Signature) -> String {
    if signature.diverges {
        return " -> Result<Infallible, Exit>".to_owned();
    }
    match signature.return_type().as_str() {
        "()" => String::new(),
        other => format!(" -> {other}"),
    }
}

fn parameter(parameter: &Parameter, lowered: &Lowered) -> String {
    match parameter {
        Parameter::Variable { name, kind, written } => {
            let type_ = kind.rust();
            if *written { format!("{name}: &mut {type_}") } else { format!("{name}: {type_}") }
        }
        Parameter::Register { register, written, kind } => {
            let (name, type_) = register_type(*register);
            let type_ = kind.as_ref().map_or_else(|| type_.to_owned(), |kind| kind.rust());
            if *written { format!("{name}: &mut {type_}") } else { format!("{name}: {type_}") }
        }
        Parameter::Cache { name, kind, .. } => format!("{name}: {}", kind.rust()),
        Parameter::Input(input) => {
            let mutable = if input.mutable { "mut " } else { "" };
            let type_ = match &input.mode {
                InputMode::Peek => "&StackRef".to_owned(),
                InputMode::Value => "StackRef".to_owned(),
                InputMode::Slots => Kind::Slots.rust(),
                InputMode::Typed(kind) => kind.rust(),
            };
            format!("{mutable}{}: {type_}", input.name)
        }
        Parameter::OutputSlots { name, kind, .. } => {
            let mutable = if assigned_in(&lowered.body, name) { "mut " } else { "" };
            format!("{mutable}{name}: {}", kind.rust())
        }
    }
}

pub(crate) fn register_type(register: Register) -> (&'static str, &'static str) {
    match register {
        Register::Thread => ("thread", "&Thread"),
        Register::Frame => ("frame", "Frame"),
        Register::NextInstr => ("next_instr", "InstrPtr"),
        Register::ThisInstr => ("this_instr", "InstrPtr"),
        Register::PrevInstr => ("prev_instr", "InstrPtr"),
        Register::StackPointer => ("stack_pointer", "StackPtr"),
        Register::Oparg => ("oparg", "i32"),
        Register::Opcode => ("opcode", "u8"),
    }
}
