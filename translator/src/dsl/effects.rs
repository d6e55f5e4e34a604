//! Stack effects, cache effects and the names between them (`Tools/cases_generator/parsing.py`).

use super::ast::{CacheEffect, InputEffect, StackEffect};
use super::cursor::{Cursor, Parse};
use super::kind::Kind;
use super::text::{repr, to_text};
use super::token::Token;
use crate::source::Span;

pub(crate) type IoEffect = (Vec<InputEffect>, Vec<StackEffect>);

impl Cursor<'_> {
    /// `( inputs -- outputs )`.
    ///
    /// # Errors
    /// `D-011` when it is none, `D-010` to `D-014` when one of its items does not parse.
    pub(crate) fn io_effect(&mut self) -> Parse<IoEffect> {
        if self.expect(Kind::LParen).is_some() {
            let inputs = self.separated(Self::input)?;
            if self.expect(Kind::MinusMinus).is_some() {
                let outputs = self.separated(Self::stack_effect)?;
                if self.expect(Kind::RParen).is_some() {
                    return Ok((inputs, outputs));
                }
            }
        }
        let error = self.error("D-011", "Expected stack effect");
        Err(Box::new(error.note(
            "a stack effect is (inputs -- outputs): names, each with `: type` or `[size]` or neither, \
             and among the inputs cache entries `name/units`",
        )))
    }

    /// Items with commas between them; a comma after the last stays unread.
    fn separated<T>(&mut self, item: fn(&mut Self) -> Parse<Option<T>>) -> Parse<Vec<T>> {
        let mut items = Vec::new();
        let mut near = self.pos();
        while let Some(found) = item(self)? {
            items.push(found);
            near = self.pos();
            if self.expect(Kind::Comma).is_none() {
                break;
            }
        }
        self.set_pos(near);
        Ok(items)
    }

    fn input(&mut self) -> Parse<Option<InputEffect>> {
        if let Some(cache) = self.cache_effect()? {
            return Ok(Some(InputEffect::Cache(cache)));
        }
        Ok(self.stack_effect()?.map(InputEffect::Stack))
    }

    fn cache_effect(&mut self) -> Parse<Option<CacheEffect>> {
        let begin = self.pos();
        if let Some(name) = self.expect(Kind::Identifier)
            && self.expect(Kind::Divide).is_some()
        {
            let number = self.require(Kind::Number)?;
            let size = self.integer(&number)?;
            let span = name.span.to(number.span);
            return Ok(Some(CacheEffect { name: self.text(&name).to_owned(), size, span, first: self.span_at(begin) }));
        }
        self.set_pos(begin);
        Ok(None)
    }

    /// A number of code units as Python's `int()` reads it: decimal digits and nothing else.
    ///
    /// # Errors
    /// `D-012` for another number, `D-023` for one that no code object can hold.
    pub(crate) fn integer(&mut self, number: &Token) -> Parse<i32> {
        let text = self.text(number);
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.error_at("D-012", number, format!("Expected integer, got {}", repr(text))));
        }
        text.parse().ok().filter(|size| *size <= i32::from(u16::MAX)).ok_or_else(|| {
            let message = format!("{text} code units are more than an instruction can have");
            self.error_at("D-023", number, message)
        })
    }

    fn stack_effect(&mut self) -> Parse<Option<StackEffect>> {
        let begin = self.pos();
        let Some(name) = self.expect(Kind::Identifier) else {
            self.set_pos(begin);
            return Ok(None);
        };
        let (mut type_, mut size, mut condition) = (None, None, None);
        if self.expect(Kind::Colon).is_some() {
            let word = self.require(Kind::Identifier)?;
            let star = if self.expect(Kind::Times).is_some() { " *" } else { "" };
            type_ = Some(format!("{}{star}", self.text(&word)));
        }
        if !self.strict() && self.expect(Kind::If).is_some() {
            self.require(Kind::LParen)?;
            let Some(text) = self.expression() else { return Err(self.error("D-013", "Expected condition")) };
            condition = Some(text);
            self.require(Kind::RParen)?;
        }
        if self.expect(Kind::LBracket).is_some() {
            if type_.is_some() || condition.is_some() {
                return Err(self.error("D-014", "Unexpected ["));
            }
            let Some(text) = self.expression() else { return Err(self.error("D-013", "Expected expression")) };
            size = Some(text);
            self.require(Kind::RBracket)?;
        }
        let (span, first) = (self.span_since(begin), self.span_at(begin));
        Ok(Some(StackEffect { name: self.text(&name).to_owned(), type_, size, condition, span, first }))
    }

    /// Text up to the bracket that closes it, comments in it and the blanks as CPython prints them.
    fn expression(&mut self) -> Option<String> {
        let begin = self.pos();
        let mut level = 1;
        let mut empty = true;
        while let Some((kind, _)) = self.peek() {
            match kind {
                Kind::LBracket | Kind::LParen => level += 1,
                Kind::RBracket | Kind::RParen => {
                    level -= 1;
                    if level == 0 {
                        break;
                    }
                }
                _ => {}
            }
            empty = false;
            self.next();
        }
        if empty {
            self.set_pos(begin);
            return None;
        }
        let tokens = self.tokens.get(begin..self.pos()).unwrap_or(&[]);
        Some(to_text(self.sources, tokens).trim().to_owned())
    }

    /// `A, B, C`: at least one, and a comma may follow the last.
    ///
    /// # Errors
    /// `D-018` when no closing bracket follows.
    pub(crate) fn members(&mut self, sequence: bool) -> Parse<Option<Vec<(String, Span)>>> {
        let here = self.pos();
        let Some(first) = self.expect(Kind::Identifier) else {
            self.set_pos(here);
            return Ok(None);
        };
        let mut members = vec![(self.text(&first).to_owned(), first.span)];
        while self.expect(Kind::Comma).is_some() {
            let Some(token) = self.expect(Kind::Identifier) else { break };
            members.push((self.text(&token).to_owned(), token.span));
        }
        match self.peek() {
            Some((Kind::RBrace, _)) => Ok(Some(members)),
            Some((Kind::RBracket, _)) if sequence => Ok(Some(members)),
            _ => Err(self.error(
                "D-018",
                if sequence { "Expected comma or right paren/bracket" } else { "Expected comma or right paren" },
            )),
        }
    }

    /// `(A, B)`, or nothing.
    ///
    /// # Errors
    /// `D-018` when it does not end.
    pub(crate) fn flags(&mut self) -> Parse<Vec<String>> {
        let here = self.pos();
        if self.expect(Kind::LParen).is_some()
            && let Some(first) = self.expect(Kind::Identifier)
        {
            let mut flags = vec![self.text(&first).to_owned()];
            while self.expect(Kind::Comma).is_some() {
                let Some(token) = self.expect(Kind::Identifier) else { break };
                flags.push(self.text(&token).to_owned());
            }
            if self.expect(Kind::RParen).is_none() {
                return Err(self.error("D-018", "Expected comma or right paren"));
            }
            return Ok(flags);
        }
        self.set_pos(here);
        Ok(Vec::new())
    }

    /// From the first token since `begin` that is no comment to the last one read.
    pub(crate) fn span_since(&self, begin: usize) -> Span {
        let end = self.pos().max(begin + 1);
        let read = begin..end.min(self.tokens.len());
        let code = |index: &usize| self.kind(*index) != Some(Kind::Comment);
        let first = read.clone().find(code).unwrap_or(begin);
        let last = read.rev().find(code).unwrap_or(first);
        self.span_at(first).to(self.span_at(last))
    }
}
