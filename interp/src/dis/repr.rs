//! Python's `repr` of constants.

use crate::builtins::text::float::{self, Float, Style};
use crate::builtins::text::quote;
use crate::pyc::{Code, Str, Value};
use std::collections::HashMap;
use std::rc::Rc;

/// `repr` of one constant.
pub fn repr(value: &Value) -> String {
    Addresses::default().repr(value)
}

/// CPython shows where a code object is in memory. Here they are counted instead, so that the same file always gives the
/// same listing.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    seen: HashMap<*const Code, usize>,
}

impl Addresses {
    pub(super) fn repr(&mut self, value: &Value) -> String {
        match value {
            Value::None => "None".to_owned(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Ellipsis => "Ellipsis".to_owned(),
            Value::StopIteration => "<class 'StopIteration'>".to_owned(),
            Value::Int(number) => number.to_string(),
            Value::Long(number) => number.to_string(),
            Value::Float(number) => float::repr(*number),
            Value::Complex(real, imaginary) => complex(*real, *imaginary),
            Value::Bytes(bytes) => quote::bytes(bytes),
            Value::Str(text) => string(text),
            Value::Tuple(items) if items.len() == 1 => format!("({},)", self.repr(&items[0])),
            Value::Tuple(items) => format!("({})", self.items(items)),
            Value::List(items) => format!("[{}]", self.items(items)),
            Value::Set(items) if items.is_empty() => "set()".to_owned(),
            Value::Set(items) => format!("{{{}}}", self.set(items)),
            Value::FrozenSet(items) if items.is_empty() => "frozenset()".to_owned(),
            Value::FrozenSet(items) => format!("frozenset({{{}}})", self.set(items)),
            Value::Dict(pairs) => {
                let pairs: Vec<String> =
                    pairs.iter().map(|(key, value)| format!("{}: {}", self.repr(key), self.repr(value))).collect();
                format!("{{{}}}", pairs.join(", "))
            }
            Value::Slice(parts) => format!("slice({})", self.items(&parts[..])),
            Value::Code(code) => self.code(code),
        }
    }

    fn items(&mut self, items: &[Value]) -> String {
        items.iter().map(|item| self.repr(item)).collect::<Vec<_>>().join(", ")
    }

    fn set(&mut self, items: &[Value]) -> String {
        let order = set_order(items).unwrap_or_else(|| (0..items.len()).collect());
        order.into_iter().map(|index| self.repr(&items[index])).collect::<Vec<_>>().join(", ")
    }

    fn code(&mut self, code: &Rc<Code>) -> String {
        let next = self.seen.len() + 1;
        let number = *self.seen.entry(Rc::as_ptr(code)).or_insert(next);
        let line = if code.firstlineno == 0 { -1 } else { code.firstlineno };
        let (name, file) = (code.name.to_string_lossy(), code.filename.to_string_lossy());
        format!("<code object {name} at {:#014x}, file \"{file}\", line {line}>", number * 16)
    }
}

fn string(text: &Str) -> String {
    let points: Vec<u32> = text.code_points().collect();
    let mut quoted = String::new();
    quote::string(points.into_iter(), quote::is_printable, |point| {
        quoted.push(char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER));
    });
    quoted
}

/// `Objects/complexobject.c`, `complex_repr`.
fn complex(real: f64, imaginary: f64) -> String {
    let part = |number: f64, plus: &str| {
        let style = Float { style: Style::Repr, precision: 0, alternate: false, add_dot_0: false };
        let sign = if number.is_sign_negative() && !number.is_nan() { "-" } else { plus };
        format!("{sign}{}", float::unsigned(number, style))
    };
    if real == 0.0 && real.is_sign_positive() {
        format!("{}j", part(imaginary, ""))
    } else {
        format!("({}{}j)", part(real, ""), part(imaginary, "+"))
    }
}

/// The order in which CPython's set goes through these items, as indices; none where it depends on hashes of strings,
/// which are different in every process (`Objects/setobject.c`, `set_add_entry`, `set_table_resize`).
fn set_order(items: &[Value]) -> Option<Vec<usize>> {
    const MERSENNE: i64 = (1 << 61) - 1;
    let hash = |item: &Value| match item {
        Value::None => Some(0xFCA8_6420),
        Value::Bool(truth) => Some(usize::from(*truth)),
        Value::Int(number) => match number % MERSENNE {
            -1 => Some(-2i64 as usize),
            hash => Some(hash as usize),
        },
        _ => None,
    };
    let hashes: Vec<usize> = items.iter().map(hash).collect::<Option<_>>()?;
    let mut table: Vec<Option<usize>> = vec![None; 8];
    for (used, index) in (1..).zip(0..items.len()) {
        insert(&mut table, index, hashes[index]);
        let mask = table.len() - 1;
        if used * 5 >= mask * 3 {
            let least = if used > 50_000 { used * 2 } else { used * 4 };
            let mut larger = vec![None; (least + 1).next_power_of_two().max(8)];
            table.iter().flatten().for_each(|index| insert(&mut larger, *index, hashes[*index]));
            table = larger;
        }
    }
    Some(table.into_iter().flatten().collect())
}

fn insert(table: &mut [Option<usize>], index: usize, hash: usize) {
    const LINEAR_PROBES: usize = 9;
    const PERTURB_SHIFT: u32 = 5;
    let mask = table.len() - 1;
    let mut perturb = hash;
    let mut at = hash & mask;
    loop {
        let probes = if at + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
        if let Some(free) = (at..=at + probes).find(|place| table[*place].is_none()) {
            table[free] = Some(index);
            return;
        }
        perturb >>= PERTURB_SHIFT;
        at = (at * 5 + 1 + perturb) & mask;
    }
}
