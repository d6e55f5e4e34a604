//! Why an attribute of a module may be missing: it is still being imported, or stands before the module that was meant
//! (`_PyModule_IsPossiblyShadowing`).

use super::spec;
use crate::object::*;
use crate::runtime::{object, sys, types};
use std::path::Path;

/// What is known of a module that lacks something.
pub(crate) struct Blame {
    /// The file that its spec names.
    pub(crate) origin: Option<Owned>,
    pub(crate) initializing: bool,
    /// It lies in the folder that is searched first, the program's own.
    pub(crate) shadows: bool,
}

/// What a module's spec says.
pub(crate) fn of(thread: &Thread, spec: Option<Ref>) -> Result<Blame> {
    let initializing = spec::is_initializing(thread, spec)?;
    let mut origin = None;
    if let Some(spec) = spec.filter(|spec| !object::is_none(*spec)) {
        let located = object::get_optional_attr(thread, spec, PyStr::new("has_location").borrow())?;
        if located.is_some_and(|located| object::is_true(located.borrow())) {
            origin = object::get_optional_attr(thread, spec, PyStr::new("origin").borrow())?;
        }
    }
    let origin = origin.filter(|origin| types::is_str(origin.borrow()));
    let shadows = origin.as_ref().is_some_and(|origin| lies_first(thread, origin.borrow().cast()));
    Ok(Blame { origin, initializing, shadows })
}

/// Whether the file is in the folder that comes first in `sys.path`.
fn lies_first(thread: &Thread, origin: Ref<PyStr>) -> bool {
    let config = thread.state.config.get_or_init(Default::default);
    let Some(first) = &config.first_folder else { return false };
    let origin = origin.to_string_lossy();
    let path = Path::new(&origin);
    let folder = match path.file_name().is_some_and(|name| name == "__init__.py") {
        true => path.parent().and_then(Path::parent),
        false => path.parent(),
    };
    let first = if first.is_empty() { std::env::current_dir().unwrap_or_default() } else { first.into() };
    folder.is_some_and(|folder| folder == first)
}

impl Blame {
    /// Whether the module has the name of one of the library's, and hides it.
    pub(crate) fn shadows_library(&self, thread: &Thread, name: &str) -> bool {
        let known = sys::attribute(thread, "stdlib_module_names");
        self.shadows
            && known.is_some_and(|known| {
                let name = PyStr::new(name);
                let found = object::contains(thread, known.borrow(), name.borrow().upcast());
                found.unwrap_or_else(|_| {
                    thread.clear_exception();
                    false
                })
            })
    }

    /// The origin in quotes.
    pub(crate) fn shown(&self, thread: &Thread) -> Result<String> {
        match &self.origin {
            Some(origin) => object::repr_checked(thread, origin.borrow()),
            None => Ok(String::new()),
        }
    }
}
