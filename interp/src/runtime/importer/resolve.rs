//! `__import__`: relative names made absolute, and which module the statement binds
//! (`PyImport_ImportModuleLevelObject`, `_handle_fromlist`).

use super::{import_absolute, is_text, loaded};
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{error, exceptions, importer, iter, names, number, object};

/// `__import__(name, globals=None, locals=None, fromlist=(), level=0)`.
pub(crate) fn import(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "__import__",
        names: &["name", "globals", "locals", "fromlist", "level"],
        positional_only: 0,
        keyword_only: 0,
        required: 1,
    };
    let [name, globals, _, fromlist, level] = SIGNATURE.bind(thread, arguments, keywords)?;
    let Some(name) = name.known().downcast::<PyStr>() else {
        return Err(error::type_error(thread, "module name must be a string"));
    };
    let level = match level {
        Some(level) => number::index_isize(thread, level, Some(exceptions::overflow_error()))?,
        None => 0,
    };
    import_level(thread, name, globals, fromlist, level)
}

/// The module that `import name` or `from … import` is about.
pub(crate) fn import_level(
    thread: &Thread,
    name: Ref<PyStr>,
    globals: Option<Ref>,
    fromlist: Option<Ref>,
    level: isize,
) -> Result {
    if level < 0 {
        return Err(error::value_error(thread, "level must be >= 0"));
    }
    let absolute = if level > 0 {
        resolve_name(thread, name, globals, level)?
    } else if name.is_empty() {
        return Err(error::value_error(thread, "Empty module name"));
    } else {
        name.to_owned()
    };
    let module = import_absolute(thread, absolute.borrow())?;
    let wants_leaf = match fromlist {
        Some(fromlist) => object::is_truthy(thread, fromlist)?,
        None => false,
    };
    if wants_leaf {
        if object::get_optional_attr(thread, module.borrow(), names::path())?.is_some() {
            handle_fromlist(thread, module.borrow(), fromlist.unwrap_or(none_object()))?;
        }
        return Ok(module);
    }
    bound_by_import(thread, name, absolute.borrow(), level, module)
}

/// `import a.b` binds `a`; `__import__('b.c', level=1)` gives the package's `b`.
fn bound_by_import(thread: &Thread, name: Ref<PyStr>, absolute: Ref<PyStr>, level: isize, module: Owned) -> Result {
    if level > 0 && name.is_empty() {
        return Ok(module);
    }
    let text = name.to_string_lossy();
    let Some((head, _)) = text.split_once('.') else { return Ok(module) };
    if level == 0 {
        return import_absolute(thread, thread.state.interned.intern(PyStr::new(head)));
    }
    let absolute = absolute.to_string_lossy();
    let cut = absolute.len() - (text.len() - head.len());
    let wanted = PyStr::new(&absolute[..cut]);
    match loaded(thread).get_str(wanted.borrow()) {
        Some(module) => Ok(module.to_owned()),
        None => {
            let shown = object::repr_text(thread, wanted.borrow().upcast());
            Err(error::set(thread, exceptions::key_error(), format!("{shown} not in sys.modules as expected")))
        }
    }
}

/// The name of the package that relative names start from (`resolve_name`).
fn package(thread: &Thread, globals: Option<Ref>) -> Result<String> {
    let Some(globals) = globals.and_then(|globals| globals.downcast::<PyDict>()) else {
        return Err(error::key_error(thread, PyStr::new("'__name__' not in globals").borrow().upcast()));
    };
    let entry = |name: Ref<PyStr>| globals.get_str(name).filter(|value| !object::is_none(*value));
    if let Some(package) = entry(names::package()) {
        return match package.downcast::<PyStr>() {
            Some(package) => Ok(package.to_string_lossy()),
            None => Err(error::type_error(thread, "package must be a string")),
        };
    }
    if let Some(spec) = entry(names::spec()) {
        let parent = object::get_attr(thread, spec, PyStr::new("parent").borrow())?;
        return match parent.borrow().downcast::<PyStr>() {
            Some(parent) => Ok(parent.to_string_lossy()),
            None => Err(error::type_error(thread, "__spec__.parent must be a string")),
        };
    }
    let Some(name) = globals.get_str(names::name()) else {
        return Err(error::set_string(thread, exceptions::key_error(), "'__name__' not in globals"));
    };
    let Some(name) = name.downcast::<PyStr>() else {
        return Err(error::type_error(thread, "__name__ must be a string"));
    };
    let name = name.to_string_lossy();
    if globals.get_str(names::path()).is_some() {
        return Ok(name);
    }
    Ok(name.rsplit_once('.').map_or(String::new(), |(parent, _)| parent.to_owned()))
}

fn resolve_name(thread: &Thread, name: Ref<PyStr>, globals: Option<Ref>, level: isize) -> Result<Owned<PyStr>> {
    let package = package(thread, globals)?;
    let import_error = |text: &str| error::set_string(thread, exceptions::import_error(), text);
    if package.is_empty() {
        return Err(import_error("attempted relative import with no known parent package"));
    }
    let mut base = package.as_str();
    for _ in 1..level {
        match base.rsplit_once('.') {
            Some((above, _)) => base = above,
            None => return Err(import_error("attempted relative import beyond top-level package")),
        }
    }
    let text = name.to_string_lossy();
    let full = if text.is_empty() { base.to_owned() } else { format!("{base}.{text}") };
    Ok(thread.state.interned.intern(PyStr::new(&full)).to_owned())
}

/// Imports the submodules that `from package import …` names and the package does not have yet.
fn handle_fromlist(thread: &Thread, module: Ref, fromlist: Ref) -> Result<()> {
    import_each(thread, module, fromlist, false)
}

fn import_each(thread: &Thread, module: Ref, wanted: Ref, from_all: bool) -> Result<()> {
    let module_name = object::get_attr(thread, module, names::name())?;
    let Some(module_name) = module_name.borrow().downcast::<PyStr>().map(Ref::to_string_lossy) else {
        return Err(error::type_error(thread, "module __name__ must be a string"));
    };
    for item in iter::collect(thread, wanted)? {
        if !is_text(item.borrow()) {
            let place = if from_all { format!("{module_name}.__all__") } else { "``from list''".to_owned() };
            let text = format!("Item in {place} must be str, not {}", item.borrow().ty().name());
            return Err(error::type_error(thread, text));
        }
        let name: Ref<PyStr> = item.borrow().cast();
        if name.eq_text("*") {
            let all = object::get_optional_attr(thread, module, PyStr::new("__all__").borrow())?;
            if let (Some(all), false) = (all, from_all) {
                import_each(thread, module, all.borrow(), true)?;
            }
            continue;
        }
        if object::get_optional_attr(thread, module, name)?.is_some() {
            continue;
        }
        let full = PyStr::new(&format!("{module_name}.{}", name.to_string_lossy()));
        if import_absolute(thread, full.borrow()).is_err() && !absent(thread, full.borrow()) {
            return Err(crate::exit::Raised);
        }
    }
    Ok(())
}

/// Takes off the error that says that just this module does not exist: the statement itself reports it.
fn absent(thread: &Thread, full: Ref<PyStr>) -> bool {
    let Some(exception) = thread.exception() else { return false };
    if !exception.ty().is_subtype(exceptions::module_not_found_error()) {
        return false;
    }
    let about = exceptions::of(exception).extra(0).get().and_then(|name| name.downcast::<PyStr>());
    let same = about.is_some_and(|name| name.same_text(full));
    let halted = importer::loaded(thread).get_str(full).is_some();
    if same && !halted {
        thread.clear_exception();
    }
    same && !halted
}
