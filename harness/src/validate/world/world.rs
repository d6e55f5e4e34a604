// The recording world, Rust side: the same results, logs and state as world.h and machine.h, number for number.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub const NONE_ID: i64 = 9;
pub const TRUE_ID: i64 = 10;
pub const FALSE_ID: i64 = 11;
pub const GENERAL: i64 = 8;
pub const SMALL_INTS_AT: i64 = 400;
pub const ASCII_AT: i64 = 700;
pub const OBJECTS: usize = 840;
pub const FRAMES: i64 = 14;
pub const SLOTS: i64 = 128;
pub const STACK_AT: i64 = 64;
pub const UNITS: usize = 256;
pub const THIS_INSTR: i64 = 80;
pub const SLOTS_FILLED: i64 = 40;
pub const ITEMS: i64 = 16;

/// A slot's word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Word {
    pub id: i64,
    pub tag: u8,
}

pub const TAG_NULL: u8 = 0;
pub const TAG_OWNED: u8 = 1;
pub const TAG_BORROWED: u8 = 2;
pub const TAG_INT: u8 = 3;
pub const EMPTY: Word = Word { id: 0, tag: TAG_NULL };

pub struct Body {
    pub name: &'static str,
    pub run: fn(&mut Registers),
    pub numbers: &'static [i64],
    pub globals: &'static [i64],
    pub opcodes: &'static [i64],
    /// Offset, units, whether it is an object.
    pub caches: &'static [(i64, i64, bool)],
    pub oparg_low: i32,
    pub oparg_mask: bool,
    pub oparg_high: i32,
    pub may_be_null: bool,
    pub memory: bool,
    pub null_inputs: fn(i32) -> Vec<i64>,
    /// How many times the number of seeds.
    pub rounds: i64,
}

pub struct Registers {
    pub frame: crate::prelude::Frame,
    pub next_instr: crate::prelude::InstrPtr,
    pub stack_pointer: crate::prelude::StackPtr,
    pub opcode: u8,
    pub oparg: i32,
    pub exit: &'static str,
}

/// What C leaves undefined, as the use of NULL.
pub struct Undefined;
/// A helper that does not return.
pub struct Never;

pub fn undefined() -> ! {
    std::panic::resume_unwind(Box::new(Undefined))
}

pub struct World {
    seed: u64,
    /// 1, 3: small numbers; 2, 3: few failures, so that long ways are gone to their end.
    mode: i64,
    hash: u64,
    events: i64,
    line: String,
    pub out: String,
    pub body: &'static Body,
    pub refs: Vec<i32>,
    /// Counts that a getter gave out which C does not take: their release is not seen.
    pub lent: Vec<i32>,
    fields: BTreeMap<(&'static str, i64), (i64, i64)>,
    pub slots: Vec<Word>,
    slots_before: Vec<Word>,
    pub code: Vec<u16>,
    code_before: Vec<u16>,
    pub result: Option<i64>,
}

fn scramble(mut x: u64) -> u64 {
    x ^= x >> 30;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 27;
    x = x.wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

thread_local! { static WORLD: RefCell<World> = RefCell::new(World::new()); }

pub fn with<R>(f: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with(|w| f(&mut w.borrow_mut()))
}

impl World {
    fn new() -> World {
        World {
            seed: 0,
            mode: 0,
            hash: 0,
            events: 0,
            line: String::new(),
            out: String::new(),
            body: &crate::BODIES[0],
            refs: vec![0; OBJECTS],
            lent: vec![0; OBJECTS],
            fields: BTreeMap::new(),
            slots: vec![EMPTY; (FRAMES * SLOTS) as usize],
            slots_before: Vec::new(),
            code: vec![0; UNITS],
            code_before: Vec::new(),
            result: None,
        }
    }

    pub fn mix(&mut self, value: i64) {
        self.hash = scramble(self.hash.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(value as u64).wrapping_add(1));
    }
    pub fn start(&mut self, name: &str) {
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, c| (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3));
        self.hash = scramble(self.seed ^ hash);
    }
    /// An entry of a table: the same for all seeds.
    pub fn entry(&mut self, name: &str, index: i64) -> u64 {
        let seed = std::mem::replace(&mut self.seed, 1);
        self.start(name);
        self.mix(index);
        self.seed = seed;
        self.draw()
    }
    pub fn draw(&mut self) -> u64 {
        self.mix(77);
        self.hash >> 8
    }
    pub fn event(&mut self, name: &str) -> &mut World {
        self.start(name);
        self.events += 1;
        self.mix(self.events);
        self.line.clear();
        self.line.push_str(name);
        self
    }
    pub fn log(&mut self) {
        self.out.push_str(&self.line);
        self.out.push('\n');
        self.line.clear();
    }
    pub fn pure(&mut self, name: &str) -> &mut World {
        self.start(name);
        self.line.clear();
        self
    }

    // Domains.
    pub fn small(&mut self) -> i64 {
        let r = self.draw();
        (if r % 4 != 0 { (r >> 4) % 4 } else { (r >> 4) % 16 }) as i64
    }
    pub fn number(&mut self, signed: bool) -> i64 {
        let r = self.draw();
        let v = r >> 4;
        let numbers = self.body.numbers;
        match r % 8 {
            4 | 5 => {
                if numbers.is_empty() {
                    (v % 4) as i64
                } else {
                    numbers[(v % numbers.len() as u64) as usize]
                }
            }
            6 => (v % 64) as i64,
            7 => {
                if signed {
                    -1 - (v % 3) as i64
                } else {
                    (v % 16) as i64
                }
            }
            _ => (v % if self.mode & 1 != 0 { 2 } else { 4 }) as i64,
        }
    }
    pub fn object_id(&mut self) -> i64 {
        let r = self.draw();
        let v = r >> 4;
        let globals = self.body.globals;
        if r % 8 == 0 {
            return NONE_ID + (v % 3) as i64;
        }
        if r % 8 <= 2 && !globals.is_empty() {
            return globals[(v % globals.len() as u64) as usize];
        }
        1 + (v % GENERAL as u64) as i64
    }
    pub fn code_byte(&mut self) -> i64 {
        let r = self.draw();
        let v = r >> 4;
        let opcodes = self.body.opcodes;
        if r % 2 != 0 && !opcodes.is_empty() { opcodes[(v % opcodes.len() as u64) as usize] } else { (v % 4) as i64 }
    }
    pub fn null(&mut self) -> bool {
        self.draw() % if self.mode & 2 != 0 { 12 } else { 3 } == 0
    }

    // Arguments.
    fn tell(&mut self, mark: &str, value: i64) -> &mut World {
        self.mix(value);
        let _ = write!(self.line, " {mark}{value}");
        self
    }
    pub fn n(&mut self, n: i64) -> &mut World {
        self.tell("", n)
    }
    pub fn o(&mut self, id: i64) -> &mut World {
        self.tell("o", id)
    }
    pub fn f(&mut self, id: i64) -> &mut World {
        self.tell("f", id)
    }
    pub fn i(&mut self, at: i64) -> &mut World {
        self.tell("@", at)
    }
    pub fn p(&mut self, at: i64) -> &mut World {
        self.tell("s", at)
    }
    pub fn h(&mut self, id: i64) -> &mut World {
        self.tell("h", id)
    }
    pub fn d(&mut self, d: f64) -> &mut World {
        self.tell("d", d.to_bits() as i64)
    }
    pub fn r(&mut self, r: Word) -> &mut World {
        self.mix(i64::from(r.tag));
        self.mix(r.id);
        let _ = write!(self.line, " r{}:{}", r.tag, r.id);
        self
    }
    pub fn s(&mut self, s: &str) -> &mut World {
        for c in s.bytes() {
            self.mix(i64::from(c));
        }
        let _ = write!(self.line, " \"{s}\"");
        self
    }
    pub fn slots(&mut self, at: i64, n: i64) -> &mut World {
        self.p(at);
        for i in 0..n.min(16) {
            let word = self.slots[(at + i) as usize];
            self.r(word);
        }
        self
    }
    pub fn args(&mut self, args: &[i64], n: i64) -> &mut World {
        self.line.push_str(" [");
        for id in args.iter().take(n.clamp(0, 16) as usize) {
            self.o(*id);
        }
        self.line.push_str(" ]");
        self
    }

    // Results.
    pub fn give(&mut self) -> i64 {
        let id = self.object_id();
        self.refs[id as usize] += 1;
        let _ = write!(self.line, " -> o{id}");
        id
    }
    pub fn give_ref(&mut self, nullable: bool) -> Word {
        if nullable && self.null() {
            return EMPTY;
        }
        Word { id: self.give(), tag: TAG_OWNED }
    }
    pub fn say(&mut self, n: i64) {
        let _ = write!(self.line, " -> {n}");
    }
    pub fn release(&mut self, id: i64) {
        let index = id as usize;
        self.refs[index] -= 1;
        if self.lent[index] > 0 {
            self.lent[index] -= 1;
        } else {
            let _ = writeln!(self.out, "drop o{id}");
        }
    }
    pub fn take(&mut self, id: i64) {
        self.refs[id as usize] += 1;
    }
    pub fn fill(&mut self, at: i64, n: i64) {
        for i in 0..n {
            self.slots[(at + i) as usize] = self.give_ref(true);
        }
    }

    // Fields.
    pub fn get(&mut self, name: &'static str, id: i64, initial: impl FnOnce(&mut World, i64) -> i64) -> i64 {
        if let Some((_, now)) = self.fields.get(&(name, id)) {
            return *now;
        }
        self.start(name);
        self.mix(id);
        initial(self, id)
    }
    pub fn set(&mut self, name: &'static str, id: i64, value: i64, initial: impl FnOnce(&mut World, i64) -> i64) {
        let hash = self.hash;
        self.start(name);
        self.mix(id);
        let before = initial(self, id);
        self.hash = hash;
        self.fields.entry((name, id)).or_insert((before, before)).1 = value;
    }

    fn new_slot(&mut self, nullable: bool) -> Word {
        let r = self.draw();
        if nullable && r % 4 == 0 {
            return EMPTY;
        }
        let id = self.object_id();
        let single = (NONE_ID..=FALSE_ID).contains(&id);
        Word { id, tag: if !single && (r >> 4) % 8 < 5 { TAG_OWNED } else { TAG_BORROWED } }
    }

    fn set_up_code(&mut self) {
        for i in 0..UNITS {
            self.start("code");
            self.mix(i as i64);
            let code = self.code_byte();
            self.code[i] = (code | self.small() << 8) as u16;
        }
        for (offset, units, object) in self.body.caches {
            self.start("cache");
            self.mix(*offset);
            let value = if *object {
                self.object_id()
            } else if self.body.memory {
                8 * (self.draw() % 4) as i64
            } else {
                self.small()
            };
            for i in 0..*units {
                self.code[(THIS_INSTR + offset + i) as usize] = if i == 0 { value as u16 } else { 0 };
            }
        }
        self.code_before.clone_from(&self.code);
    }

    pub fn set_up(&mut self, body: &'static Body, seed: i64) -> Registers {
        use crate::prelude::{Frame, InstrPtr, StackPtr};
        self.body = body;
        self.mode = seed & 3;
        self.seed = seed as u64;
        self.start(body.name);
        self.seed = self.hash;
        self.events = 0;
        self.result = None;
        self.refs.fill(0);
        self.lent.fill(0);
        self.fields.clear();
        self.start("oparg");
        let r = self.draw();
        let span = (body.oparg_high - body.oparg_low) as u64;
        let mut oparg = body.oparg_low + ((r >> 4) % if r % 2 != 0 && span > 4 { 4 } else { span }) as i32;
        let numbers = body.numbers;
        let special = if numbers.is_empty() { -1 } else { numbers[((r >> 8) % numbers.len() as u64) as usize] };
        if (r >> 16) % 4 == 0 && (i64::from(body.oparg_low)..i64::from(body.oparg_high)).contains(&special) {
            oparg = special as i32;
        }
        if body.oparg_mask {
            oparg |= ((r >> 32) % 3) as i32 * 256;
        }
        self.start("opcode");
        let opcode = self.code_byte() as u8;
        self.set_up_code();
        self.slots.fill(EMPTY);
        // Above the top lies what was there before, so that a write of NULL shows.
        for i in 0..STACK_AT + SLOTS_FILLED + 8 {
            self.start("slot");
            self.mix(i);
            self.slots[i as usize] = self.new_slot(i < STACK_AT && body.may_be_null);
        }
        for (i, below) in (body.null_inputs)(oparg).into_iter().enumerate() {
            self.start("null");
            self.mix(i as i64);
            if below < 0 || self.draw() % 2 != 0 {
                self.slots[(STACK_AT + SLOTS_FILLED - below.abs()) as usize] = EMPTY;
            }
        }
        self.slots_before.clone_from(&self.slots);
        self.set("stackpointer", 0, STACK_AT + SLOTS_FILLED, crate::fields::stackpointer);
        Registers {
            frame: Frame(0),
            next_instr: InstrPtr(THIS_INSTR),
            stack_pointer: StackPtr(STACK_AT + SLOTS_FILLED),
            opcode,
            oparg,
            exit: "none",
        }
    }

    pub fn frame_top(&mut self, frame: i64) -> i64 {
        self.get("stackpointer", frame, crate::fields::stackpointer)
    }

    fn dump_slots(&mut self, r: &Registers, spilled: bool) {
        for f in 0..FRAMES {
            let current = f == r.frame.0;
            let saved = self.frame_top(f);
            let top = if current && !spilled { r.stack_pointer.0 } else { saved };
            self.start("stackpointer");
            self.mix(f);
            let before = if f == 0 { STACK_AT + SLOTS_FILLED } else { crate::fields::stackpointer(self, f) };
            if !current && saved != before {
                let _ = writeln!(self.out, "~ f{f} stack_pointer {saved}");
            }
            for i in 0..SLOTS {
                let at = f * SLOTS + i;
                if i >= STACK_AT && at >= top {
                    break;
                }
                let (now, before) = (self.slots[at as usize], self.slots_before[at as usize]);
                if now != before {
                    let _ = writeln!(self.out, "~ f{f}[{i}] = r{}:{}", now.tag, now.id);
                }
            }
        }
    }

    /// At an error the unwinder pops what is left, from the top down.
    fn unwind(&mut self, r: &mut Registers) {
        let end = if r.frame.0 == 0 { STACK_AT + SLOTS_FILLED - 16 } else { STACK_AT };
        while r.stack_pointer.0 % SLOTS > end {
            r.stack_pointer.0 -= 1;
            let word = self.slots[r.stack_pointer.0 as usize];
            if word.tag == TAG_OWNED {
                self.release(word.id);
            }
        }
    }

    pub fn dump(&mut self, r: &mut Registers) {
        if r.exit == "error" {
            self.unwind(r);
        }
        let spilled = matches!(r.exit, "exception_unwind" | "exit_unwind" | "start_frame");
        let stays = matches!(r.exit, "return" | "never");
        let _ = write!(self.out, "= {} f{}", r.exit, r.frame.0);
        if !stays {
            if r.exit != "deopt" && !spilled {
                let _ = write!(self.out, " @{}", r.next_instr.0);
            }
            let top = if spilled { self.frame_top(r.frame.0) } else { r.stack_pointer.0 };
            let _ = write!(self.out, " s{top}");
            if r.exit == "dispatch_goto" {
                let _ = write!(self.out, " opcode {} oparg {}", r.opcode, r.oparg);
            }
        }
        if let Some(id) = self.result {
            let _ = write!(self.out, " result o{id}");
        }
        self.out.push('\n');
        if !stays {
            self.dump_slots(r, spilled);
        }
        for i in 0..UNITS {
            if self.code[i] != self.code_before[i] {
                let _ = writeln!(self.out, "~ code[{i}] = {}", self.code[i]);
            }
        }
        for ((name, id), (before, now)) in &self.fields {
            if before != now && *name != "stackpointer" {
                let _ = writeln!(self.out, "~ {name}[{id}] = {now}");
            }
        }
        for (id, count) in self.refs.iter().enumerate() {
            if *count != 0 {
                let _ = writeln!(self.out, "~ refs o{id} {count:+}");
            }
        }
    }
}
