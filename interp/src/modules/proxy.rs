//! Weak proxies: everything that is done to one is done to its object.

use super::weakref::{gone, of};
use crate::object::slots::{Binary, Unary};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{attr, call, error, number, object, types};

/// `weakref.ProxyType`.
pub(crate) static PROXY: PyType = PyType::container::<PyWeakRef>(TypeSpec {
    name: "weakref.ProxyType",
    flags: flags::HAVE_GC | flags::DISALLOW_INSTANTIATION,
    base: Some(&object::TYPE),
    slots: SLOTS,
    methods: METHODS,
    ..TypeSpec::EMPTY
});

/// `weakref.CallableProxyType`.
pub(crate) static CALLABLE: PyType = PyType::container::<PyWeakRef>(TypeSpec {
    name: "weakref.CallableProxyType",
    flags: flags::HAVE_GC | flags::DISALLOW_INSTANTIATION,
    base: Some(&object::TYPE),
    slots: Slots {
        call: slot(|thread, proxy, args, kwargs| call::call(thread, target(thread, proxy)?.borrow(), args, kwargs)),
        ..SLOTS
    },
    methods: METHODS,
    ..TypeSpec::EMPTY
});

static METHODS: &[MethodDef] = &[
    MethodDef::no_args("__bytes__", |thread, proxy| {
        let target = target(thread, proxy)?;
        object::call_method(thread, target.borrow(), thread.state.interned.intern(PyStr::new("__bytes__")), &[])
    }),
    MethodDef::no_args("__reversed__", |thread, proxy| {
        let target = target(thread, proxy)?;
        object::call_method(thread, target.borrow(), thread.state.interned.intern(PyStr::new("__reversed__")), &[])
    }),
];

/// The type of proxies to such an object.
pub(super) fn type_for(target: Ref) -> Ref<PyType> {
    Ref::from_static(if target.ty().slots.call.get().is_some() { &CALLABLE } else { &PROXY })
}

/// The proxy's object, or ReferenceError.
fn target(thread: &Thread, proxy: Ref) -> Result {
    of(proxy).target().map(Ref::to_owned).ok_or_else(|| gone(thread))
}

/// An operand: the object itself if it is a proxy.
fn operand(thread: &Thread, value: Ref) -> Result {
    if value.is_exact(Ref::from_static(&PROXY)) || value.is_exact(Ref::from_static(&CALLABLE)) {
        return target(thread, value);
    }
    Ok(value.to_owned())
}

macro_rules! unary {
    ($function:path) => {
        slot::<Unary>(|thread, proxy| $function(thread, target(thread, proxy)?.borrow()))
    };
}

macro_rules! binary {
    ($number:literal) => {
        slot::<Binary>(|thread, left, right| {
            let (left, right) = (operand(thread, left)?, operand(thread, right)?);
            number::binary_op(thread, $number, left.borrow(), right.borrow())
        })
    };
}

/// Numbers of operators are those of BINARY_OP.
#[allow(clippy::declare_interior_mutable_const)]
const SLOTS: Slots = Slots {
    repr: slot(repr),
    str: unary!(object::str),
    hash: slot(object::no_hash),
    getattro: slot(|thread, proxy, name| attr::get_attr(thread, target(thread, proxy)?.borrow(), name.cast())),
    setattro: slot(|thread, proxy, name, value| {
        let target = target(thread, proxy)?;
        match target.borrow().ty().slots.setattro.get() {
            Some(set) => set(thread, target.borrow(), name, value),
            None => Ok(()),
        }
    }),
    richcompare: slot(|thread, left, right, op| {
        let (left, right) = (operand(thread, left)?, operand(thread, right)?);
        object::compare(thread, left.borrow(), right.borrow(), op)
    }),
    iter: unary!(object::get_iter),
    iternext: slot(|thread, proxy| {
        let target = target(thread, proxy).ok()?;
        match target.borrow().ty().slots.iternext.get() {
            Some(next) => next(thread, target.borrow()),
            None => {
                let name = target.borrow().ty().name().to_owned();
                error::type_error(thread, format_args!("Weakref proxy referenced a non-iterator '{name}' object"));
                None
            }
        }
    }),
    nb_add: binary!(0),
    nb_and: binary!(1),
    nb_floor_divide: binary!(2),
    nb_lshift: binary!(3),
    nb_matrix_multiply: binary!(4),
    nb_multiply: binary!(5),
    nb_remainder: binary!(6),
    nb_or: binary!(7),
    nb_rshift: binary!(9),
    nb_subtract: binary!(10),
    nb_true_divide: binary!(11),
    nb_xor: binary!(12),
    nb_inplace_add: binary!(13),
    nb_inplace_and: binary!(14),
    nb_inplace_floor_divide: binary!(15),
    nb_inplace_lshift: binary!(16),
    nb_inplace_matrix_multiply: binary!(17),
    nb_inplace_multiply: binary!(18),
    nb_inplace_remainder: binary!(19),
    nb_inplace_or: binary!(20),
    nb_inplace_rshift: binary!(22),
    nb_inplace_subtract: binary!(23),
    nb_inplace_true_divide: binary!(24),
    nb_inplace_xor: binary!(25),
    nb_divmod: slot(|thread, left, right| {
        let (left, right) = (operand(thread, left)?, operand(thread, right)?);
        number::divmod(thread, left.borrow(), right.borrow())
    }),
    nb_power: slot(|thread, base, exponent, modulus| {
        let (base, exponent) = (operand(thread, base)?, operand(thread, exponent)?);
        let modulus = operand(thread, modulus)?;
        number::power(thread, base.borrow(), exponent.borrow(), modulus.borrow())
    }),
    nb_negative: unary!(number::negative),
    nb_positive: unary!(number::positive),
    nb_absolute: unary!(number::absolute),
    nb_invert: unary!(number::invert),
    nb_bool: slot(|thread, proxy| object::is_truthy(thread, target(thread, proxy)?.borrow())),
    nb_int: slot(|thread, proxy| object::call_type(thread, types::int().upcast(), &[target(thread, proxy)?])),
    nb_float: slot(|thread, proxy| object::call_type(thread, types::float().upcast(), &[target(thread, proxy)?])),
    nb_index: slot(|thread, proxy| Ok(number::index(thread, target(thread, proxy)?.borrow())?.upcast())),
    sq_contains: slot(|thread, proxy, item| object::contains(thread, target(thread, proxy)?.borrow(), item)),
    sq_length: slot(|thread, proxy| object::length(thread, target(thread, proxy)?.borrow())),
    mp_length: slot(|thread, proxy| object::length(thread, target(thread, proxy)?.borrow())),
    mp_subscript: slot(|thread, proxy, key| object::get_item(thread, target(thread, proxy)?.borrow(), key)),
    mp_ass_subscript: slot(|thread, proxy, key, value| {
        let target = target(thread, proxy)?;
        match value {
            Some(value) => object::set_item(thread, target.borrow(), key, value),
            None => object::del_item(thread, target.borrow(), key),
        }
    }),
    ..Slots::NONE
};

fn repr(_: &Thread, proxy: Ref) -> Result {
    let text = match of(proxy).target() {
        Some(target) => format!(
            "<weakproxy at {:#x}; to '{}' at {:#x}>",
            proxy.addr(),
            types::qualified_name(target.ty()),
            target.addr()
        ),
        None => format!("<weakproxy at {:#x}; dead>", proxy.addr()),
    };
    Ok(PyStr::new(&text).upcast())
}
