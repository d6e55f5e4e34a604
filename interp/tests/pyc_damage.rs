//! Damaged, truncated and foreign files: a typed error with its place, never a panic.

mod common;

use inputs::testing::say;
use interp::dis::{Options, disassemble};
use interp::pyc::{self, MAX_DEPTH, PycErrorKind, Value, verify};

fn sample() -> Vec<u8> {
    std::fs::read(common::root().join("fixtures/programs/fib.pyc")).expect("a fixture")
}

/// The code and the offset of the error.
fn refused(bytes: &[u8]) -> (&'static str, usize) {
    match pyc::read(bytes) {
        Ok(_) => panic!("accepted"),
        Err(error) => (error.kind.code(), error.offset),
    }
}

fn with_body(body: &[u8]) -> Vec<u8> {
    let mut bytes = sample();
    bytes.truncate(pyc::HEADER_LEN);
    bytes.extend_from_slice(body);
    bytes
}

#[test]
fn fixtures_survive_writing() {
    for path in common::fixtures() {
        let bytes = std::fs::read(&path).expect("a fixture");
        let read = pyc::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(pyc::read(&pyc::write(&read)).as_ref() == Ok(&read), "{}", path.display());
    }
}

#[test]
fn every_truncation_is_refused() {
    let bytes = sample();
    for length in 0..bytes.len() {
        let error = pyc::read(&bytes[..length]).expect_err("a truncated file");
        let expected = if length < 4 { "P-001" } else { "P-010" };
        assert_eq!(error.kind.code(), expected, "cut at {length}: {error}");
        assert_eq!(error.offset, if length < 4 { 0 } else { length }, "cut at {length}: {error}");
    }
}

#[test]
fn flipped_bits_never_panic() {
    let (mut refused, mut accepted) = (0, 0);
    for path in common::fixtures().iter().take(2) {
        let bytes = std::fs::read(path).expect("a fixture");
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            match pyc::read(&damaged) {
                Ok(read) => {
                    accepted += 1;
                    if bit % 7 == 0 {
                        let _ = verify::verify_all(&read.code);
                    }
                    let _ = pyc::locations::decode(&read.code.linetable, read.code.firstlineno);
                    if bit % 97 == 0 {
                        let all = Options { caches: true, offsets: true, positions: true, adaptive: true };
                        disassemble(&read.code, all, &mut std::io::sink()).expect("a sink takes all");
                    }
                }
                Err(error) => {
                    refused += 1;
                    assert!(error.offset <= damaged.len(), "{error}");
                }
            }
        }
    }
    say(&format!("{refused} refused, {accepted} accepted"));
}

#[test]
fn foreign_headers() {
    let mut bytes = sample();
    assert_eq!(refused(b""), ("P-001", 0));
    assert_eq!(refused(b"def f(): pass\n"), ("P-001", 0));
    for (magic, named) in [(3571u16, "CPython 3.13"), (3531, "CPython 3.12"), (3660, "CPython 3.15"), (3600, "preview")]
    {
        bytes[..2].copy_from_slice(&magic.to_le_bytes());
        let error = pyc::read(&bytes).expect_err("a foreign file");
        assert_eq!(error.kind, PycErrorKind::ForeignMagic(magic));
        assert_eq!(error.offset, 0);
        assert!(error.to_string().contains(named), "{error}");
    }
    bytes[..2].copy_from_slice(&62211u16.to_le_bytes());
    assert_eq!(refused(&bytes), ("P-002", 0));
    bytes = sample();
    bytes[4] = 2;
    assert_eq!(refused(&bytes), ("P-003", 4));
}

#[test]
fn damaged_objects() {
    let cases: [(&[u8], (&str, usize)); 15] = [
        (b"q", ("P-011", 16)),
        (b"(\xFF\xFF\xFF\x7F", ("P-010", 21)),
        (b"(\xFF\xFF\xFF\xFF", ("P-012", 17)),
        (b"s\xFF\xFF\xFF\x7Fab", ("P-010", 23)),
        (b"u\x02\x00\x00\x00\xC3\x28", ("P-018", 21)),
        (b"r\x00\x00\x00\x00", ("P-013", 16)),
        (b"\xA9\x01r\x00\x00\x00\x00", ("P-014", 18)),
        (b")\x020N", ("P-020", 18)),
        (b"{N0", ("P-020", 18)),
        (b"l\x01\x00\x00\x00\x00\x80", ("P-016", 21)),
        (b"l\x01\x00\x00\x00\x00\x00", ("P-017", 21)),
        (b"l\x00\x00\x00\x80", ("P-012", 17)),
        (b"f\x03abc", ("P-019", 17)),
        (b"c\xFF\xFF\xFF\xFF", ("P-022", 17)),
        (b"N", ("P-021", 16)),
    ];
    for (body, expected) in cases {
        assert_eq!(refused(&with_body(body)), expected, "{body:?}");
    }
}

#[test]
fn nesting_is_limited() {
    let nested = |depth: usize| [vec![b")", &[1u8][..]]; 1].concat().concat().repeat(depth);
    let mut deep = nested(MAX_DEPTH);
    deep.push(b'N');
    assert!(matches!(pyc::loads(&deep), Ok(Value::Tuple(_))));
    deep.splice(0..0, [b')', 1]);
    let error = pyc::loads(&deep).expect_err("too deep");
    assert_eq!((error.kind.code(), error.offset), ("P-015", MAX_DEPTH * 2));
    // Code objects within code objects take most of the native stack.
    let mut head = vec![b'c'];
    head.extend_from_slice(&[0; 20]);
    head.extend_from_slice(b"s\0\0\0\0)\x01");
    let endless = head.repeat(MAX_DEPTH);
    assert_eq!(pyc::loads(&endless).expect_err("too deep").kind.code(), "P-015");
    let endless = vec![b'['; 4_000_000];
    assert!(pyc::loads(&endless).is_err());
}

#[test]
fn numbers_of_every_size_survive() {
    for shift in 0..200u32 {
        let mut digits = vec![0u16; (shift / 15) as usize];
        digits.push(1 << (shift % 15));
        for negative in [false, true] {
            let long = pyc::Long { negative, digits: digits.clone().into() };
            let value = long.to_i64().map_or_else(|| Value::Long(long.clone().into()), Value::Int);
            assert_eq!(pyc::loads(&pyc::dump::dumps(&value)), Ok(value.clone()));
            if shift < 127 {
                let expected = if negative { -(1i128 << shift) } else { 1i128 << shift };
                assert_eq!(long.to_string(), expected.to_string());
                assert_eq!(long.to_i64(), i64::try_from(expected).ok());
            }
        }
    }
}
