use crate::object::types::flags;
use crate::object::*;

pub(crate) static TYPE: PyType = PyType::string::<PyStr>(TypeSpec {
    name: "str",
    flags: flags::BASETYPE | flags::UNICODE_SUBCLASS,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});
