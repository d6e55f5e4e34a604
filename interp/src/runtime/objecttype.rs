//! The methods and attributes of `object`.

use super::{attr, error, names, object, types};
use crate::builtins::reduce;
use crate::object::types::flags;
use crate::object::*;

pub(crate) static METHODS: &[MethodDef] = &[
    MethodDef::one("__format__", |thread, object, spec| {
        let Some(text) = spec.downcast::<PyStr>() else {
            return Err(error::type_error(
                thread,
                format_args!("__format__() argument must be str, not {}", spec.ty().name()),
            ));
        };
        if !text.is_empty() {
            return Err(error::type_error(
                thread,
                format_args!("unsupported format string passed to {}.__format__", object.ty().name()),
            ));
        }
        super::object::str(thread, object)
    }),
    MethodDef::no_args("__dir__", dir),
    MethodDef::no_args("__sizeof__", |_, object| Ok(PyInt::from_i64(size_of_object(object) as i64).upcast())),
    MethodDef::no_args("__init_subclass__", |_, _| Ok(object::new_none())).of_class(),
    MethodDef::one("__subclasshook__", |_, _, _| Ok(not_implemented().to_owned())).of_class(),
    MethodDef::no_args("__getstate__", reduce::getstate),
    MethodDef::no_args("__reduce__", reduce::reduce),
    MethodDef::one("__reduce_ex__", reduce::reduce_ex),
];

pub(crate) static GETSET: &[GetSetDef] =
    &[GetSetDef::new("__class__", |_, object| Ok(object.ty().to_owned().upcast()), set_class)];

/// `object.__class__ = cls`: between classes of the same shape only.
fn set_class(thread: &Thread, object: Ref, value: Option<Ref>) -> Result<()> {
    let Some(value) = value else { return Err(error::type_error(thread, "can't delete __class__ attribute")) };
    let Some(class) = value.downcast::<PyType>() else {
        return Err(error::type_error(
            thread,
            format_args!("__class__ must be set to a class, not '{}' object", value.ty().name()),
        ));
    };
    let old = object.ty();
    if !old.has_feature(flags::HEAPTYPE) || !class.has_feature(flags::HEAPTYPE) {
        return Err(error::type_error(
            thread,
            "__class__ assignment only supported for mutable types or ModuleType subclasses",
        ));
    }
    if !same_shape(old, class) {
        return Err(error::type_error(
            thread,
            format_args!("__class__ assignment: '{}' object layout differs from '{}'", class.name(), old.name()),
        ));
    }
    change_class(object, class);
    Ok(())
}

fn same_shape(a: Ref<PyType>, b: Ref<PyType>) -> bool {
    let shape = flags::MANAGED_DICT | flags::MANAGED_WEAKREF | flags::INLINE_VALUES;
    std::ptr::eq(a.layout(), b.layout())
        && a.basicsize.get() == b.basicsize.get()
        && a.flags() & shape == b.flags() & shape
}

/// `object.__dir__`: names of the instance dict, the class and its bases.
fn dir(thread: &Thread, object: Ref) -> Result {
    let all = PyDict::new();
    let add = |dict: Ref<PyDict>| -> Result<()> {
        for (name, _) in dict.items() {
            all.borrow().set(thread, name.borrow(), object::new_none())?;
        }
        Ok(())
    };
    if let Some(dict) = attr::get_optional_attr(thread, object, names::dict())?
        && let Some(dict) = dict.borrow().downcast::<PyDict>()
    {
        add(dict)?;
    }
    if let Some(class) = attr::get_optional_attr(thread, object, names::class())?
        && let Some(class) = class.borrow().downcast::<PyType>()
    {
        for base in class.mro_tuple().iter() {
            if let Some(dict) = base.cast::<PyType>().dict.get() {
                add(dict)?;
            }
        }
    }
    let _ = types::object();
    Ok(PyList::new(all.items().into_iter().map(|(name, _)| name).collect()).upcast())
}
