//! What tests of this crate share: a turn at being the one interpreter.

use super::thread::Thread;
use std::sync::{Mutex, PoisonError};

/// Runs `body` with a thread state; types are not made ready. Tests wait for each other.
pub(crate) fn with_thread<R>(body: impl FnOnce(&Thread) -> R) -> R {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let thread = Thread::start().expect("no other interpreter runs");
    body(&thread)
}

/// As `with_thread`, with all types and builtins.
pub(crate) fn with_builtins<R>(body: impl FnOnce(&Thread) -> R) -> R {
    with_thread(|thread| {
        crate::builtins::prepare();
        crate::runtime::types::ready_all(thread);
        crate::builtins::install(thread);
        body(thread)
    })
}
