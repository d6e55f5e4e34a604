//! How often specialising succeeded and failed, by unspecialised opcode.

use std::sync::atomic::{AtomicU32, Ordering};

struct Pair {
    success: AtomicU32,
    failure: AtomicU32,
    deopt: AtomicU32,
}

static COUNTS: [Pair; 256] =
    [const { Pair { success: AtomicU32::new(0), failure: AtomicU32::new(0), deopt: AtomicU32::new(0) } }; 256];

/// Attempts on one family of instructions since the process started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) success: u32,
    pub(crate) failure: u32,
    /// Failures that made a specialised instruction generic again.
    pub(crate) deopt: u32,
}

pub(super) fn count(generic: u8, success: bool, was_special: bool) {
    let pair = &COUNTS[usize::from(generic)];
    let cell = if success { &pair.success } else { &pair.failure };
    cell.fetch_add(1, Ordering::Relaxed);
    if was_special && !success {
        pair.deopt.fetch_add(1, Ordering::Relaxed);
    }
}

/// The attempts on the family whose unspecialised form is `generic`.
pub(crate) fn counts(generic: u8) -> Counts {
    let pair = &COUNTS[usize::from(generic)];
    let load = |cell: &AtomicU32| cell.load(Ordering::Relaxed);
    Counts { success: load(&pair.success), failure: load(&pair.failure), deopt: load(&pair.deopt) }
}
