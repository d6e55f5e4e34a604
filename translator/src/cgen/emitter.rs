//! Writes a body statement by statement, following the stack
//! (`Emitter` of `Tools/cases_generator/generators_common.py`, with what its subclasses for tier 2 and the
//! optimizer change).

mod expand;

use super::cwriter::CWriter;
use super::refusal::{Refusal, Result};
use super::release::Release;
use super::stack::Storage;
use crate::analysis::model::{Instruction, Label, Properties, Uop};
use crate::dsl::ast::{Block, Stmt};
use crate::dsl::token::{Token, TokenKind};
use indexmap::IndexMap;

/// For whom the body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Tier1,
    Tier2,
    Optimizer,
}

/// A body and what the emitter asks about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section<'a> {
    name: &'a str,
    body: &'a Block,
    properties: &'a Properties,
    local_stores: &'a [Token],
    instruction_size: Option<u32>,
    /// The family is what a deopt goes to.
    family: Option<&'a str>,
}

impl<'a> Section<'a> {
    pub(crate) fn of_uop(uop: &'a Uop, instruction: Option<&'a Instruction>) -> Self {
        Self {
            name: &uop.name,
            body: &uop.body,
            properties: &uop.properties,
            local_stores: &uop.local_stores,
            instruction_size: uop.instruction_size,
            family: instruction.and_then(|i| i.family.as_deref()),
        }
    }

    pub(crate) fn of_label(label: &'a Label) -> Self {
        Self {
            name: &label.name,
            body: &label.body,
            properties: &label.properties,
            local_stores: &[],
            instruction_size: None,
            family: None,
        }
    }
}

/// The tokens of one statement.
struct Tokens<'t> {
    rest: std::slice::Iter<'t, Token>,
    last: Token,
}

impl<'t> Tokens<'t> {
    fn next(&mut self) -> Option<&'t Token> {
        self.rest.next()
    }

    fn peek(&self) -> Option<&'t Token> {
        self.rest.as_slice().first()
    }

    fn require(&mut self) -> Result<&'t Token> {
        self.next().ok_or_else(|| Refusal::unforeseen(self.last.span, "The statement ends too early"))
    }

    fn skip(&mut self, count: usize) -> Result<()> {
        (0..count).try_for_each(|_| self.require().map(|_| ()))
    }
}

/// How a statement ends: whether what follows it is reached, and the `}` that is still to be written.
type Ending = (bool, Option<Token>);

#[derive(Debug)]
pub(crate) struct Emitter<'a> {
    pub(crate) out: CWriter<'a>,
    target: Target,
    labels: Option<&'a IndexMap<String, Label>>,
    release: Release,
}

impl<'a> Emitter<'a> {
    pub(crate) fn new(
        out: CWriter<'a>,
        target: Target,
        labels: Option<&'a IndexMap<String, Label>>,
        release: Release,
    ) -> Self {
        Self { out, target, labels, release }
    }

    /// Writes a body. The braces are left out where the caller writes its own.
    pub(crate) fn emit_section(
        &mut self,
        section: &Section<'a>,
        storage: &mut Storage<'a>,
        braces: bool,
    ) -> Result<bool> {
        self.out.start_line();
        let (reachable, close) = self.emit_block(section.body, section, storage, braces)?;
        if reachable {
            storage.push_outputs().map_err(|e| Refusal::from(e).at(close.span))?;
        }
        if braces {
            self.out.emit_token(&close);
        }
        Ok(reachable)
    }

    fn emit_block(
        &mut self,
        block: &Block,
        section: &Section<'a>,
        storage: &mut Storage<'a>,
        braces: bool,
    ) -> Result<(bool, Token)> {
        if braces {
            self.out.emit_token(&block.open);
        }
        let mut place = block.close;
        let mut reachable = true;
        for stmt in &block.body {
            let (goes_on, close) = self.emit_stmt(stmt, section, storage).map_err(|e| e.at(place.span))?;
            reachable = goes_on;
            place = close.unwrap_or(block.close);
            self.emit_close(close);
            if !reachable {
                break;
            }
        }
        Ok((reachable, block.close))
    }

    fn emit_close(&mut self, close: Option<Token>) {
        if let Some(close) = close {
            self.out.emit_token(&close);
        }
    }

    fn emit_stmt(&mut self, stmt: &Stmt, section: &Section<'a>, storage: &mut Storage<'a>) -> Result<Ending> {
        match stmt {
            Stmt::Simple(tokens) => self.emit_simple(tokens, section, storage).map(|reachable| (reachable, None)),
            Stmt::Block(block) => {
                let (reachable, close) = self.emit_block(block, section, storage, true)?;
                Ok((reachable, Some(close)))
            }
            Stmt::For { for_: keyword, header: head, body }
            | Stmt::While { while_: keyword, condition: head, body } => {
                // The original follows one pass through the loop.
                self.emit_all(std::iter::once(keyword).chain(head));
                self.emit_stmt(body, section, storage)
            }
            Stmt::If { if_, condition, body, else_ } => {
                self.emit_all(std::iter::once(if_).chain(condition));
                self.emit_branches(if_, body, else_.as_ref(), section, storage)
            }
            Stmt::MacroIf { condition, body, else_, endif } => {
                self.out.emit_token(condition);
                let else_ = else_.as_ref().map(|(token, stmts)| (token, stmts.as_slice()));
                let reachable = self.emit_conditional(body, else_, section, storage)?;
                self.out.emit_token(endif);
                Ok((reachable, None))
            }
        }
    }

    fn emit_all<'t>(&mut self, tokens: impl Iterator<Item = &'t Token>) {
        for token in tokens {
            self.out.emit_token(token);
        }
    }

    /// The branches of an `if`, up to the last `}`. Each follows its own copy of the storage; where both go on,
    /// the copies must agree.
    fn emit_branches(
        &mut self,
        if_: &Token,
        body: &Stmt,
        else_: Option<&(Token, Box<Stmt>)>,
        section: &Section<'a>,
        storage: &mut Storage<'a>,
    ) -> Result<Ending> {
        let mut taken = storage.fork().map_err(|e| Refusal::from(e).at(if_.span))?;
        let (mut reachable, mut close) = self.emit_stmt(body, section, &mut taken).map_err(|e| e.at(if_.span))?;
        let place = |close: Option<Token>| close.unwrap_or(*if_).span;
        if let Some((keyword, else_body)) = else_ {
            self.emit_close(close);
            self.out.emit_token(keyword);
            let (else_reachable, else_close) =
                self.emit_stmt(else_body, section, storage).map_err(|e| e.at(place(close)))?;
            close = else_close;
            if !reachable {
                reachable = else_reachable;
            } else if !else_reachable {
                *storage = taken;
            } else {
                storage.merge(&mut taken, &mut self.out).map_err(|e| Refusal::from(e).at(place(close)))?;
            }
        } else if reachable {
            taken.merge(storage, &mut self.out).map_err(|e| Refusal::from(e).at(place(close)))?;
            *storage = taken;
        } else {
            reachable = true;
        }
        Ok((reachable, close))
    }

    /// The parts of an `#if`: both are compiled by someone, so both must leave the stack in the same state.
    fn emit_conditional(
        &mut self,
        body: &[Stmt],
        else_: Option<(&Token, &[Stmt])>,
        section: &Section<'a>,
        storage: &mut Storage<'a>,
    ) -> Result<bool> {
        let other = if else_.is_some() { Some(storage.fork()?) } else { None };
        let mut reachable = self.emit_part(body, section, storage)?;
        if let (Some((keyword, else_body)), Some(mut other)) = (else_, other) {
            self.out.emit_token(keyword);
            reachable &= self.emit_part(else_body, section, &mut other)?;
            other.merge(storage, &mut self.out)?;
            *storage = other;
        }
        Ok(reachable)
    }

    fn emit_part(&mut self, stmts: &[Stmt], section: &Section<'a>, storage: &mut Storage<'a>) -> Result<bool> {
        let mut reachable = true;
        for stmt in stmts {
            let (goes_on, close) = self.emit_stmt(stmt, section, storage)?;
            self.emit_close(close);
            reachable &= goes_on;
        }
        Ok(reachable)
    }

    fn emit_simple(&mut self, stmt: &[Token], section: &Section<'a>, storage: &mut Storage<'a>) -> Result<bool> {
        let (Some(first), Some(last)) = (stmt.first(), stmt.last()) else {
            return Ok(true);
        };
        let calls = &section.properties.escaping_calls;
        let escape = calls.iter().rev().find(|call| call.statement.span == first.span);
        let mut place = *last;
        if let Some(escape) = escape {
            if let Some(killed) = &escape.kills {
                self.kill_stackref(killed, storage, true)?;
            }
            self.emit_save(storage).map_err(|e| e.at(place.span))?;
        }
        let mut tokens = Tokens { rest: stmt.iter(), last: *last };
        let mut reachable = true;
        while let Some(token) = tokens.next() {
            place = *token;
            reachable &= self.emit_in_statement(token, &mut tokens, section, storage).map_err(|e| e.at(place.span))?;
        }
        if escape.is_some() {
            self.emit_reload(storage).map_err(|e| e.at(place.span))?;
        }
        Ok(reachable)
    }

    /// Writes a token, or what it and some that follow it stand for. Gives whether the statement goes on.
    fn emit_in_statement(
        &mut self,
        token: &Token,
        tokens: &mut Tokens,
        section: &Section<'a>,
        storage: &mut Storage<'a>,
    ) -> Result<bool> {
        let text = self.out.token_text(token);
        match token.kind {
            TokenKind::Keyword if text == "goto" => {
                let label = tokens.require()?;
                self.goto_label(token, label, storage)?;
                Ok(false)
            }
            TokenKind::Keyword if text == "return" => {
                self.out.emit_token(token);
                let semicolon = self.emit_to(tokens, ";", "SEMI")?;
                self.out.emit_token(&semicolon);
                Ok(false)
            }
            TokenKind::Identifier => {
                if let Some(reachable) = self.replace(text, token, tokens, section, storage)? {
                    return Ok(reachable);
                }
                if section.local_stores.iter().any(|store| store.span == token.span) {
                    storage.define(text);
                }
                self.out.emit_token(token);
                Ok(!text.starts_with("DISPATCH"))
            }
            _ => {
                self.out.emit_token(token);
                Ok(true)
            }
        }
    }
}
