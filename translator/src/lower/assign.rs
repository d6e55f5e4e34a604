//! Assignments: variables, registers, slots, fields.

use super::facts::Register;
use super::kind::{Int, Kind};
use super::{Lower, Lowering, Role, State, Value, expr};
use crate::c_ast::{Expr, ExprKind};
use crate::rust_ir::{Precedence, Stmt, Text};
use crate::source::Span;

impl Lowering<'_> {
    pub(crate) fn assign(&mut self, op: &'static str, place: &Expr, value: &Expr, span: Span) -> Lower<()> {
        if op.is_empty() {
            if let ExprKind::Assign { op, place: inner, value: inner_value } = &value.kind {
                // `frame = tstate->current_frame = new`: the inner assignment first, then the same value again.
                self.assign(op, inner, inner_value, span)?;
                return self.assign("", place, inner_value, span);
            }
            let value = self.expr(value)?;
            return self.assign_value(place, value, span);
        }
        let combined =
            Expr { kind: ExprKind::Binary { op, left: Box::new(place.clone()), right: Box::new(value.clone()) }, span };
        let value = self.expr(&combined)?;
        self.assign_value(place, value, span)
    }

    pub(crate) fn assign_value(&mut self, place: &Expr, value: Value, span: Span) -> Lower<()> {
        match &place.kind {
            ExprKind::Identifier(name) => match (self.lookup(name), expr::register(name)) {
                (Some(id), _) => self.assign_variable(id, value, span),
                (None, Some(register)) => self.assign_register(register, value, span),
                (None, None) if self.rules.variable(name).is_some() => self.assign_machine(name, value, span),
                (None, None) => self.refuse("S-020", place.span, format!("unknown name `{name}`")),
            },
            ExprKind::Deref(inner) => {
                if let ExprKind::Update { increment, prefix: false, place: pointer } = &inner.kind {
                    // `*values++ = v`.
                    let slots = self.expr(pointer)?;
                    self.put(&slots.text.within(Precedence::Atom), "0", value, span)?;
                    return self.update(*increment, pointer, span);
                }
                let slots = self.expr(inner)?;
                match slots.kind {
                    Kind::Slots => self.put(&slots.text.within(Precedence::Atom), "0", value, span),
                    ref kind => match self.field_rule(kind, "*") {
                        Some(rule) => self.set_field(slots, &rule, value, span),
                        None => self.refuse("S-022", span, format!("assignment through a {kind} is not understood")),
                    },
                }
            }
            ExprKind::Index { base, index } => {
                let slots = self.expr(base)?;
                if slots.kind != Kind::Slots {
                    return self
                        .assign_element(slots, index, value, span)
                        .unwrap_or_else(|value| self.assign_member(place, *value, span));
                }
                let at = self.expr(index)?;
                let at = self.convert(at, &Kind::Int(Int::Isize), index.span)?;
                self.put(&slots.text.within(Precedence::Atom), &at.text.text, value, span)
            }
            // `GETLOCAL(i) = v`.
            ExprKind::Call { .. } => {
                let target = self.expr(place)?;
                match target.slot {
                    Some((slots, index)) => self.put(&slots, &index, value, span),
                    None => self.refuse("S-022", span, "this cannot be assigned"),
                }
            }
            ExprKind::Field { .. } => self.assign_member(place, value, span),
            _ => self.refuse("S-022", span, "this cannot be assigned"),
        }
    }

    /// `items[i] = v` of a handle whose rule can set elements; gives the value back where there is no such rule.
    fn assign_element(&mut self, base: Value, index: &Expr, value: Value, span: Span) -> Result<Lower<()>, Box<Value>> {
        let Some(rule) = self.field_rule(&base.kind, "[]") else { return Err(Box::new(value)) };
        let Some(set) = rule.set.clone() else { return Err(Box::new(value)) };
        Ok((|| {
            let at = self.expr(index)?;
            let at = self.convert(at, &Kind::Int(Int::Isize), index.span)?;
            let want = match &rule.kind {
                Kind::Ref(t) => Kind::Owned(t.clone()),
                Kind::OptRef(t) => Kind::OptOwned(t.clone()),
                other => other.clone(),
            };
            let value = self.consume(value, &want, span)?;
            let receiver = self.receiver(base, span)?;
            self.used_rules.insert(format!("{}.[]", rule.of));
            self.emit(Stmt::Expression(format!("{receiver}.{set}({}, {})", at.text.text, value.text.text)));
            Ok(())
        })())
    }

    fn assign_member(&mut self, place: &Expr, value: Value, span: Span) -> Lower<()> {
        let mut suffix = String::new();
        let mut base = place;
        loop {
            match &base.kind {
                ExprKind::Field { base: inner, name } => {
                    suffix = if suffix.is_empty() || suffix.starts_with('[') {
                        format!("{name}{suffix}")
                    } else {
                        format!("{name}.{suffix}")
                    };
                    base = inner;
                    let found = self.probe(base).and_then(|v| self.field_rule(&v.kind, &suffix));
                    if let Some(rule) = found {
                        let object = self.expr(base)?;
                        return self.set_field(object, &rule, value, span);
                    }
                }
                ExprKind::Index { base: inner, index } => {
                    let ExprKind::Number(n) = &index.kind else { break };
                    suffix = if suffix.is_empty() || suffix.starts_with('[') {
                        format!("[{n}]{suffix}")
                    } else {
                        format!("[{n}].{suffix}")
                    };
                    base = inner;
                }
                _ => break,
            }
        }
        self.refuse("S-021", span, format!("assignment to unknown field `{suffix}`"))
    }

    fn set_field(&mut self, object: Value, rule: &crate::subset::FieldRule, value: Value, span: Span) -> Lower<()> {
        self.used_rules.insert(format!("{}.{}", rule.of, rule.c));
        let Some(set) = &rule.set else {
            return self.refuse("S-021", span, format!("field `{}` is only read", rule.c));
        };
        // The field holds a count of what is read from it borrowed.
        let want = match (&rule.kind, value.kind.known()) {
            (Kind::Ref(t), Kind::Owned(_)) => Kind::Owned(t.clone()),
            (Kind::OptRef(t), Kind::Owned(_)) => Kind::OptOwned(t.clone()),
            _ => rule.kind.clone(),
        };
        let value = self.consume(value, &want, span)?;
        let receiver = self.receiver(object, span)?;
        self.emit(Stmt::Expression(format!("{receiver}.{set}({})", value.text.text)));
        Ok(())
    }

    fn put(&mut self, slots: &str, index: &str, value: Value, span: Span) -> Lower<()> {
        if self.rules.objects() {
            let value = self.consume(value, &Kind::OptOwned(Kind::object()), span)?;
            self.emit(Stmt::Expression(format!("{slots}.put_object({index}, {})", value.text.text)));
            return Ok(());
        }
        let want = self.rules.machine().map_or(Kind::StackRef, |m| m.item.clone());
        let value = self.consume(value, &want, span)?;
        self.emit(Stmt::Expression(format!("{slots}.put({index}, {})", value.text.text)));
        Ok(())
    }

    pub(crate) fn assign_variable(&mut self, id: usize, value: Value, span: Span) -> Lower<()> {
        let variable = self.variables[id].clone();
        let key = variable.key.clone();
        let value = if self.rules.objects() && matches!(variable.role, Role::Output(_)) {
            self.owned_output(&key, value, span)?
        } else {
            value
        };
        if !self.learned.learn_kind(&key, &value.kind) && variable.role == Role::Local {
            return self.refuse(
                "S-023",
                span,
                format!("`{}` holds a {} and a {}", variable.name, variable.kind, value.kind),
            );
        }
        self.learned.learn_assigned(&key);
        let want = match variable.role {
            Role::Local => self.facts.kind(&key).cloned().unwrap_or_else(|| value.kind.clone()),
            Role::Input(_) | Role::SlotCopy if variable.kind == Kind::Peek => Kind::StackRef,
            Role::Output(_) if self.rules.objects() && variable.kind != Kind::Slots => {
                self.facts.kind(&key).cloned().unwrap_or_else(|| value.kind.clone())
            }
            Role::Output(index) if self.item.outputs[index].size.is_none() => {
                self.output_kind(&self.item.outputs[index])
            }
            _ => variable.kind.clone(),
        };
        // Only looked at: `_PyStackRef self = args[0]` that nobody consumes.
        let value =
            if want == Kind::Peek { self.convert(value, &want, span)? } else { self.consume(value, &want, span)? };
        if variable.state != State::Unset {
            self.learned.learn_mutable(&key);
        }
        if variable.state == State::Dead {
            self.emit(Stmt::Expression(format!("{}.leave()", variable.name)));
        }
        // Nothing but NULL, ever: the result says so itself.
        if want != Kind::Null || !self.rules.objects() {
            self.emit(Stmt::Assign { name: variable.name, value: value.text.text });
        }
        self.variables[id].state = State::Live;
        self.variables[id].kind = want;
        Ok(())
    }

    /// What an output that is an object gets: a count of its own, or the one that a slot held.
    fn owned_output(&mut self, key: &super::facts::Key, value: Value, span: Span) -> Lower<Value> {
        let given = value.variable.is_some_and(|id| matches!(self.variables[id].role, Role::Input(_)));
        match (&value.kind, &value.slot) {
            (Kind::Ref(_) | Kind::OptRef(_), Some((slots, index))) if !self.facts.increfed(key) => {
                let text = format!("{slots}.read({index}).into_option_owned()");
                Ok(Value::atom(text, Kind::OptOwned(Kind::object())))
            }
            (Kind::Ref(_), Some((slots, index))) => {
                let text = format!("{slots}.get({index}).as_option().map(|o| o.to_owned())");
                Ok(Value::atom(text, Kind::OptOwned(Kind::object())))
            }
            (Kind::Ref(_), _) if given => self.consume(value, &Kind::Owned(Kind::object()), span),
            (Kind::Ref(t), _) => {
                let text = format!("{}.to_owned()", value.text.within(Precedence::Atom));
                Ok(Value::atom(text, Kind::Owned(t.clone())))
            }
            (Kind::OptRef(t), _) if !given => {
                let text = format!("{}.map(|o| o.to_owned())", value.text.within(Precedence::Atom));
                Ok(Value::atom(text, Kind::OptOwned(t.clone())))
            }
            _ => Ok(value),
        }
    }

    /// Sets a further variable of the machine.
    fn assign_machine(&mut self, name: &str, value: Value, span: Span) -> Lower<()> {
        let Some(kind) = self.rules.variable(name).cloned() else { return Ok(()) };
        let value = self.consume(value, &kind, span)?;
        self.learned.learn_variable(name, true);
        let name = self.rust_name(name);
        self.emit(Stmt::Expression(format!("*{name} = {}", value.text.text)));
        Ok(())
    }

    fn assign_register(&mut self, register: Register, value: Value, span: Span) -> Lower<()> {
        let (name, kind) = match register {
            Register::Frame => ("frame", Kind::Frame),
            Register::NextInstr => ("next_instr", Kind::Instr),
            Register::StackPointer => ("stack_pointer", Kind::Handle("StackPtr".into())),
            Register::Oparg => ("oparg", Kind::Int(Int::I32)),
            Register::Opcode => ("opcode", Kind::Int(Int::U8)),
            Register::Thread | Register::ThisInstr | Register::PrevInstr => {
                return self.refuse("S-022", span, "this register is not assigned by bodies");
            }
        };
        let kind = self.rules.variable(expr::register_name(register)).cloned().unwrap_or(kind);
        let value = self.convert(value, &kind, span)?;
        self.learned.learn_written(register);
        self.emit(Stmt::Expression(format!("*{name} = {}", value.text.text)));
        Ok(())
    }

    /// `place++` as a statement.
    pub(crate) fn update(&mut self, increment: bool, place: &Expr, span: Span) -> Lower<()> {
        let one = Box::new(Expr { kind: ExprKind::Number("1".into()), span });
        let op = if increment { "+" } else { "-" };
        let value =
            self.expr(&Expr { kind: ExprKind::Binary { op, left: Box::new(place.clone()), right: one }, span })?;
        if let ExprKind::Identifier(name) = &place.kind
            && let Some(id) = self.lookup(name)
            && matches!(value.kind, Kind::Int(_))
        {
            let key = self.variables[id].key.clone();
            self.learned.learn_mutable(&key);
            self.learned.learn_assigned(&key);
            let kind = self.variables[id].kind.clone();
            self.learned.learn_kind(&key, &kind);
            let name = self.variables[id].name.clone();
            self.emit(Stmt::Expression(format!("{name} {op}= 1")));
            return Ok(());
        }
        self.assign_value(place, value, span)
    }

    /// `place++` whose value is used: the old value is kept under the place's name.
    pub(crate) fn update_value(&mut self, increment: bool, prefix: bool, place: &Expr, span: Span) -> Lower<Value> {
        if prefix {
            self.update(increment, place, span)?;
            return self.expr(place);
        }
        let old = self.expr(place)?;
        let name = match &place.kind {
            ExprKind::Field { name, .. } => name.clone(),
            ExprKind::Identifier(name) => format!("old_{name}"),
            _ => "old".to_owned(),
        };
        self.emit(Stmt::Let { pattern: name.clone(), value: old.text.text.clone() });
        self.update(increment, place, span)?;
        Ok(Value::new(Text::atom(name), old.kind))
    }
}
