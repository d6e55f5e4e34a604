// The recording world, Rust side: the interpreter's tables, whose entries are the same for all seeds.

use crate::surface::*;
use crate::world::*;

macro_rules! table {
    ($name:ident, $text:literal, $result:ty, |$w:ident| $value:expr) => {
        #[derive(Clone, Copy)]
        pub struct $name;
        impl $name {
            pub fn get(self, index: isize) -> $result {
                let $w = with(|w| w.entry($text, index as i64));
                $value
            }
        }
    };
}
table!(CommonConstants, "common_consts", Ref, |draw| Ref::new(1 + (draw % GENERAL as u64) as i64));
table!(AttributeOffsets, "attribute_offsets", usize, |draw| 8 * (draw % 4) as usize);
#[derive(Clone, Copy)]
pub struct SmallInts;
impl SmallInts {
    pub fn get(self, index: isize) -> Ref<PyInt> {
        Ref::new(SMALL_INTS_AT + index as i64)
    }
}
#[derive(Clone, Copy)]
pub struct StrSingletons;
impl StrSingletons {
    pub fn ascii(self) -> AsciiStrings {
        AsciiStrings
    }
}
#[derive(Clone, Copy)]
pub struct AsciiStrings;
impl AsciiStrings {
    pub fn size(self) -> usize {
        128
    }
    pub fn get(self, index: isize) -> Ref<PyStr> {
        Ref::new(ASCII_AT + index as i64)
    }
}
#[derive(Clone, Copy)]
pub struct OpcodeTable(pub &'static str);
impl OpcodeTable {
    pub fn get(self, index: isize) -> u8 {
        with(|w| w.entry(self.0, index as i64) % 3) as u8
    }
}
#[derive(Clone, Copy)]
pub struct SpecialMethods;
impl SpecialMethods {
    pub fn get(self, index: isize) -> SpecialMethod {
        SpecialMethod(index as i64)
    }
}
#[derive(Clone, Copy)]
pub struct SpecialMethod(i64);
impl SpecialMethod {
    pub fn name(self) -> Ref<PyStr> {
        Ref::new(1 + with(|w| w.entry("special.name", self.0) % GENERAL as u64) as i64)
    }
    pub fn error(self) -> &'static str {
        "special error"
    }
    pub fn error_suggestion(self) -> &'static str {
        "special error with suggestion"
    }
}
#[derive(Clone, Copy)]
pub struct Conversions;
impl Conversions {
    pub fn get(self, index: isize) -> Conversion {
        Conversion(with(|w| w.entry("conversions", index as i64) % 3) as i64)
    }
}
impl BinaryOpExtend {
    pub fn from_object(object: Ref) -> BinaryOpExtend {
        BinaryOpExtend(object.0)
    }
}
impl LineData {
    pub fn get(self, index: isize) -> u8 {
        with(|w| w.entry("line_data", index as i64) % 8) as u8
    }
}
