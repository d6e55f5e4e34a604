//! f- and t-strings: adjoining pieces of text are one constant, as in CPython's tree.

use super::{Field, Maker};
use rustpython_compiler::ast::{
    ExprFString, ExprTString, FStringPart, InterpolatedElement, InterpolatedStringElement, StringLiteral,
};
use rustpython_ruff_text_size::{Ranged, TextRange};

/// Which class an interpolation is of.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Formatted,
    Template,
}

/// The values of a string while they are collected; the last piece of text is still open.
struct Values<'m> {
    maker: &'m Maker<'m>,
    done: Vec<Field>,
    text: Option<(String, TextRange)>,
}

impl Values<'_> {
    fn push_text(&mut self, text: &str, range: TextRange) {
        match &mut self.text {
            Some((open, place)) => {
                open.push_str(text);
                *place = place.cover(range);
            }
            None => self.text = Some((text.to_owned(), range)),
        }
    }

    fn close_text(&mut self) {
        if let Some((text, range)) = self.text.take().filter(|(text, _)| !text.is_empty()) {
            self.done.push(self.maker.node("Constant", range, vec![Field::Text(text), Field::None]));
        }
    }

    fn finish(mut self) -> Field {
        self.close_text();
        Field::List(self.done)
    }
}

impl Maker<'_> {
    fn values(&self) -> Values<'_> {
        Values { maker: self, done: Vec::new(), text: None }
    }

    pub(super) fn f_string(&self, it: &ExprFString) -> Field {
        let mut values = self.values();
        for part in &it.value {
            match part {
                FStringPart::Literal(literal) => push_literal(&mut values, literal),
                FStringPart::FString(inner) => self.elements(&mut values, &inner.elements, Kind::Formatted),
            }
        }
        values.finish()
    }

    pub(super) fn t_string(&self, it: &ExprTString) -> Field {
        let mut values = self.values();
        for part in &it.value {
            self.elements(&mut values, &part.elements, Kind::Template);
        }
        values.finish()
    }

    fn elements(&self, values: &mut Values<'_>, elements: &[InterpolatedStringElement], kind: Kind) {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => values.push_text(&literal.value, literal.range),
                InterpolatedStringElement::Interpolation(it) => self.interpolation(values, it, kind),
            }
        }
    }

    fn interpolation(&self, values: &mut Values<'_>, it: &InterpolatedElement, kind: Kind) {
        let inner = it.expression.range();
        let mut conversion = i64::from(it.conversion as i8);
        if let Some(debug) = &it.debug_text {
            let start = it.range.start() + rustpython_ruff_text_size::TextSize::from(1);
            let shown = format!("{}{}{}", debug.leading, &self.source[inner], debug.trailing);
            let end = inner.end() + rustpython_ruff_text_size::TextSize::of(debug.trailing.as_str());
            values.push_text(&shown, TextRange::new(start, end));
            if conversion == -1 && it.format_spec.is_none() {
                conversion = i64::from(b'r');
            }
        }
        values.close_text();
        let format = Field::optional(it.format_spec.as_deref(), |spec| {
            let mut parts = self.values();
            self.elements(&mut parts, &spec.elements, Kind::Formatted);
            // The colon is part of it.
            let start = spec.range.start() - rustpython_ruff_text_size::TextSize::from(1);
            self.node("JoinedStr", TextRange::new(start, spec.range.end()), vec![parts.finish()])
        });
        let mut fields = vec![self.expression(&it.expression)];
        if kind == Kind::Template {
            fields.push(Field::Text(self.shown(it)));
        }
        fields.extend([Field::Number(conversion), format]);
        let class = if kind == Kind::Template { "Interpolation" } else { "FormattedValue" };
        values.done.push(self.node(class, it.range, fields));
    }
}

impl Maker<'_> {
    /// What stands between the brace and what ends the expression: `=`, a conversion, a format or the other brace.
    fn shown(&self, it: &InterpolatedElement) -> String {
        let behind = usize::from(it.expression.range().end());
        let end = self.source[behind..].find(['=', '!', ':', '}']).map_or(behind, |length| behind + length);
        self.source[usize::from(it.range.start()) + 1..end].to_owned()
    }
}

fn push_literal(values: &mut Values<'_>, literal: &StringLiteral) {
    values.push_text(&literal.value, literal.range);
}
