//! Walking the tokens and statements of a body.

use crate::dsl::ast::{Block, Stmt};
use crate::dsl::token::{Token, TokenKind};

/// Every token of a block in order, as CPython's `Stmt.tokens()` yields them; also `#else` and `#endif`, which it
/// leaves out and nobody looks for.
pub(crate) fn for_each_token<'a>(block: &'a Block, visitor: &mut impl FnMut(&'a Token)) {
    visitor(&block.open);
    block.body.iter().for_each(|statement| statement_tokens(statement, visitor));
    visitor(&block.close);
}

fn statement_tokens<'a>(statement: &'a Stmt, visitor: &mut impl FnMut(&'a Token)) {
    match statement {
        Stmt::If { if_, condition, body, else_ } => {
            visitor(if_);
            condition.iter().for_each(&mut *visitor);
            statement_tokens(body, visitor);
            if let Some((word, inner)) = else_ {
                visitor(word);
                statement_tokens(inner, visitor);
            }
        }
        Stmt::For { for_: word, header, body } | Stmt::While { while_: word, condition: header, body } => {
            visitor(word);
            header.iter().for_each(&mut *visitor);
            statement_tokens(body, visitor);
        }
        Stmt::MacroIf { condition, body, else_, endif } => {
            visitor(condition);
            body.iter().for_each(|inner| statement_tokens(inner, visitor));
            if let Some((word, part)) = else_ {
                visitor(word);
                part.iter().for_each(|inner| statement_tokens(inner, visitor));
            }
            visitor(endif);
        }
        Stmt::Block(block) => for_each_token(block, visitor),
        Stmt::Simple(tokens) => tokens.iter().for_each(visitor),
    }
}

/// Visits a block's statements, outer before inner (`Stmt.accept`), until one fails.
pub(crate) fn visit<'a, E>(block: &'a Block, visitor: &mut impl FnMut(&'a Stmt) -> Result<(), E>) -> Result<(), E> {
    block.body.iter().try_for_each(|statement| visit_statement(statement, visitor))
}

fn visit_statement<'a, E>(statement: &'a Stmt, visitor: &mut impl FnMut(&'a Stmt) -> Result<(), E>) -> Result<(), E> {
    visitor(statement)?;
    match statement {
        Stmt::If { body, else_, .. } => {
            visit_statement(body, visitor)?;
            else_.iter().try_for_each(|(_, inner)| visit_statement(inner, visitor))
        }
        Stmt::For { body, .. } | Stmt::While { body, .. } => visit_statement(body, visitor),
        Stmt::MacroIf { body, else_, .. } => {
            body.iter().try_for_each(|inner| visit_statement(inner, visitor))?;
            let part = else_.iter().flat_map(|(_, part)| part);
            part.into_iter().try_for_each(|inner| visit_statement(inner, visitor))
        }
        Stmt::Block(block) => visit(block, visitor),
        Stmt::Simple(_) => Ok(()),
    }
}

pub(crate) fn is_identifier(token: &Token) -> bool {
    token.kind == TokenKind::Identifier
}

pub(crate) fn is_punctuation(token: &Token) -> bool {
    token.kind == TokenKind::Punctuation
}
