//! What the dispatch loop itself asks of the thread.

use super::error;
use crate::exit::Exit;
use crate::generated::tables;
use crate::object::Thread;

/// A frame evaluator that another one would be asked instead of ours: there is none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum EvalFrame {}

impl Thread {
    /// `interp->eval_frame`: no evaluator can be set in this runtime.
    #[inline(always)]
    pub(crate) fn eval_frame(&self) -> Option<EvalFrame> {
        None
    }

    /// Raises SystemError for an instruction one of whose bodies is not translated.
    #[cold]
    pub(crate) fn untranslated(&self, opcode: u8) -> Exit {
        let name = tables::NAMES[usize::from(opcode)];
        error::system_error(self, format_args!("the instruction {name} is not translated yet"));
        Exit::ErrorNoPop
    }
}
