//! Turning a value of one kind into another: borrows, views, integer conversions, moves.

use super::kind::{Int, Kind, Status};
use super::{Lower, Lowering, Role, State, Value};
use crate::rust_ir::{Precedence, Text};
use crate::source::Span;

impl Lowering<'_> {
    /// `value` as `want`, without taking ownership from a variable.
    /// What was borrowed from a slot is used where it may be NULL: the next round declares it so.
    pub(crate) fn learn_nullable(&mut self, value: &Value) {
        if let Some(id) = value.variable
            && self.variables[id].from_slot
            && let Kind::Ref(to) | Kind::Owned(to) = &self.variables[id].kind
        {
            self.learned.learn_kind(&self.variables[id].key, &Kind::OptRef(to.clone()));
        }
    }

    pub(crate) fn convert(&mut self, value: Value, want: &Kind, span: Span) -> Lower<Value> {
        self.check_live(&value, span)?;
        if value.kind == *want || value.kind == Kind::Never {
            return Ok(value);
        }
        let text = value.text.within(Precedence::Atom);
        let made = match (&value.kind, want) {
            (Kind::Never, _) => value.clone(),
            (Kind::Int(from), Kind::Int(to)) => integer(&value.text, *from, *to),
            (Kind::Bool, Kind::Int(to)) => {
                Value::atom(format!("{}::from({})", to.rust(), value.text.text), want.clone())
            }
            (Kind::Int(_), Kind::Bool) => Value::new(
                Text::new(format!("{} != 0", value.text.within(Precedence::Or)), Precedence::Compare),
                Kind::Bool,
            ),
            (Kind::Int(_), Kind::F64) => Value::new(
                Text::new(format!("{} as f64", value.text.within(Precedence::Cast)), Precedence::Cast),
                Kind::F64,
            ),
            (Kind::Ref(from), Kind::Ref(to)) => Value::atom(format!("{text}{}", view(from, to)), want.clone()),
            (Kind::Ref(from), Kind::OptRef(to)) => {
                self.learn_nullable(&value);
                Value::atom(format!("Some({}{})", value.text.text, view(from, to)), want.clone())
            }
            (Kind::OptRef(from), Kind::OptRef(to)) => {
                Value::atom(format!("{text}.map(|r| r{})", view(from, to)), want.clone())
            }
            (Kind::OptRef(from), Kind::Ref(to)) => {
                Value::atom(format!("{text}.known(){}", view(from, to)), want.clone())
            }
            (Kind::Owned(from), Kind::Ref(to)) => {
                Value::atom(format!("{text}.borrow(){}", view(from, to)), want.clone())
            }
            (Kind::Owned(from), Kind::OptRef(to)) => {
                Value::atom(format!("Some({text}.borrow(){})", view(from, to)), want.clone())
            }
            (Kind::OptOwned(from), Kind::OptRef(to)) => {
                Value::atom(format!("{text}.as_ref().map(|o| o.borrow(){})", view(from, to)), want.clone())
            }
            (Kind::OptOwned(from), Kind::Ref(to)) => {
                Value::atom(format!("{text}.as_ref().known().borrow(){}", view(from, to)), want.clone())
            }
            (Kind::Fallible(inner, _), Kind::Ref(to)) => match &**inner {
                Kind::Owned(from) => {
                    Value::atom(format!("{text}.as_ref().known().borrow(){}", view(from, to)), want.clone())
                }
                Kind::Ref(from) => Value::atom(format!("{text}.known(){}", view(from, to)), want.clone()),
                _ => return self.mismatch(&value, want, span),
            },
            (Kind::Fallible(inner, _), _) if inner.is_copy() && !matches!(**inner, Kind::Void) => {
                let known = Value {
                    text: Text::atom(format!("{text}.known()")),
                    kind: (**inner).clone(),
                    variable: None,
                    slot: None,
                };
                self.convert(known, want, span)?
            }
            (Kind::StackRef, Kind::Peek) => match (&value.slot, value.variable) {
                (Some((slots, index)), _) => Value::atom(format!("{slots}.get({index})"), Kind::Peek),
                _ => Value::new(Text::new(format!("&{text}"), Precedence::Unary), Kind::Peek),
            },
            (Kind::Frame, Kind::OptFrame) | (Kind::Handle(_), Kind::OptHandle(_)) => {
                Value::atom(format!("Some({})", value.text.text), want.clone())
            }
            (Kind::Instr, Kind::OptHandle(_)) => Value::atom(format!("Some({})", value.text.text), want.clone()),
            (Kind::OptFrame, Kind::Frame) | (Kind::OptHandle(_), Kind::Handle(_)) => {
                Value::atom(format!("{text}.known()"), want.clone())
            }
            (Kind::Null, Kind::OptRef(_) | Kind::OptOwned(_) | Kind::OptFrame | Kind::OptHandle(_)) => {
                Value::atom("None", want.clone())
            }
            (Kind::Null, Kind::Fallible(_, Status::Null)) => Value::atom("Err(Raised)", want.clone()),
            (Kind::Thread | Kind::Interp, Kind::Thread | Kind::Interp) | (Kind::Enum(_), Kind::Int(_)) => {
                Value { kind: want.clone(), ..value.clone() }
            }
            (Kind::Int(_), Kind::Fallible(_, Status::MinusOne)) if value.text.text == "0" => {
                Value::atom("Ok(())", want.clone())
            }
            (Kind::Int(_), Kind::Fallible(_, Status::MinusOne)) if value.text.text.parse::<i32>().is_ok() => {
                Value::atom("Err(Raised)", want.clone())
            }
            // The number beside out-parameters: negative is the error.
            (Kind::Int(_), Kind::Fallible(_, Status::MinusOne)) if value.text.text.ends_with("_result") => {
                let text = format!("if {} < 0 {{ Err(Raised) }} else {{ Ok(()) }}", value.text.text);
                Value::new(Text::new(text, Precedence::Statement), want.clone())
            }
            (Kind::Owned(_) | Kind::OptOwned(_), Kind::Peek) => Value::atom(format!("{text}.as_peek()"), Kind::Peek),
            (Kind::Ref(_) | Kind::OptRef(_), Kind::Peek) => Value::atom(format!("{text}.as_peek()"), Kind::Peek),
            (Kind::Slots, Kind::Array) if self.rules.objects() => Value::atom(format!("{text}.as_args()"), Kind::Array),
            (Kind::StackRef | Kind::Peek, Kind::Ref(to)) if self.rules.objects() => {
                Value::atom(format!("{text}.as_object(){}", view("PyObject", to)), want.clone())
            }
            (Kind::Array, _) | (_, Kind::Array) => return self.mismatch(&value, want, span),
            (Kind::Slots, Kind::Peek) => Value::atom(format!("{text}.get(0)"), Kind::Peek),
            // Both ways between an object and the runtime's handle for a struct of it: the runtime gives the view.
            (Kind::Ref(_), Kind::Handle(name)) => {
                Value::atom(format!("{name}::from_object({})", value.text.text), want.clone())
            }
            _ => return self.mismatch(&value, want, span),
        };
        Ok(Value { variable: None, slot: None, ..made })
    }

    /// An object borrowed from a slot that may be empty.
    pub(crate) fn borrowed_or_null(value: Value) -> Value {
        match (&value.kind, value.text.text.strip_suffix(".as_object()")) {
            (Kind::Ref(to), Some(slot)) => Value::atom(format!("{slot}.as_option()"), Kind::OptRef(to.clone())),
            _ => value,
        }
    }

    fn mismatch<T>(&self, value: &Value, want: &Kind, span: Span) -> Lower<T> {
        self.refuse("S-023", span, format!("`{}` is a {} where a {} is needed", value.text.text, value.kind, want))
    }

    /// `value` as `want`, which takes ownership.
    pub(crate) fn consume(&mut self, value: Value, want: &Kind, span: Span) -> Lower<Value> {
        self.check_live(&value, span)?;
        let variable = value.variable;
        let text = value.text.within(Precedence::Atom);
        let made = match (&value.kind, want) {
            (Kind::StackRef, Kind::StackRef) => match &value.slot {
                Some((slots, index)) => {
                    self.given.extend(self.lookup(slots));
                    Value::atom(format!("{slots}.read({index})"), Kind::StackRef)
                }
                None => value.clone(),
            },
            (Kind::Slots, Kind::StackRef) => Value::atom(format!("{text}.read(0)"), Kind::StackRef),
            (Kind::Peek, Kind::StackRef) => {
                // The variable must be held by value: the next round does so.
                if variable.is_none() {
                    return self.refuse(
                        "S-031",
                        span,
                        format!("`{}` is only looked at here, and cannot be consumed", value.text.text),
                    );
                }
                Value { kind: Kind::StackRef, ..value.clone() }
            }
            (Kind::Fallible(inner, Status::Null), Kind::StackRef) if matches!(**inner, Kind::StackRef) => {
                Value::atom(format!("{text}.unwrap_or(StackRef::NULL)"), Kind::StackRef)
            }
            (Kind::Ref(_), Kind::Owned(_) | Kind::OptOwned(_)) if self.is_object_item(variable) => {
                Value { kind: want.clone(), ..value.clone() }
            }
            (Kind::Ref(_), Kind::StackRef) if self.is_object_item(variable) => {
                Value { kind: want.clone(), ..value.clone() }
            }
            (Kind::OptRef(_), Kind::OptOwned(_)) if self.is_object_item(variable) => {
                Value { kind: want.clone(), ..value.clone() }
            }
            (Kind::Owned(_), Kind::StackRef) if self.rules.objects() => {
                Value::atom(format!("StackRef::from_owned({})", value.text.text), want.clone())
            }
            (Kind::Owned(from), Kind::Owned(to)) => Value::atom(format!("{text}{}", view(from, to)), want.clone()),
            (Kind::Owned(from), Kind::OptOwned(to)) => {
                Value::atom(format!("Some({}{})", value.text.text, view(from, to)), want.clone())
            }
            (Kind::OptOwned(from), Kind::OptOwned(to)) if from == to => value.clone(),
            (Kind::OptOwned(from), Kind::OptOwned(to)) => {
                Value::atom(format!("{text}.map(|o| o{})", view(from, to)), want.clone())
            }
            (Kind::OptOwned(from), Kind::Owned(to)) => {
                Value::atom(format!("{text}.known(){}", view(from, to)), want.clone())
            }
            (Kind::Fallible(inner, Status::Null), Kind::Owned(to)) => match &**inner {
                Kind::Owned(from) => Value::atom(format!("{text}.known(){}", view(from, to)), want.clone()),
                _ => return self.mismatch(&value, want, span),
            },
            (Kind::Fallible(inner, Status::Null), Kind::OptOwned(to)) => match &**inner {
                Kind::Owned(from) if from == to => Value::atom(format!("{text}.ok()"), want.clone()),
                Kind::Owned(from) => Value::atom(format!("{text}.ok().map(|o| o{})", view(from, to)), want.clone()),
                _ => return self.mismatch(&value, want, span),
            },
            (Kind::Fallible(a, s), Kind::Fallible(b, t)) if a == b && s == t => value.clone(),
            (Kind::Fallible(a, Status::Null), Kind::Fallible(b, Status::Null)) => match (&**a, &**b) {
                (Kind::Owned(from), Kind::Owned(to)) => {
                    Value::atom(format!("{text}.map(|o| o{})", view(from, to)), want.clone())
                }
                _ => return self.mismatch(&value, want, span),
            },
            (Kind::Owned(from), Kind::Fallible(inner, Status::Null)) => match &**inner {
                Kind::Owned(to) => Value::atom(format!("Ok({}{})", value.text.text, view(from, to)), want.clone()),
                _ => return self.mismatch(&value, want, span),
            },
            (Kind::Ref(from), Kind::Fallible(inner, Status::Null)) => match &**inner {
                Kind::Ref(to) => Value::atom(format!("Ok({}{})", value.text.text, view(from, to)), want.clone()),
                _ => return self.mismatch(&value, want, span),
            },
            _ => return self.convert(value, want, span),
        };
        if let Some(id) = variable
            && (!value.kind.is_copy()
                || matches!((&value.kind, want), (Kind::Peek, Kind::StackRef))
                || value.kind.is_copy() && !want.is_copy() && self.is_object_item(Some(id)))
        {
            self.keep_view(id);
            self.mark_moved(id);
        }
        Ok(Value { variable: None, slot: None, ..made })
    }

    /// A stack item that is an object: what the body does decides whether it holds a count.
    pub(crate) fn is_object_item(&self, variable: Option<usize>) -> bool {
        self.rules.objects() && variable.is_some_and(|id| matches!(self.variables[id].role, Role::Input(_)))
    }

    /// A view of what is given away here and looked at afterwards.
    pub(crate) fn keep_view(&mut self, id: usize) {
        let variable = &self.variables[id];
        if matches!(variable.kind, Kind::Owned(_)) && self.facts.late(&variable.key) {
            let name = variable.name.clone();
            let value = format!("{name}.borrow()");
            self.emit(crate::rust_ir::Stmt::Let { pattern: format!("{name}_ref"), value });
        }
    }

    pub(crate) fn mark_moved(&mut self, id: usize) {
        let key = self.variables[id].key.clone();
        self.learned.learn_consumed(&key);
        self.variables[id].state = State::Moved;
    }

    pub(crate) fn check_live(&self, value: &Value, span: Span) -> Lower<()> {
        let Some(id) = value.variable else { return Ok(()) };
        let variable = &self.variables[id];
        match variable.state {
            State::Live => Ok(()),
            _ if variable.kind.is_copy() && variable.role != Role::Output(0) => Ok(()),
            State::Unset if variable.kind.is_copy() => Ok(()),
            State::Unset => self.refuse("S-032", span, format!("`{}` is used before it is set", variable.name)),
            State::Moved | State::Dead => {
                self.refuse("S-031", span, format!("`{}` is used after it was consumed", variable.name))
            }
            State::Mixed => self.refuse("S-031", span, format!("`{}` was consumed on some paths only", variable.name)),
        }
    }

    /// A condition: C's truth of `value`.
    pub(crate) fn truth(&mut self, value: Value, span: Span) -> Lower<Text> {
        self.check_live(&value, span)?;
        let text = value.text.within(Precedence::Atom);
        Ok(match &value.kind {
            Kind::Bool | Kind::Never => value.text,
            Kind::Int(_) if value.text.text == "1" => Text::atom("true"),
            Kind::Int(_) => Text::new(format!("{} != 0", value.text.within(Precedence::Or)), Precedence::Compare),
            Kind::OptRef(_) | Kind::OptOwned(_) | Kind::OptFrame | Kind::OptHandle(_) => {
                Text::atom(format!("{text}.is_some()"))
            }
            Kind::Fallible(_, Status::Null | Status::Zero) => Text::atom(format!("{text}.is_ok()")),
            Kind::Fallible(_, Status::MinusOne) => Text::atom(format!("{text}.is_err()")),
            Kind::Fallible(inner, Status::Negative) => {
                let known = Value::atom(format!("{text}.known()"), (**inner).clone());
                self.truth(known, span)?
            }
            Kind::Ref(_) | Kind::Owned(_) | Kind::Handle(_) | Kind::Frame => Text::atom("true"),
            Kind::Slots => Text::atom("true"),
            other => {
                return self.refuse(
                    "S-023",
                    span,
                    format!("`{}` is a {other}, which has no truth value", value.text.text),
                );
            }
        })
    }
}

/// The method that turns a view of one object type into another's.
fn view(from: &str, to: &str) -> String {
    if from == to {
        String::new()
    } else if to == "PyObject" {
        ".upcast()".to_owned()
    } else {
        format!(".cast::<{to}>()")
    }
}

fn is_literal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with("0x") || digits.chars().all(|c| c.is_ascii_digit())
}

fn integer(text: &Text, from: Int, to: Int) -> Value {
    let kind = Kind::Int(to);
    if is_literal(&text.text) {
        return Value::new(text.clone(), kind);
    }
    if from.fits(to) {
        return Value::atom(format!("{}::from({})", to.rust(), text.text), kind);
    }
    Value::new(Text::new(format!("{} as {}", text.within(Precedence::Cast), to.rust()), Precedence::Cast), kind)
}
