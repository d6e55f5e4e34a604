//! Stack effects and cache entries of a definition (`analyzer.py`, `analyze_stack`, `analyze_caches`).

use super::model::{CacheEntry, StackEffect, StackItem};
use super::tokens::{block_tokens, is_identifier, visit};
use crate::diagnostics::Diagnostic;
use crate::dsl::ast::{self, Block, InputEffect, InstDef, Stmt};
use crate::dsl::token::Token;
use crate::source::{Sources, Span};

fn item(effect: &ast::StackEffect) -> StackItem {
    StackItem {
        name: effect.name.clone(),
        type_: effect.type_.clone(),
        size: effect.size.clone(),
        peek: false,
        used: false,
        condition: effect.condition.clone(),
        span: effect.span,
    }
}

/// # Errors
/// `A-001` when a name stands for two places, `A-002` when a used input lies below an unused one.
pub(crate) fn stack_effect(
    sources: &Sources,
    inputs: &[InputEffect],
    outputs: &[ast::StackEffect],
    block: Option<&Block>,
) -> Result<StackEffect, Diagnostic> {
    let named = |e: &InputEffect| match e {
        InputEffect::Stack(s) => (s.name.clone(), s.span),
        InputEffect::Cache(c) => (c.name.clone(), c.span),
    };
    let input_names: Vec<(String, Span)> = inputs.iter().map(named).filter(|(n, _)| n != "unused").collect();
    let mut ins: Vec<StackItem> =
        inputs.iter().filter_map(|i| if let InputEffect::Stack(s) = i { Some(item(s)) } else { None }).collect();
    let mut outs: Vec<StackItem> = outputs.iter().map(item).collect();
    let mut modified = false;
    for (index, output) in outs.iter_mut().enumerate() {
        match ins.get_mut(index) {
            Some(input) if input.name == output.name => {
                if !modified {
                    input.peek = true;
                    output.peek = true;
                }
            }
            other => {
                modified |= other.is_some();
                if let Some((_, span)) = input_names.iter().rfind(|(n, _)| *n == output.name) {
                    let message = format!("Reuse of variable '{}' at different stack location", output.name);
                    return Err(Diagnostic::new("A-001", first_word(*span, &output.name), message));
                }
            }
        }
    }
    if let Some(block) = block {
        mark_used(sources, block, &mut ins, &mut outs);
    }
    check_unused(&ins, &input_names)?;
    Ok(StackEffect { inputs: ins, outputs: outs })
}

fn first_word(span: Span, name: &str) -> Span {
    Span { end: span.start + name.len() as u32, ..span }
}

fn mark_used(sources: &Sources, block: &Block, inputs: &mut [StackItem], outputs: &mut [StackItem]) {
    let mut tokens = Vec::new();
    block_tokens(block, &mut tokens);
    let uses = |name: &str| tokens.iter().any(|t| is_identifier(t) && sources.text(t.span) == name);
    let decref = uses("DECREF_INPUTS");
    for input in inputs {
        let moved = !input.peek && outputs.iter().any(|o| o.name == input.name);
        input.used = decref || moved || uses(&input.name);
    }
    for output in outputs {
        output.used = uses(&output.name);
    }
}

fn check_unused(inputs: &[StackItem], names: &[(String, Span)]) -> Result<(), Diagnostic> {
    let mut seen_unused = false;
    for input in inputs.iter().rev() {
        if input.name == "unused" {
            seen_unused = true;
        } else if input.peek {
            break;
        } else if seen_unused {
            let span = names.iter().rfind(|(n, _)| *n == input.name).map_or(input.span, |(_, s)| *s);
            let message = format!("Cannot have used input '{}' below an unused value on the stack", input.name);
            return Err(Diagnostic::new("A-002", first_word(span, &input.name), message));
        }
    }
    Ok(())
}

/// # Errors
/// `A-003` when the first or last entry is unused.
pub(crate) fn cache_entries(inputs: &[InputEffect]) -> Result<Vec<CacheEntry>, Diagnostic> {
    let caches: Vec<&ast::CacheEffect> =
        inputs.iter().filter_map(|i| if let InputEffect::Cache(c) = i { Some(c) } else { None }).collect();
    for (position, cache) in [("First", caches.first()), ("Last", caches.last())] {
        if let Some(cache) = cache.filter(|c| c.name == "unused") {
            let message = format!("{position} cache entry in op is unused. Move to enclosing macro.");
            return Err(Diagnostic::new("A-003", first_word(cache.span, "unused"), message));
        }
    }
    Ok(caches.into_iter().map(|c| CacheEntry { name: c.name.clone(), size: c.size.unsigned_abs() }).collect())
}

/// The tokens at which stack variables are assigned (`find_variable_stores`).
///
/// # Errors
/// `A-004` when that is in a condition.
pub(crate) fn local_stores(sources: &Sources, def: &InstDef) -> Result<Vec<Token>, Diagnostic> {
    let outputs: Vec<&str> = def.outputs.iter().map(|o| o.name.as_str()).collect();
    let mut names = outputs.clone();
    names.extend(def.inputs.iter().map(|i| match i {
        InputEffect::Stack(s) => s.name.as_str(),
        InputEffect::Cache(c) => c.name.as_str(),
    }));
    let mut stores = Vec::new();
    let mut error = None;
    visit(&def.block, &mut |statement| match statement {
        Stmt::If { condition, .. } => {
            if let Some(token) = stores_in(sources, condition, &outputs, &names).first() {
                error.get_or_insert(*token);
            }
        }
        Stmt::Simple(tokens) => stores.extend(stores_in(sources, tokens, &outputs, &names)),
        _ => {}
    });
    match error {
        Some(token) => Err(Diagnostic::new("A-004", token.span, "Cannot define variable in 'if' condition")),
        None => Ok(stores),
    }
}

fn stores_in(sources: &Sources, tokens: &[Token], outputs: &[&str], names: &[&str]) -> Vec<Token> {
    use crate::dsl::token::TokenKind;
    let comments = tokens.iter().take_while(|t| t.kind == TokenKind::Comment).count();
    let tokens = &tokens[comments..];
    let mut stores = Vec::new();
    if tokens.len() < 4 {
        return stores;
    }
    let text = |t: &Token| sources.text(t.span);
    if text(&tokens[1]) == "=" && is_identifier(&tokens[0]) && names.contains(&text(&tokens[0])) {
        stores.push(tokens[0]);
    }
    for pair in tokens.windows(2) {
        if text(&pair[0]) == "&" && outputs.contains(&text(&pair[1])) {
            stores.push(pair[1]);
        }
    }
    stores
}
