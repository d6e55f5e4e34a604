use crate::object::types::flags;
use crate::object::*;

pub(crate) static TYPE: PyType = PyType::container::<PyRange>(TypeSpec {
    name: "range",
    flags: flags::SEQUENCE,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});

pub(crate) static ITERATOR_TYPE: PyType = PyType::plain::<PyRangeIter>(TypeSpec {
    name: "range_iterator",
    flags: 0,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});
