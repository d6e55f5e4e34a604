//! SHA-256 of files and streams.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

/// The sha256 in lower-case hexadecimal, and the length in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}

/// Passes bytes on to a writer and sums them.
pub(crate) struct SummingWriter<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> SummingWriter<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), bytes: 0 }
    }

    pub(crate) fn finish(mut self) -> io::Result<Sum> {
        self.inner.flush()?;
        Ok(Sum { sha256: hex(&self.hash.finalize()), bytes: self.bytes })
    }
}

impl<W: Write> Write for SummingWriter<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(buf)?;
        self.hash.update(&buf[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

pub(crate) fn of_bytes(bytes: &[u8]) -> Sum {
    Sum { sha256: hex(&Sha256::digest(bytes)), bytes: bytes.len() as u64 }
}

pub(crate) fn of_file(path: &Path) -> io::Result<Sum> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(Sum { sha256: hex(&hash.finalize()), bytes });
        }
        hash.update(&buffer[..n]);
        bytes += n as u64;
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The sha256 of bytes in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    of_bytes(bytes).sha256
}
