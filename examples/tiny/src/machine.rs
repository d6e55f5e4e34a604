//! The runtime that the generated interpreter is compiled against: one number a cell, code and stack in vectors.

use std::cell::{Cell, RefCell};

/// What bodies name without a path. Here a stack item is a [`Number`].
#[allow(unused_imports, reason = "which of it bodies name changes with the definitions")]
pub(crate) mod surface {
    pub(crate) use super::{
        Exit, Frame, InstrPtr, Number as StackRef, Owned, Probe, Raised, Silent, SlotPtr, StackPtr, Thread,
    };
}

/// A number on the stack; the empty one is C's NULL.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Number(Option<i64>);

#[allow(dead_code, reason = "what guards would use, which this machine has none of")]
impl Number {
    pub(crate) const NULL: Self = Self(None);

    pub(crate) fn is_null(&self) -> bool {
        self.0.is_none()
    }

    /// The slot still holds it.
    pub(crate) fn leave(self) {}
}

#[derive(Debug)]
pub(crate) struct Owned(pub(crate) i64);

/// An error was reported or will be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raised;

/// How a body leaves: what the interpreter loop asks for, though not every exit has a body here.
#[allow(dead_code, reason = "not every exit has a body here")]
#[allow(clippy::enum_variant_names, reason = "the generated code names the exits so")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Error,
    ErrorNoPop,
    Deopt,
    Dispatch,
    DispatchGoto,
    DispatchSameOparg,
    StartFrame,
    ExceptionUnwind,
    ExitUnwind,
    Return,
    Untranslated,
}

impl From<Raised> for Exit {
    fn from(_: Raised) -> Self {
        Self::Error
    }
}

#[derive(Debug, Default)]
pub(crate) struct Thread {
    result: Cell<Option<i64>>,
    overflow: Cell<bool>,
    reports: RefCell<Vec<String>>,
}

impl Thread {
    pub(crate) fn set_result(&self, result: Owned) {
        self.result.set(Some(result.0));
    }

    pub(crate) fn take_result(&self) -> Option<Owned> {
        self.result.take().map(Owned)
    }

    pub(crate) fn untranslated(&self, opcode: u8) -> Exit {
        self.reports.borrow_mut().push(format!("no body for opcode {opcode}"));
        Exit::Return
    }

    pub(crate) fn reports(&self) -> Vec<String> {
        self.reports.borrow().clone()
    }
}

const LOCALS: usize = 4;

#[derive(Debug)]
struct Memory {
    code: Vec<(u8, u8)>,
    /// Locals, then the stack.
    slots: RefCell<Vec<Option<i64>>>,
    at: Cell<usize>,
    top: Cell<usize>,
}

/// One activation: handles to it are copied freely, as the interpreter does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame(&'static Memory);

impl Frame {
    pub(crate) fn new(code: Vec<(u8, u8)>) -> Self {
        let slots = RefCell::new(vec![None; LOCALS + 64]);
        // A frame lives as long as the program: nothing here is worth collecting.
        Self(Box::leak(Box::new(Memory { code, slots, at: Cell::new(0), top: Cell::new(LOCALS) })))
    }

    pub(crate) fn instr_ptr(self) -> InstrPtr {
        InstrPtr(self.0, self.0.at.get())
    }

    pub(crate) fn set_instr_ptr(self, to: InstrPtr) {
        self.0.at.set(to.1);
    }

    pub(crate) fn stack_pointer(self) -> StackPtr {
        SlotPtr(self.0, self.0.top.get())
    }

    pub(crate) fn set_stack_pointer(self, to: StackPtr) {
        self.0.top.set(to.1);
    }

    pub(crate) fn locals_plus(self) -> SlotPtr {
        SlotPtr(self.0, 0)
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct InstrPtr(&'static Memory, usize);

impl InstrPtr {
    pub(crate) fn fetch(self) -> (u8, i32) {
        let (opcode, oparg) = self.0.code[self.1];
        (opcode, i32::from(oparg))
    }

    pub(crate) fn opcode(self) -> u8 {
        self.0.code[self.1].0
    }

    pub(crate) fn add(self, units: isize) -> Self {
        Self(self.0, self.1.strict_add_signed(units))
    }
}

/// A place on the stack, or among the locals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SlotPtr(&'static Memory, usize);

pub(crate) type StackPtr = SlotPtr;

impl SlotPtr {
    pub(crate) fn offset(self, items: isize) -> Self {
        Self(self.0, self.1.strict_add_signed(items))
    }

    pub(crate) fn read(self, at: isize) -> Number {
        Number(self.0.slots.borrow()[self.offset(at).1])
    }

    pub(crate) fn peek<'a>(self, at: isize) -> &'a Number {
        Box::leak(Box::new(self.read(at)))
    }

    pub(crate) fn get<'a>(self, at: isize) -> &'a Number {
        self.peek(at)
    }

    pub(crate) fn put(self, at: isize, value: Number) {
        self.0.slots.borrow_mut()[self.offset(at).1] = value.0;
    }

    pub(crate) fn write(self, at: isize, value: Number) {
        self.put(at, value);
    }
}

pub(crate) mod number {
    use super::{Number, Owned, Raised, Thread};

    pub(crate) fn from_int(value: i32) -> Number {
        Number(Some(i64::from(value)))
    }

    pub(crate) fn copy(number: &Number) -> Number {
        Number(number.0)
    }

    pub(crate) fn add(thread: &Thread, left: Number, right: Number) -> Result<Number, Raised> {
        checked(thread, left, right, i64::checked_add)
    }

    pub(crate) fn multiply(thread: &Thread, left: Number, right: Number) -> Result<Number, Raised> {
        checked(thread, left, right, i64::checked_mul)
    }

    fn checked(
        thread: &Thread,
        left: Number,
        right: Number,
        operation: fn(i64, i64) -> Option<i64>,
    ) -> Result<Number, Raised> {
        let result = left.0.zip(right.0).and_then(|(left, right)| operation(left, right));
        thread.overflow.set(result.is_none());
        result.map(|number| Number(Some(number))).ok_or(Raised)
    }

    pub(crate) fn less(number: Number) -> Number {
        Number(number.0.map(|value| value - 1))
    }

    pub(crate) fn is_zero(number: &Number) -> bool {
        number.0 == Some(0)
    }

    pub(crate) fn result(number: Number) -> Owned {
        Owned(number.0.unwrap_or_default())
    }
}

pub(crate) mod report {
    use super::Thread;

    pub(crate) fn error(thread: &Thread) {
        let what = if thread.overflow.take() { "the number is too large" } else { "an error" };
        thread.reports.borrow_mut().push(what.to_owned());
    }
}

/// What the loop tells while it runs: arms that begin, end and leave, and labels.
pub(crate) trait Probe {
    fn start() -> Self;
    fn enter(&mut self, opcode: u8);
    fn complete(&mut self);
    fn leave(&mut self, exit: Exit);
    fn label(&mut self, label: &'static str);
}

/// Does not listen.
pub(crate) struct Silent;

impl Probe for Silent {
    fn start() -> Self {
        Silent
    }
    fn enter(&mut self, _: u8) {}
    fn complete(&mut self) {}
    fn leave(&mut self, _: Exit) {}
    fn label(&mut self, _: &'static str) {}
}
