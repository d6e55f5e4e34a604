//! How a generated body leaves: the small values that stand for the control macros of the definitions.

/// An exception is set on the thread. Stands where C returns NULL or -1 with an exception set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Raised;

/// Why a body did not fall through to the next instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// `ERROR_IF`: the body consumed its inputs; the arm pops them and unwinds.
    Error,
    /// `ERROR_NO_POP`: the inputs are still on the stack.
    ErrorNoPop,
    /// `DEOPT_IF` / `EXIT_IF`: run the family's unspecialised form on the same inputs.
    Deopt,
    /// `DISPATCH()`: go on at `next_instr`.
    Dispatch,
    /// `DISPATCH_GOTO()`: go on with the opcode and oparg that the body has set.
    DispatchGoto,
    /// `DISPATCH_SAME_OPARG()`: run the opcode that is now at `next_instr` with the present oparg.
    DispatchSameOparg,
    /// `goto start_frame`: a frame was pushed.
    StartFrame,
    /// `goto exception_unwind`.
    ExceptionUnwind,
    /// `goto exit_unwind`.
    ExitUnwind,
    /// The dispatch function returns the thread's result.
    Return,
    /// The instruction's body is not translated.
    Untranslated,
}

impl From<Raised> for Exit {
    #[inline(always)]
    fn from(_: Raised) -> Exit {
        Exit::Error
    }
}
