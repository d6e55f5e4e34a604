//! One body on the stack: its inputs and outputs, and what is known of them at each statement.

use super::{Conversion, Local, LocalId, Result, Stack, StackError, check_sizes};
use crate::analysis::model::Uop;
use crate::cgen::cwriter::CWriter;

/// A [`Stack`] with the inputs and outputs of the body that is being written.
///
/// Inputs lie on the stack until they are dead; outputs are pushed when they are defined, which requires the inputs
/// that they replace to be gone.
#[derive(Clone, Debug)]
pub struct Storage<'a> {
    pub stack: Stack<'a>,
    pub inputs: Vec<LocalId>,
    pub outputs: Vec<LocalId>,
    /// How many items at the bottom of both `inputs` and `outputs` stay where they are.
    peeks: usize,
    check_liveness: bool,
    /// How many times the stack pointer was saved to the frame without being reloaded.
    spilled: u32,
}

impl<'a> Storage<'a> {
    /// For a body without inputs and outputs: a label.
    pub fn empty(spilled: bool) -> Self {
        Self {
            stack: Stack::new(Conversion::default()),
            inputs: Vec::new(),
            outputs: Vec::new(),
            peeks: 0,
            check_liveness: false,
            spilled: u32::from(spilled),
        }
    }

    /// Brings the inputs of `uop` into variables and points its output arrays at their places.
    pub fn for_uop(mut stack: Stack<'a>, uop: &'a Uop, out: &mut CWriter, check_liveness: bool) -> Result<Self> {
        check_sizes(&uop.stack)?;
        let mut inputs = Vec::with_capacity(uop.stack.inputs.len());
        let mut outputs = Vec::with_capacity(uop.stack.outputs.len());
        for item in uop.stack.inputs.iter().rev() {
            let id = stack.pop(item, out)?;
            if item.peek {
                outputs.push(id);
            }
            inputs.push(id);
        }
        inputs.reverse();
        outputs.reverse();
        let peeks = outputs.len();
        let mut offset = stack.logical_sp.minus(&stack.physical_sp);
        for item in &uop.stack.outputs {
            if item.size.is_some() && item.used && !item.peek {
                out.emit_fmt(format_args!("{} = &stack_pointer[{offset}];\n", item.name));
            }
            offset = offset.push(item);
        }
        for id in &inputs {
            stack.push(*id)?;
        }
        for item in uop.stack.outputs.iter().filter(|item| !item.peek) {
            outputs.push(stack.add(Local::undefined(item)));
        }
        Ok(Self { stack, inputs, outputs, peeks, check_liveness, spilled: 0 })
    }

    pub fn is_spilled(&self) -> bool {
        self.spilled > 0
    }

    /// An independent copy for the other path of a branch. A peeked item is one local as input and output before,
    /// and two after.
    pub fn fork(&self) -> Result<Self> {
        let mut stack = Stack {
            base_offset: self.stack.base_offset.clone(),
            physical_sp: self.stack.physical_sp.clone(),
            logical_sp: self.stack.logical_sp.clone(),
            variables: Vec::with_capacity(self.stack.variables.len()),
            locals: Vec::with_capacity(self.stack.variables.len() + self.outputs.len()),
            conversion: self.stack.conversion,
        };
        for id in &self.stack.variables {
            let copy = stack.add(self.stack[*id].clone());
            stack.variables.push(copy);
        }
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for id in &self.inputs {
            let name = self.stack[*id].name();
            let found = stack.variables.iter().rev().find(|id| stack[**id].name() == name);
            inputs.push(*found.ok_or_else(|| {
                StackError::unforeseen(format!("Input '{name}' is not on the stack where paths part"))
            })?);
        }
        let outputs = self.outputs.iter().map(|id| stack.add(self.stack[*id].clone())).collect();
        Ok(Self { stack, inputs, outputs, ..*self })
    }

    /// Marks the input of that name, and the output of that name, as assigned.
    pub fn define(&mut self, name: &str) {
        for list in [&self.inputs, &self.outputs] {
            if let Some(id) = list.iter().copied().find(|id| self.stack[*id].name() == name) {
                let local = &mut self.stack[id];
                local.in_local = true;
                local.memory_offset = None;
            }
        }
    }

    /// Takes all inputs off the stack. They must be dead.
    pub fn clear_inputs(&mut self, reason: &str) -> Result<()> {
        while self.inputs.len() > self.peeks
            && let Some(id) = self.inputs.pop()
        {
            let local = &self.stack[id];
            if local.is_live() && self.check_liveness {
                return Err(StackError::new(format!("Input '{}' is still live {reason}", local.name())));
            }
            self.stack.drop(local.item, self.check_liveness)?;
        }
        Ok(())
    }

    /// Takes the dead inputs off the stack. None may lie below a live one.
    fn clear_dead_inputs(&mut self) -> Result<()> {
        let mut live = "";
        while self.inputs.len() > self.peeks
            && let Some(id) = self.inputs.last()
        {
            let local = &self.stack[*id];
            if local.is_live() {
                live = local.name();
                break;
            }
            let item = local.item;
            self.inputs.pop();
            self.stack.drop(item, self.check_liveness)?;
        }
        for id in self.inputs.iter().skip(self.peeks) {
            let local = &self.stack[*id];
            if !local.is_live() {
                let message = format!("Input '{}' is not live, but '{live}' is", local.name());
                return Err(StackError::new(message));
            }
        }
        Ok(())
    }

    fn push_defined_outputs(&mut self) -> Result<()> {
        let mut outputs = self.outputs.iter().rev().map(|id| &self.stack[*id]);
        let Some(defined) = outputs.find(|local| local.in_local && local.memory_offset.is_none()) else {
            return Ok(());
        };
        self.clear_inputs(&format!("when output '{}' is defined", defined.name()))?;
        while self.outputs.len() > self.peeks && !self.stack[self.outputs[0]].needs_defining() {
            let id = self.outputs.remove(self.peeks);
            self.stack.push(id)?;
        }
        Ok(())
    }

    /// Makes memory and the stack pointer agree with what is known.
    pub fn flush(&mut self, out: &mut CWriter) -> Result<()> {
        self.clear_dead_inputs()?;
        self.push_defined_outputs()?;
        self.stack.flush(out);
        Ok(())
    }

    /// Saves the stack pointer to the frame, unless that was done.
    pub fn save(&mut self, out: &mut CWriter) {
        if self.spilled == 0 {
            out.start_line();
            out.emit_spill();
        }
        self.spilled += 1;
    }

    /// Undoes one [`Storage::save`]; the last one reloads the stack pointer.
    pub fn reload(&mut self, out: &mut CWriter) -> Result<()> {
        if self.spilled == 0 {
            return Err(StackError::new("Cannot reload stack as it hasn't been saved".into()));
        }
        self.spilled -= 1;
        if self.spilled == 0 {
            out.start_line();
            out.emit_reload();
        }
        Ok(())
    }

    /// Makes this storage hold for both of two paths that meet, writing what brings this path in line with `other`.
    pub fn merge(&mut self, other: &mut Self, out: &mut CWriter) -> Result<()> {
        self.check_names()?;
        self.merge_inputs(other)?;
        if self.outputs.len() != other.outputs.len() {
            self.push_defined_outputs()?;
            other.push_defined_outputs()?;
        }
        if self.outputs.len() != other.outputs.len() {
            let name = if self.outputs.len() > other.outputs.len() {
                self.stack[self.outputs[0]].name()
            } else {
                other.stack[other.outputs[0]].name()
            };
            return Err(StackError::new(format!("'{name}' is set on some paths, but not all")));
        }
        for (ours, theirs) in self.outputs.iter().zip(&other.outputs) {
            if self.stack[*ours].memory_offset.is_none() {
                other.stack[*theirs].memory_offset = None;
            } else if other.stack[*theirs].memory_offset.is_none() {
                self.stack[*ours].memory_offset = None;
            }
        }
        self.stack.merge(&other.stack, out)?;
        self.check_names()
    }

    fn merge_inputs(&mut self, other: &mut Self) -> Result<()> {
        if self.inputs.len() != other.inputs.len() {
            self.clear_dead_inputs()?;
            other.clear_dead_inputs()?;
        }
        if self.inputs.len() != other.inputs.len() && self.check_liveness {
            let longer = if self.inputs.len() > other.inputs.len() { &*self } else { &*other };
            let name = longer.inputs.last().map_or("", |id| longer.stack[*id].name());
            return Err(StackError::new(format!("Unmergeable inputs. Differing state of '{name}'")));
        }
        for (ours, theirs) in self.inputs.iter().zip(&other.inputs) {
            let ours = &self.stack[*ours];
            if ours.in_local != other.stack[*theirs].in_local {
                let message = format!("'{}' is cleared on some paths, but not all", ours.name());
                return Err(StackError::new(message));
            }
        }
        Ok(())
    }

    fn check_names(&self) -> Result<()> {
        for list in [&self.inputs, &self.outputs, &self.stack.variables] {
            for (index, id) in list.iter().enumerate() {
                let local = &self.stack[*id];
                if !local.is_unused() && list[..index].iter().any(|id| self.stack[*id].name() == local.name()) {
                    return Err(StackError::new(format!("Duplicate name {}", local.name())));
                }
            }
        }
        Ok(())
    }

    /// The end of the body: no input is left, every output lies on the stack.
    pub fn push_outputs(&mut self) -> Result<()> {
        if self.is_spilled() {
            return Err(StackError::new("Unbalanced stack spills".into()));
        }
        self.clear_inputs("at the end of the micro-op")?;
        self.push_defined_outputs()?;
        for index in self.peeks..self.outputs.len() {
            let id = self.outputs[index];
            if self.stack[id].needs_defining() {
                let name = self.stack[self.outputs[0]].name();
                return Err(StackError::new(format!("Output variable '{name}' is not defined")));
            }
            self.stack.push(id)?;
        }
        self.outputs.clear();
        Ok(())
    }

    /// What `DECREF_INPUTS()` stands for: closes the inputs from the top down, putting the output, if there is one
    /// by now, into the place of the lowest input first, so that no closed reference is visible on the stack.
    pub fn close_inputs(&mut self, out: &mut CWriter) -> Result<()> {
        self.clear_dead_inputs()?;
        let Some(&lowest) = self.inputs.first() else {
            return Ok(());
        };
        let output = self.output_to_keep()?;
        if let Some(output) = output {
            if self.stack[output].is_array() {
                return self.close_under_array(lowest, output, out);
            }
            if self.stack[lowest].size().unwrap_or("1") != self.stack[output].size().unwrap_or("1") {
                let message = "Cannot call DECREF_INPUTS with live output not matching first input size";
                return Err(StackError::new(message.into()));
            }
        }
        let mut closing = Closing { defined: false };
        if let Some(output) = output {
            self.stack.flush(out);
            self.stack[lowest].in_local = true;
            closing.close(self, lowest, self.stack[output].name(), out)?;
            if self.stack[lowest].memory_offset.is_none() {
                let message = format!("'{}' was not written back", self.stack[lowest].name());
                return Err(StackError::unforeseen(message));
            }
        }
        let upper: Vec<LocalId> = self.inputs[1..].iter().rev().copied().collect();
        for id in &upper {
            closing.close(self, *id, "PyStackRef_NULL", out)?;
        }
        if output.is_none() {
            closing.close(self, lowest, "PyStackRef_NULL", out)?;
        }
        for id in upper {
            self.stack[id].kill();
            self.stack.drop(self.stack[id].item, self.check_liveness)?;
        }
        if output.is_none() {
            self.stack[lowest].kill();
        }
        self.stack.drop(self.stack[lowest].item, false)?;
        self.replace_by_output(lowest, output, out)
    }

    fn output_to_keep(&self) -> Result<Option<LocalId>> {
        let mut output = None;
        for id in &self.outputs {
            let local = &self.stack[*id];
            if local.is_array() {
                if self.inputs.len() > 1 {
                    let message = "Cannot call DECREF_INPUTS with array output and more than one input";
                    return Err(StackError::new(message.into()));
                }
                output = Some(*id);
            } else if local.in_local {
                if output.is_some() {
                    let message = "Cannot call DECREF_INPUTS with more than one live output";
                    return Err(StackError::new(message.into()));
                }
                output = Some(*id);
            }
        }
        Ok(output)
    }

    /// The single input is closed while the output array lies in its place.
    fn close_under_array(&mut self, input: LocalId, output: LocalId, out: &mut CWriter) -> Result<()> {
        self.stack.drop(self.stack[input].item, false)?;
        self.stack.push(output)?;
        self.stack.flush(out);
        Closing { defined: false }.close(self, input, "", out)?;
        self.stack.drop(self.stack[output].item, self.check_liveness)?;
        self.inputs.clear();
        Ok(())
    }

    fn replace_by_output(&mut self, lowest: LocalId, output: Option<LocalId>, out: &mut CWriter) -> Result<()> {
        let place = self.stack[lowest].memory_offset.clone();
        let in_place = output.is_some() && output == self.outputs.first().copied() && place.is_some();
        if let Some(output) = output.filter(|_| in_place) {
            self.stack[output].memory_offset = place;
        } else {
            self.stack.flush(out);
        }
        if let Some(output) = output {
            self.stack.push(output)?;
        }
        self.inputs.clear();
        if in_place {
            self.stack.flush(out);
        }
        if let Some(output) = output {
            self.stack.pop(self.stack[output].item, out)?;
        }
        Ok(())
    }
}

/// Closing the inputs of one body: the temporary variable is declared once.
struct Closing {
    defined: bool,
}

impl Closing {
    fn close<'a>(&mut self, storage: &mut Storage<'a>, id: LocalId, overwrite: &str, out: &mut CWriter) -> Result<()> {
        let local = &mut storage.stack[id];
        local.memory_offset = None;
        let (name, size) = (local.name(), local.size());
        let close = if name.contains("null") { "PyStackRef_XCLOSE" } else { "PyStackRef_CLOSE" };
        storage.save(out);
        out.start_line();
        match size {
            None => self.close_named(storage, close, name, overwrite, out),
            Some("1") => self.close_named(storage, close, &format!("{name}[0]"), overwrite, out),
            Some(size) => {
                if !overwrite.is_empty() && !self.defined {
                    out.emit("_PyStackRef tmp;\n");
                    self.defined = true;
                }
                out.emit_fmt(format_args!("for (int _i = {size}; --_i >= 0;) {{\n"));
                self.close_named(storage, close, &format!("{name}[_i]"), overwrite, out);
                out.emit("}\n");
            }
        }
        storage.reload(out)
    }

    fn close_named(&mut self, storage: &mut Storage, close: &str, name: &str, overwrite: &str, out: &mut CWriter) {
        if overwrite.is_empty() {
            return out.emit_fmt(format_args!("{close}({name});\n"));
        }
        if !self.defined {
            out.emit("_PyStackRef ");
            self.defined = true;
        }
        out.emit_fmt(format_args!("tmp = {name};\n"));
        out.emit_fmt(format_args!("{name} = {overwrite};\n"));
        storage.stack.save_variables(out);
        out.emit_fmt(format_args!("{close}(tmp);\n"));
    }
}
