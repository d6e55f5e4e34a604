//! The stack tracker (`Tools/cases_generator/stack.py`): where each stack item is at each statement of an
//! instruction, so that the generated C touches memory and the stack pointer only where it must.
//!
//! # The three pointers
//! All places are distances from the stack pointer at the start of the instruction ([`PointerOffset`]): a number, plus
//! and minus sizes of arrays as they were written (`oparg`, `oparg*2`), since those are known at run time only.
//!
//! ```text
//!            base_offset          logical_sp
//!                 v                    v
//!   ... | below | value | arg[0..oparg] |          physical_sp: where `stack_pointer` points; anywhere
//!                 `---- variables ------'
//! ```
//! - `logical_sp` is the top of the stack as the definitions see it; each pop and push moves it.
//! - `physical_sp` is where the C variable `stack_pointer` points. It moves only when something is written for it, so
//!   `stack_pointer[i]` always means `i = offset - physical_sp`.
//! - `base_offset` is the lowest place that the instruction has looked at. `-base_offset` is what the instruction pops,
//!   `logical_sp - base_offset` what it pushes: that is all that the metadata tables need, and they get it by running
//!   the effects of the parts through a [`Stack`] with a writer that writes nothing ([`Stack::apply`]).
//!
//! # What is known of an item
//! `variables` are the items between base and top, a [`Local`] each. A local says two things, independently: the C
//! variable holds the value (`in_local`), and memory holds it (`memory_offset`, with its place).
//!
//! | in_local | memory_offset | the item is |
//! |---|---|---|
//! | yes | none | newer than memory: the next flush stores it |
//! | yes | some | in both; nothing to do |
//! | no | some | in memory only: an unused or peeked input, an array, or an output that was stored and given up |
//! | no | none | dead, or an output that is not defined yet |
//!
//! Arrays are never copied to a C variable: their variable is a pointer into the stack, so they count as stored.
//!
//! # One part after another
//! [`Storage::for_uop`] starts a body. It pops the inputs, top first. An item that an earlier part of the same
//! instruction left in a variable is renamed in C (`left = value;`); one that it left in memory only, or that lies
//! below the base, is loaded; one of another shape (scalar or array, another size) forces the stack to memory first.
//! The inputs are then pushed back: until the body kills them they are still on the stack, and a spill must find them
//! there. Inputs that are outputs at the same place (*peeks*, always at the bottom) are one local in both lists.
//!
//! During the body, names die and are defined:
//! - `DEAD(x)`, `INPUTS_DEAD()`, `PyStackRef_CLOSE(x)` and the stealing macros kill an input. Dead inputs leave the
//!   stack from the top; a dead input below a live one is refused, for then the stack pointer could exclude neither.
//! - An assignment (the analysis lists them) defines an output. Once one is defined, all inputs must be gone, and the
//!   defined outputs are pushed, up to the first that is not.
//!
//! [`Storage::push_outputs`] ends the body: no input left but the peeks, every output defined and on the stack. The
//! stack goes on to the next part with values still in variables; only the end of the instruction flushes.
//!
//! # Flushes and spills
//! [`Stack::flush`] stores what is newer than memory and moves `stack_pointer` to the top. The emitter asks for it
//! - before a call that may run other code (the analysis marks the statement), before `SAVE_STACK()`, and before a jump
//!   to a label that expects it: the collector and the debugger read the frame's stack;
//! - at `SYNC_SP()` and at a macro's `flush` part, and at the end of the instruction;
//! - on a throw-away copy before a jump to `error`, when the number of items to pop depends on `oparg`. A number
//!   goes to `pop_N_error` instead.
//!
//! A *spill* then saves `stack_pointer` in the frame, a *reload* reads it back after the call, which may have moved it.
//! [`Storage`] counts nested ones and lets the outermost through; the writer holds each back until something else is
//! written, and a reload that meets a spill cancels with it, so a run of calls shares one pair.
//!
//! # Branches
//! At an `if` the storage forks: locals are copied, also those that were one as input and output. A branch that does
//! not go on (`goto`, `return`, `DISPATCH`, `ERROR_IF(true)`) is dropped. Two that go on are merged
//! ([`Storage::merge`]): the same inputs left and in the same state, the same outputs defined, the same logical top; of
//! what is known of a variable the common part survives, and if only the physical pointers differ, the later branch
//! moves its own. The parts of an `#if` are merged likewise. The body of a loop is followed once.
//!
//! # Refusals
//! A [`StackError`] has no place. The emitter gives it that of the statement, the brace or the macro at which the
//! original catches it, so that line and column are the same. Where the original fails an assertion instead
//! (`unforeseen`), we refuse too.

mod offset;
mod storage;

pub use offset::PointerOffset;
pub(crate) use offset::parse_int;
pub use storage::Storage;

use super::cwriter::CWriter;
use crate::analysis::model::{StackEffect, StackItem};
use std::ops::{Index, IndexMut};

/// Why the stack cannot be followed. The place is known to the caller only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackError {
    pub message: String,
    /// The original has no refusal for it, but fails an assertion or a look-up.
    pub unforeseen: bool,
}

impl StackError {
    pub(crate) fn new(message: String) -> Self {
        Self { message, unforeseen: false }
    }

    pub(crate) fn unforeseen(message: impl Into<String>) -> Self {
        Self { message: message.into(), unforeseen: true }
    }
}

type Result<T> = std::result::Result<T, StackError>;

/// A [`Local`] of one [`Stack`]. The same local may be a variable on the stack, an input and an output at once, and
/// a change made through one shows in the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalId(u32);

/// A C variable that stands for one stack item.
#[derive(Clone, Debug)]
pub struct Local<'a> {
    pub item: &'a StackItem,
    /// Where in memory the value is up to date, from the stack pointer at the start of the instruction.
    pub memory_offset: Option<PointerOffset<'a>>,
    /// The C variable holds the value.
    pub in_local: bool,
}

impl<'a> Local<'a> {
    pub fn new(item: &'a StackItem, memory_offset: Option<PointerOffset<'a>>, in_local: bool) -> Self {
        Self { item, memory_offset, in_local }
    }

    /// Neither in a variable nor in memory yet.
    pub fn undefined(item: &'a StackItem) -> Self {
        Self::new(item, None, false)
    }

    pub fn kill(&mut self) {
        self.in_local = false;
        self.memory_offset = None;
    }

    pub fn name(&self) -> &'a str {
        &self.item.name
    }

    pub fn size(&self) -> Option<&'a str> {
        self.item.size.as_deref()
    }

    pub fn is_array(&self) -> bool {
        self.item.size.is_some()
    }

    pub(crate) fn is_unused(&self) -> bool {
        self.item.name == "unused"
    }

    fn is_dead(&self) -> bool {
        !self.in_local && self.memory_offset.is_none()
    }

    fn is_live(&self) -> bool {
        !self.is_unused() && !self.is_dead()
    }

    fn needs_defining(&self) -> bool {
        !self.item.peek && !self.in_local && !self.is_array() && !self.is_unused()
    }

    /// The same item (not an equal one) in the same state.
    fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq(self.item, other.item)
            && self.memory_offset == other.memory_offset
            && self.in_local == other.in_local
    }
}

/// How values are converted on their way to and from the stack in memory.
#[derive(Clone, Copy, Debug)]
pub struct Conversion {
    /// Typed items live in the `bits` of a stack reference.
    pub extract_bits: bool,
    pub cast_type: &'static str,
}

impl Default for Conversion {
    fn default() -> Self {
        Self { extract_bits: true, cast_type: "uintptr_t" }
    }
}

/// What of the stack is known at one place of an instruction.
#[derive(Clone, Debug, Default)]
pub struct Stack<'a> {
    /// Where the lowest of `variables` lies.
    pub base_offset: PointerOffset<'a>,
    /// Where the C variable `stack_pointer` points.
    pub physical_sp: PointerOffset<'a>,
    /// Where the top of the stack is.
    pub logical_sp: PointerOffset<'a>,
    /// From the base to the top.
    pub(crate) variables: Vec<LocalId>,
    locals: Vec<Local<'a>>,
    conversion: Conversion,
}

impl<'a> Index<LocalId> for Stack<'a> {
    type Output = Local<'a>;
    fn index(&self, id: LocalId) -> &Local<'a> {
        &self.locals[id.0 as usize]
    }
}

impl IndexMut<LocalId> for Stack<'_> {
    fn index_mut(&mut self, id: LocalId) -> &mut Self::Output {
        &mut self.locals[id.0 as usize]
    }
}

impl<'a> Stack<'a> {
    pub fn new(conversion: Conversion) -> Self {
        Self { conversion, ..Self::default() }
    }

    pub fn add(&mut self, local: Local<'a>) -> LocalId {
        self.locals.push(local);
        LocalId(self.locals.len() as u32 - 1)
    }

    /// What the instruction has taken from below its start, as an expression in C.
    pub fn popped(&self) -> String {
        self.base_offset.negated().to_c()
    }

    /// How many items the instruction leaves above its base, as an expression in C.
    pub fn pushed(&self) -> String {
        self.logical_sp.minus(&self.base_offset).to_c()
    }

    /// How far the stack pointer is above the top of the stack, as an expression in C.
    pub fn sp_offset(&self) -> String {
        self.physical_sp.minus(&self.logical_sp).to_c()
    }

    /// Forgets the top item. It must be dead, or unused in the body.
    pub fn drop(&mut self, item: &'a StackItem, check_liveness: bool) -> Result<()> {
        self.logical_sp = self.logical_sp.pop(item);
        if let Some(popped) = self.variables.pop()
            && (self[popped].is_dead() || !item.used)
        {
            return Ok(());
        }
        if check_liveness {
            return Err(StackError::new(format!("Dropping live value '{}'", item.name)));
        }
        Ok(())
    }

    /// Takes the top item under the name that `item` gives it: renames the variable that holds it, or loads it.
    pub fn pop(&mut self, item: &'a StackItem, out: &mut CWriter) -> Result<LocalId> {
        if self.variables.last().is_some_and(|top| self[*top].item.size != item.size) {
            // A scalar seen as an array, or the reverse: only memory has it in both shapes.
            self.clear(out);
        }
        self.logical_sp = self.logical_sp.pop(item);
        if let Some(popped) = self.variables.pop() {
            if item.used {
                self.rename_or_load(popped, item, out)?;
            }
            return Ok(popped);
        }
        self.base_offset = self.logical_sp.clone();
        let in_local = item.used && item.name != "unused";
        if in_local {
            self.load_from_below(item, out);
        }
        Ok(self.add(Local::new(item, Some(self.base_offset.clone()), in_local)))
    }

    fn rename_or_load(&mut self, id: LocalId, item: &'a StackItem, out: &mut CWriter) -> Result<()> {
        let logical_sp = self.logical_sp.clone();
        let old_name = self[id].name();
        if old_name != item.name {
            self[id].item = item;
        }
        if self[id].in_local {
            if old_name == item.name {
                out.emit("");
            } else {
                out.emit_fmt(format_args!("{} = {old_name};\n", item.name));
            }
            return Ok(());
        }
        let offset = self[id].memory_offset.get_or_insert(logical_sp.clone()).clone();
        if offset != logical_sp {
            return Err(StackError::unforeseen(format!("'{}' is not where it is on the stack", item.name)));
        }
        let array = item.size.is_some();
        let address = if array { "&" } else { "" };
        let offset = offset.minus(&self.physical_sp);
        out.emit_fmt(format_args!("{} = {address}stack_pointer[{offset}];\n", item.name));
        if !array {
            self[id].in_local = true;
        }
        Ok(())
    }

    fn load_from_below(&self, item: &StackItem, out: &mut CWriter) {
        let offset = self.base_offset.minus(&self.physical_sp);
        let name = &item.name;
        match &item.type_ {
            _ if item.size.is_some() => out.emit_fmt(format_args!("{name} = &stack_pointer[{offset}];\n")),
            None => out.emit_fmt(format_args!("{name} = stack_pointer[{offset}];\n")),
            Some(type_) => {
                let bits = if self.conversion.extract_bits { ".bits" } else { "" };
                out.emit_fmt(format_args!("{name} = ({type_})stack_pointer[{offset}]{bits};\n"));
            }
        }
    }

    pub fn push(&mut self, id: LocalId) -> Result<()> {
        if self.variables.iter().any(|other| self[*other].is_same(&self[id])) {
            return Err(StackError::unforeseen(format!("'{}' is on the stack already", self[id].name())));
        }
        self.variables.push(id);
        self.logical_sp = self.logical_sp.push(self[id].item);
        Ok(())
    }

    /// Writes every variable to memory, and forgets the variables.
    pub fn clear(&mut self, out: &mut CWriter) {
        self.flush(out);
        self.variables.clear();
        self.base_offset = self.logical_sp.clone();
    }

    /// Makes memory and the stack pointer agree with what is known.
    pub fn flush(&mut self, out: &mut CWriter) {
        self.save_variables(out);
        self.save_physical_sp(out);
        out.start_line();
    }

    /// Writes the variables that are newer than memory.
    pub fn save_variables(&mut self, out: &mut CWriter) {
        out.start_line();
        let mut offset = self.base_offset.clone();
        for index in 0..self.variables.len() {
            let id = self.variables[index];
            let local = &self[id];
            let item = local.item;
            if local.in_local && local.memory_offset.is_none() && !local.is_array() {
                self[id].memory_offset = Some(offset.clone());
                self.store(item, &offset, out);
            }
            offset = offset.push(item);
        }
    }

    fn store(&self, item: &StackItem, offset: &PointerOffset, out: &mut CWriter) {
        let offset = offset.minus(&self.physical_sp);
        let name = &item.name;
        if item.type_.is_none() {
            return out.emit_fmt(format_args!("stack_pointer[{offset}] = {name};\n"));
        }
        let bits = if self.conversion.extract_bits { ".bits" } else { "" };
        out.emit_fmt(format_args!("stack_pointer[{offset}]{bits} = ({}){name};\n", self.conversion.cast_type));
    }

    fn save_physical_sp(&mut self, out: &mut CWriter) {
        if self.physical_sp != self.logical_sp {
            out.start_line();
            let distance = self.logical_sp.minus(&self.physical_sp);
            out.emit_fmt(format_args!("stack_pointer += {distance};\n"));
            out.emit("assert(WITHIN_STACK_BOUNDS());\n");
            self.physical_sp = self.logical_sp.clone();
        }
    }

    /// Makes this stack hold for both of two paths that meet, writing what brings this path in line with `other`.
    pub fn merge(&mut self, other: &Self, out: &mut CWriter) -> Result<()> {
        if self.variables.len() != other.variables.len() {
            return Err(StackError::new("Cannot merge stacks: differing variables".into()));
        }
        for (id, theirs) in self.variables.clone().into_iter().zip(&other.variables) {
            let theirs = &other[*theirs];
            let ours = &mut self[id];
            if ours.name() != theirs.name() {
                let message = format!("Mismatched variables on stack: {} and {}", ours.name(), theirs.name());
                return Err(StackError::new(message));
            }
            ours.in_local &= theirs.in_local;
            if theirs.memory_offset.is_none() {
                ours.memory_offset = None;
            }
        }
        self.align(other, out)?;
        for (id, theirs) in self.variables.iter().zip(&other.variables) {
            if let (Some(ours), Some(theirs)) = (&self[*id].memory_offset, &other[*theirs].memory_offset)
                && ours != theirs
            {
                let name = self[*id].name();
                let message = format!("Mismatched stack depths for {name}: {ours} and {theirs}");
                return Err(StackError::new(message));
            }
        }
        Ok(())
    }

    fn align(&mut self, other: &Self, out: &mut CWriter) -> Result<()> {
        if self.logical_sp != other.logical_sp {
            return Err(StackError::new("Cannot align stacks: differing logical top".into()));
        }
        if self.physical_sp != other.physical_sp {
            let distance = other.physical_sp.minus(&self.physical_sp);
            out.start_line();
            out.emit_fmt(format_args!("stack_pointer += {distance};\n"));
            self.physical_sp = other.physical_sp.clone();
        }
        Ok(())
    }

    /// Follows one part of an instruction without writing anything.
    pub fn apply(&mut self, effect: &'a StackEffect, null: &mut CWriter) -> Result<()> {
        check_sizes(effect)?;
        let mut inputs: Vec<LocalId> = Vec::new();
        for item in effect.inputs.iter().rev() {
            let id = self.pop(item, null)?;
            if item.name != "unused" {
                inputs.push(id);
            }
        }
        for item in &effect.outputs {
            // Of equally named inputs the deepest counts.
            let kept = inputs.iter().rev().find(|id| self[**id].name() == item.name).copied();
            let id = match kept {
                Some(id) => id,
                None => self.add(Local::undefined(item)),
            };
            self.push(id)?;
        }
        Ok(())
    }
}

/// A size that is nothing but a sign moves the pointer by nothing that could be written.
pub(crate) fn check_sizes(effect: &StackEffect) -> Result<()> {
    for item in effect.inputs.iter().chain(&effect.outputs) {
        if item.size.as_deref().is_some_and(|size| size.trim() == "+") {
            return Err(StackError::unforeseen(format!("The size of '{}' is not an expression", item.name)));
        }
    }
    Ok(())
}
