use crate::object::types::flags;
use crate::object::*;

pub(crate) static TYPE: PyType = PyType::container::<PyModule>(TypeSpec {
    name: "module",
    flags: flags::HAVE_GC | flags::BASETYPE,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});
