//! Reader of the marshal format, versions 0 to 5 (`Python/marshal.c`). It takes what CPython 3.14's takes, except
//! objects that contain themselves, which no compiler writes.

use super::error::{PycError, PycErrorKind};
use super::value::{Code, Long, Names, Str, Value};
use std::rc::Rc;

/// How deep objects may be nested. CPython's own limit is 2000; compiled code reaches some dozens.
pub const MAX_DEPTH: usize = 1000;

/// Reads one marshalled object.
pub fn loads(bytes: &[u8]) -> Result<Value, PycError> {
    loads_at(bytes, 0)
}

pub(super) fn loads_at(bytes: &[u8], offset: usize) -> Result<Value, PycError> {
    let mut reader = Reader { bytes, at: offset, refs: Vec::new(), depth: 0 };
    reader.object("an object")
}

type Result_<T> = Result<T, PycError>;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Objects in the order in which the file marked them; `None` while they are being read.
    refs: Vec<Option<Value>>,
    depth: usize,
}

impl<'a> Reader<'a> {
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

    fn object(&mut self, what: &'static str) -> Result_<Value> {
        let offset = self.at;
        match self.object_or_null(what)? {
            Some(value) => Ok(value),
            None => self.error(offset, PycErrorKind::NullObject),
        }
    }

    fn object_or_null(&mut self, what: &'static str) -> Result_<Option<Value>> {
        let offset = self.at;
        let byte = self.byte(what)?;
        if self.depth >= MAX_DEPTH {
            return self.error(offset, PycErrorKind::TooDeep);
        }
        self.depth += 1;
        let value = self.typed(offset, byte & 0x7F, byte & 0x80 != 0);
        self.depth -= 1;
        value
    }

    fn typed(&mut self, offset: usize, letter: u8, marked: bool) -> Result_<Option<Value>> {
        // The letters without an entry of their own in the list of references come first.
        Ok(Some(match letter {
            b'0' => return Ok(None),
            b'N' => Value::None,
            b'F' => Value::Bool(false),
            b'T' => Value::Bool(true),
            b'S' => Value::StopIteration,
            b'.' => Value::Ellipsis,
            b'r' => self.reference(offset)?,
            _ => {
                let slot = marked.then_some(self.refs.len());
                if marked {
                    self.refs.push(None);
                }
                let value = self.composed(offset, letter)?;
                if let Some(entry) = slot.and_then(|index| self.refs.get_mut(index)) {
                    *entry = Some(value.clone());
                }
                value
            }
        }))
    }

    fn composed(&mut self, offset: usize, letter: u8) -> Result_<Value> {
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
            b')' => {
                let count = self.byte("a tuple")?;
                Value::Tuple(self.items(count.into(), "a tuple")?)
            }
            b'(' => Value::Tuple(self.counted("a tuple")?),
            b'[' => Value::List(self.counted("a list")?),
            b'<' => Value::Set(self.counted("a set")?),
            b'>' => Value::FrozenSet(self.counted("a frozenset")?),
            b'{' => self.dict()?,
            b':' => Value::Slice(Rc::new([self.object("a slice")?, self.object("a slice")?, self.object("a slice")?])),
            b'c' => Value::Code(self.code(offset)?),
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

    fn counted(&mut self, what: &'static str) -> Result_<Rc<[Value]>> {
        let count = self.size(what)?;
        self.items(count, what)
    }

    fn items(&mut self, count: usize, what: &'static str) -> Result_<Rc<[Value]>> {
        // Every item takes a byte at least: a count beyond that cannot be met, so nothing is allocated for it.
        if count > self.bytes.len() - self.at {
            return self.error(self.bytes.len(), PycErrorKind::UnexpectedEnd(what));
        }
        let mut items = Vec::with_capacity(count.min(64));
        for _ in 0..count {
            items.push(self.object(what)?);
        }
        Ok(items.into())
    }

    fn dict(&mut self) -> Result_<Value> {
        let mut pairs = Vec::new();
        while let Some(key) = self.object_or_null("a dict")? {
            pairs.push((key, self.object("a dict")?));
        }
        Ok(Value::Dict(pairs.into()))
    }

    /// `offset`: of the code object's letter.
    fn code(&mut self, offset: usize) -> Result_<Rc<Code>> {
        let code = Box::new(Code {
            argcount: self.count("co_argcount")?,
            posonlyargcount: self.count("co_posonlyargcount")?,
            kwonlyargcount: self.count("co_kwonlyargcount")?,
            stacksize: self.count("co_stacksize")?,
            flags: self.count("co_flags")?,
            code: self.bytes_field("co_code")?,
            consts: self.tuple_field("co_consts")?,
            names: self.names_field("co_names")?,
            localsplusnames: self.names_field("co_localsplusnames")?,
            localspluskinds: self.bytes_field("co_localspluskinds")?,
            filename: self.str_field("co_filename")?,
            name: self.str_field("co_name")?,
            qualname: self.str_field("co_qualname")?,
            firstlineno: self.i32("co_firstlineno")?,
            linetable: self.bytes_field("co_linetable")?,
            exceptiontable: self.bytes_field("co_exceptiontable")?,
        });
        match code.validate() {
            Ok(()) => Ok(Rc::from(code)),
            Err(problem) => self.error(offset, PycErrorKind::Code(problem)),
        }
    }

    fn count(&mut self, field: &'static str) -> Result_<u32> {
        let offset = self.at;
        let count = self.i32(field)?;
        u32::try_from(count).or_else(|_| self.error(offset, PycErrorKind::NegativeField(field)))
    }

    fn wrong<T>(&self, offset: usize, field: &'static str, expected: &'static str, found: &Value) -> Result_<T> {
        self.error(offset, PycErrorKind::WrongType { field, expected, found: found.type_name() })
    }

    fn bytes_field(&mut self, field: &'static str) -> Result_<Rc<[u8]>> {
        let offset = self.at;
        match self.object(field)? {
            Value::Bytes(bytes) => Ok(bytes),
            other => self.wrong(offset, field, "bytes", &other),
        }
    }

    fn str_field(&mut self, field: &'static str) -> Result_<Rc<Str>> {
        let offset = self.at;
        match self.object(field)? {
            Value::Str(text) => Ok(text),
            other => self.wrong(offset, field, "str", &other),
        }
    }

    fn tuple_field(&mut self, field: &'static str) -> Result_<Rc<[Value]>> {
        let offset = self.at;
        match self.object(field)? {
            Value::Tuple(items) => Ok(items),
            other => self.wrong(offset, field, "tuple", &other),
        }
    }

    fn names_field(&mut self, field: &'static str) -> Result_<Names> {
        let offset = self.at;
        let items = self.tuple_field(field)?;
        Names::new(items).or_else(|other| self.wrong(offset, field, "a tuple of str", &other))
    }
}
