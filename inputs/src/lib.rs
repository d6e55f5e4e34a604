//! Finds, fetches, verifies and lifts the definitions.
//!
//! [`Inputs::locate`] finds what is on this machine: a checkout that the caller names, else the cache. [`fetch()`] fills the
//! cache with what `inputs.lock` names. Lookups hand out files with their sha256; those of the cache are verified.

mod cache;
mod digest;
mod error;
mod fetch;
pub mod lift;
mod lifting;
mod locate;
mod options;
mod pattern;
pub mod pins;
pub mod progress;
mod python;
mod release;
pub mod testing;
mod tree;

pub use cache::{Manifest, Package, Part};
pub use digest::sha256_hex;
pub use error::{ErrorKind, InputsError, Result};
pub use fetch::{fetch, locate_or_fetch};
pub use locate::{Cinder, DefinitionFiles, Definitions, Inputs, Source};
pub use options::{Options, SourceKind};
pub use release::Release;
pub use tree::InputFile;
