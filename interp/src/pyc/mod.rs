//! `.pyc` files of CPython 3.14: header, marshalled tree, and what is encoded within code objects.
//!
//! ```text
//! bytes --read--> Pyc { header, code: Code } --verify--> facts that the runtime rests on
//!                                    '--locations, exceptions--> decoded tables
//! ```
//! A tree ([`Value`], [`Code`]) holds no interpreter objects. Damaged, truncated or foreign input is an error with
//! its place in the file; memory and native stack stay in proportion to the length of the input.

pub mod dump;
pub mod error;
pub mod exceptions;
pub mod locations;
mod marshal;
mod value;
pub mod verify;

pub use error::{CodeProblem, PycError, PycErrorKind, release_of};
pub use marshal::{MAX_DEPTH, loads};
pub use value::{Code, Long, Names, Str, Value, code_flag, local_kind};

use std::rc::Rc;

/// The magic number of CPython 3.14's `.pyc` files.
pub const MAGIC: u16 = 3627;

/// In bytes.
pub const HEADER_LEN: usize = 16;

/// How CPython would find out whether the file is up to date (PEP 552).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// Time of last change and size of the source.
    Source { mtime: u32, size: u32 },
    /// Hash of the source, and whether to compare it on import.
    Hash { hash: [u8; 8], checked: bool },
}

/// A `.pyc` file.
#[derive(Clone, Debug, PartialEq)]
pub struct Pyc {
    pub stamp: Stamp,
    pub code: Rc<Code>,
}

/// Whether the bytes begin as those of a `.pyc` file of any release do.
pub fn looks_like_pyc(bytes: &[u8]) -> bool {
    bytes.get(2..4) == Some(b"\r\n")
}

/// Reads a whole `.pyc` file. Bytes after the code object are ignored, as CPython does.
pub fn read(bytes: &[u8]) -> Result<Pyc, PycError> {
    let stamp = read_header(bytes)?;
    let at = |kind| PycError { offset: HEADER_LEN, kind };
    match marshal::loads_at(bytes, HEADER_LEN)? {
        Value::Code(code) => Ok(Pyc { stamp, code }),
        other => Err(at(PycErrorKind::WrongType {
            field: "the object of the file",
            expected: "code",
            found: other.type_name(),
        })),
    }
}

fn read_header(bytes: &[u8]) -> Result<Stamp, PycError> {
    let error = |offset, kind| Err(PycError { offset, kind });
    if !looks_like_pyc(bytes) {
        return error(0, PycErrorKind::NotPyc);
    }
    let magic = u16::from_le_bytes([bytes[0], bytes[1]]);
    if magic != MAGIC {
        return error(0, PycErrorKind::ForeignMagic(magic));
    }
    let Some(header) = bytes.first_chunk::<HEADER_LEN>() else {
        return error(bytes.len(), PycErrorKind::UnexpectedEnd("the header"));
    };
    let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    match word(4) {
        0 => Ok(Stamp::Source { mtime: word(8), size: word(12) }),
        flags @ (1 | 3) => {
            let mut hash = [0; 8];
            hash.copy_from_slice(&header[8..]);
            Ok(Stamp::Hash { hash, checked: flags == 3 })
        }
        flags => error(4, PycErrorKind::HeaderFlags(flags)),
    }
}

/// Writes a `.pyc` file that [`read`] and CPython 3.14 read back as an equal one.
pub fn write(pyc: &Pyc) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&MAGIC.to_le_bytes());
    bytes.extend_from_slice(b"\r\n");
    match pyc.stamp {
        Stamp::Source { mtime, size } => {
            bytes.extend_from_slice(&0u32.to_le_bytes());
            bytes.extend_from_slice(&mtime.to_le_bytes());
            bytes.extend_from_slice(&size.to_le_bytes());
        }
        Stamp::Hash { hash, checked } => {
            bytes.extend_from_slice(&(if checked { 3u32 } else { 1 }).to_le_bytes());
            bytes.extend_from_slice(&hash);
        }
    }
    bytes.extend_from_slice(&dump::dumps(&Value::Code(Rc::clone(&pyc.code))));
    bytes
}
