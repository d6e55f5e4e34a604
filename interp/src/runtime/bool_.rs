use crate::object::*;

pub(crate) static TYPE: PyType =
    PyType::plain::<PyInt>(TypeSpec { name: "bool", flags: 0, base: Some(&super::int::TYPE), ..TypeSpec::EMPTY });
