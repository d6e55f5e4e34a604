use crate::object::types::flags;
use crate::object::*;

pub(crate) static TYPE: PyType = PyType::container::<PyList>(TypeSpec {
    name: "list",
    flags: flags::BASETYPE | flags::HAVE_GC | flags::LIST_SUBCLASS | flags::SEQUENCE,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});

pub(crate) static ITERATOR_TYPE: PyType = PyType::container::<PyListIter>(TypeSpec {
    name: "list_iterator",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});
