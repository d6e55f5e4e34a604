//! Leaving a body: by an error, a guard, a jump to a label, another frame; and what stays on the stack then.

use super::facts::Register;
use super::kind::Kind;
use super::{Lower, Lowering, Role, State};
use crate::c_ast::Expr;
use crate::rust_ir::{Precedence, Stmt};
use crate::source::Span;

impl Lowering<'_> {
    pub(crate) fn error_if(&mut self, condition: &Expr, span: Span) -> Lower<()> {
        if let Some(test) = self.null_test(condition)
            && test.when_null
            && !self.must_leave()
            && !self.facts.writes(Register::StackPointer)
            && matches!(self.variables[test.id].kind, Kind::Fallible(..))
        {
            let variable = self.variables[test.id].clone();
            let known = variable.kind.known();
            if known == Kind::Void {
                self.note_exit("Error");
                self.emit(Stmt::Expression(format!("{}?", variable.name)));
                return Ok(());
            }
            if variable.depth == self.blocks.len() && self.rebindable(test.id) {
                self.note_exit("Error");
                self.emit(Stmt::Let { pattern: variable.name.clone(), value: format!("{}?", variable.name) });
                self.variables[test.id].kind = known;
                return Ok(());
            }
        }
        if let Some(test) = self.null_test(condition)
            && test.when_null
            && self.variables[test.id].depth == self.blocks.len()
            && self.rebindable(test.id)
            && self.variables[test.id].kind.known() != Kind::Void
        {
            let variable = self.variables[test.id].clone();
            let constructor = if matches!(variable.kind, Kind::Fallible(..)) { "Ok" } else { "Some" };
            let before = self.snapshot();
            let otherwise = self.in_block(|s| {
                if let Err(e) = s.exit("Error", span) {
                    s.errors.push(e);
                }
            });
            self.restore(&before);
            self.emit(Stmt::LetElse {
                pattern: format!("{constructor}({})", variable.name),
                value: variable.name,
                otherwise,
            });
            self.variables[test.id].kind = variable.kind.known();
            return Ok(());
        }
        let condition = self.condition(condition)?;
        self.exit_if(&condition.text, "Error", span)
    }

    pub(super) fn exit_if(&mut self, condition: &str, exit: &'static str, span: Span) -> Lower<()> {
        match condition {
            "false" => return Ok(()),
            "true" => return self.exit(exit, span),
            _ => {}
        }
        let before = self.snapshot();
        let mut result = Ok(());
        let then = self.in_block(|s| result = s.exit(exit, span));
        result?;
        self.restore(&before);
        self.emit(Stmt::If { condition: condition.to_owned(), then, otherwise: Vec::new() });
        Ok(())
    }

    /// Leaves by an exit that the runtime chooses.
    pub(crate) fn exit_by(&mut self, text: &str) {
        self.leave_live();
        self.note_exit("Other");
        self.emit(Stmt::Return(format!("Err({text})")));
        self.diverged = true;
    }

    fn note_exit(&mut self, name: &'static str) {
        self.learned.exits = true;
        self.learned.exit_names.insert(name);
    }

    /// Something that the body holds by value lies on the stack still, and must stay there when the body is left.
    fn must_leave(&self) -> bool {
        self.variables.iter().any(|v| {
            v.holds_a_count()
                && matches!(v.state, State::Live | State::Dead)
                && matches!(v.role, Role::Input(_) | Role::SlotCopy)
        })
    }

    /// Leaves the body: what is still on the stack stays there.
    pub(crate) fn exit(&mut self, name: &'static str, span: Span) -> Lower<()> {
        if name == "Error" && self.facts.writes(Register::StackPointer) {
            self.sync(span)?;
        }
        self.leave_live();
        self.note_exit(name);
        self.emit(Stmt::Return(format!("Err(Exit::{name})")));
        self.diverged = true;
        Ok(())
    }

    /// What is still on the stack stays there.
    fn leave_live(&mut self) {
        let left: Vec<String> = self
            .variables
            .iter()
            .filter(|v| {
                let left = v.state == State::Live && matches!(v.role, Role::Input(_) | Role::SlotCopy);
                v.holds_a_count() && (left || v.state == State::Dead)
            })
            .map(|v| v.name.clone())
            .collect();
        for variable in left {
            self.emit(Stmt::Expression(format!("{variable}.leave()")));
        }
    }

    pub(crate) fn goto(&mut self, label: &str, span: Span) -> Lower<()> {
        let name = match label {
            "error" => "ErrorNoPop",
            "exception_unwind" => "ExceptionUnwind",
            "exit_unwind" => "ExitUnwind",
            "start_frame" => "StartFrame",
            _ => return self.refuse("S-028", span, format!("unknown label `{label}`")),
        };
        if name == "ErrorNoPop" {
            return self.error_no_pop(span);
        }
        if !self.item.is_label {
            // What is still live stays for the handler to pop.
            if !self.any_input_live() {
                self.sync(span)?;
            }
            let frame = self.read_register(Register::Frame);
            let frame = self.receiver(frame, span)?;
            let sp = self.read_register(Register::StackPointer).text.text;
            self.emit(Stmt::Expression(format!("{frame}.set_stack_pointer({sp})")));
        }
        self.exit(name, span)
    }

    /// Leaves for `error` without a pop of its own. What the body has consumed by then is off C's stack already.
    pub(super) fn error_no_pop(&mut self, span: Span) -> Lower<()> {
        if self.item.is_label || self.any_input_live() {
            self.exit("ErrorNoPop", span)
        } else {
            self.exit("Error", span)
        }
    }

    /// Whether an input that the body consumes is still to be closed.
    pub(crate) fn any_input_live(&self) -> bool {
        (0..self.item.inputs.len()).any(|i| {
            let id = self.lookup(&self.item.inputs[i].name);
            !self.is_kept(i)
                && id.is_some_and(|id| self.variables[id].state == State::Live && !self.given.contains(&id))
        })
    }

    pub(super) fn dispatch_inlined(&mut self, new_frame: &Expr, span: Span) -> Lower<()> {
        let value = self.expr(new_frame)?;
        let value = self.convert(value, &Kind::Frame, span)?;
        self.sync(span)?;
        let frame = self.read_register(Register::Frame);
        let frame = self.receiver(frame, span)?;
        let sp = self.read_register(Register::StackPointer).text.text;
        self.learned.learn_written(Register::Frame);
        self.learned.learn_read(Register::Thread);
        self.emit(Stmt::Expression(format!("{frame}.set_stack_pointer({sp})")));
        self.emit(Stmt::Expression(format!("*frame = {}", value.text.text)));
        self.emit(Stmt::Expression(format!("thread.set_current_frame({})", value.text.text)));
        self.exit("StartFrame", span)
    }

    pub(super) fn instrumented_jump(&mut self, arguments: &[Expr], span: Span) -> Lower<()> {
        let [source, target, event] = arguments else {
            return self.refuse("S-027", span, "three arguments are needed");
        };
        let source = self.expr(source)?;
        let target = self.expr(target)?;
        let event = self.expr(event)?;
        self.learned.learn_read(Register::Thread);
        self.learned.learn_read(Register::ThisInstr);
        let frame = self.read_register(Register::Frame).text.text;
        self.learned.learn_written(Register::NextInstr);
        let target_text = target.text.within(Precedence::Atom);
        let value = format!(
            "instrument::jump(thread, {frame}, this_instr, {}, {}, {target_text})",
            event.text.text, source.text.text
        );
        let before = self.snapshot();
        let mut result = Ok(());
        let otherwise = self.in_block(|s| {
            s.emit(Stmt::Expression(format!("*next_instr = {}.add(1)", target_text)));
            // What is only dead is on C's stack still; what was closed is not.
            let dead = s.variables.iter().any(|v| {
                let closed = v.kind != Kind::Peek || s.learned.consumed(&v.key);
                let only_dead = v.state == State::Dead || v.state == State::Moved && !closed;
                only_dead && matches!(v.role, Role::Input(_))
            });
            result = if dead { s.exit("ErrorNoPop", span) } else { s.error_no_pop(span) };
        });
        result?;
        self.restore(&before);
        self.emit(Stmt::IfLet {
            pattern: "Ok(jumped)".into(),
            value,
            then: vec![Stmt::Expression("*next_instr = jumped".into())],
            otherwise,
        });
        Ok(())
    }
}
