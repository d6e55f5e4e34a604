//! Operators on any objects: the slots of both sides are asked in turn (`Objects/abstract.c`).

use super::{error, exceptions, object, types};
use crate::exit::Raised;
use crate::object::slots::{Binary, Ternary, Unary};
use crate::object::*;
use std::cell::Cell;

type BinarySlot = fn(&Slots) -> &Cell<Option<Binary>>;
type TernarySlot = fn(&Slots) -> &Cell<Option<Ternary>>;

/// `binary_op1`: the left side's slot, unless the right side's type is a subtype that has its own.
fn try_slots(thread: &Thread, left: Ref, right: Ref, slot: BinarySlot) -> Result {
    let of_left = slot(&left.ty().slots).get();
    let of_right = if left.ty().is(right.ty()) { None } else { slot(&right.ty().slots).get() };
    let of_right = of_right.filter(|&f| of_left.is_none_or(|g| !std::ptr::fn_addr_eq(f, g)));
    if let Some(left_slot) = of_left {
        if let Some(right_slot) = of_right
            && right.ty().is_subtype(left.ty())
        {
            let result = right_slot(thread, left, right)?;
            if !result.borrow().is(not_implemented()) {
                return Ok(result);
            }
            return left_slot(thread, left, right);
        }
        let result = left_slot(thread, left, right)?;
        if !result.borrow().is(not_implemented()) {
            return Ok(result);
        }
    }
    match of_right {
        Some(right_slot) => right_slot(thread, left, right),
        None => Ok(not_implemented().to_owned()),
    }
}

#[cold]
fn unsupported(thread: &Thread, left: Ref, right: Ref, symbol: &str) -> Raised {
    if symbol == ">>" && left.is_exact(types::builtin_function()) && left.cast::<PyCFunction>().def().name == "print" {
        return error::type_error(
            thread,
            format_args!(
                "unsupported operand type(s) for {symbol}: '{}' and '{}'. Did you mean \"print(<message>, file=<output_stream>)\"?",
                left.ty().name(),
                right.ty().name()
            ),
        );
    }
    error::type_error(
        thread,
        format_args!("unsupported operand type(s) for {symbol}: '{}' and '{}'", left.ty().name(), right.ty().name()),
    )
}

fn binary(thread: &Thread, left: Ref, right: Ref, slot: BinarySlot, symbol: &str) -> Result {
    let result = try_slots(thread, left, right, slot)?;
    if result.borrow().is(not_implemented()) {
        return Err(unsupported(thread, left, right, symbol));
    }
    Ok(result)
}

fn try_inplace(thread: &Thread, left: Ref, right: Ref, inplace: BinarySlot, slot: BinarySlot) -> Result {
    if let Some(own) = inplace(&left.ty().slots).get() {
        let result = own(thread, left, right)?;
        if !result.borrow().is(not_implemented()) {
            return Ok(result);
        }
    }
    try_slots(thread, left, right, slot)
}

fn inplace(thread: &Thread, left: Ref, right: Ref, own: BinarySlot, slot: BinarySlot, symbol: &str) -> Result {
    let result = try_inplace(thread, left, right, own, slot)?;
    if result.borrow().is(not_implemented()) {
        return Err(unsupported(thread, left, right, symbol));
    }
    Ok(result)
}

/// `left + right`: numbers, then concatenation.
pub(crate) fn add(thread: &Thread, left: Ref, right: Ref) -> Result {
    let result = try_slots(thread, left, right, |s| &s.nb_add)?;
    if !result.borrow().is(not_implemented()) {
        return Ok(result);
    }
    match left.ty().slots.sq_concat.get() {
        Some(slot) => slot(thread, left, right),
        None => Err(unsupported(thread, left, right, "+")),
    }
}

fn inplace_add(thread: &Thread, left: Ref, right: Ref) -> Result {
    let result = try_inplace(thread, left, right, |s| &s.nb_inplace_add, |s| &s.nb_add)?;
    if !result.borrow().is(not_implemented()) {
        return Ok(result);
    }
    match left.ty().slots.sq_inplace_concat.get().or(left.ty().slots.sq_concat.get()) {
        Some(slot) => slot(thread, left, right),
        None => Err(unsupported(thread, left, right, "+=")),
    }
}

fn repeat(thread: &Thread, sequence: Ref, count: Ref, slot: crate::object::slots::ItemAt) -> Result {
    if count.ty().slots.nb_index.get().is_none() {
        return Err(error::type_error(
            thread,
            format_args!("can't multiply sequence by non-int of type '{}'", count.ty().name()),
        ));
    }
    let count = index_isize(thread, count, Some(exceptions::overflow_error()))?;
    slot(thread, sequence, count)
}

/// `left * right`: numbers, then repetition.
pub(crate) fn multiply(thread: &Thread, left: Ref, right: Ref) -> Result {
    let result = try_slots(thread, left, right, |s| &s.nb_multiply)?;
    if !result.borrow().is(not_implemented()) {
        return Ok(result);
    }
    if let Some(slot) = left.ty().slots.sq_repeat.get() {
        return repeat(thread, left, right, slot);
    }
    match right.ty().slots.sq_repeat.get() {
        Some(slot) => repeat(thread, right, left, slot),
        None => Err(unsupported(thread, left, right, "*")),
    }
}

fn inplace_multiply(thread: &Thread, left: Ref, right: Ref) -> Result {
    let result = try_inplace(thread, left, right, |s| &s.nb_inplace_multiply, |s| &s.nb_multiply)?;
    if !result.borrow().is(not_implemented()) {
        return Ok(result);
    }
    let slots = &left.ty().slots;
    if let Some(slot) = slots.sq_inplace_repeat.get().or(slots.sq_repeat.get()) {
        return repeat(thread, left, right, slot);
    }
    match right.ty().slots.sq_repeat.get() {
        Some(slot) => repeat(thread, right, left, slot),
        None => Err(unsupported(thread, left, right, "*=")),
    }
}

/// `ternary_op`: `pow` with its modulus.
fn try_ternary(thread: &Thread, left: Ref, right: Ref, modulus: Ref, slot: TernarySlot) -> Result {
    let of_left = slot(&left.ty().slots).get();
    let of_right = if left.ty().is(right.ty()) { None } else { slot(&right.ty().slots).get() };
    let of_right = of_right.filter(|&f| of_left.is_none_or(|g| !std::ptr::fn_addr_eq(f, g)));
    let right_first = of_right.is_some() && of_left.is_some() && right.ty().is_subtype(left.ty());
    let order = if right_first { [of_right, of_left] } else { [of_left, of_right] };
    for one in order.into_iter().flatten() {
        let result = one(thread, left, right, modulus)?;
        if !result.borrow().is(not_implemented()) {
            return Ok(result);
        }
    }
    Ok(not_implemented().to_owned())
}

/// `pow(base, exponent, modulus)`; the modulus is None for `**`.
pub(crate) fn power(thread: &Thread, base: Ref, exponent: Ref, modulus: Ref) -> Result {
    let result = try_ternary(thread, base, exponent, modulus, |s| &s.nb_power)?;
    if !result.borrow().is(not_implemented()) {
        return Ok(result);
    }
    if modulus.is(none_object()) {
        return Err(unsupported(thread, base, exponent, "** or pow()"));
    }
    Err(error::type_error(
        thread,
        format_args!(
            "unsupported operand type(s) for ** or pow(): '{}', '{}', '{}'",
            base.ty().name(),
            exponent.ty().name(),
            modulus.ty().name()
        ),
    ))
}

fn plain_power(thread: &Thread, base: Ref, exponent: Ref) -> Result {
    power(thread, base, exponent, none_object())
}

fn inplace_power(thread: &Thread, base: Ref, exponent: Ref) -> Result {
    if let Some(own) = base.ty().slots.nb_inplace_power.get() {
        let result = own(thread, base, exponent, none_object())?;
        if !result.borrow().is(not_implemented()) {
            return Ok(result);
        }
    }
    let result = try_ternary(thread, base, exponent, none_object(), |s| &s.nb_power)?;
    if result.borrow().is(not_implemented()) {
        return Err(unsupported(thread, base, exponent, "**="));
    }
    Ok(result)
}

macro_rules! operators {
    ($($name:ident, $inplace:ident, $slot:ident, $inplace_slot:ident, $symbol:literal;)*) => {
        $(#[doc = concat!("`left ", $symbol, " right`.")]
        pub(crate) fn $name(thread: &Thread, left: Ref, right: Ref) -> Result {
            binary(thread, left, right, |s| &s.$slot, $symbol)
        }

        fn $inplace(thread: &Thread, left: Ref, right: Ref) -> Result {
            inplace(thread, left, right, |s| &s.$inplace_slot, |s| &s.$slot, concat!($symbol, "="))
        })*
    };
}

operators! {
    subtract, inplace_subtract, nb_subtract, nb_inplace_subtract, "-";
    matrix_multiply, inplace_matrix_multiply, nb_matrix_multiply, nb_inplace_matrix_multiply, "@";
    true_divide, inplace_true_divide, nb_true_divide, nb_inplace_true_divide, "/";
    floor_divide, inplace_floor_divide, nb_floor_divide, nb_inplace_floor_divide, "//";
    remainder, inplace_remainder, nb_remainder, nb_inplace_remainder, "%";
    lshift, inplace_lshift, nb_lshift, nb_inplace_lshift, "<<";
    rshift, inplace_rshift, nb_rshift, nb_inplace_rshift, ">>";
    and, inplace_and, nb_and, nb_inplace_and, "&";
    xor, inplace_xor, nb_xor, nb_inplace_xor, "^";
    or, inplace_or, nb_or, nb_inplace_or, "|";
}

/// `divmod(left, right)`.
pub(crate) fn divmod(thread: &Thread, left: Ref, right: Ref) -> Result {
    binary(thread, left, right, |s| &s.nb_divmod, "divmod()")
}

/// `_PyEval_BinaryOps[oparg]`: `NB_ADD` and so on, then the in-place forms, then the subscript.
pub(crate) fn binary_op(thread: &Thread, oparg: i32, left: Ref, right: Ref) -> Result {
    static TABLE: [Binary; 27] = [
        add,
        and,
        floor_divide,
        lshift,
        matrix_multiply,
        multiply,
        remainder,
        or,
        plain_power,
        rshift,
        subtract,
        true_divide,
        xor,
        inplace_add,
        inplace_and,
        inplace_floor_divide,
        inplace_lshift,
        inplace_matrix_multiply,
        inplace_multiply,
        inplace_remainder,
        inplace_or,
        inplace_power,
        inplace_rshift,
        inplace_subtract,
        inplace_true_divide,
        inplace_xor,
        object::get_item,
    ];
    TABLE[oparg as usize](thread, left, right)
}

fn unary(thread: &Thread, operand: Ref, slot: Option<slots::Unary>, what: &str) -> Result {
    match slot {
        Some(slot) => slot(thread, operand),
        None => Err(error::type_error(thread, format_args!("bad operand type for {what}: '{}'", operand.ty().name()))),
    }
}

/// `-operand`.
pub(crate) fn negative(thread: &Thread, operand: Ref) -> Result {
    unary(thread, operand, operand.ty().slots.nb_negative.get(), "unary -")
}

/// `+operand`.
pub(crate) fn positive(thread: &Thread, operand: Ref) -> Result {
    unary(thread, operand, operand.ty().slots.nb_positive.get(), "unary +")
}

/// `~operand`.
pub(crate) fn invert(thread: &Thread, operand: Ref) -> Result {
    unary(thread, operand, operand.ty().slots.nb_invert.get(), "unary ~")
}

/// `abs(operand)`.
pub(crate) fn absolute(thread: &Thread, operand: Ref) -> Result {
    unary(thread, operand, operand.ty().slots.nb_absolute.get(), "abs()")
}

/// `PyNumber_Index`: an int from an int or from `__index__`.
pub(crate) fn index(thread: &Thread, object: Ref) -> Result<Owned<PyInt>> {
    if let Some(int) = object.downcast::<PyInt>() {
        return Ok(int.to_owned());
    }
    let Some(slot) = object.ty().slots.nb_index.get() else {
        return Err(error::type_error(
            thread,
            format_args!("'{}' object cannot be interpreted as an integer", object.ty().name()),
        ));
    };
    let result = slot(thread, object)?.downcast::<PyInt>().map_err(|other| {
        error::type_error(thread, format_args!("__index__ returned non-int (type {})", other.borrow().ty().name()))
    })?;
    super::warn::if_subclass(thread, result.borrow().upcast(), types::int(), "__index__")?;
    Ok(result)
}

/// `PyNumber_AsSsize_t`: an index as a machine word. Out of range it raises `overflow`, or is clamped without one.
pub(crate) fn index_isize(thread: &Thread, object: Ref, overflow: Option<Ref<PyType>>) -> Result<isize> {
    let int = index(thread, object)?;
    match (int.as_i64(), overflow) {
        (Some(value), _) => Ok(value as isize),
        (None, None) => Ok(if int.is_negative() { isize::MIN } else { isize::MAX }),
        (None, Some(overflow)) => Err(error::set(
            thread,
            overflow,
            format_args!("cannot fit '{}' into an index-sized integer", object.ty().name()),
        )),
    }
}

/// An int as an i64; OverflowError beyond it, as `PyLong_AsLong` says it.
pub(crate) fn as_i64(thread: &Thread, object: Ref) -> Result<i64> {
    index(thread, object)?
        .as_i64()
        .ok_or_else(|| error::overflow_error(thread, "Python int too large to convert to C long"))
}

/// A float from a number (`PyFloat_AsDouble`).
pub(crate) fn as_f64(thread: &Thread, object: Ref) -> Result<f64> {
    if let Some(float) = object.downcast::<PyFloat>() {
        return Ok(float.value());
    }
    if let Some(slot) = object.ty().slots.nb_float.get() {
        return float_by_slot(thread, object, slot);
    }
    if object.ty().slots.nb_index.get().is_some() {
        let int = index(thread, object)?;
        return super::int::to_f64(thread, int.borrow());
    }
    Err(error::type_error(thread, format_args!("must be real number, not {}", object.ty().name())))
}

/// A float as `__float__` gives it.
pub(crate) fn float_by_slot(thread: &Thread, object: Ref, slot: Unary) -> Result<f64> {
    let result = slot(thread, object)?;
    match result.borrow().downcast::<PyFloat>() {
        Some(float) => {
            let class = object.ty();
            super::warn::if_subclass(
                thread,
                float.upcast(),
                types::float(),
                format_args!("{}.__float__", class.name()),
            )?;
            Ok(float.value())
        }
        None => Err(error::type_error(
            thread,
            format_args!("{}.__float__ returned non-float (type {})", object.ty().name(), result.borrow().ty().name()),
        )),
    }
}
