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
            Err(at) => {
                let message = format!(
                    "'utf-8' codec can't encode character '\\u{:04x}' in position {at}: surrogates not allowed",
                    string.char_at(at)
                );
                return Err(raise(thread, exceptions::unicode_error(), &message));
            }
        },
    }
    let full = out.len() >= FULL;
    drop(out);
    if full { flush().map_err(|error| failed(thread, &error)) } else { Ok(()) }
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
    let file = given(file);
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
