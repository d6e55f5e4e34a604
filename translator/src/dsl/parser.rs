//! Tokens to definitions (`Tools/cases_generator/parsing.py`, `plexer.py`).

use super::ast::{
    Annotation, Block, BodyKind, CacheEffect, Definition, Family, InputEffect, InstDef, LabelDef, Macro, MacroPart,
    Pseudo, StackEffect, Stmt, Super,
};
use super::token::{Token, TokenKind};
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Sources, Span};

/// Which grammar is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// What CPython 3.14's own parser accepts, no more.
    Cpython314,
    /// That of every release from 3.12 on: `super`, conditional effects, ranges of replicas, `switch` in bodies.
    AnyRelease,
}

pub(crate) const BEGIN: &str = "// BEGIN BYTECODES //";
pub(crate) const END: &str = "// END BYTECODES //";

type Parse<T> = Result<T, Diagnostic>;

/// Parses the definitions between the markers of a file; goes on after an error with the next definition.
pub fn parse(sources: &Sources, file: FileId, dialect: Dialect) -> (Vec<Definition>, Vec<Diagnostic>) {
    let tokens = match super::lexer::tokenize(sources, file) {
        Ok(tokens) => tokens,
        Err(error) => return (Vec::new(), vec![error]),
    };
    let text = |t: &Token| sources.text(t.span);
    let Some(begin) = tokens.iter().position(|t| text(t) == BEGIN) else {
        let name = &sources.get(file).name;
        let span = tokens.last().map_or(Span { file, start: 0, end: 0 }, |t| t.span);
        let note = "definitions stand between that comment and its END counterpart";
        return (
            Vec::new(),
            vec![Diagnostic::new("D-002", span, format!("Couldn't find '{BEGIN}' in {name}")).note(note)],
        );
    };
    let end = tokens[begin + 1..].iter().position(|t| text(t) == END).map_or(tokens.len(), |e| begin + 1 + e);
    let tokens = tokens[..end].to_vec();
    let mut parser = Parser { sources, tokens, at: begin + 1, dialect, name: sources.get(file).name.to_string() };
    parser.file()
}

struct Parser<'a> {
    sources: &'a Sources,
    tokens: Vec<Token>,
    at: usize,
    dialect: Dialect,
    name: String,
}

impl Parser<'_> {
    fn file(&mut self) -> (Vec<Definition>, Vec<Diagnostic>) {
        let (mut definitions, mut errors) = (Vec::new(), Vec::new());
        while self.peek().is_some() {
            let start = self.at;
            match self.definition() {
                Ok(Some(definition)) => definitions.push(definition),
                Ok(None) => {
                    self.at = start;
                    errors.push(self.not_a_definition());
                    self.recover(start);
                }
                Err(error) => {
                    errors.push(error);
                    self.recover(start);
                }
            }
        }
        (definitions, errors)
    }

    fn not_a_definition(&self) -> Diagnostic {
        let token = self.tokens[self.at..].iter().find(|t| t.kind != TokenKind::Comment).or(self.tokens.last());
        let span = token.map_or(Span { file: FileId(0), start: 0, end: 0 }, |t| t.span);
        Diagnostic::new("D-003", span, format!("Extra stuff at the end of {}", self.name))
            .note("a definition begins with inst(, op(, macro(, family(, pseudo(, label( or an annotation: specializing, override, register, replaced, pure, replicate(N), tier1, tier2, no_save_ip")
    }

    /// Goes to the next token that can begin a definition, outside braces.
    fn recover(&mut self, start: usize) {
        self.at = start + 1;
        let mut depth = 0i32;
        while let Some(token) = self.tokens.get(self.at) {
            let text = self.text(token);
            match text {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            let next = self.tokens.get(self.at + 1).map_or("", |t| self.text(t));
            let begins = match token.kind {
                TokenKind::Keyword => matches!(text, "inst" | "op" | "macro" | "label") && next == "(",
                TokenKind::Identifier => matches!(text, "family" | "pseudo" | "super") && next == "(",
                _ => false,
            };
            // A definition that starts a line ends an unbalanced one.
            let starts_line = self.at == 0 || self.tokens[self.at - 1].line < token.line;
            if begins && (depth <= 0 || starts_line) {
                while self.at > start + 1 && matches!(self.tokens[self.at - 1].kind, TokenKind::Annotation) {
                    self.at -= 1;
                }
                return;
            }
            self.at += 1;
        }
    }

    fn text(&self, token: &Token) -> &str {
        self.sources.text(token.span)
    }

    fn next(&mut self) -> Option<Token> {
        while let Some(token) = self.tokens.get(self.at).copied() {
            self.at += 1;
            if token.kind != TokenKind::Comment {
                return Some(token);
            }
        }
        None
    }

    fn peek(&mut self) -> Option<Token> {
        let at = self.at;
        let token = self.next();
        // As in CPython: comments before the token stay read.
        self.at = if token.is_some() { self.at - 1 } else { at };
        token
    }

    fn eat(&mut self, wanted: &str) -> Option<Token> {
        let token = self.peek()?;
        (self.is_word_or_operator(&token) && self.text(&token) == wanted).then(|| {
            self.at += 1;
            token
        })
    }

    fn is_word_or_operator(&self, token: &Token) -> bool {
        !matches!(token.kind, TokenKind::String | TokenKind::Character | TokenKind::Directive)
    }

    fn eat_kind(&mut self, kind: TokenKind) -> Option<Token> {
        let token = self.peek()?;
        (token.kind == kind).then(|| {
            self.at += 1;
            token
        })
    }

    fn error(&mut self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        let token = self.peek().or(self.tokens.last().copied());
        let span = token.map_or(Span { file: FileId(0), start: 0, end: 0 }, |t| t.span);
        Diagnostic::new(code, span, message)
    }

    fn require(&mut self, wanted: &str) -> Parse<Token> {
        match self.eat(wanted) {
            Some(token) => Ok(token),
            None => {
                let kind = kind_name(wanted);
                let got = self.peek();
                let text = got.map_or("None".to_owned(), |t| quoted(self.text(&t)));
                let span = got.or(self.tokens.last().copied()).map(|t| t.span);
                let mut error = self.error("D-010", format!("Expected '{kind}' but got {text}"));
                error.primary = span;
                Err(error)
            }
        }
    }

    fn require_kind(&mut self, kind: TokenKind, name: &str) -> Parse<Token> {
        match self.eat_kind(kind) {
            Some(token) => Ok(token),
            None => {
                let text = self.peek().map_or("None".to_owned(), |t| quoted(self.text(&t)));
                Err(self.error("D-010", format!("Expected '{name}' but got {text}")))
            }
        }
    }

    fn span_from(&self, start: usize) -> Span {
        let first = self.tokens[start..].iter().find(|t| t.kind != TokenKind::Comment).unwrap_or(&self.tokens[start]);
        let last = &self.tokens[self.at.saturating_sub(1).max(start)];
        first.span.to(last.span)
    }

    fn definition(&mut self) -> Parse<Option<Definition>> {
        let start = self.at;
        for alternative in
            [Self::macro_def, Self::family_def, Self::pseudo_def, Self::inst_def, Self::label_def, Self::super_def]
        {
            if let Some(definition) = alternative(self)? {
                return Ok(Some(definition));
            }
            self.at = start;
        }
        Ok(None)
    }

    fn label_def(&mut self) -> Parse<Option<Definition>> {
        let start = self.at;
        let spilled = self.eat("spilled").is_some();
        if self.eat("label").is_none() || self.eat("(").is_none() {
            return Ok(None);
        }
        let Some(name) = self.eat_kind(TokenKind::Identifier) else { return Ok(None) };
        if self.eat(")").is_none() {
            return Ok(None);
        }
        let block = self.block()?;
        let label = LabelDef {
            name: self.text(&name).to_owned(),
            spilled,
            block,
            span: self.span_from(start),
            name_span: name.span,
        };
        Ok(Some(Definition::Label(label)))
    }

    fn inst_def(&mut self) -> Parse<Option<Definition>> {
        let start = self.at;
        let annotations = self.annotations()?;
        let kind = if self.eat("inst").is_some() {
            BodyKind::Inst
        } else if self.eat("op").is_some() {
            BodyKind::Op
        } else {
            return Ok(None);
        };
        if self.eat("(").is_none() {
            return Ok(None);
        }
        let Some(name) = self.eat_kind(TokenKind::Identifier) else { return Ok(None) };
        if self.eat(",").is_none() {
            return Ok(None);
        }
        let (inputs, outputs) = self.io_effect()?;
        if self.eat(")").is_none() || self.peek().is_none_or(|t| self.text(&t) != "{") {
            return Ok(None);
        }
        let header = self.tokens[start..self.at].to_vec();
        let block = self.block()?;
        let span = self.span_from(start);
        let name_text = self.text(&name).to_owned();
        Ok(Some(Definition::Inst(InstDef {
            header,
            annotations,
            kind,
            name: name_text,
            inputs,
            outputs,
            block,
            span,
            name_span: name.span,
        })))
    }

    fn annotation(&mut self) -> Option<Token> {
        // `split` is 3.13's only.
        let any = self.dialect == Dialect::AnyRelease;
        self.eat_kind(TokenKind::Annotation).or_else(|| if any { self.eat("split") } else { None })
    }

    fn annotations(&mut self) -> Parse<Vec<Annotation>> {
        let mut annotations = Vec::new();
        while let Some(token) = self.annotation() {
            let mut text = self.text(&token).to_owned();
            let mut span = token.span;
            if text == "replicate" {
                self.require("(")?;
                let times = self.require_kind(TokenKind::Number, "NUMBER")?;
                text += &format!("({}", self.text(&times));
                if self.dialect == Dialect::AnyRelease && self.eat(":").is_some() {
                    let last = self.require_kind(TokenKind::Number, "NUMBER")?;
                    text += &format!(":{}", self.text(&last));
                }
                text.push(')');
                span = span.to(self.require(")")?.span);
            }
            annotations.push(Annotation { text, span });
        }
        Ok(annotations)
    }

    fn io_effect(&mut self) -> Parse<(Vec<InputEffect>, Vec<StackEffect>)> {
        if self.eat("(").is_some() {
            let inputs = self.inputs()?;
            if self.eat("--").is_some() {
                let outputs = self.outputs()?;
                if self.eat(")").is_some() {
                    return Ok((inputs, outputs));
                }
            }
        }
        Err(self.error("D-011", "Expected stack effect").note("a stack effect is (inputs -- outputs): names with an optional [size], inputs also cache entries name/units"))
    }

    fn inputs(&mut self) -> Parse<Vec<InputEffect>> {
        let mut all = Vec::new();
        while let Some(input) = self.input()? {
            all.push(input);
            let near = self.at;
            if self.eat(",").is_none() {
                break;
            }
            if self.peek().is_none_or(|t| t.kind != TokenKind::Identifier) {
                self.at = near;
                break;
            }
        }
        Ok(all)
    }

    fn input(&mut self) -> Parse<Option<InputEffect>> {
        let start = self.at;
        if let Some(name) = self.eat_kind(TokenKind::Identifier)
            && self.eat("/").is_some()
        {
            let number = self.require_kind(TokenKind::Number, "NUMBER")?;
            let text = self.text(&number).to_owned();
            let Ok(size) = text.parse() else {
                return Err(self.error("D-012", format!("Expected integer, got {}", quoted(&text))));
            };
            return Ok(Some(InputEffect::Cache(CacheEffect {
                name: self.text(&name).to_owned(),
                size,
                span: name.span.to(number.span),
            })));
        }
        self.at = start;
        Ok(self.stack_effect()?.map(InputEffect::Stack))
    }

    fn outputs(&mut self) -> Parse<Vec<StackEffect>> {
        let mut all = Vec::new();
        while let Some(output) = self.stack_effect()? {
            all.push(output);
            let near = self.at;
            if self.eat(",").is_none() {
                break;
            }
            if self.peek().is_none_or(|t| t.kind != TokenKind::Identifier) {
                self.at = near;
                break;
            }
        }
        Ok(all)
    }

    fn stack_effect(&mut self) -> Parse<Option<StackEffect>> {
        let name = self.eat_kind(TokenKind::Identifier).or_else(|| match self.dialect {
            // Cinder calls an item `inst`.
            Dialect::AnyRelease => self.eat("inst"),
            Dialect::Cpython314 => None,
        });
        let Some(name) = name else { return Ok(None) };
        let (mut type_, mut size, mut condition) = (None, None, None);
        if self.eat(":").is_some() {
            let word = self.require_kind(TokenKind::Identifier, "IDENTIFIER")?;
            let mut text = self.text(&word).to_owned();
            if self.eat("*").is_some() {
                text += " *";
            }
            type_ = Some(text);
        }
        if self.dialect == Dialect::AnyRelease && self.eat("if").is_some() {
            self.require("(")?;
            condition = Some(self.expression()?.ok_or_else(|| self.error("D-013", "Expected condition"))?);
            self.require(")")?;
        }
        if self.eat("[").is_some() {
            if type_.is_some() {
                return Err(self.error("D-014", "Unexpected ["));
            }
            size = Some(self.expression()?.ok_or_else(|| self.error("D-013", "Expected expression"))?);
            self.require("]")?;
        }
        let last = self.tokens[self.at - 1];
        Ok(Some(StackEffect {
            name: self.text(&name).to_owned(),
            type_,
            size,
            condition,
            span: name.span.to(last.span),
        }))
    }

    /// Text up to the bracket that closes it, blanks as CPython prints them.
    fn expression(&mut self) -> Parse<Option<String>> {
        let mut tokens = Vec::new();
        let mut level = 1;
        while let Some(token) = self.peek() {
            match self.text(&token) {
                "[" | "(" => level += 1,
                "]" | ")" => {
                    level -= 1;
                    if level == 0 {
                        break;
                    }
                }
                _ => {}
            }
            tokens.push(token);
            self.at += 1;
        }
        Ok((!tokens.is_empty()).then(|| super::to_text(self.sources, &tokens).trim().to_owned()))
    }

    fn macro_def(&mut self) -> Parse<Option<Definition>> {
        let start = self.at;
        if self.eat("macro").is_none() || self.eat("(").is_none() {
            return Ok(None);
        }
        let Some(name) = self.eat_kind(TokenKind::Identifier) else { return Ok(None) };
        if self.eat(")").is_none() || self.eat("=").is_none() {
            return Ok(None);
        }
        let mut parts = Vec::new();
        match self.macro_part()? {
            Some(part) => parts.push(part),
            None => return Ok(None),
        }
        while self.eat("+").is_some() {
            match self.macro_part()? {
                Some(part) => parts.push(part),
                None => return Err(self.error("D-015", "Expected op name or cache effect")),
            }
        }
        self.require(";")?;
        let definition =
            Macro { name: self.text(&name).to_owned(), parts, span: self.span_from(start), name_span: name.span };
        Ok(Some(Definition::Macro(definition)))
    }

    fn macro_part(&mut self) -> Parse<Option<MacroPart>> {
        let Some(name) = self.eat_kind(TokenKind::Identifier) else { return Ok(None) };
        if self.eat("/").is_none() {
            return Ok(Some(MacroPart::Op { name: self.text(&name).to_owned(), span: name.span }));
        }
        let negative = self.eat("-").is_some();
        let Some(number) = self.eat_kind(TokenKind::Number) else {
            return Err(self.error("D-012", "Expected integer"));
        };
        let text = self.text(&number).to_owned();
        let Ok(size) = text.parse::<i32>() else {
            return Err(self.error("D-012", format!("Expected integer, got {}", quoted(&text))));
        };
        let size = if negative { -size } else { size };
        Ok(Some(MacroPart::Cache(CacheEffect {
            name: self.text(&name).to_owned(),
            size,
            span: name.span.to(number.span),
        })))
    }

    /// 3.12's `super(NAME) = A + B;`.
    fn super_def(&mut self) -> Parse<Option<Definition>> {
        let start = self.at;
        let word = self.eat_kind(TokenKind::Identifier);
        if self.dialect != Dialect::AnyRelease
            || word.is_none_or(|t| self.text(&t) != "super")
            || self.eat("(").is_none()
        {
            return Ok(None);
        }
        let Some(name) = self.eat_kind(TokenKind::Identifier) else { return Ok(None) };
        if self.eat(")").is_none() || self.eat("=").is_none() {
            return Ok(None);
        }
        let mut parts = Vec::new();
        loop {
            let part = self.require_kind(TokenKind::Identifier, "IDENTIFIER")?;
            parts.push((self.text(&part).to_owned(), part.span));
            if self.eat("+").is_none() {
                break;
            }
        }
        self.require(";")?;
        let definition =
            Super { name: self.text(&name).to_owned(), parts, span: self.span_from(start), name_span: name.span };
        Ok(Some(Definition::Super(definition)))
    }

    fn family_def(&mut self) -> Parse<Option<Definition>> {
        let start = self.at;
        let word = self.eat_kind(TokenKind::Identifier);
        if word.is_none_or(|t| self.text(&t) != "family") || self.eat("(").is_none() {
            return Ok(None);
        }
        let Some(name) = self.eat_kind(TokenKind::Identifier) else { return Ok(None) };
        let mut size = String::new();
        if self.eat(",").is_some() {
            let token = self.eat_kind(TokenKind::Identifier).or_else(|| self.eat_kind(TokenKind::Number));
            let Some(token) = token else { return Err(self.error("D-016", "Expected identifier or number")) };
            size = self.text(&token).to_owned();
        }
        if self.eat(")").is_none() || self.eat("=").is_none() {
            return Ok(None);
        }
        if self.eat("{").is_none() {
            return Err(self.error("D-017", "Expected {"));
        }
        let Some(members) = self.members(false)? else { return Ok(None) };
        if self.eat("}").is_none() || self.eat(";").is_none() {
            return Ok(None);
        }
        let family = Family {
            name: self.text(&name).to_owned(),
            size,
            members,
            span: self.span_from(start),
            name_span: name.span,
        };
        Ok(Some(Definition::Family(family)))
    }

    fn members(&mut self, sequence: bool) -> Parse<Option<Vec<(String, Span)>>> {
        let mut members = Vec::new();
        let Some(first) = self.eat_kind(TokenKind::Identifier) else { return Ok(None) };
        members.push((self.text(&first).to_owned(), first.span));
        while self.eat(",").is_some() {
            let Some(token) = self.eat_kind(TokenKind::Identifier) else { break };
            members.push((self.text(&token).to_owned(), token.span));
        }
        let closed = self.peek().is_some_and(|t| self.text(&t) == "}" || sequence && self.text(&t) == "]");
        if !closed {
            let what = if sequence { "Expected comma or right paren/bracket" } else { "Expected comma or right paren" };
            return Err(self.error("D-018", what));
        }
        Ok(Some(members))
    }

    fn pseudo_def(&mut self) -> Parse<Option<Definition>> {
        let start = self.at;
        let word = self.eat_kind(TokenKind::Identifier);
        if word.is_none_or(|t| self.text(&t) != "pseudo") || self.eat("(").is_none() {
            return Ok(None);
        }
        let Some(name) = self.eat_kind(TokenKind::Identifier) else { return Ok(None) };
        let (mut inputs, mut outputs, mut flags) = (Vec::new(), Vec::new(), Vec::new());
        // Until 3.13 a pseudo instruction has no stack effect.
        if self.eat(",").is_some() {
            let at = self.at;
            match self.io_effect() {
                Ok(effect) => {
                    (inputs, outputs) = effect;
                    if self.eat(",").is_some() {
                        flags = self.flags()?;
                    }
                }
                // 3.13: `pseudo(NAME, (HAS_ARG)) = …`.
                Err(error) if self.dialect == Dialect::Cpython314 => return Err(error),
                Err(error) => {
                    self.at = at;
                    flags = self.flags()?;
                    if flags.is_empty() {
                        return Err(error);
                    }
                }
            }
        } else if self.dialect == Dialect::Cpython314 {
            return Ok(None);
        }
        if self.eat(")").is_none() || self.eat("=").is_none() {
            return Ok(None);
        }
        let (as_sequence, closing) = if self.eat("{").is_some() {
            (false, "}")
        } else if self.eat("[").is_some() {
            (true, "]")
        } else {
            return Err(self.error("D-017", "Expected { or ["));
        };
        let Some(targets) = self.members(true)? else { return Ok(None) };
        if self.eat(closing).is_none() || self.eat(";").is_none() {
            return Ok(None);
        }
        let (name_text, span) = (self.text(&name).to_owned(), self.span_from(start));
        Ok(Some(Definition::Pseudo(Pseudo {
            name: name_text,
            inputs,
            outputs,
            flags,
            targets,
            as_sequence,
            span,
            name_span: name.span,
        })))
    }

    fn flags(&mut self) -> Parse<Vec<String>> {
        let start = self.at;
        if self.eat("(").is_some()
            && let Some(first) = self.eat_kind(TokenKind::Identifier)
        {
            let mut flags = vec![self.text(&first).to_owned()];
            while self.eat(",").is_some() {
                let Some(token) = self.eat_kind(TokenKind::Identifier) else { break };
                flags.push(self.text(&token).to_owned());
            }
            if self.eat(")").is_none() {
                return Err(self.error("D-018", "Expected comma or right paren"));
            }
            return Ok(flags);
        }
        self.at = start;
        Ok(Vec::new())
    }

    fn block(&mut self) -> Parse<Block> {
        let open = self.require("{")?;
        let mut body = Vec::new();
        loop {
            if let Some(close) = self.eat("}") {
                return Ok(Block { open, body, close });
            }
            body.push(self.statement()?);
        }
    }

    fn statement(&mut self) -> Parse<Stmt> {
        if let Some(if_) = self.eat("if") {
            return self.if_statement(if_);
        }
        let Some(token) = self.peek() else { return self.consume_to(";").map(Stmt::Simple) };
        match self.text(&token) {
            "{" => return self.block().map(Stmt::Block),
            "for" if token.kind == TokenKind::Keyword => {
                self.at += 1;
                let header = self.parenthesised()?;
                return Ok(Stmt::For { for_: token, header, body: Box::new(self.branch()?) });
            }
            "while" if token.kind == TokenKind::Keyword => {
                self.at += 1;
                let condition = self.parenthesised()?;
                return Ok(Stmt::While { while_: token, condition, body: Box::new(self.branch()?) });
            }
            "switch" if token.kind == TokenKind::Keyword => {
                if self.dialect == Dialect::Cpython314 {
                    self.at += 1;
                    let message = "switch statements are not supported due to their complex flow control. Sorry.";
                    return Err(self.error("D-019", message));
                }
                return self.switch_statement();
            }
            _ => {}
        }
        if token.kind == TokenKind::Directive {
            self.at += 1;
            return match directive(self.text(&token)) {
                Directive::If => self.macro_if(token),
                Directive::Else => Err(self.error("D-020", "Unexpected #else")),
                Directive::Endif => Err(self.error("D-020", "Unexpected #endif")),
                Directive::Other => Ok(Stmt::Simple(vec![token])),
            };
        }
        self.consume_to(";").map(Stmt::Simple)
    }

    fn parenthesised(&mut self) -> Parse<Vec<Token>> {
        let mut tokens = vec![self.require("(")?];
        tokens.extend(self.consume_to(")")?);
        Ok(tokens)
    }

    /// What a control statement governs: a block; before 3.14 also a single statement.
    fn branch(&mut self) -> Parse<Stmt> {
        let braces = self.peek().is_none_or(|t| self.text(&t) == "{");
        if braces || self.dialect == Dialect::Cpython314 { self.block().map(Stmt::Block) } else { self.statement() }
    }

    fn if_statement(&mut self, if_: Token) -> Parse<Stmt> {
        let condition = self.parenthesised()?;
        let body = Box::new(self.branch()?);
        let mut else_ = None;
        if let Some(word) = self.eat("else") {
            let inner = match self.eat("if") {
                Some(inner) => self.if_statement(inner)?,
                None => self.branch()?,
            };
            else_ = Some((word, Box::new(inner)));
        }
        Ok(Stmt::If { if_, condition, body, else_ })
    }

    fn macro_if(&mut self, condition: Token) -> Parse<Stmt> {
        let mut body = Vec::new();
        let mut else_: Option<(Token, Vec<Stmt>)> = None;
        loop {
            let token = self.peek();
            if let Some(token) = token.filter(|t| t.kind == TokenKind::Directive) {
                match directive(self.text(&token)) {
                    Directive::Endif => {
                        self.at += 1;
                        return Ok(Stmt::MacroIf { condition, body, else_, endif: token });
                    }
                    Directive::Else => {
                        self.at += 1;
                        if else_.is_some() {
                            return Err(self.error("D-020", "Multiple #else"));
                        }
                        else_ = Some((token, Vec::new()));
                        continue;
                    }
                    _ => {}
                }
            }
            let statement = self.statement()?;
            match &mut else_ {
                Some((_, part)) => part.push(statement),
                None => body.push(statement),
            }
        }
    }

    /// Older releases have `switch` in bodies: kept as one run of tokens.
    fn switch_statement(&mut self) -> Parse<Stmt> {
        let mut tokens = Vec::new();
        let mut depth = 0;
        while let Some(token) = self.tokens.get(self.at).copied() {
            self.at += 1;
            tokens.push(token);
            match self.text(&token) {
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(Stmt::Simple(tokens));
                    }
                }
                _ => {}
            }
        }
        Err(self.error("D-021", "Expected 'RBRACE' but reached EOF"))
    }

    fn consume_to(&mut self, end: &str) -> Parse<Vec<Token>> {
        let mut tokens = Vec::new();
        let (mut parentheses, mut braces) = (0i32, 0i32);
        while let Some(token) = self.tokens.get(self.at).copied() {
            // 3.12: a C label before the closing brace.
            if self.dialect == Dialect::AnyRelease
                && end == ";"
                && parentheses == 0
                && braces == 0
                && self.text(&token) == "}"
                && !tokens.is_empty()
            {
                return Ok(tokens);
            }
            self.at += 1;
            tokens.push(token);
            let text = if token.kind == TokenKind::Punctuation { self.text(&token) } else { "" };
            if text == end && parentheses == 0 {
                return Ok(tokens);
            }
            match text {
                "(" => parentheses += 1,
                ")" => parentheses -= 1,
                "{" => braces += 1,
                "}" => braces -= 1,
                _ => {}
            }
        }
        Err(self
            .error("D-021", format!("Expected '{}' but reached EOF", kind_name(end)))
            .note("a brace, parenthesis or semicolon is missing before this place"))
    }
}

enum Directive {
    If,
    Else,
    Endif,
    Other,
}

fn directive(text: &str) -> Directive {
    let body = text[1..].trim();
    if body.starts_with("if") {
        Directive::If
    } else if body.starts_with("else") {
        Directive::Else
    } else if body.starts_with("endif") {
        Directive::Endif
    } else {
        Directive::Other
    }
}

/// CPython's name of an operator's kind, as its messages have it.
fn kind_name(text: &str) -> &'static str {
    match text {
        "(" => "LPAREN",
        ")" => "RPAREN",
        "[" => "LBRACKET",
        "]" => "RBRACKET",
        "{" => "LBRACE",
        "}" => "RBRACE",
        ";" => "SEMI",
        ":" => "COLON",
        _ => "TOKEN",
    }
}

/// Python's `repr` of a token's text.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\n', "\\n");
    if text.contains('\'') && !text.contains('"') {
        format!("\"{escaped}\"")
    } else {
        format!("'{}'", escaped.replace('\'', "\\'"))
    }
}
