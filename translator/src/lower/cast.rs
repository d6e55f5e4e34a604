//! Casts: another view of the same object, a handle, an integer.

use super::kind::{Int, Kind};
use super::{Lower, Lowering, Value};
use crate::c_ast::{CType, Expr};
use crate::rust_ir::Precedence;
use crate::source::Span;
use crate::subset::c_integer;

impl Lowering<'_> {
    pub(super) fn cast(&mut self, type_: &CType, operand: &Expr, span: Span) -> Lower<Value> {
        let value = self.expr(operand)?;
        if type_.pointers == 0 {
            if type_.name == "uintptr_t"
                && matches!(value.kind.known(), Kind::Ref(_) | Kind::Owned(_) | Kind::Handle(_))
            {
                let object = self.receiver(value, span)?;
                return Ok(Value::atom(format!("{object}.address()"), Kind::Int(Int::Usize)));
            }
            return match c_integer(&type_.name) {
                Some(kind) => self.convert(value, &kind, span),
                None => self.refuse("S-024", span, format!("cast to `{}`", type_.name)),
            };
        }
        let variable = value.variable;
        if value.kind == Kind::Never {
            return Ok(value);
        }
        // Byte arithmetic on an object: the runtime's view of its memory, and of the pointers in it.
        match (&value.kind, type_.name.as_str(), type_.pointers) {
            (Kind::Ref(_), "char", 1) => {
                return Ok(Value::atom(
                    format!("Memory::of({})", strip_upcast(&value.text.text)),
                    Kind::Handle("Memory".into()),
                ));
            }
            (Kind::Instr, "_Py_CODEUNIT", 1) => return Ok(value),
            (Kind::Handle(h), "PyObject", 2) if h == "Memory" => {
                return Ok(Value::atom(
                    format!("{}.object_slot()", value.text.within(Precedence::Atom)),
                    Kind::Handle("ObjectSlot".into()),
                ));
            }
            _ => {}
        }
        let target = match self.rules.pointer(&type_.name) {
            Some(kind) if type_.pointers == 1 => kind,
            _ => {
                return self.refuse(
                    "S-024",
                    span,
                    format!("cast to `{} {}`", type_.name, "*".repeat(type_.pointers.into())),
                );
            }
        };
        self.used_rules.insert(type_.name.clone());
        self.require_bound(&type_.name, span)?;
        // A cast keeps ownership: only the view of the object changes.
        Ok(match (&value.kind, &target) {
            (Kind::Owned(_) | Kind::OptOwned(_) | Kind::Fallible(..), Kind::Ref(to)) => {
                if variable.is_some() && matches!(value.kind.known(), Kind::Owned(_)) {
                    // The variable keeps its kind; whoever uses it casts.
                    return Ok(value);
                }
                let view = if to == "PyObject" { "upcast()".to_owned() } else { format!("cast::<{to}>()") };
                match &value.kind {
                    Kind::Owned(from) if from == to => value,
                    Kind::Owned(_) => {
                        Value::atom(format!("{}.{view}", value.text.within(Precedence::Atom)), Kind::Owned(to.clone()))
                    }
                    Kind::OptOwned(from) if from == to => value,
                    Kind::OptOwned(_) => Value::atom(
                        format!("{}.map(|o| o.{view})", value.text.within(Precedence::Atom)),
                        Kind::OptOwned(to.clone()),
                    ),
                    Kind::Fallible(inner, status) => match &**inner {
                        Kind::Owned(from) if from == to => value,
                        Kind::Owned(_) => Value::atom(
                            format!("{}.map(|o| o.{view})", value.text.within(Precedence::Atom)),
                            Kind::Fallible(Box::new(Kind::Owned(to.clone())), *status),
                        ),
                        Kind::Ref(_) => Value::atom(
                            format!("{}.map(|o| o.{view})", value.text.within(Precedence::Atom)),
                            Kind::Fallible(Box::new(Kind::Ref(to.clone())), *status),
                        ),
                        other => return self.refuse("S-024", span, format!("cast of a {other}")),
                    },
                    other => return self.refuse("S-024", span, format!("cast of a {other}")),
                }
            }
            (Kind::OptRef(_), Kind::Ref(to)) => self.convert(value, &Kind::OptRef(to.clone()), span)?,
            (Kind::Handle(_) | Kind::OptHandle(_), Kind::Ref(_)) => {
                self.refuse("S-024", span, format!("cast of a {}", value.kind))?
            }
            (Kind::Handle(from), Kind::Handle(to)) if from == to => value,
            (Kind::Instr, Kind::Handle(to)) => Value::atom(format!("{to}::at({})", value.text.text), target.clone()),
            _ => self.convert(value, &target, span)?,
        })
    }
}

pub(super) fn strip_upcast(text: &str) -> &str {
    text.strip_suffix(".upcast()").unwrap_or(text)
}
