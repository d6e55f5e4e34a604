//! Deflated data in its three wrappers: none, that of zlib, that of gzip.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapper {
    Raw,
    Zlib,
    Gzip,
    /// By the first bytes.
    Either,
}

fn wrapper_of(wbits: i64) -> Option<Wrapper> {
    match wbits {
        -15..=-8 => Some(Wrapper::Raw),
        0 | 8..=15 => Some(Wrapper::Zlib),
        25..=31 => Some(Wrapper::Gzip),
        40..=47 => Some(Wrapper::Either),
        _ => None,
    }
}

/// The checksum of zlib's wrapper.
pub(super) fn adler32(start: u32, data: &[u8]) -> u32 {
    const BASE: u32 = 65_521;
    // So many bytes that the sums do not overflow.
    let (low, high) = data.chunks(5552).fold((start & 0xFFFF, start >> 16), |(low, high), part| {
        let (low, high) = part.iter().fold((low, high), |(low, high), &byte| {
            let low = low + u32::from(byte);
            (low, high + low)
        });
        (low % BASE, high % BASE)
    });
    high << 16 | low
}

/// What compresses.
pub(super) struct Packer {
    state: Compress,
    gzip: bool,
    started: bool,
    level: u32,
    crc: crc32fast::Hasher,
}

impl Packer {
    /// `None` for a size of the window that means nothing.
    pub(super) fn new(level: u32, wbits: i64) -> Option<Packer> {
        let wrapper = wrapper_of(wbits).filter(|wrapper| *wrapper != Wrapper::Either)?;
        Some(Packer {
            state: Compress::new(Compression::new(level), wrapper == Wrapper::Zlib),
            gzip: wrapper == Wrapper::Gzip,
            started: false,
            level,
            crc: crc32fast::Hasher::new(),
        })
    }

    fn run(&mut self, data: &[u8], flush: FlushCompress) -> Vec<u8> {
        let mut out = Vec::with_capacity(data.len() / 2 + 64);
        if self.gzip && !self.started {
            let extra = match self.level {
                9 => 2,
                1 => 4,
                _ => 0,
            };
            out.extend([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, extra, 3]);
            self.started = true;
        }
        if self.gzip {
            self.crc.update(data);
        }
        let start = self.state.total_in();
        loop {
            out.reserve(4096);
            let at = (self.state.total_in() - start) as usize;
            let room = out.capacity();
            match self.state.compress_vec(&data[at..], &mut out, flush) {
                Ok(Status::StreamEnd) | Err(_) => break,
                // Room that is left says that there is nothing more to come.
                Ok(_) if out.len() < room && self.taken(start) == data.len() => break,
                Ok(_) => {}
            }
        }
        out
    }

    fn taken(&self, start: u64) -> usize {
        (self.state.total_in() - start) as usize
    }

    pub(super) fn write(&mut self, data: &[u8]) -> Vec<u8> {
        if data.is_empty() && (!self.gzip || self.started) { Vec::new() } else { self.run(data, FlushCompress::None) }
    }

    /// What is held back, so that all that was written can be read.
    pub(super) fn sync(&mut self, full: bool) -> Vec<u8> {
        self.run(&[], if full { FlushCompress::Full } else { FlushCompress::Sync })
    }

    pub(super) fn finish(&mut self) -> Vec<u8> {
        let mut out = self.run(&[], FlushCompress::Finish);
        if self.gzip {
            out.extend(self.crc.clone().finalize().to_le_bytes());
            out.extend((self.state.total_in() as u32).to_le_bytes());
        }
        out
    }
}

/// What decompresses.
pub(super) struct Unpacker {
    state: Decompress,
    wrapper: Wrapper,
    /// The bytes of a gzip header that is not whole yet.
    header: Vec<u8>,
    in_header: bool,
    trailer: usize,
    ended: bool,
}

impl Unpacker {
    pub(super) fn new(wbits: i64) -> Option<Unpacker> {
        let wrapper = wrapper_of(wbits)?;
        let in_header = matches!(wrapper, Wrapper::Gzip | Wrapper::Either);
        Some(Unpacker {
            state: Decompress::new(wrapper == Wrapper::Zlib),
            wrapper,
            header: Vec::new(),
            in_header,
            trailer: 0,
            ended: false,
        })
    }

    pub(super) fn is_done(&self) -> bool {
        self.ended && self.trailer == 0
    }

    /// Decompresses, at most to some bytes of output; gives how much of the input was taken.
    pub(super) fn read(&mut self, data: &[u8], most: Option<usize>, out: &mut Vec<u8>) -> Result<usize, &'static str> {
        let mut at = 0;
        if self.in_header {
            let before = self.header.len();
            self.header.extend_from_slice(data);
            if self.wrapper == Wrapper::Either && self.header.first().is_some_and(|&byte| byte != 0x1F) {
                self.wrapper = Wrapper::Zlib;
                self.state = Decompress::new(true);
                self.in_header = false;
                let held = std::mem::take(&mut self.header);
                self.inflate(&held[..before], most, out)?;
            } else {
                match gzip_header(&self.header)? {
                    None => return Ok(data.len()),
                    Some(length) => {
                        at = length - before;
                        self.wrapper = Wrapper::Gzip;
                        self.in_header = false;
                    }
                }
            }
        }
        at += self.inflate(&data[at..], most, out)?;
        if self.ended && self.trailer > 0 {
            let count = self.trailer.min(data.len() - at);
            self.trailer -= count;
            at += count;
        }
        Ok(at)
    }

    fn inflate(&mut self, data: &[u8], most: Option<usize>, out: &mut Vec<u8>) -> Result<usize, &'static str> {
        if self.ended {
            return Ok(0);
        }
        let start = self.state.total_in();
        loop {
            let at = (self.state.total_in() - start) as usize;
            let room = most.map_or(16 * 1024, |most| most.saturating_sub(out.len()).min(16 * 1024));
            if room == 0 {
                return Ok(at);
            }
            let mut part = vec![0; room];
            let before = self.state.total_out();
            let status = self.state.decompress(&data[at..], &mut part, FlushDecompress::None);
            let made = (self.state.total_out() - before) as usize;
            out.extend_from_slice(&part[..made]);
            let taken = (self.state.total_in() - start) as usize;
            match status {
                Err(_) if self.state.total_in() <= 2 && self.wrapper == Wrapper::Zlib => {
                    return Err("incorrect header check");
                }
                Err(_) => return Err("invalid stored block lengths"),
                Ok(Status::StreamEnd) => {
                    self.ended = true;
                    self.trailer = if self.wrapper == Wrapper::Gzip { 8 } else { 0 };
                    return Ok(taken);
                }
                Ok(_) if made < room && taken == data.len() || made == 0 && taken == at => return Ok(taken),
                Ok(_) => {}
            }
        }
    }
}

/// The length of a gzip header; `None` while it is not whole.
fn gzip_header(data: &[u8]) -> Result<Option<usize>, &'static str> {
    if data.iter().zip(&[0x1F, 0x8B, 8]).any(|(own, known)| own != known) {
        return Err("incorrect header check");
    }
    let Some(&flags) = data.get(3) else { return Ok(None) };
    let mut at = 10;
    if flags & 4 != 0 {
        let Some(length) = data.get(at..at + 2) else { return Ok(None) };
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for bit in [8, 16] {
        if flags & bit != 0 {
            let Some(end) = data.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == 0)) else {
                return Ok(None);
            };
            at += end + 1;
        }
    }
    at += if flags & 2 != 0 { 2 } else { 0 };
    Ok(Some(at).filter(|&at| at <= data.len()))
}
