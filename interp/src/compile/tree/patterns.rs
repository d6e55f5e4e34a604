//! The patterns of `match`.

use super::{Field, Maker};
use rustpython_compiler::ast::{MatchCase, Pattern, Singleton};
use rustpython_ruff_text_size::Ranged;

impl Maker<'_> {
    pub(super) fn cases(&self, cases: &[MatchCase]) -> Field {
        Field::list(cases, |case| {
            let guard = self.maybe(case.guard.as_deref());
            Self::bare("match_case", vec![self.pattern(&case.pattern), guard, self.statements(&case.body)])
        })
    }

    fn patterns(&self, patterns: &[Pattern]) -> Field {
        Field::list(patterns, |pattern| self.pattern(pattern))
    }

    fn pattern(&self, pattern: &Pattern) -> Field {
        let (class, fields) = match pattern {
            Pattern::MatchValue(it) => ("MatchValue", vec![self.expression(&it.value)]),
            Pattern::MatchSingleton(it) => {
                let value = match it.value {
                    Singleton::None => Field::None,
                    Singleton::True => Field::True,
                    Singleton::False => Field::False,
                };
                ("MatchSingleton", vec![value])
            }
            Pattern::MatchSequence(it) => ("MatchSequence", vec![self.patterns(&it.patterns)]),
            Pattern::MatchMapping(it) => {
                let rest = Field::optional(it.rest.as_ref(), Field::name);
                ("MatchMapping", vec![self.expressions(&it.keys), self.patterns(&it.patterns), rest])
            }
            Pattern::MatchClass(it) => {
                let keywords = &it.arguments.keywords;
                let fields = vec![
                    self.expression(&it.cls),
                    self.patterns(&it.arguments.patterns),
                    Field::list(keywords, |keyword| Field::name(&keyword.attr)),
                    Field::list(keywords, |keyword| self.pattern(&keyword.pattern)),
                ];
                ("MatchClass", fields)
            }
            Pattern::MatchStar(it) => ("MatchStar", vec![Field::optional(it.name.as_ref(), Field::name)]),
            Pattern::MatchAs(it) => {
                let inner = Field::optional(it.pattern.as_deref(), |inner| self.pattern(inner));
                ("MatchAs", vec![inner, Field::optional(it.name.as_ref(), Field::name)])
            }
            Pattern::MatchOr(it) => ("MatchOr", vec![self.patterns(&it.patterns)]),
        };
        self.node(class, pattern.range(), fields)
    }
}
