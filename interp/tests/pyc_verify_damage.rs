//! What the verifier refuses: for each rule a small code object that breaks it, with code and place; and damage at random.

mod common;

use inputs::testing::say;
use interp::opcode;
use interp::pyc::exceptions::{self, Handler};
use interp::pyc::{self, Code, Names, Str, Value, code_flag, local_kind, verify};
use std::rc::Rc;

/// A code object of the given units: opcode name and oparg; caches are added. Two constants, two names, two locals, the
/// first of them an argument.
fn code(units: &[(&str, u8)]) -> Code {
    let mut bytes = Vec::new();
    for (name, oparg) in units {
        let (_, opcode) = opcode::opmap().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name}"));
        let opcode = u8::try_from(opcode).expect("a real instruction");
        bytes.extend_from_slice(&[opcode, *oparg]);
        bytes.extend(std::iter::repeat_n(0, opcode::caches(opcode) * 2));
    }
    let text = |s: &str| Rc::new(Str::new(s, true));
    let names = |list: &[&str]| Names::new(list.iter().map(|s| Value::Str(text(s))).collect()).expect("strings");
    Code {
        argcount: 1,
        posonlyargcount: 0,
        kwonlyargcount: 0,
        stacksize: 4,
        flags: code_flag::OPTIMIZED | code_flag::NEWLOCALS,
        code: bytes.into(),
        consts: [Value::None, Value::Tuple([Value::Str(text("k"))].into())].into(),
        names: names(&["n", "m"]),
        localsplusnames: names(&["a", "b"]),
        localspluskinds: [local_kind::LOCAL | local_kind::ARG_POS, local_kind::LOCAL].into(),
        filename: text("f.py"),
        name: text("f"),
        qualname: text("f"),
        firstlineno: 1,
        linetable: [].into(),
        exceptiontable: [].into(),
    }
}

/// With a RESUME before and a `return None` after.
fn body(units: &[(&str, u8)]) -> Code {
    code(&[&[("RESUME", 0)], units, &[("LOAD_CONST", 0), ("RETURN_VALUE", 0)]].concat())
}

/// Code and unit of the error.
fn refused(code: &Code) -> (&'static str, usize) {
    match verify::verify(code) {
        Ok(_) => panic!("accepted"),
        Err(error) => (error.kind.code(), error.unit),
    }
}

#[test]
fn plain_code_is_accepted() {
    let accepted = [
        body(&[]),
        body(
            &[("LOAD_FAST_BORROW", 0), ("GET_ITER", 0), ("FOR_ITER", 3), ("STORE_FAST", 1), ("JUMP_BACKWARD", 5)]
                .iter()
                .chain(&[("END_FOR", 0), ("POP_ITER", 0)])
                .copied()
                .collect::<Vec<_>>(),
        ),
        body(&[
            ("LOAD_GLOBAL", 1),
            ("LOAD_FAST_BORROW", 0),
            ("CALL", 1),
            ("STORE_FAST", 1),
            ("LOAD_FAST", 1),
            ("POP_TOP", 0),
        ]),
    ];
    for code in accepted {
        if let Err(error) = verify::verify(&code) {
            panic!("{error}");
        }
    }
    let facts = verify::verify(&body(&[("LOAD_FAST", 0), ("COPY", 1), ("POP_TOP", 0), ("POP_TOP", 0)]));
    assert_eq!(facts.map(|f| f.max_depth), Ok(2));
}

#[test]
fn instructions_by_themselves() {
    let mut specialised = body(&[]).code.to_vec();
    specialised[0] = 196; // RESUME_CHECK
    let with = |bytes: &[u8]| Code { code: bytes.into(), ..body(&[]) };
    assert_eq!(refused(&with(&specialised)), ("V-001", 0));
    assert_eq!(refused(&with(&[128, 0, 0, 0])), ("V-001", 1));
    assert_eq!(refused(&with(&[128, 0, 250, 0])), ("V-001", 1));
    assert_eq!(refused(&body(&[("INTERPRETER_EXIT", 0)])), ("V-001", 1));
    // BINARY_OP without all of its cache, and with something in it.
    assert_eq!(refused(&with(&[128, 0, 44, 0, 0, 0])), ("V-002", 1));
    assert_eq!(refused(&with(&[128, 0, 69, 1])), ("V-002", 1));
    assert_eq!(refused(&with(&[128, 0, 44, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])), ("V-003", 1));
    assert_eq!(refused(&body(&[("EXTENDED_ARG", 0)])), ("V-004", 1));
    assert_eq!(refused(&body(&[("EXTENDED_ARG", 1); 4])), ("V-004", 4));
    assert_eq!(
        refused(&body(&[("EXTENDED_ARG", 255), ("EXTENDED_ARG", 0), ("EXTENDED_ARG", 0), ("NOP", 0)])),
        ("V-005", 4)
    );
}

#[test]
fn opargs() {
    let without_meaning = [
        ("BINARY_OP", 27),
        ("COMPARE_OP", 0xC0),
        ("IS_OP", 2),
        ("CALL_INTRINSIC_1", 0),
        ("CALL_INTRINSIC_1", 12),
        ("CALL_INTRINSIC_2", 6),
        ("LOAD_SPECIAL", 4),
        ("LOAD_COMMON_CONSTANT", 5),
        ("CONVERT_VALUE", 0),
        ("CONVERT_VALUE", 4),
        ("SET_FUNCTION_ATTRIBUTE", 3),
        ("COPY", 0),
        ("SWAP", 1),
        ("RAISE_VARARGS", 3),
        ("BUILD_SLICE", 1),
        ("RETURN_GENERATOR", 0),
        ("COPY_FREE_VARS", 1),
    ];
    for unit in without_meaning {
        assert_eq!(refused(&body(&[unit])), ("V-005", 1), "{unit:?}");
    }
    let past_the_end = [
        ("LOAD_CONST", 2),
        ("LOAD_NAME", 2),
        ("LOAD_GLOBAL", 4),
        ("LOAD_ATTR", 4),
        ("LOAD_SUPER_ATTR", 8),
        ("LOAD_FAST", 2),
        ("LOAD_FAST_LOAD_FAST", 0x02),
        ("STORE_FAST_STORE_FAST", 0x20),
        ("LOAD_DEREF", 2),
        ("MAKE_CELL", 9),
    ];
    for unit in past_the_end {
        assert_eq!(refused(&body(&[unit])), ("V-006", 1), "{unit:?}");
    }
}

#[test]
fn jumps() {
    assert_eq!(refused(&body(&[("JUMP_FORWARD", 9)])), ("V-007", 1));
    assert_eq!(refused(&body(&[("JUMP_BACKWARD", 9)])), ("V-007", 1));
    // Into a cache.
    assert_eq!(refused(&body(&[("JUMP_FORWARD", 1), ("TO_BOOL", 0)])), ("V-007", 1));
    assert_eq!(refused(&body(&[("LOAD_FAST", 0), ("FOR_ITER", 0)])), ("V-008", 2));
    assert_eq!(refused(&code(&[("RESUME", 0), ("NOP", 0)])), ("V-009", 1));
    assert_eq!(refused(&code(&[("LOAD_CONST", 0), ("RETURN_VALUE", 0)])), ("V-022", 0));
    assert_eq!(refused(&code(&[])), ("V-022", 0));
    // A way with an item more.
    let uneven = [("LOAD_FAST", 0), ("POP_JUMP_IF_NONE", 1), ("PUSH_NULL", 0)];
    assert_eq!(refused(&body(&uneven)), ("V-012", 5));
}

#[test]
fn stack() {
    assert_eq!(refused(&body(&[("POP_TOP", 0)])), ("V-010", 1));
    assert_eq!(refused(&body(&[("BUILD_LIST", 3)])), ("V-010", 1));
    assert_eq!(refused(&body(&[("SWAP", 2)])), ("V-010", 1));
    assert_eq!(refused(&body(&[("LOAD_CONST", 0); 5])), ("V-011", 5));
    assert_eq!(refused(&body(&[("LOAD_FAST", 0), ("UNPACK_SEQUENCE", 200)])), ("V-011", 2));
    assert_eq!(refused(&body(&[("LOAD_CONST", 0)])), ("V-017", 3));
    let of_kinds: [&[(&str, u8)]; 9] = [
        &[("PUSH_NULL", 0), ("GET_ITER", 0)],
        &[("PUSH_NULL", 0), ("COPY", 1)],
        &[("LOAD_FAST", 0), ("LOAD_FAST", 0), ("LIST_APPEND", 1)],
        &[("LOAD_FAST", 0), ("LOAD_FAST", 0), ("DICT_UPDATE", 1)],
        &[("LOAD_FAST", 0), ("MAKE_FUNCTION", 0)],
        &[("LOAD_FAST", 0), ("UNARY_NOT", 0)],
        &[("LOAD_FAST", 0), ("RERAISE", 0)],
        &[("LOAD_FAST", 0), ("POP_EXCEPT", 0)],
        &[("LOAD_FAST", 0), ("PUSH_NULL", 0), ("LOAD_CONST", 1), ("CALL_KW", 0)],
    ];
    for units in of_kinds {
        assert_eq!(refused(&body(units)), ("V-013", units.len()), "{units:?}");
    }
    let huge = Code { stacksize: i32::MAX as u32, ..body(&[]) };
    assert_eq!(refused(&huge), ("V-023", 0));
}

#[test]
fn locals() {
    assert_eq!(refused(&body(&[("LOAD_FAST", 1)])), ("V-014", 1));
    assert_eq!(refused(&body(&[("LOAD_FAST_BORROW", 1)])), ("V-014", 1));
    assert_eq!(refused(&body(&[("DELETE_FAST", 0), ("LOAD_FAST", 0)])), ("V-014", 2));
    assert_eq!(refused(&body(&[("LOAD_DEREF", 0)])), ("V-014", 1));
    let cleared = [("LOAD_FAST_BORROW", 0), ("LOAD_CONST", 0), ("STORE_FAST", 0)];
    assert_eq!(refused(&body(&cleared)), ("V-015", 3));
    assert_eq!(refused(&body(&[("LOAD_FAST_BORROW", 0), ("STORE_FAST", 1)])), ("V-016", 2));
    // The object of a method call is still borrowed.
    let method = [("LOAD_FAST_BORROW", 0), ("LOAD_ATTR", 1), ("LOAD_CONST", 0), ("STORE_FAST", 0)];
    assert_eq!(refused(&body(&method)).0, "V-015");
    let kinds = Code { localspluskinds: [local_kind::FREE, local_kind::LOCAL].into(), argcount: 0, ..body(&[]) };
    assert_eq!(refused(&kinds), ("V-021", 0));
}

#[test]
fn generators() {
    assert_eq!(refused(&body(&[("LOAD_FAST", 0), ("YIELD_VALUE", 0)])), ("V-018", 2));
    let twice = body(&[("RETURN_GENERATOR", 0), ("POP_TOP", 0), ("RETURN_GENERATOR", 0), ("POP_TOP", 0)]);
    assert_eq!(refused(&Code { flags: code_flag::GENERATOR, ..twice }), ("V-018", 3));
}

#[test]
fn functions_with_free_variables() {
    let mut inner = code(&[("COPY_FREE_VARS", 1), ("RESUME", 0), ("LOAD_DEREF", 2), ("RETURN_VALUE", 0)]);
    let text = |s: &str| Value::Str(Rc::new(Str::new(s, true)));
    inner.localsplusnames = Names::new([text("a"), text("b"), text("c")].into()).expect("strings");
    inner.localspluskinds = [&inner.localspluskinds[..], &[local_kind::FREE]].concat().into();
    assert!(verify::verify(&inner).is_ok());
    let outer = |units: &[(&str, u8)]| {
        let code = body(units);
        Code { consts: [Value::None, Value::Code(Rc::new(inner.clone()))].into(), ..code }
    };
    let make = [("LOAD_CONST", 1), ("MAKE_FUNCTION", 0)];
    assert_eq!(refused(&outer(&[&make[..], &[("STORE_FAST", 1)]].concat())), ("V-013", 3));
    let closure = |cell: &[(&'static str, u8)]| {
        let set = [("SET_FUNCTION_ATTRIBUTE", 8), ("STORE_FAST", 1)];
        outer(&[cell, &[("LOAD_FAST", 0), ("BUILD_TUPLE", 1)], &make, &set].concat())
    };
    assert!(verify::verify(&closure(&[("MAKE_CELL", 0)])).is_ok());
    assert_eq!(refused(&closure(&[])), ("V-013", 5));
}

#[test]
fn exception_tables() {
    let with = |handlers: &[Handler], code: Code| Code { exceptiontable: exceptions::encode(handlers).into(), ..code };
    let handler = |start, end, target, depth| Handler { start, end, target, depth, lasti: false };
    let plain = || code(&[("RESUME", 0), ("LOAD_NAME", 0), ("RETURN_VALUE", 0), ("PUSH_EXC_INFO", 0), ("RERAISE", 0)]);
    assert!(verify::verify(&with(&[handler(0, 2, 3, 0)], plain())).is_ok());
    let bad = [
        vec![handler(0, 2, 3, 0), handler(1, 3, 3, 0)],
        vec![handler(1, 1, 3, 0)],
        vec![handler(0, 9, 3, 0)],
        vec![handler(0, 2, 9, 0)],
        vec![handler(0, 2, 3, 4)],
    ];
    for handlers in bad {
        assert_eq!(refused(&with(&handlers, plain())), ("V-020", 0), "{handlers:?}");
    }
    let damaged = Code { exceptiontable: [0x80, 0x41].into(), ..plain() };
    assert_eq!(refused(&damaged), ("V-020", 0));
    // The handler keeps an item that is not there when LOAD_NAME raises.
    assert_eq!(refused(&with(&[handler(1, 2, 3, 1)], plain())), ("V-019", 1));
    // RERAISE 1 takes the position that an entry with lasti leaves.
    let reraise = || code(&[("RESUME", 0), ("LOAD_NAME", 0), ("RETURN_VALUE", 0), ("RERAISE", 1)]);
    let lasti = Handler { lasti: true, ..handler(1, 2, 3, 0) };
    assert!(verify::verify(&with(&[lasti], reraise())).is_ok());
    assert_eq!(refused(&with(&[handler(1, 2, 3, 0)], reraise())), ("V-010", 3));
    // Within a call that enters a frame the unit before counts: its handler leads elsewhere with other items.
    let call = || {
        code(
            &[("RESUME", 0), ("LOAD_CONST", 0), ("LOAD_NAME", 0), ("PUSH_NULL", 0), ("CALL", 0)]
                .iter()
                .chain(&[("BUILD_TUPLE", 2), ("RETURN_VALUE", 0), ("RERAISE", 0)])
                .copied()
                .collect::<Vec<_>>(),
        )
    };
    assert!(verify::verify(&with(&[handler(2, 8, 10, 0)], call())).is_ok());
    assert_eq!(refused(&with(&[handler(3, 4, 10, 2), handler(4, 8, 10, 0)], call())), ("V-012", 4));
}

#[test]
fn damage_at_random_never_panics() {
    let (mut refused, mut accepted) = (0, 0);
    for path in common::fixtures().iter().take(12) {
        let bytes = std::fs::read(path).expect("a fixture");
        let whole = pyc::read(&bytes).expect("a sound file").code;
        let mut all = vec![Rc::clone(&whole)];
        all.extend(whole.consts.iter().filter_map(|c| if let Value::Code(c) = c { Some(Rc::clone(c)) } else { None }));
        for code in all {
            for bit in 0..code.code.len() * 8 {
                let mut damaged = Code::clone(&code);
                let mut bytes = code.code.to_vec();
                bytes[bit / 8] ^= 1 << (bit % 8);
                damaged.code = bytes.into();
                match verify::verify(&damaged) {
                    Ok(_) => accepted += 1,
                    Err(_) => refused += 1,
                }
            }
            for bit in 0..code.exceptiontable.len() * 8 {
                let mut damaged = Code::clone(&code);
                let mut bytes = code.exceptiontable.to_vec();
                bytes[bit / 8] ^= 1 << (bit % 8);
                damaged.exceptiontable = bytes.into();
                let _ = verify::verify(&damaged);
            }
        }
    }
    say(&format!("{refused} refused, {accepted} accepted"));
    assert!(refused > accepted, "most damage is found");
}

#[test]
fn time_is_limited() {
    // A long chain of branches over very many locals.
    let text = Value::Str(Rc::new(Str::new("x", true)));
    let many = 200_000;
    let mut units = vec![("RESUME", 0)];
    for _ in 0..20_000 {
        units.extend([("LOAD_FAST", 0), ("POP_JUMP_IF_NONE", 0)]);
    }
    units.extend([("LOAD_CONST", 0), ("RETURN_VALUE", 0)]);
    let code = Code {
        localsplusnames: Names::new(vec![text; many].into()).expect("strings"),
        localspluskinds: vec![local_kind::LOCAL; many].into(),
        ..code(&units)
    };
    let start = std::time::Instant::now();
    assert_eq!(refused(&code).0, "V-024");
    assert!(start.elapsed().as_secs() < 20);
}
