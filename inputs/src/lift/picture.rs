//! What the stack looks like along an instruction: effects of uops, and what earlier parts hold in variables.

use super::cases::{Block, Declared, Part};
use super::observe::{Stripped, strip};
use super::offset::Offset;
use super::text::{Line, assignment, between, is_identifier};
use super::tree::{Node, parse};

/// An item of a stack effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) size: Option<String>,
    /// `None` for `_PyStackRef`.
    pub(super) type_: Option<String>,
}

pub(super) const UNUSED: &str = "unused";

impl Item {
    pub(super) fn unused(size: Option<&str>) -> Self {
        Self { name: UNUSED.into(), size: size.map(str::to_owned), type_: None }
    }

    pub(super) fn slots(&self) -> Offset {
        Offset::of_size(self.size.as_deref())
    }

    pub(super) fn is_named(&self) -> bool {
        self.name != UNUSED
    }

    fn print(&self) -> String {
        let type_ = self.type_.as_ref().map(|type_| format!(": {type_}")).unwrap_or_default();
        let size = self.size.as_ref().map(|size| format!("[{size}]")).unwrap_or_default();
        format!("{}{type_}{size}", self.name)
    }
}

pub(super) fn slots(items: &[Item]) -> Offset {
    items.iter().fold(Offset::default(), |sum, item| sum + item.slots())
}

/// A cache entry that the uop reads: name, code units, and where it is from the instruction on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cache {
    pub(super) name: String,
    pub(super) size: i64,
    at: i64,
}

/// What stands between a uop's parentheses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Effect {
    pub(super) caches: Vec<Cache>,
    pub(super) inputs: Vec<Item>,
    pub(super) outputs: Vec<Item>,
    /// How many inputs, from the deepest, stay where they are.
    pub(super) peeks: usize,
}

impl Effect {
    /// `unused` cache entries of an `inst` are given with their sizes, before and behind the rest.
    pub(super) fn print(&self, before: &[i64], behind: &[i64]) -> String {
        let mut inputs: Vec<String> = before.iter().map(|size| format!("unused/{size}")).collect();
        let mut end = None;
        for cache in &self.caches {
            if let Some(gap) = end.map(|end| cache.at - end).filter(|gap| *gap > 0) {
                inputs.push(format!("unused/{gap}"));
            }
            inputs.push(format!("{}/{}", cache.name, cache.size));
            end = Some(cache.at + cache.size);
        }
        inputs.extend(self.inputs.iter().map(Item::print));
        inputs.extend(behind.iter().map(|size| format!("unused/{size}")));
        let outputs: Vec<String> = self.outputs.iter().map(Item::print).collect();
        format!("({} -- {})", inputs.join(", "), outputs.join(", ")).replace("( --", "(--").replace("-- )", "--)")
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.inputs.iter().filter(|item| item.is_named()).map(|item| item.name.clone()).collect()
    }

    /// The slots of what the uop takes away.
    pub(super) fn taken(&self) -> Offset {
        slots(&self.inputs[self.peeks..])
    }

    fn net(&self) -> Offset {
        slots(&self.outputs) - slots(&self.inputs)
    }
}

/// Where the stack is before a part: the items that earlier parts left in variables, top last.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    items: Vec<Held>,
    pub(super) logical: Offset,
}

#[derive(Clone, Debug)]
struct Held {
    item: Item,
    /// The C variable has its value, so that the next uop does not load it again.
    in_variable: bool,
}

impl Picture {
    /// What earlier parts left, top last.
    pub(super) fn held(&self) -> Vec<Item> {
        self.items.iter().map(|held| held.item.clone()).collect()
    }

    /// Moves over a part with a known effect (`stack.py`, `apply_stack_effect`).
    pub(super) fn advance(&mut self, effect: &Effect) {
        let mut popped = Vec::new();
        for input in effect.inputs.iter().rev() {
            let held = self.items.pop().filter(|held| held.item.size == input.size);
            if held.is_none() {
                self.items.clear();
            }
            let loaded = Held { item: input.clone(), in_variable: input.is_named() && input.size.is_none() };
            popped.push(held.filter(|_| !input.is_named()).unwrap_or(loaded));
        }
        popped.reverse();
        self.items.extend(popped.into_iter().take(effect.peeks));
        let outputs = effect.outputs.iter().skip(effect.peeks);
        self.items.extend(
            outputs.map(|item| Held { item: item.clone(), in_variable: item.is_named() && item.size.is_none() }),
        );
        self.logical = self.logical.clone() + effect.net();
    }

    /// Whether the part loads something that the part before should have left in a variable: then everything went to
    /// memory in between (`SYNC_SP`).
    pub(super) fn contradicts(&self, walked: &Walked, at: usize) -> bool {
        let nodes = walked.bodies[at].as_ref().map_or(&[][..], |body| &body.nodes);
        let mut top = self.logical.clone();
        let mut places = Vec::new();
        for held in self.items.iter().rev() {
            top = top - held.item.slots();
            if held.in_variable {
                places.push(top.clone());
            }
        }
        let flushed = |node: &Node| node.seen().moved || !node.seen().stored.is_empty();
        nodes
            .iter()
            .map_while(|node| Some((node, load(node.only_line()?)?)))
            .take_while(|(node, _)| !flushed(node))
            .any(|(node, load)| !load.is_address && places.contains(&(node.seen().physical.clone() + load.at)))
    }
}

/// A block with each part's statements, the tracker's lines taken out.
pub(super) struct Walked<'a> {
    pub(super) block: &'a Block,
    /// One entry for each part; `None` for parts that are no uops.
    pub(super) bodies: Vec<Option<Stripped>>,
    /// Where the stack ends, if control gets to the end.
    pub(super) end: Option<Offset>,
}

impl<'a> Walked<'a> {
    pub(super) fn new(block: &'a Block) -> Self {
        let mut physical = Offset::default();
        let mut reachable = true;
        let mut bodies = Vec::new();
        for part in &block.parts {
            match part {
                Part::Skip(_) => bodies.push(None),
                Part::Flush(lines) => {
                    physical = strip(parse(lines), physical).at_end.physical;
                    bodies.push(None);
                }
                Part::Uop(uop) => {
                    let mut lines = uop.lines.as_slice();
                    if !block.braces && block.tail.is_empty() {
                        lines = lines.strip_suffix(&[Line::new(12, "DISPATCH();")]).unwrap_or(lines);
                    }
                    let body = strip(parse(lines), physical);
                    physical = body.at_end.physical.clone();
                    reachable = body.reachable;
                    bodies.push(Some(body));
                }
            }
        }
        let end = strip(parse(&block.tail), physical).at_end.physical;
        Self { block, bodies, end: reachable.then_some(end) }
    }

    pub(super) fn uop_name(&self, at: usize) -> &str {
        match &self.block.parts[at] {
            Part::Uop(uop) => &uop.name,
            _ => "",
        }
    }

    pub(super) fn declared(&self, name: &str) -> Option<&'a Declared> {
        self.block.variables.iter().find(|variable| variable.name == name)
    }

    pub(super) fn is_last_uop(&self, at: usize) -> bool {
        self.bodies[at + 1..].iter().all(Option::is_none)
    }
}

/// A load from the stack at the head of a uop.
pub(super) struct Load<'a> {
    pub(super) name: &'a str,
    pub(super) at: Offset,
    /// `x = &stack_pointer[…];`
    pub(super) is_address: bool,
}

pub(super) fn load<'a>(text: &'a str) -> Option<Load<'a>> {
    let (name, value) = assignment(text)?;
    let is_address = value.starts_with('&');
    let value = value.strip_suffix(".bits").unwrap_or(value);
    let (cast, at) = value.strip_suffix(']')?.split_once("stack_pointer[")?;
    let plain = cast.is_empty() || cast == "&" || (cast.starts_with('(') && cast.ends_with(')'));
    plain.then(|| Some(Load { name, at: Offset::parse(at)?, is_address }))?
}

pub(super) fn cache_read(text: &str) -> Option<Cache> {
    let (declaration, read) = text.split_once(" = read_")?;
    let name = declaration.rsplit([' ', '*']).next()?;
    let size = match read.split('(').next()? {
        "u16" => 1,
        "u32" => 2,
        "u64" | "obj" => 4,
        _ => return None,
    };
    let at = between(read.split_once('(')?.1, "&this_instr[", "].cache);")?.parse().ok()?;
    is_identifier(name).then(|| Cache { name: name.to_owned(), size, at })
}
