//! How often specialising succeeded and failed, by unspecialised opcode.

use std::sync::atomic::{AtomicU32, Ordering};

struct Pair {
    success: AtomicU32,
    failure: AtomicU32,
}

static COUNTS: [Pair; 256] = [const { Pair { success: AtomicU32::new(0), failure: AtomicU32::new(0) } }; 256];

/// Attempts on one family of instructions since the process started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) success: u32,
    pub(crate) failure: u32,
}

pub(super) fn count(generic: u8, success: bool) {
    let pair = &COUNTS[usize::from(generic)];
    let cell = if success { &pair.success } else { &pair.failure };
    cell.fetch_add(1, Ordering::Relaxed);
}

/// The attempts on the family whose unspecialised form is `generic`.
pub(crate) fn counts(generic: u8) -> Counts {
    let pair = &COUNTS[usize::from(generic)];
    Counts { success: pair.success.load(Ordering::Relaxed), failure: pair.failure.load(Ordering::Relaxed) }
}
