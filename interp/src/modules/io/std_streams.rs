//! `sys.stdin`, `sys.stdout` and `sys.stderr`, and `print`'s way around them.

use super::file::{self, ByteFile, Device};
use super::text::{self, Text};
use crate::modules::put;
use crate::object::*;
use crate::runtime::{call, error, exceptions, object, sys};

/// Makes the standard streams and puts them into `sys`.
pub(crate) fn install(thread: &Thread, sys: Ref<PyDict>) {
    super::ready(thread);
    let errors = [("strict", "r"), ("strict", "w"), ("backslashreplace", "w")];
    let devices = [(Device::Input, "stdin"), (Device::Output, "stdout"), (Device::Error, "stderr")];
    for ((device, name), (errors, mode)) in devices.into_iter().zip(errors) {
        let reads = mode == "r";
        let class: &'static PyType = if reads { &file::READER } else { &file::WRITER };
        let bytes = ByteFile::new(device, if reads { "rb" } else { "wb" }, true);
        let bytes = PyNative::new(Ref::from_static(class), bytes).upcast();
        if let Some(own) = crate::modules::native_dict(bytes.borrow(), true) {
            put(own, "name", PyStr::new(&format!("<{name}>")).upcast());
        }
        let (errors, encoding) = (PyStr::new(errors), PyStr::new("utf-8"));
        let Ok(stream) = text::over(
            thread,
            bytes,
            Some(encoding.borrow().upcast()),
            Some(errors.borrow().upcast()),
            None,
            mode,
            false,
        ) else {
            thread.clear_exception();
            continue;
        };
        put(sys, name, stream.clone());
        put(sys, &format!("__{name}__"), stream);
    }
}

/// Where `print` writes to without a `file`: `Ok(None)` for the process's own output.
pub(crate) fn print_target(thread: &Thread) -> Result<Option<Owned>> {
    let Some(stream) = sys::attribute(thread, "stdout") else {
        return Err(crate::runtime::error::runtime_error(thread, "lost sys.stdout"));
    };
    if is_plain_output(stream.borrow()) || object::is_none(stream.borrow()) {
        return Ok(None);
    }
    Ok(Some(stream))
}

fn is_plain_output(stream: Ref) -> bool {
    let Some(own) = stream.downcast::<PyNative>() else { return false };
    let Some(text) = own.value::<Text>() else { return false };
    let Some(below) = text.has_bytes() else { return false };
    let bytes: Option<Ref<PyNative>> = below.borrow().downcast();
    bytes.is_some_and(|bytes| bytes.value::<ByteFile>().is_some_and(ByteFile::is_output))
}

/// `input(prompt='')`.
pub(crate) fn input(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "input", arguments.len(), 0, 1)?;
    let stream = |name: &str| match sys::attribute(thread, name) {
        Some(stream) if !object::is_none(stream.borrow()) => Ok(stream),
        _ => Err(error::runtime_error(thread, format_args!("input(): lost sys.{name}"))),
    };
    let (stdin, stdout) = (stream("stdin")?, stream("stdout")?);
    if let Some(prompt) = arguments.first() {
        let shown = object::str(thread, *prompt)?;
        object::call_method(thread, stdout.borrow(), PyStr::new("write").borrow(), &[shown.borrow()])?;
    }
    object::call_method(thread, stdout.borrow(), PyStr::new("flush").borrow(), &[])?;
    let line = object::call_method(thread, stdin.borrow(), PyStr::new("readline").borrow(), &[])?;
    let Some(line) = line.borrow().downcast::<PyStr>().map(Ref::to_owned) else {
        return Err(error::type_error(thread, "object.readline() returned non-string"));
    };
    if line.borrow().is_empty() {
        return Err(error::set_string(thread, exceptions::eof_error(), "EOF when reading a line"));
    }
    let length = line.borrow().len();
    let ends = line.borrow().char_at(length - 1) == u32::from('\n');
    Ok(line.borrow().slice(0, if ends { length - 1 } else { length }).upcast())
}
