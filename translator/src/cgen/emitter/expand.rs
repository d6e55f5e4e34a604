//! What the macros of the definition language stand for.

use super::{Emitter, Section, Target, Tokens};
use crate::cgen::refusal::{Refusal, Result};
use crate::cgen::stack::{Storage, parse_int};
use crate::dsl::token::{Token, TokenKind};

/// Deallocators of `PyStackRef_CLOSE_SPECIALIZED` that run no code of the program.
const NON_ESCAPING_DEALLOCS: [&str; 3] = ["_PyFloat_ExactDealloc", "_PyLong_ExactDealloc", "_PyUnicode_ExactDealloc"];

impl<'a> Emitter<'a> {
    /// Expands the macros of the definition language.
    pub(super) fn replace(
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
                    Target::Tier1 | Target::Optimizer => self.deopt_if(token, tokens, section)?,
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

    fn deopt_if(&mut self, token: &Token, tokens: &mut Tokens, section: &Section) -> Result<bool> {
        self.out.start_line();
        self.out.emit("if (");
        self.require_paren(tokens)?;
        let condition = tokens.peek();
        self.emit_to(tokens, ")", "RPAREN")?;
        self.out.emit(") {\n");
        tokens.require()?;
        let family = section
            .family
            .ok_or_else(|| Refusal::unforeseen(token.span, "Only an instruction of a family can deoptimize"))?;
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
    pub(super) fn kill_stackref(&mut self, name: &Token, storage: &mut Storage, escapes: bool) -> Result<()> {
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

    pub(super) fn goto_label(&mut self, goto: &Token, name: &Token, storage: &mut Storage<'a>) -> Result<()> {
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

    pub(super) fn emit_save(&mut self, storage: &mut Storage<'a>) -> Result<()> {
        storage.flush(&mut self.out)?;
        if self.target != Target::Optimizer {
            storage.save(&mut self.out);
        }
        Ok(())
    }

    pub(super) fn emit_reload(&mut self, storage: &mut Storage<'a>) -> Result<()> {
        if self.target != Target::Optimizer {
            storage.reload(&mut self.out)?;
        }
        Ok(())
    }

    /// Writes tokens up to `end` at the same depth of parentheses, and gives that one unwritten.
    pub(super) fn emit_to(&mut self, tokens: &mut Tokens, end: &str, end_name: &str) -> Result<Token> {
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
