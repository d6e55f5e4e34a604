use crate::object::types::flags;
use crate::object::*;

pub(crate) static TRACEBACK_TYPE: PyType = PyType::container::<PyTraceback>(TypeSpec {
    name: "traceback",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    ..TypeSpec::EMPTY
});
