//! What a body's Rust function takes and gives: what the harness must pass and store.

use super::facts::Register;
use super::kind::Kind;
use super::{Lowering, Role, State};
use crate::rust_ir::{Stmt, assigned_in, mentioned_in};
use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputMode {
    /// `&StackRef`: looked at where it lies.
    Peek,
    /// `StackRef`: moved off the stack, or left on it by an exit that does not consume.
    Value,
    /// `SlotPtr` to the first of several.
    Slots,
    /// A Rust value handed over by the part before.
    Typed(Kind),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub name: String,
    /// Index into the uop's inputs.
    pub index: usize,
    pub mode: InputMode,
    pub mutable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub name: String,
    /// Index into the uop's outputs.
    pub index: usize,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameter {
    Register {
        register: Register,
        written: bool,
        /// Where it is another than the interpreter's.
        kind: Option<Kind>,
    },
    /// A further variable of the machine.
    Variable {
        name: String,
        kind: Kind,
        written: bool,
    },
    /// The name and the index among the uop's caches.
    Cache {
        name: String,
        index: usize,
        kind: Kind,
    },
    Input(Input),
    /// `SlotPtr` to where a sized output goes.
    OutputSlots {
        name: String,
        index: usize,
        kind: Kind,
    },
}

#[derive(Clone, Debug)]
pub struct Signature {
    pub parameters: Vec<Parameter>,
    /// What the function gives back, deepest first.
    pub outputs: Vec<Output>,
    /// It returns `Result<_, Exit>`.
    pub fallible: bool,
    /// It pops what it consumes from the stack pointer itself.
    pub owns_stack_pointer: bool,
    /// It never comes back by its end: the result type is `Exit` alone.
    pub diverges: bool,
    pub exits: BTreeSet<&'static str>,
}

impl Signature {
    /// Drops parameters that the finished body does not look at, but for inputs that it holds: those end with it.
    pub(crate) fn keep_what_is_used(&mut self, body: &mut [Stmt]) {
        self.parameters.retain_mut(|parameter| match parameter {
            Parameter::Input(input) => {
                // What C overwrites in its slot without a look holds no count: the new value is another variable.
                let replaced = input.mutable && bind_replacement(body, &input.name);
                input.mutable &= assigned_in(body, &input.name);
                !replaced && (input.mode == InputMode::Value || mentioned_in(body, &input.name))
            }
            Parameter::OutputSlots { name, .. } | Parameter::Cache { name, .. } | Parameter::Variable { name, .. } => {
                mentioned_in(body, name)
            }
            Parameter::Register { register, .. } => mentioned_in(body, register.name()),
        });
    }

    pub fn return_type(&self) -> String {
        let kinds: Vec<String> = self.outputs.iter().map(|o| o.kind.rust()).collect();
        let value = match kinds.as_slice() {
            [] => "()".to_owned(),
            [one] => one.clone(),
            many => format!("({})", many.join(", ")),
        };
        if self.fallible { format!("Result<{value}, Exit>") } else { value }
    }
}

/// Turns the assignment with which a body begins to use `name` into a binding.
fn bind_replacement(body: &mut [Stmt], name: &str) -> bool {
    let Some(at) = body.iter().position(|s| mentioned_in(std::slice::from_ref(s), name)) else { return false };
    let (head, rest) = body.split_at_mut(at + 1);
    let Some(first) = head.last_mut() else { return false };
    let Stmt::Assign { name: assigned, value } = first else { return false };
    if assigned != name || mentioned_in(&[Stmt::Expression(value.clone())], name) {
        return false;
    }
    let mutable = if assigned_in(rest, name) { "mut " } else { "" };
    *first = Stmt::Let { pattern: format!("{mutable}{name}"), value: value.clone() };
    true
}

impl Lowering<'_> {
    pub(crate) fn signature(&self) -> Signature {
        use Register::{Frame, NextInstr, Oparg, Opcode, PrevInstr, StackPointer, ThisInstr, Thread};
        let mut parameters = Vec::new();
        for register in [Thread, Frame, NextInstr, ThisInstr, PrevInstr, StackPointer, Opcode, Oparg] {
            if self.learned.reads(register) {
                let kind = self.rules.variable(super::expr::register_name(register)).cloned();
                parameters.push(Parameter::Register { register, written: self.learned.writes(register), kind });
            }
        }
        for (name, written) in self.learned.variables() {
            if let Some(kind) = self.rules.variable(name) {
                parameters.push(Parameter::Variable { name: self.rust_name(name), kind: kind.clone(), written });
            }
        }
        for (index, cache) in self.item.caches.iter().enumerate() {
            if let Some(id) =
                self.variables.iter().position(|v| v.role == Role::Machine && v.name == self.rust_name(&cache.name))
                && self.learned.assigned(&self.variables[id].key)
            {
                let kind = self.variables[id].kind.clone();
                parameters.push(Parameter::Cache { name: self.variables[id].name.clone(), index, kind });
            }
        }
        for (index, input) in self.item.inputs.iter().enumerate() {
            if input.name == "unused" {
                continue;
            }
            let key = super::Key::stack(&input.name);
            let looked_at = matches!(self.input_mode(index), InputMode::Peek | InputMode::Slots)
                || self.rules.machine().is_some() && input.type_.is_none();
            let untouched = !self.learned.used(&key) && !self.learned.assigned(&key) && !self.learned.consumed(&key);
            if looked_at && untouched {
                continue;
            }
            let mutable = self.learned.mutable(&key);
            let input = Input { name: self.rust_name(&input.name), index, mode: self.input_mode(index), mutable };
            parameters.push(Parameter::Input(input));
        }
        for (index, output) in self.item.outputs.iter().enumerate() {
            let known = self.item.inputs.iter().any(|i| i.name == output.name);
            if output.size.is_some() && output.name != "unused" && !known {
                let kind = self.items_kind();
                parameters.push(Parameter::OutputSlots { name: self.rust_name(&output.name), index, kind });
            }
        }
        Signature {
            parameters,
            outputs: self.returned(),
            fallible: self.learned.exits,
            owns_stack_pointer: self.learned.writes(StackPointer),
            diverges: !self.learned.returns,
            exits: self.learned.exit_names.clone(),
        }
    }

    /// The outputs that the function returns: those not in slots, and inputs that stay but were replaced.
    pub(crate) fn returned(&self) -> Vec<Output> {
        let mut outputs = Vec::new();
        for (index, output) in self.item.outputs.iter().enumerate() {
            if output.name == "unused" || output.size.is_some() {
                continue;
            }
            let kind = self.output_kind(output);
            let input = self.item.inputs.iter().position(|i| i.name == output.name);
            let unchanged = input.is_some_and(|i| {
                let assigned = self.facts.assigned(&super::Key::stack(&self.item.inputs[i].name));
                self.is_kept(i) && i == index && self.input_mode(i) != InputMode::Value && !assigned
            });
            if !unchanged {
                outputs.push(Output { name: self.rust_name(&output.name), index, kind });
            }
        }
        outputs
    }

    /// The end of the body: gives the outputs.
    pub(crate) fn end_of_body(&mut self) {
        self.learned.returns = true;
        self.sync_at_end();
        let outputs = self.returned();
        let mut texts = Vec::new();
        for output in &outputs {
            let id = self.lookup(&output.name);
            let live = id.is_some_and(|id| matches!(self.variables[id].state, State::Live));
            // After another refusal this one would only follow from it.
            if !live && self.errors.is_empty() {
                let message = format!("output `{}` is not set on every path to the end", output.name);
                self.errors.push(crate::diagnostics::Diagnostic::new("S-034", self.item.span, message));
            }
            if self.rules.objects()
                && live
                && let Some(id) = id
            {
                texts.push(self.object_result(id, &output.kind));
            } else {
                texts.push(output.name.clone());
            }
            if let Some(id) = id {
                let key = self.variables[id].key.clone();
                if matches!(self.variables[id].role, Role::Input(_)) {
                    self.learned.learn_consumed(&key);
                }
                self.variables[id].state = State::Moved;
            }
        }
        self.require_consumed();
        let dead: Vec<usize> =
            (0..self.variables.len()).filter(|id| self.variables[*id].state == State::Dead).collect();
        self.forget(&dead);
        let names: Vec<&str> = texts.iter().map(String::as_str).collect();
        let value = match names.as_slice() {
            [] => "()".to_owned(),
            [one] => (*one).to_owned(),
            many => format!("({})", many.join(", ")),
        };
        let tail = if self.facts.exits {
            format!("Ok({value})")
        } else if names.is_empty() {
            return;
        } else {
            value
        };
        self.emit(crate::rust_ir::Stmt::Tail(tail));
    }

    /// A variable as the result that it is.
    fn object_result(&mut self, id: usize, kind: &Kind) -> String {
        let variable = &self.variables[id];
        let value =
            super::Value { variable: Some(id), ..super::Value::atom(variable.name.clone(), variable.kind.clone()) };
        match self.consume(value, kind, self.item.span) {
            Ok(value) => value.text.text,
            Err(error) => {
                self.errors.push(error);
                String::new()
            }
        }
    }

    fn require_consumed(&mut self) {
        if self.rules.objects() {
            for variable in &mut self.variables {
                // Popped without a look at its count.
                if variable.holds_a_count() && variable.state == State::Live && matches!(variable.role, Role::Input(_))
                {
                    variable.state = State::Dead;
                }
            }
        }
        let forgotten: Vec<String> = self
            .variables
            .iter()
            .filter(|v| matches!(v.kind, Kind::StackRef) && matches!(v.role, Role::Input(_) | Role::SlotCopy))
            // Consumed on some paths only: on the others CPython's analysis has found that it holds no count.
            .filter(|v| v.state == State::Live)
            .filter(|v| !matches!(v.role, Role::Input(i) if self.is_kept(i)))
            .map(|v| v.name.clone())
            .collect();
        for name in forgotten {
            let message = format!("`{name}` is still owned where the body ends");
            self.errors.push(crate::diagnostics::Diagnostic::new("S-030", self.item.span, message));
        }
    }
}
