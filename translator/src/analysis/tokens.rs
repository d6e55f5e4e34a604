//! Walking the tokens and statements of a body.

use crate::dsl::ast::{Block, Stmt};
use crate::dsl::token::{Token, TokenKind};

/// Every token of a block, as CPython's `Stmt.tokens()` yields them.
pub(crate) fn block_tokens(block: &Block, out: &mut Vec<Token>) {
    out.push(block.open);
    block.body.iter().for_each(|s| statement_tokens(s, out));
    out.push(block.close);
}

fn statement_tokens(statement: &Stmt, out: &mut Vec<Token>) {
    match statement {
        Stmt::If { if_, condition, body, else_ } => {
            out.push(*if_);
            out.extend(condition);
            statement_tokens(body, out);
            if let Some((word, inner)) = else_ {
                out.push(*word);
                statement_tokens(inner, out);
            }
        }
        Stmt::For { for_, header, body } => {
            out.push(*for_);
            out.extend(header);
            statement_tokens(body, out);
        }
        Stmt::While { while_, condition, body } => {
            out.push(*while_);
            out.extend(condition);
            statement_tokens(body, out);
        }
        Stmt::MacroIf { condition, body, else_, endif } => {
            out.push(*condition);
            body.iter().for_each(|s| statement_tokens(s, out));
            if let Some((word, inner)) = else_ {
                out.push(*word);
                inner.iter().for_each(|s| statement_tokens(s, out));
            }
            out.push(*endif);
        }
        Stmt::Block(block) => block_tokens(block, out),
        Stmt::Simple(tokens) => out.extend(tokens),
    }
}

/// Visits a block's statements, outer before inner (`Stmt.accept`).
pub(crate) fn visit<'a>(block: &'a Block, visitor: &mut impl FnMut(&'a Stmt)) {
    block.body.iter().for_each(|s| visit_statement(s, visitor));
}

fn visit_statement<'a>(statement: &'a Stmt, visitor: &mut impl FnMut(&'a Stmt)) {
    visitor(statement);
    match statement {
        Stmt::If { body, else_, .. } => {
            visit_statement(body, visitor);
            if let Some((_, inner)) = else_ {
                visit_statement(inner, visitor);
            }
        }
        Stmt::For { body, .. } | Stmt::While { body, .. } => visit_statement(body, visitor),
        Stmt::MacroIf { body, else_, .. } => {
            body.iter().for_each(|s| visit_statement(s, visitor));
            if let Some((_, inner)) = else_ {
                inner.iter().for_each(|s| visit_statement(s, visitor));
            }
        }
        Stmt::Block(block) => visit(block, visitor),
        Stmt::Simple(_) => {}
    }
}

pub(crate) fn is_identifier(token: &Token) -> bool {
    token.kind == TokenKind::Identifier
}
