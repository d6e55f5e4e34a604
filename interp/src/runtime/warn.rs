//! Warnings of the interpreter itself (`Python/_warnings.c`). The library's `warnings` decides what becomes of them;
//! without a library, CPython's default filters do.

use super::{call, error, eval, exceptions, object, sys, types};
use crate::object::*;
use std::fmt::Display;

/// Warns about what the frame does that is `level` frames up (1: the innermost). An `Err` is a warning that a filter
/// turned into an exception.
pub(crate) fn warn(thread: &Thread, category: Ref<PyType>, text: &str, level: i64) -> Result<()> {
    let text = PyStr::new(text);
    match crate::modules::imported(thread, "warnings", "warn") {
        Ok(warn) => {
            let level = PyInt::from_i64(level);
            let arguments = [text.borrow().upcast(), category.upcast(), level.borrow().upcast()];
            call::with(thread, warn.borrow(), &arguments).map(drop)
        }
        Err(raised) => {
            if !error::matches(thread, exceptions::import_error().upcast()) {
                return Err(raised);
            }
            thread.clear_exception();
            show(thread, category, text.borrow());
            Ok(())
        }
    }
}

/// Warns that something goes away.
pub(crate) fn deprecated(thread: &Thread, text: &str) -> Result<()> {
    warn(thread, exceptions::deprecation_warning(), text, 1)
}

/// Warns of a conversion method that gave an instance of a subclass; `said` is how messages begin.
pub(crate) fn if_subclass(thread: &Thread, made: Ref, exact: Ref<PyType>, said: impl Display) -> Result<()> {
    if made.is_exact(exact) {
        return Ok(());
    }
    let kind = exact.name();
    let text = format!(
        "{said} returned non-{kind} (type {}).  The ability to return an instance of a strict subclass of {kind} is \
         deprecated, and may be removed in a future version of Python.",
        made.ty().name()
    );
    deprecated(thread, &text)
}

/// Writes a warning, unless it is one of those that only developers want to see.
fn show(thread: &Thread, category: Ref<PyType>, text: Ref<PyStr>) {
    let frame = eval::current_frame(thread);
    let is_main = eval::current_module(thread)
        .is_some_and(|name| name.borrow().downcast::<PyStr>().is_some_and(|name| name.eq_text("__main__")));
    let hidden = [
        exceptions::deprecation_warning(),
        exceptions::pending_deprecation_warning(),
        exceptions::import_warning(),
        exceptions::resource_warning(),
    ];
    let shown_in_main = is_main && category.is_subtype(exceptions::deprecation_warning());
    if hidden.iter().any(|&ty| category.is_subtype(ty)) && !shown_in_main {
        return;
    }
    let (file, line) = match frame {
        Some(frame) => (frame.code().filename().to_string_lossy(), super::traceback::frame_line(frame).unwrap_or(0)),
        None => ("<sys>".to_owned(), 0),
    };
    let seen = format!("{file}:{line}:{}:{}", category.name(), text.to_string_lossy());
    if !thread.state.hooks.warned.borrow_mut().insert(seen) {
        return;
    }
    let mut out = format!("{file}:{line}: {}: {}\n", types::short_name(category), text.to_string_lossy());
    let config = thread.state.config.get_or_init(Default::default);
    let source = config.text_of(&file);
    let source = source.as_deref().and_then(|text| text.lines().nth(usize::try_from(line).ok()?.checked_sub(1)?));
    if let Some(source) = source.map(str::trim).filter(|source| !source.is_empty()) {
        out.push_str(&format!("  {source}\n"));
    }
    write_stderr(thread, &out);
}

/// Writes to `sys.stderr`; who reports something has nobody to report a failure of that to.
pub(crate) fn write_stderr(thread: &Thread, text: &str) {
    let Some(stream) = sys::attribute(thread, "stderr") else { return };
    if object::is_none(stream.borrow()) {
        return;
    }
    // What was printed before comes before.
    let _ = crate::builtins::io::flush();
    let text = PyStr::new(text);
    let write = |name: &str, arguments: &[Ref]| {
        if object::call_method(thread, stream.borrow(), PyStr::new(name).borrow(), arguments).is_err() {
            thread.clear_exception();
        }
    };
    write("write", &[text.borrow().upcast()]);
    write("flush", &[]);
}
