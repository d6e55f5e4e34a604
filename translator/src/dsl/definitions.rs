//! The definitions (`Tools/cases_generator/parsing.py`, `Parser.definition` and what it calls).
//!
//! Each gives `None` where the tokens are those of another kind of definition, and an error once they cannot be.

use super::ast::{
    Annotation, BodyKind, CacheEffect, Context, Definition, Family, InputEffect, InstDef, LabelDef, Macro, MacroPart,
    Pseudo, StackEffect, Super,
};
use super::cursor::{Cursor, Parse};
use super::effects::IoEffect;
use super::kind::Kind;
use super::token::Token;
use crate::source::Span;
use std::sync::Arc;

/// A definition's words before its equals sign or body.
struct Header {
    name: String,
    name_span: Span,
}

type Maybe<T> = Parse<Option<T>>;

impl Cursor<'_> {
    pub(crate) fn definition(&mut self) -> Maybe<Definition> {
        let begin = self.pos();
        let alternatives =
            [Self::macro_def, Self::family_def, Self::pseudo_def, Self::inst_def, Self::label_def, Self::super_def];
        for alternative in alternatives {
            if let Some(definition) = alternative(self)? {
                return Ok(Some(definition));
            }
            self.set_pos(begin);
        }
        Ok(None)
    }

    fn context(&self, begin: usize) -> Context {
        Context::new(self.tokens.clone(), begin, self.pos())
    }

    /// `(NAME`.
    fn open_name(&mut self) -> Option<Header> {
        self.expect(Kind::LParen)?;
        let token = self.expect(Kind::Identifier)?;
        Some(Header { name: self.text(&token).to_owned(), name_span: token.span })
    }

    /// `) =`.
    fn close_name(&mut self) -> Option<Token> {
        self.expect(Kind::RParen)?;
        self.expect(Kind::Equals)
    }

    /// An identifier that is `word`.
    fn word(&mut self, word: &str) -> Option<Token> {
        self.expect(Kind::Identifier).filter(|token| self.text(token) == word)
    }

    fn label_def(&mut self) -> Maybe<Definition> {
        let begin = self.pos();
        let spilled = self.expect(Kind::Spilled).is_some();
        if self.expect(Kind::Label).is_none() {
            return Ok(None);
        }
        let Some(Header { name, name_span }) = self.open_name() else { return Ok(None) };
        if self.expect(Kind::RParen).is_none() {
            return Ok(None);
        }
        let block = Arc::new(self.block(0)?);
        let (span, context) = (self.span_since(begin), self.context(begin));
        Ok(Some(Definition::Label(LabelDef { name, spilled, block, span, name_span, context })))
    }

    fn inst_def(&mut self) -> Maybe<Definition> {
        let begin = self.pos();
        let annotations = self.annotations()?;
        let kind = if self.expect(Kind::Inst).is_some() {
            BodyKind::Inst
        } else if self.expect(Kind::Op).is_some() {
            BodyKind::Op
        } else {
            return Ok(None);
        };
        let Some(Header { name, name_span }) = self.open_name() else { return Ok(None) };
        let Some((inputs, outputs)) = self.effect_of_body(kind)? else { return Ok(None) };
        match self.peek() {
            Some((Kind::LBrace, _)) => {}
            _ => {
                self.missed(&[Kind::LBrace]);
                return Ok(None);
            }
        }
        let block = Arc::new(self.block(0)?);
        let (span, context) = (self.span_since(begin), self.context(begin));
        let def = InstDef { annotations, kind, name, inputs, outputs, block, span, name_span, context };
        Ok(Some(Definition::Inst(def)))
    }

    /// `, (inputs -- outputs))`. An `inst` of 3.12 may do without.
    fn effect_of_body(&mut self, kind: BodyKind) -> Maybe<IoEffect> {
        if self.expect(Kind::Comma).is_some() {
            let effect = self.io_effect()?;
            return Ok(self.expect(Kind::RParen).map(|_| effect));
        }
        let legacy = !self.strict() && kind == BodyKind::Inst && self.expect(Kind::RParen).is_some();
        Ok(legacy.then(|| (Vec::new(), Vec::new())))
    }

    fn annotations(&mut self) -> Parse<Vec<Annotation>> {
        let mut annotations = Vec::new();
        while let Some(token) = self.expect(Kind::Annotation) {
            let mut text = self.text(&token).to_owned();
            let mut span = token.span;
            if text == "replicate" {
                self.require(Kind::LParen)?;
                let times = self.require(Kind::Number)?;
                text += &format!("({}", self.text(&times));
                // Since 3.15: from one to another.
                if !self.strict() && self.expect(Kind::Colon).is_some() {
                    let end = self.require(Kind::Number)?;
                    text += &format!(":{}", self.text(&end));
                }
                span = span.to(self.require(Kind::RParen)?.span);
                text.push(')');
            }
            annotations.push(Annotation { text, span });
        }
        Ok(annotations)
    }

    fn macro_def(&mut self) -> Maybe<Definition> {
        let begin = self.pos();
        if self.expect(Kind::Macro).is_none() {
            return Ok(None);
        }
        let Some(Header { name, name_span }) = self.open_name() else { return Ok(None) };
        if self.close_name().is_none() {
            return Ok(None);
        }
        let mut parts = Vec::new();
        match self.macro_part()? {
            Some(part) => parts.push(part),
            None => return Ok(None),
        }
        while self.expect(Kind::Plus).is_some() {
            match self.macro_part()? {
                Some(part) => parts.push(part),
                None => return Err(self.error("D-015", "Expected op name or cache effect")),
            }
        }
        self.require(Kind::Semi)?;
        let (span, context) = (self.span_since(begin), self.context(begin));
        Ok(Some(Definition::Macro(Macro { name, parts, span, name_span, context })))
    }

    fn macro_part(&mut self) -> Maybe<MacroPart> {
        let begin = self.pos();
        let Some(token) = self.expect(Kind::Identifier) else {
            self.set_pos(begin);
            return Ok(None);
        };
        let name = self.text(&token).to_owned();
        if self.expect(Kind::Divide).is_none() {
            return Ok(Some(MacroPart::Op { name, span: token.span }));
        }
        let negative = self.expect(Kind::Minus).is_some();
        let Some(number) = self.expect(Kind::Number) else { return Err(self.error("D-012", "Expected integer")) };
        let size = self.integer(&number)?;
        let size = if negative { -size } else { size };
        let span = token.span.to(number.span);
        Ok(Some(MacroPart::Cache(CacheEffect { name, size, span, first: self.span_at(begin) })))
    }

    /// 3.12's `super(NAME) = A + B;`.
    fn super_def(&mut self) -> Maybe<Definition> {
        let begin = self.pos();
        if self.strict() || self.word("super").is_none() {
            return Ok(None);
        }
        let Some(Header { name, name_span }) = self.open_name() else { return Ok(None) };
        if self.close_name().is_none() {
            return Ok(None);
        }
        let mut parts = Vec::new();
        loop {
            let part = self.require(Kind::Identifier)?;
            parts.push((self.text(&part).to_owned(), part.span));
            if self.expect(Kind::Plus).is_none() {
                break;
            }
        }
        self.require(Kind::Semi)?;
        let (span, context) = (self.span_since(begin), self.context(begin));
        Ok(Some(Definition::Super(Super { name, parts, span, name_span, context })))
    }

    fn family_def(&mut self) -> Maybe<Definition> {
        let begin = self.pos();
        if self.word("family").is_none() {
            return Ok(None);
        }
        let Some(Header { name, name_span }) = self.open_name() else { return Ok(None) };
        let mut size = String::new();
        if self.expect(Kind::Comma).is_some() {
            let token = self.expect(Kind::Identifier).or_else(|| self.expect(Kind::Number));
            let Some(token) = token else { return Err(self.error("D-016", "Expected identifier or number")) };
            self.text(&token).clone_into(&mut size);
        }
        if self.close_name().is_none() {
            return Ok(None);
        }
        if self.expect(Kind::LBrace).is_none() {
            return Err(self.error("D-017", "Expected {"));
        }
        let Some(members) = self.members(false)? else { return Ok(None) };
        if self.expect(Kind::RBrace).is_none() || self.expect(Kind::Semi).is_none() {
            return Ok(None);
        }
        let (span, context) = (self.span_since(begin), self.context(begin));
        Ok(Some(Definition::Family(Family { name, size, members, span, name_span, context })))
    }

    fn pseudo_def(&mut self) -> Maybe<Definition> {
        let begin = self.pos();
        if self.word("pseudo").is_none() {
            return Ok(None);
        }
        let Some(Header { name, name_span }) = self.open_name() else { return Ok(None) };
        let Some((inputs, outputs, flags)) = self.effect_of_pseudo()? else { return Ok(None) };
        if self.close_name().is_none() {
            return Ok(None);
        }
        let (as_sequence, closing) = if self.expect(Kind::LBrace).is_some() {
            (false, Kind::RBrace)
        } else if self.expect(Kind::LBracket).is_some() {
            (true, Kind::RBracket)
        } else {
            return Err(self.error("D-017", "Expected { or ["));
        };
        let Some(targets) = self.members(true)? else { return Ok(None) };
        if self.expect(closing).is_none() || self.expect(Kind::Semi).is_none() {
            return Ok(None);
        }
        let (span, context) = (self.span_since(begin), self.context(begin));
        let def = Pseudo { name, inputs, outputs, flags, targets, as_sequence, span, name_span, context };
        Ok(Some(Definition::Pseudo(def)))
    }

    /// `, (inputs -- outputs)` and flags; in 3.13, flags only or nothing.
    fn effect_of_pseudo(&mut self) -> Maybe<(Vec<InputEffect>, Vec<StackEffect>, Vec<String>)> {
        if self.expect(Kind::Comma).is_none() {
            return Ok((!self.strict()).then(Default::default));
        }
        let pos = self.pos();
        let (inputs, outputs) = match self.io_effect() {
            Ok(effect) => effect,
            Err(error) if self.strict() => return Err(error),
            Err(error) => {
                self.set_pos(pos);
                return match self.flags() {
                    Ok(flags) if !flags.is_empty() => Ok(Some((Vec::new(), Vec::new(), flags))),
                    _ => Err(error),
                };
            }
        };
        let flags = if self.expect(Kind::Comma).is_some() { self.flags()? } else { Vec::new() };
        Ok(Some((inputs, outputs, flags)))
    }
}
