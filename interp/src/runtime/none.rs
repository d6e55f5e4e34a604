//! None, NotImplemented and Ellipsis.

use super::{error, object};
use crate::object::*;

/// `NoneType`.
pub(crate) static TYPE: PyType = PyType::plain::<PySingleton>(TypeSpec {
    name: "NoneType",
    flags: 0,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(|_, _| Ok(PyStr::new("None").upcast())),
        nb_bool: slot(|_, _| Ok(false)),
        hash: slot(|_, none| Ok(object::hash_of_address(none))),
        richcompare: slot(|_, left, right, op| {
            let same = left.is(right);
            Ok(match op {
                CompareOp::Eq if same => object::new_bool(true),
                CompareOp::Ne if same => object::new_bool(false),
                _ => crate::object::not_implemented().to_owned(),
            })
        }),
        new: slot(|thread, _, args, kwargs| alone(thread, "NoneType", none_object(), args, kwargs)),
        ..Slots::NONE
    },
    ..TypeSpec::EMPTY
});

/// `NotImplementedType`.
pub(crate) static NOT_IMPLEMENTED_TYPE: PyType = PyType::plain::<PySingleton>(TypeSpec {
    name: "NotImplementedType",
    flags: 0,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(|_, _| Ok(PyStr::new("NotImplemented").upcast())),
        nb_bool: slot(|thread, _| {
            Err(error::type_error(thread, "NotImplemented should not be used in a boolean context"))
        }),
        new: slot(|thread, _, args, kwargs| {
            alone(thread, "NotImplementedType", crate::object::not_implemented(), args, kwargs)
        }),
        ..Slots::NONE
    },
    ..TypeSpec::EMPTY
});

/// `ellipsis`.
pub(crate) static ELLIPSIS_TYPE: PyType = PyType::plain::<PySingleton>(TypeSpec {
    name: "ellipsis",
    flags: 0,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(|_, _| Ok(PyStr::new("Ellipsis").upcast())),
        new: slot(|thread, _, args, kwargs| alone(thread, "EllipsisType", ellipsis(), args, kwargs)),
        ..Slots::NONE
    },
    ..TypeSpec::EMPTY
});

/// The one instance, when its type is called.
fn alone(thread: &Thread, name: &str, instance: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    if !args.is_empty() || kwargs.is_some_and(|kwargs| !kwargs.is_empty()) {
        return Err(error::type_error(thread, format_args!("{name} takes no arguments")));
    }
    Ok(instance.to_owned())
}
