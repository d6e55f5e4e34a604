//! Puts the definition language's macros back where the generator expanded them
//! (`Emitter` of `Tools/cases_generator/generators_common.py`).

use super::offset::Offset;
use super::text::{Line, assignment, between};
use super::tree::{Node, Observed, reword_condition};

/// What the inversion has to know about the uop.
#[derive(Clone, Debug)]
pub(super) struct Context {
    /// Named inputs.
    pub(super) inputs: Vec<String>,
    /// Where the stack ends once the inputs are taken off that the uop consumes.
    pub(super) base: Offset,
    /// The size of the one output, if that is an array.
    pub(super) output_array: Option<Offset>,
    /// In code units.
    pub(super) instruction_size: i64,
    /// `EXIT_IF` or `DEOPT_IF`: both expand to the same text, the header's flags tell.
    pub(super) deopt: &'static str,
    pub(super) errors: Errors,
}

/// What a jump to `error` without pop came from: `ERROR_IF`, `ERROR_NO_POP` or `goto error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errors {
    /// The header's flags say that every one is an `ERROR_IF`.
    Pop,
    /// The flags say that every one is an `ERROR_NO_POP`.
    NoPop,
    /// The flags say that there is neither.
    Goto,
    /// There may be both: where consumed inputs are still on the stack it is the latter; elsewhere the former, or,
    /// if so wanted, the latter too.
    Open { no_pop: bool },
    /// The flags say that there are both. Where consumed inputs are still on the stack it is the latter; elsewhere the
    /// former where it has a condition.
    Both,
}

/// Inverts a stripped body.
pub(super) fn invert(nodes: Vec<Node>, context: &Context) -> Vec<Node> {
    let mut out: Vec<Node> = Vec::new();
    let mut rest = nodes.as_slice();
    while let Some((node, after)) = rest.split_first() {
        if let Some((closed, length)) = decref_inputs(rest, context).or_else(|| close_below_array(rest, context)) {
            out.push(closed);
            rest = &rest[length..];
            continue;
        }
        rest = after;
        let mut node = match node.clone() {
            Node::Compound { head, body, close, seen, at_end } => match if_statement(&head, &body, &seen, context) {
                Some(inverted) => inverted,
                None => Node::Compound { head, body: invert(body, context), close, seen, at_end },
            },
            simple @ Node::Simple { .. } => jump(simple, context),
        };
        instruction_size(&mut node, context.instruction_size);
        if out.last().and_then(Node::only_line) == Some(DECREF_INPUTS) {
            // Closing the inputs ends with the move of the stack pointer.
            node.seen_mut().moved = false;
        }
        out.push(node);
    }
    out
}

pub(super) const DECREF_INPUTS: &str = "DECREF_INPUTS();";

/// `DEOPT_IF`, `EXIT_IF` and `ERROR_IF`.
fn if_statement(head: &[Line], body: &[Node], seen: &Observed, context: &Context) -> Option<Node> {
    let texts: Vec<&str> = body.iter().filter_map(Node::only_line).collect();
    if texts.len() != body.len() || !head[0].text.starts_with("if (") {
        return None;
    }
    let opening = match texts.as_slice() {
        [stats, check, jump]
            if stats.starts_with("UPDATE_MISS_STATS(")
                && check.starts_with("assert(_PyOpcode_Deopt[opcode] == (")
                && jump.starts_with("JUMP_TO_PREDICTED(") =>
        {
            context.deopt
        }
        [jump] if error_macro(jump, true, &body[0], seen, context)? == "ERROR_IF(true);" => "ERROR_IF",
        _ => return None,
    };
    let lines = reword_condition(head, opening)?;
    Some(Node::Simple { lines, seen: Observed { physical: seen.physical.clone(), ..seen.clone() } })
}

/// The macro that a jump to an error label comes from, as it would stand by itself; `None` if it is no such jump.
fn error_macro(jump: &str, conditional: bool, node: &Node, seen: &Observed, context: &Context) -> Option<&'static str> {
    const POP: Option<&str> = Some("ERROR_IF(true);");
    const NO_POP: Option<&str> = Some("ERROR_NO_POP();");
    let label = between(jump, "JUMP_TO_LABEL(", ");")?;
    if label.starts_with("pop_") && label.ends_with("_error") {
        return POP;
    }
    if label != "error" {
        return None;
    }
    // Only ERROR_IF flushes on its way out.
    if node.seen().moved {
        return POP;
    }
    match context.errors {
        Errors::Pop => POP,
        Errors::NoPop => NO_POP,
        Errors::Goto => None,
        Errors::Open { no_pop: true } => NO_POP,
        Errors::Both if !conditional => NO_POP,
        Errors::Open { .. } | Errors::Both => {
            let above = seen.physical.clone() - context.base.clone();
            let inputs_left = !above.is_zero() && above.as_number().is_none_or(|n| n > 0);
            if inputs_left && !context.inputs.is_empty() { NO_POP } else { POP }
        }
    }
}

fn jump(node: Node, context: &Context) -> Node {
    let Some(text) = node.only_line().map(str::to_owned) else { return node };
    let seen = node.seen().clone();
    let indent = node.first().indent;
    let inverted = match error_macro(&text, false, &node, &seen, context) {
        Some(error) => error.to_owned(),
        None => match between(&text, "JUMP_TO_LABEL(", ");") {
            Some(label) => format!("goto {label};"),
            None => return node,
        },
    };
    Node::Simple { lines: vec![Line::new(indent, inverted)], seen }
}

/// `tmp = x; x = PyStackRef_NULL; PyStackRef_CLOSE(tmp);` for every input: says how many statements it took.
fn decref_inputs(nodes: &[Node], context: &Context) -> Option<(Node, usize)> {
    let mut length = 0;
    while let Some(group) = close_group(&nodes[length..], context) {
        length += group;
    }
    if length == 0 {
        return None;
    }
    let mut node = Node::simple(nodes[0].first().indent, DECREF_INPUTS);
    *node.seen_mut() = Observed { reloaded: nodes[length - 1].seen().reloaded, ..nodes[0].seen().clone() };
    Some((node, length))
}

/// With an array as output, closing the input comes without a new value for it; the array is on the stack by then.
fn close_below_array(nodes: &[Node], context: &Context) -> Option<(Node, usize)> {
    let (Some(array), [input]) = (&context.output_array, context.inputs.as_slice()) else { return None };
    let above = nodes[0].seen().physical.clone() - context.base.clone();
    let closes = matches!(between(nodes[0].only_line()?, "PyStackRef_", ");")?.split_once('('), Some(("CLOSE" | "XCLOSE", name)) if name == input);
    if !closes || !nodes[0].seen().spilled || above != *array {
        return None;
    }
    let mut node = Node::simple(nodes[0].first().indent, DECREF_INPUTS);
    *node.seen_mut() = nodes[0].seen().clone();
    Some((node, 1))
}

fn close_group(nodes: &[Node], context: &Context) -> Option<usize> {
    if let Some(length) = close_scalar(nodes, context) {
        return Some(length);
    }
    let declared = usize::from(nodes.first()?.only_line() == Some("_PyStackRef tmp;"));
    let Node::Compound { head, body, .. } = nodes.get(declared)? else { return None };
    let header = head[0].text.starts_with("for (int _i = ") && head[0].text.ends_with("; --_i >= 0;) {");
    (header && close_scalar(body, context) == Some(body.len())).then_some(declared + 1)
}

/// `tmp = x;`, `x = …;`, `PyStackRef_CLOSE(tmp);`, where `x` may be `x[0]` or `x[_i]`.
fn close_scalar(nodes: &[Node], context: &Context) -> Option<usize> {
    let [save, overwrite, close, ..] = nodes else { return None };
    let (save, overwrite, close) = (save.only_line()?, overwrite.only_line()?, close.only_line()?);
    let (left, place) = assignment(save.strip_prefix("_PyStackRef ").unwrap_or(save))?;
    let input = place.strip_suffix("[0]").or(place.strip_suffix("[_i]")).unwrap_or(place);
    let known = context.inputs.iter().any(|name| name == input);
    let overwritten = overwrite.strip_prefix(place).is_some_and(|rest| rest.starts_with(" = "));
    let closed = matches!(close, "PyStackRef_CLOSE(tmp);" | "PyStackRef_XCLOSE(tmp);");
    (left == "tmp" && known && overwritten && closed).then_some(3)
}

/// The number that the generator put, with a blank on both sides, in place of `INSTRUCTION_SIZE`.
fn instruction_size(node: &mut Node, size: i64) {
    let lines = match node {
        Node::Simple { lines, .. } | Node::Compound { head: lines, .. } => lines,
    };
    for line in lines {
        let numbers = [format!(" {size}u "), format!(" {size} ")];
        for (suffix, number) in ["u", ""].into_iter().zip(&numbers) {
            while let Some(at) = line.text.find(number.as_str()) {
                let before = line.text[..at].to_owned();
                let after = line.text[at + number.len()..].to_owned();
                // Without suffix it could be any number; only the blanks of the generator stand at these places.
                if suffix.is_empty() && !(before.ends_with('(') || after.starts_with([';', ')'])) {
                    break;
                }
                let blank_before = if before.ends_with('(') { "" } else { " " };
                let blank_after = if after.starts_with([';', ')']) { "" } else { " " };
                line.text = format!("{before}{blank_before}INSTRUCTION_SIZE{blank_after}{after}");
            }
        }
    }
}
