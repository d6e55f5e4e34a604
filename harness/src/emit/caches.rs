//! `caches.rs`: the layouts of inline caches as types, one a struct of `pycore_code.h`, with their fields.

use std::fmt::Write as _;
use translator::analysis::model::{Analysis, Instruction};
use translator::caches::{CacheField, Caches};
use translator::rust_ir::Writer;

/// A layout, and the instructions that have it.
#[derive(Clone, Debug)]
pub(crate) struct Layout<'a> {
    /// `LoadGlobalCache`
    pub(crate) name: String,
    /// Where it comes from, for the reader.
    origin: String,
    /// In code units.
    entries: u32,
    fields: &'a [CacheField],
    instructions: Vec<&'a str>,
}

/// All layouts, in the order of the names of their instructions.
pub(crate) fn layouts<'a>(analysis: &'a Analysis, caches: Option<&'a Caches>) -> Vec<Layout<'a>> {
    let mut layouts: Vec<Layout<'a>> = Vec::new();
    // By name: lifted definitions come in another order.
    let mut instructions: Vec<_> = analysis.instructions.values().filter(|instruction| instruction.size > 1).collect();
    instructions.sort_by_key(|instruction| &instruction.name);
    for instruction in instructions {
        let layout = layout(analysis, caches, instruction);
        match layouts.iter_mut().find(|found| found.name == layout.name) {
            Some(found) => found.instructions.push(&instruction.name),
            None => layouts.push(Layout { instructions: vec![&instruction.name], ..layout }),
        }
    }
    layouts
}

/// The layout of one instruction: that of its family, or what its size alone says.
pub(crate) fn layout<'a>(
    analysis: &'a Analysis,
    caches: Option<&'a Caches>,
    instruction: &'a Instruction,
) -> Layout<'a> {
    // An instrumented instruction stands where the one that it is named after stood.
    let bare = instruction.name.strip_prefix("INSTRUMENTED_").unwrap_or(&instruction.name);
    let head = analysis.instructions.get(bare).and_then(|i| i.family.as_deref()).unwrap_or(bare);
    let family = analysis.families.get(head);
    let found = family.zip(caches).and_then(|(family, caches)| caches.of_entries(&family.size));
    let own = || Layout {
        name: format!("{}Cache", camel(head)),
        origin: format!("{head}'s, of which no struct says more"),
        entries: instruction.size - 1,
        fields: &[],
        instructions: Vec::new(),
    };
    found.map_or_else(own, |layout| Layout {
        name: layout.name.trim_start_matches("_Py").to_owned(),
        origin: format!("`{}`", layout.name),
        entries: layout.size,
        fields: &layout.fields,
        instructions: Vec::new(),
    })
}

impl Layout<'_> {
    /// The expression that reads `units` code units from the cell `at` units behind the instruction `instr`.
    pub(crate) fn read(&self, instr: &str, at: i32, units: u32) -> String {
        let name = &self.name;
        let is_it = |field: &&CacheField| i64::from(field.offset) == i64::from(at) - 1 && field.size == units;
        let field = match self.fields.iter().find(is_it) {
            Some(field) => format!("caches::{name}::{}", field.name.to_uppercase()),
            None => format!("Field::<caches::{name}, {}>::at::<{}>()", value_type(units), at - 1),
        };
        format!("{instr}.cache::<caches::{name}>().get({field})")
    }
}

fn value_type(units: u32) -> &'static str {
    match units {
        1 => "u16",
        2 => "u32",
        _ => "ObjectAddress",
    }
}

/// `FOR_ITER` becomes `ForIter`.
fn camel(name: &str) -> String {
    let capitalised = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + &rest.to_lowercase()
    };
    name.split('_').map(capitalised).collect()
}

/// The file.
pub(crate) fn caches(analysis: &Analysis, caches: Option<&Caches>) -> String {
    let mut out = Writer::default();
    out.line("//! The inline caches, by what is in them. A cell past the end of a cache cannot be named.");
    out.line("");
    let layouts = layouts(analysis, caches);
    if layouts.is_empty() {
        return out.finish();
    }
    out.line("use super::{opcode, tables};");
    out.line("use crate::opcode::layout::{CacheLayout, Field, ObjectAddress};");
    out.line("");
    for layout in &layouts {
        one(&mut out, layout);
    }
    sizes(&mut out, &layouts);
    each_field(&mut out, &layouts);
    out.finish()
}

fn one(out: &mut Writer, layout: &Layout<'_>) {
    let name = &layout.name;
    out.line(&format!("/// {}.", layout.origin));
    out.line("#[derive(Clone, Copy, Debug)]");
    out.line(&format!("pub enum {name} {{}}"));
    out.line("");
    out.open(&format!("impl CacheLayout for {name} {{"));
    out.line(&format!("const ENTRIES: usize = {};", layout.entries));
    out.close("}");
    out.line("");
    if layout.fields.is_empty() {
        return;
    }
    out.open(&format!("impl {name} {{"));
    for field in layout.fields {
        let type_ = value_type(field.size);
        out.line(&format!(
            "pub const {}: Field<Self, {type_}> = Field::at::<{}>();",
            field.name.to_uppercase(),
            field.offset
        ));
    }
    out.close("}");
    out.line("");
}

/// What the compiler checks: each instruction's cache entries are those of its layout.
fn sizes(out: &mut Writer, layouts: &[Layout<'_>]) {
    out.line("/// Layouts are as large as the caches of their instructions.");
    out.open("const _: () = {");
    for layout in layouts {
        for instruction in &layout.instructions {
            out.line(&format!(
                "assert!(tables::CACHES[opcode::{instruction} as usize] as usize == {}::ENTRIES);",
                layout.name
            ));
        }
    }
    out.close("};");
    out.line("");
}

/// For tests that go through all of them.
fn each_field(out: &mut Writer, layouts: &[Layout<'_>]) {
    out.line("/// Calls a macro with each layout, its instructions and its fields.");
    out.line("#[cfg(test)]");
    out.open("macro_rules! each_layout {");
    out.open("($of:ident) => {");
    for layout in layouts {
        let mut fields = String::new();
        for field in layout.fields {
            let _ = write!(fields, "{} ", field.name.to_uppercase());
        }
        let opcodes: Vec<&str> = layout.instructions.clone();
        out.line(&format!("$of!({}, [{}], [{}]);", layout.name, opcodes.join(" "), fields.trim_end()));
    }
    out.close("};");
    out.close("}");
    out.line("#[cfg(test)]");
    out.line("pub(crate) use each_layout;");
}
