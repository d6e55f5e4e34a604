//! `import`, as far as bodies go: `__import__` does the rest (`_PyEval_ImportName`, `_PyEval_ImportFrom`).

use super::args::Args;
use super::{call, error, exceptions, importer, names, number, object};
use crate::exit::Raised;
use crate::frame::Frame;
use crate::object::*;

/// `import name`, or the module of `from name import …`.
pub(crate) fn import_name(thread: &Thread, frame: Frame, name: Ref<PyStr>, fromlist: Ref, level: Ref) -> Result {
    let import = object::optional_item(thread, frame.builtins(), names::import().upcast())?;
    let Some(import) = import else {
        return Err(error::set_string(thread, exceptions::import_error(), "__import__ not found"));
    };
    if is_own(import.borrow()) {
        let level = number::index_isize(thread, level, Some(exceptions::overflow_error()))?;
        return importer::resolve::import_level(thread, name, Some(frame.globals()), Some(fromlist), level);
    }
    let locals = frame.locals().unwrap_or(none_object());
    let args = Args::of(&[name.upcast(), frame.globals(), locals, fromlist, level]);
    call::vectorcall(thread, import.borrow(), args, 5, None)
}

/// Whether this is `builtins.__import__` as it was at the start.
fn is_own(import: Ref) -> bool {
    import.downcast::<PyCFunction>().is_some_and(|function| match function.def().function {
        MethodFn::FastKeywords(own) => std::ptr::fn_addr_eq(own, importer::resolve::import as call::FastKeywordsFn),
        _ => false,
    })
}

/// `from module import name`: an attribute, or a submodule that is imported already.
pub(crate) fn import_from(thread: &Thread, module: Ref, name: Ref<PyStr>) -> Result {
    if let Some(value) = object::get_optional_attr(thread, module, name)? {
        return Ok(value);
    }
    let module_name = match object::get_optional_attr(thread, module, names::name())? {
        Some(text) => text.downcast::<PyStr>().ok(),
        None => None,
    };
    let Some(module_name) = module_name else {
        return Err(cannot_import(thread, module, name, None)?);
    };
    let mut full = StrBuilder::new();
    full.push_str(module_name.borrow());
    full.push_text(".");
    full.push_str(name);
    let full = full.finish();
    let loaded = thread.state.modules.get().and_then(|modules| modules.get_str(full.borrow()));
    match loaded {
        Some(submodule) => Ok(submodule.to_owned()),
        None => Err(cannot_import(thread, module, name, Some(module_name))?),
    }
}

/// Raises ImportError. `Err` is an exception on the way there.
#[cold]
fn cannot_import(thread: &Thread, module: Ref, name: Ref<PyStr>, module_name: Option<Owned<PyStr>>) -> Result<Raised> {
    let shown: Owned = match &module_name {
        Some(module_name) => module_name.clone().upcast(),
        None => PyStr::new("<unknown module name>").upcast(),
    };
    let spec = object::get_optional_attr(thread, module, names::spec())?;
    let about = importer::blame::of(thread, spec.as_ref().map(Owned::borrow))?;
    let own_name = module_name.as_ref().map(|name| name.borrow().to_string_lossy()).unwrap_or_default();
    let origin = about.origin.clone();
    let part = object::repr_checked(thread, name.upcast())?;
    let shown = object::repr_checked(thread, shown.borrow())?;
    let head = format!("cannot import name {part} from {shown}");
    let partial = format!("cannot import name {part} from partially initialized module {shown}");
    let message = match (&about.origin, about.initializing) {
        (Some(_), _) if about.shadows_library(thread, &own_name) => {
            let path = about.shown(thread)?;
            format!(
                "{head} (consider renaming {path} since it has the same name as the standard library module named \
                 {shown} and prevents importing that standard library module)"
            )
        }
        (Some(_), true) if about.shadows => {
            let path = about.shown(thread)?;
            format!("{head} (consider renaming {path} if it has the same name as a library you intended to import)")
        }
        (Some(origin), true) => {
            let origin = object::str_text(thread, origin.borrow())?;
            format!("{partial} (most likely due to a circular import) ({origin})")
        }
        (None, true) => format!("{partial} (most likely due to a circular import)"),
        (Some(origin), false) => format!("{head} ({})", object::str_text(thread, origin.borrow())?),
        (None, false) => format!("{head} (unknown location)"),
    };
    let message = PyStr::new(&message);
    let keywords = PyDict::new();
    let absent = || none_object().to_owned();
    keywords.set_str(names::name_attr(), module_name.map_or_else(absent, Owned::upcast));
    keywords.set_str(PyStr::new("path").borrow(), origin.unwrap_or_else(absent));
    keywords.set_str(PyStr::new("name_from").borrow(), name.to_owned().upcast());
    let args = PyTuple::from_array([message.upcast()]);
    let exception = call::call(thread, exceptions::import_error().upcast(), args.borrow(), Some(keywords.borrow()))?;
    Ok(error::set_object(thread, exception.cast()))
}
