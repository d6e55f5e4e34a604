//! `_operator`: the operators as functions (`Modules/_operator.c`). Its classes are the library's.

use super::NativeModule;
use crate::builtins::support;
use crate::object::*;
use crate::runtime::{call, error, number, object, types};

pub(super) static MODULE: NativeModule = NativeModule { name: "_operator", functions: FUNCTIONS, types: &[], fill };

macro_rules! two {
    ($($name:literal $function:expr;)*) => {
        &[$(MethodDef::fast($name, |thread, _, a| {
            call::check_count(thread, $name, a.len(), 2, 2)?;
            let function: fn(&Thread, Ref, Ref) -> Result = $function;
            function(thread, a[0], a[1])
        }),)*]
    };
}

fn in_place(thread: &Thread, oparg: i32, a: Ref, b: Ref) -> Result {
    number::binary_op(thread, oparg, a, b)
}

fn concat(thread: &Thread, a: Ref, b: Ref, oparg: i32) -> Result {
    if a.ty().slots.sq_concat.get().is_none() && !types::is_sequence(a) {
        let text = format!("'{}' object can't be concatenated", a.ty().name());
        return Err(error::type_error(thread, text));
    }
    number::binary_op(thread, oparg, a, b)
}

/// The numbers of the operators are those of BINARY_OP.
static BINARY: &[MethodDef] = two! {
    "add" number::add;
    "sub" number::subtract;
    "mul" number::multiply;
    "matmul" number::matrix_multiply;
    "truediv" number::true_divide;
    "floordiv" number::floor_divide;
    "mod" number::remainder;
    "lshift" number::lshift;
    "rshift" number::rshift;
    "and_" number::and;
    "or_" number::or;
    "xor" number::xor;
    "pow" |thread, a, b| number::power(thread, a, b, none_object());
    "iadd" |thread, a, b| in_place(thread, 13, a, b);
    "iand" |thread, a, b| in_place(thread, 14, a, b);
    "ifloordiv" |thread, a, b| in_place(thread, 15, a, b);
    "ilshift" |thread, a, b| in_place(thread, 16, a, b);
    "imatmul" |thread, a, b| in_place(thread, 17, a, b);
    "imul" |thread, a, b| in_place(thread, 18, a, b);
    "imod" |thread, a, b| in_place(thread, 19, a, b);
    "ior" |thread, a, b| in_place(thread, 20, a, b);
    "ipow" |thread, a, b| in_place(thread, 21, a, b);
    "irshift" |thread, a, b| in_place(thread, 22, a, b);
    "isub" |thread, a, b| in_place(thread, 23, a, b);
    "itruediv" |thread, a, b| in_place(thread, 24, a, b);
    "ixor" |thread, a, b| in_place(thread, 25, a, b);
    "concat" |thread, a, b| concat(thread, a, b, 0);
    "iconcat" |thread, a, b| concat(thread, a, b, 13);
    "is_" |_, a, b| Ok(object::new_bool(a.is(b)));
    "is_not" |_, a, b| Ok(object::new_bool(!a.is(b)));
    "lt" |thread, a, b| object::compare(thread, a, b, CompareOp::Lt);
    "le" |thread, a, b| object::compare(thread, a, b, CompareOp::Le);
    "eq" |thread, a, b| object::compare(thread, a, b, CompareOp::Eq);
    "ne" |thread, a, b| object::compare(thread, a, b, CompareOp::Ne);
    "gt" |thread, a, b| object::compare(thread, a, b, CompareOp::Gt);
    "ge" |thread, a, b| object::compare(thread, a, b, CompareOp::Ge);
    "contains" |thread, a, b| object::contains(thread, a, b).map(object::new_bool);
    "getitem" object::get_item;
    "delitem" |thread, a, b| object::del_item(thread, a, b).map(|()| object::new_none());
    "countOf" |thread, a, b| {
        let mut count = 0;
        support::each(thread, a, |item| {
            count += i64::from(support::same(thread, item.borrow(), b)?);
            Ok(true)
        })?;
        Ok(support::int(count))
    };
    "indexOf" |thread, a, b| {
        let (mut at, mut found) = (0, None);
        support::each(thread, a, |item| {
            if support::same(thread, item.borrow(), b)? {
                found = Some(at);
            }
            at += 1;
            Ok(found.is_none())
        })?;
        found
            .map(support::int)
            .ok_or_else(|| error::value_error(thread, "sequence.index(x): x not in sequence"))
    };
};

static FUNCTIONS: &[MethodDef] = &[
    MethodDef::one("truth", |thread, _, a| object::is_truthy(thread, a).map(object::new_bool)),
    MethodDef::one("not_", |thread, _, a| object::is_truthy(thread, a).map(|truth| object::new_bool(!truth))),
    MethodDef::one("is_none", |_, _, a| Ok(object::new_bool(object::is_none(a)))),
    MethodDef::one("is_not_none", |_, _, a| Ok(object::new_bool(!object::is_none(a)))),
    MethodDef::one("index", |thread, _, a| number::index(thread, a).map(Owned::upcast)),
    MethodDef::one("neg", |thread, _, a| number::negative(thread, a)),
    MethodDef::one("pos", |thread, _, a| number::positive(thread, a)),
    MethodDef::one("inv", |thread, _, a| number::invert(thread, a)),
    MethodDef::one("invert", |thread, _, a| number::invert(thread, a)),
    MethodDef::one("abs", |thread, _, a| number::absolute(thread, a)),
    MethodDef::fast("setitem", |thread, _, a| {
        call::check_count(thread, "setitem", a.len(), 3, 3)?;
        object::set_item(thread, a[0], a[1], a[2]).map(|()| object::new_none())
    }),
    MethodDef::fast("length_hint", |thread, _, a| {
        call::check_count(thread, "length_hint", a.len(), 1, 2)?;
        let default = match a.get(1) {
            None => 0,
            Some(default) if default.downcast::<PyInt>().is_some() => number::as_i64(thread, *default)?,
            Some(default) => {
                let text = format!("'{}' object cannot be interpreted as an integer", default.ty().name());
                return Err(error::type_error(thread, text));
            }
        };
        let sized = a[0].ty().slots.sq_length.get().is_some() || a[0].ty().slots.mp_length.get().is_some();
        let hints = || support::special(thread, a[0], "__length_hint__", &[]);
        if !sized && hints()?.is_none_or(|hint| hint.borrow().is(not_implemented())) {
            return Ok(support::int(default));
        }
        object::length_hint(thread, a[0]).map(|length| support::int(length as i64))
    }),
    MethodDef::keywords("call", |thread, _, a, k| match a.split_first() {
        Some((function, rest)) if a.len() > k.map_or(0, |names| names.len()) => {
            call::vector(thread, *function, rest, k)
        }
        _ => Err(error::type_error(thread, "call expected at least 1 argument, got 0")),
    }),
    MethodDef::fast("_compare_digest", |thread, _, a| {
        call::check_count(thread, "_compare_digest", a.len(), 2, 2)?;
        let (left, right) = match (a[0].downcast::<PyStr>(), a[1].downcast::<PyStr>()) {
            (Some(left), Some(right)) => match (left.as_ascii(), right.as_ascii()) {
                (Some(left), Some(right)) => (left.as_bytes().to_vec(), right.as_bytes().to_vec()),
                _ => {
                    let text = "comparing strings with non-ASCII characters is not supported";
                    return Err(error::type_error(thread, text));
                }
            },
            _ => {
                let bytes = |value: Ref| {
                    let (left, right) = (support::type_name(a[0]), support::type_name(a[1]));
                    let text = format!("unsupported operand types(s) or combination of types: '{left}' and '{right}'");
                    super::buffer(thread, value, &text)
                };
                (bytes(a[0])?, bytes(a[1])?)
            }
        };
        // All bytes are looked at, whatever the first ones are.
        let differ = left.iter().zip(&right).fold(0, |differ, (l, r)| differ | (l ^ r));
        Ok(object::new_bool(differ == 0 && left.len() == right.len()))
    }),
];

/// The functions of two arguments.
fn fill(thread: &Thread, dict: Ref<PyDict>) -> Result<()> {
    super::add_functions(thread, dict, "_operator", BINARY);
    Ok(())
}
