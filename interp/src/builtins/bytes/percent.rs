//! `bytes % values`.

use super::own;
use crate::object::*;
use crate::runtime::percent;

/// `__mod__` of bytes and bytearray.
pub(crate) fn remainder(thread: &Thread, left: Ref, right: Ref) -> Result {
    let is_bytes = left.downcast::<PyBytes>().is_some() || left.downcast::<PyByteArray>().is_some();
    if !is_bytes {
        return Ok(not_implemented().to_owned());
    }
    let out = percent::format_bytes(thread, &own(left), right)?;
    Ok(super::like(left, out))
}
