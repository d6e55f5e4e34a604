//! Defines every uop, each in the shortest instruction that uses it.

use super::cases::{Block, Cases, LabelBlock, Part};
use super::effects::infer;
use super::headers::Headers;
use super::invert::{Context, Errors, invert};
use super::layout::lay_out;
use super::observe::{Automatic, Stripped, strip};
use super::offset::Offset;
use super::picture::{Effect, Picture, Walked};
use super::place::{End, place, save_regions};
use super::rules::{self, Applied};
use super::text::{Line, mentions};
use super::tree::{Node, parse, print};
use indexmap::IndexMap;

/// A lifted uop.
#[derive(Clone, Debug)]
pub(super) struct Uop {
    pub(super) effect: Effect,
    pub(super) lines: Vec<Line>,
    /// The instruction that it was lifted from.
    pub(super) from: String,
}

type Uops = IndexMap<String, Uop>;

/// A lifted label.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) lines: Vec<Line>,
    /// Control comes to it with the stack pointer saved in the frame.
    pub(super) spilled: bool,
}

/// Everything that has a body.
#[derive(Clone, Debug)]
pub(super) struct Bodies {
    pub(super) uops: Uops,
    pub(super) labels: IndexMap<String, Label>,
}

impl Bodies {
    pub(super) fn lift(cases: &Cases, headers: &Headers) -> Self {
        let labels = cases.labels.iter().map(|(name, block)| (name.clone(), label(block))).collect();
        Self { uops: define(cases, headers), labels }
    }

    /// The bodies as stock CPython has them.
    pub(super) fn resolve(&self, applied: &mut Applied) -> Self {
        let mut stock = self.clone();
        for (name, uop) in &mut stock.uops {
            uop.lines = rules::resolve(name, &uop.lines, applied);
        }
        for (name, label) in &mut stock.labels {
            label.lines = rules::resolve(name, &label.lines, applied);
        }
        stock
    }
}

/// What later parts show of a uop where no text of its own does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hidden {
    Nothing,
    Synchronises,
}

fn define(cases: &Cases, headers: &Headers) -> Uops {
    let mut walked: Vec<Walked> = cases.blocks.values().map(Walked::new).collect();
    walked.sort_by_key(|walked| (uop_count(walked.block), walked.block.name.as_str()));
    share_moves(&mut walked);
    let mut uops = Uops::new();
    for walked in &walked {
        let mut picture = Picture::default();
        let mut before: Option<(usize, Picture)> = None;
        for (at, part) in walked.block.parts.iter().enumerate() {
            let Part::Uop(occurrence) = part else { continue };
            if let Some((before, held)) = before.filter(|_| picture.contradicts(walked, at)) {
                uops[walked.uop_name(before)] = define_one(walked, before, &held, headers, Hidden::Synchronises);
            }
            if !uops.contains_key(&occurrence.name) {
                let uop = define_one(walked, at, &picture, headers, Hidden::Nothing);
                uops.insert(occurrence.name.clone(), uop);
            }
            before = Some((at, picture.clone()));
            picture.advance(&uops[&occurrence.name].effect);
        }
    }
    uops
}

/// A `SYNC_SP` shows only where the stack pointer is not yet where it belongs. So what one instruction shows of a uop
/// is noted in all that use it.
fn share_moves(walked: &mut [Walked]) {
    let mut uses: IndexMap<String, Vec<(usize, usize)>> = IndexMap::new();
    for (index, walked) in walked.iter().enumerate() {
        for at in 0..walked.bodies.len() {
            if walked.bodies[at].is_some() {
                uses.entry(walked.uop_name(at).to_owned()).or_default().push((index, at));
            }
        }
    }
    for (first, others) in uses.values().filter_map(|places| places.split_first()) {
        let Some(mut union) = walked[first.0].bodies[first.1].take() else { continue };
        for other in others {
            if let Some(body) = &walked[other.0].bodies[other.1] {
                add_moves(&mut union, body);
            }
        }
        for other in others {
            if let Some(body) = &mut walked[other.0].bodies[other.1] {
                add_moves(body, &union);
            }
        }
        walked[first.0].bodies[first.1] = Some(union);
    }
}

fn add_moves(to: &mut Stripped, from: &Stripped) {
    to.at_end.moved |= from.at_end.moved;
    copy_moves(&mut to.nodes, &from.nodes);
}

/// The bodies differ in their loads only, which come first.
fn copy_moves(to: &mut [Node], from: &[Node]) {
    for (to, from) in to.iter_mut().rev().zip(from.iter().rev()) {
        to.seen_mut().moved |= from.seen().moved;
        if let (Node::Compound { body: to, .. }, Node::Compound { body: from, .. }) = (to, from) {
            copy_moves(to, from);
        }
    }
}

/// Asks for a `SYNC_SP` that no text shows, before the first statement that synchronises the stack anyway.
fn synchronise(nodes: &mut [Node]) {
    if let Some(node) = nodes.iter_mut().find(|node| node.seen().spilled) {
        node.seen_mut().synchronised = true;
    }
}

fn uop_count(block: &Block) -> usize {
    block.parts.iter().filter(|part| matches!(part, Part::Uop(_))).count()
}

fn define_one(walked: &Walked, at: usize, picture: &Picture, headers: &Headers, hidden: Hidden) -> Uop {
    let block = walked.block;
    let name = walked.uop_name(at);
    let (effect, start) = infer(walked, at, picture, headers);
    let flags = headers.uop_flags.get(name).or_else(|| headers.flags.get(&block.name));
    let has = |flag: &str| flags.is_some_and(|flags| flags.contains(flag));
    let Some(body) = &walked.bodies[at] else { unreachable!("the part is a uop") };
    let uses_this = body.nodes.iter().any(|node| node.any_line(|line| mentions(line, "this_instr")));
    let unfit = uses_this || name.contains("INSTRUMENTED") || effect.caches.len() > 2 || headers.is_replaced(name);
    let context = Context {
        inputs: effect.names(),
        base: picture.logical.clone() - effect.taken(),
        output_array: match &effect.outputs[effect.peeks..] {
            [output] if output.size.is_some() => Some(output.slots()),
            _ => None,
        },
        instruction_size: block.size,
        deopt: if has("HAS_EXIT_FLAG") && !has("HAS_DEOPT_FLAG") { "EXIT_IF" } else { "DEOPT_IF" },
        errors: errors(headers, name, block, unfit, hidden),
    };
    let end = match (body.reachable, block.braces && body.at_end.moved) {
        (false, _) => End::Left,
        (true, true) => End::Synchronised,
        (true, false) => End::Reached,
    };
    let mut nodes = invert(body.nodes[start..].to_vec(), &context);
    if hidden == Hidden::Synchronises {
        synchronise(&mut nodes);
    }
    let nodes = place(nodes, end, &effect, &picture.logical);
    let mut lines = print(&nodes);
    lay_out(&mut lines, if block.braces { 4 } else { 0 });
    Uop { effect, lines, from: block.name.clone() }
}

/// What the flags say of the uop's errors. An instruction of several uops has the flags of them all.
fn errors(headers: &Headers, uop: &str, block: &Block, unfit: bool, hidden: Hidden) -> Errors {
    let own = headers.uop_flags.get(uop);
    let Some(flags) = own.or_else(|| headers.flags.get(&block.name)) else { return Errors::Open { no_pop: false } };
    let single = uop_count(block) == 1;
    match (flags.contains("HAS_ERROR_FLAG"), flags.contains("HAS_ERROR_NO_POP_FLAG")) {
        (false, _) => Errors::Goto,
        (true, false) => Errors::Pop,
        // What tier 2 can use has errors of one kind only.
        (true, true) if own.is_some() => Errors::NoPop,
        // Once the stack is synchronised, the inputs are not known any more: no branch can be followed that goes on
        // with them, so the macro that makes no branch of its own it must be.
        // Tier 2 knows of the uop and yet cannot use it, for no other reason (`why_not_viable` of analyzer.py).
        (true, true) if single && headers.uop_ids.contains_key(uop) && !unfit => Errors::Both,
        (true, true) => Errors::Open { no_pop: single || hidden == Hidden::Nothing },
    }
}

fn label(block: &LabelBlock) -> Label {
    let first = block.lines.iter().find_map(|line| match Automatic::read(&line.text) {
        found @ Some(Automatic::Spill | Automatic::Reload) => found,
        _ => None,
    });
    let spilled = first == Some(Automatic::Reload);
    let context = Context {
        inputs: Vec::new(),
        base: Offset::default(),
        output_array: None,
        instruction_size: 0,
        deopt: "DEOPT_IF",
        errors: Errors::Goto,
    };
    let mut nodes = if spilled {
        let reload = |line: &Line| match Automatic::read(&line.text) {
            Some(Automatic::Reload) => Line::new(line.indent, "RELOAD_STACK();"),
            _ => line.clone(),
        };
        parse(&block.lines.iter().map(reload).collect::<Vec<_>>())
    } else {
        strip(parse(&block.lines), Offset::default()).nodes
    };
    nodes = invert(nodes, &context);
    if !spilled {
        nodes = save_regions(nodes);
    }
    let mut lines = print(&nodes);
    lay_out(&mut lines, 0);
    Label { lines, spilled }
}
