//! Infers what a uop takes and leaves, by following the stack through the instruction that uses it.

use super::headers::Headers;
use super::offset::Offset;
use super::picture::{Effect, Item, Load, Picture, UNUSED, Walked, cache_read, load, slots};
use super::text::{assignment, declares, mentions};
use super::tree::Node;

/// The effect of the uop at part `at`, and how many statements of its body are only loads.
pub(super) fn infer(walked: &Walked, at: usize, picture: &Picture, headers: &Headers) -> (Effect, usize) {
    let nodes = walked.bodies[at].as_ref().map_or(&[][..], |body| &body.nodes);
    let mut inference = Inference {
        walked,
        at,
        headers,
        held: picture.held(),
        position: picture.logical.clone(),
        effect: Effect::default(),
        arrays: Vec::new(),
    };
    let start = inference.read_loads(nodes);
    let body = &nodes[start..];
    inference.implicit_inputs(body);
    let outputs = inference.named_outputs(body);
    inference.settle(outputs, body);
    inference.name_inputs(&nodes[..start], body);
    (inference.effect, start)
}

struct Inference<'a> {
    walked: &'a Walked<'a>,
    at: usize,
    headers: &'a Headers,
    /// What is left of the items that earlier parts hold in variables.
    held: Vec<Item>,
    /// The logical top of the stack after the inputs so far were taken off.
    position: Offset,
    effect: Effect,
    /// Outputs in memory: `values = &stack_pointer[-1];`.
    arrays: Vec<(String, Offset)>,
}

impl Inference<'_> {
    fn pop_held(&mut self, name: Option<&str>) -> bool {
        let Some(mut item) = self.held.pop() else { return false };
        if let Some(name) = name {
            item.name = name.to_owned();
            item.type_ = self.type_of(name);
        }
        self.push_input(item);
        true
    }

    fn push_input(&mut self, item: Item) {
        self.position = self.position.clone() - item.slots();
        self.effect.inputs.insert(0, item);
    }

    fn type_of(&self, name: &str) -> Option<String> {
        self.walked.declared(name)?.type_.clone()
    }

    fn read_loads(&mut self, nodes: &[Node]) -> usize {
        let mut void_of = None;
        for (count, node) in nodes.iter().enumerate() {
            let Some(text) = node.only_line() else { return count };
            let physical = &node.seen().physical;
            if let Some(load) = load(text).filter(|load| self.walked.declared(load.name).is_some()) {
                if node.seen().moved || !node.seen().stored.is_empty() {
                    // An item of another shape was found on top, so everything went to memory.
                    self.held.clear();
                }
                self.load(&load, physical.clone() + load.at.clone());
            } else if let Some(cache) = cache_read(text) {
                void_of = Some(format!("(void){};", cache.name));
                self.effect.caches.push(cache);
                continue;
            } else if void_of.take().is_some_and(|void| void == text) && self.walked.block.cache_size.is_none() {
                // The generator's own, outside of families.
            } else if let Some((name, held)) = self.rename(text) {
                while self.held.last().is_some_and(|item| item.name != held) {
                    self.pop_held(None);
                }
                self.pop_held(Some(&name));
            } else {
                return count;
            }
            void_of = None;
        }
        nodes.len()
    }

    /// `right = value;` at the head, where `value` is what an earlier part left.
    fn rename(&self, text: &str) -> Option<(String, String)> {
        let (name, value) = assignment(text)?;
        let known = self.walked.declared(name).is_some() && self.held.iter().any(|item| item.name == value);
        let early = self.arrays.is_empty() && self.effect.caches.is_empty();
        (known && early).then(|| (name.to_owned(), value.to_owned()))
    }

    fn load(&mut self, load: &Load, at: Offset) {
        if load.is_address && self.is_output_array(&at) {
            self.arrays.push((load.name.to_owned(), at));
            return;
        }
        while let Some(top) = self.held.last() {
            let found = self.position.clone() - top.slots() == at && load.is_address == top.size.is_some();
            self.pop_held(found.then_some(load.name));
            if found {
                return;
            }
        }
        let above = self.position.clone() - at;
        if load.is_address {
            for _ in 0..above.numeric.max(0) {
                self.push_input(Item::unused(None));
            }
            let size = above.added().next().map_or_else(|| above.numeric.to_string(), str::to_owned);
            self.push_input(Item { name: load.name.to_owned(), size: Some(size), type_: None });
        } else {
            let gap = above - Offset::number(1);
            let array_below = self.single_on_top(&self.position);
            for item in unnamed(&gap, array_below).into_iter().rev() {
                self.push_input(item);
            }
            self.push_input(Item { name: load.name.to_owned(), size: None, type_: self.type_of(load.name) });
        }
    }

    /// A later part of the instruction loads one item from right below `top`.
    fn single_on_top(&self, top: &Offset) -> bool {
        let later = self.walked.bodies[self.at..].iter().flatten().flat_map(|body| {
            body.nodes.iter().map_while(|node| {
                let load = load(node.only_line()?)?;
                Some((load.is_address, node.seen().physical.clone() + load.at))
            })
        });
        let below_top = top.clone() - Offset::number(1);
        let mut later = later;
        later.any(|(is_address, at)| !is_address && at == below_top)
    }

    /// An array that starts at or above the top is an output; one below may be what an earlier part left.
    fn is_output_array(&self, at: &Offset) -> bool {
        if !self.arrays.is_empty() {
            return true;
        }
        let below = self.position.clone() - at.clone();
        if below.numeric <= 0 && !below.has_added() {
            return true;
        }
        let mut depth = Offset::default();
        for item in self.held.iter().rev() {
            depth = depth + item.slots();
            if depth == below {
                return item.size.is_none();
            }
        }
        !self.held.is_empty() && !(below - depth).has_added()
    }

    /// Items of earlier parts that the body uses under the name that they have.
    fn implicit_inputs(&mut self, body: &[Node]) {
        let deepest = self.held.iter().position(|item| {
            item.is_named()
                && !self.arrays.iter().any(|(name, _)| *name == item.name)
                && !self.effect.inputs.iter().any(|input| input.name == item.name)
                && uses(body, &item.name)
        });
        if let Some(deepest) = deepest {
            while self.held.len() > deepest {
                self.pop_held(None);
            }
        }
    }

    /// Variables that the body defines; sizes of arrays are not known yet.
    fn named_outputs(&self, body: &[Node]) -> Vec<Item> {
        let is_input = |name: &str| self.effect.inputs.iter().any(|input| input.name == name);
        let mut outputs = Vec::new();
        for variable in &self.walked.block.variables {
            if is_input(&variable.name) {
                continue;
            }
            let array = self.arrays.iter().any(|(name, _)| *name == variable.name);
            if array || defines(body, &variable.name) {
                let size = array.then(|| "?".to_owned());
                outputs.push(Item { name: variable.name.clone(), size, type_: variable.type_.clone() });
            }
        }
        outputs
    }

    /// Decides what stays on the stack, which items without name there are, and how large output arrays are.
    fn settle(&mut self, mut outputs: Vec<Item>, body: &[Node]) {
        if let Some(taken) = self.headers.uop_takes(self.walked.uop_name(self.at)) {
            self.take_at_least(&taken);
            self.size_arrays(&mut outputs);
            let split = (0..=self.effect.inputs.len()).find(|k| slots(&self.effect.inputs[*k..]) == taken);
            self.effect.peeks = split.unwrap_or(0);
        } else {
            if !self.walked.block.braces
                && let Some(popped) = self.headers.instruction_popped(&self.walked.block.name)
            {
                self.take_at_least(&popped);
            }
            self.size_arrays(&mut outputs);
            self.effect.peeks = self.guess_peeks(&outputs, body);
        }
        self.pad_outputs(&mut outputs);
        self.effect.outputs = self.effect.inputs[..self.effect.peeks].to_vec();
        self.effect.outputs.append(&mut outputs);
    }

    fn take_at_least(&mut self, taken: &Offset) {
        loop {
            let missing = taken.clone() - slots(&self.effect.inputs);
            if missing.numeric <= 0 && !missing.has_added() {
                return;
            }
            if !self.pop_held(None) {
                for item in unnamed(&missing, self.single_on_top(&self.position)).into_iter().rev() {
                    self.push_input(item);
                }
                return;
            }
        }
    }

    /// Where the stack is behind this uop, if that can be told: it is the last, or the rest leaves it as it is.
    fn after(&self) -> Option<Offset> {
        let name = &self.walked.block.name;
        if !self.walked.is_last_uop(self.at) {
            return None;
        }
        let from_header = || Some(self.headers.instruction_pushed(name)? - self.headers.instruction_popped(name)?);
        self.walked.end.clone().or_else(from_header)
    }

    fn guess_peeks(&self, outputs: &[Item], body: &[Node]) -> usize {
        let inputs = &self.effect.inputs[..self.above_all_moves(body)];
        if let Some(after) = self.after() {
            let kept = after - self.position.clone() - slots(outputs);
            if let Some(peeks) = (0..=inputs.len()).rev().find(|k| slots(&inputs[..*k]) == kept) {
                return peeks;
            }
        }
        let handed_on = |name: &str| {
            let to_output = |text: &str| {
                assignment(text)
                    .is_some_and(|(left, value)| value == name && outputs.iter().any(|item| item.name == left))
            };
            body.iter().any(|node| node.any_line(to_output))
        };
        let consumed =
            inputs.iter().position(|item| item.is_named() && (consumes(body, &item.name) || handed_on(&item.name)));
        let entry = body.first().map(|node| node.seen().physical.clone()).unwrap_or_default();
        let lowered = body.iter().any(|node| lowers(node, &entry));
        match consumed {
            Some(first) => first,
            None if outputs.is_empty() && !lowered => inputs.len(),
            None => 0,
        }
    }

    /// How many inputs, from the deepest, are never above the stack pointer.
    fn above_all_moves(&self, body: &[Node]) -> usize {
        let mut start = self.position.clone();
        for (k, item) in self.effect.inputs.iter().enumerate() {
            let dropped = |at: &Offset| {
                let above = start.clone() - at.clone();
                above.numeric >= 0 && !above.has_subtracted()
            };
            if body.iter().any(|node| any_moved(node, &dropped)) {
                return k;
            }
            start = start + item.slots();
        }
        self.effect.inputs.len()
    }

    /// Outputs that the body does not name, to reach the effect that the instruction has as a whole.
    fn pad_outputs(&mut self, outputs: &mut Vec<Item>) {
        let Some(after) = self.after() else { return };
        let kept = slots(&self.effect.inputs[..self.effect.peeks]);
        let missing = after - self.position.clone() - kept - slots(outputs);
        if missing.is_size() {
            outputs.extend(unnamed(&missing, false));
        }
    }

    fn size_arrays(&self, outputs: &mut Vec<Item>) {
        let start = |name: &str| self.arrays.iter().find(|(array, _)| array == name).map(|(_, at)| at.clone());
        // Unnamed outputs below the first array.
        if let Some(first) = outputs.first().filter(|item| item.size.is_some()).and_then(|item| start(&item.name)) {
            let taken = self.headers.uop_takes(self.walked.uop_name(self.at));
            let all_taken = taken.is_none_or(|taken| taken == slots(&self.effect.inputs));
            let below = first - self.position.clone();
            if below.is_size() && all_taken && self.held.is_empty() {
                let mut items = unnamed(&below, true);
                // Single items between arrays, if there are several: `(seq -- unused[a], unused, unused[b], top[0])`.
                let arrays = items.iter().filter(|item| item.size.is_some()).count();
                if arrays > 1 {
                    items[1..].rotate_left(arrays - 1);
                }
                outputs.splice(..0, items);
            }
        }
        for k in 0..outputs.len() {
            if outputs[k].size.as_deref() != Some("?") {
                continue;
            }
            let Some(at) = start(&outputs[k].name) else { continue };
            let next = (k + 1..outputs.len()).find(|n| outputs[*n].size.as_deref() == Some("?"));
            let end = match next {
                Some(next) => start(&outputs[next].name).map(|end| end - slots(&outputs[k + 1..next])),
                None => self.end_of_outputs(&at).map(|end| end - slots(&outputs[k + 1..])),
            };
            let size = end.map(|end| end - at).filter(|size| size.is_size() || size.is_zero());
            outputs[k].size = Some(size.map_or_else(|| "1".to_owned(), |size| print_size(&size)));
        }
    }

    /// Where the next part's outputs start, if it has no inputs of its own; else where the instruction ends.
    fn end_of_outputs(&self, start: &Offset) -> Option<Offset> {
        let next = self.walked.bodies[self.at + 1..].iter().flatten().next();
        if let Some(first) = next.and_then(|body| body.nodes.first())
            && let Some(load) = first.only_line().and_then(load).filter(|load| load.is_address)
        {
            let end = first.seen().physical.clone() + load.at;
            // At the same place it is this very array, as the next part's input.
            if end != *start {
                return Some(end);
            }
        }
        let name = &self.walked.block.name;
        let from_header = || Some(self.headers.instruction_pushed(name)? - self.headers.instruction_popped(name)?);
        self.walked.end.clone().or_else(from_header)
    }

    /// Items that the body does not mention are `unused`, unless one below must be taken too: then they need a name.
    fn name_inputs(&mut self, loads: &[Node], body: &[Node]) {
        let loaded = |name: &str| {
            loads.iter().filter_map(Node::only_line).any(|l| assignment(l).is_some_and(|(n, _)| n == name))
        };
        let mut invented = 0;
        for k in 0..self.effect.inputs.len() {
            let named_below =
                k >= self.effect.peeks && self.effect.inputs[self.effect.peeks..k].iter().any(Item::is_named);
            let item = &mut self.effect.inputs[k];
            if item.is_named() && (loaded(&item.name) || uses(body, &item.name)) {
                continue;
            }
            if !named_below {
                item.name = UNUSED.to_owned();
            } else if !item.is_named() {
                invented += 1;
                item.name = format!("ignored{invented}");
            }
        }
        let peeks = self.effect.peeks;
        self.effect.outputs.splice(..peeks, self.effect.inputs[..peeks].iter().cloned());
    }
}

/// Items for a gap of which only the size is known, deepest first.
fn unnamed(gap: &Offset, array_below: bool) -> Vec<Item> {
    let single = || Item::unused(None);
    let count = usize::try_from(gap.numeric).unwrap_or(0);
    let mut items: Vec<Item> = gap.added().map(|size| Item::unused(Some(size))).collect();
    if items.is_empty() {
        return std::iter::repeat_with(single).take(count).collect();
    }
    let below = usize::from(count > 1 || count == 1 && !array_below);
    for _ in 0..below {
        items.insert(0, single());
    }
    items.extend(std::iter::repeat_with(single).take(count - below));
    items
}

fn print_size(size: &Offset) -> String {
    size.added().next().map_or_else(|| size.numeric.to_string(), str::to_owned)
}

/// The body uses the name for something that it does not declare itself.
fn uses(body: &[Node], name: &str) -> bool {
    let declared = body.iter().any(|node| node.any_line(|text| declares(text, name)));
    !declared && body.iter().any(|node| node.any_line(|text| mentions(text, name)))
}

/// The body assigns to the name or takes its address (`find_variable_stores` of `analyzer.py`).
fn defines(body: &[Node], name: &str) -> bool {
    let address = format!("&{name}");
    let takes_address = |text: &str| {
        text.match_indices(&address).any(|(at, found)| {
            let after = text[at + found.len()..].chars().next();
            !after.is_some_and(|c| c == '_' || c.is_ascii_alphanumeric())
        })
    };
    let assigned = |text: &str| {
        assignment(text).is_some_and(|(left, _)| left == name)
            || text.strip_prefix(name).is_some_and(|rest| rest.starts_with(" = ") || rest == " =")
            || takes_address(text)
    };
    uses(body, name) && body.iter().any(|node| node.any_line(assigned))
}

/// The body closes the input or hands it on.
fn consumes(body: &[Node], name: &str) -> bool {
    let forms = [
        format!("PyStackRef_CLOSE({name})"),
        format!("PyStackRef_XCLOSE({name})"),
        format!("PyStackRef_CLOSE_SPECIALIZED({name},"),
        format!("PyStackRef_AsPyObjectSteal({name})"),
        format!("tmp = {name};"),
        format!("tmp = {name}["),
    ];
    body.iter().any(|node| node.any_line(|text| forms.iter().any(|form| text.contains(form.as_str()))))
}

/// The stack pointer was moved somewhere in the statement to where the test holds.
fn any_moved(node: &Node, test: &impl Fn(&Offset) -> bool) -> bool {
    let seen = node.seen();
    (seen.moved && test(&seen.physical))
        || matches!(node, Node::Compound { body, .. } if body.iter().any(|node| any_moved(node, test)))
}

/// The stack pointer is below where it was when the part began.
fn lowers(node: &Node, entry: &Offset) -> bool {
    let below = |at: &Offset| {
        let by = at.clone() - entry.clone();
        by.numeric < 0 || by.has_subtracted()
    };
    match node {
        Node::Simple { seen, .. } => below(&seen.physical),
        Node::Compound { seen, body, .. } => below(&seen.physical) || body.iter().any(|node| lowers(node, entry)),
    }
}
