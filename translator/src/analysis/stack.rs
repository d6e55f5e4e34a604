//! Stack effects, cache entries and assignments of a definition (`analyzer.py`, `analyze_stack`, `analyze_caches`,
//! `find_variable_stores`).

use super::model::{CacheEntry, StackEffect, StackItem};
use super::releases::Release;
use super::tokens::{for_each_token, is_identifier, is_punctuation, visit};
use crate::diagnostics::Diagnostic;
use crate::dsl::ast::{self, Block, InputEffect, InstDef, Stmt};
use crate::dsl::token::{Token, TokenKind};
use crate::source::{Sources, Span};
use std::collections::BTreeMap;

type Found<T> = Result<T, Box<Diagnostic>>;

/// What a definition says between its parentheses.
#[derive(Clone, Copy)]
pub(crate) struct Effects<'a> {
    pub(crate) inputs: &'a [InputEffect],
    pub(crate) outputs: &'a [ast::StackEffect],
    /// A pseudo instruction has none.
    pub(crate) block: Option<&'a Block>,
}

/// Where an input is, and where CPython says that it is.
#[derive(Clone, Copy)]
struct Place {
    name: Span,
    first: Span,
}

type Places<'a> = BTreeMap<&'a str, Place>;

impl<'a> Effects<'a> {
    pub(crate) fn of(def: &'a InstDef) -> Self {
        Self { inputs: &def.inputs, outputs: &def.outputs, block: Some(&def.block) }
    }

    /// The named inputs, cache entries among them; of several of a name the last.
    fn places(&self) -> Places<'a> {
        let place = |name: &'a str, span: Span, first: Span| {
            let end = span.start + name.len() as u32;
            (name, Place { name: Span { end, ..span }, first })
        };
        let places = self.inputs.iter().map(|input| match input {
            InputEffect::Stack(item) => place(&item.name, item.span, item.first),
            InputEffect::Cache(entry) => place(&entry.name, entry.span, entry.first),
        });
        places.filter(|(name, _)| *name != "unused").collect()
    }
}

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
pub(crate) fn stack_effect(sources: &Sources, release: &Release, effects: Effects<'_>) -> Found<StackEffect> {
    let places = effects.places();
    let stack_inputs = effects.inputs.iter().filter_map(|input| match input {
        InputEffect::Stack(effect) => Some(item(effect)),
        InputEffect::Cache(_) => None,
    });
    let mut inputs: Vec<StackItem> = stack_inputs.collect();
    let mut outputs: Vec<StackItem> = effects.outputs.iter().map(item).collect();
    // Items that stay where they are, up to the first that does not.
    let mut modified = false;
    for (index, output) in outputs.iter_mut().enumerate() {
        match inputs.get_mut(index) {
            Some(input) if input.name == output.name => {
                input.peek = !modified;
                output.peek = !modified;
            }
            input => {
                modified |= input.is_some();
                if let Some(place) = places.get(output.name.as_str()).filter(|_| !release.own_rules) {
                    return Err(moved(output, *place));
                }
            }
        }
    }
    if let Some(block) = effects.block {
        mark_used(sources, block, &mut inputs, &mut outputs);
    }
    if !release.own_rules {
        check_unused(&inputs, &places)?;
    }
    Ok(StackEffect { inputs, outputs })
}

fn moved(output: &StackItem, place: Place) -> Box<Diagnostic> {
    let message = format!("Reuse of variable '{}' at different stack location", output.name);
    let error = Diagnostic::new("A-001", place.name, message)
        .also(output.span, "the output of that name")
        .note("an item that moves needs a new name; one that stays keeps its place from the bottom");
    Box::new(error.cpython_points_at(place.first))
}

fn mark_used(sources: &Sources, block: &Block, inputs: &mut [StackItem], outputs: &mut [StackItem]) {
    let mut decref = false;
    for_each_token(block, &mut |token| {
        if !is_identifier(token) {
            return;
        }
        let text = sources.text(token.span);
        decref |= text == "DECREF_INPUTS";
        for item in inputs.iter_mut().chain(outputs.iter_mut()).filter(|item| item.name == text) {
            item.used = true;
        }
    });
    for input in inputs {
        input.used |= decref || (!input.peek && outputs.iter().any(|output| output.name == input.name));
    }
}

fn check_unused(inputs: &[StackItem], places: &Places<'_>) -> Found<()> {
    let mut unused = None;
    for input in inputs.iter().rev() {
        if input.name == "unused" {
            unused = Some(input.span);
        } else if input.peek {
            break;
        } else if let (Some(unused), Some(place)) = (unused, places.get(input.name.as_str())) {
            let message = format!("Cannot have used input '{}' below an unused value on the stack", input.name);
            let error = Diagnostic::new("A-002", place.name, message).also(unused, "the unused value");
            return Err(Box::new(error.cpython_points_at(place.first)));
        }
    }
    Ok(())
}

/// # Errors
/// `A-003` when the first or last entry is unused: it belongs to the instruction, not to the uop.
pub(crate) fn cache_entries(inputs: &[InputEffect]) -> Found<Vec<CacheEntry>> {
    let caches = inputs.iter().filter_map(|input| match input {
        InputEffect::Cache(cache) => Some(cache),
        InputEffect::Stack(_) => None,
    });
    let caches: Vec<&ast::CacheEffect> = caches.collect();
    for (position, cache) in [("First", caches.first()), ("Last", caches.last())] {
        if let Some(cache) = cache.filter(|cache| cache.name == "unused") {
            let message = format!("{position} cache entry in op is unused. Move to enclosing macro.");
            let error = Diagnostic::new("A-003", cache.span, message);
            return Err(Box::new(error.cpython_points_at(cache.first)));
        }
    }
    Ok(caches.into_iter().map(|c| CacheEntry { name: c.name.clone(), size: c.size.unsigned_abs() }).collect())
}

/// The tokens at which stack variables are assigned, or handed out to be.
///
/// # Errors
/// `A-004` when that is in the condition of an `if`.
pub(crate) fn local_stores(sources: &Sources, release: &Release, def: &InstDef) -> Found<Vec<Token>> {
    let outputs: Vec<&str> = def.outputs.iter().map(|output| output.name.as_str()).collect();
    let mut names = outputs.clone();
    names.extend(def.inputs.iter().map(|input| match input {
        InputEffect::Stack(item) => item.name.as_str(),
        InputEffect::Cache(entry) => entry.name.as_str(),
    }));
    let mut stores = Vec::new();
    visit(&def.block, &mut |statement| match statement {
        Stmt::If { condition, .. } if !release.own_rules => {
            match stores_in(sources, condition, &outputs, &names).next() {
                None => Ok(()),
                Some(token) => {
                    let message = "Cannot define variable in 'if' condition";
                    Err(Box::new(Diagnostic::new("A-004", token.span, message).note("assign it before the `if`")))
                }
            }
        }
        Stmt::Simple(tokens) | Stmt::If { condition: tokens, .. } => {
            stores.extend(stores_in(sources, tokens, &outputs, &names));
            Ok(())
        }
        _ => Ok(()),
    })?;
    Ok(stores)
}

/// `name = …` at the start, and every `&output`.
fn stores_in<'t>(
    sources: &'t Sources,
    tokens: &'t [Token],
    outputs: &'t [&str],
    names: &'t [&str],
) -> impl Iterator<Item = Token> + 't {
    let text = |token: &Token| sources.text(token.span);
    let comments = tokens.iter().take_while(|token| token.kind == TokenKind::Comment).count();
    let tokens = if tokens.len() < comments + 4 { &[] } else { &tokens[comments..] };
    let assigned = tokens.first().filter(|first| {
        is_punctuation(&tokens[1]) && text(&tokens[1]) == "=" && is_identifier(first) && names.contains(&text(first))
    });
    let addresses = tokens.windows(2).filter(move |pair| {
        is_punctuation(&pair[0]) && sources.text(pair[0].span) == "&" && outputs.contains(&sources.text(pair[1].span))
    });
    assigned.copied().into_iter().chain(addresses.map(|pair| pair[1]))
}
