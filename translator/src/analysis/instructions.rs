//! Instructions of several parts, families, pseudo instructions and sizes (`analyzer.py`, `add_macro`, `add_family`,
//! `add_pseudo`, `get_instruction_size_for_uop`).

use super::model::{Family, Instruction, Part, Properties, PseudoInstruction, Uop};
use super::properties::first_token;
use super::stack::{self, Effects};
use super::{Analyser, Check};
use crate::diagnostics::Diagnostic;
use crate::dsl::ast::{self, Macro, MacroPart, Pseudo, Super};
use crate::dsl::token::Token;
use crate::source::Span;
use std::collections::BTreeMap;

impl<'a> Analyser<'a> {
    pub(crate) fn add_macro(&mut self, def: &'a Macro) -> Check {
        let mut parts = Vec::new();
        for part in &def.parts {
            match part {
                MacroPart::Op { name, .. } if name == "flush" => parts.push(Part::Flush),
                MacroPart::Cache(cache) => parts.push(Part::Skip(cache.size)),
                MacroPart::Op { name, .. } if self.analysis.uops.contains_key(name) => {
                    parts.push(Part::Uop(name.clone()));
                }
                MacroPart::Op { name, .. } if self.failed.contains(name.as_str()) => {
                    self.failed.insert(&def.name);
                    return Ok(());
                }
                MacroPart::Op { name, span } => {
                    let error = Diagnostic::new("A-021", *span, format!("No Uop named {name}"))
                        .note("a macro's parts are ops, cache entries `name/units` or `unused/units`, and `flush`");
                    return Err(Box::new(error.cpython_points_at(first_token(&def.context, def.name_span))));
                }
            }
        }
        self.add_instruction(&def.name, parts, def.span, def.name_span);
        Ok(())
    }

    /// 3.12's: the parts are whole instructions, of which the code keeps all units.
    pub(crate) fn add_super(&mut self, def: &Super) -> Check {
        let mut parts: Vec<Part> = Vec::new();
        for (name, span) in &def.parts {
            if !self.analysis.uops.contains_key(name) {
                return Err(Box::new(Diagnostic::new("A-021", *span, format!("No Uop named {name}"))));
            }
            if !parts.is_empty() {
                parts.push(Part::Skip(1));
            }
            parts.push(Part::Uop(name.clone()));
        }
        self.add_instruction(&def.name, parts, def.span, def.name_span);
        Ok(())
    }

    pub(crate) fn add_instruction(&mut self, name: &str, parts: Vec<Part>, span: Span, name_span: Span) {
        let skip = Properties::skip();
        let uops: Vec<Option<&Uop>> = parts
            .iter()
            .map(|part| match part {
                Part::Uop(key) => self.analysis.uops.get(key),
                Part::Skip(_) | Part::Flush => None,
            })
            .collect();
        let properties = Properties::of_parts(uops.iter().map(|uop| uop.map_or(&skip, |uop| &uop.properties)));
        let skips = parts.iter().map(|part| if let Part::Skip(units) = part { i64::from(*units) } else { 0 });
        let size = skips.sum::<i64>() + uops.iter().flatten().map(|uop| i64::from(uop.size())).sum::<i64>() + 1;
        let instruction = Instruction {
            name: name.to_owned(),
            parts,
            properties,
            is_target: false,
            family: None,
            opcode: 0,
            size: u32::try_from(size).unwrap_or(0),
            span,
            name_span,
        };
        self.analysis.instructions.insert(name.to_owned(), instruction);
    }

    /// Whether all of these are instructions. One that a refused definition would have made is not missed aloud.
    fn known(&self, names: &[(String, Span)]) -> Result<bool, Box<Diagnostic>> {
        let missing = names.iter().find(|(name, _)| !self.analysis.instructions.contains_key(name));
        match missing {
            None => Ok(true),
            Some((name, _)) if self.failed.contains(name.as_str()) => Ok(false),
            Some((name, span)) => {
                let error = Diagnostic::new("A-022", *span, format!("No instruction named '{name}'"));
                Err(Box::new(error.note("an instruction is an inst or a macro; ops are not")))
            }
        }
    }

    pub(crate) fn add_family(&mut self, def: &'a ast::Family) -> Check {
        let mut members: Vec<String> = def.members.iter().map(|(name, _)| name.clone()).collect();
        let mut head = def.name.clone();
        let named_otherwise = !self.analysis.instructions.contains_key(&head);
        if self.release.own_rules && named_otherwise && self.known(&def.members)? {
            // In 3.12 the head is the first member, and the family's name is its own.
            head = members.remove(0);
        }
        if !self.known(&def.members)? || !self.known(&[(head.clone(), def.name_span)])? {
            return Ok(());
        }
        for member in &members {
            self.analysis.instructions[member.as_str()].family = Some(head.clone());
        }
        // The head is where deopts go.
        self.analysis.instructions[head.as_str()].is_target = true;
        let family = Family { name: head.clone(), size: def.size.clone(), members, span: def.span };
        self.analysis.families.insert(head, family);
        Ok(())
    }

    /// An instruction of another size than its family, which belongs to it for history's sake.
    pub(crate) fn adopt_stray_member(&mut self) -> Check {
        const STRAY: &str = "BINARY_OP_INPLACE_ADD_UNICODE";
        const HEAD: &str = "BINARY_OP";
        let Some(stray) = self.analysis.instructions.get_mut(STRAY) else { return Ok(()) };
        let Some(family) = self.analysis.families.get_mut(HEAD) else {
            if self.release.own_rules {
                return Ok(());
            }
            let message = format!("{STRAY} belongs to the family {HEAD}, which is not defined");
            return Err(Box::new(Diagnostic::new("A-026", stray.name_span, message)));
        };
        stray.family = Some(HEAD.to_owned());
        if !self.release.own_rules || !family.members.iter().any(|member| member == STRAY) {
            family.members.push(STRAY.to_owned());
        }
        Ok(())
    }

    pub(crate) fn add_pseudo(&mut self, def: &'a Pseudo) -> Check {
        let effects = Effects { inputs: &def.inputs, outputs: &def.outputs, block: None };
        let stack = stack::stack_effect(self.sources, self.release, effects)?;
        if !self.known(&def.targets)? {
            return Ok(());
        }
        let targets: Vec<String> = def.targets.iter().map(|(name, _)| name.clone()).collect();
        let instructions = &self.analysis.instructions;
        let properties = Properties::of_parts(targets.iter().map(|name| &instructions[name.as_str()].properties));
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

    /// Gives uops that contain INSTRUCTION_SIZE that of the instructions they are in.
    pub(crate) fn find_instruction_sizes(&mut self) {
        // With instructions missing, a size may be missed that was theirs.
        if self.asks_size.is_empty() || !self.failed.is_empty() {
            return;
        }
        let mut users: BTreeMap<&str, Vec<&Instruction>> = BTreeMap::new();
        for instruction in self.analysis.instructions.values() {
            for part in &instruction.parts {
                if let Part::Uop(key) = part {
                    users.entry(key).or_default().push(instruction);
                }
            }
        }
        let mut sizes = Vec::new();
        for (key, uop) in &self.analysis.uops {
            let Some(token) = self.asks_size.get(key) else { continue };
            match instruction_size(&uop.name, users.get(key.as_str()).map_or(&[], Vec::as_slice), *token) {
                Ok(size) => sizes.push((key.clone(), size)),
                Err(error) => self.errors.push(*error),
            }
        }
        for (key, size) in sizes {
            self.analysis.uops[key.as_str()].instruction_size = Some(size);
        }
    }
}

/// # Errors
/// `A-023` when the instructions that have the uop differ in size, or there is none.
fn instruction_size(name: &str, users: &[&Instruction], token: Token) -> Result<u32, Box<Diagnostic>> {
    let Some(first) = users.first() else {
        let message = format!("No instruction containing the uop '{name}' was found");
        return Err(Box::new(Diagnostic::new("A-023", token.span, message)));
    };
    let Some(other) = users.iter().find(|user| user.size != first.size) else { return Ok(first.size) };
    let message = format!(
        "All instructions containing a uop with the `INSTRUCTION_SIZE` macro must have the same size: {} != {}",
        first.size, other.size
    );
    let error = Diagnostic::new("A-023", token.span, message)
        .also(first.name_span, format!("{} code units", first.size))
        .also(other.name_span, format!("{} code units", other.size));
    Err(Box::new(error))
}
