use crate::object::types::flags;
use crate::object::*;

pub(crate) static TYPE: PyType = PyType::plain::<PyInt>(TypeSpec {
    name: "int",
    flags: flags::BASETYPE | flags::LONG_SUBCLASS,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});
