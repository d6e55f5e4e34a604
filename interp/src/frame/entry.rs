//! The frame below the outermost Python frame of a call of the dispatch function. It lies on the native stack, because
//! the data stack shrinks below it when the Python frame is left.

use super::data::{Frame, Owner, SPECIALS};
use crate::object::{PyCode, Ref};
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// Stack slots of an entry frame.
const DEPTH: usize = 2;

/// Runs `body` with an entry frame that executes `code` from its second unit on.
pub(crate) fn with_entry_frame<R>(code: Ref<PyCode>, previous: Option<Frame>, body: impl FnOnce(Frame) -> R) -> R {
    debug_assert!(code.upcast().is_immortal() && code.framesize() as usize <= SPECIALS + DEPTH);
    let mut memory = [MaybeUninit::<usize>::uninit(); SPECIALS + DEPTH];
    // SAFETY: the words are as many as a frame of this code takes; the frame is not used after this function, and holds
    // no counts (its code is immortal).
    let entry = unsafe { Frame::from_memory(NonNull::from_mut(&mut memory).cast()) };
    entry.initialize_bare(code, 0, previous, Owner::Interpreter);
    entry.set_instr_ptr(code.first_instr().add(1));
    body(entry)
}
