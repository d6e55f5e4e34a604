//! `breakpoint()` and `sys.breakpointhook` (PEP 553).

use crate::object::*;
use crate::runtime::{call, error, exceptions, hooks, importer, object, warn};

/// The variable that names what a breakpoint calls.
const VARIABLE: &str = "PYTHONBREAKPOINT";

/// `breakpoint(*args, **kws)`: calls `sys.breakpointhook`.
pub(crate) fn breakpoint(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let Some(hook) = super::attribute(thread, "breakpointhook") else {
        return Err(error::runtime_error(thread, "lost sys.breakpointhook"));
    };
    hooks::audit(thread, "builtins.breakpoint", || vec![hook.clone()])?;
    call::vector(thread, hook.borrow(), arguments, keywords)
}

/// `sys.breakpointhook(*args, **kws)`: calls what the environment names, `pdb.set_trace` if it names nothing.
pub(super) fn hook(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let named = std::env::var(VARIABLE).ok().filter(|name| !name.is_empty());
    let named = named.unwrap_or_else(|| "pdb.set_trace".to_owned());
    if named == "0" {
        return Ok(object::new_none());
    }
    let (module, attribute) = named.rsplit_once('.').unwrap_or(("builtins", &named));
    let name = thread.state.interned.intern(PyStr::new(module));
    let found = importer::import_absolute(thread, name)
        .and_then(|module| object::get_attr(thread, module.borrow(), PyStr::new(attribute).borrow()));
    match found {
        Ok(function) => call::vector(thread, function.borrow(), arguments, keywords),
        Err(raised) => {
            let absent = [exceptions::import_error(), exceptions::attribute_error()];
            if !absent.iter().any(|class| error::matches(thread, class.upcast())) {
                return Err(raised);
            }
            thread.clear_exception();
            let text = format!("Ignoring unimportable ${VARIABLE}: \"{named}\"");
            warn::warn(thread, exceptions::runtime_warning(), &text, 1)?;
            Ok(object::new_none())
        }
    }
}
