//! The properties of a body, found by its tokens (`analyzer.py`, `compute_properties`).

use super::escapes::escaping_calls;
use super::model::Properties;
use super::tokens::{block_tokens, is_identifier};
use crate::diagnostics::Diagnostic;
use crate::dsl::ast::{Block, InstDef, LabelDef};
use crate::dsl::token::{Token, TokenKind};
use crate::source::{Sources, Span};

/// Names after which a body does not go on.
const EXITS: [&str; 4] = ["DISPATCH", "Py_UNREACHABLE", "DISPATCH_INLINED", "DISPATCH_GOTO"];

/// What the properties of instructions, uops and labels are computed from.
pub(crate) struct Code<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) name: &'a str,
    pub(crate) block: &'a Block,
    pub(crate) span: Span,
    /// Annotations; a label has none.
    pub(crate) annotations: Vec<&'a str>,
    /// What comes before the block: its words count as the block's.
    pub(crate) header: &'a [Token],
}

impl<'a> Code<'a> {
    pub(crate) fn of_inst(sources: &'a Sources, def: &'a InstDef) -> Self {
        let annotations = def.annotations.iter().map(|a| a.text.as_str()).collect();
        Self { sources, name: &def.name, block: &def.block, span: def.span, annotations, header: &def.header }
    }

    pub(crate) fn of_label(sources: &'a Sources, def: &'a LabelDef) -> Self {
        Self { sources, name: &def.name, block: &def.block, span: def.span, annotations: Vec::new(), header: &[] }
    }
}

/// # Errors
/// `A-010`, `A-011` of the escaping calls; `A-012` when a body both deopts and exits.
pub(crate) fn compute(code: &Code<'_>) -> Result<Properties, Diagnostic> {
    let mut tokens = code.header.to_vec();
    block_tokens(code.block, &mut tokens);
    let (whole, tokens) = (&tokens, &tokens[code.header.len()..]);
    let escaping = escaping_calls(code.sources, code.block)?;
    let uses = |name: &str| tokens.iter().any(|t| is_identifier(t) && code.sources.text(t.span) == name);
    let any = |names: &[&str]| names.iter().any(|n| uses(n));
    let has_free = any(&["PyCell_New", "PyCell_GetRef", "PyCell_SetTakeRef", "PyCell_SwapTakeRef"]);
    let (deopts, side_exit) = (uses("DEOPT_IF"), uses("EXIT_IF"));
    if deopts && side_exit {
        return Err(Diagnostic::new("A-012", code.span, "Op cannot contain both EXIT_IF and DEOPT_IF"));
    }
    Ok(Properties {
        escapes: !escaping.is_empty(),
        escaping_calls: escaping,
        error_with_pop: any(&["ERROR_IF", "exception_unwind"]),
        error_without_pop: any(&["ERROR_NO_POP", "exception_unwind"]),
        deopts,
        side_exit,
        oparg: whole.iter().any(|t| is_identifier(t) && code.sources.text(t.span) == "oparg"),
        jumps: uses("JUMPBY"),
        eval_breaker: code.name.contains("CHECK_PERIODIC"),
        needs_this: uses("this_instr"),
        always_exits: always_exits(code.sources, whole),
        stores_sp: uses("SYNC_SP"),
        uses_co_consts: uses("FRAME_CO_CONSTS"),
        uses_co_names: uses("FRAME_CO_NAMES"),
        uses_locals: uses("GETLOCAL") && !has_free,
        uses_opcode: uses("opcode"),
        has_free,
        pure: code.annotations.contains(&"pure"),
        no_save_ip: code.annotations.contains(&"no_save_ip"),
        tier: tier(code, whole),
        const_oparg: None,
        needs_prev: uses("prev_instr"),
    })
}

/// An annotation word counts wherever it stands; a label has none.
fn tier(code: &Code<'_>, whole: &[Token]) -> Option<u8> {
    let annotations = whole.iter().filter(|t| t.kind == TokenKind::Annotation && !code.header.is_empty());
    annotations.map(|t| code.sources.text(t.span)).find_map(|word| match word {
        "specializing" | "tier1" => Some(1),
        "tier2" => Some(2),
        _ => None,
    })
}

fn always_exits(sources: &Sources, tokens: &[Token]) -> bool {
    let mut depth = 0;
    let mut tokens = tokens.iter();
    while let Some(token) = tokens.next() {
        let text = sources.text(token.span);
        match (token.kind, text) {
            (TokenKind::Punctuation, "{") => depth += 1,
            (TokenKind::Punctuation, "}") => depth -= 1,
            _ if depth > 1 => {}
            (TokenKind::Keyword, "goto" | "return") => return true,
            (TokenKind::Identifier, name) if EXITS.contains(&name) => return true,
            (TokenKind::Identifier, "DEOPT_IF" | "ERROR_IF") => {
                tokens.next();
                if tokens.next().is_some_and(|t| matches!(sources.text(t.span), "true" | "1")) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

impl Properties {
    /// Those of several parts together (`Properties.from_list`).
    pub(crate) fn of_parts<'a>(parts: impl Iterator<Item = &'a Properties> + Clone) -> Self {
        let any = |get: fn(&Properties) -> bool| parts.clone().any(get);
        let all = |get: fn(&Properties) -> bool| parts.clone().all(get);
        Properties {
            escaping_calls: parts.clone().flat_map(|p| p.escaping_calls.clone()).collect(),
            escapes: any(|p| p.escapes),
            error_with_pop: any(|p| p.error_with_pop),
            error_without_pop: any(|p| p.error_without_pop),
            deopts: any(|p| p.deopts),
            oparg: any(|p| p.oparg),
            jumps: any(|p| p.jumps),
            eval_breaker: any(|p| p.eval_breaker),
            needs_this: any(|p| p.needs_this),
            always_exits: any(|p| p.always_exits),
            stores_sp: any(|p| p.stores_sp),
            uses_co_consts: any(|p| p.uses_co_consts),
            uses_co_names: any(|p| p.uses_co_names),
            uses_locals: any(|p| p.uses_locals),
            has_free: any(|p| p.has_free),
            side_exit: any(|p| p.side_exit),
            pure: all(|p| p.pure),
            uses_opcode: any(|p| p.uses_opcode),
            tier: None,
            const_oparg: None,
            needs_prev: any(|p| p.needs_prev),
            no_save_ip: all(|p| p.no_save_ip),
        }
    }

    /// Those of unused cache entries and flushes: nothing but purity.
    pub(crate) fn skip() -> Self {
        Properties { pure: true, ..Properties::default() }
    }
}
