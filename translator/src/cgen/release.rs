//! Where the generators of other releases differ from 3.14's, in one place.

/// What a release's generator does differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// Written after the number that replaces `INSTRUCTION_SIZE`.
    pub instruction_size_suffix: &'static str,
    /// `DISPATCH()` inside a body brings the stack in order first.
    pub dispatch_flushes: bool,
    /// The optimizer's version of a uop must have the effects of the uop.
    pub checks_overrides: bool,
}

impl Release {
    pub const V3_14: Self = Self { instruction_size_suffix: "u", dispatch_flushes: false, checks_overrides: false };
    /// The main branch of 2025-05-30, between 3.14's first beta and 3.15.
    pub const MAIN_2025_05_30: Self =
        Self { instruction_size_suffix: "", dispatch_flushes: true, checks_overrides: true };
}

impl Default for Release {
    fn default() -> Self {
        Self::V3_14
    }
}
