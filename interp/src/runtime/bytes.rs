use crate::object::types::flags;
use crate::object::*;

pub(crate) static TYPE: PyType = PyType::plain::<PyBytes>(TypeSpec {
    name: "bytes",
    flags: flags::BASETYPE | flags::BYTES_SUBCLASS,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});
