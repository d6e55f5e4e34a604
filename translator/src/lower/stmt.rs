//! Statements.

use super::facts::Key;
use super::kind::{Int, Kind, Status};
use super::{Lower, Lowering, Role, State, Value};
use crate::c_ast::{Declarator, Expr, ExprKind, Stmt, StmtKind};
use crate::rust_ir;
use crate::source::Span;
use crate::subset::c_integer;

impl Lowering<'_> {
    pub(crate) fn statements(&mut self, statements: &[Stmt]) {
        for statement in statements {
            if self.diverged {
                return;
            }
            if let Err(error) = self.statement(statement) {
                self.errors.push(error);
            }
        }
    }

    fn statement(&mut self, statement: &Stmt) -> Lower<()> {
        match &statement.kind {
            StmtKind::Declare(declarators) => declarators.iter().try_for_each(|d| {
                self.declaration(d).inspect_err(|_| {
                    // One refusal for this name is enough: what follows may use it.
                    self.declare(
                        &d.name,
                        Key::local(&d.name, d.span.start.max(1)),
                        Kind::Never,
                        State::Live,
                        Role::Local,
                    );
                })
            }),
            StmtKind::Expression(e) => self.expression_statement(e),
            StmtKind::If { condition, then, otherwise } => {
                self.if_statement(condition, then, otherwise.as_deref(), statement.span)
            }
            StmtKind::While { condition, body } => self.while_statement(condition, body),
            StmtKind::For { init, condition, step, body } => {
                self.for_statement(init.as_deref(), condition.as_ref(), step.as_ref(), body, statement.span)
            }
            StmtKind::Block(body) => {
                let block = self.in_block(|s| s.statements(body));
                self.emit(rust_ir::Stmt::Block(block));
                Ok(())
            }
            StmtKind::Return(value) => self.return_statement(value.as_ref(), statement.span),
            StmtKind::Goto(label) => self.goto(label, statement.span),
            StmtKind::Break if self.loops == 0 && self.rules.machine().is_some() => self.exit("Done", statement.span),
            StmtKind::Break => self.refuse("S-012", statement.span, "`break` is outside the subset"),
            StmtKind::Continue => self.refuse("S-012", statement.span, "`continue` is outside the subset"),
            StmtKind::Empty => Ok(()),
        }
    }

    fn declaration(&mut self, d: &Declarator) -> Lower<()> {
        let key = Key::local(&d.name, d.span.start.max(1));
        let is_slot = d.type_.name == "_PyStackRef";
        let Some(init) = &d.init else {
            let kind = self.facts.kind(&key).cloned().unwrap_or(Kind::Null);
            let mutable = self.facts.mutable(&key);
            let id = self.declare(&d.name, key, kind, State::Unset, Role::Local);
            let name = self.variables[id].name.clone();
            self.emit(rust_ir::Stmt::Declare { name, mutable });
            return Ok(());
        };
        if is_slot && d.type_.pointers == 0 {
            return self.stackref_local(d, &key, init);
        }
        if let ExprKind::Assign { op: "", place, value } = &init.kind {
            return self.two_names(d, place, value);
        }
        let value = self.initial(d, init)?;
        self.learned.learn_kind(&key, &value.kind);
        let joined = self.facts.kind(&key).cloned();
        let want = match joined {
            Some(kind) if kind != Kind::Null => kind,
            _ => value.kind.clone(),
        };
        if value.kind.join(&want).is_none() {
            return self.refuse("S-023", d.span, format!("`{}` holds a {} and a {want}", d.name, value.kind));
        }
        let borrow = value.text.text.strip_suffix(".as_object()").map(str::to_owned);
        let value = match (&borrow, &want) {
            (Some(slot), Kind::OptRef(_)) => Value::atom(format!("{slot}.as_option()"), want.clone()),
            _ => self.consume(value, &want, init.span)?,
        };
        let mutable = if self.facts.mutable(&key) { "mut " } else { "" };
        let id = self.declare(&d.name, key, want, State::Live, Role::Local);
        self.variables[id].from_slot = borrow.is_some();
        let name = self.variables[id].name.clone();
        self.emit(rust_ir::Stmt::Let { pattern: format!("{mutable}{name}"), value: value.text.text });
        Ok(())
    }

    /// `T *owner = place = value;`: the declared variable holds the value, the other one only looks at it.
    fn two_names(&mut self, d: &Declarator, place: &Expr, value: &Expr) -> Lower<()> {
        self.declaration(&Declarator { init: Some(value.clone()), ..d.clone() })?;
        let owner = Expr { kind: ExprKind::Identifier(d.name.clone()), span: d.span };
        let held = self.expr(&owner)?;
        let look = match &held.kind {
            Kind::Owned(t) => Kind::Ref(t.clone()),
            Kind::OptOwned(t) => Kind::OptRef(t.clone()),
            other => other.clone(),
        };
        let look = self.convert(held, &look, d.span)?;
        self.assign_value(place, look, d.span)
    }

    /// The initial value, as the declared type has it: integers converted, objects viewed.
    fn initial(&mut self, d: &Declarator, init: &Expr) -> Lower<Value> {
        let mut value = self.expr(init)?;
        if d.array && value.kind == Kind::Array {
            return Ok(value);
        }
        if d.type_.pointers == 0 {
            if let (Some(declared @ (Kind::Int(_) | Kind::F64)), Kind::Int(_)) = (c_integer(&d.type_.name), &value.kind)
            {
                return self.convert(value, &declared, init.span);
            }
            if let (Some(Kind::Int(declared)), Kind::Fallible(inner, status)) = (c_integer(&d.type_.name), &value.kind)
                && let Kind::Int(i) = **inner
                && i != declared
            {
                let text =
                    format!("{}.map(|v| v as {})", value.text.within(rust_ir::Precedence::Atom), declared.rust());
                return Ok(Value::atom(text, Kind::Fallible(Box::new(Kind::Int(declared)), *status)));
            }
            if d.type_.name == "int" && matches!(value.kind, Kind::Ref(_) | Kind::OptRef(_)) {
                return self.refuse("S-023", d.span, "an object as an int");
            }
            if !self.known_type(&d.type_.name) {
                return self.refuse("S-024", d.span, format!("unknown type `{}`", d.type_.name));
            }
            return Ok(value);
        }
        if !self.known_type(&d.type_.name) {
            return self.refuse("S-024", d.span, format!("unknown type `{}`", d.type_.name));
        }
        if let (Some(Kind::Ref(declared)), Kind::Ref(from)) = (self.rules.pointer(&d.type_.name), &value.kind)
            && declared != "PyObject"
            && from == "PyObject"
        {
            value = self.convert(value, &Kind::Ref(declared), init.span)?;
        }
        Ok(value)
    }

    fn known_type(&mut self, name: &str) -> bool {
        if self.rules.type_(name).is_some() {
            self.used_rules.insert(name.to_owned());
            return true;
        }
        c_integer(name).is_some()
            || matches!(
                name,
                "_PyStackRef"
                    | "PyObject"
                    | "_PyInterpreterFrame"
                    | "_Py_CODEUNIT"
                    | "PyInterpreterState"
                    | "char"
                    | "PyThreadState"
            )
    }

    /// `_PyStackRef x = …;`: a move, a copy of a slot that will be consumed, or a mere look at it.
    fn stackref_local(&mut self, d: &Declarator, key: &Key, init: &Expr) -> Lower<()> {
        let value = self.expr(init)?;
        let consumed = self.facts.consumed(key) || self.facts.assigned(key);
        let from_slot = value.slot.is_some();
        let source = value.variable;
        let fresh = source.is_none() && !from_slot;
        let (value, kind) = if consumed || fresh {
            (self.consume(value, &Kind::StackRef, init.span)?, Kind::StackRef)
        } else {
            (self.convert(value, &Kind::Peek, init.span)?, Kind::Peek)
        };
        let role = if from_slot && kind == Kind::StackRef { Role::SlotCopy } else { Role::Local };
        let mutable = if self.facts.mutable(key) { "mut " } else { "" };
        let id = self.declare(&d.name, key.clone(), kind.clone(), State::Live, role);
        if let Some(source) = source
            && kind == Kind::StackRef
        {
            self.aliases.insert(source, id);
        }
        let name = self.variables[id].name.clone();
        self.emit(rust_ir::Stmt::Let { pattern: format!("{mutable}{name}"), value: value.text.text });
        Ok(())
    }

    fn expression_statement(&mut self, e: &Expr) -> Lower<()> {
        match &e.kind {
            ExprKind::Assign { op, place, value } => self.assign(op, place, value, e.span),
            ExprKind::Update { increment, place, .. } => self.update(*increment, place, e.span),
            ExprKind::Cast { type_, .. } if type_.name == "void" && type_.pointers == 0 => Ok(()),
            ExprKind::Call { callee, arguments } => {
                if let ExprKind::Identifier(name) = &callee.kind
                    && let Some(rule) = self.rules.call(name).cloned()
                    && rule.rust.starts_with('@')
                {
                    self.used_rules.insert(name.clone());
                    return self.primitive_statement(&rule, arguments, e.span);
                }
                let value = self.call(callee, arguments, e.span)?;
                let text = value.text.text;
                match value.kind {
                    Kind::Void if text == "()" => {}
                    Kind::Never => {
                        self.emit(rust_ir::Stmt::Expression(text));
                        self.diverged = true;
                    }
                    Kind::Handle(ref name) if name == "Exit" => self.exit_by(&text),
                    Kind::Fallible(..) => self.emit(rust_ir::Stmt::Let { pattern: "_".into(), value: text }),
                    // A status that came back beside out-parameters and is not looked at.
                    Kind::Int(_) if !text.contains('(') => {}
                    _ => self.emit(rust_ir::Stmt::Expression(text)),
                }
                Ok(())
            }
            ExprKind::Identifier(name) if self.rules.is_noop(name) => {
                self.used_rules.insert(name.clone());
                Ok(())
            }
            _ => self.refuse("S-012", e.span, "this expression statement is not understood"),
        }
    }

    fn if_statement(&mut self, condition: &Expr, then: &[Stmt], otherwise: Option<&[Stmt]>, span: Span) -> Lower<()> {
        if otherwise.is_none() && self.leaves_at_once(then) {
            return self.error_if(condition, span);
        }
        if let Some(test) = self.null_test(condition)
            && self.null_branch(&test, then, otherwise, span)?
        {
            return Ok(());
        }
        let condition = self.condition(condition)?;
        let otherwise = otherwise.unwrap_or(&[]);
        match condition.text.as_str() {
            "false" => {
                self.statements(otherwise);
                return Ok(());
            }
            "true" => {
                self.statements(then);
                return Ok(());
            }
            _ => {}
        }
        let before = self.snapshot();
        let mut then = self.in_block(|s| s.statements(then));
        let mut after_then = self.snapshot();
        self.restore(&before);
        let mut otherwise = self.in_block(|s| s.statements(otherwise));
        let mut after = self.snapshot();
        self.settle([(&mut then, &mut after_then), (&mut otherwise, &mut after)]);
        self.restore(&after);
        self.merge(&after_then);
        if then.is_empty() && otherwise.is_empty() {
            return Ok(());
        }
        if then.is_empty() {
            let condition = super::arithmetic::negate(&condition).text;
            self.emit(rust_ir::Stmt::If { condition, then: otherwise, otherwise: Vec::new() });
        } else {
            self.emit(rust_ir::Stmt::If { condition: condition.text, then, otherwise });
        }
        Ok(())
    }

    /// Whether a branch is `ERROR_NO_POP();` where that is the same as what ERROR_IF does: there is nothing left to pop.
    fn leaves_at_once(&self, then: &[Stmt]) -> bool {
        let [Stmt { kind: StmtKind::Expression(Expr { kind: ExprKind::Call { callee, .. }, .. }), .. }] = then else {
            return false;
        };
        let ExprKind::Identifier(name) = &callee.kind else { return false };
        let leaves = self.rules.call(name).is_some_and(|rule| rule.rust == "@error_no_pop");
        leaves && !self.item.is_label && !self.any_input_live()
    }

    /// A condition that asks whether a variable is NULL (or a status an error).
    pub(crate) fn null_test(&self, e: &Expr) -> Option<NullTest> {
        let variable = |e: &Expr| match &e.kind {
            ExprKind::Identifier(name) => self.lookup(name),
            _ => None,
        };
        let (id, when_null) = match &e.kind {
            ExprKind::Binary { op: op @ ("==" | "!="), left, right } if right.kind == ExprKind::Null => {
                (variable(left)?, *op == "==")
            }
            ExprKind::Unary { op: "!", operand } => {
                let id = variable(operand)?;
                match &self.variables[id].kind {
                    Kind::Fallible(_, Status::MinusOne) => (id, false),
                    Kind::Fallible(_, Status::Negative) => return None,
                    _ => (id, true),
                }
            }
            ExprKind::Identifier(_) => {
                let id = variable(e)?;
                match &self.variables[id].kind {
                    Kind::Fallible(_, Status::MinusOne) => (id, true),
                    Kind::Fallible(_, Status::Negative) => return None,
                    _ => (id, false),
                }
            }
            ExprKind::Binary { op, left, right } => {
                let id = variable(left)?;
                let Kind::Fallible(_, status) = &self.variables[id].kind else { return None };
                let right = match &right.kind {
                    ExprKind::Number(n) => n.as_str(),
                    ExprKind::Unary { op: "-", operand } if operand.kind == ExprKind::Number("1".into()) => "-1",
                    _ => return None,
                };
                match (*op, right, status) {
                    ("<", "0", _) | ("==", "-1", _) | ("!=", "0", Status::MinusOne) | ("==", "0", Status::Zero) => {
                        (id, true)
                    }
                    (">=", "0", _) | ("==", "0", Status::MinusOne) | ("!=", "0", Status::Zero) => (id, false),
                    _ => return None,
                }
            }
            // `PyStackRef_IsNull(res)` of a fallible result.
            ExprKind::Call { callee, arguments } => match (&callee.kind, arguments.as_slice()) {
                (ExprKind::Identifier(name), [argument]) if name == "PyStackRef_IsNull" => (variable(argument)?, true),
                _ => return None,
            },
            _ => return None,
        };
        let kind = &self.variables[id].kind;
        let tests = kind.nullable() && *kind != Kind::Null || matches!(kind, Kind::Fallible(..));
        (tests && self.variables[id].state == State::Live).then_some(NullTest { id, when_null })
    }

    /// `let Some(x) = x else { … }` or `if let Some(x) = x { … }` where that is what the C says.
    fn null_branch(&mut self, test: &NullTest, then: &[Stmt], otherwise: Option<&[Stmt]>, _span: Span) -> Lower<bool> {
        let variable = self.variables[test.id].clone();
        let known = variable.kind.known();
        if known == Kind::Void || self.facts.mutable(&variable.key) && !self.rebindable(test.id) {
            return Ok(false);
        }
        let constructor = if matches!(variable.kind, Kind::Fallible(..)) { "Ok" } else { "Some" };
        let pattern = format!("{constructor}({})", variable.name);
        let (null_side, known_side) = if test.when_null { (Some(then), otherwise) } else { (otherwise, Some(then)) };
        let start = self.clone();
        let before = self.snapshot();
        let mut null_block = self.in_block(|s| s.statements(null_side.unwrap_or(&[])));
        let mut after_null = self.snapshot();
        self.restore(&before);
        if after_null.diverged() && variable.depth == self.blocks.len() && self.rebindable(test.id) {
            self.emit(rust_ir::Stmt::LetElse { pattern, value: variable.name, otherwise: null_block });
            self.variables[test.id].kind = known;
            if let Some(known_side) = known_side {
                // The rest of the C `if` follows in the same block; its scope is its own.
                let block = self.in_block(|s| s.statements(known_side));
                if !block.is_empty() {
                    self.emit(rust_ir::Stmt::Block(block));
                }
            }
            return Ok(true);
        }
        let Some(known_side) = known_side else {
            *self = start;
            return Ok(false);
        };
        self.variables[test.id].kind = known.clone();
        let mut known_block = self.in_block(|s| s.statements(known_side));
        let mut after_known = self.snapshot();
        self.settle([(&mut null_block, &mut after_null), (&mut known_block, &mut after_known)]);
        self.restore(&after_known);
        let taken = known.is_copy() || self.variables[test.id].state == State::Moved;
        if !taken || !self.rebindable(test.id) {
            *self = start;
            return Ok(false);
        }
        self.merge(&after_null);
        self.variables[test.id].kind = variable.kind.clone();
        self.variables[test.id].state = if known.is_copy() { State::Live } else { State::Moved };
        self.emit(rust_ir::Stmt::IfLet { pattern, value: variable.name, then: known_block, otherwise: null_block });
        Ok(true)
    }

    /// Not assigned after this point, so that a shadowing binding can take its place.
    pub(crate) fn rebindable(&self, id: usize) -> bool {
        !self.facts.mutable(&self.variables[id].key)
    }

    fn while_statement(&mut self, condition: &Expr, body: &[Stmt]) -> Lower<()> {
        let emitted = self.blocks.last().map_or(0, Vec::len);
        let text = self.condition(condition)?;
        if self.blocks.last().map_or(0, Vec::len) != emitted {
            return self.refuse("S-012", condition.span, "a loop condition with an effect is outside the subset");
        }
        let before = self.snapshot();
        self.loops += 1;
        let body = self.in_block(|s| s.statements(body));
        self.loops -= 1;
        self.restore(&before);
        self.emit(rust_ir::Stmt::While { condition: text.text, body });
        Ok(())
    }

    fn for_statement(
        &mut self,
        init: Option<&Stmt>,
        condition: Option<&Expr>,
        step: Option<&Expr>,
        body: &[Stmt],
        span: Span,
    ) -> Lower<()> {
        let Some(StmtKind::Declare(declarators)) = init.map(|s| &s.kind) else {
            return self.refuse("S-012", span, "a `for` that declares no counter is outside the subset");
        };
        let ([d], Some(condition)) = (declarators.as_slice(), condition) else {
            return self.refuse("S-012", span, "a `for` with several counters or none is outside the subset");
        };
        let (Some(start), Some(kind)) = (&d.init, c_integer(&d.type_.name)) else {
            return self.refuse("S-012", span, "a `for` counter must be an initialised integer");
        };
        let is_counter = |e: &Expr| matches!(&e.kind, ExprKind::Identifier(n) if *n == d.name);
        let start = self.expr(start)?;
        let start = self.convert(start, &kind, span)?;
        let iterator = match (&condition.kind, step.map(|s| &s.kind)) {
            (ExprKind::Binary { op: "<", left, right }, Some(ExprKind::Update { increment: true, place, .. }))
                if is_counter(left) && is_counter(place) =>
            {
                let end = self.expr(right)?;
                let end = self.convert(end, &kind, right.span)?;
                format!("{}..{}", start.text.within(rust_ir::Precedence::Or), end.text.within(rust_ir::Precedence::Or))
            }
            (ExprKind::Binary { op: ">=", left, right }, None)
                if right.kind == ExprKind::Number("0".into())
                    && matches!(&left.kind, ExprKind::Update { increment: false, prefix: true, place } if is_counter(place)) =>
            {
                format!("(0..{}).rev()", start.text.within(rust_ir::Precedence::Or))
            }
            _ => return self.refuse("S-012", span, "this form of `for` is outside the subset"),
        };
        let before = self.snapshot();
        self.scopes.push(Vec::new());
        let id = self.declare(&d.name, Key::local(&d.name, d.span.start.max(1)), kind, State::Live, Role::Local);
        let pattern = self.variables[id].name.clone();
        self.loops += 1;
        let body = self.in_block(|s| s.statements(body));
        self.loops -= 1;
        self.scopes.pop();
        self.restore(&before);
        self.emit(rust_ir::Stmt::For { pattern, iterator, body });
        Ok(())
    }

    /// Bodies return only to leave the interpreter: with the result of the outermost frame, or NULL.
    fn return_statement(&mut self, value: Option<&Expr>, span: Span) -> Lower<()> {
        let value = match value {
            Some(e) => self.expr(e)?,
            None => Value::atom("None", Kind::Null),
        };
        // NULL is what the thread gives when nothing was set.
        if value.kind == Kind::Null {
            return self.exit("Return", span);
        }
        let value = self.consume(value, &Kind::Owned(Kind::object()), span)?;
        self.learned.learn_read(super::facts::Register::Thread);
        self.emit(rust_ir::Stmt::Expression(format!("thread.set_result({})", value.text.text)));
        self.exit("Return", span)
    }

    /// An expression of a stack effect, as an integer.
    pub(crate) fn integer_text(&mut self, text: &str, want: Int, span: Span) -> Lower<Value> {
        let statements =
            crate::c_ast::parse_body(&format!("{{ {text}; }}"), span.file, span.start).map_err(|mut e| e.remove(0))?;
        match statements.first().map(|s| &s.kind) {
            Some(StmtKind::Expression(e)) => {
                let value = self.expr(e)?;
                self.convert(value, &Kind::Int(want), span)
            }
            _ => self.refuse("S-023", span, format!("size `{text}` is not understood")),
        }
    }
}

pub(crate) struct NullTest {
    pub(crate) id: usize,
    /// The condition holds when the variable is NULL.
    pub(crate) when_null: bool,
}
