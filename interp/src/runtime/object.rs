use crate::object::types::flags;
use crate::object::*;

pub(crate) static TYPE: PyType =
    PyType::plain::<PyObject>(TypeSpec { name: "object", flags: flags::BASETYPE, base: None, ..TypeSpec::EMPTY });

pub(crate) fn is_equal(_thread: &Thread, a: Ref, b: Ref) -> Result<bool> {
    Ok(a.is(b))
}
pub(crate) fn hash(_thread: &Thread, a: Ref) -> Result<isize> {
    Ok(a.addr() as isize)
}
