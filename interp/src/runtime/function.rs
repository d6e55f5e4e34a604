use crate::object::types::flags;
use crate::object::*;

pub(crate) static TYPE: PyType = PyType::container::<PyFunction>(TypeSpec {
    name: "function",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});

pub(crate) static METHOD_TYPE: PyType = PyType::container::<PyMethod>(TypeSpec {
    name: "method",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});

pub(crate) static BUILTIN_TYPE: PyType = PyType::container::<PyCFunction>(TypeSpec {
    name: "builtin_function_or_method",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});

pub(crate) static METHOD_DESCRIPTOR_TYPE: PyType = PyType::container::<PyMethodDescr>(TypeSpec {
    name: "method_descriptor",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});

pub(crate) static CLASSMETHOD_DESCRIPTOR_TYPE: PyType = PyType::container::<PyMethodDescr>(TypeSpec {
    name: "classmethod_descriptor",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});

pub(crate) static GETSET_DESCRIPTOR_TYPE: PyType = PyType::container::<PyGetSetDescr>(TypeSpec {
    name: "getset_descriptor",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});
