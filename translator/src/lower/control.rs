//! The primitives that rules name with `@`: the definition language's own macros, and reference counting.

use super::facts::Register;
use super::kind::{Int, Kind};
use super::signature::InputMode;
use super::{Lower, Lowering, Role, State, Value};
use crate::c_ast::{Expr, ExprKind};
use crate::rust_ir::{Precedence, Stmt};
use crate::source::Span;
use crate::subset::CallRule;

impl Lowering<'_> {
    pub(crate) fn primitive_statement(&mut self, rule: &CallRule, arguments: &[Expr], span: Span) -> Lower<()> {
        let first = || {
            arguments.first().ok_or_else(|| {
                crate::diagnostics::Diagnostic::new("S-027", span, format!("`{}` needs an argument", rule.c))
            })
        };
        match rule.rust.as_str() {
            "@error_if" => self.error_if(first()?, span),
            "@deopt_if" | "@exit_if" => {
                let condition = self.condition(first()?)?;
                self.exit_if(&condition.text, "Deopt", span)
            }
            "@error_no_pop" => self.error_no_pop(span),
            "@dispatch" => {
                self.sync(span)?;
                self.exit("Dispatch", span)
            }
            "@dispatch_same_oparg" => self.exit("DispatchSameOparg", span),
            "@dispatch_goto" => self.exit("DispatchGoto", span),
            "@dispatch_inlined" => self.dispatch_inlined(first()?, span),
            "@jump_to_label" | "@goto_label" => match &first()?.kind {
                ExprKind::Identifier(label) => self.goto(label, span),
                _ => self.refuse("S-028", span, "the label is not a name"),
            },
            "@dead" => self.dead(first()?, span),
            "@inputs_dead" => {
                for index in 0..self.item.inputs.len() {
                    self.input_dead(index, false, span)?;
                }
                Ok(())
            }
            "@decref_inputs" => self.close_inputs(span),
            "@sync_sp" => self.sync(span),
            // A call between the two may run code; the arm stored the stack pointer before the body.
            "@save_stack" if !self.changes_stack() => Ok(()),
            "@reload_stack" if !self.changes_stack() => Ok(()),
            "@save_stack" => {
                self.sync(span)?;
                let frame = self.read_register(Register::Frame);
                let frame = self.receiver(frame, span)?;
                let sp = self.read_register(Register::StackPointer).text.text;
                self.emit(Stmt::Expression(format!("{frame}.set_stack_pointer({sp})")));
                Ok(())
            }
            "@reload_stack" | "@load_sp" => {
                let frame = self.read_register(Register::Frame);
                let frame = self.receiver(frame, span)?;
                self.learned.learn_written(Register::StackPointer);
                self.emit(Stmt::Expression(format!("*stack_pointer = {frame}.stack_pointer()")));
                Ok(())
            }
            "@load_ip" => {
                let offset = self.expr(first()?)?;
                let offset = self.convert(offset, &Kind::Int(Int::Isize), span)?;
                let frame = self.read_register(Register::Frame);
                let frame = self.receiver(frame, span)?;
                self.learned.learn_written(Register::NextInstr);
                self.emit(Stmt::Expression(format!("*next_instr = {frame}.instr_ptr().add({})", offset.text.text)));
                Ok(())
            }
            "@jumpby" | "@skip_over" => {
                let by = self.expr(first()?)?;
                let by = self.convert(by, &Kind::Int(Int::Isize), span)?;
                self.learned.learn_written(Register::NextInstr);
                self.emit(Stmt::Expression(format!("*next_instr = next_instr.add({})", by.text.text)));
                Ok(())
            }
            "@instrumented_jump" => self.instrumented_jump(arguments, span),
            "@stackrefs_to_pyobjects" => self.objects_of_slots(arguments, span),
            "@stackrefs_to_pyobjects_cleanup" | "@nothing" => Ok(()),
            "@close" | "@xclose" => {
                let value = self.expr(first()?)?;
                let value = self.consume(value, &Kind::StackRef, span)?;
                self.emit(Stmt::Expression(format!("drop({})", value.text.text)));
                Ok(())
            }
            "@check_eval_breaker" => {
                self.learned.learn_read(Register::Thread);
                self.exit_if("eval::handle_breaker(thread).is_err()", "Error", span)
            }
            "@setlocal" => {
                let [index, value] = arguments else {
                    return self.refuse("S-027", span, format!("`{}` takes two arguments", rule.c));
                };
                let value = self.expr(value)?;
                let value = self.consume(value, &Kind::OptOwned(Kind::object()), span)?;
                let index = self.expr(index)?;
                let index = self.convert(index, &Kind::Int(Int::Isize), span)?;
                let frame = self.read_register(Register::Frame);
                let frame = self.receiver(frame, span)?;
                let text = format!("{frame}.locals_plus().replace({}, {})", index.text.text, value.text.text);
                self.emit(Stmt::Expression(text));
                Ok(())
            }
            "@decref" | "@xdecref" => self.decref(first()?, span),
            "@incref" => self.incref(first()?, span),
            "@clear" => self.assign_value(first()?, Value::atom("None", Kind::Null), span),
            "@store" | "@setref" | "@xsetref" => {
                let [place, value] = arguments else {
                    return self.refuse("S-027", span, format!("`{}` takes two arguments", rule.c));
                };
                let value = self.expr(value)?;
                self.assign_value(place, value, span)
            }
            _ => {
                let value = self.primitive_value(rule, arguments, span)?;
                if value.kind == Kind::Void || value.text.text == "()" {
                    return Ok(());
                }
                self.emit(Stmt::Expression(value.text.text));
                Ok(())
            }
        }
    }

    pub(crate) fn primitive_value(&mut self, rule: &CallRule, arguments: &[Expr], span: Span) -> Lower<Value> {
        self.used_rules.insert(rule.c.clone());
        match (rule.rust.as_str(), arguments) {
            ("@identity", [value]) => self.expr(value),
            ("@instruction_size", _) => match self.item.instruction_size {
                Some(size) => Ok(Value::atom(size.to_string(), Kind::Int(Int::I32))),
                None => self.refuse("S-028", span, "the size of the instruction is not one number"),
            },
            ("@getlocal", [index]) => {
                let index = self.expr(index)?;
                let index = self.convert(index, &Kind::Int(Int::Isize), span)?;
                let objects = self.rules.objects();
                let (slots, kind) = match self.rules.machine().cloned() {
                    Some(machine) if !objects => {
                        self.read_variable(&machine.locals_of);
                        (machine.locals, machine.item)
                    }
                    _ => {
                        let frame = self.read_register(Register::Frame);
                        (format!("{}.locals_plus()", self.receiver(frame, span)?), Kind::StackRef)
                    }
                };
                let text = format!("{slots}.get({})", index.text.text);
                let (text, kind) =
                    if objects { (format!("{text}.as_object()"), Kind::Ref(Kind::object())) } else { (text, kind) };
                Ok(Value { slot: Some((slots, index.text.text)), ..Value::atom(text, kind) })
            }
            ("@instr_offset", _) => {
                let next = self.read_register(Register::NextInstr);
                let next = self.receiver(next, span)?;
                let frame = self.read_register(Register::Frame);
                let frame = self.receiver(frame, span)?;
                Ok(Value::new(
                    crate::rust_ir::Text::new(
                        format!("{next}.offset_from({frame}.bytecode()) as i32"),
                        Precedence::Cast,
                    ),
                    Kind::Int(Int::I32),
                ))
            }
            ("@conversion_failed" | "@false", _) => Ok(Value::atom("false", Kind::Bool)),
            ("@true", _) => Ok(Value::atom("true", Kind::Bool)),
            (frame_value, []) => {
                // `@frame.globals`: a value of the present frame.
                let Some(method) = frame_value.strip_prefix("@frame.") else {
                    return self.refuse("S-028", span, format!("primitive `{frame_value}` is not known here"));
                };
                let frame = self.read_register(Register::Frame);
                let frame = self.receiver(frame, span)?;
                Ok(Value::atom(format!("{frame}.{method}()"), rule.returns.0.clone()))
            }
            (primitive, _) => self.refuse("S-028", span, format!("primitive `{primitive}` is not known here")),
        }
    }

    /// `STACKREFS_TO_PYOBJECTS(slots, count, name)` declares `name`: a view of the slots as objects.
    fn objects_of_slots(&mut self, arguments: &[Expr], span: Span) -> Lower<()> {
        let [slots, count, name] = arguments else { return self.refuse("S-027", span, "three arguments are needed") };
        let ExprKind::Identifier(name) = &name.kind else {
            return self.refuse("S-028", span, "the array is not a name");
        };
        let slots = self.expr(slots)?;
        let slots = self.convert(slots, &Kind::Slots, span)?;
        let count = self.expr(count)?;
        let count = self.convert(count, &Kind::Int(Int::Usize), span)?;
        let key = super::Key::local(name, span.start.max(1));
        let id = self.declare(name, key, Kind::Array, State::Live, Role::Local);
        let pattern = self.variables[id].name.clone();
        self.emit(Stmt::Let {
            pattern,
            value: format!("{}.objects({})", slots.text.within(Precedence::Atom), count.text.text),
        });
        Ok(())
    }

    /// Whether the stack pointer is another one after a reload: the body goes to another frame, or it is a label,
    /// which works on the frame's.
    fn changes_stack(&self) -> bool {
        self.item.is_label || self.facts.writes(Register::Frame)
    }

    fn decref(&mut self, argument: &Expr, span: Span) -> Lower<()> {
        let value = self.expr(argument)?;
        if let Some(id) = value.variable
            && self.is_object_item(Some(id))
        {
            self.check_live(&value, span)?;
            self.keep_view(id);
            self.emit(Stmt::Expression(format!("drop({})", value.text.text)));
            self.mark_moved(id);
            return Ok(());
        }
        let kind = value.kind.clone();
        let text = value.text.within(Precedence::Atom);
        match kind.known() {
            Kind::Owned(t) => {
                let want = if matches!(kind, Kind::Owned(_)) { Kind::Owned(t) } else { kind };
                let value = self.consume(value, &want, span)?;
                self.emit(Stmt::Expression(format!("drop({})", value.text.text)));
            }
            // The count that a slot or field held, which C overwrote before.
            Kind::Ref(_) if matches!(kind, Kind::OptRef(_)) => self.emit(Stmt::IfLet {
                pattern: "Some(old)".into(),
                value: text,
                then: vec![Stmt::Expression("old.release()".into())],
                otherwise: Vec::new(),
            }),
            Kind::Ref(_) => self.emit(Stmt::Expression(format!("{text}.release()"))),
            other => return self.refuse("S-023", span, format!("a reference count of a {other}")),
        }
        Ok(())
    }

    /// From here on the body holds a count of its own.
    fn incref(&mut self, argument: &Expr, span: Span) -> Lower<()> {
        let value = self.expr(argument)?;
        if let Some(id) = value.variable
            && self.rules.objects()
            && matches!(self.variables[id].role, Role::Output(_))
        {
            // Its count was taken when it was set.
            let key = self.variables[id].key.clone();
            self.learned.learn_increfed(&key);
            return Ok(());
        }
        let (Some(id), Kind::Ref(t)) = (value.variable, value.kind.clone()) else {
            return self.refuse("S-023", span, "Py_INCREF of something other than a borrowed variable");
        };
        let name = self.variables[id].name.clone();
        self.emit(Stmt::Let { pattern: name.clone(), value: format!("{name}.to_owned()") });
        self.variables[id].kind = Kind::Owned(t);
        Ok(())
    }

    fn dead(&mut self, argument: &Expr, span: Span) -> Lower<()> {
        let ExprKind::Identifier(name) = &argument.kind else {
            return self.refuse("S-028", span, "DEAD of something other than a name");
        };
        let Some(id) = self.lookup(name) else {
            return self.refuse("S-020", argument.span, format!("unknown name `{name}`"));
        };
        self.variable_dead(id);
        Ok(())
    }

    /// Nothing of this variable needs closing: it was moved elsewhere, or holds no count.
    fn variable_dead(&mut self, id: usize) {
        if self.variables[id].kind == Kind::StackRef && self.variables[id].state == State::Live {
            self.variables[id].state = State::Dead;
        } else if self.variables[id].state != State::Dead {
            self.variables[id].state = State::Moved;
        }
    }

    /// `DECREF_INPUTS()`, in the order of CPython's generator (`Storage.close_inputs`): from the top down; but where an
    /// output is there by now, which takes the place of the lowest input, that one first.
    fn close_inputs(&mut self, span: Span) -> Lower<()> {
        let live = |s: &Self, index: usize| {
            let input = &s.item.inputs[index];
            let id = s.lookup(&input.name);
            input.name != "unused" && id.is_some_and(|id| s.variables[id].state != State::Moved)
        };
        let output = self.variables.iter().any(|v| matches!(v.role, Role::Output(_)) && v.state == State::Live);
        let lowest = (0..self.item.inputs.len()).find(|i| live(self, *i)).filter(|_| output);
        for index in lowest.into_iter().chain((0..self.item.inputs.len()).rev()) {
            self.input_dead(index, true, span)?;
        }
        Ok(())
    }

    fn input_dead(&mut self, index: usize, close: bool, span: Span) -> Lower<()> {
        let input = &self.item.inputs[index];
        if input.name == "unused" || self.is_kept(index) {
            return Ok(());
        }
        let Some(id) = self.lookup(&input.name) else { return Ok(()) };
        match self.variables[id].state {
            State::Moved | State::Dead => return Ok(()),
            State::Mixed => {
                return self.refuse("S-031", span, format!("`{}` was consumed on some paths only", input.name));
            }
            State::Live | State::Unset => {}
        }
        if !close {
            self.variable_dead(id);
            return Ok(());
        }
        let name = self.variables[id].name.clone();
        match self.input_mode(index) {
            InputMode::Slots => {
                let key = self.variables[id].key.clone();
                self.learned.learn_used(&key);
                let size = input.size.clone().unwrap_or_else(|| "1".to_owned());
                let size = self.integer_text(&size, Int::Isize, span)?;
                self.emit(Stmt::Expression(format!("{name}.close({})", size.text.text)));
                self.variables[id].state = State::Moved;
            }
            InputMode::Typed(_) if self.is_object_item(Some(id)) => {
                self.keep_view(id);
                self.emit(Stmt::Expression(format!("drop({name})")));
                self.mark_moved(id);
            }
            InputMode::Typed(_) => self.variables[id].state = State::Moved,
            InputMode::Peek | InputMode::Value => {
                self.emit(Stmt::Expression(format!("drop({name})")));
                self.mark_moved(id);
            }
        }
        Ok(())
    }

    /// Pops the consumed inputs: from here on the stack pointer is right.
    pub(crate) fn sync(&mut self, span: Span) -> Lower<()> {
        if self.synced {
            return Ok(());
        }
        self.synced = true;
        let mut count = 0;
        let mut sizes = Vec::new();
        for index in 0..self.item.inputs.len() {
            let input = &self.item.inputs[index];
            if self.is_kept(index) || input.type_.is_some() {
                continue;
            }
            if let Some(id) = self.lookup(&input.name)
                && self.variables[id].state == State::Live
                && self.variables[id].kind == Kind::StackRef
                && !self.item.is_label
            {
                let name = input.name.clone();
                return self.refuse(
                    "S-033",
                    span,
                    format!("`{name}` is still live where the stack pointer is synchronised"),
                );
            }
            match &input.size {
                None => count += 1,
                Some(size) => {
                    let size = size.clone();
                    sizes.push(self.integer_text(&size, Int::Usize, span)?.text.within(Precedence::Sum));
                }
            }
        }
        if count > 0 {
            sizes.push(count.to_string());
        }
        if sizes.is_empty() {
            return Ok(());
        }
        self.learned.learn_read(Register::StackPointer);
        self.learned.learn_written(Register::StackPointer);
        self.emit(Stmt::Expression(format!("stack_pointer.shrink({})", sizes.join(" + "))));
        Ok(())
    }

    pub(crate) fn sync_at_end(&mut self) {
        if self.facts.writes(Register::StackPointer)
            && let Err(e) = self.sync(self.item.span)
        {
            self.errors.push(e);
        }
    }
}
