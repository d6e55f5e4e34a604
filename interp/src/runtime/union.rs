//! `int | str`: `typing.Union` (`Objects/unionobject.c`).

use super::{call, error, genericalias, object, types};
use crate::object::types::flags;
use crate::object::*;

const ARGS: usize = 0;
const PARAMETERS: usize = 1;

/// `typing.Union`.
pub(crate) static TYPE: PyType = PyType::container::<PyRecord>(TypeSpec {
    name: "typing.Union",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(repr),
        hash: slot(hash),
        richcompare: slot(compare),
        nb_or: slot(or),
        mp_subscript: slot(subscript),
        ..Slots::NONE
    },
    methods: &[
        MethodDef::one("__instancecheck__", |thread, union, instance| {
            check_plain(thread, union, "isinstance")?;
            for argument in args(union).iter() {
                if object::is_instance(thread, instance, argument)? {
                    return Ok(object::new_bool(true));
                }
            }
            Ok(object::new_bool(false))
        }),
        MethodDef::one("__subclasscheck__", |thread, union, derived| {
            if !types::is_type(derived) {
                return Err(error::type_error(thread, "issubclass() arg 1 must be a class"));
            }
            check_plain(thread, union, "issubclass")?;
            for argument in args(union).iter() {
                if object::is_subclass(thread, derived, argument)? {
                    return Ok(object::new_bool(true));
                }
            }
            Ok(object::new_bool(false))
        }),
        MethodDef::one("__class_getitem__", |thread, _, item| match item.downcast::<PyTuple>() {
            Some(arguments) => make(thread, arguments.items()),
            None => make(thread, &[item]),
        })
        .of_class(),
        MethodDef::one("__mro_entries__", |thread, union, _| {
            Err(error::type_error(thread, format_args!("Cannot subclass {}", object::repr_checked(thread, union)?)))
        }),
    ],
    getset: &[
        GetSetDef::read_only("__name__", |_, _| Ok(PyStr::new("Union").upcast())),
        GetSetDef::read_only("__qualname__", |_, _| Ok(PyStr::new("Union").upcast())),
        GetSetDef::read_only("__origin__", |_, _| Ok(types::union().to_owned().upcast())),
        GetSetDef::read_only("__args__", |_, union| Ok(args(union).to_owned().upcast())),
        GetSetDef::read_only("__parameters__", |thread, union| Ok(parameters(thread, union)?.upcast())),
    ],
    ..TypeSpec::EMPTY
});

fn own(union: Ref) -> Ref<PyRecord> {
    union.cast()
}

fn args(union: Ref) -> Ref<PyTuple> {
    own(union).field(ARGS).get().known().cast()
}

/// Whether an object is a union.
pub(crate) fn is_union(object: Ref) -> bool {
    object.is_exact(types::union())
}

fn parameters(thread: &Thread, union: Ref) -> Result<Owned<PyTuple>> {
    if let Some(known) = own(union).field(PARAMETERS).get() {
        return Ok(known.to_owned().cast());
    }
    let made = genericalias::parameters_of(thread, args(union))?;
    own(union).field(PARAMETERS).set(Some(made.clone().upcast()));
    Ok(made)
}

fn check_plain(thread: &Thread, union: Ref, function: &str) -> Result<()> {
    if args(union).iter().any(genericalias::is_alias) {
        let message = format!("{function}() argument 2 cannot be a parameterized generic");
        return Err(error::type_error(thread, message));
    }
    Ok(())
}

/// Whether `|` takes an object as part of a union (`is_unionable`).
fn is_unionable(object: Ref) -> bool {
    object::is_none(object)
        || types::is_type(object)
        || genericalias::is_alias(object)
        || object.is_exact(types::type_alias())
        || is_union(object)
}

/// `left | right` (`_Py_union_type_or`).
pub(crate) fn or(thread: &Thread, left: Ref, right: Ref) -> Result {
    if !is_unionable(left) || !is_unionable(right) {
        return Ok(not_implemented().to_owned());
    }
    make(thread, &[left, right])
}

/// A union of the arguments: unions among them taken apart, equal ones once; one alone is itself.
pub(crate) fn make(thread: &Thread, arguments: &[Ref]) -> Result {
    let mut all: Vec<Owned> = Vec::new();
    for &argument in arguments {
        let parts: Vec<Ref> = if is_union(argument) { args(argument).items().to_vec() } else { vec![argument] };
        for part in parts {
            let part = normal(thread, part)?;
            let mut known = false;
            for other in &all {
                known = known || other.borrow().is(part.borrow()) || same(thread, other.borrow(), part.borrow())?;
            }
            if !known {
                all.push(part);
            }
        }
    }
    match all.as_slice() {
        [] => Err(error::type_error(thread, "Cannot take a Union of no types.")),
        [only] => Ok(only.clone()),
        _ => Ok(PyRecord::new(types::union(), [Some(PyTuple::from_vec(all).upcast()), None]).upcast()),
    }
}

/// Equality as sets see it: unhashable objects are compared one by one too.
fn same(thread: &Thread, a: Ref, b: Ref) -> Result<bool> {
    object::is_equal(thread, a, b)
}

/// None stands for its type, text for a reference that is resolved later.
fn normal(thread: &Thread, part: Ref) -> Result {
    if object::is_none(part) {
        return Ok(types::none_type().to_owned().upcast());
    }
    if part.downcast::<PyStr>().is_some() {
        let annotationlib = crate::builtins::reduce::import_module(thread, "annotationlib")?;
        let class = object::get_attr(thread, annotationlib.borrow(), PyStr::new("ForwardRef").borrow())?;
        return call::with(thread, class.borrow(), &[part]);
    }
    Ok(part.to_owned())
}

fn repr(thread: &Thread, union: Ref) -> Result {
    let mut out = StrBuilder::new();
    for (at, argument) in args(union).iter().enumerate() {
        if at > 0 {
            out.push_text(" | ");
        }
        genericalias::argument_text(thread, argument, &mut out)?;
    }
    Ok(out.finish().upcast())
}

fn hash(thread: &Thread, union: Ref) -> Result<isize> {
    // Order does not count: as in a frozenset.
    let mut hash: isize = 0x1234_5678;
    for argument in args(union).iter() {
        let one = object::hash(thread, argument).map_err(|raised| {
            if !error::is_set_to(thread, super::exceptions::type_error()) {
                return raised;
            }
            thread.clear_exception();
            let message = "union contains 1 unhashable element";
            error::type_error(thread, message)
        })?;
        hash ^= (one ^ (one << 16) ^ 89_869_747).wrapping_mul(3_644_798_167);
    }
    Ok(if hash == -1 { -2 } else { hash })
}

fn compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    if !is_union(left) || !is_union(right) || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(not_implemented().to_owned());
    }
    let (a, b) = (args(left), args(right));
    let mut equal = a.len() == b.len();
    for argument in a.iter() {
        equal = equal && object::contains(thread, b.upcast(), argument)?;
    }
    Ok(object::new_bool(equal == (op == CompareOp::Eq)))
}

fn subscript(thread: &Thread, union: Ref, item: Ref) -> Result {
    let parameters = parameters(thread, union)?;
    let arguments = genericalias::substitute(thread, union, args(union), parameters.borrow(), item)?;
    make(thread, arguments.borrow().items())
}
