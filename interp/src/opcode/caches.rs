//! Names of the inline cache fields (`Lib/opcode.py`, `_cache_format`; the structs of `pycore_code.h` lay them out).

/// A family's head with its cache fields: name and size in code units.
pub type CacheFormat = (&'static str, &'static [(&'static str, usize)]);

/// `opcode._cache_format`.
pub const CACHE_FORMATS: [CacheFormat; 19] = [
    ("LOAD_GLOBAL", &[("counter", 1), ("index", 1), ("module_keys_version", 1), ("builtin_keys_version", 1)]),
    ("BINARY_OP", &[("counter", 1), ("descr", 4)]),
    ("UNPACK_SEQUENCE", &[("counter", 1)]),
    ("COMPARE_OP", &[("counter", 1)]),
    ("CONTAINS_OP", &[("counter", 1)]),
    ("FOR_ITER", &[("counter", 1)]),
    ("LOAD_SUPER_ATTR", &[("counter", 1)]),
    ("LOAD_ATTR", &[("counter", 1), ("version", 2), ("keys_version", 2), ("descr", 4)]),
    ("STORE_ATTR", &[("counter", 1), ("version", 2), ("index", 1)]),
    ("CALL", &[("counter", 1), ("func_version", 2)]),
    ("CALL_KW", &[("counter", 1), ("func_version", 2)]),
    ("STORE_SUBSCR", &[("counter", 1)]),
    ("SEND", &[("counter", 1)]),
    ("JUMP_BACKWARD", &[("counter", 1)]),
    ("TO_BOOL", &[("counter", 1), ("version", 2)]),
    ("POP_JUMP_IF_TRUE", &[("counter", 1)]),
    ("POP_JUMP_IF_FALSE", &[("counter", 1)]),
    ("POP_JUMP_IF_NONE", &[("counter", 1)]),
    ("POP_JUMP_IF_NOT_NONE", &[("counter", 1)]),
];

/// The cache fields of an instruction, by the name of its family's head; empty where it has none.
pub fn cache_format(name: &str) -> &'static [(&'static str, usize)] {
    CACHE_FORMATS.iter().find(|(head, _)| *head == name).map_or(&[], |(_, fields)| fields)
}

/// `opcode._inline_cache_entries`: their sizes together, in code units.
pub fn inline_cache_entries(name: &str) -> usize {
    cache_format(name).iter().map(|(_, size)| size).sum()
}

/// Every instruction with a cache has its fields here: their sizes add up to its cache entries.
const _: () = {
    use crate::generated::tables::{CACHES, DEOPT, NAMES};
    let mut opcode = 0;
    while opcode < 256 {
        if CACHES[opcode] > 0 && DEOPT[opcode] as usize == opcode && !is_instrumented(NAMES[opcode]) {
            assert!(entries(NAMES[opcode]) == CACHES[opcode] as usize, "cache fields and cache entries differ");
        }
        opcode += 1;
    }
};

const fn is_instrumented(name: &str) -> bool {
    let (name, prefix) = (name.as_bytes(), b"INSTRUMENTED_");
    let mut at = 0;
    while at < prefix.len() {
        if at >= name.len() || name[at] != prefix[at] {
            return false;
        }
        at += 1;
    }
    true
}

const fn entries(head: &str) -> usize {
    let (mut format, mut sum) = (0, 0);
    while format < CACHE_FORMATS.len() {
        let (name, fields) = CACHE_FORMATS[format];
        if same(name, head) {
            let mut field = 0;
            while field < fields.len() {
                sum += fields[field].1;
                field += 1;
            }
        }
        format += 1;
    }
    sum
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}
