//! `print`, and the standard output that it writes to.

use super::args::Parameters;
use super::support::{expect_str, none, raise, repr, str, text};
use crate::object::*;
use crate::runtime::{exceptions, object};
use std::io::{IsTerminal, Write};
use std::sync::Mutex;

/// Bytes after which the output is written out.
const FULL: usize = 64 * 1024;

/// What was printed and not yet written. A lock, because statics need one; there is only one interpreter thread.
static PENDING: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fn pending() -> std::sync::MutexGuard<'static, Vec<u8>> {
    PENDING.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Writes out what was printed. Called at the end of a program and before anything goes to standard error.
///
/// # Errors
/// Those of standard output; a closed pipe among them.
pub(crate) fn flush() -> std::io::Result<()> {
    let bytes = std::mem::take(&mut *pending());
    if bytes.is_empty() {
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    out.write_all(&bytes)?;
    out.flush()
}

/// Adds text to the standard output.
pub(crate) fn write(thread: &Thread, string: Ref<PyStr>) -> Result<()> {
    let mut out = pending();
    match string.as_ascii() {
        Some(text) => out.extend_from_slice(text.as_bytes()),
        None => match string.to_text() {
            Ok(text) => out.extend_from_slice(text.as_bytes()),
            Err(at) => return Err(cannot_encode(thread, string, at)),
        },
    }
    let full = out.len() >= FULL;
    drop(out);
    if full { flush().map_err(|error| failed(thread, &error)) } else { Ok(()) }
}

/// Writes text and a line end to `sys.stdout`.
pub(crate) fn write_line(thread: &Thread, string: Ref<PyStr>) -> Result<()> {
    let target = crate::modules::io::print_target(thread)?;
    let file = target.as_ref().map(Owned::borrow);
    put(thread, file, string)?;
    put(thread, file, latin1_str(b'\n'))
}

/// Adds bytes to the standard output.
pub(crate) fn write_bytes(thread: &Thread, bytes: &[u8]) -> Result<()> {
    let mut out = pending();
    out.extend_from_slice(bytes);
    let full = out.len() >= FULL;
    drop(out);
    if full { flush().map_err(|error| failed(thread, &error)) } else { Ok(()) }
}

/// Writes text to the standard error, behind all that was printed.
pub(crate) fn write_error(thread: &Thread, text: &str) -> Result<()> {
    // What cannot be printed is the printer's failure, not that of whoever reports something.
    let _ = flush();
    std::io::stderr().write_all(text.as_bytes()).map_err(|error| failed(thread, &error))
}

/// Raises for a lone surrogate, which no encoding has.
#[cold]
pub(crate) fn cannot_encode(thread: &Thread, string: Ref<PyStr>, at: usize) -> crate::exit::Raised {
    let stop = string.points().skip(at).take_while(|point| (0xD800..0xE000).contains(point)).count() + at;
    let number = |value: usize| PyInt::from_i64(value as i64).upcast();
    let args = PyTuple::from_array([
        text("utf-8"),
        string.to_owned().upcast(),
        number(at),
        number(stop),
        text("surrogates not allowed"),
    ]);
    let class = exceptions::unicode_encode_error().upcast();
    match crate::runtime::call::call(thread, class, args.borrow(), None) {
        Ok(exception) => crate::runtime::error::set_object(thread, exception.cast()),
        Err(raised) => raised,
    }
}

fn failed(thread: &Thread, error: &std::io::Error) -> crate::exit::Raised {
    raise(thread, exceptions::os_error(), &error.to_string())
}

static PRINT: Parameters =
    Parameters { function: "print", names: &["sep", "end", "file", "flush"], required: 0, positional: 0 };

/// `print(*args, sep=' ', end='\n', file=None, flush=False)`.
pub(crate) fn print(thread: &Thread, _: Ref, arguments: &[Ref], names: Option<Ref<PyTuple>>) -> Result {
    let count = arguments.len() - names.map_or(0, |names| names.len());
    let (values, named) = arguments.split_at(count);
    let [sep, end, file, flush_now] = PRINT.bind::<4>(thread, named, names)?;
    let given = |argument: Option<Ref>| argument.filter(|argument| !argument.is(none_object()));
    let separator = match given(sep) {
        Some(sep) => Some(expect_str(thread, sep, "sep must be None or a string, not ")?),
        None => None,
    };
    let end = match given(end) {
        Some(end) => Some(expect_str(thread, end, "end must be None or a string, not ")?),
        None => None,
    };
    let target = match given(file) {
        Some(file) => Some(file.to_owned()),
        None => crate::modules::io::print_target(thread)?,
    };
    let file = target.as_ref().map(Owned::borrow);
    let space = latin1_str(b' ');
    let newline = latin1_str(b'\n');
    for (index, &value) in values.iter().enumerate() {
        if index > 0 {
            put(thread, file, separator.unwrap_or(space))?;
        }
        let shown = str(thread, value)?;
        put(thread, file, shown.borrow())?;
    }
    put(thread, file, end.unwrap_or(newline))?;
    finish(thread, file, flush_now)
}

fn put(thread: &Thread, file: Option<Ref>, string: Ref<PyStr>) -> Result<()> {
    match file {
        None => write(thread, string),
        Some(file) => {
            let method = object::get_attr(thread, file, PyStr::new("write").borrow())?;
            super::support::call(thread, method.borrow(), &[string.upcast()]).map(drop)
        }
    }
}

fn finish(thread: &Thread, file: Option<Ref>, flush_now: Option<Ref>) -> Result {
    let wanted = match flush_now {
        Some(flush_now) => object::is_truthy(thread, flush_now)?,
        None => false,
    };
    match file {
        Some(file) if wanted => {
            let method = object::get_attr(thread, file, PyStr::new("flush").borrow())?;
            super::support::call(thread, method.borrow(), &[])?;
        }
        // A terminal shows each line at once.
        None if wanted || std::io::stdout().is_terminal() => flush().map_err(|error| failed(thread, &error))?,
        _ => {}
    }
    Ok(none())
}

/// `repr(obj)`.
pub(crate) fn repr_of(thread: &Thread, _: Ref, object: Ref) -> Result {
    repr(thread, object).map(Owned::upcast)
}

/// `ascii(obj)`: the repr with other than ASCII escaped.
pub(crate) fn ascii(thread: &Thread, _: Ref, object: Ref) -> Result {
    let shown = repr(thread, object)?;
    if shown.borrow().is_ascii() {
        return Ok(shown.upcast());
    }
    let mut escaped = String::new();
    for point in shown.borrow().points() {
        match point {
            0..=0x7F => escaped.push(char::from(point as u8)),
            0x80..=0xFF => escaped.push_str(&format!("\\x{point:02x}")),
            0x100..=0xFFFF => escaped.push_str(&format!("\\u{point:04x}")),
            _ => escaped.push_str(&format!("\\U{point:08x}")),
        }
    }
    Ok(text(&escaped))
}
