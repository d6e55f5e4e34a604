//! `_random`: the Mersenne twister MT19937 (`Modules/_randommodule.c`), whose sequences programs rely on.

use super::{NativeModule, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{call, error, iter, number, object};
use num_bigint::{BigInt, BigUint};
use std::cell::RefCell;

const SIZE: usize = 624;
const SHIFT: usize = 397;

pub(super) static MODULE: NativeModule =
    NativeModule { name: "_random", functions: &[], types: &[&TYPE], fill: |_, _| Ok(()) };

/// The generator's state: its words, and how many of them are used up.
#[derive(Clone)]
struct Twister {
    words: Box<[u32; SIZE]>,
    used: usize,
}

/// A generator object.
struct Random(RefCell<Twister>);
impl Native for Random {}

impl Twister {
    fn seeded(seed: u32) -> Twister {
        let mut words = Box::new([0u32; SIZE]);
        words[0] = seed;
        for at in 1..SIZE {
            let before = words[at - 1];
            words[at] = 1_812_433_253u32.wrapping_mul(before ^ before >> 30).wrapping_add(at as u32);
        }
        Twister { words, used: SIZE }
    }

    /// `init_by_array`.
    fn keyed(key: &[u32]) -> Twister {
        let mut twister = Twister::seeded(19_650_218);
        let words = &mut twister.words;
        let (mut at, mut place) = (1, 0);
        for _ in 0..SIZE.max(key.len()) {
            let before = words[at - 1];
            let mixed = words[at] ^ (before ^ before >> 30).wrapping_mul(1_664_525);
            words[at] = mixed.wrapping_add(key[place]).wrapping_add(place as u32);
            at += 1;
            place = (place + 1) % key.len();
            if at >= SIZE {
                words[0] = words[SIZE - 1];
                at = 1;
            }
        }
        for _ in 0..SIZE - 1 {
            let before = words[at - 1];
            let mixed = words[at] ^ (before ^ before >> 30).wrapping_mul(1_566_083_941);
            words[at] = mixed.wrapping_sub(at as u32);
            at += 1;
            if at >= SIZE {
                words[0] = words[SIZE - 1];
                at = 1;
            }
        }
        words[0] = 0x8000_0000;
        twister
    }

    fn refill(&mut self) {
        for at in 0..SIZE {
            let joined = self.words[at] & 0x8000_0000 | self.words[(at + 1) % SIZE] & 0x7FFF_FFFF;
            let odd = if joined & 1 == 1 { 0x9908_B0DF } else { 0 };
            self.words[at] = self.words[(at + SHIFT) % SIZE] ^ joined >> 1 ^ odd;
        }
        self.used = 0;
    }

    fn next(&mut self) -> u32 {
        if self.used >= SIZE {
            self.refill();
        }
        let mut word = self.words[self.used];
        self.used += 1;
        word ^= word >> 11;
        word ^= word << 7 & 0x9D2C_5680;
        word ^= word << 15 & 0xEFC6_0000;
        word ^ word >> 18
    }

    /// A float of 53 random bits, below 1.
    fn float(&mut self) -> f64 {
        let (high, low) = (self.next() >> 5, self.next() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) * (1.0 / 9_007_199_254_740_992.0)
    }

    fn bits(&mut self, count: usize) -> BigInt {
        let mut words = Vec::with_capacity(count.div_ceil(32));
        let mut left = count;
        while left > 0 {
            let word = self.next();
            words.push(if left < 32 { word >> (32 - left) } else { word });
            left -= left.min(32);
        }
        BigUint::new(words).into()
    }
}

static TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_random.Random",
    flags: flags::BASETYPE,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        new: slot(|thread, class, args, kwargs| {
            if class.is(Ref::from_static(&TYPE)) {
                call::no_keywords(thread, "Random", kwargs)?;
            }
            let twister = seeded(thread, args.get(0))?;
            Ok(PyNative::new(class, Random(RefCell::new(twister))).upcast())
        }),
        init: slot(|thread, own, args, _| {
            call::check_count(thread, "Random", args.len(), 0, 1)?;
            receiver::<Random>(thread, &own.cast())?.0.replace(seeded(thread, args.get(0))?);
            Ok(())
        }),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::no_args("random", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            let value = receiver::<Random>(thread, &own)?.0.borrow_mut().float();
            Ok(PyFloat::new(value).upcast())
        }),
        MethodDef::fast("seed", |thread, own, arguments| {
            call::check_count(thread, "seed", arguments.len(), 0, 1)?;
            let twister = seeded(thread, arguments.first().copied())?;
            receiver::<Random>(thread, &own.cast())?.0.replace(twister);
            Ok(object::new_none())
        }),
        MethodDef::one("getrandbits", |thread, own, count| {
            let count = number::as_i64(thread, count)?;
            let Ok(count) = usize::try_from(count) else {
                return Err(error::value_error(thread, "Cannot convert negative int"));
            };
            if count >= i32::MAX as usize {
                error::check_room(thread, count.div_ceil(8), 1)?;
            }
            let own: Ref<PyNative> = own.cast();
            let bits = receiver::<Random>(thread, &own)?.0.borrow_mut().bits(count);
            Ok(PyInt::from_big(bits).upcast())
        }),
        MethodDef::no_args("getstate", |thread, own| {
            let own: Ref<PyNative> = own.cast();
            let twister = receiver::<Random>(thread, &own)?.0.borrow();
            let words = twister.words.iter().map(|&word| i64::from(word)).chain([twister.used as i64]);
            Ok(PyTuple::from_vec(words.map(|word| PyInt::from_i64(word).upcast()).collect()).upcast())
        }),
        MethodDef::one("setstate", set_state),
    ],
    ..TypeSpec::EMPTY
});

fn set_state(thread: &Thread, own: Ref, state: Ref) -> Result {
    if state.downcast::<PyTuple>().is_none() {
        return Err(error::type_error(thread, "state vector must be a tuple"));
    }
    let items = iter::collect(thread, state)?;
    if items.len() != SIZE + 1 {
        return Err(error::value_error(thread, "state vector is the wrong size"));
    }
    let mut twister = Twister::seeded(0);
    for (word, item) in twister.words.iter_mut().zip(&items) {
        let value = number::index(thread, item.borrow())?.to_big();
        if value.sign() == num_bigint::Sign::Minus {
            return Err(error::overflow_error(thread, "can't convert negative value to unsigned int"));
        }
        *word = (value & BigInt::from(u32::MAX)).try_into().unwrap_or(0);
    }
    let used = number::as_i64(thread, items[SIZE].borrow())?;
    twister.used = match usize::try_from(used) {
        Ok(used) if used <= SIZE => used,
        _ => return Err(error::value_error(thread, "invalid state")),
    };
    receiver::<Random>(thread, &own.cast())?.0.replace(twister);
    Ok(object::new_none())
}

/// A generator from a seed: an int's size counts, of other objects the hash, of nothing the system's randomness.
fn seeded(thread: &Thread, seed: Option<Ref>) -> Result<Twister> {
    let key = match seed.filter(|seed| !object::is_none(*seed)) {
        None => {
            let mut bytes = [0; SIZE * 4];
            use std::io::Read;
            let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
            read.map_err(|problem| super::os_error(thread, &problem, None))?;
            bytes.chunks_exact(4).map(|part| u32::from_le_bytes([part[0], part[1], part[2], part[3]])).collect()
        }
        Some(seed) => match seed.downcast::<PyInt>() {
            Some(int) => int.to_big().magnitude().to_u32_digits(),
            None => BigUint::from(object::hash(thread, seed)? as usize).to_u32_digits(),
        },
    };
    Ok(Twister::keyed(if key.is_empty() { &[0] } else { &key }))
}
