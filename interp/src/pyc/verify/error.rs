//! Why a code object is refused. Codes are stable.

use super::kinds::{Kinds, describe};
use crate::opcode;
use std::fmt;

/// An error, and the instruction at which it was noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// In code units from the start of `co_code`.
    pub unit: usize,
    /// The opcode there; `CACHE` for errors of no instruction.
    pub opcode: u8,
    /// Qualified name of the code object.
    pub code_name: String,
    pub kind: VerifyErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifyErrorKind {
    /// Not an instruction that a compiler emits: unknown, specialised, instrumented or internal.
    Opcode,
    /// The code ends within an instruction or its inline cache.
    Truncated,
    /// An inline cache entry is not empty.
    DirtyCache,
    /// An `EXTENDED_ARG` that extends nothing, or by too much.
    ExtendedArg,
    /// The oparg has no meaning for this instruction.
    Oparg(u32),
    /// The oparg is an index past the end of this.
    Index(&'static str, u32),
    /// A jump to a place outside the code, or within an instruction.
    Target(i64),
    /// `FOR_ITER` that does not lead to an `END_FOR`.
    NoEndFor,
    /// Control reaches the end of the code.
    FallsOff,
    Underflow,
    /// More items on the stack than `co_stacksize`.
    Overflow(usize),
    /// Two ways lead here with different numbers of items on the stack.
    Depths(usize, usize),
    /// An item on the stack is not what the instruction takes: wanted, found.
    Item(Kinds, Kinds),
    /// A local variable is not what the instruction takes: index, wanted, found.
    Local(u32, Kinds, Kinds),
    /// A value on the stack is borrowed from the local variable that is being replaced.
    Borrowed(u32),
    /// A borrowed value where it would outlive its lender.
    KeepsBorrowed,
    /// Items are left on the stack when the frame is left.
    LeftOver(usize),
    /// A generator's instruction outside a generator, or the reverse.
    Generator,
    /// A handler that keeps more items than there are when this instruction raises.
    HandlerDepth(usize, usize),
    ExceptionTable(&'static str),
    /// Cells, free variables and arguments are not where `co_localspluskinds` should put them.
    Locals,
    /// No `RESUME`.
    NoResume,
    /// The frame would be larger than any that can be made.
    FrameSize,
    /// Working out what is on the stack takes more memory or time than any real code does.
    TooComplex,
}

impl VerifyErrorKind {
    /// Stable.
    pub fn code(&self) -> &'static str {
        match self {
            VerifyErrorKind::Opcode => "V-001",
            VerifyErrorKind::Truncated => "V-002",
            VerifyErrorKind::DirtyCache => "V-003",
            VerifyErrorKind::ExtendedArg => "V-004",
            VerifyErrorKind::Oparg(_) => "V-005",
            VerifyErrorKind::Index(..) => "V-006",
            VerifyErrorKind::Target(_) => "V-007",
            VerifyErrorKind::NoEndFor => "V-008",
            VerifyErrorKind::FallsOff => "V-009",
            VerifyErrorKind::Underflow => "V-010",
            VerifyErrorKind::Overflow(_) => "V-011",
            VerifyErrorKind::Depths(..) => "V-012",
            VerifyErrorKind::Item(..) => "V-013",
            VerifyErrorKind::Local(..) => "V-014",
            VerifyErrorKind::Borrowed(_) => "V-015",
            VerifyErrorKind::KeepsBorrowed => "V-016",
            VerifyErrorKind::LeftOver(_) => "V-017",
            VerifyErrorKind::Generator => "V-018",
            VerifyErrorKind::HandlerDepth(..) => "V-019",
            VerifyErrorKind::ExceptionTable(_) => "V-020",
            VerifyErrorKind::Locals => "V-021",
            VerifyErrorKind::NoResume => "V-022",
            VerifyErrorKind::FrameSize => "V-023",
            VerifyErrorKind::TooComplex => "V-024",
        }
    }
}

impl fmt::Display for VerifyErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VerifyErrorKind::Opcode => write!(f, "no instruction of compiled code"),
            VerifyErrorKind::Truncated => write!(f, "the code ends within an instruction"),
            VerifyErrorKind::DirtyCache => write!(f, "its inline cache is not empty"),
            VerifyErrorKind::ExtendedArg => write!(f, "it extends no oparg, or by more than 32 bits"),
            VerifyErrorKind::Oparg(oparg) => write!(f, "oparg {oparg} has no meaning"),
            VerifyErrorKind::Index(what, index) => write!(f, "index {index} is past the end of {what}"),
            VerifyErrorKind::Target(unit) => write!(f, "jump to {unit}, where no instruction begins"),
            VerifyErrorKind::NoEndFor => write!(f, "the loop does not end with END_FOR"),
            VerifyErrorKind::FallsOff => write!(f, "control runs past the end of the code"),
            VerifyErrorKind::Underflow => write!(f, "it takes more items than the stack has"),
            VerifyErrorKind::Overflow(depth) => write!(f, "{depth} items are more than co_stacksize"),
            VerifyErrorKind::Depths(a, b) => write!(f, "the stack has {a} items on one way here, {b} on another"),
            VerifyErrorKind::Item(wanted, found) => {
                write!(f, "an item of the stack is {}, not {}", describe(*found), describe(*wanted))
            }
            VerifyErrorKind::Local(index, wanted, found) => {
                write!(f, "local variable {index} is {}, not {}", describe(*found), describe(*wanted))
            }
            VerifyErrorKind::Borrowed(index) => {
                write!(f, "local variable {index} is replaced while the stack borrows from it")
            }
            VerifyErrorKind::KeepsBorrowed => write!(f, "it keeps a value that is only borrowed"),
            VerifyErrorKind::LeftOver(count) => write!(f, "{count} items are left on the stack"),
            VerifyErrorKind::Generator => write!(f, "generators' instructions are out of place"),
            VerifyErrorKind::HandlerDepth(wanted, found) => {
                write!(f, "its exception handler keeps {wanted} items, there are {found}")
            }
            VerifyErrorKind::ExceptionTable(what) => write!(f, "bad exception table: {what}"),
            VerifyErrorKind::Locals => write!(f, "the kinds of local variables are out of order"),
            VerifyErrorKind::NoResume => write!(f, "there is no RESUME"),
            VerifyErrorKind::FrameSize => write!(f, "locals and stack together are too large"),
            VerifyErrorKind::TooComplex => write!(f, "too large to be verified"),
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = opcode::opname(self.opcode.into());
        write!(f, "bad bytecode in {}, {name} at {}: {}", self.code_name, self.unit * 2, self.kind)?;
        write!(f, " [{}]; compile the source again: python3.14 -m compileall -f FILE.py", self.kind.code())
    }
}

impl std::error::Error for VerifyError {}
