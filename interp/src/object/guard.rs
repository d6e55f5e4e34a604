//! The interpreter guard: at most one in the process, and on one thread. The static objects' `Sync` rests on it.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};

static HELD: AtomicBool = AtomicBool::new(false);

/// Held by whoever may touch objects. Not `Send`.
pub(crate) struct Guard(PhantomData<*const ()>);

impl Guard {
    /// The guard, unless someone has it.
    pub(crate) fn acquire() -> Option<Guard> {
        HELD.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).ok().map(|_| Guard(PhantomData))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        HELD.store(false, Ordering::Release);
    }
}
