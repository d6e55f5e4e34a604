use crate::object::types::flags;
use crate::object::*;

pub(crate) static TYPE: PyType = PyType::plain::<PyFloat>(TypeSpec {
    name: "float",
    flags: flags::BASETYPE,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});
