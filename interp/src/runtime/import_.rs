//! `import`, as far as bodies go: `__import__` does the rest (`_PyEval_ImportName`, `_PyEval_ImportFrom`).

use super::args::Args;
use super::{call, error, exceptions, names, object};
use crate::exit::Raised;
use crate::frame::Frame;
use crate::object::*;

/// `import name`, or the module of `from name import …`.
pub(crate) fn import_name(thread: &Thread, frame: Frame, name: Ref<PyStr>, fromlist: Ref, level: Ref) -> Result {
    let import = object::optional_item(thread, frame.builtins(), names::import().upcast())?;
    let Some(import) = import else {
        return Err(error::set_string(thread, exceptions::import_error(), "__import__ not found"));
    };
    let locals = frame.locals().unwrap_or(none_object());
    let args = Args::of(&[name.upcast(), frame.globals(), locals, fromlist, level]);
    call::vectorcall(thread, import.borrow(), args, 5, None)
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
    let origin = match module.downcast::<PyModule>() {
        Some(module) => module.dict().get_str(names::file()).map(Ref::to_owned),
        None => None,
    };
    let message = match &origin {
        Some(origin) => error::format_text(
            thread,
            "cannot import name %R from %R (%S)",
            &[name.into(), shown.borrow().into(), origin.borrow().into()],
        )?,
        None => error::format_text(
            thread,
            "cannot import name %R from %R (unknown location)",
            &[name.into(), shown.borrow().into()],
        )?,
    };
    let keywords = PyDict::new();
    let absent = || none_object().to_owned();
    keywords.set_str(names::name_attr(), module_name.map_or_else(absent, Owned::upcast));
    keywords.set_str(PyStr::new("path").borrow(), origin.unwrap_or_else(absent));
    keywords.set_str(PyStr::new("name_from").borrow(), name.to_owned().upcast());
    let args = PyTuple::from_array([message.upcast()]);
    let exception = call::call(thread, exceptions::import_error().upcast(), args.borrow(), Some(keywords.borrow()))?;
    Ok(error::set_object(thread, exception.cast()))
}
