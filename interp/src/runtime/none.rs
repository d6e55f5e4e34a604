use crate::object::types::flags;
use crate::object::*;

pub(crate) static TYPE: PyType = PyType::plain::<PySingleton>(TypeSpec {
    name: "NoneType",
    flags: 0,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});

pub(crate) static NOT_IMPLEMENTED_TYPE: PyType = PyType::plain::<PySingleton>(TypeSpec {
    name: "NotImplementedType",
    flags: 0,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});

pub(crate) static ELLIPSIS_TYPE: PyType = PyType::plain::<PySingleton>(TypeSpec {
    name: "ellipsis",
    flags: 0,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});
