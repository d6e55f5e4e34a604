//! How long work says what it does. The library prints nothing; the binary decides what is shown.

/// Receives what a fetch does. All methods do nothing unless overridden.
pub trait Progress {
    /// A new step begins: `Debian: unpacking 33 packages`.
    fn step(&self, _text: &str) {}

    /// How far the step is, in bytes; called often.
    fn bytes(&self, _done: u64, _total: u64) {}

    /// Something worth knowing that is no failure: a source that was passed over, and why.
    fn note(&self, _text: &str) {}
}

/// Says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {}
