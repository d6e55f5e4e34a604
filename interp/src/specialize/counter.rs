//! Adaptive counters (`pycore_backoff.h`): a 12-bit value that counts down to the next attempt, over a 4-bit backoff
//! that says how far it starts after a failure.

use crate::frame::InstrPtr;

const BACKOFF_BITS: u16 = 4;
const BACKOFF_MASK: u16 = 0xF;
const MAX_BACKOFF: u16 = 12;
/// A counter with this backoff never triggers.
const UNREACHABLE: u16 = 15;

const fn bits(value: u16, backoff: u16) -> u16 {
    value << BACKOFF_BITS | backoff
}

/// What a fresh instruction starts with: it is specialised the second time that it runs.
pub(crate) const WARMUP: u16 = bits(1, 1);

/// What a specialised instruction gets: after 53 misses another form is tried. Backoff 0 makes the counter after a
/// failure then the same as `WARMUP`.
pub(super) const COOLDOWN: u16 = bits(52, 0);

/// What JUMP_BACKWARD starts with, which counts the turns of a loop.
pub(crate) const JUMP: u16 = bits(4095, 12);

/// `backoff_counter_triggers`: the value has run out, and the counter is not the unreachable one.
#[inline(always)]
pub(crate) fn counter_triggers(counter: u16) -> bool {
    counter < UNREACHABLE
}

/// The counter after a failed attempt: it starts over twice as far, up to the limit (`restart_backoff_counter`).
pub(super) fn restart(counter: u16) -> u16 {
    let backoff = ((counter & BACKOFF_MASK) + 1).min(MAX_BACKOFF);
    bits(((1u32 << backoff) - 1) as u16, backoff)
}

/// One step down (`ADVANCE_ADAPTIVE_COUNTER`), of the counter in this code unit. A value of 0 wraps around, as in C.
#[inline(always)]
pub(crate) fn advance_counter(unit: InstrPtr) {
    unit.set_as_counter(unit.as_counter().wrapping_sub(1 << BACKOFF_BITS));
}

/// Keeps the counter in this code unit from triggering at the next step (`PAUSE_ADAPTIVE_COUNTER`).
#[inline(always)]
pub(crate) fn pause_counter(unit: InstrPtr) {
    unit.set_as_counter(unit.as_counter() | 1 << BACKOFF_BITS);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warms_up_triggers_and_backs_off() {
        assert!(!counter_triggers(WARMUP));
        let warm = WARMUP - (1 << BACKOFF_BITS);
        assert!(counter_triggers(warm), "one step from warm-up");
        assert_eq!(restart(warm), bits(3, 2));
        assert_eq!(restart(bits(0, 0)), WARMUP);
        assert_eq!(restart(bits(0, 11)), bits(4095, 12));
        assert_eq!(restart(bits(0, 12)), bits(4095, 12));
    }

    #[test]
    fn unreachable_never_triggers() {
        assert!(!counter_triggers(bits(0, UNREACHABLE)));
        assert!(counter_triggers(bits(0, MAX_BACKOFF)));
        assert!(!counter_triggers(COOLDOWN));
    }
}
