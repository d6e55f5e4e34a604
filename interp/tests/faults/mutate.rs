//! Seeded damage to `.pyc` files: to their bytes, and to the code objects in them, written anew so that the file itself
//! stays well-formed and the damage reaches the verifier and the interpreter.

use interp::opcode;
use interp::pyc::exceptions::{self, Handler};
use interp::pyc::{self, Code, Names, Pyc, Str, Value};
use std::rc::Rc;

/// SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    /// Below `bound`; 0 for a bound of 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { (self.next() % bound as u64) as usize }
    }
}

/// What is damaged, and how often it is chosen.
const KINDS: [(&str, usize); 14] = [
    ("bit", 4),
    ("byte", 2),
    ("cut", 1),
    ("header", 1),
    ("oparg", 6),
    ("opcode", 6),
    ("exchange", 3),
    ("constant", 4),
    ("name", 3),
    ("flag", 2),
    ("count", 3),
    ("local", 2),
    ("handler", 3),
    ("lines", 1),
];

pub(crate) fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(name, _)| *name)
}

/// A damaged file, and the kind of damage.
pub(crate) fn mutate(bytes: &[u8], random: &mut Random) -> (&'static str, Vec<u8>) {
    let mut left = random.below(KINDS.iter().map(|(_, weight)| weight).sum());
    let (kind, _) = *KINDS
        .iter()
        .find(|(_, weight)| {
            let found = left < *weight;
            left = left.wrapping_sub(*weight);
            found
        })
        .expect("the weights add up");
    let mut damaged = bytes.to_vec();
    match kind {
        "bit" => damaged[random.below(bytes.len())] ^= 1 << random.below(8),
        "byte" => damaged[random.below(bytes.len())] = random.next() as u8,
        "cut" => {
            let (from, count) = (random.below(bytes.len()), 1 + random.below(40));
            let to = (from + count).min(bytes.len());
            match random.below(3) {
                0 => damaged.truncate(from),
                1 => drop(damaged.drain(from..to)),
                _ => drop(damaged.splice(from..from, bytes[from..to].iter().copied())),
            }
        }
        "header" => damaged[random.below(pyc::HEADER_LEN)] = random.next() as u8,
        _ => {
            let Ok(file) = pyc::read(bytes) else { return (kind, damaged) };
            let mut codes = Vec::new();
            collect(&file.code, &mut codes);
            let target = Rc::clone(&codes[random.below(codes.len())]);
            let changed = change(kind, &target, &codes, random);
            let code = replace(&file.code, &target, &Rc::new(changed));
            damaged = pyc::write(&Pyc { stamp: file.stamp, code });
        }
    }
    (kind, damaged)
}

fn collect(code: &Rc<Code>, into: &mut Vec<Rc<Code>>) {
    into.push(Rc::clone(code));
    for constant in code.consts.iter() {
        if let Value::Code(inner) = constant {
            collect(inner, into);
        }
    }
}

/// The tree with one code object exchanged.
fn replace(code: &Rc<Code>, target: &Rc<Code>, new: &Rc<Code>) -> Rc<Code> {
    if Rc::ptr_eq(code, target) {
        return Rc::clone(new);
    }
    let consts = code.consts.iter().map(|constant| match constant {
        Value::Code(inner) => Value::Code(replace(inner, target, new)),
        other => other.clone(),
    });
    Rc::new(Code { consts: consts.collect(), ..Code::clone(code) })
}

fn change(kind: &str, code: &Rc<Code>, all: &[Rc<Code>], random: &mut Random) -> Code {
    let mut changed = Code::clone(code);
    match kind {
        "oparg" | "opcode" | "exchange" => changed.code = instructions(kind, &code.code, random).into(),
        "constant" => {
            let mut consts = code.consts.to_vec();
            let index = random.below(consts.len());
            if let Some(place) = consts.get_mut(index) {
                *place = constant(&code.consts, all, random);
            }
            changed.consts = consts.into();
        }
        "name" => changed.names = names(&code.names, all, random),
        "flag" => changed.flags ^= 1 << random.below(28),
        "count" => {
            let counts = [
                &mut changed.argcount,
                &mut changed.posonlyargcount,
                &mut changed.kwonlyargcount,
                &mut changed.stacksize,
            ];
            let count = counts.into_iter().nth(random.below(4)).expect("four");
            *count = match random.below(4) {
                0 => count.wrapping_sub(1),
                1 => count.wrapping_add(1),
                2 => random.below(9) as u32,
                _ => random.next() as u32,
            };
        }
        "local" => {
            let mut kinds = code.localspluskinds.to_vec();
            let index = random.below(kinds.len());
            if let Some(kind) = kinds.get_mut(index) {
                *kind ^= 1 << random.below(8);
            }
            changed.localspluskinds = kinds.into();
        }
        "handler" => changed.exceptiontable = handlers(code, random).into(),
        _ => {
            let mut lines = code.linetable.to_vec();
            let index = random.below(lines.len());
            if let Some(byte) = lines.get_mut(index) {
                *byte = random.next() as u8;
            }
            changed.linetable = lines.into();
            changed.firstlineno = random.next() as u32 as i32;
        }
    }
    changed
}

/// Where instructions begin, in bytes.
fn starts(code: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while at + 1 < code.len() {
        found.push(at);
        at += 2 * (1 + opcode::caches(code[at]));
    }
    found
}

fn instructions(kind: &str, code: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = code.to_vec();
    let starts = starts(code);
    if starts.is_empty() {
        return bytes;
    }
    let at = starts[random.below(starts.len())];
    let caches = opcode::caches(code[at]);
    match kind {
        "oparg" => {
            bytes[at + 1] = match random.below(4) {
                0 => code[at + 1].wrapping_add(1),
                1 => code[at + 1].wrapping_sub(1),
                2 => random.below(16) as u8,
                _ => random.next() as u8,
            }
        }
        "opcode" => {
            // One of the same length, so that it is not the layout alone that is refused.
            let fitting: Vec<u8> = opcode::opmap()
                .filter_map(|(_, o)| u8::try_from(o).ok())
                .filter(|o| opcode::caches(*o) == caches)
                .collect();
            bytes[at] = fitting[random.below(fitting.len())];
        }
        _ => {
            let fitting: Vec<usize> = starts.into_iter().filter(|s| opcode::caches(code[*s]) == caches).collect();
            let other = fitting[random.below(fitting.len())];
            bytes.swap(at, other);
            bytes.swap(at + 1, other + 1);
        }
    }
    bytes
}

fn constant(own: &[Value], all: &[Rc<Code>], random: &mut Random) -> Value {
    let text = |s: &str| Value::Str(Rc::new(Str::new(s, true)));
    match random.below(12) {
        0 => Value::None,
        1 => Value::Bool(true),
        2 => Value::Int(random.next() as i64),
        3 => Value::Float(f64::from_bits(random.next())),
        4 => Value::Tuple([].into()),
        5 => Value::Tuple([text("a"), Value::Int(1)].into()),
        6 => Value::FrozenSet([Value::Int(1), text("b")].into()),
        7 => text("name"),
        8 => Value::Bytes([0xFF, 0].as_slice().into()),
        9 => Value::Ellipsis,
        10 => Value::Code(Rc::clone(&all[random.below(all.len())])).without_cycles(),
        _ => own[random.below(own.len())].clone(),
    }
}

/// A code object from further up would contain the place that it is put in; one without code constants does not.
trait WithoutCycles {
    fn without_cycles(self) -> Value;
}

impl WithoutCycles for Value {
    fn without_cycles(self) -> Value {
        match self {
            Value::Code(code) if code.consts.iter().any(|c| matches!(c, Value::Code(_))) => Value::None,
            other => other,
        }
    }
}

fn names(own: &Names, all: &[Rc<Code>], random: &mut Random) -> Names {
    let mut items = own.items().to_vec();
    let from = all[random.below(all.len())].names.items().clone();
    if !items.is_empty() && !from.is_empty() {
        let index = random.below(items.len());
        items[index] = from[random.below(from.len())].clone();
    }
    Names::new(items.into()).expect("strings")
}

fn handlers(code: &Code, random: &mut Random) -> Vec<u8> {
    let Ok(mut handlers) = exceptions::decode(&code.exceptiontable) else { return Vec::new() };
    let units = code.units();
    if random.below(4) == 0 || handlers.is_empty() {
        let start = random.below(units);
        let end = start + 1 + random.below(units - start);
        handlers.push(Handler { start, end, target: random.below(units), depth: random.below(4), lasti: false });
        handlers.sort_by_key(|h| h.start);
    } else {
        let index = random.below(handlers.len());
        let handler = &mut handlers[index];
        match random.below(5) {
            0 => handler.depth = random.below(6),
            1 => handler.lasti ^= true,
            2 => handler.target = random.below(units),
            3 => handler.end = (handler.end + random.below(5)).saturating_sub(2),
            _ => handler.start = (handler.start + random.below(5)).saturating_sub(2),
        }
        if random.below(3) == 0 {
            handlers.remove(index);
        }
    }
    if handlers.iter().any(|h| h.end < h.start) { Vec::new() } else { exceptions::encode(&handlers) }
}
