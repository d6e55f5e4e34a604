//! Reads `generated_cases.c.h` into blocks and parts (`Tools/cases_generator/tier1_generator.py` is what wrote it).

use super::LiftError;
use super::text::{Line, assignment, between, is_identifier};
use indexmap::IndexMap;

/// Where the generator puts the lines of an instruction, and those of a uop that has braces of its own.
const BLOCK_INDENT: usize = 8;
const BODY_INDENT: usize = 12;

/// One `TARGET(NAME) { … }`.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) name: String,
    /// As it stands in the file, with its head and its closing brace.
    pub(super) text: String,
    /// In code units, with the instruction itself.
    pub(super) size: i64,
    /// Others deopt to it (`PREDICTED_NAME:`).
    pub(super) is_target: bool,
    pub(super) saves_ip: bool,
    /// The constant that the size of the family's caches is checked against.
    pub(super) cache_size: Option<String>,
    pub(super) variables: Vec<Declared>,
    /// Several uops: each has a comment with its name and braces.
    pub(super) braces: bool,
    pub(super) parts: Vec<Part>,
    /// What follows the last uop with braces: the final flush and `DISPATCH();`.
    pub(super) tail: Vec<Line>,
}

/// A variable of the stack, declared at the head of a block, deepest input of the first uop first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) name: String,
    /// `None` for `_PyStackRef`.
    pub(super) type_: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) enum Part {
    /// Unused cache entries, in code units.
    Skip(i64),
    /// The part `flush`, with the lines that it made.
    Flush(Vec<Line>),
    Uop(Occurrence),
}

/// A uop where an instruction uses it.
#[derive(Clone, Debug)]
pub(super) struct Occurrence {
    pub(super) name: String,
    pub(super) lines: Vec<Line>,
}

#[derive(Clone, Debug)]
pub(super) struct LabelBlock {
    pub(super) text: String,
    pub(super) lines: Vec<Line>,
}

/// The whole file.
#[derive(Clone, Debug, Default)]
pub(super) struct Cases {
    pub(super) blocks: IndexMap<String, Block>,
    pub(super) labels: IndexMap<String, LabelBlock>,
}

impl Cases {
    pub(super) fn read(text: &str) -> Result<Self, LiftError> {
        let mut cases = Self::default();
        let lines: Vec<&str> = text.lines().collect();
        let mut at = 0;
        while at < lines.len() {
            let line = lines[at];
            let head = between(line, "        TARGET(", ") {");
            let label = between(line, "        LABEL(", ")");
            let Some(name) = head.or(label) else {
                at += 1;
                continue;
            };
            let close = " ".repeat(BLOCK_INDENT) + "}";
            let length = lines[at..].iter().position(|l| *l == close);
            let length = length.ok_or_else(|| LiftError::block(name, "has no closing brace"))?;
            let whole = &lines[at..=at + length];
            if head.is_some() {
                let block = read_block(name, whole)?;
                cases.blocks.insert(name.to_owned(), block);
            } else {
                // The label, an opening brace, the body and the closing brace.
                let lines = whole.get(2..length).unwrap_or_default().iter().map(|l| Line::read(l)).collect();
                cases.labels.insert(name.to_owned(), LabelBlock { text: whole.join("\n") + "\n", lines });
            }
            at += length + 1;
        }
        if cases.blocks.is_empty() {
            return Err(LiftError::NoInstructions);
        }
        Ok(cases)
    }
}

fn read_block(name: &str, whole: &[&str]) -> Result<Block, LiftError> {
    let mut block = Block {
        name: name.to_owned(),
        text: whole.join("\n") + "\n",
        size: 0,
        is_target: false,
        saves_ip: false,
        cache_size: None,
        variables: Vec::new(),
        braces: false,
        parts: Vec::new(),
        tail: Vec::new(),
    };
    let lines: Vec<Line> = whole[1..whole.len() - 1].iter().map(|l| Line::read(l)).collect();
    let body = read_head(&mut block, &lines);
    if block.size == 0 {
        return Err(LiftError::block(name, "does not say how far next_instr moves"));
    }
    let body = lines.get(body..).unwrap_or_default();
    block.braces = (1..body.len()).any(|i| is_uop_head(body, i - 1));
    let body = read_variables(&mut block, body);
    if block.braces {
        read_parts(&mut block, body)?
    } else {
        read_single(&mut block, body)?
    }
    Ok(block)
}

/// Everything up to the declarations; says where those start.
fn read_head(block: &mut Block, lines: &[Line]) -> usize {
    let name = &block.name;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let text = line.text.as_str();
        if text.ends_with("Py_TAIL_CALL_INTERP") && line.is_directive() {
            at += 3;
        } else if let Some(size) = between(text, "next_instr += ", ";") {
            block.size = size.parse().unwrap_or(0);
        } else if text == "frame->instr_ptr = next_instr;" {
            block.saves_ip = true;
        } else if text == format!("PREDICTED_{name}:;") {
            block.is_target = true;
        } else if let Some(check) = between(text, "static_assert(", ", \"incorrect cache size\");") {
            block.cache_size = check.split(" == ").next().map(str::to_owned);
        } else if !(text.starts_with("_Py_CODEUNIT* const this_instr =")
            || text.starts_with("_Py_CODEUNIT* const prev_instr =")
            || text == "(void)this_instr;" && at > 0 && lines[at - 1].text.contains(" const this_instr =")
            || text == format!("INSTRUCTION_STATS({name});")
            || text == format!("opcode = {name};"))
        {
            break;
        }
        at += 1;
    }
    at
}

/// Stack variables come first. A body without braces may go on with declarations of its own; those are never loaded
/// from the stack nor stored to it.
fn read_variables<'a>(block: &mut Block, body: &'a [Line]) -> &'a [Line] {
    let mut rest = body;
    while let Some((line, after)) = rest.split_first() {
        let Some((type_, name)) = declaration(&line.text) else { break };
        let stack_ref = type_.starts_with("_PyStackRef");
        let typed = |line: &Line| match assignment(&line.text) {
            Some((left, right)) => left == name && right.contains("stack_pointer["),
            None => line.text.ends_with(&format!("].bits = (uintptr_t){name};")),
        };
        if !stack_ref && !block.braces && !body.iter().any(typed) {
            break;
        }
        let type_ = (!stack_ref).then(|| type_.replace(' ', ""));
        block.variables.push(Declared { name: name.to_owned(), type_ });
        rest = after;
    }
    rest
}

/// `TYPE NAME;` and `TYPE *NAME;`
fn declaration(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_suffix(';')?;
    let start = text.rfind(|c: char| !(c == '_' || c.is_ascii_alphanumeric()))? + 1;
    let (type_, name) = (text[..start].trim_end(), &text[start..]);
    let plain = type_.split([' ', '*']).filter(|word| !word.is_empty()).all(is_identifier);
    (is_identifier(name) && plain && !type_.is_empty() && type_ != "return" && type_ != "goto").then_some((type_, name))
}

fn is_uop_head(lines: &[Line], at: usize) -> bool {
    lines[at].indent == BODY_INDENT
        && lines[at].text.strip_prefix("// ").is_some_and(is_identifier)
        && lines.get(at + 1).is_some_and(|next| next.indent == BODY_INDENT && next.text == "{")
}

fn skip(line: &Line) -> Option<i64> {
    let entries = between(&line.text, "/* Skip ", " cache entries */");
    let entry = between(&line.text, "/* Skip ", " cache entry */");
    (line.indent == BODY_INDENT).then(|| entries.or(entry)?.parse().ok()).flatten()
}

fn read_parts(block: &mut Block, body: &[Line]) -> Result<(), LiftError> {
    let mut at = 0;
    while let Some(line) = body.get(at) {
        if let Some(size) = skip(line) {
            block.parts.push(Part::Skip(size));
            at += 1;
        } else if line.indent == BODY_INDENT && line.text == "// flush" {
            let lines = &body[at + 1..];
            let length = lines.iter().take_while(|l| !l.text.starts_with('/') && l.text != "DISPATCH();").count();
            block.parts.push(Part::Flush(lines[..length].to_vec()));
            at += 1 + length;
        } else if is_uop_head(body, at) {
            let name = line.text.trim_start_matches("// ").to_owned();
            let inner = &body[at + 2..];
            let length = inner.iter().position(|l| l.indent == BODY_INDENT && l.text == "}");
            let length = length.ok_or_else(|| LiftError::block(&block.name, "has a uop without closing brace"))?;
            let lines = inner[..length].iter().map(|l| shifted(l, BODY_INDENT - BLOCK_INDENT)).collect();
            block.parts.push(Part::Uop(Occurrence { name, lines }));
            at += length + 3;
        } else {
            block.tail.push(line.clone());
            at += 1;
        }
    }
    Ok(())
}

/// Lines of a uop with braces, as if it had none.
fn shifted(line: &Line, by: usize) -> Line {
    Line::new(line.indent.saturating_sub(by), line.text.clone())
}

fn read_single(block: &mut Block, body: &[Line]) -> Result<(), LiftError> {
    let leading = body.iter().map_while(skip).collect::<Vec<_>>();
    let rest = &body[leading.len()..];
    block.parts.extend(leading.into_iter().map(Part::Skip));
    let mut lines: Vec<Line> = rest.to_vec();
    let mut behind = Vec::new();
    // The part `flush` and unused cache entries behind the uop; then the final flush.
    if let Some(at) = lines.iter().position(|l| skip(l).is_some() || l.indent == BODY_INDENT && l.text == "// flush") {
        let after = lines.split_off(at);
        for line in after {
            match skip(&line) {
                Some(size) => behind.push(Part::Skip(size)),
                None if line.text == "// flush" => behind.push(Part::Flush(Vec::new())),
                None => block.tail.push(line),
            }
        }
    }
    block.parts.push(Part::Uop(Occurrence { name: format!("_{}", block.name), lines }));
    block.parts.extend(behind);
    Ok(())
}
