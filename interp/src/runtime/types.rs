//! `type` itself, and all built-in types by name.

use crate::object::types::flags;
use crate::object::{PyType, Ref, TypeSpec};

/// `type`.
pub(crate) static TYPE: PyType = PyType::container::<PyType>(TypeSpec {
    name: "type",
    flags: flags::BASETYPE | flags::TYPE_SUBCLASS | flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});

macro_rules! types {
    ($($name:ident: $path:path,)*) => {
        $(#[inline(always)]
        pub(crate) const fn $name() -> Ref<PyType> {
            Ref::from_static(&$path)
        })*

        /// Every static type, bases before what extends them; exceptions are apart.
        pub(crate) static ALL: &[&PyType] = &[$(&$path,)*];
    };
}

types! {
    object: super::object::TYPE,
    type_: TYPE,
    int: super::int::TYPE,
    bool_: super::bool_::TYPE,
    float: super::float::TYPE,
    none_type: super::none::TYPE,
    not_implemented_type: super::none::NOT_IMPLEMENTED_TYPE,
    ellipsis_type: super::none::ELLIPSIS_TYPE,
    str: super::str::TYPE,
    bytes: super::bytes::TYPE,
    tuple: super::tuple::TYPE,
    list: super::list::TYPE,
    dict: super::dict::TYPE,
    range: super::range::TYPE,
    slice: super::slice::TYPE,
    range_iterator: super::range::ITERATOR_TYPE,
    list_iterator: super::list::ITERATOR_TYPE,
    tuple_iterator: super::tuple::ITERATOR_TYPE,
    iterator: super::iter::TYPE,
    function: super::function::TYPE,
    method: super::function::METHOD_TYPE,
    builtin_function: super::function::BUILTIN_TYPE,
    method_descriptor: super::function::METHOD_DESCRIPTOR_TYPE,
    classmethod_descriptor: super::function::CLASSMETHOD_DESCRIPTOR_TYPE,
    getset_descriptor: super::function::GETSET_DESCRIPTOR_TYPE,
    cell: super::cell::TYPE,
    code: super::code::TYPE,
    frame: super::frame::TYPE,
    traceback: super::exceptions::TRACEBACK_TYPE,
    module: super::module::TYPE,
}
