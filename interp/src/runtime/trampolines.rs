//! Slot functions of classes: each calls the special method that the class defines (`slot_*` in `typeobject.c`).

use super::{attr, call, error, exceptions, names, number, object, types};
use crate::exit::Raised;
use crate::object::*;

/// The type has lost the method, or never had the half of a pair (`__set__` without `__delete__`).
fn missing(thread: &Thread, name: Ref<PyStr>) -> Raised {
    error::attribute_error(thread, name.to_string_lossy())
}

/// Calls a special method, which the type has (`vectorcall_method`).
fn method(thread: &Thread, receiver: Ref, name: Ref<PyStr>, arguments: &[Ref]) -> Result {
    match types::lookup(receiver.ty(), name) {
        Some(method) => attr::call_special(thread, method, receiver, arguments),
        None => Err(missing(thread, name)),
    }
}

macro_rules! unary {
    ($($function:ident $name:ident;)*) => {
        $(pub(crate) fn $function(thread: &Thread, receiver: Ref) -> Result {
            method(thread, receiver, names::$name(), &[])
        })*
    };
}

unary! {
    neg neg;
    pos pos;
    abs abs;
    invert invert;
    int int;
    float float;
    index index;
}

macro_rules! inplace {
    ($($function:ident $name:ident;)*) => {
        $(pub(crate) fn $function(thread: &Thread, left: Ref, right: Ref) -> Result {
            method(thread, left, names::$name(), &[right])
        })*
    };
}

inplace! {
    iadd iadd;
    isub isub;
    imul imul;
    imod imod;
    ilshift ilshift;
    irshift irshift;
    iand iand;
    ixor ixor;
    ior ior;
    ifloordiv ifloordiv;
    itruediv itruediv;
    imatmul imatmul;
    getitem getitem;
}

/// The result of an optional special method; NotImplemented if the type has none (`vectorcall_maybe`).
fn maybe(thread: &Thread, receiver: Ref, name: Ref<PyStr>, arguments: &[Ref]) -> Result {
    match types::lookup(receiver.ty(), name) {
        Some(method) => attr::call_special(thread, method, receiver, arguments),
        None => Ok(not_implemented().to_owned()),
    }
}

/// Whether the right side's type has a reflected method of its own (`method_is_overloaded`).
fn overloaded(thread: &Thread, left: Ref, right: Ref, name: Ref<PyStr>) -> Result<bool> {
    match (types::lookup(left.ty(), name), types::lookup(right.ty(), name)) {
        (_, None) => Ok(false),
        (None, Some(_)) => Ok(true),
        (Some(a), Some(b)) => object::compare_bool(thread, a, b, CompareOp::Ne),
    }
}

/// `SLOT1BINFULL`: `generic` is the slot function itself, by which a side is seen to be a class with methods.
fn full(
    thread: &Thread,
    left: Ref,
    right: Ref,
    slot: fn(&Slots) -> Option<slots::Binary>,
    generic: slots::Binary,
    name: Ref<PyStr>,
    reflected: Ref<PyStr>,
) -> Result {
    let ours = |side: Ref| slot(&side.ty().slots).is_some_and(|f| std::ptr::fn_addr_eq(f, generic));
    let mut try_right = !left.ty().is(right.ty()) && ours(right);
    if ours(left) {
        if try_right && right.ty().is_subtype(left.ty()) && overloaded(thread, left, right, reflected)? {
            let result = maybe(thread, right, reflected, &[left])?;
            if !result.borrow().is(not_implemented()) {
                return Ok(result);
            }
            try_right = false;
        }
        let result = maybe(thread, left, name, &[right])?;
        if !result.borrow().is(not_implemented()) || left.ty().is(right.ty()) {
            return Ok(result);
        }
    }
    if try_right { maybe(thread, right, reflected, &[left]) } else { Ok(not_implemented().to_owned()) }
}

macro_rules! binary {
    ($($slot:ident $name:ident $reflected:ident;)*) => {
        $(pub(crate) fn $slot(thread: &Thread, left: Ref, right: Ref) -> Result {
            full(thread, left, right, |s| s.$slot.get(), $slot, names::$name(), names::$reflected())
        })*
    };
}

binary! {
    nb_add add radd;
    nb_subtract sub rsub;
    nb_multiply mul rmul;
    nb_remainder mod_ rmod;
    nb_divmod divmod rdivmod;
    nb_lshift lshift rlshift;
    nb_rshift rshift rrshift;
    nb_and and rand;
    nb_xor xor rxor;
    nb_or or ror;
    nb_floor_divide floordiv rfloordiv;
    nb_true_divide truediv rtruediv;
    nb_matrix_multiply matmul rmatmul;
}

fn power_of_two(thread: &Thread, left: Ref, right: Ref) -> Result {
    let generic =
        |side: Ref| side.ty().slots.nb_power.get().is_some_and(|f| std::ptr::fn_addr_eq(f, nb_power as slots::Ternary));
    let mut try_right = !left.ty().is(right.ty()) && generic(right);
    if generic(left) {
        if try_right && right.ty().is_subtype(left.ty()) && overloaded(thread, left, right, names::rpow())? {
            let result = maybe(thread, right, names::rpow(), &[left])?;
            if !result.borrow().is(not_implemented()) {
                return Ok(result);
            }
            try_right = false;
        }
        let result = maybe(thread, left, names::pow(), &[right])?;
        if !result.borrow().is(not_implemented()) || left.ty().is(right.ty()) {
            return Ok(result);
        }
    }
    if try_right { maybe(thread, right, names::rpow(), &[left]) } else { Ok(not_implemented().to_owned()) }
}

pub(crate) fn nb_power(thread: &Thread, left: Ref, right: Ref, modulus: Ref) -> Result {
    if object::is_none(modulus) {
        return power_of_two(thread, left, right);
    }
    // Three arguments: the left side's method, then the right side's reflected one.
    let result = maybe(thread, left, names::pow(), &[right, modulus])?;
    if !result.borrow().is(not_implemented()) || left.ty().is(right.ty()) {
        return Ok(result);
    }
    maybe(thread, right, names::rpow(), &[left, modulus])
}

pub(crate) fn ipow(thread: &Thread, left: Ref, right: Ref, _modulus: Ref) -> Result {
    method(thread, left, names::ipow(), &[right])
}

/// Slots that a class fills through its number slots instead; C has no function there.
pub(crate) fn absent_binary(_: &Thread, _: Ref, _: Ref) -> Result {
    Ok(not_implemented().to_owned())
}

/// As `absent_binary`.
pub(crate) fn absent_item(thread: &Thread, receiver: Ref, _: isize) -> Result {
    Err(error::type_error(
        thread,
        format_args!("can't multiply sequence by non-int of type '{}'", receiver.ty().name()),
    ))
}

pub(crate) fn repr(thread: &Thread, receiver: Ref) -> Result {
    method(thread, receiver, names::repr(), &[])
}

pub(crate) fn str(thread: &Thread, receiver: Ref) -> Result {
    method(thread, receiver, names::str(), &[])
}

pub(crate) fn hash(thread: &Thread, receiver: Ref) -> Result<isize> {
    let result = method(thread, receiver, names::hash(), &[])?;
    let Some(int) = result.borrow().downcast::<PyInt>() else {
        return Err(error::type_error(thread, "__hash__ method should return an integer"));
    };
    Ok(match int.as_i64() {
        Some(-1) => -2,
        Some(word) => word as isize,
        None => super::int::hash_value(int),
    })
}

pub(crate) fn bool_(thread: &Thread, receiver: Ref) -> Result<bool> {
    let result = method(thread, receiver, names::bool_(), &[])?;
    if !types::is_bool(result.borrow()) {
        return Err(error::type_error(
            thread,
            format_args!("__bool__ should return bool, returned {}", result.borrow().ty().name()),
        ));
    }
    Ok(object::is_true(result.borrow()))
}

pub(crate) fn len(thread: &Thread, receiver: Ref) -> Result<isize> {
    let result = method(thread, receiver, names::len(), &[])?;
    let int = number::index(thread, result.borrow())?;
    if int.is_negative() {
        return Err(error::value_error(thread, "__len__() should return >= 0"));
    }
    number::index_isize(thread, int.borrow().upcast(), Some(exceptions::overflow_error()))
}

pub(crate) fn richcompare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    let name = match op {
        CompareOp::Lt => names::lt(),
        CompareOp::Le => names::le(),
        CompareOp::Eq => names::eq(),
        CompareOp::Ne => names::ne(),
        CompareOp::Gt => names::gt(),
        CompareOp::Ge => names::ge(),
    };
    maybe(thread, left, name, &[right])
}

pub(crate) fn call(thread: &Thread, receiver: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    let Some(found) = types::lookup(receiver.ty(), names::call()).map(Ref::to_owned) else {
        return Err(missing(thread, names::call()));
    };
    let bound = match found.borrow().ty().slots.descr_get.get() {
        Some(get) => get(thread, found.borrow(), Some(receiver), Some(receiver.ty().upcast()))?,
        None => found,
    };
    call::call(thread, bound.borrow(), args, kwargs)
}

/// `slot_tp_getattr_hook`: `__getattribute__`, then `__getattr__` for what it does not find.
pub(crate) fn getattr_hook(thread: &Thread, receiver: Ref, name: Ref) -> Result {
    let ty = receiver.ty();
    let fallback = types::lookup(ty, names::getattr()).map(Ref::to_owned);
    let own = types::lookup(ty, names::getattribute()).map(Ref::to_owned);
    let builtin = own.as_ref().and_then(|own| own.borrow().downcast::<PyWrapperDescr>()).map(|w| w.function());
    let found = match (builtin, own) {
        (Some(super::slotdefs::SlotFn::Binary(function)), _)
            if std::ptr::fn_addr_eq(function, attr::generic_getattr as crate::object::slots::Binary) =>
        {
            // No exception is needed to say that there is no attribute.
            match (name.downcast::<PyStr>(), &fallback) {
                (Some(text), Some(fallback)) => match attr::find_generic(thread, receiver, text)? {
                    Some(value) => return Ok(value),
                    None => return attr::call_special(thread, fallback.borrow(), receiver, &[name]),
                },
                _ => function(thread, receiver, name),
            }
        }
        (Some(super::slotdefs::SlotFn::Binary(function)), _) => function(thread, receiver, name),
        (_, Some(own)) => attr::call_special(thread, own.borrow(), receiver, &[name]),
        (_, None) => attr::generic_getattr(thread, receiver, name),
    };
    match (found, fallback) {
        (Err(_), Some(fallback)) if error::is_set_to(thread, exceptions::attribute_error()) => {
            thread.clear_exception();
            attr::call_special(thread, fallback.borrow(), receiver, &[name])
        }
        (found, _) => found,
    }
}

pub(crate) fn setattr(thread: &Thread, receiver: Ref, name: Ref, value: Option<Ref>) -> Result<()> {
    match value {
        Some(value) => method(thread, receiver, names::setattr(), &[name, value])?,
        None => method(thread, receiver, names::delattr(), &[name])?,
    };
    Ok(())
}

pub(crate) fn setitem(thread: &Thread, receiver: Ref, key: Ref, value: Option<Ref>) -> Result<()> {
    match value {
        Some(value) => method(thread, receiver, names::setitem(), &[key, value])?,
        None => method(thread, receiver, names::delitem(), &[key])?,
    };
    Ok(())
}

pub(crate) fn getitem_at(thread: &Thread, receiver: Ref, index: isize) -> Result {
    let index = PyInt::from_i64(index as i64);
    method(thread, receiver, names::getitem(), &[index.borrow().upcast()])
}

pub(crate) fn setitem_at(thread: &Thread, receiver: Ref, index: isize, value: Option<Ref>) -> Result<()> {
    let index = PyInt::from_i64(index as i64);
    setitem(thread, receiver, index.borrow().upcast(), value)
}

pub(crate) fn contains(thread: &Thread, receiver: Ref, item: Ref) -> Result<bool> {
    let found = types::lookup(receiver.ty(), names::contains());
    if found.is_some_and(object::is_none) {
        return Err(error::type_error(thread, format_args!("'{}' object is not a container", receiver.ty().name())));
    }
    if let Some(found) = found {
        let result = attr::call_special(thread, found, receiver, &[item])?;
        return object::is_truthy(thread, result.borrow());
    }
    let iterator = object::get_iter(thread, receiver)?;
    while let Some(next) = super::iter::step(thread, iterator.borrow())? {
        if object::is_equal(thread, next.borrow(), item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(crate) fn iter(thread: &Thread, receiver: Ref) -> Result {
    let Some(found) = types::lookup(receiver.ty(), names::iter()) else {
        if types::lookup(receiver.ty(), names::getitem()).is_some() {
            return Ok(super::iter::over_sequence(receiver).upcast());
        }
        return Err(error::type_error(thread, format_args!("'{}' object is not iterable", receiver.ty().name())));
    };
    if object::is_none(found) {
        return Err(error::type_error(thread, format_args!("'{}' object is not iterable", receiver.ty().name())));
    }
    attr::call_special(thread, found, receiver, &[])
}

pub(crate) fn next(thread: &Thread, receiver: Ref) -> Option<Owned> {
    method(thread, receiver, names::next(), &[]).ok()
}

pub(crate) fn descr_get(thread: &Thread, receiver: Ref, instance: Option<Ref>, owner: Option<Ref>) -> Result {
    let Some(get) = types::lookup(receiver.ty(), names::get()) else { return Ok(receiver.to_owned()) };
    let get = get.to_owned();
    let none = none_object();
    call::with(thread, get.borrow(), &[receiver, instance.unwrap_or(none), owner.unwrap_or(none)])
}

pub(crate) fn descr_set(thread: &Thread, receiver: Ref, instance: Ref, value: Option<Ref>) -> Result<()> {
    match value {
        Some(value) => method(thread, receiver, names::set(), &[instance, value])?,
        None => method(thread, receiver, names::delete(), &[instance])?,
    };
    Ok(())
}

pub(crate) fn init(thread: &Thread, receiver: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    let Some(found) = types::lookup(receiver.ty(), names::init()).map(Ref::to_owned) else {
        return Err(missing(thread, names::init()));
    };
    let bound = match found.borrow().ty().slots.descr_get.get() {
        Some(get) => get(thread, found.borrow(), Some(receiver), Some(receiver.ty().upcast()))?,
        None => found,
    };
    let result = call::call(thread, bound.borrow(), args, kwargs)?;
    if !object::is_none(result.borrow()) {
        return Err(error::type_error(
            thread,
            format_args!("__init__() should return None, not '{}'", result.borrow().ty().name()),
        ));
    }
    Ok(())
}

/// `slot_tp_finalize`: what `__del__` raises is reported, not raised; an exception on its way stays.
pub(crate) fn finalize(thread: &Thread, receiver: Ref) {
    let pending = thread.take_exception();
    if let Some(del) = types::lookup(receiver.ty(), names::del()) {
        let del = del.to_owned();
        if attr::call_special(thread, del.borrow(), receiver, &[]).is_err() {
            error::unraisable(thread, "while calling deallocator", del.borrow());
        }
    }
    if let Some(pending) = pending {
        thread.set_exception(pending);
    }
}

pub(crate) fn await_(thread: &Thread, receiver: Ref) -> Result {
    method(thread, receiver, names::await_(), &[])
}

pub(crate) fn aiter(thread: &Thread, receiver: Ref) -> Result {
    method(thread, receiver, names::aiter(), &[])
}

pub(crate) fn anext(thread: &Thread, receiver: Ref) -> Result {
    method(thread, receiver, names::anext(), &[])
}
