//! Expressions, arguments, parameters, comprehensions.

use super::{Field, Maker};
use rustpython_compiler::ast::{
    BoolOp, CmpOp, Comprehension, Expr, ExprContext, ExprGenerator, Keyword, Number, Operator, Parameter, Parameters,
    UnaryOp,
};
use rustpython_ruff_text_size::{Ranged, TextRange};

impl Maker<'_> {
    pub(super) fn expressions<'e>(&self, values: impl IntoIterator<Item = &'e Expr>) -> Field {
        Field::list(values, |value| self.expression(value))
    }

    pub(super) fn maybe(&self, value: Option<&Expr>) -> Field {
        Field::optional(value, |value| self.expression(value))
    }

    pub(super) fn expression(&self, value: &Expr) -> Field {
        let (class, fields) = match value {
            Expr::BoolOp(it) => ("BoolOp", vec![Self::bare(of_bool(it.op), vec![]), self.expressions(&it.values)]),
            Expr::Named(it) => ("NamedExpr", vec![self.expression(&it.target), self.expression(&it.value)]),
            Expr::BinOp(it) => {
                ("BinOp", vec![self.expression(&it.left), Self::operator(it.op), self.expression(&it.right)])
            }
            Expr::UnaryOp(it) => ("UnaryOp", vec![Self::bare(of_unary(it.op), vec![]), self.expression(&it.operand)]),
            Expr::Lambda(it) => ("Lambda", vec![self.parameters(it.parameters.as_deref()), self.expression(&it.body)]),
            Expr::If(it) => {
                ("IfExp", vec![self.expression(&it.test), self.expression(&it.body), self.expression(&it.orelse)])
            }
            Expr::Dict(it) => {
                let keys = Field::list(&it.items, |item| self.maybe(item.key.as_ref()));
                ("Dict", vec![keys, self.expressions(it.items.iter().map(|item| &item.value))])
            }
            Expr::Set(it) => ("Set", vec![self.expressions(&it.elts)]),
            Expr::ListComp(it) => ("ListComp", vec![self.expression(&it.elt), self.comprehensions(&it.generators)]),
            Expr::SetComp(it) => ("SetComp", vec![self.expression(&it.elt), self.comprehensions(&it.generators)]),
            Expr::DictComp(it) => {
                let fields =
                    vec![self.expression(&it.key), self.expression(&it.value), self.comprehensions(&it.generators)];
                ("DictComp", fields)
            }
            Expr::Generator(it) => return self.generator(it, it.range),
            Expr::Await(it) => ("Await", vec![self.expression(&it.value)]),
            Expr::Yield(it) => ("Yield", vec![self.maybe(it.value.as_deref())]),
            Expr::YieldFrom(it) => ("YieldFrom", vec![self.expression(&it.value)]),
            Expr::Compare(it) => {
                let operators = Field::list(&it.ops, |op| Self::bare(of_comparison(*op), vec![]));
                ("Compare", vec![self.expression(&it.left), operators, self.expressions(&it.comparators)])
            }
            Expr::Call(it) => {
                let (positional, keywords) = (&it.arguments.args, &it.arguments.keywords);
                let positional = match &positional[..] {
                    // Its parentheses are the call's.
                    [Expr::Generator(inner)] if !inner.parenthesized => {
                        Field::List(vec![self.generator(inner, it.arguments.range)])
                    }
                    all => self.expressions(all),
                };
                ("Call", vec![self.expression(&it.func), positional, self.keywords(keywords)])
            }
            Expr::Attribute(it) => {
                ("Attribute", vec![self.expression(&it.value), Field::name(&it.attr), Self::context(it.ctx)])
            }
            Expr::Subscript(it) => {
                ("Subscript", vec![self.expression(&it.value), self.expression(&it.slice), Self::context(it.ctx)])
            }
            Expr::Starred(it) => ("Starred", vec![self.expression(&it.value), Self::context(it.ctx)]),
            Expr::Name(it) => ("Name", vec![Field::Text(it.id.to_string()), Self::context(it.ctx)]),
            Expr::List(it) => ("List", vec![self.expressions(&it.elts), Self::context(it.ctx)]),
            Expr::Tuple(it) => ("Tuple", vec![self.expressions(&it.elts), Self::context(it.ctx)]),
            Expr::Slice(it) => {
                let bound = |bound: &Option<Box<Expr>>| self.maybe(bound.as_deref());
                ("Slice", vec![bound(&it.lower), bound(&it.upper), bound(&it.step)])
            }
            // Not part of Python; the parser does not give it for a Python source.
            Expr::IpyEscapeCommand(_) => ("Constant", vec![Field::None, Field::None]),
            Expr::FString(it) => ("JoinedStr", vec![self.f_string(it)]),
            Expr::TString(it) => ("TemplateStr", vec![self.t_string(it)]),
            Expr::StringLiteral(it) => {
                let kind = if it.value.is_unicode() { Field::Text("u".into()) } else { Field::None };
                ("Constant", vec![self.text(it.value.to_str(), it.range), kind])
            }
            Expr::BytesLiteral(it) => ("Constant", vec![Field::Bytes(it.value.bytes().collect()), Field::None]),
            Expr::NumberLiteral(it) => ("Constant", vec![number(&it.value), Field::None]),
            Expr::BooleanLiteral(it) => {
                ("Constant", vec![if it.value { Field::True } else { Field::False }, Field::None])
            }
            Expr::NoneLiteral(_) => ("Constant", vec![Field::None, Field::None]),
            Expr::EllipsisLiteral(_) => ("Constant", vec![Field::Ellipsis, Field::None]),
        };
        self.node(class, value.range(), fields)
    }

    /// The parser cannot hold surrogates and replaces them: such a literal is evaluated.
    fn text(&self, value: &str, range: TextRange) -> Field {
        let source = &self.source[range];
        if value.contains('\u{fffd}') && (source.contains("\\u") || source.contains("\\U")) {
            return Field::Evaluated(format!("({source})"));
        }
        Field::Text(value.to_owned())
    }

    fn generator(&self, it: &ExprGenerator, range: TextRange) -> Field {
        self.node("GeneratorExp", range, vec![self.expression(&it.elt), self.comprehensions(&it.generators)])
    }

    fn context(context: ExprContext) -> Field {
        let class = match context {
            ExprContext::Store => "Store",
            ExprContext::Del => "Del",
            ExprContext::Load | ExprContext::Invalid => "Load",
        };
        Self::bare(class, vec![])
    }

    pub(super) fn operator(operator: Operator) -> Field {
        let class = match operator {
            Operator::Add => "Add",
            Operator::Sub => "Sub",
            Operator::Mult => "Mult",
            Operator::MatMult => "MatMult",
            Operator::Div => "Div",
            Operator::Mod => "Mod",
            Operator::Pow => "Pow",
            Operator::LShift => "LShift",
            Operator::RShift => "RShift",
            Operator::BitOr => "BitOr",
            Operator::BitXor => "BitXor",
            Operator::BitAnd => "BitAnd",
            Operator::FloorDiv => "FloorDiv",
        };
        Self::bare(class, vec![])
    }

    pub(super) fn keywords(&self, keywords: &[Keyword]) -> Field {
        Field::list(keywords, |keyword| {
            let name = Field::optional(keyword.arg.as_ref(), Field::name);
            self.node("keyword", keyword.range, vec![name, self.expression(&keyword.value)])
        })
    }

    fn comprehensions(&self, clauses: &[Comprehension]) -> Field {
        Field::list(clauses, |clause| {
            let fields = vec![
                self.expression(&clause.target),
                self.expression(&clause.iter),
                self.expressions(&clause.ifs),
                Field::Number(clause.is_async.into()),
            ];
            Self::bare("comprehension", fields)
        })
    }

    fn parameter(&self, parameter: &Parameter) -> Field {
        let annotation = self.maybe(parameter.annotation.as_deref());
        // The stars of `*args` and `**keywords` are not part of it.
        let range = TextRange::new(parameter.name.range.start(), parameter.range.end());
        self.node("arg", range, vec![Field::name(&parameter.name), annotation, Field::None])
    }

    /// `arguments`: the defaults of positional parameters are one list, those of keyword-only ones one each.
    pub(super) fn parameters(&self, parameters: Option<&Parameters>) -> Field {
        let none = Parameters::default();
        let all = parameters.unwrap_or(&none);
        let positional = all.posonlyargs.iter().chain(&all.args);
        let fields = vec![
            Field::list(&all.posonlyargs, |one| self.parameter(&one.parameter)),
            Field::list(&all.args, |one| self.parameter(&one.parameter)),
            Field::optional(all.vararg.as_deref(), |one| self.parameter(one)),
            Field::list(&all.kwonlyargs, |one| self.parameter(&one.parameter)),
            Field::list(&all.kwonlyargs, |one| self.maybe(one.default.as_deref())),
            Field::optional(all.kwarg.as_deref(), |one| self.parameter(one)),
            self.expressions(positional.filter_map(|one| one.default.as_deref())),
        ];
        Self::bare("arguments", fields)
    }
}

pub(super) fn number(value: &Number) -> Field {
    match value {
        Number::Int(value) => Field::Integer(value.to_string()),
        Number::Float(value) => Field::Float(*value),
        Number::Complex { real, imag } => Field::Complex(*real, *imag),
    }
}

fn of_bool(operator: BoolOp) -> &'static str {
    match operator {
        BoolOp::And => "And",
        BoolOp::Or => "Or",
    }
}

fn of_unary(operator: UnaryOp) -> &'static str {
    match operator {
        UnaryOp::Invert => "Invert",
        UnaryOp::Not => "Not",
        UnaryOp::UAdd => "UAdd",
        UnaryOp::USub => "USub",
    }
}

fn of_comparison(operator: CmpOp) -> &'static str {
    match operator {
        CmpOp::Eq => "Eq",
        CmpOp::NotEq => "NotEq",
        CmpOp::Lt => "Lt",
        CmpOp::LtE => "LtE",
        CmpOp::Gt => "Gt",
        CmpOp::GtE => "GtE",
        CmpOp::Is => "Is",
        CmpOp::IsNot => "IsNot",
        CmpOp::In => "In",
        CmpOp::NotIn => "NotIn",
    }
}
