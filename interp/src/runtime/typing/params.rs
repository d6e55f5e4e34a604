//! `P.args` and `P.kwargs`, and stars in front of type parameters.

use super::super::{call, error, object, types};
use super::field;
use crate::builtins::reduce::import_module;
use crate::object::types::flags;
use crate::object::*;

static ATTRIBUTES: &[GetSetDef] = &[field!("__origin__", 0)];

const fn part(name: &'static str, slots: Slots, methods: &'static [MethodDef]) -> PyType {
    PyType::container::<PyRecord>(TypeSpec {
        name,
        flags: flags::HAVE_GC,
        base: Some(&super::super::object::TYPE),
        slots,
        methods,
        getset: ATTRIBUTES,
        ..TypeSpec::EMPTY
    })
}

fn origin(part: Ref) -> Ref {
    part.cast::<PyRecord>().field(0).get().known()
}

fn shown(thread: &Thread, part: Ref, what: &str) -> Result {
    let origin = origin(part);
    let text = if origin.is_exact(types::paramspec()) {
        let name = object::get_attr(thread, origin, super::super::names::name())?;
        object::str_text(thread, name.borrow())?
    } else {
        object::repr_checked(thread, origin)?
    };
    Ok(PyStr::new(&format!("{text}.{what}")).upcast())
}

fn compare(thread: &Thread, left: Ref, right: Ref, op: CompareOp) -> Result {
    if !left.ty().is(right.ty()) || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(not_implemented().to_owned());
    }
    object::compare(thread, origin(left), origin(right), op)
}

fn new(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    static SIGNATURE: call::Signature = call::Signature {
        function: "paramspecargs",
        names: &["origin"],
        positional_only: 0,
        keyword_only: 0,
        required: 1,
    };
    let [origin] = SIGNATURE.bind_tuple::<1>(thread, args, kwargs)?;
    Ok(PyRecord::new(class, [origin.map(Ref::to_owned)]).upcast())
}

/// `typing.ParamSpecArgs`.
pub(crate) static ARGS_TYPE: PyType = part(
    "typing.ParamSpecArgs",
    Slots {
        new: slot(new),
        repr: slot(|thread, part| shown(thread, part, "args")),
        richcompare: slot(compare),
        hash: slot(object::no_hash),
        ..Slots::NONE
    },
    &[MethodDef::one("__mro_entries__", |thread, _, _| super::no_base(thread, "ParamSpecArgs"))],
);

/// `typing.ParamSpecKwargs`.
pub(crate) static KWARGS_TYPE: PyType = part(
    "typing.ParamSpecKwargs",
    Slots {
        new: slot(new),
        repr: slot(|thread, part| shown(thread, part, "kwargs")),
        richcompare: slot(compare),
        hash: slot(object::no_hash),
        ..Slots::NONE
    },
    &[MethodDef::one("__mro_entries__", |thread, _, _| super::no_base(thread, "ParamSpecKwargs"))],
);

/// `typing.Unpack[parameter]`.
pub(crate) fn unpack(thread: &Thread, parameter: Ref) -> Result {
    let typing = import_module(thread, "typing")?;
    let unpack = object::get_attr(thread, typing.borrow(), PyStr::new("Unpack").borrow())?;
    object::get_item(thread, unpack.borrow(), parameter)
}

/// Parameters with stars in front of those that stand for several (`unpack_typevartuples`).
pub(crate) fn unpack_all(thread: &Thread, parameters: Ref) -> Result<Owned<PyTuple>> {
    let Some(parameters) = parameters.downcast::<PyTuple>() else {
        return Err(error::type_error(thread, "type params must be a tuple"));
    };
    let mut all = Vec::new();
    for parameter in parameters.iter() {
        all.push(match parameter.is_exact(types::typevartuple()) {
            true => unpack(thread, parameter)?,
            false => parameter.to_owned(),
        });
    }
    Ok(PyTuple::from_vec(all))
}
