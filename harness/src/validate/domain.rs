//! The values that fields and results take, as expressions of both sides: each draws from the script in the same order.

use super::model::{Model, POOLS, is_signed};
use translator::lower::kind::Kind;

/// An expression in C and in Rust that gives a 64-bit number.
#[derive(Clone, Debug)]
pub(super) struct Domain {
    pub(super) c: String,
    pub(super) rust: String,
}

fn both(c: &str, rust: &str) -> Domain {
    Domain { c: c.to_owned(), rust: rust.to_owned() }
}

/// Names whose values are narrower than their kind, because bodies rely on more than a type says.
const NARROW: &[(&str, &str, &str)] = &[
    // Read after a check that it is not negative.
    ("long_value.ob_digit[0]", "(int64_t)(w_draw() % 8)", "(w.draw() % 8) as i64"),
    // Not less than the number of free variables, and inside the frame.
    ("co_nlocalsplus", "32 + (int64_t)(w_draw() % 8)", "32 + (w.draw() % 8) as i64"),
    // An index into the table of a line's data.
    ("bytes_per_entry", "1 + (int64_t)(w_draw() % 3)", "1 + (w.draw() % 3) as i64"),
    // Beyond the strings of one character, too.
    ("PyStr.char_at", "(int64_t)(w_draw() % 160)", "(w.draw() % 160) as i64"),
    // A generator that runs has the thread's own item, or another generator's, below its own.
    ("previous_item", "(int64_t)(w_draw() % 9)", "(w.draw() % 9) as i64"),
    // A member of an object: where there is a code, there is a bytecode before the instruction.
    ("Frame.bytecode", "48 + (int64_t)(w_draw() % 8)", "48 + (w.draw() % 8) as i64"),
];

pub(super) fn domain(model: &Model, name: &str, kind: &Kind) -> Option<Domain> {
    if let Some((_, c, rust)) = NARROW.iter().find(|n| n.0 == name) {
        return Some(both(c, rust));
    }
    let pool = |n: &str| POOLS.iter().find(|p| p.0 == n).map(|p| p.1);
    Some(match kind {
        Kind::Bool => both("(int64_t)(w_draw() % 2)", "(w.draw() % 2) as i64"),
        Kind::Int(int) => both(&format!("w_number({})", is_signed(*int)), &format!("w.number({})", is_signed(*int))),
        Kind::Ref(_) | Kind::Owned(_) => both("w_object_id()", "w.object_id()"),
        Kind::OptRef(_) | Kind::OptOwned(_) => {
            both("(w_null() ? 0 : w_object_id())", "if w.null() { 0 } else { w.object_id() }")
        }
        Kind::Peek => both("w_object_id()", "w.object_id()"),
        Kind::F64 => both("(int64_t)(w_draw() % 9) - 4", "(w.draw() % 9) as i64 - 4"),
        Kind::Str => both("(int64_t)(w_draw() % 4)", "(w.draw() % 4) as i64"),
        Kind::Frame => both("2 + (int64_t)(w_draw() % 4)", "2 + (w.draw() % 4) as i64"),
        Kind::OptFrame => both(
            "(w_null() ? -1 : 2 + (int64_t)(w_draw() % 4))",
            "if w.null() { -1 } else { 2 + (w.draw() % 4) as i64 }",
        ),
        Kind::Instr => both("THIS_INSTR - 4 + (int64_t)(w_draw() % 16)", "THIS_INSTR - 4 + (w.draw() % 16) as i64"),
        Kind::Handle(n) => {
            let size = pool(n)?;
            both(&format!("(int64_t)(w_draw() % {size})"), &format!("(w.draw() % {size}) as i64"))
        }
        Kind::OptHandle(n) => {
            let size = pool(n)?;
            both(
                &format!("(w_null() ? -1 : (int64_t)(w_draw() % {size}))"),
                &format!("if w.null() {{ -1 }} else {{ (w.draw() % {size}) as i64 }}"),
            )
        }
        Kind::Enum(n) | Kind::Function(n) if !n.is_empty() => {
            let values = model.values_of(kind);
            let list = values.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
            let count = values.len();
            both(
                &format!("((const int64_t[]){{{list}}})[w_draw() % {count}]"),
                &format!("[{list}][(w.draw() % {count}) as usize]"),
            )
        }
        _ => return None,
    })
}

/// A 64-bit number as a C value of this kind.
pub(super) fn c_value(kind: &Kind, number: &str) -> String {
    match kind {
        Kind::Int(_) | Kind::Bool => format!("({})({number})", c_type(kind)),
        Kind::Ref(_) | Kind::OptRef(_) | Kind::Owned(_) | Kind::OptOwned(_) => format!("w_object({number})"),
        Kind::Peek => format!("((_PyStackRef){{{number}, TAG_OWNED}})"),
        Kind::F64 => format!("((double)({number}) / 2)"),
        Kind::Str => format!("w_texts[{number}]"),
        Kind::Frame | Kind::OptFrame => format!("w_frame_at({number})"),
        Kind::Instr => format!("(w_code + ({number}))"),
        Kind::Handle(n) | Kind::OptHandle(n) => format!("w_at_{n}({number})"),
        _ => number.to_owned(),
    }
}

/// A C value as a number: the inverse, where a field may be written.
pub(super) fn c_number(kind: &Kind, value: &str) -> String {
    match kind {
        Kind::Ref(_) | Kind::OptRef(_) | Kind::Owned(_) | Kind::OptOwned(_) => format!("w_id({value})"),
        Kind::Peek => format!("({value}).id"),
        Kind::F64 => format!("(int64_t)(({value}) * 2)"),
        Kind::Str => format!("w_text_id({value})"),
        Kind::Frame | Kind::OptFrame => format!("w_frame_id({value})"),
        Kind::Instr => format!("w_instr_id({value})"),
        Kind::Handle(n) | Kind::OptHandle(n) => format!("w_id_{n}({value})"),
        _ => format!("(int64_t)({value})"),
    }
}

pub(super) fn c_type(kind: &Kind) -> String {
    use translator::lower::kind::Int;
    match kind {
        Kind::Void => "void".into(),
        Kind::Bool => "bool".into(),
        Kind::Int(i) => match i {
            Int::I32 => "int32_t",
            Int::I64 | Int::Isize => "int64_t",
            Int::U8 => "uint8_t",
            Int::U16 => "uint16_t",
            Int::U32 => "uint32_t",
            Int::U64 | Int::Usize => "uint64_t",
        }
        .into(),
        Kind::F64 => "double".into(),
        Kind::Str => "const char *".into(),
        Kind::Ref(_) | Kind::OptRef(_) | Kind::Owned(_) | Kind::OptOwned(_) => "PyObject *".into(),
        Kind::StackRef | Kind::Peek => "_PyStackRef".into(),
        Kind::Slots => "_PyStackRef *".into(),
        Kind::Frame | Kind::OptFrame => "_PyInterpreterFrame *".into(),
        Kind::Instr => "_Py_CODEUNIT *".into(),
        Kind::Array => "PyObject **".into(),
        Kind::Handle(n) | Kind::OptHandle(n) => {
            POOLS.iter().find(|p| p.0 == n).map_or_else(|| "void *".to_owned(), |p| p.2.to_owned())
        }
        Kind::Fallible(inner, _) => c_type(inner),
        _ => "int64_t".into(),
    }
}

/// A 64-bit number as a Rust value of this kind.
pub(super) fn rust_value(kind: &Kind, number: &str) -> String {
    match kind {
        Kind::Int(i) => format!("({number}) as {}", i.rust()),
        Kind::Bool => format!("({number}) != 0"),
        Kind::Ref(_) => format!("Ref::new({number})"),
        Kind::OptRef(_) => format!("option({number})"),
        Kind::F64 => format!("({number}) as f64 / 2.0"),
        Kind::Str => format!("TEXTS[({number}) as usize]"),
        Kind::Frame => format!("Frame({number})"),
        Kind::OptFrame => format!("optional_handle({number}).map(Frame)"),
        Kind::Instr => format!("InstrPtr({number})"),
        Kind::Handle(n) | Kind::Enum(n) | Kind::Function(n) => format!("{n}({number})"),
        Kind::OptHandle(n) => format!("optional_handle({number}).map({n})"),
        other => format!("compile_error!(\"no value of {other}\")"),
    }
}

/// A Rust value as a number.
pub(super) fn rust_number(kind: &Kind, value: &str) -> String {
    match kind {
        Kind::Ref(_) => format!("{value}.0"),
        Kind::OptRef(_) => format!("{value}.map_or(0, |r| r.0)"),
        Kind::Owned(_) => format!("{value}.into_id()"),
        Kind::OptOwned(_) => format!("store_option({value})"),
        Kind::Frame | Kind::Instr | Kind::Handle(_) | Kind::Enum(_) | Kind::Function(_) => format!("{value}.0"),
        Kind::OptFrame | Kind::OptHandle(_) => format!("{value}.map_or(-1, |h| h.0)"),
        Kind::F64 => format!("({value} * 2.0) as i64"),
        _ => format!("{value} as i64"),
    }
}
