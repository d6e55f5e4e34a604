use crate::object::types::flags;
use crate::object::*;

pub(crate) static TYPE: PyType = PyType::container::<PyAnySeqIter>(TypeSpec {
    name: "iterator",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});
