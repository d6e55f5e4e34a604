//! Reader of the marshal format, versions 0 to 5 (`Python/marshal.c`). It takes what CPython 3.14's takes, except
//! objects that contain themselves, which no compiler writes. It keeps its own stack of unfinished objects, so that
//! nesting costs no native stack.

use super::error::{PycError, PycErrorKind};
use super::value::{Code, Long, Names, Str, Value};
use std::rc::Rc;

/// How deep objects may be nested. CPython's own limit is 2000; its parser's limits keep what it compiles far below ours,
/// which whoever walks a tree recursively has to allow for.
pub const MAX_DEPTH: usize = 1000;

/// Reads one marshalled object.
pub fn loads(bytes: &[u8]) -> Result<Value, PycError> {
    loads_at(bytes, 0)
}

pub(super) fn loads_at(bytes: &[u8], offset: usize) -> Result<Value, PycError> {
    Reader { bytes, at: offset, refs: Vec::new(), open: Vec::new() }.read()
}

type Result_<T> = Result<T, PycError>;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Objects in the order in which the file marked them; `None` while they are being read.
    refs: Vec<Option<Value>>,
    /// The objects around the next one, the outermost first.
    open: Vec<Open>,
}

/// An object whose items are being read.
struct Open {
    container: Container,
    /// Of its letter.
    offset: usize,
    /// Where it is to be remembered, if at all.
    slot: Option<usize>,
    items: Vec<Value>,
    /// How many items it has in all; without meaning for a dict.
    count: usize,
}

enum Container {
    Tuple,
    List,
    Set,
    FrozenSet,
    Slice,
    Dict,
    Code(Box<CodeParts>),
}

/// What a code object has beside objects, and where its objects begin.
struct CodeParts {
    counts: [u32; 5],
    firstlineno: i32,
    offsets: Vec<usize>,
}

/// The objects of a code object in the order of the format; the line number stands before the last two.
const FIELDS: [&str; 10] = [
    "co_code",
    "co_consts",
    "co_names",
    "co_localsplusnames",
    "co_localspluskinds",
    "co_filename",
    "co_name",
    "co_qualname",
    "co_linetable",
    "co_exceptiontable",
];

/// What a letter gives.
enum Read {
    Value(Value),
    /// The end mark of a dict.
    Null,
    /// An object whose items follow; it is on the stack now.
    Opened,
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Result_<Value> {
        loop {
            let offset = self.at;
            let mut value = match self.object()? {
                Read::Opened => None,
                Read::Value(value) => Some(value),
                Read::Null => match self.open.pop() {
                    Some(Open { container: Container::Dict, items, slot, .. }) if items.len() % 2 == 0 => {
                        Some(self.remember(slot, dict(&items)))
                    }
                    _ => return self.error(offset, PycErrorKind::NullObject),
                },
            };
            // A finished object may finish the one around it, and so on.
            loop {
                let Some(open) = self.open.last_mut() else {
                    match value {
                        Some(value) => return Ok(value),
                        None => break,
                    }
                };
                if let Some(item) = value.take() {
                    open.items.push(item);
                }
                if matches!(open.container, Container::Dict) || open.items.len() < open.count {
                    self.before_item()?;
                    break;
                }
                value = match self.open.pop() {
                    Some(open) => Some(self.finish(open)?),
                    None => None,
                };
            }
        }
    }

    /// Notes where the next item of a code object begins, and reads the line number on the way.
    fn before_item(&mut self) -> Result_<()> {
        let Some(Open { container: Container::Code(_), items, .. }) = self.open.last() else { return Ok(()) };
        let line = if items.len() == 8 { Some(self.i32("co_firstlineno")?) } else { None };
        let at = self.at;
        if let Some(Open { container: Container::Code(parts), .. }) = self.open.last_mut() {
            parts.firstlineno = line.unwrap_or(parts.firstlineno);
            parts.offsets.push(at);
        }
        Ok(())
    }

    fn finish(&mut self, open: Open) -> Result_<Value> {
        let items = open.items;
        let value = match open.container {
            Container::Tuple => Value::Tuple(items.into()),
            Container::List => Value::List(items.into()),
            Container::Set => Value::Set(items.into()),
            Container::FrozenSet => Value::FrozenSet(items.into()),
            Container::Slice => {
                <Box<[Value; 3]>>::try_from(items).map_or(Value::None, |parts| Value::Slice(parts.into()))
            }
            Container::Dict => dict(&items),
            Container::Code(parts) => {
                let code = code(&parts, items)?;
                if let Err(problem) = code.validate() {
                    return self.error(open.offset, PycErrorKind::Code(problem));
                }
                Value::Code(Rc::new(code))
            }
        };
        Ok(self.remember(open.slot, value))
    }

    fn remember(&mut self, slot: Option<usize>, value: Value) -> Value {
        if let Some(entry) = slot.and_then(|index| self.refs.get_mut(index)) {
            *entry = Some(value.clone());
        }
        value
    }

    /// What is being read, for messages.
    fn what(&self) -> &'static str {
        match self.open.last() {
            None => "an object",
            Some(open) => match &open.container {
                Container::Tuple => "a tuple",
                Container::List => "a list",
                Container::Set => "a set",
                Container::FrozenSet => "a frozenset",
                Container::Slice => "a slice",
                Container::Dict => "a dict",
                Container::Code(_) => FIELDS.get(open.items.len()).copied().unwrap_or("a code object"),
            },
        }
    }

    fn object(&mut self) -> Result_<Read> {
        let offset = self.at;
        let byte = self.byte(self.what())?;
        let letter = byte & 0x7F;
        // The letters without an entry of their own in the list of references come first.
        let plain = match letter {
            b'0' => return Ok(Read::Null),
            b'N' => Value::None,
            b'F' => Value::Bool(false),
            b'T' => Value::Bool(true),
            b'S' => Value::StopIteration,
            b'.' => Value::Ellipsis,
            b'r' => self.reference(offset)?,
            _ => {
                let slot = (byte & 0x80 != 0).then_some(self.refs.len());
                self.refs.extend(slot.map(|_| None));
                if let Some((container, count)) = self.container(letter)? {
                    return self.push(Open { container, offset, slot, items: Vec::new(), count });
                }
                let value = self.leaf(offset, letter)?;
                self.remember(slot, value)
            }
        };
        Ok(Read::Value(plain))
    }

    fn push(&mut self, mut open: Open) -> Result_<Read> {
        if self.open.len() >= MAX_DEPTH {
            return self.error(open.offset, PycErrorKind::TooDeep);
        }
        // Every item takes a byte at least: a count beyond that cannot be met, so nothing is allocated for it.
        let dict = matches!(open.container, Container::Dict);
        if !dict && open.count > self.bytes.len() - self.at {
            self.open.push(open);
            return self.error(self.bytes.len(), PycErrorKind::UnexpectedEnd(self.what()));
        }
        open.items.reserve(open.count.min(64));
        self.open.push(open);
        Ok(Read::Opened)
    }

    /// An object with items and how many, if the letter is that of one.
    fn container(&mut self, letter: u8) -> Result_<Option<(Container, usize)>> {
        Ok(Some(match letter {
            b'(' => (Container::Tuple, self.size("a tuple")?),
            b')' => (Container::Tuple, self.byte("a tuple")?.into()),
            b'[' => (Container::List, self.size("a list")?),
            b'<' => (Container::Set, self.size("a set")?),
            b'>' => (Container::FrozenSet, self.size("a frozenset")?),
            b':' => (Container::Slice, 3),
            b'{' => (Container::Dict, 0),
            b'c' => {
                let counts = [
                    self.count("co_argcount")?,
                    self.count("co_posonlyargcount")?,
                    self.count("co_kwonlyargcount")?,
                    self.count("co_stacksize")?,
                    self.count("co_flags")?,
                ];
                let parts = CodeParts { counts, firstlineno: 0, offsets: Vec::with_capacity(FIELDS.len()) };
                (Container::Code(Box::new(parts)), FIELDS.len())
            }
            _ => return Ok(None),
        }))
    }

    fn error<T>(&self, offset: usize, kind: PycErrorKind) -> Result_<T> {
        Err(PycError { offset, kind })
    }

    fn bytes(&mut self, count: usize, what: &'static str) -> Result_<&'a [u8]> {
        match self.bytes.get(self.at..).and_then(|rest| rest.get(..count)) {
            Some(found) => {
                self.at += count;
                Ok(found)
            }
            None => self.error(self.bytes.len(), PycErrorKind::UnexpectedEnd(what)),
        }
    }

    fn byte(&mut self, what: &'static str) -> Result_<u8> {
        Ok(self.bytes(1, what)?[0])
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result_<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N, what)?);
        Ok(array)
    }

    fn i32(&mut self, what: &'static str) -> Result_<i32> {
        Ok(i32::from_le_bytes(self.array(what)?))
    }

    fn f64(&mut self) -> Result_<f64> {
        Ok(f64::from_le_bytes(self.array("a float")?))
    }

    /// A length in four bytes.
    fn size(&mut self, what: &'static str) -> Result_<usize> {
        let offset = self.at;
        let size = self.i32(what)?;
        usize::try_from(size).or_else(|_| self.error(offset, PycErrorKind::SizeOutOfRange(what)))
    }

    /// An object that holds no others.
    fn leaf(&mut self, offset: usize, letter: u8) -> Result_<Value> {
        Ok(match letter {
            b'i' => Value::Int(i64::from(self.i32("an integer")?)),
            b'I' => Value::Int(i64::from_le_bytes(self.array("an integer")?)),
            b'l' => self.long()?,
            b'f' => Value::Float(self.float_text()?),
            b'g' => Value::Float(self.f64()?),
            b'x' => Value::Complex(self.float_text()?, self.float_text()?),
            b'y' => Value::Complex(self.f64()?, self.f64()?),
            b's' => {
                let size = self.size("a bytes object")?;
                Value::Bytes(self.bytes(size, "a bytes object")?.into())
            }
            b'a' | b'A' => {
                let size = self.size("a string")?;
                Value::Str(Rc::new(Str::from_latin1(self.bytes(size, "a string")?, letter == b'A')))
            }
            b'z' | b'Z' => {
                let size = self.byte("a string")?;
                Value::Str(Rc::new(Str::from_latin1(self.bytes(size.into(), "a string")?, letter == b'Z')))
            }
            b'u' | b't' => self.utf8(letter == b't')?,
            other => return self.error(offset, PycErrorKind::UnknownType(other)),
        })
    }

    fn reference(&mut self, offset: usize) -> Result_<Value> {
        let index = u32::from_le_bytes(self.array("a reference")?);
        match self.refs.get(index as usize) {
            Some(Some(value)) => Ok(value.clone()),
            Some(None) => self.error(offset, PycErrorKind::UnfinishedReference(index)),
            None => self.error(offset, PycErrorKind::BadReference(index)),
        }
    }

    fn long(&mut self) -> Result_<Value> {
        let offset = self.at;
        let size = self.i32("an integer")?;
        if size == i32::MIN {
            return self.error(offset, PycErrorKind::SizeOutOfRange("an integer"));
        }
        let raw = self.bytes(size.unsigned_abs() as usize * 2, "an integer")?;
        let digits: Box<[u16]> = raw.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        if let Some(bad) = digits.iter().position(|digit| *digit > 0x7FFF) {
            return self.error(offset + 4 + bad * 2, PycErrorKind::LongDigit);
        }
        if digits.last() == Some(&0) {
            return self.error(self.at - 2, PycErrorKind::LongNotNormalized);
        }
        let long = Long { negative: size < 0, digits };
        Ok(long.to_i64().map_or_else(|| Value::Long(Rc::new(long)), Value::Int))
    }

    fn float_text(&mut self) -> Result_<f64> {
        let offset = self.at;
        let size = self.byte("a float")?;
        let text = self.bytes(size.into(), "a float")?;
        let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        number.map_or_else(|| self.error(offset, PycErrorKind::BadFloatText), Ok)
    }

    fn utf8(&mut self, interned: bool) -> Result_<Value> {
        let size = self.size("a string")?;
        let offset = self.at;
        let raw = self.bytes(size, "a string")?;
        match Str::from_surrogatepass(raw, interned) {
            Ok(text) => Ok(Value::Str(Rc::new(text))),
            Err(bad) => self.error(offset + bad, PycErrorKind::BadUtf8),
        }
    }

    fn count(&mut self, field: &'static str) -> Result_<u32> {
        let offset = self.at;
        let count = self.i32(field)?;
        u32::try_from(count).or_else(|_| self.error(offset, PycErrorKind::NegativeField(field)))
    }
}

/// Of keys and values in turn.
fn dict(items: &[Value]) -> Value {
    Value::Dict(items.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
}

fn code(parts: &CodeParts, items: Vec<Value>) -> Result_<Code> {
    let [argcount, posonlyargcount, kwonlyargcount, stacksize, flags] = parts.counts;
    let mut fields = Fields { parts, items: items.into_iter().enumerate() };
    Ok(Code {
        argcount,
        posonlyargcount,
        kwonlyargcount,
        stacksize,
        flags,
        code: fields.bytes()?,
        consts: fields.tuple()?,
        names: fields.names()?,
        localsplusnames: fields.names()?,
        localspluskinds: fields.bytes()?,
        filename: fields.str()?,
        name: fields.str()?,
        qualname: fields.str()?,
        firstlineno: parts.firstlineno,
        linetable: fields.bytes()?,
        exceptiontable: fields.bytes()?,
    })
}

/// The objects of a code object, one after the other.
struct Fields<'a> {
    parts: &'a CodeParts,
    items: std::iter::Enumerate<std::vec::IntoIter<Value>>,
}

impl Fields<'_> {
    fn next(&mut self) -> (usize, Value) {
        self.items.next().unwrap_or((0, Value::None))
    }

    fn wrong<T>(&self, index: usize, expected: &'static str, found: &Value) -> Result_<T> {
        let kind = PycErrorKind::WrongType { field: FIELDS[index], expected, found: found.type_name() };
        Err(PycError { offset: self.parts.offsets.get(index).copied().unwrap_or(0), kind })
    }

    fn bytes(&mut self) -> Result_<Rc<[u8]>> {
        match self.next() {
            (_, Value::Bytes(bytes)) => Ok(bytes),
            (index, other) => self.wrong(index, "bytes", &other),
        }
    }

    fn str(&mut self) -> Result_<Rc<Str>> {
        match self.next() {
            (_, Value::Str(text)) => Ok(text),
            (index, other) => self.wrong(index, "str", &other),
        }
    }

    fn tuple(&mut self) -> Result_<Rc<[Value]>> {
        match self.next() {
            (_, Value::Tuple(items)) => Ok(items),
            (index, other) => self.wrong(index, "tuple", &other),
        }
    }

    fn names(&mut self) -> Result_<Names> {
        match self.next() {
            (index, Value::Tuple(items)) => {
                Names::new(items).or_else(|other| self.wrong(index, "a tuple of str", &other))
            }
            (index, other) => self.wrong(index, "tuple", &other),
        }
    }
}
