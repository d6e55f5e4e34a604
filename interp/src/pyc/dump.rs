//! Writer of the marshal format, version 5 (`Python/marshal.c`, `w_object`). An object that occurs more than once is
//! written once and referred to afterwards, so a tree that is read, written and read again shares what it shared.

use super::value::{Code, Long, Str, Value};
use std::collections::HashMap;
use std::rc::Rc;

/// Marshals one object. Sizes beyond 31 bits cannot be expressed and are cut off: no tree that was read has them.
pub fn dumps(value: &Value) -> Vec<u8> {
    let mut writer = Writer { out: Vec::new(), uses: HashMap::new(), marked: HashMap::new() };
    writer.count(value);
    writer.value(value);
    writer.out
}

struct Writer {
    out: Vec<u8>,
    /// How often an object occurs, by its address.
    uses: HashMap<usize, usize>,
    /// The index under which an object that was written can be referred to, by its address.
    marked: HashMap<usize, usize>,
}

/// What identifies an object that may be shared; `None` for small values, which the tree holds inline.
fn address(value: &Value) -> Option<usize> {
    Some(match value {
        Value::Long(rc) => Rc::as_ptr(rc) as usize,
        Value::Bytes(rc) => Rc::as_ptr(rc) as *const u8 as usize,
        Value::Str(rc) => Rc::as_ptr(rc) as usize,
        Value::Tuple(rc) | Value::List(rc) | Value::Set(rc) | Value::FrozenSet(rc) => {
            if rc.is_empty() {
                return None;
            }
            Rc::as_ptr(rc) as *const Value as usize
        }
        Value::Dict(rc) => Rc::as_ptr(rc) as *const (Value, Value) as usize,
        Value::Slice(rc) => Rc::as_ptr(rc) as usize,
        Value::Code(rc) => Rc::as_ptr(rc) as usize,
        _ => return None,
    })
}

/// The objects within one, in the order of the format.
fn children(value: &Value) -> Vec<Value> {
    match value {
        Value::Tuple(items) | Value::List(items) | Value::Set(items) | Value::FrozenSet(items) => items.to_vec(),
        Value::Dict(pairs) => pairs.iter().flat_map(|(key, value)| [key.clone(), value.clone()]).collect(),
        Value::Slice(parts) => parts.to_vec(),
        Value::Code(code) => fields(code).to_vec(),
        _ => Vec::new(),
    }
}

fn fields(code: &Code) -> [Value; 10] {
    [
        Value::Bytes(Rc::clone(&code.code)),
        Value::Tuple(Rc::clone(&code.consts)),
        Value::Tuple(Rc::clone(code.names.items())),
        Value::Tuple(Rc::clone(code.localsplusnames.items())),
        Value::Bytes(Rc::clone(&code.localspluskinds)),
        Value::Str(Rc::clone(&code.filename)),
        Value::Str(Rc::clone(&code.name)),
        Value::Str(Rc::clone(&code.qualname)),
        Value::Bytes(Rc::clone(&code.linetable)),
        Value::Bytes(Rc::clone(&code.exceptiontable)),
    ]
}

impl Writer {
    fn count(&mut self, value: &Value) {
        if let Some(address) = address(value) {
            let uses = self.uses.entry(address).or_insert(0);
            *uses += 1;
            if *uses > 1 {
                return;
            }
        }
        children(value).iter().for_each(|child| self.count(child));
    }

    fn value(&mut self, value: &Value) {
        let mut mark = 0;
        if let Some(address) = address(value)
            && self.uses.get(&address).is_some_and(|uses| *uses > 1)
        {
            if let Some(index) = self.marked.get(&address).copied() {
                self.out.push(b'r');
                self.u32(index);
                return;
            }
            self.marked.insert(address, self.marked.len());
            mark = 0x80;
        }
        self.unshared(value, mark);
    }

    fn letter(&mut self, letter: u8, mark: u8) {
        self.out.push(letter | mark);
    }

    fn u32(&mut self, number: usize) {
        self.out.extend_from_slice(&(number as u32).to_le_bytes());
    }

    fn counted(&mut self, letter: u8, mark: u8, items: &[Value]) {
        self.letter(letter, mark);
        self.u32(items.len());
        items.iter().for_each(|item| self.value(item));
    }

    fn unshared(&mut self, value: &Value, mark: u8) {
        match value {
            Value::None => self.out.push(b'N'),
            Value::Bool(true) => self.out.push(b'T'),
            Value::Bool(false) => self.out.push(b'F'),
            Value::Ellipsis => self.out.push(b'.'),
            Value::StopIteration => self.out.push(b'S'),
            Value::Int(number) => self.int(*number, mark),
            Value::Long(long) => self.long(long, mark),
            Value::Float(number) => {
                self.letter(b'g', mark);
                self.out.extend_from_slice(&number.to_le_bytes());
            }
            Value::Complex(real, imaginary) => {
                self.letter(b'y', mark);
                self.out.extend_from_slice(&real.to_le_bytes());
                self.out.extend_from_slice(&imaginary.to_le_bytes());
            }
            Value::Bytes(bytes) => {
                self.letter(b's', mark);
                self.u32(bytes.len());
                self.out.extend_from_slice(bytes);
            }
            Value::Str(text) => self.text(text, mark),
            Value::Tuple(items) => match u8::try_from(items.len()) {
                Ok(count) => {
                    self.letter(b')', mark);
                    self.out.push(count);
                    items.iter().for_each(|item| self.value(item));
                }
                Err(_) => self.counted(b'(', mark, items),
            },
            Value::List(items) => self.counted(b'[', mark, items),
            Value::Set(items) => self.counted(b'<', mark, items),
            Value::FrozenSet(items) => self.counted(b'>', mark, items),
            Value::Dict(_) => {
                self.letter(b'{', mark);
                children(value).iter().for_each(|item| self.value(item));
                self.out.push(b'0');
            }
            Value::Slice(parts) => {
                self.letter(b':', mark);
                parts.iter().for_each(|part| self.value(part));
            }
            Value::Code(code) => self.code(code, mark),
        }
    }

    fn int(&mut self, number: i64, mark: u8) {
        if let Ok(small) = i32::try_from(number) {
            self.letter(b'i', mark);
            self.out.extend_from_slice(&small.to_le_bytes());
            return;
        }
        let mut magnitude = number.unsigned_abs();
        let mut digits = Vec::new();
        while magnitude > 0 {
            digits.push((magnitude & 0x7FFF) as u16);
            magnitude >>= 15;
        }
        self.long(&Long { negative: number < 0, digits: digits.into() }, mark);
    }

    fn long(&mut self, long: &Long, mark: u8) {
        self.letter(b'l', mark);
        let count = long.digits.len() as i32;
        self.out.extend_from_slice(&(if long.negative { -count } else { count }).to_le_bytes());
        long.digits.iter().for_each(|digit| self.out.extend_from_slice(&digit.to_le_bytes()));
    }

    fn text(&mut self, text: &Str, mark: u8) {
        let bytes = text.as_bytes();
        let letters = match (bytes.is_ascii(), bytes.len() < 256) {
            (true, true) => [b'z', b'Z'],
            (true, false) => [b'a', b'A'],
            (false, _) => [b'u', b't'],
        };
        self.letter(letters[usize::from(text.interned)], mark);
        if letters[0] == b'z' {
            self.out.push(bytes.len() as u8);
        } else {
            self.u32(bytes.len());
        }
        self.out.extend_from_slice(bytes);
    }

    fn code(&mut self, code: &Code, mark: u8) {
        self.letter(b'c', mark);
        for count in [code.argcount, code.posonlyargcount, code.kwonlyargcount, code.stacksize, code.flags] {
            self.out.extend_from_slice(&count.to_le_bytes());
        }
        let fields = fields(code);
        let (before, after) = fields.split_at(8);
        before.iter().for_each(|field| self.value(field));
        self.out.extend_from_slice(&code.firstlineno.to_le_bytes());
        after.iter().for_each(|field| self.value(field));
    }
}
