//! What the definitions mean: instructions with their parts, stack effects, caches, families, properties, numbers.
//!
//! Follows `analyzer.py` of 3.14; the names of stack effects, properties and errors are its.

mod escapes;
pub mod model;
mod numbering;
mod properties;
mod stack;
mod tokens;

use crate::diagnostics::Diagnostic;
use crate::dsl::ast::{BodyKind, Definition, InputEffect, InstDef, Macro, MacroPart};
use crate::dsl::token::Token;
use crate::source::{Sources, Span};
use model::{Analysis, Family, Instruction, Label, Part, Properties, PseudoInstruction, Uop};
use properties::Code;

/// Resolves the definitions of one or several files, in order. Later files may replace what they mark `override`.
///
/// # Errors
/// Everything that is wrong, in the order in which CPython's analyser would find it; nothing that follows from it.
pub fn analyse(sources: &Sources, definitions: &[Definition]) -> Result<Analysis, Vec<Diagnostic>> {
    let mut analyser = Analyser { sources, analysis: Analysis::default(), errors: Vec::new() };
    analyser.run(definitions);
    if analyser.errors.is_empty() { Ok(analyser.analysis) } else { Err(analyser.errors) }
}

struct Analyser<'a> {
    sources: &'a Sources,
    analysis: Analysis,
    errors: Vec<Diagnostic>,
}

type Check = Result<(), Diagnostic>;

impl Analyser<'_> {
    fn run(&mut self, definitions: &[Definition]) {
        for definition in definitions {
            if let Definition::Inst(def) = definition {
                let added = if def.kind == BodyKind::Inst { self.add_inst(def) } else { self.add_op(def) };
                self.note(added);
            }
        }
        for definition in definitions {
            match definition {
                Definition::Macro(def) => {
                    let added = self.add_macro(def);
                    self.note(added);
                }
                Definition::Super(def) => {
                    let parts: Vec<MacroPart> = def
                        .parts
                        .iter()
                        .map(|(name, span)| MacroPart::Op { name: name.clone(), span: *span })
                        .collect();
                    let def = Macro { name: def.name.clone(), parts, span: def.span, name_span: def.name_span };
                    let added = self.add_macro(&def);
                    self.note(added);
                }
                _ => {}
            }
        }
        for definition in definitions {
            let added = match definition {
                Definition::Family(def) => self.add_family(&def.name, &def.size, &def.members, def.span),
                Definition::Pseudo(def) => self.add_pseudo(def),
                Definition::Label(def) => self.add_label(def),
                _ => Ok(()),
            };
            self.note(added);
        }
        if self.errors.is_empty() {
            self.finish();
        }
    }

    fn note(&mut self, result: Check) {
        if let Err(error) = result {
            self.errors.push(error);
        }
    }

    fn finish(&mut self) {
        for key in self.analysis.uops.keys().cloned().collect::<Vec<_>>() {
            match self.instruction_size(&key) {
                Ok(size) => {
                    if let Some(uop) = self.analysis.uops.get_mut(&key) {
                        uop.instruction_size = size;
                    }
                }
                Err(error) => self.errors.push(error),
            }
        }
        // It is of another size than its family and yet belongs to it, for history's sake.
        let odd = "BINARY_OP_INPLACE_ADD_UNICODE";
        if let Some(instruction) = self.analysis.instructions.get_mut(odd) {
            let Some(family) = self.analysis.families.get_mut("BINARY_OP") else {
                let message = format!("{odd} belongs to the family BINARY_OP, which there is not");
                return self.errors.push(Diagnostic::new("A-022", instruction.name_span, message));
            };
            family.members.push(odd.to_owned());
            instruction.family = Some("BINARY_OP".to_owned());
        }
        // The odd one keeps its fixed number, so it may stand among the specialised ones.
        match numbering::assign(&self.analysis.instructions, &self.analysis.families, &self.analysis.pseudos) {
            Err(error) => self.errors.push(error),
            Ok(numbers) => {
                for instruction in self.analysis.instructions.values_mut() {
                    instruction.opcode = numbers.opmap.get(&instruction.name).copied().unwrap_or(0);
                }
                for pseudo in self.analysis.pseudos.values_mut() {
                    pseudo.opcode = numbers.opmap.get(&pseudo.name).copied().unwrap_or(0);
                }
                self.analysis.opmap = numbers.opmap;
                self.analysis.have_arg = numbers.have_arg;
                self.analysis.min_instrumented = numbers.min_instrumented;
            }
        }
    }

    fn uop(&self, name: String, def: &InstDef, inputs: &[InputEffect], implicit: bool) -> Result<Uop, Diagnostic> {
        let code = Code::of_inst(self.sources, def);
        Ok(Uop {
            stack: stack::stack_effect(self.sources, &def.inputs, &def.outputs, Some(&def.block))?,
            caches: stack::cache_entries(inputs)?,
            local_stores: stack::local_stores(self.sources, def)?,
            properties: properties::compute(&code)?,
            name,
            annotations: def.annotations.iter().map(|a| a.text.clone()).collect(),
            body: def.block.clone(),
            implicitly_created: implicit,
            replicated: replicas(def),
            replicates: None,
            instruction_size: None,
            span: def.span,
            name_span: def.name_span,
        })
    }

    /// Adds the uop's replicas before it, as CPython's dictionaries have them.
    fn add_replicas(&mut self, uop: &Uop, key: &str) {
        for oparg in uop.replicated.clone() {
            let name = format!("{}_{oparg}", uop.name);
            let mut replica = uop.clone();
            replica.name.clone_from(&name);
            replica.replicated = 0..0;
            replica.replicates = Some(key.to_owned());
            replica.properties.oparg = false;
            replica.properties.const_oparg = Some(oparg);
            replica.implicitly_created = false;
            self.analysis.uops.insert(name, replica);
        }
    }

    fn add_op(&mut self, def: &InstDef) -> Check {
        if let Some(previous) = self.analysis.uops.get(&def.name)
            && !def.annotations.iter().any(|a| a.text == "override")
        {
            let message = format!("Duplicate definition of '{}'", def.name);
            let note = "a definition that replaces another is marked `override`";
            return Err(Diagnostic::new("A-020", def.span, message)
                .also(previous.name_span, "previous definition")
                .note(note));
        }
        let uop = self.uop(def.name.clone(), def, &def.inputs, false)?;
        self.add_replicas(&uop, &def.name);
        self.analysis.uops.insert(def.name.clone(), uop);
        Ok(())
    }

    /// An `inst` is an instruction of one uop; its unused cache entries are the instruction's.
    fn add_inst(&mut self, def: &InstDef) -> Check {
        let mut parts = Vec::new();
        let mut op_inputs = Vec::new();
        let mut place = None;
        for input in &def.inputs {
            match input {
                InputEffect::Cache(cache) if cache.name == "unused" => parts.push(Part::Skip(cache.size)),
                other => {
                    op_inputs.push(other.clone());
                    place.get_or_insert(parts.len());
                }
            }
        }
        let uop = self.uop(format!("_{}", def.name), def, &op_inputs, true)?;
        parts.insert(place.unwrap_or(parts.len()), Part::Uop(def.name.clone()));
        self.add_replicas(&uop, &def.name);
        self.analysis.uops.insert(def.name.clone(), uop);
        self.add_instruction(&def.name, parts, def.span, def.name_span);
        Ok(())
    }

    fn add_macro(&mut self, def: &Macro) -> Check {
        let mut parts = Vec::new();
        for part in &def.parts {
            parts.push(match part {
                MacroPart::Op { name, .. } if name == "flush" => Part::Flush,
                MacroPart::Op { name, span } => {
                    if !self.analysis.uops.contains_key(name) {
                        return Err(Diagnostic::new("A-021", def.span, format!("No Uop named {name}"))
                            .also(*span, "this part")
                            .note(
                            "the parts of a macro are ops, `name/units` or `unused/units` cache entries, and `flush`",
                        ));
                    }
                    Part::Uop(name.clone())
                }
                MacroPart::Cache(cache) => Part::Skip(cache.size),
            });
        }
        self.add_instruction(&def.name, parts, def.span, def.name_span);
        Ok(())
    }

    fn add_instruction(&mut self, name: &str, parts: Vec<Part>, span: Span, name_span: Span) {
        let skip = Properties::skip();
        let uops = &self.analysis.uops;
        let of_part = |p: &Part| match p {
            Part::Uop(key) => uops.get(key).map_or(&skip, |u| &u.properties),
            Part::Skip(_) | Part::Flush => &skip,
        };
        let all: Vec<&Properties> = parts.iter().map(of_part).collect();
        let properties = Properties::of_parts(all.iter().copied());
        let size: i64 = parts
            .iter()
            .map(|p| match p {
                Part::Uop(key) => uops.get(key).map_or(0, |u| i64::from(u.size())),
                Part::Skip(units) => i64::from(*units),
                Part::Flush => 0,
            })
            .sum();
        let instruction = Instruction {
            name: name.to_owned(),
            parts,
            properties,
            is_target: false,
            family: None,
            opcode: 0,
            size: u32::try_from(size + 1).unwrap_or(1),
            span,
            name_span,
        };
        self.analysis.instructions.insert(name.to_owned(), instruction);
    }

    fn known(&self, name: &str, span: Span) -> Check {
        if self.analysis.instructions.contains_key(name) {
            return Ok(());
        }
        Err(Diagnostic::new("A-022", span, format!("No instruction named '{name}'")))
    }

    fn add_family(&mut self, name: &str, size: &str, members: &[(String, Span)], span: Span) -> Check {
        for (member, place) in members {
            self.known(member, *place)?;
        }
        self.known(name, span)?;
        let members: Vec<String> = members.iter().map(|(n, _)| n.clone()).collect();
        for member in &members {
            self.analysis.instructions[member.as_str()].family = Some(name.to_owned());
        }
        // The head is where deopts go.
        self.analysis.instructions[name].is_target = true;
        self.analysis
            .families
            .insert(name.to_owned(), Family { name: name.to_owned(), size: size.to_owned(), members, span });
        Ok(())
    }

    fn add_pseudo(&mut self, def: &crate::dsl::ast::Pseudo) -> Check {
        let stack = stack::stack_effect(self.sources, &def.inputs, &def.outputs, None)?;
        for (target, place) in &def.targets {
            self.known(target, *place)?;
        }
        let targets: Vec<String> = def.targets.iter().map(|(n, _)| n.clone()).collect();
        let properties =
            Properties::of_parts(targets.iter().map(|t| &self.analysis.instructions[t.as_str()].properties));
        let pseudo = PseudoInstruction {
            name: def.name.clone(),
            stack,
            targets,
            as_sequence: def.as_sequence,
            flags: def.flags.clone(),
            properties,
            opcode: 0,
            span: def.span,
        };
        self.analysis.pseudos.insert(def.name.clone(), pseudo);
        Ok(())
    }

    fn add_label(&mut self, def: &crate::dsl::ast::LabelDef) -> Check {
        let properties = properties::compute(&Code::of_label(self.sources, def))?;
        let label =
            Label { name: def.name.clone(), spilled: def.spilled, body: def.block.clone(), properties, span: def.span };
        self.analysis.labels.insert(def.name.clone(), label);
        Ok(())
    }

    /// # Errors
    /// `A-023` when the instructions that use a body with INSTRUCTION_SIZE differ in size, or there is none.
    fn instruction_size(&self, key: &str) -> Result<Option<u32>, Diagnostic> {
        let uop = &self.analysis.uops[key];
        let mut all: Vec<Token> = Vec::new();
        tokens::block_tokens(&uop.body, &mut all);
        let Some(token) = all.iter().find(|t| self.sources.text(t.span) == "INSTRUCTION_SIZE") else { return Ok(None) };
        let mut size = None;
        for instruction in self.analysis.instructions.values() {
            let uses = instruction.parts.iter().any(|p| matches!(p, Part::Uop(k) if k == key));
            if !uses {
                continue;
            }
            let first = *size.get_or_insert(instruction.size);
            if first != instruction.size {
                let message = format!(
                    "All instructions containing a uop with the `INSTRUCTION_SIZE` macro must have the same size: {first} != {}",
                    instruction.size
                );
                return Err(Diagnostic::new("A-023", token.span, message));
            }
        }
        match size {
            Some(size) => Ok(Some(size)),
            None => Err(Diagnostic::new(
                "A-023",
                token.span,
                format!("No instruction containing the uop '{}' was found", uop.name),
            )),
        }
    }
}

fn replicas(def: &InstDef) -> std::ops::Range<u32> {
    let Some(text) = def.annotations.iter().find_map(|a| a.text.strip_prefix("replicate(")) else { return 0..0 };
    let text = text.trim_end_matches(')');
    match text.split_once(':') {
        Some((first, last)) => first.parse().unwrap_or(0)..last.parse().unwrap_or(0),
        None => 0..text.parse().unwrap_or(0),
    }
}
