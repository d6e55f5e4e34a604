//! What a `.pyc` holds, as a plain tree: no interpreter objects, nothing executed. Objects that the file shares are
//! shared here too (`Rc::ptr_eq` tells), so that whoever walks a tree of an untrusted file should remember the
//! pointers it has seen: a few bytes can name the same tuple exponentially often.

use super::error::CodeProblem;
use std::fmt;
use std::rc::Rc;

/// A marshalled object.
#[derive(Clone, Debug)]
pub enum Value {
    None,
    Bool(bool),
    Ellipsis,
    /// The class `StopIteration`, which the format has a letter for.
    StopIteration,
    Int(i64),
    /// An integer that does not fit 64 bits.
    Long(Rc<Long>),
    Float(f64),
    /// Real part, imaginary part.
    Complex(f64, f64),
    Bytes(Rc<[u8]>),
    Str(Rc<Str>),
    Tuple(Rc<[Value]>),
    List(Rc<[Value]>),
    /// In the order of the file, which is that of no Python set.
    Set(Rc<[Value]>),
    FrozenSet(Rc<[Value]>),
    Dict(Rc<[(Value, Value)]>),
    /// Start, stop, step.
    Slice(Rc<[Value; 3]>),
    Code(Rc<Code>),
}

impl Value {
    /// The name of the Python type, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Ellipsis => "ellipsis",
            Value::StopIteration => "type",
            Value::Int(_) | Value::Long(_) => "int",
            Value::Float(_) => "float",
            Value::Complex(..) => "complex",
            Value::Bytes(_) => "bytes",
            Value::Str(_) => "str",
            Value::Tuple(_) => "tuple",
            Value::List(_) => "list",
            Value::Set(_) => "set",
            Value::FrozenSet(_) => "frozenset",
            Value::Dict(_) => "dict",
            Value::Slice(_) => "slice",
            Value::Code(_) => "code",
        }
    }
}

/// Floats by their bits: `-0.0` is not `0.0`, and a NaN is itself.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::None, Value::None)
            | (Value::Ellipsis, Value::Ellipsis)
            | (Value::StopIteration, Value::StopIteration) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Long(a), Value::Long(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            (Value::Complex(a, b), Value::Complex(c, d)) => a.to_bits() == c.to_bits() && b.to_bits() == d.to_bits(),
            (Value::Bytes(a), Value::Bytes(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Tuple(a), Value::Tuple(b))
            | (Value::List(a), Value::List(b))
            | (Value::Set(a), Value::Set(b))
            | (Value::FrozenSet(a), Value::FrozenSet(b)) => Rc::ptr_eq(a, b) || a == b,
            (Value::Dict(a), Value::Dict(b)) => Rc::ptr_eq(a, b) || a == b,
            (Value::Slice(a), Value::Slice(b)) => a == b,
            (Value::Code(a), Value::Code(b)) => Rc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

/// A Python string: code points, lone surrogates among them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Str {
    /// UTF-8 in which surrogates are encoded like any code point of three bytes (Python's "surrogatepass").
    bytes: Box<[u8]>,
    /// The file marks it as interned.
    pub interned: bool,
}

impl Str {
    pub fn new(text: &str, interned: bool) -> Self {
        Self { bytes: text.as_bytes().into(), interned }
    }

    /// Of Latin-1 bytes, as the ASCII letters of the format are read.
    pub fn from_latin1(bytes: &[u8], interned: bool) -> Self {
        let bytes = if bytes.is_ascii() {
            bytes.into()
        } else {
            bytes.iter().map(|b| char::from(*b)).collect::<String>().into_bytes().into()
        };
        Self { bytes, interned }
    }

    /// `Err` with the index of the first byte that is not UTF-8, surrogates allowed.
    pub fn from_surrogatepass(bytes: &[u8], interned: bool) -> Result<Self, usize> {
        let mut rest = bytes;
        loop {
            match std::str::from_utf8(rest) {
                Ok(_) => return Ok(Self { bytes: bytes.into(), interned }),
                Err(error) => {
                    let bad = error.valid_up_to();
                    match rest.get(bad..bad + 3) {
                        Some([0xED, 0xA0..=0xBF, 0x80..=0xBF]) => rest = &rest[bad + 3..],
                        _ => return Err(bytes.len() - rest.len() + bad),
                    }
                }
            }
        }
    }

    /// Generalised UTF-8: surrogates take three bytes each.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `None` if there is a lone surrogate in it.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// With U+FFFD for lone surrogates.
    pub fn to_string_lossy(&self) -> String {
        self.code_points().map(|c| char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    }

    pub fn code_points(&self) -> impl Iterator<Item = u32> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let first = *self.bytes.get(at)?;
            let (length, lead) = match first {
                0..=0x7F => (1, u32::from(first)),
                0x80..=0xDF => (2, u32::from(first & 0x1F)),
                0xE0..=0xEF => (3, u32::from(first & 0x0F)),
                _ => (4, u32::from(first & 0x07)),
            };
            let tail = &self.bytes[at + 1..at + length];
            at += length;
            Some(tail.iter().fold(lead, |value, b| value << 6 | u32::from(b & 0x3F)))
        })
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string_lossy(), f)
    }
}

/// An integer as the format has it: sign and digits of 15 bits, the least significant first, the last one not zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Long {
    pub negative: bool,
    pub digits: Box<[u16]>,
}

impl Long {
    /// `None` where it does not fit.
    pub fn to_i64(&self) -> Option<i64> {
        if self.digits.len() > 5 {
            return None;
        }
        let magnitude = self.digits.iter().rev().fold(0i128, |sum, d| sum << 15 | i128::from(*d));
        i64::try_from(if self.negative { -magnitude } else { magnitude }).ok()
    }

    /// The magnitude in bytes, the least significant first.
    pub fn magnitude_le(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.digits.len() * 2);
        let (mut pending, mut bits) = (0u32, 0);
        for digit in &self.digits {
            pending |= u32::from(*digit) << bits;
            bits += 15;
            while bits >= 8 {
                bytes.push((pending & 0xFF) as u8);
                pending >>= 8;
                bits -= 8;
            }
        }
        bytes.push((pending & 0xFF) as u8);
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        bytes
    }
}

/// In decimal. Takes time in the square of the length.
impl fmt::Display for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const GROUP: u64 = 1_000_000_000_000_000_000;
        let mut groups: Vec<u64> = Vec::new();
        for digit in self.digits.iter().rev() {
            let mut carry = u128::from(*digit);
            for group in &mut groups {
                let value = u128::from(*group) << 15 | carry;
                *group = (value % u128::from(GROUP)) as u64;
                carry = value / u128::from(GROUP);
            }
            if carry > 0 {
                groups.push(carry as u64);
            }
        }
        if self.negative {
            f.write_str("-")?;
        }
        write!(f, "{}", groups.last().copied().unwrap_or(0))?;
        groups.iter().rev().skip(1).try_for_each(|group| write!(f, "{group:018}"))
    }
}

/// A tuple of strings. The tuple itself may be shared between code objects.
#[derive(Clone, Debug, PartialEq)]
pub struct Names(Rc<[Value]>);

impl Names {
    /// `Err` with the first item that is no string.
    pub fn new(items: Rc<[Value]>) -> Result<Self, Value> {
        match items.iter().find(|item| !matches!(item, Value::Str(_))) {
            Some(other) => Err(other.clone()),
            None => Ok(Self(items)),
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, index: usize) -> Option<&Rc<Str>> {
        match self.0.get(index) {
            Some(Value::Str(text)) => Some(text),
            _ => None,
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Rc<Str>> {
        self.0.iter().filter_map(|item| match item {
            Value::Str(text) => Some(text),
            _ => None,
        })
    }

    /// The tuple.
    pub fn items(&self) -> &Rc<[Value]> {
        &self.0
    }
}

/// A code object (`PyCodeObject`): the fields that the format has, under Python's names without `co_`.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    /// In stack slots.
    pub stacksize: u32,
    /// Bits of [`code_flag`].
    pub flags: u32,
    /// Code units of two bytes: opcode, oparg.
    pub code: Rc<[u8]>,
    pub consts: Rc<[Value]>,
    pub names: Names,
    /// Arguments, other locals, cells, free variables.
    pub localsplusnames: Names,
    /// Bits of [`local_kind`], as long as `localsplusnames`.
    pub localspluskinds: Rc<[u8]>,
    pub filename: Rc<Str>,
    pub name: Rc<Str>,
    pub qualname: Rc<Str>,
    pub firstlineno: i32,
    pub linetable: Rc<[u8]>,
    pub exceptiontable: Rc<[u8]>,
}

/// Bits of [`Code::flags`] (`CO_…`).
pub mod code_flag {
    pub const OPTIMIZED: u32 = 0x1;
    pub const NEWLOCALS: u32 = 0x2;
    pub const VARARGS: u32 = 0x4;
    pub const VARKEYWORDS: u32 = 0x8;
    pub const NESTED: u32 = 0x10;
    pub const GENERATOR: u32 = 0x20;
    pub const COROUTINE: u32 = 0x80;
    pub const ITERABLE_COROUTINE: u32 = 0x100;
    pub const ASYNC_GENERATOR: u32 = 0x200;
}

/// Bits of [`Code::localspluskinds`] (`CO_FAST_…`).
pub mod local_kind {
    pub const ARG_POS: u8 = 0x02;
    pub const ARG_KW: u8 = 0x04;
    pub const ARG_VAR: u8 = 0x08;
    /// A local of an inlined comprehension.
    pub const HIDDEN: u8 = 0x10;
    pub const LOCAL: u8 = 0x20;
    pub const CELL: u8 = 0x40;
    pub const FREE: u8 = 0x80;
}

impl Code {
    /// Number of arguments of all kinds: the first locals.
    pub fn total_args(&self) -> usize {
        let var = usize::from(self.flags & code_flag::VARARGS != 0);
        let keywords = usize::from(self.flags & code_flag::VARKEYWORDS != 0);
        self.argcount as usize + self.kwonlyargcount as usize + var + keywords
    }

    /// Locals that are no cell or free variable alone (`co_nlocals`).
    pub fn nlocals(&self) -> usize {
        self.localspluskinds.iter().filter(|kind| **kind & local_kind::LOCAL != 0).count()
    }

    pub fn nfreevars(&self) -> usize {
        self.localspluskinds.iter().filter(|kind| **kind & local_kind::FREE != 0).count()
    }

    /// In code units.
    pub fn units(&self) -> usize {
        self.code.len() / 2
    }

    /// What `PyCode_New` would refuse.
    pub(crate) fn validate(&self) -> Result<(), CodeProblem> {
        if self.posonlyargcount > self.argcount {
            return Err(CodeProblem::PositionalOnlyCount);
        }
        if self.localsplusnames.len() != self.localspluskinds.len() {
            return Err(CodeProblem::LocalKinds);
        }
        if self.total_args() > self.nlocals() {
            return Err(CodeProblem::TooFewLocals);
        }
        if !self.code.len().is_multiple_of(2) {
            return Err(CodeProblem::HalfUnit);
        }
        Ok(())
    }
}
