//! Calls: by rule, through function pointers, with out-parameters as further results.

use super::kind::{Kind, Status};
use super::{Lower, Lowering, Value};
use crate::c_ast::{Expr, ExprKind};
use crate::rust_ir::Stmt;
use crate::source::Span;
use crate::subset::{Argument, CallRule};

impl Lowering<'_> {
    pub(crate) fn call(&mut self, callee: &Expr, arguments: &[Expr], span: Span) -> Lower<Value> {
        match &callee.kind {
            ExprKind::Identifier(name) if self.lookup(name).is_none() => {
                if self.rules.is_noop(name) {
                    self.used_rules.insert(name.clone());
                    return Ok(Value::atom("()", Kind::Void));
                }
                let Some(rule) = self.rules.call_with(name, arguments.len()).cloned() else {
                    return self.refuse("S-025", callee.span, format!("unknown function `{name}`"));
                };
                let beside = self.rules.call(name).is_some_and(|first| first.arguments.len() != rule.arguments.len());
                self.used_rules.insert(if beside { format!("{name}/{}", arguments.len()) } else { name.clone() });
                if rule.rust.starts_with('@') {
                    self.primitive_value(&rule, arguments, span)
                } else {
                    self.apply(&rule, arguments, span)
                }
            }
            ExprKind::Deref(inner) => self.call(inner, arguments, span),
            ExprKind::Index { base, index } => self.call_table(base, Some(index), arguments, span),
            // `table[i].func(…)`.
            ExprKind::Field { base, name } => match &base.kind {
                ExprKind::Index { base: table, index } if self.table(table).is_some() => {
                    self.call_table(table, Some(index), arguments, span)
                }
                _ => self.call_field(base, name, arguments, span),
            },
            _ => self.call_value(callee, arguments, span),
        }
    }

    fn table(&self, e: &Expr) -> Option<CallRule> {
        match &e.kind {
            ExprKind::Identifier(name) => self.rules.indirect_table(name).cloned(),
            _ => None,
        }
    }

    fn call_table(&mut self, table: &Expr, index: Option<&Expr>, arguments: &[Expr], span: Span) -> Lower<Value> {
        let Some(rule) = self.table(table) else {
            return self.refuse("S-026", span, "a call through this table is not understood");
        };
        self.used_rules.insert(rule.c.clone());
        let all: Vec<Expr> = index.into_iter().chain(arguments).cloned().collect();
        self.apply(&rule, &all, span)
    }

    /// `object->slot(…)`: the rule's helper takes the object that holds the slot first, if it has one argument more.
    fn call_field(&mut self, base: &Expr, name: &str, arguments: &[Expr], span: Span) -> Lower<Value> {
        let Some(rule) = self.rules.indirect_field(name).cloned() else {
            return self.refuse("S-026", span, format!("a call through the field `{name}` is not understood"));
        };
        self.used_rules.insert(name.to_owned());
        let with_base = rule.arguments.len() > arguments.len();
        let all: Vec<Expr> = with_base.then_some(base).into_iter().chain(arguments).cloned().collect();
        self.apply(&rule, &all, span)
    }

    /// A call through a local that holds a function, or through the result of a call.
    fn call_value(&mut self, callee: &Expr, arguments: &[Expr], span: Span) -> Lower<Value> {
        let value = self.expr(callee)?;
        let names = match value.kind.known() {
            Kind::Handle(name) => self.rules.c_types(&name),
            other => return self.refuse("S-026", span, format!("a call through a {other} is not understood")),
        };
        let Some(rule) = names.iter().find_map(|n| self.rules.indirect_type(n)).cloned() else {
            return self.refuse("S-026", span, format!("a call through a {} is not understood", value.kind));
        };
        self.used_rules.insert(rule.c.clone());
        let all: Vec<Expr> = std::iter::once(callee).chain(arguments).cloned().collect();
        self.apply(&rule, &all, span)
    }

    /// Applies a rule to C arguments.
    pub(crate) fn apply(&mut self, rule: &CallRule, arguments: &[Expr], span: Span) -> Lower<Value> {
        self.require_bound(&rule.c, span)?;
        let mut texts: Vec<String> = Vec::new();
        let mut outs: Vec<(Kind, Expr)> = Vec::new();
        let variadic = rule.arguments.last() == Some(&Argument::Rest);
        let fixed = rule.arguments.len() - usize::from(variadic);
        if arguments.len() < fixed || (arguments.len() > fixed && !variadic) {
            return self.refuse(
                "S-027",
                span,
                format!("`{}` takes {fixed} arguments, not {}", rule.c, arguments.len()),
            );
        }
        let mut thread = rule.thread;
        for (index, argument) in arguments.iter().enumerate() {
            let word = rule.arguments.get(index).filter(|_| index < fixed).unwrap_or(&Argument::Rest);
            match word {
                Argument::Thread => {
                    self.expr(argument)?;
                    thread = true;
                }
                Argument::Skip => {}
                Argument::Out(kind) => outs.push((kind.clone(), argument.clone())),
                Argument::Wanted(kind) => {
                    let (wanted, target) = self.wanted(argument)?;
                    texts.push(wanted);
                    outs.push((kind.clone(), target));
                }
                Argument::InOut(kind) => {
                    let ExprKind::AddressOf(place) = &argument.kind else {
                        return self.refuse(
                            "S-022",
                            argument.span,
                            "only the address of a variable can be passed here",
                        );
                    };
                    let value = self.expr(place)?;
                    texts.push(self.consume(value, &kind.known(), argument.span)?.text.text);
                    outs.push((kind.clone(), argument.clone()));
                }
                Argument::Constant => texts.push(self.constant(argument)?),
                Argument::Value(kind) => {
                    let value = self.expr(argument)?;
                    let method = index == 0 && rule.rust.starts_with('.');
                    let value =
                        if method && matches!(kind, Kind::Peek) && matches!(value.kind, Kind::StackRef | Kind::Peek) {
                            self.check_live(&value, argument.span)?;
                            value
                        } else {
                            self.convert(value, kind, argument.span)?
                        };
                    texts.push(if method {
                        value.text.within(crate::rust_ir::Precedence::Atom)
                    } else {
                        value.text.text
                    });
                }
                Argument::Consumed(kind) => {
                    let value = self.expr(argument)?;
                    let value = self.consume(value, kind, argument.span)?;
                    texts.push(value.text.text);
                }
                Argument::Rest => {}
            }
        }
        if variadic {
            let mut rest = Vec::new();
            for argument in &arguments[fixed..] {
                let value = self.expr(argument)?;
                self.check_live(&value, argument.span)?;
                let value = match value.kind {
                    Kind::Owned(_) | Kind::OptOwned(_) | Kind::Fallible(..) => {
                        self.convert(value, &Kind::Ref(Kind::object()), argument.span)?
                    }
                    _ => value,
                };
                rest.push(format!("{}.into()", value.text.within(crate::rust_ir::Precedence::Atom)));
            }
            texts.push(format!("&[{}]", rest.join(", ")));
        }
        let text = self.call_text(rule, texts, thread);
        self.result(rule, text, outs, span)
    }

    /// An out-parameter that may be NULL: whether it is wanted, and where the value goes.
    fn wanted(&mut self, argument: &Expr) -> Lower<(String, Expr)> {
        Ok(match &argument.kind {
            ExprKind::Null => ("false".to_owned(), argument.clone()),
            ExprKind::Conditional { condition, then, otherwise } if otherwise.kind == ExprKind::Null => {
                (self.condition(condition)?.text, (**then).clone())
            }
            _ => ("true".to_owned(), argument.clone()),
        })
    }

    /// Refuses what the runtime cannot do yet.
    pub(crate) fn require_bound(&self, name: &str, span: Span) -> Lower<()> {
        if self.rules.is_unbound(name) {
            return self.refuse("S-040", span, format!("the runtime has nothing for `{name}` yet"));
        }
        Ok(())
    }

    fn call_text(&mut self, rule: &CallRule, mut texts: Vec<String>, thread: bool) -> String {
        if thread {
            self.learned.learn_read(super::facts::Register::Thread);
        }
        if let Some(method) = rule.rust.strip_prefix('.') {
            let receiver = if texts.is_empty() { "thread".to_owned() } else { texts.remove(0) };
            if thread && receiver != "thread" {
                texts.insert(0, "thread".into());
            }
            format!("{receiver}.{method}({})", texts.join(", "))
        } else {
            if thread {
                texts.insert(0, "thread".into());
            }
            format!("{}({})", rule.rust, texts.join(", "))
        }
    }

    /// The result of a call; out-parameters are assigned from it.
    fn result(&mut self, rule: &CallRule, text: String, outs: Vec<(Kind, Expr)>, span: Span) -> Lower<Value> {
        let kind = rule.returns.0.clone();
        if outs.is_empty() {
            return Ok(Value::atom(text, kind));
        }
        // Beside out-parameters a status stays C's number: both come back as a tuple.
        let kind = match kind {
            Kind::Fallible(inner, Status::MinusOne | Status::Zero | Status::Negative)
                if matches!(*inner, Kind::Void | Kind::Bool | Kind::Int(_)) =>
            {
                Kind::Int(super::kind::Int::I32)
            }
            other => other,
        };
        let mut pattern = Vec::new();
        let mut later: Vec<(Expr, Value)> = Vec::new();
        let result = format!("{}_result", rule.rust.rsplit([':', '.']).next().unwrap_or("call"));
        if kind != Kind::Void {
            pattern.push(result.clone());
        }
        for (index, (out, target)) in outs.iter().enumerate() {
            if matches!(target.kind, ExprKind::Null) {
                pattern.push("_".to_owned());
                continue;
            }
            let temporary = match &target.kind {
                ExprKind::AddressOf(inner) => match &inner.kind {
                    ExprKind::Identifier(name) => format!("new_{name}"),
                    _ => format!("out_{index}"),
                },
                ExprKind::Identifier(name) => format!("new_{name}"),
                _ => format!("out_{index}"),
            };
            pattern.push(temporary.clone());
            later.push((target.clone(), Value::atom(temporary, out.clone())));
        }
        let pattern = if pattern.len() == 1 { pattern.remove(0) } else { format!("({})", pattern.join(", ")) };
        self.emit(Stmt::Let { pattern, value: text });
        for (target, value) in later {
            if self.rebind(rule, &target, &value) {
                continue;
            }
            match &target.kind {
                ExprKind::AddressOf(inner) => self.assign_value(inner, value, span)?,
                _ => {
                    let place = Expr { kind: ExprKind::Deref(Box::new(target.clone())), span: target.span };
                    self.assign_value(&place, value, span)?;
                }
            }
        }
        Ok(if kind == Kind::Void { Value::atom("()", Kind::Void) } else { Value::atom(result, kind) })
    }

    /// What a call took out of a variable and put back is bound anew: the variable holds another kind from then on.
    fn rebind(&mut self, rule: &CallRule, target: &Expr, value: &Value) -> bool {
        let ExprKind::AddressOf(place) = &target.kind else { return false };
        let ExprKind::Identifier(name) = &place.kind else { return false };
        let taken = rule.arguments.iter().any(|a| matches!(a, Argument::InOut(_)));
        let Some(id) = self.lookup(name).filter(|_| taken && !self.rules.objects()) else { return false };
        if self.variables[id].depth != self.blocks.len() || !self.rebindable(id) {
            return false;
        }
        let pattern = self.variables[id].name.clone();
        self.emit(Stmt::Let { pattern, value: value.text.text.clone() });
        self.variables[id].kind = value.kind.clone();
        self.variables[id].state = super::State::Live;
        true
    }

    fn constant(&mut self, e: &Expr) -> Lower<String> {
        let ExprKind::Identifier(name) = &e.kind else { return Ok(self.expr(e)?.text.text) };
        match self.rules.constant(name) {
            Some(rule) => {
                self.used_rules.insert(rule.c.clone());
                Ok(rule.rust.clone())
            }
            None => Ok(self.expr(e)?.text.text),
        }
    }
}
