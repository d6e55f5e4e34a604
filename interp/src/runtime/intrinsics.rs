//! CALL_INTRINSIC_1 and _2: what compiled code needs now and then (`Python/intrinsics.c`).

use super::args::Args;
use super::{asyncgen, call, error, exceptions, groups, names, number, numbers, object, typing};
use crate::exit::Raised;
use crate::object::*;

/// `_PyIntrinsics_UnaryFunctions[index]`.
pub(crate) fn unary(thread: &Thread, index: i32, value: Ref) -> Result {
    match index {
        1 => print(thread, value),
        2 => import_star(thread, value),
        3 => stop_iteration_error(thread, value),
        4 => Ok(asyncgen::wrap(value)),
        5 => number::positive(thread, value),
        6 => Ok(PyTuple::from_vec(value.cast::<PyList>().to_vec()).upcast()),
        7 => Ok(typing::typevar::of_syntax(value, None, None)),
        8 => Ok(typing::paramspec::of_syntax(value)),
        9 => Ok(typing::paramspec::tuple_of_syntax(value)),
        10 => typing::generic::subscript(thread, value),
        11 => typing::alias::of_syntax(thread, value.cast()),
        _ => Err(error::system_error(thread, "invalid intrinsic function")),
    }
}

/// `_PyIntrinsics_BinaryFunctions[index]`.
pub(crate) fn binary(thread: &Thread, index: i32, left: Ref, right: Ref) -> Result {
    match index {
        1 => groups::reraise(thread, left, right.cast()),
        2 => Ok(typing::typevar::of_syntax(left, Some(right), None)),
        3 => Ok(typing::typevar::of_syntax(left, None, Some(right))),
        4 => {
            left.cast::<PyFunction>().typeparams.set(Some(right.to_owned()));
            Ok(left.to_owned())
        }
        5 => typing::paramspec::set_default(thread, left, right),
        _ => Err(error::system_error(thread, "invalid intrinsic function")),
    }
}

/// The value of an expression statement at the prompt.
fn print(thread: &Thread, value: Ref) -> Result {
    let sys = thread.state.modules.get().and_then(|modules| modules.get_str(PyStr::new("sys").borrow()));
    let hook = match sys {
        Some(sys) => object::get_optional_attr(thread, sys, PyStr::new("displayhook").borrow())?,
        None => None,
    };
    let Some(hook) = hook else {
        return Err(error::runtime_error(thread, "lost sys.displayhook"));
    };
    call::vectorcall(thread, hook.borrow(), Args::of(&[value]), 1, None)
}

fn import_star(thread: &Thread, module: Ref) -> Result {
    let Some(locals) = thread.current_frame().and_then(|frame| frame.locals()) else {
        return Err(error::system_error(thread, "no locals found during 'import *'"));
    };
    let (exported, all) = exported_names(thread, module)?;
    for name in exported {
        let Some(name) = name.borrow().downcast::<PyStr>() else {
            return Err(bad_name(thread, module, name.borrow(), all));
        };
        if !all && !name.is_empty() && name.char_at(0) == u32::from('_') {
            continue;
        }
        let value = object::get_attr(thread, module, name)?;
        object::set_item(thread, locals, name.upcast(), value.borrow())?;
    }
    Ok(object::new_none())
}

/// The items of `__all__`, or all names of the module; the second value says which.
fn exported_names(thread: &Thread, module: Ref) -> Result<(Vec<Owned>, bool)> {
    let listed = object::get_optional_attr(thread, module, names::all_())?;
    if let Some(listed) = listed {
        return Ok((
            super::tuple::from_iterable(thread, listed.borrow())?.borrow().iter().map(Ref::to_owned).collect(),
            true,
        ));
    }
    let Some(dict) = object::get_optional_attr(thread, module, names::dict())? else {
        let message = "from-import-* object has no __dict__ and no __all__";
        return Err(error::set_string(thread, exceptions::import_error(), message));
    };
    let keys = super::tuple::from_iterable(thread, dict.borrow())?;
    Ok((keys.borrow().iter().map(Ref::to_owned).collect(), false))
}

#[cold]
fn bad_name(thread: &Thread, module: Ref, name: Ref, all: bool) -> Raised {
    let module_name = match object::get_attr(thread, module, names::name()) {
        Ok(module_name) => module_name,
        Err(raised) => return raised,
    };
    let Some(module_name) = module_name.borrow().downcast::<PyStr>() else {
        let ty = module_name.borrow().ty();
        return error::type_error(thread, format_args!("module __name__ must be a string, not {}", ty.name()));
    };
    let (what, of) = if all { ("Item", "__all__") } else { ("Key", "__dict__") };
    let text = module_name.to_string_lossy();
    error::type_error(thread, format_args!("{what} in {text}.{of} must be str, not {}", name.ty().name()))
}

/// A StopIteration that leaves a generator becomes a RuntimeError (PEP 479); other exceptions stay.
fn stop_iteration_error(thread: &Thread, exception: Ref) -> Result {
    let flags = thread.current_frame().map_or(0, |frame| frame.code().flags());
    let is_async = flags & numbers::CO_ASYNC_GENERATOR != 0;
    let message = if error::given_matches(exception, exceptions::stop_iteration().upcast()) {
        match () {
            () if is_async => "async generator raised StopIteration",
            () if flags & numbers::CO_COROUTINE != 0 => "coroutine raised StopIteration",
            () => "generator raised StopIteration",
        }
    } else if is_async && error::given_matches(exception, exceptions::stop_async_iteration().upcast()) {
        "async generator raised StopAsyncIteration"
    } else {
        return Ok(exception.to_owned());
    };
    let args = PyTuple::from_array([PyStr::new(message).upcast()]);
    let error = PyBaseException::new(exceptions::runtime_error(), args);
    error.cause.set(Some(exception.to_owned()));
    error.suppress_context.set(true);
    error.context.set(Some(exception.to_owned()));
    Ok(error.upcast())
}
