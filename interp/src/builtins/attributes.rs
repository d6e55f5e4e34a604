//! Builtins about attributes, classes and identity.

use super::args::positional;
use super::support::{boolean, int, none, raise, type_error, type_name};
use crate::object::*;
use crate::runtime::{eval, exceptions, list, object};

fn name_argument(thread: &Thread, name: Ref) -> Result<Ref<PyStr>> {
    name.downcast::<PyStr>()
        .ok_or_else(|| type_error(thread, &format!("attribute name must be string, not '{}'", type_name(name))))
}

/// `getattr(object, name[, default])`.
pub(crate) fn getattr(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "getattr", arguments.len(), 2, 3)?;
    let name = name_argument(thread, arguments[1])?;
    match arguments.get(2) {
        None => object::get_attr(thread, arguments[0], name),
        Some(&default) => {
            let found = object::get_optional_attr(thread, arguments[0], name)?;
            Ok(found.unwrap_or_else(|| default.to_owned()))
        }
    }
}

/// `hasattr(obj, name)`.
pub(crate) fn hasattr(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "hasattr", arguments.len(), 2, 2)?;
    let name = name_argument(thread, arguments[1])?;
    object::get_optional_attr(thread, arguments[0], name).map(|found| boolean(found.is_some()))
}

/// `setattr(obj, name, value)`.
pub(crate) fn setattr(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "setattr", arguments.len(), 3, 3)?;
    let name = name_argument(thread, arguments[1])?;
    object::set_attr(thread, arguments[0], name, arguments[2])?;
    Ok(none())
}

/// `delattr(obj, name)`.
pub(crate) fn delattr(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "delattr", arguments.len(), 2, 2)?;
    let name = name_argument(thread, arguments[1])?;
    object::del_attr(thread, arguments[0], name)?;
    Ok(none())
}

/// `isinstance(obj, class_or_tuple)`.
pub(crate) fn isinstance(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "isinstance", arguments.len(), 2, 2)?;
    object::is_instance(thread, arguments[0], arguments[1]).map(boolean)
}

/// `issubclass(cls, class_or_tuple)`.
pub(crate) fn issubclass(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "issubclass", arguments.len(), 2, 2)?;
    object::is_subclass(thread, arguments[0], arguments[1]).map(boolean)
}

/// `id(obj)`: the address.
pub(crate) fn id(_: &Thread, _: Ref, object: Ref) -> Result {
    Ok(PyInt::from_big(object.addr().into()).upcast())
}

/// `hash(obj)`.
pub(crate) fn hash(thread: &Thread, _: Ref, object: Ref) -> Result {
    object::hash(thread, object).map(|hash| int(hash as i64))
}

/// `globals()`: of the frame that calls.
pub(crate) fn globals(thread: &Thread, _: Ref) -> Result {
    match thread.current_frame.get() {
        Some(frame) => Ok(frame.globals().to_owned()),
        None => Err(raise(thread, exceptions::system_error(), "globals() without a frame")),
    }
}

/// `vars([object])`: its `__dict__`, or the caller's variables.
pub(crate) fn vars(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "vars", arguments.len(), 0, 1)?;
    if arguments.is_empty() {
        return locals(thread);
    }
    match object::get_optional_attr(thread, arguments[0], PyStr::new("__dict__").borrow())? {
        Some(dict) => Ok(dict),
        None => Err(type_error(thread, "vars() argument must have __dict__ attribute")),
    }
}

/// The variables of the frame that calls.
fn locals(thread: &Thread) -> Result {
    match eval::current_frame(thread) {
        Some(frame) => eval::frame_locals(thread, frame),
        None => Err(raise(thread, exceptions::system_error(), "frame does not exist")),
    }
}

/// `dir([object])`: names in order; the caller's without an object.
pub(crate) fn dir(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    positional(thread, "dir", arguments.len(), 0, 1)?;
    let names = match arguments.first() {
        Some(object) => object::dir(thread, *object)?,
        None => {
            let mapping = locals(thread)?;
            let keys = object::call_method(thread, mapping.borrow(), PyStr::new("keys").borrow(), &[])?;
            list::from_iterable(thread, keys.borrow())?
        }
    };
    super::list::sort(thread, names.borrow().upcast(), &[], None)?;
    Ok(names.upcast())
}
