//! `sys.unraisablehook`: what becomes of exceptions that have nobody to be raised to (`Python/errors.c`).

use crate::modules::structseq;
use crate::object::*;
use crate::runtime::{call, error, eval, exceptions, frame, hooks, object, traceback, traceback_text, types, warn};
use structseq::field;

/// What the hook is called with.
pub(super) static ARGUMENTS: PyType = structseq::of(
    "UnraisableHookArgs",
    &[
        field::<0>("exc_type"),
        field::<1>("exc_value"),
        field::<2>("exc_traceback"),
        field::<3>("err_msg"),
        field::<4>("object"),
    ],
);

/// `sys.unraisablehook(unraisable)` as it is before a program sets another.
pub(super) static HOOK: MethodDef = MethodDef::one("unraisablehook", |thread, _, arguments| {
    let Some(own) = arguments.downcast::<PyTuple>().filter(|_| arguments.is_exact(Ref::from_static(&ARGUMENTS))) else {
        return Err(error::type_error(thread, "sys.unraisablehook argument type must be UnraisableHookArgs"));
    };
    let message = own.item(3).downcast::<PyStr>().map(Ref::to_string_lossy);
    write(thread, own.item(1), message.as_deref(), own.item(4));
    Ok(object::new_none())
});

/// Reports the exception that is set, and clears it (`PyErr_FormatUnraisable`): `message`, with the repr of `source`
/// behind it; the object itself if there is no message.
pub(crate) fn report(thread: &Thread, message: Option<&str>, source: Option<Ref>) {
    let Some(exception) = thread.exception() else { return };
    if exceptions::of(exception).traceback.get().is_none()
        && let Some(own) = eval::current_frame(thread).and_then(|running| frame::object(thread, running))
    {
        let _ = traceback::here(thread, own);
    }
    let exception = error::take_raised(thread).upcast();
    let message = message.map(|message| match source {
        Some(source) => format!("{message} {}", shown(thread, source)),
        None => message.to_owned(),
    });
    // An object that the message shows is not shown again.
    let source = if message.is_some() { none_object() } else { source.unwrap_or(none_object()) };
    if let Some(hook) = custom_hook(thread) {
        let made = arguments_of(exception.borrow(), message.as_deref(), source);
        let audited = hooks::audit(thread, "sys.unraisablehook", || vec![hook.clone(), made.clone()]);
        if audited.and_then(|()| call::with(thread, hook.borrow(), &[made.borrow()])).is_ok() {
            return;
        }
        let failure = error::take_raised(thread).upcast();
        write(thread, failure.borrow(), Some("Exception ignored in sys.unraisablehook"), hook.borrow());
        return;
    }
    write(thread, exception.borrow(), message.as_deref(), source);
}

/// The hook that the program has set, if it is not the one that was there.
fn custom_hook(thread: &Thread) -> Option<Owned> {
    let hook = super::attribute(thread, "unraisablehook").filter(|hook| !object::is_none(hook.borrow()))?;
    let is_own = hook.borrow().downcast::<PyCFunction>().is_some_and(|own| std::ptr::eq(own.def(), &HOOK));
    (!is_own).then_some(hook)
}

fn arguments_of(exception: Ref, message: Option<&str>, source: Ref) -> Owned {
    types::ready(Thread::current(), Ref::from_static(&ARGUMENTS));
    let traceback = exceptions::of(exception).traceback.get();
    let parts = vec![
        exception.ty().to_owned().upcast(),
        exception.to_owned(),
        traceback.map_or_else(object::new_none, |traceback| traceback.to_owned().upcast()),
        message.map_or_else(object::new_none, |message| PyStr::new(message).upcast()),
        source.to_owned(),
    ];
    structseq::make(&ARGUMENTS, parts)
}

fn shown(thread: &Thread, source: Ref) -> String {
    object::repr_checked(thread, source).unwrap_or_else(|_| {
        thread.clear_exception();
        "<object repr() failed>".to_owned()
    })
}

/// What is written without a hook.
fn write(thread: &Thread, exception: Ref, message: Option<&str>, source: Ref) {
    let mut out = match (message, object::is_none(source)) {
        (Some(message), true) => format!("{message}:\n"),
        (Some(message), false) => format!("{message}: {}\n", shown(thread, source)),
        (None, false) => format!("Exception ignored in: {}\n", shown(thread, source)),
        (None, true) => String::new(),
    };
    if types::is_exception(exception) {
        if let Some(first) = exceptions::of(exception).traceback.get() {
            traceback_text::plain(first, &mut out);
        }
        let text = object::str_text(thread, exception).unwrap_or_else(|_| {
            thread.clear_exception();
            "<exception str() failed>".to_owned()
        });
        out.push_str(&format!("{}: {text}\n", types::full_name(exception.ty())));
    }
    warn::write_stderr(thread, &out);
}
