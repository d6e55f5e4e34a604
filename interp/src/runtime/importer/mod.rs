//! `import` (`Python/import.c`, `Lib/importlib/_bootstrap.py`): names resolved, modules found, made and run. Native, so
//! that a program that imports little starts at once; `importlib` itself runs as it is on top.

pub(crate) mod blame;
mod code;
mod find;
pub(crate) mod finders;
mod hooks;
pub(crate) mod resolve;
pub(crate) mod spec;

use super::{attr, error, eval, exceptions, names, object, types};
use crate::exit::Raised;
use crate::modules::put;
use crate::object::*;
use find::Found;
use std::path::Path;

/// `sys.modules` as it is now.
pub(crate) fn loaded(thread: &Thread) -> Ref<PyDict> {
    thread.state.modules.get().expect("the table of modules is made at the start")
}

/// A module by its full name: from `sys.modules`, else found and loaded.
pub(crate) fn import_absolute(thread: &Thread, name: Ref<PyStr>) -> Result {
    match loaded(thread).get(thread, name.upcast())?.map(Ref::to_owned) {
        Some(module) if object::is_none(module.borrow()) => {
            let shown = name.to_string_lossy();
            Err(not_found(thread, name, &format!("import of {shown} halted; None in sys.modules")))
        }
        Some(module) => Ok(module),
        None => find_and_load(thread, name),
    }
}

/// Raises ModuleNotFoundError.
#[cold]
pub(crate) fn not_found(thread: &Thread, name: Ref<PyStr>, message: &str) -> Raised {
    let message: Owned = PyStr::new(message).upcast();
    let exception = PyBaseException::new(exceptions::module_not_found_error(), PyTuple::from_array([message.clone()]));
    exception.extra(0).set(Some(name.to_owned().upcast()));
    exception.extra(3).set(Some(message));
    error::set_object(thread, exception)
}

/// `_find_and_load_unlocked`: the parent first, then the module in the parent's path.
fn find_and_load(thread: &Thread, name: Ref<PyStr>) -> Result {
    let text = name.to_string_lossy();
    let Some((parent_name, child)) = text.rsplit_once('.') else {
        return find_in(thread, name, &text, &text, None);
    };
    let parent_name = PyStr::new(parent_name);
    let parent = import_absolute(thread, parent_name.borrow())?;
    // The parent may have imported it.
    if let Some(module) = loaded(thread).get_str(name) {
        return Ok(module.to_owned());
    }
    let shown = object::repr_text(thread, name.upcast());
    let path = object::get_optional_attr(thread, parent.borrow(), names::path())?;
    let Some(path) = path else {
        let package = object::repr_text(thread, parent_name.borrow().upcast());
        return Err(not_found(thread, name, &format!("No module named {shown}; {package} is not a package")));
    };
    let module = find_in(thread, name, &text, child, Some(path.borrow()))?;
    let child = thread.state.interned.intern(PyStr::new(child));
    if attr::set_attr(thread, parent.borrow(), child, module.borrow()).is_err() {
        // A parent that takes no attributes is a warning in CPython, not a failure.
        if !error::is_set_to(thread, exceptions::attribute_error()) {
            return Err(Raised);
        }
        thread.clear_exception();
    }
    Ok(module)
}

fn find_in(thread: &Thread, name: Ref<PyStr>, text: &str, child: &str, path: Option<Ref>) -> Result {
    if let Some(module) = hooks::find_and_load(thread, name, path)? {
        return Ok(module);
    }
    if path.is_none()
        && let Some(native) = crate::modules::find(text)
    {
        return load_native(thread, name, native);
    }
    let found = find::search(&folders(thread, path)?, child);
    match found {
        Some(Found::File { path, package }) => load_file(thread, name, text, &path, package.as_deref()),
        Some(Found::Namespace(portions)) => {
            let texts = portions.iter().map(|p| PyStr::new(&p.to_string_lossy()).upcast()).collect();
            let spec = spec::namespace(text, PyList::new(texts).upcast());
            let module = blank(thread, text, spec.borrow());
            put(module.dict(), "__path__", list_of_folders(portions.iter().map(|p| p.as_path())));
            loaded(thread).set_str(name, module.clone().upcast());
            Ok(module.upcast())
        }
        None => {
            let shown = object::repr_text(thread, name.upcast());
            Err(not_found(thread, name, &format!("No module named {shown}")))
        }
    }
}

fn list_of_folders<'a>(folders: impl Iterator<Item = &'a Path>) -> Owned {
    PyList::new(folders.map(|folder| PyStr::new(&folder.to_string_lossy()).upcast()).collect()).upcast()
}

/// The folders to look in: those of the parent's `__path__`, or of `sys.path`.
fn folders(thread: &Thread, path: Option<Ref>) -> Result<Vec<String>> {
    let path = match path {
        Some(path) => path.to_owned(),
        None => match super::sys::attribute(thread, "path") {
            Some(path) => path,
            None => return Err(error::runtime_error(thread, "sys.path must be a list of directory names")),
        },
    };
    let mut folders = Vec::new();
    super::iter::each(thread, path.borrow(), |entry| {
        // Whatever is no text is skipped, as CPython does.
        folders.extend(entry.borrow().downcast::<PyStr>().map(Ref::to_string_lossy));
        Ok(())
    })?;
    Ok(folders)
}

/// A module with the attributes that its spec gives it.
fn blank(thread: &Thread, name: &str, spec: Ref) -> Owned<PyModule> {
    let module = super::module::new(name);
    let dict = module.dict();
    let part = |part: &str| {
        object::get_attr(thread, spec, PyStr::new(part).borrow()).unwrap_or_else(|_| {
            thread.clear_exception();
            object::new_none()
        })
    };
    put(dict, "__package__", part("parent"));
    put(dict, "__loader__", part("loader"));
    put(dict, "__spec__", spec.to_owned());
    module
}

fn load_native(thread: &Thread, name: Ref<PyStr>, native: &'static crate::modules::NativeModule) -> Result {
    let module = crate::modules::make(thread, native)?;
    loaded(thread).set_str(name, module.clone().upcast());
    Ok(module.upcast())
}

fn load_file(thread: &Thread, name: Ref<PyStr>, text: &str, path: &Path, package: Option<&Path>) -> Result {
    let locations = package.map(|folder| list_of_folders(std::iter::once(folder)));
    let shown = path.to_string_lossy();
    let cached = find::cached(path).map(|cached| cached.to_string_lossy().into_owned());
    let spec = spec::of_file(text, &shown, cached.as_deref(), locations.clone());
    let code = code::of_file(thread, text, path)?;
    let module = blank(thread, text, spec.borrow());
    let dict = module.dict();
    if let Some(locations) = locations {
        put(dict, "__path__", locations);
    }
    put(dict, "__file__", PyStr::new(&shown).upcast());
    put(dict, "__cached__", cached.map_or_else(object::new_none, |cached| PyStr::new(&cached).upcast()));
    loaded(thread).set_str(name, module.clone().upcast());
    spec::set_initializing(spec.borrow(), true);
    let result = eval::run_code(thread, code.borrow(), dict, None);
    spec::set_initializing(spec.borrow(), false);
    if result.is_err() {
        drop(loaded(thread).remove_str(name));
        return Err(Raised);
    }
    // A module may have put another in its place.
    match loaded(thread).get_str(name) {
        Some(module) => Ok(module.to_owned()),
        None => {
            let key = name.upcast();
            Err(error::key_error(thread, key))
        }
    }
}

/// Whether an object is a str, for lists of names.
pub(crate) fn is_text(value: Ref) -> bool {
    types::is_str(value)
}
