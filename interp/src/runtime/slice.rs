use crate::object::types::flags;
use crate::object::*;

pub(crate) static TYPE: PyType = PyType::container::<PySlice>(TypeSpec {
    name: "slice",
    flags: 0,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});
