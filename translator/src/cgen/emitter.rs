//! Writes a body statement by statement, following the stack and expanding the definition language's macros
//! (`Emitter` of `Tools/cases_generator/generators_common.py`, with what its subclasses for tier 2 and the
//! optimizer change).

use super::cwriter::CWriter;
use super::refusal::{Refusal, Result};
use super::release::Release;
use super::stack::{Storage, parse_int};
use crate::analysis::model::{Instruction, Label, Properties, Uop};
use crate::dsl::ast::{Block, Stmt};
use crate::dsl::token::{Token, TokenKind};
use indexmap::IndexMap;

/// Deallocators of `PyStackRef_CLOSE_SPECIALIZED` that run no code of the program.
const NON_ESCAPING_DEALLOCS: [&str; 3] = ["_PyFloat_ExactDealloc", "_PyLong_ExactDealloc", "_PyUnicode_ExactDealloc"];

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

    /// Expands the macros of the definition language.
    fn replace(
        &mut self,
        name: &str,
        token: &Token,
        tokens: &mut Tokens,
        section: &Section<'a>,
        storage: &mut Storage<'a>,
    ) -> Result<Option<bool>> {
        match name {
            "EXIT_IF" | "DEOPT_IF" => {
                let reachable = match self.target {
                    Target::Tier2 => self.leave_trace_if(name, token, tokens)?,
                    Target::Tier1 | Target::Optimizer => self.deopt_if(tokens, section)?,
                };
                return Ok(Some(reachable));
            }
            "ERROR_IF" => return self.error_if(token, tokens, storage).map(Some),
            "ERROR_NO_POP" => {
                tokens.skip(3)?;
                let error = self.goto_error(0, storage)?;
                self.out.emit_at(&error, token);
                return Ok(Some(false));
            }
            "DISPATCH" => return self.dispatch(token, storage).map(Some),
            "DECREF_INPUTS" => {
                tokens.skip(3)?;
                storage.close_inputs(&mut self.out)?;
            }
            "DEAD" => self.kill_named(tokens, storage)?,
            "INPUTS_DEAD" => {
                tokens.skip(3)?;
                for id in storage.inputs.clone() {
                    storage.stack[id].kill();
                }
            }
            "SYNC_SP" => {
                tokens.skip(3)?;
                storage.clear_inputs("when syncing stack")?;
                storage.flush(&mut self.out)?;
                storage.stack.clear(&mut self.out);
            }
            "SAVE_STACK" => {
                tokens.skip(3)?;
                self.emit_save(storage)?;
            }
            "RELOAD_STACK" => {
                tokens.skip(3)?;
                self.emit_reload(storage)?;
            }
            "PyStackRef_CLOSE_SPECIALIZED" => self.close_specialized(token, tokens, storage)?,
            "PyStackRef_AsPyObjectSteal" => self.steal(token, tokens, storage)?,
            "INSTRUCTION_SIZE" => {
                let size = section.instruction_size.ok_or_else(|| {
                    let message = "The INSTRUCTION_SIZE macro requires uop.instruction_size to be set";
                    Refusal::statement(token.span, message)
                })?;
                let suffix = self.release.instruction_size_suffix;
                self.out.emit_fmt(format_args!(" {size}{suffix} "));
            }
            "stack_pointer" => {
                if storage.is_spilled() {
                    let message = "stack_pointer is invalid when stack is spilled to memory";
                    return Err(Refusal::statement(token.span, message));
                }
                self.out.emit_token(token);
            }
            "oparg" if self.target == Target::Tier2 => self.replicated_oparg(token, tokens, section)?,
            _ => return Ok(None),
        }
        Ok(Some(true))
    }

    fn dispatch(&mut self, token: &Token, storage: &mut Storage) -> Result<bool> {
        if storage.is_spilled() {
            let message = "stack_pointer needs reloading before dispatch";
            return Err(Refusal::statement(token.span, message));
        }
        if self.release.dispatch_flushes {
            storage.stack.flush(&mut self.out);
        }
        self.out.emit_token(token);
        Ok(false)
    }

    fn deopt_if(&mut self, tokens: &mut Tokens, section: &Section) -> Result<bool> {
        self.out.start_line();
        self.out.emit("if (");
        self.require_paren(tokens)?;
        let condition = tokens.peek();
        self.emit_to(tokens, ")", "RPAREN")?;
        self.out.emit(") {\n");
        tokens.require()?;
        let family = section
            .family
            .ok_or_else(|| Refusal::unforeseen(tokens.last.span, "Only an instruction of a family can deoptimize"))?;
        self.out.emit_fmt(format_args!("UPDATE_MISS_STATS({family});\n"));
        self.out.emit_fmt(format_args!("assert(_PyOpcode_Deopt[opcode] == ({family}));\n"));
        self.out.emit_fmt(format_args!("JUMP_TO_PREDICTED({family});\n"));
        self.out.emit("}\n");
        Ok(!self.is_always_true(condition))
    }

    fn leave_trace_if(&mut self, name: &str, token: &Token, tokens: &mut Tokens) -> Result<bool> {
        self.out.emit_at("if ", token);
        let paren = tokens.require()?;
        self.out.emit_token(paren);
        if name == "DEOPT_IF" && self.out.token_text(paren) != "(" {
            return Err(Refusal::unforeseen(paren.span, "Expected '('"));
        }
        let condition = tokens.peek();
        self.emit_to(tokens, ")", "RPAREN")?;
        tokens.require()?;
        self.out.emit(") {\n");
        self.out.emit("UOP_STAT_INC(uopcode, miss);\n");
        self.out.emit("JUMP_TO_JUMP_TARGET();\n");
        self.out.emit("}\n");
        Ok(!self.is_always_true(condition))
    }

    fn error_if(&mut self, token: &Token, tokens: &mut Tokens, storage: &mut Storage<'a>) -> Result<bool> {
        let paren = self.require_paren(tokens)?;
        let unconditional = self.is_always_true(tokens.peek());
        if unconditional {
            tokens.skip(2)?;
            self.out.start_line();
        } else {
            self.out.emit_at("if ", token);
            self.out.emit_token(&paren);
            self.emit_to(tokens, ")", "RPAREN")?;
            self.out.emit(") {\n");
        }
        tokens.require()?;
        storage.clear_inputs("at ERROR_IF")?;
        let offset = parse_int(&storage.stack.sp_offset()).unwrap_or(-1);
        let error = self.goto_error(offset, storage)?;
        self.out.emit(&error);
        self.out.emit("\n");
        if !unconditional {
            self.out.emit("}\n");
        }
        Ok(!unconditional)
    }

    /// The jump to the error label that takes `offset` items off the stack; where no such label can be meant,
    /// the stack is brought in order first.
    fn goto_error(&mut self, offset: i64, storage: &Storage<'a>) -> Result<String> {
        let label = if self.target == Target::Tier2 { "JUMP_TO_ERROR();" } else { "JUMP_TO_LABEL(error);" };
        if offset > 0 && self.target != Target::Tier2 {
            return Ok(format!("JUMP_TO_LABEL(pop_{offset}_error);"));
        }
        if offset != 0 {
            storage.fork()?.flush(&mut self.out)?;
        }
        Ok(label.into())
    }

    fn kill_named(&mut self, tokens: &mut Tokens, storage: &mut Storage) -> Result<()> {
        tokens.require()?;
        let name = tokens.require()?;
        tokens.skip(2)?;
        let text = self.out.token_text(name);
        let input = storage.inputs.iter().copied().find(|id| storage.stack[*id].name() == text);
        match input {
            Some(id) => storage.stack[id].kill(),
            None => {
                return Err(Refusal::statement(name.span, format!("'{text}' is not a live input-only variable")));
            }
        }
        Ok(())
    }

    /// The input of that name dies here. If that can run code, no live variable may lie above it.
    fn kill_stackref(&mut self, name: &Token, storage: &mut Storage, escapes: bool) -> Result<()> {
        let text = self.out.token_text(name);
        let mut live = "";
        for id in storage.inputs.iter().rev() {
            let local = &mut storage.stack[*id];
            if local.name() == text {
                if escapes && !live.is_empty() {
                    let message = format!("Cannot close '{text}' when '{live}' is still live");
                    return Err(Refusal::statement(name.span, message));
                }
                local.kill();
                break;
            }
            if local.in_local {
                live = local.name();
            }
        }
        Ok(())
    }

    fn close_specialized(&mut self, token: &Token, tokens: &mut Tokens, storage: &mut Storage) -> Result<()> {
        self.out.emit_token(token);
        let paren = self.require_paren(tokens)?;
        self.out.emit_token(&paren);
        let name = tokens.require()?;
        self.out.emit_token(name);
        let comma = tokens.require()?;
        if self.out.token_text(comma) != "," {
            return Err(Refusal::statement(comma.span, "Expected comma"));
        }
        self.out.emit_token(comma);
        let dealloc = tokens.require()?;
        if dealloc.kind != TokenKind::Identifier {
            return Err(Refusal::statement(dealloc.span, "Expected identifier"));
        }
        self.out.emit_token(dealloc);
        if name.kind == TokenKind::Identifier {
            let escapes = !NON_ESCAPING_DEALLOCS.contains(&self.out.token_text(dealloc));
            return self.kill_stackref(name, storage, escapes);
        }
        let paren = self.emit_to(tokens, ")", "RPAREN")?;
        self.out.emit_token(&paren);
        Ok(())
    }

    fn steal(&mut self, token: &Token, tokens: &mut Tokens, storage: &mut Storage) -> Result<()> {
        self.out.emit_token(token);
        let paren = self.require_paren(tokens)?;
        self.out.emit_token(&paren);
        let name = tokens.require()?;
        self.out.emit_token(name);
        if name.kind == TokenKind::Identifier {
            return self.kill_stackref(name, storage, false);
        }
        let paren = self.emit_to(tokens, ")", "RPAREN")?;
        self.out.emit_token(&paren);
        Ok(())
    }

    /// `oparg & 1` is a constant in the two replicas that are split by it.
    fn replicated_oparg(&mut self, token: &Token, tokens: &mut Tokens, section: &Section) -> Result<()> {
        let Some(bit) = section.name.strip_suffix("_0").map(|_| "0").or(section.name.strip_suffix("_1").map(|_| "1"))
        else {
            self.out.emit_token(token);
            return Ok(());
        };
        let and = tokens.require()?;
        if self.out.token_text(and) != "&" {
            self.out.emit_token(token);
            self.out.emit_token(and);
            return Ok(());
        }
        let one = tokens.require()?;
        if self.out.token_text(one) != "1" {
            return Err(Refusal::unforeseen(one.span, "Expected 'oparg & 1'"));
        }
        self.out.emit_at(bit, token);
        Ok(())
    }

    fn goto_label(&mut self, goto: &Token, name: &Token, storage: &mut Storage<'a>) -> Result<()> {
        if self.target == Target::Optimizer {
            self.out.emit_token(goto);
            self.out.emit_token(name);
            return Ok(());
        }
        let text = self.out.token_text(name);
        let Some(label) = self.labels.and_then(|labels| labels.get(text)) else {
            return Err(Refusal::statement(name.span, format!("Label '{text}' does not exist")));
        };
        if label.spilled {
            if !storage.is_spilled() {
                self.emit_save(storage)?;
            }
        } else if storage.is_spilled() {
            let message = "Cannot jump from spilled label without reloading the stack pointer";
            return Err(Refusal::statement(goto.span, message));
        }
        self.out.start_line();
        self.out.emit("JUMP_TO_LABEL(");
        self.out.emit_token(name);
        self.out.emit(")");
        Ok(())
    }

    fn emit_save(&mut self, storage: &mut Storage<'a>) -> Result<()> {
        storage.flush(&mut self.out)?;
        if self.target != Target::Optimizer {
            storage.save(&mut self.out);
        }
        Ok(())
    }

    fn emit_reload(&mut self, storage: &mut Storage<'a>) -> Result<()> {
        if self.target != Target::Optimizer {
            storage.reload(&mut self.out)?;
        }
        Ok(())
    }

    /// Writes tokens up to `end` at the same depth of parentheses, and gives that one unwritten.
    fn emit_to(&mut self, tokens: &mut Tokens, end: &str, end_name: &str) -> Result<Token> {
        let mut depth = 0;
        let mut last = None;
        while let Some(token) = tokens.next() {
            let text = self.out.token_text(token);
            if text == end && depth == 0 {
                return Ok(*token);
            }
            match text {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            self.out.emit_token(token);
            last = Some(token);
        }
        let message = format!("Expecting {end_name}. Reached end of file");
        Err(match last {
            Some(last) => Refusal::statement(last.span, message),
            None => Refusal::unforeseen(tokens.last.span, message),
        })
    }

    fn require_paren(&mut self, tokens: &mut Tokens) -> Result<Token> {
        let paren = tokens.require()?;
        if self.out.token_text(paren) != "(" {
            return Err(Refusal::unforeseen(paren.span, "Expected '('"));
        }
        Ok(*paren)
    }

    fn is_always_true(&self, condition: Option<&Token>) -> bool {
        condition.is_some_and(|token| matches!(self.out.token_text(token), "true" | "1"))
    }
}
