//! Prints definitions in an order that reads well: uops as the header lists them (which is how the original defined
//! them), the parts that no header lists next to what they work with, a macro behind the last of its parts, a family
//! before its first own uop.

use super::cases::{Block, Cases, Part};
use super::headers::Headers;
use super::offset::Offset;
use super::text::{Line, between};
use super::uops::{Bodies, Uop};
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeSet;

const INDENT: &str = "        ";

pub(super) fn write(cases: &Cases, headers: &Headers, bodies: &Bodies) -> String {
    let families = families(cases, headers);
    let mut writer = Writer {
        cases,
        headers,
        bodies,
        families: &families,
        forms: forms(cases, headers, bodies),
        done: IndexSet::new(),
        out: String::new(),
    };
    writer.write();
    writer.out
}

/// How an instruction is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// `inst(NAME, …)`; the generator makes the uop `_NAME`.
    Inst,
    /// `macro(NAME) = …`, where the one uop of a block without braces has this name.
    Macro(String),
}

/// Families by the name of their head: the constant for the cache size, and the members.
fn families(cases: &Cases, headers: &Headers) -> IndexMap<String, (String, Vec<String>)> {
    let mut families: IndexMap<String, (String, Vec<String>)> = IndexMap::new();
    let by_constant = heads_by_constant(cases);
    for block in cases.blocks.values() {
        let Some(size) = &block.cache_size else { continue };
        let without_header = || deopt_target(block).or_else(|| by_constant.get(size.as_str()).copied());
        let Some(head) = headers.deopts.get(&block.name).map(String::as_str).or_else(without_header) else { continue };
        let family = families.entry(head.to_owned()).or_insert_with(|| (size.clone(), Vec::new()));
        // The generator makes this one a member by itself.
        if block.name != "BINARY_OP_INPLACE_ADD_UNICODE" {
            family.1.push(block.name.clone());
        }
    }
    families.retain(|head, _| cases.blocks.contains_key(head));
    let place = |head: &str| headers.specializations.get_index_of(head).unwrap_or(usize::MAX);
    families.sort_by(|a, _, b, _| place(a).cmp(&place(b)));
    for (head, (_, members)) in &mut families {
        let order = headers.specializations.get(head);
        let place = |member: &String| order.and_then(|order| order.iter().position(|m| m == member));
        members.sort_by_key(|member| place(member).unwrap_or(usize::MAX));
    }
    families
}

/// Where the block jumps on a miss.
fn deopt_target(block: &Block) -> Option<&str> {
    block.text.lines().find_map(|line| between(line.trim_start(), "JUMP_TO_PREDICTED(", ");"))
}

/// The head of the family that each constant of a cache size belongs to: a member that never misses has no other hint.
fn heads_by_constant(cases: &Cases) -> IndexMap<&str, &str> {
    let mut heads = IndexMap::new();
    for block in cases.blocks.values() {
        let Some(size) = block.cache_size.as_deref() else { continue };
        let named = size.strip_prefix("INLINE_CACHE_ENTRIES_").filter(|name| cases.blocks.contains_key(*name));
        if let Some(head) = deopt_target(block).or(named) {
            heads.entry(size).or_insert(head);
        }
    }
    heads
}

fn single_uop(block: &Block) -> Option<&str> {
    block.parts.iter().find_map(|part| match part {
        Part::Uop(uop) if !block.braces => Some(uop.name.as_str()),
        _ => None,
    })
}

/// Whether an instruction of one uop is an `inst` or a `macro`.
fn forms(cases: &Cases, headers: &Headers, bodies: &Bodies) -> IndexMap<String, Form> {
    let id = |name: &str| headers.ids.get(name).copied().unwrap_or(0);
    // Instrumented instructions are numbered as they are defined, every `inst` before any `macro`.
    let instrumented_macros =
        cases.blocks.values().filter(|block| block.braces && block.name.starts_with("INSTRUMENTED"));
    let first_macro = instrumented_macros.map(|block| id(&block.name)).min().unwrap_or(i64::MAX);
    let mut forms = IndexMap::new();
    for block in cases.blocks.values() {
        let Some(own) = single_uop(block) else { continue };
        let expansion = headers.expansions.get(&block.name).map(Vec::as_slice);
        let other = match expansion {
            Some([(uop, _, _)]) if uop != own && !uop.is_empty() => {
                let same = |uop: &Uop| uop.lines == bodies.uops[own].lines;
                bodies.uops.get(uop).map_or_else(|| true, same).then(|| uop.clone())
            }
            _ => None,
        };
        let late = block.name.starts_with("INSTRUMENTED") && id(&block.name) > first_macro;
        // The uop of an `inst` has the instruction's number, one of an `op` its own; one with replicas has its own in
        // any case.
        let numbered = headers.uop_ids.get(own).filter(|_| !headers.replication.contains_key(own));
        let is_op = numbered.map(|id| *id != block.name);
        let form = match other {
            Some(other) => Form::Macro(other),
            None if is_op.unwrap_or(late) => Form::Macro(own.to_owned()),
            None => Form::Inst,
        };
        forms.insert(block.name.clone(), form);
    }
    forms
}

struct Writer<'a> {
    cases: &'a Cases,
    headers: &'a Headers,
    bodies: &'a Bodies,
    families: &'a IndexMap<String, (String, Vec<String>)>,
    forms: IndexMap<String, Form>,
    /// Names of what is written: uops with their underscore, instructions, `family NAME`.
    done: IndexSet<String>,
    out: String,
}

impl Writer<'_> {
    fn write(&mut self) {
        self.out.push_str("// BEGIN BYTECODES //\n\n");
        let order: Vec<String> = self.headers.uop_flags.keys().cloned().collect();
        for uop in &order {
            self.uop_with_neighbours(uop);
        }
        // What no header lists: instrumented instructions by number, then the rest by number.
        let mut rest: Vec<&Block> = self.cases.blocks.values().collect();
        rest.sort_by_key(|block| {
            let id = self.headers.ids.get(&block.name).copied().unwrap_or(i64::MAX);
            (block.name.starts_with("INSTRUMENTED"), id, block.name.clone())
        });
        for block in rest {
            self.instruction(block);
        }
        let families = self.families;
        families.keys().for_each(|head| self.family(head));
        self.pseudos();
        self.labels();
        self.out.push_str("// END BYTECODES //\n");
    }

    /// The name under which the uop of this part is defined.
    fn defined_name(&self, block: &Block, uop: &str) -> String {
        match self.forms.get(&block.name) {
            Some(Form::Macro(name)) => name.clone(),
            _ => uop.to_owned(),
        }
    }

    /// The instruction whose `inst` defines the uop.
    fn inst_of(&self, uop: &str) -> Option<&Block> {
        let name = uop.strip_prefix('_')?;
        let block = self.cases.blocks.get(name)?;
        (self.forms.get(name) == Some(&Form::Inst)).then_some(block)
    }

    fn parts(&self, block: &Block) -> Vec<String> {
        let uops = block.parts.iter().filter_map(|part| match part {
            Part::Uop(uop) => Some(self.defined_name(block, &uop.name)),
            _ => None,
        });
        uops.collect()
    }

    /// The uop with those unlisted ones next to it that stand next to it in the first macro that uses it.
    fn uop_with_neighbours(&mut self, uop: &str) {
        if self.done.contains(uop) {
            return;
        }
        let cases = self.cases;
        let listed = |name: &str| self.headers.uop_flags.contains_key(name);
        let user = cases.blocks.values().find(|block| self.parts(block).iter().any(|part| part == uop));
        let Some(user) = user else { return };
        self.unlisted_macros_before(&user.name);
        let parts = self.parts(user);
        let own = parts.iter().position(|part| part == uop).unwrap_or(0);
        // Before the first that is listed, if that is not of general use; else behind the last one before them.
        if !parts[..own].iter().any(|part| listed(part)) && self.only_family(uop).is_some() {
            parts[..own].iter().for_each(|part| self.uop(part));
        }
        self.uop(uop);
        for part in parts[own + 1..].iter().take_while(|part| !listed(part)) {
            self.uop(part);
        }
    }

    fn uop(&mut self, name: &str) {
        if self.done.contains(name) {
            return;
        }
        if let Some(block) = self.inst_of(name) {
            let block = block.clone();
            self.inst(&block);
            return;
        }
        let Some(uop) = self.uop_under(name) else { return };
        self.family_of_uop(name);
        self.done.insert(name.to_owned());
        let annotations = self.annotations(name, &uop);
        let effect = uop.effect.print(&[], &[]);
        self.body(&format!("{annotations}op({name}, {effect}) {{"), &uop.lines);
        self.ready_macros();
    }

    /// The uop, which may have been lifted under the name of its instruction.
    fn uop_under(&self, name: &str) -> Option<Uop> {
        if let Some(uop) = self.bodies.uops.get(name) {
            return Some(uop.clone());
        }
        let form = self.forms.iter().find(|(_, form)| **form == Form::Macro(name.to_owned()))?;
        self.bodies.uops.get(&format!("_{}", form.0)).cloned()
    }

    fn inst(&mut self, block: &Block) {
        let own = format!("_{}", block.name);
        let uop = self.bodies.uops[&own].clone();
        self.family_of_uop(&own);
        self.done.insert(own.clone());
        self.done.insert(block.name.clone());
        let at = block.parts.iter().position(|part| matches!(part, Part::Uop(_))).unwrap_or(0);
        let skips = |parts: &[Part]| -> Vec<i64> {
            parts.iter().filter_map(|part| if let Part::Skip(size) = part { Some(*size) } else { None }).collect()
        };
        let effect = uop.effect.print(&skips(&block.parts[..at]), &skips(&block.parts[at + 1..]));
        let annotations = self.annotations(&own, &uop);
        self.body(&format!("{annotations}inst({}, {effect}) {{", block.name), &uop.lines);
        self.ready_macros();
    }

    fn body(&mut self, head: &str, lines: &[Line]) {
        self.out += &format!("{INDENT}{head}\n");
        for line in lines {
            let indent = if line.text.is_empty() { 0 } else { line.indent };
            self.out += &format!("{:indent$}{}\n", "", line.text);
        }
        self.out += &format!("{INDENT}}}\n\n");
    }

    fn annotations(&self, name: &str, uop: &Uop) -> String {
        let flags = self.headers.uop_flags.get(name);
        let of_instruction = flags.is_none().then(|| self.headers.flags.get(&uop.from)).flatten();
        let single = self.cases.blocks[&uop.from].parts.len() == 1;
        let has = |flag: &str| {
            flags.is_some_and(|flags| flags.contains(flag))
                || single && of_instruction.is_some_and(|flags| flags.contains(flag))
        };
        let mut out = Vec::new();
        if let Some(count) = self.headers.replication.get(name) {
            out.push(format!("replicate({count})"));
        }
        let from = &self.cases.blocks[&uop.from];
        if has("HAS_NO_SAVE_IP_FLAG") || !from.saves_ip {
            out.push("no_save_ip".into());
        }
        if has("HAS_PURE_FLAG") {
            out.push("pure".into());
        }
        let replaced = self.headers.is_replaced(name);
        if name.starts_with("_SPECIALIZE_") {
            out.push("specializing".into());
        } else if replaced {
            out.push("replaced".into());
        } else if !self.headers.uop_ids.is_empty() && !self.headers.uop_ids.contains_key(name) {
            out.push("tier1".into());
        }
        out.iter().map(|annotation| format!("{annotation} ")).collect()
    }

    /// Writes the family that all users of the uop belong to, if it is not written yet.
    fn family_of_uop(&mut self, uop: &str) {
        if let Some(head) = self.only_family(uop) {
            self.family(&head);
        }
    }

    /// The head of the family that all users of the uop belong to, instrumented instructions aside.
    fn only_family(&self, uop: &str) -> Option<String> {
        let users = self.cases.blocks.values().filter(|block| {
            !block.name.starts_with("INSTRUMENTED") && self.parts(block).iter().any(|part| part == uop)
        });
        let heads: BTreeSet<Option<&str>> = users.map(|block| self.head_of_member(&block.name)).collect();
        match heads.into_iter().collect::<Vec<_>>().as_slice() {
            [Some(head)] => Some((*head).to_owned()),
            _ => None,
        }
    }

    fn head_of_member(&self, name: &str) -> Option<&str> {
        let found =
            self.families.iter().find(|(head, (_, members))| *head == name || members.iter().any(|m| m == name));
        found.map(|(head, _)| head.as_str())
    }

    /// Writes a family, if it is its turn.
    fn family(&mut self, head: &str) {
        let key = |head: &String| format!("family {head}");
        if self.headers.specializations.contains_key(head) {
            let mut earlier = self.families.keys().take_while(|other| *other != head);
            if !earlier.all(|other| self.done.contains(&key(other))) {
                return;
            }
        }
        if !self.done.insert(format!("family {head}")) {
            return;
        }
        let (size, members) = &self.families[head];
        self.out += &format!("{INDENT}family({head}, {size}) = {{\n");
        for member in members {
            self.out += &format!("{INDENT}    {member},\n");
        }
        self.out += &format!("{INDENT}}};\n\n");
    }

    /// Writes macros whose parts are all written by now, those that the table of caches lists in its order.
    fn ready_macros(&mut self) {
        let cases = self.cases;
        let place = |name: &str| self.headers.caches.get_index_of(name);
        let mut blocks: Vec<&Block> = cases.blocks.values().filter(|block| !self.is_inst(block)).collect();
        blocks.sort_by_key(|block| place(&block.name).map_or((1, 0), |at| (0, at)));
        let mut held_back = false;
        for block in blocks {
            let listed = self.headers.caches.contains_key(&block.name);
            // Instrumented instructions are numbered as they are defined, so they wait for their turn.
            if self.done.contains(&block.name) || block.name.starts_with("INSTRUMENTED") || listed && held_back {
                continue;
            }
            if self.parts(block).iter().all(|part| self.done.contains(part)) {
                self.macro_(block);
            } else {
                held_back |= listed;
            }
        }
    }

    fn is_inst(&self, block: &Block) -> bool {
        self.forms.get(&block.name) == Some(&Form::Inst)
    }

    /// Macros whose own uops no header lists, and which come before `name` in the table of caches.
    fn unlisted_macros_before(&mut self, name: &str) {
        let cases = self.cases;
        let Some(end) = self.headers.caches.get_index_of(name) else { return };
        let earlier: Vec<&Block> = self.headers.caches.keys().take(end).filter_map(|n| cases.blocks.get(n)).collect();
        for block in earlier {
            let ready = |part: &String| self.done.contains(part) || !self.headers.uop_flags.contains_key(part);
            if self.done.contains(&block.name) || self.is_inst(block) {
                continue;
            }
            if !self.parts(block).iter().all(ready) {
                break;
            }
            self.instruction(block);
        }
    }

    fn macro_(&mut self, block: &Block) {
        if let Some(head) = self.head_of_member(&block.name).map(str::to_owned) {
            self.family(&head);
        }
        self.done.insert(block.name.clone());
        let parts: Vec<String> = block
            .parts
            .iter()
            .map(|part| match part {
                Part::Skip(size) => format!("unused/{size}"),
                Part::Flush(_) => "flush".to_owned(),
                Part::Uop(uop) => {
                    let name = self.defined_name(block, &uop.name);
                    self.inst_of(&name).map_or(name, |inst| inst.name.clone())
                }
            })
            .collect();
        if let [part] = parts.as_slice() {
            self.out += &format!("{INDENT}macro({}) = {part};\n\n", block.name);
            return;
        }
        let separator = format!(" +\n{INDENT}    ");
        self.out += &format!("{INDENT}macro({}) =\n{INDENT}    {};\n\n", block.name, parts.join(&separator));
    }

    fn instruction(&mut self, block: &Block) {
        if self.done.contains(&block.name) {
            return;
        }
        for part in self.parts(block) {
            self.uop(&part);
        }
        if !self.done.contains(&block.name) {
            self.macro_(block);
        }
    }

    fn pseudos(&mut self) {
        for (name, row) in &self.headers.pseudos {
            let count = |table: Option<Offset>| usize::try_from(table.map_or(0, |offset| offset.numeric)).unwrap_or(0);
            let items = |n: usize| vec!["unused"; n].join(", ");
            let popped = items(count(self.headers.instruction_popped(name)));
            let pushed = items(count(self.headers.instruction_pushed(name)));
            let of_targets: BTreeSet<&String> =
                row.targets.iter().filter_map(|target| self.headers.flags.get(target)).flatten().collect();
            let own = self.headers.flags.get(name).into_iter().flatten().filter(|flag| !of_targets.contains(flag));
            let own: Vec<&str> = own.map(|flag| flag.trim_end_matches("_FLAG")).collect();
            let flags = if own.is_empty() { String::new() } else { format!(", ({})", own.join(", ")) };
            let (open, close) = if row.as_sequence { ('[', ']') } else { ('{', '}') };
            let effect = format!("({popped} -- {pushed})").replace("( --", "(--").replace("-- )", "--)");
            self.out += &format!("{INDENT}pseudo({name}, {effect}{flags}) = {open}\n");
            for target in &row.targets {
                self.out += &format!("{INDENT}    {target},\n");
            }
            self.out += &format!("{INDENT}{close};\n\n");
        }
    }

    fn labels(&mut self) {
        for (name, label) in &self.bodies.labels {
            let spilled = if label.spilled { "spilled " } else { "" };
            self.body(&format!("{spilled}label({name}) {{"), &label.lines);
        }
    }
}
