//! `sys.modules` and `__import__`, for modules that are built in or imported already (`Python/import.c`).

use super::call::Signature;
use super::{error, exceptions, number, object};
use crate::exit::Raised;
use crate::object::*;

/// Makes the table of modules with those that every program starts with.
pub(crate) fn start(thread: &Thread, arguments: &[String]) {
    let modules = PyDict::new();
    thread.state.modules.set(Some(modules.clone()));
    let builtins = PyModule::new(thread.state.builtins.get().known().to_owned());
    let sys = super::sys::make(thread, arguments);
    for (name, module) in [("builtins", builtins), ("sys", sys)] {
        modules.set_str(thread.state.interned.intern(PyStr::new(name)), module.upcast());
    }
}

/// `__import__(name, globals=None, locals=None, fromlist=(), level=0)`.
pub(crate) fn import(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "__import__",
        names: &["name", "globals", "locals", "fromlist", "level"],
        positional_only: 0,
        keyword_only: 0,
        required: 1,
    };
    let [name, _, _, fromlist, level] = SIGNATURE.bind(thread, arguments, keywords)?;
    let Some(name) = name.known().downcast::<PyStr>() else {
        return Err(error::type_error(thread, "module name must be a string"));
    };
    let level = match level {
        Some(level) => number::index_isize(thread, level, Some(exceptions::overflow_error()))?,
        None => 0,
    };
    if level < 0 {
        return Err(error::value_error(thread, "level must be >= 0"));
    }
    if level > 0 {
        return Err(error::set_string(
            thread,
            exceptions::import_error(),
            "attempted relative import with no known parent package",
        ));
    }
    if name.is_empty() {
        return Err(error::value_error(thread, "Empty module name"));
    }
    let found = find(thread, name)?;
    let wants_leaf = match fromlist {
        Some(fromlist) => object::is_truthy(thread, fromlist)?,
        None => false,
    };
    if wants_leaf {
        return Ok(found);
    }
    // `import a.b` binds `a`.
    let text = name.to_string_lossy();
    match text.split_once('.') {
        None => Ok(found),
        Some((head, _)) => find(thread, PyStr::new(head).borrow()),
    }
}

fn find(thread: &Thread, name: Ref<PyStr>) -> Result {
    let modules = thread.state.modules.get().known();
    match modules.get(thread, name.upcast())?.map(Ref::to_owned) {
        Some(module) if object::is_none(module.borrow()) => {
            Err(not_found(thread, name, "import of {} halted; None in sys.modules"))
        }
        Some(module) => Ok(module),
        None => Err(not_found(thread, name, "No module named {}")),
    }
}

#[cold]
fn not_found(thread: &Thread, name: Ref<PyStr>, message: &str) -> Raised {
    let shown = object::repr_text(thread, name.upcast());
    let message = PyStr::new(&message.replace("{}", &shown)).upcast();
    let exception = PyBaseException::new(exceptions::module_not_found_error(), PyTuple::from_array([message.clone()]));
    exception.extra(0).set(Some(name.to_owned().upcast()));
    exception.extra(3).set(Some(message));
    error::set_object(thread, exception)
}
