//! Expressions.

use super::facts::Register;
use super::kind::{Int, Kind};
use super::{Lower, Lowering, Value};
use crate::c_ast::{Expr, ExprKind};
use crate::rust_ir::{Precedence, Text};
use crate::source::Span;
use crate::subset::FieldRule;

impl Lowering<'_> {
    pub(crate) fn expr(&mut self, e: &Expr) -> Lower<Value> {
        match &e.kind {
            ExprKind::Identifier(name) => self.identifier(name, e.span),
            ExprKind::Number(text) => Ok(Value::atom(number(text), Kind::Int(number_kind(text)))),
            ExprKind::Char(text) => Ok(Value::atom(format!("b{text}"), Kind::Int(Int::U8))),
            ExprKind::String(text) => Ok(Value::atom(format!("\"{text}\""), Kind::Str)),
            ExprKind::Null => Ok(Value::atom("None", Kind::Null)),
            ExprKind::Bool(value) => Ok(Value::atom(value.to_string(), Kind::Bool)),
            ExprKind::Call { callee, arguments } => self.call(callee, arguments, e.span),
            ExprKind::Field { .. } | ExprKind::Index { .. } => self.member(e),
            ExprKind::Deref(inner) => self.deref(inner, e.span),
            ExprKind::AddressOf(inner) => self.address_of(inner, e.span),
            ExprKind::Unary { op, operand } => self.unary(op, operand, e.span),
            ExprKind::Binary { op, left, right } => self.binary(op, left, right, e.span),
            ExprKind::Cast { type_, operand } => self.cast(type_, operand, e.span),
            ExprKind::Conditional { condition, then, otherwise } => {
                self.conditional(condition, then, otherwise, e.span)
            }
            ExprKind::Assign { op, place, value } => {
                self.assign(op, place, value, e.span)?;
                self.expr(place)
            }
            ExprKind::Update { increment, prefix, place } => self.update_value(*increment, *prefix, place, e.span),
            ExprKind::InitializerList(items) => self.array_literal(items),
        }
    }

    fn identifier(&mut self, name: &str, span: Span) -> Lower<Value> {
        if let Some(mut id) = self.lookup(name) {
            if self.variables[id].state == super::State::Moved
                && let Some(now) = self.aliases.get(&id)
                && self.variables[*now].state == super::State::Live
            {
                id = *now;
            }
            let variable = &self.variables[id];
            let key = variable.key.clone();
            self.learned.learn_used(&key);
            if let (super::State::Moved, Kind::Owned(t)) = (variable.state, &variable.kind) {
                let borrowed = Value::atom(format!("{}_ref", variable.name), Kind::Ref(t.clone()));
                self.learned.learn_late(&key);
                if self.facts.late(&key) {
                    return Ok(borrowed);
                }
            }
            let variable = &self.variables[id];
            let value = Value { variable: Some(id), ..Value::atom(variable.name.clone(), variable.kind.clone()) };
            if variable.role == super::Role::Machine {
                self.learned.learn_assigned(&key);
            }
            return Ok(value);
        }
        if let Some(register) = register(name) {
            return Ok(self.read_register(register));
        }
        if let Some(value) = self.read_variable(name) {
            return Ok(value);
        }
        if let Some(rule) = self.rules.constant(name).or_else(|| self.rules.global(name)) {
            self.used_rules.insert(rule.c.clone());
            self.require_bound(name, span)?;
            return Ok(named(&rule.rust, &rule.kind, self.rules.global(name).is_some()));
        }
        if let Some(rule) = self.rules.call(name)
            && rule.arguments.is_empty()
            && !rule.rust.starts_with('@')
        {
            return self.apply(&rule.clone(), &[], span);
        }
        if let Some(rule) = self.rules.call(name)
            && rule.rust.starts_with('@')
        {
            return self.primitive_value(&rule.clone(), &[], span);
        }
        if name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
            && name.chars().any(|c| c == '_' || c.is_ascii_uppercase())
        {
            // An opcode by its name: the generated table has it.
            if name.starts_with('_') {
                return Ok(Value::atom(format!("uop::{name}"), Kind::Int(Int::U16)));
            }
            if name != "NULL" && !name.starts_with("PY_") && !name.starts_with("FRAME_") && !name.starts_with("CO_") {
                return Ok(Value::atom(format!("opcode::{name}"), Kind::Int(Int::U8)));
            }
        }
        self.refuse("S-020", span, format!("unknown name `{name}`"))
    }

    pub(crate) fn read_register(&mut self, register: Register) -> Value {
        self.learned.learn_read(register);
        let written = self.facts.writes(register);
        let deref =
            |name: &str| if written { Text::new(format!("*{name}"), Precedence::Unary) } else { Text::atom(name) };
        let name = register_name(register);
        if let Some(kind) = self.rules.variable(name).cloned() {
            self.used_rules.insert(name.to_owned());
            return Value::new(deref(name), kind);
        }
        match register {
            Register::Thread => Value::atom("thread", Kind::Thread),
            Register::Frame => Value::new(deref("frame"), Kind::Frame),
            Register::NextInstr => Value::new(deref("next_instr"), Kind::Instr),
            Register::ThisInstr => Value::atom("this_instr", Kind::Instr),
            Register::PrevInstr => Value::atom("prev_instr", Kind::Instr),
            Register::StackPointer => Value::new(deref("stack_pointer"), Kind::Handle("StackPtr".into())),
            Register::Oparg => Value::new(deref("oparg"), Kind::Int(Int::I32)),
            Register::Opcode => Value::new(deref("opcode"), Kind::Int(Int::U8)),
        }
    }

    /// A further variable of the machine, such as the optimizer's context.
    pub(crate) fn read_variable(&mut self, name: &str) -> Option<Value> {
        let kind = self.rules.variable(name)?.clone();
        self.used_rules.insert(name.to_owned());
        self.learned.learn_variable(name, false);
        let rust = self.rust_name(name);
        let written = self.facts.writes_variable(name);
        let text = if written { Text::new(format!("*{rust}"), Precedence::Unary) } else { Text::atom(rust) };
        Some(Value::new(text, kind))
    }

    fn member(&mut self, e: &Expr) -> Lower<Value> {
        // `tp->a.b[0]` is one field if a rule says so: the longest path first.
        let mut suffix = String::new();
        let mut base = e;
        let mut candidates: Vec<(&Expr, String)> = Vec::new();
        loop {
            match &base.kind {
                ExprKind::Field { base: inner, name } => {
                    suffix = if suffix.is_empty() || suffix.starts_with('[') {
                        format!("{name}{suffix}")
                    } else {
                        format!("{name}.{suffix}")
                    };
                    base = inner;
                    candidates.push((base, suffix.clone()));
                }
                ExprKind::Index { base: inner, index } if matches!(index.kind, ExprKind::Number(_)) => {
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
        // Method calls on an indexed base (`this_instr[1].counter`) come through the index below.
        for (base, path) in candidates.iter().rev() {
            let (ExprKind::Identifier(_)
            | ExprKind::Field { .. }
            | ExprKind::Index { .. }
            | ExprKind::Cast { .. }
            | ExprKind::Call { .. }) = &base.kind
            else {
                continue;
            };
            if let ExprKind::Identifier(name) = &base.kind
                && self.lookup(name).is_none()
                && let Some(rule) = self.rules.field("", &format!("{name}.{path}")).cloned()
            {
                self.used_rules.insert(format!(".{name}.{path}"));
                return Ok(named(&rule.get, &rule.kind, false));
            }
            let Some(value) = self.probe(base) else { continue };
            if let Some(rule) = self.field_rule(&value.kind, path) {
                let value = self.expr(base)?;
                return self.read_field(value, &rule, e.span);
            }
        }
        if let ExprKind::Index { base, index } = &e.kind {
            return self.index(base, index, e.span);
        }
        let ExprKind::Field { base, name } = &e.kind else {
            return self.refuse("S-021", e.span, "this member is not understood");
        };
        let value = self.expr(base)?;
        self.refuse("S-021", e.span, format!("unknown field `{name}` of {}", value.kind))
    }

    /// What an expression's kind would be, without effect.
    pub(crate) fn probe(&self, e: &Expr) -> Option<Value> {
        let mut copy = self.clone();
        copy.expr(e).ok()
    }

    fn read_field(&mut self, value: Value, rule: &FieldRule, span: Span) -> Lower<Value> {
        self.used_rules.insert(format!("{}.{}", rule.of, rule.c));
        self.require_bound(&format!("{}.{}", rule.of, rule.c), span)?;
        if rule.get.is_empty() {
            return self.refuse("S-021", span, format!("field `{}` is only written", rule.c));
        }
        let receiver = self.receiver(value, span)?;
        if rule.get == "self" {
            return Ok(Value::atom(receiver, rule.kind.clone()));
        }
        Ok(Value::atom(format!("{receiver}.{}()", rule.get), rule.kind.clone()))
    }

    /// The text before a method's dot: NULL ruled out, owned values borrowed by the call itself.
    pub(crate) fn receiver(&mut self, value: Value, span: Span) -> Lower<String> {
        self.check_live(&value, span)?;
        if let Some(rest) = value.text.text.strip_prefix('*')
            && value.variable.is_none()
            && !rest.contains(' ')
        {
            let plain = Value { text: Text::atom(rest.to_owned()), ..value };
            return Ok(match plain.kind {
                Kind::OptRef(_) | Kind::OptFrame | Kind::OptHandle(_) => format!("{}.known()", plain.text.text),
                _ => plain.text.text,
            });
        }
        Ok(match &value.kind {
            Kind::OptRef(_) | Kind::OptFrame | Kind::OptHandle(_) => {
                format!("{}.known()", value.text.within(Precedence::Atom))
            }
            Kind::OptOwned(_) => format!("{}.as_ref().known()", value.text.within(Precedence::Atom)),
            Kind::Fallible(inner, _) if inner.is_copy() => format!("{}.known()", value.text.within(Precedence::Atom)),
            Kind::Fallible(..) => format!("{}.as_ref().known()", value.text.within(Precedence::Atom)),
            _ => value.text.within(Precedence::Atom),
        })
    }

    pub(crate) fn field_rule(&self, kind: &Kind, path: &str) -> Option<FieldRule> {
        let names: Vec<String> = match kind.known() {
            Kind::Ref(t) | Kind::Owned(t) | Kind::Handle(t) => self.rules.c_types(&t),
            Kind::Frame => vec!["_PyInterpreterFrame".into()],
            Kind::Instr => vec!["_Py_CODEUNIT".into()],
            Kind::Thread => vec!["PyThreadState".into(), "_PyThreadStateImpl".into(), "_ts".into()],
            Kind::Interp => vec!["PyInterpreterState".into(), "_is".into()],
            _ => return None,
        };
        names.iter().find_map(|of| self.rules.field(of, path)).cloned()
    }

    fn index(&mut self, base: &Expr, index: &Expr, span: Span) -> Lower<Value> {
        let base_value = self.expr(base)?;
        let at = self.expr(index)?;
        match &base_value.kind {
            Kind::Slots => {
                let at = self.convert(at, &Kind::Int(Int::Isize), index.span)?;
                let slots = base_value.text.within(Precedence::Atom);
                let text = format!("{slots}.get({})", at.text.text);
                let (text, kind) = if self.rules.objects() {
                    (format!("{text}.as_object()"), Kind::Ref(Kind::object()))
                } else {
                    (text, Kind::StackRef)
                };
                Ok(Value { slot: Some((slots, at.text.text)), ..Value::atom(text, kind) })
            }
            Kind::Instr => {
                if at.text.text == "0" {
                    return Ok(base_value);
                }
                let at = self.convert(at, &Kind::Int(Int::Isize), index.span)?;
                let base = self.receiver(base_value, span)?;
                Ok(Value::atom(format!("{base}.add({})", at.text.text), Kind::Instr))
            }
            Kind::Array => {
                let at = self.convert(at, &Kind::Int(Int::Usize), index.span)?;
                Ok(Value::atom(
                    format!("{}.get({})", base_value.text.within(Precedence::Atom), at.text.text),
                    Kind::Ref(Kind::object()),
                ))
            }
            kind => {
                let rule = self.field_rule(kind, "[]");
                match rule {
                    Some(rule) => {
                        let at = self.convert(at, &Kind::Int(Int::Isize), index.span)?;
                        let base = self.receiver(base_value, span)?;
                        self.used_rules.insert(format!("{}.[]", rule.of));
                        Ok(Value::atom(format!("{base}.{}({})", rule.get, at.text.text), rule.kind))
                    }
                    None => self.refuse("S-022", span, format!("indexing a {kind} is not understood")),
                }
            }
        }
    }

    fn deref(&mut self, inner: &Expr, span: Span) -> Lower<Value> {
        let value = self.expr(inner)?;
        match &value.kind {
            Kind::Slots => {
                let slots = value.text.within(Precedence::Atom);
                let text = format!("{slots}.get(0)");
                let (text, kind) = if self.rules.objects() {
                    (format!("{text}.as_object()"), Kind::Ref(Kind::object()))
                } else {
                    (text, Kind::StackRef)
                };
                Ok(Value { slot: Some((slots, "0".into())), ..Value::atom(text, kind) })
            }
            kind @ Kind::Handle(_) => match self.field_rule(kind, "*") {
                Some(rule) => self.read_field(value, &rule, span),
                None => self.refuse("S-022", span, format!("`*` of a {kind} is not understood")),
            },
            Kind::Function(_) => Ok(value),
            kind => self.refuse("S-022", span, format!("`*` of a {kind} is not understood")),
        }
    }

    fn address_of(&mut self, inner: &Expr, span: Span) -> Lower<Value> {
        match &inner.kind {
            ExprKind::Identifier(name) => {
                if self.lookup(name).is_none()
                    && let Some(rule) = self.rules.global(name)
                {
                    self.used_rules.insert(rule.c.clone());
                    self.require_bound(name, span)?;
                    return Ok(named(&rule.rust, &rule.kind, true));
                }
                self.refuse("S-022", span, format!("the address of `{name}` is not understood here"))
            }
            // `&_Py_ID(x)`, `&_Py_STR(x)`: the call gives the object.
            ExprKind::Call { .. } => {
                let value = self.expr(inner)?;
                match value.slot {
                    // `&GETLOCAL(i)`.
                    Some((slots, index)) => Ok(Value::atom(format!("{slots}.add({index})"), Kind::Slots)),
                    None => Ok(value),
                }
            }
            ExprKind::Index { .. } | ExprKind::Field { .. } => {
                let value = self.expr(inner)?;
                match (&value.slot, &value.kind) {
                    (Some((slots, index)), _) => Ok(Value::atom(format!("{slots}.add({index})"), Kind::Slots)),
                    // The rule of an embedded struct gives the handle itself.
                    (None, Kind::Ref(_) | Kind::Handle(_) | Kind::Frame | Kind::OptRef(_)) => Ok(value),
                    (None, kind) => {
                        self.refuse("S-022", span, format!("the address of a {kind} is not understood here"))
                    }
                }
            }
            _ => self.refuse("S-022", span, "this address is not understood"),
        }
    }

    fn conditional(&mut self, condition: &Expr, then: &Expr, otherwise: &Expr, span: Span) -> Lower<Value> {
        let null = self.slot_null_test(condition);
        let condition = self.condition(condition)?;
        let before = self.snapshot();
        let a = self.expr(then)?;
        let after_a = self.snapshot();
        self.restore(&before);
        let b = self.expr(otherwise)?;
        let after_b = self.snapshot();
        let Some(kind) = a.kind.join(&b.kind) else {
            return self.refuse("S-023", span, format!("a condition that gives a {} or a {}", a.kind, b.kind));
        };
        self.restore(&after_a);
        let a = self.consume(a, &kind, span)?;
        let mut after_a = self.snapshot();
        self.restore(&after_b);
        let b = self.consume(b, &kind, span)?;
        if let Some(id) = null {
            self.nothing_to_consume(id, &mut after_a, &self.snapshot());
        }
        self.merge(&after_a);
        let text = format!("if {} {{ {} }} else {{ {} }}", condition.text, a.text.text, b.text.text);
        Ok(Value::new(Text::new(text, Precedence::Statement), kind))
    }

    /// `PyStackRef_IsNull(item)`: the item.
    fn slot_null_test(&self, condition: &Expr) -> Option<usize> {
        let ExprKind::Call { callee, arguments } = &condition.kind else { return None };
        let (ExprKind::Identifier(name), [Expr { kind: ExprKind::Identifier(item), .. }]) =
            (&callee.kind, arguments.as_slice())
        else {
            return None;
        };
        let asks = self.rules.call(name).is_some_and(|rule| rule.rust == ".is_null");
        if asks { self.lookup(item) } else { None }
    }

    fn array_literal(&mut self, items: &[Expr]) -> Lower<Value> {
        let mut values = Vec::new();
        for item in items {
            values.push((self.expr(item)?, item.span));
        }
        // Room before the first argument.
        let optional = values.iter().any(|(value, _)| value.kind.nullable());
        let (make, want) =
            if optional { ("of_optional", Kind::OptRef(Kind::object())) } else { ("of", Kind::Ref(Kind::object())) };
        let mut texts = Vec::new();
        for (value, span) in values {
            let value = if optional { Self::borrowed_or_null(value) } else { value };
            texts.push(self.convert(value, &want, span)?.text.text);
        }
        Ok(Value::atom(format!("Args::{make}(&[{}])", texts.join(", ")), Kind::Array))
    }

    /// The C condition `e` as a Rust `bool`.
    pub(crate) fn condition(&mut self, e: &Expr) -> Lower<Text> {
        let value = self.expr(e)?;
        self.truth(value, e.span)
    }
}

pub(crate) fn register_name(register: Register) -> &'static str {
    match register {
        Register::Thread => "tstate",
        Register::Frame => "frame",
        Register::NextInstr => "next_instr",
        Register::ThisInstr => "this_instr",
        Register::PrevInstr => "prev_instr",
        Register::StackPointer => "stack_pointer",
        Register::Oparg => "oparg",
        Register::Opcode => "opcode",
    }
}

pub(crate) fn register(name: &str) -> Option<Register> {
    Some(match name {
        "tstate" => Register::Thread,
        "frame" => Register::Frame,
        "next_instr" => Register::NextInstr,
        "this_instr" => Register::ThisInstr,
        "prev_instr" => Register::PrevInstr,
        "stack_pointer" => Register::StackPointer,
        "oparg" => Register::Oparg,
        "opcode" => Register::Opcode,
        _ => return None,
    })
}

/// A constant by its path, or a global object by the function that gives it.
fn named(rust: &str, kind: &Kind, function: bool) -> Value {
    let text = if function && !rust.ends_with(')') && !rust.contains(|c: char| c.is_ascii_uppercase()) {
        format!("{rust}()")
    } else {
        rust.to_owned()
    };
    Value::atom(text, kind.clone())
}

fn number(text: &str) -> String {
    text.trim_end_matches(['u', 'U', 'l', 'L']).to_owned()
}

fn number_kind(text: &str) -> Int {
    if text.ends_with(['u', 'U']) { Int::U32 } else { Int::I32 }
}
