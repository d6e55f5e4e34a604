//! Finders that a program puts on `sys.meta_path`. Those that `importlib` puts there itself stand for the native search.

use super::{loaded, spec};
use crate::object::*;
use crate::runtime::{call, error, exceptions, object, sys, types};

/// Names of the finders that stand for what this importer does by itself.
const OWN: [&str; 3] = ["BuiltinImporter", "FrozenImporter", "PathFinder"];

/// Asks the program's finders in order; `None` when the native search is to go on.
pub(super) fn find_and_load(thread: &Thread, name: Ref<PyStr>, path: Option<Ref>) -> Result<Option<Owned>> {
    let Some(finders) = sys::attribute(thread, "meta_path") else { return Ok(None) };
    let Some(finders) = finders.borrow().downcast::<PyList>() else { return Ok(None) };
    for finder in finders.to_vec() {
        let finder = finder.borrow();
        if finder.downcast::<PyType>().is_some_and(|class| OWN.contains(&types::short_name(class).as_str())) {
            continue;
        }
        let Some(find) = object::get_optional_attr(thread, finder, PyStr::new("find_spec").borrow())? else { continue };
        let found = call::with(thread, find.borrow(), &[name.upcast(), path.unwrap_or(none_object()), none_object()])?;
        if !object::is_none(found.borrow()) {
            return load(thread, name, found.borrow()).map(Some);
        }
    }
    Ok(None)
}

/// `_load_unlocked`: a module by the spec's own loader.
fn load(thread: &Thread, name: Ref<PyStr>, spec: Ref) -> Result {
    let attribute = |text: &str| object::get_attr(thread, spec, PyStr::new(text).borrow());
    let loader = attribute("loader")?;
    if object::is_none(loader.borrow()) {
        return Err(error::set_string(thread, exceptions::import_error(), "missing loader"));
    }
    let create = object::get_optional_attr(thread, loader.borrow(), PyStr::new("create_module").borrow())?;
    let made = match create {
        Some(create) => Some(call::with(thread, create.borrow(), &[spec])?),
        None => None,
    };
    let text = name.to_string_lossy();
    let module = match made.filter(|made| !object::is_none(made.borrow())) {
        Some(module) => module,
        None => super::blank(thread, &text, spec).upcast(),
    };
    let set =
        |attribute: &str, value: Ref| object::set_attr(thread, module.borrow(), PyStr::new(attribute).borrow(), value);
    set("__loader__", loader.borrow())?;
    set("__spec__", spec)?;
    let locations = attribute("submodule_search_locations")?;
    if !object::is_none(locations.borrow()) {
        set("__path__", locations.borrow())?;
    }
    let origin = attribute("origin")?;
    let located = object::get_optional_attr(thread, spec, PyStr::new("has_location").borrow())?;
    if located.is_some_and(|located| object::is_true(located.borrow())) {
        set("__file__", origin.borrow())?;
    }
    loaded(thread).set_str(name, module.clone());
    let execute = object::get_attr(thread, loader.borrow(), PyStr::new("exec_module").borrow())?;
    spec::set_initializing(spec, true);
    let result = call::with(thread, execute.borrow(), &[module.borrow()]);
    spec::set_initializing(spec, false);
    if let Err(raised) = result {
        drop(loaded(thread).remove_str(name));
        return Err(raised);
    }
    Ok(loaded(thread).get_str(name).map_or(module, Ref::to_owned))
}
