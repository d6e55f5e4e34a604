use crate::object::types::flags;
use crate::object::*;

pub(crate) static TYPE: PyType = PyType::container::<PyDict>(TypeSpec {
    name: "dict",
    flags: flags::BASETYPE | flags::HAVE_GC | flags::DICT_SUBCLASS | flags::MAPPING,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});
