//! Statements.

use super::place::next_token;
use super::{Field, Maker};
use rustpython_compiler::ast::{
    Alias, Decorator, ElifElseClause, ExceptHandler, Expr, Stmt, StmtIf, TypeParam, TypeParams, WithItem,
};
use rustpython_ruff_text_size::{Ranged, TextRange};

impl Maker<'_> {
    pub(super) fn statements(&self, body: &[Stmt]) -> Field {
        Field::list(body, |statement| self.statement(statement))
    }

    fn statement(&self, statement: &Stmt) -> Field {
        let (class, fields) = match statement {
            Stmt::FunctionDef(it) => {
                let fields = vec![
                    Field::name(&it.name),
                    self.parameters(Some(&it.parameters)),
                    self.statements(&it.body),
                    self.decorators(&it.decorator_list),
                    self.maybe(it.returns.as_deref()),
                    Field::None,
                    self.type_params(it.type_params.as_deref()),
                ];
                let class = if it.is_async { "AsyncFunctionDef" } else { "FunctionDef" };
                return self.node(class, self.undecorated(it.range, &it.decorator_list), fields);
            }
            Stmt::ClassDef(it) => {
                let fields = vec![
                    Field::name(&it.name),
                    self.expressions(it.bases()),
                    self.keywords(it.keywords()),
                    self.statements(&it.body),
                    self.decorators(&it.decorator_list),
                    self.type_params(it.type_params.as_deref()),
                ];
                return self.node("ClassDef", self.undecorated(it.range, &it.decorator_list), fields);
            }
            Stmt::If(it) => return self.chain(it),
            Stmt::Return(it) => ("Return", vec![self.maybe(it.value.as_deref())]),
            Stmt::Delete(it) => ("Delete", vec![self.expressions(&it.targets)]),
            Stmt::TypeAlias(it) => {
                let parameters = self.type_params(it.type_params.as_deref());
                ("TypeAlias", vec![self.expression(&it.name), parameters, self.expression(&it.value)])
            }
            Stmt::Assign(it) => {
                ("Assign", vec![self.expressions(&it.targets), self.expression(&it.value), Field::None])
            }
            Stmt::AugAssign(it) => {
                ("AugAssign", vec![self.expression(&it.target), Self::operator(it.op), self.expression(&it.value)])
            }
            Stmt::AnnAssign(it) => {
                let fields = vec![
                    self.expression(&it.target),
                    self.expression(&it.annotation),
                    self.maybe(it.value.as_deref()),
                    Field::Number(it.simple.into()),
                ];
                ("AnnAssign", fields)
            }
            Stmt::For(it) => {
                let fields = vec![
                    self.expression(&it.target),
                    self.expression(&it.iter),
                    self.statements(&it.body),
                    self.statements(&it.orelse),
                    Field::None,
                ];
                (if it.is_async { "AsyncFor" } else { "For" }, fields)
            }
            Stmt::While(it) => {
                ("While", vec![self.expression(&it.test), self.statements(&it.body), self.statements(&it.orelse)])
            }
            Stmt::With(it) => {
                let fields = vec![self.with_items(&it.items), self.statements(&it.body), Field::None];
                (if it.is_async { "AsyncWith" } else { "With" }, fields)
            }
            Stmt::Match(it) => ("Match", vec![self.expression(&it.subject), self.cases(&it.cases)]),
            Stmt::Raise(it) => ("Raise", vec![self.maybe(it.exc.as_deref()), self.maybe(it.cause.as_deref())]),
            Stmt::Try(it) => {
                let fields = vec![
                    self.statements(&it.body),
                    self.handlers(&it.handlers),
                    self.statements(&it.orelse),
                    self.statements(&it.finalbody),
                ];
                (if it.is_star { "TryStar" } else { "Try" }, fields)
            }
            Stmt::Assert(it) => ("Assert", vec![self.expression(&it.test), self.maybe(it.msg.as_deref())]),
            Stmt::Import(it) => ("Import", vec![self.aliases(&it.names)]),
            Stmt::ImportFrom(it) => {
                let module = Field::optional(it.module.as_ref(), Field::name);
                ("ImportFrom", vec![module, self.aliases(&it.names), Field::Number(it.level.into())])
            }
            Stmt::Global(it) => ("Global", vec![Field::list(&it.names, Field::name)]),
            Stmt::Nonlocal(it) => ("Nonlocal", vec![Field::list(&it.names, Field::name)]),
            Stmt::Expr(it) => ("Expr", vec![self.expression(&it.value)]),
            // Not part of Python; the parser does not give it for a Python source.
            Stmt::Pass(_) | Stmt::IpyEscapeCommand(_) => ("Pass", vec![]),
            Stmt::Break(_) => ("Break", vec![]),
            Stmt::Continue(_) => ("Continue", vec![]),
        };
        self.node(class, statement.range(), fields)
    }

    /// CPython's definition starts behind the decorators, the parser's before them.
    fn undecorated(&self, range: TextRange, decorators: &[Decorator]) -> TextRange {
        match decorators.last() {
            Some(last) => TextRange::new(next_token(self.source, last.range.end()), range.end()),
            None => range,
        }
    }

    fn decorators(&self, decorators: &[Decorator]) -> Field {
        self.expressions(decorators.iter().map(|decorator| &decorator.expression))
    }

    fn chain(&self, it: &StmtIf) -> Field {
        self.branch(it.range, &it.test, &it.body, &it.elif_else_clauses)
    }

    /// An `elif` is an `if` in the `else` of the one before, up to the end of the whole.
    fn branch(&self, range: TextRange, test: &Expr, body: &[Stmt], clauses: &[ElifElseClause]) -> Field {
        let otherwise = match clauses.split_first() {
            None => Field::List(Vec::new()),
            Some((clause, rest)) => match &clause.test {
                None => self.statements(&clause.body),
                Some(test) => {
                    let inner = TextRange::new(clause.range.start(), range.end());
                    Field::List(vec![self.branch(inner, test, &clause.body, rest)])
                }
            },
        };
        self.node("If", range, vec![self.expression(test), self.statements(body), otherwise])
    }

    fn with_items(&self, items: &[WithItem]) -> Field {
        Field::list(items, |item| {
            let fields = vec![self.expression(&item.context_expr), self.maybe(item.optional_vars.as_deref())];
            Self::bare("withitem", fields)
        })
    }

    fn handlers(&self, handlers: &[ExceptHandler]) -> Field {
        Field::list(handlers, |ExceptHandler::ExceptHandler(it)| {
            let fields = vec![
                self.maybe(it.type_.as_deref()),
                Field::optional(it.name.as_ref(), Field::name),
                self.statements(&it.body),
            ];
            self.node("ExceptHandler", it.range, fields)
        })
    }

    fn aliases(&self, names: &[Alias]) -> Field {
        Field::list(names, |alias| {
            let other = Field::optional(alias.asname.as_ref(), Field::name);
            self.node("alias", alias.range, vec![Field::name(&alias.name), other])
        })
    }

    fn type_params(&self, parameters: Option<&TypeParams>) -> Field {
        Field::list(parameters.into_iter().flat_map(|all| &all.type_params), |parameter| {
            let (class, fields) = match parameter {
                TypeParam::TypeVar(it) => {
                    let (bound, default) = (self.maybe(it.bound.as_deref()), self.maybe(it.default.as_deref()));
                    ("TypeVar", vec![Field::name(&it.name), bound, default])
                }
                TypeParam::ParamSpec(it) => {
                    ("ParamSpec", vec![Field::name(&it.name), self.maybe(it.default.as_deref())])
                }
                TypeParam::TypeVarTuple(it) => {
                    ("TypeVarTuple", vec![Field::name(&it.name), self.maybe(it.default.as_deref())])
                }
            };
            self.node(class, parameter.range(), fields)
        })
    }
}
