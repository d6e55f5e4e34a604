//! Taking the value out of an `Option` or `Result` whose other case the definition has excluded.

/// What generated bodies write where C goes on with a pointer or number that it knows to be valid: a test on the way, or
/// a guard of an earlier part, has excluded the other case. Debug builds check it.
pub(crate) trait Known {
    type Value;
    fn known(self) -> Self::Value;
}

impl<T> Known for Option<T> {
    type Value = T;
    #[inline(always)]
    fn known(self) -> T {
        debug_assert!(self.is_some(), "an absent value was taken as known");
        // SAFETY: the definition's own control flow has excluded NULL here; that is CPython's invariant too.
        unsafe { self.unwrap_unchecked() }
    }
}

impl<T, E> Known for Result<T, E> {
    type Value = T;
    #[inline(always)]
    fn known(self) -> T {
        debug_assert!(self.is_ok(), "a failed value was taken as known");
        // SAFETY: as for `Option`.
        unsafe { self.unwrap_unchecked() }
    }
}
