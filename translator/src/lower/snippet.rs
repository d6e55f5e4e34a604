//! C without a definition around it: one expression, or a few statements, over variables whose kinds are given. It shows what a
//! single rule makes of a name (SUBSET.md).

use super::facts::{Facts, Key};
use super::kind::Kind;
use super::{Item, Lowering, Role, State};
use crate::c_ast::{Configuration, Expr, ExprKind, Stmt, StmtKind, parse_body, preprocess};
use crate::diagnostics::Diagnostic;
use crate::rust_ir::{Writer, print_block, tidy};
use crate::source::{SourceFile, Sources, Span};
use crate::subset::Rules;

/// A variable that is there already: its C name and its kind.
pub type Given = (String, Kind);

/// What a snippet becomes, statements on lines of their own. What it is given need not be consumed.
///
/// # Errors
/// As for [`super::lower`].
pub fn lower_snippet(c: &str, given: &[Given], rules: &Rules) -> Result<String, Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new("snippet.c", c));
    let text = preprocess(c, file, 0, &Configuration::default_tier1()).map_err(|e| vec![e])?;
    let statements = parse_body(&text, file, 0)?;
    let item = Item {
        name: "SNIPPET",
        inputs: &[],
        outputs: &[],
        caches: &[],
        instruction_size: Some(1),
        is_label: false,
        span: Span { file, start: 0, end: 1 },
    };
    let mut facts = Facts::default();
    for _ in 0..6 {
        let mut round = Lowering::new(item, rules, facts.clone());
        let value = round.snippet(&statements, given);
        if round.learned == facts {
            return if round.errors.is_empty() { Ok(round.snippet_text(value)) } else { Err(round.errors) };
        }
        facts = round.learned;
    }
    Err(vec![Diagnostic::new("S-039", item.span, "what the variables hold does not settle")])
}

impl Lowering<'_> {
    /// Lowers the statements; where there is but one expression, gives its text.
    fn snippet(&mut self, statements: &[Stmt], given: &[Given]) -> Option<String> {
        for (name, kind) in given {
            let key = Key::stack(name);
            self.learned.learn_kind(&key, kind);
            self.declare(name, key, kind.clone(), State::Live, Role::Local);
        }
        if let [Stmt { kind: StmtKind::Expression(e), .. }] = statements
            && !matches!(e.kind, ExprKind::Assign { .. } | ExprKind::Update { .. })
            && self.is_value(e)
        {
            return match self.expr(e) {
                Ok(value) if value.kind == Kind::Void && value.text.text == "()" => None,
                Ok(value) => Some(value.text.text),
                Err(error) => {
                    self.errors.push(error);
                    None
                }
            };
        }
        self.statements(statements);
        None
    }

    /// Whether it is more than a statement: macros of the lowering may have no value.
    fn is_value(&self, e: &Expr) -> bool {
        let ExprKind::Call { callee, .. } = &e.kind else { return true };
        let ExprKind::Identifier(name) = &callee.kind else { return true };
        let primitive = self.rules.call(name).is_some_and(|rule| rule.rust.starts_with('@'));
        !primitive || self.probe(e).is_some()
    }

    fn snippet_text(self, value: Option<String>) -> String {
        let mut out = Writer::default();
        print_block(&mut out, &tidy(self.blocks.into_iter().next().unwrap_or_default()));
        out.finish() + value.as_deref().unwrap_or_default()
    }
}
