//! Why a file is not a `.pyc` that can be used. Codes are stable: tests and scripts may rely on them.

use std::fmt;

/// An error, and the byte of the file at which it was noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PycError {
    /// In bytes from the start of the file.
    pub offset: usize,
    pub kind: PycErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PycErrorKind {
    /// The file does not begin as a `.pyc` of any CPython.
    NotPyc,
    /// The magic number of another release.
    ForeignMagic(u16),
    /// Header flags that no release gives a meaning to.
    HeaderFlags(u32),
    /// The data end within what is named.
    UnexpectedEnd(&'static str),
    UnknownType(u8),
    /// A length or count that is negative.
    SizeOutOfRange(&'static str),
    /// A reference to an object that the file does not hold.
    BadReference(u32),
    /// A reference to an object from within itself.
    UnfinishedReference(u32),
    TooDeep,
    LongDigit,
    LongNotNormalized,
    BadUtf8,
    BadFloatText,
    /// The end mark of a dict at a place where an object must stand.
    NullObject,
    WrongType {
        field: &'static str,
        expected: &'static str,
        found: &'static str,
    },
    /// A count of a code object that is negative.
    NegativeField(&'static str),
    Code(CodeProblem),
}

/// What is wrong with a code object as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeProblem {
    PositionalOnlyCount,
    LocalKinds,
    TooFewLocals,
    HalfUnit,
}

impl PycErrorKind {
    /// Stable.
    pub fn code(&self) -> &'static str {
        match self {
            PycErrorKind::NotPyc => "P-001",
            PycErrorKind::ForeignMagic(_) => "P-002",
            PycErrorKind::HeaderFlags(_) => "P-003",
            PycErrorKind::UnexpectedEnd(_) => "P-010",
            PycErrorKind::UnknownType(_) => "P-011",
            PycErrorKind::SizeOutOfRange(_) => "P-012",
            PycErrorKind::BadReference(_) => "P-013",
            PycErrorKind::UnfinishedReference(_) => "P-014",
            PycErrorKind::TooDeep => "P-015",
            PycErrorKind::LongDigit => "P-016",
            PycErrorKind::LongNotNormalized => "P-017",
            PycErrorKind::BadUtf8 => "P-018",
            PycErrorKind::BadFloatText => "P-019",
            PycErrorKind::NullObject => "P-020",
            PycErrorKind::WrongType { .. } => "P-021",
            PycErrorKind::NegativeField(_) => "P-022",
            PycErrorKind::Code(_) => "P-023",
        }
    }

    /// What to do next.
    pub fn help(&self) -> &'static str {
        match self {
            PycErrorKind::NotPyc => "give a .pyc file that CPython 3.14 wrote, or the .py source itself",
            PycErrorKind::ForeignMagic(_) => "compile the source with CPython 3.14: python3.14 -m compileall FILE.py",
            _ => "the file is damaged; compile the source again: python3.14 -m compileall -f FILE.py",
        }
    }
}

/// The releases by their magic numbers: first number of each (`Lib/importlib/_bootstrap_external.py`).
const RELEASES: [(u16, &str); 12] = [
    (3390, "3.7"),
    (3400, "3.8"),
    (3420, "3.9"),
    (3430, "3.10"),
    (3450, "3.11"),
    (3500, "3.12"),
    (3550, "3.13"),
    (3600, "3.14"),
    (3650, "3.15"),
    (3700, "3.16"),
    (3750, "3.17"),
    (3800, ""),
];

/// The release of CPython whose `.pyc` files have this magic number, its previews included.
pub fn release_of(magic: u16) -> Option<&'static str> {
    let after = RELEASES.iter().position(|(first, _)| magic < *first)?;
    RELEASES.get(after.checked_sub(1)?).map(|(_, name)| *name)
}

impl fmt::Display for PycErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PycErrorKind::NotPyc => write!(f, "not a .pyc file"),
            PycErrorKind::ForeignMagic(magic) => match release_of(*magic) {
                Some("3.14") => write!(f, "written by a preview of CPython 3.14 (magic number {magic})"),
                Some(release) => write!(f, "written by CPython {release} (magic number {magic}), not by 3.14"),
                None => write!(f, "unknown magic number {magic}"),
            },
            PycErrorKind::HeaderFlags(flags) => write!(f, "unknown flags {flags:#x} in the header"),
            PycErrorKind::UnexpectedEnd(what) => write!(f, "the data end within {what}"),
            PycErrorKind::UnknownType(byte) => write!(f, "no type has the letter {:?}", char::from(*byte)),
            PycErrorKind::SizeOutOfRange(what) => write!(f, "the size of {what} is out of range"),
            PycErrorKind::BadReference(index) => write!(f, "reference to object {index}, which does not exist"),
            PycErrorKind::UnfinishedReference(index) => {
                write!(f, "object {index} contains itself")
            }
            PycErrorKind::TooDeep => write!(f, "objects are nested too deeply"),
            PycErrorKind::LongDigit => write!(f, "a digit of an integer is out of range"),
            PycErrorKind::LongNotNormalized => write!(f, "the highest digit of an integer is zero"),
            PycErrorKind::BadUtf8 => write!(f, "a string is not UTF-8"),
            PycErrorKind::BadFloatText => write!(f, "a float is not written as a number"),
            PycErrorKind::NullObject => write!(f, "an object is missing"),
            PycErrorKind::WrongType { field, expected, found } => {
                write!(f, "{field} is of type {found}, not {expected}")
            }
            PycErrorKind::NegativeField(field) => write!(f, "{field} is negative"),
            PycErrorKind::Code(problem) => write!(f, "bad code object: {problem}"),
        }
    }
}

impl fmt::Display for CodeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CodeProblem::PositionalOnlyCount => "more positional-only arguments than positional ones",
            CodeProblem::LocalKinds => "names and kinds of locals differ in number",
            CodeProblem::TooFewLocals => "fewer locals than arguments",
            CodeProblem::HalfUnit => "co_code has an odd number of bytes",
        })
    }
}

impl fmt::Display for PycError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}] at byte {}; {}", self.kind, self.kind.code(), self.offset, self.kind.help())
    }
}

impl std::error::Error for PycError {}
