//! Bodies: control flow becomes a tree, the rest stays tokens (`Tools/cases_generator/parsing.py`, `Parser.block`).

use super::ast::{Block, Stmt};
use super::cursor::{Cursor, Parse};
use super::kind::Kind;
use super::token::{Token, TokenKind};

/// How deep statements may lie in each other. CPython's own limit is that of Python's recursion.
const DEEPEST: usize = 128;

impl Cursor<'_> {
    /// # Errors
    /// `D-010` to `D-024`: a body that does not parse or does not end.
    pub(crate) fn block(&mut self, depth: usize) -> Parse<Block> {
        let open = self.require(Kind::LBrace)?;
        if depth > DEEPEST {
            return Err(self.error("D-022", format!("Statements lie more than {DEEPEST} deep in each other")));
        }
        let mut body = Vec::new();
        loop {
            if let Some(close) = self.expect(Kind::RBrace) {
                return Ok(Block { open, body, close });
            }
            body.push(self.statement(depth)?);
        }
    }

    fn statement(&mut self, depth: usize) -> Parse<Stmt> {
        let Some((kind, token)) = self.next() else { return self.consume_to(Kind::Semi).map(Stmt::Simple) };
        match kind {
            Kind::If => self.if_statement(token, depth),
            Kind::For => {
                let header = self.parenthesised()?;
                Ok(Stmt::For { for_: token, header, body: Box::new(self.branch(depth)?) })
            }
            Kind::While => {
                let condition = self.parenthesised()?;
                Ok(Stmt::While { while_: token, condition, body: Box::new(self.branch(depth)?) })
            }
            Kind::CMacroIf => self.macro_if(token, depth),
            Kind::CMacroElse => Err(self.error_at("D-020", &token, "Unexpected #else")),
            Kind::CMacroEndif => Err(self.error_at("D-020", &token, "Unexpected #endif")),
            Kind::CMacroOther => Ok(Stmt::Simple(vec![token])),
            Kind::Switch if self.strict() => {
                let message = "switch statements are not supported due to their complex flow control. Sorry.";
                Err(self.error_at("D-019", &token, message))
            }
            Kind::Switch => self.unstructured(token, Kind::RBrace),
            Kind::Do if !self.strict() => self.unstructured(token, Kind::Semi),
            Kind::LBrace => {
                self.backup();
                self.block(depth + 1).map(Stmt::Block)
            }
            _ => {
                self.backup();
                self.no_definition()?;
                self.consume_to(Kind::Semi).map(Stmt::Simple)
            }
        }
    }

    /// CPython takes the definition after a missing brace for a statement, and its end for that of the body.
    ///
    /// # Errors
    /// `D-024` when a definition begins here.
    fn no_definition(&mut self) -> Parse<()> {
        let pos = self.pos();
        let keyword = (pos..).find(|index| !self.is_annotation(*index)).unwrap_or(pos);
        if self.strict() || !self.begins_definition(keyword) {
            return Ok(());
        }
        Err(self.error("D-024", "A definition begins inside the body of another"))
    }

    fn if_statement(&mut self, if_: Token, depth: usize) -> Parse<Stmt> {
        if depth > DEEPEST {
            return Err(self.error("D-022", format!("Statements lie more than {DEEPEST} deep in each other")));
        }
        let condition = self.parenthesised()?;
        let body = Box::new(self.branch(depth)?);
        let Some(word) = self.expect(Kind::Else) else { return Ok(Stmt::If { if_, condition, body, else_: None }) };
        let inner = match self.expect(Kind::If) {
            Some(inner) => self.if_statement(inner, depth + 1)?,
            None => self.branch(depth)?,
        };
        Ok(Stmt::If { if_, condition, body, else_: Some((word, Box::new(inner))) })
    }

    /// What a control statement governs: a block; before 3.14 also a single statement.
    fn branch(&mut self, depth: usize) -> Parse<Stmt> {
        let pos = self.pos();
        let braces = self.strict() || self.next().is_none_or(|(kind, _)| kind == Kind::LBrace);
        self.set_pos(pos);
        if braces { self.block(depth + 1).map(Stmt::Block) } else { self.statement(depth + 1) }
    }

    fn parenthesised(&mut self) -> Parse<Vec<Token>> {
        let mut tokens = vec![self.require(Kind::LParen)?];
        tokens.extend(self.consume_to(Kind::RParen)?);
        Ok(tokens)
    }

    fn macro_if(&mut self, condition: Token, depth: usize) -> Parse<Stmt> {
        if depth > DEEPEST {
            return Err(self.error("D-022", format!("Conditionals lie more than {DEEPEST} deep in each other")));
        }
        let mut body = Vec::new();
        let mut else_: Option<(Token, Vec<Stmt>)> = None;
        loop {
            if let Some(endif) = self.expect(Kind::CMacroEndif) {
                return Ok(Stmt::MacroIf { condition, body, else_, endif });
            }
            if let Some(word) = self.expect(Kind::CMacroElse) {
                if else_.is_some() {
                    return Err(self.error_at("D-020", &word, "Multiple #else"));
                }
                else_ = Some((word, Vec::new()));
                continue;
            }
            let part = else_.as_mut().map_or(&mut body, |(_, part)| part);
            part.push(self.statement(depth + 1)?);
        }
    }

    /// Tokens to the next `end` outside parentheses, comments included.
    fn consume_to(&mut self, end: Kind) -> Parse<Vec<Token>> {
        let mut tokens = Vec::new();
        let (mut parentheses, mut braces) = (0, 0);
        let strict = self.strict();
        while let Some((kind, token)) = self.next_raw() {
            // CPython reads on, into the next definition.
            if !strict && end == Kind::Semi && kind == Kind::RBrace && braces == 0 {
                self.backup();
                return self.unended(tokens);
            }
            tokens.push(token);
            match kind {
                _ if kind == end && parentheses == 0 && (strict || braces == 0) => return Ok(tokens),
                Kind::LParen => parentheses += 1,
                Kind::RParen => parentheses -= 1,
                Kind::LBrace => braces += 1,
                Kind::RBrace => braces -= 1,
                _ => {}
            }
        }
        Err(self.error("D-021", format!("Expected '{}' but reached EOF", end.name())))
    }

    /// Before a closing brace, older releases have labels, and macros that bring their own semicolon.
    fn unended(&mut self, tokens: Vec<Token>) -> Parse<Vec<Token>> {
        let code = tokens.iter().rev().find(|token| token.kind != TokenKind::Comment);
        let is_label = code.is_some_and(|token| self.text(token) == ":");
        let is_macro = tokens.len() == 1 && code.is_some_and(|token| token.kind == TokenKind::Identifier);
        if is_label || is_macro {
            return Ok(tokens);
        }
        Err(self.error("D-010", "Expected 'SEMI' but got '}'"))
    }

    /// `switch` and `do`, which older releases have: a run of tokens to the `end` outside braces.
    fn unstructured(&mut self, first: Token, end: Kind) -> Parse<Stmt> {
        let mut tokens = vec![first];
        let mut depth = 0;
        while let Some((kind, token)) = self.next_raw() {
            tokens.push(token);
            match kind {
                Kind::LBrace => depth += 1,
                Kind::RBrace => depth -= 1,
                _ => {}
            }
            if depth == 0 && kind == end {
                return Ok(Stmt::Simple(tokens));
            }
        }
        Err(self.error("D-021", format!("Expected '{}' but reached EOF", end.name())))
    }
}
