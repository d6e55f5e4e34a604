use crate::object::types::flags;
use crate::object::*;

pub(crate) static TYPE: PyType = PyType::container::<PyTuple>(TypeSpec {
    name: "tuple",
    flags: flags::BASETYPE | flags::TUPLE_SUBCLASS | flags::SEQUENCE | flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});

pub(crate) static ITERATOR_TYPE: PyType = PyType::container::<PyTupleIter>(TypeSpec {
    name: "tuple_iterator",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});
