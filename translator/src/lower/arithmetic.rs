//! Operators: integers and floats as C computes, comparisons, pointers moved and compared.

use super::cast::strip_upcast;
use super::kind::{Int, Kind, Status};
use super::{Lower, Lowering, Value};
use crate::c_ast::Expr;
use crate::rust_ir::{Precedence, Text};
use crate::source::Span;

impl Lowering<'_> {
    pub(super) fn unary(&mut self, op: &str, operand: &Expr, span: Span) -> Lower<Value> {
        let value = self.expr(operand)?;
        match op {
            "!" => {
                let text = match (&value.kind, value.text.within(Precedence::Atom)) {
                    (Kind::OptRef(_) | Kind::OptOwned(_) | Kind::OptFrame | Kind::OptHandle(_), t) => {
                        Text::atom(format!("{t}.is_none()"))
                    }
                    (Kind::Fallible(_, Status::Null | Status::Zero), t) => Text::atom(format!("{t}.is_err()")),
                    (Kind::Int(_), _) => {
                        Text::new(format!("{} == 0", value.text.within(Precedence::Or)), Precedence::Compare)
                    }
                    _ => {
                        let truth = self.truth(value, span)?;
                        negate(&truth)
                    }
                };
                Ok(Value::new(text, Kind::Bool))
            }
            "-" | "+" | "~" => {
                let kind = match &value.kind {
                    Kind::F64 => Kind::F64,
                    Kind::Int(i) => Kind::Int(i.common(Int::I32)),
                    Kind::Bool => Kind::Int(Int::I32),
                    other => return self.refuse("S-023", span, format!("`{op}` of a {other}")),
                };
                let value = self.convert(value, &kind, span)?;
                let rust = if op == "~" { "!" } else { "-" };
                if op == "+" {
                    return Ok(value);
                }
                Ok(Value::new(
                    Text::new(format!("{rust}{}", value.text.within(Precedence::Unary)), Precedence::Unary),
                    kind,
                ))
            }
            _ => self.refuse("S-011", span, format!("operator `{op}` is outside the subset")),
        }
    }

    pub(super) fn binary(&mut self, op: &'static str, left: &Expr, right: &Expr, span: Span) -> Lower<Value> {
        if op == "&&" || op == "||" {
            let l = self.condition(left)?;
            let r = self.condition(right)?;
            let precedence = if op == "&&" { Precedence::LogicalAnd } else { Precedence::LogicalOr };
            return Ok(Value::new(
                Text::new(format!("{} {op} {}", l.within(precedence), r.within(precedence)), precedence),
                Kind::Bool,
            ));
        }
        let l = self.expr(left)?;
        let r = self.expr(right)?;
        if matches!(op, "==" | "!=")
            && let Some(value) = self.pointer_comparison(op, &l, &r, span)?
        {
            return Ok(value);
        }
        if matches!(op, "<" | ">" | "==" | "!=" | "<=" | ">=")
            && let Some(text) = status_comparison(op, &l, &r)
        {
            self.check_live(&l, span)?;
            return Ok(Value::new(text, Kind::Bool));
        }
        if let Some(value) = self.pointer_arithmetic(op, &l, &r, span)? {
            return Ok(value);
        }
        self.arithmetic(op, l, r, span)
    }

    fn arithmetic(&mut self, op: &'static str, l: Value, r: Value, span: Span) -> Lower<Value> {
        if l.kind == Kind::Never || r.kind == Kind::Never {
            return Ok(Value::atom("()", Kind::Never));
        }
        let number = |kind: &Kind| match kind.known() {
            Kind::Int(i) => Some(i),
            Kind::Bool => Some(Int::I32),
            Kind::Enum(_) => Some(Int::I32),
            _ => None,
        };
        let (precedence, comparison) = operator(op);
        if l.kind == Kind::F64 || r.kind == Kind::F64 {
            let l = self.convert(l, &Kind::F64, span)?;
            let r = self.convert(r, &Kind::F64, span)?;
            let kind = if comparison { Kind::Bool } else { Kind::F64 };
            return Ok(infix(op, &l, &r, precedence, kind));
        }
        if comparison && l.kind == Kind::Bool && r.kind == Kind::Bool {
            return Ok(infix(op, &l, &r, precedence, Kind::Bool));
        }
        // A truth value that C keeps as an int.
        if l.kind == Kind::Bool && r.text.text == "0" && matches!(op, "==" | "!=") {
            self.check_live(&l, span)?;
            return Ok(Value::new(if op == "==" { negate(&l.text) } else { l.text }, Kind::Bool));
        }
        let (Some(a), Some(b)) = (number(&l.kind), number(&r.kind)) else {
            return self.refuse("S-023", span, format!("`{op}` between a {} and a {}", l.kind, r.kind));
        };
        let common = if matches!(op, "<<" | ">>") {
            a.common(Int::I32)
        } else if comparison && is_literal(&r.text) {
            a
        } else if comparison && is_literal(&l.text) {
            b
        } else if comparison && a == b {
            a
        } else {
            a.common(b)
        };
        let l = self.convert(l, &Kind::Int(common), span)?;
        let r = if matches!(op, "<<" | ">>") { r } else { self.convert(r, &Kind::Int(common), span)? };
        Ok(infix(op, &l, &r, precedence, if comparison { Kind::Bool } else { Kind::Int(common) }))
    }

    fn pointer_comparison(&mut self, op: &str, l: &Value, r: &Value, span: Span) -> Lower<Option<Value>> {
        let (null, other) = match (&l.kind, &r.kind) {
            (Kind::Null, _) => (true, r),
            (_, Kind::Null) => (true, l),
            (Kind::Never, _) | (_, Kind::Never) => return Ok(Some(Value::atom("()", Kind::Never))),
            _ => (false, l),
        };
        if null {
            self.check_live(other, span)?;
            let text = other.text.within(Precedence::Atom);
            let (is_null, is_not) = match &other.kind {
                Kind::Fallible(_, Status::Null) => ("is_err", "is_ok"),
                kind if kind.nullable() => ("is_none", "is_some"),
                Kind::Never => return Ok(Some(Value::atom("()", Kind::Never))),
                // Never NULL on our side.
                Kind::Ref(_) | Kind::Owned(_) | Kind::Frame | Kind::Handle(_) | Kind::Function(_) => {
                    self.learn_nullable(other);
                    return Ok(Some(Value::atom(if op == "==" { "false" } else { "true" }, Kind::Bool)));
                }
                other => return self.refuse("S-023", span, format!("a {other} compared with NULL")),
            };
            let method = if op == "==" { is_null } else { is_not };
            return Ok(Some(Value::atom(format!("{text}.{method}()"), Kind::Bool)));
        }
        let object = |k: &Kind| {
            matches!(k, Kind::Ref(_) | Kind::OptRef(_) | Kind::Owned(_) | Kind::OptOwned(_) | Kind::Fallible(..))
                && (matches!(k.known(), Kind::Ref(_) | Kind::Owned(_)))
        };
        let same = if object(&l.kind) && object(&r.kind) {
            // What a local variable holds may be nothing.
            let local =
                |v: &Value| if v.text.text.contains(".get(") { Self::borrowed_or_null(v.clone()) } else { v.clone() };
            let (l, r) = (&local(l), &local(r));
            let either_null = l.kind.nullable() || r.kind.nullable();
            let want = if either_null { Kind::OptRef(Kind::object()) } else { Kind::Ref(Kind::object()) };
            self.check_live(l, span)?;
            self.check_live(r, span)?;
            let a = self.convert(Value { variable: None, ..l.clone() }, &want, span)?;
            let b = self.convert(Value { variable: None, ..r.clone() }, &want, span)?;
            let (a, b) = (strip_upcast(&a.text.text), strip_upcast(&b.text.text));
            if either_null {
                Text::new(format!("{a} == {b}"), Precedence::Compare)
            } else {
                Text::atom(format!("{a}.is({b})"))
            }
        } else if matches!(
            (&l.kind, &r.kind),
            (Kind::Instr, Kind::Instr) | (Kind::Frame, Kind::Frame) | (Kind::Function(_), Kind::Function(_))
        ) || (matches!(l.kind, Kind::Handle(_) | Kind::OptHandle(_)) && l.kind.known() == r.kind.known())
        {
            Text::new(
                format!("{} == {}", l.text.within(Precedence::Or), r.text.within(Precedence::Or)),
                Precedence::Compare,
            )
        } else {
            return Ok(None);
        };
        let text = if op == "==" {
            same
        } else if same.precedence == Precedence::Compare {
            Text::new(same.text.replacen(" == ", " != ", 1), Precedence::Compare)
        } else {
            negate(&same)
        };
        Ok(Some(Value::new(text, Kind::Bool)))
    }

    fn pointer_arithmetic(&mut self, op: &str, l: &Value, r: &Value, span: Span) -> Lower<Option<Value>> {
        let base = l.text.within(Precedence::Atom);
        Ok(match (&l.kind, &r.kind, op) {
            (Kind::Instr, Kind::Instr, "-") => {
                let base = self.receiver(l.clone(), span)?;
                Some(Value::atom(format!("{base}.offset_from({})", r.text.text), Kind::Int(Int::Isize)))
            }
            (Kind::Instr | Kind::Slots, Kind::Int(_) | Kind::Bool, "+" | "-") => {
                let base = self.receiver(l.clone(), span)?;
                let by = self.convert(r.clone(), &Kind::Int(Int::Isize), span)?;
                let method = if op == "+" { "add" } else { "sub" };
                Some(Value::atom(format!("{base}.{method}({})", by.text.text), l.kind.clone()))
            }
            (Kind::Handle(a), Kind::Handle(b), "-") if a == b => {
                Some(Value::atom(format!("{base}.offset_from({})", r.text.text), Kind::Int(Int::Isize)))
            }
            (Kind::Handle(a), Kind::Handle(b), "<" | ">" | "<=" | ">=") if a == b => Some(Value::new(
                Text::new(
                    format!("{} {op} {}", l.text.within(Precedence::Or), r.text.within(Precedence::Or)),
                    Precedence::Compare,
                ),
                Kind::Bool,
            )),
            (kind @ Kind::Handle(_), Kind::Int(_) | Kind::Bool, "-") => match self.field_rule(kind, "+") {
                Some(rule) => {
                    let by = self.convert(r.clone(), &Kind::Int(Int::Isize), span)?;
                    self.used_rules.insert(format!("{}.+", rule.of));
                    Some(Value::atom(format!("{base}.{}(-{})", rule.get, by.text.within(Precedence::Unary)), rule.kind))
                }
                None => None,
            },
            (Kind::Array, Kind::Int(_) | Kind::Bool, "+" | "-") => {
                let by = self.convert(r.clone(), &Kind::Int(Int::Usize), span)?;
                let method = if op == "+" { "skip" } else { "back" };
                Some(Value::atom(format!("{base}.{method}({})", by.text.text), Kind::Array))
            }
            (kind @ Kind::Handle(_), Kind::Int(_) | Kind::Bool, "+") => match self.field_rule(kind, "+") {
                Some(rule) => {
                    let by = self.convert(r.clone(), &Kind::Int(Int::Isize), span)?;
                    self.used_rules.insert(format!("{}.+", rule.of));
                    Some(Value::atom(format!("{base}.{}({})", rule.get, by.text.text), rule.kind))
                }
                None => None,
            },
            _ => None,
        })
    }
}

pub(crate) fn negate(text: &Text) -> Text {
    match text.text.as_str() {
        "true" => Text::atom("false"),
        "false" => Text::atom("true"),
        _ => Text::new(format!("!{}", text.within(Precedence::Unary)), Precedence::Unary),
    }
}

/// Tests of a status: `err < 0`, `err == -1`, `ok == 0`.
fn status_comparison(op: &str, l: &Value, r: &Value) -> Option<Text> {
    let Kind::Fallible(inner, status) = &l.kind else { return None };
    let text = l.text.within(Precedence::Atom);
    let right = r.text.text.as_str();
    let failed = match (op, right, status) {
        ("<", "0", _) | ("==", "-1", _) | ("!=", "0", Status::MinusOne) | ("==", "0", Status::Zero) => true,
        (">=", "0", _) | ("!=", "-1", _) | ("==", "0", Status::MinusOne) | ("!=", "0", Status::Zero) => false,
        ("<=", "0", Status::Negative) if **inner == Kind::Bool => {
            return Some(Text::atom(format!("!matches!({text}, Ok(true))")));
        }
        ("==", "0", Status::Negative) if **inner == Kind::Bool => {
            return Some(Text::atom(format!("matches!({text}, Ok(false))")));
        }
        (">", "0", Status::Negative) if **inner == Kind::Bool => {
            return Some(Text::atom(format!("matches!({text}, Ok(true))")));
        }
        _ => return None,
    };
    Some(Text::atom(format!("{text}.{}()", if failed { "is_err" } else { "is_ok" })))
}

fn operator(op: &str) -> (Precedence, bool) {
    match op {
        "*" | "/" | "%" => (Precedence::Product, false),
        "+" | "-" => (Precedence::Sum, false),
        "<<" | ">>" => (Precedence::Shift, false),
        "&" => (Precedence::And, false),
        "^" => (Precedence::Xor, false),
        "|" => (Precedence::Or, false),
        _ => (Precedence::Compare, true),
    }
}

fn infix(op: &str, l: &Value, r: &Value, precedence: Precedence, kind: Kind) -> Value {
    // Left-associative; comparisons do not chain in Rust. A cast before `<` would read as generics.
    let left = if precedence == Precedence::Compare { Precedence::Unary } else { precedence };
    let left = if precedence == Precedence::Compare
        && l.text.precedence > Precedence::Cast
        && l.text.precedence < Precedence::Compare
    {
        Precedence::Or
    } else {
        left
    };
    // Sums and shifts among bits are hard to read without parentheses.
    let bits = matches!(precedence, Precedence::And | Precedence::Xor | Precedence::Or);
    let counts = |text: &Text| matches!(text.precedence, Precedence::Product | Precedence::Sum | Precedence::Shift);
    let left = if bits && counts(&l.text) { Precedence::Unary } else { left };
    let right = match precedence {
        Precedence::Compare => Precedence::Or,
        Precedence::Sum => Precedence::Product,
        Precedence::Product => Precedence::Cast,
        Precedence::Shift => Precedence::Sum,
        _ if bits && counts(&r.text) => Precedence::Unary,
        other => other,
    };
    let left_text = if precedence == Precedence::Shift && l.text.precedence == Precedence::Cast {
        format!("({})", l.text.text)
    } else {
        l.text.within(left)
    };
    Value::new(Text::new(format!("{left_text} {op} {}", r.text.within(right)), precedence), kind)
}

fn is_literal(text: &Text) -> bool {
    let digits = text.text.strip_prefix('-').unwrap_or(&text.text);
    !digits.is_empty() && (digits.chars().all(|c| c.is_ascii_digit()) || digits.starts_with("0x"))
}
