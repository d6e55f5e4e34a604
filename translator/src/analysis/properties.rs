//! The properties of a body, found by its tokens (`analyzer.py`, `compute_properties`).

use super::escapes::escaping_calls;
use super::model::Properties;
use super::releases::Release;
use super::tokens::{for_each_token, is_identifier};
use crate::diagnostics::Diagnostic;
use crate::dsl::ast::{Block, Context, InstDef, LabelDef};
use crate::dsl::token::{Token, TokenKind};
use crate::source::{Sources, Span};
use std::collections::BTreeSet;

/// What the properties of instructions, uops and labels are computed from.
pub(crate) struct Code<'a> {
    pub(crate) name: &'a str,
    pub(crate) name_span: Span,
    pub(crate) block: &'a Block,
    pub(crate) context: &'a Context,
    is_label: bool,
    pure: bool,
    no_save_ip: bool,
}

impl<'a> Code<'a> {
    pub(crate) fn of_inst(def: &'a InstDef) -> Self {
        let has = |wanted: &str| def.annotations.iter().any(|annotation| annotation.text == wanted);
        Self {
            name: &def.name,
            name_span: def.name_span,
            block: &def.block,
            context: &def.context,
            is_label: false,
            pure: has("pure"),
            no_save_ip: has("no_save_ip"),
        }
    }

    pub(crate) fn of_label(def: &'a LabelDef) -> Self {
        Self {
            name: &def.name,
            name_span: def.name_span,
            block: &def.block,
            context: &def.context,
            is_label: true,
            pure: false,
            no_save_ip: false,
        }
    }
}

/// The names in a body that properties depend on.
#[derive(Default)]
struct Mentions {
    cell: bool,
    deopt_if: Option<Token>,
    exit_if: Option<Token>,
    error_if: bool,
    error_no_pop: bool,
    exception_unwind: bool,
    jumpby: bool,
    this_instr: bool,
    prev_instr: bool,
    sync_sp: bool,
    co_consts: bool,
    co_names: bool,
    getlocal: bool,
    opcode: bool,
    decref_inputs: bool,
}

impl Mentions {
    fn of(sources: &Sources, block: &Block) -> Self {
        let mut found = Self::default();
        for_each_token(block, &mut |token| {
            if !is_identifier(token) {
                return;
            }
            match sources.text(token.span) {
                "PyCell_New" | "PyCell_GetRef" | "PyCell_SetTakeRef" | "PyCell_SwapTakeRef" => found.cell = true,
                "DEOPT_IF" => found.deopt_if = found.deopt_if.or(Some(*token)),
                "EXIT_IF" => found.exit_if = found.exit_if.or(Some(*token)),
                "ERROR_IF" => found.error_if = true,
                "ERROR_NO_POP" => found.error_no_pop = true,
                "exception_unwind" => found.exception_unwind = true,
                "JUMPBY" => found.jumpby = true,
                "this_instr" => found.this_instr = true,
                "prev_instr" => found.prev_instr = true,
                "SYNC_SP" => found.sync_sp = true,
                "FRAME_CO_CONSTS" => found.co_consts = true,
                "FRAME_CO_NAMES" => found.co_names = true,
                "GETLOCAL" => found.getlocal = true,
                "opcode" => found.opcode = true,
                "DECREF_INPUTS" => found.decref_inputs = true,
                _ => {}
            }
        });
        found
    }
}

/// # Errors
/// `A-010`, `A-011` of the escaping calls; `A-012` when a body both deopts and exits.
pub(crate) fn compute(sources: &Sources, release: &Release, code: &Code<'_>) -> Result<Properties, Box<Diagnostic>> {
    let escaping_calls = escaping_calls(sources, release, code.block)?;
    let mentions = Mentions::of(sources, code.block);
    if let (Some(deopt), Some(exit)) = (mentions.deopt_if, mentions.exit_if)
        && !release.own_rules
    {
        return Err(both_ways_out(code, deopt, exit));
    }
    Ok(Properties {
        escapes: !escaping_calls.is_empty() || (release.decref_inputs_escapes && mentions.decref_inputs),
        escaping_calls,
        error_with_pop: mentions.error_if || mentions.exception_unwind,
        error_without_pop: mentions.error_no_pop || mentions.exception_unwind,
        deopts: mentions.deopt_if.is_some(),
        side_exit: mentions.exit_if.is_some(),
        oparg: oparg_used(sources, code.context),
        jumps: mentions.jumpby,
        eval_breaker: code.name.contains("CHECK_PERIODIC"),
        needs_this: mentions.this_instr,
        always_exits: always_exits(sources, code.context),
        stores_sp: mentions.sync_sp,
        uses_co_consts: mentions.co_consts,
        uses_co_names: mentions.co_names,
        uses_locals: mentions.getlocal && !mentions.cell,
        uses_opcode: mentions.opcode,
        has_free: mentions.cell,
        pure: code.pure,
        no_save_ip: code.no_save_ip,
        tier: if code.is_label { None } else { tier(sources, code.context) },
        const_oparg: None,
        needs_prev: mentions.prev_instr,
    })
}

fn both_ways_out(code: &Code<'_>, deopt: Token, exit: Token) -> Box<Diagnostic> {
    let error = Diagnostic::new("A-012", code.name_span, "Op cannot contain both EXIT_IF and DEOPT_IF")
        .also(deopt.span, "the first deopt")
        .also(exit.span, "the first exit");
    Box::new(error.cpython_points_at(first_token(code.context, code.name_span)))
}

/// CPython's `tokens[0]` of a definition: a comment, where one stands before it.
pub(crate) fn first_token(context: &Context, otherwise: Span) -> Span {
    context.tokens().first().map_or(otherwise, |token| token.span)
}

/// In the body or the stack effect.
fn oparg_used(sources: &Sources, context: &Context) -> bool {
    context.tokens().iter().any(|token| is_identifier(token) && sources.text(token.span) == "oparg")
}

fn tier(sources: &Sources, context: &Context) -> Option<u8> {
    let annotations = context.tokens().iter().filter(|token| token.kind == TokenKind::Annotation);
    annotations.map(|token| sources.text(token.span)).find_map(|text| match text {
        "specializing" | "tier1" => Some(1),
        "tier2" => Some(2),
        _ => None,
    })
}

/// Whether the body does not go on at its end, judged by the statements at its top level.
fn always_exits(sources: &Sources, context: &Context) -> bool {
    let mut depth = 0;
    let mut tokens = context.tokens().iter();
    while let Some(token) = tokens.next() {
        let text = sources.text(token.span);
        match (token.kind, text) {
            (TokenKind::Punctuation, "{") => depth += 1,
            (TokenKind::Punctuation, "}") => depth -= 1,
            _ if depth > 1 => {}
            (TokenKind::Keyword, "goto" | "return") => return true,
            (TokenKind::Identifier, "DISPATCH" | "Py_UNREACHABLE" | "DISPATCH_INLINED" | "DISPATCH_GOTO") => {
                return true;
            }
            (TokenKind::Identifier, "DEOPT_IF" | "ERROR_IF") => {
                let condition = tokens.nth(1).map(|first| sources.text(first.span));
                if matches!(condition, Some("true" | "1")) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

impl Properties {
    /// Those of several parts together (`Properties.from_list`). Tier and constant oparg are a uop's own.
    pub(crate) fn of_parts<'a>(parts: impl Iterator<Item = &'a Self>) -> Self {
        let mut all = Self { pure: true, no_save_ip: true, ..Self::default() };
        // A body that is two parts of an instruction counts once.
        let mut seen = BTreeSet::new();
        for part in parts {
            let calls = part.escaping_calls.iter();
            all.escaping_calls.extend(calls.filter(|call| seen.insert(call.statement.span)).cloned());
            all.escapes |= part.escapes;
            all.error_with_pop |= part.error_with_pop;
            all.error_without_pop |= part.error_without_pop;
            all.deopts |= part.deopts;
            all.oparg |= part.oparg;
            all.jumps |= part.jumps;
            all.eval_breaker |= part.eval_breaker;
            all.needs_this |= part.needs_this;
            all.always_exits |= part.always_exits;
            all.stores_sp |= part.stores_sp;
            all.uses_co_consts |= part.uses_co_consts;
            all.uses_co_names |= part.uses_co_names;
            all.uses_locals |= part.uses_locals;
            all.has_free |= part.has_free;
            all.side_exit |= part.side_exit;
            all.pure &= part.pure;
            all.uses_opcode |= part.uses_opcode;
            all.needs_prev |= part.needs_prev;
            all.no_save_ip &= part.no_save_ip;
        }
        all
    }

    /// Those of unused cache entries and flushes.
    pub(crate) fn skip() -> Self {
        Self { pure: true, ..Self::default() }
    }
}
